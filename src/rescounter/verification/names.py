"""Tables with a row for each member of each currency: all of them, once, in order, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from rescounter.terms.refusals import shown
from rescounter.verification.network import Ints, Rows
from rescounter.verification.verdict import Finding, capped

__all__ = ["check_names"]


def check_names(
    check: str, rows: Rows, table: pa.Table, further: Sequence[str] = (), places: Ints | None = None, *, elsewhere: bool = True
) -> list[Finding]:
    """The table holds each member of each currency once, in order, and nobody else.

    Args: *further* names stand beside the members in the currencies *places*; *elsewhere*: False where the
    table holds these currencies alone.
    """
    expected = _expected(rows, further, np.zeros(0, np.int64) if places is None else places, elsewhere=elsewhere)
    if expected.num_rows == table.num_rows and all(table[name].equals(expected[name]) for name in expected.column_names):
        return []
    found = _pairs(table)
    return _differences(check, found, _pairs(expected)) or [Finding(check, "rows", "rows in another order", "order of currency and member")]


def _expected(rows: Rows, further: Sequence[str], places: Ints, *, elsewhere: bool) -> pa.Table:
    members, currencies = rows.node_names()
    expected = pa.table({"currency": pa.chunked_array([currencies]), "member": pa.chunked_array([members])})
    if not elsewhere:
        expected = expected.filter(pa.array(np.isin(rows.node_currency(), places)))
    if len(places) == 0:
        return expected
    names = pa.array(rows.currency_names, pa.string()).take(pa.array(np.repeat(places, len(further))))
    beside = pa.table({"currency": names, "member": pa.array([*further] * len(places), pa.string())})
    return pa.concat_tables([expected, beside]).sort_by([("currency", "ascending"), ("member", "ascending")])


def _pairs(table: pa.Table) -> list[tuple[str, str]]:
    return [(row["currency"], row["member"]) for row in table.select(["currency", "member"]).to_pylist()]


def _differences(check: str, found: list[tuple[str, str]], expected: list[tuple[str, str]]) -> list[Finding]:
    strangers, missing = sorted(set(found) - set(expected)), sorted(set(expected) - set(found))
    findings = capped(check, len(strangers), (Finding(check, f"{shown(who)} in {shown(unit)}", "a row", "none") for unit, who in strangers))
    findings += capped(
        check, len(missing), (Finding(check, f"{shown(who)} in {shown(unit)}", "no row", "one row") for unit, who in missing)
    )
    double = len(found) - len(set(found))
    return [*findings, Finding(check, "rows", f"{double} doubled", "each member once")] if double else findings
