"""How a test, or an attacker, changes one cell of a result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pyarrow as pa

from tests.verification.ledger_oracle import Item, Result, resealed, seal


def edited(table: pa.Table, row: int, /, **cells: object) -> pa.Table:
    """The table with other cells in one row."""
    rows = table.to_pylist()
    rows[row].update({name.removesuffix("_"): value for name, value in cells.items()})
    return pa.Table.from_pylist(rows, schema=table.schema)


def ordered(table: pa.Table, rows: Sequence[int]) -> pa.Table:
    """Some rows of the table in another order: left out, doubled, swapped."""
    return table.take(pa.array(rows, pa.int64()))


def with_table(result: Result, name: str, change: Callable[[pa.Table], pa.Table]) -> Result:
    """The result with one table changed, and sealed again over it."""
    return resealed(replace(result, tables={**result.tables, name: change(result.tables[name])}))


def with_items(result: Result, change: Callable[[list[Item]], list[Item]]) -> Result:
    """The result with other items: every sum, total, circuit list and root made to fit again."""
    return seal(replace(result, items=change(list(result.items))), circuits="circuits" in result.tables)


def with_item(result: Result, id: str, **cells: object) -> Result:
    """The result with one item changed and everything made to fit again."""
    return with_items(result, lambda items: [replace(item, **cells) if item.id == id else item for item in items])


def with_total(result: Result, currency: str, **figures: object) -> Result:
    """The result with other figures in its summary."""
    currencies = {**result.summary["currencies"], currency: {**result.summary["currencies"][currency], **figures}}
    return with_summary(result, currencies=currencies)


def with_summary(result: Result, **fields: object) -> Result:
    """The result with other fields in its summary."""
    return replace(result, summary={**result.summary, **fields})
