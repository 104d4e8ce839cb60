"""The solver: cost scaling for set-off networks, in compiled loops over plain arrays.

Problem
-------
A network of debts d(u,v) > 0. Let r(u,v), 0 <= r <= d, be what remains of each debt. Sought is the
cheapest r, at cost 1 for each unit and edge, that carries every member's net position,

    sum_v r(u,v) - sum_v r(v,u) = owes(u) - is_owed(u)    for every member u,

because then f = d - r is the largest circulation within the debts: the largest set-off.

Slots
-----
Debts between one pair of members, one each way at most, share one number: the net remainder
g(u,v) = r(u,v) - r(v,u) = -g(v,u). (An optimum never leaves both: cancelling them saves two.) Each pair
has a *slot* at either end. In the slot of u towards v stand

    own    d(u,v)                       total   d(u,v) + d(v,u)
    room   own - g(u,v)                 what may still be sent from u to v

so room(v,u) = total - room(u,v): looking against an arc needs no jump to the slot at its other end.
The next unit from u to v costs +1 while room <= own (it adds to what u still owes v), -1 while
room > own (it takes back what v still owes u), and cannot be sent when room = 0. The price is convex,
so the optimality conditions of linear cost hold tier by tier.

What a scan needs of a slot is packed in 32 bits, ``link = v << 4 | back << 2 | ahead``: the
neighbour, and for either direction 0 (nothing can be sent), 1 (the next unit costs +1) or 2 (it
costs -1). A scan thus reads 4 bytes a slot in order, and one label at random.

Where arcs differ in profit p (weights, cash) each arc has a pair of slots of its own, with
d(v,u) = 0, and the next unit from u to v costs +p or -p. Links then take 64 bits with codes of 12,
which count through the profits; the loops are the same, compiled a second time.

Method
------
Labels L(u) are integers in units of 1/scale of the cost. A state is *eps-optimal* when every unit that
can be sent from u to v satisfies cost*scale + L(v) - L(u) >= -eps. Start: nothing remains (g = 0), so
everybody holds its net position as excess; labels 0. For eps = scale/4, then 1:

1. make the state 0-optimal by sending along every arc of negative reduced cost;
2. while somebody holds excess: take the first in the queue, follow admissible arcs (reduced cost
   negative) for at most `PATH_MAX` steps, relabelling where none leaves, and send the excess
   along that path (*partial augmentation*);
3. after every `n` relabels, and at the start, reckon labels anew: a bucketed search from the deficits
   against the arcs (*global price update*).

With eps = 1 and scale > n the state is optimal: a negative circuit has cost <= -scale, yet at most n
arcs, each of reduced cost >= -1. With unit costs a scale of 32 often suffices: all that is needed is
that no circuit of more than 32 arcs could gain. `_whole_labels` decides; if so, labels
and scale are multiplied by 4 and step 1 is taken again, until scale > n.

Invariants: 0 <= room <= total; room(u,v) + room(v,u) = total; excess sums to zero; labels never fall
during a step. Everything is integer; the order of arcs alone decides ties, so equal networks give
equal flows on every machine.

Cost: O(n^2 m log(n)) in the worst case, about 100 looks at each slot in practice, hardly growing with
size. Memory: 32 bytes a slot, two slots a pair. Limits: n < 2^27; labels stay below 2^29, else
`TOO_LARGE` is answered and another solver has to step in.

References: A. V. Goldberg, An Efficient Implementation of a Scaling Minimum-Cost Flow Algorithm,
J. Algorithms 22 (1997); Z. Kiraly and P. Kovacs, Efficient implementations of minimum-cost flow
algorithms, Acta Univ. Sapientiae Inf. 4 (2012), for partial augmentation; R. K. Ahuja, T. L.
Magnanti, J. B. Orlin, Network Flows (1993), 10.3 and 14.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numba.extending import overload

__all__ = [
    "DONE",
    "LABEL_MAX",
    "PROFIT_MAX",
    "PROFIT_MIN",
    "STUCK",
    "TOO_LARGE",
    "build_arc_slots",
    "build_slots",
    "cheapest_room",
    "remainder_of_edges",
    "room_of_flow",
]

DONE: Final = 0
TOO_LARGE: Final = 1
STUCK: Final = 2

PATH_MAX: Final = 6
LABEL_MAX: Final = 2**29
PROFIT_MIN: Final = -2
PROFIT_MAX: Final = 300
_FAR: Final = 2**30
_SCALE_FIRST: Final = 32
_BUCKETS: Final = 4096
_ROUNDS: Final = 12
_compiled = njit(cache=True, nogil=True)


@_compiled
def build_slots(nodes, tail, head, capacity):
    """Slots of a network.

    Args: edges in order of (tail, head), int32; capacity int64 > 0.
    Returns: start int64[n + 1], neighbour int32[s], own int64[s], total int64[s], twin int32[s]: for
    each slot the one at the other end; slots of a node in order of neighbour.
    """
    edges = tail.size
    first_out = np.zeros(nodes + 1, np.int64)
    first_in = np.zeros(nodes + 1, np.int64)
    for e in range(edges):
        first_out[tail[e] + 1] += 1
        first_in[head[e] + 1] += 1
    for u in range(nodes):
        first_out[u + 1] += first_out[u]
        first_in[u + 1] += first_in[u]
    debtor = np.empty(edges, np.int32)
    owed = np.empty(edges, np.int64)
    place = first_in[:nodes].copy()
    for e in range(edges):
        k = place[head[e]]
        debtor[k] = tail[e]
        owed[k] = capacity[e]
        place[head[e]] = k + 1
    start = np.zeros(nodes + 1, np.int64)
    for u in range(nodes):
        i, j, count = first_out[u], first_in[u], 0
        while i < first_out[u + 1] or j < first_in[u + 1]:
            a = head[i] if i < first_out[u + 1] else nodes
            b = debtor[j] if j < first_in[u + 1] else nodes
            i += a <= b
            j += b <= a
            count += 1
        start[u + 1] = start[u] + count
    slots = start[nodes]
    neighbour = np.empty(slots, np.int32)
    own = np.empty(slots, np.int64)
    total = np.empty(slots, np.int64)
    for u in range(nodes):
        i, j, s = first_out[u], first_in[u], start[u]
        while i < first_out[u + 1] or j < first_in[u + 1]:
            a = head[i] if i < first_out[u + 1] else nodes
            b = debtor[j] if j < first_in[u + 1] else nodes
            neighbour[s] = min(a, b)
            own[s] = capacity[i] if a <= b else 0
            total[s] = own[s] + (owed[j] if b <= a else 0)
            i += a <= b
            j += b <= a
            s += 1
    twin = np.empty(slots, np.int32)
    place = start[:nodes].copy()
    for u in range(nodes):  # u ascends, and so do the neighbours in every node's slots
        for s in range(start[u], start[u + 1]):
            v = neighbour[s]
            twin[s] = place[v]
            place[v] += 1
    return start, neighbour, own, total, twin


@_compiled
def build_arc_slots(nodes, tail, head, capacity, profit):
    """Slots of a network whose arcs differ in profit, two for each arc.

    Args: arcs in any order, int32; capacity int64 >= 0; profit int32, `PROFIT_MIN` to `PROFIT_MAX`.
    Returns: as `build_slots`, and code int16[s], see `_link`, and place int64[m]: the slot of each arc
    at its tail.
    """
    arcs = tail.size
    start = np.zeros(nodes + 1, np.int64)
    for e in range(arcs):
        start[tail[e] + 1] += 1
        start[head[e] + 1] += 1
    for u in range(nodes):
        start[u + 1] += start[u]
    neighbour = np.empty(2 * arcs, np.int32)
    own = np.empty(2 * arcs, np.int64)
    total = np.empty(2 * arcs, np.int64)
    twin = np.empty(2 * arcs, np.int32)
    code = np.empty(2 * arcs, np.int16)
    place = np.empty(arcs, np.int64)
    end = start[:nodes].copy()
    for e in range(arcs):
        u, v = tail[e], head[e]
        s = end[u]
        end[u] = s + 1
        t = end[v]
        end[v] = t + 1
        neighbour[s], neighbour[t] = v, u
        own[s], own[t] = capacity[e], 0
        total[s], total[t] = capacity[e], capacity[e]
        twin[s], twin[t] = t, s
        code[s] = 2 * (profit[e] - PROFIT_MIN) + 1
        code[t] = code[s]
        place[e] = s
    return start, neighbour, own, total, twin, code, place


def _width(link):
    """Bits of a code in a link: 2 where every debt costs the same, 12 where they differ."""
    return 2 if link.itemsize == 4 else 12


@overload(_width, inline="always")
def _width_compiled(link):
    return (lambda link: 2) if link.dtype.bitwidth == 32 else (lambda link: 12)


def _code_of(link, code, s):
    """The code of the next unit's price in slot s while it adds to what remains; the next code takes back."""
    return 1 if link.itemsize == 4 else code[s]


@overload(_code_of, inline="always")
def _code_compiled(link, code, s):
    return (lambda link, code, s: 1) if link.dtype.bitwidth == 32 else (lambda link, code, s: code[s])


@njit(cache=True, nogil=True, inline="always")
def _link(v, room, own, total, adds, width):
    ahead = 0 if room == 0 else (adds + 1 if room > own else adds)
    back = 0 if room == total else (adds + 1 if room < own else adds)
    return (((np.int64(v) << width) | back) << width) | ahead


@_compiled
def _prices(link, scale):
    """Cost of the next unit by its code; a code of 0 costs more than any label."""
    price = np.full(1 << _width(link), np.int32(LABEL_MAX))
    if _width(link) == 2:
        price[1] = scale
        price[2] = -scale
    else:
        for profit in range(PROFIT_MIN, PROFIT_MAX + 1):
            adds = 2 * (profit - PROFIT_MIN) + 1
            price[adds] = profit * scale
            price[adds + 1] = -profit * scale
    return price


@_compiled
def _send(u, s, amount, link, code, room, own, total, twin, excess):
    t, width = twin[s], _width(link)
    v = link[s] >> (2 * width)
    room[s] -= amount
    room[t] += amount
    link[s] = _link(v, room[s], own[s], total[s], np.int64(_code_of(link, code, s)), width)
    link[t] = _link(u, room[t], own[t], total[t], np.int64(_code_of(link, code, t)), width)
    excess[u] -= amount
    excess[v] += amount


@_compiled
def _update_labels(nodes, start, link, excess, label, scale, shift, goal, chain, bucket, looks):
    """Global price update: raise labels to shortest distances from the deficits, an arc costing eps more.

    The search runs backwards from the deficits: a label that v may rise to, its *goal*, lets whoever
    can send to v rise to goal(v) + cost + eps. Members wait in buckets of width eps by how far they
    rise (`chain`: the one before and the one behind, -1 at an end, -2 outside, and the bucket), one
    that rises too far for all buckets in the last. It ends when every excess is reached; all others
    rise as far as the last one. Returns `STUCK` when an excess cannot reach any deficit.
    """
    price, width = _prices(link, scale), _width(link)
    mask, to_node = (1 << width) - 1, 2 * width
    buckets = bucket.size
    eps = 1 << shift
    waiting, count, k = 0, 0, 0
    touched = np.int32(0)
    for b in range(buckets):
        bucket[b] = -1
    for u in range(nodes):
        goal[u] = LABEL_MAX
        waiting += excess[u] > 0
        chain[u, 0] = -2
    for u in range(nodes):
        if excess[u] < 0:
            goal[u] = label[u]
            chain[u, 0] = -1
            chain[u, 2] = 0
            chain[u, 1] = bucket[0]
            if bucket[0] >= 0:
                chain[bucket[0], 0] = u
            bucket[0] = u
            count += 1
    while count > 0 and waiting > 0:
        v = bucket[k % buckets]
        if v < 0:
            k += 1
            continue
        w = chain[v, 1]
        bucket[k % buckets] = w
        if w >= 0:
            chain[w, 0] = -1
            touched ^= link[start[w]]  # fetch what is read next while v is scanned
        chain[v, 0] = -2
        count -= 1
        waiting -= excess[v] > 0
        looks += start[v + 1] - start[v]
        base = goal[v] + eps
        for s in range(start[v], start[v + 1]):
            w = link[s] >> to_node
            reached = base + price[(link[s] >> width) & mask]
            if reached < goal[w]:
                if reached < label[w]:
                    reached = label[w]
                    if reached == goal[w]:
                        continue
                d = (reached - label[w]) >> shift
                if d < k:
                    d = k
                elif d >= k + buckets:
                    d = k + buckets - 1
                if chain[w, 0] != -2:
                    if chain[w, 0] >= 0:
                        chain[chain[w, 0], 1] = chain[w, 1]
                    else:
                        bucket[chain[w, 2]] = chain[w, 1]
                    if chain[w, 1] >= 0:
                        chain[chain[w, 1], 0] = chain[w, 0]
                else:
                    if goal[w] < LABEL_MAX:
                        waiting += excess[w] > 0
                    count += 1
                goal[w] = reached
                b = d % buckets
                chain[w, 2] = b
                chain[w, 0] = -1
                chain[w, 1] = bucket[b]
                if bucket[b] >= 0:
                    chain[bucket[b], 0] = w
                bucket[b] = w
    highest = touched & 0
    for u in range(nodes):
        top = label[u] + (k << shift)
        label[u] = goal[u] if goal[u] < top else top
        if label[u] > highest:
            highest = label[u]
    if waiting > 0:
        return STUCK, looks
    return TOO_LARGE if highest >= LABEL_MAX // 2 else DONE, looks


@_compiled
def _saturate(nodes, start, link, code, room, own, total, twin, excess, label, scale):
    """Send along every arc of negative reduced cost as far as it goes: the state is 0-optimal."""
    price, width = _prices(link, scale), _width(link)
    mask, to_node = (1 << width) - 1, 2 * width
    for u in range(nodes):
        for s in range(start[u], start[u + 1]):
            while price[link[s] & mask] + label[link[s] >> to_node] < label[u]:
                amount = room[s] - own[s] if room[s] > own[s] else room[s]
                _send(u, s, amount, link, code, room, own, total, twin, excess)


@_compiled
def _discharge_all(nodes, start, link, code, room, own, total, twin, excess, label, scale, shift, work):
    """Send every excess to a deficit; step 2 of the method. Returns (status, looks)."""
    goal, chain, bucket = work
    price, width = _prices(link, scale), _width(link)
    mask, to_node = (1 << width) - 1, 2 * width
    eps = 1 << shift
    queue = np.empty(nodes + 1, np.int32)
    queued = np.zeros(nodes, np.bool_)
    path = np.empty(PATH_MAX, np.int64)
    stop = np.empty(PATH_MAX + 1, np.int32)
    current = np.empty(nodes, np.int64)
    first, last, waiting, relabels, looks = 0, 0, 0, nodes, np.int64(0)
    for u in range(nodes):
        if excess[u] > 0:
            queue[last] = u
            last += 1
            queued[u] = True
            waiting += 1
    while waiting > 0:
        if relabels >= nodes:
            relabels = 0
            status, looks = _update_labels(nodes, start, link, excess, label, scale, shift, goal, chain, bucket, looks)
            if status != DONE:
                return status, looks
            for u in range(nodes):
                current[u] = start[u]
        begin = queue[first]
        first = first + 1 if first < nodes else 0
        waiting -= 1
        queued[begin] = False
        while excess[begin] > 0 and relabels < nodes:
            u, depth = begin, 0
            stop[0] = begin
            while depth < PATH_MAX and (depth == 0 or excess[u] >= 0):
                s, end = current[u], start[u + 1]
                while s < end and price[link[s] & mask] + label[link[s] >> to_node] >= label[u]:
                    s += 1
                looks += s - current[u]
                if s < end:
                    current[u] = s
                    path[depth] = s
                    depth += 1
                    u = link[s] >> to_node
                    stop[depth] = u
                    continue
                best = np.int32(_FAR)
                for s in range(start[u], end):
                    best = min(best, price[link[s] & mask] + label[link[s] >> to_node])
                s = start[u]
                while price[link[s] & mask] + label[link[s] >> to_node] != best:
                    s += 1
                looks += end - start[u]
                if best >= LABEL_MAX // 2:  # nothing leaves u: whoever came here goes another way
                    if depth == 0:
                        return STUCK if best >= LABEL_MAX else TOO_LARGE, looks
                    came = path[depth - 1]
                    best = label[stop[depth - 1]] - price[link[came] & mask]
                label[u] = best + eps
                current[u] = s
                relabels += 1
                if label[u] >= LABEL_MAX // 2:
                    return TOO_LARGE, looks
                if depth > 0:
                    depth -= 1
                    u = stop[depth]
            for step in range(depth):
                a, s = stop[step], path[step]
                amount = min(excess[a], room[s] - own[s] if room[s] > own[s] else room[s])
                if amount <= 0:
                    break
                b = link[s] >> to_node
                _send(np.int64(a), s, amount, link, code, room, own, total, twin, excess)
                if excess[b] > 0 and b != begin and not queued[b]:
                    queue[last] = b
                    last = last + 1 if last < nodes else 0
                    queued[b] = True
                    waiting += 1
        if excess[begin] > 0 and not queued[begin]:
            queue[last] = begin
            last = last + 1 if last < nodes else 0
            queued[begin] = True
            waiting += 1
    return DONE, looks


@_compiled
def _whole_labels(nodes, start, link, label, scale, least, looks):
    """Bellman and Ford with the true costs, from the labels rounded down to whole costs.

    Writes the labels in units of cost to *least* int32[n]. Returns whether they came to rest, which
    proves the optimum: they do so in some four rounds or, as a rule, not at all; a finer scale is
    cheaper than more than `_ROUNDS` rounds.
    """
    price, width = _prices(link, 1), _width(link)
    mask, to_node = (1 << width) - 1, 2 * width
    for u in range(nodes):
        least[u] = label[u] // scale
    for _ in range(_ROUNDS):
        fell = False
        for u in range(nodes):
            best = least[u]
            for s in range(start[u], start[u + 1]):
                best = min(best, price[link[s] & mask] + least[link[s] >> to_node])
            fell |= best < least[u]
            least[u] = best
        looks += start[nodes]
        if not fell:
            return True, looks
    return False, looks


@_compiled
def cheapest_room(nodes, start, neighbour, own, total, twin, link, code, room, excess, label, resumed):
    """Carry every excess to a deficit at least cost, changing the room of each slot.

    Args: slots of `build_slots`; *room* int64[s] of a state to start from; *excess* int64[n], what of
    each net position (owes minus is owed) is not carried yet, used up in place; *label* int32[n],
    in units of cost: zeros, or if *resumed* those of an optimum that the state stems from.
    Returns: status, looks at slots; *room* is the answer, *label* its labels in whole costs, which
    prove it where they came to rest. Status `TOO_LARGE`: labels outgrew their bound; `STUCK`: some
    excess had no way to a deficit, which a consistent network cannot have.
    """
    for s in range(neighbour.size):
        link[s] = _link(neighbour[s], room[s], own[s], total[s], np.int64(_code_of(link, code, s)), _width(link))
    work = (np.empty(nodes, np.int32), np.empty((nodes, 3), np.int32), np.empty(_BUCKETS, np.int32))
    scale, shift, looks = np.int64(_SCALE_FIRST), np.int64(0), np.int64(0)
    price = _prices(link, scale)
    dearest = np.int64(0)
    for each in range(1, 1 << _width(link)):
        if price[each] < LABEL_MAX:
            dearest = max(dearest, np.int64(price[each]))
    while not resumed and 8 << shift <= dearest:
        shift += 1
    least = np.empty(nodes, np.int32)
    for u in range(nodes):
        if label[u] >= LABEL_MAX // (4 * _SCALE_FIRST):
            return TOO_LARGE, looks
        label[u] *= scale
    unsettled = resumed or _width(link) > 2
    while True:
        if unsettled:
            _saturate(nodes, start, link, code, room, own, total, twin, excess, label, scale)
        status, more = _discharge_all(nodes, start, link, code, room, own, total, twin, excess, label, scale, shift, work)
        looks += more
        if status != DONE:
            return status, looks
        if shift == 0:
            rest, looks = _whole_labels(nodes, start, link, label, scale, least, looks)
            if rest or scale > nodes:
                for u in range(nodes):
                    label[u] = least[u]
                return DONE, looks
            scale *= 4
            for u in range(nodes):
                if label[u] >= LABEL_MAX // 16:
                    return TOO_LARGE, looks
                label[u] *= 4
        shift = max(shift - 3, 0)
        unsettled = True


@_compiled
def remainder_of_edges(tail, head, start, neighbour, own, room):
    """What remains of each edge, int64[m], from the room in its slot; edges as in `build_slots`."""
    edges = tail.size
    remainder = np.empty(edges, np.int64)
    s = np.int64(0)
    for e in range(edges):
        s = max(s, start[tail[e]])
        while neighbour[s] != head[e]:
            s += 1
        remainder[e] = max(own[s] - room[s], 0)
    return remainder


@_compiled
def room_of_flow(tail, head, start, neighbour, own, twin, capacity, flow):
    """The room in each slot, int64[s], of a state in which *flow* of each edge is cleared.

    A remainder both ways of one pair is cancelled down to the larger one, as the method asks.
    """
    room = own.copy()
    s = np.int64(0)
    for e in range(tail.size):
        s = max(s, start[tail[e]])
        while neighbour[s] != head[e]:
            s += 1
        remains = capacity[e] - flow[e]
        room[s] -= remains
        room[twin[s]] += remains
    return room
