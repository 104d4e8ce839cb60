"""A trade-credit circle from the pack that ships, and how commands find their union and take wrong words."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time

import pytest

from rescounter.rulebook.shipped import PACKS
from tests.journeys.command import PROGRAM
from tests.journeys.unions import run, table, told

DEBTS = """
id debtor creditor amount  due
1  ana    bo       1000.00 2026-01-10
2  ana    bo        200.00 2026-01-10
1  bo     cy        800.00 2026-01-11
1  cy     ana       600.00 2026-01-12
"""
"""The circuit sets off 600 three times; 200 is below the pack's minimum of 250.01."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A demonstration of three firms with an open cycle."""
    desk = tmp_path_factory.mktemp("desk")
    words = ("--pack", "trade-credit", "--name", 'Circle of "three"', "--demonstration", "--at", "2026-01-05T09:00")
    assert "It is a demonstration" in run(desk, "init", "circle", *words)
    table(desk, "members.csv", "code name\nana Ana\nbo Bo\ncy Cy\n")
    run(desk, "member", "add", "--file", "members.csv", "-u", "circle", "--at", "2026-01-05T09:05")
    run(desk, "cycle", "open", "-u", "circle", "--at", "2026-01-05T09:10")
    return desk


@pytest.fixture
def desk(opened, tmp_path):
    return shutil.copytree(opened, tmp_path / "desk")


def act(desk, *words, at, code=0):
    return run(desk, *words, "-u", "circle", "--at", at, code=code)


def test_a_cycle_that_only_sets_off_runs_to_its_close_and_carries_the_rest_over(desk):
    act(desk, "submit", table(desk, "debts.csv", DEBTS), "--as", "*", at="2026-01-16T09:00")
    assert "600.00" not in act(desk, "status", at="2026-01-16T10:00")
    assert "preliminarily: corrections may still come" in act(desk, "cycle", "run", at="2026-01-22T13:00")
    table(desk, "more.csv", "id debtor creditor amount due\n2 bo cy 300.00 2026-01-10\n")
    act(desk, "submit", "more.csv", "--as", "bo", at="2026-01-23T09:00")
    said = act(desk, "cycle", "run", at="2026-01-28T09:00")
    assert "1 row changed" in said and "1,800.00 of 2,900.00 EUR set off (62.06 %)" in said and "is closed" in said
    made = told(desk, "statement", "ana", "-u", "circle")
    assert (made["union"]["is_demonstration"], made["totals"][0]["cleared_debts_minor"]) == (True, 60000)
    assert "A demonstration" in run(desk, "statement", "ana", "-u", "circle")
    status = told(desk, "status", "-u", "circle", "--at", "2026-01-28T09:10")
    assert (status["closed"], status["cycles"], status["name"]) == (1, [], 'Circle of "three"')
    assert "the same" in run(desk, "cycle", "replay", "-u", "circle")


def test_refused_rows_are_told_the_others_taken_and_a_file_is_taken_once(desk):
    rows = DEBTS + "3 ana zoe 500 2026-01-10\n3 bo cy 1,5 2026-01-10\n"
    name = table(desk, "debts.csv", rows.replace("1,5", "1.5.0"))
    body = json.loads(act(desk, "submit", name, "--as", "*", "--json", at="2026-01-16T09:00"))
    assert (body["taken"], body["refused"]) == (4, 2)
    assert {refusal["code"] for refusal in body["refusals"]} == {"creditor_no_member", "not_a_number"}
    assert all(refusal["what_to_do"] for refusal in body["refusals"])
    assert "handed in before" in act(desk, "submit", name, "--as", "*", at="2026-01-16T09:01")
    table(desk, "again.csv", DEBTS + "4 ana zoe 500 2026-01-10\n")
    assert "4 were there before" in act(desk, "submit", "again.csv", "--as", "*", "--strict", at="2026-01-16T09:02", code=3)
    assert "1 obligation of ana taken back" in act(desk, "withdraw", "2", "--as", "ana", at="2026-01-16T09:03")
    assert "nothing was done" in act(desk, "withdraw", "2", "--as", "ana", at="2026-01-16T09:04")
    assert "id_not_held" in act(desk, "withdraw", "1", "9", "--as", "ana", at="2026-01-16T09:05", code=3)
    assert "taken back" in act(desk, "cycle", "status", "--items", "ana", at="2026-01-16T09:06")
    assert "too_late" in act(desk, "submit", name, "--as", "ana", at="2026-01-22T13:00", code=3)


def test_a_member_with_a_key_signs_what_it_hands_in(desk):
    verifier = told(desk, "key", "new", "ana.key")["verifier"]
    assert (desk / "ana.key").stat().st_mode & 0o077 == 0
    assert "output_exists" in run(desk, "key", "new", "ana.key", code=2)
    run(desk, "key", "new", "other.key")
    table(desk, "debts.csv", "id debtor creditor amount due\n1 ana bo 300 2026-01-10\n")
    signed = ("submit", "debts.csv", "--as", "ana", "--key")
    assert "key_unregistered" in act(desk, *signed, "ana.key", at="2026-01-16T09:00", code=2)
    act(desk, "member", "change", "ana", "--key", verifier, at="2026-01-16T09:00")
    assert "signature_missing" in act(desk, *signed[:-1], at="2026-01-16T09:01", code=3)
    assert "signature_wrong" in act(desk, *signed, "other.key", at="2026-01-16T09:02", code=3)
    assert "1 row" in act(desk, *signed, "ana.key", at="2026-01-16T09:03")


def test_members_join_all_or_none_and_only_once(desk):
    assert "0 members joined. 3 members had joined before." in act(desk, "member", "add", "--file", "members.csv", at="2026-01-06T09:00")
    table(desk, "wrong.csv", "code name bic\ndee Dee -\neva Eva NOBIC\n- Fay -\n")
    said = act(desk, "member", "add", "--file", "wrong.csv", at="2026-01-06T09:00", code=3)
    assert "row 2 (eva): bic_malformed" in said and "Nobody joined" in said
    assert "dee" not in run(desk, "member", "list", "-u", "circle")
    assert "standing  active" in run(desk, "member", "show", "ana", "-u", "circle")
    act(desk, "member", "suspend", "bo", "--reason", "audit", at="2026-01-06T09:01")
    act(desk, "member", "reinstate", "bo", "--reason", "done", at="2026-01-06T09:02")
    assert "cy leaves 2026-01-09 16:00" in act(desk, "member", "withdraw", "cy", at="2026-01-06T09:03")
    assert [each["standing"] for each in told(desk, "member", "list", "-u", "circle", "--at", "2026-01-07T09:00")["members"]] == [
        "active", "active", "leaving",
    ]  # fmt: skip
    act(desk, "person", "add", "jo", "--role", "member", "--member", "ana", at="2026-01-06T09:04")
    assert "person_unnamed" in act(desk, "member", "suspend", "bo", "--reason", "x", at="2026-01-06T09:05", code=2)
    table(desk, "debts.csv", "id debtor creditor amount due\n1 bo cy 300 2026-01-05\n")
    assert "not_for_that_member" in act(desk, "submit", "debts.csv", "--as", "bo", "--by", "jo", at="2026-01-16T09:00", code=3)
    assert "not_for_that_member" in act(desk, "submit", "debts.csv", "--as", "*", "--by", "jo", at="2026-01-16T09:00", code=3)


def test_rules_are_checked_shown_compared_and_changed(desk):
    text = run(desk, "rulebook", "pack", "trade-credit")
    (desk / "ours.toml").write_text(text.replace('"250.01"', '"100.00"').replace("legal_opinion", "single_person = true\nlegal_opinion"))
    assert "can be used" in run(desk, "rulebook", "check", "ours.toml")
    (desk / "wrong.toml").write_text(text.replace('"set-off"', '"magic"'))
    assert "clearing.method: choice_unknown: found magic" in run(desk, "rulebook", "check", "wrong.toml", code=1).replace('"', "")
    assert "rulebook_refused" in act(desk, "rulebook", "change", "wrong.toml", at="2026-01-06T09:00", code=2)
    assert "intake.minimum" in run(desk, "rulebook", "diff", "1", "ours.toml", "-u", "circle")
    assert "is version 2" in act(desk, "rulebook", "change", "ours.toml", at="2026-01-06T09:00")
    assert "is version 2 already" in act(desk, "rulebook", "change", "ours.toml", at="2026-01-06T09:01")
    assert told(desk, "rulebook", "show", "-u", "circle", "--at", "2026-01-06T09:02")["version"] == 2
    assert run(desk, "rulebook", "show", "--text", "--version", "2", "-u", "circle") == (desk / "ours.toml").read_text()
    assert [each["pack"] for each in told(desk, "rulebook", "packs")["packs"]] == list(PACKS)


def test_a_union_is_named_or_told_by_the_environment_or_the_nearest_above(desk):
    (desk / "circle" / "papers").mkdir()
    assert "Circle" in run(desk / "circle" / "papers", "status")
    assert "Circle" in run(desk, "status", RESCOUNTER_UNION="circle")
    assert "union_not_found" in run(desk, "status", code=2)
    assert "union_not_found" in run(desk / "circle", "status", "-u", "nowhere", code=2)
    assert "person_unknown" in act(desk, "cycle", "open", "--by", "zoe", at="2026-01-06T09:00", code=3)
    run(desk, "ledger", "init", "books")
    assert "no union was founded" in run(desk, "status", "-u", "books", code=2)


def test_a_union_is_founded_whole_or_not_at_all(tmp_path):
    assert "founders_refused" in run(tmp_path, "init", "new", "--pack", "trade-credit", "--operator", "ana", code=2)
    assert "founders_refused" in run(tmp_path, "init", "new", "--pack", "trade-credit", "--operator", "a", "--approver", "a", code=2)
    assert "pack_unknown" in run(tmp_path, "init", "new", "--pack", "magic", "--demonstration", code=2)
    assert "option_invalid" in run(tmp_path, "init", "new", "--demonstration", code=2)
    assert "time_not_told" in run(tmp_path, "init", "new", "--pack", "trade-credit", "--at", "2026-01-05T09:00", code=2)
    assert not (tmp_path / "new").exists()
    # What an interruption between the two halves of a founding leaves behind: a ledger in which nothing is.
    run(tmp_path, "ledger", "init", "new")
    run(tmp_path, "init", "new", "--pack", "trade-credit", "--operator", "op", "--approver", "eva")
    assert "output_exists" in run(tmp_path, "init", "new", "--pack", "trade-credit", "--demonstration", code=2)
    assert told(tmp_path, "status", "-u", "new")["single_person"] is False
    assert told(tmp_path, "person", "list", "-u", "new")["people"][0]["roles"] == ["approver"]
    waiting = told(tmp_path, "member", "limit", "ana", "EUR", "ten", "-u", "new", "--by", "op", code=2)
    assert waiting["fault"] == "option_invalid"


def test_answers_are_given_by_the_other_party_and_all_or_none(desk):
    text = run(desk, "rulebook", "pack", "corporate-netting").replace('zone = "Europe/Amsterdam"', 'zone = "Europe/Ljubljana"')
    (desk / "centre.toml").write_text(text.replace('driven_by = "agreement"', 'driven_by = "creditor"'))
    run(desk, "init", "centre", "--rulebook", "centre.toml", "--demonstration", "--at", "2026-01-02T09:00")

    def there(*words, at, code=0):
        return run(desk, *words, "-u", "centre", "--at", at, code=code)

    there("member", "add", "--file", "members.csv", at="2026-01-02T09:05")
    there("cycle", "open", at="2026-01-02T09:10")
    table(desk, "claims.csv", "id debtor creditor amount currency\n1 ana bo 300 EUR\n2 ana bo 40 EUR\n")
    there("submit", "claims.csv", "--as", "bo", at="2026-01-05T09:00")
    assert "ana confirmed 1 obligation" in there("answer", "--as", "ana", "--confirm", "bo/1", at="2026-01-05T09:01")
    table(desk, "answers.csv", "submitter id answer reason\nbo 2 rejected broken\n")
    assert "rejected 1" in there("answer", "answers.csv", "--as", "ana", at="2026-01-05T09:02")
    assert "id_not_held" in there("answer", "--as", "cy", "--confirm", "bo/1", at="2026-01-05T09:03", code=3)
    assert "option_invalid" in there("answer", "--as", "ana", "--confirm", "bo", at="2026-01-05T09:04", code=2)
    table(desk, "answers.csv", "submitter id answer\nbo 2 perhaps\n")
    assert "answer_unknown" in there("answer", "answers.csv", "--as", "ana", at="2026-01-05T09:05", code=3)


@pytest.mark.parametrize("seconds", [0.3, 0.6, 0.9, 1.2])
def test_a_run_that_is_interrupted_goes_on_when_it_is_run_again(desk, seconds):
    act(desk, "submit", table(desk, "debts.csv", DEBTS), "--as", "*", at="2026-01-16T09:00")
    words = ("cycle", "run", "-u", "circle", "--at", "2026-01-28T09:00")
    running = subprocess.Popen([*PROGRAM, *words], cwd=desk, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode in (0, 130, -signal.SIGINT), "the last where Python itself was still starting"
    assert "the cycle is closed" in run(desk, *words)
    acts = told(desk, "cycle", "status", "-u", "circle")["acts"]
    assert [each["kind"] for each in acts][2:] == ["cut_off", "cleared", "corrected", "cleared", "closed"]
    assert "Sound" in run(desk, "ledger", "audit", "-l", "circle")
