"""Bytes of a text file become valid UTF-8 without a byte order mark."""

from __future__ import annotations

import codecs
import io
from typing import Final

import numpy as np
import pyarrow as pa

from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["as_utf8"]

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHUNK: Final = 1 << 20
_SAMPLE: Final = 4096


def as_utf8(data: bytes, *, name: str, encoding: str | None) -> tuple[bytes, tuple[str, ...]]:
    """The same text as UTF-8.

    Args: *encoding* as the user named it; a byte order mark that says otherwise wins, with a note.
    Returns: the bytes, and notes for the user.
    Refuses: bytes that are not of that encoding (encoding_unknown), no text at all (input_not_a_table).
    """
    mark, marked = next(((mark, kind) for mark, kind in _MARKS if data.startswith(mark)), (b"", None))
    if marked == "utf-32-le" and len(data) % 4:
        mark, marked = codecs.BOM_UTF16_LE, "utf-16-le"
    notes: tuple[str, ...] = ()
    if marked is not None and encoding is not None and not _same_family(marked, encoding):
        notes = (f"the file begins with the byte order mark of {marked.upper()}: --encoding {encoding} was not used",)
    kind = marked or encoding or _guessed(data)
    if kind is None:
        raise CallerFault("input_not_a_table", f"{name} is neither text nor a format that is read here: it holds zero bytes")
    if marked is None and encoding is None and kind != "utf-8":
        notes = (f"read as {kind.upper()}, since every other byte is zero",)
    body = data[len(mark) :] if mark else data
    if kind == "utf-8" or _is_utf8(kind):
        return _checked(body, name), notes
    return _transcoded(body, kind, name), notes


def _guessed(data: bytes) -> str | None:
    """UTF-8 unless zero bytes stand there: UTF-16 when they fill one half of the places, else no text."""
    sample = np.frombuffer(data[:_SAMPLE], np.uint8)
    zero_even, zero_odd = (int((sample[parity::2] == 0).sum()) for parity in (0, 1))
    if not zero_even and not zero_odd:
        return "utf-8"
    if zero_odd > max(len(sample) // 4, 20 * zero_even):
        return "utf-16-le"
    if zero_even > max(len(sample) // 4, 20 * zero_odd):
        return "utf-16-be"
    return None


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    except (LookupError, ValueError):
        return False


def _same_family(marked: str, encoding: str) -> bool:
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        return False
    return marked.startswith(name.removesuffix("-sig"))


def _checked(data: bytes, name: str) -> bytes:
    """Validate without a copy: Arrow checks a text column of one cell at memory speed."""
    offsets = pa.py_buffer(np.array([0, len(data)], np.int64))
    try:
        pa.LargeStringArray.from_buffers(1, offsets, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid as error:
        raise _not_utf8(data, name) from error
    return data


def _not_utf8(data: bytes, name: str) -> CallerFault:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x} in line {line}"
        if data.count(b"\x00") or _mostly_binary(data[:_SAMPLE]):
            return CallerFault("input_not_a_table", f"{name} is neither text nor a format that is read here ({found})")
        return CallerFault("encoding_unknown", f"{name} is not valid UTF-8: {found}", line=line)
    return CallerFault("encoding_unknown", f"{name} is not valid UTF-8")


def _mostly_binary(sample: bytes) -> bool:
    """A twentieth of control characters: no 8-bit text has so many."""
    controls = sum(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1b" for byte in sample)
    return controls * 20 > len(sample)


def _transcoded(data: bytes, encoding: str, name: str) -> bytes:
    utf8 = io.BytesIO()
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        for start in range(0, len(data), _CHUNK):
            utf8.write(decoder.decode(data[start : start + _CHUNK]).encode())
        utf8.write(decoder.decode(b"", final=True).encode())
    except (LookupError, TypeError, AttributeError) as error:
        raise CallerFault("encoding_unknown", f"there is no text encoding named {shown(encoding)}") from error
    except ValueError as error:
        if "truncated data" in str(error) or "incomplete" in str(error):
            raise CallerFault("input_truncated", f"{name} ends in the middle of a character of {encoding}") from error
        raise CallerFault("encoding_unknown", f"{name} is not valid {shown(encoding)}: {shown(str(error))}") from error
    return utf8.getvalue().removeprefix(codecs.BOM_UTF8)
