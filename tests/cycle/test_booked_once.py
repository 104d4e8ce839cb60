"""Money that is moved by the operator's word is booked once: whatever a bank's file tells of it, whenever it is approved, whoever dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rescounter.cycle.contributing import paying_in_capital
from rescounter.cycle.dealing import dealing
from rescounter.cycle.defaulting import recovering
from rescounter.cycle.office import Step
from rescounter.cycle.pledging import moving_collateral
from rescounter.cycle.repaying import repaying
from rescounter.cycle.resolving import resolving
from rescounter.facade.union_statement import facts_of
from rescounter.rulebook.rules import APPROVED_KINDS
from tests.cycle.credit import capital, credit_rules
from tests.cycle.mortal import Killed, fresh
from tests.cycle.test_exchange import RULES as EXCHANGE
from tests.cycle.test_exchange import played
from tests.cycle.world import OPERATOR, RULES, World
from tests.guarantee.test_union_default import owing
from tests.guarantee.unions import Backed, backed
from tests.insurance.pools import PoolWorld

DAY = "2026-01-05"
OPEN: list[World] = []


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().store.close()


class DiesAtItsAct:
    """A store whose process ends right before it records an act."""

    def __init__(self, store: Any) -> None:
        self.real, self.dies = store, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def record(self, records: Any) -> Any:
        if self.dies:
            raise Killed
        return self.real.record(records)


def kept(world: Any) -> Any:
    OPEN.append(world)
    return world


def alone(text: str) -> str:
    return text.replace("[union]\n", "[union]\nsingle_person = true\n")


def with_members(rules: str, kind: type[World] = World) -> tuple[Any, DiesAtItsAct]:
    """ana and bo, ana with 100 in cash."""
    real, clock = fresh("sqlite")
    store = DiesAtItsAct(real)
    world = kept(kind(store, clock))
    world.tell("2026-01-05T09:00")
    world.found(rules)
    world.join("ana", "bo")
    world.step("open")
    world.pay("B1", "ana", 100, DAY)
    return world, store


def codes(done: Any) -> list[str]:
    return [each.code for each in done.refusals]


def done(world: World, step: Step) -> Any:
    return world.desk.do(step, by=OPERATOR)


def unsettled(world: World) -> dict[str, int]:
    return {name: balance for name, balance in world.balances().items() if name.startswith(("*/settlement", "*/unidentified", "*/capital"))}


# A bank's file tells of it.


def test_capital_that_a_bank_tells_of_later_is_a_double():
    world, _ = with_members(credit_rules())
    assert capital(world, 500, "K").act
    assert world.pay("K", "", 500, DAY).is_repeat
    assert unsettled(world) == {"*/settlement/EUR": -600, "*/capital/EUR": 500}


def test_capital_that_a_bank_told_of_is_taken_from_unidentified_money():
    world, _ = with_members(credit_rules())
    world.pay("K", "", 500, DAY)
    assert codes(capital(world, 499, "K")) == ["capital_malformed"]
    assert codes(capital(world, 100, "B1")) == ["capital_reference_taken"]
    assert capital(world, 500, "K").act
    assert unsettled(world) == {"*/settlement/EUR": -600, "*/capital/EUR": 500}
    again = resolving(world.desk.union, world.desk.office, "K", member="ana", reason="hers")
    assert codes(again) == ["money_not_waiting"]


@pytest.mark.parametrize("is_first", [True, False], ids=["the bank first", "the dealing first"])
def test_what_was_bought_is_booked_once_whichever_comes_first(is_first: bool):
    store, clock = fresh("sqlite")
    world = kept(World(store, clock))
    played(world, bo_in="EUR")

    def bank() -> Any:
        return world.pay("FX-1", "", 5_253, "2026-02-02", currency="EUR")

    def dealt() -> Any:
        desk = world.desk
        return world.approved(
            done(world, dealing(desk.union, desk.office, ("XUA", 5_360), ("EUR", 5_253), reference="FX-1", at_us=desk.at_us))
        )

    first, second = (bank, dealt) if is_first else (dealt, bank)
    assert first().act
    assert second().act or not is_first
    assert world.balances() == {"*/rounding/XUA": 1, "*/settlement/XUA": -1}
    (cycle,) = world.desk.union.cycles.values()
    assert not any(each.balance_minor for each in facts_of(world.desk, cycle, "bo").balances)


def words(world: Backed, amount: int) -> dict[str, Callable[[], Step]]:
    """What the guarantee books by word, under the reference X."""
    desk = world.desk
    return {
        "capital": lambda: paying_in_capital(desk.union, desk.office, "EUR", amount, reference="X", at_us=desk.at_us),
        "recovered": lambda: recovering(desk.union, desk.office, "dee", "EUR", amount, reference="X", at_us=desk.at_us),
    }


def borne() -> Backed:
    world = kept(owing())
    world.declares("dee")
    assert world.bears("dee").act
    return world


@pytest.mark.parametrize("name", ["capital", "recovered"])
def test_what_was_proposed_from_unidentified_money_that_was_given_away_since_is_refused(name: str):
    world = borne()
    world.pay("X", "", 100, "2026-02-02")
    proposed = done(world, words(world, 100)[name]())
    assert world.approved(done(world, resolving(world.desk.union, world.desk.office, "X", member="ana", reason="hers"))).act
    before = world.balances()
    assert codes(world.approved(proposed)) == ["guarantee_reference_taken"]
    assert world.balances() == before


@pytest.mark.parametrize("name", ["capital", "recovered"])
def test_what_was_proposed_before_the_bank_told_of_it_is_proposed_anew(name: str):
    world = borne()
    proposed = done(world, words(world, 100)[name]())
    settlement = world.balances().get("*/settlement/EUR", 0)
    assert world.pay("X", "", 100, "2026-02-02").act
    assert codes(world.approved(proposed)) == ["guarantee_reference_taken"]
    assert world.approved(done(world, words(world, 100)[name]())).act
    assert world.balances()["*/settlement/EUR"] == settlement - 100
    assert "*/unidentified/EUR" not in world.balances()


def test_a_bank_file_that_waits_for_approval_is_outdated_when_its_money_is_booked_by_word():
    needed = ", ".join(f'"{kind}"' for kind in (*APPROVED_KINDS, "paid_in"))
    rules = RULES.replace("[settlement]", f"[approvals]\nneeded = [{needed}]\n[settlement]")
    store, clock = fresh("sqlite")
    world = kept(World(store, clock))
    world.tell("2026-01-05T09:00")
    world.found(rules)
    world.join("ana")
    world.step("open")
    proposed = world.pay("X", "", 100, DAY)
    assert proposed.proposal
    desk = world.desk
    assert world.approved(done(world, paying_in_capital(desk.union, desk.office, "EUR", 100, reference="X", at_us=desk.at_us))).act
    assert codes(world.approved(proposed)) == ["proposal_outdated"]
    assert world.balances() == {"*/settlement/EUR": -100, "*/guarantee/EUR": 100}


def test_money_that_the_guarantee_took_does_not_wait_for_a_member():
    world = kept(backed())
    world.pay("X", "", 100, DAY)
    assert world.capital(100, "X").act
    assert codes(resolving(world.desk.union, world.desk.office, "X", member="ana", reason="hers")) == ["money_not_waiting"]


# Approved on other facts.


def test_a_repayment_is_not_approved_once_its_member_is_in_default():
    world = kept(backed())
    world.has("dee", 100)
    proposed = done(world, repaying(world.desk.union, world.desk.office, "dee", "EUR", 100, reference="R", at_us=world.desk.at_us))
    assert world.declares("dee").act
    assert codes(world.approved(proposed)) == ["member_in_default"]
    assert world.balances()["dee/cash/EUR"] == 100


# Killed between the posting and its act, by one person alone.


def killed_after_posting(world: World, store: DiesAtItsAct, act: Callable[[], Any]) -> None:
    before = world.balances()
    store.dies = True
    with pytest.raises(Killed):
        act()
    store.dies = False
    world.sit_down()
    assert world.balances() != before


def is_recorded(world: World, store: DiesAtItsAct, act: Callable[[], Any]) -> None:
    """What was posted is recorded when it is done again, moves nothing twice, and is known from then on."""
    killed_after_posting(world, store, act)
    posted, number = world.balances(), world.desk.union.number
    found = act()
    assert found.act == number + 1, found
    assert world.balances() == posted
    assert act().is_repeat


def test_a_repayment_that_was_posted_is_recorded():
    world, store = with_members(alone(RULES))

    def act(amount: int = 100) -> Any:
        return done(world, repaying(world.desk.union, world.desk.office, "ana", "EUR", amount, reference="R", at_us=world.desk.at_us))

    killed_after_posting(world, store, act)
    assert codes(act(50)) == ["posting_refused"]
    assert act().act
    assert act().is_repeat
    assert unsettled(world) == {}


def test_collateral_that_was_moved_is_recorded():
    world, store = with_members(alone(RULES))

    def act(is_release: bool) -> Any:
        words: dict[str, Any] = {"currency": "EUR", "amount_minor": 100, "reference": f"R{is_release}", "is_release": is_release}
        return done(world, moving_collateral(world.desk.union, world.desk.office, "ana", **words, at_us=world.desk.at_us))

    for is_release in (False, True):
        is_recorded(world, store, lambda is_release=is_release: act(is_release))


def test_capital_that_was_moved_is_recorded():
    world, store = with_members(alone(credit_rules()))
    for is_added in (True, False):
        is_recorded(world, store, lambda is_added=is_added: capital(world, 500, f"K{is_added}", is_added=is_added))


def test_a_dealing_that_was_posted_is_recorded():
    real, clock = fresh("sqlite")
    store = DiesAtItsAct(real)
    world = kept(World(store, clock))
    played(world, alone(EXCHANGE), bo_in="EUR")

    def act() -> Any:
        desk = world.desk
        return done(world, dealing(desk.union, desk.office, ("XUA", 5_360), ("EUR", 5_253), reference="FX-1", at_us=desk.at_us))

    is_recorded(world, store, act)


def test_a_payment_to_the_pool_that_was_posted_is_recorded_as_it_was_posted():
    world, store = with_members(alone(RULES), PoolWorld)
    world.pay("B2", "bo", 5_000_000, DAY)
    world.take(world.year())
    world.take(world.declare("2026", ("ana", "coastal", 100_000_000), ("bo", "coastal", 50_000_000)))
    world.take(world.call("advance"))

    def act() -> Any:
        return done(world, world.pay_call("2026-advance-1"))

    killed_after_posting(world, store, act)
    posted = world.balances()
    assert posted["bo/cash/EUR"] < 5_000_000
    # ana, whose cash did not cover what it owes, has it now: what was posted is recorded first, as it was.
    world.pay("B3", "ana", 5_000_000, DAY)
    assert act().act
    assert {name: world.balances()[name] for name in posted if "/pool" in name} == {n: posted[n] for n in posted if "/pool" in n}
    assert world.desk.union.pool.years["2026"].cash_minor == posted["*/pool-2026/EUR"]
    assert act().act
    assert "ana/pool-dues/EUR" not in world.balances()
    assert act().is_repeat
