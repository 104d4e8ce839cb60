"""The dates of cycles, as a calendar on the wall has them."""

from __future__ import annotations

import datetime
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.cycle.dates import CycleDates, dates_of, first_dates, next_dates
from rescounter.facade.union_members import leaves_at
from rescounter.rulebook.rules import CalendarRules
from rescounter.terms.calendar import BusinessDays, business_days, instant_us, told
from tests.cycle.mortal import fresh
from tests.cycle.world import World, at_us

ZONE = "Europe/Ljubljana"
DAY, TIME = datetime.date, datetime.time
MONTHLY = CalendarRules(
    frequency="monthly",
    first_cut_off=DAY(2026, 1, 31),
    cut_off_times=(TIME(13),),
    intake_opens_days=5,
    correction_days=3,
    pay_in_days=4,
    settlement_days=5,
)
FOUNDED = DAY(2026, 1, 2)
BUSINESS = business_days(["XECB"], (), 2025, 2030)


def coming(rules: CalendarRules, count: int, *, founded: DAY = FOUNDED, business: BusinessDays = BUSINESS) -> list[CycleDates]:
    found = [first_dates(rules, ZONE, business, founded_at_us=instant_us(founded, TIME(), ZONE))]
    while len(found) < count:
        found.append(next_dates(rules, ZONE, business, found[-1]))
    return found


def test_month_ends_are_kept_and_rolled_to_business_days():
    assert [dates.cycle for dates in coming(MONTHLY, 6)] == [
        "2026-02-02",  # 31 January is a Saturday
        "2026-03-02",  # 28 February too
        "2026-03-31",
        "2026-04-30",
        "2026-06-01",  # 31 May is a Sunday
        "2026-06-30",
    ]


@pytest.mark.parametrize(
    ("roll", "cycles"),
    [
        ("following", ["2026-02-02", "2026-03-02"]),
        ("preceding", ["2026-01-30", "2026-02-27"]),
        ("modified-following", ["2026-01-30", "2026-02-27"]),
    ],
)
def test_each_way_of_rolling(roll: str, cycles: list[str]):
    assert [dates.cycle for dates in coming(replace(MONTHLY, roll=roll), 2)] == cycles


def test_a_leap_day_is_a_month_end():
    rules = replace(MONTHLY, first_cut_off=DAY(2027, 12, 31))
    assert [dates.nominal for dates in coming(rules, 4, founded=DAY(2027, 12, 1))] == [
        "2027-12-31",
        "2028-01-31",
        "2028-02-29",
        "2028-03-31",
    ]


def test_the_deadlines_of_a_cycle_are_counted_in_business_days_round_easter():
    rules = replace(MONTHLY, first_cut_off=DAY(2026, 4, 1), intake_closes_days=2)
    dates = coming(rules, 1)[0]
    named = {
        "intake opens": dates.opens_at_us,
        "intake closes": dates.intake_closes_at_us,
        "cut-off": dates.cut_off_at_us,
        "corrections end": dates.corrections_end_at_us,
        "pay-ins are due": dates.pay_in_due_at_us,
        "settled": dates.settles_at_us,
    }
    assert {name: told(at_us, ZONE)[:16] for name, at_us in named.items()} == {
        "intake opens": "2026-03-25T00:00",
        "intake closes": "2026-03-30T17:00",
        "cut-off": "2026-04-01T13:00",
        "corrections end": "2026-04-08T17:00",  # Good Friday, the weekend and Easter Monday are no business days
        "pay-ins are due": "2026-04-09T17:00",
        "settled": "2026-04-10T17:00",
    }
    assert dates.pay_in_due_day == "2026-04-09"


def test_weekly_daily_two_monthly_and_several_a_day():
    weekly = replace(MONTHLY, frequency="weekly", first_cut_off=DAY(2026, 3, 31))
    assert [dates.cycle for dates in coming(weekly, 3)] == ["2026-03-31", "2026-04-07", "2026-04-14"]
    daily = replace(MONTHLY, frequency="daily", first_cut_off=DAY(2026, 4, 2))
    assert [dates.cycle for dates in coming(daily, 3)] == ["2026-04-02", "2026-04-07", "2026-04-08"]
    two_monthly = replace(MONTHLY, frequency="two-monthly", first_cut_off=DAY(2026, 6, 30))
    assert [dates.nominal for dates in coming(two_monthly, 4)] == ["2026-06-30", "2026-08-30", "2026-10-30", "2026-12-30"]
    intraday = replace(MONTHLY, frequency="intraday", first_cut_off=DAY(2026, 4, 2), cut_off_times=(TIME(9), TIME(12), TIME(15)))
    assert [dates.cycle for dates in coming(intraday, 4)] == ["2026-04-02-1", "2026-04-02-2", "2026-04-02-3", "2026-04-07-1"]


def test_the_first_cycle_lies_behind_the_founding():
    rules = replace(MONTHLY, first_cut_off=DAY(2026, 1, 15))
    assert [dates.cycle for dates in coming(rules, 2, founded=DAY(2026, 7, 20))] == ["2026-08-17", "2026-09-15"]


def test_a_cut_off_keeps_its_clock_time_when_the_clocks_change():
    rules = replace(MONTHLY, frequency="weekly", first_cut_off=DAY(2026, 3, 25))
    assert [told(dates.cut_off_at_us, ZONE)[:16] for dates in coming(rules, 2)] == ["2026-03-25T13:00", "2026-04-01T13:00"]
    apart = [dates.cut_off_at_us for dates in coming(rules, 2)]
    assert (apart[1] - apart[0]) == (7 * 24 - 1) * 3_600_000_000


FREQUENCIES = st.sampled_from(["monthly", "two-monthly", "weekly", "daily", "intraday"])


@given(
    frequency=FREQUENCIES,
    day=st.dates(DAY(2026, 1, 1), DAY(2027, 12, 31)),
    roll=st.sampled_from(["following", "preceding", "modified-following"]),
    days=st.lists(st.integers(0, 6), min_size=4, max_size=4),
    later=FREQUENCIES,
)
def test_dates_go_forward_and_their_parts_are_in_order(frequency: str, day: DAY, roll: str, days: list[int], later: str):
    opens, corrections, pay_in, settles = days
    rules = CalendarRules(
        frequency=frequency,
        first_cut_off=day,
        cut_off_times=(TIME(11), TIME(15)) if frequency == "intraday" else (TIME(13),),
        intake_opens_days=opens,
        correction_days=min(corrections, pay_in, settles),
        pay_in_days=min(pay_in, settles),
        settlement_days=settles,
        roll=roll,
    )
    found = coming(rules, 4)
    changed = replace(rules, frequency=later, cut_off_times=(TIME(10), TIME(16)) if later == "intraday" else (TIME(12),))
    found.append(next_dates(changed, ZONE, BUSINESS, found[-1]))
    assert len({dates.cycle for dates in found}) == 5
    for before, after in pairwise(found):
        assert before.cut_off_at_us < after.cut_off_at_us
    for dates in found:
        assert dates.opens_at_us <= dates.cut_off_at_us <= dates.corrections_end_at_us
        assert dates.corrections_end_at_us <= dates.pay_in_due_at_us <= dates.settles_at_us
        assert BUSINESS.is_business(DAY.fromisoformat(dates.cut_off_day))
        assert dates_of(dates.as_body()) == dates


def test_a_notice_on_a_saturday_runs_from_the_next_business_day_on():
    """R3: three business days; Monday, Tuesday, Wednesday."""
    store, clock = fresh("sqlite")
    world = World(store, clock)
    world.tell("2026-01-05T09:00")
    world.found()
    world.tell("2026-01-10T12:00")
    assert leaves_at(world.desk) == at_us("2026-01-14T17:00")
    store.close()
