"""No path brings about what is the council's without a decision on record; no vote counts twice; whatever is smuggled in is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rescounter.approvals.laws import unapproved
from rescounter.council.laws import nothing_without_a_decision, undecided
from rescounter.cycle.motions_again import replay_council
from rescounter.cycle.office import Step, Wanted
from rescounter.facade.union_council import VOTE_FILE, export_vote
from rescounter.ledger.records import Record
from rescounter.rulebook.reading import read_rulebook
from rescounter.terms import BrokenLaw
from rescounter.terms.acts import canonical
from rescounter.verification import verify_vote
from tests.council.chamber import COUNCIL, Chamber, acts_of, chamber, rules, signing_key
from tests.council.test_council_in_a_union import SUSPENDS
from tests.cycle.mortal import Killed, Mortal, fresh
from tests.cycle.world import APPROVER, OPERATOR, RULES

OTHER = COUNCIL.replace("pay_in_days = 5", "pay_in_days = 4")


def text_body(text: str = OTHER) -> dict[str, Any]:
    return read_rulebook(text).known.as_body()


KEPT: list[tuple[str, dict[str, Any]]] = [
    ("rulebook_changed", text_body()),
    ("rulebook_changed", text_body(RULES)),
    ("members_joined", {"members": [{"code": "zoe", "name": "Zoe"}]}),
    ("member_suspended", SUSPENDS),
    ("member_reinstated", {"code": "eli", "reason": "paid"}),
    ("member_expelled", {"code": "dee", "reason": "left its word", "leaves_at_us": 2**62}),
    ("limits_set", {"limits": [{"member": "ana", "currency": "EUR", "kind": "quota", "amount_minor": 1}]}),
]
"""What is the council's by default; the second text abolishes it."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Chamber]:
    """A chamber in which nothing that is refused leaves a trace; eli is suspended by decision 1."""
    world = chamber("ana/chair bo cy dee eli", keys=("ana",))
    for number, body in ((1, {"code": "eli", "reason": "did not pay"}),):
        assert world.table("member_suspended", body, by="r.bo").act
        world.until_open(number)
        world.cast(number, "bo+ cy+ dee+")
        world.wait(3)
        assert world.close(number).act
    yield world
    world.store.close()


def codes(done: Any) -> list[str]:
    return [each.code for each in done.refusals]


@pytest.mark.parametrize(("kind", "body"), KEPT, ids=[kind for kind, _ in KEPT])
def test_nothing_of_the_council_is_done_or_proposed_without_a_decision(shared: Chamber, kind: str, body: dict[str, Any]):
    before = len(acts_of(shared))
    for person in (OPERATOR, "r.ana"):
        assert "decision_missing" in codes(shared.act(kind, by=person, **body))
    for carried in (1, 2, 0):
        with pytest.raises(BrokenLaw, match="no_act_brings_its_decision_along"):
            shared.act(kind, **body, decision=carried)
    assert len(acts_of(shared)) == before


def test_what_is_not_the_councils_goes_on_by_approval(shared: Chamber):
    cap = {"member": "ana", "currency": "EUR", "kind": "net_debit_cap", "amount_minor": 100}
    assert shared.approved(shared.act("limits_set", limits=[cap])).act
    assert undecided(acts_of(shared)) == ()


@pytest.mark.parametrize(("kind", "body"), KEPT, ids=[kind for kind, _ in KEPT])
def test_a_single_persons_union_decides_in_council_too(kind: str, body: dict[str, Any]):
    world = chamber("ana bo cy dee eli", text=COUNCIL.replace("[union]", "[union]\nsingle_person = true"))
    assert codes(world.act(kind, **body))[:1] == ["decision_missing"]
    world.store.close()


def test_what_was_proposed_before_there_was_a_council_is_not_approved_when_there_is_one():
    store, clock = fresh("sqlite")
    world = Chamber(store, clock)
    world.assemble("", text=RULES)
    world.join("ana")
    waits = [world.act("member_suspended", code="ana", reason="x"), world.act("rulebook_changed", **text_body(OTHER))]
    assert world.approved(world.act("rulebook_changed", **text_body(COUNCIL))).act
    for done, code in zip(waits, ["decision_missing", "proposal_outdated"], strict=True):
        assert done.proposal
        assert codes(world.desk.decide(done.proposal, by=APPROVER, is_approved=True)) == [code]
    assert undecided(acts_of(world)) == ()
    store.close()


def test_founding_members_join_by_approval_until_one_of_them_is_represented_and_rules_never_change_so():
    store, clock = fresh("sqlite")
    world = Chamber(store, clock)
    world.assemble("", text=COUNCIL)
    world.join("ana")
    assert codes(world.act("rulebook_changed", **text_body())) == ["decision_missing"]
    assert world.approved(world.act("person_added", code="r.ana", name="R", roles=["member"], member="ana")).act
    assert world.name("ana", "r.ana").act
    assert codes(world.act("members_joined", **KEPT[2][1])) == ["decision_missing"]
    assert undecided(acts_of(world)) == ()
    store.close()


# A close that is not what the ballots say.


def test_a_close_that_somebody_made_up_is_never_appended(shared: Chamber):
    """The step is made by hand: adopted, though nobody voted, or before the end."""
    number = len(shared.desk.union.council.motions) + 1
    assert shared.table("member_suspended", SUSPENDS, by="r.bo").act
    made_up = {"motion": number, "tally": {}, "counted": "", "outcome": "adopted", "decision": 2, "reasons": []}
    act = Step(wanted=Wanted("motion_closed", made_up))
    assert codes(shared.desk.do(act, by=OPERATOR)) == ["motion_out_of_turn"]
    shared.until_open(number)
    assert codes(shared.desk.do(act, by=OPERATOR)) == ["motion_too_early"]
    shared.cast(number, "bo- cy- dee-")
    shared.wait(3)
    with pytest.raises(BrokenLaw, match="a_vote_closes_as_it_is_counted"):
        shared.desk.do(act, by=OPERATOR)
    assert shared.close(number).act and shared.motion(number).state.value == "not adopted"
    assert undecided(acts_of(shared)) == () and replay_council(acts_of(shared)) == ()


# Who may do what.


def test_nobody_votes_for_another_member_or_without_its_key(shared: Chamber):
    number = len(shared.desk.union.council.motions) + 1
    assert shared.table("member_suspended", SUSPENDS, by="r.bo").act
    shared.until_open(number)
    assert codes(shared.vote(number, "bo", "yes", by=OPERATOR)) == ["not_a_representative"]
    assert codes(shared.vote(number, "bo", "yes", by="nobody")) == ["not_a_representative"]
    assert codes(shared.vote(number, "eli", "yes")) == ["not_entitled"], "suspended when the vote opened"
    assert codes(shared.vote(number, "ana", "yes")) == ["ballot_unsigned"]
    wrong = signing_key("bo")(shared.ballot(number, "ana", "yes"))[0]
    assert codes(shared.vote(number, "ana", "yes", line=wrong)) == ["ballot_signature_wrong"]
    first = signing_key("ana")(shared.ballot(number, "ana", "yes"))[0]
    assert codes(shared.vote(number, "ana", "no", line=first)) == ["ballot_signature_wrong"], "signed for yes"
    assert shared.vote(number, "ana", "yes", line=first).act
    assert shared.vote(number, "ana", "no", key=signing_key("ana")).act
    assert codes(shared.vote(number, "ana", "yes", line=first)) == ["ballot_signature_wrong"], "a ballot is not handed in twice"
    for to in ("ana", "eli", "zoe", ""):
        assert codes(shared.vote(number, "ana", "delegate", to=to)) == ["delegate_unusable"]
    assert codes(shared.vote(number, "bo", "perhaps")) == ["delegate_unusable"]
    again = shared.vote(number, "ana", "no", key=signing_key("ana"))
    assert again.is_repeat and not again.act
    shared.wait(3)
    assert codes(shared.vote(number, "bo", "yes")) == ["vote_over"]
    assert shared.close(number).act
    assert [each.member for each in shared.motion(number).ballots] == ["ana", "ana"]
    tally = shared.motion(number).known("motion_closed").body["tally"]
    assert (tally["for_it"], tally["against"]) == (0, 1), "the last ballot counts, once"


def test_only_the_mover_amends_and_withdraws_and_only_before_the_vote(shared: Chamber):
    number = len(shared.desk.union.council.motions) + 1
    assert shared.table("member_suspended", SUSPENDS, by="r.bo").act
    assert codes(shared.amend(number, "member_suspended", {**SUSPENDS, "reason": "z"}, by="r.ana")) == ["not_the_mover"]
    assert codes(shared.withdraw_motion(number, "r.cy")) == ["not_the_mover"]
    assert codes(shared.withdraw_motion(number, OPERATOR)) == ["not_a_representative"]
    assert shared.circulate(number, by="r.dee").act, "no operator is needed"
    assert codes(shared.open(number)) == ["motion_too_early"]
    shared.wait(4)
    assert shared.amend(number, "member_suspended", {**SUSPENDS, "reason": "z"}, by="r.bo").act
    assert codes(shared.open(number)) == ["motion_out_of_turn"], "it circulates again first"
    assert shared.withdraw_motion(number, "r.bo").act and shared.withdraw_motion(number, "r.bo").is_repeat
    assert codes(shared.table("member_suspended", SUSPENDS, by=OPERATOR)) == ["not_a_representative"]
    assert codes(shared.circulate(99)) == ["motion_unknown"]


def test_a_mover_shuts_nobody_out_of_a_vote(shared: Chamber):
    done = shared.table("member_suspended", SUSPENDS, by="r.bo", interested=["ana", "cy"])
    assert codes(done) == ["interest_not_theirs", "interest_not_theirs"]


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("settled", {"cycle": "2026-01-22"}, "no_council"),
        ("limits_set", {"limits": [{"member": "ana", "currency": "EUR", "kind": "net_debit_cap", "amount_minor": 1}]}, "no_council"),
        ("rulebook_changed", {}, "motion_unusable"),
        ("rulebook_changed", {"text": "[union"}, "rulebook_unreadable"),
        ("rulebook_changed", {"text": COUNCIL}, "version_unchanged"),
        ("rulebook_changed", {"text": COUNCIL + 'decides = ["members_joined"]\n'}, "council_does_not_fit"),
        ("member_suspended", {**SUSPENDS, "decision": 1}, "motion_unusable"),
        ("member_suspended", {**SUSPENDS, "approval": 0}, "motion_unusable"),
        ("member_suspended", {"code": "nobody", "reason": "x"}, "member_not_known"),
        ("members_joined", {"members": "zoe"}, "detail_missing"),
        ("limits_set", {"limits": [{"kind": "quota"}]}, "member_not_known"),
    ],
)
def test_a_motion_wants_a_whole_act_that_is_the_councils(shared: Chamber, kind: str, body: dict[str, Any], code: str):
    assert code in codes(shared.table(kind, body, by="r.ana"))


def test_offices_are_held_by_one_member_and_representatives_are_people_of_theirs(shared: Chamber):
    from rescounter.cycle.representing import naming

    def refused(member: str, person: str, office: str = "") -> list[str]:
        step = naming(shared.desk.union, member, person, office=office, from_us=0, at_us=shared.desk.at_us)
        return [each.code for each in step.refusals]

    assert refused("bo", "r.bo", "chair") == ["representative_unusable"], "ana is chair"
    assert refused("bo", "r.bo", "king") == ["representative_unusable"]
    assert refused("bo", "r.cy") == ["representative_unusable"]
    assert refused("bo", OPERATOR) == ["representative_unusable"]
    assert refused("zoe", "r.bo")[0] == "member_not_known"
    assert naming(shared.desk.union, "bo", "r.bo", office="", from_us=0, at_us=shared.desk.at_us).is_done
    named = shared.act("representative_named", member="bo", person="r.cy", office="", from_us=0)
    assert codes(named) == ["representative_unusable"], "past the step, at the desk"


# What is smuggled onto the log past every check.


def smuggled(world: Chamber, *acts: tuple[str, str, dict[str, Any]]) -> None:
    first = len(acts_of(world)) + 1
    records = [Record(number=first + place, kind=kind, by=by, body=canonical(body)) for place, (kind, by, body) in enumerate(acts)]
    assert world.store.record(records).accepted.all()


@pytest.mark.parametrize("decision", [None, 0, 1, 7])
@pytest.mark.parametrize(("kind", "body"), [KEPT[0], KEPT[2]], ids=["rulebook", "members"])
def test_an_act_that_was_smuggled_in_is_found(kind: str, body: dict[str, Any], decision: int | None):
    world = chamber()
    world.decide_on("member_suspended", SUSPENDS, "ana+ bo+ cy+")
    smuggled(world, (kind, "", body if decision is None else {**body, "decision": decision}))
    found = undecided(acts_of(world))
    assert [each.kind for each in found] == [kind]
    with pytest.raises(BrokenLaw, match="nothing_without_a_decision"):
        nothing_without_a_decision(acts_of(world))
    assert [finding.check for finding in replay_council(acts_of(world))] == ["council"]
    assert len(unapproved(acts_of(world))) == (1 if not decision else 0)
    world.store.close()


def forged_close(world: Chamber, **changes: Any) -> dict[str, Any]:
    """A close of motion 1 as the honest step has it, with changes."""
    from rescounter.cycle.balloting import closing_vote

    step = closing_vote(world.desk.union, OPERATOR, 1, keep=world.desk.office.keep, at_us=world.desk.at_us)
    assert step.wanted is not None
    return {**step.wanted.body, **changes}


def rejected(ballots: str = "ana- bo- cy-") -> Chamber:
    """A chamber whose vote has ended with ballots that reject the motion, and is not closed."""
    world = chamber()
    assert world.table("member_suspended", SUSPENDS, by="r.ana").act
    world.until_open(1)
    world.cast(1, ballots)
    world.wait(3)
    return world


def test_an_adoption_that_the_ballots_do_not_give_is_found_by_law_replay_and_verification(tmp_path: Path):
    world = rejected()
    close = forged_close(world, outcome="adopted", decision=1)
    smuggled(world, ("motion_closed", OPERATOR, close), ("member_suspended", "", {**SUSPENDS, "decision": 1}))
    assert any("reject" in each.found for each in undecided(acts_of(world)))
    assert any("outcome" in finding.where for finding in replay_council(acts_of(world)))
    world.sit_down()
    export_vote(world.desk, 1, tmp_path / "out")
    found = verify_vote(json.loads((tmp_path / "out" / VOTE_FILE).read_text())).findings
    assert {"outcome", "decision"} <= {finding.where for finding in found}
    world.store.close()


def test_a_decision_that_brings_about_something_else_or_nothing_is_found():
    for behind in ((), (("member_suspended", "", {"code": "bo", "reason": "other", "decision": 1}),)):
        world = rejected("ana+ bo+ cy+")
        smuggled(world, ("motion_closed", OPERATOR, forged_close(world)), *behind)
        found = [each.found for each in undecided(acts_of(world))]
        assert found, behind
        if not behind:
            assert found == ["a decision that was not carried out"]
        world.store.close()


@pytest.mark.parametrize(
    ("kind", "changes", "told"),
    [
        ("motion_circulated", {"rule_name": "consensus"}, "voting rule consensus"),
        ("motion_circulated", {"rule_name": "one-member-one-vote", "rule": {"threshold": "0"}}, "voting rule"),
        ("motion_opened", {"electorate": [["ana", 9, "chair"]]}, "electorate"),
        ("motion_opened", {"closes_at_us": 0}, "closes_at_us"),
        ("motion_opened", {"interested": ["bo", "cy"]}, "interested"),
        ("motion_opened", {"reckoned_at_us": 1}, "reckoned"),
    ],
)
def test_a_rule_an_electorate_or_a_date_that_was_made_up_is_found(kind: str, changes: dict[str, Any], told: str):
    from rescounter.cycle.balloting import opening_vote
    from rescounter.cycle.motions import circulating
    from tests.council.chamber import LOG

    world = chamber(text=rules('by_subject = { members_joined = "consensus" }'))
    assert world.table("member_suspended", SUSPENDS, by="r.ana").act
    at_us = world.desk.at_us
    step = circulating(world.desk.union, OPERATOR, 1, at_us=at_us)
    if kind == "motion_opened":
        assert world.desk.do(step, by=OPERATOR).act
        world.wait(4)
        step = opening_vote(world.desk.union, OPERATOR, 1, log=LOG, at_us=world.desk.at_us)
    assert step.wanted is not None
    smuggled(world, (kind, OPERATOR, {**step.wanted.body, **changes}))
    found = [*undecided(acts_of(world)), *replay_council(acts_of(world))]
    assert any(told in str(each) for each in found), found
    world.store.close()


# Interrupted.


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_whatever_write_a_process_dies_at_a_decision_is_carried_out_once(kind: str, before: bool):
    """From the tabling to the act that the decision brings about: died at every write, and done again."""
    count = played(kind, 0, before=before)
    assert count == 8
    for at in range(1, count + 1):
        played(kind, at, before=before)


def played(kind: str, at: int, *, before: bool) -> int:
    store, clock = fresh(kind)
    world = Chamber(store, clock).assemble("ana/chair bo cy")
    mortal = Mortal(store, at, before=before)
    world.store = mortal
    world.sit_down()
    todos = [
        lambda: world.table("rulebook_changed", text_body(), by="r.ana"),
        lambda: world.circulate(1),
        lambda: world.wait(4),
        lambda: world.open(1),
        *(lambda member=member: world.vote(1, member, "yes") for member in ("ana", "bo", "cy")),
        lambda: world.wait(3),
        lambda: world.close(1),
        lambda: world.close(1),
    ]
    for todo in todos:
        try:
            todo()
        except Killed:
            world.sit_down()
            todo()
    history = acts_of(world)
    assert [act.kind for act in history[-2:]] == ["motion_closed", "rulebook_changed"]
    assert sum(act.kind == "rulebook_changed" for act in history) == 1
    assert world.desk.union.rules(world.desk.at_us).calendar.pay_in_days == 4
    assert undecided(history) == () and replay_council(history) == ()
    store.close()
    return mortal.count


def test_of_two_who_close_at_once_one_does_and_it_is_carried_out_once():
    world = rejected("ana+ bo+ cy+")
    second = Chamber(world.store, world.clock)
    assert world.close(1).act
    done = second.close(1)
    assert done.is_repeat or codes(done) == ["record_number_taken"]
    assert [act.kind for act in acts_of(world)].count("member_suspended") == 1
    world.store.close()
