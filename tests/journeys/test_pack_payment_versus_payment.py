"""Payment versus payment, six days of it: what the pack `payment-versus-payment` does, with numbers that a pencil can follow.

A day's pairs are cut off at 17:00; at noon of the next business day what passes the three tests settles. The pack values a euro at 1.10
dollars and a yen at 0.0070, with haircuts of 6 and 8 per cent. Nobody may be short more than 1,500.00 dollars in all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rescounter.facade.union import open_union
from tests.journeys.plays import APPROVER, Play, command

DIGITS = {"USD": 2, "EUR": 2, "JPY": 0}


class Market(Play):
    """A union of four dealers."""

    def agreed(self, *words: object, code: int = 0) -> dict[str, Any]:
        """A command of the operator, and everything that waits after it approved."""
        told = self.ask(*words, code=code)
        for each in self.ask("approval", "list")["proposals"]:
            self.ask("approval", "approve", each["proposal"], by=APPROVER)
        return told

    def opened(self, at: str) -> None:
        self.at = at
        self.cycle = at[:10]
        self.ask("cycle", "open")

    def trades(self, text: str) -> None:
        """Reference, who pays how much, who pays back how much; each leg is handed in by its debtor."""
        legs: dict[str, list[dict[str, str]]] = {}
        for line in filter(None, map(str.strip, text.splitlines())):
            reference, one, paid, currency, other, back, currency_back = line.split()
            for debtor, creditor, amount, code in ((one, other, paid, currency), (other, one, back, currency_back)):
                row = {"id": reference, "debtor": debtor, "creditor": creditor, "amount": amount, "currency": code, "reference": reference}
                legs.setdefault(debtor, []).append(row)
        for member, rows in legs.items():
            self.ask("submit", self.file(f"of-{member}", [*rows[0]], rows), "--as", member)

    def cut_off(self) -> None:
        self.at = f"{self.cycle}T17:00"
        for _ in range(2):
            self.agreed("cycle", "run", "--cycle", self.cycle)

    def paid(self, text: str) -> None:
        rows = []
        for line in filter(None, map(str.strip, text.splitlines())):
            reference, member, amount, currency = line.split()
            rows.append({"reference": reference, "member": member, "amount": amount, "currency": currency, "booked": self.at[:10]})
        self.ask("cycle", "fund", self.file("pay-ins", [*rows[0]], rows), "--cycle", self.cycle)

    def runs_to_the_close(self, at: str) -> None:
        self.at = at
        for _ in range(3):
            self.agreed("cycle", "run", "--cycle", self.cycle)
        assert self.ask("cycle", "status", self.cycle)["state"] == "closed"
        assert self.ask("cycle", "replay", self.cycle)["findings"] == []
        assert self.ask("cycle", "fund", "--cycle", self.cycle)["repeated"]

    def pairs(self) -> list[str]:
        """Reference and pass, or the tests that failed with what was found, in minor units."""
        told = []
        for row in self.ask("cycle", "pairs", self.cycle)["pairs"]:
            waits = ", ".join(f"{test['member']} {test['test']} {test['found_minor']}" for test in row["waits"])
            told.append(f"{row['reference']} {'waits: ' + waits if row['pass'] is None else row['pass']}")
        return told

    def shows(self, text: str) -> None:
        """The pairs of the cycle under `items`, what each member has on its cash under `then`, cell by cell."""
        lines = [line.split() for line in text.splitlines() if line.strip()]
        found = [["items", "pays", "pays-back", "became"], *self._items()] if lines[0][0] == "items" else [["then", *DIGITS], *self._cash()]
        assert found == lines

    def _items(self) -> Iterator[list[str]]:
        for row in self.ask("cycle", "pairs", self.cycle)["pairs"]:
            legs = [
                (row[f"debtor_{leg}"], _major(row[f"amount_{leg}_minor"], row[f"currency_{leg}"]), row[f"currency_{leg}"]) for leg in "12"
            ]
            yield [row["reference"], *legs[0], *legs[1], *(["waits"] if row["pass"] is None else ["pass", str(row["pass"])])]

    def _cash(self) -> Iterator[list[str]]:
        accounts = self.accounts()
        for member in sorted({name.split("/")[0] for name in accounts} - {"*"}):
            yield [member, *(accounts.get(f"{member}/cash/{currency}", "-") for currency in DIGITS)]

    def called(self) -> dict[str, str]:
        return {
            f"{row['member']} {row['currency']}": _major(row["called_minor"], row["currency"])
            for row in self._stands()
            if row["called_minor"]
        }

    def _stands(self) -> list[dict[str, Any]]:
        from rescounter.cycle.paying import stands

        with open_union(self.desk / "union") as desk:
            return list(stands(desk.union, desk.union.cycles[self.cycle], desk.office, at_us=desk.union.at_us).to_pylist())

    def accounts(self) -> dict[str, str]:
        """Every account that is not at zero, in major units."""
        with open_union(self.desk / "union") as desk:
            rows = [(row.id, row.balance_minor) for row in desk.ledger.store.balances().rows() if row.balance_minor]
        return {name: _major(minor, name.rsplit("/", 1)[1]) for name, minor in rows}


def _major(minor: int, currency: str) -> str:
    return str(Decimal(minor).scaleb(-DIGITS[currency]))


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    play = Market(tmp_path_factory.mktemp("payment-versus-payment"))
    play.found("payment-versus-payment", at="2026-01-05T08:00")
    play.at = "2026-01-05T08:00"
    members = [{"code": code, "name": code} for code in ("ana", "bo", "cy", "dee")]
    play.agreed("member", "add", "--file", play.file("members", ("code", "name"), members))
    for code in ("ana", "bo", "cy", "dee"):
        play.agreed("member", "limit", code, "USD", "1500", "--kind", "aggregate_short_position")
    return play


def test_on_the_first_day_both_pay_in_and_both_are_paid_out(market: Market):
    market.opened("2026-01-05T09:00")
    market.trades("X1 ana 1100.00 USD bo 1000.00 EUR")
    market.cut_off()
    assert market.called() == {"ana USD": "1100.00", "bo EUR": "1000.00"}
    market.at = "2026-01-06T09:00"
    market.paid("""
        B1 ana 1100.00 USD
        B2 bo  1000.00 EUR
    """)
    market.runs_to_the_close("2026-01-06T12:00")
    assert market.pairs() == ["X1 1"]
    assert market.accounts() == {}


def test_on_the_second_day_a_pair_passes_after_another(market: Market):
    # The settlement loop of rule R5. x1 first: ana has 20.00 + 550.00 USD and owes 500.00 EUR, worth 570.00 - 583.00 = -13.00.
    # x2: cy gets 330.00 USD for 300.00 EUR: 40.00 + 330.00 - 349.80 = 20.20, and ana pays them: 20.00 - 330.00 + 300.00 * 1.034 = 0.20.
    # Then x1 passes: ana has 240.00 USD and owes 200.00 EUR: 240.00 - 233.20 = 6.80. Everybody is short somewhere: nobody is paid out.
    market.opened("2026-01-06T13:00")
    market.trades("""
        x1 ana 500.00 EUR bo  550.00 USD
        x2 cy  300.00 EUR ana 330.00 USD
    """)
    market.cut_off()
    assert market.called() == {"ana EUR": "200.00", "bo USD": "550.00", "cy EUR": "300.00"}
    market.at = "2026-01-07T09:00"
    market.paid("""
        B3 ana 20.00 USD
        B4 bo  40.00 USD
        B5 cy  40.00 USD
    """)
    market.runs_to_the_close("2026-01-07T12:00")
    market.shows("""
        items  pays            pays-back       became
          x2   ana 330.00 USD  cy  300.00 EUR  pass 1
          x1   ana 500.00 EUR  bo  550.00 USD  pass 2
    """)
    market.shows("""
        then  USD      EUR      JPY
          ana  240.00  -200.00  -
          bo  -510.00   500.00  -
          cy   370.00  -300.00  -
    """)
    shown = market.ask("collateral", "show")["members"]
    assert [(row["member"], row["currency"], row["missing_minor"]) for row in shown] == [
        ("ana", "EUR", 20_000),
        ("bo", "USD", 51_000),
        ("cy", "EUR", 30_000),
    ]


def test_on_the_third_day_who_was_short_is_called_again_and_then_all_are_paid_out(market: Market):
    market.opened("2026-01-07T13:00")
    market.cut_off()
    assert market.called() == {"ana EUR": "200.00", "bo USD": "510.00", "cy EUR": "300.00"}
    market.at = "2026-01-08T09:00"
    market.paid("""
        B6 ana 200.00 EUR
        B7 bo  510.00 USD
        B8 cy  300.00 EUR
    """)
    market.runs_to_the_close("2026-01-08T12:00")
    assert market.pairs() == []
    assert market.accounts() == {}


def test_on_the_fourth_day_a_member_does_not_pay_in_and_nobody_pays_for_it(market: Market):
    # bo would have 1,100.00 USD and owe 1,000.00 EUR: 1,100.00 - 1,000.00 * 1.10 * 1.06 = -66.00. ana gets its dollars back.
    market.opened("2026-01-08T13:00")
    market.trades("X5 ana 1100.00 USD bo 1000.00 EUR")
    market.cut_off()
    market.at = "2026-01-09T09:00"
    market.paid("B9 ana 1100.00 USD")
    market.runs_to_the_close("2026-01-09T12:00")
    assert market.pairs() == ["X5 waits: bo value -6600"]
    assert market.accounts() == {}
    told = market.ask("statement", "ana", "--cycle", market.cycle)
    assert "the other member does not pass the tests; it is tried again in the next cycle" in str(told)
    assert "-66.00" not in str(told)


def test_on_the_fifth_day_the_pair_that_waited_comes_first_and_a_haircut_fails_another(market: Market):
    # 12 January is a holiday in Japan, so the day of payment is the 13th. X5 settles now. cy would have 450.00 USD and owe 400.00 EUR:
    # 450.00 - 400.00 * 1.10 * 1.06 = -16.40 (rule R5). X7 has one leg.
    market.opened("2026-01-09T13:00")
    market.trades("X6 cy 400.00 EUR ana 450.00 USD")
    alone = [{"id": "X7", "debtor": "dee", "creditor": "bo", "amount": "9", "currency": "JPY", "reference": "X7"}]
    market.ask("submit", market.file("alone", [*alone[0]], alone), "--as", "dee")
    market.cut_off()
    assert market.called() == {"ana USD": "1550.00", "bo EUR": "1000.00", "cy EUR": "400.00"}
    market.at = "2026-01-13T09:00"
    market.paid("""
        C1 ana 1550.00 USD
        C2 bo  1000.00 EUR
    """)
    market.runs_to_the_close("2026-01-13T12:00")
    assert market.pairs() == ["X5 1", "X6 waits: cy value -1640"]
    assert market.accounts() == {}
    items = market.ask("cycle", "status", market.cycle, "--items", "dee")["items"]
    assert [(row["id"], row["excluded"]) for row in items] == [("X7", "unpaired")]


def test_on_the_sixth_day_all_short_positions_together_are_too_much(market: Market):
    # dee owes 900.00 EUR = 990.00 USD, which passes; with 120,000 JPY = 840.00 USD it would be 1,830.00 of 1,500.00.
    # cy pays in for X6; then dee's euro are missing: ana has 400.00 of 1,300.00 EUR, which is what is there.
    market.opened("2026-01-13T13:00")
    market.trades("""
        X8 dee 900.00 EUR ana 2000.00 USD
        X9 dee 120000 JPY bo  1000.00 USD
    """)
    market.cut_off()
    market.at = "2026-01-14T09:00"
    market.paid("""
        D1 ana 2450.00 USD
        D2 bo  1000.00 USD
        D3 cy  400.00 EUR
    """)
    market.runs_to_the_close("2026-01-14T12:00")
    assert market.pairs() == ["X6 1", "X8 1", "X9 waits: dee aggregate_short 183000"]
    assert market.accounts() == {
        "*/settlement/USD": "-2000.00",
        "ana/cash/EUR": "900.00",
        "dee/cash/EUR": "-900.00",
        "dee/cash/USD": "2000.00",
    }
    assert market.ask("status")["cycles"] == []


def test_the_list_for_banks_pays_out_what_settled_and_no_more(market: Market):
    # Foreseen were pay-outs for every pair; of X9 nothing settled, and of ana's 1,300.00 EUR 400.00 were there.
    written = market.desk / "lists"
    market.ask("cycle", "pay-ins", "2026-01-13", "-o", written)
    with (written / "calls.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["member"], row["currency"], row["pay_in"], row["pay_out"]) for row in csv.DictReader(file)]
    assert rows == [
        ("ana", "EUR", "", "400.00"),
        ("cy", "EUR", "400.00", ""),
        ("dee", "EUR", "900.00", ""),
        ("dee", "JPY", "120000", ""),
        ("ana", "USD", "2450.00", ""),
        ("bo", "USD", "1000.00", "1000.00"),
        ("cy", "USD", "", "450.00"),
    ]


def test_a_demonstration_of_one_person_has_limits_and_settles_everything(tmp_path: Path):
    at = ("-u", tmp_path / "union", "--at")
    assert command("init", tmp_path / "union", "--pack", "payment-versus-payment", "--demonstration", "--at", "2026-01-05T08:00")[0] == 0
    for member in ("ana", "bo"):
        assert command("member", "add", member, "--name", member, *at, "2026-01-05T09:00")[0] == 0
    assert command("cycle", "open", *at, "2026-01-05T09:00")[0] == 0
    for debtor, creditor, amount in (("ana", "bo", "1100.00,USD"), ("bo", "ana", "1000.00,EUR")):
        (tmp_path / "legs.csv").write_text(f"id,debtor,creditor,amount,currency,reference\nX,{debtor},{creditor},{amount},X\n")
        assert command("submit", tmp_path / "legs.csv", "--as", debtor, *at, "2026-01-05T09:00")[0] == 0
    out = command("cycle", "run", "--demonstrate", *at, "2026-01-06T12:00")[1].splitlines()
    assert "Cycle 2026-01-05 is funded: 1 pair settled, both payments or neither; 0 wait (rescounter cycle pairs)." in out
    assert "pass 1" in command("cycle", "pairs", *at, "2026-01-06T12:00")[1]
