"""The command line in processes that can be halted and killed: at a commit that was drawn, or at any instant.

A command runs in a process of its own, forked from one that has imported everything, so that its half second of start is not killed
again and again. It halts where it is told, right before or right after one of its commits, and a byte in a file says so.
"""

from __future__ import annotations

import io
import mmap
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rescounter.store.database import Connection
from tests.store.victim import Marked
from tests.store.waiting import until

__all__ = ["AFTER", "BEFORE", "Command", "start"]

BEFORE, AFTER = "before", "after"
_HALTED, _BEGUN, _COMMITS, _ASKED = 0, 1, 2, 3
"""Bytes of the mark: it stands where it was to halt; it works on the union; its commits so far; it asked for the writer's lock."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.journeys.killable", "tests.journeys.everything"])


class Halting(Marked):
    """A connection that counts commits of transactions that write, and halts at the one that was drawn until it is let go on."""

    def __init__(self, connection: Connection, mark: mmap.mmap, *, at: int, place: str) -> None:
        super().__init__(connection, mark)
        self.at, self.place, self.writes = at, place, False

    def begin(self, *, writes: bool) -> None:
        self.writes = writes
        self.mark[_BEGUN] = 1
        self.connection.begin(writes=writes)

    def commit(self) -> None:
        if not self.writes:
            self.connection.commit()
            return
        number = self.mark[_COMMITS] + 1
        if number == self.at and self.place == BEFORE:
            self._halt()
        self.connection.commit()
        self.mark[_COMMITS] = number
        if number == self.at and self.place == AFTER:
            self._halt()

    def _halt(self) -> None:
        self.mark[_HALTED] = 1
        while signal.sigtimedwait([signal.SIGUSR1], 0.02) is None:
            continue


class Command:
    """A command that runs; see `start`."""

    def __init__(self, desk: Path, words: tuple[object, ...], **told: Any) -> None:
        self.said, self.mark = desk / f"said-{os.urandom(4).hex()}", desk / f"mark-{os.urandom(4).hex()}"
        self.mark.write_bytes(bytes(4))
        spoken = [str(word) for word in words]
        self.process = _CONTEXT.Process(target=_obey, args=(desk, spoken, self.said, self.mark), kwargs=told, daemon=True)
        self.process.start()

    @property
    def is_halted(self) -> bool:
        return self.mark.read_bytes()[_HALTED] == 1

    @property
    def has_begun(self) -> bool:
        return self.mark.read_bytes()[_BEGUN] == 1

    @property
    def commits(self) -> int:
        return self.mark.read_bytes()[_COMMITS]

    @property
    def asks(self) -> bool:
        """It has read the union, and wants to write."""
        return self.mark.read_bytes()[_ASKED] == 1

    @property
    def has_ended(self) -> bool:
        return self.process.exitcode is not None

    def wait_for(self, happened: Callable[[], bool]) -> None:
        """Wait until it happened, or the command has ended."""
        until(lambda: happened() or self.has_ended, what="the end of a command")

    def send(self, number: int) -> None:
        if not self.has_ended:
            os.kill(self.process.pid or 0, number)

    def go_on(self) -> None:
        """Let it go on from where it halted."""
        self.send(signal.SIGUSR1)

    def kill(self) -> bool:
        """kill -9. Returns: whether it came before the end."""
        self.send(signal.SIGKILL)
        self.process.join(30)
        return self.process.exitcode == -signal.SIGKILL

    def end(self) -> tuple[int, str]:
        """Exit code, and everything that it said."""
        self.process.join(30)
        assert self.process.exitcode is not None, "the command does not end"
        return self.process.exitcode, self.said.read_text()


def start(desk: Path, *words: object, at: int = 0, place: str = BEFORE, wait_s: float = 60) -> Command:
    """A command in the folder *desk*.

    Args: *at*, *place*: the commit at which it halts, 0 is none; *wait_s*: for another that writes.
    """
    return Command(desk, words, at=at, place=place, wait_s=wait_s)


def _obey(desk: Path, words: list[str], said: Path, mark: Path, *, at: int, place: str, wait_s: float) -> None:
    """The command line, past the start of Python."""
    from rescounter.cli.door import run

    os.chdir(desk)
    with open(said, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.FileIO(number, "w", closefd=False)) for number in (1, 2))
    os.environ.update(NO_COLOR="1", COLUMNS="200")
    with open(mark, "r+b") as file:
        marked = mmap.mmap(file.fileno(), 4)
    _patch(marked, partial(Halting, mark=marked, at=at, place=place), wait_s)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run(words)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _patch(mark: mmap.mmap, wrap: Any, wait_s: float) -> None:
    """Have every store of this process wrapped and watched."""
    import typer

    from rescounter import store
    from rescounter.store.postgresql import PostgresqlDatabase
    from rescounter.store.sqlite import SqliteDatabase
    from tests.journeys.everything import TREE

    patch.object(typer.main, "get_command", lambda _: TREE).start()
    for name in ("open_sqlite", "open_postgresql"):
        patch.object(store, name, partial(getattr(store, name), wrap=wrap, wait_s=wait_s)).start()
    for database in (SqliteDatabase, PostgresqlDatabase):
        patch.object(database, "take_writer", _asking(database.take_writer, mark)).start()


def _asking(take_writer: Callable[[Any], None], mark: mmap.mmap) -> Callable[[Any], None]:
    def take(self: Any) -> None:
        mark[_ASKED] = 1
        take_writer(self)

    return take
