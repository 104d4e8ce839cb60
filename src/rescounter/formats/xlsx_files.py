"""The tables of a result as XLSX workbooks of one sheet, for people.

Integers of 2^53 and more are written as text, since a spreadsheet would round them; dates before
March 1900, which Excel counts wrongly, as text too. An empty text and a null are both an empty cell.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.formats.csv_files import schema_of
from rescounter.formats.sheets import sheet_rows
from rescounter.formats.source import open_source
from rescounter.terms import CallerFault

__all__ = ["read_xlsx", "refuse_what_no_sheet_holds", "write_xlsx"]

_ROWS_MAX: Final = 1_048_575
_TEXT_LENGTH_MAX: Final = 32_767
_EXACT_BELOW: Final = 2**53
_DATES_FROM: Final = datetime.date(1900, 3, 1)
_CREATED: Final = datetime.datetime(2000, 1, 1)
_WIDTH_MIN, _WIDTH_MAX, _WIDTH_SAMPLE = 8, 60, 200


def refuse_what_no_sheet_holds(name: str, table: pa.Table) -> None:
    """Refuses: too many rows, too long texts, and the two non-characters that XML cannot hold."""
    if table.num_rows > _ROWS_MAX:
        message = f"the table {name} has {table.num_rows:,} rows; a sheet holds {_ROWS_MAX:,} below the header"
        raise CallerFault("too_many_rows_for_xlsx", message, table=name, rows=table.num_rows)
    for column, cells in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(cells.type):
            longest = pc.max(pc.utf8_length(cells)).as_py() or 0
            if longest > _TEXT_LENGTH_MAX or pc.any(pc.match_substring_regex(cells, r"[\x{fffe}\x{ffff}]")).as_py():
                raise CallerFault(
                    "text_not_for_xlsx", f"the table {name} holds text in its column {column} that no sheet can hold", column=column
                )


def write_xlsx(table: pa.Table, path: Path) -> None:
    """Write *table* to *path*, row by row, in little memory."""
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
    workbook.set_properties({"created": _CREATED})
    sheet = workbook.add_worksheet(path.stem)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(table.num_rows, 1), max(table.num_columns - 1, 0))
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, _width(table.column_names[place], column))
    bold = workbook.add_format({"bold": True})
    for place, name in enumerate(table.column_names):
        sheet.write_string(0, place, name, bold)
    writers = [_cell_writer(sheet, workbook, kind) for kind in table.schema.types]
    for number, row in enumerate(_rows(table), 1):
        for place, cell in enumerate(row):
            if cell is not None:
                writers[place](number, place, cell)
    try:
        workbook.close()
    except FileCreateError as error:
        raise OSError(str(error)) from error


def read_xlsx(path: Path, schemas: Sequence[pa.Schema]) -> pa.Table:
    """Read what `write_xlsx` wrote from a table of one of *schemas*.

    Raises: ValueError or CallerFault when the file holds anything else.
    """
    rows = list(sheet_rows(open_source(path)))
    schema = schema_of([str(cell) for cell in rows[0]] if rows else [], schemas)
    columns = list(zip(*rows[1:], strict=True)) or [()] * len(schema)
    return pa.table([_column(cells, field.type) for cells, field in zip(columns, schema, strict=True)], schema=schema)


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    for batch in table.to_batches(max_chunksize=4096):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _cell_writer(sheet: Any, workbook: Any, kind: pa.DataType) -> Callable[[int, int, Any], object]:
    if pa.types.is_date32(kind):
        iso = workbook.add_format({"num_format": "yyyy-mm-dd"})
        return lambda row, place, day: (
            sheet.write_datetime(row, place, day, iso) if day >= _DATES_FROM else sheet.write_string(row, place, day.isoformat())
        )
    if pa.types.is_integer(kind):
        return lambda row, place, number: (
            sheet.write_number(row, place, number) if abs(number) < _EXACT_BELOW else sheet.write_string(row, place, str(number))
        )
    return sheet.write_string  # type: ignore[no-any-return]


def _width(name: str, column: pa.ChunkedArray) -> int:
    """Wide enough for the name and the first cells."""
    sample = column.slice(0, _WIDTH_SAMPLE).cast(pa.string())
    longest = pc.max(pc.utf8_length(sample)).as_py() or 0
    return int(min(max(_WIDTH_MIN, len(name) + 3, longest + 1), _WIDTH_MAX))


def _column(cells: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_date32(kind):
        return pa.array([datetime.date.fromisoformat(cell) if isinstance(cell, str) else cell for cell in cells], kind)
    if pa.types.is_integer(kind):
        return pa.array([_integer(cell) for cell in cells], kind)
    if any(cell is not None and not isinstance(cell, str) for cell in cells):
        raise ValueError("a column of text holds a number or a date")
    return pa.array(cells, kind)


def _integer(cell: Any) -> int | None:
    if cell is None:
        return None
    number = int(cell)
    if isinstance(cell, float) and (number != cell or abs(number) >= _EXACT_BELOW):
        raise ValueError(f"{cell} is no whole number that a sheet keeps exactly")
    return number
