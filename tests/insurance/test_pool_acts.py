"""What is refused in the pool, what waits for a second person, and what an act does the second time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from rescounter.cycle.office import Step, Wanted
from rescounter.cycle.repaying import repaying
from rescounter.cycle.resolving import resolving
from rescounter.facade.pool_work import year_named
from rescounter.facade.union_replay import replay_pool
from rescounter.facade.union_statement import facts_of
from rescounter.insurance.tables import CALL_ROWS
from rescounter.rulebook.rules import ALWAYS_APPROVED
from rescounter.terms import CallerFault
from rescounter.terms.insurance_rules import INSURANCE_RULES
from tests.cycle.world import APPROVER, OPERATOR
from tests.insurance.pools import PoolWorld, terms_text
from tests.store.stores import FRESH


@pytest.fixture
def world() -> Iterator[PoolWorld]:
    clock = [0]
    store = FRESH["sqlite"](clock=lambda: clock[0])
    made = PoolWorld(store, clock)
    made.start("ana", "bo", "cy", cash=2_000_000)
    yield made
    store.close()


def with_year(world: PoolWorld) -> PoolWorld:
    world.take(world.year())
    world.take(world.declare("2026", ("ana", "coastal", 100_000_000), ("bo", "coastal", 50_000_000), ("cy", "ocean", 100_000_000)))
    world.take(world.call("advance"))
    return world


def adjusted(world: PoolWorld, claim: str, member: str, amount: int) -> None:
    world.take(world.notify(claim, member, amount), member)
    world.take(world.claim("reserve", claim, amount))
    world.take(world.claim("adjust", claim, amount))


def test_a_year_is_refused_for_its_terms_its_code_and_its_currency(world: PoolWorld):
    assert world.refused(world.year("[year")) == ("terms_unreadable",)
    assert world.refused(world.year(terms_text(currency='"USD"'))) == ("terms_value_unusable",)
    world.take(world.year())
    assert world.take(world.year()).is_repeat
    assert world.refused(world.year(terms_text(retention='"2000.00"'))) == ("pool_year_taken",)
    assert world.refused(world.declare("2062")) == ("pool_year_unknown",)
    with pytest.raises(CallerFault, match="no policy year 2062"):
        year_named(world.desk, "2062")


def test_exposures_are_taken_as_a_whole_or_not(world: PoolWorld):
    world.take(world.year())
    bad = [("dee", "coastal", 1), ("ana", "ocaen", 1), ("bo", "ocean", -1), ("cy", "ocean", 1), ("cy", "ocean", 2), ("ana", "ocean", 5)]
    found = world.declare("2026", *bad).refusals
    assert [(each.row, each.code) for each in found] == [(row, "exposure_unusable") for row in (1, 2, 3, 5)]
    assert world.refused(world.call("advance")) == ("nobody_to_call",)
    world.take(world.declare("2026", ("ana", "coastal", 500)))
    assert world.take(world.declare("2026", ("ana", "coastal", 500))).is_repeat
    world.take(world.declare("2026", ("ana", "coastal", 400)))
    world.take(world.call("advance"))
    assert world.refused(world.declare("2026", ("ana", "coastal", 399))) == ("exposure_below_charged",)


def test_calls_are_made_once_and_on_those_who_can_be_called(world: PoolWorld):
    world.take(world.year())
    assert world.refused(world.call("supplementary", amount=5, name="x")) == ("nobody_to_call",)
    with_year(world)
    assert world.take(world.call("advance")).is_repeat
    assert world.refused(world.call("supplementary", amount=5)) == ("call_taken",)
    assert world.refused(world.call("supplementary", amount=5, name="2026-x")) == ("call_taken",)
    assert world.refused(world.call("supplementary", amount=0, name="x")) == ("call_taken",)
    assert world.take(world.call("supplementary")).is_repeat  # nothing lacks
    world.take(world.call("supplementary", amount=500, name="may"))
    assert world.take(world.call("supplementary", amount=500, name="may")).is_repeat
    assert world.refused(world.call("supplementary", amount=600, name="may")) == ("call_taken",)
    assert world.refused(world.call("release", member="ana")) == ("member_not_leaving",)
    assert world.refused(world.call("release", member="dee")) == ("nobody_to_call",)


def test_dues_are_paid_from_cash_and_not_from_credit(world: PoolWorld):
    with_year(world)
    world.cap("cy", 100_000_000)
    world.take(world.call("supplementary", amount=9_000_000, name="huge"))
    assert world.refused(world.pay_call("huge", "cy")) == ("cash_not_there",)
    world.take(world.pay_call("huge"))  # bo's cash covers what it owes, that of the others does not
    assert world.desk.union.pool.years["2026"].calls["huge"].paid_minor == 1_285_714
    assert world.refused(world.pay_call("huge")) == ("cash_not_there",)
    assert world.refused(world.pay_call("huge", "cy", 9_000_000)) == ("payment_above_dues",)
    assert world.refused(world.pay_call("hugh")) == ("call_unknown",)
    world.take(world.pay_call("2026-advance-1"))
    assert world.take(world.pay_call("2026-advance-1")).is_repeat
    assert world.take(world.pay_call("2026-advance-1", "cy")).is_repeat
    proposed = world.desk.do(world.pay_call("huge", "cy", 1_000_000), by=OPERATOR)
    step = repaying(world.desk.union, world.desk.office, "cy", "EUR", 1_000_000, reference="out", at_us=world.desk.at_us)
    world.take(step)
    late = world.desk.decide(proposed.proposal or 0, by=APPROVER, is_approved=True)
    assert [each.code for each in late.refusals] == ["cash_not_there"]


def test_a_claim_is_refused_outside_of_the_cover(world: PoolWorld):
    with_year(world)
    assert world.refused(world.notify("C", "ana", 5, cover="hail")) == ("claim_not_insured",)
    assert world.refused(world.notify("C", "ana", 5, day="2027-01-01")) == ("claim_not_insured",)
    assert world.refused(world.notify("C", "ana", 0)) == ("claim_amount_unusable",)
    assert world.refused(world.notify("C\n", "ana", 5)) == ("pool_claim_taken",)
    world.join("dee")
    assert world.refused(world.notify("C", "dee", 5)) == ("claim_not_insured",)
    world.take(world.notify("C", "ana", 500_000, cover="war"))
    assert world.take(world.notify("C", "ana", 500_000, cover="war")).is_repeat
    assert world.refused(world.notify("C", "ana", 600_000, cover="war")) == ("pool_claim_taken",)
    assert world.refused(world.claim("reserve", "C", 500_000)) == ("claim_excluded",)
    world.take(world.claim("refuse", "C", reason="war is excluded"))
    assert world.take(world.claim("refuse", "C")).is_repeat


def test_a_claim_moves_by_its_table_and_by_amounts_that_can_stand(world: PoolWorld):
    with_year(world)
    assert world.refused(world.claim("pay", "C")) == ("pool_claim_unknown",)
    world.take(world.notify("C", "ana", 500_000))
    assert world.refused(world.claim("pay", "C")) == ("claim_out_of_turn",)
    assert world.refused(world.claim("adjust", "C", 500_000)) == ("claim_out_of_turn",)
    assert world.refused(world.claim("reserve", "C", -1)) == ("claim_amount_unusable",)
    world.take(world.claim("reserve", "C", 500_000))
    assert world.take(world.claim("reserve", "C", 500_000)).is_repeat
    assert world.refused(world.claim("adjust", "C", 100_000)) == ("claim_amount_unusable",)
    world.take(world.claim("adjust", "C", 500_000))
    assert world.take(world.claim("adjust", "C", 500_000)).is_repeat
    assert world.refused(world.claim("pay", "C")) == ("pool_has_no_money",)
    world.take(world.pay_call("2026-advance-1", "bo", 100_000))
    world.take(world.claim("pay", "C"))
    assert world.refused(world.claim("refuse", "C")) == ("claim_out_of_turn",)  # a part was paid
    world.take(world.claim("dispute", "C"))
    assert world.take(world.claim("dispute", "C")).is_repeat
    assert world.refused(world.claim("resolve", "C", 0)) == ("claim_amount_unusable",)
    assert world.refused(world.claim("resolve", "C", 90_000)) == ("claim_amount_unusable",)
    assert world.refused(world.claim("resolve", "C", 190_000)) == ("claim_amount_unusable",)
    world.take(world.claim("resolve", "C", 200_000))  # 1,000.00 above the retention, and 1,000.00 were paid
    assert world.desk.union.pool.claims["C"].state.value == "paid"
    assert world.take(world.claim("resolve", "C", 200_000)).is_repeat
    assert world.take(world.claim("pay", "C")).is_repeat


def test_overspill_ends_at_the_caps_and_the_claim_is_settled_there(world: PoolWorld):
    with_year(world)
    adjusted(world, "C", "cy", 9_000_000)  # 50,000.00 of overspill, and caps of 25,000.00, 12,500.00, 25,000.00
    adjusted(world, "D", "ana", 9_000_000)
    assert world.refused(world.call("overspill", claim="C")) == ()
    world.take(world.call("overspill", claim="C"))
    assert world.take(world.call("overspill", claim="C")).is_repeat
    world.take(world.call("overspill", claim="D"))
    year = world.desk.union.pool.years["2026"]
    assert [call.total_minor for call in year.calls.values() if call.kind == "overspill"] == [5_000_000, 1_250_000]
    assert world.refused(world.call("overspill", claim="D")) == ("nobody_to_call",)
    claim = world.desk.union.pool.claims["D"]
    assert claim.payable_minor(year) == 1_000_000 + 2_000_000 + 1_250_000


def test_reinsurance_is_money_that_waits_and_is_owed(world: PoolWorld):
    with_year(world)
    adjusted(world, "C", "cy", 2_100_000)  # 10,000.00 reinsured: 7,500.00 and 2,500.00
    world.pay("R-1", "", 800_000, "2026-02-01")
    world.pay("R-2", "", 750_000, "2026-02-01")
    assert world.refused(world.reinsure("C", "R-9", "Market Re")) == ("money_not_waiting",)
    assert world.refused(world.reinsure("C", "R-1", "Market Re")) == ("reinsurance_not_due",)
    assert world.refused(world.reinsure("C", "R-2", "South Re")) == ("reinsurance_not_due",)
    world.take(world.reinsure("C", "R-2", "Market Re"))
    assert world.take(world.reinsure("C", "R-2", "Market Re")).is_repeat
    assert world.refused(world.reinsure("C", "R-2", "North Re")) == ("money_not_waiting",)
    world.take(world.notify("D", "cy", 2_100_000))
    assert world.refused(world.reinsure("D", "R-1", "Market Re")) == ("claim_out_of_turn",)


def test_a_year_is_closed_when_it_is_clear(world: PoolWorld):
    with_year(world)
    assert world.refused(world.close()) == ("pool_year_closes_later",)
    adjusted(world, "C", "cy", 200_000)
    world.tell("2027-07-01T00:00")
    assert world.refused(world.close()) == ("pool_year_not_clear", "pool_year_not_clear")
    world.take(world.pay_call("2026-advance-1"))
    world.take(world.claim("pay", "C"))
    assert world.refused(world.close(to="2027")) == ("surplus_has_no_place",)
    world.take(world.close())
    assert world.take(world.close()).is_repeat
    for step in (world.call("advance"), world.notify("D", "ana", 5), world.claim("dispute", "C"), world.declare("2026")):
        assert world.refused(step) == ("pool_year_closed",)
    world.take(world.year(terms_text("2027", surplus='"carry"')))
    world.take(world.declare("2027", ("ana", "coastal", 100_000_000)))
    world.take(world.call("advance", "2027"))
    world.take(world.pay_call("2027-advance-1"))
    world.tell("2028-07-01T00:00")
    assert world.refused(world.close("2027")) == ("surplus_has_no_place",)
    assert world.refused(world.close("2027", to="2026")) == ("surplus_has_no_place",)


def test_what_moves_money_or_grants_something_waits_for_a_second_person(world: PoolWorld):
    kinds = {"pool_year_opened", "pool_called", "pool_paid", "pool_year_closed"}
    kinds |= {"claim_adjusted", "claim_paid", "claim_resolved", "reinsurance_received"}
    assert kinds <= set(ALWAYS_APPROVED)
    done = world.desk.do(world.year(), by=OPERATOR)
    assert done.proposal is not None
    assert world.desk.union.pool.years == {}
    assert world.desk.do(world.year(), by=OPERATOR).is_repeat
    own = world.desk.decide(done.proposal, by=OPERATOR, is_approved=True)
    assert "own_proposal" in [each.code for each in own.refusals]


def proposals(world: PoolWorld, *steps: Any) -> list[int]:
    return [world.desk.do(step, by=OPERATOR).proposal or 0 for step in steps]


def decided(world: PoolWorld, number: int) -> tuple[str, ...]:
    return tuple(each.code for each in world.desk.decide(number, by=APPROVER, is_approved=True).refusals)


def test_a_proposal_that_stands_no_more_is_not_done(world: PoolWorld):
    first, other = proposals(world, world.year(), world.year(terms_text(retention='"2000.00"')))
    assert (decided(world, first), decided(world, other)) == ((), ("proposal_outdated",))
    world.take(world.declare("2026", ("ana", "coastal", 100_000_000), ("bo", "ocean", 50_000_000)))
    (before,) = proposals(world, world.call("advance"))
    world.take(world.declare("2026", ("bo", "ocean", 60_000_000)))
    assert decided(world, before) == ("proposal_outdated",)
    world.take(world.call("advance"))
    one, two = proposals(world, world.pay_call("2026-advance-1", "bo", 100_000), world.pay_call("2026-advance-1"))
    assert (decided(world, one), decided(world, two)) == ((), ("proposal_outdated",))
    world.take(world.pay_call("2026-advance-1"))
    for claim in ("C", "D"):
        world.take(world.notify(claim, "ana", 600_000))
        world.take(world.claim("reserve", claim, 600_000))
    one, two = proposals(world, world.claim("adjust", "C", 600_000), world.claim("adjust", "C", 500_000))
    assert (decided(world, one), decided(world, two)) == ((), ("proposal_outdated",))
    world.take(world.claim("adjust", "D", 600_000))
    one, two = proposals(world, world.claim("pay", "C"), world.claim("pay", "D"))
    assert (decided(world, one), decided(world, two)) == ((), ("proposal_outdated",))  # the money of D's is gone
    assert replay_pool(world.desk) == ()


def test_a_member_pays_and_is_paid_through_the_one_it_settles_by(world: PoolWorld):
    world.approved(world.act("members_joined", members=[{"code": "dee", "name": "Dee", "under": "ana"}]))
    world.take(world.year())
    world.take(world.declare("2026", ("ana", "ocean", 200_000_000), ("dee", "ocean", 150_000_000)))
    world.take(world.call("advance"))  # 12,800.00 and 9,600.00, and ana has 20,000.00
    world.take(world.pay_call("2026-advance-1"))
    assert world.desk.union.pool.years["2026"].cash_minor == 1_280_000
    assert world.refused(world.pay_call("2026-advance-1", "dee")) == ("cash_not_there",)
    world.take(world.pay_call("2026-advance-1", "dee", 720_000))
    adjusted(world, "C", "dee", 600_000)
    world.take(world.claim("pay", "C"))
    assert world.balances()["ana/cash/EUR"] == 500_000
    assert world.balances()["dee/pool-dues/EUR"] == -240_000


def test_money_that_was_given_away_is_no_reinsurance(world: PoolWorld):
    with_year(world)
    adjusted(world, "C", "cy", 2_100_000)
    world.pay("R-1", "", 100_000, "2026-02-01")
    (late,) = proposals(world, world.reinsure("C", "R-1", "Market Re"))
    world.take(resolving(world.desk.union, world.desk.office, "R-1", member="ana", reason=""))
    assert decided(world, late) == ("proposal_outdated",)


def test_the_ledger_keeps_one_year_from_paying_for_another(world: PoolWorld):
    with_year(world)
    world.take(world.pay_call("2026-advance-1"))
    accounts = {row.id: row.limit_minor for row in world.store.balances().rows()}
    assert accounts["*/pool-2026/EUR"] == 0
    assert accounts["*/pool-called/EUR"] == 0


def test_a_member_notifies_and_disputes_its_own_claims_alone(world: PoolWorld):
    with_year(world)
    world.approved(world.act("person_added", code="anna", name="Anna", roles=["member"], member="ana"))
    assert world.desk.do(world.notify("C", "ana", 500_000), by="anna", member="ana").act
    foreign = world.desk.do(world.notify("D", "bo", 500_000), by="anna", member="bo")
    assert [each.code for each in foreign.refusals] == ["not_for_that_member"]
    denied = world.desk.do(world.claim("reserve", "C", 5), by="anna")
    assert [each.code for each in denied.refusals] == ["role_missing"]


def test_a_replay_tells_what_would_come_out_otherwise(world: PoolWorld):
    """A call is forged on the log: another sum for the same exposures."""
    world.take(world.year())
    world.take(world.declare("2026", ("ana", "coastal", 100_000_000)))
    step = world.call("advance")
    body = dict(step.wanted.body if step.wanted else {})
    forged = world.desk.office.table(body["rows"]).to_pylist()
    forged[0]["amount_minor"] += 1
    body |= {"rows": world.desk.office.keep_table(pa.Table.from_pylist(forged, schema=CALL_ROWS)), "total_minor": body["total_minor"] + 1}
    world.take(Step(wanted=Wanted("pool_called", body)))
    assert {finding.where.rpartition(", ")[2] for finding in replay_pool(world.desk)} == {"rows", "total_minor"}


def test_every_code_of_the_pool_is_given_here_or_for_terms():
    folder = Path(__file__).parent
    told = "".join(path.read_text(encoding="utf-8") for path in folder.glob("test_*.py"))
    assert [row[0] for row in INSURANCE_RULES if f'"{row[0]}"' not in told] == []


def test_money_of_a_reinsurer_leaves_the_statements_of_members_readable(world: PoolWorld):
    world.pay("RE-1", "", 300_000, "2026-01-06")
    adjusted(with_year(world), "C", "ana", 4_000_000)
    world.take(world.reinsure("C", "RE-1", "Market Re"))
    (cycle,) = world.desk.union.cycles.values()
    assert [(each.reference, each.amount_minor) for each in facts_of(world.desk, cycle, "ana").payments] == [("in-ana", 2_000_000)]
