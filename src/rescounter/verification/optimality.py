"""The proof of the optimum: one integer potential for each member.

With profit(u, v) = 1 - pi(u) + pi(v), profit > 0 only where f = d, and profit < 0 only where f = 0:
then no other admissible choice clears more (`docs/CERTIFICATE.md` section 1). The certificate also
promises the least such potentials; a larger solution proves as much, but other bytes for the same
flow would make results irreproducible, so it is a finding of its own check, "least".
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rescounter.verification.circulation import check_member_names
from rescounter.verification.network import Edges, Ints, Rows
from rescounter.verification.verdict import Finding, at

__all__ = ["check_potentials"]


def check_potentials(rows: Rows, edges: Edges, table: pa.Table, *, method: str) -> list[Finding]:
    """A row for each member and currency, slackness on every edge, and the least solution."""
    if method == "net":
        return [] if table.num_rows == 0 else [Finding("potentials", "rows", str(table.num_rows), "none by method net")]
    names = check_member_names("potentials", rows, table)
    if names:
        return names
    potential = table["potential"].to_numpy()
    findings = at("potentials", potential < 0, lambda node: (rows.node_name(node), str(potential[node]), "0 or more"))
    # Not negative, so that no difference below can overflow; and least only where it proves at all.
    return findings or _check_slackness(rows, edges, potential) or _check_least(rows, edges, potential)


def _check_slackness(rows: Rows, edges: Edges, potential: Ints) -> list[Finding]:
    fall = potential[edges.owes] - potential[edges.is_owed]  # profit = 1 - fall
    short = (fall < 1) & (edges.cleared < edges.amount)
    over = (fall > 1) & (edges.cleared > 0)

    def tell(edge: int) -> tuple[str, str, str]:
        amount = edges.amount[edge]
        needed = f"all of {amount}" if short[edge] else "nothing"
        where = rows.pair_name(edges.owes[edge], edges.is_owed[edge])
        return where, f"cleared {edges.cleared[edge]} at profit {1 - int(fall[edge])}", f"{needed} cleared"

    return at("slackness", short | over, tell)


def _check_least(rows: Rows, edges: Edges, potential: Ints) -> list[Finding]:
    """Each potential is forced by a chain of tight conditions that starts at a potential of 0.

    An edge that is not fully cleared forces pi(u) >= pi(v) + 1, one that cleared something
    pi(v) >= pi(u) - 1; both are tight where pi(u) = pi(v) + 1.
    """
    tight = potential[edges.owes] == potential[edges.is_owed] + 1
    up, down = tight & (edges.cleared < edges.amount), tight & (edges.cleared > 0)
    forcing = np.concatenate([edges.is_owed[up], edges.owes[down]])
    forced = np.concatenate([edges.owes[up], edges.is_owed[down]])
    loose = ~_reached(potential == 0, forcing, forced)
    return at("least", loose, lambda node: (rows.node_name(node), f"potential {potential[node]}", "the least that the conditions allow"))


def _reached(start: NDArray[np.bool_], tail: Ints, head: Ints) -> NDArray[np.bool_]:
    """Nodes that can be reached along the arcs. Cost: linear."""
    heads = head[np.argsort(tail)].tolist()
    first = [0, *np.cumsum(np.bincount(tail, minlength=len(start))).tolist()]
    reached = start.tolist()
    waiting = np.flatnonzero(start).tolist()
    while waiting:
        node = waiting.pop()
        for other in heads[first[node] : first[node + 1]]:
            if not reached[other]:
                reached[other] = True
                waiting.append(other)
    return np.array(reached, bool)
