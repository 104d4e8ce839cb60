"""Weights and cash inside the optimum, against an oracle that compares gains as triples of integers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.clearing.engines import LARGE_EDGES, engine_for
from rescounter.clearing.liquidity import Liquidity, graph_of
from rescounter.clearing.network import Network
from rescounter.clearing.optimum import largest_set_off, net_positions
from rescounter.intake.lines import MINOR_MAX
from rescounter.terms import INT64_MAX
from tests.exact_oracle import best_with_cash

NAMES = "abcdef"
ENGINES = [engine_for(0), engine_for(LARGE_EDGES)]


def network_of(debts):
    """A network from {(debtor, creditor, weight): amount}."""
    ordered = sorted(debts, key=lambda edge: (edge[0], edge[1], -edge[2]))
    names = sorted({party for edge in debts for party in edge[:2]})
    tail, head = (np.array([names.index(edge[side]) for edge in ordered], np.int32) for side in (0, 1))
    capacity, rows = np.array([debts[edge] for edge in ordered], np.int64), np.arange(len(ordered))
    weight = np.array([edge[2] for edge in ordered], np.int32)
    return names, Network(0, 0, len(rows), np.arange(len(names), dtype=np.int32), tail, head, capacity, rows, rows, weight)


def solved(debts, own, fund, engine):
    """The optimum, and (weighted clearing, draw, loans)."""
    names, network = network_of(debts)
    liquidity = None if own is None else Liquidity(np.array([own.get(name, 0) for name in names], np.int64), fund)
    found = largest_set_off(network, engine, liquidity)
    weighted = sum(flow * weight for flow, weight in zip(found.flow.tolist(), network.weight.tolist(), strict=True))
    draw = (0, 0) if found.draw is None else (int((found.draw.injected + found.draw.loan).sum()), int(found.draw.loan.sum()))
    return network, liquidity, found, (weighted, *draw)


amounts = st.one_of(st.integers(1, 12), st.integers(1, 12), st.integers(1, 10**12), st.sampled_from([2**31, 2**53 + 1, 2**58]))
debt_sets = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from([1, 1, 1, 2, 3, 7, 100])).filter(
        lambda edge: edge[0] != edge[1]
    ),
    amounts,
    min_size=1,
    max_size=12,
)
lines = st.dictionaries(st.sampled_from(NAMES), st.one_of(st.integers(1, 15), amounts), max_size=4)
funds = st.one_of(st.just(0), st.integers(1, 15), amounts)
engines = st.sampled_from(ENGINES)


@given(debt_sets, engines)
def test_the_set_off_has_the_greatest_weight(debts, engine):
    *_, reached = solved(debts, None, 0, engine)
    assert reached == best_with_cash(debts)


@given(debt_sets, lines, funds, engines)
def test_cash_clears_most_then_is_drawn_least_and_the_fund_comes_last(debts, own, fund, engine):
    own = {name: cash for name, cash in own.items() if any(name in edge[:2] for edge in debts)}
    *_, reached = solved(debts, own, fund, engine)
    assert reached == best_with_cash(debts, own, fund)


@given(debt_sets, lines, funds, engines)
def test_every_member_keeps_the_law_of_cash(debts, own, fund, engine):
    network, liquidity, found, _ = solved(debts, own, fund, engine)
    draw = found.draw
    cleared = net_positions(len(network.members), network.tail, network.head, found.flow)  # as creditor - as debtor
    assert (cleared + draw.injected + draw.loan - draw.received).tolist() == [0] * len(network.members)
    assert (draw.injected <= liquidity.own).all()
    assert draw.loan.sum() <= fund
    assert draw.received.sum() == draw.injected.sum() + draw.loan.sum()
    assert not ((draw.injected + draw.loan > 0) & (draw.received > 0)).any()
    assert min(draw.injected.min(), draw.loan.min(), draw.received.min()) >= 0


@given(debt_sets, lines, funds)
def test_both_engines_give_the_same_least_potentials_for_one_flow(debts, own, fund):
    network, liquidity, found, _ = solved(debts, own, fund, ENGINES[0])
    graph = graph_of(network, liquidity)
    order = np.argsort(graph.tail, kind="stable")
    draw = found.draw
    flow = np.concatenate([found.flow, draw.injected, draw.loan, draw.received, [draw.loan.sum()]])
    asked = (graph.nodes, *(part[order] for part in (graph.tail, graph.head, graph.capacity, graph.profit, flow)))
    assert [engine.potentials(*asked).tolist() for engine in ENGINES] == [found.potential.tolist()] * 2


@given(debt_sets, engines)
def test_of_one_pair_the_heavier_clears_before_the_lighter(debts, engine):
    network, _, found, _ = solved(debts, None, 0, engine)
    for edge in range(1, len(network.tail)):
        if (network.tail[edge - 1], network.head[edge - 1]) == (network.tail[edge], network.head[edge]):
            assert network.weight[edge - 1] > network.weight[edge]
            assert found.flow[edge] == 0 or found.flow[edge - 1] == network.capacity[edge - 1]


CHAIN = {("a", "b", 1): 10, ("b", "c", 1): 10, ("c", "d", 1): 10}


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize(
    ("own", "fund", "cleared", "injected", "loan", "received"),
    [
        ({}, 0, 0, [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]),
        ({"a": 10}, 0, 30, [10, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 10]),
        ({"a": 99}, 99, 30, [10, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 10]),
        ({"a": 4}, 0, 12, [4, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 4]),
        ({"a": 4}, 5, 27, [4, 0, 0, 0], [5, 0, 0, 0], [0, 0, 0, 9]),
        ({}, 10, 30, [0, 0, 0, 0], [10, 0, 0, 0], [0, 0, 0, 10]),
        ({"b": 10}, 0, 20, [0, 10, 0, 0], [0, 0, 0, 0], [0, 0, 0, 10]),
        ({"b": 6, "a": 4}, 0, 24, [4, 6, 0, 0], [0, 0, 0, 0], [0, 0, 0, 10]),
    ],
)
def test_a_chain_of_ten_clears_with_cash_at_its_head(engine, own, fund, cleared, injected, loan, received):
    _, _, found, _ = solved(CHAIN, own, fund, engine)
    assert int(found.flow.sum()) == cleared
    assert [found.draw.injected.tolist(), found.draw.loan.tolist(), found.draw.received.tolist()] == [injected, loan, received]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_weight_decides_which_of_two_circuits_clears(engine):
    longer = {("a", "b", 1): 10, ("b", "c", 1): 10, ("c", "a", 1): 10}
    for weight, flow in ((1, [10, 0, 10, 10]), (9, [10, 10, 0, 0])):
        _, network = network_of(longer | {("b", "a", weight): 10})  # in order: a-b, b-a, b-c, c-a
        assert largest_set_off(network, engine).flow.tolist() == flow


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("weight", [1, 100])
def test_amounts_up_to_the_limit_clear_exactly_with_cash(engine, weight):
    most = MINOR_MAX // 4
    debts = {("a", "b", weight): most, ("b", "c", weight): most, ("b", "c", 7): 1}
    *_, reached = solved(debts, {"a": MINOR_MAX - 3 * most}, most, engine)
    assert reached == (2 * weight * most + 7, most + 1, 1)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_weights_up_to_a_hundred_and_amounts_up_to_int64_clear_exactly(engine):
    third = INT64_MAX // 3
    _, network = network_of({("a", "b", 100): third, ("b", "c", 99): third, ("c", "a", 1): third})
    assert largest_set_off(network, engine).flow.tolist() == [third] * 3
