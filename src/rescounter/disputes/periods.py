"""Lengths of clocks: calendar days, business days, months, years; and the instants at which a day begins and ends."""

from __future__ import annotations

import calendar
import datetime
from dataclasses import dataclass
from typing import Final

from rescounter.terms.calendar import BusinessDays, instant_us

__all__ = ["DAY_MAX", "UNITS", "Period", "begins_us", "ends_us"]

UNITS: Final = ("days", "business_days", "months", "years")

DAY_MAX: Final = datetime.date(5000, 1, 1)
"""Up to this day a dispute is raised or put off; so every clock ends before the calendar does."""

_DAY: Final = datetime.timedelta(days=1)
_MONTHS: Final = {"months": 1, "years": 12}
_WORDS: Final = {"days": "day", "business_days": "business day", "months": "month", "years": "year"}


@dataclass(frozen=True, slots=True)
class Period:
    """A number of one unit of `UNITS`, 1 or more."""

    number: int
    unit: str

    def after(self, day: datetime.date, business: BusinessDays) -> datetime.date:
        """The last day of a clock whose day 0 is *day*. Months keep the day of the month, or end with a month that lacks it."""
        if self.unit == "days":
            return day + self.number * _DAY
        if self.unit == "business_days":
            return business.shift(day, self.number)
        return _later_month(day, self.number * _MONTHS[self.unit])

    def __str__(self) -> str:
        return f"{self.number} {_WORDS[self.unit]}{'' if self.number == 1 else 's'}"


def begins_us(day: datetime.date, zone: str) -> int:
    """The midnight with which *day* begins in *zone*."""
    return instant_us(day, datetime.time(), zone)


def ends_us(day: datetime.date, zone: str) -> int:
    """The midnight that ends *day* in *zone*."""
    return begins_us(day + _DAY, zone)


def _later_month(day: datetime.date, months: int) -> datetime.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
