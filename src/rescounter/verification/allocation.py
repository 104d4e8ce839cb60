"""The cleared amount of an edge, split among its obligations by the named rule: exactly these rows.

Source: `docs/CERTIFICATE.md` section 2, "Allocation". Cost: one pass, and for pro rata a sort of the
rows that share an edge; products beyond int64 are computed in Python integers.
"""

from __future__ import annotations

import numpy as np

from rescounter.terms import INT64_MAX
from rescounter.verification.network import Edges, Ints, Rows
from rescounter.verification.verdict import Finding, at

__all__ = ["check_allocation", "oldest", "pro_rata"]


def check_allocation(rows: Rows, edges: Edges, *, rule: str) -> list[Finding]:
    """Each included row has what *rule* gives it of its edge."""
    found = rows.cleared[edges.rows]
    # Negative amounts were told by `check_bounds`; as 0 they cannot make a total that nothing divides.
    amount = np.maximum(rows.amount[edges.rows], 0)
    share = oldest if rule == "oldest" else pro_rata
    expected = share(amount, edges.of_rows(), edges.first, edges.cleared)
    return at(
        "allocation",
        found != expected,
        lambda place: (rows.where(edges.rows[place]), f"cleared {found[place]}", f"{expected[place]} by rule {rule}"),
    )


def oldest(amount: Ints, edge: Ints, first: Ints, cleared: Ints) -> Ints:
    """In row order, each in full until the edge's cleared amount is used up.

    The running sum goes over all edges and may wrap round; what stands before a row within its edge
    is a difference of two such sums and fits, so the wrapping cancels.
    """
    before = np.cumsum(amount) - amount
    left = cleared[edge] - (before - before[first[:-1]][edge])
    return np.clip(left, 0, amount)


def pro_rata(amount: Ints, edge: Ints, first: Ints, cleared: Ints) -> Ints:
    """The whole part of f * amount / d; units left over to the largest remainders, ties in row order."""
    whole, remainder = _divided(cleared[edge], amount, _edge_totals(amount, first)[edge])
    left = cleared - _edge_totals(whole, first)
    order = np.lexsort((-remainder, edge))  # stable: ties stay in row order
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order)) - first[:-1][edge]
    return whole + (rank < left[edge])


def _edge_totals(values: Ints, first: Ints) -> Ints:
    return np.add.reduceat(values, first[:-1])


def _divided(cleared: Ints, amount: Ints, total: Ints) -> tuple[Ints, Ints]:
    """Quotient and remainder of cleared * amount / total."""
    # Where the product does not fit, it is wrong here and computed again below.
    whole, remainder = np.divmod(cleared * amount, np.maximum(total, 1))
    for place in np.flatnonzero(cleared > INT64_MAX // np.maximum(amount, 1)):
        whole[place], remainder[place] = divmod(int(cleared[place]) * int(amount[place]), int(total[place]))
    return whole, remainder
