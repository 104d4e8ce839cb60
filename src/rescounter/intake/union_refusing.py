"""Refusals of a union's rows, made column-wise: what was found, what is allowed, which rule, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.keys import column
from rescounter.terms import Exponents, format_minor
from rescounter.terms.refusals import UNION_REFUSALS
from rescounter.terms.tables import REFUSALS_TABLE

__all__ = ["Texts", "amounts_told", "by_row", "joined", "refusals_under"]

Texts: TypeAlias = pa.Array | str
"""One text for each row, or one for all."""


def refusals_under(
    code: str, *, rows: NDArray[np.int64], ids: pa.Array, found: Texts, allowed: Texts = "", what_to_do: Texts = ""
) -> pa.Table:
    """One refusal under *code* for each row; *allowed* and *what_to_do* of the rule itself where nothing else is said."""
    rule = UNION_REFUSALS[code]
    columns = {
        "row": pa.array(rows, pa.int64()),
        "id": ids,
        "code": code,
        "found": found,
        "allowed": allowed or rule.allowed if isinstance(allowed, str) else allowed,
        "rule": rule.rule,
        "what_to_do": what_to_do or rule.what_to_do if isinstance(what_to_do, str) else what_to_do,
    }
    arrays = [pa.repeat(value, len(rows)) if isinstance(value, str) else value for value in columns.values()]
    return pa.table([array.cast(field.type) for array, field in zip(arrays, REFUSALS_TABLE, strict=True)], schema=REFUSALS_TABLE)


def by_row(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of refusals as one, in order of row and code."""
    whole = pa.concat_tables([table for table in tables if table.num_rows] or [REFUSALS_TABLE.empty_table()])
    return whole.take(pc.sort_indices(whole, sort_keys=[("row", "ascending"), ("code", "ascending"), ("id", "ascending")]))


def joined(*parts: pa.Array | str) -> pa.Array:
    """Texts one after the other, row by row."""
    return pc.binary_join_element_wise(*parts, "")


def amounts_told(table: pa.Table, exponents: Exponents) -> pa.Array:
    """``100.00 EUR`` for each row."""
    currencies = column(table, "currency").to_pylist()
    digits: Mapping[str, int] = {code: exponents.of(code) or 0 for code in set(currencies)}
    amounts = column(table, "amount_minor").to_pylist()
    told = [f"{format_minor(minor, digits[code], group=',')} {code}" for minor, code in zip(amounts, currencies, strict=True)]
    return pa.array(told, pa.string())
