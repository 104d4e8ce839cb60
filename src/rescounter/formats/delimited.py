"""CSV: where its records begin and how its cells are separated, told from the header line.

`records` reads the records themselves, and says how rows are counted.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa

from rescounter.formats.header import Header, find_header, is_header, match_header, trimmed
from rescounter.formats.records import Layout, records_of
from rescounter.intake.submitted import Submitted
from rescounter.terms import CallerFault

__all__ = ["read_delimited"]

_SEPARATORS: Final = ",;\t|"
_TOP: Final = 1 << 16
_TOP_ROWS: Final = 20
_DECLARED: Final = re.compile(r"sep=([^\r\n])(?:\r\n|\r|\n)", re.IGNORECASE)
_END: Final = "\x00end\x00"


def read_delimited(data: bytes, *, name: str, wanted: Mapping[str, str]) -> tuple[Submitted, Header]:
    """All records of a text file in UTF-8.

    Refuses: no header or no row, a header that does not fit, a file that ends inside a record.
    """
    header, layout, start = _layout(data, name, wanted)
    if layout.quoted:
        _refuse_open_quote(data, start, layout, name)
    records = records_of(_body(data, start), layout, name=name)
    if not records.unreadable and not any(len(cells) for cells in records.columns.values()):
        raise CallerFault("no_rows", f"{name} has a header but no row below it")
    return Submitted(records.columns, records.numbers, records.unreadable, notes=_notes(layout)), header


def _layout(data: bytes, name: str, wanted: Mapping[str, str]) -> tuple[Header, Layout, int]:
    """The header, how the records below it look, and the byte at which they begin."""
    top = data[:_TOP].decode(errors="ignore")
    skipped, separator = _declared_separator(top)
    top = top[skipped:]
    separator = separator or _sniffed(top, wanted)
    tops = list(itertools.islice(_top_records(top, separator), _TOP_ROWS))
    rows = [row for _, row in tops]
    place = find_header(rows, wanted)
    names, below = rows[place], rows[place + 1] if place + 1 < len(rows) else []
    header = match_header(names, wanted)
    if tops[place][0] == len(top) and len(data) > _TOP:
        raise CallerFault("input_not_a_table", f"{name} has a header of more than {_TOP} characters")
    named = max(place for place, cell in enumerate(names) if trimmed(cell)) + 1
    # Spreadsheets write empty cells behind the last one; where the rows have more than the header, we follow the rows.
    width = max(len(names), len(below)) if not any(trimmed(cell) for cell in below[named:]) else len(names)
    start = skipped + len(top[: tops[place][0]].encode())
    layout = Layout(separator, header.places, width=width, named=named, quoted=data.find(b'"', start) >= 0)
    return header, layout, start


def _body(data: bytes, start: int) -> pa.Buffer:
    """The records; Arrow would take a mark at their very beginning, which belongs to a cell, for the file's."""
    if data.startswith(codecs.BOM_UTF8, start):
        return pa.py_buffer(codecs.BOM_UTF8 + data[start:])
    return pa.py_buffer(data).slice(start)


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


def _refuse_open_quote(data: bytes, start: int, layout: Layout, name: str) -> None:
    """A file that ends inside quotes was cut, or a quote is wrong: all below it would be one cell.

    Only an odd number of quotes needs the exact look: does a line put behind the file become a
    record of its own?
    """
    if data.count(b'"', start) % 2 == 0:
        return
    lines = io.TextIOWrapper(io.BytesIO(data[start:]), encoding="utf-8", newline="")
    reader = csv.reader(itertools.chain(lines, (f"{_END}{layout.separator}{_END}",)), delimiter=layout.separator)
    above = line = data.count(b"\n", 0, start)
    try:
        for row in reader:
            if row == [_END, _END]:
                return
            if not row or not row[-1].endswith(_END):
                line = above + reader.line_num
    except csv.Error:
        pass  # a cell of more than 131,072 characters: that quote never closes either
    raise CallerFault("input_truncated", f"{name} ends inside a quoted cell, which opens in line {line + 1}", line=line + 1)


def _notes(layout: Layout) -> tuple[str, ...]:
    separator = {",": (), "\t": ("cells are separated by tabs",)}
    return separator.get(layout.separator, (f"cells are separated by {layout.separator}",))
