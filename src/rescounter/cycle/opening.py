"""Opening a cycle: its dates, and what is frozen with them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from rescounter.cycle.dates import CycleDates, first_dates, next_dates
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.pool_member import refusals_to_open
from rescounter.cycle.states import State
from rescounter.cycle.union import Union, frozen_inputs
from rescounter.rulebook.rules import Rules
from rescounter.terms import Exponents, holds
from rescounter.terms.calendar import BusinessDays, business_days
from rescounter.terms.currencies import all_currencies

__all__ = ["business_days_of", "coming_dates", "opening"]

_YEARS_AHEAD = 2


def opening(union: Union, office: Office, *, at_us: int) -> Step:
    """The act that opens the next cycle of the calendar.

    Refuses: a member that the rule ``pool.member`` names and that cannot stand for the insurance pool.
    """
    latest = union.latest
    if latest is not None and latest.state is State.OPEN:
        return refused(refusal("cycle_open_already", "cycle open", found=f"cycle {latest.code} is open"))
    if found := refusals_to_open(union, office, at_us=at_us):
        return refused(*found)
    rules = union.rules(at_us)
    business = business_days_of(rules, at_us)
    dates = coming_dates(union, rules, business)
    exponents = _digits(rules)
    holidays = (day.isoformat() for day in business.holidays)
    return wanted(
        "cycle_opened",
        cycle=dates.cycle,
        dates=dates.as_body(),
        frozen=frozen_inputs(rules, exponents=exponents, holidays=holidays),
    )


def coming_dates(union: Union, rules: Rules, business: BusinessDays) -> CycleDates:
    """Dates of the cycle that is opened next."""
    zone, latest = rules.union.zone, union.latest
    if latest is not None:
        return next_dates(rules.calendar, zone, business, latest.dates)
    holds(union.founded is not None, "a_union_was_founded")
    founded_at_us = 0 if union.founded is None else union.founded.at_us
    return first_dates(rules.calendar, zone, business, founded_at_us=founded_at_us)


def business_days_of(rules: Rules, at_us: int) -> BusinessDays:
    """Days on which every settlement currency can be paid, from the year before an instant to two years after it."""
    year = (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=at_us)).year
    sources = sorted({source for calendars in rules.calendar.holidays.values() for source in calendars})
    return business_days(sources, rules.calendar.closed, year - 1, year + _YEARS_AHEAD)


def _digits(rules: Rules) -> dict[str, int]:
    """Digits of every currency that an obligation of this cycle may have."""
    exponents = Exponents(dict(rules.union.exponents))
    codes: Iterable[str] = rules.union.currencies or (*all_currencies(), *rules.union.exponents)
    found = ((code, exponents.of(code)) for code in codes)
    return {code: digits for code, digits in found if digits is not None}
