"""The three tests of payment versus payment: may a member's accounts stand as they would after a pair is settled?

1. *value*: all balances at their rates, what it is owed cut by the haircut and what it owes raised by it, are not below zero.
2. *short position*: in no currency does it owe more than the limit of that currency.
3. *aggregate short*: what it owes in all currencies together, at their rates, is at most its own limit.

Rates are exact: minor units of the unit of account for one minor unit of the currency. Positive balances = the union owes the member.
Source: rule R5, modelled on CLS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from rescounter.terms import holds

__all__ = ["PairRules", "PairTest", "Tested", "three_tests"]


class PairTest(StrEnum):
    """Which test failed."""

    VALUE = "value"
    SHORT_POSITION = "short_position"
    AGGREGATE_SHORT = "aggregate_short"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRules:
    """What the tests go by.

    *rates* > 0, *haircuts* from 0 to less than 1 and *short_limits_minor* >= 0 by currency, the same currencies in each;
    *aggregate_limits_minor* >= 0 in the unit of account by member, none = 0.
    """

    rates: Mapping[str, Fraction]
    haircuts: Mapping[str, Fraction]
    short_limits_minor: Mapping[str, int]
    aggregate_limits_minor: Mapping[str, int]

    def __post_init__(self) -> None:
        holds(self.rates.keys() == self.haircuts.keys() == self.short_limits_minor.keys(), "every_currency_has_its_rules")
        holds(all(rate > 0 for rate in self.rates.values()), "rates_are_above_zero")
        holds(all(0 <= haircut < 1 for haircut in self.haircuts.values()), "haircuts_are_shares")
        limits = (*self.short_limits_minor.values(), *self.aggregate_limits_minor.values())
        holds(all(limit >= 0 for limit in limits), "limits_are_not_negative")

    def worth(self, currency: str, balance: int) -> Fraction:
        """A balance in the unit of account, cut or raised by its haircut."""
        haircut = self.haircuts[currency]
        return balance * self.rates[currency] * (1 - haircut if balance > 0 else 1 + haircut)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What each test found. *short_in*: currencies beyond their limit, in order of code; *aggregate_short* >= 0, minor units of account."""

    adjusted_balance: Fraction
    short_in: tuple[str, ...]
    aggregate_short: Fraction
    aggregate_limit_minor: int

    @property
    def failed(self) -> tuple[PairTest, ...]:
        """The tests that failed, in the order above; none = it passes."""
        results = (self.adjusted_balance >= 0, not self.short_in, self.aggregate_short <= self.aggregate_limit_minor)
        return tuple(test for test, passed in zip(PairTest, results, strict=True) if not passed)


def three_tests(member: str, balances: Mapping[str, int], rules: PairRules) -> Tested:
    """All three tests on *balances*, minor units by currency; a currency that does not stand there is at zero."""
    holds(balances.keys() <= rules.rates.keys(), "every_currency_has_its_rules", without=sorted(balances.keys() - rules.rates.keys()))
    return Tested(
        adjusted_balance=sum((rules.worth(*each) for each in balances.items()), Fraction(0)),
        short_in=tuple(currency for currency in sorted(balances) if -balances[currency] > rules.short_limits_minor[currency]),
        aggregate_short=sum((-min(0, balance) * rules.rates[currency] for currency, balance in balances.items()), Fraction(0)),
        aggregate_limit_minor=rules.aggregate_limits_minor.get(member, 0),
    )
