"""The cleared amount of an edge is given to its obligations by a named rule, to the last unit."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.terms import apportion, holds

__all__ = ["ALLOCATIONS", "allocate", "oldest", "pro_rata"]

ALLOCATIONS: Final = ("oldest", "pro-rata")

_FLOAT_SURE: Final = 2.0**62


def allocate(rule: str, amount: NDArray[np.int64], edge: NDArray[np.int64], flow: NDArray[np.int64]) -> NDArray[np.int64]:
    """What of each obligation is cleared.

    Args: *rule* of `ALLOCATIONS`; *amount* > 0 of each obligation, obligations of an edge standing
    together in order of due date and id; *edge* of each, ascending from 0 without gaps; *flow* of
    each edge, at most the sum of its amounts.
    Law: 0 <= cleared <= amount, and the parts of an edge sum to its flow.
    """
    if len(amount) == 0:
        return np.zeros(0, np.int64)
    first = np.flatnonzero(np.concatenate(([True], edge[1:] != edge[:-1])))
    cleared = (oldest if rule == "oldest" else pro_rata)(amount, edge, first, flow)
    holds(bool(((cleared >= 0) & (cleared <= amount)).all()), "allocated_within_the_obligation")
    holds(bool((np.add.reduceat(cleared, first) == flow).all()), "allocation_loses_nothing")
    return cleared


def oldest(amount: NDArray[np.int64], edge: NDArray[np.int64], first: NDArray[np.int64], flow: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each obligation in full, in order, until the edge's flow is used up."""
    before = np.cumsum(amount) - amount  # stays in int64: a currency's sum does
    before -= before[first][edge]
    return np.clip(flow[edge] - before, 0, amount)


def pro_rata(amount: NDArray[np.int64], edge: NDArray[np.int64], first: NDArray[np.int64], flow: NDArray[np.int64]) -> NDArray[np.int64]:
    """In proportion to the amounts; units left over go to the largest remainders, ties in order."""
    total = np.add.reduceat(amount, first)
    plain = np.where((flow == total)[edge], amount, 0)
    count = np.diff(np.concatenate((first, [len(amount)])))
    single = (count == 1)[edge]
    plain = np.where(single, flow[edge], plain)
    partial = np.flatnonzero(~single & ((flow > 0) & (flow < total))[edge])
    small = amount[partial].astype(np.float64) * flow[edge[partial]] < _FLOAT_SURE
    small_edge = np.ones(len(flow), bool)
    small_edge[edge[partial[~small]]] = False
    sure = small_edge[edge[partial]]
    _largest_remainder(plain, partial[sure], amount, edge, total, flow)
    for large in np.unique(edge[partial[~sure]]).tolist():
        rows = slice(int(first[large]), int(first[large] + count[large]))
        plain[rows] = apportion(int(flow[large]), [int(part) for part in amount[rows]])
    return plain


def _largest_remainder(
    cleared: NDArray[np.int64],
    rows: NDArray[np.int64],
    amount: NDArray[np.int64],
    edge: NDArray[np.int64],
    total: NDArray[np.int64],
    flow: NDArray[np.int64],
) -> None:
    """`apportion`, written into *cleared*, for all *rows* at once where the products fit int64."""
    if len(rows) == 0:
        return
    own = edge[rows]
    share, remainder = np.divmod(amount[rows] * flow[own], total[own])
    opens = np.flatnonzero(np.concatenate(([True], own[1:] != own[:-1])))
    group = np.cumsum(np.concatenate(([True], own[1:] != own[:-1]))) - 1
    left = flow[own[opens]] - np.add.reduceat(share, opens)
    by_remainder = np.lexsort((np.arange(len(rows)), -remainder, group))
    rank = np.empty(len(rows), np.int64)
    rank[by_remainder] = np.arange(len(rows))
    cleared[rows] = share + (rank - opens[group] < left[group])
