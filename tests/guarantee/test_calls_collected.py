"""Calls of the guarantee that the next call of a cycle collects: with the pay-in of who owes, off the pay-out of who is owed, never twice.

Amounts are minor units of EUR. dee leaves 1,000, as in `test_union_default`: ana is called for 60 + 45, bo for 30 + 405, cy for 10.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rescounter.cycle.contributing import paying_call
from rescounter.facade.union import Done
from rescounter.facade.union_replay import replay_cycle
from rescounter.facade.union_statement import facts_of
from rescounter.rulebook.reading import read_rulebook
from rescounter.statements.bookkeeping import journal_entries
from rescounter.statements.member_statement import statement, text
from tests.cycle.mortal import Mortal, to_the_end
from tests.cycle.world import RULES
from tests.guarantee.test_union_default import SECOND, owing
from tests.guarantee.unions import CLEARING_HOUSE, Backed

COLLECTED = CLEARING_HOUSE + "calls_collected = true\n"
CALLS = {"ana/assessments/EUR": -105, "bo/assessments/EUR": -435, "cy/assessments/EUR": -10}
IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
OPENED: list[Any] = []


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def called(guarantee: str = COLLECTED, until: str = "2026-02-26T17:00", **options: Any) -> Backed:
    """The second cycle, in which bo owes cy 200, after the loss was borne; cash of ana 340, bo 970, cy 290. It is called on the 26th."""
    world = owing(guarantee, **options)
    OPENED.append(world.store)
    assert world.declares("dee").act and world.bears("dee").act
    assert assessments(world) == CALLS
    world.step("open")
    world.submit("bo", [{"id": "7", "debtor": "bo", "creditor": "cy", "amount_minor": 200}])
    for at in ("2026-02-23T13:00", until):
        world.tell(at)
        world.run(SECOND)
    return world


def assessments(world: Backed) -> dict[str, int]:
    return {name: held for name, held in world.balances().items() if "/assessments/" in name}


def cash(world: Backed) -> dict[str, int]:
    return {name.split("/")[0]: held for name, held in world.balances().items() if "/cash/" in name}


def to_the_close(world: Backed) -> None:
    for at in ("2026-02-26T17:00", "2026-03-05T17:00"):
        world.tell(at)
        world.run(SECOND)
    assert world.desk.union.cycles[SECOND].state.value == "closed"


def codes(done: Done) -> list[str]:
    return [each.code for each in done.refusals]


def test_open_calls_are_paid_by_the_next_settlement():
    # bo: -200 - 435 = -635 of its 970; ana: -105 of its 340; cy: +200 - 10 = 190, paid out.
    world = called()
    net = {row["member"]: row["net_minor"] for row in world.desk.office.table(cycle(world).known("called").body["net"]).to_pylist()}
    assert {member: minor for member, minor in net.items() if minor} == {"ana": -105, "bo": -635, "cy": 190}
    to_the_close(world)
    assert assessments(world) == {}
    assert cash(world) == {"ana": 235, "bo": 335, "cy": 290}
    assert world.desk.union.guarantee.open_calls("bo", "EUR") == 0
    assert all(not each.open_minor for each in world.desk.union.guarantee.calls)
    assert codes(world.pays_call("bo", 1)) == ["call_not_open"]
    assert replay_cycle(world.desk, SECOND) == ()


def cycle(world: Backed) -> Any:
    return world.desk.union.cycles[SECOND]


def test_without_the_rule_they_stay_until_they_are_paid_by_themselves():
    world = called(CLEARING_HOUSE)
    to_the_close(world)
    assert assessments(world) == CALLS
    assert "assessments" not in cycle(world).known("settled").body


def test_what_a_cycle_has_called_for_is_neither_paid_nor_lowered_beside_it():
    world = called()
    assert codes(world.pays_call("bo", 100)) == ["call_collected"]
    assert codes(world.recovers("dee", 100)) == ["call_collected"]
    to_the_close(world)
    assert world.recovers("dee", 450).act
    # The residual of 450 comes back in cash: bo 405, ana 45.
    assert cash(world) == {"ana": 280, "bo": 740, "cy": 290}


def test_a_payment_that_was_proposed_before_the_call_is_not_taken_twice():
    world = called(until="2026-02-23T13:00")
    desk = world.desk
    asked = desk.do(paying_call(desk.union, desk.office, "bo", "EUR", 100, reference="P", at_us=desk.at_us), by="op")
    assert asked.proposal
    world.tell("2026-02-26T17:00")
    for verb in ("correct", "clear", "fund"):
        done = world.step(verb, SECOND)
        assert not done.is_refused, done
        if done.proposal:
            assert desk.decide(done.proposal, by="ap", is_approved=True).act
    assert cycle(world).last("called") is not None
    assert codes(desk.decide(asked.proposal, by="ap", is_approved=True)) == ["call_collected"]
    assert assessments(world) == CALLS


def test_who_defaults_before_the_cycle_calls_has_its_calls_left_to_the_loss():
    world = called(until="2026-02-23T13:00")
    assert world.declares("cy").act
    to_the_close(world)
    assert assessments(world) == {"cy/assessments/EUR": -10}
    assert replay_cycle(world.desk, SECOND) == ()


def test_the_statement_and_the_books_tell_what_was_collected():
    world = called()
    to_the_close(world)
    facts = facts_of(world.desk, cycle(world), "bo")
    assert "Guarantee calls collected" in text(statement(facts))
    rows = [row for row in journal_entries(facts).to_pylist() if row["account"] == "Losses borne for others"]
    assert [(row["debit_minor"], row["credit_minor"]) for row in rows] == [(435, 0)]


def test_nobody_is_called_where_nothing_is_paid():
    rules = RULES.replace('kind = "pay-in"\nnet_debit_caps = true\npartial_funding = true', 'kind = "none"')
    rules = rules.replace('method = "set-off-then-net"', 'method = "set-off"') + COLLECTED
    assert [each.id for each in read_rulebook(rules).refusals if "calls_collected" in each.id] == ["guarantee.calls_collected"]


def script(world: Backed) -> Iterator[Callable[[], Any]]:
    yield lambda: world.tell("2026-02-26T17:00")
    yield lambda: world.run(SECOND)
    yield lambda: world.tell("2026-03-05T17:00")
    yield lambda: world.run(SECOND)


@pytest.mark.parametrize(("kind", "before"), [("sqlite", True), ("sqlite", False), ("postgresql", True)])
@pytest.mark.slow
def test_whatever_write_a_process_dies_at_nothing_is_collected_twice(kind: str, before: bool):
    stride, at, writes = 1 if IS_LONG else 8 if kind == "sqlite" else 20, 1, 2
    while at <= writes:
        world = called(kind=kind, until="2026-02-23T13:00")
        mortal = Mortal(world.store, at, before=before)
        world.store = mortal
        world.sit_down()
        to_the_end(world, script(world))
        for _ in range(2):
            world.run(SECOND)
        assert (cycle(world).state.value, assessments(world)) == ("closed", {}), f"write {at}"
        assert cash(world) == {"ana": 235, "bo": 335, "cy": 290}
        writes, at = mortal.count, at + stride
        OPENED.pop().close()
