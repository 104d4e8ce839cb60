"""A process that records and keeps documents, and acknowledges each, until it is killed."""

from __future__ import annotations

import mmap
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from rescounter.ledger import Record
from rescounter.ledger.documents import PART_BYTES
from tests.store.victim import Marked, opened


def document(number: int) -> bytes:
    """That of a number: of three parts mostly, so that a kill falls between them."""
    return b"%d" % number + bytes(2 * PART_BYTES if number % 3 else 10)


def acts(number: int) -> list[Record]:
    """The one record of a number."""
    return [Record(number=number, kind="step", by="", body=b"%d" % number)]


def run(kind: str, where: Any, mark: Path, *, first: int, pipe: Pipe) -> None:
    """For each number from *first* on keep a document, then record it, and tell the parent."""
    with open(mark, "r+b") as file:
        byte = mmap.mmap(file.fileno(), 1)
    store = opened(kind, where, wrap=lambda connection: Marked(connection, byte))
    number = first
    while True:
        store.keep_document(document(number))
        assert store.record(acts(number)).accepted.all()
        pipe.send_bytes(b"%d" % number)
        number += 1
