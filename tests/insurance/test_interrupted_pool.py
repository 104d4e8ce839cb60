"""A year of the pool that is interrupted at any write, and done again, comes to the same; on both stores to the last byte."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rescounter.facade.union_replay import replay_pool
from tests.cycle.mortal import Mortal, fresh, to_the_end
from tests.cycle.world import APPROVER, OPERATOR
from tests.insurance.pools import PoolWorld

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
STRIDE = {"sqlite": 1, "postgresql": 1} if IS_LONG else {"sqlite": 11, "postgresql": 29}


def script(world: PoolWorld) -> Iterator[Callable[[], Any]]:
    """A year with a claim through every layer; each step is proposed, approved and, where it was interrupted, done again."""

    def done(reckon: Callable[[], Any]) -> Callable[[], None]:
        def act() -> None:
            for waiting in world.desk.union.approvals.pending(world.desk.at_us):
                world.approved(world.desk.decide(waiting.number, by=APPROVER, is_approved=True))
            found = world.desk.do(reckon(), by=OPERATOR)
            assert not found.refusals, found.refusals
            if found.proposal is not None:
                decided = world.desk.decide(found.proposal, by=APPROVER, is_approved=True)
                assert not decided.refusals, decided.refusals

        return act

    for member in ("ana", "bo"):
        yield lambda member=member: world.desk.union.register.member(member) or world.join(member)
    yield lambda: world.desk.union.latest or world.step("open")
    for member in ("ana", "bo"):
        yield lambda member=member: world.pay(f"in-{member}", member, 5_000_000, "2026-01-05")
    yield lambda: world.pay("RE-1", "", 1_500_000, "2026-01-05")
    yield done(world.year)
    yield done(lambda: world.declare("2026", ("ana", "coastal", 100_000_000), ("bo", "ocean", 100_000_000)))
    yield done(lambda: world.call("advance"))
    yield done(lambda: world.pay_call("2026-advance-1"))
    yield done(lambda: world.notify("C", "ana", 4_000_000))
    yield done(lambda: world.claim("reserve", "C", 3_900_000))
    yield done(lambda: world.claim("adjust", "C", 4_000_000))
    yield done(lambda: world.call("overspill", claim="C"))
    yield done(lambda: world.pay_call("2026-overspill-1"))
    yield done(lambda: world.reinsure("C", "RE-1", "Market Re"))
    yield done(lambda: world.call("supplementary"))
    yield done(lambda: world.pay_call("2026-supplementary-1"))
    yield done(lambda: world.claim("pay", "C"))
    world.tell("2027-07-02T00:00")
    yield done(lambda: world.close(gives_up=True))


def played(world: PoolWorld) -> PoolWorld:
    world.found()
    world.tell("2026-01-05T09:00")
    to_the_end(world, script(world))
    return world


def outcome(world: PoolWorld) -> tuple[Any, ...]:
    year = world.desk.union.pool.years["2026"]
    acts = [(act.kind, act.by) for act in year.acts]
    return acts, year.state, world.desk.union.pool.claims["C"].paid_minor, world.balances()


def test_the_pool_is_the_same_on_both_stores_to_the_last_byte():
    found = {}
    for kind in ("sqlite", "postgresql"):
        store, clock = fresh(kind)
        world = played(PoolWorld(store, clock))
        assert replay_pool(world.desk) == ()
        found[kind] = (store.records(rows_max=10_000), list(store.documents()), store.balances().rows(), store.checkpoint())
        store.close()
    assert found["sqlite"] == found["postgresql"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.slow
def test_whatever_write_a_process_dies_at_the_year_comes_to_the_same(kind: str, before: bool):
    store, clock = fresh(kind)
    world = PoolWorld(Mortal(store, 0, before=True), clock)
    played(world)
    wanted, writes = outcome(world), world.store.count
    assert wanted[1].value == "closed"
    store.close()
    for at in range(2 + STRIDE[kind] // 2 * before, writes + 1, STRIDE[kind]):
        store, clock = fresh(kind)
        found = outcome(played(PoolWorld(Mortal(store, at, before=before), clock)))
        assert found == wanted, f"write {at} of {writes}"
        store.close()
