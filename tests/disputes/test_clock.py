"""The dates of clocks, as a calendar on the wall has them; the golden dates of rule R15 first."""

from __future__ import annotations

import datetime
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.council.named import NAMED_RULES
from rescounter.disputes.clock import Deadline, agreement_days, deadlines, vote_deadlines
from rescounter.disputes.periods import Period, begins_us, ends_us
from rescounter.disputes.reading import shipped_template
from rescounter.disputes.templates import SHIPPED
from rescounter.terms.calendar import BusinessDays, business_days

DAY = datetime.date
VECTORS = {
    each["name"].partition(";")[0]: each
    for each in json.loads((Path(__file__).parents[1] / "data" / "disputes_r15.json").read_text(encoding="utf-8"))["vectors"]
}
SNAPBACK = shipped_template("snapback-65-days")
EVERY_DAY = BusinessDays()
HOUR_US = 3_600_000_000


def by_name(found: tuple[Deadline, ...]) -> dict[str, Deadline]:
    return {each.name: each for each in found}


def days(template: str, raised: DAY, zone: str = "UTC", business: BusinessDays = EVERY_DAY) -> list[tuple[str, str]]:
    return [(each.name, each.day.isoformat()) for each in deadlines(shipped_template(template), raised, zone, business)]


def utc(moment: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00"))


def test_golden_from_referral():
    given_, want = VECTORS["from referral"]["given"], VECTORS["from referral"]["want"]
    found = by_name(deadlines(SNAPBACK, DAY.fromisoformat(given_["raised"]), given_["zone"]))
    assert {
        "level_1_ends": found["level_1"].day.isoformat(),
        "level_2_ends": found["level_2"].day.isoformat(),
        "final_ends": found["final"].day.isoformat(),
        "earliest_notice": found["notice"].opens.isoformat(),
        "must_be_tabled_by": found["tabling"].day.isoformat(),
        "vote_by": found["vote"].day.isoformat(),
    } == {key: value for key, value in want.items() if key != "restored_at"}
    assert utc(found["vote"].at) == utc(want["restored_at"])
    assert found["vote"].otherwise.value == "restored"
    assert (found["vote"].day - DAY.fromisoformat(given_["raised"])).days == 65
    assert found["tabling"].is_foreseen and found["vote"].is_foreseen and not found["notice"].is_foreseen


@pytest.mark.parametrize("told_at_raising", [True, False])
def test_golden_from_notice(told_at_raising):
    given_, want = VECTORS["from notice"]["given"], VECTORS["from notice"]["want"]
    notified = DAY.fromisoformat(given_["notified"])
    if told_at_raising:
        found = by_name(deadlines(SNAPBACK, DAY(2025, 7, 1), given_["zone"], notified=notified))
    else:
        found = by_name(vote_deadlines(SNAPBACK, notified, given_["zone"], EVERY_DAY))
    assert found["tabling"].day.isoformat() == want["must_be_tabled_by"]
    assert found["vote"].day.isoformat() == want["vote_by"]
    assert utc(found["vote"].at) == utc(want["restored_at"])
    assert not found["vote"].is_foreseen


def test_golden_sunset():
    given_, want = VECTORS["sunset"]["given"], VECTORS["sunset"]["want"]
    sunset = SNAPBACK.sunset
    assert (sunset.adopted_after, sunset.ends_after) == (
        Period(given_["adoption_after_days"], "days"),
        Period(given_["sunset_after_years"], "years"),
    )
    adopted, last = agreement_days(SNAPBACK, DAY.fromisoformat(given_["endorsed"]))
    assert {"adoption": adopted.isoformat(), "sunset": last.isoformat()} == want


def test_the_trade_panel_has_the_days_of_its_model():
    assert days("trade-panel", DAY(2026, 1, 14)) == [
        ("consultations", "2026-03-15"),  # 60 days
        ("establishment", "2026-04-29"),  # 45 days
        ("report", "2026-10-29"),  # 6 months
        ("appeal", "2026-12-28"),  # 60 days
        ("vote", "2027-01-27"),  # 30 days
    ]


def test_conference_defence_and_award_are_counted_from_the_constitution():
    assert days("expedited-arbitration", DAY(2026, 1, 1)) == [
        ("response", "2026-01-16"),
        ("authority", "2026-01-31"),
        ("arbitrator", "2026-02-15"),
        ("conference", "2026-03-02"),
        ("defence", "2026-03-02"),
        ("award", "2026-08-15"),
    ]


def test_business_days_pass_over_weekends_and_holidays():
    closed = business_days(["SI"], (), 2026, 2027)
    assert days("invoice-dispute", DAY(2026, 3, 20), "Europe/Ljubljana", closed) == [
        ("level_1", "2026-04-03"),
        ("decision", "2026-04-13"),  # Easter Monday is 6 April
    ]
    assert days("invoice-dispute", DAY(2026, 3, 20)) == [("level_1", "2026-04-03"), ("decision", "2026-04-10")]


@pytest.mark.parametrize(
    ("start", "period", "last"),
    [
        (DAY(2026, 1, 31), Period(1, "months"), DAY(2026, 2, 28)),
        (DAY(2028, 1, 31), Period(1, "months"), DAY(2028, 2, 29)),  # leap year
        (DAY(2026, 8, 31), Period(6, "months"), DAY(2027, 2, 28)),
        (DAY(2026, 3, 31), Period(9, "months"), DAY(2026, 12, 31)),
        (DAY(2028, 2, 29), Period(1, "years"), DAY(2029, 2, 28)),
        (DAY(2028, 2, 29), Period(4, "years"), DAY(2032, 2, 29)),
        (DAY(2028, 2, 28), Period(1, "days"), DAY(2028, 2, 29)),
        (DAY(2027, 2, 28), Period(1, "days"), DAY(2027, 3, 1)),
        (DAY(2100, 2, 28), Period(1, "days"), DAY(2100, 3, 1)),  # no leap year
        (DAY(2026, 12, 31), Period(15, "days"), DAY(2027, 1, 15)),
        (DAY(2026, 1, 3), Period(1, "business_days"), DAY(2026, 1, 5)),  # a Saturday
    ],
)
def test_month_ends_and_leap_days(start, period, last):
    assert period.after(start, EVERY_DAY) == last


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Ljubljana", DAY(2026, 3, 29), 23),  # clocks go forward
        ("Europe/Ljubljana", DAY(2026, 10, 25), 25),  # and back
        ("Africa/Cairo", DAY(2026, 4, 24), 23),  # forward at midnight itself
        ("Asia/Tehran", DAY(2026, 3, 29), 24),
        ("UTC", DAY(2026, 3, 29), 24),
    ],
)
def test_a_day_is_as_long_as_the_clocks_of_its_zone_make_it(zone, day, hours):
    assert ends_us(day, zone) - begins_us(day, zone) == hours * HOUR_US


def test_a_clock_over_a_change_of_clocks_ends_at_local_midnight():
    found = by_name(deadlines(SNAPBACK, DAY(2026, 2, 20), "Europe/Ljubljana"))
    assert found["vote"].at == "2026-04-27T00:00:00+02:00"
    assert found["level_1"].at == "2026-03-07T00:00:00+01:00"
    assert by_name(deadlines(SNAPBACK, DAY(2026, 2, 20), "Pacific/Auckland"))["vote"].at == "2026-04-27T00:00:00+12:00"


def test_each_date_says_who_may_act_and_what_happens_otherwise():
    found = by_name(deadlines(SNAPBACK, DAY(2026, 1, 14), "UTC", sunset=DAY(2026, 2, 1)))
    assert found["vote"].default == "the measures that were lifted return, from the midnight that ends day 30"
    assert found["notice"].default == "the right to notify lapses, and the relief continues"
    assert found["tabling"].default == "the draft counts as tabled by the chair"
    assert found["sunset"].at == "2026-02-02T00:00:00+00:00"
    assert {each.act for each in found["level_1"].may} == {"referred", "mediation_opened", "extended", "withdrawn", "settled"}
    assert {each.act for each in found["final"].may} == {"withdrawn", "settled"}


def test_a_template_names_a_voting_rule_that_ships():
    for name in SHIPPED:
        vote = shipped_template(name).vote
        assert vote is None or vote.rule in NAMED_RULES


@given(
    name=st.sampled_from(SHIPPED),
    raised=st.dates(DAY(1950, 1, 1), DAY(2150, 1, 1)),
    zone=st.sampled_from(["UTC", "Europe/Ljubljana", "America/New_York", "Pacific/Apia", "Africa/Cairo", "Asia/Kathmandu"]),
)
def test_clocks_go_forward_and_leave_nothing_open(name, raised, zone):
    found = deadlines(shipped_template(name), raised, zone)
    stages = [each for each in found if each.name not in ("notice", "tabling", "vote")]
    assert all(before.at_us <= after.at_us for before, after in pairwise(stages))
    assert all(raised <= each.day and each.opens <= each.day + datetime.timedelta(days=1) and each.default for each in found)
    assert found[-1].otherwise.value in ("restored", "continued")
    assert found == deadlines(shipped_template(name), raised, zone)
