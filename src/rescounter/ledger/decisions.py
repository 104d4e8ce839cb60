"""Decisions: which transfers of a batch are accepted, why others are not, and what it does to accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rescounter.ledger.effects import Effects
from rescounter.ledger.known import Known
from rescounter.ledger.standings import Standings
from rescounter.ledger.transfers import CHUNK_ROWS, Policy, Transfers
from rescounter.terms import CallerFault, Refusal

__all__ = ["AtomicDecision", "Decision", "Examined", "conclude", "decide_atomic", "decide_each", "examine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer to each transfer of a batch.

    *accepted*: bool a row: posted, or answered as posted before. *repeated*: bool a row: its id was
    answered before (or above in the batch); it moves nothing. *refusals*: of the rows that are not accepted, by row.
    *effects*: of the rows that are accepted and not repeated.
    """

    accepted: np.ndarray
    repeated: np.ndarray
    refusals: tuple[Refusal, ...]
    effects: Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One chunk of an atomic batch without a look at limits: *refusals* by row, *effects* of the other rows."""

    refusals: tuple[Refusal, ...]
    effects: Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomicDecision:
    """The answer to an atomic batch: posted when nothing is refused and no account breaches.

    *refusals*: of transfers, by row. *breaches*: of accounts, by id, with row 0. *effects*: of the batch, when posted.
    """

    refusals: tuple[Refusal, ...]
    breaches: tuple[Refusal, ...]
    effects: Effects

    @property
    def is_posted(self) -> bool:
        """All or nothing."""
        return not self.refusals and not self.breaches


def decide_each(transfers: Transfers, standings: Standings, known: Mapping[str, Known], *, at_us: int) -> Decision:
    """Decide each transfer in order, limits holding after every one."""
    if len(transfers) > CHUNK_ROWS:
        raise CallerFault("batch_too_large", f"{len(transfers)} transfers in one batch, at most {CHUNK_ROWS} are decided one by one")
    raise NotImplementedError


def examine(transfers: Transfers, standings: Standings, known: Mapping[str, Known], *, at_us: int, first_row: int = 0) -> Examined:
    """Judge one chunk of a large atomic batch, all but limits and states of accounts; plain transfers alone."""
    raise NotImplementedError


def conclude(effects: Effects, standings: Standings, *, policy: Policy) -> tuple[Refusal, ...]:
    """The breaches of a staged batch: accounts over their limit, beyond int64, frozen or closed, by id."""
    raise NotImplementedError


def decide_atomic(transfers: Transfers, standings: Standings, known: Mapping[str, Known], *, policy: Policy, at_us: int) -> AtomicDecision:
    """Decide an atomic batch of one chunk, every offending transfer and account named."""
    raise NotImplementedError
