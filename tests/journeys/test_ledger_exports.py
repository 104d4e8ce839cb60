"""What is exported is accepted by the programs it is meant for, which reckon every balance again: Beancount, hledger, Arrow, DuckDB."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet
import pytest

from tests.journeys.ledgers import csv_of, filled, run

ODD_ACCOUNTS = """
id         member  currency  limit_minor
a/b        A       EUR       none
a-b        B       EUR       none
A-B        C       EUR       none
ä.b        D       EUR       none
1          E       EUR       none
über;x     F       EUR       none
kwd        G       KWD       none
kwd2       *       KWD       none
gold       H       XAU2      none
gold2      H       XAU2      none
yen        I       JPY       none
yen2       J       JPY       none
"""

ODD_TRANSFERS = """
id         debit   credit  amount_minor  kind         effective_at
x"1\\       a/b     a-b     1             say"it\\s     -
x;2        A-B     ä.b     2             semi;colon|  1969-12-31
(x3)       1       über;x  3             (brackets)   2300-01-01T00:00:00Z
x4         kwd     kwd2    1234567       fee          -
x5         gold    gold2   77            fee          -
x6         yen     yen2    500           fee          -
x7         a-b     1       9007199254740993  large    -
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = tmp_path_factory.mktemp("desk")
    filled(desk)
    (desk / "odd.csv").write_text(csv_of(ODD_ACCOUNTS))
    (desk / "odd-transfers.csv").write_text("\n".join(quoted(line) for line in csv_of(ODD_TRANSFERS).splitlines()))
    run(desk, "open", "odd.csv", "-l", "books", "--exponent", "XAU2=3")
    run(desk, "post", "odd-transfers.csv", "-l", "books")
    waits = "id debit credit amount_minor flag\nP1 yen yen2 5 pending"
    (desk / "waits.csv").write_text(csv_of(waits))
    run(desk, "post", "waits.csv", "-l", "books")
    for program in ("beancount", "hledger"):
        run(desk, "export", f"books.{program}", "--format", program, "-l", "books", "--exponent", "XAU2=3", "--memos")
    for format in ("parquet", "csv"):
        run(desk, "export", format, "--format", format, "-l", "books")
    return desk


def quoted(line: str) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' if '"' in cell else cell for cell in line.split(","))


def bean_check(path: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("bean-check")
    return subprocess.run([program, path], capture_output=True, text=True, timeout=120)


def hledger(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("hledger")
    assert program is not None, "hledger is missing: apt-get install hledger"
    return subprocess.run(
        [program, "-f", path, *words], capture_output=True, text=True, timeout=120, env={"LANG": "C.UTF-8", "HOME": "/nowhere"}
    )


def test_beancount_accepts_the_journal_and_agrees_with_every_balance(desk):
    done = bean_check(desk / "books.beancount")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_beancount_refuses_a_journal_that_is_one_unit_off(desk, tmp_path):
    text = (desk / "books.beancount").read_text()
    wrong = re.sub(r"(balance Liabilities:Members:Ana \S*?)(\d) ~", lambda match: f"{match[1]}{(int(match[2]) + 1) % 10} ~", text)
    assert wrong != text
    (tmp_path / "wrong.beancount").write_text(wrong)
    done = bean_check(tmp_path / "wrong.beancount")
    assert done.returncode != 0 and "Balance failed for 'Liabilities:Members:Ana'" in done.stdout + done.stderr


def test_hledger_accepts_the_journal_strictly_and_agrees_with_every_balance(desk):
    done = hledger(desk / "books.hledger", "check", "--strict")
    assert (done.returncode, done.stderr) == (0, "")


def test_hledger_refuses_a_journal_that_is_one_unit_off(desk, tmp_path):
    text = (desk / "books.hledger").read_text()
    wrong = re.sub(r"(Liabilities:Members:Ana  0\.00 EUR = \S*?)(\d) EUR", lambda match: f"{match[1]}{(int(match[2]) + 1) % 10} EUR", text)
    assert wrong != text
    (tmp_path / "wrong.hledger").write_text(wrong)
    done = hledger(tmp_path / "wrong.hledger", "check")
    assert done.returncode != 0 and "assertion" in done.stderr


def test_both_programs_come_to_the_balances_of_the_ledger(desk):
    told = hledger(desk / "books.hledger", "balance", "--layout=bare", "-O", "csv", "Members:Ana").stdout
    assert '"Liabilities:Members:Ana","EUR","-1744.00"' in told
    text = (desk / "books.beancount").read_text()
    assert "balance Liabilities:Members:Kwd 1234.567 ~ 0 KWD" in text
    assert "balance Liabilities:Members:Gold 0.077 ~ 0 XAU2" in text


def test_names_that_would_collide_are_told_apart_and_say_whose_they_are(desk):
    opened = re.findall(r'^\S+ open (\S+) \S+\n  id: "(.*)"$', (desk / "books.beancount").read_text(), re.MULTILINE)
    names = {identity: name for name, identity in opened}
    assert len(names) == len(set(names.values())) == 17
    assert names["a/b"] == "Liabilities:Members:A-b"
    assert re.fullmatch(r"Liabilities:Members:A-b-[0-9A-F]{8}", names["a-b"])


def test_memos_are_exported_only_where_they_are_asked_for(desk):
    assert "rent-of-Ana" in (desk / "books.beancount").read_text()
    run(desk, "export", "without.beancount", "--format", "beancount", "-l", "books", "--exponent", "XAU2=3")
    assert "rent-of-Ana" not in (desk / "without.beancount").read_text()
    assert parquet.read_table(desk / "parquet" / "transfers.parquet")["memo"].null_count == 612


def test_tables_hold_every_transfer_and_every_balance(desk):
    import duckdb

    tables = {name: parquet.read_table(desk / "parquet" / f"{name}.parquet") for name in ("accounts", "entries", "refusals", "transfers")}
    assert {name: table.num_rows for name, table in tables.items()} == {"accounts": 17, "entries": 8, "refusals": 1, "transfers": 612}
    for name, table in tables.items():
        again = arrow_csv.read_csv(desk / "csv" / f"{name}.csv")
        assert (again.column_names, again.num_rows) == (table.column_names, table.num_rows)
    accounts, transfers = tables["accounts"], tables["transfers"]
    wrong = duckdb.sql("""
        SELECT a.id FROM accounts a WHERE a.balance_minor <>
            (SELECT coalesce(sum(CASE WHEN t.credit = a.id THEN t.amount_minor ELSE -t.amount_minor END), 0)
             FROM transfers t WHERE t.flag IN (0, 2) AND a.id IN (t.debit, t.credit))
    """).fetchall()
    assert (accounts.num_rows, transfers.num_rows, wrong) == (17, 612, [])
    assert transfers["currency"][605].as_py() == "EUR"
