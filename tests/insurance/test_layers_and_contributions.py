"""Layers, contributions and caps: golden rows, and laws against formulas of their own."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.insurance.contributions import Record, advances, cap_of, capped, estimates
from rescounter.insurance.layers import due_of_reinsurers, split
from rescounter.insurance.reading import terms_of
from tests.insurance.pools import TERMS

OURS = terms_of(TERMS, 2)
MINOR = st.integers(0, 10**15)


@pytest.mark.parametrize(
    ("claim", "retention", "pool", "reinsured", "overspill", "beyond"),
    [
        (0, 0, 0, 0, 0, 0),
        (100_000, 100_000, 0, 0, 0, 0),
        (100_001, 100_000, 1, 0, 0, 0),
        (1_100_000, 100_000, 1_000_000, 0, 0, 0),
        (3_100_000, 100_000, 1_000_000, 2_000_000, 0, 0),
        (8_100_000, 100_000, 1_000_000, 2_000_000, 5_000_000, 0),
        (8_100_007, 100_000, 1_000_000, 2_000_000, 5_000_000, 7),
    ],
)
def test_a_claim_goes_through_the_layers(claim, retention, pool, reinsured, overspill, beyond):
    borne = split(claim, OURS)
    told = (borne.retention_minor, borne.pool_minor, borne.reinsured_minor, borne.overspill_minor, borne.beyond_minor)
    assert told == (retention, pool, reinsured, overspill, beyond)


def test_without_overspill_the_member_bears_what_is_beyond():
    text = TERMS[: TERMS.index("[overspill]")] + TERMS[TERMS.index("[contributions]") :]
    borne = split(9_000_000, terms_of(text, 2))
    assert (borne.overspill_minor, borne.beyond_minor) == (0, 5_900_000)


def test_overspill_without_a_limit_takes_all_that_is_left():
    borne = split(900_000_000, terms_of(TERMS.replace('limit = "50000.00"\n', ""), 2))
    assert (borne.overspill_minor, borne.beyond_minor) == (896_900_000, 0)


def test_reinsurers_share_a_layer_and_the_odd_unit_goes_to_the_larger_remainder():
    assert due_of_reinsurers(split(1_100_003, OURS), OURS) == {"Market Re": 2, "North Re": 1}
    assert due_of_reinsurers(split(1_100_000, OURS), OURS) == {"Market Re": 0, "North Re": 0}


@pytest.mark.parametrize(
    ("lost", "contributed", "factor"),
    [(0, 0, 1), (5, 0, 1), (0, 100, Fraction(9, 10)), (40, 100, Fraction(9, 10)), (41, 100, 1), (80, 100, 1), (81, 100, Fraction(5, 4))],
)
def test_the_record_moves_the_contribution_by_its_step(lost, contributed, factor):
    assert OURS.factor_of(Record(contributed, lost).ratio) == factor


@given(
    st.lists(st.tuples(st.sampled_from(("coastal", "ocean")), st.integers(1, 10**13), st.sampled_from(("9/10", "1", "5/4"))), max_size=12)
)
def test_contributions_sum_exactly_and_nobody_s_is_a_unit_off(rows):
    exposures, factors = [(name, amount) for name, amount, _ in rows], [Fraction(each) for _, _, each in rows]
    exact = [
        amount * {"coastal": Fraction(1, 250), "ocean": Fraction(1, 125)}[name] * factor
        for (name, amount), factor in zip(exposures, factors, strict=True)
    ]
    found = estimates(exposures, factors, OURS)
    assert sum(found) == round(sum(exact, Fraction()))
    assert all(abs(part - share) < 2 for part, share in zip(found, exact, strict=True))
    first = advances(found, OURS)
    assert sum(first) == round(Fraction(sum(found) * 4, 5))
    assert all(0 <= part <= whole for part, whole in zip(first, found, strict=True))


@given(st.lists(st.tuples(st.integers(0, 10**9), MINOR), max_size=8), MINOR)
def test_nobody_s_overspill_is_above_its_cap_and_nothing_is_lost(rows, total):
    weights, caps = [weight for weight, _ in rows], [cap for _, cap in rows]
    found = capped(total, weights, caps)
    assert all(0 <= part <= cap for part, cap in zip(found, caps, strict=True))
    assert sum(found) == min(total, sum(cap for weight, cap in rows if weight))
    open_ones = [(part, weight) for part, (weight, cap) in zip(found, rows, strict=True) if weight and part < cap]
    for one, other in pairwise(open_ones):  # who is below its cap bears by weight, but for a unit
        assert abs(Fraction(one[0], one[1]) - Fraction(other[0], other[1])) < Fraction(1, one[1]) + Fraction(1, other[1])


def test_a_cap_is_rounded_down():
    assert (cap_of(39, OURS), cap_of(40, OURS), cap_of(0, OURS)) == (0, 1, 0)


def test_what_a_cap_cuts_off_goes_to_the_others():
    assert capped(1_000, [1, 1, 2], [100, 1_000, 1_000]) == [100, 300, 600]
    assert capped(5_000, [1, 1, 2], [100, 200, 300]) == [100, 200, 300]
