"""The way through a small change: lay the network out, then one round of cheapest ways after another.

The loops are compiled and stand in `_kernel_ways`, with the method and its reasons. They are compiled
when a run is resumed for the first time, so a first clearing does not wait for them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing._kernel_ways import BUCKETS, FAR, grow_balls, lay_out, send_upwards, unbalance

__all__ = ["cheapest_ways"]

_EXCESSES_MAX: Final = 64
_LOOKS: Final = 2_000_000
_LOOKS_AN_EDGE: Final = 2
"""A change that asks for more is better served by cost scaling, which itself looks a few dozen times at each edge."""


def cheapest_ways(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    capacity: NDArray[np.int64],
    flow: NDArray[np.int64],
    potential: NDArray[np.int64],
) -> bool:
    """Change *flow* and *potential*, in place, to the largest circulation and a certificate.

    Args: edges in order of tail; *flow* int64[m], 0 <= flow <= capacity, and *potential* int64[n], of a network that differs a little.
    Returns: whether both were found; if not, they are nearer to it than before. Potentials may be negative.
    """
    nodes, edges = len(potential), len(tail)
    first_debt, first_claim = np.zeros((2, nodes + 1), np.int64)
    claim = np.empty((edges, 2), np.int32)
    lay_out(tail, head, first_debt, first_claim, claim)
    excess = np.zeros(nodes, np.int64)
    unbalance(tail, head, capacity, flow, potential, excess)
    ends = np.flatnonzero(excess)
    rank, cursor, distance = np.full(nodes, -1, np.int32), np.zeros(nodes, np.int32), np.full((2, nodes), FAR, np.int32)
    steps, reached, seen = np.empty((2, nodes), np.int32), np.empty((2, nodes), np.int32), np.zeros(2, np.int64)
    bucket, chain = np.empty((2, 2, BUCKETS), np.int32), np.empty((8 * nodes, 2), np.int32)
    members, way = np.empty(nodes, np.int32), np.empty(nodes, np.int64)
    state = (head, capacity, first_debt, first_claim, claim, flow, potential, excess, ends, rank)
    looks_left = _looks_max(edges, int((excess > 0).sum()))
    while excess[ends].any():
        found, more = grow_balls(*state, distance, steps, reached, seen, bucket, chain, looks_left)
        if not found:
            return False
        looks_left -= more + send_upwards(*state, reached, seen, cursor, members, way)
    return True


def _looks_max(edges: int, excesses: int) -> int:
    return _LOOKS + _LOOKS_AN_EDGE * edges if excesses <= _EXCESSES_MAX else 0
