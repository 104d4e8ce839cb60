"""Conservation: what a member clears on one side it clears on the other; and the members table."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.verification.cash import Cash
from rescounter.verification.names import check_names
from rescounter.verification.network import Ints, Rows, totals
from rescounter.verification.verdict import Finding, at

__all__ = ["check_conservation", "check_members", "members_of"]


def check_conservation(rows: Rows, cash: Cash) -> list[Finding]:
    """Each member clears as debtor what it clears as creditor, in each currency, but for the cash that it drew or received."""
    size = len(rows.nodes)
    debts, claims, drawn = totals(rows.owes, rows.cleared, size), totals(rows.is_owed, rows.cleared, size), cash.drawn()

    def tell(node: int) -> tuple[str, str, str]:
        found, expected = f"cleared {debts[node]} as debtor", f"{claims[node]}, as it cleared as creditor"
        if cash.has[node]:
            found, expected = f"{found} and received {cash.received[node]}", f"{claims[node]} cleared as creditor and {drawn[node]} drawn"
        return rows.node_name(node), found, expected

    return at("conservation", debts + cash.received != claims + drawn, tell)


def members_of(rows: Rows, cash: Cash | None, *, netting: bool) -> dict[str, Ints]:
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
    if cash is not None:
        columns["cleared_claims_minor"] = totals(rows.is_owed, rows.cleared, size)
        columns |= {"injected_minor": cash.injected, "loan_minor": cash.loan, "received_minor": cash.received}
    return columns


def check_members(rows: Rows, cash: Cash | None, table: pa.Table, *, netting: bool) -> list[Finding]:
    """The members table holds these sums and no others; *cash* where the result has liquidity."""
    names = check_names("members", rows, table)
    if names:
        return names
    findings: list[Finding] = []
    for name, expected in members_of(rows, cash, netting=netting).items():
        findings += _check_column(rows, name, table[name], expected)
    return findings


def _check_column(rows: Rows, name: str, column: pa.ChunkedArray, expected: Ints) -> list[Finding]:
    wrong = pc.not_equal(column, pa.array(expected)).to_numpy()
    return at("members", wrong, lambda node: (f"{rows.node_name(node)}, {name}", str(column[node]), str(expected[node])))
