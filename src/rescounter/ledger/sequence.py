"""Deciding transfers one after the other, exactly: what each leaves is what the next one finds.

The slow and always right way. `decisions.py` takes a vectorised one where no order matters; a
property test holds them equal. Lists of plain integers, changed in place: one decision, then gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from rescounter.ledger.effects import Effects
from rescounter.ledger.known import Fate, Known
from rescounter.ledger.rulings import Ruling
from rescounter.ledger.standings import NO_LIMIT, Standings
from rescounter.ledger.transfers import Flag, Transfer
from rescounter.terms import INT64_MAX

__all__ = ["Books", "Rows", "run"]

_UNBOUNDED: Final = 1 << 70
_FATES: Final = {Flag.POST: Fate.POSTED, Flag.VOID: Fate.VOIDED, Flag.EXPIRE: Fate.EXPIRED}


@dataclass(slots=True)
class Rows:
    """A batch as lists: *special* false where plain or pending and not a reversal; *places* of the accounts, -1 = unknown."""

    transfers: list[Transfer] | None
    special: list[bool]
    waits: list[bool]
    debit: list[int]
    credit: list[int]
    amount: list[int]


@dataclass(slots=True)
class Books:
    """Running sums of each account, over the places of *standings*; *facts* of refused rows."""

    standings: Standings
    known: Mapping[str, Known]
    at_us: int
    used: list[int]
    limits: list[int]
    debits: list[int]
    credits: list[int]
    waiting_debits: list[int]
    waiting_credits: list[int]
    top: list[int]
    facts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    here: dict[str, Transfer] = field(default_factory=dict)
    fates: dict[str, Fate] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, standings: Standings, known: Mapping[str, Known], *, at_us: int, limits_bind: bool = True) -> Books:
        """The books at the start; without *limits_bind* only totals are bounded."""
        limits = [_UNBOUNDED if limit == NO_LIMIT or not limits_bind else limit for limit in standings.numbers("limit_minor").tolist()]
        posted_debits, posted_credits, pending_debits, pending_credits = (
            standings.numbers(name).tolist() for name in ("posted_debits", "posted_credits", "pending_debits", "pending_credits")
        )
        used = standings.used().tolist()
        return cls(
            standings=standings,
            known=known,
            at_us=at_us,
            used=used,
            limits=limits,
            debits=[a + b for a, b in zip(posted_debits, pending_debits, strict=True)],
            credits=[a + b for a, b in zip(posted_credits, pending_credits, strict=True)],
            waiting_debits=pending_debits,
            waiting_credits=pending_credits,
            top=list(used),
        )

    def effects(self, rows: Rows, rulings: list[int]) -> Effects:
        """What has been accepted so far, against the standings."""
        base = {name: self.standings.numbers(name) for name in ("posted_debits", "posted_credits", "pending_debits", "pending_credits")}
        pending_debits, pending_credits = np.array(self.waiting_debits, np.int64), np.array(self.waiting_credits, np.int64)
        columns = [
            np.array(self.debits, np.int64) - pending_debits - base["posted_debits"],
            np.array(self.credits, np.int64) - pending_credits - base["posted_credits"],
            pending_debits - base["pending_debits"],
            pending_credits - base["pending_credits"],
            np.array(self.top, np.int64) - self.standings.used(),
        ]
        touched = {place for places in (rows.debit, rows.credit) for place, ruling in zip(places, rulings, strict=True) if not ruling}
        return Effects.at(self.standings, np.array(sorted(touched), np.int64), columns)


def run(rows: Rows, rulings: list[int], books: Books) -> None:
    """Decide every row whose ruling is 0 so far, in order; *rulings* and *books* are written.

    Cost: 0.5 us a plain row.
    """
    used, limits, debits, credits, top = books.used, books.limits, books.debits, books.credits, books.top
    for row, (ruling, special, waits, debit, credit, amount) in enumerate(
        zip(rulings, rows.special, rows.waits, rows.debit, rows.credit, rows.amount, strict=True)
    ):
        if ruling:
            continue
        if special:
            rulings[row] = _special(row, rows, books)
            continue
        all_debits, all_credits = debits[debit] + amount, credits[credit] + amount
        use = used[debit] + amount
        if all_debits > INT64_MAX or all_credits > INT64_MAX:
            rulings[row], books.facts[row] = Ruling.TOTAL_BEYOND_INT64, (max(all_debits, all_credits),)
            continue
        if use > limits[debit]:
            rulings[row], books.facts[row] = Ruling.LIMIT_EXCEEDED, (use, limits[debit])
            continue
        used[debit] = use
        debits[debit], credits[credit] = all_debits, all_credits
        if use > top[debit]:
            top[debit] = use
        if waits:
            books.waiting_debits[debit] += amount
            books.waiting_credits[credit] += amount
        else:
            used[credit] -= amount
        if rows.transfers is not None:
            books.here[rows.transfers[row].id] = rows.transfers[row]


def _special(row: int, rows: Rows, books: Books) -> Ruling:
    """Post, void or reversal: the ruling, and the books written where it is fine."""
    transfer = (rows.transfers or [])[row]
    debit, credit = rows.debit[row], rows.credit[row]
    if transfer.reverses is not None:
        ruling = _reversal(transfer, books) or _move(row, debit, credit, transfer.amount_minor, books)
        if not ruling:
            books.undone.add(transfer.reverses)
    else:
        ruling = _resolution(transfer, books)
        if not ruling:
            _resolve(transfer, debit, credit, books)
    if not ruling:
        books.here[transfer.id] = transfer
    return ruling


def _found(identity: str | None, books: Books) -> Transfer | None:
    """The posted transfer of an id, above in the batch or before it."""
    if identity is None:
        return None
    known = books.known.get(identity)
    return known.transfer if known is not None else books.here.get(identity)


def _fate(identity: str, books: Books) -> Fate:
    known = books.known.get(identity)
    return books.fates.get(identity, known.fate if known is not None else Fate.NONE)


def _resolution(transfer: Transfer, books: Books) -> Ruling:
    pending = _found(transfer.pending_id, books)
    if pending is None or pending.flag is not Flag.PENDING:
        return Ruling.PENDING_UNKNOWN
    fate = _fate(pending.id, books)
    if fate in (Fate.POSTED, Fate.VOIDED):
        return Ruling.PENDING_RESOLVED
    if fate is Fate.EXPIRED or (pending.expires_at_us is not None and pending.expires_at_us <= books.at_us):
        return Ruling.PENDING_EXPIRED
    is_all = transfer.amount_minor == pending.amount_minor
    fits = is_all or (transfer.flag is Flag.POST and transfer.amount_minor < pending.amount_minor)
    if (transfer.debit, transfer.credit) != (pending.debit, pending.credit) or not fits:
        return Ruling.PENDING_MISMATCH
    return Ruling.FINE


def _resolve(transfer: Transfer, debit: int, credit: int, books: Books) -> None:
    """Release what waited and move what is posted; the use of the debit side never grows by it."""
    pending = _found(transfer.pending_id, books)
    released = pending.amount_minor if pending is not None else 0
    moved = transfer.amount_minor if transfer.flag is Flag.POST else 0
    books.waiting_debits[debit] -= released
    books.waiting_credits[credit] -= released
    books.debits[debit] += moved - released
    books.credits[credit] += moved - released
    books.used[debit] += moved - released
    books.used[credit] -= moved
    books.fates[transfer.pending_id or ""] = _FATES[transfer.flag]


def _reversal(transfer: Transfer, books: Books) -> Ruling:
    old = _found(transfer.reverses, books)
    if old is None or old.flag not in (Flag.PLAIN, Flag.POST) or old.reverses is not None:
        return Ruling.REVERSAL_UNKNOWN
    known = books.known.get(old.id)
    if old.id in books.undone or (known is not None and known.is_reversed):
        return Ruling.REVERSAL_REPEATED
    if (transfer.debit, transfer.credit, transfer.amount_minor) != (old.credit, old.debit, old.amount_minor):
        return Ruling.REVERSAL_MISMATCH
    return Ruling.FINE


def _move(row: int, debit: int, credit: int, amount: int, books: Books) -> Ruling:
    """As the loop of `run`, for a plain transfer that is a reversal."""
    all_debits, all_credits, use = books.debits[debit] + amount, books.credits[credit] + amount, books.used[debit] + amount
    if max(all_debits, all_credits) > INT64_MAX:
        books.facts[row] = (max(all_debits, all_credits),)
        return Ruling.TOTAL_BEYOND_INT64
    if use > books.limits[debit]:
        books.facts[row] = (use, books.limits[debit])
        return Ruling.LIMIT_EXCEEDED
    books.debits[debit], books.credits[credit], books.used[debit] = all_debits, all_credits, use
    books.top[debit] = max(books.top[debit], use)
    books.used[credit] -= amount
    return Ruling.FINE
