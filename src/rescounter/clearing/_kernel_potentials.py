"""The least potentials of a set-off, by compiled loops: the twin of `potentials.least_potentials`.

Every edge u -> v of profit p (1 for a debt without weight) asks for pi(u) >= pi(v) + p where it is
not fully cleared, and for pi(v) >= pi(u) - p where something of it is cleared. The least solution from zero is the longest
path in the graph of these demands, whatever the order in which they are met, so this module and
its twin agree to the last potential.

Method: debts that are not fully cleared have no closed walk, so one sweep from the members that
owe nothing more meets their demands (Kahn; where arcs of cash close a walk, its members wait for the
queue); then members that rose stand in a queue and raise those that depend on them (Bellman, Ford,
Moore). A potential that reaches the number of members times the greatest profit betrays a closed
walk of positive length: the circulation is not the best, and False is answered.

Invariants: potentials never fall and never pass the least solution. Cost: O(m) for the sweep, O(n m)
for the queue at worst, a few looks at each edge in practice. Memory: 4 bytes an edge, 36 a member. Limit: n < 2^30.

References: A. B. Kahn, Comm. ACM 5 (1962); R. K. Ahuja, T. L. Magnanti, J. B. Orlin, Network Flows
(1993), 5.4.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

__all__ = ["raise_potentials", "settle_potentials"]

_PASSES: Final = 40


@njit(cache=True, nogil=True)
def raise_potentials(nodes, tail, head, capacity, profit, flow):
    """Least potentials int64[n] >= 0, and True; or whatever was reached, and False when none exist.

    Args: edges in order of tail, int32; profit int32[m]; capacity and flow int64[m], 0 <= flow <= capacity.
    """
    edges = tail.size
    first_debt = np.zeros(nodes + 1, np.int64)
    first_claim = np.zeros(nodes + 1, np.int64)
    still_open = np.zeros(nodes, np.int64)
    greatest, least = np.int64(1), np.int64(1)
    for e in range(edges):
        first_debt[tail[e] + 1] += 1
        first_claim[head[e] + 1] += 1
        still_open[tail[e]] += flow[e] < capacity[e]
        greatest = max(greatest, abs(np.int64(profit[e])))
        least = min(least, np.int64(profit[e]))
    highest = greatest * nodes
    alike = greatest == 1 and least == 1
    for u in range(nodes):
        first_debt[u + 1] += first_debt[u]
        first_claim[u + 1] += first_claim[u]
    claim = np.empty(edges, np.int32)  # debtor << 1 | whether the claim is open: read in order, no jump
    gain = np.empty(0 if alike else edges, np.int32)
    place = first_claim[:nodes].copy()
    for e in range(edges):
        k = place[head[e]]
        claim[k] = (np.int64(tail[e]) << 1) | (flow[e] < capacity[e])
        if not alike:
            gain[k] = profit[e]
        place[head[e]] = k + 1
    potential = np.zeros(nodes, np.int64)
    queue = np.empty(nodes + 1, np.int32)
    last = 0
    for u in range(nodes):
        if still_open[u] == 0:
            queue[last] = u
            last += 1
    first = 0
    while first < last:
        v = queue[first]
        first += 1
        for k in range(first_claim[v], first_claim[v + 1]):
            if claim[k] & 1:
                u = claim[k] >> 1
                demand = potential[v] + (1 if alike else gain[k])
                if potential[u] < demand:
                    potential[u] = demand
                still_open[u] -= 1
                if still_open[u] == 0:
                    queue[last] = u
                    last += 1
    if last < nodes and least > 0:
        return potential, False
    waiting = np.zeros(nodes, np.bool_)  # the queue shall hold every member, in the order of the sweep
    for k in range(last):
        waiting[queue[k]] = True
    for u in range(nodes):
        if not waiting[u]:
            waiting[u] = True
            queue[last] = u
            last += 1
    first, last, count = 0, nodes, nodes
    while count > 0:
        u = queue[first]
        first = first + 1 if first < nodes else 0
        count -= 1
        waiting[u] = False
        high = potential[u]
        if high >= highest:
            return potential, False
        for e in range(first_debt[u], first_debt[u + 1]):
            v = head[e]
            if flow[e] > 0 and potential[v] < high - profit[e]:
                potential[v] = high - profit[e]
                if not waiting[v]:
                    waiting[v] = True
                    queue[last] = v
                    last = last + 1 if last < nodes else 0
                    count += 1
        for k in range(first_claim[u], first_claim[u + 1]):
            w = claim[k] >> 1
            demand = high + (1 if alike else gain[k])
            if potential[w] < demand and claim[k] & 1:
                potential[w] = demand
                if not waiting[w]:
                    waiting[w] = True
                    queue[last] = w
                    last = last + 1 if last < nodes else 0
                    count += 1
    return potential, True


@njit(cache=True, nogil=True)
def settle_potentials(tail, head, capacity, flow, potential):
    """Raise *potential* in place until it certifies *flow* at profit 1; returns whether it came to rest.

    Passes over the edges in their order, for potentials that nearly certify already. Potentials
    never fall, so the answer is the least certificate above the start. Cost: O(m) a pass.
    """
    for _ in range(_PASSES):
        rose = False
        for e in range(tail.size):
            u, v = tail[e], head[e]
            if flow[e] < capacity[e] and potential[u] <= potential[v]:
                potential[u] = potential[v] + 1
                rose = True
            if flow[e] > 0 and potential[v] < potential[u] - 1:
                potential[v] = potential[u] - 1
                rose = True
        if not rose:
            return True
    return False
