"""Conservation: what a member clears on one side it clears on the other; and the members table."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.terms.refusals import shown
from rescounter.verification.network import Ints, Rows, totals
from rescounter.verification.verdict import Finding, at, capped

__all__ = ["check_conservation", "check_member_names", "check_members", "members_of"]


def check_conservation(rows: Rows) -> list[Finding]:
    """Each member clears as debtor what it clears as creditor, in each currency."""
    size = len(rows.nodes)
    paid, received = totals(rows.owes, rows.cleared, size), totals(rows.is_owed, rows.cleared, size)
    return at(
        "conservation",
        paid != received,
        lambda node: (rows.node_name(node), f"cleared {paid[node]} as debtor", f"{received[node]}, as it cleared as creditor"),
    )


def check_member_names(check: str, rows: Rows, table: pa.Table) -> list[Finding]:
    """The table holds each member of each currency once, in order, and nobody else."""
    members, currencies = rows.node_names()
    same = len(members) == table.num_rows and _equal(table["member"], members) and _equal(table["currency"], currencies)
    if same:
        return []
    expected, found = _pairs(pa.table({"currency": currencies, "member": members})), _pairs(table)
    return _differences(check, found, expected) or [Finding(check, "rows", "rows in another order", "order of currency and member")]


def _pairs(table: pa.Table) -> list[tuple[str, str]]:
    return [(row["currency"], row["member"]) for row in table.select(["currency", "member"]).to_pylist()]


def _equal(column: pa.ChunkedArray, expected: pa.Array) -> bool:
    return bool(column.equals(pa.chunked_array([expected])))


def _differences(check: str, found: list[tuple[str, str]], expected: list[tuple[str, str]]) -> list[Finding]:
    strangers, missing = sorted(set(found) - set(expected)), sorted(set(expected) - set(found))
    findings = capped(check, len(strangers), (Finding(check, f"{shown(who)} in {shown(unit)}", "a row", "none") for unit, who in strangers))
    findings += capped(
        check, len(missing), (Finding(check, f"{shown(who)} in {shown(unit)}", "no row", "one row") for unit, who in missing)
    )
    double = len(found) - len(set(found))
    return [*findings, Finding(check, "rows", f"{double} doubled", "each member once")] if double else findings


def members_of(rows: Rows, *, netting: bool) -> dict[str, Ints]:
    """The columns of the members table, summed again from the obligations."""
    size = len(rows.nodes)
    owes, is_owed = totals(rows.owes, rows.amount, size), totals(rows.is_owed, rows.amount, size)
    columns = {
        "owes_minor": owes,
        "is_owed_minor": is_owed,
        "net_minor": is_owed - owes,
        "cleared_minor": totals(rows.owes, rows.cleared, size),
        "owes_after_minor": totals(rows.owes, rows.residual, size),
        "is_owed_after_minor": totals(rows.is_owed, rows.residual, size),
    }
    if netting:
        position = totals(rows.is_owed, rows.replaced, size) - totals(rows.owes, rows.replaced, size)
        columns["pay_in_minor"], columns["pay_out_minor"] = np.maximum(-position, 0), np.maximum(position, 0)
    return columns


def check_members(rows: Rows, table: pa.Table, *, netting: bool) -> list[Finding]:
    """The members table holds these sums and no others."""
    names = check_member_names("members", rows, table)
    if names:
        return names
    findings: list[Finding] = []
    for name, expected in members_of(rows, netting=netting).items():
        findings += _check_column(rows, name, table[name], expected)
    return findings


def _check_column(rows: Rows, name: str, column: pa.ChunkedArray, expected: Ints) -> list[Finding]:
    wrong = pc.not_equal(column, pa.array(expected)).to_numpy()
    return at("members", wrong, lambda node: (f"{rows.node_name(node)}, {name}", str(column[node]), str(expected[node])))
