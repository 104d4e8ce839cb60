"""Collateral: values after haircuts by hand, and calls on random pledges."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from rescounter.settlement.collateral import Call, Pledge, PledgeValue, Price, calls, held_minor, revalued, valued
from rescounter.terms import BrokenLaw

AT_US = 1_800_000_000_000_000
DAY_US = 86_400_000_000


def price(asset: str, minor: str, haircut: str, *, currency: str = "EUR", at_us: int = AT_US) -> Price:
    return Price(
        asset=asset, currency=currency, price_minor=Fraction(minor), haircut=Fraction(haircut), at_us=at_us, source="an exchange's list"
    )


def values_at(pledges: list[Pledge], *prices: Price, at_us: int = AT_US) -> tuple[PledgeValue, ...]:
    return valued(pledges, {each.asset: each for each in prices}, at_us=at_us, age_us_max=DAY_US)


PLEDGES = [
    Pledge(member="BO", asset="BOND", quantity=3),
    Pledge(member="ANA", asset="SHARE", quantity=10),
    Pledge(member="ANA", asset="BOND", quantity=1000),
]
PRICES = (price("BOND", "9950/100", "1/20"), price("SHARE", "1234", "1/4", currency="USD"))


def test_a_pledge_counts_after_its_haircut_and_is_rounded_down():
    """1,000 * 99.5 * 0.95 = 94,525; 10 * 1,234 * 0.75 = 9,255; 3 * 99.5 * 0.95 = 283.575."""
    values = values_at(PLEDGES, *PRICES)
    assert [(each.pledge.member, each.pledge.asset, each.currency, each.value_minor) for each in values] == [
        ("ANA", "BOND", "EUR", 94_525),
        ("ANA", "SHARE", "USD", 9_255),
        ("BO", "BOND", "EUR", 283),
    ]
    assert held_minor(values) == {("EUR", "ANA"): 94_525, ("EUR", "BO"): 283, ("USD", "ANA"): 9_255}


def test_a_price_that_is_missing_too_old_or_of_tomorrow_counts_nothing():
    old = price("BOND", "9950/100", "1/20", at_us=AT_US - DAY_US - 1)
    assert [each.is_stale for each in values_at(PLEDGES, old)] == [True, True, True]
    assert [each.is_stale for each in values_at(PLEDGES, price("BOND", "1", "0", at_us=AT_US - DAY_US))] == [False, True, False]
    assert all(each.is_stale for each in values_at(PLEDGES, *PRICES, at_us=AT_US - 1))


def test_revaluation_tells_what_was_gained_and_lost():
    before = values_at(PLEDGES, *PRICES)
    after = values_at(PLEDGES, price("BOND", "90", "1/20"))
    assert revalued(before, after) == {("EUR", "ANA"): 85_500 - 94_525, ("EUR", "BO"): 256 - 283, ("USD", "ANA"): -9_255}
    assert revalued(before, before) == {}


def test_who_misses_collateral_is_called_and_who_has_too_much_may_take_it_back():
    needed = {("EUR", "ANA"): 100_000, ("EUR", "BO"): 300, ("EUR", "CY"): 50, ("USD", "ANA"): 1_000}
    found = calls(values_at(PLEDGES, *PRICES), needed, minimum_minor={"EUR": 50})
    assert [(each.currency, each.member, each.missing_minor, each.free_minor) for each in found] == [
        ("EUR", "ANA", 5_475, 0),
        ("EUR", "CY", 50, 0),
        ("USD", "ANA", 0, 8_255),
    ]


amounts = st.integers(0, 10**12)
members = st.sampled_from("ABCD")


@over(
    st.dictionaries(st.tuples(members, st.sampled_from(["P", "Q", "R"])), st.integers(1, 10**6)),
    st.dictionaries(st.sampled_from(["P", "Q", "R"]), st.tuples(st.fractions(0, 10**6, max_denominator=100), st.fractions(0, 1))),
    st.dictionaries(st.tuples(st.just("EUR"), members), amounts),
    amounts,
)
def test_who_met_its_call_is_not_called_again(pledged, quoted, needed, minimum):
    pledges = [Pledge(member=member, asset=asset, quantity=quantity) for (member, asset), quantity in pledged.items()]
    prices = [price(asset, str(minor), str(haircut)) for asset, (minor, haircut) in quoted.items()]
    values = values_at(pledges, *prices)
    for each in values:
        exact = each.pledge.quantity * quoted[each.pledge.asset][0] * (1 - quoted[each.pledge.asset][1]) if not each.is_stale else 0
        assert 0 <= exact - each.value_minor < 1
    found = calls(values, needed, minimum_minor={"EUR": minimum})
    met = [Pledge(member=each.member, asset="CASH", quantity=each.missing_minor) for each in found if each.missing_minor]
    again = calls(values_at([*pledges, *met], *prices, price("CASH", "1", "0")), needed, minimum_minor={"EUR": minimum})
    assert [each for each in again if each.missing_minor] == []
    assert [each for each in again if each.free_minor] == [each for each in found if each.free_minor]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Pledge(member="A", asset="P", quantity=0),
        lambda: price("P", "-1", "0"),
        lambda: price("P", "1", "2"),
        lambda: values_at([PLEDGES[0], PLEDGES[0]]),
        lambda: calls((), {("EUR", "A"): -1}),
        lambda: Call(currency="EUR", member="A", needed_minor=5, held_minor=3, missing_minor=1, free_minor=0),
    ],
)
def test_what_is_no_collateral_is_not_valued(wrong):
    with pytest.raises(BrokenLaw):
        wrong()
