"""A few excesses carried to deficits by cheapest ways: what a small change of a solved network asks for.

Problem
-------
Given are amounts f(u,v) cleared of the debts d(u,v), 0 <= f <= d, which do not quite balance, and potentials pi. One unit
more on a debt u -> v is a *step* from u to v that gains 1; one unit less is a step from v to u that gains -1.
The reduced cost of a step from a to b is pi(a) - pi(b) - gain; pi certifies f when no step that is still
possible has a negative one (`potentials`). `unbalance` sees to that: it takes every such step as far as it goes. What a member
then receives beyond what it passes on is its *excess*, negative: a deficit.

Method
------
Primal and dual by turns, searched from both ends. While somebody holds an excess:

1. along the steps from all excesses, and against the steps from all deficits, members are reached in order of
   distance, by buckets, always on the side that has looked at less. Let R and Q be the distances below which either
   side is finished, D the least sum of a member's two distances: once R + Q >= D no way is shorter. The search
   then goes on for as many looks again, so that more ways of length D are seen (`grow_balls`);
2. with F = min(R, D) and B = D - F, potentials fall by F - dist where the first side came nearer than F, and rise by
   B - dist where the second came nearer than B. A step of reduced cost c changes by at most D less both distances
   when it leaves the one ball for the other, which is at most c, and by at most c within one: none becomes
   negative. On the ways of length D all become zero;
3. members are ranked: those of the first ball by the number of steps from an excess, then those of the second
   by the number of steps to a deficit, descending. Along steps of reduced cost zero that lead up in rank excesses
   are sent until no such way is left (a blocking flow, depth first; Dinic), `send_upwards`.

Many steps cost nothing: often half of all members stand at distance 0 of an excess. Two balls that grow towards each
other meet long before they hold so many, and only the smaller one ever has to be finished.

Invariants: 0 <= f <= d; reduced costs >= 0; excesses sum to zero; every round sends something. Integers throughout;
places alone decide ties. Cost: O(n + m) to lay out; a round costs what is looked at, some hundredths of all edges as a
rule. Whoever calls bounds the looks and leaves the rest to cost scaling, which can go on from any state.
Memory: 8 bytes an edge, 132 a member. Limit: m < 2^31.

References: R. K. Ahuja, T. L. Magnanti, J. B. Orlin, Network Flows (1993), 4.6 (buckets), 7.5 (blocking flows), 9.8
(primal-dual); I. Pohl, Bi-directional search, Machine Intelligence 6 (1971).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

__all__ = ["BUCKETS", "FAR", "grow_balls", "lay_out", "send_upwards", "unbalance"]

BUCKETS: Final = 256
"""Distances stay below; a member farther off counts as not reached."""

FAR: Final = 2**30
"""The distance of who is not reached; ranks of the second ball count down from here."""

_compiled = njit(cache=True, nogil=True)


@_compiled
def lay_out(tail, head, first_debt, first_claim, claim):
    """Where the debts and the claims of each member stand.

    Args: edges in order of tail, int32. Written: *first_debt*, *first_claim* int64[n + 1], zeros before;
    *claim* int32[m, 2], in order of head: the place of the edge, its debtor.
    """
    nodes, edges = first_debt.size - 1, tail.size
    for e in range(edges):
        first_debt[tail[e] + 1] += 1
        first_claim[head[e]] += 1
    for u in range(nodes):
        first_debt[u + 1] += first_debt[u]
        first_claim[u + 1] += first_claim[u]
    for e in range(edges - 1, -1, -1):  # from the last place down, so that each count ends at its member's first
        v = head[e]
        first_claim[v] -= 1
        claim[first_claim[v], 0] = e
        claim[first_claim[v], 1] = tail[e]


@_compiled
def unbalance(tail, head, capacity, flow, potential, excess):
    """Clear all of what would gain and nothing of what would lose; add to *excess* what each member then holds."""
    for e in range(tail.size):
        u, v = tail[e], head[e]
        gain = 1 - potential[u] + potential[v]
        if gain > 0:
            flow[e] = capacity[e]
        elif gain < 0:
            flow[e] = 0
        excess[u] -= flow[e]
        excess[v] += flow[e]


@_compiled
def grow_balls(
    head,
    capacity,
    first_debt,
    first_claim,
    claim,
    flow,
    potential,
    excess,
    ends,
    rank,
    distance,
    steps,
    reached,
    seen,
    bucket,
    chain,
    looks_max,
):
    """Search from both ends, then change potentials and rank the members; steps 1 and 2 of the method.

    Args: *ends* int64, members among which all excesses and deficits are. *rank* int32[n], -1 before. Row 0 of the
    columns is the side of the excesses, row 1 that of the deficits: *distance* int32[2, n], `FAR` before; *steps*
    int32[2, n] on the way there; *reached* int32[2, n] and *seen* int64[2], who was. *bucket* int32[2, 2, BUCKETS] and *chain*
    int32[k, 2], k >= 3 n, are scratch: first and last entry of each bucket; of each entry the member and the next.
    Returns: whether a way was found, looks. *distance* is as before.
    """
    radius, spent = np.zeros(2, np.int64), np.zeros(2, np.int64)
    bucket[:] = -1
    seen[:] = 0
    entries, least, enough = 0, np.int64(FAR), np.int64(-1)
    for v in ends:
        if excess[v] != 0:
            side = 0 if excess[v] > 0 else 1
            distance[side, v] = 0
            steps[side, v] = 0
            reached[side, seen[side]] = v
            seen[side] += 1
            chain[entries, 0] = v
            chain[entries, 1] = bucket[side, 0, 0]
            bucket[side, 0, 0] = entries
            if bucket[side, 1, 0] < 0:
                bucket[side, 1, 0] = entries
            entries += 1
    while True:
        looks = spent[0] + spent[1]
        if enough < 0 and radius[0] + radius[1] >= least:
            enough = 2 * looks
        side = 0 if spent[0] <= spent[1] else 1
        if enough >= 0 and radius[side] > least:
            side = 1 - side
        level = radius[side]
        if (enough >= 0 and (looks >= enough or level > least)) or level == BUCKETS:
            break
        entry = bucket[side, 0, level]
        if entry < 0:
            radius[side] += 1
            continue
        u = np.int64(chain[entry, 0])
        debts, sign = first_debt[u + 1] - first_debt[u], 1 - 2 * side
        degree = debts + first_claim[u + 1] - first_claim[u]
        if looks + degree > looks_max or entries + degree > chain.shape[0]:
            break
        bucket[side, 0, level] = chain[entry, 1]
        if distance[side, u] != level:  # it was reached again, and nearer
            continue
        spent[side] += degree
        if side == 0:
            rank[u] = steps[0, u]
        for k in range(degree):
            if k < debts:
                e = first_debt[u] + k
                v, gain, adds = np.int64(head[e]), 1, side == 0
            else:
                e = np.int64(claim[first_claim[u] + k - debts, 0])
                v, gain, adds = np.int64(claim[first_claim[u] + k - debts, 1]), -1, side == 1
            d = level + sign * (potential[u] - potential[v] - gain)
            if d >= distance[side, v] or d >= BUCKETS or d > least or (flow[e] == capacity[e] if adds else flow[e] == 0):
                continue
            if distance[side, v] == FAR:
                reached[side, seen[side]] = v
                seen[side] += 1
            distance[side, v] = d
            steps[side, v] = steps[side, u] + 1
            chain[entries, 0] = v
            chain[entries, 1] = -1
            if bucket[side, 0, d] < 0:
                bucket[side, 0, d] = entries
            else:
                chain[bucket[side, 1, d], 1] = entries
            bucket[side, 1, d] = entries
            entries += 1
            least = min(least, d + np.int64(distance[1 - side, v]))
    near = min(radius[0], least)
    for side in range(2):
        bound = near if side == 0 else least - near
        for k in range(seen[side]):
            v = np.int64(reached[side, k])
            short = bound - distance[side, v]
            if enough >= 0 and short >= 0:
                potential[v] += short if side == 1 else -short
                if side == 1:
                    rank[v] = FAR - steps[1, v]
            distance[side, v] = FAR
    return enough >= 0, spent[0] + spent[1]


@_compiled
def send_upwards(
    head, capacity, first_debt, first_claim, claim, flow, potential, excess, ends, rank, reached, seen, cursor, members, edges
):
    """Send excesses up the ranks until no way is left; step 3 of the method.

    Args: as above; *cursor* int32[n], zeros before, where each member's scan goes on; *members* int32[n] and *edges*
    int32[n] are scratch for a way. Returns: looks. *rank* and *cursor* are as before `grow_balls`.
    """
    looks = np.int64(0)
    for begin in ends:
        depth = 0
        members[0] = begin
        while excess[begin] > 0 and rank[begin] >= 0:
            u = np.int64(members[depth])
            if excess[u] < 0:
                amount = min(excess[begin], -excess[u])
                for k in range(depth):
                    e = edges[k] >> 1
                    amount = min(amount, capacity[e] - flow[e] if edges[k] & 1 else flow[e])
                excess[begin] -= amount
                excess[u] += amount
                for k in range(depth - 1, -1, -1):
                    e = edges[k] >> 1
                    flow[e] += amount if edges[k] & 1 else -amount
                    if flow[e] == (capacity[e] if edges[k] & 1 else 0):
                        depth = k
                continue
            debts = first_debt[u + 1] - first_debt[u]
            degree = debts + first_claim[u + 1] - first_claim[u]
            k, v, e, adds = np.int64(cursor[u]), u, np.int64(0), True
            looks -= k
            while k < degree:
                if k < debts:
                    e = first_debt[u] + k
                    v, gain, adds = np.int64(head[e]), 1, True
                else:
                    e = np.int64(claim[first_claim[u] + k - debts, 0])
                    v, gain, adds = np.int64(claim[first_claim[u] + k - debts, 1]), -1, False
                if rank[v] > rank[u] and potential[u] - potential[v] == gain and (flow[e] < capacity[e] if adds else flow[e] > 0):
                    break
                k += 1
            looks += k
            cursor[u] = k
            if k < degree:
                edges[depth] = e << 1 | adds
                depth += 1
                members[depth] = v
            elif depth > 0:
                depth -= 1
                cursor[members[depth]] += 1
            else:
                break
    for side in range(2):
        for k in range(seen[side]):
            rank[reached[side, k]] = -1
            cursor[reached[side, k]] = 0
    return looks
