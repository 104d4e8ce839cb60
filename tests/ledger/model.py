"""The ledger as plain dictionaries and lists: what every store must answer, told as simply as can be.

It shares no decision with `rescounter.ledger`: only the values that go in. Slow, and meant to be read.
"""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from rescounter.ledger import Account, AccountChange, AccountEvent, Batch, Flag, Policy, Record, Transfer

MOST = 2**63 - 1


@dataclass
class Told:
    """An answer as far as it is compared: (row, id, code) of refusals, (id, code) of breaches."""

    posted: bool | None
    accepted: list[bool] = field(default_factory=list)
    repeated: list[bool] = field(default_factory=list)
    refusals: list[tuple[int, str, str]] = field(default_factory=list)
    breaches: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Books:
    """An account: what it is, and its four sums."""

    account: Account
    limit: int | None
    state: str = "open"
    posted_debits: int = 0
    posted_credits: int = 0
    pending_debits: int = 0
    pending_credits: int = 0

    def used(self) -> int:
        return self.posted_debits + self.pending_debits - self.posted_credits

    def sums(self) -> tuple[int, int, int, int]:
        return self.posted_debits, self.posted_credits, self.pending_debits, self.pending_credits


@dataclass
class Posted:
    """A posted transfer and what became of it."""

    transfer: Transfer
    fate: str = ""
    is_reversed: bool = False
    is_erased: bool = False


@dataclass
class World:
    """Everything that postings change; copied before what may be taken back."""

    books: dict[str, Books] = field(default_factory=dict)
    posted: dict[str, Posted] = field(default_factory=dict)
    refused: dict[str, tuple[Transfer, str]] = field(default_factory=dict)


class Model:
    """The port's semantics. Every method of a store that writes is here, and `sums`, `history` and `kinds` to compare."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock, self.at = clock, 0
        self.world = World()
        self.answers: dict[str, tuple[object, Told, list[str | None]]] = {}
        self.kinds: list[tuple[str, bool, int]] = []
        self.records: list[Record] = []
        self.documents: set[bytes] = set()

    def _end(self, key: str, kind: str, request: object, told: Told, kept: list[str | None] | None = None) -> Told:
        self.answers[key] = (request, told, kept or [])
        self.kinds.append((kind, bool(told.posted), sum(told.accepted)))
        return told

    def _before(self, key: str, request: object, memos: Sequence[str | None] = ()) -> Told | None:
        if key not in self.answers:
            return None
        first, told, kept = self.answers[key]
        same = first == request
        for memo, identity in zip(memos, kept, strict=False):
            posted = self.world.posted[identity] if identity is not None else None
            same = same and (posted is None or posted.is_erased or posted.transfer.memo == memo)
        return told if same else Told(None, refusals=[(0, key, "batch_key_taken")])

    # Accounts.

    def open_accounts(self, key: str, accounts: Sequence[Account]) -> Told:
        before = self._before(key, ("accounts", tuple(accounts)))
        if before:
            return before
        self._tick()
        refusals, new = [], {}
        for row, account in enumerate(accounts, 1):
            stands = self.world.books[account.id].account if account.id in self.world.books else new.get(account.id)
            if (
                not (bad_text(account.id, 128) or bad_text(account.purpose, 64) or bad_text(account.currency, 64))
                and (account.limit_minor or 0) >= 0
            ):
                if stands is None:
                    new[account.id] = account
                elif stands != account:
                    refusals.append((row, account.id, "account_id_taken"))
            else:
                refusals.append((row, account.id, "account_invalid"))
        if not refusals:
            self.world.books |= {account.id: Books(account, account.limit_minor) for account in new.values()}
        told = Told(not refusals, [not refusals] * len(accounts), [False] * len(accounts), refusals)
        return self._end(key, "accounts", ("accounts", tuple(accounts)), told)

    def change_accounts(self, key: str, changes: Sequence[AccountChange]) -> Told:
        before = self._before(key, ("changes", tuple(changes)))
        if before:
            return before
        self._tick()
        books, refusals = copy.deepcopy(self.world.books), []
        for row, change in enumerate(changes, 1):
            code = self._change(books.get(change.account), change)
            if code:
                refusals.append((row, change.account, code))
        if not refusals:
            self.world.books = books
        told = Told(not refusals, [not refusals] * len(changes), [False] * len(changes), refusals)
        return self._end(key, "accounts", ("changes", tuple(changes)), told)

    @staticmethod
    def _change(book: Books | None, change: AccountChange) -> str:
        if book is None:
            return "account_unknown"
        if book.state == "closed":
            return "account_closed"
        if change.event is AccountEvent.LIMITED:
            if change.limit_minor is not None and change.limit_minor < 0:
                return "account_invalid"
            if change.limit_minor is not None and change.limit_minor < book.used():
                return "limit_below_use"
            book.limit = change.limit_minor
            return ""
        if change.event is AccountEvent.CLOSED:
            if book.posted_debits != book.posted_credits or book.pending_debits or book.pending_credits:
                return "account_not_empty"
            book.state = "closed"
            return ""
        state = "frozen" if change.event is AccountEvent.FROZEN else "open"
        if book.state == state:
            return "state_unchanged"
        book.state = state
        return ""

    # Postings.

    def post_each(self, batch: Batch) -> Told:
        rows = list(batch.transfers.rows())
        request = ("each", batch.policy, batch.cycle, batch.rulebook_version, [bare(row) for row in rows])
        before = self._before(batch.key, request, [row.memo for row in rows])
        if before:
            return before
        self._tick()
        told = Told(True)
        kept: list[str | None] = []
        above: dict[str, Transfer] = {}
        for row, transfer in enumerate(rows, 1):
            code, repeated = self._answered(transfer, above)
            if not code and not repeated:
                code = self._apply(self.world, transfer)
                if not bad_id(transfer.id):
                    above[transfer.id] = transfer
                    if code:
                        self.world.refused[transfer.id] = (bare(transfer), code)
            if code:
                told.refusals.append((row, transfer.id, code))
            told.accepted.append(not code)
            told.repeated.append(repeated)
            kept.append(None if code or repeated else transfer.id)
        return self._end(batch.key, "each", request, told, kept)

    def _answered(self, transfer: Transfer, above: dict[str, Transfer]) -> tuple[str, bool]:
        """The first answer to an id, if there is one: a code, and whether it is a repetition."""
        if bad_id(transfer.id):
            return "transfer_id_invalid", False
        if transfer.id in above:
            is_same = transfer == above[transfer.id]
        elif transfer.id in self.world.posted:
            first = self.world.posted[transfer.id]
            is_same = bare(first.transfer) == bare(transfer) and (first.is_erased or first.transfer.memo == transfer.memo)
        elif transfer.id in self.world.refused:
            is_same = self.world.refused[transfer.id][0] == bare(transfer)
        else:
            return "", False
        if not is_same:
            return "transfer_id_taken", False
        return (self.world.refused[transfer.id][1] if transfer.id in self.world.refused else ""), True

    def post_atomic(self, batch: Batch) -> Told:
        rows = list(batch.transfers.rows())
        request = ("atomic", batch.policy, batch.cycle, batch.rulebook_version, [bare(row) for row in rows])
        before = self._before(batch.key, request, [row.memo for row in rows])
        if before:
            return before
        self._tick()
        world, codes = copy.deepcopy(self.world), {}
        above: set[str] = set()
        for row, transfer in enumerate(rows, 1):
            is_taken = transfer.id in self.world.posted or transfer.id in self.world.refused or transfer.id in above
            above.add(transfer.id)
            if bad_id(transfer.id):
                codes[row] = "transfer_id_invalid"
            elif is_taken:
                codes[row] = "transfer_id_taken"
            elif code := self._apply(world, transfer, limits=batch.policy is Policy.SEQUENTIAL):
                codes[row] = code
        over = sorted(name for name, book in world.books.items() if book.limit is not None and book.used() > book.limit)
        for row, transfer in enumerate(rows, 1):
            if transfer.debit in over:
                codes.setdefault(row, "limit_exceeded")
        told = Told(not codes and not over, [not codes and not over] * len(rows), [False] * len(rows))
        told.refusals = [(row, rows[row - 1].id, codes[row]) for row in sorted(codes)]
        told.breaches = [(name, "account_over_limit") for name in over]
        if told.posted:
            self.world = world
        kept: list[str | None] = [row.id if told.posted else None for row in rows]
        return self._end(batch.key, "atomic", request, told, kept)

    def _apply(self, world: World, transfer: Transfer, *, limits: bool = True) -> str:
        """Post one transfer, or say why not."""
        code = self._ill(world, transfer) or self._unresolvable(world, transfer) or self._irreversible(world, transfer)
        if code:
            return code
        debit, credit, amount = world.books[transfer.debit], world.books[transfer.credit], transfer.amount_minor
        if transfer.flag in (Flag.PLAIN, Flag.PENDING):
            if max(debit.posted_debits + debit.pending_debits, credit.posted_credits + credit.pending_credits) + amount > MOST:
                return "total_beyond_int64"
            if limits and debit.limit is not None and debit.used() + amount > debit.limit:
                return "limit_exceeded"
        if transfer.flag is Flag.PENDING:
            debit.pending_debits += amount
            credit.pending_credits += amount
        if transfer.flag in (Flag.POST, Flag.VOID, Flag.EXPIRE):
            pending = world.posted[transfer.pending_id or ""]
            debit.pending_debits -= pending.transfer.amount_minor
            credit.pending_credits -= pending.transfer.amount_minor
            pending.fate = transfer.flag.name
        if transfer.flag in (Flag.PLAIN, Flag.POST):
            debit.posted_debits += amount
            credit.posted_credits += amount
        if transfer.reverses is not None:
            world.posted[transfer.reverses].is_reversed = True
        world.posted[transfer.id] = Posted(transfer)
        return ""

    def _ill(self, world: World, transfer: Transfer) -> str:
        flag, books = transfer.flag, world.books
        if transfer.amount_minor <= 0:
            return "transfer_amount_not_positive"
        if transfer.debit == transfer.credit:
            return "same_account"
        if (
            flag is Flag.EXPIRE
            or (transfer.pending_id is not None) != (flag in (Flag.POST, Flag.VOID))
            or (transfer.expires_at_us is not None and flag is not Flag.PENDING)
            or (transfer.reverses is not None and flag is not Flag.PLAIN)
        ):
            return "flag_inconsistent"
        if bad_text(transfer.kind, 64) or len(transfer.memo or "") > 1024 or (transfer.cycle and bad_text(transfer.cycle, 64)):
            return "text_invalid"
        if transfer.debit not in books or transfer.credit not in books:
            return "account_unknown"
        states = {books[transfer.debit].state, books[transfer.credit].state}
        if "closed" in states:
            return "account_closed"
        if "frozen" in states and flag is not Flag.VOID:
            return "account_frozen"
        if books[transfer.debit].account.currency != books[transfer.credit].account.currency:
            return "currencies_differ"
        if transfer.expires_at_us is not None and transfer.expires_at_us <= self.at:
            return "expiry_passed"
        return ""

    @staticmethod
    def _unresolvable(world: World, transfer: Transfer) -> str:
        if transfer.flag not in (Flag.POST, Flag.VOID):
            return ""
        pending = world.posted.get(transfer.pending_id or "")
        if pending is None or pending.transfer.flag is not Flag.PENDING:
            return "pending_unknown"
        if pending.fate:
            return "pending_expired" if pending.fate == "EXPIRE" else "pending_resolved"
        first = pending.transfer
        fits = transfer.amount_minor == first.amount_minor or (transfer.flag is Flag.POST and transfer.amount_minor < first.amount_minor)
        return "" if fits and (transfer.debit, transfer.credit) == (first.debit, first.credit) else "pending_mismatch"

    @staticmethod
    def _irreversible(world: World, transfer: Transfer) -> str:
        if transfer.reverses is None:
            return ""
        old = world.posted.get(transfer.reverses)
        if old is None or old.transfer.flag not in (Flag.PLAIN, Flag.POST) or old.transfer.reverses is not None:
            return "reversal_unknown"
        if old.is_reversed:
            return "reversal_repeated"
        undone = (old.transfer.credit, old.transfer.debit, old.transfer.amount_minor)
        return "" if (transfer.debit, transfer.credit, transfer.amount_minor) == undone else "reversal_mismatch"

    # Time and erasure.

    def expire(self) -> Told | None:
        self.at = max(self.at, self.clock())
        due = [
            posted.transfer
            for posted in self.world.posted.values()
            if posted.transfer.flag is Flag.PENDING and not posted.fate and (posted.transfer.expires_at_us or MOST) <= self.at
        ]
        if not due:
            return None
        for pending in sorted(due, key=lambda transfer: (transfer.expires_at_us or 0, transfer.id)):
            mark = replace(pending, id=pending.id + "/expired", flag=Flag.EXPIRE, pending_id=pending.id, expires_at_us=None, memo=None)
            debit, credit = self.world.books[pending.debit], self.world.books[pending.credit]
            debit.pending_debits -= pending.amount_minor
            credit.pending_credits -= pending.amount_minor
            self.world.posted[pending.id].fate = "EXPIRE"
            self.world.posted[mark.id] = Posted(mark)
        told = Told(True, [True] * len(due), [False] * len(due))
        return self._end(f"expiry/{len(self.kinds)}", "expiry", None, told)

    def _tick(self) -> None:
        """Before a posting is decided: the instant, and what has expired by it."""
        self.expire()

    def erase_memos(self, key: str, transfer_ids: Sequence[str]) -> Told:
        before = self._before(key, ("erasure", tuple(transfer_ids)))
        if before:
            return before
        self._tick()
        for identity in transfer_ids:
            posted = self.world.posted.get(identity)
            if posted is not None and posted.transfer.memo is not None:
                posted.is_erased = True
        told = Told(True, [True] * len(transfer_ids), [False] * len(transfer_ids))
        return self._end(key, "erasure", ("erasure", tuple(transfer_ids)), told)

    # Records and documents.

    def record(self, records: Sequence[Record]) -> Told:
        bad = [
            (row, str(each.number), "record_invalid")
            for row, each in enumerate(records, 1)
            if each.number < 1 or bad_text(each.kind, 64) or (each.by and bad_text(each.by, 128)) or len(each.body) > 2**20
        ]
        if bad or not records:
            return Told(None, refusals=bad or [(0, "", "record_invalid")])
        first = records[0].number
        for row, each in enumerate(records, 1):
            if each.number != first + row - 1:
                return Told(None, refusals=[(row, str(each.number), "record_number_gap")])
        before = self.answers.get(f"record/{first}")
        if before and before[0] == tuple(records):
            return before[1]
        if first <= len(self.records):
            return Told(None, refusals=[(1, str(first), "record_number_taken")])
        if first > len(self.records) + 1:
            return Told(None, refusals=[(1, str(first), "record_number_gap")])
        self._tick()
        self.records += records
        told = Told(True, [True] * len(records), [False] * len(records))
        return self._end(f"record/{first}", "record", tuple(records), told)

    # What is compared.

    def sums(self) -> dict[str, tuple[int, int, int, int]]:
        return {name: book.sums() for name, book in sorted(self.world.books.items())}

    def history(self, account: str) -> list[str]:
        return [each.transfer.id for each in self.world.posted.values() if account in (each.transfer.debit, each.transfer.credit)]


def bare(transfer: Transfer) -> Transfer:
    return replace(transfer, memo=None)


def bad_text(text: str, most: int) -> bool:
    hidden = any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in text)
    return not 0 < len(text) <= most or hidden or unicodedata.normalize("NFC", text) != text


def bad_id(text: str) -> bool:
    return bad_text(text, 128) or text.endswith("/expired")
