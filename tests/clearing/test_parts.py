"""The parts of clearing, each against something that shares no code with it."""

import hashlib
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.clearing.allocation import allocate
from rescounter.clearing.circuits import circuits_of, greedy_set_off, pairs_set_off
from rescounter.clearing.commitment import fields, fold, hash_here
from rescounter.clearing.engines import engine_for
from rescounter.clearing.network import Network
from rescounter.clearing.optimum import largest_set_off
from rescounter.clearing.potentials import least_potentials
from rescounter.clearing.reduction import core_edges
from rescounter.terms import INT64_MAX, BrokenLaw
from tests.exact_oracle import largest_set_off as oracle
from tests.exact_oracle import merged, oldest_first, shares
from tests.obligations import networks


def network_of(edges):
    """A network from {(debtor, creditor): amount}."""
    names = sorted({name for edge in edges for name in edge})
    ordered = sorted(edges)
    place = {name: number for number, name in enumerate(names)}
    count = len(ordered)
    tail, head = (np.array([place[edge[side]] for edge in ordered], np.int32) for side in (0, 1))
    capacity = np.array([edges[edge] for edge in ordered], np.int64)
    return Network(0, 0, count, np.arange(len(names), dtype=np.int32), tail, head, capacity, np.arange(count), np.arange(count))


edge_sets = networks().map(lambda rows: merged((debtor, creditor, amount) for _, debtor, creditor, _, amount, _ in rows))


def fits(edges):
    return sum(edges.values()) <= INT64_MAX


@given(edge_sets.filter(fits))
def test_the_set_off_is_the_largest(edges):
    network = network_of(edges)
    optimum = largest_set_off(network, engine_for(0))
    assert sum(optimum.flow.tolist()) == oracle(edges)
    assert optimum.potential.min(initial=0) == 0


@pytest.mark.parametrize(
    "amounts",
    [(INT64_MAX // 3,) * 3, (INT64_MAX - 2, 1, 1), (1, INT64_MAX - 2, 1), (INT64_MAX // 2, INT64_MAX // 2, 1), (2**62, 2**61, 2**60)],
)
def test_amounts_up_to_the_limit_of_int64_clear_exactly(amounts):
    edges = dict(zip((("a", "b"), ("b", "c"), ("c", "a")), amounts, strict=True))
    assert largest_set_off(network_of(edges), engine_for(0)).flow.tolist() == [min(amounts)] * 3


@given(edge_sets.filter(fits))
def test_potentials_are_the_least_and_one_less_anywhere_proves_nothing(edges):
    network = network_of(edges)
    optimum = largest_set_off(network, engine_for(0))
    tail, head, flow, capacity = network.tail, network.head, optimum.flow, network.capacity
    for member in np.flatnonzero(optimum.potential):
        lowered = optimum.potential.copy()
        lowered[member] -= 1
        profit = 1 - lowered[tail] + lowered[head]
        assert ((profit > 0) & (flow < capacity)).any() or ((profit < 0) & (flow > 0)).any()


def test_a_set_off_that_is_not_the_largest_gets_no_potentials():
    network = network_of({("a", "b"): 5, ("b", "a"): 5, ("b", "c"): 3, ("c", "a"): 2})
    for flow in ([0, 0, 0, 0], [1, 1, 0, 0], [2, 0, 2, 2]):
        cleared = np.array(flow)
        with pytest.raises(BrokenLaw, match="the_set_off_is_the_largest"):
            least_potentials(3, network.tail, network.head, np.ones(4, np.int32), cleared == network.capacity, cleared > 0)


def test_a_solver_that_errs_is_caught():
    network = network_of({("a", "b"): 5, ("b", "a"): 5})
    for wrong, law in (([4, 5], "both_sides"), ([-1, -1], "within_bounds"), ([6, 6], "within_bounds"), ([0, 0], "the_largest")):
        with pytest.raises(BrokenLaw, match=law):
            largest_set_off(network, replace(engine_for(0), circulation=lambda *_, wrong=wrong: np.array(wrong)))


def test_a_long_chain_of_debts_is_peeled_and_has_potentials():
    size = 3000
    tail, head = np.arange(size, dtype=np.int32), np.arange(1, size + 1, dtype=np.int32)
    full = np.zeros(size, bool)
    assert least_potentials(size + 1, tail, head, np.ones(size, np.int32), full, full).tolist() == list(range(size, -1, -1))


@given(edge_sets)
def test_peeling_loses_no_closed_walk(edges):
    import networkx as nx

    network = network_of(edges)
    ends = list(zip(network.tail.tolist(), network.head.tolist(), strict=True))
    core = set(core_edges(len(network.members), network.tail, network.head).tolist())
    closed = [part for part in nx.strongly_connected_components(nx.DiGraph(ends)) if len(part) > 1]
    assert {place for place, (u, v) in enumerate(ends) if any(u in part and v in part for part in closed)} <= core
    assert bool(closed) or not core


@given(edge_sets.filter(fits))
def test_circuits_are_closed_and_add_up_to_what_was_cleared(edges):
    network = network_of(edges)
    flow = largest_set_off(network, engine_for(0)).flow
    circuits = circuits_of(network, flow)
    assert len(circuits) <= len(edges)
    total = np.zeros(len(flow), np.int64)
    for circuit in circuits:
        ends = [(int(network.tail[edge]), int(network.head[edge])) for edge in circuit.edges]
        assert all(ends[step][1] == ends[(step + 1) % len(ends)][0] for step in range(len(ends)))
        assert len({debtor for debtor, _ in ends}) == len(ends)
        assert circuit.amount > 0
        total[list(circuit.edges)] += circuit.amount
    assert total.tolist() == flow.tolist()


@given(edge_sets.filter(fits))
def test_pairs_and_greedy_circuits_never_clear_more_than_the_optimum(edges):
    network = network_of(edges)
    best = oracle(edges)
    pairs = sum(min(amount, edges.get((v, u), 0)) for (u, v), amount in edges.items())
    assert pairs_set_off(network) == pairs <= best
    assert greedy_set_off(network) <= best
    assert (greedy_set_off(network) > 0) == (best > 0)


amounts_of_an_edge = st.lists(st.one_of(st.integers(1, 10), st.integers(1, 2**60)), min_size=1, max_size=7)


@given(
    st.lists(st.tuples(amounts_of_an_edge, st.fractions(0, 1)), max_size=5).filter(
        lambda edges: sum(sum(part) for part, _ in edges) <= INT64_MAX
    )
)
def test_each_rule_gives_each_obligation_its_part(edges):
    amount = np.array([value for part, _ in edges for value in part], np.int64)
    edge = np.repeat(np.arange(len(edges)), [len(part) for part, _ in edges])
    flow = [int(sum(part) * share) for part, share in edges]
    expected = [value for (part, _), own in zip(edges, flow, strict=True) for value in shares(own, part)]
    assert allocate("pro-rata", amount, edge, np.array(flow, np.int64)).tolist() == expected
    expected = [value for (part, _), own in zip(edges, flow, strict=True) for value in oldest_first(own, part)]
    assert allocate("oldest", amount, edge, np.array(flow, np.int64)).tolist() == expected


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=40))
def test_the_tree_is_that_of_rfc_9162(leaves):
    def root(level):
        if len(level) == 1:
            return hashlib.sha256(b"\x00" + level[0]).digest()
        split = 1 << (len(level) - 1).bit_length() - 1
        return hashlib.sha256(b"\x01" + root(level[:split]) + root(level[split:])).digest()

    assert fold([hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]) == root(leaves)


@given(st.lists(st.tuples(st.one_of(st.none(), st.text(max_size=9)), st.integers(-(2**63), INT64_MAX)), min_size=1, max_size=9))
def test_fields_carry_their_length(rows):
    def field(value):
        text = ("" if value is None else str(value)).encode()
        return b"%d:%s" % (len(text), text)

    joined = fields([pa.array([text for text, _ in rows], pa.string()), pa.array([number for _, number in rows], pa.int64())])
    assert joined.to_pylist() == [field(text) + field(number) for text, number in rows]


def test_two_processors_hash_what_one_does():
    from rescounter.clearing.commitment import CHUNK_ROWS
    from rescounter.facade.hashing import hash_on_two_processors

    chunks = [
        pa.array([b"%d" % (place % 977) for place in range(size)], pa.large_binary()) for size in (CHUNK_ROWS, CHUNK_ROWS, CHUNK_ROWS, 5)
    ]
    chunks[1] = pa.concat_arrays([chunks[1][:9], chunks[1]])[9:]
    assert hash_on_two_processors(chunks) == hash_here(chunks)
    assert hash_on_two_processors([]) == []


@pytest.mark.parametrize("program", ["import sys; sys.exit(1)", "import sys; sys.stdin.buffer.read(100); sys.exit(0)"])
def test_a_hashing_child_that_dies_is_told_and_never_waited_for(monkeypatch, program):
    from rescounter.clearing.commitment import CHUNK_ROWS
    from rescounter.facade import hashing
    from rescounter.terms import EnvironmentFault

    monkeypatch.setattr(hashing, "_CHILD", program)
    chunk = pa.array([b"leaf"] * CHUNK_ROWS, pa.large_binary())
    with pytest.raises(EnvironmentFault, match="ended early"):
        hashing.hash_on_two_processors([chunk] * 6)


def test_a_chain_of_a_hundred_thousand_debts_clears_nothing_at_once():
    size = 100_000
    tail, head = np.arange(size, dtype=np.int32), np.arange(1, size + 1, dtype=np.int32)
    assert len(core_edges(size + 1, tail, head)) == 0
