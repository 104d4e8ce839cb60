"""Entries of the journal: one for each batch that ended, each a leaf of the log.

The log is a Merkle tree over entries; each entry holds the root of the tree over its batch's rows.
So a million rows are hashed while they are staged, and one leaf makes them final.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from rescounter.ledger.canonical import fields_of
from rescounter.ledger.merkle import leaf_hash
from rescounter.ledger.transfers import Policy

__all__ = ["Entry", "EntryKind", "Outcome"]


class EntryKind(IntEnum):
    """What a batch was; `docs/LEDGER.md`, section 2."""

    ACCOUNTS = 1
    ATOMIC = 2
    EACH = 3
    EXPIRY = 4
    ERASURE = 5
    KEY = 6
    RECORD = 7


class Outcome(IntEnum):
    """How a batch ended, for ever."""

    REFUSED = 0
    POSTED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry; *sequence* from 0 is its place in the log.

    *rows*: of the request. *accepted*: of them, those that were posted or answered as posted before.
    *tree_rows*, *tree_root*: leaves and root of the batch's tree. *request_seal*: `canonical.request_seal`.
    """

    sequence: int
    kind: EntryKind
    outcome: Outcome
    policy: Policy
    rulebook_version: str
    rows: int
    accepted: int
    tree_rows: int
    tree_root: bytes
    request_seal: bytes
    at_us: int

    def payload(self) -> bytes:
        """What is hashed for it; nothing in it tells one member of another's batch."""
        return b"rescounter/entry/1\n" + fields_of(
            self.sequence,
            self.kind.name.lower(),
            self.outcome.name.lower(),
            self.policy.name.lower(),
            self.rulebook_version,
            self.rows,
            self.accepted,
            self.tree_rows,
            self.tree_root.hex(),
            self.request_seal.hex(),
            self.at_us,
        )

    def leaf(self) -> bytes:
        """Its leaf hash in the log."""
        return leaf_hash(self.payload())
