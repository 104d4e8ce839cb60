"""The order of the checks of a whole result.

First what everything rests on: choices, shapes, and sums that fit int64. Where that fails nothing can
be computed and the verdict says so. Then all other checks run, each on its own, so that one fault
never hides another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from rescounter.verification.allocation import check_allocation
from rescounter.verification.cash import Cash, check_cash, check_cash_ranges, read_cash
from rescounter.verification.circuits import check_circuits
from rescounter.verification.circulation import check_conservation, check_members
from rescounter.verification.exponents import check_exponents
from rescounter.verification.network import Edges, Ints, Rows, merge, merge_pairs, read_rows
from rescounter.verification.optimality import check_potentials
from rescounter.verification.refused import check_refusals
from rescounter.verification.roots import check_roots
from rescounter.verification.rows import check_bounds, check_excluded, check_ids, check_order, check_parties, check_replaced
from rescounter.verification.shapes import check_choices, check_ranges, check_shapes
from rescounter.verification.totals import check_refused, check_totals
from rescounter.verification.verdict import Finding, Verdict

__all__ = ["INPUT_NOT_READ", "LIQUIDITY_NOT_READ", "verify_result"]

INPUT_NOT_READ: Final = "that these obligations are the ones that were handed in: compare with the input"
"""What no look at a result alone can prove."""

LIQUIDITY_NOT_READ: Final = "that these lines and this fund are the ones that were handed in: compare with the file of liquidity"
"""The same for the cash."""

_NOT_PROVEN: Final = (
    INPUT_NOT_READ,
    "that every member was given this result_root: members compare it",
)
_NOTHING: Final = "anything else: the tables cannot be computed with"
_WRONG: Final = "anything: see what is wrong"


def verify_result(tables: Mapping[str, pa.Table], summary: Mapping[str, object], *, cycle_key: bytes | None = None) -> Verdict:
    """Check everything that `docs/CERTIFICATE.md` says of a result.

    Args: *tables*: obligations, members, potentials, refusals and perhaps liquidity and circuits, in the schemas of
    `rescounter.terms.tables`. *summary*: ``summary.json`` as read. *cycle_key*: the 32 bytes of the key
    file that sealed the result, or None.
    Returns: all findings at once; a malformed result is a finding too. Cost: linear but for sorting.
    """
    findings = check_choices(summary)
    if findings:
        return Verdict(tuple(findings), (), (_NOTHING,))
    method, rule = str(summary["method"]), str(summary["allocation"])
    findings = check_shapes(tables, netting=method != "set-off")
    if findings:
        return Verdict(tuple(findings), (), (_NOTHING,))
    rows = read_rows(tables["obligations"])
    cash, findings = read_cash(rows, tables.get("liquidity"), method=method)
    findings += check_ranges(rows, tables.get("circuits"))
    findings = findings or check_cash_ranges(rows, cash)
    if findings:
        return Verdict(tuple(findings), (), (_NOTHING,))
    edges = merge(rows)
    groups = {
        _rows_sentence(rows): _check_rows(rows, cash, tables, method=method),
        _optimum_sentence(rows, cash, method): _check_optimum(rows, edges, cash, tables["potentials"], method=method),
        f"rule {rule} gives each obligation exactly its part": check_allocation(rows, edges, rule=rule),
        "the refusals are complete and known": check_refusals(tables["refusals"]),
        "the decimal digits of every currency are those of ISO 4217, or declared where it gives none": check_exponents(summary),
        "the summary holds these totals": [
            *check_totals(summary, rows, edges, cash, method=method),
            *check_refused(summary, tables["refusals"].num_rows),
        ],
        f"the roots and the input digest belong to these rows: result_root {summary.get('result_root')}": check_roots(
            summary, tables, cycle_key=cycle_key
        ),
    }
    if "circuits" in tables:
        most = _circuits_most(rows, edges, cash)
        groups[_circuits_sentence(cash)] = check_circuits(rows, merge_pairs(rows, edges), cash, tables["circuits"], most=most)
    absent = () if "circuits" in tables else ("circuits: this result holds none",)
    return _verdict(groups, absent + ((LIQUIDITY_NOT_READ,) if "liquidity" in tables else ()))


def _circuits_most(rows: Rows, edges: Edges, cash: Cash) -> Ints:
    """For each currency the number of edges, and of members that drew or received."""
    size, moved = len(rows.currency_names), (cash.drawn() > 0) | (cash.received > 0)
    return np.bincount(edges.currency, minlength=size) + np.bincount(rows.node_currency()[moved], minlength=size)


def _check_rows(rows: Rows, cash: Cash, tables: Mapping[str, pa.Table], *, method: str) -> list[Finding]:
    return [
        *check_ids(rows),
        *check_order(rows),
        *check_parties(rows),
        *check_bounds(rows),
        *check_excluded(rows, tables["obligations"]["excluded"]),
        *check_replaced(rows, method=method),
        *check_members(rows, cash if "liquidity" in tables else None, tables["members"], netting=method != "set-off"),
    ]


def _check_optimum(rows: Rows, edges: Edges, cash: Cash, potentials: pa.Table, *, method: str) -> list[Finding]:
    return [*check_cash(rows, cash), *check_conservation(rows, cash), *check_potentials(rows, edges, cash, potentials, method=method)]


def _rows_sentence(rows: Rows) -> str:
    return f"{len(rows.amount):,} obligations are each within bounds, and the members' sums are theirs"


def _optimum_sentence(rows: Rows, cash: Cash, method: str) -> str:
    if method == "net":
        return "nothing was set off; each member's obligations are one position towards the union"
    more = "more by weight" if np.any(rows.weight != 1) else "more"
    if len(cash.currency) == 0:
        return f"every member clears as debtor what it clears as creditor, and no other choice clears {more}"
    return (
        "what every member clears as debtor and receives is what it clears as creditor and draws, and nobody draws more than there is; "
        f"no other choice clears {more}, none that clears as much draws less, and none of those borrows less"
    )


def _circuits_sentence(cash: Cash) -> str:
    if len(cash.currency) == 0:
        return "the circuits add up to what was cleared"
    return "the circuits and chains add up to what was cleared, drawn and received"


def _verdict(groups: Mapping[str, list[Finding]], not_proven: tuple[str, ...]) -> Verdict:
    findings = tuple(finding for found in groups.values() for finding in found)
    if findings:
        return Verdict(findings, (), (_WRONG,))
    return Verdict((), tuple(groups), not_proven + _NOT_PROVEN)
