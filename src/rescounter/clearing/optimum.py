"""The largest set-off of a network, and the potentials that prove it.

Let r = d - f be what remains. Since f is a circulation, r carries every member's net position; the
set-off f is largest when r is cheapest at cost 1 for each unit and edge: a minimum-cost flow. Only
edges on closed walks can clear, so members that only owe, or are only owed, are peeled off first.

A solver is behind the port `Solver`; whatever it answers is checked here by exact integer laws, so
no solver has to be trusted. Source: Ahuja, Magnanti, Orlin, Network Flows (1993), 9.3 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing.network import Network
from rescounter.clearing.potentials import arcs_of, least_potentials
from rescounter.terms import holds

__all__ = ["Optimum", "Solver", "core_edges", "largest_set_off", "net_positions"]


@dataclass(frozen=True, slots=True)
class Optimum:
    """A largest set-off of one network and its certificate.

    Args: *flow* int64[m], 0 <= flow <= capacity; *potential* int64[k] >= 0.
    Law: profit 1 - potential[tail] + potential[head] > 0 only where flow = capacity, < 0 only where
    flow = 0; flow conserves at every member.
    """

    flow: NDArray[np.int64]
    potential: NDArray[np.int64]


class Solver(Protocol):
    """Finds the cheapest residual, at unit cost, that carries the net positions of a network."""

    def __call__(self, nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> NDArray[np.int64]:
        """Residual int64[m] on edges with 0 <= residual <= capacity."""
        ...


def largest_set_off(network: Network, solver: Solver) -> Optimum:
    """The largest circulation within the capacities, with least potentials.

    Cost: the solver's. Laws: bounds, conservation and slackness, checked here for any solver.
    """
    nodes, tail, head, capacity = len(network.members), network.tail, network.head, network.capacity
    flow = np.zeros(len(capacity), np.int64)
    core = core_edges(nodes, tail, head)
    if len(core):
        flow[core] = capacity[core] - solver(nodes, tail[core], head[core], capacity[core])
    holds(bool(((flow >= 0) & (flow <= capacity)).all()), "cleared_within_bounds")
    holds(not net_positions(nodes, tail, head, flow).any(), "members_clear_equally_on_both_sides")
    potential = least_potentials(nodes, tail, head, flow == capacity, flow > 0)
    profit = 1 - potential[tail] + potential[head]
    holds(not ((profit > 0) & (flow < capacity)).any() and not ((profit < 0) & (flow > 0)).any(), "potentials_prove_the_optimum")
    for array in (flow, potential):
        array.flags.writeable = False
    return Optimum(flow=flow, potential=potential)


def net_positions(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], amount: NDArray[np.int64]) -> NDArray[np.int64]:
    """Is owed minus owes, for each member; positive = is owed. Exact: sums stay within int64."""
    net = np.zeros(nodes, np.int64)
    np.add.at(net, head, amount)
    np.subtract.at(net, tail, amount)
    return net


def core_edges(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int64]:
    """Edges left after peeling, again and again, members that only owe or are only owed.

    No closed walk is lost: whoever lies on one owes and is owed along it. Cost: O(m), and a little
    for each round; a chain of debts takes as many rounds as half its length.
    """
    owes, is_owed = np.bincount(tail, minlength=nodes), np.bincount(head, minlength=nodes)
    by_tail, by_head = np.argsort(tail, kind="stable"), np.argsort(head, kind="stable")
    first_owed = np.searchsorted(tail[by_tail], np.arange(nodes + 1))
    first_claim = np.searchsorted(head[by_head], np.arange(nodes + 1))
    live = np.ones(len(tail), bool)
    peeled = np.flatnonzero((owes == 0) | (is_owed == 0))
    while len(peeled):
        debts, claims = by_tail[arcs_of(peeled, first_owed)[0]], by_head[arcs_of(peeled, first_claim)[0]]
        gone = np.unique(np.concatenate([debts[live[debts]], claims[live[claims]]]))
        live[gone] = False
        debtors, creditors = tail[gone], head[gone]
        np.subtract.at(owes, debtors, 1)
        np.subtract.at(is_owed, creditors, 1)
        touched = np.unique(np.concatenate([debtors[owes[debtors] == 0], creditors[is_owed[creditors] == 0]]))
        peeled = touched[(owes[touched] > 0) | (is_owed[touched] > 0)]
    return np.flatnonzero(live)
