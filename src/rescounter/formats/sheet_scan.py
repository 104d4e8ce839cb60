"""A look at the XML of a worksheet before calamine loads it.

Calamine allocates the whole rectangle up to the farthest cell: one stray cell in the last corner of a
sheet would ask for half a terabyte and end the process. It also drops the errors of formulas, which
must be handed on. Both are told here from the text of the XML, read in pieces.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

__all__ = ["CELLS_MAX", "SheetScan", "parts_of_sheets", "scan_sheet"]

CELLS_MAX: Final = 64_000_000
"""Cells in the rectangle of a sheet that we load: about 2 GB in calamine."""

_CHUNK: Final = 1 << 20
_OVERLAP: Final = 1 << 16
_COLUMNS_MAX: Final = 16_384
_COLUMN: Final = re.compile(rb"""\sr=["']([A-Z]{1,3})[0-9]""")
_ROW: Final = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["']([0-9]{1,9})["']""")
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ERROR: Final = re.compile(rb"""<(?:\w+:)?c\s([^>]*\bt=["']e["'][^>]*)>.{0,40000}?<(?:\w+:)?v>([^<]{1,40})</""", re.DOTALL)
_PLACE: Final = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")


@dataclass(frozen=True, slots=True)
class SheetScan:
    """How far a sheet reaches, and the text of its formula errors by (row, column), both from 0."""

    rows: int
    columns: int
    errors: Mapping[tuple[int, int], str]

    @property
    def too_large(self) -> bool:
        """True when the rectangle up to the farthest cell should not be loaded."""
        return self.rows * self.columns > CELLS_MAX


def parts_of_sheets(content: bytes) -> dict[str, str]:
    """The part of the package that holds each worksheet, by the sheet's name.

    Source: ECMA-376 part 1, 18.2.20 (sheet), part 2, 9.3 (relationships).
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    parts = {}
    for sheet in book.iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            link = next((value for name, value in sheet.items() if name.endswith("}id")), None)
            parts[sheet.get("name", "")] = posixpath.normpath(posixpath.join("/xl", targets.get(link, ""))).lstrip("/")
    return parts


def scan_sheet(content: bytes, part: str) -> SheetScan:
    """Read *part* once, in pieces that overlap; what stands in two pieces does not matter."""
    rows = cells = 0
    columns: set[bytes] = set()
    errors: dict[tuple[int, int], str] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(part) as stream:
        held = b""
        while chunk := stream.read(_CHUNK):
            piece = held + chunk
            columns.update(_COLUMN.findall(piece))
            numbers = _ROW.findall(piece)
            rows = max(rows, max(map(int, numbers), default=0), rows if numbers else 0)
            cells += len(_CELL.findall(piece)) if not columns else 0
            if b't="e"' in piece or b"t='e'" in piece:
                errors.update(_errors(piece))
            held = piece[-_OVERLAP:]
    reach = max(map(_column_number, columns), default=min(cells, _COLUMNS_MAX))
    return SheetScan(rows, reach, errors)


def _errors(piece: bytes) -> dict[tuple[int, int], str]:
    found = {}
    for attributes, text in _ERROR.findall(piece):
        place = _PLACE.search(attributes)
        if place is not None:
            found[int(place[2]) - 1, _column_number(place[1]) - 1] = text.decode(errors="replace")
    return found


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
