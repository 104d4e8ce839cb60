"""A snapback of 65 days through a whole union with a council: noticed, tabled, voted on, decided by the close of the motion alone.

Raised on 2026-01-05: levels of 15, 15 and 5 days end on 01-20, 02-04 and 02-09. Noticed on 02-09: a draft by 02-19, else the chair's; the
vote by 03-11, the end of day 30. 65 days after it was raised, at 2026-03-12 00:00, what stood before returns.
"""

from __future__ import annotations

from typing import Any

import pytest

from rescounter.approvals.laws import unapproved
from rescounter.council.laws import undecided
from rescounter.council.states import State
from rescounter.cycle.disputes_again import replay_disputes
from rescounter.cycle.motions_again import replay_council
from rescounter.facade.union_calendar import calendar_entries
from rescounter.facade.union_council import is_late_for_dispute
from rescounter.facade.union_disputes import move, needs_motion, raise_dispute_about
from rescounter.terms.acts import Act
from tests.council.chamber import Chamber, acts_of, chamber, rules
from tests.cycle.world import OPERATOR, at_us

DECIDES = 'decides = ["rulebook_changed", "dispute_decided"]'
DISPUTES = ("[disputes]", 'kind = "yes"')
FIVE = "ana/chair bo cy dee eli"
THIS: dict[str, Any] = {"dispute": 1}
END = "2026-03-12T00:00"
LIFTED, BEFORE = 50_000, 5_000


def noticed(*council: str, members: str = FIVE, store: str = "sqlite") -> Chamber:
    """A union in which bo complains that the limit of ana was raised, and gave notice once the levels had passed."""
    world = chamber(members, text=rules(DECIDES, *council, *DISPUTES), store=store)
    world.cap("ana", BEFORE)
    world.clock[0] += 1_000_000
    world.cap("ana", LIFTED)
    done = raise_dispute_about(
        world.desk, "r.bo", complainant="bo", respondent="ana", measure=world.desk.union.number, reason="arrears",
        template="snapback-65-days",
    )  # fmt: skip
    assert done.act, done
    world.tell("2026-02-09T09:00")
    assert move(world.desk, "r.bo", 1, "notified").act
    return world


def state(world: Chamber) -> str:
    return world.desk.union.disputes.cases[1].dispute.at(world.desk.at_us).state.name


def cap_at(world: Chamber, text: str) -> int | None:
    union = world.sit_down().union
    return union.at(max(union.at_us, at_us(text))).register.limit_of("ana", "EUR", "net_debit_cap", at_us(text))


def voted_acts(world: Chamber) -> list[Act]:
    return [act for act in acts_of(world) if act.kind == "dispute_decided"]


def assert_lawful(world: Chamber) -> None:
    history = acts_of(world)
    assert (undecided(history), unapproved(history), replay_council(history), replay_disputes(history)) == ((), (), (), ())
    world.store.close()


def test_a_motion_is_the_draft_and_its_adoption_decides_the_dispute_in_one_append():
    world = noticed()
    assert world.table("dispute_decided", THIS, by="r.cy").act
    tabled, draft = acts_of(world)[-2:]
    assert (tabled.kind, draft.kind, draft.by, draft.body["member"], state(world)) == (
        "motion_tabled",
        "dispute_moved",
        "r.cy",
        "cy",
        "TABLED",
    )
    world.until_open(1)
    assert world.motion(1).rule.name == "un-council"  # as the template says, not council.rule
    world.cast(1, "ana+ cy+ dee+ bo-")
    world.wait(3)
    assert world.close(1).act
    closed, decided = acts_of(world)[-2:]
    assert (closed.kind, closed.body["outcome"], closed.body["decision"]) == ("motion_closed", "adopted", 1)
    assert (decided.kind, decided.by, decided.body["decision"], decided.body["is_adopted"]) == ("dispute_decided", "", 1, True)
    assert world.desk.union.council.executed == {1: decided.number}
    assert state(world) == "CONTINUED"
    assert cap_at(world, END) == LIFTED
    assert_lawful(world)


def test_a_vote_that_is_not_adopted_is_told_to_the_dispute_and_its_clock_restores():
    world = noticed()
    assert world.decide_on("dispute_decided", THIS, "ana+ cy- dee-", mover="cy").state is State.REJECTED
    decided = acts_of(world)[-1]
    body = decided.body
    assert (decided.kind, body["is_adopted"], body["decision"], body["vote"], state(world)) == ("dispute_decided", False, 0, 1, "VOTED")
    assert [cap_at(world, "2026-03-11T23:59"), cap_at(world, END)] == [LIFTED, BEFORE]
    assert_lawful(world)


def test_another_motion_is_the_draft_after_one_that_was_voted_down():
    world = noticed()
    world.decide_on("dispute_decided", THIS, "ana+ cy- dee-", mover="cy")
    world.decide_on("dispute_decided", THIS, "ana+ cy+ dee+", mover="dee")
    assert [each.body["is_adopted"] for each in voted_acts(world)] == [False, True]
    assert (state(world), world.motion(2).decision) == ("CONTINUED", 1)
    assert_lawful(world)


def test_a_motion_that_is_under_way_is_the_draft_once_the_first_was_voted_down():
    world = noticed()
    for mover in ("cy", "dee"):
        assert world.table("dispute_decided", THIS, by=f"r.{mover}").act
    for number in (1, 2):
        assert world.circulate(number).act
    world.wait(4)
    for number, cast in ((1, "ana-"), (2, "ana+ cy+ dee+")):
        assert world.open(number).act
        world.cast(number, cast)
    world.wait(3)
    assert world.close(1).act
    assert [(act.kind, act.body.get("member", "")) for act in acts_of(world)[-2:]] == [("dispute_decided", ""), ("dispute_moved", "dee")]
    assert state(world) == "TABLED"
    assert world.close(2).act
    assert state(world) == "CONTINUED"
    assert_lawful(world)


def test_the_clock_of_the_dispute_waits_for_no_vote_and_what_is_adopted_later_is_void():
    world = noticed()
    world.tell("2026-03-04T09:00")
    assert state(world) == "TABLED"  # nobody tabled within 10 days: the chair's draft counts
    assert world.table("dispute_decided", THIS, by="r.cy").act
    assert acts_of(world)[-1].kind == "motion_tabled"
    assert world.circulate(1).act
    world.wait(4)
    assert is_late_for_dispute(world.desk, 1) == ""
    world.tell("2026-03-09T09:00")
    assert "The vote ends 2026-03-12 00:00, too late: dispute 1 ends by its clock 2026-03-12 00:00." in is_late_for_dispute(world.desk, 1)
    assert world.open(1).act
    assert "too late" in is_late_for_dispute(world.desk, 1)
    world.cast(1, "ana+ cy+ dee+ eli+")
    world.tell(END)
    assert world.close(1).act
    assert (world.motion(1).state, world.motion(1).decision, state(world)) == (State.VOID, 1, "RESTORED")
    assert world.motion(1).known("motion_closed").body["reasons"] == ["voted: dispute_over, found restored by lapsed"]
    assert voted_acts(world) == []
    assert cap_at(world, END) == BEFORE
    assert_lawful(world)


def test_a_vote_that_ended_in_time_and_was_closed_too_late_is_void_too():
    world = noticed()
    assert world.table("dispute_decided", THIS, by="r.cy").act
    world.until_open(1)
    world.cast(1, "ana+ cy+ dee+")
    world.tell("2026-03-20T09:00")
    assert world.close(1).act
    assert (world.motion(1).state, state(world), cap_at(world, END)) == (State.VOID, "RESTORED", BEFORE)
    assert_lawful(world)


def test_a_vote_that_was_rejected_too_late_tells_nobody():
    world = noticed()
    assert world.table("dispute_decided", THIS, by="r.cy").act
    world.until_open(1)
    world.tell("2026-03-20T09:00")
    assert world.close(1).act
    assert (world.motion(1).state, voted_acts(world)) == (State.REJECTED, [])
    assert_lawful(world)


@pytest.mark.parametrize("is_adopted", [True, False])
def test_nothing_else_decides_the_vote_where_the_council_does(is_adopted):
    world = noticed()
    assert world.table("dispute_decided", THIS, by="r.cy").act
    done = move(world.desk, OPERATOR, 1, "voted", is_adopted=is_adopted, resolution=1)
    assert "decision_missing" in [each.code for each in done.refusals]
    assert (state(world), voted_acts(world)) == ("TABLED", [])
    world.store.close()


def test_a_record_beside_the_council_breaks_its_law():
    """What a forged log would say: the operator wrote a vote, or cites a motion that was adopted as one that was not."""
    world = noticed()
    world.decide_on("dispute_decided", THIS, "ana+ cy- dee-", mover="cy")
    history = acts_of(world)
    last = history[-1]
    for forged in ({"by": OPERATOR}, {"body": {**last.body, "is_adopted": True}}, {"body": {**last.body, "vote": 2}}):
        act = Act(**{"number": last.number, "at_us": last.at_us, "by": last.by, "kind": last.kind, "body": last.body, **forged})
        assert [each.act for each in undecided([*history[:-1], act])] == [last.number]
        assert replay_council([*history[:-1], act])
    assert replay_council(history[:-1])  # a dispute that was not told
    world.store.close()


RULES = """
council                                                              | cast           | rule                        | outcome
by_subject = { dispute_decided = "consensus-without-the-party" }     | bo- ana-       | consensus-without-the-party | CONTINUED
by_subject = { dispute_decided = "consensus-without-the-party" }     | cy-            | consensus-without-the-party | VOTED
by_subject = { dispute_decided = "unanimous-of-all" }                | ana+ bo- cy+ dee+ eli+ | unanimous-of-all    | VOTED
rule = "acu-unanimous"                                               | cy+ dee+ eli+  | un-council                  | CONTINUED
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in RULES.strip().splitlines()[1:]]


@pytest.mark.parametrize(("council", "cast", "rule", "outcome"), ROWS, ids=[f"{row[2]}: {row[1]}" for row in ROWS])
def test_parties_are_interested_and_left_out_where_the_voting_rule_says_so(council, cast, rule, outcome):
    world = noticed(council)
    assert world.table("dispute_decided", THIS, by="r.cy").act
    world.until_open(1)
    assert (world.motion(1).known("motion_opened").body["interested"], world.motion(1).rule.name) == (["ana", "bo"], rule)
    is_barred = rule == "consensus-without-the-party"
    if is_barred and "bo" in cast:
        assert [world.vote(1, code, "no").refusals[0].code for code in ("ana", "bo")] == ["not_entitled", "not_entitled"]
    else:
        world.cast(1, cast)
    world.wait(3)
    assert world.close(1).act
    assert state(world) == outcome
    assert_lawful(world)


def test_the_calendar_holds_the_dates_of_a_vote_from_its_circulation_to_its_end():
    world = noticed()

    def dates() -> dict[str, tuple[int, str]]:
        return {each.name: (each.at_us, each.title) for each in calendar_entries(world.desk) if each.name.startswith("motion")}

    assert world.table("dispute_decided", THIS, by="r.cy").act
    assert dates() == {}
    assert world.circulate(1).act
    assert dates() == {"motion 1 opening": (at_us("2026-02-13T00:00"), "Motion 1, A motion: the vote can be opened")}
    world.tell("2026-02-13T09:00")
    assert dates() == {}
    assert world.open(1).act
    assert dates() == {"motion 1 vote": (at_us("2026-02-16T00:00"), "Motion 1, A motion: the vote ends")}
    words = next(each.words for each in calendar_entries(world.desk) if each.name == "motion 1 vote")
    assert words.startswith("Still to vote: ana, bo, cy, dee, eli. If nothing is done: ")
    names = [each.name for each in calendar_entries(world.desk)]
    assert "dispute 1 vote" in names and len(names) == len(set(names))
    world.tell("2026-02-16T00:00")
    assert dates() == {}
    world.store.close()


def test_a_union_is_told_that_the_council_needs_a_motion():
    world = noticed()

    def needs() -> bool:
        return needs_motion(world.desk, world.desk.union.disputes.cases[1])

    assert needs()
    assert world.table("dispute_decided", THIS, by="r.cy").act
    assert not needs()
    assert world.withdraw_motion(1, "r.cy").act
    assert needs()
    world.tell(END)
    assert not needs()
    world.store.close()


REFUSED = [
    ({"dispute": 2}, "dispute_unknown"),
    ({}, "dispute_unknown"),
    ({"dispute": True}, "dispute_unknown"),
    ({"dispute": 1, "is_adopted": False}, "motion_unusable"),
    ({"dispute": 1, "parties": ["cy", "dee"]}, "motion_unusable"),
    ({"dispute": 1, "event": "decided"}, "no_council"),
]


@pytest.mark.parametrize(("body", "code"), REFUSED, ids=[code for _, code in REFUSED])
def test_a_motion_puts_the_question_of_the_template_and_no_other(body, code):
    world = noticed()
    assert [each.code for each in world.table("dispute_decided", body, by="r.cy").refusals] == [code]
    world.store.close()


def test_there_is_no_motion_before_the_notice_nor_after_the_end():
    world = chamber(FIVE, text=rules(DECIDES, *DISPUTES))
    world.cap("ana", BEFORE)
    world.clock[0] += 1_000_000
    world.cap("ana", LIFTED)
    words = {"measure": world.desk.union.number, "reason": "arrears", "template": "snapback-65-days"}
    assert raise_dispute_about(world.desk, "r.bo", complainant="bo", respondent="ana", **words).act
    assert [each.code for each in world.table("dispute_decided", THIS, by="r.cy").refusals] == ["dispute_out_of_turn"]
    assert move(world.desk, "r.bo", 1, "withdrawn").act
    assert [each.code for each in world.table("dispute_decided", THIS, by="r.cy").refusals] == ["dispute_over"]
    world.store.close()


def test_a_council_that_does_not_decide_on_disputes_leaves_the_vote_to_the_operator():
    world = chamber(FIVE, text=rules(*DISPUTES))
    assert [each.code for each in world.table("dispute_decided", THIS, by="r.cy").refusals] == ["no_council"]
    world.store.close()
