"""Charges on persistent balances, debit and credit alike, and the events that a balance which persists brings about.

A charge is, for each step, a yearly share of the part of the average balance beyond a share of the quota. A watch looks whether a balance
is, or was on average for so many days, beyond a share of the quota; what follows from its event is for people to decide: nothing is done by
force. Both are data; those below are modelled on Keynes's drafts for a Clearing Union. Source: rule R4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from rescounter.settlement.outstandings import Balance, average_balance
from rescounter.terms import holds

__all__ = [
    "CHARGES_1943",
    "WATCHES_1943",
    "BalanceEvent",
    "ChargeStep",
    "Side",
    "Watch",
    "balance_events",
    "charge",
    "charge_minor",
]

_NEVER: Final[Mapping[str, date]] = MappingProxyType({})
_YEAR: Final = 365


class Side(StrEnum):
    """Who is watched: members that owe the union, or members that it owes."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class ChargeStep:
    """*rate* a year on what of the average balance is beyond *above*, a share of the quota."""

    above: Fraction
    rate: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One threshold with its test of duration.

    *above*: share of the quota; *days*: over how many days the balance is averaged, 0 = as it stands; *of_rise*: what counts is by how
    much the balance rose in those days, not their average; *after* and *after_days*: only if that other event was raised at least so
    long ago; *meaning*: what people may or must do.
    """

    code: str
    side: Side
    above: Fraction
    days: int = 0
    of_rise: bool = False
    after: str = ""
    after_days: int = 0
    meaning: str

    def __post_init__(self) -> None:
        holds(self.above >= 0 and self.days >= 0 and self.after_days >= 0, "a_watch_has_bounds", code=self.code)
        holds(self.days > 0 or not self.of_rise, "a_rise_takes_days", code=self.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceEvent:
    """A watch that found something. *found*: the balance or rise that counts, >= 0; *allowed*: up to where nothing happens; minor units."""

    watch: Watch
    on: date
    found: Fraction
    allowed: Fraction


CHARGES_1943: Final = (ChargeStep(Fraction(1, 4), Fraction(1, 100)), ChargeStep(Fraction(1, 2), Fraction(1, 100)))
"""One per cent beyond a quarter of the quota, and one more beyond half."""

_QUARTER, _HALF, _THREE_QUARTERS = Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)

WATCHES_1943: Final = (
    Watch(
        code="debit_rises", side=Side.DEBIT, above=_QUARTER, days=_YEAR, of_rise=True,
        meaning="its debit may not rise further within the year without leave",
    ),
    Watch(
        code="debit_lasts", side=Side.DEBIT, above=_QUARTER, days=2 * _YEAR,
        meaning="it may devalue once by up to five per cent without leave",
    ),
    Watch(
        code="debit_half", side=Side.DEBIT, above=_HALF,
        meaning="the council may require collateral, and conditions for going beyond",
    ),
    Watch(
        code="debit_heavy", side=Side.DEBIT, above=_THREE_QUARTERS, days=_YEAR,
        meaning="it is asked to act",
    ),
    Watch(
        code="debit_unmended", side=Side.DEBIT, above=_THREE_QUARTERS, days=_YEAR, after="debit_heavy", after_days=2 * _YEAR,
        meaning="it may be declared in default and draw no further",
    ),
    Watch(
        code="credit_lasts", side=Side.CREDIT, above=_HALF, days=_YEAR,
        meaning="it must discuss what it can do, and has the last word",
    ),
)  # fmt: skip
"""Years are counted as 365 days."""


def charge(average: Fraction, quota: int, steps: Sequence[ChargeStep] = CHARGES_1943) -> Fraction:
    """The charge of a year on an average balance of either sign, exact, >= 0, in minor units. Args: *quota* minor units >= 0."""
    holds(quota >= 0, "quotas_are_not_negative", quota=quota)
    return sum((step.rate * max(Fraction(0), abs(average) - step.above * quota) for step in steps), Fraction(0))


def charge_minor(average: Fraction, quota: int, *, years: Fraction, steps: Sequence[ChargeStep] = CHARGES_1943) -> int:
    """The charge for a part of a year, rounded once, half-even. Args: *years* as `interest.year_share` tells them."""
    holds(years >= 0, "a_charge_is_for_a_time", years=years)
    return round(charge(average, quota, steps) * years)


def balance_events(
    balances: Sequence[Balance],
    quota: int,
    on: date,
    *,
    watches: Sequence[Watch] = WATCHES_1943,
    raised: Mapping[str, date] = _NEVER,
) -> tuple[BalanceEvent, ...]:
    """What *watches* find at the end of the day before *on*, in their order.

    Args: *balances* in order of day; *raised*: by code of a watch, the day since which its event stands.
    Returns: nothing of a watch whose days reach back before the first balance: what has not lasted is not said to last.
    """
    holds(quota >= 0, "quotas_are_not_negative", quota=quota)
    events = []
    for watch in watches:
        found = _measure(balances, watch, on)
        if found is not None and found > watch.above * quota and _has_waited(watch, on, raised):
            events.append(BalanceEvent(watch=watch, on=on, found=found, allowed=watch.above * quota))
    return tuple(events)


def _measure(balances: Sequence[Balance], watch: Watch, on: date) -> Fraction | None:
    """The balance that *watch* looks at, positive on its side."""
    start = on - timedelta(days=max(watch.days, 1))
    if not balances or balances[0].since > start:
        return None
    sign = -1 if watch.side is Side.DEBIT else 1
    if watch.of_rise:
        return max(Fraction(0), _at(balances, on, sign) - max(Fraction(0), _at(balances, start + timedelta(days=1), sign)))
    return sign * average_balance(balances, start=start, end=on)


def _at(balances: Sequence[Balance], day: date, sign: int) -> Fraction:
    """The balance of the day before *day*."""
    return sign * average_balance(balances, start=day - timedelta(days=1), end=day)


def _has_waited(watch: Watch, on: date, raised: Mapping[str, date]) -> bool:
    if not watch.after:
        return True
    return watch.after in raised and raised[watch.after] + timedelta(days=watch.after_days) <= on
