"""What a source holds: its bytes, decompressed, and which format they are, by content before name."""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa

from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["Source", "format_of", "open_source"]

_CHUNK: Final = 1 << 20
_HEAD: Final = 4096
_LAYERS_MAX: Final = 4
_ZIP_END: Final = 22
_ZIP_END_MAX: Final = _ZIP_END + 65_535
"""The end record of a ZIP file: 22 bytes, and a comment of at most 65,535 (APPNOTE 4.3.16)."""
_COMPRESSED: Final = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
_SUFFIXES_OF_LAYERS: Final = (".gz", ".gzip", ".zst", ".zstd")
_BYTE_ORDER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")

_FORMATS: Final = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow_file"),
    (b"\xff\xff\xff\xff", "arrow_stream"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_FOREIGN: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or one with a password: save it as .xlsx without a password"),
    (b"%PDF", "a PDF document: export the table itself"),
    (b"PARE", "a Parquet file with an encrypted footer: write it without encryption"),
    (b"FEA1", "a Feather file of version 1: write version 2"),
    (b"SQLite format 3\x00", "an SQLite database: export the table"),
    (b"BZh", "compressed with bzip2: unpack it, or use gzip or zstd"),
    (b"\xfd7zXZ\x00", "compressed with xz: unpack it, or use gzip or zstd"),
    (b"\x04\x22\x4d\x18", "compressed with lz4: unpack it, or use gzip or zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive: unpack it"),
    (b"{\\rtf", "a rich text document: export the table as CSV"),
)
_MARKUP: Final = (
    (b"<!doctype html", "a web page, even if its name says otherwise: open it in a spreadsheet and save it as .xlsx"),
    (b"<html", "a web page, even if its name says otherwise: open it in a spreadsheet and save it as .xlsx"),
    (b"<table", "a web page, even if its name says otherwise: open it in a spreadsheet and save it as .xlsx"),
    (b"<?xml", "an XML document: export the table as CSV or .xlsx"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """Decompressed content. *path* is set when the file itself is that content and may be read in parts."""

    name: str
    path: Path | None
    data: bytes
    head: bytes
    size: int
    layers: tuple[str, ...]

    def handle(self) -> pa.NativeFile:
        """A file to read from at any place; the whole is not loaded when it lies on disk."""
        return pa.OSFile(str(self.path)) if self.path is not None else pa.BufferReader(self.data)

    def content(self) -> bytes:
        """All bytes."""
        return self.path.read_bytes() if self.path is not None else self.data


def open_source(source: str | os.PathLike[str] | BinaryIO, *, name: str | None = None) -> Source:
    """Open a path or a binary stream, and unpack gzip and zstd.

    Refuses: nothing there, no permission, a folder, no byte, a truncated or damaged packing.
    """
    opened = _from_path(Path(source), name) if isinstance(source, str | os.PathLike) else _from_stream(source, name)
    for _ in range(_LAYERS_MAX):
        kind = next((kind for magic, kind in _COMPRESSED if opened.head.startswith(magic)), None)
        if kind is None:
            break
        opened = _unpacked(opened, kind)
    if opened.size == 0:
        raise CallerFault("input_empty", f"{opened.name} is empty: it has no byte" + (" once unpacked" if opened.layers else ""))
    return opened


def format_of(source: Source) -> str:
    """``parquet``, ``arrow_file``, ``arrow_stream``, ``xlsx``, ``json`` or ``csv``.

    Refuses: content of a known kind that is no table here, with the way out (input_not_a_table).
    """
    head = source.head
    for magic, remedy in _FOREIGN:
        if head.startswith(magic):
            raise _no_table(source, remedy)
    for magic, kind in _FORMATS:
        if head.startswith(magic):
            return _zip_kind(source) if kind == "zip" else kind
    text = head
    for mark in _BYTE_ORDER_MARKS:
        text = text.removeprefix(mark)
    text = text.replace(b"\x00", b"").lstrip()
    for magic, remedy in _MARKUP:
        if text[:64].lower().startswith(magic):
            raise _no_table(source, remedy)
    if text[:1] == b"{" or (text[:1] == b"[" and text[1:].lstrip()[:1] in (b"{", b"]", b"")):
        return "json"
    return "json" if _suffix(source.name) in (".json", ".jsonl", ".ndjson") else "csv"


def _from_path(path: Path, name: str | None) -> Source:
    label = name or str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise CallerFault("input_not_a_table", f"{label} is a folder; it must be a file")
        if not stat.S_ISREG(mode):  # a pipe cannot be read twice
            return _in_memory(label, path.read_bytes(), ())
        with path.open("rb") as file:
            head = file.read(_HEAD)
            return Source(label, path, b"", head, os.fstat(file.fileno()).st_size, ())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CallerFault("input_not_found", f"there is no file {label}", path=label) from error
    except (OSError, ValueError) as error:
        raise CallerFault("input_unreadable", f"{label} cannot be read: {_reason(error)}", path=label) from error


def _from_stream(stream: BinaryIO, name: str | None) -> Source:
    found = getattr(stream, "name", None)
    label = name or (found if isinstance(found, str) and not found.startswith("<") else "the input")
    try:
        data = stream.read()
    except (OSError, ValueError) as error:
        raise CallerFault("input_unreadable", f"{label} cannot be read: {_reason(error)}", path=label) from error
    if not isinstance(data, bytes):
        raise CallerFault("input_unreadable", f"{label} yields text: open it in binary mode", path=label)
    return _in_memory(label, data, ())


def _in_memory(name: str, data: bytes, layers: tuple[str, ...]) -> Source:
    return Source(name, None, data, data[:_HEAD], len(data), layers)


def _unpacked(packed: Source, kind: str) -> Source:
    unpacked = io.BytesIO()
    try:
        stream = pa.CompressedInputStream(packed.handle(), kind)
        while chunk := stream.read(_CHUNK):
            unpacked.write(chunk)
    except (OSError, pa.ArrowException) as error:
        if "Truncated" in str(error):
            raise CallerFault("input_truncated", f"{packed.name} ends in the middle of its {kind} packing") from error
        raise CallerFault("input_damaged", f"{packed.name} cannot be unpacked as {kind}: {_reason(error)}") from error
    return _in_memory(packed.name, unpacked.getvalue(), (*packed.layers, kind))


def _zip_kind(source: Source) -> str:
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(source.handle()) as archive:
            names = {member.lower() for member in archive.namelist()}
            kind = archive.open("mimetype").read(80) if "mimetype" in names else b""
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError, KeyError) as error:
        end = source.content()[-_ZIP_END_MAX:]
        if not 0 <= end.rfind(b"PK\x05\x06") <= len(end) - _ZIP_END:
            raise CallerFault(
                "input_truncated", f"{source.name} begins as a workbook (.xlsx), but its directory at the end is missing"
            ) from error
        raise CallerFault("input_damaged", f"{source.name} is a damaged workbook (.xlsx): {_reason(error)}") from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    if b"opendocument" in kind:
        raise _no_table(source, "an OpenDocument file (.ods): save it as .xlsx")
    if "xl/workbook.bin" in names:
        raise _no_table(source, "a binary Excel workbook (.xlsb): save it as .xlsx")
    raise _no_table(source, "a ZIP archive: unpack it")


def _suffix(name: str) -> str:
    path = Path(name.lower())
    while path.suffix in _SUFFIXES_OF_LAYERS:
        path = path.with_suffix("")
    return path.suffix


def _no_table(source: Source, remedy: str) -> CallerFault:
    return CallerFault("input_not_a_table", f"{source.name} is {remedy}")


def _reason(error: BaseException) -> str:
    return shown(getattr(error, "strerror", None) or str(error) or type(error).__name__)
