"""What spreadsheets would have cleared: pairs alone, and greedy circuits. Only for comparison."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

import numpy as np

from rescounter.verification.network import Edges, Ints, Rows, totals

__all__ = ["GREEDY_OBLIGATIONS_MAX", "greedy", "pairs_only"]

GREEDY_OBLIGATIONS_MAX: Final = 200_000
"""Above so many included obligations of a currency the comparison is not computed."""


def pairs_only(rows: Rows, edges: Edges) -> Ints:
    """Sum over all pairs of twice the smaller direction, for each currency."""
    debtor, creditor = rows.nodes[edges.owes], rows.nodes[edges.is_owed]
    size = len(rows.member_names)
    back = edges.find(rows.pairs(edges.currency, creditor % size, debtor % size))
    # Each pair is met from both of its directions, so each side adds the smaller one once.
    smaller = np.where(back >= 0, np.minimum(edges.amount, edges.amount[back]), 0)
    return totals(edges.currency, smaller, len(rows.currency_names))


def greedy(edges: list[list[int]]) -> int:
    """Cleared by depth-first circuit cancelling.

    Args: debtor, creditor and amount of each edge, members as integers in order of their codes.
    Source: `docs/CERTIFICATE.md` section 2, "Greedy". Cost: the sum of all circuits' lengths.
    """
    number: dict[int, int] = {}
    for creditor, debtor in sorted((is_owed, owes) for owes, is_owed, _ in edges):
        number.setdefault(debtor, len(number))
        number.setdefault(creditor, len(number))
    numbered = sorted((number[owes], number[is_owed], amount) for owes, is_owed, amount in edges)
    ends = [0] * len(number)
    for place, (debtor, _, _) in enumerate(numbered):
        ends[debtor] = place + 1
    walk = _Walk([creditor for _, creditor, _ in numbered], [left for _, _, left in numbered], ends)
    for member in range(len(number)):
        walk.start(member)
    return walk.cleared


class _Walk:
    """One path through the network, and for each member the edge that it is at."""

    def __init__(self, creditor: list[int], left: list[int], ends: list[int]) -> None:
        self.creditor, self.left, self.end = creditor, left, list(accumulate(ends, max))
        self.current = [0, *self.end[:-1]]
        self.given_up = [False] * len(ends)
        self.depth: dict[int, int] = {}  # place on the path of each member that is on it
        self.cleared = 0

    def start(self, member: int) -> None:
        """Walk from *member* until it is given up."""
        members, path = [member], list[int]()
        self.depth[member] = 0
        while members:
            edge = self._next_edge(members[-1])
            if edge is None:
                self._step_back(members, path)
                continue
            path.append(edge)
            other = self.creditor[edge]
            if other in self.depth:
                self._cancel(members, path, self.depth[other])
            else:
                self.depth[other] = len(members)
                members.append(other)

    def _next_edge(self, member: int) -> int | None:
        """The current edge of *member*, None when none is left."""
        edge, end = self.current[member], self.end[member]
        while edge < end and (self.left[edge] == 0 or self.given_up[self.creditor[edge]]):
            edge += 1
        self.current[member] = edge
        return edge if edge < end else None

    def _step_back(self, members: list[int], path: list[int]) -> None:
        member = members.pop()
        self.given_up[member] = True
        del self.depth[member]
        if path:
            path.pop()

    def _cancel(self, members: list[int], path: list[int], begin: int) -> None:
        """Cancel the circuit path[begin:] and leave the path at its first edge that is used up."""
        smallest = min(self.left[edge] for edge in path[begin:])
        self.cleared += smallest * (len(path) - begin)
        for edge in path[begin:]:
            self.left[edge] -= smallest
        cut = begin + next(step for step, edge in enumerate(path[begin:]) if self.left[edge] == 0)
        for member in members[cut + 1 :]:
            del self.depth[member]
        del members[cut + 1 :], path[cut:]
