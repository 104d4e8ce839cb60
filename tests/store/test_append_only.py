"""Nothing that is final is changed or deleted: the databases refuse it themselves, whoever asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rescounter.ledger import Account, AccountChange, AccountEvent, Batch, Flag, Record, Transfer, Transfers
from rescounter.ledger.checkpoints import rotation
from rescounter.ledger.notes import SigningKey
from rescounter.store.schema import COLUMNS
from tests.ledger.machine import ORIGIN, SIGNING_KEY
from tests.store.server import server
from tests.store.stores import postgresql_at, sqlite_at, with_accounts

KEPT = [table for table in COLUMNS if table not in ("head", "balance", "memo", "staging", "staged_effect")]
"""Tables of facts: no row is changed, none that is final deleted."""


def fill(store: Any) -> None:
    """Something in every table."""
    with_accounts(store)
    store.open_accounts("again", [Account(id="ana", owner="ana", purpose="p", currency="EUR", limit_minor=None)])
    store.change_accounts("limit", [AccountChange(account="bo", event=AccountEvent.LIMITED, limit_minor=10)])
    rows = [Transfer(id=f"T{row}", debit="ana", credit="bo", amount_minor=1, memo="m") for row in range(300)]
    store.post_each(
        Batch(key="each", transfers=Transfers.of([*rows, rows[0], Transfer(id="no", debit="ana", credit="dan", amount_minor=1)]))
    )
    store.post_atomic(Batch(key="refused", transfers=Transfers.of([Transfer(id="no", debit="ana", credit="bo", amount_minor=1)])))
    store.post_atomic(
        Batch(key="waits", transfers=Transfers.of([Transfer(id="P", debit="ana", credit="bo", amount_minor=1, flag=Flag.PENDING)]))
    )
    store.erase_memos("erase", ["T1"])
    store.record([Record(number=number, kind="rule", by="ana", body=b"{}") for number in (1, 2)])
    store.keep_document(b"a document")
    store.announce_key("rotate", rotation(ORIGIN, SIGNING_KEY, SigningKey(ORIGIN, bytes(32)).verifier))
    store.checkpoint()
    store.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def raw(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A plain connection to a filled ledger, with no rule but those of the database."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("ledger") / "ledger.db"
        fill(sqlite_at(path))
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA recursive_triggers = ON")
        yield connection
        connection.close()
    else:
        dsn = server().fresh()
        fill(postgresql_at(dsn))
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield connection
        server().drop(dsn)


def refuses(raw: Any, statement: str) -> str:
    with pytest.raises((sqlite3.Error, psycopg.Error)) as told:
        raw.execute(statement)
    return str(told.value)


@pytest.mark.parametrize("table", KEPT)
def test_a_row_of_facts_is_neither_changed_nor_deleted(raw: Any, table: str):
    ((count,),) = raw.execute(f"SELECT count(*) FROM {table}").fetchall()
    assert count
    for column in COLUMNS[table]:
        assert "append_only" in refuses(raw, f"UPDATE {table} SET {column} = {column}")
    if table in ("transfer", "node"):
        assert "append_only" in refuses(raw, f"DELETE FROM {table} WHERE 1 = 1")
    else:
        column, kind = next(iter(COLUMNS[table].items()))
        for part in ("1 = 1", f"length({column}) >= 1" if kind == "BLOB" else f"{column} >= 0"):
            assert "append_only" in refuses(raw, f"DELETE FROM {table} WHERE {part}")
    assert raw.execute(f"SELECT count(*) FROM {table}").fetchall() == [(count,)]


def test_a_memo_is_deleted_and_never_changed(raw: Any):
    assert "append_only" in refuses(raw, "UPDATE memo SET salt = salt")
    raw.execute("DELETE FROM memo WHERE place = (SELECT min(place) FROM memo)")


def test_a_document_gets_no_further_part_once_it_is_whole(raw: Any):
    assert "append_only" in refuses(raw, "INSERT INTO document SELECT digest, 7, bytes FROM document")


@pytest.mark.parametrize(
    "values",
    ["(1, 2, 'k', '', 'x')", "(1, 0, 'k', '', 'x')", "(1, 3, '', '', 'x')", "(1, 3, 'k', NULL, 'x')", "(1, 3, 'k', '', NULL)"],
)
def test_a_row_that_could_not_be_a_record_is_not_taken(raw: Any, values: str):
    refuses(raw, f"INSERT INTO record (place, number, kind, by_whom, body) VALUES {values}")


def test_the_head_only_grows_and_stays(raw: Any):
    for column in ("format", "entries", "batches", "at_us"):
        assert "append_only" in refuses(raw, f"UPDATE head SET {column} = {column} - 1")
    assert "append_only" in refuses(raw, "DELETE FROM head")
    assert refuses(raw, "INSERT INTO head SELECT 2, format, origin, batches, entries, frontier, root, at_us FROM head")


def test_a_balance_is_never_deleted_nor_beyond_its_limit(raw: Any):
    assert "append_only" in refuses(raw, "DELETE FROM balance")
    assert "append_only" in refuses(raw, "UPDATE balance SET account = account + 100")
    assert refuses(raw, "UPDATE balance SET posted_debits = posted_credits + 11 WHERE limit_minor = 10")
    assert refuses(raw, "UPDATE balance SET posted_debits = -1")
    assert refuses(raw, "UPDATE balance SET pending_debits = 9223372036854775807 WHERE posted_debits > 0")


def test_a_row_that_is_there_is_not_replaced(raw: Any):
    if isinstance(raw, sqlite3.Connection):
        assert "append_only" in refuses(raw, "INSERT OR REPLACE INTO entry SELECT * FROM entry LIMIT 1")
        assert "append_only" in refuses(raw, "INSERT OR REPLACE INTO checkpoint VALUES (1, ''), (8, ''), (9, '')")
    else:
        for table in KEPT:
            assert refuses(raw, f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "values",
    [
        "(1, 'X', 1, 1, 5, 'k', 0)",
        "(1, 'X', 1, 2, 0, 'k', 0)",
        "(1, 'X', 1, 2, 5, 'k', 9)",
        "(1, 'X', 1, 99, 5, 'k', 0)",
        "(1, 'X', 99, 2, 5, 'k', 0)",
        "(1, '', 1, 2, 5, 'k', 0)",
        "(1, 'T5', 1, 2, 5, 'k', 0)",
        "(1, 'X', 1, 2, NULL, 'k', 0)",
        "(1, 'X', 1, 2, 5, 'k', 2)",
    ],
)
def test_a_row_that_could_not_be_a_transfer_is_not_taken(raw: Any, values: str):
    if isinstance(raw, sqlite3.Connection):
        raw.execute("PRAGMA foreign_keys = ON")
    refuses(raw, f"INSERT INTO transfer (place, id, debit, credit, amount_minor, kind, flag) VALUES {values}")


def test_the_keys_are_not_in_the_database(tmp_path: Path):
    from tests.ledger.machine import LEDGER_KEY

    fill(sqlite_at(tmp_path / "ledger.db"))
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert LEDGER_KEY not in content and SIGNING_KEY.seed not in content
        assert LEDGER_KEY.hex().encode() not in content and SIGNING_KEY.seed.hex().encode() not in content
