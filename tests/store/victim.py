"""A process that posts and acknowledges until it is killed; a byte in a file says whether it is within a commit."""

from __future__ import annotations

import mmap
import os
import signal
import time
from collections.abc import Iterable, Mapping
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from rescounter.ledger import Batch, Transfer, Transfers
from rescounter.store.database import Column, Connection, Question, Row
from tests.store.stores import postgresql_at, sqlite_at

ACCOUNTS = ("ana", "bo", "cy")


def opened(kind: str, where: Any, **options: Any) -> Any:
    return (sqlite_at if kind == "sqlite" else postgresql_at)(where, **options)


def batch(number: int) -> Batch:
    """The batch of a number: one transfer mostly, sometimes a hundred."""
    rows = 100 if number % 10 == 0 else 1
    pays = [
        Transfer(
            id=f"K{number}/{row}",
            debit=ACCOUNTS[(number + row) % 3],
            credit=ACCOUNTS[(number + row + 1) % 3],
            amount_minor=1 + row,
            memo="m",
        )
        for row in range(rows)
    ]
    return Batch(key=f"K{number}", transfers=Transfers.of(pays))


class Marked:
    """A connection that sets the byte while it commits."""

    def __init__(self, connection: Connection, mark: mmap.mmap) -> None:
        self.connection, self.mark = connection, mark

    def rows(self, statement: str, **parameters: object) -> list[Row]:
        return self.connection.rows(statement, **parameters)

    def foresee(self, questions: Iterable[Question]) -> None:
        self.connection.foresee(questions)

    def run(self, statement: str, **parameters: object) -> int:
        return self.connection.run(statement, **parameters)

    def load(self, table: str, columns: Mapping[str, Column], *, conflict: str = "") -> None:
        self.connection.load(table, columns, conflict=conflict)

    def begin(self, *, writes: bool) -> None:
        self.connection.begin(writes=writes)

    def commit(self) -> None:
        self.mark[0] = 1
        self.connection.commit()
        self.mark[0] = 0

    def rollback(self) -> None:
        self.connection.rollback()

    def tidy(self) -> None:
        self.connection.tidy()

    def close(self) -> None:
        self.connection.close()


def kill(pid: int, mark: Path | None = None, *, within_a_commit: bool = False, patience_s: float = 10) -> None:
    """kill -9, at once or when the process stands within a commit.

    It is halted, looked at, and let go again until it stands there: a moment of half a millisecond is
    not met by chance on every machine.
    """
    ends = time.monotonic() + patience_s
    while within_a_commit and mark is not None and time.monotonic() < ends:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.0005)
        if mark.read_bytes() == b"\1":
            break
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.0002)
    os.kill(pid, signal.SIGKILL)


def run(kind: str, where: Any, mark: Path, *, first: int, pipe: Pipe) -> None:
    """Post from number *first* on, and tell the parent each number that was answered."""
    with open(mark, "r+b") as file:
        byte = mmap.mmap(file.fileno(), 1)
    store = opened(kind, where, wrap=lambda connection: Marked(connection, byte))
    number = first
    while True:
        post = store.post_atomic if number % 2 else store.post_each
        answer = post(batch(number))
        assert answer.accepted.all()
        pipe.send_bytes(b"%d" % number)
        number += 1
