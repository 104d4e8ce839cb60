"""Reading: any file or table of obligations becomes `Submitted`.

The format is told from the content; the name only decides where content leaves it open. White space
(ASCII, and the no-break space) around text is trimmed in every format, and empty text is an empty
cell. `delimited`, `json_lines`, `sheets` and `columnar` say how each format counts its rows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import BinaryIO, Final

import pyarrow as pa

from rescounter.formats.header import Header, match_header, wanted_names
from rescounter.formats.source import Source, format_of, open_source
from rescounter.intake.submitted import LINE_COLUMNS, Submitted
from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["SUBMITTER", "read", "read_arrow", "read_columns", "read_lines", "read_submission"]

_NO_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({})
_IGNORED_SHOWN_MAX: Final = 12

SUBMITTER: Final = "submitter"
"""Column that names who hands a row in, where one file is for many."""


def read(
    source: str | os.PathLike[str] | BinaryIO,
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    encoding: str | None = None,
    sheet: str | None = None,
    name: str | None = None,
) -> Submitted:
    """Read CSV, Parquet, Arrow (file, stream, Feather 2), JSON Lines or XLSX, packed with gzip or zstd or not.

    Args: *source* a path, or a binary stream (``sys.stdin.buffer``); *columns* the file's name for
    some of `COLUMNS`; *encoding* of a text file that is neither UTF-8 nor marked; *sheet* of a
    workbook; *name* of the source in messages.
    Raises: CallerFault when there is no table that can be read as a whole.
    """
    return _read_table(source, wanted_names(columns), encoding=encoding, sheet=sheet, name=name)


def read_submission(
    source: str | os.PathLike[str] | BinaryIO,
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Submitted:
    """As `read`, with the column ``submitter`` where there is one: what a union's operator hands in for many members."""
    return _read_table(source, {**wanted_names(columns), SUBMITTER: SUBMITTER}, encoding=encoding, sheet=sheet, name=None)


def read_lines(source: object, *, encoding: str | None = None) -> Submitted:
    """Read a file or Arrow table of liquidity: the columns `LINE_COLUMNS`, from any format of `read`.

    Raises: CallerFault as `read` and `read_arrow` do.
    """
    wanted = dict(zip(LINE_COLUMNS, LINE_COLUMNS, strict=True))
    if isinstance(source, str | os.PathLike) or hasattr(source, "read"):
        return _read_table(source, wanted, encoding=encoding, sheet=None, name=None)  # type: ignore[arg-type]
    return _read_arrow(source, wanted)


def read_columns(
    source: str | os.PathLike[str] | BinaryIO, columns: Sequence[str], *, encoding: str | None = None, sheet: str | None = None
) -> Submitted:
    """Read a file of another kind, `header.ACCOUNT_COLUMNS` or `header.TRANSFER_COLUMNS`, from any format of `read`.

    Raises: CallerFault as `read` does.
    """
    return _read_table(source, dict(zip(columns, columns, strict=True)), encoding=encoding, sheet=sheet, name=None)


def _read_table(
    source: str | os.PathLike[str] | BinaryIO, wanted: Mapping[str, str], *, encoding: str | None, sheet: str | None, name: str | None
) -> Submitted:
    opened = open_source(source, name=name)
    try:
        submitted, header, kind = _read_as(format_of(opened), opened, wanted, encoding=encoding, sheet=sheet)
    except OSError as error:
        raise CallerFault("input_unreadable", f"{opened.name} cannot be read: {shown(error.strerror or str(error))}") from error
    notes = _unused_options(kind, encoding=encoding, sheet=sheet) + submitted.notes + _ignored(header)
    return replace(submitted, notes=notes)


def read_arrow(table: object, *, columns: Mapping[str, str] = _NO_COLUMNS) -> Submitted:
    """Read anything with the Arrow PyCapsule interface: Polars, pandas, PyArrow, DuckDB.

    Raises: CallerFault when it is no such table, or lacks columns or rows.
    """
    return _read_arrow(table, wanted_names(columns))


def _read_arrow(table: object, wanted: Mapping[str, str]) -> Submitted:
    from rescounter.formats.columnar import submitted_of

    arrow = _as_arrow(table)
    header = match_header([str(name) for name in arrow.schema.names], wanted)
    submitted = submitted_of(arrow, header, name="the table")
    return replace(submitted, notes=submitted.notes + _ignored(header))


def _read_as(
    kind: str, source: Source, wanted: Mapping[str, str], *, encoding: str | None, sheet: str | None
) -> tuple[Submitted, Header, str]:
    if kind in ("csv", "json"):
        from rescounter.formats.delimited import read_delimited
        from rescounter.formats.json_lines import read_json
        from rescounter.formats.text import as_utf8

        text, notes = as_utf8(source.content(), name=source.name, encoding=encoding)
        submitted, header = (read_json if kind == "json" else read_delimited)(text, name=source.name, wanted=wanted)
        return replace(submitted, notes=notes + submitted.notes), header, kind
    if kind == "xlsx":
        from rescounter.formats.sheets import read_workbook

        return *read_workbook(source, sheet=sheet, wanted=wanted), kind
    from rescounter.formats import columnar

    reader = {"parquet": columnar.read_parquet, "arrow_file": columnar.read_arrow_file, "arrow_stream": columnar.read_arrow_stream}[kind]
    return *reader(source, wanted=wanted), kind


def _as_arrow(table: object) -> pa.Table:
    if isinstance(table, pa.Table):
        return table
    if not (hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__")):
        found = type(table).__name__
        raise CallerFault(
            "input_not_a_table", f"a {found} has no Arrow PyCapsule interface; pass a Polars, pandas, PyArrow or DuckDB table"
        )
    try:
        return pa.table(table)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise CallerFault("column_type", f"the table cannot be handed over as Arrow: {shown(str(error))}") from error


def _unused_options(kind: str, *, encoding: str | None, sheet: str | None) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    if encoding is not None and kind not in ("csv", "json"):
        notes += (f"--encoding was not used: {kind} says itself how its text is stored",)
    if sheet is not None and kind != "xlsx":
        notes += ("--sheet was not used: only a workbook has sheets",)
    return notes


def _ignored(header: Header) -> tuple[str, ...]:
    named = [name for name in header.ignored if name]
    if not named:
        return ()
    more = f" and {len(named) - _IGNORED_SHOWN_MAX} more" if len(named) > _IGNORED_SHOWN_MAX else ""
    return (f"columns that were left out: {', '.join(map(shown, named[:_IGNORED_SHOWN_MAX]))}{more}",)
