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
_SEAM: Final = 1 << 16
_ROWS_MAX: Final = 1_048_576
_COLUMNS_MAX: Final = 16_384
_COLUMN: Final = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3})[0-9]""")
_ROW: Final = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["']([0-9]{1,9})["']""")
_PREFIXED: Final = re.compile(rb"<\w+:c[\s/>]")
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
        return self.rows > _ROWS_MAX or self.rows * self.columns > CELLS_MAX


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
    """Read *part* once, in pieces that end where a tag ends; errors are looked for across their seams."""
    rows = unplaced = 0
    columns: set[bytes] = set()
    errors: dict[tuple[int, int], str] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(part) as stream:
        held = before = b""
        while chunk := stream.read(_CHUNK):
            held += chunk
            piece, held = held[: held.rfind(b">") + 1], held[held.rfind(b">") + 1 :]
            placed = _COLUMN.findall(piece)
            columns.update(placed)
            unplaced += _cells_in(piece) - len(placed)
            rows = max(rows, max(map(int, _ROW.findall(piece)), default=0))
            if b't="e"' in piece or b"t='e'" in piece:
                errors.update(_errors(before + piece))
            before = piece[-_SEAM:]
    reach = max(map(_column_number, columns), default=0)
    return SheetScan(rows, min(_COLUMNS_MAX, reach + unplaced), errors)


def _cells_in(piece: bytes) -> int:
    plain = sum(piece.count(b"<c" + end) for end in (b" ", b">", b"/", b"\n", b"\t", b"\r"))
    return plain + (len(_PREFIXED.findall(piece)) if b":c" in piece else 0)


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
