"""Credit, capital, interest and collection: a process that dies at any write and does the same again comes to the same; on both stores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rescounter.facade.union_replay import replay_cycle
from tests.cycle.credit import ENDS, MONTHS, RULES_OF_CREDIT, capital, credit_rules, quotas
from tests.cycle.mortal import Mortal, fresh, to_the_end
from tests.cycle.test_interrupted import IS_LONG
from tests.cycle.world import World

RULES = credit_rules(
    RULES_OF_CREDIT + 'interest = "credit"\ndebit_rate = "20"\ncredit_rate = "2"\ncharges = ["1943"]\nwatches = "1943"\n',
    fees='per_mille = "1.1"\ncollected = true',
)
STRIDE = {"sqlite": 1, "postgresql": 1} if IS_LONG else {"sqlite": 29, "postgresql": 97}
"""Of the writes of two months, every so many; in the long campaign all."""


def script(world: World) -> Iterator[Callable[[], Any]]:
    """Two months: credit is drawn in the first; in the second its interest is collected, after it was booked at the close."""
    world.tell("2026-01-05T09:00")
    yield lambda: world.desk.union.register.member("ana") or world.join("ana", "bo", "cy")
    yield lambda: quotas(world, ana=50_000, bo=50_000)
    yield lambda: capital(world, 35_000, "K-1")
    for place, (debt, money) in enumerate(((30_000, ("ana", 9_000)), (5_000, ("ana", 9_000)))):
        cycle = MONTHS[place]
        world.tell(f"{cycle[:8]}10T09:00")
        yield lambda cycle=cycle: cycle in world.desk.union.cycles or world.step("open")
        rows = [
            {"id": "1", "debtor": "ana", "creditor": "bo", "amount_minor": debt},
            {"id": "2", "debtor": "ana", "creditor": "cy", "amount_minor": 900},
        ]
        yield lambda rows=rows, cycle=cycle: world.submit("ana", rows, cycle)
        yield lambda cycle=cycle: world.submit("cy", [{"id": "1", "debtor": "cy", "creditor": "ana", "amount_minor": 2_900}], cycle)
        world.tell(f"{cycle}T13:00")
        yield lambda cycle=cycle: world.run(cycle)
        yield lambda cycle=cycle, money=money: world.pay(f"{cycle}/ana", *money, cycle, cycle)
        yield lambda cycle=cycle: world.pay(f"{cycle}/cy", "cy", 3_000, cycle, cycle)
        world.tell(f"{ENDS[place]}T10:00")
        yield lambda cycle=cycle: world.run(cycle)


def played(world: World) -> World:
    world.found(RULES)
    to_the_end(world, script(world))
    return world


def outcome(world: World) -> tuple[Any, ...]:
    cycles = world.desk.union.cycles.values()
    acts = [
        (act.kind, act.by, act.body.get("scale"), act.body.get("owed"), act.body.get("interest")) for each in cycles for act in each.acts
    ]
    return acts, [each.state.value for each in cycles], world.balances()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_months_come_to_the_same_on_both_stores(kind: str):
    store, clock = fresh(kind)
    world = played(World(store, clock))
    assert world.balances() == {
        # ana -280.00 on a quota of 500.00: 20% of 100.00 and 40% of 80.00 are paid, 52.00; then -310.00, 20.00 + 40.00 + 6.00 = 66.00.
        "ana/credit/EUR": -24_400,
        # bo +300.00, half of 200.00 is paid out; then +350.00, half of 250.00.
        "bo/credit/EUR": 22_500,
        # cy -20.00, then -40.00, all of it paid: it has no quota.
        "*/capital/EUR": 35_000,
        # Credit of -228.00 and +200.00 from 30 January to 3 March, 32 days by 360, at 20% and 2%: 4.0533 and 0.3556.
        "ana/interest/EUR": -405,
        "bo/interest/EUR": 36,
        "*/interest/EUR": 369,
        # 1% a year on 103.00 and on 75.00, beyond a quarter of the quota: 0.0916 and 0.0667.
        "ana/charges/EUR": -9,
        "bo/charges/EUR": -7,
        "*/reserve-fund/EUR": 16,
        # Set-off of 9.00 between ana and cy in each month, fee 0.0099 each; those of the first month were collected in the second.
        "ana/fees/EUR": -1,
        "cy/fees/EUR": -1,
        "*/fees/EUR": 4,
        # Paid in 180.00 and 60.00, less 66.01 and 40.01.
        "ana/cash/EUR": 11_399,
        "cy/cash/EUR": 1_999,
        "*/settlement/EUR": -(35_000 + 18_000 + 6_000 - 12_500),
    }
    assert all(replay_cycle(world.desk, code) == () for code in world.desk.union.cycles)
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.slow
def test_whatever_write_a_process_dies_at_the_months_come_to_the_same(kind: str, before: bool):
    store, clock = fresh(kind)
    world = World(Mortal(store, 0, before=True), clock)
    played(world)
    wanted, writes = outcome(world), world.store.count
    store.close()
    for at in range(7 if before else 3, writes + 1, STRIDE[kind]):
        store, clock = fresh(kind)
        found = outcome(played(World(Mortal(store, at, before=before), clock)))
        assert found == wanted, f"write {at} of {writes}"
        store.close()
