"""Documents: bytes that never change, kept under their digest, beside the log; records name them in their bodies.

A document lies in parts, so that one of half a gigabyte needs no such memory to be checked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["PART_BYTES", "StoredDocument", "damage_of", "digest_name", "digest_of_name", "parts_of"]

PART_BYTES: Final = 4 << 20
"""Bytes of each part of a document but the last."""

_NAME: Final = re.compile(r"sha256:([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """As stored, nothing trusted: its *name*, its *size* in bytes, and its *parts* with their numbers, read one by one."""

    name: str
    size: int
    parts: Iterator[tuple[int, bytes]]


def digest_name(digest: bytes) -> str:
    """A digest as documents are named by it: ``sha256:`` and 64 hexadecimal digits."""
    return f"sha256:{digest.hex()}"


def digest_of_name(name: str) -> bytes | None:
    """The digest that `digest_name` wrote; None where it wrote no such name."""
    found = _NAME.fullmatch(name)
    return bytes.fromhex(found[1]) if found else None


def parts_of(content: bytes) -> Iterator[bytes]:
    """The parts of a document, in order; an empty one has none."""
    view = memoryview(content)
    return (bytes(view[begin : begin + PART_BYTES]) for begin in range(0, len(content), PART_BYTES))


def damage_of(document: StoredDocument, *, take: Callable[[bytes], None] = lambda part: None) -> str:
    """What is wrong with a document as it is stored, in words; empty when it is whole. *take* hears every part in order."""
    digest, size = hashlib.sha256(), 0
    for place, (number, content) in enumerate(document.parts):
        if number != place:
            return f"part {number + 1} where part {place + 1} should be"
        digest.update(content)
        size += len(content)
        take(content)
    if size != document.size:
        return f"{size:,} bytes of {document.size:,}"
    found = digest_name(digest.digest())
    return "" if found == document.name else f"bytes whose digest is {found}"
