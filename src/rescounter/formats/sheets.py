"""XLSX workbooks, through calamine.

Row n is the n-th row of the sheet below the header: empty rows are no rows, but they count. Numbers
arrive as the binary floating-point numbers that a workbook stores, dates as dates, and the error of a
formula (#N/A) as that text. Hidden and filtered rows are rows.
"""

from __future__ import annotations

import datetime
import io
import itertools
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Final, TypeAlias
from xml.etree.ElementTree import ParseError

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rescounter.formats.cells import TEXT_COLUMNS, number_text, trimmed_text
from rescounter.formats.header import Header, find_header, is_header, match_header, trimmed
from rescounter.formats.sheet_scan import CELLS_MAX, parts_of_sheets, scan_sheet
from rescounter.formats.source import Source
from rescounter.intake.submitted import Submitted
from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["read_workbook", "sheet_rows"]

Cell: TypeAlias = str | float | bool | datetime.date | datetime.time | datetime.timedelta | None

_TOP_ROWS: Final = 20
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, ParseError, OSError, EOFError, RuntimeError, ValueError, KeyError, OverflowError)
_DIGITS_KEPT_BELOW: Final = 1e15
"""A spreadsheet keeps 15 digits of a number."""


def read_workbook(source: Source, *, sheet: str | None, wanted: Mapping[str, str]) -> tuple[Submitted, Header]:
    """The rows of *sheet*, or of the first visible sheet that has the header.

    Refuses: no such sheet, no header, no row; a workbook that cannot be opened or is far too large.
    """
    content = source.content()
    workbook = _guarded(source, lambda: _workbook(content))
    visible = _visible(workbook)
    names = [_named(sheet, workbook.sheet_names)] if sheet is not None else visible or list(workbook.sheet_names)
    chosen, top, rows = _first_with_header(source, workbook, names, wanted)
    labels = [[_label(cell) for cell in row] for row in top]
    place = find_header(labels, wanted)
    header = match_header(labels[place], wanted)
    others = tuple(name for name in visible if name != chosen)
    notes = (f"read the sheet {shown(chosen)}; not read: {', '.join(map(shown, others))}",) if others else ()
    submitted = _submitted(itertools.chain(top[place + 1 :], rows), header, labels[place], source.name)
    return replace(submitted, notes=notes + submitted.notes), header


def sheet_rows(source: Source) -> Iterator[list[Cell]]:
    """All rows of the first sheet, from its first row on; empty cells are None."""
    content = source.content()
    workbook = _guarded(source, lambda: _workbook(content))
    return _rows(source, workbook, workbook.sheet_names[0]) if workbook.sheet_names else iter(())


def _workbook(content: bytes) -> Any:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(io.BytesIO(content))


def _visible(workbook: Any) -> list[str]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]


def _named(sheet: str, names: Sequence[str]) -> str:
    for name in names:
        if name == sheet or name.casefold() == sheet.strip().casefold():
            return name
    raise CallerFault(
        "option_invalid", f"there is no sheet {shown(sheet)}; the sheets are {', '.join(map(shown, names))}", sheets=list(names)
    )


def _first_with_header(
    source: Source, workbook: Any, names: Sequence[str], wanted: Mapping[str, str]
) -> tuple[str, list[list[Cell]], Iterator[list[Cell]]]:
    """The first sheet with the header near its top; without any, the first that holds a cell."""
    fallback = None
    for name in names:
        rows = _rows(source, workbook, name)
        top = list(itertools.islice(rows, _TOP_ROWS))
        if any(is_header([_label(cell) for cell in row], wanted) for row in top):
            return name, top, rows
        if fallback is None and any(cell is not None for row in top for cell in row):
            fallback = name, top, rows
    if fallback is None:
        raise CallerFault("input_empty", f"{source.name} has no sheet with a cell")
    return fallback


def _rows(source: Source, workbook: Any, name: str) -> Iterator[list[Cell]]:
    content = source.content()
    scan = _guarded(source, lambda: scan_sheet(content, parts_of_sheets(content)[name]))
    if scan.too_large:
        message = (
            f"the sheet {shown(name)} reaches {scan.rows:,} rows down and {scan.columns:,} columns across; {CELLS_MAX:,} cells are read"
        )
        raise CallerFault("sheet_too_large", message, rows=scan.rows, columns=scan.columns)
    sheet = _guarded(source, lambda: workbook.get_sheet_by_name(name))
    with _Guard(source):
        for number, row in enumerate(sheet.iter_rows()):
            cells = [None if cell == "" else cell for cell in row]
            if scan.errors:
                cells = [scan.errors.get((number, place), cell) if cell is None else cell for place, cell in enumerate(cells)]
            yield cells


def _guarded(source: Source, work: Callable[[], Any]) -> Any:
    """Do *work* on bytes that may be damaged: whatever the libraries say of them becomes one fault."""
    with _Guard(source):
        return work()


@dataclass(frozen=True, slots=True)
class _Guard:
    """Turns what the libraries raise on damaged bytes into one fault.

    A panic of Rust arrives as a class that no module offers, below BaseException: it can only be
    known by its name. The workbook is dropped then.
    """

    source: Source

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        from python_calamine import CalamineError

        if kind is not None and (issubclass(kind, (CalamineError, *_DAMAGE)) or kind.__name__ == "PanicException"):
            said = shown(str(error) or kind.__name__)
            raise CallerFault("input_damaged", f"{self.source.name} cannot be read as a workbook (.xlsx): {said}") from error


def _label(cell: Cell) -> str:
    return _text(cell) or ""


def _text(cell: Cell) -> str | None:
    """What a cell says, as text."""
    match cell:
        case None | str():
            return cell
        case bool():
            return "true" if cell else "false"
        case int() | float():
            return number_text(float(cell))
        case datetime.datetime() if cell.time() == datetime.time():
            return cell.date().isoformat()
        case datetime.date() | datetime.time():
            return cell.isoformat()
    return str(cell)


def _submitted(rows: Iterable[Sequence[Cell]], header: Header, labels: Sequence[str], name: str) -> Submitted:
    numbers: list[int] = []
    margin = max(place for place, label in enumerate(labels) if trimmed(label)) + 1
    in_margin = 0
    cells: dict[str, list[Cell]] = {column: [] for column in header.places}
    places = list(header.places.items())
    for number, row in enumerate(rows, 1):
        if any(cell is not None for cell in row):
            numbers.append(number)
            in_margin += any(cell is not None for cell in row[margin:])
            for column, place in places:
                cells[column].append(row[place] if place < len(row) else None)
    if not numbers:
        raise CallerFault("no_rows", f"{name} has a header but no row below it")
    built = {column: _column(column, values) for column, values in cells.items()}
    masks = {column: mask for column, (_, mask) in built.items() if mask is not None}
    long = [column for column, values in cells.items() if column in TEXT_COLUMNS and _holds_long_number(values)]
    notes = [
        f"the column {column} holds numbers of more than 15 digits, of which a spreadsheet keeps 15: store it as text" for column in long
    ]
    if in_margin:
        notes.append(f"cells to the right of the named columns were left out, in {in_margin} row(s)")
    plain = None if numbers[-1] == len(numbers) else np.array(numbers, np.int64)
    return Submitted({column: array for column, (array, _) in built.items()}, plain, float_cells=masks, notes=tuple(notes))


def _holds_long_number(values: Iterable[Cell]) -> bool:
    return any(isinstance(cell, float) and abs(cell) >= _DIGITS_KEPT_BELOW for cell in values)


def _column(column: str, values: Sequence[Cell]) -> tuple[pa.Array, NDArray[np.bool_] | None]:
    """One array: of the one kind that all cells are, else text with a mask of what were numbers."""
    kinds = {type(cell) for cell in values if cell is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_()), None
    if column not in TEXT_COLUMNS and column not in ("divisible", "weight"):
        if kinds == {float}:
            return pa.array(values, pa.float64()), None
        if kinds and kinds <= {datetime.date, datetime.datetime}:
            return _dates(values), None
        if float in kinds:
            texts = [repr(cell) if isinstance(cell, float) else _text(cell) for cell in values]
            return trimmed_text(pa.array(texts, pa.string())), np.array([isinstance(cell, float) for cell in values])
    return trimmed_text(pa.array([_text(cell) for cell in values], pa.string())), None


def _dates(values: Sequence[Any]) -> pa.Array:
    if all(cell is None or not isinstance(cell, datetime.datetime) or cell.time() == datetime.time() for cell in values):
        return pa.array([cell.date() if isinstance(cell, datetime.datetime) else cell for cell in values], pa.date32())
    moments = [None if cell is None else datetime.datetime.fromisoformat(cell.isoformat()) for cell in values]
    return pa.array(moments, pa.timestamp("us"))
