"""A default whose process dies at any write, and is done again, comes to the same; on both databases, approved or by one person."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rescounter.facade.union import Done
from rescounter.facade.union_replay import replay_cycle
from tests.cycle.mortal import Killed, Mortal, fresh, to_the_end
from tests.cycle.world import RULES
from tests.guarantee.test_union_default import FIRST, MEMBERS, settled
from tests.guarantee.unions import CLEARING_HOUSE, Backed

ALONE = RULES.replace('name = "A union"', 'name = "A union"\nsingle_person = true')
IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
STRIDE = {"sqlite": 1, "postgresql": 1} if IS_LONG else {"sqlite": 9, "postgresql": 17}
"""Of the writes of a default, every so many; in the long campaign all."""


def begun(kind: str, rules: str, at: int, *, before: bool) -> tuple[Backed, Mortal]:
    """dee owes 1,000 and is about to be declared; the process dies at the *at*-th write from here."""
    store, clock = fresh(kind)
    mortal = Mortal(store, 0, before=before)
    world = Backed(mortal, clock)
    world.tell("2026-01-05T09:00")
    world.found(rules + CLEARING_HOUSE)
    world.join(*MEMBERS)
    world.step("open")
    world.cap("dee", 1000)
    for member, amount in (("ana", 400), ("bo", 1000), ("cy", 300), ("dee", 50)):
        world.has(member, amount)
        world.contributes(member, amount // 10)
    world.capital(100)
    debts = [
        {"id": "1", "debtor": "dee", "creditor": "ana", "amount_minor": 100},
        {"id": "2", "debtor": "dee", "creditor": "bo", "amount_minor": 945},
    ]
    world.submit("dee", debts)
    settled(world)
    mortal.count, mortal.at = 0, at
    return world, mortal


def script(world: Backed) -> Iterator[Callable[[], Any]]:
    yield lambda: world.contributes("cy", 70, "F")
    yield lambda: world.declares("dee")
    yield lambda: world.bears("dee")
    yield lambda: world.pays_call("ana", 80, "C")
    yield lambda: world.recovers("dee", 600, "X1")
    yield lambda: world.recovers("dee", 500, "X2")
    yield lambda: world.takes_back("cy", 20, "B")


def played(world: Backed) -> Backed:
    def done(todo: Callable[[], Done]) -> Callable[[], None]:
        def step() -> None:
            found = todo()
            assert not found.is_refused, found
            for waiting in world.desk.union.approvals.pending(world.desk.at_us):
                world.desk.decide(waiting.number, by="ap", is_approved=True)

        return step

    to_the_end(world, (done(todo) for todo in script(world)))
    return world


def outcome(world: Backed) -> tuple[Any, ...]:
    guarantee = world.desk.union.guarantee
    losses = [(each.member, each.out.borne.steps, dict(each.out.by_step)) for each in guarantee.losses]
    kinds = [act.kind for act in guarantee.moved.values()]
    return losses, kinds, [each.open_minor for each in guarantee.calls], world.balances()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("rules", [RULES, ALONE], ids=["approved", "alone"])
def test_a_default_comes_to_what_an_accountant_reckons(kind: str, rules: str):
    world, mortal = begun(kind, rules, 0, before=True)
    played(world)
    # 1,045 owed, 5 in the fund share stayed, 45 in cash paid: a loss of 1,000. dee 5, capital 100, funds 40 + 100 + 100, calls the same.
    (loss,) = world.desk.union.guarantee.losses
    assert loss.out.borne.loss_minor == 1000
    assert [step.amount_minor for step in loss.out.borne.steps] == [5, 100, 40, 100, 100, 40, 100, 100, 40, 375]
    assert loss.out.total_minor == 0
    found = world.balances()
    assert {name: found[name] for name in sorted(found) if "/fund/" in name or "guarantee" in name} == {
        "*/guarantee/EUR": 100,
        "ana/fund/EUR": 40,
        "bo/fund/EUR": 100,
        "cy/fund/EUR": 80,
        "dee/fund/EUR": 5,
    }
    assert (found["ana/cash/EUR"], found["bo/cash/EUR"], found["cy/cash/EUR"], found["dee/cash/EUR"]) == (360, 900, 220, 100)
    assert replay_cycle(world.desk, FIRST) == ()
    mortal.store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("rules", [RULES, ALONE], ids=["approved", "alone"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.slow
def test_whatever_write_a_process_dies_at_the_default_comes_to_the_same(kind: str, rules: str, before: bool):
    world, mortal = begun(kind, rules, 0, before=True)
    wanted, writes = outcome(played(world)), mortal.count
    mortal.store.close()
    for at in range(1 + before, writes + 1, STRIDE[kind]):
        world, mortal = begun(kind, rules, at, before=before)
        assert outcome(played(world)) == wanted, f"write {at} of {writes}"
        mortal.store.close()


def test_a_loss_that_was_posted_without_its_act_comes_to_the_same_whatever_happened_since():
    """One person, killed between posting and act; then a pay-in of the defaulter comes, and nothing of the guarantee moves before."""
    world, mortal = begun("sqlite", ALONE, 0, before=True)
    assert world.declares("dee").act
    mortal.before, before = False, world.balances()
    while world.balances() == before:
        mortal.at = mortal.count + 1
        with pytest.raises(Killed):
            world.bears("dee")
        world.sit_down()
    assert world.desk.union.guarantee.losses == ()
    world.pay("LATE", "dee", 30, "2026-02-02")
    for done in (world.contributes("ana", 10), world.capital(10), world.recovers("dee", 10)):
        assert [each.code for each in done.refusals] == ["loss_begun"]
    assert world.bears("dee").act
    (loss,) = world.desk.union.guarantee.losses
    assert loss.out.borne.loss_minor == 1000
    assert world.balances()["dee/cash/EUR"] == 30
    mortal.store.close()
