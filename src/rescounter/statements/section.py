"""Sections: the parts of a statement, as values that any room can make and every rendering prints.

A room that has something to tell a member (a dispute, a call of the guarantee) hands in sections; what a
statement tells by itself is made of the same. A section holds words, lines, a table, or all three.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from markupsafe import Markup

from rescounter.terms.faults import holds
from rescounter.terms.money import Money

__all__ = ["KINDS", "Cell", "Column", "Kind", "Line", "Row", "Section", "Table"]

Kind: TypeAlias = Literal["text", "money", "date", "count", "share"]
KINDS: Final[tuple[Kind, ...]] = ("text", "money", "date", "count", "share")

Cell: TypeAlias = str | int | Money | datetime.date | None
"""``None`` is an empty cell. A column of kind money holds `Money`, of kind date days, of kind count integers, of kind share texts."""
Row: TypeAlias = tuple[Cell, ...]

_NO_PICTURE: Final = Markup()
_TYPES: Final = {"text": str, "money": Money, "date": datetime.date, "count": int, "share": str}


@dataclass(frozen=True, slots=True)
class Line:
    """A label with its value, and perhaps a note that explains it. *is_exact*: the value is printed letter by letter, line by line."""

    label: str
    value: str | Money
    note: str = ""
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: what stands over it, and what its cells are."""

    heading: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under headings. *totals* are further rows, told apart. *left_out* rows are not here, but in the file *file*.

    Law: every row has one cell for each column, of the column's kind.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Row, ...] = ()
    left_out: int = 0
    file: str = ""

    @property
    def is_signed(self) -> bool:
        """Whether an amount is below zero: then nothing is written as a zero, since a dash could be taken for a sign."""
        return any(isinstance(cell, Money) and cell.minor < 0 for row in (*self.rows, *self.totals) for cell in row)

    def __post_init__(self) -> None:
        types = [_TYPES[column.kind] for column in self.columns]
        for row in (*self.rows, *self.totals):
            holds(len(row) == len(types), "a_row_has_a_cell_for_each_column", cells=len(row), columns=len(types))
            fits = all(cell is None or isinstance(cell, kind) for cell, kind in zip(row, types, strict=True))
            holds(fits, "a_cell_is_of_its_column_s_kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a statement. *name*: its key in JSON and the stem of its file; ASCII letters and underscores.

    *picture*: a figure for the page alone, which tells nothing that words, lines and table do not.
    """

    name: str
    title: str
    words: str = ""
    lines: tuple[Line, ...] = ()
    table: Table | None = None
    picture: Markup = _NO_PICTURE

    @property
    def currencies(self) -> frozenset[str]:
        """Currencies of which it tells amounts, in lines or table."""
        rows = (*self.table.rows, *self.table.totals) if self.table else ()
        cells = (*(line.value for line in self.lines), *(cell for row in rows for cell in row))
        return frozenset(cell.currency for cell in cells if isinstance(cell, Money))
