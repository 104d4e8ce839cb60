"""A document as plain text for a terminal of a given width: amounts to the right, texts folded, nothing cut off."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from rescounter.statements.documents import Document, amount
from rescounter.statements.section import Cell, Column, Line, Section, Table
from rescounter.terms.money import Money
from rescounter.terms.refusals import shown

__all__ = ["WIDTH_MIN", "plain_text"]

WIDTH_MIN: Final = 60
_GAP: Final = "  "
_BELOW: Final = "    "
_TEXT_LEAST: Final = 8
_TEXT_BESIDE: Final = 20
_LABEL_MOST: Final = 26


def plain_text(document: Document, width: int = 100, *, rows_max: int = 60) -> str:
    """All of *document*; tables are cut after *rows_max* rows, and say so. A *width* below `WIDTH_MIN` is taken for it."""
    width = max(width, WIDTH_MIN)
    lines = [document.union, document.what, "=" * min(width, max(len(document.union), len(document.what))), ""]
    lines += textwrap.wrap(document.title, width)
    for paragraph in (*document.deck, *document.marks):
        lines += ["", *textwrap.wrap(paragraph, width)]
    if document.currency:
        lines += ["", f"Amounts in {document.currency}."]
    for section in document.sections:
        lines += ["", "", *_section(section, document.exponents, width, rows_max)]
    if document.colophon:
        lines += ["", "", *textwrap.wrap(document.colophon, width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _section(section: Section, exponents: Mapping[str, int], width: int, rows_max: int) -> Iterator[str]:
    yield from (section.title, "-" * len(section.title))
    if section.words:
        yield from (*textwrap.wrap(section.words, width), "")
    label_width = min(_LABEL_MOST, max((len(line.label) for line in section.lines), default=0))
    for line in section.lines:
        yield from _line(line, exponents, label_width, width)
    if section.table is not None:
        if section.lines:
            yield ""
        yield from _table(section.table, exponents, width, rows_max)


def _line(line: Line, exponents: Mapping[str, int], label_width: int, width: int) -> Iterator[str]:
    value = amount(line.value, exponents, alone=True) if isinstance(line.value, Money) else line.value
    room = width - label_width - len(_GAP)
    is_beside = not line.is_exact or ("\n" not in value and len(value) + len(line.note) + 2 <= room)
    if line.note and is_beside:
        value = f"{value}, {line.note}"
    told = [piece for row in value.splitlines() or [""] for piece in ([row] if line.is_exact else _folded(row, room))]
    if line.note and not is_beside:
        told += _folded(line.note, room)
    for label, piece in zip_longest(textwrap.wrap(line.label, label_width) or [""], told, fillvalue=""):
        yield f"{label:<{label_width}}{_GAP}{piece}"


def _table(table: Table, exponents: Mapping[str, int], width: int, rows_max: int) -> Iterator[str]:
    kept = table.rows[:rows_max]
    nil = "0" if table.is_signed else "-"
    cells = [[_cell(cell, exponents, nil) for cell in row] for row in kept]
    totals = [[_cell(cell, exponents, "0") for cell in row] for row in table.totals]
    grid = _grid(table.columns, [*cells, *totals], width)
    rule = _GAP.join("-" * wide for wide in grid.widths)
    yield from _row([column.heading for column in table.columns], grid, width)
    yield rule
    for row in cells:
        yield from _row(row, grid, width)
    left_out = table.left_out + len(table.rows) - len(kept)
    if left_out:
        yield f"... and {left_out:,} more" + (f", in {table.file}" if table.file else "")
    if totals:
        yield rule
        for row in totals:
            yield from _row(row, grid, width)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Columns side by side with their widths. One more text, the last of the row, stands below it where there is no room beside."""

    columns: Sequence[Column]
    widths: Sequence[int]
    has_text_below: bool


def _grid(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> _Grid:
    widths = _widths(columns, rows, width)
    longest = max((len(row[-1]) for row in rows), default=0)
    if columns[-1].kind == "text" and len(columns) > 2 and widths[-1] < min(longest, _TEXT_BESIDE):
        beside = columns[:-1]
        return _Grid(beside, _widths(beside, [row[:-1] for row in rows], width), has_text_below=True)
    return _Grid(columns, widths, has_text_below=False)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """As wide as what stands in them; where that is too wide, texts give way, the widest first, and are folded."""
    cells = [max((len(row[place]) for row in rows), default=0) for place in range(len(columns))]
    widths = [max(cell, len(column.heading)) for cell, column in zip(cells, columns, strict=True)]
    words = [max((len(word) for word in column.heading.split()), default=0) for column in columns]
    texts = [place for place, column in enumerate(columns) if column.kind == "text"]
    others = [place for place, column in enumerate(columns) if column.kind != "text"]
    least = [_TEXT_LEAST if place in texts else max(cells[place], words[place]) for place in range(len(columns))]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    for group in (others, texts):  # headings over amounts fold before texts do
        while excess > 0 and (open := [place for place in group if widths[place] > least[place]]):
            widths[max(open, key=lambda place: widths[place])] -= 1
            excess -= 1
    return widths


def _row(cells: Sequence[str], grid: _Grid, width: int) -> Iterator[str]:
    beside = cells[:-1] if grid.has_text_below else cells
    folded = [_folded(cell, wide) for cell, wide in zip(beside, grid.widths, strict=True)]
    for pieces in zip_longest(*folded, fillvalue=""):
        yield _GAP.join(_aligned(piece, column, wide) for piece, column, wide in zip(pieces, grid.columns, grid.widths, strict=True))
    if grid.has_text_below and cells[-1]:
        yield from (_BELOW + piece for piece in _folded(cells[-1], width - len(_BELOW)))


def _folded(text: str, wide: int) -> list[str]:
    if len(text) <= wide:
        return [text]
    return textwrap.wrap(text, max(wide, 1), break_on_hyphens=False) or [""]


def _aligned(piece: str, column: Column, wide: int) -> str:
    return f"{piece:>{wide}}" if column.kind in ("money", "count", "share") else f"{piece:<{wide}}"


def _cell(cell: Cell, exponents: Mapping[str, int], nil: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return amount(cell, exponents) if cell.minor or nil == "0" else nil
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return f"{cell:,}" if isinstance(cell, int) else _safe(cell)


def _safe(text: str) -> str:
    """Hidden characters escaped, so that no name plays with the terminal."""
    return text if text.isprintable() else shown(text)
