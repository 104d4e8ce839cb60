"""Where members stand on the circle.

Who owes more than it is owed stands on the left, who is owed more on the right, so that what remains
after clearing runs from left to right. Within that, members that deal much with each other stand
close: a quadratic assignment, mended by the best swap until none helps. Positions are for the eye;
no amount depends on the floats here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.statements.sums import Int64s

__all__ = ["Circle", "circle"]

_Floats = NDArray[np.float64]

_GAP: Final = 0.026
"""Angle between two slots."""
_SLOT_LEAST: Final = 0.105
"""Room for one label."""
_EXTENT_MEAN_MOST: Final = 0.34
"""Mean arc of a member when there are few, so that their ribbons stay ribbons."""
_LEAN_WEIGHT: Final = 3.0
_SWAPS_MAX: Final = 400
_SCALE_STEPS: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class Circle:
    """Angles clockwise from the top: *start* of each member's arc and the *angle_per_unit* of amount."""

    start: _Floats
    extent: _Floats
    angle_per_unit: float

    @property
    def middle(self) -> _Floats:
        """The angle of each label."""
        return self.start + self.extent / 2


def circle(owed: Int64s) -> Circle:
    """Arcs for the members of *owed* (debtor by creditor, in minor units, empty diagonal), as long as what they owe and are owed."""
    flow = owed.astype(np.float64)
    weight = flow.sum(axis=0) + flow.sum(axis=1)
    lean = (flow.sum(axis=0) - flow.sum(axis=1)) / np.maximum(weight, 1.0)
    order = _order(flow, weight, lean)
    angle_per_unit = _scale(weight)
    slot = np.maximum(weight * angle_per_unit, _SLOT_LEAST) + _GAP
    slot *= 2 * pi / slot.sum()
    middle = np.empty(len(weight))
    middle[order] = np.cumsum(slot[order]) - slot[order] / 2
    middle += _turn(middle, weight * lean)
    extent = weight * angle_per_unit
    return Circle(middle - extent / 2, extent, angle_per_unit)


def _order(flow: _Floats, weight: _Floats, lean: _Floats) -> NDArray[np.intp]:
    """Members in order of their slots, clockwise from the top."""
    size = len(weight)
    angle = 2 * pi * (np.arange(size) + 0.5) / size
    across, down = np.sin(angle), -np.cos(angle)
    slots_left_to_right = np.lexsort((down, np.round(across, 9)))
    slot_of = np.empty(size, dtype=np.intp)
    slot_of[np.argsort(lean, kind="stable")] = slots_left_to_right
    target = np.empty(size)
    target[np.argsort(lean, kind="stable")] = np.sort(across)
    distance = np.hypot(across[:, None] - across[None, :], down[:, None] - down[None, :])
    misplaced = _LEAN_WEIGHT * (target[:, None] - across[None, :]) ** 2 * weight[:, None]
    return np.argsort(_swapped(flow + flow.T, distance, misplaced, slot_of))


def _swapped(deal: _Floats, distance: _Floats, misplaced: _Floats, slot_of: NDArray[np.intp]) -> NDArray[np.intp]:
    """Swap the two members that gain most from it, until nobody gains."""
    for _ in range(_SWAPS_MAX):
        between = distance[np.ix_(slot_of, slot_of)]
        pull = deal @ between
        own = np.diag(pull)
        change = pull + pull.T - own[:, None] - own[None, :] + 2 * deal * between
        here = misplaced[:, slot_of]
        change += here + here.T - np.diag(here)[:, None] - np.diag(here)[None, :]
        best = int(np.argmin(change))
        left, right = divmod(best, len(slot_of))
        if change[left, right] >= -1e-9 * max(float(deal.sum()), 1.0):
            break
        slot_of[[left, right]] = slot_of[[right, left]]
    return slot_of


def _scale(weight: _Floats) -> float:
    """The largest angle of a unit with which all slots fit on the circle."""
    low, high = 0.0, min(2 * pi, _EXTENT_MEAN_MOST * len(weight)) / max(float(weight.sum()), 1.0)
    for _ in range(_SCALE_STEPS):
        middle = (low + high) / 2
        fits = (np.maximum(weight * middle, _SLOT_LEAST) + _GAP).sum() <= 2 * pi
        low, high = (middle, high) if fits else (low, middle)
    return low


def _turn(middle: _Floats, pull: _Floats) -> float:
    """The turn of the whole circle that brings net creditors to the right."""
    return atan2(float((pull * np.cos(middle)).sum()), float((pull * np.sin(middle)).sum()))
