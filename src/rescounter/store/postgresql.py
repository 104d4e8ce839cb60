"""PostgreSQL: binary COPY for many rows, arrays for few, an advisory lock for the one writer.

A connection that was lost is made again when the next transaction begins; what was lost with it is unknown,
and the caller asks again with the same key. What a writing transaction says is sent at once and waited for
only where an answer is read, and at the commit: a small batch takes half the round trips.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from typing import Any, Final

import psycopg

from rescounter.store.copying import copied
from rescounter.store.database import Column, Connection, Question, Row, Wrap, listed
from rescounter.store.schema import COLUMNS, postgresql_tables, postgresql_triggers
from rescounter.terms import BrokenLaw, EnvironmentFault

__all__ = ["PostgresqlConnection", "PostgresqlDatabase", "array_literal"]

_FEW: Final = 512
_PARAMETER: Final = re.compile(r":(\w+)")
_ARRAYS: Final = {"INTEGER": "bigint[]", "TEXT": "text[]", "BLOB": "bytea[]"}
_SETTINGS: Final = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET client_encoding = 'UTF8'; SET jit = off"
_SYNCHRONOUS: Final = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')"
_BY_INDEX: Final = "SET enable_seqscan = off"
"""For a connection that writes: a plan made while a table was small would later read all of it for each small batch."""

_BROKEN: Final = (psycopg.IntegrityError, psycopg.DataError, psycopg.errors.RaiseException, psycopg.ProgrammingError)


@lru_cache(maxsize=256)
def _translated(statement: str) -> str:
    return _PARAMETER.sub(r"%(\1)s", statement)


def _bound(value: object) -> object:
    return array_literal(value) if isinstance(value, list) else value


def array_literal(values: Sequence[Any]) -> str:
    """A list of integers, texts or bytes as PostgreSQL reads an array: made in a few steps, not in one an item.

    Source: the manual of PostgreSQL, 8.15.2 and 8.15.6 (input and quoting of arrays), 8.4.1 (bytea in hex).
    """
    kinds = set(map(type, values)) - {type(None)}
    items: Iterable[str]
    if kinds <= {int}:
        items = map(str, values)
    elif kinds <= {bytes}:
        items = [f'"\\\\x{(value or b"").hex()}"' for value in values]
    else:
        items = _quoted(values)
    if None in values:
        items = ["NULL" if value is None else item for value, item in zip(values, items, strict=True)]
    return "{" + ",".join(items) + "}"


def _quoted(texts: Sequence[str | None]) -> list[str]:
    joined = "".join(filter(None, texts))
    if '"' in joined or "\\" in joined:
        return ['"' + (text or "").replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts]
    return [f'"{text}"' for text in texts]


@contextmanager
def _told() -> Iterator[None]:
    """What PostgreSQL raises, in the words of the house."""
    try:
        yield
    except psycopg.errors.LockNotAvailable as fault:
        raise EnvironmentFault("database_busy", "another process writes to this ledger") from fault
    except _BROKEN as fault:
        raise BrokenLaw("the_database_agrees", found=str(fault).strip()) from fault
    except psycopg.Error as fault:
        raise EnvironmentFault("database_failed", f"PostgreSQL says: {str(fault).strip() or type(fault).__name__}") from fault


def _opened(dsn: str, wait_s: float) -> psycopg.Connection[Row]:
    raw: psycopg.Connection[Row] = psycopg.connect(dsn, autocommit=True)
    raw.execute(f"SET lock_timeout = {int(wait_s * 1000)}")
    return raw


class PostgresqlConnection:
    """The port `Connection` on PostgreSQL."""

    def __init__(self, dsn: str, *, wait_s: float, lost: Callable[[], None]) -> None:
        self._dsn, self._wait_s, self._lost = dsn, wait_s, lost
        self._raw, self._is_writer = self._connected(), False
        self._unheard = ExitStack()  # the pipeline of a writing transaction, while there is one
        self._foreseen: dict[str, tuple[Mapping[str, object], psycopg.Cursor[Row]]] = {}

    def _connected(self) -> psycopg.Connection[Row]:
        with _told():
            raw = _opened(self._dsn, self._wait_s)
            raw.execute(_SETTINGS)
            raw.execute(_SYNCHRONOUS)
            unsafe = [name for name in ("fsync", "full_page_writes") if raw.execute(f"SHOW {name}").fetchall() != [("on",)]]
        if unsafe:
            raw.close()
            raise EnvironmentFault("database_not_durable", f"the server runs without {' and '.join(unsafe)}")
        return raw

    def rows(self, statement: str, **parameters: object) -> list[Row]:
        """See `Connection`."""
        asked, answer = self._foreseen.pop(statement, (None, None))
        with _told():
            if answer is None or asked != parameters:
                answer = self._asked(statement, parameters)
            return answer.fetchall()

    def foresee(self, questions: Iterable[Question]) -> None:
        """See `Connection`: all of them go out, and are answered, in one breath."""
        with _told():
            for statement, parameters in questions:
                self._foreseen[statement] = (parameters, self._asked(statement, parameters))

    def _asked(self, statement: str, parameters: Mapping[str, object]) -> psycopg.Cursor[Row]:
        return self._raw.execute(_translated(statement), {name: _bound(value) for name, value in parameters.items()})

    def run(self, statement: str, **parameters: object) -> None:
        """See `Connection`."""
        self._foreseen.clear()
        with _told():
            self._raw.execute(_translated(statement), parameters or None)

    def load(self, table: str, columns: Mapping[str, Column], *, conflict: str = "") -> None:
        """Arrays for few rows and for those that may be there, binary COPY for many."""
        self._foreseen.clear()
        count, names = len(next(iter(columns.values()))), ", ".join(columns)
        with _told(), self._raw.cursor() as cursor:
            if count <= _FEW or conflict:
                arrays = ", ".join(f"%s::{_ARRAYS[COLUMNS[table][name]]}" for name in columns)
                statement = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {conflict}"
                cursor.execute(statement, [array_literal(listed(column)) for column in columns.values()])
                return
            self._unheard.close()
            order, parts = copied(COLUMNS[table], columns)
            with cursor.copy(f"COPY {table} ({', '.join(order)}) FROM STDIN (FORMAT BINARY)") as copy:
                for part in parts:
                    copy.write(part)

    def begin(self, *, writes: bool) -> None:
        """See `Connection`; connects again where the connection was lost."""
        self._foreseen.clear()
        if self._raw.closed or self._raw.broken:
            self._raw.close()
            self._lost()
            self._raw, self._is_writer = self._connected(), False
        with _told():
            if not writes:
                self._raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                return
            if not self._is_writer:
                self._raw.execute(_BY_INDEX)
                self._is_writer = True
            self._unheard.enter_context(self._raw.pipeline())
            self._raw.execute("BEGIN")

    def commit(self) -> None:
        """See `Connection`."""
        with _told():
            done = self._raw.execute("COMMIT")
            self._unheard.close()
        if done.statusmessage != "COMMIT":
            raise EnvironmentFault("database_failed", f"PostgreSQL answers COMMIT with {done.statusmessage}")

    def rollback(self) -> None:
        """See `Connection`."""
        with suppress(psycopg.Error):  # what failed was told already
            self._unheard.close()
        if self._raw.closed or self._raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            return
        with suppress(psycopg.OperationalError):
            self._raw.execute("ROLLBACK")

    def tidy(self) -> None:
        """See `Connection`: the server does it by itself, beside the commits."""

    def close(self) -> None:
        """See `Connection`."""
        self._raw.close()


class PostgresqlDatabase:
    """The port `Database` on one schema of a server."""

    name = "postgresql"

    def __init__(self, dsn: str, *, wait_s: float, wrap: Wrap) -> None:
        self._dsn, self._wait_s, self._wrap = dsn, wait_s, wrap
        self._lock: psycopg.Connection[Row] | None = None

    def connect(self) -> Connection:
        """See `Database`."""
        return self._wrap(PostgresqlConnection(self._dsn, wait_s=self._wait_s, lost=self.close))

    def take_writer(self) -> None:
        """See `Database`. The lock ends with its connection; the head's row lock keeps two writers apart even then."""
        if self._lock is not None:
            return
        with _told():
            lock = _opened(self._dsn, self._wait_s)
        try:
            lock.execute("SELECT pg_advisory_lock(1381188436, hashtext(current_schema()))")
        except psycopg.Error as fault:
            lock.close()
            is_busy = isinstance(fault, psycopg.errors.LockNotAvailable)
            said = f"another process writes to this ledger; waited {self._wait_s:g} seconds" if is_busy else f"PostgreSQL says: {fault}"
            raise EnvironmentFault("database_busy" if is_busy else "database_failed", said, wait_s=self._wait_s) from fault
        self._lock = lock

    def make(self, connection: Connection, *, may_create: bool) -> bool:
        """See `Database`."""
        tables = {name for (name,) in connection.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")}
        if "head" in tables:
            return True
        if tables & COLUMNS.keys():
            raise EnvironmentFault("database_foreign", "the schema holds tables of another program")
        if may_create:
            for statement in (*filter(str.strip, postgresql_tables().split(";")), *postgresql_triggers()):
                connection.run(statement)
        return may_create

    def close(self) -> None:
        """See `Database`."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
