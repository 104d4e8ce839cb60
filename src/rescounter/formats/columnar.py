"""Parquet, Arrow files and streams, and tables that are already in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa

from rescounter.formats.cells import column_of
from rescounter.formats.header import Header, match_header
from rescounter.formats.source import Source
from rescounter.intake.submitted import Submitted
from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["read_arrow_file", "read_arrow_stream", "read_parquet", "submitted_of"]

_STREAM_ENDS: Final = (b"\xff\xff\xff\xff\x00\x00\x00\x00", b"\x00\x00\x00\x00")
_DECODING: Final = (pa.ArrowException, OSError, MemoryError, UnicodeError, ValueError, KeyError)
"""What Arrow raises on damaged bytes."""


def submitted_of(table: pa.Table, header: Header, *, name: str) -> Submitted:
    """The columns of *table* that *header* found, by canonical name.

    Refuses: no row (no_rows), columns of types without single values (column_type).
    """
    if table.num_rows == 0:
        raise CallerFault("no_rows", f"{name} has columns but no row")
    columns: dict[str, pa.Array] = {}
    float_cells = {}
    notes = []
    for column, place in header.places.items():
        columns[column], mask = column_of(column, table.column(place))
        if mask is not None:
            float_cells[column] = mask
            notes.append(f"the column {column} is stored in {table.schema.types[place]}, which holds few digits: check the amounts")
    return Submitted(columns, float_cells=float_cells, notes=tuple(notes))


def read_parquet(source: Source, *, wanted: Mapping[str, str]) -> tuple[Submitted, Header]:
    """The wanted columns of a Parquet file; the others are not read."""
    import pyarrow.parquet as parquet

    handle = source.handle()
    if handle.size() < 12 or _tail(handle, 4) not in (b"PAR1", b"PARE"):
        raise CallerFault("input_truncated", f"{source.name} begins as Parquet, but its footer is missing")
    file = _decoded(source, "Parquet", lambda: parquet.ParquetFile(handle, pre_buffer=False))
    found = _decoded(source, "Parquet", lambda: file.schema_arrow.names)
    header = match_header(found, wanted)
    names = [found[place] for place in header.places.values()]
    table = _decoded(source, "Parquet", lambda: _checked(file.read(columns=names, use_threads=True)))
    return submitted_of(table, _places_in(table, header, names), name=source.name), header


def read_arrow_file(source: Source, *, wanted: Mapping[str, str]) -> tuple[Submitted, Header]:
    """An Arrow IPC file, which is also Feather 2."""
    handle = source.handle()
    if _tail(handle, 6) != b"ARROW1":
        raise CallerFault("input_truncated", f"{source.name} begins as an Arrow file, but its footer is missing")
    found = _decoded(source, "Arrow", lambda: pa.ipc.open_file(handle).schema.names)
    header = match_header(found, wanted)
    options = pa.ipc.IpcReadOptions(included_fields=sorted(header.places.values()))
    table = _decoded(source, "Arrow", lambda: _checked(pa.ipc.open_file(handle, options=options).read_all()))
    names = [found[place] for place in header.places.values()]
    return submitted_of(table, _places_in(table, header, names), name=source.name), header


def read_arrow_stream(source: Source, *, wanted: Mapping[str, str]) -> tuple[Submitted, Header]:
    """An Arrow IPC stream; one that lacks its end mark was cut, perhaps between two batches."""
    data = source.content()
    if not data.endswith(_STREAM_ENDS):
        raise CallerFault("input_truncated", f"{source.name} begins as an Arrow stream, but its end mark is missing")
    found = _decoded(source, "Arrow", lambda: pa.ipc.open_stream(pa.BufferReader(data)).schema.names)
    header = match_header(found, wanted)
    options = pa.ipc.IpcReadOptions(included_fields=sorted(header.places.values()))
    table = _decoded(source, "Arrow", lambda: _checked(pa.ipc.open_stream(pa.BufferReader(data), options=options).read_all()))
    names = [found[place] for place in header.places.values()]
    return submitted_of(table, _places_in(table, header, names), name=source.name), header


def _places_in(table: pa.Table, header: Header, names: list[str]) -> Header:
    places = {column: table.schema.names.index(name) for column, name in zip(header.places, names, strict=True)}
    return Header(places, header.ignored)


def _tail(handle: pa.NativeFile, size: int) -> bytes:
    handle.seek(max(0, handle.size() - size))
    tail: bytes = handle.read(size)
    handle.seek(0)
    return tail


def _checked(table: pa.Table) -> pa.Table:
    """Offsets and text inside files are not checked on reading: bad ones would crash later."""
    table.validate(full=True)
    return table


def _decoded(source: Source, kind: str, decode: Callable[[], Any]) -> Any:
    try:
        return decode()
    except _DECODING as error:
        raise CallerFault("input_damaged", f"{source.name} cannot be decoded as {kind}: {shown(str(error))}") from error
