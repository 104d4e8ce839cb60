"""Both engines against independent peers: the same amount on ten shapes and on real data, the same bytes everywhere.

The peers are OR-Tools (cost scaling, asked for a circulation, not for what remains as the package asks) and NetworkX (a network
simplex with no code in common with either engine). Each shape gets 1,000 networks, a slice of them under ``HYPOTHESIS_PROFILE=quick``.
"""

import hashlib
import os
import subprocess
import sys
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from rescounter.clearing import solver_simplex
from rescounter.clearing.engines import LARGE_EDGES, engine_for
from rescounter.clearing.network import Network
from rescounter.clearing.optimum import largest_set_off
from rescounter.clearing.potentials import ROUNDS_MAX, least_potentials, raised_potentials
from rescounter.terms import INT64_MAX, BrokenLaw

ENGINES = {"library": engine_for(0), "compiled": engine_for(LARGE_EDGES)}
SHAPES = ("chain", "two-way chain", "ring", "grid", "hub", "small parts", "ladder", "dense", "random", "equal", "powers")
COUNT = 50 if settings.default.max_examples <= 30 else 1000
ROOT = Path(__file__).parents[2]


def network_of(tail, head, amount):
    """Edges in any order as a network; parallel ones are merged, debts to oneself dropped."""
    tail, head, amount = (np.asarray(column, np.int64) for column in (tail, head, amount))
    stays = tail != head
    members, place = np.unique(np.concatenate([tail[stays], head[stays]]), return_inverse=True)
    key = place[: stays.sum()] * len(members) + place[stays.sum() :]
    edge, of_row = np.unique(key, return_inverse=True)
    capacity = np.zeros(len(edge), np.int64)
    np.add.at(capacity, of_row, amount[stays])
    rows, count = np.arange(len(edge)), max(len(members), 1)
    ends = (edge // count).astype(np.int32), (edge % count).astype(np.int32)
    return Network(0, 0, len(rows), np.arange(len(members), dtype=np.int32), *ends, capacity, rows, rows)


def drawn(name, dice):
    """A small network of a shape, from *dice* alone."""
    from tests.clearing.test_compiled import shape

    edges = shape(name, int(dice.integers(4, 48)), dice)
    return network_of([int(u) for u, _ in edges], [int(v) for _, v in edges], list(edges.values()))


def by_or_tools(network):
    """The largest circulation at cost -1 for each unit."""
    from ortools.graph.python import min_cost_flow

    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(network.tail, network.head, network.capacity, np.full(len(network.tail), -1, np.int64))
    assert flow.solve() == flow.OPTIMAL
    return int(np.asarray(flow.flows(arcs)).sum())


def by_networkx(network):
    """Everything, less the cheapest flow that carries the net positions."""
    import networkx as nx

    graph = nx.DiGraph()
    owes, is_owed = np.zeros((2, len(network.members)), np.int64)
    np.add.at(owes, network.tail, network.capacity)
    np.add.at(is_owed, network.head, network.capacity)
    graph.add_nodes_from((node, {"demand": int(amount)}) for node, amount in enumerate(is_owed - owes))
    edges = zip(network.tail.tolist(), network.head.tolist(), network.capacity.tolist(), strict=True)
    graph.add_edges_from((u, v, {"capacity": c, "weight": 1}) for u, v, c in edges)
    return int(network.capacity.sum()) - int(nx.network_simplex(graph)[0]) if len(network.tail) else 0


@pytest.mark.parametrize("name", SHAPES)
def test_both_engines_clear_what_two_peers_clear_on_every_shape(name):
    dice = np.random.default_rng([SHAPES.index(name), 3])
    for _ in range(COUNT):
        network = drawn(name, dice)
        found = [largest_set_off(network, engine) for engine in ENGINES.values()]
        assert len({int(each.flow.sum()) for each in found} | {by_or_tools(network), by_networkx(network)}) == 1
        assert found[0].potential.tolist() == found[1].potential.tolist()


@cache
def real(name):
    columns = {"trade": ("rescounter.data", "trade_1985.csv"), "ripple": ("tests.data", "ripple_2016.csv")}[name]
    if name == "ripple":
        path = ROOT / "tests" / "data" / columns[1]
        table = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.int64)
        return network_of(*table.T)
    with as_file(files(columns[0]) / columns[1]) as path:
        debtor, creditor, amount = zip(*(line.split(",") for line in path.read_text(encoding="ascii").splitlines()[1:]), strict=True)
    names = {member: place for place, member in enumerate(sorted({*debtor, *creditor}))}
    return network_of([names[each] for each in debtor], [names[each] for each in creditor], [int(each) for each in amount])


@pytest.mark.parametrize("name", ["trade", "ripple"])
def test_both_engines_clear_what_two_peers_clear_on_real_data(name):
    network = real(name)
    found = [largest_set_off(network, engine) for engine in ENGINES.values()]
    assert len({int(each.flow.sum()) for each in found} | {by_or_tools(network), by_networkx(network)}) == 1
    assert found[0].potential.tolist() == found[1].potential.tolist()


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize(
    "amounts",
    [(INT64_MAX // 3,) * 3, (INT64_MAX - 2, 1, 1), (1, 1, INT64_MAX - 2), (INT64_MAX // 2, INT64_MAX // 2, 1), (2**62, 2**61, 2**60)],
)
def test_a_circuit_clears_its_least_debt_up_to_the_limit_of_int64(engine, amounts):
    assert largest_set_off(network_of([0, 1, 2], [1, 2, 0], amounts), engine).flow.tolist() == [min(amounts)] * 3


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_networks_whose_amounts_sum_to_the_limit_clear_what_small_ones_clear(engine):
    """All amounts of a network times one factor: the largest set-off is that many times as large, to the unit."""
    for seed in range(20):
        small = drawn("random", np.random.default_rng(seed))
        factor = INT64_MAX // int(small.capacity.sum())
        large = network_of(small.tail, small.head, small.capacity * factor)
        assert int(large.capacity.sum()) > INT64_MAX // 2
        assert int(largest_set_off(large, engine).flow.sum()) == factor * int(largest_set_off(small, engine).flow.sum())


def test_amounts_whose_sum_passes_int64_go_to_the_solver_that_checks_sums():
    """Two circuits, each as large as a sum may be: only cash beside debts can make such a graph."""
    tail, head = np.array([0, 1, 2, 3], np.int32), np.array([1, 0, 3, 2], np.int32)
    capacity, profit = np.full(4, INT64_MAX // 3, np.int64), np.ones(4, np.int32)
    flow = solver_simplex.circulation(4, tail, head, capacity, profit)
    assert flow.tolist() == capacity.tolist()
    assert solver_simplex.least_potentials(4, tail, head, capacity, profit, flow).tolist() == [0] * 4


def long_chain(links):
    place, dice = np.arange(links), np.random.default_rng(2)
    return network_of(np.concatenate([place, place + 1]), np.concatenate([place + 1, place]), dice.integers(1, 10**6, 2 * links))


@pytest.mark.parametrize("turn", [1, -1], ids=["both ways", "one way round"])
def test_long_paths_have_the_least_potentials_whoever_finds_them(turn):
    """Longer than the rounds over all edges reach: the simplex gives the potentials then, equal to those of the plain twin."""
    links = 20 * ROUNDS_MAX
    place = np.arange(links)
    network = long_chain(links) if turn == 1 else network_of(place, (place + 1) % links, place + 1)
    found = largest_set_off(network, ENGINES["library"])
    full, started, profit = found.flow == network.capacity, found.flow > 0, np.ones(len(network.tail), np.int32)
    ends = len(network.members), network.tail, network.head
    assert raised_potentials(*ends, profit, full, started) is None
    assert found.potential.tolist() == least_potentials(*ends, profit, full, started).tolist()


def test_a_set_off_of_a_long_path_that_is_not_the_largest_gets_no_potentials():
    network = long_chain(20 * ROUNDS_MAX)
    nothing, profit = np.zeros(len(network.tail), np.int64), np.ones(len(network.tail), np.int32)
    with pytest.raises(BrokenLaw, match="the_set_off_is_the_largest"):
        solver_simplex.least_potentials(len(network.members), network.tail, network.head, network.capacity, profit, nothing)


_CHILD = """
import hashlib, sys
import numpy as np
from tests.clearing.test_peers import ENGINES, digest, drawn, real
networks = [real("trade"), *(drawn(name, np.random.default_rng(7)) for name in ("random", "equal", "grid", "ladder"))]
print(*(digest(network, engine) for network in networks for engine in ENGINES.values()))
"""


def digest(network, engine):
    found = largest_set_off(network, engine)
    return hashlib.sha256(found.flow.tobytes() + found.potential.tobytes()).hexdigest()


def test_flow_and_potentials_are_the_same_bytes_in_every_process_and_on_any_number_of_threads():
    said = set()
    for seed, threads in (("0", "1"), ("1", "2"), ("4242", "2")):
        world = {**os.environ, "PYTHONHASHSEED": seed, "NUMBA_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", _CHILD], cwd=ROOT, env=world, capture_output=True, text=True, check=True)
        said.add(done.stdout)
    assert len(said) == 1
