"""No path brings about an act, or moves money, without the approval that it needs; nothing is booked twice by two who act at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from rescounter.approvals.laws import unapproved
from rescounter.cycle.office import Step, Wanted, wanted
from rescounter.facade.union_replay import replay_cycle
from rescounter.ledger.records import Record
from rescounter.terms import BrokenLaw
from rescounter.terms.acts import Act, body_of, canonical
from tests.cycle.mortal import Killed, Mortal, fresh
from tests.cycle.test_interrupted import ROWS, played
from tests.cycle.world import APPROVER, OPERATOR, PEOPLE, RULES, World

MORE = (
    *PEOPLE,
    {"code": "ap2", "name": "Ap 2", "roles": ["approver"]},
    {"code": "both", "name": "Both", "roles": ["operator", "approver"]},
)
CODE = "2026-01-22"
JOINS: dict[str, Any] = {"members": [{"code": "zoe", "name": "Zoe"}]}


@pytest.fixture
def world() -> Iterator[World]:
    """A union with an approver more, and a person who is operator and approver; members, and a cycle that is corrected."""
    store, clock = fresh("sqlite")
    world = World(store, clock)
    yield corrected(world)
    store.close()


def corrected(world: World, rules: str = RULES) -> World:
    world.found(rules, MORE)
    world.tell("2026-01-05T09:00")
    world.join("ana", "bo", "cy", "dee")
    world.step("open")
    for member, rows in ROWS.items():
        world.submit(member, rows)
    world.tell("2026-01-22T13:00")
    world.approved(world.step("cut-off"))
    world.step("clear")
    world.tell("2026-01-27T17:00")
    world.step("correct")
    return world


def acts(world: World) -> list[Act]:
    stored = world.store.records(rows_max=10_000)
    return [Act(number=each.number, at_us=each.at_us, by=each.by, kind=each.kind, body=body_of(each.body)) for each in stored]


def kinds(world: World) -> list[str]:
    return [act.kind for act in acts(world)]


def codes(done: Any) -> list[str]:
    return [each.code for each in done.refusals]


def other(world: World) -> World:
    """A second operator, whose process has read the union as it is now."""
    return World(world.store, world.clock)


def money(world: World) -> int:
    """What the settlement account should hold."""
    return -world.balances().get("*/settlement/EUR", 0)


# Two at once.


def test_the_same_money_in_two_files_of_two_operators_is_booked_once(world: World):
    second = other(world)
    assert world.pay("B1", "ana", 5_000, "2026-01-27").act
    table = {"B1": 5_000, "B2": 100}
    done = book(second, table, file="sha256:second")
    assert codes(done) == ["record_number_taken"]
    assert money(world) == 5_000, "what was told as refused moved nothing"
    second.desk.read()
    assert book(second, table, file="sha256:second").act
    assert money(world) == 5_100


def book(world: World, references: dict[str, int], *, file: str) -> Any:
    import datetime

    from rescounter.facade.union_work import _book, cycle_named
    from rescounter.terms.union_tables import PAY_INS

    rows = [
        {
            "reference": reference,
            "member": "ana",
            "currency": "EUR",
            "amount_minor": amount,
            "booked": datetime.date(2026, 1, 27),
            "payer": "ana",
            "remittance": "",
        }
        for reference, amount in references.items()
    ]
    return _book(world.desk, cycle_named(world.desk, None), pa.Table.from_pylist(rows, schema=PAY_INS), file=file, by=OPERATOR)[0]


def test_an_approval_that_meets_a_refusal_moves_nothing(world: World, monkeypatch: pytest.MonkeyPatch):
    """The approver has read the union; the other approver refuses; only then does the first go on."""
    number = world.step("clear").proposal
    second = other(world)
    against = type(world.desk)._against

    def meanwhile(self: Any, *words: Any, **named: Any) -> Any:
        if self is world.desk and second.desk.union.approvals.proposal(number).decision is None:
            assert second.desk.decide(number, by="ap2", is_approved=False, reason="no").act
        return against(self, *words, **named)

    monkeypatch.setattr(type(world.desk), "_against", meanwhile)
    done = world.desk.decide(number, by=APPROVER, is_approved=True)
    assert codes(done) == ["record_number_taken"]
    assert not world.desk.office.is_posted(f"cycle/{CODE}/set-off")
    assert "cleared" not in kinds(world)[-2:]


@pytest.mark.parametrize("verb", ["clear", "open"])
def test_two_operators_at_the_same_step_propose_or_do_it_once(world: World, verb: str):
    second = other(world)
    first = world.step(verb)
    again = second.step(verb)
    assert again.is_repeat and (again.proposal or again.act) == (first.proposal or first.act)
    assert len(acts(world)) == second.desk.read().number


def test_of_two_approvers_at_once_one_approves(world: World):
    number = world.step("clear").proposal
    second = other(world)
    assert world.desk.decide(number, by=APPROVER, is_approved=True).act
    assert codes(second.desk.decide(number, by="ap2", is_approved=True)) == ["proposal_decided"]
    assert kinds(world).count("approved") == 2, "of the members, and of the clearing"


# An approval that was interrupted.


@pytest.mark.parametrize("ends", ["refused", "lapsed"])
def test_what_an_interrupted_approval_posted_is_never_told_as_undone(ends: str):
    store, clock = fresh("sqlite")
    world = corrected(World(Mortal(store, 0, before=True), clock))
    number = world.step("clear").proposal
    assert number is not None
    dies_after(world, "post_atomic")
    with pytest.raises(Killed):
        world.desk.decide(number, by=APPROVER, is_approved=True)
    world = World(store, clock)
    if ends == "refused":
        done = world.desk.decide(number, by="ap2", is_approved=False, reason="no")
        assert codes(done) == ["approval_begun"]
    else:
        clock[0] += 15 * 86_400_000_000
        number = world.step("clear").proposal
        assert number is not None
    assert world.desk.decide(number, by=APPROVER, is_approved=True).act
    world.run(CODE)
    assert replay_cycle(world.desk, CODE) == ()
    store.close()


def dies_after(world: World, method: str) -> None:
    """The next call of a method of the store is durable, and nobody hears of it."""
    mortal = world.store
    real = getattr(mortal.store, method)

    def last(*words: Any, **named: Any) -> Any:
        real(*words, **named)
        raise Killed

    setattr(mortal, method, last)


def test_money_whose_booking_was_interrupted_is_not_booked_by_another_file():
    store, clock = fresh("sqlite")
    world = corrected(World(Mortal(store, 0, before=True), clock))
    dies_after(world, "post_atomic")
    with pytest.raises(Killed):
        book(world, {"B1": 5_000}, file="sha256:first")
    world = World(store, clock)
    assert codes(book(world, {"B1": 5_000, "B2": 100}, file="sha256:second")) == ["posting_refused"]
    assert book(world, {"B1": 5_000}, file="sha256:first").act
    assert book(world, {"B1": 5_000, "B2": 100}, file="sha256:second").act
    assert money(world) == 5_100
    assert replay_cycle(world.desk, CODE) == ()
    store.close()


def test_an_earmark_whose_act_comes_late_is_replayed_as_it_was_reckoned():
    """Between the posting and its act somebody else does something that posts nothing."""
    store, clock = fresh("sqlite")
    world = corrected(World(Mortal(store, 0, before=True), clock))
    world.run(CODE)
    world.tell("2026-01-27T18:00")
    called = world.desk.union.cycles[CODE].last("called")
    for row in world.desk.office.table(called.body["calls"]).to_pylist():
        if row["pay_in_minor"]:
            world.pay(f"B{row['member']}", row["member"], row["pay_in_minor"], "2026-01-27")
    dies_after(world, "post_atomic")
    with pytest.raises(Killed):
        world.step("fund", CODE)
    world = World(store, clock)
    assert world.step("open").act
    assert world.step("fund", CODE).act
    assert replay_cycle(world.desk, CODE) == ()
    world.tell("2026-02-02T10:00")
    world.run(CODE)
    assert replay_cycle(world.desk, CODE) == ()
    store.close()


# What is smuggled.


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("members_joined", {**JOINS, "is_final": False}),
        ("settled", {"cycle": CODE, "is_final": False}),
        ("person_added", {"code": "eve", "name": "Eve", "roles": ["approver"], "is_final": False}),
        ("limits_set", {"limits": [], "is_final": False}),
    ],
)
def test_nothing_but_a_result_may_say_that_it_is_not_final(world: World, kind: str, body: dict[str, Any]):
    done = world.desk.do(wanted(kind, **body), by=OPERATOR)
    assert done.act is None
    smuggled(world, kind, OPERATOR, body)
    assert [each.kind for each in unapproved(acts(world))] == [kind]


def smuggled(world: World, kind: str, by: str, body: dict[str, Any]) -> int:
    """A record that was put on the log past every check. Returns: its number."""
    number = len(acts(world)) + 1
    assert world.store.record([Record(number=number, kind=kind, by=by, body=canonical(body))]).accepted.all()
    return number


def test_a_result_that_calls_itself_preliminary_posts_nothing_and_is_refused_in_its_turn(world: World):
    from rescounter.facade.union_work import _reckoned

    step = _reckoned(world.desk, "clear", world.desk.union.cycles[CODE])
    assert step.wanted is not None
    done = world.desk.do(Step(wanted=Wanted("cleared", {**step.wanted.body, "is_final": False})), by=OPERATOR)
    assert codes(done) == ["out_of_turn"]
    assert not world.desk.office.is_posted(f"cycle/{CODE}/set-off")


@pytest.mark.parametrize("approval", [0, 2, 99])
def test_an_approval_cannot_be_brought_along(world: World, approval: int):
    """0 is what a single person's union writes; 2 was approved and used; 99 never was."""
    for step in (wanted("members_joined", **JOINS, approval=approval), wanted("submitted", cycle=CODE, approval=approval)):
        with pytest.raises(BrokenLaw, match="no_act_brings_its_approval_along"):
            world.desk.do(step, by=OPERATOR)
    smuggled(world, "members_joined", OPERATOR, {**JOINS, "approval": 0})
    assert [each.found for each in unapproved(acts(world))] == ["no approval"]


def test_who_is_operator_and_approver_does_not_approve_an_own_proposal(world: World):
    done = world.act("members_joined", by="both", **JOINS)
    assert codes(world.desk.decide(done.proposal, by="both", is_approved=True)) == ["own_proposal"]
    assert codes(world.desk.decide(done.proposal, by=OPERATOR, is_approved=True)) == ["not_an_approver"]
    assert world.desk.decide(done.proposal, by=APPROVER, is_approved=True).act


# What has changed since the proposal.


def test_an_approver_who_was_removed_approves_nothing_and_a_proposer_who_was_removed_gets_nothing(world: World):
    waits = world.act("members_joined", by="both", **JOINS).proposal
    removed(world, "ap2")
    assert codes(world.desk.decide(waits, by="ap2", is_approved=True))[0] == "person_unknown"
    removed(world, "both")
    assert codes(world.desk.decide(waits, by=APPROVER, is_approved=True)) == ["person_unknown"]
    assert world.desk.union.register.member("zoe") is None


def removed(world: World, code: str) -> None:
    assert world.approved(world.act("person_removed", code=code, reason="gone")).act


def test_an_approver_who_is_removed_meanwhile_approves_nothing(world: World, monkeypatch: pytest.MonkeyPatch):
    number = world.step("clear").proposal
    second = other(world)
    against = type(world.desk)._against

    def meanwhile(self: Any, *words: Any, **named: Any) -> Any:
        if self is world.desk:
            monkeypatch.setattr(type(world.desk), "_against", against)
            removed(second, "ap2")
        return against(self, *words, **named)

    monkeypatch.setattr(type(world.desk), "_against", meanwhile)
    assert codes(world.desk.decide(number, by="ap2", is_approved=True)) == ["record_number_taken"]
    assert not world.desk.office.is_posted(f"cycle/{CODE}/set-off")


def test_a_proposal_is_decided_by_the_role_that_is_asked_for_when_it_is_decided(world: World):
    waits = world.act("members_joined", **JOINS).proposal
    changed(world, RULES + '[approvals]\nrole = "operator"\n')
    assert codes(world.desk.decide(waits, by="ap2", is_approved=True)) == ["not_an_approver"]
    assert codes(world.desk.decide(waits, by=OPERATOR, is_approved=True)) == ["own_proposal"]
    assert world.desk.decide(waits, by="both", is_approved=True).act
    assert unapproved(acts(world)) == ()


def test_a_proposal_of_an_earlier_rulebook_is_judged_by_the_rules_of_today(world: World):
    waits = world.act("members_joined", **JOINS).proposal
    changed(world, RULES + "[membership]\nlei_required = true\n")
    assert world.desk.decide(waits, by=APPROVER, is_approved=True).refusals
    assert world.desk.union.register.member("zoe") is None


def changed(world: World, text: str) -> None:
    from rescounter.rulebook.reading import read_rulebook

    read = read_rulebook(text).known
    assert world.approved(world.act("rulebook_changed", text=text, digest=read.digest, frozen=dict(read.frozen))).act


NEEDED = "[approvals]\nneeded = [{}]\n"


def asking(*more: str) -> str:
    from rescounter.rulebook.rules import APPROVED_KINDS

    return RULES + NEEDED.format(", ".join(f'"{kind}"' for kind in (*APPROVED_KINDS, *more)))


def test_steps_that_a_rulebook_asks_approvals_for_are_replayed_as_they_were_reckoned():
    """Between a proposal and its approval time passes, and money comes."""
    store, clock = fresh("sqlite")
    world = World(store, clock)
    world.found(asking("called", "funded", "closed", "cut_off", "corrected"), MORE)
    world.tell("2026-01-05T09:00")
    world.join("ana", "bo", "cy", "dee")
    world.step("open")
    for member, rows in ROWS.items():
        world.submit(member, rows)
    world.tell("2026-01-22T13:00")
    world.run()
    world.tell("2026-01-27T17:00")
    waits = world.step("correct")
    world.tell("2026-01-27T17:30")
    world.approved(waits)
    world.approved(world.step("clear"))
    calls = world.step("fund")
    world.pay("B1", "ana", 5_000, "2026-01-28")
    world.tell("2026-01-28T09:00")
    world.approved(calls)
    world.pay("B2", "ana", 2_000, "2026-01-28")
    funds = world.step("fund")
    world.pay("B3", "bo", 100, "2026-01-28")
    world.tell("2026-01-28T10:00")
    world.approved(funds)
    world.tell("2026-02-02T10:00")
    world.run()
    assert world.desk.union.cycles[CODE].state.value == "closed"
    assert replay_cycle(world.desk, CODE) == ()
    assert unapproved(acts(world)) == ()
    store.close()


@pytest.mark.parametrize("kind", ["called", "paid_in"])
def test_two_proposals_of_one_thing_are_done_once(kind: str):
    store, clock = fresh("sqlite")
    world = corrected(World(store, clock), asking("called", "paid_in"))
    world.approved(world.step("clear"))
    if kind == "called":
        first = world.step("fund")
        clock[0] += 1_000_000
        second = world.step("fund")
    else:
        first = book(world, {"B1": 5_000}, file="sha256:first")
        second = book(world, {"B1": 5_000, "B2": 100}, file="sha256:second")
    assert first.proposal and second.proposal
    assert world.approved(first).act
    if first.proposal != second.proposal:
        assert codes(world.approved(second)) == ["proposal_outdated"]
    assert kinds(world).count(kind) == 1
    if kind == "paid_in":
        assert money(world) == 5_000
    store.close()


def test_money_that_two_proposals_give_away_is_given_once(world: World):
    assert world.pay("B9", "", 700, "2026-01-27").act
    proposals = [world.desk.do(resolving_to("ana", world, reason), by=OPERATOR) for reason in ("told by mail", "told by telephone")]
    assert world.approved(proposals[0]).act
    assert codes(world.approved(proposals[1])) == ["proposal_outdated"]
    assert world.sit_down().union.resolved["B9"].body["reason"] == "told by mail"


def resolving_to(member: str, world: World, reason: str) -> Step:
    from rescounter.cycle.resolving import resolving

    return resolving(world.desk.union, world.desk.office, "B9", member=member, reason=reason)


def test_a_cycle_that_two_proposals_open_is_opened_once():
    store, clock = fresh("sqlite")
    world = World(store, clock)
    world.found(asking("cycle_opened"), MORE)
    world.tell("2026-01-05T09:00")
    first = world.step("open")
    world.tell("2026-01-06T09:00")
    other_dates = {**world.desk.union.approvals.proposal(first.proposal).body, "frozen": {}}
    second = world.act("cycle_opened", **other_dates)
    assert world.approved(first).act
    assert codes(world.approved(second)) == ["proposal_outdated"]
    assert list(world.sit_down().union.cycles) == [CODE]
    store.close()


def test_a_proposal_to_fund_is_outdated_by_another_round_of_calls():
    store, clock = fresh("sqlite")
    world = corrected(World(store, clock), asking("funded"))
    world.run()
    world.tell("2026-01-28T09:00")
    stale = {**world.desk.union.cycles[CODE].last("called").body}
    body = {name: stale[name] for name in ("cycle", "round", "net", "calls")}
    waits = world.act("funded", **body, credit={})
    clock[0] = stale["due_at_us"]
    assert world.step("fund", CODE).kind == "called", "ana paid nothing: the rest is called anew"
    assert codes(world.approved(waits)) == ["proposal_outdated"]
    store.close()


def test_a_month_is_played_without_any_act_unapproved():
    store, clock = fresh("sqlite")
    assert unapproved(acts(played(World(store, clock)))) == ()
    store.close()
