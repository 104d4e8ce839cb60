"""The largest set-off of a large network, by our own compiled solver.

Arrays in, arrays out; the mathematics stands in the headers of the kernels. Compiling takes some
seconds on a machine's first call and is kept on disk from then on, so small networks go to
`solver_ortools` instead: which one answers depends on the number of edges alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing._kernel_potentials import raise_potentials
from rescounter.clearing._kernel_reduction import edges_inside_components
from rescounter.clearing._kernel_set_off import DONE, build_slots, cheapest_room, remainder_of_edges
from rescounter.clearing.solver_ortools import richest_circulation
from rescounter.terms import holds

__all__ = ["circulation", "core_edges", "least_potentials"]


def core_edges(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int64]:
    """Places of the edges inside strong components: no other edge can clear."""
    return np.flatnonzero(edges_inside_components(nodes, tail, head))


def circulation(
    nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64], profit: NDArray[np.int32]
) -> NDArray[np.int64]:
    """The circulation of greatest profit, as `engines.Circulation` asks for it. Cost: see `_kernel_set_off`.

    A network whose labels outgrow 32 bits (chains of a million members inside one component) is
    handed to the library solver; that depends on the network alone.
    """
    if (profit != 1).any():
        return richest_circulation(nodes, tail, head, capacity, profit)
    used = np.zeros(nodes, bool)
    used[tail] = True
    used[head] = True
    place = (np.cumsum(used) - 1).astype(np.int32)
    tail, head = place[tail], place[head]
    count = int(np.count_nonzero(used))
    start, neighbour, own, total, twin = build_slots(count, tail, head, capacity)
    excess = np.zeros(count, np.int64)
    np.add.at(excess, tail, capacity)
    np.subtract.at(excess, head, capacity)
    status, room, _ = cheapest_room(count, start, neighbour, own, total, twin, excess)
    if status != DONE:
        return richest_circulation(count, tail, head, capacity, profit)
    remains: NDArray[np.int64] = remainder_of_edges(tail, head, start, neighbour, own, room)
    return capacity - remains


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
