"""The port through which a step of a cycle reads and keeps what is too large for an act, and posts.

A step first reckons what is `Wanted`, keeping documents on the way; what moves money is posted by
`perform` once the act is approved, and the act is appended last. All of it may be done again: documents are
the same by digest, batches by key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from rescounter.clearing.commitment import SubtreeRoots
from rescounter.ledger import Account, AccountChange, Answer, Batch, Standings, Transfer
from rescounter.terms import Refusal

__all__ = ["Office", "Step", "Wanted", "refusal", "refused", "wanted"]


class Office(Protocol):
    """Documents, ledger and keys of one union."""

    @property
    def roots_of(self) -> SubtreeRoots | None:
        """Who hashes large trees; None: this process."""

    def keep_table(self, table: pa.Table) -> str:
        """Keep a table; returns its digest. The same table gives the same digest."""

    def table(self, digest: str) -> pa.Table:
        """A table that was kept."""

    def keep(self, content: bytes) -> str:
        """Keep bytes; returns their digest."""

    def document(self, digest: str) -> bytes:
        """Bytes that were kept."""

    def cycle_key(self, cycle: str) -> bytes:
        """32 secret bytes that salt the commitments of a cycle, the same at each call."""

    def balances(self, accounts: Sequence[str] | None = None) -> Standings:
        """Standings of accounts, or of all; unknown ones are left out."""

    def is_posted(self, key: str) -> bool:
        """True where a batch of this key was posted: by this very step, which was interrupted before its act."""

    def posted(self, key: str) -> tuple[Transfer, ...]:
        """The transfers of the batch that was posted under *key*, which numbers them ``KEY/0001`` and so on, without their memos."""

    def post(self, batch: Batch, accounts: Sequence[Account]) -> Answer:
        """Open what is not open of *accounts* and post one atomic batch; idempotent by its key."""

    def change_limits(self, changes: Sequence[AccountChange]) -> tuple[Refusal, ...]:
        """Change limits of accounts, all or none; nothing to change is nothing to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An act that a step came to, before it is approved and appended."""

    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What a step came to: an act, or why not. *is_done*: it was done before, nothing is left to do. *told*: for people."""

    wanted: Wanted | None = None
    refusals: tuple[Refusal, ...] = ()
    is_done: bool = False
    told: str = ""


def wanted(kind: str, told: str = "", **body: Any) -> Step:
    """A step that came to an act."""
    return Step(wanted=Wanted(kind, body), told=told)


def refused(*refusals: Refusal) -> Step:
    """A step that came to nothing."""
    return Step(refusals=refusals)


def refusal(code: str, what: str, *, found: str, allowed: str | None = None, what_to_do: str | None = None) -> Refusal:
    """A refusal of something that is no row of a file: *what* it is about stands as its id, row 0."""
    from rescounter.terms.refusals import UNION_REFUSALS

    rule = UNION_REFUSALS[code]
    return Refusal(0, what, code, found, allowed or rule.allowed, what_to_do or rule.what_to_do)
