"""A default while cycles run: with dues and no position, with credit and no call, funded, in pairs, through a direct member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rescounter.cycle.defaulting import bearing, declaring
from rescounter.facade.union_replay import replay_cycle
from tests.cycle.credit import credit_rules, quotas
from tests.cycle.mortal import fresh
from tests.cycle.pairs import Trade, trades, union_of_pairs
from tests.cycle.world import APPROVER, OPERATOR, World
from tests.guarantee.test_union_default import FIRST, SECOND, settled
from tests.guarantee.unions import CLEARING_HOUSE, Backed, backed

OPEN: list[World] = []


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().store.close()


def kept(world: Any) -> Any:
    OPEN.append(world)
    return world


def declares(world: World, member: str) -> None:
    assert world.approved(world.desk.do(declaring(world.desk.union, member, "failed"), by=OPERATOR)).act


def loss_of(world: World, member: str) -> Any:
    return bearing(world.desk.union, world.desk.office, member, "EUR", at_us=world.desk.at_us)


def owes(world: World, debtor: str, creditor: str, amount: int) -> None:
    assert world.submit(debtor, [{"id": f"{debtor}-{creditor}", "debtor": debtor, "creditor": creditor, "amount_minor": amount}])[0].act


def called(world: World) -> None:
    """The first cycle, cleared finally and called."""
    for at, verbs in (("22T13:00", ("cut-off", "clear")), ("27T17:00", ("correct", "clear", "fund"))):
        world.tell(f"2026-01-{at}")
        for verb in verbs:
            world.approved(world.step(verb, FIRST))


def on_the_scale() -> World:
    store, clock = fresh("sqlite")
    world = kept(World(store, clock))
    world.tell("2026-01-05T09:00")
    world.found(credit_rules())
    world.join("ana", "bo")
    world.step("open")
    quotas(world, ana=100_000, bo=100_000)
    owes(world, "ana", "bo", 1_000)
    return world


def with_dues() -> Backed:
    """dee was cleared of 100,000 and owes the fee of it, which the next call collects."""
    world = kept(backed(guarantee="collected = true\n" + CLEARING_HOUSE))
    owes(world, "dee", "cy", 100_000)
    owes(world, "cy", "dee", 100_000)
    world.has("cy", 110)
    settled(world)
    assert world.balances()["dee/fees/EUR"] == -110
    return world


def second(world: World) -> None:
    world.tell("2026-02-05T09:00")
    world.step("open")
    owes(world, "bo", "ana", 500)
    world.pay("B-2", "bo", 10_000, "2026-02-05")
    for at in ("2026-02-23T13:00", "2026-02-26T17:00", "2026-03-05T17:00"):
        world.tell(at)
        world.run(SECOND)


def test_dues_of_a_defaulter_without_a_position_are_not_called_and_the_cycle_comes_to_its_end():
    world = with_dues()
    declares(world, "dee")
    second(world)
    cycle = world.desk.union.cycles[SECOND]
    assert (cycle.state.value, len(cycle.all("called"))) == ("closed", 1)
    assert world.balances()["dee/fees/EUR"] == -110
    assert replay_cycle(world.desk, SECOND) == ()
    assert loss_of(world, "dee").wanted.body["loss_minor"] == 110


def test_who_defaults_after_the_call_draws_no_credit_though_nothing_was_called_from_it():
    world = on_the_scale()
    called(world)
    declares(world, "ana")
    assert [each.code for each in loss_of(world, "ana").refusals] == ["default_still_open"]
    world.tell("2026-02-02T10:00")
    world.run(FIRST)
    assert world.desk.union.cycles[FIRST].state.value == "closed"
    assert world.balances() == {}
    assert replay_cycle(world.desk, FIRST) == ()


def test_credit_that_is_funded_is_part_of_the_loss_once_it_is_settled():
    world = on_the_scale()
    called(world)
    assert world.step("fund", FIRST).act
    declares(world, "ana")
    assert [each.code for each in loss_of(world, "ana").refusals] == ["default_still_open"]
    world.tell("2026-02-02T10:00")
    world.run(FIRST)
    assert world.balances() == {"ana/credit/EUR": -1_000, "bo/credit/EUR": 1_000}
    assert loss_of(world, "ana").wanted.body["loss_minor"] == 1_000


def test_a_defaulter_whose_cycle_is_funded_is_settled_with_what_was_put_aside():
    world = kept(backed())
    owes(world, "dee", "ana", 500)
    world.has("dee", 500)
    called(world)
    assert world.step("fund", FIRST).act
    declares(world, "dee")
    assert [each.code for each in loss_of(world, "dee").refusals] == ["default_still_open"]
    world.tell("2026-02-02T10:00")
    world.run(FIRST)
    found = world.balances()
    assert not any(name.startswith(("dee/", "ana/", "*/settlement")) and "/fees/" not in name for name in found), found
    assert replay_cycle(world.desk, FIRST) == ()


def test_dues_of_an_indirect_member_are_no_loss_while_its_direct_member_pays_them():
    world = with_dues()
    assert world.approved(world.act("member_changed", code="dee", under="bo")).act
    world.tell("2026-02-05T09:00")
    world.step("open")
    owes(world, "bo", "ana", 500)
    world.pay("B-2", "bo", 10_000, "2026-02-05")
    for at in ("2026-02-23T13:00", "2026-02-26T17:00"):
        world.tell(at)
        world.run(SECOND)
    assert world.desk.union.cycles[SECOND].state.value in ("cleared (final)", "funded")
    declares(world, "dee")
    assert [each.code for each in loss_of(world, "dee").refusals] == ["default_still_open"]
    world.tell("2026-03-05T17:00")
    world.run(SECOND)
    assert world.balances().get("dee/fees/EUR", 0) == 0
    assert [each.code for each in loss_of(world, "dee").refusals] == ["no_loss"]


@pytest.mark.parametrize("is_planned", [False, True], ids=["called", "planned"])
def test_pairs_of_a_defaulter_settle_only_with_money_that_is_there(is_planned: bool):
    """Within its short limit bo would have been lent what it did not pay in; in default it is lent nothing."""
    world = kept(union_of_pairs())
    trades(world, Trade("X1", "ana", "USD", 110_000, "bo", "EUR", 100_000))
    world.tell("2026-01-05T17:00")
    world.run()
    world.pay("P1", "ana", 110_000, "2026-01-06", currency="USD")
    world.pay("P2", "bo", 50_000, "2026-01-06", currency="EUR")
    if is_planned:
        world.tell("2026-01-06T12:00")
        proposed = world.step("fund")
        declares(world, "bo")
        assert [each.code for each in world.approved(proposed).refusals] == ["plan_overtaken"]
        assert world.desk.decide(proposed.proposal, by=APPROVER, is_approved=False).act
    else:
        declares(world, "bo")
        world.tell("2026-01-06T12:00")
    world.run()
    found = world.balances()
    # ana has its dollars back; what bo paid in stays for what it may owe.
    assert found == {"bo/cash/EUR": 50_000, "*/settlement/EUR": -50_000}
    (cycle,) = world.desk.union.cycles.values()
    assert replay_cycle(world.desk, cycle.code) == ()
