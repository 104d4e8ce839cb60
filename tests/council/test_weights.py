"""What votes weigh: the same for all, by quota, by a table of the rulebook, by contributions to the guarantee fund; and who checks it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.council.named import weights_with_basic_votes
from rescounter.cycle.balloting import opening_vote
from rescounter.cycle.motions_again import replay_council
from rescounter.facade.union_council import VOTE_FILE, export_vote
from rescounter.rulebook.reading import read_rulebook
from rescounter.verification.votes import verify_vote
from rescounter.verification.weights import _weights
from tests.council.chamber import LOG, Chamber, acts_of, chamber, rules
from tests.council.test_no_rule_without_a_decision import smuggled
from tests.cycle.world import OPERATOR

SUSPENDS: dict[str, Any] = {"code": "dee", "reason": "did not pay"}
WEIGHED = 'rule = "ours"'
OURS = 'own = { ours = { base = "weight", threshold = "1/2", passed = true } }'
FUND = {"ana": 700_00, "bo": 200_00, "cy": 100_00, "dee": 50_00}

TABLE = """
council                                                             | quotas          | weights               | cast          | for  needed of   | outcome
weights = "equal"                                                   |                 | 1 1 1 1               | ana+ bo+      | 2 3 4            | rejected
weights = "equal"                                                   |                 | 1 1 1 1               | ana+ bo+ cy+  | 3 3 4            | adopted
weights = "table"; weight_table = { ana = 3, bo = 2, cy = 1, dee = 1 } |              | 3 2 1 1               | ana+ cy+      | 4 4 7            | adopted
weights = "table"; weight_table = { ana = 3, "*" = 1 }              |                 | 3 1 1 1               | ana+          | 3 4 6            | rejected
weights = "table"; weight_table = { ana = 1000000000000, "*" = 1 }  |                 | 1000000000000 1 1 1   | ana+          | 1000000000000 500000000002 1000000000003 | adopted
weights = "fund"; weight_currency = "EUR"                           |                 | 70000 20000 10000 5000 | bo+ cy+ dee+ | 35000 52501 105000 | rejected
weights = "fund"; weight_currency = "EUR"                           |                 | 70000 20000 10000 5000 | ana+         | 70000 52501 105000 | adopted
weight_currency = "EUR"                                             | 3 1 1 1         | 58349400 20550200 20550200 20550200 | ana+ | 58349400 60000001 120000000 | rejected
weights = "quotas"; weight_currency = "EUR"                         | 5 2 1 1         | 96973900 40275100 21375500 21375500 | ana+ dee+ | 118349400 90000001 180000000 | adopted
"""  # noqa: E501
ROWS = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()[1:]]


def seated(council: str, quotas: str = "", *, fund: bool = True) -> Chamber:
    amounts = dict(zip(["ana", "bo", "cy", "dee"], quotas.split(), strict=False))
    members = " ".join(code + (f":{amounts[code]}" if code in amounts else "") for code in ["ana", "bo", "cy", "dee"])
    world = chamber(members, text=rules(*council.split("; "), WEIGHED, OURS))
    if fund:
        contribute(world, FUND)
    return world


def contribute(world: Chamber, amounts: dict[str, int], kind: str = "fund_contributed", currency: str = "EUR") -> None:
    """As records alone: what counts here is what the log says, not what was paid from."""
    for code, amount in amounts.items():
        body = {"member": code, "currency": currency, "amount_minor": amount, "reference": f"{kind} {code} {amount} {currency}"}
        smuggled(world, (kind, OPERATOR, body))
    world.sit_down()


def exported(world: Chamber, folder: Path, number: int = 1) -> dict[str, Any]:
    export_vote(world.desk, number, folder / f"vote-{number}")
    vote: dict[str, Any] = json.loads((folder / f"vote-{number}" / VOTE_FILE).read_text())
    return vote


@pytest.mark.parametrize(
    ("council", "quotas", "weights", "cast", "numbers", "outcome"), ROWS, ids=[f"{row[0]}: {row[3]}"[:60] for row in ROWS]
)
def test_votes_weigh_as_the_table_says_and_whoever_has_the_export_reckons_it_again(
    council: str, quotas: str, weights: str, cast: str, numbers: str, outcome: str, tmp_path: Path
):
    world = seated(council, quotas)
    motion = world.decide_on("member_suspended", SUSPENDS, cast)
    tally = motion.known("motion_closed").body["tally"]
    found = [weight for _, weight, _ in motion.known("motion_opened").body["electorate"]]
    assert found == [int(each) for each in weights.split()]
    assert [tally[name] for name in ("for_it", "needed", "base")] == [int(each) for each in numbers.split()]
    assert motion.known("motion_closed").body["outcome"] == outcome
    verdict = verify_vote(exported(world, tmp_path), verifier=world.desk.ledger.keys.verifiers[0].text())
    assert verdict.findings == ()
    assert any(each.startswith("the weights of 4 members are reckoned anew") for each in verdict.proven)
    assert [each for each in replay_council(acts_of(world)) if "motion" in str(each)] == []
    world.store.close()


LACKING = [
    ('weights = "table"; weight_table = { ana = 3, cy = 1 }', "", [("bo", "weight_missing"), ("dee", "weight_missing")]),
    ('weights = "fund"; weight_currency = "EUR"', "", [(code, "weight_missing") for code in ("ana", "bo", "cy", "dee")]),
    ('weight_currency = "EUR"', "3 1 1", [("dee", "quota_missing")]),
]


@pytest.mark.parametrize(("council", "quotas", "lacking"), LACKING, ids=[row[0] for row in LACKING])
def test_a_vote_does_not_open_while_a_member_has_nothing_that_weighs(council: str, quotas: str, lacking: list[tuple[str, str]]):
    world = seated(council, quotas, fund=False)
    assert world.table("member_suspended", SUSPENDS, by="r.ana").act
    assert world.circulate(1).act
    world.wait(4)
    assert [(each.id, each.code) for each in world.open(1).refusals] == lacking
    world.store.close()


def test_contributions_count_less_what_was_given_back_in_their_currency():
    world = seated('weights = "fund"; weight_currency = "EUR"')
    contribute(world, {"ana": 300_00}, "fund_returned")
    contribute(world, {"bo": 900_00}, currency="USD")
    assert world.table("member_suspended", SUSPENDS, by="r.ana").act
    world.until_open(1)
    assert [weight for _, weight, _ in world.motion(1).known("motion_opened").body["electorate"]] == [40000, 20000, 10000, 5000]
    world.store.close()


FAULTS = [
    ('weights = "heads"', "choice_unknown"),
    ('weights = "fund"', "council_does_not_fit"),
    ('weights = "table"', "council_does_not_fit"),
    ('weight_currency = "EUR"\nweight_table = { ana = 1 }', "council_does_not_fit"),
    ('weights = "table"\nweight_table = { ana = 0 }', "number_out_of_range"),
    ('weights = "table"\nweight_table = { ana = 1000000000001 }', "number_out_of_range"),
    ('weights = "table"\nweight_table = { ana = "1" }', "rule_of_another_kind"),
    ('weights = "table"\nweight_table = { ana = 1.5 }', "rule_of_another_kind"),
    ('weights = "table"\nweight_table = { "" = 1 }', "text_unusable_in_rule"),
    ('weights = "table"\nweight_table = 7', "rule_of_another_kind"),
]


@pytest.mark.parametrize(("lines", "code"), FAULTS)
def test_a_text_that_weighs_nothing_or_no_whole_numbers_is_refused(lines: str, code: str):
    assert [each.code for each in read_rulebook(rules(lines, WEIGHED, OURS)).refusals] == [code]


def test_a_text_of_before_weighs_by_quotas():
    known = read_rulebook(rules('weight_currency = "EUR"', WEIGHED, OURS)).known
    assert (known.rules_at(0).council.weights, dict(known.rules_at(0).council.weight_table)) == ("quotas", {})


# Forged: the log holds what its operator wrote, and whoever has the export finds it.

MADE_UP: list[tuple[str, str, dict[str, Any], str]] = [
    ('weight_currency = "EUR"', "3 1 1 1", {"electorate": [["ana", 9, ""], ["bo", 9, ""], ["cy", 9, ""], ["dee", 9, ""]]}, "ana"),
    ('weight_currency = "EUR"', "3 1 1 1", {"basis": {"bo": 500}}, "basis of bo"),
    ('weights = "table"; weight_table = { ana = 3, "*" = 1 }', "", {"basis": {"bo": 2}}, "basis of bo"),
    ('weights = "fund"; weight_currency = "EUR"', "", {"basis": {"cy": 99_999}}, "basis of cy"),
    ('weights = "equal"', "", {"basis": {"ana": 3}}, "basis of ana"),
    ('weights = "equal"', "", {"by": "fund", "currency": "EUR", "basis": FUND}, "by"),
    ('weights = "equal"', "", {"rulebook": 2}, "rulebook"),
]


@pytest.mark.parametrize(("council", "quotas", "changes", "where"), MADE_UP, ids=[row[3] + ": " + row[0] for row in MADE_UP])
def test_weights_that_were_made_up_are_found_by_replay_and_by_whoever_has_the_export(
    council: str, quotas: str, changes: dict[str, Any], where: str, tmp_path: Path
):
    world = seated(council, quotas)
    assert world.table("member_suspended", SUSPENDS, by="r.ana").act
    assert world.circulate(1).act
    world.wait(4)
    wanted = opening_vote(world.desk.union, OPERATOR, 1, log=LOG, at_us=world.desk.at_us).wanted
    assert wanted is not None
    smuggled(world, ("motion_opened", OPERATOR, forged(dict(wanted.body), changes)))
    world.sit_down()
    world.cast(1, "ana+")
    world.wait(3)
    assert world.close(1).act
    assert any("motion_opened" in str(each) for each in replay_council(acts_of(world)))
    found = verify_vote(exported(world, tmp_path)).findings
    assert where in [each.where for each in found if each.check == "weights"], found
    world.store.close()


def forged(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The act that opens a vote with another basis, and with the weights that would follow from it; or with other weights alone."""
    if "electorate" in changes:
        return {**body, **changes}
    basis = {**dict(body["weighed"]["basis"]), **changes.get("basis", {})}
    told = {**body["weighed"], **changes, "basis": [[code, amount] for code, amount in basis.items()]}
    weights = weights_with_basic_votes(basis) if told["by"] == "quotas" else basis
    return {**body, "weighed": told, "electorate": [[code, weights[code], office] for code, _, office in body["electorate"]]}


def test_sources_that_were_changed_or_left_out_are_found(tmp_path: Path):
    world = seated('weight_currency = "EUR"', "3 1 1 1")
    world.decide_on("member_suspended", SUSPENDS, "ana+ bo+")
    vote = exported(world, tmp_path)
    kinds = [each["kind"] for each in vote["sources"]]
    assert kinds == ["founded", *["limits_set"] * 4]
    for change in (lambda it: it.pop(0), lambda it: it.pop(2), lambda it: it[1].update(body=it[2]["body"]), lambda it: it.reverse()):
        other = copy.deepcopy(vote)
        change(other["sources"])
        assert [each.check for each in verify_vote(other).findings][:1] == ["weights"]
    assert [each.check for each in verify_vote({name: part for name, part in vote.items() if name != "sources"}).findings] == ["shape"]
    world.store.close()


def test_a_vote_of_an_earlier_release_is_counted_again_and_its_weights_are_not_proven(tmp_path: Path):
    world = seated('weight_currency = "EUR"', "3 1 1 1")
    assert world.table("member_suspended", SUSPENDS, by="r.ana").act
    assert world.circulate(1).act
    world.wait(4)
    wanted = opening_vote(world.desk.union, OPERATOR, 1, log=LOG, at_us=world.desk.at_us).wanted
    assert wanted is not None
    smuggled(world, ("motion_opened", OPERATOR, {name: value for name, value in wanted.body.items() if name != "weighed"}))
    world.sit_down()
    world.cast(1, "ana+ bo+")
    world.wait(3)
    assert world.close(1).act
    assert replay_council(acts_of(world)) == ()
    vote = exported(world, tmp_path)
    verdict = verify_vote({name: part for name, part in vote.items() if name != "sources"})
    assert verdict.findings == () and any("did not record from what it weighed" in each for each in verdict.not_proven)
    world.store.close()


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 10**15), min_size=1))
def test_the_reckoning_of_who_verifies_is_that_of_the_union(basis: dict[str, int]):
    weights = _weights("quotas", basis)
    assert weights == weights_with_basic_votes(basis)
    assert _weights("fund", basis) == basis
