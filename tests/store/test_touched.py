"""Histories are found by blocks of entries: whole at every page, and what is noted of the blocks is audited."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rescounter.ledger import Account, Batch, Flag, Store, Transfer, Transfers
from rescounter.ledger.transfers import FEW_ROWS
from tests.store.server import server
from tests.store.stores import postgresql_at, sqlite_at, with_accounts
from tests.store.test_formats import audit_of, audited

ENTRIES = 300


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    dsn = server().fresh() if request.param == "postgresql" else ""
    opened = with_accounts(postgresql_at(dsn) if dsn else sqlite_at(tmp_path / "ledger.db"), 10**6)
    yield opened
    opened.close()
    if dsn:
        server().drop(dsn)


def post(store: Store, key: str, debit: str, credit: str, rows: int = 1) -> None:
    transfers = [Transfer(id=f"{key}/{row:04d}", debit=debit, credit=credit, amount_minor=1) for row in range(rows)]
    store.post_each(Batch(key=key, transfers=Transfers.of(transfers)))


def lived(store: Store) -> dict[str, list[str]]:
    """Two full blocks and part of a third, small batches and large ones in each, an account that is seldom touched."""
    store.open_accounts("seldom", [Account(id="eve", owner="", purpose="p", currency="EUR", limit_minor=None)])
    expected: dict[str, list[str]] = {name: [] for name in ("ana", "bo", "cy", "eve")}
    for number in range(ENTRIES):
        pair = ("eve", "bo") if number in (3, 140, 290) else ("ana", "bo") if number % 3 else ("bo", "cy")
        rows = FEW_ROWS + 1 if number in (60, 140, 250) else 1
        post(store, f"B{number:04d}", *pair, rows)
        for name in pair:
            expected[name] += [f"B{number:04d}/{row:04d}" for row in range(rows)]
    return expected


@pytest.mark.parametrize("rows_max", [7, 10_000])
def test_every_page_of_a_history_goes_on_where_the_last_one_ended(store: Any, rows_max: int):
    for name, expected in lived(store).items():
        found, after = list[str](), None
        while after is not None or not found:
            page = store.account_history(name, after=after, rows_max=rows_max)
            assert len(page.table) <= rows_max
            found, after = found + page.table["id"].to_pylist(), page.next_after
        assert found == expected, name
    assert audited(store).fault is None


def test_a_reservation_that_is_released_in_its_own_batch_stands_in_the_history(store: Any):
    pair = {"debit": "ana", "credit": "bo", "amount_minor": 5}
    rows = [Transfer(id="P", flag=Flag.PENDING, **pair), Transfer(id="V", flag=Flag.VOID, pending_id="P", **pair)]
    store.post_each(Batch(key="held", transfers=Transfers.of(rows)))
    for number in range(130):
        post(store, f"B{number}", "bo", "cy")
    assert store.account_history("ana").table["id"].to_pylist() == ["P", "V"]
    assert audited(store).fault is None


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        ("DELETE FROM touched WHERE block = 1 AND account = (SELECT number FROM account WHERE id = 'eve')", "not noted"),
        ("INSERT INTO touched SELECT 0, number FROM account WHERE id = 'idle'", "noted"),
    ],
)
def test_an_audit_names_an_account_whose_history_was_cut_or_padded(tmp_path: Path, edit: str, found: str):
    path = tmp_path / "ledger.db"
    store = with_accounts(sqlite_at(path), 10**6)
    store.open_accounts("idle", [Account(id="idle", owner="", purpose="p", currency="EUR", limit_minor=None)])
    lived(store)
    store.close()
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("DROP TRIGGER touched_keeps_delete")
    assert raw.execute(edit).rowcount == 1
    raw.close()
    store = sqlite_at(path)
    fault = audit_of(store).fault
    store.close()
    assert fault is not None and (fault.check, fault.found) == ("histories", found)
    assert fault.subject == ("eve" if found == "not noted" else "idle")
