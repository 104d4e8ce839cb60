"""The largest set-off of a large network, by our own compiled solver.

Arrays in, arrays out; the mathematics stands in the headers of the kernels. Compiling takes some
seconds on a machine's first call and is kept on disk from then on, so small networks go to
`solver_ortools` instead: which one answers depends on the number of edges alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing._kernel_potentials import raise_potentials, settle_potentials
from rescounter.clearing._kernel_reduction import edges_inside_components, tighten
from rescounter.clearing._kernel_set_off import DONE
from rescounter.clearing.cheapest_room import cheapest_room
from rescounter.clearing.cheapest_ways import cheapest_ways
from rescounter.clearing.slots import arc_slots_of, remainder_of, slots_of
from rescounter.clearing.solver_ortools import richest_circulation
from rescounter.clearing.solver_simplex import circulation as simplex_circulation
from rescounter.terms import holds

__all__ = ["circulation", "core_edges", "least_potentials", "resumed_circulation"]

_THIN_SLOTS: Final = 3
_THIN_EDGES_MAX: Final = 200_000
"""Rings, ladders and chains, up to three neighbours for two members: paths are long there, which cost scaling
pays for and a network simplex does not; beyond so many edges both were found slow."""


def core_edges(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int64]:
    """Places of the edges inside strong components: no other edge can clear."""
    return np.flatnonzero(edges_inside_components(nodes, tail, head))


def circulation(
    nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64], profit: NDArray[np.int32]
) -> NDArray[np.int64]:
    """The circulation of greatest profit, as `engines.Circulation` asks for it. Cost: see `_kernel_set_off`.

    Networks with hardly more edges than members are handed to the network simplex, and one whose labels
    outgrow 32 bits (chains of millions inside one component) to OR-Tools; that depends on the network alone.
    """
    _, tail, head, count = _compact(nodes, tail, head)
    capacity = capacity.copy()
    tighten(count, tail, head, capacity)
    if (profit != 1).any():
        return _at_many_profits(count, tail, head, capacity, profit)
    slots = slots_of(count, tail, head, capacity)
    if len(slots.link) <= _THIN_SLOTS * count and len(tail) <= _THIN_EDGES_MAX:
        return simplex_circulation(count, tail, head, capacity, profit)
    status, _ = cheapest_room(slots, net_amounts(count, tail, head, capacity), np.zeros(count, np.int32))
    if status != DONE:
        return richest_circulation(count, tail, head, capacity, profit)
    return capacity - remainder_of(slots, tail, head)


def _at_many_profits(
    nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64], profit: NDArray[np.int32]
) -> NDArray[np.int64]:
    slots, place = arc_slots_of(nodes, tail, head, capacity, profit)
    status, _ = cheapest_room(slots, net_amounts(nodes, tail, head, capacity), np.zeros(nodes, np.int32))
    if status != DONE:
        return richest_circulation(nodes, tail, head, capacity, profit)
    return slots.room[place]


def resumed_circulation(
    nodes: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    capacity: NDArray[np.int64],
    flow: NDArray[np.int64],
    potential: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """The largest circulation and potentials of a network, from those of one that differs a little.

    Args: edges in order of (tail, head); *flow* int64[m], 0 <= flow <= capacity, need not conserve
    where the networks differ; *potential* int64[n].
    Returns: flow and certifying potentials (not the least), or None when starting anew is better.
    Cost: for a few changes three passes over the edges and what `_kernel_ways` looks at near them; for many, cost scaling.
    """
    flow, potential = flow.copy(), potential.copy()
    found = cheapest_ways(tail, head, capacity, flow, potential)
    potential -= potential.min(initial=0)
    return (flow, potential) if found else _resumed_by_scaling(nodes, tail, head, capacity, flow, potential)


def _resumed_by_scaling(
    nodes: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    capacity: NDArray[np.int64],
    flow: NDArray[np.int64],
    potential: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """`resumed_circulation` where much differs: cost scaling, from its last scale on."""
    core = _between_both_sides(nodes, tail, head)
    used, near_tail, near_head, count = _compact(nodes, tail[core], head[core])
    if int(potential.max(initial=0)) > 2**20:
        return None
    slots = slots_of(count, near_tail, near_head, capacity[core], flow[core])
    label = potential[used].astype(np.int32)
    status, _ = cheapest_room(slots, net_amounts(count, near_tail, near_head, flow[core]), label, resumed=True)
    if status != DONE:
        return None
    found = np.zeros(len(tail), np.int64)
    found[core] = capacity[core] - remainder_of(slots, near_tail, near_head)
    potential[used] = label
    return (found, potential) if settle_potentials(tail, head, capacity, found, potential) else None


def _between_both_sides(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int64]:
    """Places of the edges from a member that is owed something to one that owes: nearly the core, and sooner found."""
    owes, is_owed = np.zeros((2, nodes), bool)
    owes[tail] = True
    is_owed[head] = True
    return np.flatnonzero(is_owed[tail] & owes[head])


def net_amounts(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], amount: NDArray[np.int64]) -> NDArray[np.int64]:
    """Out of each member minus into it, int64[n]; sums stay within int64."""
    net = np.zeros(nodes, np.int64)
    np.add.at(net, tail, amount)
    np.subtract.at(net, head, amount)
    return net


def _compact(
    nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], int]:
    """The members that have an edge, and the edges with these members numbered from 0."""
    used = np.zeros(nodes, bool)
    used[tail] = True
    used[head] = True
    place = (np.cumsum(used) - 1).astype(np.int32)
    members = np.flatnonzero(used)
    return members, place[tail], place[head], len(members)


def least_potentials(
    nodes: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    capacity: NDArray[np.int64],
    profit: NDArray[np.int32],
    flow: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Least potentials that certify *flow*; see `potentials.least_potentials`, its twin.

    Raises: BrokenLaw ``the_set_off_is_the_largest`` when no potentials exist.
    """
    potential, exists = raise_potentials(nodes, tail, head, capacity, profit, flow)
    holds(bool(exists), "the_set_off_is_the_largest")
    found: NDArray[np.int64] = potential
    return found
