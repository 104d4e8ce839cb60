"""The proof of the optimum: one integer potential for each member.

With profit(u, v) = w - pi(u) + pi(v), profit > 0 only where f = d, and profit < 0 only where f = 0:
then no other admissible choice clears more weight (`docs/CERTIFICATE.md` section 1). In a currency with
liquidity, weights count three times, the fund and cash have potentials too, and the four kinds of arcs
of cash are held to the same condition. The certificate also promises the least such potentials; a
larger solution proves as much, but other bytes for the same flow would make results irreproducible,
so it is a finding of its own check, "least".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.terms.names import CASH_NAME, FUND_NAME
from rescounter.terms.refusals import shown
from rescounter.verification.cash import Cash
from rescounter.verification.names import check_names
from rescounter.verification.network import Edges, Ints, Rows, column
from rescounter.verification.verdict import Finding, at

__all__ = ["check_potentials"]


@dataclass(frozen=True, slots=True)
class _Arcs:
    """Arcs of one kind: what a unit gains, what passes, whether more could (*room*), and how a person is told.

    *tell* gives where an arc lies, what passes on it, and what passes where it gains.
    """

    tail: Ints
    head: Ints
    profit: Ints
    flow: Ints
    room: NDArray[np.bool_]
    tell: Callable[[int], tuple[str, str, str]]


def check_potentials(rows: Rows, edges: Edges, cash: Cash, table: pa.Table, *, method: str) -> list[Finding]:
    """A row for each member and currency, slackness on every edge, and the least solution."""
    if method == "net":
        return [] if table.num_rows == 0 else [Finding("potentials", "rows", str(table.num_rows), "none by method net")]
    names = check_names("potentials", rows, table, (FUND_NAME, CASH_NAME), cash.currency)
    if names:
        return names
    stated = table["potential"].to_numpy()
    findings = at("potentials", stated < 0, lambda row: (_named(table, row), str(stated[row]), "0 or more"))
    # Not negative, so that no difference below can overflow; and least only where it proves at all.
    if findings:
        return findings
    kinds = [pc.equal(column(table, "member"), name).to_numpy(zero_copy_only=False) for name in (FUND_NAME, CASH_NAME)]
    potential = np.concatenate([stated[~(kinds[0] | kinds[1])], *(stated[kind] for kind in kinds)])
    arcs = [_debts(rows, edges, cash), *_cash_arcs(rows, cash)]
    return [finding for kind in arcs for finding in _check_slackness(kind, potential)] or _check_least(rows, cash, arcs, potential)


def _named(table: pa.Table, row: int) -> str:
    return f"{shown(table['member'][row])} in {shown(table['currency'][row])}"


def _debts(rows: Rows, edges: Edges, cash: Cash) -> _Arcs:
    def tell(edge: int) -> tuple[str, str, str]:
        weight = f" of weight {edges.weight[edge]}" if edges.weight[edge] != 1 else ""
        where = rows.pair_name(edges.owes[edge], edges.is_owed[edge]) + weight
        return where, f"cleared {edges.cleared[edge]}", f"all of {edges.amount[edge]} cleared"

    profit = edges.weight * np.where(cash.has[edges.owes], 3, 1)
    return _Arcs(edges.owes, edges.is_owed, profit, edges.cleared, edges.cleared < edges.amount, tell)


def _cash_arcs(rows: Rows, cash: Cash) -> list[_Arcs]:
    """The four kinds of arcs; the nodes of the funds stand behind the members', those of cash behind these."""
    members, place, count = np.flatnonzero(cash.has), cash.of_node(rows), len(cash.currency)
    fund, till = len(rows.nodes) + place, len(rows.nodes) + count + place
    funds, tills = (len(rows.nodes) + shift + np.arange(count) for shift in (0, count))
    injected, available, loan, received = (values[members] for values in (cash.injected, cash.available, cash.loan, cash.received))
    ones, always = np.ones_like(members), np.ones(len(members), bool)

    def member(arc: int) -> str:
        return rows.node_name(int(members[arc]))

    def fund_name(arc: int) -> str:
        return f"the fund in {shown(rows.currency_names[cash.currency[arc]])}"

    return [
        _Arcs(
            till,
            members,
            -ones,
            injected,
            injected < available,
            lambda arc: (member(arc), f"injected {injected[arc]}", f"all of {available[arc]}"),
        ),
        _Arcs(fund, members, 0 * ones, loan, always, lambda arc: (member(arc), f"lent {loan[arc]}", "more")),
        _Arcs(members, till, 0 * ones, received, always, lambda arc: (member(arc), f"received {received[arc]}", "more")),
        _Arcs(
            tills,
            funds,
            np.full(count, -2),
            cash.lent,
            cash.lent < cash.fund,
            lambda arc: (fund_name(arc), f"lent {cash.lent[arc]}", f"all of {cash.fund[arc]}"),
        ),
    ]


def _check_slackness(arcs: _Arcs, potential: Ints) -> list[Finding]:
    fall = potential[arcs.tail] - potential[arcs.head]  # the arc gains profit - fall
    short, over = (fall < arcs.profit) & arcs.room, (fall > arcs.profit) & (arcs.flow > 0)

    def tell(arc: int) -> tuple[str, str, str]:
        where, found, all_of_it = arcs.tell(arc)
        nothing = "nothing cleared" if found.startswith("cleared") else "nothing"
        return where, f"{found} at profit {int(arcs.profit[arc]) - int(fall[arc])}", all_of_it if short[arc] else nothing

    return at("slackness", short | over, tell)


def _check_least(rows: Rows, cash: Cash, arcs: list[_Arcs], potential: Ints) -> list[Finding]:
    """Each potential is forced by a chain of tight conditions that starts at a potential of 0.

    An arc that has room forces pi(tail) >= pi(head) + profit, one on which something passes
    pi(head) >= pi(tail) - profit; both are tight where pi(tail) = pi(head) + profit.
    """
    forcing, forced = [], []
    for kind in arcs:
        tight = potential[kind.tail] - potential[kind.head] == kind.profit
        up, down = tight & kind.room, tight & (kind.flow > 0)
        forcing += [kind.head[up], kind.tail[down]]
        forced += [kind.tail[up], kind.head[down]]
    loose = ~_reached(potential == 0, np.concatenate(forcing), np.concatenate(forced))

    def tell(node: int) -> tuple[str, str, str]:
        size, count = len(rows.nodes), len(cash.currency)
        name = FUND_NAME if node < size + count else CASH_NAME
        where = rows.node_name(node) if node < size else f"{name} in {shown(rows.currency_names[cash.currency[(node - size) % count]])}"
        return where, f"potential {potential[node]}", "the least that the conditions allow"

    return at("least", loose, tell)


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
