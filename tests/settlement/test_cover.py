"""Collateral across currencies: a table for an accountant, and what holds whatever is pledged and needed."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.settlement.collateral import Pledge, PledgeValue, calls
from rescounter.settlement.cover import NOTHING_ACROSS, Across, covered_across
from rescounter.terms import BrokenLaw

# Cents and yen in US cents: a dollar buys EUR 0.80 and JPY 150.
VALUES = {"USD": Fraction(1), "EUR": Fraction(5, 4), "JPY": Fraction(2, 3)}
BY = Across(values=VALUES, haircuts={"USD": Fraction(8, 100), "JPY": Fraction(10, 100)})


def moved(held: dict[str, int], needed: dict[str, int], by: Across = BY) -> dict[str, int]:
    has, needs = ({(code, "ana"): minor for code, minor in each.items()} for each in (held, needed))
    return {code: minor for (code, _), minor in covered_across(has, needs, by).items()}


@pytest.mark.parametrize(
    ("held", "needed", "want"),
    [
        # 1,000.00 USD less 8 per cent = 920.00 USD = 736.00 EUR; needed 500.00 EUR = 625.00 USD, of which 679.3478... USD are bound.
        ({"USD": 100_000}, {"EUR": 50_000}, {"EUR": 50_000, "USD": -67_935}),
        # All of it covers 736.00 EUR.
        ({"USD": 100_000}, {"EUR": 80_000}, {"EUR": 73_600, "USD": -100_000}),
        # 1.00 USD less 8 per cent = 0.92 = EUR 0.736, rounded down once.
        ({"USD": 100}, {"EUR": 100}, {"EUR": 73, "USD": -100}),
        # Together, and rounded once: 0.92 + 0.60 of 100 yen = 1.52 USD = 1.216 EUR; of EUR 1.21 = 1.5125 USD 99 yen are enough.
        ({"JPY": 100, "USD": 100}, {"EUR": 1_000}, {"EUR": 121, "JPY": -99, "USD": -100}),
        # What loses least is bound first: dollars, at 8 per cent; the yen stay free.
        ({"JPY": 100_000, "USD": 100_000}, {"EUR": 10_000}, {"EUR": 10_000, "USD": -13_587}),
        # Its own currency first, without the currency haircut: 300.00 of 500.00 USD; 184.00 of the 200.00 left are 147.20 EUR.
        ({"USD": 50_000}, {"EUR": 20_000, "USD": 30_000}, {"EUR": 14_720, "USD": -20_000}),
        # Euro are not named, so they cover euro alone.
        ({"EUR": 50_000}, {"USD": 10_000}, {}),
        # In order of code: 92.00 USD cover 50.00 EUR = 62.50 USD, and 29.50 USD = 4,425 yen.
        ({"USD": 10_000}, {"EUR": 5_000, "JPY": 9_000}, {"EUR": 5_000, "JPY": 4_425, "USD": -10_000}),
        # No rate of francs: nothing covers them, and they cover nothing.
        ({"CHF": 10_000, "USD": 10_000}, {"CHF": 20_000}, {}),
        ({"USD": 10_000}, {}, {}),
    ],
)
def test_what_is_left_over_covers_what_is_missing(held: dict[str, int], needed: dict[str, int], want: dict[str, int]):
    assert moved(held, needed) == want


def test_who_is_covered_from_elsewhere_is_not_called():
    pledge = PledgeValue(pledge=Pledge(member="ana", asset="BOND", quantity=1), currency="USD", value_minor=100_000, is_stale=False)
    needed = {("EUR", "ana"): 80_000}
    alone = {(call.currency, call.missing_minor, call.free_minor) for call in calls([pledge], needed)}
    assert alone == {("EUR", 80_000, 0), ("USD", 0, 100_000)}
    (call,) = calls([pledge], needed, across=BY)
    assert (call.currency, call.needed_minor, call.held_minor, call.missing_minor) == ("EUR", 80_000, 73_600, 6_400)
    assert calls([pledge], {("EUR", "ana"): 73_600}, across=BY) == ()


@pytest.mark.parametrize(("values", "haircuts"), [({"USD": Fraction(0)}, {}), ({"USD": Fraction(1)}, {"USD": Fraction(1)})])
def test_rates_and_haircuts_that_are_none_break_a_law(values: dict[str, Fraction], haircuts: dict[str, Fraction]):
    with pytest.raises(BrokenLaw):
        Across(values=values, haircuts=haircuts)


AMOUNTS = st.dictionaries(st.tuples(st.sampled_from(["CHF", "EUR", "JPY", "USD"]), st.sampled_from(["ana", "bo"])), st.integers(0, 10**12))
RATES = st.dictionaries(st.sampled_from(["EUR", "JPY", "USD"]), st.fractions(Fraction(1, 1000), 1000, max_denominator=9_999))
HAIRCUTS = st.dictionaries(st.sampled_from(["CHF", "EUR", "JPY", "USD"]), st.fractions(0, Fraction(99, 100), max_denominator=100))


@given(held=AMOUNTS, needed=AMOUNTS, values=RATES, haircuts=HAIRCUTS, seed=st.randoms())
def test_cover_is_never_worth_more_than_what_covers_in_whatever_order(held, needed, values, haircuts, seed):
    by = Across(values=values, haircuts=haircuts)
    found = covered_across(held, needed, by)
    rows = [list(each.items()) for each in (held, needed, values, haircuts)]
    for each in rows:
        seed.shuffle(each)
    again = covered_across(dict(rows[0]), dict(rows[1]), Across(values=dict(rows[2]), haircuts=dict(rows[3])))
    assert found == again
    for member in ("ana", "bo"):
        left = {code: held.get((code, member), 0) - needed.get((code, member), 0) for code in ("CHF", "EUR", "JPY", "USD")}
        counts = {code: values.get(code, Fraction(0)) * (1 - haircuts.get(code, Fraction(1))) for code in left}
        there = sum((max(0, gap) * counts[code] for code, gap in left.items()), Fraction(0))
        own = {code: minor for (code, of), minor in found.items() if of == member}
        covered = sum((minor * values[code] for code, minor in own.items() if minor > 0), Fraction(0))
        bound = sum((-minor * counts[code] for code, minor in own.items() if minor < 0), Fraction(0))
        assert covered <= bound <= there
        for code, minor in own.items():
            assert 0 < minor <= -left[code] or -left[code] <= minor < 0


@given(held=AMOUNTS, needed=AMOUNTS, values=RATES, haircuts=HAIRCUTS)
def test_all_that_is_free_may_be_taken_back_and_covers_stay(held, needed, values, haircuts):
    by = Across(values=values, haircuts=haircuts)
    found = covered_across(held, needed, by)
    free = {key: max(0, minor - needed.get(key, 0) + min(0, found.get(key, 0))) for key, minor in held.items()}
    after = covered_across({key: minor - free[key] for key, minor in held.items()}, needed, by)
    assert {place: minor for place, minor in after.items() if minor > 0} == {place: minor for place, minor in found.items() if minor > 0}


@given(held=AMOUNTS, needed=AMOUNTS)
def test_without_rates_each_currency_covers_itself(held, needed):
    assert covered_across(held, needed, NOTHING_ACROSS) == {}
