"""The store: the port of the ledger on a database, one writer, every answer after its commit.

Each writing method is one transaction: lock the head, look the key up, release what has expired,
decide, write, seal. Readers have a connection of their own and see what is final.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from threading import RLock

import pyarrow as pa

from rescounter.ledger import (
    CHUNK_ROWS,
    Account,
    AccountChange,
    Answer,
    Batch,
    Entry,
    EntryKind,
    InclusionProof,
    Known,
    Standings,
)
from rescounter.ledger.canonical import chunk_digest, few_row_bytes, row_bytes
from rescounter.ledger.checkpoints import Checkpoint, Rotation
from rescounter.ledger.documents import StoredDocument, digest_name
from rescounter.ledger.merkle import Frontier
from rescounter.ledger.notes import signed
from rescounter.ledger.ports import AuditChunk, AuditView, Head, History, Signer, Staged
from rescounter.ledger.records import Record, StoredRecord, judge_records, record_fields
from rescounter.ledger.sealing import LeafFields, account_fields, change_fields, digest_of_batch, digest_of_leaves, erasure_fields
from rescounter.ledger.transfers import FEW_ROWS, check_key
from rescounter.store import accounts as books
from rescounter.store import auditing, documents, posting, proofs, reading, staging
from rescounter.store import records as acts
from rescounter.store.database import Connection, Database
from rescounter.store.database import reading as reads
from rescounter.store.database import writing as writes
from rescounter.store.foreseen import questions_of
from rescounter.store.session import Session, Writer
from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["LedgerStore"]


class LedgerStore:
    """See `rescounter.ledger.ports.Store`."""

    def __init__(
        self, database: Database, connection: Connection, *, writer: Writer, origin: str, signer: Signer, clock: Callable[[], int]
    ) -> None:
        self._database, self._writes, self._writer = database, connection, writer
        self._origin, self._signer, self._clock = origin, signer, clock
        self._reads = database.connect()
        self._at_us = 0
        self._is_cleared = False
        self._left: tuple[int, Frontier] | None = None  # the head as this writer left it
        self._writing, self._reading = RLock(), RLock()

    # Accounts.

    def open_accounts(self, key: str, accounts: Sequence[Account]) -> Answer:
        """See `Store`."""
        leaves = [account_fields(account) for account in accounts]
        return self._small(
            key, EntryKind.ACCOUNTS, leaves, lambda session, **request: books.open_accounts(session, key, accounts, **request)
        )

    def change_accounts(self, key: str, changes: Sequence[AccountChange]) -> Answer:
        """See `Store`."""
        leaves = [change_fields(change) for change in changes]
        return self._small(
            key, EntryKind.ACCOUNTS, leaves, lambda session, **request: books.change_accounts(session, key, changes, **request)
        )

    def erase_memos(self, key: str, transfer_ids: Sequence[str]) -> Answer:
        """See `Store`."""
        _check_texts(transfer_ids)
        leaves = [erasure_fields(name) for name in transfer_ids]
        return self._small(
            key, EntryKind.ERASURE, leaves, lambda session, **request: books.erase_memos(session, key, transfer_ids, **request)
        )

    def announce_key(self, key: str, rotation: Rotation) -> Answer:
        """See `Store`."""
        leaves: list[LeafFields] = [("K", rotation.values())]
        return self._small(key, EntryKind.KEY, leaves, lambda session, **request: books.announce_key(session, key, rotation, **request))

    def _small(self, key: str, kind: EntryKind, leaves: Sequence[LeafFields], write: Callable[..., Answer]) -> Answer:
        check_key(key)
        _check_texts([text for _, fields in leaves for text in fields if isinstance(text, str)], may_hold="\0")
        digest = digest_of_leaves(kind, leaves)
        with self._session() as session:
            before = reading.answer_before(session.connection, key, digest, len(leaves))
            if before is not None:
                return before
            posting.expire(session)
            return write(session, digest=digest, leaves=leaves)

    # Records and documents.

    def record(self, records: Sequence[Record]) -> Answer:
        """See `Store`."""
        refusals = judge_records(records)
        if refusals:
            return acts.refused_records(records, refusals)
        leaves = [record_fields(each) for each in records]
        digest = digest_of_leaves(EntryKind.RECORD, leaves)
        with self._session() as session:
            return acts.record(session, records, digest=digest, leaves=leaves)

    def records(self, *, after: int = 0, rows_max: int = 1000) -> Sequence[StoredRecord]:
        """See `Store`."""
        with self._snapshot() as connection:
            return acts.records(connection, after=after, rows_max=rows_max)

    def keep_document(self, content: bytes) -> str:
        """See `Store`."""
        digest = hashlib.sha256(content).digest()
        with self._snapshot() as connection:
            is_kept = documents.is_kept(connection, digest)
        if not is_kept:
            with self._session() as session:
                documents.keep(session.connection, content, digest)
        return digest_name(digest)

    def document(self, name: str) -> bytes:
        """See `Store`."""
        with self._snapshot() as connection:
            return documents.document(connection, name)

    def documents(self) -> Iterator[tuple[str, int]]:
        """See `Store`. Between the pages others may read, and keep more."""
        after = b""
        while True:
            with self._snapshot() as connection:
                page = documents.named_documents(connection, after=after)
            if not page:
                return
            yield from ((digest_name(digest), size) for digest, size in page)
            after = page[-1][0]

    # Postings.

    def post_each(self, batch: Batch) -> Answer:
        """See `Store`."""
        if len(batch.transfers) > CHUNK_ROWS:
            raise CallerFault(
                "batch_too_large", f"{len(batch.transfers)} transfers in one batch, at most {CHUNK_ROWS} are decided one by one"
            )
        return self._post(batch, EntryKind.EACH, posting.post_each)

    def post_atomic(self, batch: Batch) -> Answer:
        """See `Store`."""
        if len(batch.transfers) <= CHUNK_ROWS:
            return self._post(batch, EntryKind.ATOMIC, posting.post_whole)
        if self.answer_of(batch.key) is None:
            with ThreadPoolExecutor(1) as beside:  # the next chunk is made ready while this one is loaded
                chunks = range(-(-len(batch.transfers) // CHUNK_ROWS))
                ready = [beside.submit(_rows_of, batch, 0)]
                for chunk in chunks:
                    rows, digest = ready.pop().result()
                    if chunk + 1 in chunks:
                        ready.append(beside.submit(_rows_of, batch, chunk + 1))
                    self._stage(batch, chunk, digest=digest, rows=rows)
        return self.flip(batch)

    def _post(self, batch: Batch, kind: EntryKind, post: Callable[..., Answer]) -> Answer:
        _check_texts([batch.cycle, batch.rulebook_version])
        is_few = 0 < len(batch.transfers) <= FEW_ROWS
        rows = few_row_bytes(batch.transfers) if is_few else row_bytes(batch.transfers)
        digest = digest_of_batch(batch, kind, [chunk_digest(rows)])
        with self._session(batch if is_few else None) as session:
            before = reading.answer_before(session.connection, batch.key, digest, len(batch.transfers), batch.transfers)
            if before is not None:
                return before
            staging.refuse_staged(session.connection, batch.key)
            posting.expire(session)
            return post(session, batch, digest=digest, rows=rows)

    def stage(self, batch: Batch, chunk: int) -> Staged:
        """See `Store`."""
        rows, digest = _rows_of(batch, chunk)
        return self._stage(batch, chunk, digest=digest, rows=rows)

    def _stage(self, batch: Batch, chunk: int, *, digest: bytes, rows: pa.Array) -> Staged:
        _check_texts([batch.cycle, batch.rulebook_version])
        with self._writing:
            with self._session() as session:
                staged = staging.stage(session, batch, chunk, digest=digest, rows=rows)
            if staged.rows == len(batch.transfers):
                self._writes.tidy()
        return staged

    def flip(self, batch: Batch) -> Answer:
        """See `Store`."""
        before = self._before(batch)
        if before is None:
            with self._session() as session:
                before = self._before_within(session.connection, batch)
                if before is None:
                    posting.expire(session)
                    before = staging.flip(session, batch)
            self._clear()
        return before

    def _before(self, batch: Batch) -> Answer | None:
        with self._snapshot() as connection:
            return self._before_within(connection, batch)

    @staticmethod
    def _before_within(connection: Connection, batch: Batch) -> Answer | None:
        """The digest is computed only where the key has ended: it takes as long as a look at every row."""
        if not reading.has_ended(connection, batch.key):
            return None
        digest = digest_of_batch(batch, EntryKind.ATOMIC)
        return reading.answer_before(connection, batch.key, digest, len(batch.transfers), batch.transfers)

    def abandon(self, key: str) -> None:
        """See `Store`."""
        with self._session() as session:
            staging.abandon(session.connection, key)

    def expire(self) -> Answer | None:
        """See `Store`."""
        with self._session() as session:
            return posting.expire(session)

    # Reading.

    def balances(self, ids: Sequence[str] | None = None) -> Standings:
        """See `Store`."""
        with self._snapshot() as connection:
            return reading.balances(connection, ids)

    def account_history(self, account: str, *, after: int | None = None, rows_max: int = 1000) -> History:
        """See `Store`."""
        with self._snapshot() as connection:
            return reading.history(connection, account, after=after, rows_max=rows_max)

    def journal(self, *, first: int = 0, rows_max: int = 1000) -> Sequence[Entry]:
        """See `Store`."""
        with self._snapshot() as connection:
            return reading.journal(connection, first, rows_max)

    def answer_of(self, key: str) -> Answer | None:
        """See `Store`."""
        with self._snapshot() as connection:
            return reading.answer_of(connection, key)

    def transfer(self, transfer_id: str) -> Known | None:
        """See `Store`."""
        with self._snapshot() as connection:
            return reading.known(connection, transfer_id)

    def prove_inclusion(self, transfer_id: str, *, log_size: int) -> InclusionProof:
        """See `Store`."""
        with self._snapshot() as connection:
            return proofs.prove_inclusion(connection, transfer_id, log_size=log_size, ledger_key=self._writer.ledger_key)

    def prove_record(self, number: int, *, log_size: int) -> InclusionProof:
        """See `Store`."""
        with self._snapshot() as connection:
            return proofs.prove_record(connection, number, log_size=log_size, ledger_key=self._writer.ledger_key)

    def prove_consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        """See `Store`."""
        with self._snapshot() as connection:
            return proofs.prove_consistency(connection, first, second)

    def checkpoint(self) -> str:
        """See `Store`. What is signed is stored, once for each size."""
        with self._snapshot() as connection:
            head = auditing.head(connection)
            found = auditing.checkpoint_of(connection, head.entries)
        if found is not None:
            return found
        text = Checkpoint(self._origin, head.entries, head.root).text()
        note = signed(text, self._signer(text.encode()))
        self._database.take_writer()
        with self._writing, writes(self._writes) as connection:
            auditing.keep_checkpoint(connection, head.entries, note)
        return note

    def audit_stream(self) -> Iterator[AuditChunk]:
        """See `Store`."""
        with self.audit_view() as view:
            yield from view.audit_stream()

    @contextmanager
    def audit_view(self) -> Iterator[AuditView]:
        """See `Store`. All of it is of one instant, on a connection of its own."""
        connection = self._database.connect()
        try:
            with reads(connection):
                yield auditing.StoredView(connection)
        finally:
            connection.close()

    def audit_documents(self) -> Iterator[StoredDocument]:
        """See `Store`."""
        with self.audit_view() as view:
            yield from view.audit_documents()

    def audit_head(self) -> Head:
        """See `Store`."""
        with self._snapshot() as connection:
            return auditing.head(connection)

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        """See `Store`."""
        with self._snapshot() as connection:
            yield from auditing.checkpoints(connection)

    def take_writer(self) -> None:
        """See `Store`."""
        self._database.take_writer()

    def close(self) -> None:
        """See `Store`."""
        self._reads.close()
        self._writes.close()
        self._writer.hasher.close()
        self._database.close()

    # Below.

    @contextmanager
    def _session(self, few: Batch | None = None) -> Iterator[Session]:
        """One transaction of the one writer; what is left of refused batches is cleared away before it.

        Args: *few*: the small batch that will be posted.
        """
        with self._writing:
            self._database.take_writer()
            if not self._is_cleared:
                self._clear()
            self._is_cleared = False  # until this one has ended well
            with writes(self._writes) as connection:
                self._at_us = max(self._at_us, self._clock())
                if few is not None:
                    connection.foresee(questions_of(few, self._writer.facts, at_us=self._at_us))
                session = Session.of(connection, self._writer, at_us=self._at_us)
                if self._left != (session.batches, session.log):
                    self._writer.facts.clear()
                yield session
                session.write_head()
            self._left = (session.batches, session.log)
            self._is_cleared = True

    def _clear(self) -> None:
        with self._writing:
            with writes(self._writes) as connection:
                left = staging.leftovers(connection)
            for is_posted, steps in groupby(left, key=lambda chunk: chunk[2]):
                for step in [list(steps)] if is_posted else [[one] for one in steps]:  # a posted batch's notes go at once
                    with writes(self._writes) as connection:
                        for number, chunk, _ in step:
                            staging.clear_chunk(connection, number, chunk, is_posted=is_posted)

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        with self._reading, reads(self._reads) as connection:
            yield connection


def _rows_of(batch: Batch, chunk: int) -> tuple[pa.Array, bytes]:
    """The canonical rows of a chunk, and their digest."""
    rows = row_bytes(batch.transfers.slice(chunk * CHUNK_ROWS, CHUNK_ROWS))
    return rows, chunk_digest(rows)


def _check_texts(texts: Sequence[str], *, may_hold: str = "") -> None:
    """Raise CallerFault ``text_unusable`` for what no database keeps as a text."""
    for text in texts:
        if any(character not in may_hold and (character == "\0" or "\ud800" <= character <= "\udfff") for character in text):
            raise CallerFault("text_unusable", f"the text {shown(text)} holds a character that is none")
