"""Interest on daily outstandings between settlement dates, by day count, and the swap to which a member is entitled.

Interest is exact until it is booked: for each span in which neither balance nor rate changes, balance times rate times share of a year,
summed as a fraction and rounded once for each member and period. Each day count adds up: a period may be cut anywhere without changing
its interest. That is why *30E/360* is offered and the American 30/360 is not. Sign: positive = is owed to the member. Source: rule R3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import lcm
from types import MappingProxyType
from typing import Final

from rescounter.settlement.outstandings import Balance, Span, spans
from rescounter.terms import apportion, holds

__all__ = [
    "DayCount",
    "InterestBooked",
    "InterestRate",
    "booked",
    "interest",
    "passed_on",
    "swap_entitlement_minor",
    "year_share",
]

_SWAP_SHARE: Final = Fraction(1, 5)


class DayCount(StrEnum):
    """How many years lie between two days."""

    ACTUAL_360 = "actual/360"
    ACTUAL_365 = "actual/365"
    ACTUAL_ACTUAL = "actual/actual"
    THIRTY_360 = "30E/360"


@dataclass(frozen=True, slots=True)
class InterestRate:
    """From the day *since* on: what debtors pay and creditors get for a year, as shares such as 9/200; below zero it is the other way."""

    since: date
    debit: Fraction
    credit: Fraction


def year_share(start: date, end: date, count: DayCount) -> Fraction:
    """Years from *start* until *end*, by *count*.

    A leap day counts as a day: 366 days are 366/360 or 366/365 of a year. By ``actual/actual`` a day of a leap year is 1/366 of a year
    (ISDA 2006, 4.16(b)). By ``30E/360`` every month has 30 days and the 31st is the 30th (ISDA 2006, 4.16(g)).
    Law: shares add up: start to middle and middle to end are start to end.
    """
    holds(start <= end, "a_period_ends_after_it_starts", start=start, end=end)
    match count:
        case DayCount.ACTUAL_360:
            return Fraction((end - start).days, 360)
        case DayCount.ACTUAL_365:
            return Fraction((end - start).days, 365)
        case DayCount.ACTUAL_ACTUAL:
            return _years(end) - _years(start)
        case DayCount.THIRTY_360:
            return Fraction(_days_of_30(end) - _days_of_30(start), 360)


def interest(balances: Sequence[Balance], rates: Sequence[InterestRate], *, start: date, end: date, count: DayCount) -> Fraction:
    """Interest of one member for a period, exact, in minor units; negative = the member pays.

    Args: *balances* in order of day; *rates* in order of day, the first in force on *start*; *end*: the day after the last.
    """
    holds(bool(rates) and rates[0].since <= start, "a_rate_is_in_force", start=start)
    holds(all(one.since < other.since for one, other in pairwise(rates)), "rates_are_in_order_of_day")
    cut = spans(balances, start=start, end=end, cuts=(rate.since for rate in rates))
    return sum((_of_span(span, rates, count) for span in cut), Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestBooked:
    """Whole minor units by member, and what they leave to the union. Law: both together are zero."""

    members: Mapping[str, int]
    union_minor: int

    def __post_init__(self) -> None:
        holds(sum(self.members.values()) + self.union_minor == 0, "zero_sum", union=self.union_minor)


def booked(exact: Mapping[str, Fraction]) -> InterestBooked:
    """Each member's interest rounded half-even; the union keeps or bears the rest: the spread of the rates, and the rounding."""
    members = {member: round(exact[member]) for member in sorted(exact)}
    return InterestBooked(members=MappingProxyType(members), union_minor=-sum(members.values()))


def passed_on(exact: Mapping[str, Fraction]) -> InterestBooked:
    """What debtors pay, rounded half-even for each, passed on to creditors whole, in proportion to their interest.

    Ties go to the earlier member code. Law: nothing stays with the union, unless there is no creditor at all.
    """
    members = {member: round(exact[member]) if exact[member] < 0 else 0 for member in sorted(exact)}
    creditors = [member for member in members if exact[member] > 0]
    paid = -sum(members.values())
    if creditors:
        scale = lcm(*(exact[member].denominator for member in creditors))
        weights = [int(exact[member] * scale) for member in creditors]
        members |= zip(creditors, apportion(paid, weights), strict=True)
    return InterestBooked(members=MappingProxyType(members), union_minor=0 if creditors else paid)


def swap_entitlement_minor(gross_payments: Sequence[int], *, share: Fraction = _SWAP_SHARE) -> int:
    """Most that a member in net deficit may ask of each other member: *share* of its average yearly gross payments, rounded down.

    Args: *gross_payments* minor units >= 0 of each of the calendar years before, three by rule R3.
    """
    holds(bool(gross_payments) and min(gross_payments) >= 0 and share >= 0, "swaps_are_of_payments", years=len(gross_payments))
    return int(Fraction(sum(gross_payments), len(gross_payments)) * share)


def _of_span(span: Span, rates: Sequence[InterestRate], count: DayCount) -> Fraction:
    rate = next(rate for rate in reversed(rates) if rate.since <= span.start)
    return span.balance_minor * (rate.debit if span.balance_minor < 0 else rate.credit) * year_share(span.start, span.end, count)


def _years(day: date) -> Fraction:
    """Years since the year 0, each day being its part of its own year."""
    first = date(day.year, 1, 1)
    return day.year + Fraction((day - first).days, (date(day.year, 12, 31) - first).days + 1)


def _days_of_30(day: date) -> int:
    return 360 * day.year + 30 * day.month + min(day.day, 30)
