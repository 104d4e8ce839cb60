"""One transaction of the one writer: the head that it locks, the instant it stamps, and how a batch ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from rescounter.ledger import Effects, Entry, EntryKind, Policy
from rescounter.ledger.canonical import request_seal
from rescounter.ledger.entries import Outcome
from rescounter.ledger.laws.finality_grows import entry_continues
from rescounter.ledger.merkle import Frontier
from rescounter.store.database import Connection
from rescounter.store.hashing import Hasher
from rescounter.store.lookups import Facts
from rescounter.store.schema import PLACE_BITS
from rescounter.store.touched import note_touched
from rescounter.terms import holds

__all__ = ["HEAD", "LOG_TREE", "Session", "Title", "Writer", "place_of"]

LOG_TREE: Final = 0
"""Number under which the nodes of the log stand; batches have their own."""

HEAD: Final = "SELECT batches, entries, frontier, at_us FROM head WHERE one = 1 FOR UPDATE"
_ENTRY: Final = """
INSERT INTO entry (sequence, batch, outcome, accepted, tree_rows, tree_root, request_digest, request_seal, at_us, leaf, log_root)
VALUES (:sequence, :batch, :outcome, :accepted, :tree_rows, :tree_root, :request_digest, :request_seal, :at_us, :leaf, :log_root)
"""
_BATCH: Final = """
INSERT INTO batch (number, key, kind, policy, cycle, rulebook, rows) VALUES (:number, :key, :kind, :policy, :cycle, :rulebook, :rows)
"""
_NEW_HEAD: Final = """
UPDATE head SET batches = :batches, entries = :entries, frontier = :frontier, root = :root, at_us = :at_us WHERE one = 1
"""
_BALANCES: Final = """
UPDATE balance SET posted_debits = balance.posted_debits + net.posted_debits, posted_credits = balance.posted_credits + net.posted_credits,
    pending_debits = balance.pending_debits + net.pending_debits, pending_credits = balance.pending_credits + net.pending_credits
FROM net WHERE net.batch = :batch AND balance.account = net.account
"""


def place_of(number: int, row: int = 0) -> int:
    """Where a row of a batch stands; the first place of the next batch is `place_of(number + 1)`."""
    return (number << PLACE_BITS) + row


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """What a store is handed: secret bytes, chance, and where leaves are hashed."""

    ledger_key: bytes
    dice: Callable[[int], bytes]
    hasher: Hasher
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What a batch is called, before anything is known of its rows."""

    key: str
    kind: EntryKind
    rows: int
    policy: Policy = Policy.NONE
    cycle: str = ""
    rulebook: str = ""


@dataclass(slots=True)
class Session:
    """The head as the transaction found it, and goes on from; *at_us* is the instant of all its entries."""

    connection: Connection
    writer: Writer
    at_us: int
    batches: int
    log: Frontier
    last_at_us: int
    numbers: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, writer: Writer, *, at_us: int) -> Session:
        """Lock the head and read it; the instant never goes back."""
        ((batches, entries, frontier, last_at_us),) = connection.rows(HEAD)
        log = Frontier.of_bytes(entries, frontier)
        return cls(connection, writer, max(at_us, last_at_us), batches, log, last_at_us)

    def begin_batch(self, title: Title) -> int:
        """Write its row. Returns: its number, from the locked head, so never given twice."""
        self.batches += 1
        self.connection.run(
            _BATCH,
            number=self.batches,
            key=title.key,
            kind=int(title.kind),
            policy=int(title.policy),
            cycle=title.cycle,
            rulebook=title.rulebook,
            rows=title.rows,
        )
        return self.batches

    def end_batch(self, number: int, title: Title, *, outcome: Outcome, accepted: int, tree: Frontier, digest: bytes) -> Entry:
        """Append its entry to the log: from here on the batch is final, or refused. Law: finality grows."""
        entry = Entry(
            sequence=self.log.size,
            kind=title.kind,
            outcome=outcome,
            policy=title.policy,
            rulebook_version=title.rulebook,
            rows=title.rows,
            accepted=accepted,
            tree_rows=tree.size,
            tree_root=tree.root,
            request_seal=request_seal(self.writer.ledger_key, title.key, digest),
            at_us=self.at_us,
        )
        leaf = entry.leaf()
        log, nodes = self.log.appended([leaf])
        holds(entry_continues(entry, log=self.log, at_us=self.last_at_us) == log, "finality_grows", sequence=entry.sequence)
        self.connection.run(
            _ENTRY,
            sequence=entry.sequence,
            batch=number,
            outcome=int(outcome),
            accepted=accepted,
            tree_rows=entry.tree_rows,
            tree_root=entry.tree_root,
            request_digest=digest,
            request_seal=entry.request_seal,
            at_us=entry.at_us,
            leaf=leaf,
            log_root=log.root,
        )
        self.keep_nodes(LOG_TREE, nodes)
        note_touched(self.connection, number, sequence=entry.sequence, rows=title.rows)
        self.log, self.last_at_us = log, self.at_us
        return entry

    def keep_nodes(self, tree: int, nodes: Sequence[tuple[int, bytes]]) -> None:
        """Store complete subtrees, for proofs."""
        if nodes:
            places, hashes = zip(*nodes, strict=True)
            self.connection.load("node", {"tree": [tree] * len(nodes), "place": places, "hash": hashes})

    def apply(self, number: int, effects: Effects, accounts: np.ndarray) -> None:
        """Write what a batch did to its accounts, and move their balances by it.

        Args: *accounts*: number of each account of *effects*.
        """
        if not len(effects):
            return
        columns = {name: getattr(effects, name) for name in ("posted_debits", "posted_credits", "pending_debits", "pending_credits")}
        self.connection.load("net", {"batch": np.full(len(effects), number), "account": accounts, **columns})
        self.move_balances(number)

    def move_balances(self, number: int) -> None:
        """Add the nets of a batch to the balances; the database refuses what would break a limit."""
        self.connection.run(_BALANCES, batch=number)

    def write_head(self) -> None:
        """Write the head; the last statement of every transaction."""
        self.connection.run(
            _NEW_HEAD,
            batches=self.batches,
            entries=self.log.size,
            frontier=self.log.to_bytes(),
            root=self.log.root,
            at_us=self.last_at_us,
        )
