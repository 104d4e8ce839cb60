"""The format of a database: made, checked, and brought forward; a newer or foreign one is refused before anything is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from rescounter.ledger.merkle import EMPTY_ROOT
from rescounter.store.database import Connection, Database, reading, writing
from rescounter.store.format_2 import TO_FORMAT_2
from rescounter.store.format_3 import TO_FORMAT_3
from rescounter.store.schema import FORMAT
from rescounter.terms import CallerFault, EnvironmentFault

__all__ = ["MIGRATIONS", "Step", "prepare"]

Step: TypeAlias = Mapping[str, Sequence[str]]
"""Statements that lead from a format to the next, by `Database.name`."""

MIGRATIONS: Final[Mapping[int, Step]] = MappingProxyType({1: TO_FORMAT_2, 2: TO_FORMAT_3})
"""The step from every format that was ever released."""

_FIRST_HEAD: Final = """
INSERT INTO head (one, format, origin, batches, entries, frontier, root, at_us) VALUES (1, :format, :origin, 0, 0, :frontier, :root, 0)
"""


def prepare(
    database: Database,
    connection: Connection,
    *,
    create: bool,
    origin: str | None,
    migrations: Mapping[int, Step] = MIGRATIONS,
    newest: int = FORMAT,
) -> str:
    """Make or migrate the tables as far as that is needed. Returns: the origin of the log.

    Raises: EnvironmentFault ``database_foreign``; CallerFault ``ledger_not_found``, ``origin_unexpected``.
    """
    with reading(connection):
        is_there = database.make(connection, may_create=False)
    if not is_there:
        if not create or not origin:
            raise CallerFault("ledger_not_found", "there is no ledger in this database" if not create else "a new ledger needs an origin")
        _make(database, connection, origin)
    ((number, found),) = connection.rows("SELECT format, origin FROM head")
    if number > newest:
        raise EnvironmentFault(
            "database_foreign", f"the ledger is of format {number}; this program reads up to format {newest}", format=number
        )
    if number < newest:
        _migrate(database, connection, newest, migrations)
    if origin and found != origin:
        raise CallerFault("origin_unexpected", f"the ledger's origin is {found}, not {origin}")
    return str(found)


def _make(database: Database, connection: Connection, origin: str) -> None:
    database.take_writer()
    with writing(connection):
        database.make(connection, may_create=True)
        if not connection.rows("SELECT one FROM head"):
            connection.run(_FIRST_HEAD, format=FORMAT, origin=origin, frontier=b"", root=EMPTY_ROOT)


def _migrate(database: Database, connection: Connection, newest: int, migrations: Mapping[int, Step]) -> None:
    """All steps in one transaction: the database is of the old format, or of the new one."""
    database.take_writer()
    with writing(connection):
        ((number,),) = connection.rows("SELECT format FROM head FOR UPDATE")
        while number < newest:
            if number not in migrations:
                raise EnvironmentFault("database_foreign", f"the ledger is of format {number}, which no release wrote", format=number)
            for statement in migrations[number][database.name]:
                connection.run(statement)
            number += 1
            connection.run("UPDATE head SET format = :format", format=number)
