"""Random months of a union whose pool enters its cycles: money is conserved, and nothing is booked twice.

What the pool was paid and paid is reckoned here from the obligations of each closed cycle and the payments from cash alone.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from rescounter.cycle.closing import outcome_of
from rescounter.cycle.next_step import next_step
from rescounter.cycle.states import State
from rescounter.facade.union_replay import replay_cycle, replay_pool
from rescounter.insurance.books import books_of
from rescounter.insurance.states import ClaimState
from tests.cycle.mortal import fresh
from tests.cycle.world import OPERATOR, at_us
from tests.insurance.pool_cycles import MEMBERS, POOL, POOL_RULES, CycleWorld, owes

CARRIES = POOL_RULES
CARRIES_NOT = POOL_RULES.replace("carry_over = true", "carry_over = false")
OVERLAPS = POOL_RULES.replace('"monthly"', '"weekly"').replace("correction_days = 3", "correction_days = 0")
"""Weekly cycles, each settled on the day after the next one is cut off."""
NEXT_DAY_US = 86_400_000_000


class Months(CycleWorld):
    """Months that are drawn from a seed."""

    def draw(self, seed: int, rules: str) -> None:
        self.chance, self.turn = random.Random(seed), 0
        self.begin(rules)

    def one_in(self, count: int) -> bool:
        return self.chance.randrange(count) == 0

    def name(self) -> str:
        self.turn += 1
        return f"n{self.turn}"

    def attempt(self, step: Any) -> None:
        done = self.desk.do(step, by=OPERATOR)
        if done.proposal is not None:
            self.approved(done)
        self.laws()

    def something(self) -> None:
        """What may happen at any time: a call, a claim and what becomes of it, a payment from cash, money that comes in."""
        pool, member = self.desk.union.pool, self.chance.choice(MEMBERS)
        claims = [claim.code for claim in pool.claims_of("2026")]
        verb = self.chance.choice(("call", "claim", "notify", "cash", "pay in", "claim", "suspend"))
        match verb:
            case "call":
                self.attempt(self.call("supplementary", amount=self.chance.randrange(1, 50_000), name=self.name()))
            case "notify":
                day = self.chance.randrange(150_000, 400_000)
                self.attempt(self.notify(self.name(), member, day, day="2026-01-05"))
            case "claim" if claims:
                code, act = (
                    self.chance.choice(claims),
                    self.chance.choice(("reserve", "adjust", "adjust", "pay", "refuse", "dispute", "resolve")),
                )
                self.attempt(self.claim(act, code, self.chance.randrange(110_000, 300_000), reason="why"))
            case "cash":
                call = self.chance.choice(list(pool.years["2026"].calls))
                self.attempt(self.pay_call(call, member if self.one_in(2) else ""))
            case "pay in" if self.desk.union.cycles:
                self.pay(self.name(), member, self.chance.randrange(1, 40_000), "2026-01-06")
            case "suspend":
                standing = self.desk.union.register.standing_at(member, self.clock[0]).value
                self.act_on(member, "member_reinstated" if standing == "suspended" else "member_suspended")
        self.laws()

    def loss(self) -> None:
        """A claim that is granted before the cut-off."""
        code = self.name()
        self.attempt(self.notify(code, self.chance.choice(MEMBERS), 200_000, day="2026-01-05"))
        self.attempt(self.claim("reserve", code, 200_000))
        self.attempt(self.claim("adjust", code, self.chance.randrange(100_001, 150_000)))

    def act_on(self, member: str, kind: str) -> None:
        done = self.act(kind, code=member, reason="why")
        if done.proposal is not None:
            self.approved(done)

    def round(self) -> None:
        """A cycle is opened, traded in, and every cycle goes on to the dates that come next."""
        if self.desk.union.latest is None or self.desk.union.latest.state is not State.OPEN:
            assert self.step("open").act
        for _ in range(self.chance.randrange(4)):
            debtor, creditor = self.chance.sample(MEMBERS, 2)
            self.submit(debtor, [owes(debtor, creditor, self.chance.randrange(1, 60_000), self.name())])
        self.loss()
        for _ in range(6):
            for _ in range(self.chance.randrange(3)):
                self.something()
            waits = [cycle for cycle in self.desk.union.cycles.values() if cycle.state is not State.CLOSED]
            due = next_step(self.desk.union, waits[0], at_us=self.clock[0]) if waits else None
            if due is None:
                return
            self.clock[0] = max(self.clock[0], due.from_us, min(due.by_us or 0, self.clock[0] + NEXT_DAY_US * 40))
            for cycle in waits:
                self.goes_on(cycle.code)

    def goes_on(self, code: str) -> None:
        self.run(code)
        self.laws()
        cycle = self.desk.union.cycles[code]
        if cycle.state is not State.FINAL or cycle.last("called") is None:
            return
        for row in self.desk.office.table(cycle.known("called").body["calls"]).to_pylist():
            if row["pay_in_minor"] and not self.one_in(3):
                self.pay(self.name(), row["member"], row["pay_in_minor"], "2026-01-06", code)
        self.run(code)
        self.laws()

    def laws(self) -> None:
        """After every step: what the books of the pool say is what the ledger has, and what the obligations of closed cycles come to."""
        union, has = self.desk.union, self.balances()
        year = union.pool.years["2026"]
        running = [each for each in union.cycles.values() if each.state is not State.CLOSED and each.frozen is not None]
        running = [each for each in running if "pool" in each.known("cut_off").body]
        assert sum(has.values()) == 0
        assert not {name: amount for name, amount in has.items() if name.startswith(f"{POOL}/") and amount < 0}
        own = has.get("*/pool-2026/EUR", 0) + has.get(f"{POOL}/cash/EUR", 0) + has.get(f"{POOL}/due/EUR", 0)
        if not any(each.state is State.SETTLED for each in running):
            assert own == year.cash_minor + year.held_minor, "what is settled and not closed alone is on its way"
        if not running:
            assert (has.get(f"{POOL}/cash/EUR", 0), year.held_minor, year.is_under_way) == (0, 0, False)
        owed = sum(call.open_minor for call in year.calls.values())
        assert owed == has.get("*/pool-called/EUR", 0) == -sum(amount for name, amount in has.items() if "/pool-dues/" in name)
        self._reckoned_from_cycles(year.cash_minor + year.held_minor)

    def _reckoned_from_cycles(self, cash: int) -> None:
        union, office = self.desk.union, self.desk.office
        year, came, went = union.pool.years["2026"], Counter[str](), Counter[str]()
        for cycle in union.cycles.values():
            if cycle.state is State.CLOSED:
                for row in outcome_of(cycle, office).to_pylist():
                    done = row["cleared_minor"] + row.get("replaced_minor", 0)
                    came[row["id"]] += done if row["creditor"] == POOL else 0
                    went[row["id"]] += done if row["debtor"] == POOL else 0
        for act in year.all("pool_paid"):
            for row in office.table(act.body["payments"]).to_pylist():
                came[f"{POOL}/call/{act.body['call']}/{row['member']}"] += row["amount_minor"]
        for act in year.all("claim_paid"):
            went[f"{POOL}/claim/{act.body['claim']}"] += act.body["amount_minor"]
        assert cash == came.total() - went.total()
        for member, book in books_of(year, office.table).items():
            for call, called in book.called.items():
                paid = came[f"{POOL}/call/{call}/{member}"]
                assert paid == book.paid.get(call, 0) <= called, f"{member} pays {call} once"
        for claim in union.pool.claims_of("2026"):
            assert went[f"{POOL}/claim/{claim.code}"] == claim.paid_minor <= claim.payable_minor(year)

    def again(self) -> None:
        """Everything is reckoned again from what is on record."""
        self.sit_down()
        for code in self.desk.union.cycles:
            assert replay_cycle(self.desk, code) == (), code
        assert replay_pool(self.desk) == ()


def lived(seed: int, rules: str, rounds: int) -> Months:
    store, clock = fresh("sqlite")
    world = Months(store, clock)
    world.draw(seed, rules)
    for _ in range(rounds):
        world.round()
    world.again()
    return world


def came_through(world: Months) -> tuple[int, int]:
    """How much of calls and of claims went through cycles."""
    rows = [row for each in world.desk.union.cycles.values() for act in each.all("closed") for row in act.body.get("pool_sums", ())]
    return sum(row["paid_minor"] for row in rows if "call" in row), sum(row["paid_minor"] for row in rows if "claim" in row)


@pytest.mark.parametrize(("seed", "rules"), [(1, CARRIES), (2, OVERLAPS)], ids=["monthly", "overlapping"])
def test_the_pool_s_money_is_conserved_and_nothing_is_booked_twice(seed: int, rules: str):
    world = lived(seed, rules, 3)
    assert min(came_through(world)) > 0, "calls and claims went through cycles"
    world.store.close()


@pytest.mark.slow
@pytest.mark.parametrize("rules", [CARRIES, CARRIES_NOT, OVERLAPS], ids=["carries", "carries not", "overlaps"])
def test_the_same_over_many_months(rules: str):
    calls, claims, paid = 0, 0, 0
    for seed in range(4):
        world = lived(100 + seed, rules, 6)
        through = came_through(world)
        calls, claims = calls + through[0], claims + through[1]
        paid += sum(claim.state is ClaimState.PAID for claim in world.desk.union.pool.claims_of("2026"))
        assert world.clock[0] > at_us("2026-02-01T00:00")
        world.store.close()
    assert min(calls, claims, paid) > 0, "calls and claims did go through cycles"
