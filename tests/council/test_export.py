"""A vote counted again by anyone: what was exported is verified, and whatever is changed in it is found."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rescounter.facade.union_council import VOTE_FILE, export_vote
from rescounter.terms import CallerFault
from rescounter.verification import verify_vote
from tests.council.chamber import Chamber, chamber, rules, signing_key
from tests.council.test_council_in_a_union import OWN_ROWS, SUSPENDS

FIVE = "ana/chair bo/vice-chair cy dee eli"


@pytest.fixture(scope="module")
def world() -> Iterator[Chamber]:
    """A union whose ana and bo sign; motion 1 was adopted with a vote changed and one delegated, motion 2 was rejected."""
    made = chamber(FIVE, keys=("ana", "bo"))
    for number, choices in ((1, ("no", "yes", "yes")), (2, ("no", "no", "no"))):
        assert made.table(
            "member_suspended", {**SUSPENDS, "reason": f"reason {number}"} if number == 1 else {"code": "eli", "reason": "x"}, by="r.ana"
        ).act
        made.until_open(number)
        made.clock[0] += 1
        assert made.vote(number, "ana", choices[0], key=signing_key("ana")).act
        made.clock[0] += 1
        assert made.vote(number, "bo", choices[1], key=signing_key("bo")).act
        if choices[0] != choices[2]:
            assert made.vote(number, "ana", choices[2], key=signing_key("ana")).act
        assert made.vote(number, "cy", "delegate", to="ana").act
        made.wait(3)
        assert not made.close(number).refusals
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def vote(world: Chamber, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return exported(world, 1, tmp_path_factory.mktemp("vote"))


def exported(world: Chamber, number: int, folder: Path) -> dict[str, Any]:
    export_vote(world.desk, number, folder / "out")
    return json.loads((folder / "out" / VOTE_FILE).read_text())


def test_what_was_exported_is_counted_again(world: Chamber, vote: dict[str, Any], tmp_path: Path):
    key = world.desk.ledger.keys.verifiers[0].text()
    verdict = verify_vote(vote, verifier=key)
    assert verdict.sound, verdict.findings
    assert verdict.proven[1:] == (
        "4 ballots come to the tally on record, counted anew: adopted: 3 of 3 for, 2 needed "
        "(more than 1/2 of members present and voting yes or no)",
        "3 of 4 ballots are signed by the keys on record",
    )
    assert verify_vote(exported(world, 2, tmp_path), verifier=key).sound
    assert "that the log is the union's: name the key that was published with --verifier" in verify_vote(vote).not_proven


@pytest.mark.parametrize("row", OWN_ROWS, ids=[row[0] for row in OWN_ROWS])
def test_votes_by_every_kind_of_rule_are_counted_again(row: list[str], tmp_path: Path):
    table, cast, _ = row
    made = chamber(FIVE, text=rules('rule = "ours"', f"own = {{ ours = {{ {table} }} }}"))
    made.decide_on("member_suspended", SUSPENDS, cast)
    assert verify_vote(exported(made, 1, tmp_path)).findings == ()
    made.store.close()


def test_a_vote_that_goes_on_is_not_exported(world: Chamber, tmp_path: Path):
    assert world.table("member_suspended", {"code": "bo", "reason": "y"}, by="r.cy").act
    with pytest.raises(CallerFault, match="no count to export"):
        export_vote(world.desk, 3, tmp_path / "out")
    assert world.withdraw_motion(3, "r.cy").act


Change = Callable[[dict[str, Any]], None]


def edited(kind: str, **changes: Any) -> Change:
    """The body of the first record of a kind says something else."""

    def change(vote: dict[str, Any]) -> None:
        record = next(each for each in vote["records"] if each["kind"] == kind)
        record["body"] = json.dumps({**json.loads(record["body"]), **changes}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    return change


def without(kind: str) -> Change:
    def change(vote: dict[str, Any]) -> None:
        vote["records"].remove(next(each for each in vote["records"] if each["kind"] == kind))

    return change


def twice(vote: dict[str, Any]) -> None:
    ballot = next(each for each in vote["records"] if each["kind"] == "voted")
    vote["records"].insert(vote["records"].index(ballot) + 1, copy.deepcopy(ballot))


def other_proof(vote: dict[str, Any]) -> None:
    vote["records"][3]["proof"] = vote["records"][4]["proof"]


CHANGES: list[tuple[str, Change, str]] = [
    ("a ballot says the other", edited("voted", choice="yes"), "record"),
    ("a ballot is left out", without("voted"), "ballots"),
    ("a ballot stands twice", twice, "record"),
    ("a proof of another record", other_proof, "record"),
    ("the motion is another", edited("motion_tabled", title="Another"), "record"),
    ("the electorate is larger", edited("motion_opened", electorate=[["ana", 1, ""]]), "record"),
    ("the time is another", lambda vote: vote["records"][0].update(at_us=1), "record"),
    ("the tally is prettier", edited("motion_closed", decision=7), "record"),
    ("the act is left out", without("member_suspended"), "execution"),
    ("the close is left out", without("motion_closed"), "motion"),
    ("how members counted", lambda vote: vote.update(counted=vote["counted"].replace("absent", "present")), "tally"),
    ("another motion", lambda vote: vote.update(motion=2), "motion"),
    ("no records", lambda vote: vote.update(records=[]), "motion"),
    ("records of another shape", lambda vote: vote.update(records=[1, "two", None]), "shape"),
    ("no checkpoint", lambda vote: vote.pop("checkpoint"), "shape"),
    ("another format", lambda vote: vote.update(format="rescounter-vote/9"), "shape"),
]


@pytest.mark.parametrize(("change", "check"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_whatever_is_changed_is_found(vote: dict[str, Any], change: Change, check: str):
    forged = copy.deepcopy(vote)
    change(forged)
    found = verify_vote(forged)
    assert not found.sound and not found.proven
    assert check in {finding.check for finding in found.findings}, found.findings
