"""The port to a database: one connection, statements with named parameters, bulk loads, and transactions.

Statements are written once for both databases: ``:name`` is a parameter, ``= ANY(:names)`` takes a list,
``FOR UPDATE`` locks where rows are locked. Tests put a connection of their own round the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow as pa

__all__ = ["Column", "Connection", "Database", "Question", "Row", "Wrap", "listed", "reading", "unwrapped", "writing"]

Row: TypeAlias = tuple[Any, ...]
Question: TypeAlias = tuple[str, Mapping[str, object]]
"""A statement and its parameters."""

Column: TypeAlias = Sequence[Any] | np.ndarray | pa.Array


class Connection(Protocol):
    """One connection; what it raises is an `EnvironmentFault`, or a `BrokenLaw` where the database refuses what was decided."""

    def rows(self, statement: str, **parameters: object) -> list[Row]:
        """All rows of a question."""

    def foresee(self, questions: Iterable[Question]) -> None:
        """Say which questions `rows` will be asked in this transaction, where asking them at once is faster.

        An answer counts until something is written, and for the same parameters alone; else `rows` asks again.
        """

    def run(self, statement: str, **parameters: object) -> None:
        """Do it; what is wrong with it may be told as late as by the commit."""

    def load(self, table: str, columns: Mapping[str, Column], *, conflict: str = "") -> None:
        """Insert rows, column-wise; columns that are left out are null. *conflict*: what to do with a row that is there."""

    def begin(self, *, writes: bool) -> None:
        """Begin a transaction; one that writes waits until no other does."""

    def commit(self) -> None:
        """Make it durable, and return when it is."""

    def rollback(self) -> None:
        """Undo it; says nothing where there is nothing to undo, or nobody to talk to."""

    def tidy(self) -> None:
        """Bring what was committed to its place, so that the next short commit need not."""

    def close(self) -> None:
        """Leave."""


Wrap: TypeAlias = Callable[[Connection], Connection]
"""Puts something round a connection, for tests that let statements fail."""


def unwrapped(connection: Connection) -> Connection:
    """The connection as it is."""
    return connection


class Database(Protocol):
    """Where the connections of a store come from. *name*: ``sqlite`` or ``postgresql``."""

    name: str

    def connect(self) -> Connection:
        """Another connection."""

    def take_writer(self) -> None:
        """Become the one writer, until `close`. Raises: EnvironmentFault ``database_busy`` when another is, after waiting."""

    def make(self, connection: Connection, *, may_create: bool) -> bool:
        """Make the tables where there are none and *may_create*. Returns: true where there are tables."""

    def close(self) -> None:
        """Give the writer's lock back."""


@contextmanager
def writing(connection: Connection) -> Iterator[Connection]:
    """A transaction that writes; whatever leaves it early undoes it."""
    connection.begin(writes=True)
    done = False
    try:
        yield connection
        connection.commit()
        done = True
    finally:
        if not done:
            connection.rollback()


@contextmanager
def reading(connection: Connection) -> Iterator[Connection]:
    """A transaction that reads: all its questions see the same instant."""
    connection.begin(writes=False)
    try:
        yield connection
    finally:
        connection.rollback()


def listed(column: Column) -> list[Any]:
    """A column as plain Python values, null as None."""
    if isinstance(column, pa.Array):
        is_fast = pa.types.is_string(column.type) or column.null_count == 0
        return list(column.to_numpy(zero_copy_only=False).tolist()) if is_fast else list(column.to_pylist())
    return list(column.tolist()) if isinstance(column, np.ndarray) else list(column)
