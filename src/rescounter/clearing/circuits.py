"""Circuits: closed chains of debt u -> v -> ... -> u along which one amount is set off.

A circulation decomposes into circuits; cancelling them is what a lawyer records as the set-off. With
cash it decomposes into circuits and *chains*, which begin where cash is drawn and end where it is
received: a chain is a circuit through one more node that all cash passes.
The same walk over all debts instead of the optimum is *greedy circuit cancelling*, what scripts do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing.liquidity import Draw
from rescounter.clearing.network import Network
from rescounter.terms import holds

__all__ = ["Circuit", "cancel_circuits", "circuits_of", "greedy_set_off", "pairs_set_off"]


@dataclass(frozen=True, slots=True)
class Circuit:
    """A closed chain of edges of a network and the amount that each of them clears, > 0.

    *closed* is False for a chain that cash passes along: its first debtor draws the amount, its last
    creditor receives it.
    """

    edges: tuple[int, ...]
    amount: int
    closed: bool = True


def circuits_of(network: Network, flow: NDArray[np.int64], draw: Draw | None = None) -> list[Circuit]:
    """The cleared *flow* as circuits, and chains where cash was drawn: pairs first, then longer ones in a fixed order.

    Returns: at most as many as there are edges, and members that draw or receive; each uses up one.
    Law: over all circuits and chains the amounts of each edge sum to its flow; those of the chains that
    begin at a member sum to what it drew, those that end there to what it received.
    Cost: the sum of the circuits' lengths.
    """
    rest = flow.tolist()
    circuits = list(_cancel_pairs(network, rest))
    if draw is None:
        circuits += cancel_circuits(network, rest)
    else:
        circuits += _cancel_with_cash(network, rest, draw)
    holds(not any(rest), "circuits_exhaust_the_flow")
    return circuits


def _cancel_with_cash(network: Network, rest: list[int], draw: Draw) -> Iterator[Circuit]:
    """Circuits of the network with cash as one more node, opened there; *rest* is lowered in place."""
    drawn, cash = draw.injected + draw.loan, len(network.members)
    drawing, receiving = np.flatnonzero(drawn), np.flatnonzero(draw.received)
    tail = np.concatenate([network.tail, receiving, np.full(len(drawing), cash)]).astype(np.int32)
    head = np.concatenate([network.head, np.full(len(receiving), cash), drawing]).astype(np.int32)
    amount = np.concatenate([np.array(rest, np.int64), draw.received[receiving], drawn[drawing]])
    order = np.argsort(tail, kind="stable")
    widened = replace(
        network, members=np.append(network.members, -1), tail=tail[order], head=head[order], capacity=amount[order], weight=amount[:0]
    )
    left, edges = amount[order].tolist(), order.tolist()
    for circuit in cancel_circuits(widened, left):
        turn = next((step for step, place in enumerate(circuit.edges) if tail[edges[place]] == cash), None)
        places = tuple(edges[place] for place in circuit.edges)
        if turn is not None:  # it begins behind the draw and ends before the receipt
            places = (places[turn:] + places[:turn])[1:-1]
        yield Circuit(places, circuit.amount, closed=turn is None)
    holds(not any(left), "chains_exhaust_the_cash")
    rest[:] = [0] * len(rest)


def pairs_set_off(network: Network) -> int:
    """What setting off each pair of members against each other would clear, both sides counted."""
    network = _without_weights(network)
    forth, back = _pairs(network)
    return 2 * int(np.minimum(network.capacity[forth], network.capacity[back]).sum())


def greedy_set_off(network: Network) -> int:
    """What depth-first circuit cancelling would clear (`docs/CERTIFICATE.md`, section 2)."""
    if len(network.capacity) == 0:
        return 0
    walked = _numbered_as_they_appear(_without_weights(network))
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


def _without_weights(network: Network) -> Network:
    """The same network with one edge for each pair, as those see it who do not weigh."""
    opens = np.ones(len(network.tail), bool)
    opens[1:] = (network.tail[1:] != network.tail[:-1]) | (network.head[1:] != network.head[:-1])
    if opens.all():
        return network
    first = np.flatnonzero(opens)
    capacity = np.add.reduceat(network.capacity, first)
    return replace(network, tail=network.tail[first], head=network.head[first], capacity=capacity, weight=network.weight[:0])


def _pairs(network: Network) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges u -> v with u < v that have an opposite edge, and the first such edge."""
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
    tail, head = network.tail, network.head
    for forth, back in zip(*(edges.tolist() for edges in _pairs(network)), strict=True):
        debtor, creditor = tail[forth], head[forth]
        while back < len(tail) and tail[back] == creditor and head[back] == debtor:  # the edges of one pair, by weight
            amount = min(rest[forth], rest[back])
            if amount:
                rest[forth] -= amount
                rest[back] -= amount
                yield Circuit((forth, back), amount)
            if not rest[forth]:
                break
            back += 1


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
