"""CSV: the separator is told from the header line, every cell is read as text.

Row n is the n-th record below the header. Blank lines, and records whose cells are all empty, are no
rows, but they count: so row n stands in line n + 1 of a file that begins with its header and has no
line breaks inside quotes. A record whose number of cells does not fit the header is unreadable;
surplus cells that are all empty (spreadsheets write them) do no harm.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rescounter.formats.cells import one_array, trimmed_text
from rescounter.formats.header import Header, find_header, is_header, match_header, trimmed
from rescounter.intake.submitted import Submitted
from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["read_delimited"]

_SEPARATORS: Final = ",;\t|"
_TOP: Final = 1 << 16
_TOP_ROWS: Final = 20
_BLOCK_MAX: Final = 2**31 - 1
_TEXT_LENGTH_MAX: Final = 200
_DECLARED: Final = re.compile(r"sep=([^\r\n])(?:\r\n|\r|\n)", re.IGNORECASE)
_END: Final = "\x00end\x00"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the records begin, how many cells they have (*width*; *named* of them have a name)."""

    separator: str
    header: Header
    start: int
    width: int
    named: int
    quoted: bool


@dataclass(frozen=True, slots=True)
class _Records:
    """Cells by place in the header, as text; *numbers* is None where the records are 1, 2, 3, ..."""

    table: pa.Table
    numbers: NDArray[np.int64] | None
    unreadable: tuple[tuple[int, str], ...]


def read_delimited(data: bytes, *, name: str, wanted: Mapping[str, str]) -> tuple[Submitted, Header]:
    """All records of a text file in UTF-8.

    Refuses: no header or no row, a header that does not fit, a file that ends inside a record.
    """
    layout = _layout(data, name, wanted)
    body = pa.py_buffer(data).slice(layout.start)
    if layout.quoted:
        _refuse_open_quote(data, layout, name)
    records = _records_of(body, layout, name) if body.size else _Records(pa.table({}), None, ())
    columns = {column: _text(records.table, place) for column, place in layout.header.places.items() if body.size}
    filled = _filled_rows(columns, records, body, layout)
    numbers = records.numbers
    if filled is not None:
        columns = {column: cells.filter(pa.array(filled)) for column, cells in columns.items()}
        numbers = (np.arange(1, len(filled) + 1) if numbers is None else numbers)[filled]
    if not records.unreadable and not any(len(cells) for cells in columns.values()):
        raise CallerFault("no_rows", f"{name} has a header but no row below it")
    return Submitted(columns, _unless_plain(numbers), records.unreadable, notes=_notes(layout)), layout.header


def _layout(data: bytes, name: str, wanted: Mapping[str, str]) -> _Layout:
    top = data[:_TOP].decode(errors="ignore")
    skipped, separator = _declared_separator(top)
    top = top[skipped:]
    separator = separator or _sniffed(top, wanted)
    tops = list(itertools.islice(_top_records(top, separator), _TOP_ROWS))
    rows = [row for _, row in tops]
    place = find_header(rows, wanted)
    names = rows[place]
    header = match_header(names, wanted)
    if tops[place][0] == len(top) and len(data) > _TOP:
        raise CallerFault("input_not_a_table", f"{name} has a header of more than {_TOP} characters")
    width = len(names)
    below = rows[place + 1] if place + 1 < len(rows) else []
    if len(below) > width and not any(trimmed(cell) for cell in below[width:]):
        width = len(below)
    named = max(place for place, cell in enumerate(names) if trimmed(cell)) + 1
    start = skipped + len(top[: tops[place][0]].encode())
    return _Layout(separator, header, start, width, named, data.find(b'"', start) >= 0)


def _declared_separator(top: str) -> tuple[int, str | None]:
    """Excel's first line ``sep=;``: how many characters it takes, and the separator."""
    match = _DECLARED.match(top)
    return (match.end(), match[1]) if match else (0, None)


def _sniffed(top: str, wanted: Mapping[str, str]) -> str:
    """The separator under which a row of the top is the header; else the one that splits most."""

    def score(separator: str) -> tuple[int, int]:
        rows = [row for _, row in itertools.islice(_top_records(top, separator), _TOP_ROWS)]
        header = next((row for row in rows if is_header(row, wanted)), [])
        return len(header), max((len(row) for row in rows[:2]), default=0)

    return max(_SEPARATORS, key=score)


def _top_records(top: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Records, each with the place in *top* at which the next one begins."""
    place = 0

    def counted() -> Iterator[str]:
        nonlocal place
        for line in io.StringIO(top, newline=""):
            place += len(line)
            yield line

    with contextlib.suppress(csv.Error):  # a cell beyond what the csv module takes: nothing below it is a header
        for row in csv.reader(counted(), delimiter=separator):
            yield place, row


def _refuse_open_quote(data: bytes, layout: _Layout, name: str) -> None:
    """A file that ends inside quotes was cut, or a quote is wrong: all below it would be one cell.

    Only an odd number of quotes needs the exact look: does a line put behind the file become a
    record of its own?
    """
    if data.count(b'"', layout.start) % 2 == 0:
        return
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    reader = csv.reader(itertools.chain(lines, (_END,)), delimiter=layout.separator)
    line = 0
    try:
        for row in reader:
            if row == [_END]:
                return
            if not row or not row[-1].endswith(_END):
                line = reader.line_num
    except csv.Error:
        pass  # a cell of more than 131,072 characters: that quote never closes either
    raise CallerFault("input_truncated", f"{name} ends inside a quoted cell, which opens in line {line + 1}", line=line + 1)


def _records_of(body: pa.Buffer, layout: _Layout, name: str) -> _Records:
    try:
        return _Records(_parsed(body, layout, sorted(layout.header.places.values())), None, ())
    except pa.ArrowInvalid:
        return _with_care(body, layout, name)


def _with_care(body: pa.Buffer, layout: _Layout, name: str) -> _Records:
    """Once more in one thread, where each record that does not fit is known by its number."""
    misfits: list[tuple[int, str]] = []
    try:
        table = _parsed(body, layout, range(layout.width), misfits=misfits)
    except pa.ArrowInvalid as error:
        raise CallerFault("input_damaged", f"{name} cannot be split into rows: {shown(str(error))}") from error
    total = table.num_rows + len(misfits)
    unreadable: list[tuple[int, str]] = []
    mended: dict[int, list[str]] = {}
    for number, text in misfits:
        cells = next(csv.reader([text], delimiter=layout.separator), [])
        if not any(trimmed(cell) for cell in cells):
            continue
        if len(cells) >= layout.named and not any(trimmed(cell) for cell in cells[layout.width :]):
            mended[number] = (cells + [""] * layout.width)[: layout.width]
        elif number == total and len(cells) < layout.named and body.slice(body.size - 1).to_pybytes() not in b"\r\n":
            raise CallerFault("input_truncated", f"{name} ends in the middle of row {number}: {shown(text)}", row=number)
        else:
            unreadable.append((number, f"{len(cells)} cells for {layout.width} columns: {text[:_TEXT_LENGTH_MAX]}"))
    numbers = np.setdiff1d(np.arange(1, total + 1), np.array([number for number, _ in misfits], np.int64), assume_unique=True)
    return _merged(table, numbers, mended, tuple(unreadable))


def _merged(
    table: pa.Table, numbers: NDArray[np.int64], mended: Mapping[int, list[str]], unreadable: tuple[tuple[int, str], ...]
) -> _Records:
    if not mended:
        return _Records(table, numbers, unreadable)
    cells = list(zip(*mended.values(), strict=True))
    patch = pa.table([pa.array(column, pa.string()) for column in cells], names=table.column_names)
    numbers = np.concatenate([numbers, np.array(list(mended), np.int64)])
    order = np.argsort(numbers, kind="stable")
    return _Records(pa.concat_tables([table, patch]).take(pa.array(order)), numbers[order], unreadable)


def _parsed(body: pa.Buffer, layout: _Layout, places: Sequence[int], *, misfits: list[tuple[int, str]] | None = None) -> pa.Table:
    """The cells of the columns at *places*; with *misfits*, records that do not fit go there instead of failing."""
    import pyarrow.csv as arrow_csv

    def keep(row: Any) -> str:
        cast(list[tuple[int, str]], misfits).append((row.number, row.text))
        return "skip"

    chosen = [f"c{place}" for place in places]
    return arrow_csv.read_csv(
        pa.BufferReader(body),
        read_options=arrow_csv.ReadOptions(
            column_names=[f"c{place}" for place in range(layout.width)],
            use_threads=misfits is None,
            block_size=None if misfits is None else min(body.size, _BLOCK_MAX),
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.separator,
            newlines_in_values=layout.quoted,
            ignore_empty_lines=False,
            invalid_row_handler=None if misfits is None else keep,
        ),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=chosen,
            column_types=dict.fromkeys(chosen, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,  # the whole was checked before
        ),
    )


def _text(table: pa.Table, place: int) -> pa.Array:
    return trimmed_text(one_array(table.column(f"c{place}")))


def _filled_rows(columns: Mapping[str, pa.Array], records: _Records, body: pa.Buffer, layout: _Layout) -> NDArray[np.bool_] | None:
    """Which records hold any cell at all; None where all do. Other columns are read only when it depends on them."""
    filled = _any_cell(list(columns.values()))
    if filled is None or layout.width == len(columns):
        return filled
    others = sorted(set(range(layout.width)) - set(layout.header.places.values()))
    table = records.table if records.numbers is not None else _parsed(body, layout, others)
    elsewhere = _any_cell([_text(table, place) for place in others])
    filled = None if elsewhere is None else filled | elsewhere
    return None if filled is None or filled.all() else filled


def _any_cell(columns: Sequence[pa.Array]) -> NDArray[np.bool_] | None:
    if not columns or any(cells.null_count == 0 for cells in columns):
        return None
    filled = functools.reduce(np.logical_or, (np.asarray(cells.is_valid()) for cells in columns))
    return None if filled.all() else filled


def _unless_plain(numbers: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    return None if numbers is None or np.array_equal(numbers, np.arange(1, len(numbers) + 1)) else numbers


def _notes(layout: _Layout) -> tuple[str, ...]:
    separator = {",": (), "\t": ("cells are separated by tabs",)}
    return separator.get(layout.separator, (f"cells are separated by {layout.separator}",))
