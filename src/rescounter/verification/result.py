"""The order of the checks of a whole result.

First what everything rests on: choices, shapes, and sums that fit int64. Where that fails nothing can
be computed and the verdict says so. Then all other checks run, each on its own, so that one fault
never hides another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from rescounter.verification.allocation import check_allocation
from rescounter.verification.circuits import check_circuits
from rescounter.verification.circulation import check_conservation, check_members
from rescounter.verification.exponents import check_exponents
from rescounter.verification.network import Edges, Rows, merge, read_rows
from rescounter.verification.optimality import check_potentials
from rescounter.verification.refused import check_refusals
from rescounter.verification.roots import check_roots
from rescounter.verification.rows import check_bounds, check_excluded, check_ids, check_order, check_parties, check_replaced
from rescounter.verification.shapes import check_choices, check_ranges, check_shapes
from rescounter.verification.totals import check_totals
from rescounter.verification.verdict import Finding, Verdict

__all__ = ["INPUT_NOT_READ", "verify_result"]

INPUT_NOT_READ: Final = "that these obligations are the ones that were handed in: compare with the input"
"""What no look at a result alone can prove."""

_NOT_PROVEN: Final = (
    INPUT_NOT_READ,
    "that every member was given this result_root: members compare it",
)
_NOTHING: Final = "anything else: the tables cannot be computed with"
_WRONG: Final = "anything: see what is wrong"


def verify_result(tables: Mapping[str, pa.Table], summary: Mapping[str, object], *, cycle_key: bytes | None = None) -> Verdict:
    """Check everything that `docs/CERTIFICATE.md` says of a result.

    Args: *tables*: obligations, members, potentials, refusals and perhaps circuits, in the schemas of
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
    findings = check_ranges(rows, tables.get("circuits"))
    if findings:
        return Verdict(tuple(findings), (), (_NOTHING,))
    edges = merge(rows)
    groups = {
        _rows_sentence(rows): _check_rows(rows, tables, method=method),
        _optimum_sentence(method): _check_optimum(rows, edges, tables["potentials"], method=method),
        f"rule {rule} gives each obligation exactly its part": check_allocation(rows, edges, rule=rule),
        "the refusals are complete and known": check_refusals(tables["refusals"]),
        "the decimal digits of every currency are those of ISO 4217, or declared where it gives none": check_exponents(summary),
        "the summary holds these totals": check_totals(summary, rows, edges, method=method, refused=tables["refusals"].num_rows),
        f"the roots and the input digest belong to these rows: result_root {summary.get('result_root')}": check_roots(
            summary, tables, cycle_key=cycle_key
        ),
    }
    if "circuits" in tables:
        groups["the circuits add up to what was cleared"] = check_circuits(rows, edges, tables["circuits"])
    return _verdict(groups, circuits="circuits" in tables)


def _check_rows(rows: Rows, tables: Mapping[str, pa.Table], *, method: str) -> list[Finding]:
    return [
        *check_ids(rows),
        *check_order(rows),
        *check_parties(rows),
        *check_bounds(rows),
        *check_excluded(rows, tables["obligations"]["excluded"]),
        *check_replaced(rows, method=method),
        *check_members(rows, tables["members"], netting=method != "set-off"),
    ]


def _check_optimum(rows: Rows, edges: Edges, potentials: pa.Table, *, method: str) -> list[Finding]:
    return [*check_conservation(rows), *check_potentials(rows, edges, potentials, method=method)]


def _rows_sentence(rows: Rows) -> str:
    return f"{len(rows.amount):,} obligations are each within bounds, and the members' sums are theirs"


def _optimum_sentence(method: str) -> str:
    if method == "net":
        return "nothing was set off; each member's obligations are one position towards the union"
    return "every member clears as debtor what it clears as creditor, and no other choice clears more"


def _verdict(groups: Mapping[str, list[Finding]], *, circuits: bool) -> Verdict:
    findings = tuple(finding for found in groups.values() for finding in found)
    if findings:
        return Verdict(findings, (), (_WRONG,))
    absent = () if circuits else ("circuits: this result holds none",)
    return Verdict((), tuple(groups), absent + _NOT_PROVEN)
