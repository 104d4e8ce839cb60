"""A council on the command line: seats, a motion from tabling to the next version of the rulebook, minutes, and a recount by anyone."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rescounter.cli import main

COUNCIL = """
[council]
kind = "council"
circulation_days = 3
voting_days = 2
by_subject = { rulebook_changed = "acu-two-thirds" }
"""
FOUNDED, VOTES, ENDED = "2026-01-05T09:00", "2026-01-09T09:00", "2026-01-12T09:00"


def run(desk: Path, *words: object, code: int = 0) -> str:
    """What a command prints that must leave with *code*, in this process: standard output, and of a failure standard error too."""
    out, err, found = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(desk), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "argv", ["rescounter", *map(str, words)])
        for name, value in (("NO_COLOR", "1"), ("COLUMNS", "160")):
            patch.setenv(name, value)
        try:
            main()
        except SystemExit as left:
            found = int(left.code or 0)
    assert found == code, f"exit code {found}\n{out.getvalue()}{err.getvalue()}"
    return out.getvalue() + (err.getvalue() if code else "")


def told(desk: Path, *words: object) -> Any:
    """The JSON that a command prints."""
    return json.loads(run(desk, *words, "--json").splitlines()[0])


def approved(desk: Path, *words: object, at: str = FOUNDED) -> None:
    """What the operator proposes, and the approver agrees to."""
    proposal = told(desk, *words, "--by", "op", "--at", at)["proposal"]
    assert run(desk, "approval", "approve", proposal, "--by", "ap", "--at", at)


def seated(desk: Path) -> Path:
    """A union of three members whose representatives sit in council; ana's signs."""
    text = run(desk, "rulebook", "pack", "trade-credit") + COUNCIL
    (desk / "ours.toml").write_text(text)
    people = ("--operator", "op", "--approver", "ap", "--at", FOUNDED)
    run(desk, "init", "circle", "--rulebook", "ours.toml", "--name", "Circle", "--demonstration", *people)
    union = desk / "circle"
    key = told(union, "key", "new", "../eva.key")["verifier"]
    (union / "members.csv").write_text(f"code,name,key\nANA,Ana,{key}\nBO,Bo,\nCY,Cy,\n")
    proposal = told(union, "member", "add", "--file", "members.csv", "--by", "op", "--at", FOUNDED)
    (number,) = [each["proposal"] for each in told(union, "status", "--at", FOUNDED)["proposals"]]
    assert proposal and run(union, "approval", "approve", number, "--by", "ap", "--at", FOUNDED)
    for code, person in (("ANA", "eva"), ("BO", "ben"), ("CY", "cleo")):
        approved(union, "person", "add", person, "--role", "member", "--member", code)
        office = ["--office", "chair"] if code == "ANA" else []
        if code == "ANA":
            name = ("council", "name", code, person, *office, "--by", "op", "--at", FOUNDED)
            assert "consent_missing" in run(union, *name, code=3)
            consent = ("member", "consent", code, "--represented-by", person, *office, "--by", person, "--at", FOUNDED)
            assert '"person":"eva"' in run(union, *consent)
            assert "consents" in run(union, *consent, "--key", "../eva.key")
        approved(union, "council", "name", code, person, *office)
    return union


def test_a_council_changes_its_rulebook_by_a_vote_that_anybody_counts_again(tmp_path: Path):
    union = seated(tmp_path)
    text = run(union, "rulebook", "show", "--text", "--at", FOUNDED)
    (union / "next.toml").write_text(text.replace("withdrawal_days = 3", "withdrawal_days = 9"))
    assert "decision_missing" in run(union, "rulebook", "change", "next.toml", "--by", "op", "--at", FOUNDED, code=3)
    table = ("council", "table", "--title", "Nine days of notice", "--text", "Run-off takes longer.", "--rulebook", "next.toml")
    assert "Motion 1 is tabled" in run(union, *table, "--by", "eva", "--at", FOUNDED)
    assert "is motion 1 already" in run(union, *table, "--by", "eva", "--at", FOUNDED)
    circulated = run(union, "council", "circulate", 1, "--by", "op", "--at", FOUNDED)
    assert circulated.startswith("Motion 1 circulates; its vote can be opened from 2026-01-09 00:00, by acu-two-thirds.")
    assert "motion_too_early" in run(union, "council", "open", 1, "--by", "op", "--at", FOUNDED, code=3)
    assert "open until 2026-01-12 00:00; 3 members may vote" in run(union, "council", "open", 1, "--by", "op", "--at", VOTES)
    assert "ballot_unsigned" in run(union, "council", "vote", 1, "yes", "--by", "eva", "--at", VOTES, code=3)
    assert "Your vote is yes" in run(union, "council", "vote", 1, "yes", "--by", "eva", "--key", "../eva.key", "--at", VOTES)
    due = told(union, "status", "--at", VOTES)["motions"][0]
    assert (due["members"], due["by"]) == (["BO", "CY"], "2026-01-12 00:00")
    assert due["otherwise"].startswith("as the ballots stand, not adopted: no quorum: 1 present, 2 needed")
    run(union, "council", "vote", 1, "yes", "--by", "ben", "--at", VOTES)
    assert "if nothing is done: the vote is over and waits for its closing; adopted" in run(union, "status", "--at", ENDED)
    closed = run(union, "council", "close", 1, "--by", "ben", "--at", ENDED)
    assert "Motion 1 is adopted: 2 of 3 for, 2 needed (at least 2/3 of all members). Decision 1 is carried out" in closed
    assert "withdrawal_days = 9" in run(union, "rulebook", "show", "--at", ENDED)
    (decision,) = told(union, "council", "decisions", "--at", ENDED)["decisions"]
    assert (decision["decision"], decision["motion"], decision["state"]) == (1, 1, "adopted")
    assert "All agrees: 1 motion and 1 decision come out again" in run(union, "council", "check")
    verify(union)
    run(union, "council", "minutes", "-o", "minutes", "--at", ENDED)
    page = (union / "minutes" / "minutes.html").read_text()
    assert "Nine days of notice" in page and "2 of 3 for, 2 needed" in page
    assert "Decision" in run(union, "council", "minutes", 1, "--at", ENDED)


def verify(union: Path) -> None:
    key = told(union, "council", "export", 1, "-o", "vote", "--at", ENDED)["verifier"]
    assert "2 ballots come to the tally on record, counted anew" in run(union, "verify", "vote", "--verifier", key)
    vote: dict[str, Any] = json.loads((union / "vote" / "vote.json").read_text())
    ballot = next(each for each in vote["records"] if each["kind"] == "voted" and each["by"] == "ben")
    ballot["body"] = ballot["body"].replace('"yes"', '"no"')
    (union / "vote" / "vote.json").write_text(json.dumps(vote))
    assert "NOT SOUND" in run(union, "verify", "vote", code=1)
