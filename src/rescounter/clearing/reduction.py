"""Which edges can clear at all, by peeling: the plain form for small networks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing.potentials import arcs_of

__all__ = ["core_edges"]


def core_edges(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int64]:
    """Edges left after peeling, again and again, members that only owe or are only owed.

    No closed walk is lost: whoever lies on one owes and is owed along it. Cost: O(m), and a little
    for each round; a chain of debts takes as many rounds as half its length.
    """
    owes, is_owed = np.bincount(tail, minlength=nodes), np.bincount(head, minlength=nodes)
    by_tail, by_head = np.argsort(tail, kind="stable"), np.argsort(head, kind="stable")
    first_owed = np.searchsorted(tail[by_tail], np.arange(nodes + 1))
    first_claim = np.searchsorted(head[by_head], np.arange(nodes + 1))
    live = np.ones(len(tail), bool)
    peeled = np.flatnonzero((owes == 0) | (is_owed == 0))
    while len(peeled):
        debts, claims = by_tail[arcs_of(peeled, first_owed)[0]], by_head[arcs_of(peeled, first_claim)[0]]
        gone = np.unique(np.concatenate([debts[live[debts]], claims[live[claims]]]))
        live[gone] = False
        debtors, creditors = tail[gone], head[gone]
        np.subtract.at(owes, debtors, 1)
        np.subtract.at(is_owed, creditors, 1)
        touched = np.unique(np.concatenate([debtors[owes[debtors] == 0], creditors[is_owed[creditors] == 0]]))
        peeled = touched[(owes[touched] > 0) | (is_owed[touched] > 0)]
    return np.flatnonzero(live)
