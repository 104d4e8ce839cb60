"""The compiled solver against its plain twins, an exact oracle, and the library solver."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescounter.clearing import solver_compiled
from rescounter.clearing._kernel_reduction import edges_inside_components, tighten
from rescounter.clearing._kernel_set_off import DONE
from rescounter.clearing._kernel_slots import PROFIT_MAX, PROFIT_MIN
from rescounter.clearing.cheapest_room import cheapest_room
from rescounter.clearing.engines import LARGE_EDGES, engine_for
from rescounter.clearing.optimum import largest_set_off, net_positions
from rescounter.clearing.potentials import least_potentials
from rescounter.clearing.slots import remainder_of, slots_of
from rescounter.clearing.solver_ortools import richest_circulation
from rescounter.terms import INT64_MAX, BrokenLaw
from tests.clearing.test_parts import edge_sets, fits, network_of
from tests.exact_oracle import largest_set_off as oracle

compiled, library = engine_for(LARGE_EDGES), engine_for(0)


def shape(name, size, dice):
    """Edges {(u, v): amount} of ten shapes that hurt one method or another."""
    amount = {"equal": lambda: 7, "powers": lambda: 1 << dice.integers(0, 40)}.get(name, lambda: int(dice.integers(1, 10**6)))
    if name == "chain":
        pairs = [(i, i + 1) for i in range(size)]
    elif name == "two-way chain":
        pairs = [pair for i in range(size) for pair in ((i, i + 1), (i + 1, i))]
    elif name == "ring":
        pairs = [(i, (i + 1) % size) for i in range(size)] + [(i, (i * 7 + 3) % size) for i in range(0, size, 9)]
    elif name == "grid":
        side = max(2, int(size**0.5))
        pairs = [(i * side + j, ((i + 1) % side) * side + j) for i in range(side) for j in range(side)]
        pairs += [(i * side + j, i * side + (j + 1) % side) for i in range(side) for j in range(side)]
    elif name == "hub":
        pairs = [(0, i) for i in range(1, size)] + [(i, 0) for i in range(1, size, 2)] + [(i, i + 1) for i in range(1, size - 1)]
    elif name == "small parts":
        pairs = [(3 * i + j, 3 * i + (j + 1) % 3) for i in range(size // 3) for j in range(3)]
    elif name == "ladder":
        pairs = [(i, i + 1) for i in range(size)] + [(i + 2, i) for i in range(0, size - 2, 2)]
    elif name == "dense":
        side = max(3, int(size**0.5))
        pairs = [(i, j) for i in range(side) for j in range(side) if i != j]
    else:
        pairs = list(zip(dice.integers(0, size, 3 * size).tolist(), dice.integers(0, size, 3 * size).tolist(), strict=True))
    return {(f"{u:06}", f"{v:06}"): int(amount()) for u, v in pairs if u != v}


@pytest.fixture(scope="module")
def no_way_out():
    """The compiled solver without its ways out to a library."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver_compiled, "richest_circulation", None)
        patch.setattr(solver_compiled, "_THIN_EDGES_MAX", -1)
        yield


SHAPES = ("chain", "two-way chain", "ring", "grid", "hub", "small parts", "ladder", "dense", "random", "equal", "powers")


@given(edge_sets.filter(fits))
def test_the_compiled_set_off_is_the_largest(edges):
    network = network_of(edges)
    found = largest_set_off(network, compiled)
    assert sum(found.flow.tolist()) == oracle(edges)
    assert (
        found.potential.tolist()
        == least_potentials(
            len(network.members), network.tail, network.head, np.ones(len(edges), np.int32), found.flow == network.capacity, found.flow > 0
        ).tolist()
    )


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=max(5, settings.default.max_examples // 5))
@given(st.integers(4, 300), st.integers(0, 2**32))
def test_both_solvers_clear_the_same_amount_on_every_shape(no_way_out, name, size, seed):
    network = network_of(shape(name, size, np.random.default_rng(seed)))
    assert int(largest_set_off(network, compiled).flow.sum()) == int(largest_set_off(network, library).flow.sum())


@given(edge_sets)
def test_strong_components_are_those_of_networkx(edges):
    import networkx as nx

    network = network_of(edges)
    pairs = list(zip(network.tail.tolist(), network.head.tolist(), strict=True))
    component = {member: number for number, part in enumerate(nx.strongly_connected_components(nx.DiGraph(pairs))) for member in part}
    inside = edges_inside_components(len(network.members), network.tail, network.head)
    assert inside.tolist() == [component[u] == component[v] for u, v in pairs]


@given(edge_sets.filter(fits))
def test_slots_hold_each_pair_at_both_ends(edges):
    network = network_of(edges)
    whole = slots_of(len(network.members), network.tail, network.head, network.capacity)
    start, link, own, _, twin = whole.arrays
    neighbour = link >> 4
    owed = {(u, v): d for u, v, d in zip(network.tail.tolist(), network.head.tolist(), network.capacity.tolist(), strict=True)}
    for u in range(len(network.members)):
        slots = range(int(start[u]), int(start[u + 1]))
        assert [int(neighbour[s]) for s in slots] == sorted({v for a, v in owed if a == u} | {a for a, v in owed if v == u})
        for s in slots:
            v = int(neighbour[s])
            assert own[s] == owed.get((u, v), 0)
            assert link[s] & 15 == ((v, u) in owed) << 2 | ((u, v) in owed)
            assert int(twin[twin[s]]) == s
            assert int(neighbour[twin[s]]) == u
    assert remainder_of(whole, network.tail, network.head).tolist() == [0] * len(edges)


@given(edge_sets.filter(fits), st.data())
def test_slots_of_a_state_hold_the_net_remainder_of_each_pair(edges, data):
    network = network_of(edges)
    rest = np.array([data.draw(st.integers(0, capacity)) for capacity in network.capacity.tolist()], np.int64)
    slots = slots_of(len(network.members), network.tail, network.head, network.capacity, network.capacity - rest)
    remains = dict(zip(zip(network.tail.tolist(), network.head.tolist(), strict=True), rest.tolist(), strict=True))
    left = remainder_of(slots, network.tail, network.head)
    for (u, v), remainder in zip(remains, left.tolist(), strict=True):
        assert remainder == max(0, remains[u, v] - remains.get((v, u), 0))
    for s, t in enumerate(slots.twin.tolist()):
        net = int(slots.own[s] - slots.room[s])
        sendable = (slots.room[s] > 0) * (1 + (net < 0)), (slots.room[t] > 0) * (1 + (net > 0))
        assert (int(slots.link[s]) & 3, int(slots.link[s]) >> 2 & 3) == sendable
        assert net == int(slots.room[t] - slots.own[t])


@pytest.mark.parametrize("amounts", [(INT64_MAX // 3,) * 3, (INT64_MAX - 2, 1, 1), (1, INT64_MAX - 2, 1), (2**62, 2**61, 2**60)])
def test_amounts_up_to_the_limit_of_int64_clear_exactly(amounts):
    edges = dict(zip((("a", "b"), ("b", "c"), ("c", "a")), amounts, strict=True))
    assert largest_set_off(network_of(edges), compiled).flow.tolist() == [min(amounts)] * 3


def test_a_set_off_that_is_not_the_largest_gets_no_potentials():
    network = network_of({("a", "b"): 5, ("b", "a"): 5, ("b", "c"): 3, ("c", "a"): 2})
    for flow in ([0, 0, 0, 0], [1, 1, 0, 0], [2, 0, 2, 2]):
        with pytest.raises(BrokenLaw, match="the_set_off_is_the_largest"):
            solver_compiled.least_potentials(3, network.tail, network.head, network.capacity, np.ones(4, np.int32), np.array(flow))


@given(edge_sets.filter(fits), st.data())
def test_at_many_profits_both_solvers_gain_the_same(edges, data):
    """Weights gain 1 to 300, cash costs 1 or 2; a pair may have several arcs."""
    network = network_of(edges)
    tail, head, capacity = (np.concatenate([array, array]) for array in (network.tail, network.head, network.capacity))
    order = np.argsort(tail, kind="stable")
    nodes, tail, head, capacity = len(network.members), tail[order], head[order], capacity[order] // 2
    profits = st.integers(PROFIT_MIN, PROFIT_MAX) if data.draw(st.booleans()) else st.sampled_from([-2, -1, 0, 1, 3, 300])
    profit = np.array(data.draw(st.lists(profits, min_size=len(tail), max_size=len(tail))), np.int32)
    flow = solver_compiled.circulation(nodes, tail, head, capacity, profit)
    assert not net_positions(nodes, tail, head, flow).any()
    assert bool(((flow >= 0) & (flow <= capacity)).all())
    best = richest_circulation(nodes, tail, head, capacity, profit)
    assert sum(int(p) * int(f) for p, f in zip(profit, flow, strict=True)) == sum(
        int(p) * int(f) for p, f in zip(profit, best, strict=True)
    )


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=max(5, settings.default.max_examples // 5))
@given(st.integers(4, 300), st.integers(0, 2**32))
def test_our_own_loops_answer_at_many_profits(no_way_out, name, size, seed):
    """Nothing is handed to the library: each shape is solved by the second specialisation itself."""
    dice = np.random.default_rng(seed)
    network = network_of(shape(name, size, dice))
    profit = dice.integers(1, 101, len(network.tail)).astype(np.int32)
    arguments = (len(network.members), network.tail, network.head, network.capacity, profit)
    flow = solver_compiled.circulation(*arguments)
    best = richest_circulation(*arguments)
    assert (profit.astype(object) * flow).sum() == (profit.astype(object) * best).sum()


def test_circuits_longer_than_the_first_scale_are_repaired():
    """A circuit of 2,000 members whose chords tempt: the first scale of 64 cannot tell the best choice."""
    size = 2000
    edges = {(f"{i:05}", f"{(i + 1) % size:05}"): 10 for i in range(size)}
    edges |= {(f"{i:05}", f"{(i + 70) % size:05}"): 3 for i in range(0, size, 70)}
    network = network_of(edges)
    assert int(largest_set_off(network, compiled).flow.sum()) == int(largest_set_off(network, library).flow.sum())


def test_the_same_network_gives_the_same_bytes():
    network = network_of(shape("random", 300, np.random.default_rng(5)))
    one, other = (largest_set_off(replace(network), compiled) for _ in range(2))
    assert one.flow.tobytes() == other.flow.tobytes()


@given(edge_sets.filter(fits))
def test_every_circulation_lies_within_the_tightened_capacities(edges):
    network = network_of(edges)
    nodes, tail, head, capacity = len(network.members), network.tail, network.head, network.capacity
    left = capacity.copy()
    tighten(nodes, tail, head, left)
    assert bool(((left >= 0) & (left <= capacity)).all())
    assert bool((largest_set_off(network, library).flow <= left).all())
    smallest = richest_circulation(nodes, tail, head, capacity, np.arange(len(tail), dtype=np.int32) % 3 - 1)
    assert bool((smallest <= left).all())


def test_a_chain_is_tightened_to_nothing_and_a_bottleneck_to_its_width():
    ends = np.arange(5, dtype=np.int32)
    chain, ring = np.full(5, 7), np.array([9, 2, 5])
    tighten(6, ends, ends + 1, chain)
    tighten(3, ends[:3], (ends[:3] + 1) % 3, ring)
    assert chain.tolist() == [0] * 5
    assert ring.tolist() == [2, 2, 2]


def test_thin_networks_are_handed_to_the_simplex(monkeypatch):
    monkeypatch.setattr(solver_compiled, "cheapest_room", None)
    monkeypatch.setattr(solver_compiled, "_THIN_EDGES_MAX", 200_000)  # whatever another test left
    network = network_of(shape("two-way chain", 300, np.random.default_rng(5)))
    assert int(largest_set_off(network, compiled).flow.sum()) == int(largest_set_off(network, library).flow.sum())


def test_an_excess_without_any_deficit_is_told():
    network = network_of({("a", "b"): 5, ("b", "a"): 5})
    slots = slots_of(2, network.tail, network.head, network.capacity)
    status, _ = cheapest_room(slots, np.array([3, 0]), np.zeros(2, np.int32))
    assert status != DONE


def test_which_solver_answers_depends_on_the_number_of_edges_alone():
    assert engine_for(LARGE_EDGES - 1).name == "library"
    assert engine_for(LARGE_EDGES).name == "compiled"


def test_the_wait_for_compiling_is_announced_once(monkeypatch, tmp_path):
    from types import SimpleNamespace

    from rescounter.clearing import _kernel_set_off
    from rescounter.facade.clearing import _first_time

    monkeypatch.setattr(_kernel_set_off, "discharge", SimpleNamespace(stats=SimpleNamespace(cache_path=str(tmp_path))))
    assert "compiling" in _first_time(LARGE_EDGES)
    assert _first_time(LARGE_EDGES - 1) == ""
    (tmp_path / "_kernel_set_off.discharge-1.py311.nbi").touch()
    assert _first_time(LARGE_EDGES) == ""
