"""The solver: cost scaling for set-off networks, in compiled loops over plain arrays.

Problem
-------
A network of debts d(u,v) > 0. Let r(u,v), 0 <= r <= d, be what remains of each debt. Sought is the
cheapest r, at cost 1 for each unit and edge, that carries every member's net position,

    sum_v r(u,v) - sum_v r(v,u) = owes(u) - is_owed(u)    for every member u,

because then f = d - r is the largest circulation within the debts: the largest set-off.
`_kernel_slots` says how a network is laid out: own, room, link and twin of every *slot*.

Method
------
Labels L(u) are integers in units of 1/scale of the cost. A state is *eps-optimal* when every unit that
can be sent from u to v satisfies cost*scale + L(v) - L(u) >= -eps. Start: nothing remains (g = 0), so
everybody holds its net position as excess; labels 0. For eps = 1 (where arcs differ in profit: for an eps near an eighth of the
greatest cost, then for an eighth of that each time, down to 1):

1. make the state 0-optimal by sending along every arc of negative reduced cost (`saturate`);
2. while somebody holds excess: take the first in the queue, follow admissible arcs (reduced cost
   negative) for at most `PATH_MAX` steps, relabelling where none leaves, and send the excess
   along that path (*partial augmentation*, `discharge`);
3. after every `n` relabels, and at the start, reckon labels anew: a bucketed search from the deficits
   against the arcs (*global price update*, `update_labels`).

With eps = 1 and scale > n the state is optimal: a negative circuit has cost <= -scale, yet at most n
arcs, each of reduced cost >= -1. With unit costs a scale of 8 nearly suffices: a few circuits of more than
8 arcs are left that could gain. `whole_labels` decides: it makes labels of whole costs, which either prove the
answer or are exact but along a narrow front. From these labels step 1 is taken again with a scale of 4 times
as much, and disturbs little: only arcs of that front, and not, as finer labels would, everything that
was rounded. So again, until the labels prove it or scale > n. `cheapest_room` leads through these steps; the loops are here.

Invariants: 0 <= room <= d(u,v) + d(v,u); room(u,v) + room(v,u) = d(u,v) + d(v,u); excess sums to zero;
labels never fall during a step. Everything is integer; the order of arcs alone decides ties, so equal
networks give equal flows on every machine.

Hubs
----
Some members stand in thousands of pairs, and the larger a network, the more of its slots are theirs. The slots of a *hub*
(`_HUB` or more) are parted into blocks of 2^`_BLOCK_BITS`, and for each block a lower bound of cost + label is kept over all
that can be sent through its slots. It stays one while labels never fall: a scan that finds nothing in a block makes
it exact, and of what is sent to a hub only the way back can be cheaper than it was, so `discharge` lowers that block's
bound. A scan passes over a block whose bound is not below the hub's label, a relabel looks into those blocks only
that may hold the least (`_way_out_of_hub`, `_least_of_hub`). A hub of d slots so is relabelled at d / 2^5 looks and a few blocks, not d.

Cost: O(n^2 m log(n)) in the worst case, some 40 to 85 looks at each slot in practice, growing as the logarithm of the size:
each turn of steps 2 and 3 takes three looks a slot and leaves about half of the excesses. Outside hubs a member's slots are looked at
once between two relabels: the scan for an admissible arc keeps the least that it saw, and a relabel looks at the rest
only. A bound counts as a look. Memory: 41 bytes a member and 1/8 byte a slot beside the slots. Limits:
n < 2^27; labels stay below 2^29, else `TOO_LARGE` is answered and another solver has to step in.

References: A. V. Goldberg, An Efficient Implementation of a Scaling Minimum-Cost Flow Algorithm,
J. Algorithms 22 (1997); Z. Kiraly and P. Kovacs, Efficient implementations of minimum-cost flow
algorithms, Acta Univ. Sapientiae Inf. 4 (2012), for partial augmentation; R. K. Ahuja, T. L.
Magnanti, J. B. Orlin, Network Flows (1993), 10.3 and 14.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numba.extending import overload
from numpy.typing import NDArray

__all__ = [
    "DONE",
    "LABEL_MAX",
    "PATH_MAX",
    "STUCK",
    "TOO_LARGE",
    "WORN",
    "bounds_of",
    "discharge",
    "saturate",
    "update_labels",
    "whole_labels",
    "width_of",
]

DONE: Final = 0
TOO_LARGE: Final = 1
STUCK: Final = 2
WORN: Final = 3

PATH_MAX: Final = 4
LABEL_MAX: Final = 2**29
_FAR: Final = 2**30
_FALLS_MAX: Final = 4
_FRONT_BITS: Final = 9
"""Of `whole_labels`: falls a member after which it gives up, and which part of the members (2^-9) is a narrow front."""

_HUB: Final = 128
_BLOCK_BITS: Final = 5
_LOWEST: Final = -(2**30)
"""A bound below all that a slot can cost."""

_compiled = njit(cache=True, nogil=True)


def bounds_of(nodes: int, slots: int) -> NDArray[np.int32]:
    """Bounds for the blocks of so many *slots*, of which nothing is known: block k of u has place (start[u] >> bits) + u + k."""
    return np.full((slots >> _BLOCK_BITS) + nodes + 1, _LOWEST, np.int32)


def width_of(link: NDArray[Any]) -> int:
    """Bits of a code in a link: 2 where every debt costs the same, 12 where they differ."""
    return 2 if link.itemsize == 4 else 12


@overload(width_of)
def _width_compiled(link):
    return (lambda link: 2) if link.dtype.bitwidth == 32 else (lambda link: 12)


@_compiled
def _send(u, s, amount, link, own, room, twin, excess):
    """Send *amount* > 0 through slot s of u. Whether it adds or takes back stands in the link's codes of either way."""
    t, v, width = twin[s], link[s] >> (2 * width_of(link)), width_of(link)
    mask = (1 << width) - 1
    adds = (max(link[s] & mask, (link[s] >> width) & mask) - 1) | 1
    room[s] -= amount
    room[t] += amount
    ahead = 0 if room[s] == 0 else (adds + 1 if room[s] > own[s] else adds)
    back = adds + 1 if room[s] < own[s] else adds  # told from this end: the other one need not be waited for
    link[s] = (((np.int64(v) << width) | back) << width) | ahead
    link[t] = (((np.int64(u) << width) | ahead) << width) | back
    excess[u] -= amount
    excess[v] += amount


@_compiled
def update_labels(start, link, excess, label, current, price, shift, goal, chain, bucket):
    """Global price update: raise labels to shortest distances from the deficits, an arc costing eps more.

    The search runs backwards from the deficits: a label that v may rise to, its *goal*, lets whoever
    can send to v rise to goal(v) + cost + eps. Members wait in buckets of width eps by how far they
    rise (`chain`: the one before and the one behind, -1 at an end, -2 outside, and the bucket), one
    that rises too far for all buckets in the last. It ends when every excess is reached; all others
    rise as far as the last one. Every scan starts anew (`current`).
    Returns: status, looks at slots; `STUCK` when an excess cannot reach any deficit.
    """
    nodes, width, buckets = label.size, width_of(link), bucket.size
    mask, to_node = (1 << width) - 1, 2 * width
    eps = 1 << shift
    waiting, count, k, looks = 0, 0, 0, np.int64(0)
    touched = link[0] & 0
    for b in range(buckets):
        bucket[b] = -1
    for u in range(nodes):
        goal[u] = LABEL_MAX
        waiting += excess[u] > 0
        chain[u, 0] = -2
        current[u] = start[u]
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
    highest = np.int64(touched & 0)
    for u in range(nodes):
        top = label[u] + (k << shift)
        label[u] = goal[u] if goal[u] < top else top
        if label[u] > highest:
            highest = label[u]
    if waiting > 0:
        return STUCK, looks
    return TOO_LARGE if highest >= LABEL_MAX // 2 else DONE, looks


@_compiled
def saturate(start, link, own, room, twin, excess, label, price):
    """Send along every arc of negative reduced cost as far as it goes: the state is 0-optimal. Returns: looks at slots."""
    width = width_of(link)
    mask, to_node = (1 << width) - 1, 2 * width
    looks = np.int64(link.size)
    for u in range(label.size):
        for s in range(start[u], start[u + 1]):
            while price[link[s] & mask] + label[link[s] >> to_node] < label[u]:
                amount = room[s] - own[s] if room[s] > own[s] else room[s]
                _send(u, s, amount, link, own, room, twin, excess)
                looks += 1
    return looks


@_compiled
def _least_of_block(s, end, link, label, price):
    """Least cost + label over the slots from s to before *end*."""
    width = width_of(link)
    mask, to_node = (1 << width) - 1, 2 * width
    least = np.int32(_FAR)
    while s < end:
        least = min(least, price[link[s] & mask] + label[link[s] >> to_node])
        s += 1
    return least


@_compiled
def _way_out_of_hub(u, start, link, label, current, price, bound):
    """First slot of an admissible arc of hub u from its current one on, or the end of its slots; and looks.

    Slots before the current one hold no admissible arc: what a block's rest lacks, the whole block lacks.
    """
    width = width_of(link)
    mask, to_node = (1 << width) - 1, 2 * width
    first, s, end, high = start[u], current[u], start[u + 1], label[u]
    k, place, looks = (s - first) >> _BLOCK_BITS, (first >> _BLOCK_BITS) + u, np.int64(0)
    while s < end:
        stop = min(first + ((k + 1) << _BLOCK_BITS), end)
        looks += 1
        if bound[place + k] < high:
            least = high if s > first + (k << _BLOCK_BITS) else np.int32(_FAR)
            while s < stop:
                looks += 1
                reached = price[link[s] & mask] + label[link[s] >> to_node]
                if reached < high:
                    return s, looks
                least = min(least, reached)
                s += 1
            bound[place + k] = least
        s = stop
        k += 1
    return end, looks


@_compiled
def _least_of_hub(u, start, link, label, price, eps, bound):
    """Least cost + label over all slots of hub u, the first slot of the first block that may come within eps of it, and looks."""
    first, end = start[u], start[u + 1]
    place, blocks = (first >> _BLOCK_BITS) + u, ((end - first - 1) >> _BLOCK_BITS) + 1
    low = 0
    for k in range(1, blocks):
        if bound[place + k] < bound[place + low]:
            low = k
    s = first + (low << _BLOCK_BITS)
    stop = min(s + (1 << _BLOCK_BITS), end)
    best = _least_of_block(s, stop, link, label, price)
    bound[place + low] = best
    looks = np.int64(2 * blocks + stop - s)
    for k in range(blocks):
        if bound[place + k] < best:
            s = first + (k << _BLOCK_BITS)
            stop = min(s + (1 << _BLOCK_BITS), end)
            bound[place + k] = _least_of_block(s, stop, link, label, price)
            looks += stop - s
            best = min(best, bound[place + k])
    k = 0
    while bound[place + k] >= best + eps:
        k += 1
    return best, first + (k << _BLOCK_BITS), looks + k


@_compiled
def discharge(start, link, own, room, twin, excess, label, current, price, eps, queue, queued, ring, path, stop, bound):
    """Send every excess to a deficit; step 2 of the method.

    Args: *queue* int32[n + 1], the members that wait, from place ring[0] to before ring[1], round its end, ring[2]
    in number; *path* int64 and *stop* int32 are scratch for `PATH_MAX` steps; *bound* as `bounds_of` lays it out.
    Returns: status, looks at slots; `WORN` after n relabels, when labels should be reckoned anew.
    """
    nodes, width = label.size, width_of(link)
    mask, to_node = (1 << width) - 1, 2 * width
    first, last, waiting = ring[0], ring[1], ring[2]
    relabels, looks = 0, np.int64(0)
    while waiting > 0:
        if relabels >= nodes:
            ring[0], ring[1], ring[2] = first, last, waiting
            return WORN, looks
        begin = queue[first]
        first = first + 1 if first < nodes else 0
        waiting -= 1
        queued[begin] = False
        while excess[begin] > 0 and relabels < nodes:
            u, depth = begin, 0
            stop[0] = begin
            while depth < PATH_MAX and (depth == 0 or excess[u] >= 0):
                s, end, high = current[u], start[u + 1], label[u]
                best, least, hub = np.int32(_FAR), s, end - start[u] >= _HUB
                if hub:
                    s, more = _way_out_of_hub(u, start, link, label, current, price, bound)
                    looks += more
                else:
                    while s < end:
                        reached = price[link[s] & mask] + label[link[s] >> to_node]
                        if reached < high:
                            break
                        if reached < best:
                            best = reached
                            least = s
                        s += 1
                    looks += s - current[u]
                if s < end:
                    current[u] = s
                    path[depth] = s
                    depth += 1
                    u = link[s] >> to_node
                    stop[depth] = u
                    continue
                if hub:
                    best, least, more = _least_of_hub(u, start, link, label, price, eps, bound)
                    looks += more
                else:
                    looks += current[u] - start[u]
                    for s in range(current[u] - 1, start[u] - 1, -1):
                        reached = price[link[s] & mask] + label[link[s] >> to_node]
                        if reached <= best:
                            best = reached
                            least = s
                if best >= LABEL_MAX // 2:  # nothing leaves u: whoever came here goes another way
                    if depth == 0:
                        return STUCK if best >= LABEL_MAX else TOO_LARGE, looks
                    came = path[depth - 1]
                    best = label[stop[depth - 1]] - price[link[came] & mask]
                label[u] = best + eps
                current[u] = least
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
                _send(np.int64(a), s, amount, link, own, room, twin, excess)
                if start[b + 1] - start[b] >= _HUB:
                    t = twin[s]
                    k = (start[b] >> _BLOCK_BITS) + b + ((t - start[b]) >> _BLOCK_BITS)
                    bound[k] = min(bound[k], price[link[t] & mask] + label[a])
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
def whole_labels(start, link, label, price, queue, queued):
    """Bellman and Ford with the true costs, from labels rounded down to whole costs, in place; *queue* and *queued* are scratch.

    A label that falls wakes those who can send there. Where no circuit of negative cost is left, labels come to rest, as a rule
    after each member fell once or not at all. Where one is left, waves of falls go round it for ever, through one narrow front
    at a time: then this stops at such a front, outside which the labels are exact.
    Returns: whether they came to rest, which proves the optimum, and looks at slots.
    """
    nodes, width = label.size, width_of(link)
    mask, to_node = (1 << width) - 1, 2 * width
    first, last, waiting, looks = 0, 0, 0, np.int64(link.size)
    for u in range(nodes):
        best = label[u]
        for s in range(start[u], start[u + 1]):
            best = min(best, price[link[s] & mask] + label[link[s] >> to_node])
        queued[u] = best < label[u]
        if queued[u]:
            label[u] = best
            queue[last] = u
            last += 1
    waiting = last
    falls = np.int64(waiting)
    while waiting > 0:
        if falls > _FALLS_MAX * nodes or (falls > nodes and waiting < nodes >> _FRONT_BITS):
            return False, looks
        v = queue[first]
        first = first + 1 if first < nodes else 0
        waiting -= 1
        queued[v] = False
        looks += start[v + 1] - start[v]
        for s in range(start[v], start[v + 1]):
            w = link[s] >> to_node
            reached = label[v] + price[(link[s] >> width) & mask]
            if reached < label[w]:
                label[w] = reached
                falls += 1
                if not queued[w]:
                    queued[w] = True
                    queue[last] = w
                    last = last + 1 if last < nodes else 0
                    waiting += 1
    return True, looks
