"""Circuits: closed chains of debt u -> v -> ... -> u along which one amount is set off.

A circulation decomposes into circuits; cancelling them is what a lawyer records as the set-off.
The same walk over all debts instead of the optimum is *greedy circuit cancelling*, what scripts do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing.network import Network
from rescounter.terms import holds

__all__ = ["Circuit", "cancel_circuits", "circuits_of", "greedy_set_off", "pairs_set_off"]


@dataclass(frozen=True, slots=True)
class Circuit:
    """A closed chain of edges of a network and the amount that each of them clears, > 0."""

    edges: tuple[int, ...]
    amount: int


def circuits_of(network: Network, flow: NDArray[np.int64]) -> list[Circuit]:
    """The cleared *flow* as circuits: pairs first, then longer ones in a fixed order.

    Returns: at most as many circuits as edges; each uses up at least one edge.
    Law: over all circuits the amounts of each edge sum to its flow.
    Cost: the sum of the circuits' lengths.
    """
    rest = flow.tolist()
    circuits = list(_cancel_pairs(network, rest))
    circuits += cancel_circuits(network, rest)
    holds(not any(rest), "circuits_exhaust_the_flow")
    return circuits


def pairs_set_off(network: Network) -> int:
    """What setting off each pair of members against each other would clear, both sides counted."""
    forth, back = _pairs(network)
    return 2 * int(np.minimum(network.capacity[forth], network.capacity[back]).sum())


def greedy_set_off(network: Network) -> int:
    """What depth-first circuit cancelling would clear (`docs/CERTIFICATE.md`, section 2)."""
    if len(network.capacity) == 0:
        return 0
    walked = _numbered_as_they_appear(network)
    return sum(circuit.amount * len(circuit.edges) for circuit in cancel_circuits(walked, walked.capacity.tolist()))


def _numbered_as_they_appear(network: Network) -> Network:
    """The same network, its members numbered as a script does that reads debts by creditor, then debtor."""
    by_creditor = np.lexsort((network.tail, network.head))
    appearances = np.stack([network.tail[by_creditor], network.head[by_creditor]], axis=1).ravel()
    seen, first = np.unique(appearances, return_index=True)
    number = np.full(len(network.members), len(network.members) - 1, np.int32)
    number[seen[np.argsort(first)]] = np.arange(len(seen), dtype=np.int32)
    tail, head = number[network.tail], number[network.head]
    order = np.lexsort((head, tail))
    return replace(network, tail=tail[order], head=head[order], capacity=network.capacity[order])


def _pairs(network: Network) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges u -> v with u < v that have an opposite edge, and that edge."""
    if len(network.capacity) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    count = np.int64(len(network.members))
    key = network.tail * count + network.head
    upward = np.flatnonzero(network.tail < network.head)
    opposite = network.head[upward] * count + network.tail[upward]
    ordered = np.argsort(opposite)  # needles in order: the search then runs through memory once
    place = np.minimum(np.searchsorted(key, opposite[ordered]), len(key) - 1)
    found = key[place] == opposite[ordered]
    forth, back = upward[ordered[found]], place[found]
    by_edge = np.argsort(forth)
    return forth[by_edge], back[by_edge]


def _cancel_pairs(network: Network, rest: list[int]) -> Iterator[Circuit]:
    for forth, back in zip(*(edges.tolist() for edges in _pairs(network)), strict=True):
        amount = min(rest[forth], rest[back])
        if amount:
            rest[forth] -= amount
            rest[back] -= amount
            yield Circuit((forth, back), amount)


def cancel_circuits(network: Network, rest: list[int]) -> Iterator[Circuit]:
    """Walk depth-first along edges with something left, and cancel each circuit that closes.

    Args: *rest* of each edge, in minor units; lowered in place.
    Each member has one current edge, which moves on when the edge is used up or leads to a member
    that was given up (nothing leaves it any more).
    """
    nodes = len(network.members)
    head: list[int] = network.head.tolist()
    ends: list[int] = np.searchsorted(network.tail, np.arange(nodes), side="right").tolist()
    current: list[int] = np.searchsorted(network.tail, np.arange(nodes), side="left").tolist()
    given_up, off = -2, -1
    depth = [off] * nodes
    path: list[int] = []
    for start in range(nodes):
        node = start
        if depth[node] == given_up:
            continue
        depth[node] = 0
        while True:
            edge = current[node]
            if edge == ends[node]:
                depth[node] = given_up
                if not path:
                    break
                node = int(network.tail[path.pop()])
                current[node] += 1
                continue
            following = head[edge]
            if rest[edge] == 0 or depth[following] == given_up:
                current[node] += 1
                continue
            path.append(edge)
            if depth[following] == off:
                depth[following] = len(path)
                node = following
                continue
            begin = depth[following]
            circuit = path[begin:]
            amount = min(rest[place] for place in circuit)
            for place in circuit:
                rest[place] -= amount
            yield Circuit(tuple(circuit), amount)
            keep = begin + next(step for step, place in enumerate(circuit) if rest[place] == 0)
            for place in path[keep:]:
                if head[place] != following:
                    depth[head[place]] = off
            node = head[path[keep - 1]] if keep else start
            del path[keep:]
