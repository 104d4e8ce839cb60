"""The way through the solver's steps: which scale, which step next, when it is proven.

The loops are compiled and stand in `_kernel_set_off`, with the method and its reasons; here is what
happens some twenty times in a run, in plain Python, so that it costs no compiling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing._kernel_set_off import (
    DONE,
    LABEL_MAX,
    PATH_MAX,
    TOO_LARGE,
    WORN,
    bounds_of,
    discharge,
    saturate,
    update_labels,
    whole_labels,
    width_of,
)
from rescounter.clearing._kernel_slots import PROFIT_MAX, PROFIT_MIN
from rescounter.clearing.slots import Slots

__all__ = ["cheapest_room"]

_SCALE_FIRST: Final = 8
_SCALE_RESUMED: Final = 16
"""From labels of an optimum little is to be found: the finer scale, which then often is the last one."""
_BUCKETS: Final = 4096


def cheapest_room(slots: Slots, excess: NDArray[np.int64], label: NDArray[np.int32], *, resumed: bool = False) -> tuple[int, int]:
    """Carry every excess to a deficit at least cost, changing room and link of each slot in place.

    Args: *excess* int64[n], what of each net position (owes minus is owed) is not carried yet, used up;
    *label* int32[n] in units of cost: zeros, or if *resumed* those of an optimum that the state stems from.
    Returns: status, looks at slots. With `DONE`, *label* are labels in whole costs that prove the answer if they came to
    rest. `TOO_LARGE`: labels outgrew their bound; `STUCK`: some excess had no way to a deficit, which a
    consistent network cannot have.
    """
    whole = _prices(width_of(slots.link), 1)
    scale, shift, looks = _SCALE_RESUMED if resumed else _SCALE_FIRST, 0, 0
    while not resumed and 2 * _SCALE_FIRST << shift <= int(whole[whole < LABEL_MAX].max()) * scale:
        shift += 1
    scratch = _Scratch.of(slots.nodes)
    settled = not resumed and width_of(slots.link) == 2
    if int(label.max(initial=0)) >= LABEL_MAX // (4 * scale):
        return TOO_LARGE, looks
    label *= scale
    while True:
        price = _prices(width_of(slots.link), scale)
        if not settled:
            looks += saturate(*slots.arrays, excess, label, price)
        status, more = _discharged(slots, excess, label, price, shift, scratch)
        looks += more
        if status != DONE:
            return status, looks
        if shift == 0:
            least = label // np.int32(scale)
            rests, more = whole_labels(slots.start, slots.link, least, whole, scratch.queue, scratch.queued)
            looks += more
            if rests or scale > slots.nodes:
                label[:] = least
                return DONE, looks
            scale *= 4
            least -= least.min()
            if int(least.max(initial=0)) >= LABEL_MAX // (4 * scale):
                return TOO_LARGE, looks
            label[:] = least * np.int32(scale)
        shift = max(shift - 3, 0)
        settled = False


@dataclass(frozen=True, slots=True)
class _Scratch:
    """What the loops need beside the state, allocated once.

    Args: *current*, the slot where each member's scan goes on; *queue*, *queued* of `discharge`; *goal*, *chain*,
    *bucket* of `update_labels`.
    """

    current: NDArray[np.int64]
    queue: NDArray[np.int32]
    queued: NDArray[np.bool_]
    goal: NDArray[np.int32]
    chain: NDArray[np.int32]
    bucket: NDArray[np.int32]

    @classmethod
    def of(cls, nodes: int) -> _Scratch:
        """For so many members."""
        goal, chain, bucket = np.empty(nodes, np.int32), np.empty((nodes, 3), np.int32), np.empty(_BUCKETS, np.int32)
        return cls(np.empty(nodes, np.int64), np.empty(nodes + 1, np.int32), np.empty(nodes, bool), goal, chain, bucket)


def _discharged(
    slots: Slots, excess: NDArray[np.int64], label: NDArray[np.int32], price: NDArray[np.int32], shift: int, scratch: _Scratch
) -> tuple[int, int]:
    """Steps 2 and 3 by turns, until no excess is left. Returns: status, looks."""
    current, queue, queued = scratch.current, scratch.queue, scratch.queued
    holders = np.flatnonzero(excess > 0)
    bound = bounds_of(slots.nodes, len(slots.link))
    queue[: len(holders)] = holders
    queued[:] = excess > 0
    ring = np.array([0, len(holders), len(holders)])
    path, stop = np.empty(PATH_MAX, np.int64), np.empty(PATH_MAX + 1, np.int32)
    status, looks = WORN if len(holders) else DONE, 0
    while status == WORN:
        goals = scratch.goal, scratch.chain, scratch.bucket
        status, more = update_labels(slots.start, slots.link, excess, label, current, price, shift, *goals)
        looks += more
        if status == DONE:
            waiting = queue, queued, ring
            status, more = discharge(*slots.arrays, excess, label, current, price, 1 << shift, *waiting, path, stop, bound)
            looks += more
    return status, looks


def _prices(width: int, scale: int) -> NDArray[np.int32]:
    """Cost of the next unit by its code; a code of 0 costs more than any label."""
    profit = np.arange(1, 2) if width == 2 else np.arange(PROFIT_MIN, PROFIT_MAX + 1)
    price = np.full(1 << width, LABEL_MAX, np.int32)
    price[1 : 2 * len(profit) : 2] = profit * scale
    price[2 : 2 * len(profit) + 1 : 2] = -profit * scale
    return price
