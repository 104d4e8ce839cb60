"""A backup of a ledger while it is written to, and a ledger from a backup; both are audited before they count.

A backup is a folder: the database as it was at one instant (``VACUUM INTO``: one read transaction, compact, never torn), the
description without any address, and the signed checkpoint of that instant. It holds no key: keys are kept apart from data, and
whoever restores brings them. A ledger on PostgreSQL is backed up with the means of PostgreSQL; `docs/OPERATIONS.md` says how.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rescounter.facade.ledger import DATABASE, KEYS, Ledger, describe, ledger_folder, open_ledger
from rescounter.formats.key_files import read_keys
from rescounter.ledger.audit import Audited
from rescounter.terms import CallerFault, EnvironmentFault

__all__ = ["CHECKPOINT", "back_up", "restore"]

CHECKPOINT = "checkpoint.txt"

_Progress = Callable[[int, int], None]


def back_up(ledger: Ledger, target: Path, *, progress: _Progress = lambda entries, transfers: None) -> Audited:
    """Copy the ledger to *target* and audit the copy; a copy with a fault is not kept.

    Raises: CallerFault ``output_exists``, ``option_invalid`` for PostgreSQL; EnvironmentFault ``output_unwritable``.
    """
    if ledger.dsn is not None:
        raise CallerFault("option_invalid", "this ledger lies in PostgreSQL: back it up with pg_dump, and audit the restored copy")
    with ledger_folder(target) as folder:
        _copy(ledger.folder / DATABASE, folder / DATABASE)
        describe(folder, ledger.keys, origin=ledger.origin, exponents=ledger.exponents.declared, dsn=None)
        done = _audited(folder, ledger, progress)
        if done.fault is not None:
            raise EnvironmentFault("backup_unsound", f"the copy does not pass its audit: {done.fault}")
    return done


def _copy(source: Path, target: Path) -> None:
    try:
        connection = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        finally:
            connection.close()
        handle = os.open(target, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except sqlite3.Error as fault:
        raise EnvironmentFault("database_failed", f"SQLite says: {fault}") from fault


def _audited(folder: Path, ledger: Ledger, progress: _Progress, checkpoints: tuple[Path, ...] = ()) -> Audited:
    """Audit the database in *folder* with the keys of *ledger*; its checkpoint is written beside it."""
    from rescounter.store import open_sqlite

    store = open_sqlite(folder / DATABASE, ledger_key=ledger.keys.ledger_key, signer=ledger.keys.signing, origin=ledger.origin)
    try:
        note = store.checkpoint()
        done = replace(ledger, store=store).audit(checkpoints=checkpoints, progress=progress)
    finally:
        store.close()
    (folder / CHECKPOINT).write_text(note, encoding="utf-8")
    for name in ("-wal", "-shm", ".writer", ".writer-journal"):
        (folder / (DATABASE + name)).unlink(missing_ok=True)
    return done


def restore(
    backup: Path, target: Path, *, keys: Path, checkpoints: tuple[Path, ...] = (), progress: _Progress = lambda entries, transfers: None
) -> Audited:
    """A ledger in the new folder *target* from a backup and the keys that were kept apart.

    Args: *keys*: a folder of keys; *checkpoints*: kept outside, which the restored log must continue; its own stands always.
    Returns: its audit; a ledger with a fault is not kept. Raises: CallerFault ``ledger_not_found``, ``output_exists``; EnvironmentFault
    ``key_foreign``, ``backup_unsound``.
    """
    if not (backup / DATABASE).is_file() or not (backup / "ledger.json").is_file():
        raise CallerFault("ledger_not_found", f"{backup} holds no backup of a ledger")
    if not keys.is_dir():
        raise CallerFault("key_unreadable", f"{keys} is no folder of keys")
    with ledger_folder(target) as folder:
        for name in (DATABASE, "ledger.json"):
            shutil.copyfile(backup / name, folder / name)
        (folder / "ledger.json").chmod(0o600)
        shutil.copytree(keys, folder / KEYS)
        (folder / KEYS).chmod(0o700)
        with open_ledger(folder) as ledger:
            read_keys(folder / KEYS, ledger.origin)
            own = tuple(path for path in (backup / CHECKPOINT,) if path.is_file())
            done = ledger.audit(checkpoints=(*own, *checkpoints), progress=progress)
        if done.fault is not None:
            raise EnvironmentFault("backup_unsound", f"the restored ledger does not pass its audit: {done.fault}")
    return done
