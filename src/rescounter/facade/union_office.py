"""What a step of a cycle reads and keeps: documents and postings of one union, on its ledger."""

from __future__ import annotations

import hmac
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count, takewhile

import pyarrow as pa
from pyarrow import ipc

from rescounter.clearing.commitment import SubtreeRoots
from rescounter.facade.ledger import Ledger
from rescounter.ledger import Account, AccountChange, Answer, Batch, Standings, Transfer
from rescounter.ledger.entries import Outcome
from rescounter.terms import Refusal

__all__ = ["LedgerOffice", "table_bytes"]


def table_bytes(table: pa.Table) -> bytes:
    """A table of one chunk in the Arrow file format, compressed."""
    sink = io.BytesIO()
    with ipc.new_file(sink, table.schema, options=ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table, max_chunksize=max(table.num_rows, 1))
    return sink.getvalue()


@dataclass(frozen=True, slots=True)
class LedgerOffice:
    """The port `cycle.office.Office` on a ledger; tables are kept in the Arrow file format, compressed, and remembered while it lives."""

    ledger: Ledger
    remembered: dict[str, pa.Table] = field(default_factory=dict, repr=False)

    @property
    def roots_of(self) -> SubtreeRoots | None:
        """Large trees are hashed by two processes."""
        from rescounter.facade.hashing import hash_on_two_processors

        return hash_on_two_processors

    def keep_table(self, table: pa.Table) -> str:
        """As `Office.keep_table`. The bytes depend on the rows alone, not on how they were chunked."""
        whole = table.combine_chunks()
        digest = self.keep(table_bytes(whole))
        self.remembered[digest] = whole
        return digest

    def table(self, digest: str) -> pa.Table:
        """As `Office.table`."""
        if digest not in self.remembered:
            self.remembered[digest] = ipc.open_file(pa.BufferReader(self.document(digest))).read_all()
        return self.remembered[digest]

    def keep(self, content: bytes) -> str:
        """As `Office.keep`."""
        return self.ledger.store.keep_document(content)

    def document(self, digest: str) -> bytes:
        """As `Office.document`."""
        return self.ledger.store.document(digest)

    def cycle_key(self, cycle: str) -> bytes:
        """As `Office.cycle_key`: made of the ledger key, so that it lies nowhere and is never lost alone."""
        return hmac.digest(self.ledger.keys.ledger_key, f"rescounter/cycle-key/1\n{cycle}".encode(), "sha256")

    def balances(self, accounts: Sequence[str] | None = None) -> Standings:
        """As `Office.balances`."""
        return self.ledger.store.balances(accounts)

    def key_in_use(self, key: str) -> str:
        """The key under which a batch stands or will stand: its own, with a number behind it where the ledger refused it before.

        A refusal is kept under its key for ever; what was mended since is posted under the next.
        """
        for attempt in count(1):
            name = key if attempt == 1 else f"{key}#{attempt}"
            answer = self.ledger.store.answer_of(name)
            if answer is None or answer.entry is None or answer.entry.outcome is Outcome.POSTED:
                break
        return name

    def is_posted(self, key: str) -> bool:
        """As `Office.is_posted`."""
        answer = self.ledger.store.answer_of(self.key_in_use(key))
        return answer is not None and answer.entry is not None and answer.entry.outcome is Outcome.POSTED

    def posted(self, key: str) -> tuple[Transfer, ...]:
        """As `Office.posted`."""
        if not self.is_posted(key):
            return ()
        numbered = (self.ledger.store.transfer(f"{key}/{number:04d}") for number in count(1))
        known = takewhile(lambda each: each is not None and each.transfer is not None, numbered)
        return tuple(each.transfer for each in known if each is not None and each.transfer is not None)

    def post(self, batch: Batch, accounts: Sequence[Account]) -> Answer:
        """As `Office.post`."""
        standing = set(self.balances([account.id for account in accounts]).text("id").to_pylist())
        new = [account for account in accounts if account.id not in standing]
        if new:
            opened = self.ledger.open_accounts(new)
            if opened.refusals:
                return opened
        return self.ledger.store.post_atomic(replace(batch, key=self.key_in_use(batch.key)))

    def change_limits(self, changes: Sequence[AccountChange]) -> tuple[Refusal, ...]:
        """As `Office.change_limits`. The key names the log's size, so that the same change may come again later."""
        if not changes:
            return ()
        entries = self.ledger.store.audit_head().entries
        return self.ledger.store.change_accounts(f"limits/{entries}", changes).refusals
