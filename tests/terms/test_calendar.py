"""Business days and instants: against numpy's calendar, against the naive walk, and by tables to check by hand."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.terms import BrokenLaw
from rescounter.terms.calendar import BusinessDays, business_days, day_of, instant_us, knows_calendar, knows_zone, told

DAY = datetime.timedelta(days=1)
ZONES = ("UTC", "Europe/Ljubljana", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia")

days = st.dates(datetime.date(2020, 1, 1), datetime.date(2035, 12, 31))
calendars = st.builds(BusinessDays, st.sets(st.integers(0, 6), max_size=6).map(frozenset), st.sets(days, max_size=400).map(frozenset))


@given(calendars, days, st.integers(-80, 80).filter(bool))
def test_shifting_is_what_numpy_reckons(business, day, count):
    mask = [number not in business.weekend for number in range(7)]
    start = np.busday_offset(day, 0, "forward" if count < 0 else "backward", weekmask=mask, holidays=sorted(business.holidays))
    assert business.shift(day, count) == np.busday_offset(start, count, weekmask=mask, holidays=sorted(business.holidays)).astype(object)


@given(calendars, days, st.integers(-60, 60))
def test_shifting_there_and_back_returns_to_a_business_day(business, day, count):
    start = business.roll(day, "following")
    assert business.shift(business.shift(start, count), -count) == start


@given(calendars, days)
def test_rolling_finds_the_nearest_business_day_of_its_side(business, day):
    ahead = next(day + place * DAY for place in range(4000) if business.is_business(day + place * DAY))
    behind = next(day - place * DAY for place in range(4000) if business.is_business(day - place * DAY))
    assert business.roll(day, "following") == ahead
    assert business.roll(day, "preceding") == behind
    assert business.roll(day, "modified-following") == (ahead if (ahead.year, ahead.month) == (day.year, day.month) else behind)


@given(calendars)
def test_what_is_frozen_is_plain_and_comes_back(business):
    assert BusinessDays.of_body(json.loads(json.dumps(business.as_body()))) == business


@pytest.mark.parametrize(
    ("day", "following", "preceding", "modified"),
    [
        ("2026-01-22", "2026-01-22", "2026-01-22", "2026-01-22"),  # a Thursday
        ("2026-05-30", "2026-06-01", "2026-05-29", "2026-05-29"),  # a Saturday at the end of the month
        ("2026-02-28", "2026-03-02", "2026-02-27", "2026-02-27"),  # the last day of February is a Saturday
        ("2028-02-29", "2028-02-29", "2028-02-29", "2028-02-29"),  # a leap day, a Tuesday
        ("2026-04-03", "2026-04-07", "2026-04-02", "2026-04-07"),  # Good Friday, then Easter Monday
        ("2026-12-25", "2026-12-28", "2026-12-24", "2026-12-28"),  # Christmas on a Friday
        ("2027-01-01", "2027-01-04", "2026-12-31", "2027-01-04"),  # New Year on a Friday
    ],
)
def test_a_day_on_which_t2_rests_is_rolled(day, following, preceding, modified):
    business, start = business_days(["XECB"], [], 2026, 2028), datetime.date.fromisoformat(day)
    rolled = [business.roll(start, rule).isoformat() for rule in ("following", "preceding", "modified-following")]
    assert rolled == [following, preceding, modified]


@pytest.mark.parametrize(
    ("day", "count", "shifted"),
    [
        ("2026-01-22", 3, "2026-01-27"),
        ("2026-01-22", -5, "2026-01-15"),
        ("2026-04-02", 1, "2026-04-07"),
        ("2026-04-04", 0, "2026-04-04"),
        ("2026-04-04", 1, "2026-04-07"),
        ("2026-04-07", -1, "2026-04-02"),
        ("2028-02-28", 1, "2028-02-29"),
        ("2028-02-28", 2, "2028-03-01"),
    ],
)
def test_business_days_of_t2_are_counted(day, count, shifted):
    assert business_days(["XECB"], [], 2025, 2028).shift(datetime.date.fromisoformat(day), count).isoformat() == shifted


def test_a_day_counts_only_where_every_calendar_is_open():
    both = business_days(["XECB", "US"], [datetime.date(2026, 8, 3)], 2026, 2026)
    shut = {"2026-05-01": "in the euro area", "2026-07-03": "in the United States", "2026-08-03": "by the rulebook"}
    assert [day for day in shut if both.is_business(datetime.date.fromisoformat(day))] == []
    assert both.is_business(datetime.date(2026, 7, 6))


def test_weekends_are_those_of_the_country():
    assert business_days([], [], 2026, 2026).weekend == {5, 6}
    assert business_days(["SA"], [], 2026, 2026).weekend == {4, 5}
    assert business_days(["SA", "SI"], [], 2026, 2026).weekend == {4, 5, 6}


def test_a_weekend_that_was_moved_counts_on_each_side_of_the_change():
    """The United Arab Emirates moved theirs from Friday and Saturday to Saturday and Sunday on 1 January 2022."""
    business = business_days(["AE"], [], 2021, 2022)
    open_days = ["2021-11-07", "2022-11-04"]
    shut_days = ["2021-11-05", "2022-11-06", "2021-11-06", "2022-11-05"]
    assert [business.is_business(datetime.date.fromisoformat(day)) for day in (*open_days, *shut_days)] == [True] * 2 + [False] * 4


@pytest.mark.parametrize("source", ["XECB", "XNYS", "XFED", "SI", "US", "GB", "DE-BY"])
def test_markets_countries_and_their_parts_are_known(source):
    assert knows_calendar(source)


@pytest.mark.parametrize("source", ["", "TARGET3", "ZZ", "DE-", "DE-XX", "-BY", "si"])
def test_other_calendars_are_not(source):
    assert not knows_calendar(source)
    with pytest.raises(BrokenLaw, match="a_calendar_is_known"):
        business_days([source], [], 2026, 2026)


def test_a_week_without_business_days_is_none():
    with pytest.raises(BrokenLaw, match="a_week_has_a_business_day"):
        BusinessDays(frozenset(range(7)))


@pytest.mark.parametrize(
    ("day", "clock", "zone", "shown"),
    [
        ("2026-01-22", "13:00", "Europe/Ljubljana", "2026-01-22T13:00:00+01:00"),
        ("2026-07-22", "13:00", "Europe/Ljubljana", "2026-07-22T13:00:00+02:00"),
        ("2026-03-29", "01:59:59", "Europe/Ljubljana", "2026-03-29T01:59:59+01:00"),
        ("2026-03-29", "02:00", "Europe/Ljubljana", "2026-03-29T03:00:00+02:00"),  # never shown: the jump
        ("2026-03-29", "02:30", "Europe/Ljubljana", "2026-03-29T03:00:00+02:00"),
        ("2026-03-29", "03:00", "Europe/Ljubljana", "2026-03-29T03:00:00+02:00"),
        ("2026-10-25", "02:30", "Europe/Ljubljana", "2026-10-25T02:30:00+02:00"),  # shown twice: the first
        ("2026-10-25", "03:00", "Europe/Ljubljana", "2026-10-25T03:00:00+01:00"),
        ("2026-10-04", "02:15", "Australia/Lord_Howe", "2026-10-04T02:30:00+11:00"),  # a jump of half an hour
        ("2011-12-30", "12:00", "Pacific/Apia", "2011-12-31T00:00:00+14:00"),  # a day that never was
        ("2028-02-29", "00:00", "UTC", "2028-02-29T00:00:00+00:00"),
    ],
)
def test_a_clock_time_is_one_instant(day, clock, zone, shown):
    at_us = instant_us(datetime.date.fromisoformat(day), datetime.time.fromisoformat(clock), zone)
    assert told(at_us, zone) == shown


def test_the_epoch_is_zero():
    assert instant_us(datetime.date(1970, 1, 1), datetime.time(), "UTC") == 0
    assert day_of(-1, "UTC") == datetime.date(1969, 12, 31)


@given(st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2036, 12, 31)), st.integers(0, 86_400), st.sampled_from(ZONES))
def test_a_later_clock_time_is_never_an_earlier_instant(shown, seconds, zone):
    later = shown + datetime.timedelta(seconds=seconds)
    assert instant_us(shown.date(), shown.time(), zone) <= instant_us(later.date(), later.time(), zone)


@given(st.integers(631_152_000, 2_100_000_000), st.sampled_from(ZONES))
def test_what_clocks_show_is_the_first_instant_at_which_they_show_it(second, zone):
    shown = datetime.datetime.fromisoformat(told(second * 1_000_000, zone))
    at_us = instant_us(shown.date(), shown.time(), zone)
    assert at_us <= second * 1_000_000
    assert datetime.datetime.fromisoformat(told(at_us, zone)).replace(tzinfo=None) == shown.replace(tzinfo=None)
    assert day_of(at_us, zone) == shown.date()


def test_instants_are_told_as_zones_of_the_machine_tell_them():
    assert [knows_zone(zone) for zone in (*ZONES, "Mars/Base", "../etc/passwd", "")] == [True] * len(ZONES) + [False] * 3
    with pytest.raises(BrokenLaw, match="a_zone_is_known"):
        told(0, "Mars/Base")
