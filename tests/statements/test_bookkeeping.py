"""Entries for a member's own books: every entry balances, and what was discharged leaves payables and receivables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from beancount import loader
from cycles import CLOSED, ana, at, facts_of, trade

from rescounter.statements.bookkeeping import ACCOUNTS, JOURNAL, journal_entries
from rescounter.statements.facts import PAID_OUT, Payment
from rescounter.terms import BrokenLaw, format_minor

BEANCOUNT = {
    "payables": "Liabilities:Payables:{counterparty}",
    "receivables": "Assets:Receivables:{counterparty}",
    "union": "Assets:Union",
    "bank": "Assets:Bank",
    "fees": "Expenses:Clearing",
    "fees_owed": "Liabilities:Fees",
}


def told(entries: pa.Table) -> list[str]:
    """``1 2026-03-18 Trade payables bo 700.00 debit`` for each line."""
    return [
        " ".join(
            (
                *(str(row["entry"]), str(row["date"]), row["account"], *([row["item"]] if row["item"] else [])),
                format_minor(row["debit_minor"] or row["credit_minor"], 2),
                "debit" if row["debit_minor"] else "credit",
            )
        )
        for row in entries.to_pylist()
    ]


def test_the_books_of_ana_are_those_that_her_accountant_writes() -> None:
    entries = journal_entries(ana())
    assert entries.schema == JOURNAL
    assert sorted(told(entries)) == [
        "1 2026-03-18 Trade payables A-101 700.00 debit",
        "1 2026-03-18 Trade receivables D-9 450.00 credit",
        "1 2026-03-18 Trade receivables E-4 250.00 credit",
        "2 2026-03-20 Clearing union 500.00 credit",
        "2 2026-03-20 Trade payables A-101 500.00 debit",
        "2 2026-03-20 Trade payables A-102 300.00 debit",
        "2 2026-03-20 Trade receivables E-4 300.00 credit",
        "3 2026-03-19 Bank 500.00 credit",
        "3 2026-03-19 Clearing union 500.00 debit",
        "4 2026-03-20 Clearing fees 3.00 debit",
        "4 2026-03-20 Clearing fees owed 3.00 credit",
    ]


def balances(entries: pa.Table) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in entries.to_pylist():
        found[row["account"]] += row["debit_minor"] - row["credit_minor"]
    return dict(found)


def test_what_was_paid_in_leaves_nothing_with_the_union() -> None:
    assert balances(journal_entries(ana()))["Clearing union"] == 0


@pytest.mark.parametrize("member", ["DEU", "USA"])
def test_a_real_member_that_paid_or_was_paid_is_even_with_the_union(member: str) -> None:
    facts = facts_of(trade(), member)
    (call,) = facts.calls
    moved = call.pay_in_minor or call.pay_out_minor
    direction = "in" if call.pay_in_minor else PAID_OUT
    paid = Payment(currency="XXX", amount_minor=moved, direction=direction, at=at("2026-03-20"))
    entries = journal_entries(replace(facts, payments=(paid,)))
    found = balances(entries)
    assert sum(found.values()) == 0
    assert found["Clearing union"] == 0
    assert found["Bank"] == call.pay_out_minor - call.pay_in_minor


def test_only_what_is_final_is_entered() -> None:
    open_cycle = replace(CLOSED, final=None, settled=None, closed=None)
    assert journal_entries(replace(ana(), cycle=open_cycle, payments=())).num_rows == 0
    final = replace(CLOSED, settled=None, closed=None)
    assert set(journal_entries(replace(ana(), cycle=final, payments=()))["entry"].to_pylist()) == {1}


def test_a_member_may_name_its_accounts() -> None:
    found = balances(journal_entries(ana(), {"payables": "2200 {counterparty}", "bank": "1010"}))
    assert (found["2200 bo"], found["2200 cy"], found["1010"]) == (120000, 30000, -50000)
    assert ACCOUNTS["receivables"] in found
    with pytest.raises(BrokenLaw, match="accounts_are_known"):
        journal_entries(ana(), {"debtors": "1400"})


def test_beancount_finds_the_books_in_balance() -> None:
    entries = journal_entries(ana(), {role: name.replace("{counterparty}", "C-{counterparty}") for role, name in BEANCOUNT.items()})
    found, errors, _ = loader.load_string(_as_beancount(entries))
    assert errors == []
    assert len([each for each in found if type(each).__name__ == "Transaction"]) == 4


def _as_beancount(entries: pa.Table) -> str:
    by_entry: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in entries.to_pylist():
        by_entry[row["entry"]].append(row)
    opens = "".join(f"2026-01-01 open {name}\n" for name in sorted(set(entries["account"].to_pylist())))
    lines = []
    for rows in by_entry.values():
        lines.append(f'{rows[0]["date"]} * "{rows[0]["text"]}"')
        lines += [f"  {row['account']}  {format_minor(row['debit_minor'] - row['credit_minor'], 2)} {row['currency']}" for row in rows]
        lines.append("")
    return opens + "\n".join(lines)
