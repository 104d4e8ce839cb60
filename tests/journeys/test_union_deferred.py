"""A union that nets and is paid, from its founding to a closed cycle, through the real command line."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.journeys.unions import run, table, told

RULES = """
[rulebook]
name = "Payments union"
[union]
name = "Payments union"
zone = "Europe/Ljubljana"
currencies = ["EUR"]
[calendar]
frequency = "monthly"
first_cut_off = 2026-01-22
cut_off_times = [13:00:00]
correction_days = 3
pay_in_days = 5
settlement_days = 6
holidays = { EUR = ["XECB"] }
[intake]
driven_by = "debtor"
carry_over = true
[clearing]
method = "set-off-then-net"
[settlement]
kind = "pay-in"
partial_funding = true
accounts = { EUR = "SI56192001234567892" }
[fees]
per_mille = "1"
"""

DEBTS = """
id debtor creditor amount
1  ana    bo       100.00
2  ana    dee       30.00
1  bo     cy        80.00
1  cy     ana       60.00
"""
"""The circuit ana, bo, cy sets off 60 three times. What is left: ana owes 70, bo, cy and dee are owed 20, 20 and 30."""

MEMBERS = """
code name account
ana  Ana  DE89370400440532013000
bo   Bo   -
cy   Cy   -
dee  Dee  -
"""


def founded(desk):
    """A union of two people with four members, who were approved."""
    (desk / "rules.toml").write_text(RULES)
    run(desk, "init", "union", "--rulebook", "rules.toml", "--operator", "op", "--approver", "eva", at="2026-01-02T09:00")
    table(desk, "members.csv", MEMBERS)
    act(desk, "member", "add", "--file", "members.csv", at="2026-01-05T09:00")
    run(desk, "approval", "approve", 2, "-u", "union", "--by", "eva", at="2026-01-05T09:10")


def act(desk, *words, code=0, by="op", **more):
    return run(desk, *words, "-u", "union", "--by", by, code=code, **more)


def ask(desk, *words, code=0, by="op", **more):
    return told(desk, *words, "-u", "union", "--by", by, code=code, **more)


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """A union whose first cycle is handed in, cut off and cleared, preliminarily."""
    desk = tmp_path_factory.mktemp("desk")
    founded(desk)
    act(desk, "cycle", "open", at="2026-01-05T09:20")
    act(desk, "submit", table(desk, "debts.csv", DEBTS), "--as", "*", at="2026-01-06T09:00")
    act(desk, "cycle", "run", at="2026-01-22T13:00")
    return desk


@pytest.fixture
def desk(cut, tmp_path):
    return shutil.copytree(cut, tmp_path / "desk")


@pytest.fixture(scope="module")
def final(cut, tmp_path_factory):
    """The same union, gone on until its set-off is final and the members are called."""
    desk = shutil.copytree(cut, tmp_path_factory.mktemp("final") / "desk")
    act(desk, "cycle", "run", at="2026-01-27T17:00")
    act(desk, "approval", "approve", proposal(desk), by="eva", at="2026-01-27T17:30")
    act(desk, "cycle", "run", at="2026-01-27T17:40")
    return desk


@pytest.fixture
def called(final, tmp_path):
    return shutil.copytree(final, tmp_path / "desk")


def proposal(desk):
    return told(desk, "approval", "list", "-u", "union", at="2026-01-27T17:20")["proposals"][0]["proposal"]


def test_a_cycle_runs_from_its_debts_to_its_close(called):
    desk = called
    said = act(desk, "cycle", "fund", at="2026-01-28T09:00")
    assert "ana     70.00 EUR  70.00 EUR  0.00 EUR  70.00 EUR" in said
    table(desk, "payins.csv", "reference currency amount booked remittance\nB1 EUR 70.00 2026-01-28 RC/2026-01-22/ana")
    assert "is funded: every call is covered" in act(desk, "cycle", "fund", "payins.csv", at="2026-01-28T10:00")
    waiting = ask(desk, "cycle", "settle", at="2026-01-30T17:00")
    assert (waiting["act"], waiting["deciders"]) == (None, ["eva"])
    act(desk, "approval", "approve", waiting["proposal"], by="eva", at="2026-01-30T17:05")
    assert "is closed" in act(desk, "cycle", "run", at="2026-01-30T17:10")
    assert "Sound" in run(desk, "ledger", "audit", "-l", "union")
    assert "everything else was reckoned again and is the same" in act(desk, "cycle", "replay", at="2026-01-30T17:20")
    made = told(desk, "statement", "ana", "-u", "union", at="2026-01-30T17:20")
    assert [made["totals"][0][name] for name in ("owes_minor", "is_owed_minor", "cleared_debts_minor")] == [13000, 6000, 6000]
    assert [(call["pay_in_minor"], call["paid_minor"]) for call in made["calls"]] == [(7000, 7000)]
    assert made["union"]["is_single_person"] is False
    saved = told(desk, "savings", "-u", "union", at="2026-01-30T17:20")["cycles"][0]
    assert (saved["gross_minor"], saved["set_off_minor"], saved["cash_minor"]) == (27000, 18000, 7000)


def test_every_pay_in_is_told_apart_and_unidentified_money_finds_its_owner(called):
    desk = called
    rows = """
    reference currency amount booked     member payer
    B1        EUR      20.00  2026-01-28 ana    -
    B2        EUR      50.00  2026-01-28 -      Somebody
    B3        EUR       1.00  2026-01-28 zoe    -
    -         EUR       1.00  2026-01-28 ana    -
    """
    body = ask(desk, "cycle", "fund", table(desk, "payins.csv", rows), at="2026-01-28T10:00")
    assert [(row["reference"], row["verdict"]) for row in body["pay_ins"]] == [
        ("B1", "on_time"), ("B2", "unidentified"), ("B3", "unidentified"),
    ]  # fmt: skip
    assert [refusal["code"] for refusal in body["pay_ins_refused"]] == ["pay_in_without_reference"]
    assert [row["missing_minor"] for row in body["short"]] == [5000]
    again = ask(desk, "cycle", "fund", "payins.csv", at="2026-01-28T10:05")
    assert {row["verdict"] for row in again["pay_ins"]} == {"double"}
    number = ask(desk, "cycle", "assign", "B2", "ana", "--reason", "her letter", at="2026-01-28T11:00")["proposal"]
    act(desk, "approval", "approve", number, by="eva", at="2026-01-28T11:05")
    assert "was resolved before" in act(desk, "cycle", "assign", "B2", "ana", at="2026-01-28T11:06")
    assert "money_not_waiting" in act(desk, "cycle", "return", "B2", code=3, at="2026-01-28T11:07")
    done = ask(desk, "cycle", "fund", at="2026-01-28T11:10")
    assert (done["state"], [row["reference"] for row in done["unidentified"]]) == ("funded", ["B3"])
    paid = told(desk, "statement", "ana", "-u", "union", at="2026-01-28T11:20")["payments"]
    assert [(row["reference"], row["amount_minor"]) for row in paid] == [("B1", 2000), ("B2", 5000)]
    assert "Sound" in run(desk, "ledger", "audit", "-l", "union")


def test_who_is_late_is_carried_over_and_the_rest_is_netted_again(called):
    desk = called
    said = act(desk, "cycle", "run", at="2026-01-29T16:59")
    assert "late members are carried over by the rulebook" in said
    assert "round 2" in act(desk, "cycle", "run", at="2026-01-29T17:00")


def test_a_step_before_its_time_or_out_of_turn_is_refused_with_what_comes_next(desk):
    said = act(desk, "cycle", "correct", code=3, at="2026-01-26T09:00")
    assert "too_early" in said and "rescounter cycle status" in said
    assert "out_of_turn" in act(desk, "cycle", "settle", code=3, at="2026-01-26T09:00")
    assert "There is no cycle" not in act(desk, "cycle", "clear", "--cycle", "2031-01-15", code=2, at="2026-01-26T09:00")


def test_a_step_that_was_done_says_so_and_does_nothing(desk):
    acts = len(told(desk, "cycle", "status", "-u", "union", at="2026-01-26T09:00")["acts"])
    assert "was done before" in act(desk, "cycle", "cut-off", "--cycle", "2026-01-22", at="2026-01-26T09:00")
    assert len(told(desk, "cycle", "status", "-u", "union", at="2026-01-26T09:00")["acts"]) == acts


def test_a_step_that_was_proposed_waits_and_is_not_proposed_twice(desk):
    act(desk, "cycle", "run", at="2026-01-27T17:00")
    number = proposal(desk)
    said = act(desk, "cycle", "clear", at="2026-01-27T17:10")
    assert f"Proposal {number}" in said and "was proposed before" in said
    assert "own_proposal" in act(desk, "approval", "approve", number, code=3, at="2026-01-27T17:20")
    act(desk, "approval", "refuse", number, "--reason", "look again", by="eva", at="2026-01-27T17:25")
    assert "proposal_decided" in act(desk, "approval", "approve", number, by="eva", code=3, at="2026-01-27T17:30")
    assert ask(desk, "cycle", "clear", at="2026-01-27T17:40")["proposal"] > number


def test_a_result_leaves_as_a_folder_that_verify_takes(desk):
    said = act(desk, "cycle", "export", "-o", "result", "--key-file", "cycle.key", at="2026-01-26T09:00")
    assert "preliminary" in said
    assert (desk / "cycle.key").stat().st_mode & 0o077 == 0
    assert "Proven" in run(desk, "verify", "result", "--key-file", "cycle.key")
    assert "output_exists" in act(desk, "cycle", "export", "-o", "result", code=2, at="2026-01-26T09:00")
    act(desk, "cycle", "export", "-o", "result", "--force", "--format", "csv", at="2026-01-26T09:00")


def test_calls_leave_as_a_table_and_as_files_for_banks(desk, final, tmp_path):
    assert "nobody_called" in act(desk, "cycle", "pay-ins", "-o", "calls", code=2, at="2026-01-26T09:00")
    desk = shutil.copytree(final, tmp_path / "called")
    body = ask(desk, "cycle", "pay-ins", "-o", "calls", at="2026-01-28T09:00")
    assert (body["pay_ins"], body["pay_outs"], len(body["left_out"])) == (1, 3, 3)
    assert (desk / "calls" / "calls.csv").read_text().splitlines()[1].startswith("EUR,ana,Ana,70.00,,")
    assert b"pain.001" in (desk / "calls" / "pay-ins" / "000001.xml").read_bytes()


def test_a_statement_is_a_folder_that_is_complete_or_not_there(desk):
    act(desk, "statement", "ana", "-o", "ana", "--format", "csv", at="2026-01-26T09:00")
    names = {path.name for path in (desk / "ana").iterdir()}
    assert {"statement.html", "statement.json", "items.csv", "journal.csv"} <= names
    assert json.loads((desk / "ana" / "statement.json").read_text())["format"] == "rescounter-statement/1"
    assert "output_exists" in act(desk, "statement", "bo", "-o", "ana", code=2, at="2026-01-26T09:00")
    act(desk, "statement", "ana", "-o", "ana", "--force", at="2026-01-26T09:00")
    assert "member_unknown" in act(desk, "statement", "zoe", code=2, at="2026-01-26T09:00")
    act(desk, "cycle", "page", "-o", "page.html", at="2026-01-26T09:00")
    assert "<html" in (desk / "page.html").read_text()
    assert "What was handed in" in act(desk, "cycle", "page", at="2026-01-26T09:00")


def test_the_time_is_told_to_demonstrations_only(desk):
    assert "time_not_told" in act(desk, "cycle", "run", "--at", "2026-02-01T09:00", code=2)
    assert "not_a_demonstration" in act(desk, "cycle", "run", "--demonstrate", code=2, at="2026-01-26T09:00")
