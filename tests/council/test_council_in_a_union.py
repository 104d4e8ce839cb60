"""Votes under every rule of R16 through a whole union: founded, seated, tabled, circulated, opened, voted, closed, carried out."""

from __future__ import annotations

from typing import Any

import pytest

from rescounter.approvals.laws import unapproved
from rescounter.council.laws import undecided
from rescounter.council.named import NAMED_RULES
from rescounter.council.states import State
from rescounter.cycle.motions_again import replay_council
from rescounter.rulebook.rules import VOTING_RULES
from tests.council.chamber import COUNCIL, Chamber, acts_of, chamber, rules

SUSPENDS: dict[str, Any] = {"code": "dee", "reason": "did not pay"}
FIVE = "ana/chair bo/vice-chair cy dee eli"
WEIGHED = "ana:300 bo:100 cy:50 dee:50"

TABLE = """
rule                        | members | cast                         | outcome      | for against abstaining absent | of    | needed
one-member-one-vote         | FIVE    | ana+ bo+ cy-                 | adopted      | 2 1 0 2                       | 3     | 2
one-member-one-vote         | FIVE    | ana+ bo- cy0                 | rejected     | 1 1 1 2                       | 2     | 2
one-member-one-vote         | FIVE    | ana+ bo+                     | rejected     | 2 0 0 3                       | 2     | 2
one-member-one-vote         | FIVE    | ana+ bo- cy+ ana- ana+       | adopted      | 2 1 0 2                       | 3     | 2
one-member-one-vote         | FIVE    | ana+ bo- cy>ana dee>ana      | adopted      | 2 1 0 2                       | 3     | 2
acu-majority                | FIVE    | ana+ cy+ dee+ eli-           | adopted      | 3 1 0 1                       | 5     | 3
acu-majority                | FIVE    | cy+ dee+ eli+                | rejected     | 3 0 0 2                       | 5     | 3
acu-majority                | FIVE    | ana+ bo+ cy0 dee0            | rejected     | 2 0 2 1                       | 5     | 3
acu-two-thirds              | FIVE    | ana+ bo+ cy+ dee+            | adopted      | 4 0 0 1                       | 5     | 4
acu-two-thirds              | FIVE    | ana+ bo+ cy+ dee0 eli0       | rejected     | 3 0 2 0                       | 5     | 4
acu-unanimous               | FIVE    | ana+ bo+ cy+ dee+ eli+       | adopted      | 5 0 0 0                       | 5     | 5
acu-unanimous               | FIVE    | ana+ bo+ cy+ dee+ eli0       | rejected     | 4 0 1 0                       | 5     | 5
un-council                  | CN ana bo cy dee | ana+ bo+ cy+        | adopted      | 3 0 0 2                       | 5     | 3
un-council                  | CN ana bo cy dee | ana+ bo+ cy+ dee+ CN- | rejected   | 4 1 0 0                       | 5     | 3
wto-reverse-consensus       | FIVE    | ana+ bo- cy- dee- eli-       | adopted      | 1 4 0 0                       | 5     | 5
wto-reverse-consensus       | FIVE    | ana- bo- cy- dee- eli-       | rejected     | 0 5 0 0                       | 5     | 5
consensus                   | FIVE    |                              | adopted      | 0 0 0 5                       | 5     | 1
consensus                   | FIVE    | ana+ dee-                    | rejected     | 1 1 0 3                       | 5     | 1
consensus-without-the-party | FIVE    | ana+                         | adopted      | 1 0 0 3                       | 4     | 1
consensus-without-the-party | FIVE    | bo-                          | rejected     | 0 1 0 3                       | 4     | 1
unanimous-of-all            | FIVE    | ana+ bo+ cy+ dee+ eli+       | adopted      | 5 0 0 0                       | 5     | 5
unanimous-of-all            | FIVE    | ana+ bo+ cy+ dee+            | rejected     | 4 0 0 1                       | 5     | 5
epu-board                   | FIVE    | ana+ bo+ cy0                 | adopted      | 2 0 1 2                       | 3     | 2
epu-board                   | FIVE    | ana+ bo0 cy-                 | rejected     | 1 1 1 2                       | 3     | 2
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()[1:]]


@pytest.mark.parametrize(
    ("rule", "members", "cast", "outcome", "sides", "base", "needed"), ROWS, ids=[f"{row[0]}: {row[2]}" for row in ROWS]
)
def test_a_union_decides_by_each_rule_that_ships(rule: str, members: str, cast: str, outcome: str, sides: str, base: str, needed: str):
    world = chamber(
        FIVE if members == "FIVE" else members, text=rules(f'rule = "{rule}"', 'by_subject = { rulebook_changed = "consensus" }')
    )
    motion = world.decide_on("member_suspended", SUSPENDS, cast)
    tally = motion.known("motion_closed").body["tally"]
    assert motion.known("motion_closed").body["outcome"] == outcome, tally["reason"]
    found = [tally[name] for name in ("for_it", "against", "abstaining", "absent", "base", "needed")]
    assert found == [*map(int, sides.split()), int(base), int(needed)]
    assert world.desk.union.register.by_code["dee"].standing.value == ("suspended" if outcome == "adopted" else "active")
    assert_lawful(world)


def assert_lawful(world: Chamber) -> None:
    history = acts_of(world)
    assert undecided(history) == () and unapproved(history) == () and replay_council(history) == ()
    world.store.close()


WEIGHTS = """
rule        | cast          | outcome
weighted-70 | ana+ bo+      | adopted
weighted-70 | ana+          | rejected
weighted-85 | ana+ bo+ cy+  | adopted
weighted-85 | ana+ bo+      | rejected
"""


@pytest.mark.parametrize(
    ("rule", "cast", "outcome"), [[cell.strip() for cell in line.split("|")] for line in WEIGHTS.strip().splitlines()[1:]]
)
def test_votes_weigh_by_quota_with_equal_basic_votes(rule: str, cast: str, outcome: str):
    """Quotas 300, 100, 50, 50: of all votes 5.502 % are basic, so ana has 56.7 + 1.4 %, bo 18.9 + 1.4 %, the others 9.4 + 1.4 % each."""
    world = chamber(WEIGHED, text=rules(f'rule = "{rule}"', 'weight_currency = "EUR"'))
    motion = world.decide_on("member_suspended", SUSPENDS, cast)
    body = motion.known("motion_closed").body
    assert body["outcome"] == outcome, body["tally"]
    weights = {code: weight for code, weight, _ in motion.known("motion_opened").body["electorate"]}
    assert [round(10_000 * weights[code] / sum(weights.values())) for code in ("ana", "bo", "cy")] == [5807, 2028, 1083]
    assert_lawful(world)


OWN = """
rule                                                                                         | cast           | outcome
base = "all", threshold = "1/2", passed = true                                               | ana+ bo+ cy+   | adopted
base = "present", threshold = "2/3", quorum = "3/5"                                          | ana+ bo+       | rejected
base = "all", threshold = "3/5", silence = "yes", silence_days = 2                           | ana+ bo-       | adopted
base = "all", threshold = "3/5", silence = "no", silence_days = 1                            | ana+ bo+       | rejected
base = "voting", threshold = "1/2", silence = "abstain"                                      | ana+           | adopted
base = "voting", threshold = "1/2", passed = true, veto = ["eli"]                            | ana+ bo+ eli-  | rejected
base = "voting", threshold = "1/2", passed = true, first_counted = true                      | ana- bo+ ana+  | rejected
base = "all", threshold = "3/5", delegations_max = 2                                         | ana+ bo>ana cy>ana | adopted
base = "all", threshold = "2/5", delegations_max = 0                                         | ana+ bo>ana cy>ana | rejected
base = "all", threshold = "1/2", polarity = "against"                                        | ana- bo-       | adopted
base = "present", threshold = "1/2", quorum_offices = ["chair"]                              | bo+ cy+ eli+   | rejected
base = "all", threshold = "1", excludes_interested = true                                    | ana+ bo+ cy+ eli+ | adopted
"""
OWN_ROWS = [[cell.strip() for cell in line.split("|")] for line in OWN.strip().splitlines()[1:]]


@pytest.mark.parametrize(("table", "cast", "outcome"), OWN_ROWS, ids=[row[0] for row in OWN_ROWS])
def test_a_union_decides_by_a_rule_of_its_own(table: str, cast: str, outcome: str):
    world = chamber(FIVE, text=rules('rule = "ours"', f"own = {{ ours = {{ {table} }} }}"))
    motion = world.decide_on("member_suspended", SUSPENDS, cast)
    assert motion.known("motion_closed").body["outcome"] == outcome, motion.known("motion_closed").body["tally"]
    assert_lawful(world)


def test_the_names_in_the_rulebook_are_those_of_the_rules_that_ship():
    assert tuple(NAMED_RULES) == VOTING_RULES


# A decision executes itself.


def test_an_adopted_text_is_the_next_version_at_its_date_and_says_by_which_decision():
    world = chamber(text=rules('by_subject = { rulebook_changed = "acu-two-thirds" }'))
    text = rules("[membership]", "withdrawal_days = 9").replace('name = "Test"', 'name = "Test"\nin_force_from = 2026-03-01')
    motion = world.decide_on("rulebook_changed", {"text": text}, "ana+ bo+ cy+")
    assert (motion.state, motion.rule.name, motion.decision) == (State.ADOPTED, "acu-two-thirds", 1)
    act = acts_of(world)[-1]
    assert (act.kind, act.by, act.body["decision"], act.number) == ("rulebook_changed", "", 1, motion.known("motion_closed").number + 1)
    assert world.desk.union.council.executed == {1: act.number}
    assert world.desk.union.rules(world.desk.at_us).membership.withdrawal_days == 3
    world.tell("2026-03-01T00:00")
    assert world.desk.union.rules(world.desk.at_us).membership.withdrawal_days == 9
    assert_lawful(world)


def test_members_are_admitted_expelled_and_given_quotas_by_decision():
    world = chamber()
    world.decide_on("members_joined", {"members": [{"code": "zoe", "name": "Zoe"}]}, "ana+ bo+ cy+")
    assert world.desk.union.register.member("zoe") is not None
    quota = {"member": "zoe", "currency": "EUR", "kind": "quota", "amount_minor": 500_00}
    world.decide_on("limits_set", {"limits": [quota]}, "ana+ bo+ cy-")
    assert world.desk.union.register.limit_of("zoe", "EUR", "quota", world.desk.at_us) == 500_00
    world.decide_on("member_expelled", {"code": "bo", "reason": "left its word", "leaves_at_us": 0}, "ana+ cy+ dee+")
    assert world.desk.union.register.standing_at("bo", world.desk.at_us).value == "left"
    assert [world.motion(number).decision for number in (1, 2, 3)] == [1, 2, 3]
    assert_lawful(world)


EMERGENCY = '[[temporary]]\nrule = "calendar.pay_in_days"\nvalue = 6\nfrom = 2026-01-06\nuntil = 2026-02-06\n'


def test_an_emergency_measure_is_voted_on_at_once_and_ends_by_itself():
    world = chamber(text=rules('by_subject = { emergency_measure = "consensus", rulebook_changed = "unanimous-of-all" }'))
    text = world.desk.union.rulebook.versions[-1].text + EMERGENCY
    assert world.table("rulebook_changed", {"text": text}, by="r.ana").act
    assert world.circulate(1).act and world.open(1).act
    assert world.motion(1).rule.name == "consensus"
    world.wait(2)
    assert world.close(1).act
    assert world.desk.union.rules(world.desk.at_us).calendar.pay_in_days == 6
    world.tell("2026-02-06T00:00")
    assert world.desk.union.rules(world.desk.at_us).calendar.pay_in_days == 5
    assert_lawful(world)


@pytest.mark.parametrize("change", [("until = 2026-02-06", "until = 2027-02-06"), ("calendar.pay_in_days", "council.voting_days")])
def test_what_lasts_long_or_touches_the_council_is_no_emergency(change: tuple[str, str]):
    world = chamber(text=rules('by_subject = { emergency_measure = "consensus", rulebook_changed = "unanimous-of-all" }'))
    text = world.desk.union.rulebook.versions[-1].text + EMERGENCY.replace(*change)
    done = world.table("rulebook_changed", {"text": text}, by="r.ana")
    if change[1].startswith("council"):
        assert [each.code for each in done.refusals] == ["rule_not_temporary"]
    else:
        assert world.circulate(1).act and world.motion(1).rule.name == "unanimous-of-all"
    world.store.close()


def test_what_was_adopted_and_cannot_be_done_is_void_and_says_why():
    world = chamber()
    first, second = COUNCIL.replace("pay_in_days = 5", "pay_in_days = 4"), COUNCIL.replace("pay_in_days = 5", "pay_in_days = 6")
    for text in (first, second):
        assert world.table("rulebook_changed", {"text": text}, by="r.ana").act
    for number in (1, 2):
        assert world.circulate(number).act
    world.wait(4)
    for number in (1, 2):
        assert world.open(number).act
        world.cast(number, "ana+ bo+ cy+")
    world.wait(3)
    assert world.close(1).act and world.close(2).act
    assert (world.motion(1).state, world.motion(2).state) == (State.ADOPTED, State.VOID)
    assert world.motion(2).known("motion_closed").body["reasons"] == ["it was written over version 1, and version 2 came since"]
    assert world.desk.union.rules(world.desk.at_us).calendar.pay_in_days == 4
    assert world.desk.union.council.decisions == (1, 2)
    assert_lawful(world)


def test_dates_and_voting_rule_do_not_move_when_rules_change():
    world = chamber(text=rules('rule = "consensus"'))
    assert world.table("member_suspended", SUSPENDS, by="r.bo").act
    assert world.circulate(1).act
    before = dict(world.motion(1).known("motion_circulated").body)
    harder = (
        rules('rule = "unanimous-of-all"')
        .replace("voting_days = 2", "voting_days = 30")
        .replace("circulation_days = 3", "circulation_days = 90")
    )
    changed = world.decide_on("rulebook_changed", {"text": harder}, "ana+")
    assert changed.state is State.ADOPTED
    assert world.open(1).act
    assert world.motion(1).known("motion_circulated").body == before
    world.wait(3)
    assert world.close(1).act and world.motion(1).state is State.ADOPTED, "by consensus, as it was circulated"
    assert_lawful(world)
