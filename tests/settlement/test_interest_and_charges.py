"""Interest and charges against the worked examples, against reckoning day by day, and however a period is cut."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from rescounter.settlement.charges import Side, Watch, balance_events, charge, charge_minor
from rescounter.settlement.interest import DayCount, InterestRate, booked, interest, passed_on, swap_entitlement_minor, year_share
from rescounter.settlement.outstandings import Balance, average_balance
from rescounter.terms import BrokenLaw
from tests.settlement.golden import golden

START = date(2027, 11, 1)
DAY = timedelta(days=1)

days = st.dates(date(1999, 12, 1), date(2032, 4, 1))
shares = st.fractions(-1, 1, max_denominator=10_000)
counts = st.sampled_from(DayCount)
balance_lists = st.dictionaries(st.integers(-400, 400), st.integers(-(10**12), 10**12), max_size=8).map(
    lambda found: [Balance(START + timedelta(days=place), found[place]) for place in sorted(found)]
)
rate_lists = st.dictionaries(st.integers(1, 400), st.tuples(shares, shares), max_size=4).map(
    lambda found: (
        [InterestRate(START, Fraction(1, 20), Fraction(1, 50))]
        + [InterestRate(START + timedelta(days=place), *found[place]) for place in sorted(found)]
    )
)


def on_day(balances: list[Balance], day: date) -> int:
    return next((each.balance_minor for each in reversed(balances) if each.since <= day), 0)


@golden("interest on daily outstandings")
def test_interest_of_the_asian_clearing_union(given, want):
    rate = InterestRate(START, Fraction(given["rate"]), Fraction(given["rate"]))
    for sign in (1, -1):
        balances = [Balance(START, sign * given["daily"])]
        end = START + timedelta(days=given["days"])
        found = interest(balances, [rate], start=START, end=end, count=DayCount.ACTUAL_360)
        assert found == sign * want
        assert booked({"ANA": found, "BO": -found}).members == {"ANA": sign * want, "BO": -sign * want}


@golden("swap entitlement")
def test_the_swap_of_the_asian_clearing_union(given, want):
    assert swap_entitlement_minor(given["gross_payments"]) == want


@pytest.mark.parametrize(
    ("start", "end", "count", "share"),
    [
        ("2028-02-01", "2028-03-01", "actual/360", "29/360"),
        ("2028-02-01", "2028-03-01", "actual/365", "29/365"),
        ("2028-02-01", "2028-03-01", "actual/actual", "29/366"),
        ("2027-02-01", "2027-03-01", "actual/actual", "28/365"),
        ("2027-12-31", "2028-01-02", "actual/actual", "731/133590"),
        ("2028-02-01", "2028-03-01", "30E/360", "30/360"),
        ("2028-01-31", "2028-02-29", "30E/360", "29/360"),
        ("2028-01-30", "2028-01-31", "30E/360", "0"),
        ("2028-01-01", "2029-01-01", "30E/360", "1"),
        ("2028-01-01", "2029-01-01", "actual/actual", "1"),
        ("2028-01-01", "2029-01-01", "actual/365", "366/365"),
    ],
)
def test_shares_of_a_year_by_day_count(start, end, count, share):
    assert year_share(date.fromisoformat(start), date.fromisoformat(end), DayCount(count)) == Fraction(share)


@over(days, days, days, counts)
def test_shares_of_a_year_add_up(one, two, three, count):
    start, middle, end = sorted((one, two, three))
    assert year_share(start, middle, count) + year_share(middle, end, count) == year_share(start, end, count) >= 0


@over(balance_lists, rate_lists, st.integers(0, 450), counts)
def test_interest_is_the_sum_of_its_days(balances, rates, length, count):
    end = START + timedelta(days=length)
    by_day = Fraction(0)
    for place in range(length):
        day = START + timedelta(days=place)
        rate = next(each for each in reversed(rates) if each.since <= day)
        balance = on_day(balances, day)
        by_day += balance * (rate.debit if balance < 0 else rate.credit) * year_share(day, day + DAY, count)
    assert interest(balances, rates, start=START, end=end, count=count) == by_day


@over(st.dictionaries(st.sampled_from("ABCDEFGH"), st.fractions(-(10**6), 10**6, max_denominator=500)))
def test_interest_is_booked_to_the_last_unit(exact):
    for found in (booked(exact), passed_on(exact)):
        assert sum(found.members.values()) + found.union_minor == 0
        assert all(abs(found.members[member] - exact[member]) * 2 <= 1 for member in exact if exact[member] < 0)
    assert all(abs(booked(exact).members[member] - exact[member]) * 2 <= 1 for member in exact)


def test_what_debtors_pay_is_passed_on_whole():
    """Ten and a half each from three debtors, rounded to ten; two creditors in proportion, the odd unit to the larger remainder."""
    exact = {"ANA": "-21/2", "BO": "-21/2", "CY": "-21/2", "DI": "21", "EVA": "21/2"}
    found = passed_on({member: Fraction(share) for member, share in exact.items()})
    assert found.members == {"ANA": -10, "BO": -10, "CY": -10, "DI": 20, "EVA": 10}
    assert found.union_minor == 0


def test_interest_that_nobody_is_owed_stays_with_the_union():
    assert passed_on({"ANA": Fraction(-7, 2)}).union_minor == 4


def test_a_period_without_a_rate_has_no_interest():
    with pytest.raises(BrokenLaw):
        interest([], [InterestRate(START + DAY, Fraction(0), Fraction(0))], start=START, end=START + DAY, count=DayCount.ACTUAL_360)


@over(balance_lists, st.integers(1, 450))
def test_the_average_is_that_of_the_days(balances, length):
    found = average_balance(balances, start=START, end=START + timedelta(days=length))
    assert found * length == sum(on_day(balances, START + timedelta(days=place)) for place in range(length))


@golden("charge on balance")
def test_charges_of_the_clearing_union_of_1943(given, want):
    assert charge(Fraction(given["average_balance"]), given["quota"]) == Fraction(want)


@over(st.fractions(-(10**9), 10**9, max_denominator=366), st.integers(0, 10**9))
def test_debit_and_credit_are_charged_alike(average, quota):
    assert charge(average, quota) == charge(-average, quota) >= 0
    assert charge_minor(average, quota, years=Fraction(1, 2)) == round(charge(-average, quota) / 2)


def codes(balances: list[Balance], on: date, **raised: date) -> list[str]:
    return [event.watch.code for event in balance_events(balances, 400, on, raised=raised)]


def test_a_debit_that_lasts_meets_one_threshold_after_the_other():
    balances = [Balance(START, 0), Balance(START + 10 * DAY, -310)]
    first = START + 10 * DAY
    assert codes(balances, first) == []
    assert codes(balances, first + DAY) == ["debit_half"]
    assert codes(balances, START + 365 * DAY) == ["debit_rises", "debit_half", "debit_heavy"]
    assert codes(balances, first + 364 * DAY) == ["debit_rises", "debit_half", "debit_heavy"]
    assert codes(balances, first + 365 * DAY) == ["debit_half", "debit_heavy"]
    assert codes(balances, START + 729 * DAY) == ["debit_half", "debit_heavy"]
    assert codes(balances, START + 730 * DAY) == ["debit_lasts", "debit_half", "debit_heavy"]


def test_an_average_over_the_threshold_takes_its_days():
    """310 for k days of 365 is over 300 on average from k = 354 on."""
    balances = [Balance(START - 400 * DAY, 0), Balance(START, -310)]
    assert "debit_heavy" not in codes(balances, START + 353 * DAY)
    assert "debit_heavy" in codes(balances, START + 354 * DAY)


def test_after_two_more_years_without_effect_a_member_may_be_declared_in_default():
    balances = [Balance(START, -310)]
    later = START + 1095 * DAY
    assert "debit_unmended" not in codes(balances, later)
    assert "debit_unmended" not in codes(balances, later - DAY, debit_heavy=START + 365 * DAY)
    assert "debit_unmended" in codes(balances, later, debit_heavy=START + 365 * DAY)
    mended = [*balances, Balance(START + 800 * DAY, -100)]
    assert "debit_unmended" not in codes(mended, later, debit_heavy=START + 365 * DAY)


def test_a_credit_that_lasts_must_be_discussed():
    balances = [Balance(START, 201)]
    assert codes(balances, START + 364 * DAY) == []
    (event,) = balance_events(balances, 400, START + 365 * DAY)
    assert (event.watch.code, event.found, event.allowed) == ("credit_lasts", 201, 200)
    assert codes([Balance(START, 200)], START + 365 * DAY) == []


def test_a_watch_has_bounds():
    with pytest.raises(BrokenLaw):
        Watch(code="x", side=Side.DEBIT, above=Fraction(-1), meaning="")
