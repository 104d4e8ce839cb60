"""What the next unit of cash frees, and the curve, against solving again with one unit more, and against an oracle."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.clearing.engines import LARGE_EDGES, engine_for
from rescounter.clearing.liquidity import Liquidity
from rescounter.clearing.optimum import largest_set_off, net_positions
from rescounter.clearing.price import RANKED, Next, Point, Position, curve_of, next_of_the_fund, next_units
from rescounter.terms import INT64_MAX, BrokenLaw
from tests.clearing.test_weights_and_liquidity import network_of
from tests.exact_oracle import best_with_cash

NAMES = "abcdef"
ENGINE = engine_for(0)
parties = st.sampled_from(NAMES)
debt_sets = st.dictionaries(
    st.tuples(parties, parties, st.sampled_from([1, 1, 1, 2, 3, 100])).filter(lambda edge: edge[0] != edge[1]),
    st.integers(1, 9),
    min_size=1,
    max_size=12,
)
lines = st.none() | st.tuples(st.dictionaries(parties, st.integers(1, 9), max_size=3), st.integers(0, 9))


def plain(*debts):
    """Debts such as ``a>b 10`` (weight 1) or ``a>b 10 x5``."""
    cells = [debt.replace(">", " ").replace("x", "").split() for debt in debts]
    return {(cell[0], cell[1], int(cell[3]) if len(cell) > 3 else 1): int(cell[2]) for cell in cells}


def position_of(debts, cash=None):
    """Names and the position of a run with *cash* (own, fund)."""
    names, network = network_of(debts)
    liquidity = None if cash is None else Liquidity(np.array([cash[0].get(name, 0) for name in names], np.int64), cash[1])
    found = largest_set_off(network, ENGINE, liquidity)
    return names, Position(network, found.flow, found.potential, liquidity, found.draw)


def weighted(debts, own=None, fund=0):
    """The greatest weighted clearing with cash, by the oracle."""
    return best_with_cash(debts, own or {}, fund)[0]


def curve(debts):
    _, position = position_of(debts)
    return curve_of(position.network, position.flow, position.potential)


# --- tables that an accountant can check ----------------------------------------------------------

CHAIN = plain("a>b 10", "b>c 10", "c>d 10")


def test_ten_at_the_head_of_a_chain_free_three_debts_each():
    names, position = position_of(CHAIN)
    assert [(names[each.member], each.frees, each.amount) for each in next_units(position)] == [("a", 3, 10), ("b", 2, 10), ("c", 1, 10)]
    assert next_of_the_fund(position) == Next(-1, 3, 10)
    assert curve(CHAIN).points == (Point(0, 0), Point(10, 30))


def test_of_two_chains_the_longer_one_is_paid_first():
    both = CHAIN | plain("k>l 4", "l>m 6")
    names, position = position_of(both)
    assert [(names[each.member], each.frees, each.amount) for each in next_units(position)] == [
        ("a", 3, 10), ("b", 2, 10), ("k", 2, 4), ("c", 1, 10), ("l", 1, 6),
    ]  # fmt: skip
    assert curve(both).points == (Point(0, 0), Point(10, 30), Point(14, 38), Point(16, 40))
    assert [curve(both).at(cash) for cash in (0, 1, 10, 11, 15, 16, 99)] == [0, 3, 30, 32, 39, 40, 40]


def test_cash_that_is_there_leaves_the_next_unit_where_it_is_missing():
    names, position = position_of(CHAIN, ({"a": 4}, 0))
    assert [(names[each.member], each.frees, each.amount) for each in next_units(position)] == [("a", 3, 6), ("b", 2, 6), ("c", 1, 6)]
    assert next_of_the_fund(position) == Next(-1, 3, 6)


def test_a_unit_at_a_borrower_frees_what_the_fund_can_then_lend_elsewhere():
    two = CHAIN | plain("k>l 10", "l>m 10")
    names, position = position_of(two, ({}, 12))
    assert [(names[each.member], each.frees, each.amount) for each in next_units(position)][:2] == [("a", 2, 8), ("k", 2, 8)]


def test_a_line_with_cash_left_makes_the_next_unit_worth_nothing():
    _, position = position_of(CHAIN, ({"a": 11}, 0))
    assert next_units(position) == ()
    assert next_of_the_fund(position) == Next(-1, 0, 0)


def test_a_ring_needs_no_cash():
    ring = CHAIN | plain("d>a 10")
    assert next_units(position_of(ring)[1]) == ()
    assert curve(ring).points == (Point(0, 40),)
    assert curve(ring).at(5) == 40


def test_nothing_owed_has_no_price():
    _, network = network_of(CHAIN)
    none = np.zeros(0, np.int32)
    empty = replace(network, members=none, tail=none, head=none, capacity=none.astype(np.int64), weight=none)
    position = Position(empty, empty.capacity, np.zeros(0, np.int64))
    assert next_units(position) == ()
    assert curve_of(empty, empty.capacity, position.potential).points == (Point(0, 0),)


def test_a_heavy_debt_frees_its_weight():
    heavy = plain("a>b 10", "b>c 10 x7")
    names, position = position_of(heavy)
    assert [(names[each.member], each.frees, each.amount) for each in next_units(position)] == [("a", 8, 10), ("b", 7, 10)]
    assert curve(heavy).points == (Point(0, 0), Point(10, 80))


def test_amounts_up_to_the_greatest_are_exact():
    most = {("a", "b", 100): INT64_MAX}
    names, position = position_of(most)
    assert [(names[each.member], each.frees, each.amount) for each in next_units(position)] == [("a", 100, INT64_MAX)]
    assert curve(most).points == (Point(0, 0), Point(INT64_MAX, 100 * INT64_MAX))


def test_where_work_ends_the_curve_goes_straight_to_its_last_point():
    both = CHAIN | plain("k>l 4", "l>m 6")
    _, position = position_of(both)
    short = curve_of(position.network, position.flow, position.potential, work=1)
    assert short.points == (Point(0, 0), Point(10, 30), Point(16, 40))
    assert short.exact_until == 10
    assert all(short.at(cash) <= curve(both).at(cash) for cash in range(20))


# --- against solving again -------------------------------------------------------------------------


@given(debt_sets)
def test_the_curve_is_what_each_amount_of_cash_clears(debts):
    found = curve(debts)
    cash = [point.cash for point in found.points]
    slopes = [(b.cleared - a.cleared) / (b.cash - a.cash) for a, b in zip(found.points, found.points[1:], strict=False)]
    assert slopes == sorted(set(slopes), reverse=True)
    assert all(slope == int(slope) for slope in slopes)
    assert cash[0] == 0 and found.exact_until == cash[-1]
    for more in range(cash[-1] + 2):
        assert found.at(more) == weighted(debts, fund=more)


@given(debt_sets)
def test_the_curve_ends_where_net_debtors_have_paid_and_all_is_cleared(debts):
    _, network = network_of(debts)
    net = net_positions(len(network.members), network.tail, network.head, network.capacity)
    assert curve(debts).points[-1] == Point(int(-net[net < 0].sum()), sum(edge[2] * amount for edge, amount in debts.items()))


@given(debt_sets, lines)
def test_the_next_units_are_those_that_solving_again_finds(debts, cash):
    own, fund = cash or ({}, 0)
    own = {name: amount for name, amount in own.items() if any(name in edge[:2] for edge in debts)}
    names, position = position_of(debts, None if cash is None else (own, fund))
    now = weighted(debts, own, fund)
    gains = {name: weighted(debts, own | {name: own.get(name, 0) + 1}, fund) - now for name in names}
    told = {names[each.member]: each for each in next_units(position)}
    assert {name: each.frees for name, each in told.items()} == {name: gain for name, gain in gains.items() if gain}
    for name, each in told.items():
        up_to = weighted(debts, own | {name: own.get(name, 0) + each.amount}, fund)
        beyond = weighted(debts, own | {name: own.get(name, 0) + each.amount + 1}, fund)
        assert up_to == now + each.frees * each.amount
        assert beyond < up_to + each.frees
    assert [*told.values()] == sorted(told.values(), key=lambda each: (-each.frees, -each.amount, each.member))


@given(debt_sets, lines)
def test_the_funds_next_unit_is_the_one_that_solving_again_finds(debts, cash):
    own, fund = cash or ({}, 0)
    own = {name: amount for name, amount in own.items() if any(name in edge[:2] for edge in debts)}
    _, position = position_of(debts, None if cash is None else (own, fund))
    now, told = weighted(debts, own, fund), next_of_the_fund(position)
    assert told.frees == weighted(debts, own, fund + 1) - now
    if told.frees:
        assert weighted(debts, own, fund + told.amount) == now + told.frees * told.amount
        assert weighted(debts, own, fund + told.amount + 1) < now + told.frees * (told.amount + 1)


@pytest.mark.parametrize("seed", range(3))
def test_of_many_members_the_first_ten_are_the_greatest_by_value_amount_and_place(seed):
    dice = np.random.default_rng(seed)
    ends, amounts = dice.integers(0, 40, (120, 2)), dice.integers(1, 50, 120)
    debts = {(f"{u:02d}", f"{v:02d}", 1): int(amount) for (u, v), amount in zip(ends, amounts, strict=True) if u != v}
    names, position = position_of(debts)
    found = next_units(position)
    assert len(found) == RANKED

    def cleared(name, cash):
        return int(position_of(debts, ({name: cash}, 0))[1].flow.sum())

    everybody, now = [], int(position.flow.sum())
    for member, name in enumerate(names):
        if gain := cleared(name, 1) - now:
            amount = next(more for more in range(1, 10**4) if cleared(name, more + 1) < now + gain * (more + 1))
            everybody.append(Next(member, gain, amount))
    assert list(found) == sorted(everybody, key=lambda each: (-each.frees, -each.amount, each.member))[:RANKED]


def test_the_compiled_engine_draws_the_same_curve(monkeypatch):
    both = CHAIN | plain("k>l 4", "l>m 6 x3", "m>k 2", "d>k 3")
    expected = curve(both)
    monkeypatch.setattr("rescounter.clearing.price.LARGE_EDGES", 0)
    assert curve(both) == expected
    assert engine_for(LARGE_EDGES).name == "compiled"


def test_a_chain_too_long_for_rounds_is_exact_as_well():
    rising = plain(*(f"{place:03d}>{place + 1:03d} {10 + place}" for place in range(60)))
    assert curve(rising).points == tuple(
        Point(cash, 600 + sum(59 - step for step in range(cash - 10))) if cash else Point(0, 0) for cash in (0, *range(10, 70))
    )


def test_potentials_that_prove_nothing_are_refused():
    _, position = position_of(CHAIN)
    with pytest.raises(BrokenLaw, match="the_worth_of_cash_is_proven"):
        next_units(replace(position, potential=position.potential * 0))
