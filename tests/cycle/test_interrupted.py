"""A step that is interrupted at any write, and done again, comes to the same; what was done stays done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rescounter.facade.union_replay import replay_cycle
from rescounter.ledger.accounts import AccountChange, AccountEvent
from rescounter.terms import CallerFault
from tests.cycle.mortal import Mortal, fresh, to_the_end
from tests.cycle.world import World

ROWS = {
    "ana": [
        {"id": "1", "debtor": "ana", "creditor": "bo", "amount_minor": 10_000},
        {"id": "2", "debtor": "ana", "creditor": "dee", "amount_minor": 3_000},
    ],
    "bo": [{"id": "1", "debtor": "bo", "creditor": "cy", "amount_minor": 8_000}],
    "cy": [{"id": "1", "debtor": "cy", "creditor": "ana", "amount_minor": 6_000}],
}


IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
STRIDE = {"sqlite": 1, "postgresql": 1} if IS_LONG else {"sqlite": 8, "postgresql": 24}
"""Of the writes of a month, every so many; in the long campaign all."""
FIRST = {("sqlite", True): 3, ("sqlite", False): 5, ("postgresql", True): 7, ("postgresql", False): 13}


def script(world: World) -> Iterator[Callable[[], Any]]:
    """A month, with a member that pays in late and a proposal at each final step; each is done again when it was interrupted."""
    world.tell("2026-01-05T09:00")
    yield lambda: world.desk.union.register.member("ana") or world.join("ana", "bo", "cy", "dee")
    yield lambda: world.desk.union.latest or world.step("open")
    for member, rows in ROWS.items():
        yield lambda member=member, rows=rows: world.submit(member, rows)
    world.tell("2026-01-22T13:00")
    yield world.run
    world.tell("2026-01-27T17:00")
    yield world.run
    yield lambda: world.pay("B1", "ana", 5_000, "2026-01-28")
    world.tell("2026-02-02T10:00")
    yield world.run


def played(world: World) -> World:
    world.found()
    to_the_end(world, script(world))
    return world


def outcome(world: World) -> tuple[Any, ...]:
    acts = [(act.kind, act.by) for cycle in world.desk.union.cycles.values() for act in cycle.acts]
    state = [(cycle.code, cycle.state) for cycle in world.desk.union.cycles.values()]
    roots = [act.body.get("root") or act.body.get("result_root") for cycle in world.desk.union.cycles.values() for act in cycle.acts]
    return acts, state, roots, world.balances()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_month_comes_to_what_an_accountant_reckons(kind: str):
    store, clock = fresh(kind)
    world = played(World(store, clock))
    (cycle,) = world.desk.union.cycles.values()
    assert cycle.state.value == "closed"
    assert world.balances() == {
        "ana/fees/EUR": -7,  # 60.00 set off at 1.1 per mille = 0.066, half-even 0.07
        "bo/fees/EUR": -7,
        "cy/fees/EUR": -7,
        "*/fees/EUR": 21,
        # ana paid in 50.00, which went to bo (40.00 of its claim is left, and it owes cy 20.00), to cy 20.00 and to dee 10.00
    }
    assert replay_cycle(world.desk, cycle.code) == ()
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.slow
def test_whatever_write_a_process_dies_at_the_month_comes_to_the_same(kind: str, before: bool):
    store, clock = fresh(kind)
    world = World(Mortal(store, 0, before=True), clock)
    played(world)
    wanted, writes = outcome(world), world.store.count
    store.close()
    for at in range(FIRST[kind, before], writes + 1, STRIDE[kind]):
        store, clock = fresh(kind)
        found = outcome(played(World(Mortal(store, at, before=before), clock)))
        assert found == wanted, f"write {at} of {writes}"
        store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_posting_that_the_ledger_refused_is_posted_when_its_reason_is_gone(kind: str):
    """An account was frozen by hand: the step is refused, nothing is posted, and the same step succeeds once it is thawed."""
    store, clock = fresh(kind)
    world = World(store, clock)
    world.found()
    todos = script(world)
    for _ in range(8):
        next(todos)()
    store.change_accounts("by-hand", [AccountChange(account="ana/cash/EUR", event=AccountEvent.FROZEN)])
    next(todos)
    before = world.balances()
    with pytest.raises(CallerFault, match="posting_refused"):
        world.run()
    assert world.balances() == before
    store.change_accounts("again-by-hand", [AccountChange(account="ana/cash/EUR", event=AccountEvent.THAWED)])
    world.run()
    (cycle,) = world.desk.union.cycles.values()
    assert cycle.state.value == "closed"
    assert replay_cycle(world.desk, cycle.code) == ()
    store.close()
