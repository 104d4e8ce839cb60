"""The port that stores implement, and the answers they give; `docs/LEDGER.md` section 6 is its contract.

Every writing method takes the one writer's lock, stamps the time, and returns after the commit is
durable. Bad content is answered by value. Raised are `CallerFault` (wrong use) and
`EnvironmentFault` (the database): then nothing is known, and the caller asks again with the same key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from rescounter.ledger.accounts import Account, AccountChange
from rescounter.ledger.checkpoints import Rotation
from rescounter.ledger.documents import StoredDocument
from rescounter.ledger.entries import Entry
from rescounter.ledger.known import Known
from rescounter.ledger.records import Record, StoredRecord
from rescounter.ledger.standings import Standings
from rescounter.ledger.transfers import Batch, Transfers
from rescounter.terms import Refusal

__all__ = ["Answer", "AuditChunk", "AuditView", "Head", "History", "InclusionProof", "Nets", "Signer", "Staged", "Store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a batch, the same whenever its key comes again.

    *entry*: None only where the key was taken by other content, which is not recorded. *accepted*:
    bool for each row; *repeated*: bool for each row, its id was answered before. *refusals*: of rows,
    by row. *breaches*: of accounts, by id, row 0. *is_repeat*: this answer was given before.
    """

    key: str
    entry: Entry | None
    accepted: np.ndarray
    repeated: np.ndarray
    refusals: tuple[Refusal, ...] = ()
    breaches: tuple[Refusal, ...] = ()
    is_repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Progress of a staged batch: chunks 0 to *chunks* - 1 are durable, of them *refused* rows refused."""

    chunks: int
    rows: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A page of final transfers: *table* in `TRANSFERS` with ``place`` (int64) before it; *next_after* or None at the end."""

    table: pa.Table
    next_after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """That a row stands in the log of *log_size* entries: row under batch, entry under checkpoint.

    *leaf* is what is hashed, byte 0 and salt included; it is for those who may see the row.
    """

    leaf: bytes
    place: int
    batch_path: tuple[bytes, ...]
    entry: Entry
    log_path: tuple[bytes, ...]
    log_size: int

    def as_body(self) -> dict[str, Any]:
        """The proof as plain data, bytes in hexadecimal, as exports and `rescounter ledger prove` write it."""
        return {
            "leaf": self.leaf.hex(),
            "place": self.place,
            "rows": self.entry.tree_rows,
            "batch_path": [step.hex() for step in self.batch_path],
            "entry": self.entry.payload().hex(),
            "sequence": self.entry.sequence,
            "log_path": [step.hex() for step in self.log_path],
            "log_size": self.log_size,
        }


@dataclass(frozen=True, slots=True)
class Nets:
    """What is stored of a batch's effects: accounts, and by column of *sums* (int64, minor units) what each has posted as debits and
    credits, and pending as debits and credits."""

    accounts: tuple[str, ...]
    sums: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[tuple[str, int, int, int, int]]) -> Nets:
        """Of a row for each account."""
        accounts, *sums = zip(*rows, strict=True) if rows else ((),) * 5
        return cls(tuple(accounts), np.array(sums, np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditChunk:
    """As stored, nothing trusted: an entry with its batch's key, and up to `CHUNK_ROWS` of its rows.

    *first_row*: of the chunk. *transfers*: accepted rows in the schema `TRANSFERS` (memos as far as
    they are there), *rows* their places in the request. *memo_digests*, *memo_salts*: of them, null
    where there is none. *others*: leaf payloads' fields of rows that are no accepted transfer, by
    place: tag and values as in `canonical.leaf_of`. *cycle*: of the batch, as its request digest covers it.
    *nodes*: stored subtrees of 256 leaves that end in this chunk, in order. *nets*: with the last chunk, what is stored of the
    batch's effects: account, posted debits and credits, pending debits and credits. *touched*: now and then, with an entry's last
    chunk, the accounts that are noted as touched since the last time. None: this store keeps none.
    """

    key: str
    request_digest: bytes
    entry: Entry
    leaf: bytes
    log_root: bytes
    first_row: int
    transfers: Transfers
    rows: np.ndarray
    memo_digests: pa.Array
    memo_salts: pa.Array
    others: tuple[tuple[int, str, tuple[object, ...]], ...]
    cycle: str = ""
    nodes: tuple[bytes, ...] | None = None
    nets: Nets | None = None
    touched: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """As stored, nothing trusted: where the log ends. *frontier*: its peaks, as `Frontier.to_bytes` writes them; *nodes*: the log's
    complete subtrees of 256 entries, None where a store keeps none."""

    origin: str
    entries: int
    frontier: bytes
    root: bytes
    at_us: int
    nodes: tuple[bytes, ...] | None = None


class AuditView(Protocol):
    """All that an audit reads, of one instant, whatever is posted meanwhile."""

    def audit_stream(self) -> Iterator[AuditChunk]:
        """Everything, in order of the log, as stored."""

    def audit_head(self) -> Head:
        """Where the log ends, as stored."""

    def balances(self, ids: Sequence[str] | None = None) -> Standings:
        """As `Store.balances`."""

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        """Every checkpoint that was stored: the size it is stored under, and the note; in order of size."""

    def audit_documents(self) -> Iterator[StoredDocument]:
        """Every document that was kept to its end, in order of digests, as stored; each is read before the next is asked for."""


class Signer(Protocol):
    """Signs checkpoints; the key stays on its side."""

    def __call__(self, text: bytes) -> tuple[str, ...]:
        """Signature lines over the text of a note, without line ends."""


class Store(Protocol):
    """A ledger that lasts. Each method's contract: `docs/LEDGER.md`, section 6."""

    def open_accounts(self, key: str, accounts: Sequence[Account]) -> Answer:
        """Open all or none. Idempotent by key; an account that stands with the same content counts as opened."""

    def change_accounts(self, key: str, changes: Sequence[AccountChange]) -> Answer:
        """Apply all events in order, or none. Idempotent by key."""

    def post_atomic(self, batch: Batch) -> Answer:
        """Post all transfers or none: `stage` each chunk that is not there, then `flip`."""

    def stage(self, batch: Batch, chunk: int) -> Staged:
        """Make one chunk of an atomic batch durable, invisible to readers; one that is there is compared and skipped.

        Raises: CallerFault ``staged_elsewhere`` where an id is held by another staged batch.
        """

    def flip(self, batch: Batch) -> Answer:
        """Decide on a wholly staged batch and make it final or refused, in one short commit."""

    def abandon(self, key: str) -> None:
        """Clear a staged batch away. Raises: CallerFault where it has ended."""

    def post_each(self, batch: Batch) -> Answer:
        """Decide each transfer in order and post the accepted ones, at most `CHUNK_ROWS`."""

    def expire(self) -> Answer | None:
        """Release pending transfers whose time has come; None when there are none."""

    def balances(self, ids: Sequence[str] | None = None) -> Standings:
        """Standings of the named accounts, or of all, by id; unknown ids are left out."""

    def account_history(self, account: str, *, after: int | None = None, rows_max: int = 1000) -> History:
        """Final transfers that touch an account, in journal order."""

    def journal(self, *, first: int = 0, rows_max: int = 1000) -> Sequence[Entry]:
        """Entries from *first* on."""

    def answer_of(self, key: str) -> Answer | None:
        """The first answer under a key."""

    def transfer(self, transfer_id: str) -> Known | None:
        """What is held under an id."""

    def prove_inclusion(self, transfer_id: str, *, log_size: int) -> InclusionProof:
        """Proof for an accepted transfer in the log of *log_size* entries. Raises: CallerFault where it is not in it."""

    def prove_consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        """Proof that the log of *second* entries continues that of *first*."""

    def checkpoint(self) -> str:
        """The signed note of the whole log."""

    def audit_stream(self) -> Iterator[AuditChunk]:
        """Everything, in order of the log, as stored."""

    def audit_head(self) -> Head:
        """Where the log ends, as stored, for audit."""

    def audit_documents(self) -> Iterator[StoredDocument]:
        """As `AuditView.audit_documents`."""

    def audit_view(self) -> AbstractContextManager[AuditView]:
        """`audit_stream`, `audit_head`, `balances` and `checkpoints` of one instant."""

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        """Every checkpoint that was stored: the size it is stored under, and the note; in order of size."""

    def erase_memos(self, key: str, transfer_ids: Sequence[str]) -> Answer:
        """Delete memo and salt of these transfers, and record it. Idempotent by key."""

    def announce_key(self, key: str, rotation: Rotation) -> Answer:
        """Record that another key signs from here on."""

    def record(self, records: Sequence[Record]) -> Answer:
        """Store records behind the last one, all or none; the same again gives the first answer, others are refused."""

    def records(self, *, after: int = 0, rows_max: int = 1000) -> Sequence[StoredRecord]:
        """Records behind number *after*, in order."""

    def prove_record(self, number: int, *, log_size: int) -> InclusionProof:
        """As `prove_inclusion`, for a record. Raises: CallerFault ``record_unknown``, ``log_size_unknown``."""

    def keep_document(self, content: bytes) -> str:
        """Keep bytes for ever. Returns: their name, ``sha256:`` and 64 hexadecimal digits; the same bytes are kept once."""

    def document(self, name: str) -> bytes:
        """The bytes under a name, checked. Raises: CallerFault ``document_unknown``; EnvironmentFault ``document_damaged``."""

    def documents(self) -> Iterator[tuple[str, int]]:
        """Name and size in bytes of every document, in order of names."""

    def take_writer(self) -> None:
        """Become the one writer, until `close`, as each write does: what is read from now on is what the next write finds."""

    def close(self) -> None:
        """Give the writer's lock back."""
