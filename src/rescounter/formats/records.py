"""The records of a CSV file, every cell as text.

Row n is the n-th record below the header. Blank lines, and records whose cells are all empty, are no
rows, but they count: so row n stands in line n + 1 of a file that begins with its header and has no
line breaks inside quotes. A record that lacks cells, or has a cell beyond the named columns, is
unreadable; empty cells beyond them (spreadsheets write them) do no harm.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.formats.cells import one_array, trimmed_text
from rescounter.formats.header import trimmed
from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["Layout", "Records", "records_of"]

_BLOCK_MAX: Final = 2**31 - 1
_TEXT_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Layout:
    """How records look: *width* cells, of which the first *named* belong to columns with a name or an index."""

    separator: str
    places: Mapping[str, int]
    width: int
    named: int
    quoted: bool


@dataclass(frozen=True, slots=True)
class Records:
    """Text by canonical column; *numbers* is None where the rows are 1, 2, 3, ..., as in `Submitted`."""

    columns: Mapping[str, pa.Array]
    numbers: NDArray[np.int64] | None
    unreadable: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class _Parsed:
    """Columns ``c<place>``; *numbers* of the records where some were left out."""

    table: pa.Table
    numbers: NDArray[np.int64] | None
    unreadable: tuple[tuple[int, str], ...]


def records_of(body: pa.Buffer, layout: Layout, *, name: str) -> Records:
    """Split *body* into records.

    Refuses: a last record that is cut off (input_truncated), what cannot be split at all (input_damaged).
    """
    if not body.size:
        return Records({column: pa.array([], pa.string()) for column in layout.places}, None, ())
    parsed = _parsed(body, layout, name)
    columns = {column: _text(parsed.table, place) for column, place in layout.places.items()}
    strays = [_text(parsed.table, place) for place in range(layout.named, layout.width)]
    stray = _any_cell(strays, size=parsed.table.num_rows)
    filled = _filled(columns, stray, parsed, body, layout)
    keep = filled & ~stray
    if keep.all():
        return Records(columns, _unless_plain(parsed.numbers), parsed.unreadable)
    numbers = np.arange(1, len(keep) + 1) if parsed.numbers is None else parsed.numbers
    unreadable = sorted([*parsed.unreadable, *_told(strays, stray, numbers)])
    columns = {column: cells.filter(pa.array(keep)) for column, cells in columns.items()}
    return Records(columns, _unless_plain(numbers[keep]), tuple(unreadable))


def _parsed(body: pa.Buffer, layout: Layout, name: str) -> _Parsed:
    places = sorted({*layout.places.values(), *range(layout.named, layout.width)})
    try:
        return _Parsed(_cells(body, layout, places), None, ())
    except pa.ArrowInvalid:
        return _parsed_with_care(body, layout, name)


def _parsed_with_care(body: pa.Buffer, layout: Layout, name: str) -> _Parsed:
    """Once more in one thread, where each record that does not fit is known by its number."""
    misfits: dict[int, str] = {}
    try:
        table = _cells(body, layout, range(layout.width), misfits=misfits)
    except pa.ArrowInvalid as error:
        raise CallerFault("input_damaged", f"{name} cannot be split into rows: {shown(str(error))}") from error
    total = table.num_rows + len(misfits)
    unreadable: list[tuple[int, str]] = []
    mended: dict[int, list[str]] = {}
    for number, text in misfits.items():
        cells = _split(text, layout.separator)
        if len(cells) >= layout.named and not any(map(trimmed, cells[layout.named :])):
            mended[number] = (cells + [""] * layout.width)[: layout.width]
        elif any(map(trimmed, cells)):
            if number == total and len(cells) < layout.named and not _ends_its_line(body):
                raise CallerFault("input_truncated", f"{name} ends in the middle of row {number}: {shown(text)}", row=number)
            unreadable.append((number, f"{len(cells)} cells for {layout.named} columns: {text[:_TEXT_LENGTH_MAX]}"))
    numbers = np.setdiff1d(np.arange(1, total + 1), np.fromiter(misfits, np.int64), assume_unique=True)
    return _with_mended(_Parsed(table, numbers, tuple(unreadable)), mended)


def _with_mended(parsed: _Parsed, mended: Mapping[int, Sequence[str]]) -> _Parsed:
    if not mended or parsed.numbers is None:
        return parsed
    patch = pa.table([pa.array(cells, pa.string()) for cells in zip(*mended.values(), strict=True)], names=parsed.table.column_names)
    numbers = np.concatenate([parsed.numbers, np.fromiter(mended, np.int64)])
    order = np.argsort(numbers, kind="stable")
    return _Parsed(pa.concat_tables([parsed.table, patch]).take(pa.array(order)), numbers[order], parsed.unreadable)


def _split(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error:  # a cell of more than 131,072 characters
        return [text]


def _ends_its_line(body: pa.Buffer) -> bool:
    return body.slice(body.size - 1).to_pybytes() in (b"\n", b"\r")


def _cells(body: pa.Buffer, layout: Layout, places: Iterable[int], *, misfits: dict[int, str] | None = None) -> pa.Table:
    """The cells of the columns at *places*; with *misfits*, records that do not fit go there instead of failing."""
    import pyarrow.csv as arrow_csv

    def keep(row: Any) -> str:
        if misfits is not None:
            misfits[row.number] = row.text
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


def _filled(
    columns: Mapping[str, pa.Array], stray: NDArray[np.bool_], parsed: _Parsed, body: pa.Buffer, layout: Layout
) -> NDArray[np.bool_]:
    """Which records hold any cell at all; the columns that were not wanted are read only when it depends on them."""
    filled = _any_cell(list(columns.values()), size=len(stray)) | stray
    others = sorted(set(range(layout.named)) - set(layout.places.values()))
    if filled.all() or not others:
        return filled
    table = parsed.table if parsed.numbers is not None else _cells(body, layout, others)
    return filled | _any_cell([_text(table, place) for place in others], size=len(stray))


def _any_cell(columns: Sequence[pa.Array], *, size: int) -> NDArray[np.bool_]:
    if any(cells.null_count == 0 for cells in columns):
        return np.ones(size, bool)
    masks = (np.asarray(cells.is_valid()) for cells in columns if cells.null_count < size)
    return functools.reduce(np.logical_or, masks, np.zeros(size, bool))


def _told(strays: Sequence[pa.Array], stray: NDArray[np.bool_], numbers: NDArray[np.int64]) -> list[tuple[int, str]]:
    """What stands beyond the named columns, for each record where anything does."""
    places = np.flatnonzero(stray)
    if not len(places):
        return []
    text = pc.coalesce(*strays).take(pa.array(places)).to_pylist()
    return [
        (int(number), f"a cell without a column: {cell[:_TEXT_LENGTH_MAX]}") for number, cell in zip(numbers[places], text, strict=True)
    ]


def _unless_plain(numbers: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    return None if numbers is None or np.array_equal(numbers, np.arange(1, len(numbers) + 1)) else numbers
