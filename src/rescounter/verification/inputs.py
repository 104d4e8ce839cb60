"""The result against what was handed in: exactly the rows that a second reading admits, no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.terms.refusals import shown
from rescounter.terms.tables import REFUSALS_TABLE
from rescounter.verification.network import flags
from rescounter.verification.verdict import Finding, at, capped

__all__ = ["compare_with_input", "compare_with_liquidity"]

_COLUMNS: Final = ("debtor", "creditor", "currency", "amount_minor", "due", "class", "weight", "excluded", "reference")


def compare_with_input(
    obligations: pa.Table, admitted: pa.Table, *, refusals: pa.Table | None = None, refused: pa.Table | None = None
) -> tuple[Finding, ...]:
    """Whether a result holds exactly the rows that its input holds.

    Args:
        obligations, refusals: tables of the result. admitted: the input, read and admitted again, with
        the columns id, debtor, creditor, currency, amount_minor, due, class, excluded and perhaps weight and
        reference, in any order of rows. refused: the refusals of that second reading.
    Returns: a finding for each row that is missing, strange or changed; none when all agree.
    """
    findings = _differing_ids(obligations, admitted)
    place = pc.index_in(obligations["id"], value_set=admitted["id"].combine_chunks())
    shared = pc.is_valid(place)
    ours, theirs = obligations.filter(shared), admitted.take(pc.drop_null(place))
    for name in _COLUMNS:
        findings += _differing_cells(name, ours, theirs)
    if refusals is not None and refused is not None:
        findings += _differing_refusals(refusals, refused)
    return tuple(findings)


def compare_with_liquidity(liquidity: pa.Table, lines: pa.Table) -> tuple[Finding, ...]:
    """Whether a result had exactly the lines and the fund that a file of liquidity holds.

    Args: *liquidity*: the table of the result. *lines*: the file, read and admitted again: currency, member and
    available_minor of each line, in any order; who has no line has nothing available.
    """
    found, expected = (
        {(row["currency"], row["member"]): row["available_minor"] for row in table.to_pylist() if row["available_minor"]}
        for table in (liquidity, lines)
    )
    differing = sorted(who for who in found.keys() | expected.keys() if found.get(who) != expected.get(who))
    told = (
        Finding(
            "liquidity",
            f"{shown(member)} in {shown(code)}",
            f"{found.get((code, member), 0)} available",
            f"{expected.get((code, member), 0)}",
        )
        for code, member in differing
    )
    return tuple(capped("liquidity", len(differing), told))


def _differing_ids(obligations: pa.Table, admitted: pa.Table) -> list[Finding]:
    ours, theirs = obligations["id"], admitted["id"]
    strange = ours.filter(pc.invert(pc.is_in(ours, value_set=theirs.combine_chunks())))
    missing = theirs.filter(pc.invert(pc.is_in(theirs, value_set=ours.combine_chunks())))
    double = len(ours) - pc.count_distinct(ours).as_py()
    findings = capped("input", len(strange), (_differing_id(id, "a row in the result", "none in the input") for id in strange))
    findings += capped("input", len(missing), (_differing_id(id, "no row in the result", "the row of the input") for id in missing))
    return [*findings, Finding("input", "ids", f"{double} doubled", "each once")] if double else findings


def _differing_id(id: pa.Scalar, found: str, expected: str) -> Finding:
    return Finding("input", f"obligation {shown(id)}", found, expected)


def _differing_cells(name: str, ours: pa.Table, theirs: pa.Table) -> list[Finding]:
    found, expected = _cells(ours, name), _cells(theirs, name)
    wrong = flags(pc.not_equal(found, expected))
    ids = ours["id"]
    return at(
        "input",
        wrong,
        lambda place: (f"obligation {shown(ids[place])}, {name}", shown(found[place].as_py()), shown(expected[place].as_py())),
    )


def _cells(table: pa.Table, name: str) -> pa.Array:
    """The column as text, empty where there is nothing; amounts stay exact as decimals."""
    if name not in table.column_names:
        return pa.repeat("", table.num_rows)
    return pc.fill_null(table[name].combine_chunks().cast(pa.string()), "")


def _differing_refusals(found: pa.Table, expected: pa.Table) -> list[Finding]:
    names: Sequence[str] = REFUSALS_TABLE.names
    if found.num_rows != expected.num_rows:
        return [Finding("input", "refusals", f"{found.num_rows} rows", f"{expected.num_rows} rows")]
    wrong = np.zeros(found.num_rows, bool)
    for name in names:
        wrong |= flags(pc.not_equal(_cells(found, name), _cells(expected, name)))
    return at("input", wrong, lambda place: (f"refused row {found['row'][place]}", _line(found, place), _line(expected, place)))


def _line(table: pa.Table, place: int) -> str:
    return ", ".join(shown(table[name][place]) for name in ("row", "id", "code", "found"))
