"""A month in which the pool takes part is interrupted at any write, and done again: calls and claims are paid once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rescounter.facade.union_replay import replay_cycle
from tests.cycle.mortal import Mortal, fresh, to_the_end
from tests.cycle.world import APPROVER, OPERATOR
from tests.insurance.pool_cycles import MEMBERS, POOL, POOL_RULES, CycleWorld, owes

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
STRIDE = {"sqlite": 1, "postgresql": 1} if IS_LONG else {"sqlite": 9, "postgresql": 23}
"""Of the writes of a month, every so many; in the long campaign all."""


def script(world: CycleWorld) -> Iterator[Callable[[], Any]]:
    """ana pays its call from cash; the others' calls and a claim of bo enter the cycle, in which cy does not pay in."""

    def done(reckon: Callable[[], Any]) -> Callable[[], None]:
        def act() -> None:
            for waiting in world.desk.union.approvals.pending(world.desk.at_us):
                world.approved(world.desk.decide(waiting.number, by=APPROVER, is_approved=True))
            found = world.desk.do(reckon(), by=OPERATOR)
            assert not found.refusals, found.refusals
            world.approved(found)

        return act

    rows = (("ana", "coastal", 10_000_000), ("bo", "coastal", 5_000_000), ("cy", "ocean", 10_000_000))
    world.tell("2026-01-05T09:00")
    for member in (*MEMBERS, POOL):
        yield lambda member=member: world.desk.union.register.member(member) or world.join(member)
    yield done(world.year)
    yield done(lambda: world.declare("2026", *rows))
    yield done(lambda: world.call("advance"))
    yield lambda: world.desk.union.latest or world.step("open")
    yield lambda: world.pay("B-ana", "ana", 32_000, "2026-01-05")
    yield done(lambda: world.pay_call("2026-advance-1", "ana"))
    yield done(lambda: world.notify("C", "bo", 130_000, day="2026-01-04"))
    yield done(lambda: world.claim("reserve", "C", 130_000))
    yield done(lambda: world.claim("adjust", "C", 130_000))
    yield lambda: world.submit("cy", [owes("cy", "ana", 7_000)])
    world.tell("2026-01-22T13:00")
    yield world.run
    world.tell("2026-01-27T17:00")
    yield world.run
    world.tell("2026-01-29T17:00")
    yield world.run
    world.tell("2026-02-02T17:00")
    yield world.run


def played(world: CycleWorld) -> CycleWorld:
    world.found(POOL_RULES)
    to_the_end(world, script(world))
    return world


def outcome(world: CycleWorld) -> tuple[Any, ...]:
    (cycle,) = world.desk.union.cycles.values()
    year, claim = world.desk.union.pool.years["2026"], world.desk.union.pool.claims["C"]
    acts = [(act.kind, act.by, act.body.get("pool_sums")) for act in cycle.acts]
    return (
        acts,
        cycle.state.value,
        year.calls["2026-advance-1"].paid_minor,
        year.cash_minor,
        claim.state,
        claim.paid_minor,
        world.balances(),
    )


def at_every(kind: str, stride: int, *, before: bool) -> None:
    world = CycleWorld(*fresh(kind))
    world.store = Mortal(world.store, 0, before=True)
    world.sit_down()
    played(world)
    wanted, writes = outcome(world), world.store.count
    (cycle,) = world.desk.union.cycles.values()
    # bo's call of 160.00 is set off against its claim of 300.00, and the rest of 140.00 is paid to it; cy pays nothing of 640.00.
    assert wanted[1:4] == ("closed", 32_000 + 16_000, 32_000 + 16_000 - 30_000)
    assert wanted[5] == 30_000
    assert replay_cycle(world.desk, cycle.code) == ()
    world.store.close()
    for at in range(2 + stride // 2 * before, writes + 1, stride):
        store, clock = fresh(kind)
        found = outcome(played(CycleWorld(Mortal(store, at, before=before), clock)))
        assert found == wanted, f"write {at} of {writes}"
        store.close()


def test_a_month_that_is_interrupted_comes_to_the_same():
    at_every("sqlite", 31, before=False)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.slow
def test_whatever_write_a_process_dies_at_the_month_comes_to_the_same(kind: str, before: bool):
    at_every(kind, STRIDE[kind], before=before)
