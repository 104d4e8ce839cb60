"""The accounts on which pairs are settled, kept so that trying a pair costs two currencies of two members and no fraction.

Rates and haircuts are brought to one denominator, so all tests are of integers, exact; `pair_tests.py` says the same in fractions. The
books change while a queue is gone through, and nobody but `payment_versus_payment.py` holds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any

from rescounter.settlement.pair_tests import PairRules, PairTest
from rescounter.terms import holds

__all__ = ["PairBooks"]

Row = tuple[str, str, int, str, str, int]
_Standing = tuple[int, int, int]
"""Of one member, scaled: adjusted balance, aggregate short, and in how many currencies it is short beyond the limit."""


@dataclass(slots=True)
class PairBooks:
    """Balances of *members* in *currencies*, both in order of code, and what the tests of each member come to."""

    members: tuple[str, ...]
    currencies: tuple[str, ...]
    _legs: list[tuple[int, int, int, int, int, int]]
    _balances: list[list[int]]
    _owed_worth: list[int]
    _short_worth: list[int]
    _rates: list[int]
    _short_limits: list[int]
    _aggregate_limits: list[int]
    _standings: list[_Standing]
    _changed: list[int]
    _tried: list[int]
    _barred_by: list[int]
    _scale: int
    _clock: int = 0

    @classmethod
    def opened(cls, rows: Sequence[Row], opening: Sequence[Mapping[str, Any]], rules: PairRules) -> PairBooks:
        """Books with the *opening* balances, no pair tried yet. Args: *rows* of `PAIRS` without their id."""
        members = tuple(sorted({name for row in rows for name in (row[0], row[3])} | {each["member"] for each in opening}))
        currencies = tuple(sorted({name for row in rows for name in (row[1], row[4])} | {each["currency"] for each in opening}))
        holds(set(currencies) <= rules.rates.keys(), "every_currency_has_its_rules", without=sorted(set(currencies) - rules.rates.keys()))
        at, of = {name: place for place, name in enumerate(members)}, {name: place for place, name in enumerate(currencies)}
        balances = [[0] * len(currencies) for _ in members]
        for each in opening:
            balances[at[each["member"]]][of[each["currency"]]] += each["balance_minor"]
        owed, short = ([rules.worth(currency, sign) * sign for currency in currencies] for sign in (1, -1))
        plain = [rules.rates[currency] for currency in currencies]
        scale = lcm(*(share.denominator for share in (*owed, *short, *plain)))
        books = cls(
            members=members,
            currencies=currencies,
            _legs=[(at[one], of[paid], amount, at[other], of[got], back) for one, paid, amount, other, got, back in rows],
            _balances=balances,
            _owed_worth=[int(share * scale) for share in owed],
            _short_worth=[int(share * scale) for share in short],
            _rates=[int(share * scale) for share in plain],
            _short_limits=[rules.short_limits_minor[currency] for currency in currencies],
            _aggregate_limits=[rules.aggregate_limits_minor.get(member, 0) * scale for member in members],
            _standings=[],
            _changed=[0] * len(members),
            _tried=[-1] * len(rows),
            _barred_by=[0] * len(rows),
            _scale=scale,
        )
        books._standings.extend(books._standing(each) for each in balances)
        return books

    def may_have_changed(self, place: int) -> bool:
        """Whether a balance of the member that failed the tests changed since the pair was tried; True where it was never tried."""
        return self._changed[self._barred_by[place]] > self._tried[place]

    def settle(self, place: int) -> bool:
        """Settle the pair if both members pass all tests after it; else leave everything as it is."""
        one, paid, amount, other, got, back = self._legs[place]
        self._tried[place] = self._clock
        standing = self._after(one, paid, amount, got, back)
        if not self._passes(one, standing):
            self._barred_by[place] = one
            return False
        others = self._after(other, got, back, paid, amount)
        if not self._passes(other, others):
            self._barred_by[place] = other
            return False
        for member, out, minus, into, plus in ((one, paid, amount, got, back), (other, got, back, paid, amount)):
            self._balances[member][out] -= minus
            self._balances[member][into] += plus
        self._standings[one], self._standings[other] = standing, others
        self._clock += 1
        self._changed[one] = self._changed[other] = self._clock
        return True

    def members_of(self, place: int) -> tuple[str, str]:
        """Codes of payer 1 and payer 2."""
        return self.members[self._legs[place][0]], self.members[self._legs[place][3]]

    def balances_of(self, member: str) -> dict[str, int]:
        """Minor units by currency, in order of code."""
        return dict(zip(self.currencies, self._balances[self.members.index(member)], strict=True))

    def failures(self, place: int) -> Iterator[tuple[str, PairTest, str, int, int]]:
        """The tests that the pair's members would fail after it: member, test, currency of a short position, found, allowed.

        Minor units, of the unit of account except for a short position; what was found is rounded away from what is allowed.
        """
        one, paid, amount, other, got, back = self._legs[place]
        for member, *changes in ((one, (paid, -amount), (got, back)), (other, (got, -back), (paid, amount))):
            (out, minus), (into, plus) = changes
            value, short, over = self._after(member, out, -minus, into, plus)
            code = self.members[member]
            if value < 0:
                yield code, PairTest.VALUE, "", value // self._scale, 0
            if over:
                yield from ((code, PairTest.SHORT_POSITION, *each) for each in self._short_in(member, dict(changes)))
            if short > self._aggregate_limits[member]:
                yield code, PairTest.AGGREGATE_SHORT, "", -(-short // self._scale), self._aggregate_limits[member] // self._scale

    def sums(self) -> list[int]:
        """What all members have together in each currency."""
        return [sum(column) for column in zip(*self._balances, strict=True)]

    def _short_in(self, member: int, changes: Mapping[int, int]) -> Iterator[tuple[str, int, int]]:
        for currency, balance in enumerate(self._balances[member]):
            owed = -balance - changes.get(currency, 0)
            if owed > self._short_limits[currency]:
                yield self.currencies[currency], owed, self._short_limits[currency]

    def _standing(self, balances: Sequence[int]) -> _Standing:
        value = short = over = 0
        for currency, balance in enumerate(balances):
            value += balance * (self._owed_worth if balance > 0 else self._short_worth)[currency]
            short -= min(0, balance) * self._rates[currency]
            over += -balance > self._short_limits[currency]
        return value, short, over

    def _after(self, member: int, out: int, minus: int, into: int, plus: int) -> _Standing:
        """The standing of *member* with *minus* less in *out* and *plus* more in *into*."""
        value, short, over = self._standings[member]
        for currency, change in ((out, -minus), (into, plus)):
            before = self._balances[member][currency]
            after = before + change
            rate, limit = self._rates[currency], self._short_limits[currency]
            value += after * (self._owed_worth if after > 0 else self._short_worth)[currency]
            value -= before * (self._owed_worth if before > 0 else self._short_worth)[currency]
            if after < 0 or before < 0:
                short += (min(0, before) - min(0, after)) * rate
                over += (-after > limit) - (-before > limit)
        return value, short, over

    def _passes(self, member: int, standing: _Standing) -> bool:
        value, short, over = standing
        return value >= 0 and not over and short <= self._aggregate_limits[member]
