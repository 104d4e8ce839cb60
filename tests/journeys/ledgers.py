"""A ledger made by the real command line, and copies of it that somebody has tampered with."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

from tests.journeys.command import rescounter

ACCOUNTS = """
id    member  currency  limit   purpose
ana   ANA     EUR       100.00  settlement
bo    BO      EUR       0       settlement
cy    CY      EUR       none    settlement
dai   CY      JPY       none    settlement
fee   *       JPY       0       fees
"""

TRANSFERS = """
id   debit  credit  amount  currency  kind     memo
T1   ana    bo      60.00   EUR       invoice  rent-of-Ana
T2   ana    bo      60.00   EUR       invoice  -
T3   bo     cy      59.99   EUR       invoice  food-of-Bo
T4   dai    fee     500     JPY       fee      -
T5   cy     ana     1.00    EUR       invoice  -
"""


def csv_of(table: str) -> str:
    """A table as an accountant writes it, as CSV; `-` is an empty cell."""
    lines = [line.split() for line in table.strip().splitlines()]
    return "".join(",".join("" if cell == "-" else cell for cell in line) + "\n" for line in lines)


def run(desk: Path, *words: object, code: int = 0) -> str:
    """Standard output of a command that must leave with *code*; of one that fails, what it says on standard error."""
    found, out, err = rescounter("ledger", *words, folder=desk)
    assert found == code, f"exit code {found}\n{out}{err}"
    return out if code == 0 else out + err


def filled(desk: Path) -> Path:
    """A ledger `books` with five accounts, four posted transfers, one refused, a large batch, an erasure and a rotation."""
    (desk / "accounts.csv").write_text(csv_of(ACCOUNTS))
    (desk / "transfers.csv").write_text(csv_of(TRANSFERS))
    rows = "".join(f"L{row:04d},cy,ana,{row + 1}\n" for row in range(600))
    (desk / "large.csv").write_text("id,debit,credit,amount_minor\n" + rows)
    run(desk, "init", "books", "--origin", "u.example/books")
    run(desk, "open", "accounts.csv", "-l", "books")
    run(desk, "post", "transfers.csv", "--mode", "each", "-l", "books")
    run(desk, "checkpoint", "-l", "books", "-o", "early.txt")
    run(desk, "post", "large.csv", "-l", "books", "--cycle", "2026-11")
    run(desk, "erase", "T3", "-l", "books")
    run(desk, "rotate-key", "-l", "books")
    run(desk, "checkpoint", "-l", "books", "-o", "late.txt")
    return desk / "books"


def edited(books: Path, copy: Path, *statements: str) -> Path:
    """A copy whose database somebody changed with SQLite's own tools: without triggers, without checks."""
    shutil.copytree(books, copy)
    connection = sqlite3.connect(copy / "ledger.db", isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        assert connection.execute(statement).rowcount != 0, f"nothing was changed: {statement}"
    connection.close()
    return copy


def fault_of(copy: Path, *words: object) -> str:
    """What the audit says of a copy that is not sound, in one line: check, place, found, expected."""
    code, out, err = rescounter("ledger", "audit", "-l", copy, "--json", *words, folder=copy.parent)
    told = json.loads(out)
    assert (code, told["sound"]) == (1, False), out + err
    fault = told["fault"]
    return f"{fault['check']} | {fault['where']} | {fault['found']} | {fault['expected']}"
