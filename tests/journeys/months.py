"""A month of a small union as a script of commands, on either database, with keys that are always the same: so two runs can be compared."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from rescounter.facade.ledger import DESCRIPTION, KEYS, describe, init_ledger
from rescounter.facade.union import Desk, open_union
from rescounter.facade.union_replay import replay_cycle
from rescounter.facade.union_statement import facts_of
from rescounter.formats.key_files import read_keys
from rescounter.statements.member_statement import statement
from rescounter.statements.statement_files import as_json
from rescounter.store import open_postgresql
from rescounter.terms.acts import body_of
from tests.journeys.ledgers import csv_of
from tests.store.server import server

__all__ = ["CLOSED", "CODE", "FOUNDING", "KINDS", "MEMBERS", "SCRIPT", "bare", "outcome", "words"]

KINDS = ("sqlite", "postgresql")
ORIGIN = "u.example/month"
CODE = "2026-01-22"
MEMBERS = ("ana", "bo", "cy", "dee")
RULES = """
[rulebook]
name = "Month"
[union]
name = "Month"
zone = "Europe/Ljubljana"
currencies = ["EUR"]
[calendar]
frequency = "monthly"
first_cut_off = 2026-01-22
cut_off_times = [13:00:00]
correction_days = 3
pay_in_days = 5
settlement_days = 6
[intake]
driven_by = "debtor"
carry_over = true
[clearing]
method = "set-off-then-net"
[settlement]
kind = "pay-in"
partial_funding = true
[fees]
per_mille = "1"
"""
FILES = {
    "members.csv": "code name\nana Ana\nbo Bo\ncy Cy\ndee Dee",
    "ana.csv": "id debtor creditor amount\n1 ana bo 100.00\n2 ana dee 30.00",
    "bo.csv": "id debtor creditor amount\n1 bo cy 80.00",
    "cy.csv": "id debtor creditor amount\n1 cy ana 60.00",
    "payins.csv": "reference currency amount booked remittance\nB1 EUR 70.00 2026-01-28 RC/2026-01-22/ana",
}
FOUNDING = "init union --rulebook rules.toml --demonstration --operator op --approver ap --at 2026-01-02T09:00"
SCRIPT = """
2026-01-05T09:00  op  member add --file members.csv
2026-01-05T09:10  ap  approval approve 2
2026-01-05T09:20  op  cycle open
2026-01-06T09:00  op  submit ana.csv --as ana
2026-01-06T09:10  op  submit bo.csv --as bo
2026-01-06T09:20  op  submit cy.csv --as cy
2026-01-22T13:00  op  cycle cut-off
2026-01-22T13:10  op  cycle run
2026-01-27T17:00  op  cycle run
2026-01-27T17:10  ap  approval approve 12
2026-01-27T17:20  op  cycle run
2026-01-28T10:00  op  cycle fund payins.csv
2026-01-30T17:00  op  cycle run
2026-01-30T17:10  ap  approval approve 18
2026-01-30T17:20  op  cycle run
""".strip().splitlines()
"""When, by whom, what. Each line comes to the same when it is run again."""
CLOSED = "closed"


def words(line: str) -> list[str]:
    """The words of a line of the script."""
    at, by, *command = line.split()
    return [*command, "-u", "union", "--by", by, "--at", at]


@cache
def _keys() -> Path:
    """A ledger that was made once, whose keys and origin all others have."""
    folder = Path(tempfile.mkdtemp(prefix="rescounter-keys-")) / "union"
    init_ledger(folder, origin=ORIGIN)
    return folder


@contextmanager
def bare(desk: Path, kind: str) -> Iterator[Path]:
    """A desk with the files, and a folder in which a founding was begun: keys and an empty database."""
    desk.mkdir(exist_ok=True)
    (desk / "rules.toml").write_text(RULES)
    for name, text in FILES.items():
        (desk / name).write_text(csv_of(text))
    if kind == "sqlite":
        shutil.copytree(_keys(), desk / "union")
        yield desk
        return
    dsn = server().fresh()
    (desk / "union").mkdir()
    shutil.copytree(_keys() / KEYS, desk / "union" / KEYS)
    keys = read_keys(desk / "union" / KEYS, ORIGIN)
    open_postgresql(dsn, ledger_key=keys.ledger_key, signer=keys.signing, create=True, origin=ORIGIN).close()
    describe(desk / "union", keys, origin=ORIGIN, exponents={}, dsn=dsn)
    assert (desk / "union" / DESCRIPTION).is_file()
    yield desk
    server().drop(dsn)


def outcome(desk: Path) -> dict[str, Any]:
    """Everything that two unions can be compared by; what replay and audit find must be nothing."""
    with open_union(desk / "union") as office:
        cycle = office.union.cycles.get(CODE)
        found: dict[str, Any] = {
            "acts": [(each.number, each.at_us, each.by, each.kind, body_of(each.body)) for each in office.ledger.store.records()],
            "balances": {row.id: (row.balance_minor, row.limit_minor) for row in office.ledger.store.balances().rows()},
            "state": None if cycle is None else cycle.state.value,
            "statements": {} if cycle is None else {member: _statement(office, member) for member in MEMBERS},
            "replay": () if cycle is None else replay_cycle(office, CODE),
            "audit": office.ledger.audit().fault,
        }
    assert (found["replay"], found["audit"]) == ((), None)
    return found


def _statement(desk: Desk, member: str) -> dict[str, Any]:
    """Without its proofs: each log has salts of its own."""
    made = as_json(statement(facts_of(desk, desk.union.cycles[CODE], member)))
    return {name: value for name, value in made.items() if name not in ("proofs", "proof", "checkpoint")}
