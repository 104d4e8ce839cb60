"""Which edges can clear at all, by peeling: the plain form for small networks."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["core_edges"]

ROUNDS_MAX: Final = 24
"""Rounds over all edges before long chains are taken for granted; real networks need some ten."""


def core_edges(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.int64]:
    """Edges left after peeling, again and again, members that only owe or are only owed.

    No closed walk is lost: whoever lies on one owes and is owed along it. Cost: O(m) for each of a few
    rounds in NumPy; then, where chains are long, O(m) in plain Python for all of the rest.
    """
    core, debtor, creditor = np.arange(len(tail)), tail.astype(np.intp), head.astype(np.intp)
    for _ in range(ROUNDS_MAX):
        owes, is_owed = np.zeros(nodes, bool), np.zeros(nodes, bool)
        owes[debtor] = True
        is_owed[creditor] = True
        if np.array_equal(owes, is_owed):
            return core
        stays = np.flatnonzero(owes[creditor] & is_owed[debtor])
        core, debtor, creditor = core[stays], debtor[stays], creditor[stays]
    return core[_on_closed_ways(nodes, debtor.tolist(), creditor.tolist())]


def _on_closed_ways(nodes: int, tail: list[int], head: list[int]) -> NDArray[np.bool_]:
    """The same peeling, member after member."""
    debts: list[list[int]] = [[] for _ in range(nodes)]
    claims: list[list[int]] = [[] for _ in range(nodes)]
    for edge, (debtor, creditor) in enumerate(zip(tail, head, strict=True)):
        debts[debtor].append(edge)
        claims[creditor].append(edge)
    owes, is_owed = [len(edges) for edges in debts], [len(edges) for edges in claims]
    live = [True] * len(tail)
    peeled = [member for member in range(nodes) if (owes[member] == 0) != (is_owed[member] == 0)]
    while peeled:
        member = peeled.pop()
        for edge in (*debts[member], *claims[member]):
            if live[edge]:
                live[edge] = False
                debtor, creditor = tail[edge], head[edge]
                owes[debtor] -= 1
                is_owed[creditor] -= 1
                peeled += [each for each in (debtor, creditor) if (owes[each] == 0) != (is_owed[each] == 0)]
    return np.array(live, bool)
