"""SQLite: write-ahead log, every commit synchronous, strict tables; a file beside the database is the writer's lock.

The lock is an exclusive transaction on an empty SQLite file, held as long as the store: it works on
every system that SQLite works on, and ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.store.database import Column, Connection, Question, Row, Wrap, listed
from rescounter.store.schema import TABLES, sqlite_triggers
from rescounter.terms import BrokenLaw, CallerFault, EnvironmentFault

__all__ = ["SqliteConnection", "SqliteDatabase", "existing"]

_SETTINGS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",
    "secure_delete = ON",  # an erased memo is overwritten, not only forgotten
    "cache_size = -65536",
    "wal_autocheckpoint = 16384",
    "journal_size_limit = 67108864",
)
_DURABLE: Final = ["wal", 2, 1]
_ANY: Final = re.compile(r"= ANY\(:(\w+)\)")
_LONG: Final = 64
_LOCK: Final = re.compile(r" FOR UPDATE( OF \w+)?")
_APPLICATION: Final = 0x52534354
"""`PRAGMA application_id` of a ledger."""


@lru_cache(maxsize=256)
def _translated(statement: str) -> str:
    statement = _LOCK.sub("", statement)
    return _ANY.sub(r"IN (SELECT value FROM json_each(:\1))", statement)


def _bound(value: object) -> object:
    return json.dumps(value) if isinstance(value, list) else value


@contextmanager
def _told() -> Iterator[None]:
    """What SQLite raises, in the words of the house."""
    try:
        yield
    except sqlite3.IntegrityError as fault:
        raise BrokenLaw("the_database_agrees", found=str(fault)) from fault
    except sqlite3.Error as fault:
        code = "database_busy" if "locked" in str(fault) else "database_failed"
        raise EnvironmentFault(code, f"SQLite says: {fault}") from fault


class SqliteConnection:
    """The port `Connection` on SQLite."""

    def __init__(self, path: Path, wait_s: float) -> None:
        with _told():
            self._raw = sqlite3.connect(path, isolation_level=None, timeout=wait_s, check_same_thread=False)
            self._refuse_foreign(path)
            for setting in _SETTINGS:
                self._raw.execute(f"PRAGMA {setting}")
            found = [self._raw.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")]
        if found != _DURABLE:
            raise EnvironmentFault("database_not_durable", f"journal_mode, synchronous and foreign_keys are {found}, not {_DURABLE}")

    def _refuse_foreign(self, path: Path) -> None:
        """Before anything is set: setting the journal's mode would change another program's file."""
        try:
            ((application,),) = self._raw.execute("PRAGMA application_id").fetchall()
            tables = self._raw.execute("SELECT name FROM sqlite_master LIMIT 1").fetchall()
        except sqlite3.DatabaseError as fault:
            if "not a database" not in str(fault):
                raise
            application, tables = None, []
        if application not in ((_APPLICATION,) if tables else (0, _APPLICATION)):
            self._raw.close()
            raise EnvironmentFault("database_foreign", f"{path.name} is no ledger, but another program's file")

    def rows(self, statement: str, **parameters: object) -> list[Row]:
        """See `Connection`."""
        with _told():
            return self._raw.execute(_translated(statement), {name: _bound(value) for name, value in parameters.items()}).fetchall()

    def foresee(self, questions: Iterable[Question]) -> None:
        """See `Connection`: nothing is faster here."""

    def run(self, statement: str, **parameters: object) -> None:
        """See `Connection`."""
        with _told():
            self._raw.execute(_translated(statement), {name: _bound(value) for name, value in parameters.items()})

    def load(self, table: str, columns: Mapping[str, Column], *, conflict: str = "") -> None:
        """One prepared statement for all rows; what is the same in all of them stands in it, since each parameter costs."""
        same = {name: literal for name, column in columns.items() if (literal := _literal(column)) is not None}
        used = [column for name, column in columns.items() if name not in same]
        values = ", ".join(same.get(name, "?") for name in columns)
        with _told():
            rows = zip(*map(listed, used), strict=True)
            self._raw.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) {conflict}", rows)

    def begin(self, *, writes: bool) -> None:
        """See `Connection`."""
        with _told():
            self._raw.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    def commit(self) -> None:
        """See `Connection`."""
        with _told():
            self._raw.execute("COMMIT")

    def rollback(self) -> None:
        """See `Connection`; SQLite itself undoes a transaction that met a full disk."""
        with _told():
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")

    def tidy(self) -> None:
        """See `Connection`: moves the write-ahead log into the database, which a commit does once the log is long."""
        with _told():
            self._raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """See `Connection`."""
        self._raw.close()


def _literal(column: Column) -> str | None:
    """The one value of a long Arrow column as it stands in a statement; None where there are several."""
    if not isinstance(column, pa.Array) or len(column) < _LONG:
        return None
    if column.null_count:
        return "NULL" if column.null_count == len(column) else None
    first = column[0]
    if not first.equals(column[-1]) or not pc.all(pc.equal(column, first)).as_py():
        return None
    value = first.as_py()
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) and value.isprintable() else None


class SqliteDatabase:
    """The port `Database` on one file."""

    name = "sqlite"

    def __init__(self, path: Path, *, wait_s: float, wrap: Wrap) -> None:
        self._path, self._wait_s, self._wrap = path, wait_s, wrap
        self._lock: sqlite3.Connection | None = None

    def connect(self) -> Connection:
        """See `Database`."""
        return self._wrap(SqliteConnection(self._path, self._wait_s))

    def take_writer(self) -> None:
        """See `Database`."""
        if self._lock is not None:
            return
        lock = sqlite3.connect(f"{self._path}.writer", isolation_level=None, timeout=self._wait_s, check_same_thread=False)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as fault:
            lock.close()
            raise EnvironmentFault(
                "database_busy", f"another process writes to {self._path.name}; waited {self._wait_s:g} seconds", wait_s=self._wait_s
            ) from fault
        self._lock = lock

    def make(self, connection: Connection, *, may_create: bool) -> bool:
        """See `Database`."""
        tables = {name for (name,) in connection.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "head" in tables:
            return True
        if tables:
            raise EnvironmentFault("database_foreign", f"{self._path.name} has lost its head")
        if may_create:
            for statement in (*filter(str.strip, TABLES.split(";")), *sqlite_triggers(), f"PRAGMA application_id = {_APPLICATION}"):
                connection.run(statement)
        return may_create

    def close(self) -> None:
        """See `Database`."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def existing(path: Path, *, may_create: bool) -> Path:
    """The path, if a ledger may be there. Raises: CallerFault ``ledger_not_found``."""
    if not may_create and not path.is_file():
        raise CallerFault("ledger_not_found", f"there is no ledger at {path}")
    return path
