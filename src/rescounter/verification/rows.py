"""Each obligation by itself, and the order in which they stand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.terms import EXCLUSIONS, INT64_MAX
from rescounter.terms.refusals import shown
from rescounter.verification.network import Rows, flags
from rescounter.verification.verdict import Finding, at, capped

__all__ = ["check_bounds", "check_excluded", "check_ids", "check_order", "check_parties", "check_replaced"]


def check_ids(rows: Rows) -> list[Finding]:
    """No id stands twice."""
    counts = pc.value_counts(rows.ids)
    double = counts.filter(pc.greater(counts.field("counts"), 1))
    told = (Finding("ids", f"obligation {shown(entry['values'])}", f"{entry['counts']} rows", "one row") for entry in double)
    return capped("ids", len(double), told)


def check_parties(rows: Rows) -> list[Finding]:
    """Debtor and creditor differ."""
    return at("parties", rows.debtor == rows.creditor, lambda place: (rows.where(place), "one member on both sides", "two members"))


def check_bounds(rows: Rows) -> list[Finding]:
    """0 < amount, 0 <= cleared <= amount, residual = amount - cleared."""
    amount, cleared, residual = rows.amount, rows.cleared, rows.residual
    beyond = (cleared < 0) | (cleared > amount)
    return [
        *at("amount", amount <= 0, lambda place: (rows.where(place), str(amount[place]), f"1 to {INT64_MAX}")),
        *at("bounds", beyond, lambda place: (rows.where(place), f"cleared {cleared[place]}", f"0 to {amount[place]}")),
        *at(
            "residual",
            residual != amount - cleared,
            lambda place: (rows.where(place), str(residual[place]), f"{amount[place]} - {cleared[place]}"),
        ),
    ]


def check_excluded(rows: Rows, excluded: pa.ChunkedArray) -> list[Finding]:
    """Codes of the column *excluded* are known; what was kept out clears nothing."""
    known = pc.is_in(pc.fill_null(excluded, ""), value_set=pa.array(["", *EXCLUSIONS])).to_numpy()
    cleared = ~rows.included & (rows.cleared != 0)
    return [
        *at("excluded", ~known, lambda place: (rows.where(place), shown(excluded[place]), f"empty, {', '.join(EXCLUSIONS)}")),
        *at("excluded", cleared, lambda place: (rows.where(place), f"cleared {rows.cleared[place]}", "0, as it was kept out")),
    ]


def check_replaced(rows: Rows, *, method: str) -> list[Finding]:
    """Netting replaces the whole residual of what is included; method ``net`` sets nothing off."""
    netting = method != "set-off"
    expected = np.where(rows.included & netting, rows.residual, 0)
    findings = at("replaced", rows.replaced != expected, lambda place: (rows.where(place), str(rows.replaced[place]), str(expected[place])))
    if method == "net":
        findings += at("method", rows.cleared != 0, lambda place: (rows.where(place), f"cleared {rows.cleared[place]}", "0 by method net"))
    return findings


def check_order(rows: Rows) -> list[Finding]:
    """Rows stand by currency, debtor, creditor, weight (heaviest first), due (none last), id; none stands behind its place."""
    if len(rows.due) == 0:
        return []
    return at(
        "order", ~_ascending(rows), lambda place: (rows.where(place + 1), f"behind {rows.where(place)}", "the canonical order of rows")
    )


def _ascending(rows: Rows) -> NDArray[np.bool_]:
    digits = flags(pc.match_substring_regex(rows.ids, r"\A[0-9]+\z"))
    length = pc.utf8_length(rows.ids).to_numpy() * digits
    ascending = flags(pc.greater(rows.ids.slice(1), rows.ids.slice(0, len(rows.ids) - 1)))
    # From the last key of the order to the first: a key decides where it differs.
    for key in (length, ~digits, rows.due, -rows.weight, rows.creditor, rows.debtor, rows.currency):
        before, after = key[:-1], key[1:]
        ascending = (after > before) | ((after == before) & ascending)
    return ascending
