"""Disputes on the command line: an invoice that two members settle with a mediator, and relief that snaps back after 65 days.

The commands are run in this process: dozens of them would take a minute as processes of their own.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rescounter.cli.app import app
from tests.journeys.unions import table

RULES = """
[rulebook]
name = "Ring"
[union]
name = "Ring"
currencies = ["EUR"]
zone = "UTC"
[calendar]
frequency = "monthly"
first_cut_off = 2020-01-22
cut_off_times = [13:00:00]
[intake]
driven_by = "debtor"
carry_over = true
[clearing]
method = "set-off"
[disputes]
kind = "yes"
mediators = ["CY"]
"""


@pytest.fixture(scope="module", autouse=True)
def _plain_terminal():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        patch.setenv("COLUMNS", "160")
        patch.delenv("RESCOUNTER_UNION", raising=False)
        yield


def run(folder: Path, *words: object, code: int = 0) -> str:
    """What a command in *folder* prints that must leave with *code*."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exit_code == code, f"{words}: {done.exit_code}\n{done.output}"
    return done.output if code else done.stdout


def told(folder: Path, *words: object, code: int = 0) -> Any:
    return json.loads(run(folder, *words, "--json", code=code).splitlines()[0])


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A demonstration with three members, a person each."""
    folder = tmp_path_factory.mktemp("dispute")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    run(folder, "init", "ring", "--rulebook", "rules.toml", "--demonstration", "--operator", "op", "--at", "2020-01-02T09:00")
    desk = folder / "ring"
    members = table(desk, "members.csv", "code name\nANA Ana\nBO Bo\nCY Cy")
    run(desk, "member", "add", "--file", members, "--at", "2020-01-02T10:00")
    for code in ("ANA", "BO", "CY"):
        words = ("--name", code, "--role", "member", "--member", code, "--by", "op", "--at", "2020-01-02T10:00")
        run(desk, "person", "add", code.lower(), *words)
    return desk


def test_an_invoice_is_disputed_held_out_settled_exported_and_verified(desk):
    run(desk, "cycle", "open", "--by", "op", "--at", "2020-01-03T09:00")
    rows = "id debtor creditor amount currency\n{} {} {} {} EUR"
    for code, creditor, name, amount in (("ANA", "BO", "INV-7", "100.00"), ("BO", "CY", "B-1", "80.00"), ("CY", "ANA", "C-1", "60.00")):
        file = table(desk, f"{code}.csv", rows.format(name, code, creditor, amount))
        run(desk, "submit", file, "--as", code, "--by", "op", "--at", "2020-01-03T10:00")
    at = "2020-01-13T09:00"
    said = run(
        desk, "dispute", "raise", "ANA/INV-7", "--against", "BO", "--reason", "never delivered", "--template", "invoice-dispute",
        "--by", "ana", "--at", at,
    )  # fmt: skip
    assert "Dispute 1 is raised." in said
    assert "Until 2020-01-28 00:00" in said
    (desk / "note.txt").write_text("a delivery note", encoding="utf-8")
    run(desk, "dispute", "evidence", "1", "note.txt", "--by", "bo", "--at", at)
    refused = told(desk, "dispute", "do", "1", "decided", "--by", "bo", "--at", at, code=3)
    assert [each["code"] for each in refused["refusals"]] == ["dispute_out_of_turn"]
    run(desk, "dispute", "do", "1", "mediation_opened", "--by", "bo", "--at", "2020-01-14T09:00")
    run(desk, "dispute", "do", "1", "proposed", "--restores", "--by", "cy", "--at", "2020-01-15T09:00")
    assert "it is done once BO said the same" in run(desk, "dispute", "do", "1", "accepted", "--by", "ana", "--at", "2020-01-16T09:00")
    status = run(desk, "status", "--at", "2020-01-16T10:00")
    assert "Dispute 1, ANA against BO, INV-7 of ANA: in mediation" in status
    assert "If nothing is done: it goes on: the netting centre decides." in status
    assert "1 of them kept out" in run(desk, "cycle", "run", "--by", "op", "--at", "2020-01-22T13:00")
    assert "kept out: disputed" in run(desk, "statement", "ANA", "--at", "2020-01-22T13:00")
    assert told(desk, "dispute", "calendar", "union.ics", "--at", "2020-01-22T13:00")["deadlines"] == 2
    assert told(desk, "status", "--calendar", "all.ics", "--at", "2020-01-22T13:00")["deadlines"] == 2
    calendar = (desk / "all.ics").read_bytes()
    assert calendar.startswith(b"BEGIN:VCALENDAR") and calendar == (desk / "union.ics").read_bytes()
    run(desk, "dispute", "do", "1", "accepted", "--by", "bo", "--at", "2020-01-23T09:00")
    (listed,) = told(desk, "dispute", "list", "--at", "2020-01-23T09:00")["disputes"]
    assert (listed["state"], listed["over"]) == ("settled", True)
    run(desk, "dispute", "show", "1", "--output", "page", "--at", "2020-01-23T09:00")
    assert "<svg" in (desk / "page" / "dispute.html").read_text(encoding="utf-8")
    run(desk, "dispute", "export", "1", "--output", "pack", "--at", "2020-01-23T09:00")
    assert "1 documents" in run(desk, "verify", "pack")
    document = next((desk / "pack" / "documents").iterdir())
    document.write_text("another note", encoding="utf-8")
    assert f"documents/{document.name}" in run(desk, "verify", "pack", code=1)


def test_relief_snaps_back_after_65_days_though_nobody_looks(desk):
    acts = [
        told(desk, "member", "limit", "ANA", "EUR", amount, "--kind", "quota", "--by", "op", "--at", at)["act"]
        for amount, at in (("50.00", "2020-01-24T09:00"), ("500.00", "2020-01-25T08:00"))
    ]
    words = ("--measure", acts[-1], "--against", "ANA", "--template", "snapback-65-days", "--reason", "arrears", "--by", "bo")
    number = told(desk, "dispute", "raise", *words, "--at", "2020-01-25T09:00")["dispute"]["number"]
    # 15 + 15 + 5 days end on the leap day; the vote is until day 30 after the notice: 65 days, ended in full.
    run(desk, "dispute", "do", number, "notified", "--by", "bo", "--at", "2020-02-29T09:00")
    ahead = told(desk, "dispute", "show", number, "--at", "2020-03-30T23:59")
    assert (ahead["over"], ahead["ends"]) == (False, "2020-03-31T00:00:00+00:00")
    assert _quota(desk, "2020-03-30T23:59") == 50_000
    assert _quota(desk, "2020-03-31T00:00") == 5_000
    assert _quota(desk, "2021-01-01T00:00") == 5_000
    late = told(desk, "dispute", "do", number, "tabled", "--by", "cy", "--at", "2021-01-01T00:00", code=3)
    assert [each["code"] for each in late["refusals"]] == ["dispute_over"]
    assert told(desk, "dispute", "show", number, "--at", "2021-01-01T00:00")["state"] == "restored"


def _quota(desk, at):
    found = told(desk, "member", "show", "ANA", "--at", at)
    return [each["amount_minor"] for each in found["limits"] if each["kind"] == "quota"][-1]


COUNCIL = """
[council]
kind = "council"
circulation_days = 3
voting_days = 5
decides = ["rulebook_changed", "dispute_decided"]
"""


def test_a_council_decides_a_dispute_by_a_motion(tmp_path):
    (tmp_path / "rules.toml").write_text(RULES + COUNCIL, encoding="utf-8")
    at = ("--at", "2020-01-02T10:00")
    run(tmp_path, "init", "ring", "--rulebook", "rules.toml", "--demonstration", "--operator", "op", *at)
    desk = tmp_path / "ring"
    run(desk, "member", "add", "--file", table(desk, "members.csv", "code name\nANA Ana\nBO Bo\nCY Cy"), *at)
    for code in ("ANA", "BO", "CY"):
        run(desk, "person", "add", code.lower(), "--name", code, "--role", "member", "--member", code, "--by", "op", *at)
        run(desk, "council", "name", code, code.lower(), "--by", "op", *at)
    for amount in ("50.00", "500.00"):
        act = told(desk, "member", "limit", "ANA", "EUR", amount, "--kind", "net_debit_cap", "--by", "op", *at)["act"]
    words = ("--measure", act, "--against", "ANA", "--template", "snapback-65-days", "--reason", "arrears", "--by", "bo")
    run(desk, "dispute", "raise", *words, "--at", "2020-01-25T09:00")
    needs = "rescounter council table --dispute 1"
    assert needs not in run(desk, "status", "--at", "2020-01-26T09:00")
    said = run(desk, "dispute", "do", "1", "notified", "--by", "bo", "--at", "2020-02-29T09:00")
    assert needs in said
    alone = told(desk, "dispute", "do", "1", "voted", "--adopted", "--by", "op", "--at", "2020-03-01T08:00", code=3)
    assert {"dispute_out_of_turn"} == {each["code"] for each in alone["refusals"]}
    run(desk, "council", "table", "--title", "The relief goes on", "--dispute", "1", "--by", "cy", "--at", "2020-03-01T09:00")
    alone = told(desk, "dispute", "do", "1", "voted", "--adopted", "--by", "op", "--at", "2020-03-01T09:00", code=3)
    assert {"decision_missing"} == {each["code"] for each in alone["refusals"]}
    run(desk, "council", "circulate", "1", "--by", "op", "--at", "2020-03-01T09:00")
    assert "open until 2020-03-11 00:00" in run(desk, "council", "open", "1", "--by", "op", "--at", "2020-03-05T09:00")
    for person in ("ana", "cy"):
        run(desk, "council", "vote", "1", "yes", "--by", person, "--at", "2020-03-06T09:00")
    assert "Decision 1 is carried out" in run(desk, "council", "close", "1", "--by", "op", "--at", "2020-03-11T00:00")
    shown = run(desk, "dispute", "show", "1", "--at", "2021-01-01T00:00")
    assert "the council (decision 1)" in shown and "BO against ANA: continued" in shown
    assert "the draft in dispute 1, BO against ANA" in run(desk, "council", "minutes", "--at", "2021-01-01T00:00")
    assert "All agrees" in run(desk, "council", "check", "--at", "2021-01-01T00:00")
    run(desk, "council", "export", "1", "-o", "vote", "--at", "2021-01-01T00:00")
    assert "7 records of motion 1 stand on the log" in run(desk, "verify", "vote")
