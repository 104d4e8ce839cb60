"""Unions with every feature that goes together, over random months from a seed: every law after every step, and replay at the end.

The rulebook lets no union have everything: where pairs settle there is no credit, no unit of account and nothing collected. So there are
two unions, one with all of the former and one with all of the latter.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest

from rescounter.council.states import State as MotionState
from rescounter.cycle.capital import ADDED, RETURNED, moving_capital
from rescounter.cycle.dealing import dealing
from rescounter.cycle.defaulting import bearing
from rescounter.cycle.paying import stands
from rescounter.cycle.pledging import calling_collateral, moving_collateral, pricing
from rescounter.cycle.pool_calls import paying_call as paying_call_of_pool
from rescounter.cycle.rating import setting_rates
from rescounter.cycle.repaying import repaying
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle
from rescounter.membership.members import Standing
from rescounter.rulebook.shipped import with_values
from tests.council.chamber import Chamber
from tests.cycle.credit import credit_rules
from tests.cycle.life import Life
from tests.cycle.pairs import MEMBERS as PAIR_MEMBERS
from tests.cycle.pairs import RATES as PAIR_RATES
from tests.cycle.pairs import RULES as PAIR_RULES
from tests.cycle.pairs import Trade, founded, hand_in
from tests.cycle.world import OPERATOR, PEOPLE
from tests.disputes.unions import Disputing
from tests.guarantee.unions import CLEARING_HOUSE, Backed
from tests.insurance.pools import PoolWorld, terms_text

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
MONTHS, MONTHS_ON_POSTGRESQL = (36, 12) if IS_LONG else (9, 4)
SEEDS = range(1, 9) if IS_LONG else (1,)
MEMBERS = ("ana", "bo", "cy", "dee", "eli", "fay")
CURRENCIES = ("EUR", "USD", "JPY")

RULES = credit_rules(
    """
[credit]
kind = "sliding-scale"
table = "1950"
floor = { EUR = "100.00" }
interest = "credit"
debit_rate = "3"
credit_rate = "2"
charges = ["1943"]
watches = "1943"
[exchange]
unit = "EUR"
rate_days = 20
members_choose = true
swap_share = "0.1"
[disputes]
kind = "yes"
mediators = ["fay"]
panel = []
[council]
kind = "council"
decides = ["rulebook_changed"]
circulation_days = 1
voting_days = 1
"""
    + CLEARING_HOUSE,
    fees='per_mille = "1.1"\nminimum = { EUR = "0.03" }\ncollected = true',
)
RULES = RULES.replace('currencies = ["EUR"]', 'currencies = ["EUR", "USD", "JPY"]').replace("partial_funding = true\n", "")
CHANGES = (
    ("fees.per_mille", '"0.7"', '"1.1"', '"2"'),
    ("credit.debit_rate", '"3"', '"5.5"', '"0"'),
    ("credit.table", '"1950"', '"1952"', '"1954"', '"1955"'),
    ("credit.floor", '{ EUR = "0.00" }', '{ EUR = "250.00" }'),
    ("guarantee.exposure_cycles", "1", "3"),
    ("settlement.late", '"carry"', '"suspend"'),
    ("clearing.allocation", '"pro-rata"', '"oldest"'),
)


class Everything(Chamber, Disputing, Backed, PoolWorld, Life):
    """Unit of account, sliding scale, interest, charges, collected fees, guarantee, defaults, pool, disputes, council."""

    def begin_life(self) -> None:
        people = [dict(person) for person in PEOPLE]
        for code in MEMBERS:
            people += [{"code": f"{each}", "name": code, "roles": ["member"], "member": code} for each in (f"r.{code}", f"{code}x")]
        self.tell("2026-01-02T09:00")
        self.text = RULES
        self.found(RULES, people)
        self.join(*MEMBERS)
        quotas = [
            {"member": code, "currency": "EUR", "kind": "quota", "amount_minor": 100_000 * place, "from_us": self.clock[0]}
            for place, code in enumerate(MEMBERS, 1)
        ]
        assert self.approved(self.act("limits_set", limits=quotas)).act
        for code in MEMBERS:
            assert self.name(code, f"r.{code}", {"ana": "chair"}.get(code, "")).act
        assert self.step("open").act
        assert self.money_of_the_union(200_000, is_added=True).act
        for code in MEMBERS:
            self.has(code, self.chance.randint(20_000, 60_000))
            self.contributes(code, self.chance.randint(1_000, 9_000))
        assert self.capital(self.chance.randint(1_000, 20_000)).act
        assert self.approved(self.act("member_changed", code="eli", settles_in="USD")).act

    def money_of_the_union(self, amount: int, *, is_added: bool) -> Any:
        direction, reference = (ADDED if is_added else RETURNED), self.reference("K")
        words = {"direction": direction, "reference": reference, "source": "founders", "at_us": self.clock[0]}
        return self.attempt(moving_capital(self.desk.union, self.desk.office, "EUR", amount, **words))

    def _reference(self) -> str:
        return self.reference("G")

    # A month's events.

    def before_cut_off(self, code: str) -> None:
        for member in self.sound_members():
            if self.desk.union.register.standing_at(member, self.clock[0]) is Standing.SUSPENDED:
                assert self.approved(self.act("member_reinstated", code=member, reason="pays again")).act
        self.a_motion(code)
        self.obligations(code)
        for _ in range(3):
            self.disputes(code)
        self.pool_of_the_year()
        for _ in range(4):
            self.claims()
        self.between_dates()

    def obligations(self, code: str) -> None:
        members = self.sound_members()
        for place in range(self.chance.randint(6, 16)):
            debtor, creditor = self.chance.sample(members, 2)
            currency = self.chance.choice(CURRENCIES)
            amount = self.chance.choice((self.chance.randint(1, 90_000), self.chance.randint(1, 9_000)))
            row = {"id": f"{code}-{place}", "debtor": debtor, "creditor": creditor, "currency": currency, "amount_minor": amount}
            self.submit(debtor, [row], code)
            self.told["obligations"] += 1
            self.latest_item = debtor, creditor, f"{code}-{place}"

    def a_motion(self, code: str) -> None:
        """A rule is changed by a decision of the council, or nearly."""
        days = (self.desk.union.cycles[code].dates.cut_off_at_us - self.clock[0]) // 86_400_000_000
        if days < 12 or not self.happens(2):
            return
        rule, *values = self.chance.choice(CHANGES)
        text = with_values(self.text, {rule: self.chance.choice(values)})
        if text == self.text:
            return
        voters = [each for each in MEMBERS if self.desk.union.register.standing_at(each, self.clock[0]) is Standing.ACTIVE]
        ballots = " ".join(f"{each}{self.chance.choice('+++-')}" for each in voters)
        motion = self.decide_on("rulebook_changed", {"text": text}, ballots, mover=voters[0])
        self.told[f"motion {motion.state.value}"] += 1
        self.text = text if motion.state is MotionState.ADOPTED else self.text

    def close(self, number: int, by: str = OPERATOR) -> Any:
        return Chamber.close(self, number, by)

    def disputes(self, code: str) -> None:
        debtor, creditor, name = self.latest_item
        if self.happens(2) and self.desk.union.cycles[code].state is State.OPEN:
            self.raises(debtor, creditor, obligations=[(debtor, name)])
        for number, case in self.desk.union.disputes.cases.items():
            if not case.is_open(self.clock[0]) or self.happens(2):
                continue
            event, who = self.chance.choice((("withdrawn", case.parties[0]), ("referred", case.parties[1]), ("decided", "")))
            more = {"restores": self.happens(2)} if event == "decided" else {}
            done = self.does(event, who, number, **more)
            self.told[f"dispute {event}"] += not done.refusals

    def between_dates(self) -> None:
        members = self.sound_members()
        member, amount = self.chance.choice(members), self.chance.randint(1, 8_000)
        match self.chance.randrange(9):
            case 0:
                self.pay(self.reference("B"), self.chance.choice(MEMBERS), amount, self.today)
            case 1:
                step = repaying(
                    self.desk.union, self.desk.office, member, "EUR", amount, reference=self.reference("R"), at_us=self.clock[0]
                )
                self.attempt(step)
            case 2:
                self.contributes(member, amount)
            case 3:
                self.takes_back(member, amount)
            case 4:
                self.money_of_the_union(amount, is_added=self.happens(2))
            case 5:
                self.sells_exchange()
            case 6:
                self.claims()
        self.defaults()

    def sells_exchange(self) -> None:
        """What was taken over of who settles in dollars is dealt."""
        has = self.balances()
        dollars, euros = has.get("*/exchange/USD", 0), has.get("*/exchange/EUR", 0)
        if dollars < 0 < euros:
            sold, bought = ("EUR", euros), ("USD", -dollars)
        elif euros < 0 < dollars:
            sold, bought = ("USD", dollars), ("EUR", -euros)
        else:
            return
        self.deals(sold, bought)

    def deals(self, sold: tuple[str, int], bought: tuple[str, int]) -> None:
        step = dealing(self.desk.union, self.desk.office, sold=sold, bought=bought, reference=self.reference("D"), at_us=self.clock[0])
        self.attempt(step)

    def before_step(self, cycle: Cycle) -> None:
        """Rates before a result is final; capital where the floor asks for it."""
        if cycle.state in (State.CUT_OFF, State.PRELIMINARY, State.CORRECTED):
            rows = [
                {"currency": "USD", "rate": f"1.{self.chance.randint(1, 30):02d}", "source": "a central bank", "at": f"{self.today}T08:00"},
                {"currency": "JPY", "rate": f"{self.chance.randint(120, 180)}", "source": "a central bank", "at": f"{self.today}T08:00"},
            ]
            if not self.told[f"rates {self.today}"]:
                self.told[f"rates {self.today}"] += 1
                self.attempt(setting_rates(self.desk.union, list(enumerate(rows, 1)), file="", at_us=self.clock[0]))
        if cycle.state in (State.FINAL, State.FUNDED):
            for _ in range(20):
                verb = "fund" if cycle.state is State.FINAL else "settle"
                if not any(each.code == "reserves_below_floor" for each in self.step(verb, cycle.code).refusals):
                    break
                self.told["floor"] += 1
                self.money_of_the_union(self.chance.randint(20_000, 80_000), is_added=True)

    def pay_calls(self, cycle: Cycle) -> None:
        for row in stands(self.desk.union, cycle, self.desk.office, at_us=self.clock[0]).to_pylist():
            if row["missing_minor"] and row["member"] not in self.desk.union.guarantee.defaults and not self.happens(6):
                amount = row["missing_minor"] if not self.happens(8) else self.chance.randint(1, row["missing_minor"])
                self.pay(self.reference("B"), row["member"], amount, self.today, cycle.code, currency=row["currency"])

    # A default now and then.

    def defaults(self) -> None:
        union = self.desk.union
        if len(union.guarantee.defaults) < min(2, len(union.cycles) // 5) and self.happens(4):
            self.declares(self.chance.choice([each for each in self.sound_members() if each not in ("ana", "fay")]))
        for member in union.guarantee.defaults:
            for currency in ("EUR", "USD"):
                self.attempt(bearing(self.desk.union, self.desk.office, member, currency, at_us=self.clock[0]))
            if self.happens(3):
                self.recovers(member, self.chance.randint(1, 12_000))
        for call in self.desk.union.guarantee.calls:
            if call.open_minor and call.currency == "EUR" and self.happens(3):
                self.pays_call(call.member, self.chance.randint(1, call.open_minor))

    # The pool.

    def pool_of_the_year(self) -> None:
        code = self.today[:4]
        if code not in self.desk.union.pool.years:
            assert self.attempt(self.year(terms_text(code, surplus=self.chance.choice(('"return"', '"carry"'))))).act
            rows = [
                (member, self.chance.choice(("coastal", "ocean")), self.chance.randint(100_000, 3_000_000))
                for member in self.sound_members()
            ]
            self.attempt(self.declare(code, *rows))
            self.attempt(self.call("advance", code))
        for year in list(self.desk.union.pool.years.values()):
            if not year.is_open:
                continue
            if self.happens(6):
                self.attempt(self.call("supplementary", year.code, amount=self.chance.randint(1, 40_000), name=self.reference("S")))
            for name in list(year.calls):
                if self.happens(2):
                    self.attempt(paying_call_of_pool(self.desk.union, self.desk.office, name))
            if self.happens(3):
                self.attempt(PoolWorld.close(self, year.code, gives_up=self.happens(2)))

    def claims(self) -> None:
        pool = self.desk.union.pool
        if not pool.years:
            return
        if self.happens(3):
            day = f"{self.today[:4]}-01-10"
            self.attempt(
                self.notify(self.reference("C"), self.chance.choice(MEMBERS), self.chance.randint(1, 700_000), year=self.today[:4], day=day)
            )
        for code in pool.claims.flat():
            verb = self.chance.choice(("reserve", "adjust", "adjust", "pay", "pay", "refuse", "dispute", "resolve", "", "", ""))
            claim = pool.claims.flat()[code]
            if verb and pool.years[claim.year].is_open:
                self.attempt(self.claim(verb, code, self.chance.randint(1, 400_000), reason="as surveyed"))


class InPairs(Backed, Life):
    """Payment versus payment, collateral in cash and assets, a default."""

    def begin_life(self) -> None:
        founded(self, with_values(PAIR_RULES, {"calendar.frequency": '"monthly"'}) + CLEARING_HOUSE)
        assert self.capital(5_000).act
        for member in PAIR_MEMBERS:
            self.has(member, self.chance.randint(1_000, 90_000))
            self.contributes(member, self.chance.randint(1, 900))

    def _reference(self) -> str:
        return self.reference("G")

    def before_cut_off(self, code: str) -> None:
        members = self.sound_members()
        for _ in range(self.chance.randint(1, 7)):
            payers = self.chance.sample(members, 2)
            currencies = self.chance.sample(sorted(PAIR_RATES), 2)
            worth = self.chance.randint(100, 120_000)
            amounts = [int(worth / PAIR_RATES[currency]) for currency in currencies]
            trade = Trade(self.reference("X"), payers[0], currencies[0], amounts[0], payers[1], currencies[1], amounts[1])
            legs = list(trade.legs())
            hand_in(self, legs if not self.happens(8) else legs[:1])
            self.told["trades"] += 1
        self.between_dates()

    def between_dates(self) -> None:
        union, office, member = self.desk.union, self.desk.office, self.chance.choice(self.sound_members())
        currency, amount = self.chance.choice(sorted(PAIR_RATES)), self.chance.randint(1, 9_000)
        match self.chance.randrange(6):
            case 0:
                price = {"asset": "BOND", "currency": "EUR", "price": f"{self.chance.randint(80, 110)}", "haircut": "2.5"}
                self.attempt(pricing(union, [{**price, "source": "exchange", "at_us": self.clock[0]}], at_us=self.clock[0]))
            case 1:
                self.pledges(member, {"asset": "BOND", "quantity": amount})
            case 2:
                self.pledges(member, {"currency": currency, "amount_minor": amount})
            case 3:
                limit = {"member": member, "currency": "EUR", "kind": "collateral", "amount_minor": amount, "from_us": self.clock[0]}
                assert self.approved(self.act("limits_set", limits=[limit])).act
                self.attempt(calling_collateral(self.desk.union, office, at_us=self.clock[0]))
            case 4:
                self.pay(self.reference("B"), member, amount, self.today, currency=currency)
            case 5:
                self.attempt(repaying(union, office, member, currency, amount, reference=self.reference("R"), at_us=self.clock[0]))
        self.defaults()

    def pledges(self, member: str, what: dict[str, Any]) -> None:
        words = {"reference": self.reference("P"), "is_release": self.happens(3), "at_us": self.clock[0]}
        self.attempt(moving_collateral(self.desk.union, self.desk.office, member, **what, **words))

    def defaults(self) -> None:
        if not self.desk.union.guarantee.defaults and len(self.desk.union.cycles) > 3 and self.happens(3):
            self.declares("cy")
        for member in self.desk.union.guarantee.defaults:
            for currency in PAIR_RATES:
                self.attempt(bearing(self.desk.union, self.desk.office, member, currency, at_us=self.clock[0]))

    def pay_calls(self, cycle: Cycle) -> None:
        for row in stands(self.desk.union, cycle, self.desk.office, at_us=self.clock[0]).to_pylist():
            if row["missing_minor"] and not self.happens(4):
                self.pay(self.reference("B"), row["member"], row["missing_minor"], self.today, cycle.code, currency=row["currency"])


def lived(world: Any, months: int) -> Counter[str]:
    """What happened in *months* of a union, every law looked at; the seed is in the name of the test."""
    try:
        world.begin_life()
        for _ in range(months):
            world.month()
            world.laws_of_acts()
        world.replayed()
    finally:
        world.store.close()
    return world.told


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("kind", "months"), [("sqlite", MONTHS), ("postgresql", MONTHS_ON_POSTGRESQL)])
def test_a_union_with_credit_a_unit_a_guarantee_a_pool_disputes_and_a_council_keeps_every_law(kind: str, months: int, seed: int):
    told = lived(Everything(kind, seed), months)
    assert told["closed"] >= months - 1, "months come to their end"
    happened = ["settled", "rates_set"]
    if months > 6:
        happened += ["dispute_raised", "rulebook_changed", "pool_paid", "claim_notified", "default_declared", "loss_borne"]
    assert not [each for each in happened if not told[each]]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_union_of_pairs_with_collateral_and_a_default_keeps_every_law(seed: int):
    told = lived(InPairs("sqlite", seed), MONTHS)
    assert told["closed"] >= MONTHS - 1, "months come to their end"
    assert not [each for each in ("paired", "settled", "collateral_pledged", "default_declared") if not told[each]]
