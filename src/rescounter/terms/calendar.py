"""Days and instants: which days are business days, and which instant a clock time in a place is.

A day is a `datetime.date`; an instant is microseconds since 1970 UTC, an int. Holidays come from the `holidays`
package, time zones from the `tzdata` package (IANA), never from the machine. Both change with releases: what a
cycle depends on is therefore frozen as plain data when it opens (`BusinessDays.as_body`, instants as integers).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

from rescounter.terms.faults import holds

__all__ = ["ROLLS", "BusinessDays", "business_days", "day_of", "instant_us", "knows_calendar", "knows_zone", "told"]

ROLLS: Final = ("following", "preceding", "modified-following")

_DAY: Final = datetime.timedelta(days=1)
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND: Final = datetime.timedelta(microseconds=1)
_SECOND_US: Final = 1_000_000
_SATURDAY_AND_SUNDAY: Final = frozenset({5, 6})
_ZONE: Final = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """Business days: all but the *weekend* (0 = Monday ... 6 = Sunday) and *holidays*.

    Beyond the years that it was made for, weekends alone are known. Law: a week has a business day.
    """

    weekend: frozenset[int] = _SATURDAY_AND_SUNDAY
    holidays: frozenset[datetime.date] = frozenset()

    def __post_init__(self) -> None:
        holds(self.weekend < frozenset(range(7)), "a_week_has_a_business_day", weekend=sorted(self.weekend))

    def is_business(self, day: datetime.date) -> bool:
        """True when payments can be made on *day*."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def shift(self, day: datetime.date, days: int) -> datetime.date:
        """The business day that is *days* business days after *day*, before it where negative; for 0 *day* itself, whatever it is."""
        step = _DAY if days > 0 else -_DAY
        for _ in range(abs(days)):
            day += step
            while not self.is_business(day):
                day += step
        return day

    def roll(self, day: datetime.date, rule: str) -> datetime.date:
        """*day* if it is a business day; else the next (``following``), the one before (``preceding``), or the next unless it lies in
        another month, then the one before (``modified-following``).
        """
        holds(rule in ROLLS, "a_roll_is_one_of_three", rule=rule)
        if self.is_business(day):
            return day
        rolled = self.shift(day, -1 if rule == "preceding" else 1)
        return self.shift(day, -1) if rule == "modified-following" and rolled.month != day.month else rolled

    def as_body(self) -> dict[str, Any]:
        """Plain data for an act: numbers of week days and ISO dates, in order."""
        return {"weekend": sorted(self.weekend), "holidays": sorted(day.isoformat() for day in self.holidays)}

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> BusinessDays:
        """What `as_body` wrote; nothing else is looked up."""
        return cls(frozenset(body["weekend"]), frozenset(datetime.date.fromisoformat(day) for day in body["holidays"]))


def knows_calendar(source: str) -> bool:
    """True for a calendar of the `holidays` package: a market (XECB, XNYS), a country (US, SI), or a part of one (DE-BY)."""
    return source in _markets() or _is_country(source)


def business_days(sources: Sequence[str], closed: Iterable[datetime.date], first_year: int, last_year: int) -> BusinessDays:
    """Days on which every calendar of *sources* is open, from *first_year* to *last_year*.

    A weekend is a day of the week that some calendar closes in each of its weeks; without *sources* Saturday and Sunday.
    A weekend day on which a country works instead is no business day. *closed*: further days. Law: each source is known (`knows_calendar`).
    """
    days = [
        datetime.date(first_year, 1, 1) + place * _DAY
        for place in range((datetime.date(last_year + 1, 1, 1) - datetime.date(first_year, 1, 1)).days)
    ]
    weekend: frozenset[int] = frozenset() if sources else _SATURDAY_AND_SUNDAY
    shut = set(closed)
    for source in sources:
        calendar = _calendar(source, range(first_year, last_year + 1))
        at_weekends = {day for day in days if calendar.is_weekend(day)}
        weekend |= frozenset(range(7)) - {day.weekday() for day in days if day not in at_weekends}
        shut |= at_weekends | {day for day in days if day in calendar}
    return BusinessDays(weekend, frozenset(day for day in shut if day.weekday() not in weekend))


@cache
def _markets() -> frozenset[str]:
    import holidays

    return frozenset(holidays.list_supported_financial(include_aliases=True))


def _is_country(source: str) -> bool:
    import holidays

    country, _, part = source.partition("-")
    parts = holidays.list_supported_countries(include_aliases=True)
    return country in parts and (part in parts[country] if part else "-" not in source)


def _calendar(source: str, years: range) -> Any:
    import holidays

    holds(knows_calendar(source), "a_calendar_is_known", source=source)
    if source in _markets():
        return holidays.financial_holidays(source, years=years, expand=False)
    country, _, part = source.partition("-")
    return holidays.country_holidays(country, subdiv=part or None, years=years, expand=False)


@cache
def _zones() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def knows_zone(zone: str) -> bool:
    """True for a time zone of the IANA data, such as Europe/Ljubljana or UTC."""
    return zone in _zones()


@cache
def _zone(zone: str) -> ZoneInfo:
    holds(knows_zone(zone) and _ZONE.fullmatch(zone) is not None, "a_zone_is_known", zone=zone)
    with files("tzdata").joinpath("zoneinfo").joinpath(*zone.split("/")).open("rb") as content:
        return ZoneInfo.from_file(content, key=zone)


def instant_us(day: datetime.date, clock: datetime.time, zone: str) -> int:
    """The instant at which the clocks of *zone* show *clock* on *day*.

    Where the clocks are put back and show it twice: the first time. Where they are put forward and never show it:
    the instant of the jump. So a later clock time of a day is never an earlier instant. Law: *zone* is known.
    """
    shown = datetime.datetime.combine(day, clock.replace(tzinfo=None, fold=0))
    place = _zone(zone)
    before, after = (_us(shown.replace(tzinfo=place, fold=fold)) for fold in (0, 1))
    # PEP 495: in a gap, fold 0 reckons with the offset before the jump, fold 1 with the one after, so that "after" comes earlier.
    return before if before <= after else _jump_us(after, before, place)


def _jump_us(low_us: int, high_us: int, place: ZoneInfo) -> int:
    """The instant between the two at which the offset of *place* changes; zone data hold whole seconds."""
    low, high = low_us // _SECOND_US, high_us // _SECOND_US
    offset = _at(high * _SECOND_US).astimezone(place).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if _at(middle * _SECOND_US).astimezone(place).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high * _SECOND_US


def _us(moment: datetime.datetime) -> int:
    return (moment.astimezone(datetime.UTC) - _EPOCH) // _MICROSECOND


def _at(at_us: int) -> datetime.datetime:
    return _EPOCH + datetime.timedelta(microseconds=at_us)


def day_of(at_us: int, zone: str) -> datetime.date:
    """The day on which an instant falls in *zone*."""
    return _at(at_us).astimezone(_zone(zone)).date()


def told(at_us: int, zone: str) -> str:
    """An instant as the clocks of *zone* show it, with their offset (ISO 8601): ``2026-03-29T13:00:00+02:00``."""
    return _at(at_us).astimezone(_zone(zone)).isoformat()
