"""Collateral in a union: pledged, valued, called, released; cash of it stands on the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rescounter.cycle.pledging import calling_collateral, covered, moving_collateral, pricing
from rescounter.facade.union import Done
from rescounter.facade.union_collateral import collateral_known, collateral_section
from rescounter.ledger import Store
from rescounter.terms.money import Money
from tests.cycle.mortal import Killed, Mortal, fresh
from tests.cycle.world import RULES, World, at_us

PRICE = {"asset": "BOND", "currency": "EUR", "price": "99.505", "haircut": "2.5", "source": "exchange", "at_us": at_us("2026-01-05T09:00")}


def union(store: Store, clock: list[int]) -> World:
    world = World(store, clock)
    world.tell("2026-01-05T10:00")
    world.found(RULES)
    world.join("ana", "bo")
    world.step("open")
    return world


@pytest.fixture
def world() -> Iterator[World]:
    store, clock = fresh("sqlite")
    yield union(store, clock)
    store.close()


def move(world: World, what: str, how_much: int, reference: str, *, member: str = "ana", release: bool = False) -> Done:
    is_cash = what == "EUR"
    step = moving_collateral(
        world.desk.union,
        world.desk.office,
        member,
        asset="" if is_cash else what,
        quantity=0 if is_cash else how_much,
        currency=what if is_cash else "",
        amount_minor=how_much if is_cash else 0,
        reference=reference,
        is_release=release,
        at_us=world.clock[0],
    )
    done = world.desk.do(step, by="op")
    return done if done.refusals or done.is_repeat else world.approved(done)


def price(world: World, **changed: Any) -> Done:
    done = world.desk.do(pricing(world.desk.union, [{**PRICE, **changed}], at_us=world.clock[0]), by="op")
    return done if done.refusals or done.is_repeat else world.approved(done)


def ask(world: World, amount_minor: int) -> None:
    limit = {"member": "ana", "currency": "EUR", "kind": "collateral", "amount_minor": amount_minor, "from_us": world.clock[0]}
    assert world.approved(world.act("limits_set", limits=[limit])).act


def call(world: World) -> Done:
    return world.desk.do(calling_collateral(world.desk.union, world.desk.office, at_us=world.clock[0]), by="op")


def state(world: World) -> list[tuple[int, ...]]:
    names = ("needed_minor", "cash_minor", "assets_minor", "missing_minor", "free_minor")
    return [tuple(getattr(each, name) for name in names) for each in covered(world.desk.union, world.desk.office, at_us=world.clock[0])]


def codes(done: Done) -> list[str]:
    return [refusal.code for refusal in done.refusals]


def test_what_is_pledged_counts_after_its_haircut_and_rounded_down(world: World):
    assert move(world, "BOND", 7, "P1").act
    assert state(world) == []
    assert price(world).act
    # 7 * 99.505 = 696.535, less 2.5 per cent = 679.121625, rounded down
    assert state(world) == [(0, 0, 67_912, 0, 67_912)]


def test_a_price_that_is_too_old_counts_nothing_and_a_later_one_counts_again(world: World):
    move(world, "BOND", 7, "P1")
    price(world)
    world.tell("2026-01-12T09:01")
    assert state(world) == []
    price(world, at_us=world.clock[0], price="100")
    assert state(world) == [(0, 0, 68_250, 0, 68_250)]


def test_pledged_cash_moves_on_the_ledger_and_back(world: World):
    world.pay("B1", "ana", 50_000, "2026-01-05")
    assert codes(move(world, "EUR", 50_001, "P1")) == ["collateral_not_there"]
    assert move(world, "EUR", 30_000, "P1").act
    assert world.balances() == {"*/settlement/EUR": -50_000, "ana/cash/EUR": 20_000, "ana/collateral/EUR": 30_000}
    assert state(world) == [(0, 30_000, 0, 0, 30_000)]
    assert codes(move(world, "EUR", 30_001, "P2", release=True)) == ["collateral_not_there"]
    assert move(world, "EUR", 30_000, "P2", release=True).act
    assert world.balances() == {"*/settlement/EUR": -50_000, "ana/cash/EUR": 50_000}


def test_a_fall_of_the_price_is_called_and_a_pledge_meets_the_call(world: World):
    move(world, "BOND", 10, "P1")
    price(world, price="100", haircut="10")
    ask(world, 80_000)
    assert call(world).is_repeat
    price(world, price="80", haircut="10", at_us=at_us("2026-01-05T10:00"))
    # 10 * 80.00 less 10 per cent = 720.00, of 800.00 that are needed
    done = call(world)
    assert done.act and not done.is_repeat
    assert call(world).is_repeat
    (row,) = collateral_known(world.desk)["calls"]
    assert (row["missing_minor"], row["due"], row["is_overdue"]) == (8_000, "2026-01-06 10:00", False)
    world.tell("2026-01-06T10:01")
    assert [each["is_overdue"] for each in collateral_known(world.desk)["calls"]] == [True]
    section = collateral_section(world.desk, world.desk.union.latest, "ana")
    assert [(line.label, line.value) for line in section.lines] == [
        ("Needed", Money(80_000, "EUR")),
        ("Counts", Money(72_000, "EUR")),
        ("Missing", Money(8_000, "EUR")),
        ("Called", Money(8_000, "EUR")),
    ]
    assert section.lines[-1].note == "by 2026-01-06 10:00 (Europe/Ljubljana), overdue"
    assert section.table.rows == (("BOND", 10, "80 EUR, exchange, 2026-01-05 10:00", "10 per cent", Money(72_000, "EUR")),)
    world.pay("B1", "ana", 8_000, "2026-01-06")
    move(world, "EUR", 8_000, "P2")
    assert collateral_known(world.desk)["calls"] == []
    assert state(world) == [(80_000, 8_000, 72_000, 0, 0)]
    assert collateral_section(world.desk, world.desk.union.latest, "bo") is None


def test_a_release_that_leaves_too_little_is_refused_also_when_it_is_approved_later(world: World):
    move(world, "BOND", 10, "P1")
    price(world, price="100", haircut="0")
    ask(world, 50_000)
    assert codes(move(world, "BOND", 6, "P2", release=True)) == ["collateral_needed"]
    assert codes(move(world, "BOND", 11, "P2", release=True)) == ["collateral_not_there"]
    step = moving_collateral(
        world.desk.union, world.desk.office, "ana", asset="BOND", quantity=5, reference="P2", is_release=True, at_us=world.clock[0]
    )
    proposed = world.desk.do(step, by="op")
    ask(world, 60_000)
    assert codes(world.desk.decide(proposed.proposal, by="ap", is_approved=True)) == ["collateral_needed"]
    assert world.desk.union.pledges.held == {("ana", "BOND"): 10}
    assert move(world, "BOND", 4, "P3", release=True).act
    assert state(world) == [(60_000, 0, 60_000, 0, 0)]


def test_what_a_member_owes_on_its_cash_is_what_its_collateral_must_cover(world: World):
    world.cap("ana", 100_000)
    world.submit("ana", [{"id": "1", "debtor": "ana", "creditor": "bo", "amount_minor": 70_000}])
    for at in ("2026-01-22T13:00", "2026-01-27T17:00", "2026-01-30T17:00"):
        world.tell(at)
        world.run()
    assert world.balances()["ana/cash/EUR"] == -70_000
    ask(world, 40_000)
    assert state(world) == [(70_000, 0, 0, 70_000, 0)]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"haircut": "101"}, "collateral_malformed"),
        ({"haircut": "-1"}, "collateral_malformed"),
        ({"price": "1e3"}, "collateral_malformed"),
        ({"currency": "EURO"}, "collateral_malformed"),
        ({"source": ""}, "collateral_malformed"),
        ({"asset": " B"}, "collateral_malformed"),
        ({"at_us": at_us("2026-01-05T10:01")}, "collateral_malformed"),
        ({"at_us": None}, "collateral_malformed"),
    ],
)
def test_a_price_that_cannot_be_used_is_refused(world: World, changed: dict[str, Any], code: str):
    assert codes(price(world, **changed)) == [code]


def test_a_reference_is_used_once_and_the_same_again_does_nothing(world: World):
    assert move(world, "BOND", 7, "P1").act
    assert move(world, "BOND", 7, "P1").is_repeat
    assert codes(move(world, "BOND", 8, "P1")) == ["collateral_reference_taken"]
    assert codes(move(world, "BOND", 7, "P1", release=True)) == ["collateral_reference_taken"]
    assert codes(move(world, "BOND", 0, "P2")) == ["collateral_malformed"]
    assert codes(move(world, "BOND", 1, "P2", member="zoe")) == ["member_not_known"]
    assert codes(move(world, "USD", 1, "P2")) == ["collateral_malformed"]
    price(world)
    assert price(world).is_repeat


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_pledge_that_was_interrupted_is_done_once(kind: str, before: bool):
    at = 0
    while True:
        store, clock = fresh(kind)
        world = union(store, clock)
        world.pay("B1", "ana", 50_000, "2026-01-05")
        at += 1
        world.store = Mortal(store, at, before=before)
        world.sit_down()
        died = False
        for _ in range(2):
            try:
                move(world, "EUR", 30_000, "P1")
                waiting = world.desk.union.approvals.pending(world.clock[0])
                if waiting:
                    world.desk.decide(waiting[0].number, by="ap", is_approved=True)
                break
            except Killed:
                died = True
                world.sit_down()
        assert world.balances() == {"*/settlement/EUR": -50_000, "ana/cash/EUR": 20_000, "ana/collateral/EUR": 30_000}
        assert list(world.desk.union.pledges.moved) == ["P1"]
        store.close()
        if not died:
            break
    assert at > 3
