"""The tables of a result as CSV: UTF-8, commas, line feeds, ISO dates, quotes only where needed.

A null is an empty cell, an empty text is ``""``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["csv_bytes", "read_csv", "schema_of", "write_csv"]

_ROWS_AT_ONCE = 1 << 16
_BLOCK_SIZE = 1 << 24


def write_csv(table: pa.Table, path: Path) -> None:
    """Write *table* to *path*; its columns hold text, integers or dates."""
    with path.open("wb") as file:
        _write(table, file)


def csv_bytes(table: pa.Table) -> bytes:
    """What `write_csv` writes."""
    file = BytesIO()
    _write(table, file)
    return file.getvalue()


def _write(table: pa.Table, file: BinaryIO) -> None:
    file.write((",".join(table.column_names) + "\n").encode())
    for lines in _lines(table):
        file.write(lines)


def read_csv(path: Path, schemas: Sequence[pa.Schema]) -> pa.Table:
    """Read what `write_csv` wrote from a table of one of *schemas*."""
    import pyarrow.csv as arrow_csv

    content = path.read_bytes()
    header, _, below = content.partition(b"\n")
    schema = schema_of(header.decode().split(","), schemas)
    if not below:
        return schema.empty_table()
    table = arrow_csv.read_csv(
        pa.BufferReader(content),
        # The header is skipped here, not cut off: a mark at the beginning of the first cell would be taken for the file's.
        read_options=arrow_csv.ReadOptions(column_names=schema.names, skip_rows=1, block_size=_BLOCK_SIZE),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )
    return table.combine_chunks()


def schema_of(names: Sequence[str], schemas: Sequence[pa.Schema]) -> pa.Schema:
    """The one of *schemas* that has these columns, in this order.

    Raises: ValueError when none has.
    """
    for schema in schemas:
        if schema.names == list(names):
            return schema
    raise ValueError(f"its columns are {', '.join(names[:20])}")


def _lines(table: pa.Table) -> Iterator[pa.Buffer]:
    """Whole lines, many at once: the cells of each row are joined, and the rows lie end to end."""
    for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        cells = [_cells(column) for column in batch.columns]
        lines = pc.binary_join_element_wise(*cells, pa.scalar(",", pa.large_string()))
        ended = pc.binary_join_element_wise(lines, pa.scalar("", pa.large_string()), pa.scalar("\n", pa.large_string()))
        size = np.frombuffer(ended.buffers()[1], np.int64)[len(ended)]
        yield ended.buffers()[2].slice(0, int(size))


def _cells(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column.cast(pa.string()).cast(pa.large_string()).fill_null("")
    text = column.cast(pa.large_string())
    special = pc.or_(pc.match_substring_regex(text, '[",\r\n]'), pc.equal(pc.binary_length(text), 0))
    if pc.any(special).as_py():
        quote = pa.scalar('"', pa.large_string())
        quoted = pc.binary_join_element_wise(quote, pc.replace_substring(text, '"', '""'), quote, pa.scalar("", pa.large_string()))
        text = pc.if_else(special, quoted, text)
    return text.fill_null("")
