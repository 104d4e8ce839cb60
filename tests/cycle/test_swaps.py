"""Swaps: who may draw one, what it costs, when it is overdue; a swap reckoned by hand, and whatever interrupts it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.cycle.drawing import drawing, repaying_swap
from rescounter.cycle.replay_guarantee import replay_guarantee
from rescounter.facade import union_replay
from rescounter.facade.union import Done
from rescounter.facade.union_replay import replay_cycle
from rescounter.settlement.interest import DayCount
from rescounter.settlement.swaps import Swap, later_by_months, swap_of
from tests.cycle.mortal import Killed, Mortal, fresh, to_the_end
from tests.cycle.test_replay import body_changed
from tests.cycle.world import OPERATOR, RULES, World

UNIT = """
[exchange]
unit = "USD"
rates = "fixed"
fixed_rates = { EUR = "0.90" }
swap_share = "0.2"
swap_rate = "3.6"
[fees]
"""
SWAPPING = (
    RULES[: RULES.index("[fees]")]
    .replace('currencies = ["EUR"]', 'currencies = ["EUR", "USD"]')
    .replace("2026-01-22", "2026-12-22")
    .replace("net_debit_caps = true", "")
    .replace("partial_funding = true", "")
) + UNIT
ALONE = SWAPPING.replace('name = "A union"', 'name = "A union"\nsingle_person = true')
STRIDE = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 3
"""Of the writes of a swap, every so many; in the long campaign all."""
YEAR, CYCLE = "2026-12-22", "2027-01-22"


class Swapping(World):
    """Amounts are minor units of USD."""

    def _done(self, step: Any) -> Done:
        done = self.desk.do(step, by=OPERATOR)
        return done if done.is_refused or done.act or (done.is_repeat and done.proposal is None) else self.approved(done)

    def draws(self, member: str, amount: int, reference: str, *partners: str) -> Done:
        desk = self.desk
        return self._done(
            drawing(desk.union, desk.office, member, amount, reference=reference, partners=partners, at_us=desk.at_us),
        )

    def repays(self, reference: str) -> Done:
        return self._done(repaying_swap(self.desk.union, self.desk.office, reference, at_us=self.desk.at_us))

    def money(self) -> dict[str, int]:
        return {name: held for name, held in self.balances().items() if "/cash/" in name or "/swaps/" in name}


OPENED: list[Any] = []
"""Stores that a test opened, which are closed behind it."""


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def world_of(rules: str = SWAPPING, kind: str = "sqlite") -> tuple[Swapping, Mortal]:
    store, clock = fresh(kind)
    OPENED.append(store)
    mortal = Mortal(store, 0, before=True)
    world = Swapping(mortal, clock)
    world.tell("2026-12-01T09:00")
    world.found(rules)
    world.join("ana", "bo", "cy", "dee")
    return world, mortal


def in_deficit(rules: str = SWAPPING, kind: str = "sqlite", owes: int = 1_500) -> tuple[Swapping, Mortal]:
    """ana paid 100.00 in 2026, so it is entitled to 20.00 of each; now it owes dee 15.00, and bo and cy have 30.00 and 8.00 there."""
    world, mortal = world_of(rules, kind)
    world.step("open")
    world.submit("ana", [{"id": "1", "debtor": "ana", "creditor": "bo", "currency": "USD", "amount_minor": 10_000}])
    world.tell("2026-12-22T13:00")
    world.run()
    world.tell("2026-12-28T10:00")
    world.pay("Y-1", "ana", 10_000, "2026-12-28", currency="USD")
    world.tell("2027-01-05T18:00")
    world.run()
    world.step("open")
    world.submit("ana", [{"id": "2", "debtor": "ana", "creditor": "dee", "currency": "USD", "amount_minor": owes}])
    world.pay("B-1", "bo", 3_000, "2027-01-10", currency="USD")
    world.pay("C-1", "cy", 800, "2027-01-10", currency="USD")
    world.tell("2027-01-22T13:00")
    world.run()
    world.tell("2027-01-27T18:00")
    world.run()
    assert world.desk.union.cycles[CYCLE].state.value == "cleared (final)"
    return world, mortal


def codes(done: Done) -> list[str]:
    return [each.code for each in done.refusals]


def test_a_swap_pays_the_deficit_and_is_repaid_with_interest():
    # 15.00 of bo and cy, 7.50 each, at 3.6% from 1 February (the settlement day) until 2 April: 7.50 * 3.6% * 60/360 = 0.045, half-even 4.
    world, _ = in_deficit()
    assert world.draws("ana", 1_500, "S-1", "bo", "cy").act
    assert world.money() == {
        "ana/cash/USD": 1_500,
        "ana/swaps/USD": -1_500,
        "bo/cash/USD": 2_250,
        "bo/swaps/USD": 750,
        "cy/cash/USD": 50,
        "cy/swaps/USD": 750,
    }
    assert world.draws("ana", 1_500, "S-1", "bo", "cy").is_repeat
    world.tell("2027-02-01T18:00")
    world.run()
    assert world.desk.union.cycles[CYCLE].state.value == "closed"
    swap = world.desk.union.swaps.by_reference["S-1"]
    assert (swap.starts, swap.due, swap.is_overdue(world.desk.at_us)) == (date(2027, 2, 1), date(2027, 4, 1), False)
    assert world.pay("A-2", "ana", 1_510, "2027-04-02", CYCLE, currency="USD").act
    world.tell("2027-04-02T09:00")
    assert swap.is_overdue(world.desk.at_us)
    assert world.repays("S-1").act
    assert world.money() == {"ana/cash/USD": 2, "bo/cash/USD": 3_004, "cy/cash/USD": 804}
    assert world.repays("S-1").is_repeat
    assert not world.desk.union.swaps.open
    assert replay_cycle(world.desk, CYCLE) == ()


def test_a_swap_repaid_before_its_settlement_day_costs_nothing():
    world, _ = in_deficit()
    assert world.draws("ana", 1_000, "S-1", "bo").act
    assert world.repays("S-1").act
    assert world.money() == {"bo/cash/USD": 3_000, "cy/cash/USD": 800}


def test_what_no_swap_is_granted_for():
    world, _ = in_deficit(owes=4_500)
    assert codes(world.draws("ana", 0, "S")) == ["swap_malformed"]
    assert codes(world.draws("ana", 2, "S", "bo", "cy", "dee")) == ["swap_malformed"]
    assert codes(world.draws("ana", 2, "")) == ["swap_malformed"]
    assert codes(world.draws("dee", 100, "S", "bo")) == ["swap_not_in_deficit", "swap_beyond_entitlement"]
    assert codes(world.draws("ana", 4_501, "S", "bo", "cy", "dee")) == ["swap_beyond_deficit", "swap_cash_missing", "swap_cash_missing"]
    assert codes(world.draws("ana", 2_001, "S", "bo")) == ["swap_beyond_entitlement"]
    assert codes(world.draws("ana", 100, "S", "ana")) == ["swap_partner_wrong", "swap_cash_missing"]
    assert codes(world.draws("ana", 100, "S", "bo", "bo")) == ["swap_partner_wrong"]
    assert codes(world.draws("ana", 801, "S", "cy")) == ["swap_cash_missing"]
    assert codes(world.repays("S")) == ["swap_not_open"]
    assert world.draws("ana", 1_500, "S", "bo").act
    assert codes(world.draws("ana", 1_500, "S", "cy")) == ["swap_reference_taken"]
    assert codes(world.draws("ana", 501, "T", "bo")) == ["swap_beyond_entitlement"]
    assert world.draws("ana", 500, "T", "bo").act


def test_nothing_is_granted_without_a_rule_and_no_more_often_than_it_says():
    world, _ = in_deficit(SWAPPING.replace('swap_share = "0.2"\nswap_rate = "3.6"', ""))
    assert codes(world.draws("ana", 100, "S", "bo")) == ["swap_not_granted"]
    world, _ = in_deficit(SWAPPING.replace('swap_rate = "3.6"', "swap_times = 1"))
    assert world.draws("ana", 100, "S", "bo").act
    assert codes(world.draws("ana", 100, "T", "bo")) == ["swap_too_often"]


def test_who_has_an_overdue_swap_draws_no_other_and_who_is_in_default_repays_none():
    world, _ = in_deficit(SWAPPING.replace('swap_rate = "3.6"', "swap_months = 1"))
    assert world.draws("ana", 1_500, "S-1", "bo").act
    world.tell("2027-02-01T18:00")
    world.run()
    world.step("open")
    world.submit("ana", [{"id": "3", "debtor": "ana", "creditor": "dee", "currency": "USD", "amount_minor": 400}])
    world.tell("2027-02-22T13:00")
    world.run()
    world.tell("2027-03-01T18:00")
    world.run()
    assert codes(world.draws("ana", 400, "S-2", "bo")) == ["swap_overdue"]
    assert codes(world.repays("S-1")) == ["swap_cash_missing"]
    assert world.approved(world.act("default_declared", code="ana", reason="did not pay")).act
    assert "member_in_default" in codes(world.repays("S-1"))


def test_an_approved_swap_is_looked_at_again():
    world, _ = in_deficit()
    desk = world.desk
    one, two = (
        desk.do(drawing(desk.union, desk.office, "ana", 1_500, reference=each, partners=("bo",), at_us=desk.at_us), by=OPERATOR)
        for each in ("S-1", "S-2")
    )
    assert desk.decide(one.proposal, by="ap", is_approved=True).act
    assert codes(desk.decide(two.proposal, by="ap", is_approved=True)) == ["swap_beyond_deficit", "swap_beyond_entitlement"]


def test_a_repayment_that_was_posted_without_its_act_is_recorded_as_it_was_posted_also_on_another_day():
    world, mortal = in_deficit(ALONE)
    assert world.draws("ana", 1_500, "S-1", "bo").act
    world.tell("2027-02-01T18:00")
    world.run()
    world.pay("A-2", "ana", 1_600, "2027-03-04", CYCLE, currency="USD")
    world.tell("2027-03-04T09:00")
    mortal.before, before = False, world.money()
    while world.money() == before:
        mortal.at = mortal.count + 1
        with pytest.raises(Killed):
            world.repays("S-1")
        world.sit_down()
    world.tell("2027-03-20T09:00")
    assert world.repays("S-1").act
    # 15.00 * 3.6% * 31/360 = 0.0465, half-even 5.
    assert world.money() == {"ana/cash/USD": 95, "bo/cash/USD": 3_005, "cy/cash/USD": 800}
    assert replay_cycle(world.desk, CYCLE) == ()


def test_a_draw_that_was_posted_without_its_act_belongs_to_who_drew_it():
    world, mortal = in_deficit(ALONE)
    mortal.before, before = False, world.money()
    while world.money() == before:
        mortal.at = mortal.count + 1
        with pytest.raises(Killed):
            world.draws("ana", 1_000, "S-1", "bo")
        world.sit_down()
    posted = world.money()
    assert codes(world.draws("cy", 1_000, "S-1", "bo")) == ["swap_reference_taken"]
    assert codes(world.draws("ana", 900, "S-1", "bo")) == ["swap_reference_taken"]
    assert world.draws("ana", 1_000, "S-1", "bo").act
    assert world.money() == posted


@pytest.mark.parametrize(("name", "value"), [("rate", "1.0"), ("due", "2027-04-02"), ("rulebook", "1/x")])
def test_a_swap_that_reads_otherwise_is_named_by_the_replay(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    world, _ = in_deficit()
    assert world.draws("ana", 1_500, "S-1", "bo", "cy").act
    changed = body_changed("swap_drawn", name, value)
    monkeypatch.setattr(union_replay, "replay_guarantee", lambda acts, office: replay_guarantee([changed(act) for act in acts], office))
    findings = replay_cycle(world.desk, CYCLE)
    assert any(name in each.where or "posting" in each.found for each in findings), findings


def script(world: Swapping) -> Iterator[Callable[[], Any]]:
    def settled() -> None:
        world.tell("2027-02-01T18:00")
        world.run()

    yield lambda: world.draws("ana", 1_500, "S-1", "bo", "cy")
    yield settled
    yield lambda: world.tell("2027-03-04T09:00")
    yield lambda: world.pay("A-2", "ana", 1_510, "2027-03-04", CYCLE, currency="USD")
    yield lambda: world.repays("S-1")


def played(world: Swapping) -> Swapping:
    def done(todo: Callable[[], Any]) -> Callable[[], None]:
        def step() -> None:
            found = todo()
            assert found is None or not found.is_refused, found
            for waiting in world.desk.union.approvals.pending(world.desk.at_us):
                world.desk.decide(waiting.number, by="ap", is_approved=True)

        return step

    to_the_end(world, (done(todo) for todo in script(world)))
    return world


def outcome(world: Swapping) -> Any:
    return [
        (each.reference, each.shares, each.due, bool(each.repaid)) for each in world.desk.union.swaps.by_reference.values()
    ], world.money()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_both_stores_come_to_the_same(kind: str):
    world, _ = in_deficit(kind=kind)
    # 31 days from 1 February: 7.50 * 3.6% * 31/360 = 0.02325 each.
    assert outcome(played(world))[1] == {"ana/cash/USD": 6, "bo/cash/USD": 3_002, "cy/cash/USD": 802}


@pytest.mark.parametrize("rules", [SWAPPING, ALONE], ids=["approved", "alone"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.slow
def test_whatever_write_a_process_dies_at_the_swap_comes_to_the_same(rules: str, before: bool):
    world, mortal = in_deficit(rules)
    mortal.count = 0
    wanted, writes = outcome(played(world)), mortal.count
    for at in range(1 + before, writes + 1, STRIDE):
        world, mortal = in_deficit(rules)
        mortal.count, mortal.at, mortal.before = 0, at, before
        assert outcome(played(world)) == wanted, f"write {at} of {writes}"


@given(
    st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    st.integers(1, 24),
    st.integers(0, 800),
    st.integers(1, 10**12),
    st.sampled_from(list(DayCount)),
)
def test_terms_are_what_a_calendar_and_a_pencil_say(day: date, months: int, days: int, amount: int, count: DayCount):
    due, due_at_us = later_by_months(day, 5, months)
    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == months
    assert due.day == day.day or (due.day < day.day and (due + timedelta(days=1)).day == 1)
    assert due_at_us == 5 + (due - day).days * 86_400_000_000
    body = {
        "reference": "S", "member": "a", "currency": "USD", "for_cycle": "c", "amount_minor": amount, "starts": day.isoformat(),
        "due": due.isoformat(), "due_at_us": due_at_us, "rate": "3.6", "day_count": str(count),
        "shares": [{"member": "b", "amount_minor": amount}],
    }  # fmt: skip
    swap: Swap = swap_of(body)
    exact = amount * Fraction(36, 1000) * Fraction(days, 360)
    if count is DayCount.ACTUAL_360:
        assert swap.interest(day + timedelta(days=days))["b"] == round(exact)
    assert swap.interest(day - timedelta(days=1))["b"] == 0
