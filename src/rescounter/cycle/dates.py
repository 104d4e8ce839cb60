"""The dates of a cycle, by the calendar of the rulebook.

Reckoned once, when the cycle is opened, and frozen in its first act: later holidays, time zone rules and
rules of the union move none of them.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from rescounter.rulebook.rules import CalendarRules
from rescounter.terms.calendar import BusinessDays, instant_us

__all__ = ["CycleDates", "dates_of", "first_dates", "next_dates"]

_MONTHS: Final = {"monthly": 1, "two-monthly": 2}
_WEEK: Final = datetime.timedelta(days=7)
_DAY: Final = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleDates:
    """When what happens: instants in microseconds since 1970 UTC, days as ISO text.

    *nominal*: the day that the calendar names before it is rolled to a business day; *turn*: which of a day's
    cycles, from 0. *intake_closes_at_us*: from then on counterparties only answer.
    *settlement_day*: value day of what is settled, empty in cycles that an earlier release opened.
    *intake_closes_at_us* and *corrections_end_at_us* are the cut-off where the calendar gives no days for that.
    """

    cycle: str
    nominal: str
    turn: int
    cut_off_day: str
    opens_at_us: int
    intake_closes_at_us: int
    cut_off_at_us: int
    corrections_end_at_us: int
    pay_in_due_at_us: int
    pay_in_due_day: str
    settles_at_us: int
    settlement_day: str = ""

    def as_body(self) -> dict[str, Any]:
        """Plain data for the act that opens the cycle."""
        return asdict(self)


def dates_of(body: Mapping[str, Any]) -> CycleDates:
    """What `CycleDates.as_body` wrote."""
    return CycleDates(**body)


def first_dates(rules: CalendarRules, zone: str, business: BusinessDays, *, founded_at_us: int) -> CycleDates:
    """Dates of the first cycle whose cut-off lies behind the founding."""
    nominal, turn = rules.first_cut_off, 0
    while True:
        dates = _dates(rules, zone, business, nominal=nominal, turn=turn, before_at_us=founded_at_us)
        if dates.cut_off_at_us > founded_at_us:
            return dates
        nominal, turn = _following(rules, business, nominal, turn)


def next_dates(rules: CalendarRules, zone: str, business: BusinessDays, previous: CycleDates) -> CycleDates:
    """Dates of the cycle after *previous*, also where the calendar's rules have changed since."""
    nominal, turn = datetime.date.fromisoformat(previous.nominal), previous.turn
    while True:
        nominal, turn = _following(rules, business, nominal, turn)
        dates = _dates(rules, zone, business, nominal=nominal, turn=turn, before_at_us=previous.cut_off_at_us)
        if dates.cut_off_at_us > previous.cut_off_at_us:
            return dates


def _following(rules: CalendarRules, business: BusinessDays, nominal: datetime.date, turn: int) -> tuple[datetime.date, int]:
    """The nominal day and turn that come next."""
    if rules.frequency == "intraday" and turn + 1 < len(rules.cut_off_times):
        return nominal, turn + 1
    if rules.frequency in _MONTHS:
        return _later_month(nominal, _MONTHS[rules.frequency], rules.first_cut_off.day), 0
    if rules.frequency == "weekly":
        return nominal + _WEEK, 0
    return business.shift(nominal, 1), 0


def _later_month(day: datetime.date, months: int, wanted: int) -> datetime.date:
    """The *wanted* day of a later month, or its last day where it has fewer."""
    place = day.year * 12 + day.month - 1 + months
    year, month = divmod(place, 12)
    return datetime.date(year, month + 1, min(wanted, calendar.monthrange(year, month + 1)[1]))


def _dates(rules: CalendarRules, zone: str, business: BusinessDays, *, nominal: datetime.date, turn: int, before_at_us: int) -> CycleDates:
    day = business.roll(nominal, rules.roll)
    clock = rules.cut_off_times[turn if rules.frequency == "intraday" else 0]
    cut_off = instant_us(day, clock, zone)

    def ends(days: int) -> int:
        """The end of the business day that is *days* after (below zero: before) the cut-off; the cut-off itself for none."""
        return instant_us(business.shift(day, days), rules.day_ends, zone) if days else cut_off

    opens = instant_us(business.shift(day, -rules.intake_opens_days), datetime.time(), zone) if rules.intake_opens_days else before_at_us
    return CycleDates(
        cycle=day.isoformat() + (f"-{turn + 1}" if rules.frequency == "intraday" else ""),
        nominal=nominal.isoformat(),
        turn=turn,
        cut_off_day=day.isoformat(),
        opens_at_us=max(opens, before_at_us) if opens > cut_off else opens,
        intake_closes_at_us=ends(-rules.intake_closes_days),
        cut_off_at_us=cut_off,
        corrections_end_at_us=ends(rules.correction_days),
        pay_in_due_at_us=ends(rules.pay_in_days),
        pay_in_due_day=business.shift(day, rules.pay_in_days).isoformat(),
        settles_at_us=ends(rules.settlement_days),
        settlement_day=business.shift(day, rules.settlement_days).isoformat(),
    )
