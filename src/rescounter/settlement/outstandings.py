"""Daily outstandings: what a member's balance was on each day, its average, and the spans in which nothing changes.

A balance holds from the day on which it came about, that day included, until the next one. Days are calendar days; a period runs from its
first day to the day after its last, which is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from rescounter.terms import holds

__all__ = ["Balance", "Span", "average_balance", "spans"]


@dataclass(frozen=True, slots=True)
class Balance:
    """*balance_minor* from the day *since* on; positive = is owed."""

    since: date
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Span:
    """*balance_minor* on all days from *start* until *end*, which is left out."""

    start: date
    end: date
    balance_minor: int


def spans(balances: Sequence[Balance], *, start: date, end: date, cuts: Iterable[date] = ()) -> Iterator[Span]:
    """The period from *start* until *end*, cut where the balance changes and at *cuts*.

    Args: *balances* in order of day, no day twice; before the first the balance is zero.
    Law: the spans follow each other without gap.
    """
    holds(all(one.since < other.since for one, other in pairwise(balances)), "balances_are_in_order_of_day")
    holds(start <= end, "a_period_ends_after_it_starts", start=start, end=end)
    inner = {day for day in (*(each.since for each in balances), *cuts) if start < day < end}
    days = sorted({start, end} | inner)
    following, balance = iter([*balances, None]), 0
    coming = next(following)
    for first, last in pairwise(days):
        while coming is not None and coming.since <= first:
            balance, coming = coming.balance_minor, next(following)
        yield Span(first, last, balance)


def average_balance(balances: Sequence[Balance], *, start: date, end: date) -> Fraction:
    """The mean of the balances of all days of a period of at least one day; minor units, positive = is owed."""
    holds(start < end, "an_average_is_of_days", start=start, end=end)
    whole = sum((each.end - each.start).days * each.balance_minor for each in spans(balances, start=start, end=end))
    return Fraction(whole, (end - start).days)
