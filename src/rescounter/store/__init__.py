"""The ledger on a database: the port of `rescounter.ledger` on SQLite and on PostgreSQL, by the same statements.

Enters: a path or an address, 32 secret bytes, a signer, a clock. Leaves: a `Store`, whose answers are
durable. Refuses: by value what the ledger refuses; a database of another program or a later format, and
a second writer, by `EnvironmentFault`. Laws: those of the ledger, decided there and checked again by the
tables; nothing that is final is changed or deleted. `docs/LEDGER.md` holds tables and semantics.
Read `ledger_store.py` first, then `posting.py`, `staging.py`, `schema.py`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rescounter.ledger import Store
from rescounter.ledger.ports import Signer
from rescounter.store.database import Database, Wrap, unwrapped
from rescounter.terms import CallerFault

__all__ = ["WAIT_S", "open_postgresql", "open_sqlite"]

WAIT_S: Final = 10.0
"""How long a second writer waits for the first, in seconds."""

LEDGER_KEY_BYTES: Final = 32


def _now_us() -> int:
    return time.time_ns() // 1000


def open_sqlite(
    path: Path | str,
    *,
    ledger_key: bytes,
    signer: Signer,
    clock: Callable[[], int] = _now_us,
    create: bool = False,
    origin: str | None = None,
    wait_s: float = WAIT_S,
    dice: Callable[[int], bytes] = os.urandom,
    wrap: Wrap = unwrapped,
) -> Store:
    """The ledger in a file.

    Args: *ledger_key*: 32 secret bytes, the same for ever; *clock*: microseconds since 1970 UTC; *create*: make it where
    there is none, with *origin* as its name; *origin*: else what it must be; *wait_s*: for another writer; *dice*: random
    bytes; *wrap*: round each connection, for tests. Raises: CallerFault ``ledger_not_found``, ``key_unreadable``,
    ``origin_unexpected``; EnvironmentFault ``database_foreign``, ``database_busy``, ``database_failed``.
    """
    from rescounter.store.sqlite import SqliteDatabase, existing

    place = existing(Path(path), may_create=create)
    return _opened(SqliteDatabase(place, wait_s=wait_s, wrap=wrap), ledger_key, signer, clock, create, origin, dice)


def open_postgresql(
    dsn: str,
    *,
    ledger_key: bytes,
    signer: Signer,
    clock: Callable[[], int] = _now_us,
    create: bool = False,
    origin: str | None = None,
    wait_s: float = WAIT_S,
    dice: Callable[[int], bytes] = os.urandom,
    wrap: Wrap = unwrapped,
) -> Store:
    """The ledger in a database of PostgreSQL, under *dsn* as libpq reads it; else as `open_sqlite`."""
    from rescounter.store.postgresql import PostgresqlDatabase

    return _opened(PostgresqlDatabase(dsn, wait_s=wait_s, wrap=wrap), ledger_key, signer, clock, create, origin, dice)


def _opened(
    database: Database,
    ledger_key: bytes,
    signer: Signer,
    clock: Callable[[], int],
    create: bool,
    origin: str | None,
    dice: Callable[[int], bytes],
) -> Store:
    from rescounter.store.hashing import hasher_beside
    from rescounter.store.ledger_store import LedgerStore
    from rescounter.store.migrations import prepare
    from rescounter.store.session import Writer

    if len(ledger_key) != LEDGER_KEY_BYTES:
        raise CallerFault("key_unreadable", f"a ledger key has {LEDGER_KEY_BYTES} bytes, not {len(ledger_key)}")
    connection = database.connect()
    is_open = False
    try:
        found = prepare(database, connection, create=create, origin=origin)
        writer = Writer(ledger_key=ledger_key, dice=dice, hasher=hasher_beside())
        store = LedgerStore(database, connection, writer=writer, origin=found, signer=signer, clock=clock)
        is_open = True
    finally:
        if not is_open:
            connection.close()
            database.close()
    return store
