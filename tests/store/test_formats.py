"""A ledger of an older format, tables and rows, is brought forward: nothing of it changes, and it carries what came after."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rescounter.ledger import CHUNK_ROWS, Batch, Record, Store, Transfer, Transfers
from rescounter.ledger.audit import Audited, Evidence, audit
from rescounter.ledger.merkle import EMPTY_ROOT
from rescounter.store.database import unwrapped
from rescounter.store.hashing import hasher_beside
from rescounter.store.ledger_store import LedgerStore
from rescounter.store.migrations import prepare
from rescounter.store.postgresql import PostgresqlDatabase
from rescounter.store.schema import FORMAT
from rescounter.store.session import Writer
from rescounter.store.sqlite import SqliteDatabase
from rescounter.terms import EnvironmentFault
from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY
from tests.store.faults import Plan
from tests.store.server import server
from tests.store.stores import postgresql_at, sqlite_at, with_accounts

TEXTS = Path(__file__).parent
HEAD = "INSERT INTO head (one, format, origin, batches, entries, frontier, root, at_us) VALUES (1, {1}, {0}, 0, 0, {0}, {0}, 0)"


class Old:
    """A database of an older format, as its own text makes it, filled by a store that leaves the format as it is."""

    def __init__(self, kind: str, where: Any, number: int) -> None:
        self.kind, self.where, self.number = kind, where, number
        text = (TEXTS / f"format_{number}" / f"{kind}.sql").read_text()
        first = (ORIGIN, b"", EMPTY_ROOT)
        if kind == "sqlite":
            raw = sqlite3.connect(where)
            raw.executescript(f"{text} PRAGMA application_id = {0x52534354};")
            raw.execute(HEAD.format("?", number), first)
            raw.commit()
            raw.close()
        else:
            with psycopg.connect(where, autocommit=True) as connection:
                connection.execute(text)
                connection.execute(HEAD.format("%s", number), first)

    def opened(self, **options: Any) -> Any:
        return (sqlite_at if self.kind == "sqlite" else postgresql_at)(self.where, **({"create": False} | options))

    def store_of_its_time(self) -> Store:
        database = (SqliteDatabase if self.kind == "sqlite" else PostgresqlDatabase)(self.where, wait_s=1, wrap=unwrapped)
        connection = database.connect()
        prepare(database, connection, create=False, origin=ORIGIN, newest=self.number)
        writer = Writer(ledger_key=LEDGER_KEY, dice=random.Random(7).randbytes, hasher=hasher_beside())
        return LedgerStore(database, connection, writer=writer, origin=ORIGIN, signer=SIGNING_KEY, clock=lambda: 5)

    def ask(self, statement: str) -> list[Any]:
        if self.kind == "sqlite":
            raw = sqlite3.connect(self.where, isolation_level=None)
            try:
                return raw.execute(statement).fetchall()
            finally:
                raw.close()
        with psycopg.connect(self.where, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(params=[(kind, number) for kind in ("sqlite", "postgresql") for number in range(1, FORMAT)], ids=str)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    kind, number = request.param
    if kind == "sqlite":
        yield Old("sqlite", tmp_path / "ledger.db", number)
    else:
        dsn = server().fresh()
        yield Old("postgresql", dsn, number)
        server().drop(dsn)


def pay(identity: str, **more: Any) -> Transfer:
    return Transfer(**({"id": identity, "debit": "ana", "credit": "bo", "amount_minor": 1, "memo": "rent"} | more))


LARGE = Batch(key="large", transfers=Transfers.of([pay(f"L{row:06d}", memo=None) for row in range(CHUNK_ROWS + 1)]))


def lived(old: Old) -> None:
    """Entries of most kinds, and a batch that is staged in part."""
    store = with_accounts(old.store_of_its_time(), 10**6)
    store.post_each(Batch(key="each", transfers=Transfers.of([pay("T1"), pay("T2"), pay("T1"), pay("no", debit="dan")])))
    store.post_atomic(Batch(key="refused", transfers=Transfers.of([pay("A1", amount_minor=2**62)])))
    store.erase_memos("erase", ["T1"])
    store.checkpoint()
    store.stage(LARGE, 0)
    store.close()


def audit_of(store: Store) -> Audited:
    verifier = SIGNING_KEY.verifier
    evidence = Evidence(
        ledger_key=LEDGER_KEY, first=verifier, in_force=verifier, head=store.audit_head, balances=store.balances,
        stored=store.checkpoints(), documents=store.audit_documents,
    )  # fmt: skip
    return audit(store.audit_stream(), evidence)


def audited(store: Store) -> Audited:
    """What was read, once it is sound."""
    done = audit_of(store)
    assert done.fault is None, done.fault
    return done


def test_a_ledger_of_an_older_format_is_brought_forward_whole(old: Old):
    lived(old)
    assert old.ask("SELECT format FROM head") == [(old.number,)]
    before = old.ask("SELECT number, key, kind, policy, cycle, rulebook, rows FROM batch ORDER BY number")
    store = old.opened()
    assert old.ask("SELECT format FROM head") == [(FORMAT,)]
    assert old.ask("SELECT number, key, kind, policy, cycle, rulebook, rows FROM batch ORDER BY number") == before
    assert store.records() == [] and list(store.documents()) == []
    assert store.post_atomic(LARGE).accepted.all(), "what was staged in part is taken up"
    assert store.record([Record(number=1, kind="rule", by="ana", body=b"{}")]).accepted.all()
    name = store.keep_document(b"a document")
    store.close()
    store = old.opened()
    assert [each.number for each in store.records()] == [1] and store.document(name) == b"a document"
    done = audited(store)
    assert (done.entries, done.records, done.documents, done.checkpoints) == (6, 1, 1, 1)
    store.close()
    for table, column in (("batch", "kind"), ("touched", "block")):
        with pytest.raises((sqlite3.Error, psycopg.Error), match="append_only"):
            old.ask(f"UPDATE {table} SET {column} = {column}")


def test_histories_go_on_where_they_stood_before(old: Old):
    lived(old)
    store = old.opened()
    begun = ["T1", "T2"]
    assert store.account_history("ana").table["id"].to_pylist() == begun
    for number in range(130):
        store.post_each(Batch(key=f"more/{number}", transfers=Transfers.of([pay(f"M{number}", memo=None)])))
    found, after = list[str](), None
    while after is not None or not found:
        page = store.account_history("ana", after=after, rows_max=50)
        found, after = found + page.table["id"].to_pylist(), page.next_after
    assert found == begun + [f"M{number}" for number in range(130)]
    audited(store)
    store.close()


COLUMNS = {
    "sqlite": """SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master m, pragma_table_info(m.name) c
        WHERE m.type = 'table' ORDER BY 1, 2""",
    "postgresql": """SELECT table_name, column_name, data_type, is_nullable, collation_name FROM information_schema.columns
        WHERE table_schema = current_schema() ORDER BY 1, 2""",
}
RULES = {
    "sqlite": ["SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'index', 'view') ORDER BY name"],
    "postgresql": [
        """SELECT c.relname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = current_schema()::regnamespace ORDER BY 1, 2""",
        """SELECT t.tgname, p.prosrc, t.tgtype::int FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        JOIN pg_proc p ON p.oid = t.tgfoid WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal ORDER BY 1""",
    ],
}


def test_tables_that_were_brought_forward_are_those_of_a_new_ledger(old: Old, tmp_path: Path):
    old.opened().close()
    new = object.__new__(Old)
    new.kind, new.where = old.kind, tmp_path / "new.db" if old.kind == "sqlite" else server().fresh()
    new.opened(create=True).close()
    for question in [COLUMNS[old.kind], *RULES[old.kind]]:
        assert old.ask(question) == new.ask(question)
    with pytest.raises((sqlite3.Error, psycopg.Error), match=r"(?i)check"):
        old.ask("INSERT INTO batch (number, key, kind, policy, cycle, rulebook, rows) VALUES (1, 'k', 8, 0, '', '', 0)")
    if old.kind == "postgresql":
        server().drop(new.where)


def test_a_step_that_fails_leaves_the_ledger_in_its_format(old: Old):
    lived(old)
    counted = 0
    for at in range(100):
        plan = Plan(at=at, how="before")
        try:
            old.opened(wrap=plan.wrap).close()
            break
        except EnvironmentFault:
            counted += 1
            assert old.ask("SELECT format FROM head") == [(old.number,)]
    assert counted > 5
    store = old.opened()
    assert audited(store).entries == 4
    store.close()
