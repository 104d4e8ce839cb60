"""Tables as they must be before anything can be computed: columns, types, nothing missing, sums in range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.terms import INT64_MAX
from rescounter.terms.refusals import shown
from rescounter.terms.tables import CIRCUITS, LIQUIDITY, POTENTIALS, REFUSALS_TABLE, members_schema, obligations_schema
from rescounter.verification.network import NO_DUE, Rows, codes, column, overflowing
from rescounter.verification.verdict import Finding, at, told

__all__ = ["METHODS", "RULES", "WEIGHT_MAX", "check_choices", "check_ranges", "check_shapes"]

METHODS: Final = ("set-off", "net", "set-off-then-net")
RULES: Final = ("oldest", "pro-rata")
WEIGHT_MAX: Final = 100

_MAY_BE_EMPTY: Final = frozenset({"due", "class", "excluded", "reference"})

_DATE_FIRST: Final = -719_162
"""0001-01-01 in days since 1970: with `_DATE_LAST` what ``YYYY-MM-DD`` can say."""

_DATE_LAST: Final = 2_932_896
"""9999-12-31."""


def check_choices(summary: Mapping[str, object]) -> list[Finding]:
    """Method and allocation rule must be among those that exist."""
    choices = (("method", METHODS), ("allocation", RULES))
    return [
        Finding("summary", name, told(summary.get(name)), " or ".join(allowed))
        for name, allowed in choices
        if not (isinstance(summary.get(name), str) and summary[name] in allowed)
    ]


def check_shapes(tables: Mapping[str, pa.Table], *, netting: bool) -> list[Finding]:
    """Columns, types and missing cells of every table; circuits and liquidity may be absent."""
    schemas = {
        "obligations": _obligations_schema(tables.get("obligations"), netting=netting),
        "members": members_schema(netting=netting, liquidity="liquidity" in tables),
        "potentials": POTENTIALS,
        "refusals": REFUSALS_TABLE,
    }
    schemas |= {name: schema for name, schema in (("liquidity", LIQUIDITY), ("circuits", CIRCUITS)) if name in tables}
    return [finding for name, schema in schemas.items() for finding in _check_shape(name, tables.get(name), schema)]


def _obligations_schema(found: pa.Table | None, *, netting: bool) -> pa.Schema:
    given = [] if found is None else found.column_names
    return obligations_schema(netting=netting, reference="reference" in given, weight="weight" in given)


def _check_shape(name: str, table: pa.Table | None, schema: pa.Schema) -> list[Finding]:
    if table is None:
        return [Finding("shape", name, "no table", "a table")]
    if not table.schema.equals(schema):
        return [_difference(name, table.schema, schema)]
    try:
        table.validate(full=True)
    except pa.ArrowInvalid as damage:
        return [Finding("shape", name, str(damage), "columns in order, texts in UTF-8")]
    required = [each for each in schema.names if each not in _MAY_BE_EMPTY]
    return [finding for each in required for finding in _check_filled(name, each, table[each])]


def _difference(name: str, found: pa.Schema, expected: pa.Schema) -> Finding:
    strange, missing = _columns(found, expected), _columns(expected, found)
    if strange or missing:
        return Finding("shape", name, f"columns {strange or 'missing'}", missing or "no such columns")
    return Finding("shape", name, "columns in another order", ", ".join(expected.names))


def _columns(schema: pa.Schema, other: pa.Schema) -> str:
    """Columns that only *schema* has."""
    return ", ".join(f"{shown(field.name)} {field.type}" for field in schema if field not in list(other))


def _check_filled(table: str, name: str, cells: pa.ChunkedArray) -> list[Finding]:
    empty = pc.is_null(cells)
    if pa.types.is_string(cells.type) and table != "refusals":
        empty = pc.fill_null(pc.equal(cells, ""), True)
    return at("shape", empty.to_numpy(), lambda place: (f"{table}, row {place + 1}, {name}", "an empty cell", "a value"))


def check_ranges(rows: Rows, circuits: pa.Table | None) -> list[Finding]:
    """Sums of each currency fit int64, so nothing that is added later can overflow unseen; dates can be written; weights weigh."""
    columns = (rows.amount, rows.cleared, rows.residual, rows.replaced)
    beyond = overflowing(rows.currency, columns, len(rows.currency_names))
    findings = [Finding("range", shown(rows.currency_names[place]), "sums beyond int64", f"at most {INT64_MAX} in sum") for place in beyond]
    strange = (rows.due != NO_DUE) & ((rows.due < _DATE_FIRST) | (rows.due > _DATE_LAST))
    findings += at("range", strange, lambda place: (rows.where(place), f"due on day {rows.due[place]}", "0001-01-01 to 9999-12-31"))
    beyond_weight = (rows.weight < 1) | (rows.weight > WEIGHT_MAX)
    findings += at("range", beyond_weight, lambda place: (rows.where(place), f"weight {rows.weight[place]}", f"1 to {WEIGHT_MAX}"))
    return findings if circuits is None else findings + _check_circuit_ranges(rows, circuits)


def _check_circuit_ranges(rows: Rows, circuits: pa.Table) -> list[Finding]:
    names = pa.array(rows.currency_names, pa.string())
    currency = codes(column(circuits, "currency"), names)
    strange = currency < 0
    if np.any(strange):
        return at(
            "circuits", strange, lambda place: (f"row {place + 1}", shown(circuits["currency"][place]), "a currency of the obligations")
        )
    beyond = overflowing(currency, [column(circuits, "amount_minor").to_numpy()], len(names))
    return [
        Finding("range", f"circuits in {rows.currency_names[place]}", "sums beyond int64", f"at most {INT64_MAX} in sum")
        for place in beyond
    ]
