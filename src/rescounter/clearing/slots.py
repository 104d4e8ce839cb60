"""Slots of a network as one value: what `_kernel_slots` fills and `cheapest_room` searches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing._kernel_slots import fill_arc_slots, fill_slots, leave_rest, remainder_of_edges

__all__ = ["Slots", "arc_slots_of", "remainder_of", "slots_of"]


Links = NDArray[np.int32] | NDArray[np.int64]
"""What a scan needs of each slot: 32 bits where every debt has one profit, else 64."""


@dataclass(frozen=True, slots=True)
class Slots:
    """A network at both ends of each pair; `_kernel_slots` has the meaning of each column.

    Args: *start* int64[n + 1], the slots of each node; *link* int32[s], or int64[s] where profits differ;
    *own*, *room* int64[s]; *twin* int32[s]. The search changes *link* and *room* in place.
    """

    start: NDArray[np.int64]
    link: Links
    own: NDArray[np.int64]
    room: NDArray[np.int64]
    twin: NDArray[np.int32]

    @property
    def nodes(self) -> int:
        """How many members."""
        return len(self.start) - 1

    @property
    def arrays(self) -> tuple[NDArray[np.int64], Links, NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
        """The columns, in the order in which the loops take them."""
        return self.start, self.link, self.own, self.room, self.twin


def slots_of(
    nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64], flow: NDArray[np.int64] | None = None
) -> Slots:
    """Slots where every debt has one profit; of a state in which *flow* is cleared, or everything.

    Args: edges in order of (tail, head), each pair once; capacity >= 0.
    """
    edges = len(tail)
    place = np.zeros(nodes, np.int64)
    np.cumsum(np.bincount(head, minlength=nodes)[:-1], out=place[1:])
    start, own = np.empty(nodes + 1, np.int64), np.empty(2 * edges, np.int64)
    link, twin = np.empty((2, 2 * edges), np.int32)
    debtor, owed = np.empty(edges, np.int32), np.empty(edges, np.int64)
    count = fill_slots(tail, head, capacity, place, debtor, owed, start, link, own, twin)
    slots = Slots(start, link[:count], own[:count], own[:count].copy(), twin[:count])
    if flow is not None:
        leave_rest(tail, head, capacity - flow, *slots.arrays)
    return slots


def arc_slots_of(
    nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64], profit: NDArray[np.int32]
) -> tuple[Slots, NDArray[np.int64]]:
    """Slots where profits differ, and the slot of each arc at its tail, int64[m]; arcs in any order."""
    arcs = len(tail)
    start = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(tail, minlength=nodes) + np.bincount(head, minlength=nodes), out=start[1:])
    own, room = np.empty((2, 2 * arcs), np.int64)
    slots = Slots(start, np.empty(2 * arcs, np.int64), own, room, np.empty(2 * arcs, np.int32))
    place = np.empty(arcs, np.int64)
    fill_arc_slots(tail, head, capacity, profit, start[:-1].copy(), slots.link, own, room, slots.twin, place)
    return slots, place


def remainder_of(slots: Slots, tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int64]:
    """What remains of each edge, int64[m]; edges as in `slots_of`."""
    remainder = np.empty(len(tail), np.int64)
    remainder_of_edges(tail, head, slots.start, slots.link, slots.own, slots.room, remainder)
    return remainder
