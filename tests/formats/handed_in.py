"""Files as members hand them in, made here byte by byte, and what the reader makes of them."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from rescounter.formats import read
from rescounter.intake.submitted import Submitted
from rescounter.terms import CallerFault

HEADER = "debtor,creditor,amount\n"


def hand_in(content: bytes | str, *, name: str = "handed-in", **options: Any) -> Submitted:
    """Read *content* as if it were piped in."""
    return read(io.BytesIO(content.encode() if isinstance(content, str) else content), name=name, **options)


def rows(submitted: Submitted) -> list[tuple[Any, ...]]:
    """The cells row by row, in the order of the columns."""
    return list(zip(*(cells.to_pylist() for cells in submitted.columns.values()), strict=True))


def numbers(submitted: Submitted) -> list[int]:
    """The data row of each row."""
    return list(range(1, len(submitted) + 1)) if submitted.row_numbers is None else submitted.row_numbers.tolist()


def fault_of(content: bytes | str, **options: Any) -> CallerFault:
    """The fault with which *content* is refused."""
    with pytest.raises(CallerFault) as caught:
        hand_in(content, **options)
    assert caught.value.what_to_do, "a fault without a remedy"
    assert caught.value.message.isprintable(), "a message that would spoil a terminal"
    return caught.value


def code_of(content: bytes | str, **options: Any) -> str:
    """The code of that fault."""
    return fault_of(content, **options).code


def written(write: Callable[[io.BytesIO], object]) -> bytes:
    """What *write* puts into a file."""
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def as_parquet(table: pa.Table, **options: Any) -> bytes:
    return written(lambda file: parquet.write_table(table, file, **options))


def as_arrow(table: pa.Table, *, stream: bool = False) -> bytes:
    def write(file: io.BytesIO) -> None:
        with (pa.ipc.new_stream if stream else pa.ipc.new_file)(file, table.schema) as sink:
            sink.write_table(table)

    return written(write)


def as_csv(table: pa.Table, separator: str = ",") -> bytes:
    lines = [table.column_names, *(["" if cell is None else str(cell) for cell in row.values()] for row in table.to_pylist())]
    return "".join(separator.join(line) + "\n" for line in lines).encode()


def as_json_lines(table: pa.Table) -> bytes:
    return "".join(json.dumps(row, default=str) + "\n" for row in table.to_pylist()).encode()


def as_json_array(table: pa.Table) -> bytes:
    return json.dumps(table.to_pylist(), default=str, indent=2).encode()


def workbook(lines: Iterable[Iterable[Any]], *, title: str = "Sheet1") -> bytes:
    """A workbook as openpyxl writes it."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for line in lines:
        sheet.append(list(line))
    return written(book.save)


def as_xlsx(table: pa.Table) -> bytes:
    return workbook([table.column_names, *(row.values() for row in table.to_pylist())])


def unpacked_zip(content: bytes) -> bytes:
    """The same package without compression, so that a changed byte changes the XML."""

    def write(file: io.BytesIO) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as new, zipfile.ZipFile(io.BytesIO(content)) as old:
            for name in old.namelist():
                new.writestr(name, old.read(name))

    return written(write)


def edited_zip(content: bytes, part: str, edit: Callable[[bytes], bytes]) -> bytes:
    """The same package with one part changed."""

    def write(file: io.BytesIO) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new, zipfile.ZipFile(io.BytesIO(content)) as old:
            for name in old.namelist():
                new.writestr(name, edit(old.read(name)) if name == part else old.read(name))

    return written(write)


SAMPLE = pa.table(
    {
        "debtor": ["ANA", "BO", "Çelik & Søn"],
        "creditor": ["BO", "CY", "ANA"],
        "amount": ["10.50", "7", "0.1"],
        "currency": ["EUR", None, "USD"],
        "id": ["007", "INV-2", "NA"],
    }
)

FORMATS: dict[str, Callable[[pa.Table], bytes]] = {
    "csv": as_csv,
    "parquet": as_parquet,
    "arrow_file": as_arrow,
    "arrow_stream": lambda table: as_arrow(table, stream=True),
    "json_lines": as_json_lines,
    "json_array": as_json_array,
    "xlsx": as_xlsx,
}

PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda content: content,
    "gzip": lambda content: gzip.compress(content, mtime=0),
    "zstd": lambda content: pa.compress(content, codec="zstd", asbytes=True),
    "zstd in gzip": lambda content: gzip.compress(pa.compress(content, codec="zstd", asbytes=True)),
}
