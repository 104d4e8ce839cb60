"""Opening a ledger: made once, brought forward, never a newer or a foreign one; one writer at a time."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rescounter.ledger import Batch, Transfer, Transfers
from rescounter.store import open_sqlite
from rescounter.store.database import unwrapped
from rescounter.store.migrations import prepare
from rescounter.store.postgresql import PostgresqlDatabase
from rescounter.store.schema import FORMAT
from rescounter.store.sqlite import SqliteDatabase
from rescounter.terms import CallerFault, EnvironmentFault
from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY
from tests.store.children import Child
from tests.store.server import server
from tests.store.stores import FRESH, postgresql_at, sqlite_at, with_accounts


class Place:
    """Where a ledger lies, whichever database it is."""

    def __init__(self, kind: str, where: Any) -> None:
        self.kind, self.where = kind, where

    def store(self, **options: Any) -> Any:
        return (sqlite_at if self.kind == "sqlite" else postgresql_at)(self.where, **options)

    def database(self) -> Any:
        if self.kind == "sqlite":
            return SqliteDatabase(self.where, wait_s=1, wrap=unwrapped)
        return PostgresqlDatabase(self.where, wait_s=1, wrap=unwrapped)

    def execute(self, *statements: str) -> list[Any]:
        connection = (
            sqlite3.connect(self.where, isolation_level=None) if self.kind == "sqlite" else psycopg.connect(self.where, autocommit=True)
        )
        try:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield Place("sqlite", tmp_path / "ledger.db")
    else:
        dsn = server().fresh()
        yield Place("postgresql", dsn)
        server().drop(dsn)


def pay(identity: str) -> Batch:
    return Batch(key=identity, transfers=Transfers.of([Transfer(id=identity, debit="ana", credit="bo", amount_minor=1)]))


def test_a_ledger_is_there_again_when_it_is_opened_again(place: Place):
    store = with_accounts(place.store())
    first = store.post_each(pay("T1"))
    store.close()
    store = place.store(create=False, origin=None)
    assert store.journal()[-1] == first.entry
    assert store.post_each(pay("T1")).is_repeat
    assert store.post_each(pay("T2")).accepted.all()
    store.close()


def test_what_is_not_there_is_not_made_unasked(place: Place):
    with pytest.raises(CallerFault) as told:
        place.store(create=False)
    assert told.value.code == "ledger_not_found"
    with pytest.raises(CallerFault) as told:
        place.store(origin=None)
    assert told.value.code == "ledger_not_found"


def test_a_ledger_of_another_name_is_not_opened(place: Place):
    place.store().close()
    with pytest.raises(CallerFault) as told:
        place.store(origin="ledger.example/other")
    assert told.value.code == "origin_unexpected"


def test_a_newer_ledger_is_refused_with_its_number(place: Place):
    place.store().close()
    place.execute(f"UPDATE head SET format = {FORMAT + 1}")
    with pytest.raises(EnvironmentFault, match=f"format {FORMAT + 1}.*up to format {FORMAT}") as told:
        place.store()
    assert told.value.code == "database_foreign"


def test_another_programs_tables_are_refused_and_left_alone(place: Place):
    place.execute("CREATE TABLE account (name TEXT)")
    with pytest.raises(EnvironmentFault) as told:
        place.store()
    assert told.value.code == "database_foreign"
    assert place.execute("SELECT * FROM account") == []


@pytest.mark.parametrize("content", [b"rows, and more rows" * 100, None])
def test_another_programs_file_is_not_touched(tmp_path: Path, content: bytes | None):
    path = tmp_path / "other.db"
    if content is None:
        Place("sqlite", path).execute("CREATE TABLE head (name TEXT)")
        content = path.read_bytes()
    path.write_bytes(content)
    with pytest.raises(EnvironmentFault) as told:
        sqlite_at(path)
    assert told.value.code == "database_foreign"
    assert path.read_bytes() == content and [each.name for each in tmp_path.iterdir()] == ["other.db"]


def test_an_older_ledger_is_brought_forward_step_by_step_or_not_at_all(place: Place):
    place.store().close()
    first, second = ["CREATE TABLE first_step (one INTEGER)"], ["INSERT INTO first_step VALUES (1)"]
    steps = {FORMAT: dict.fromkeys(FRESH, first), FORMAT + 1: dict.fromkeys(FRESH, second)}
    database = place.database()
    connection = database.connect()
    with pytest.raises(EnvironmentFault, match=f"format {FORMAT + 2}, which no release wrote"):
        prepare(database, connection, create=False, origin=None, migrations=steps, newest=FORMAT + 3)
    assert place.execute("SELECT format FROM head") == [(FORMAT,)]
    assert prepare(database, connection, create=False, origin=ORIGIN, migrations=steps, newest=FORMAT + 2) == ORIGIN
    assert place.execute("SELECT format FROM head") == [(FORMAT + 2,)]
    assert place.execute("SELECT one FROM first_step") == [(1,)]
    connection.close()
    database.close()


def test_a_second_writer_waits_and_is_told(place: Place):
    first = with_accounts(place.store())
    second = place.store(wait_s=0.3)
    with pytest.raises(EnvironmentFault, match=r"waited 0\.3 seconds") as told:
        second.post_each(pay("T1"))
    assert told.value.code == "database_busy"
    assert len(second.balances()) == 3, "reading needs no lock"
    first.close()
    assert second.post_each(pay("T1")).accepted.all()
    second.close()


def test_a_writer_that_dies_is_taken_over_from(place: Place):
    with_accounts(place.store()).close()
    child = Child(_hold, place)
    assert child.hear() == "posted"
    store = place.store(wait_s=0.2)
    with pytest.raises(EnvironmentFault):
        store.post_each(pay("T2"))
    assert child.kill() == []
    store.close()
    store = place.store(wait_s=10)
    assert store.post_each(pay("T2")).accepted.all()
    assert store.transfer("T1") is not None
    store.close()


def _hold(place: Place, *, pipe: Pipe) -> None:
    """Post, say so, and keep the writer's lock until somebody kills this process."""
    store = place.store()
    store.post_each(pay("T1"))
    pipe.send_bytes(b"posted")
    signal.pause()


def test_a_key_of_another_length_is_refused(tmp_path: Path):
    with pytest.raises(CallerFault) as told:
        open_sqlite(tmp_path / "ledger.db", ledger_key=LEDGER_KEY[:31], signer=SIGNING_KEY, create=True, origin=ORIGIN)
    assert told.value.code == "key_unreadable"


def test_time_never_goes_back_whatever_the_clock_says(place: Place):
    now = [100]
    store = with_accounts(place.store(clock=lambda: now[0]))
    now[0] = 50
    assert store.post_each(pay("T1")).entry.at_us == 100
    store.close()
    store = place.store(clock=lambda: 7)
    assert store.post_each(pay("T2")).entry.at_us == 100
    store.close()


def test_sqlite_writes_synchronously_and_survives_a_torn_log(tmp_path: Path):
    path = tmp_path / "ledger.db"
    store = with_accounts(sqlite_at(path))
    sizes = []
    log = Path(f"{path}-wal")
    for number in range(5):
        store.post_each(pay(f"T{number}"))
        sizes.append(log.stat().st_size)
    content, database = log.read_bytes(), path.read_bytes()
    assert len(set(sizes)) == 5, "each commit is in the log before it is answered"
    store.close()
    for cut in (sizes[4] - 1, sizes[4] - 4096, sizes[3] + 100, sizes[3], sizes[2] + 1):
        torn = tmp_path / f"torn-{cut}" / "ledger.db"
        torn.parent.mkdir()
        torn.write_bytes(database)
        Path(f"{torn}-wal").write_bytes(content[:cut])
        store = sqlite_at(torn)
        whole = [number for number in range(5) if sizes[number] <= cut]
        assert len(store.journal()) == 1 + len(whole)
        for number in range(5):
            assert store.post_each(pay(f"T{number}")).is_repeat == (number in whole)
        store.close()


def test_sqlite_is_set_up_to_lose_nothing(tmp_path: Path):
    database = SqliteDatabase(tmp_path / "ledger.db", wait_s=1, wrap=unwrapped)
    connection = database.connect()
    found = {name: connection.rows(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")}
    assert found == {"journal_mode": [("wal",)], "synchronous": [(2,)], "foreign_keys": [(1,)], "recursive_triggers": [(1,)]}
    connection.close()


def test_postgresql_that_may_lose_a_commit_is_made_to_keep_it():
    dsn = server().fresh()
    with psycopg.connect(dsn, autocommit=True) as connection:
        name = dsn.rpartition("search_path=")[2].rstrip("'")
        connection.execute("CREATE ROLE careless LOGIN SUPERUSER")
        connection.execute("ALTER ROLE careless SET synchronous_commit = off")
        database = PostgresqlDatabase(dsn.replace("user=ledger", "user=careless"), wait_s=1, wrap=unwrapped)
        made = database.connect()
        assert made.rows("SHOW synchronous_commit") == [("on",)]
        assert made.rows("SELECT current_schema()") == [(name,)]
        made.close()
        connection.execute("DROP ROLE careless")
    server().drop(dsn)
