"""Finality only grows: a later log continues an earlier one, entry by entry, instant by instant."""

from __future__ import annotations

from collections.abc import Sequence

from rescounter.ledger.entries import Entry
from rescounter.ledger.merkle import Frontier, consistency_verified
from rescounter.terms import holds

__all__ = ["entry_continues", "log_continues"]


def entry_continues(entry: Entry, *, log: Frontier, at_us: int) -> Frontier:
    """Law: an entry takes the next place and no earlier instant. Returns: the log with it.

    Args: *log* before it; *at_us* of the entry before it.
    """
    holds(entry.sequence == log.size, "finality_grows", sequence=entry.sequence, expected=log.size)
    holds(entry.at_us >= at_us, "finality_grows", at_us=entry.at_us, before=at_us)
    return log.append([entry.leaf()])


def log_continues(first: Frontier, second: Frontier, proof: Sequence[bytes]) -> None:
    """Law: the later tree holds the earlier one unchanged."""
    holds(
        consistency_verified(proof, first=first.size, second=second.size, first_root=first.root, second_root=second.root),
        "finality_grows",
        first=first.size,
        second=second.size,
    )
