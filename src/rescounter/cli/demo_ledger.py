"""The ledger in ``rescounter demo``: the result is posted into a new one, a copy is tampered with, both are audited."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rescounter.terms import holds

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["plant_in_ledger", "post_and_audit"]


def post_and_audit(out: Console, result: Path, folder: Path) -> None:
    """Post *result*, which was verified, into a new ledger in *folder*; audit it, and a copy with one unit more."""
    from rescounter.facade.ledger import init_ledger, open_ledger
    from rescounter.facade.ledger_result import post_result

    init_ledger(folder)
    with open_ledger(folder) as ledger:
        posted = post_result(ledger, result, cycle="1985", is_verified=True)
        ledger.store.checkpoint()
        audited = ledger.audit()
    holds(posted.answer is not None and audited.fault is None, "the_demo_is_sound", fault=str(audited.fault))
    out.print(f"\nPosted into a ledger as one batch of {audited.transfers:,} transfers, all or nothing, and audited:")
    out.print("  sound: every hash, sum, limit and signature was reckoned again", style="green")
    with tempfile.TemporaryDirectory() as workplace:
        copy = Path(workplace) / "copy"
        shutil.copytree(folder, copy)
        where = plant_in_ledger(copy / "ledger.db")
        with open_ledger(copy) as ledger:
            fault = ledger.audit().fault
    holds(fault is not None, "a_planted_fault_is_caught")
    out.print(f"Now the database of a copy is tampered with: {where}. The audit says:")
    if fault is not None:
        out.print(f"  {fault.check}: {fault.where}:", style="red", markup=False)
        out.print(f"    found {fault.found}; it should be {fault.expected}", style="red", markup=False)


def plant_in_ledger(database: Path) -> str:
    """Make one posted transfer a unit larger, past everything that guards it: whoever owns the file can do so."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        ((place, debit),) = connection.execute(
            "SELECT t.place, a.id FROM transfer t JOIN account a ON a.number = t.debit WHERE t.kind = 'debt_discharged' LIMIT 1"
        )
        connection.execute("UPDATE transfer SET amount_minor = amount_minor + 1 WHERE place = ?", (place,))
    finally:
        connection.close()
    return f"{debit} is debited one unit more"
