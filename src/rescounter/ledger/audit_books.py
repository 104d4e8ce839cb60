"""The books as audit reckons them again: accounts, sums, limits and states, folded from the journal alone.

It shares no code with the decisions that it checks (`decisions.py`, `sequence.py`): columns are folded
with NumPy, and only where a limit or a sum may break is a chunk gone through row by row, to name the row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger.accounts import AccountEvent, AccountState
from rescounter.ledger.audit_faults import AuditFault
from rescounter.ledger.effects import sum_fits
from rescounter.ledger.ports import Nets
from rescounter.ledger.standings import NO_LIMIT, Standings
from rescounter.ledger.transfers import Flag
from rescounter.terms import INT64_MAX

__all__ = ["AuditBooks", "Differing", "Moves"]

_FEW: Final = 512
"""Rows below which plain values are quicker than a column."""

_SUMS: Final = ("posted_debits", "posted_credits", "pending_debits", "pending_credits")


@dataclass(frozen=True, slots=True)
class Moves:
    """What a chunk of accepted transfers does, by row: *debit*, *credit* places of accounts; *moved* and *waits* int64 minor units
    (*waits* negative where released); *rows* in the request, from 0; *ids*."""

    debit: np.ndarray
    credit: np.ndarray
    moved: np.ndarray
    waits: np.ndarray
    flag: np.ndarray
    rows: np.ndarray
    ids: pa.Array


@dataclass(frozen=True, slots=True)
class Differing:
    """An account whose stored effects of a batch are not what the rows add up to: debits, credits, both pending."""

    account: str
    stored: tuple[int, int, int, int]
    folded: tuple[int, int, int, int]

    def fault(self) -> AuditFault:
        """As a fault of what is stored."""
        return AuditFault(
            check="effects_are_the_fold",
            subject=self.account,
            found=_told(self.stored),
            expected=f"{_told(self.folded)}, as its rows add up",
        )

    def __str__(self) -> str:
        return f"{self.account} was recorded with {_told(self.stored)}, its rows add up to {_told(self.folded)}"


class AuditBooks:
    """Accounts by place, in the order in which they were opened; numbers grow by doubling."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._place: dict[str, int] = {}
        self._opened: list[tuple[object, ...]] = []
        self.currencies: list[str] = []
        self._currency = np.zeros(16, np.int32)
        self._limit, self._state = np.zeros(16, np.int64), np.zeros(16, np.int8)
        self._sums = {name: np.zeros(16, np.int64) for name in _SUMS}
        self._id_column: pa.Array = pa.array([], pa.string())
        self._currency_column: pa.Array = pa.array([], pa.string())
        self._all_open = True
        self._deltas: list[tuple[np.ndarray, np.ndarray]] = []
        self._touched: list[tuple[np.ndarray, np.ndarray]] = []

    # Accounts.

    def open(self, fields: Sequence[object]) -> Iterator[AuditFault]:
        """An account as its leaf says; one that stands with the same content counts as opened."""
        identity, _, _, currency, limit = fields
        name = str(identity)
        if name in self._place:
            first = self._opened[self._place[name]]
            if tuple(fields) != first:
                yield AuditFault(
                    check="accounts", subject=name, found=f"opened again as {fields[1:]}", expected=f"as it was opened: {first[1:]}"
                )
            return
        place = len(self.ids)
        if place == len(self._limit):
            self._grow()
        self._place[name] = place
        self.ids.append(name)
        self._opened.append(tuple(fields))
        if currency not in self.currencies:
            self.currencies.append(str(currency))
        self._currency[place] = self.currencies.index(str(currency))
        self._limit[place] = NO_LIMIT if limit is None else int(str(limit))

    def _grow(self) -> None:
        self._currency, self._limit, self._state = (
            np.concatenate([each, np.zeros_like(each)]) for each in (self._currency, self._limit, self._state)
        )
        self._sums = {name: np.concatenate([column, np.zeros_like(column)]) for name, column in self._sums.items()}

    def change(self, fields: Sequence[object]) -> Iterator[AuditFault]:
        """One event, under the rules for it."""
        name, event, limit = str(fields[0]), AccountEvent[str(fields[1]).upper()], fields[2]
        place = self._place.get(name)
        if place is None:
            yield AuditFault(check="accounts", subject=name, found="a change of an account that was never opened", expected="an account")
            return
        state, used = AccountState(self._state[place]), self._used(place)
        told = None
        if state is AccountState.CLOSED:
            told = f"{event.name.lower()} after it was closed", "nothing"
        elif event is AccountEvent.LIMITED:
            if limit is not None and int(str(limit)) < used:
                told = f"limit {int(str(limit)):,}", f"at least {used:,}, what is in use"
            self._limit[place] = NO_LIMIT if limit is None else int(str(limit))
        elif event is AccountEvent.CLOSED and (
            self._balance(place) or self._sums["pending_debits"][place] or self._sums["pending_credits"][place]
        ):
            told = f"closed with a balance of {self._balance(place):,} minor units", "a balance of zero and nothing pending"
        if told:
            yield AuditFault(check="accounts", subject=name, found=told[0], expected=told[1])
            return
        if event is not AccountEvent.LIMITED:
            after = {
                AccountEvent.FROZEN: AccountState.FROZEN,
                AccountEvent.THAWED: AccountState.OPEN,
                AccountEvent.CLOSED: AccountState.CLOSED,
            }[event]
            self._state[place] = after
            self._all_open = not self._state[: len(self.ids)].any()

    def _balance(self, place: int) -> int:
        return int(self._sums["posted_credits"][place]) - int(self._sums["posted_debits"][place])

    def _used(self, place: int) -> int:
        return int(self._sums["pending_debits"][place]) - self._balance(place)

    def places_of(self, accounts: pa.Array) -> np.ndarray:
        """Place of each account, -1 where none was opened."""
        if len(self._id_column) != len(self.ids):
            self._id_column = pa.array(self.ids, pa.string())
            self._currency_column = pa.array([self.currencies[place] for place in self._currency[: len(self.ids)].tolist()], pa.string())
        if len(accounts) < _FEW:
            return np.array([self._place.get(name, -1) for name in accounts.to_pylist()], np.int64)
        return np.asarray(pc.fill_null(pc.index_in(accounts, value_set=self._id_column), -1).to_numpy(zero_copy_only=False), np.int64)

    def currencies_of(self, places: np.ndarray) -> pa.Array:
        """The currency of each place, none of which is -1."""
        if len(places) < _FEW:
            return pa.array([self.currencies[number] for number in self._currency[places].tolist()], pa.string())
        return self._currency_column.take(pa.array(places))

    # Postings.

    def fits(self, moves: Moves) -> Iterator[AuditFault]:
        """Both accounts are open for this transfer, of one currency, and not the same."""
        for wrong, found, expected in (
            (moves.debit == moves.credit, "debit and credit are one account", "two accounts"),
            (self._currency[moves.debit] != self._currency[moves.credit], "two currencies", "one currency"),
            (self._shut(moves), "an account that is frozen or closed", "open accounts"),
        ):
            for row in np.flatnonzero(wrong)[:1].tolist():
                pair = f"debit {self.ids[moves.debit[row]]}, credit {self.ids[moves.credit[row]]}"
                yield _at(moves, row, "accounts", f"{found}: {pair}", expected)

    def _shut(self, moves: Moves) -> np.ndarray:
        if self._all_open:
            return np.zeros(0, bool)
        state = np.maximum(self._state[moves.debit], self._state[moves.credit])
        releases = (moves.flag == Flag.VOID) | (moves.flag == Flag.EXPIRE)
        return np.asarray((state == AccountState.CLOSED) | ((state == AccountState.FROZEN) & ~releases))

    def post(self, moves: Moves, *, limits_bind: bool) -> Iterator[AuditFault]:
        """Fold one chunk; with *limits_bind* each prefix must keep every limit."""
        if not len(moves.debit):
            return
        places, inverse = np.unique(np.concatenate([moves.debit, moves.credit]), return_inverse=True)
        debit, credit = inverse[: len(moves.debit)], inverse[len(moves.debit) :]
        waits = np.abs(moves.waits)
        if not (sum_fits(waits) and sum_fits(moves.moved, int(waits.sum()))):
            yield from self._post_exactly(moves, limits_bind=limits_bind)
            return
        more = {name: np.zeros(len(places), np.int64) for name in _SUMS}
        for name, side, amounts in zip(
            _SUMS, (debit, credit, debit, credit), (moves.moved, moves.moved, moves.waits, moves.waits), strict=True
        ):
            np.add.at(more[name], side, amounts)
        before = {name: self._sums[name][places] for name in _SUMS}
        fits = all(
            (more[f"posted_{side}"] + more[f"pending_{side}"] <= INT64_MAX - before[f"posted_{side}"] - before[f"pending_{side}"]).all()
            for side in ("debits", "credits")
        )
        if not fits or (limits_bind and not self._within(places, before, _peaks(debit, credit, moves, len(places)))):
            yield from self._post_exactly(moves, limits_bind=limits_bind)
            return
        for name in _SUMS:
            self._sums[name][places] += more[name]
        self._deltas.append((places, np.stack([more[name] for name in _SUMS])))

    def _within(self, places: np.ndarray, before: dict[str, np.ndarray], peaks: np.ndarray) -> bool:
        """True when no place that rises passes its limit; a use and a peak are each below 2^63, so their halves are added."""
        limit = self._limit[places]
        used = before["posted_debits"] + before["pending_debits"] - before["posted_credits"]
        room = np.where(limit == NO_LIMIT, np.uint64(2**64 - 1), limit.astype(np.uint64) - used.astype(np.uint64))
        return not (peaks.astype(np.uint64) > room)[peaks > 0].any()

    def _post_exactly(self, moves: Moves, *, limits_bind: bool) -> Iterator[AuditFault]:
        """As `post`, row by row in plain integers: names the row and the account with which a limit or a sum first breaks."""
        columns = [moves.debit.tolist(), moves.credit.tolist(), moves.moved.tolist(), moves.waits.tolist()]
        books = {place: [int(self._sums[name][place]) for name in _SUMS] for place in {*columns[0], *columns[1]}}
        told = False
        for row, (debit, credit, moved, waits) in enumerate(zip(*columns, strict=True)):
            owing, owed = books[debit], books[credit]
            owing[0], owing[2], owed[1], owed[3] = owing[0] + moved, owing[2] + waits, owed[1] + moved, owed[3] + waits
            use, limit = owing[0] + owing[2] - owing[1], int(self._limit[debit])
            if not told and limits_bind and moved + waits > 0 and limit != NO_LIMIT and use > limit:
                yield _at(moves, row, "limits_hold", f"{self.ids[debit]} uses {use:,} minor units", f"at most {limit:,}, its limit")
                told = True
            if max(owing[0] + owing[2], owed[1] + owed[3]) > INT64_MAX:
                yield _at(
                    moves,
                    row,
                    "sums_fit_int64",
                    f"a sum beyond 64 bits of {self.ids[debit]} or {self.ids[credit]}",
                    f"at most {INT64_MAX:,}",
                )
                return
        places = np.array(sorted(books), np.int64)
        after = np.array([books[place] for place in places.tolist()], np.int64).T
        self._deltas.append((places, after - np.stack([self._sums[name][places] for name in _SUMS])))
        for name, column in zip(_SUMS, after, strict=True):
            self._sums[name][places] = column

    def end_of_batch(self, nets: Nets | None) -> tuple[np.ndarray, list[Differing]]:
        """The places that a whole batch touched, and where its stored effects differ from what its rows add up to."""
        deltas, self._deltas = self._deltas, []
        if len(deltas) == 1:
            places, total = deltas[0]
        else:
            places, inverse = np.unique(np.concatenate([np.zeros(0, np.int64), *(each for each, _ in deltas)]), return_inverse=True)
            total = np.zeros((len(_SUMS), len(places)), np.int64)
            for place in range(len(_SUMS)):
                np.add.at(total[place], inverse, np.concatenate([np.zeros(0, np.int64), *(each[place] for _, each in deltas)]))
        if nets is not None:
            self._touched.append((places, places[total.any(axis=0)]))
        return places, [] if nets is None else self._differing(places, total, nets)

    def noted(self, touched: Sequence[str] | None) -> Iterator[AuditFault]:
        """What is noted as touched since the last time against what was; None where nothing is noted yet.

        An account on which a batch leaves nothing (a reservation and its release) may be noted or not.
        """
        if touched is None:
            return
        batches, self._touched = self._touched, []
        may, must = ({self.ids[place] for place in set().union(*(each[which].tolist() for each in batches))} for which in (0, 1))
        for name in sorted(must.difference(touched) or set(touched) - may)[:1]:
            found, expected = ("not noted", "noted") if name in must else ("noted", "not noted")
            yield AuditFault(
                check="histories", subject=name, found=found, expected=f"{expected} as touched since the last block of entries"
            )

    def over_limits(self, places: np.ndarray) -> Iterator[AuditFault]:
        """Accounts that stand over their limit: under no policy may any, once a batch is whole."""
        limit = self._limit[places]
        used = self._sums["posted_debits"][places] + self._sums["pending_debits"][places] - self._sums["posted_credits"][places]
        for place in places[(limit != NO_LIMIT) & (used > limit)].tolist():
            found = f"{self._used(place):,} minor units in use after the batch"
            yield AuditFault(
                check="limits_hold", subject=self.ids[place], found=found, expected=f"at most {self._limit[place]:,}, its limit"
            )

    def _differing(self, places: np.ndarray, total: np.ndarray, nets: Nets) -> list[Differing]:
        own = np.array([self._place.get(name, -1) for name in nets.accounts], np.int64)
        order, moved = np.argsort(own, kind="stable"), total.any(axis=0)
        if np.array_equal(own[order], places[moved]) and np.array_equal(nets.sums[:, order], total[:, moved]):
            return []  # as nearly always
        stored = dict(zip(nets.accounts, map(tuple, nets.sums.T.tolist()), strict=True))
        nothing = (0, 0, 0, 0)
        pairs = [
            (self.ids[place], stored.pop(self.ids[place], nothing), folded)
            for place, folded in zip(places.tolist(), map(tuple, total.T.tolist()), strict=True)
        ]
        pairs += [(name, found, nothing) for name, found in stored.items()]
        return [Differing(*pair) for pair in pairs if pair[1] != pair[2]]

    # The end.

    def compare(self, standings: Standings) -> Iterator[AuditFault]:
        """What the store says of all accounts against the fold, and every currency's sum."""
        count, names = len(self.ids), standings.text("id")
        places = self.places_of(names)
        for name in names.filter(pa.array(places < 0)).to_pylist():
            yield AuditFault(check="balances_are_the_fold", subject=name, found="a balance", expected="none: no entry opens this account")
        for place in np.setdiff1d(np.arange(count), places).tolist():
            yield AuditFault(
                check="balances_are_the_fold", subject=self.ids[place], found="no balance", expected="that of an account that was opened"
            )
        folded: dict[str, np.ndarray] = {**self._sums, "limit_minor": self._limit, "state": self._state}
        for what, column in folded.items():
            for row in np.flatnonzero(standings.numbers(what) != column[places])[:1].tolist():
                found, expected = (self._shown(what, int(value)) for value in (standings.numbers(what)[row], column[places[row]]))
                told = f"{what.removesuffix('_minor').replace('_', ' ')} {found}"
                yield AuditFault(
                    check="balances_are_the_fold", subject=names[row].as_py(), found=told, expected=f"{expected}, the fold of the journal"
                )
        differing = pc.not_equal(standings.text("currency"), self.currencies_of(places))
        for row in np.flatnonzero(differing.to_numpy(zero_copy_only=False))[:1].tolist():
            found, expected = standings.text("currency")[row].as_py(), self.currencies[self._currency[places[row]]]
            yield AuditFault(check="balances_are_the_fold", subject=names[row].as_py(), found=f"currency {found}", expected=expected)
        for number, currency in enumerate(self.currencies):
            chosen = np.flatnonzero(self._currency[:count] == number)
            total = sum(self._sums["posted_credits"][chosen].tolist()) - sum(self._sums["posted_debits"][chosen].tolist())
            if total:
                yield AuditFault(check="zero_sum", subject=currency, found=f"balances that come to {total:,}", expected="zero")

    @staticmethod
    def _shown(what: str, value: int) -> str:
        if what == "state":
            return AccountState(value).name.lower()
        return "none" if what == "limit_minor" and value == NO_LIMIT else f"{value:,}"


def _told(sums: Sequence[int]) -> str:
    debits, credits, pending_debits, pending_credits = sums
    waiting = f", pending {pending_debits:,} and {pending_credits:,}" if pending_debits or pending_credits else ""
    return f"debits {debits:,}, credits {credits:,}{waiting}"


def _at(moves: Moves, row: int, check: str, found: str, expected: str) -> AuditFault:
    return AuditFault(check=check, subject=str(moves.ids[row].as_py()), row=int(moves.rows[row]) + 1, found=found, expected=expected)


def _peaks(debit: np.ndarray, credit: np.ndarray, moves: Moves, count: int) -> np.ndarray:
    """The most by which the use of each place rises above its start on any prefix, >= 0."""
    places, steps = np.empty(2 * len(debit), np.int64), np.empty(2 * len(debit), np.int64)
    places[0::2], places[1::2], steps[0::2], steps[1::2] = debit, credit, moves.moved + moves.waits, -moves.moved
    order = np.argsort(places.astype(np.uint16) if count <= 1 << 16 else places, kind="stable")
    places, running = places[order], np.cumsum(steps[order])
    starts = np.flatnonzero(np.r_[True, places[1:] != places[:-1]])
    before = np.r_[0, running[starts[1:] - 1]]
    peaks = np.zeros(count, np.int64)
    peaks[places[starts]] = np.maximum(np.maximum.reduceat(running, starts) - before, 0)
    return peaks
