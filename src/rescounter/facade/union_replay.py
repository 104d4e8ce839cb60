"""A cycle replayed on its ledger: documents are read, nothing is kept or posted, balances are those of the instant."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from rescounter.clearing.commitment import SubtreeRoots
from rescounter.cycle.pool_replay import replay_acts_of_the_pool
from rescounter.cycle.replay import replay
from rescounter.cycle.replay_guarantee import replay_guarantee
from rescounter.facade.union import Desk
from rescounter.facade.union_office import LedgerOffice, table_bytes
from rescounter.ledger import Account, AccountChange, Answer, Batch, Standings, Transfer
from rescounter.ledger.accounts import AccountEvent
from rescounter.ledger.canonical import request_seal
from rescounter.ledger.entries import EntryKind
from rescounter.ledger.ports import AuditChunk
from rescounter.ledger.sealing import digest_of_batch
from rescounter.ledger.standings import Standing
from rescounter.terms import BrokenLaw, Refusal
from rescounter.terms.acts import Act, body_of
from rescounter.verification import Finding

__all__ = ["replay_cycle", "replay_pool"]


def replay_cycle(desk: Desk, code: str) -> tuple[Finding, ...]:
    """Do a cycle again from what is on record. Returns: what would come out otherwise today; nothing where all agrees."""
    acts, office_before = _history(desk)
    return (*replay(acts, code, office_before), *replay_guarantee(acts, office_before))


def replay_pool(desk: Desk) -> tuple[Finding, ...]:
    """Do everything in the insurance pool again from what is on record. Returns: as `replay_cycle`."""
    acts, office_before = _history(desk)
    return replay_acts_of_the_pool(acts, office_before)


def _history(desk: Desk) -> tuple[list[Act], Callable[[Act], _ReplayOffice]]:
    """Every act, and the office as it stood before one."""
    acts, entries = [], {}
    after = 0
    while records := desk.ledger.store.records(after=after):
        for each in records:
            acts.append(Act(number=each.number, at_us=each.at_us, by=each.by, kind=each.kind, body=body_of(each.body)))
            entries[each.number] = each.entry
        after = records[-1].number
    books = _Books(desk.ledger.store.audit_stream)
    # Between two acts stands only what the later one posted: before its step, the books were as the earlier one left them.

    def office_before(act: Act) -> _ReplayOffice:
        return _ReplayOffice(desk.office, books, entries[act.number - 1] + 1)

    return acts, office_before


@dataclass(slots=True)
class _Books:
    """Sums and limits of every account, folded from the journal up to an entry; for an earlier one from the beginning again."""

    read: Callable[[], Iterator[AuditChunk]]
    stream: Iterator[AuditChunk] = field(default_factory=lambda: iter(()))
    entry: int | None = None
    sums: dict[str, list[int]] = field(default_factory=dict)
    opened: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    limits: dict[str, int | None] = field(default_factory=dict)
    ahead: AuditChunk | None = None

    def before(self, entry: int) -> None:
        """Fold everything that stands in front of *entry*."""
        if self.entry is None or entry < self.entry:
            self.stream, self.ahead, self.sums, self.opened, self.limits = self.read(), None, {}, {}, {}
        self.entry = entry
        while True:
            chunk = self.ahead or next(self.stream, None)
            if chunk is None or chunk.entry.sequence >= entry:
                self.ahead = chunk
                return
            self.ahead = None
            self._fold(chunk)

    def _fold(self, chunk: AuditChunk) -> None:
        for _, tag, fields in chunk.others:
            if tag == "A":
                name, _, _, currency, limit = fields
                self.opened[str(name)] = (str(currency), _limit(limit))
                self.limits[str(name)] = _limit(limit)
            elif tag == "C" and fields[1] == AccountEvent.LIMITED.name.lower():
                self.limits[str(fields[0])] = _limit(fields[2])
        if not len(chunk.transfers):
            return
        columns = (chunk.transfers.column(name).to_pylist() for name in ("debit", "credit", "amount_minor"))
        for debit, credit, amount in zip(*columns, strict=True):
            self.sums.setdefault(debit, [0, 0])[0] += amount
            self.sums.setdefault(credit, [0, 0])[1] += amount

    def standings(self, accounts: Sequence[str] | None) -> Standings:
        """As `Store.balances` told them then."""
        names = [name for name in (self.opened if accounts is None else dict.fromkeys(accounts)) if name in self.opened]
        return Standings.of(
            Standing(
                id=name,
                currency=self.opened[name][0],
                limit_minor=self.limits[name],
                posted_debits=self.sums.get(name, (0, 0))[0],
                posted_credits=self.sums.get(name, (0, 0))[1],
            )
            for name in sorted(names)
        )


def _limit(value: Any) -> int | None:
    return None if value in (None, "") else int(value)


@dataclass(frozen=True, slots=True)
class _ReplayOffice:
    """The office as it was before an entry: what would be kept is only digested, and nothing is posted."""

    real: LedgerOffice
    books: _Books
    entry: int

    @property
    def roots_of(self) -> SubtreeRoots | None:
        return self.real.roots_of

    def keep_table(self, table: pa.Table) -> str:
        whole = table.combine_chunks()
        digest = self.keep(table_bytes(whole))
        self.real.remembered.setdefault(digest, whole)
        return digest

    def table(self, digest: str) -> pa.Table:
        return self.real.table(digest)

    def keep(self, content: bytes) -> str:
        return f"sha256:{hashlib.sha256(content).hexdigest()}"

    def document(self, digest: str) -> bytes:
        return self.real.document(digest)

    def cycle_key(self, cycle: str) -> bytes:
        return self.real.cycle_key(cycle)

    def balances(self, accounts: Sequence[str] | None = None) -> Standings:
        self.books.before(self.entry)
        return self.books.standings(accounts)

    def is_posted(self, key: str) -> bool:
        answer = self.real.ledger.store.answer_of(self.real.key_in_use(key))
        return answer is not None and answer.entry is not None and answer.entry.sequence < self.entry and self.real.is_posted(key)

    def posted(self, key: str) -> tuple[Transfer, ...]:
        return self.real.posted(key) if self.is_posted(key) else ()

    def post(self, batch: Batch, accounts: Sequence[Account]) -> Answer:
        raise BrokenLaw("a_replay_posts_nothing", key=batch.key)

    def change_limits(self, changes: Sequence[AccountChange]) -> tuple[Refusal, ...]:
        raise BrokenLaw("a_replay_posts_nothing", changes=len(changes))

    def stands(self, batch: Batch) -> bool:
        """True where the ledger holds this very batch under its key."""
        key = self.real.key_in_use(batch.key)
        answer = self.real.ledger.store.answer_of(key)
        if answer is None or answer.entry is None:
            return False
        seal = request_seal(self.real.ledger.keys.ledger_key, key, digest_of_batch(batch, EntryKind.ATOMIC))
        return seal == answer.entry.request_seal
