"""Integer potentials that certify a largest set-off: the least non-negative solution.

Every edge u -> v asks for

- pi(u) >= pi(v) + p where it is not fully cleared (one unit more must not gain),
- pi(v) >= pi(u) - p where something of it is cleared (one unit less must not gain),

p being the edge's profit, 1 for a debt without weight.

The least solution is the longest path to each member in the graph of these demands. Edges that are
not fully cleared have no closed walk (else more could clear), so their demands alone are met in one
sweep from the members that owe nothing more; a few rounds over the members that rose then meet the
rest. A flow that is not the largest has a closed walk of positive length: then potentials would
rise past the number of members, and we raise instead of returning.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.terms import holds

__all__ = ["ROUNDS_MAX", "arcs_of", "least_potentials", "raised_potentials"]

ROUNDS_MAX: Final = 24
"""Rounds over all edges before long paths are taken for granted; real networks need some fifteen."""


def least_potentials(
    nodes: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    profit: NDArray[np.int32],
    full: NDArray[np.bool_],
    started: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Least potentials >= 0, one for each member.

    Args: edges *tail* -> *head*; *full*: the edge is fully cleared; *started*: something of it is.
    Raises: BrokenLaw ``the_set_off_is_the_largest`` when no potentials exist.
    Cost: O(m) for the sweep; each further round costs the edges of the members that rose.
    """
    potential = _sweep(nodes, tail[~full], head[~full], profit[~full])
    source = np.concatenate([head[~full], tail[started]])
    target = np.concatenate([tail[~full], head[started]])
    length = np.concatenate([profit[~full], -profit[started]]).astype(np.int64)
    highest = nodes * int(np.abs(length).max(initial=1))
    by_source = np.argsort(source, kind="stable")
    target, length = target[by_source], length[by_source]
    start = np.searchsorted(source[by_source], np.arange(nodes + 1))
    risen = np.arange(nodes)
    while len(risen):
        arcs, owner = arcs_of(risen, start)
        demand = potential[owner] + length[arcs]
        short = demand > potential[target[arcs]]
        touched = target[arcs][short]
        np.maximum.at(potential, touched, demand[short])
        risen = np.unique(touched)
        holds(len(risen) == 0 or int(potential[risen].max()) < highest, "the_set_off_is_the_largest")
    return potential


def raised_potentials(
    nodes: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    profit: NDArray[np.int32],
    full: NDArray[np.bool_],
    started: NDArray[np.bool_],
) -> NDArray[np.int64] | None:
    """`least_potentials` by rounds over all edges, or None when `ROUNDS_MAX` rounds are not enough.

    Args: as there, edges in order of *tail*.
    """
    left, begun = np.flatnonzero(~full), np.flatnonzero(started)
    debtor, creditor, gain = (column[left].astype(np.int64) for column in (tail, head, profit))
    payer, payee, loss = (column[begun].astype(np.int64) for column in (tail, head, profit))
    first = np.flatnonzero(np.diff(debtor, prepend=-1))
    debtors = debtor[first]
    potential = np.zeros(nodes, np.int64)
    for _ in range(ROUNDS_MAX):
        risen = False
        if len(left):
            asked, had = np.maximum.reduceat(potential[creditor] + gain, first), potential[debtors]
            risen = bool((asked > had).any())
            potential[debtors] = np.maximum(asked, had)
        asked = potential[payer] - loss
        short = np.flatnonzero(asked > potential[payee])
        if len(short):
            np.maximum.at(potential, payee[short], asked[short])
        elif not risen:
            return potential
    return None


def _sweep(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], profit: NDArray[np.int32]) -> NDArray[np.int64]:
    """Greatest profit of a path of open edges that starts at each member, level by level.

    Edges that cost (profit <= 0) may close a walk; its members keep what was found before, which
    later rounds raise. A closed walk of edges that gain is a fault.
    """
    level = np.zeros(nodes, np.int64)
    open_edges = np.bincount(tail, minlength=nodes)
    by_head = np.argsort(head, kind="stable")
    debtor, gain = tail[by_head], profit[by_head]
    start = np.searchsorted(head[by_head], np.arange(nodes + 1))
    done = np.flatnonzero(open_edges == 0)
    settled = len(done)
    while len(done):
        arcs, creditor = arcs_of(done, start)
        debtors = debtor[arcs]
        np.maximum.at(level, debtors, level[creditor] + gain[arcs])
        np.subtract.at(open_edges, debtors, 1)
        done = np.unique(debtors[open_edges[debtors] == 0])
        settled += len(done)
    holds(settled == nodes or bool((profit <= 0).any()), "the_set_off_is_the_largest", reason="a closed circuit is left")
    return level


def arcs_of(members: NDArray[np.int64], start: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of all arcs that leave *members* in a list sorted by source, and the member of each."""
    count = start[members + 1] - start[members]
    owner = np.repeat(members, count)
    offset = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return start[owner] + offset, owner
