"""The largest set-off of a network, and the potentials that prove it.

Let r = d - f be what remains. Since f is a circulation, r carries every member's net position; the
set-off f is largest when r is cheapest at cost 1 for each unit and edge: a minimum-cost flow. Only
edges on closed walks can clear, so members that only owe, or are only owed, are peeled off first.

The solver is behind a port (`engines`); whatever it answers is checked here by exact integer laws,
so no solver has to be trusted. Source: Ahuja, Magnanti, Orlin, Network Flows (1993), 9.3 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing.engines import Engine
from rescounter.clearing.network import Network
from rescounter.terms import holds

__all__ = ["Optimum", "largest_set_off", "net_positions"]


@dataclass(frozen=True, slots=True)
class Optimum:
    """A largest set-off of one network and its certificate.

    Args: *flow* int64[m], 0 <= flow <= capacity; *potential* int64[k] >= 0.
    Law: profit 1 - potential[tail] + potential[head] > 0 only where flow = capacity, < 0 only where
    flow = 0; flow conserves at every member.
    """

    flow: NDArray[np.int64]
    potential: NDArray[np.int64]


def largest_set_off(network: Network, engine: Engine) -> Optimum:
    """The largest circulation within the capacities, with least potentials.

    Cost: the engine's. Laws: bounds, conservation and slackness, checked here for any engine.
    """
    nodes, tail, head, capacity = len(network.members), network.tail, network.head, network.capacity
    profit = np.ones(len(capacity), np.int32)
    flow = np.zeros(len(capacity), np.int64)
    core = engine.core_edges(nodes, tail, head)
    if len(core):
        flow[core] = engine.circulation(nodes, tail[core], head[core], capacity[core], profit[core])
    holds(bool(((flow >= 0) & (flow <= capacity)).all()), "cleared_within_bounds")
    holds(not net_positions(nodes, tail, head, flow).any(), "members_clear_equally_on_both_sides")
    potential = engine.potentials(nodes, tail, head, capacity, profit, flow)
    gain = profit - potential[tail] + potential[head]
    holds(not ((gain > 0) & (flow < capacity)).any() and not ((gain < 0) & (flow > 0)).any(), "potentials_prove_the_optimum")
    for array in (flow, potential):
        array.flags.writeable = False
    return Optimum(flow=flow, potential=potential)


def net_positions(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], amount: NDArray[np.int64]) -> NDArray[np.int64]:
    """Is owed minus owes, for each member; positive = is owed. Exact: sums stay within int64."""
    net = np.zeros(nodes, np.int64)
    np.add.at(net, head, amount)
    np.subtract.at(net, tail, amount)
    return net
