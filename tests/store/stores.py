"""Stores for tests: fresh ones, with the keys of the state machine and chance from a seed."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rescounter.ledger import Account, Store
from rescounter.store import open_postgresql, open_sqlite
from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY
from tests.store.server import server

NAMES = ("ana", "bo", "cy")


def sqlite_at(path: Path, **options: Any) -> Store:
    settings = {"ledger_key": LEDGER_KEY, "signer": SIGNING_KEY, "origin": ORIGIN, "create": True, "clock": lambda: 5}
    return open_sqlite(path, **(settings | {"dice": random.Random(7).randbytes} | options))


def fresh_sqlite(clock: Callable[[], int] = lambda: 5, **options: Any) -> Store:
    """In a folder that is deleted when the store is closed."""
    folder = tempfile.TemporaryDirectory(prefix="rescounter-")
    store = sqlite_at(Path(folder.name) / "ledger.db", clock=clock, **options)
    close = store.close

    def closed() -> None:
        close()
        folder.cleanup()

    store.close = closed
    return store


def with_accounts(store: Store, limit: int | None = None) -> Store:
    store.open_accounts("open", [Account(id=name, owner=name, purpose="p", currency="EUR", limit_minor=limit) for name in NAMES])
    return store


def postgresql_at(dsn: str, **options: Any) -> Store:
    settings = {"ledger_key": LEDGER_KEY, "signer": SIGNING_KEY, "origin": ORIGIN, "create": True, "clock": lambda: 5}
    return open_postgresql(dsn, **(settings | {"dice": random.Random(7).randbytes} | options))


def fresh_postgresql(clock: Callable[[], int] = lambda: 5, **options: Any) -> Store:
    """In a schema of its own, which is dropped when the store is closed."""
    dsn = server().fresh()
    store = postgresql_at(dsn, clock=clock, **options)
    close = store.close

    def closed() -> None:
        close()
        server().drop(dsn)

    store.close = closed
    return store


FRESH = {"sqlite": fresh_sqlite, "postgresql": fresh_postgresql}
