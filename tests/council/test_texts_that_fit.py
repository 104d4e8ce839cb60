"""A text of the rulebook is checked in full when it is proposed or tabled, and again when it is approved or carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rescounter.council.laws import undecided
from rescounter.council.states import State
from rescounter.cycle import rule_texts
from rescounter.cycle.motions_again import replay_council
from rescounter.cycle.proposals import waiting
from rescounter.cycle.rule_texts import changing_rules
from rescounter.facade.union import Done
from rescounter.rulebook.reading import Reading, read_rulebook
from rescounter.terms import Refusal
from rescounter.terms.acts import Act
from tests.council.chamber import COUNCIL, Chamber, acts_of, chamber
from tests.cycle.mortal import fresh
from tests.cycle.world import APPROVER, OPERATOR, PEOPLE, RULES, World

DATED = '[rulebook]\nname = "x"\nin_force_from = {date}\n'


def with_date(text: str, date: str) -> str:
    """A text in force from a date; the date stands on line 3."""
    head, _, rest = text.partition("\n[union]")
    assert head.strip().startswith("[rulebook]")
    return DATED.format(date=date) + "[union]" + rest


def other(text: str = RULES, fee: str = "2.2") -> str:
    return text.replace('per_mille = "1.1"', f'per_mille = "{fee}"')


def founded(people: Any = PEOPLE) -> World:
    store, clock = fresh("sqlite")
    world = World(store, clock)
    world.found(RULES, people)
    world.tell("2026-01-05T09:00")
    return world


def change(world: World, text: str) -> Done:
    return world.desk.do(changing_rules(world.desk.union, text, at_us=world.desk.at_us), by=OPERATOR)


def told(done: Done) -> list[tuple[int, str]]:
    return [(each.row, each.code) for each in done.refusals]


def versions(world: World) -> int:
    return len(world.desk.union.rulebook.versions)


def test_a_faulty_text_is_not_proposed_and_every_fault_has_its_line():
    world = founded()
    text = with_date(other(fee="x"), "2026-01-04").replace('driven_by = "debtor"', 'driven_by = "nobody"')
    lines = [number for number, line in enumerate(text.splitlines(), 1) if "driven_by" in line or "per_mille" in line]
    assert told(change(world, text)) == [(lines[0], "choice_unknown"), (lines[1], "rule_of_another_kind")]
    assert told(change(world, with_date(other(), "2026-01-04"))) == [(3, "version_in_the_past")]
    assert change(world, RULES).is_repeat
    assert world.desk.union.number == 1
    world.store.close()


@pytest.mark.parametrize(
    "body",
    [
        {"text": "[rulebook", "digest": "", "frozen": {}},
        {"digest": "x"},
        {"digest": "0" * 64},
        {"frozen": {}},
        {"frozen": {**read_rulebook(other()).known.frozen, "in_force_from_us": 0}},
        {"frozen": {**read_rulebook(other()).known.frozen, "defaults": {"intake.silence": '"reject"'}}},
        {"in_force_from_us": 0},
        {"text": 7},
    ],
)
def test_a_body_that_says_something_else_than_its_text_is_refused_before_it_is_on_record(body: dict[str, Any]):
    """Folded later, a text without its digest would stop the union for good; a frozen value would change what was approved."""
    world = founded()
    done = world.act("rulebook_changed", **{**read_rulebook(other()).known.as_body(), **body})
    assert done.refusals and done.proposal is None and world.desk.union.number == 1
    assert {each.code for each in done.refusals} <= {"rulebook_read_otherwise", "rulebook_unreadable"}
    world.store.close()


def test_a_date_that_has_passed_when_it_is_approved_is_refused_and_nothing_is_done():
    world = founded()
    done = change(world, with_date(other(), "2026-01-08"))
    world.tell("2026-01-08T00:01")
    assert told(world.desk.decide(done.proposal, by=APPROVER, is_approved=True)) == [(3, "version_in_the_past")]
    assert versions(world) == 1 and world.desk.union.approvals.proposal(done.proposal).decision is None
    assert world.desk.decide(done.proposal, by=APPROVER, is_approved=False).act
    world.store.close()


def test_of_two_texts_on_one_version_the_second_is_outdated_when_the_first_is_in_force():
    """Else the second would take back what the first changed, and nobody would have wanted that."""
    world = founded()
    first, second = change(world, other()), change(world, RULES.replace('driven_by = "debtor"', 'driven_by = "either"'))
    assert world.approved(first).act
    done = world.desk.decide(second.proposal, by=APPROVER, is_approved=True)
    assert [each.code for each in done.refusals] == ["proposal_outdated"]
    assert versions(world) == 2 and waiting(world.desk.union, at_us=world.desk.at_us) == ()
    assert str(world.desk.union.rules(world.desk.at_us).fees.per_mille) == "2.2"
    world.store.close()


def world_changes(monkeypatch: pytest.MonkeyPatch, code: str = "calendar_unknown") -> None:
    """From now on a list of the world lacks what the text names on line 2."""
    fault = Refusal(2, "calendar.holidays", code, "XECB", "a market", "Name another.")
    monkeypatch.setattr(rule_texts, "read_rulebook", lambda text: Reading((fault,)))


def test_a_text_that_fits_the_world_no_more_is_refused_when_it_is_approved(monkeypatch: pytest.MonkeyPatch):
    world = founded()
    done = change(world, other())
    world_changes(monkeypatch)
    assert told(world.desk.decide(done.proposal, by=APPROVER, is_approved=True)) == [(2, "calendar_unknown")]
    assert versions(world) == 1
    monkeypatch.undo()
    assert world.approved(done).act
    world.store.close()


def test_no_text_gives_approvals_to_a_role_that_nobody_has():
    world = founded()
    text = RULES + '[approvals]\nrole = "operator"\n'
    line = len(text.splitlines())
    done = change(world, text)
    assert (told(done), done.refusals[0].found) == ([(line, "nobody_could_approve")], f"operator: {OPERATOR}")
    entry = '[[temporary]]\nrule = "approvals.role"\nvalue = "operator"\nfrom = 2026-02-01\nuntil = 2026-02-02\n'
    assert told(change(world, RULES + entry)) == [(line - 1, "nobody_could_approve")]
    assert world.approved(world.act("person_added", code="op2", name="Op", roles=["operator"])).act
    assert world.approved(change(world, text)).act
    world.store.close()


# In council.


def next_text(date: str = "") -> str:
    text = COUNCIL.replace('per_mille = "1.1"', 'per_mille = "2.2"')
    return with_date(text, date) if date else text


def assert_lawful(world: Chamber) -> None:
    history = acts_of(world)
    assert (undecided(history), replay_council(history)) == ((), ())
    world.store.close()


def test_a_text_whose_date_comes_before_its_vote_can_end_is_not_voted_on():
    """Tabled on Monday the 5th: circulates until Friday the 9th 00:00, and its vote ends on Monday the 12th 00:00 at the earliest."""
    world = chamber()
    assert world.table("rulebook_changed", {"text": next_text("2026-01-11")}, by="r.ana").act
    done = world.circulate(1)
    assert [each.code for each in done.refusals] == ["motion_unusable"]
    assert "in force from 2026-01-11T00:00:00+01:00, and its vote ends 2026-01-12T00:00:00+01:00" in done.refusals[0].found
    assert world.amend(1, "rulebook_changed", {"text": next_text("2026-01-12")}, by="r.ana").act
    assert world.circulate(1).act
    world.tell("2026-01-10T09:00")
    assert "its vote ends 2026-01-13T00:00:00+01:00" in world.open(1).refusals[0].found
    assert_lawful(world)


def test_a_text_whose_date_has_passed_before_it_is_tabled_or_circulated_is_refused_with_its_line():
    world = chamber()
    assert told(world.table("rulebook_changed", {"text": next_text("2026-01-05")}, by="r.ana")) == [(3, "version_in_the_past")]
    assert world.table("rulebook_changed", {"text": next_text("2026-02-01")}, by="r.ana").act
    world.tell("2026-02-02T09:00")
    assert told(world.circulate(1)) == [(3, "version_in_the_past")]
    assert_lawful(world)


@pytest.mark.parametrize(("closed", "state"), [("2026-01-12T23:59", State.ADOPTED), ("2026-01-13T00:01", State.VOID)])
def test_a_vote_that_is_closed_behind_the_date_of_its_text_is_void(closed: str, state: State):
    world = chamber()
    assert world.table("rulebook_changed", {"text": next_text("2026-01-13")}, by="r.ana").act
    world.until_open(1)
    world.cast(1, "ana+ bo+ cy+")
    world.tell(closed)
    assert world.close(1).act
    reasons = world.motion(1).known("motion_closed").body["reasons"]
    assert world.motion(1).state is state
    assert [each.partition(",")[0] for each in reasons] == (["line 3: rulebook: version_in_the_past"] if state is State.VOID else [])
    assert versions(world) == (2 if state is State.ADOPTED else 1)
    assert_lawful(world)


def test_a_text_that_became_faulty_while_it_was_voted_on_is_void_and_a_replay_asks_no_list_of_today(monkeypatch: pytest.MonkeyPatch):
    world = chamber()
    for number, text in ((1, next_text()), (2, next_text().replace("2.2", "3.3"))):
        assert world.table("rulebook_changed", {"text": text}, by="r.ana").act
        assert world.circulate(number).act
    world.wait(4)
    for number in (1, 2):
        assert world.open(number).act
        world.cast(number, "ana+ bo+ cy+")
    world.wait(3)
    world_changes(monkeypatch)
    assert world.close(1).act
    assert world.motion(1).known("motion_closed").body["reasons"] == [
        "line 2: calendar.holidays: calendar_unknown, found XECB, allowed a market"
    ]
    assert (world.motion(1).state, world.motion(1).decision, versions(world)) == (State.VOID, 1, 1)
    monkeypatch.undo()
    # What is void today without a fault of its text was made up, or its release read otherwise: a replay tells.
    assert [str(each) for each in replay_council(acts_of(world)) if "outcome" in str(each)]
    assert world.close(2).act
    assert (world.motion(2).state, versions(world)) == (State.ADOPTED, 2)
    history = acts_of(world)
    world_changes(monkeypatch)
    assert [each for each in replay_council(history) if "act " + str(history[-2].number) in str(each)] == []
    world.store.close()


def test_a_union_of_an_earlier_release_that_closed_behind_the_date_is_replayed_as_it_was():
    """Its motions circulated without the date of their text, which came into force with the close."""
    world = chamber()
    assert world.table("rulebook_changed", {"text": next_text("2026-01-13")}, by="r.ana").act
    world.until_open(1)
    world.cast(1, "ana+ bo+ cy+")
    world.tell("2026-01-12T12:00")
    assert world.close(1).act
    late = world.clock[0] + 86_400_000_000
    history = [replace(act, at_us=late) if act.number > world.desk.union.number - 2 else act for act in acts_of(world)]
    assert replay_council(history)
    assert replay_council([_as_before(act) for act in history]) == ()
    world.store.close()


def _as_before(act: Act) -> Act:
    return replace(act, body={name: value for name, value in act.body.items() if name != "void_from_us"})
