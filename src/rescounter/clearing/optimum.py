"""The largest set-off of a network, and the potentials that prove it.

Let r = d - f be what remains. Since f is a circulation, r carries every member's net position; the
set-off f is largest when r is cheapest at the cost of its weight for each unit and edge (1 where
nothing is said): a minimum-cost flow. Only edges on closed walks can clear, so members that only owe,
or are only owed, are peeled off first, once the arcs of cash (`liquidity`) are there.

The solver is behind a port (`engines`); whatever it answers is checked here by exact integer laws,
so no solver has to be trusted. Source: Ahuja, Magnanti, Orlin, Network Flows (1993), 9.3 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing.engines import Engine
from rescounter.clearing.liquidity import Draw, Graph, Liquidity, draw_of, graph_of
from rescounter.clearing.network import Network
from rescounter.terms import holds

__all__ = ["Optimum", "certify", "largest_set_off", "net_positions"]


@dataclass(frozen=True, slots=True)
class Optimum:
    """A largest set-off of one network and its certificate.

    Args: *flow* int64[m], 0 <= flow <= capacity. *potential* int64[k] >= 0; with liquidity
    int64[k + 2], those of the fund and of cash at the end. *draw*: the cash, None without liquidity.
    Law: weight - potential[tail] + potential[head] > 0 only where flow = capacity, < 0 only where
    flow = 0, with liquidity the profits of `liquidity.graph_of`; flow conserves at every node.
    """

    flow: NDArray[np.int64]
    potential: NDArray[np.int64]
    draw: Draw | None = None


def largest_set_off(network: Network, engine: Engine, liquidity: Liquidity | None = None) -> Optimum:
    """The circulation of greatest weight within the capacities, with least potentials.

    With *liquidity*: of all such, the one that draws least, then the one that borrows least.
    Cost: the engine's. Laws: bounds, conservation and slackness, checked here for any engine.
    """
    graph = graph_of(network, liquidity)
    flow, potential = _certified(graph, engine) if liquidity is None else _by_tail(graph, engine)
    draw = None if liquidity is None else draw_of(network, flow)
    if draw is not None:
        drawn, received = draw.injected + draw.loan, draw.received
        holds(not ((drawn > 0) & (received > 0)).any(), "nobody_draws_and_receives")
        holds(int(drawn.sum()) == int(received.sum()), "cash_received_is_cash_drawn")
    flow = flow[: len(network.capacity)]
    for array in (flow, potential, *(() if draw is None else (draw.injected, draw.loan, draw.received))):
        array.flags.writeable = False
    return Optimum(flow=flow, potential=potential, draw=draw)


def _certified(graph: Graph, engine: Engine) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Flow and least potentials of a graph whose arcs stand in order of tail."""
    nodes, tail, head, capacity, profit = graph.nodes, graph.tail, graph.head, graph.capacity, graph.profit
    flow = np.zeros(len(capacity), np.int64)
    core = engine.core_edges(nodes, tail, head)
    if len(core):
        flow[core] = engine.circulation(nodes, tail[core], head[core], capacity[core], profit[core])
    _circulates(nodes, tail, head, capacity, flow)
    potential = engine.potentials(nodes, tail, head, capacity, profit, flow)
    _slack(tail, head, capacity, profit, flow, potential)
    return flow, potential


def certify(
    nodes: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    capacity: NDArray[np.int64],
    profit: NDArray[np.int32],
    flow: NDArray[np.int64],
    potential: NDArray[np.int64],
) -> None:
    """The three laws that prove *flow* a circulation of the greatest profit; raises BrokenLaw."""
    _circulates(nodes, tail, head, capacity, flow)
    _slack(tail, head, capacity, profit, flow, potential)


def _circulates(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64], flow: NDArray[np.int64]) -> None:
    holds(bool(((flow >= 0) & (flow <= capacity)).all()), "cleared_within_bounds")
    holds(not net_positions(nodes, tail, head, flow).any(), "members_clear_equally_on_both_sides")


def _slack(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    capacity: NDArray[np.int64],
    profit: NDArray[np.int32],
    flow: NDArray[np.int64],
    potential: NDArray[np.int64],
) -> None:
    gain = profit - potential[tail] + potential[head]
    holds(not ((gain > 0) & (flow < capacity)).any() and not ((gain < 0) & (flow > 0)).any(), "potentials_prove_the_optimum")


def _by_tail(graph: Graph, engine: Engine) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`_certified` for arcs in any order."""
    order = np.argsort(graph.tail, kind="stable")
    ordered = Graph(graph.nodes, graph.tail[order], graph.head[order], graph.capacity[order], graph.profit[order])
    found, potential = _certified(ordered, engine)
    flow = np.empty_like(found)
    flow[order] = found
    return flow, potential


def net_positions(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], amount: NDArray[np.int64]) -> NDArray[np.int64]:
    """Is owed minus owes, for each member; positive = is owed. Exact: sums stay within int64."""
    net = np.zeros(nodes, np.int64)
    np.add.at(net, head, amount)
    np.subtract.at(net, tail, amount)
    return net
