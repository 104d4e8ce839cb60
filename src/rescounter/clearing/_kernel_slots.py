"""Slots: a network as the solver reads it, every pair of members at both of its ends.

Debts between one pair of members, one each way at most, share one number: the net remainder
g(u,v) = r(u,v) - r(v,u) = -g(v,u), r being what remains of a debt d. (An optimum never leaves both:
cancelling them saves two.) Each pair has a *slot* at either end. In the slot of u towards v stand

    own    d(u,v)
    room   d(u,v) - g(u,v)              what may still be sent from u to v
    twin                                the slot of v towards u

and the rooms of both ends add up to d(u,v) + d(v,u). The next unit from u to v costs +1 while
room <= own (it adds to what u still owes v), -1 while room > own (it takes back what v still owes u),
and cannot be sent when room = 0. The price is convex, so the optimality conditions of linear cost hold
tier by tier.

What a scan needs of a slot is packed in 32 bits, ``link = v << 4 | back << 2 | ahead``: the
neighbour, and for either direction 0 (nothing can be sent), 1 (the next unit costs +1) or 2 (it
costs -1). A scan thus reads 4 bytes a slot in order, and one label at random; looking against an arc
needs no jump to the slot at its other end.

Where arcs differ in profit p (weights, cash) each arc has a pair of slots of its own, with
d(v,u) = 0, and the next unit from u to v costs +p or -p. Links then take 64 bits with codes of 12,
which count through the profits: 2 (p - `PROFIT_MIN`) + 1 adds, the next code takes back.

Cost: some passes over the edges. Memory: 24 bytes a slot (28 with long links), two slots a pair.
Limits: n < 2^27.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

__all__ = ["PROFIT_MAX", "PROFIT_MIN", "fill_arc_slots", "fill_slots", "leave_rest", "remainder_of_edges"]

PROFIT_MIN: Final = -2
PROFIT_MAX: Final = 300

_compiled = njit(cache=True, nogil=True)


@_compiled
def fill_slots(tail, head, capacity, place, debtor, owed, start, link, own, twin):
    """Slots of a network of which nothing remains; returns how many.

    Args: edges in order of (tail, head), int32; capacity int64[m] >= 0; *place* int64[n]: how many edges
    lead to members before each. *debtor* int32[m] and *owed* int64[m] are scratch. Written:
    start int64[n + 1], link int32, own int64 (room is the same) and twin int32, 2 m each, the
    slots of a node in order of neighbour.
    """
    nodes, edges = place.size, tail.size
    for e in range(edges):
        v = head[e]
        debtor[place[v]] = tail[e]
        owed[place[v]] = capacity[e]
        place[v] += 1
    s, i, j = 0, 0, 0
    for u in range(nodes):
        start[u] = s
        last, place[u] = place[u], -1  # from here on: the first slot towards a later member that has no twin yet
        while True:
            a = head[i] if i < edges and tail[i] == u else nodes
            b = debtor[j] if j < last else nodes
            v = min(a, b)
            if v == nodes:
                break
            mine, theirs = np.int64(0), np.int64(0)
            if a == v:
                mine = capacity[i]
                i += 1
            if b == v:
                theirs = owed[j]
                j += 1
            own[s] = mine
            link[s] = (np.int64(v) << 4) | ((theirs > 0) << 2) | (mine > 0)
            if v < u:
                t = place[v]  # u ascends, and so do the neighbours in every node's slots
                twin[s] = t
                twin[t] = s
                place[v] = t + 1
            elif place[u] < 0:
                place[u] = s
            s += 1
    start[nodes] = s
    return s


@_compiled
def fill_arc_slots(tail, head, capacity, profit, end, link, own, room, twin, place):
    """Slots of a network whose arcs differ in profit, two for each arc; nothing remains.

    Args: arcs in any order, int32; capacity int64[m] >= 0; profit int32[m], `PROFIT_MIN` to `PROFIT_MAX`;
    *end* int64[n]: the first slot of each node, used up. Written: link int64, own, room int64, twin
    int32, 2 m each, and *place* int64[m], the slot of each arc at its tail.
    """
    for e in range(tail.size):
        u, v = tail[e], head[e]
        s = end[u]
        end[u] = s + 1
        t = end[v]
        end[v] = t + 1
        adds = 2 * (np.int64(profit[e]) - PROFIT_MIN) + 1 if capacity[e] > 0 else 0
        link[s] = (np.int64(v) << 24) | adds
        link[t] = (np.int64(u) << 24) | (adds << 12)
        own[s], own[t] = capacity[e], 0
        room[s], room[t] = capacity[e], 0
        twin[s], twin[t] = t, s
        place[e] = s


@_compiled
def leave_rest(tail, head, rest, start, link, own, room, twin):
    """Change the slots of a network of which nothing remains to those where *rest* int64[m] of its edges remains.

    A remainder both ways of one pair is cancelled down to the larger one, as the method asks.
    """
    s = np.int64(0)
    for e in range(tail.size):
        s = max(s, start[tail[e]])
        while link[s] >> 4 != head[e]:
            s += 1
        if rest[e] > 0:
            t = twin[s]
            room[s] -= rest[e]
            room[t] += rest[e]
            ahead = 0 if room[s] == 0 else (2 if room[s] > own[s] else 1)
            back = 0 if room[t] == 0 else (2 if room[t] > own[t] else 1)
            link[s] = (np.int64(head[e]) << 4) | (back << 2) | ahead
            link[t] = (np.int64(tail[e]) << 4) | (ahead << 2) | back


@_compiled
def remainder_of_edges(tail, head, start, link, own, room, remainder):
    """What remains of each edge, int64[m], from the room in its slot; edges as in `fill_slots`."""
    s = np.int64(0)
    for e in range(tail.size):
        s = max(s, start[tail[e]])
        while link[s] >> 4 != head[e]:
            s += 1
        remainder[e] = max(own[s] - room[s], 0)
