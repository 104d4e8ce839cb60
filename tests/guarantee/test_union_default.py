"""A default in a union that runs: the loss of the ledger, the waterfall's steps as postings, calls, recoveries, drills, replay.

Amounts are minor units of EUR. `defaulted` is the worked example of rule R13, with a loss of 1,000.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rescounter.cycle.defaulting import at_risk
from rescounter.cycle.pledging import refusals_to_move_collateral
from rescounter.cycle.repaying import repaying
from rescounter.facade.union_default import at_risk_section, borne_facts, drill, drill_body, fund_of, text_of
from rescounter.facade.union_replay import replay_cycle
from rescounter.ledger import Batch, Transfer, Transfers
from rescounter.settlement.accounts import accounts_of
from rescounter.statements.default_page import default_html
from rescounter.terms import CallerFault
from rescounter.terms.money import Money
from tests.cycle.world import RULES
from tests.guarantee.unions import CLEARING_HOUSE, CREDITORS, Backed, backed
from tests.settlement.golden import golden

MEMBERS = ("ana", "bo", "cy", "dee")
FIRST, SECOND = "2026-01-22", "2026-02-23"
BEHIND = {
    "*/guarantee/EUR": 100,
    "ana/fund/EUR": 60,
    "bo/fund/EUR": 30,
    "cy/fund/EUR": 10,
    "dee/fund/EUR": 50,
    "dee/collateral/EUR": 200,
}


def pledges(world: Backed, member: str, amount: int) -> None:
    """Cash collateral, as pledging it posts."""
    moved = Transfer(id=f"pledge/{member}", debit=f"{member}/cash/EUR", credit=f"{member}/collateral/EUR", amount_minor=amount)
    batch = Batch(key=f"pledge/{member}", transfers=Transfers.of([moved]))
    assert not world.desk.office.post(batch, accounts_of([batch])).refusals


def settled(world: Backed) -> None:
    """The first cycle, up to its close."""
    for at in ("2026-01-22T13:00", "2026-01-27T17:00", "2026-02-02T10:00"):
        world.tell(at)
        world.run(FIRST)


def owing(guarantee: str = CLEARING_HOUSE, **options: Any) -> Backed:
    """Everything that stands behind, and dee with 1,000 less than nothing: it owed ana 100 and bo 900."""
    world = backed(guarantee=guarantee, **options)
    world.cap("dee", 1000)
    for member, amount in (("ana", 400), ("bo", 1000), ("cy", 300), ("dee", 250)):
        world.has(member, amount)
    for member, amount in (("ana", 60), ("bo", 30), ("cy", 10), ("dee", 50)):
        assert world.contributes(member, amount).act
    assert world.capital(100).act
    pledges(world, "dee", 200)
    debts = [
        {"id": "1", "debtor": "dee", "creditor": "ana", "amount_minor": 100},
        {"id": "2", "debtor": "dee", "creditor": "bo", "amount_minor": 900},
    ]
    assert world.submit("dee", debts)[0].act
    settled(world)
    return world


@pytest.fixture
def open_unions() -> Iterator[list[Backed]]:
    """Unions whose stores are closed after the test."""
    found: list[Backed] = []
    yield found
    for each in found:
        each.store.close()


@pytest.fixture
def world(open_unions: list[Backed]) -> Backed:
    open_unions.append(owing())
    return open_unions[0]


def steps(world: Backed) -> list[tuple[str, str, int]]:
    return [(step.kind.value, step.payer, step.amount_minor) for step in world.desk.union.guarantee.losses[-1].out.borne.steps]


def codes(done: Any) -> list[str]:
    return [each.code for each in done.refusals]


def sound(world: Backed) -> None:
    """Money is neither made nor lost, and everything replays."""
    assert sum(world.balances().values()) == 0
    for cycle in world.desk.union.cycles.values():
        if cycle.state.value == "closed":
            assert replay_cycle(world.desk, cycle.code) == ()


@golden("waterfall")
def test_the_worked_example_of_clearing_houses_is_posted_step_by_step(world: Backed, given, want):
    cash = {"ana/cash/EUR": 340, "bo/cash/EUR": 970, "cy/cash/EUR": 290, "dee/cash/EUR": -1000}
    assert world.balances() == {**BEHIND, **cash, "*/settlement/EUR": -1050}
    assert world.balances()["dee/cash/EUR"] == -given["loss"]
    assert world.declares("dee").act
    assert world.bears("dee").act
    assert steps(world) == [
        ("defaulter_collateral", "dee", 200),
        ("defaulter_fund", "dee", 50),
        ("operator_capital", "*", 100),
        ("survivor_funds", "ana", 60),
        ("survivor_funds", "bo", 30),
        ("survivor_funds", "cy", 10),
        ("assessment_calls", "ana", 60),
        ("assessment_calls", "bo", 30),
        ("assessment_calls", "cy", 10),
        ("residual_to_counterparties_by_exposure", "ana", 45),
        ("residual_to_counterparties_by_exposure", "bo", 405),
    ]
    told = {kind: {payer.upper()[0]: amount for _, payer, amount in steps(world) if _ == kind} for kind, *_ in want["steps"]}
    assert told["survivor_funds"] == want["steps"][3][1]
    found = world.balances()
    assert not any(name in found for name in (*BEHIND, "dee/cash/EUR", "dee/default/EUR"))
    assert {name: found[name] for name in found if "assessments" in name} == {
        "ana/assessments/EUR": -105,
        "bo/assessments/EUR": -435,
        "cy/assessments/EUR": -10,
    }
    assert world.bears("dee").is_repeat
    sound(world)


def test_recoveries_in_two_parts_undo_it_exactly(world: Backed):
    before = world.balances()
    world.declares("dee")
    world.bears("dee")
    assert world.pays_call("ana", 105).act
    assert world.pays_call("bo", 200).act
    # 500 come back: 450 to the residual (ana has 45 in cash; of bo's 405 it paid 170, after its call of 30), then 50 to the calls, 60:30:10
    assert world.recovers("dee", 500, "ESTATE-1").act
    found = world.balances()
    assert (found["ana/cash/EUR"], found.get("ana/assessments/EUR", 0)) == (before["ana/cash/EUR"] - 105 + 45 + 30, 0)
    assert (found["bo/cash/EUR"], found.get("bo/assessments/EUR", 0)) == (before["bo/cash/EUR"] - 200 + 170 + 15, 0)
    assert (found["cy/cash/EUR"], found["cy/assessments/EUR"]) == (before["cy/cash/EUR"], -5)
    assert world.recovers("dee", 500, "ESTATE-1").is_repeat
    assert codes(world.recovers("dee", 501, "ESTATE-1")) == ["guarantee_reference_taken"]
    # the last 500: 50 to the calls, 100 to the shares of the others, 100 to the capital, and dee has its own 250 back
    assert world.recovers("dee", 500, "ESTATE-2").act
    undone = {**before, "dee/cash/EUR": 0, "*/settlement/EUR": before["*/settlement/EUR"] - 1000}
    assert world.balances() == {name: amount for name, amount in undone.items() if amount}
    # and what is more than the loss is its own
    assert world.recovers("dee", 7, "ESTATE-3").act
    assert world.balances()["dee/cash/EUR"] == 7
    sound(world)


def test_what_nobody_bears_is_said_and_is_repaid_first(open_unions: list[Backed]):
    world = owing('[guarantee]\nlayers = ["operator_capital"]\n')
    open_unions.append(world)
    world.declares("dee")
    world.bears("dee")
    assert world.balances()["*/losses/EUR"] == -900
    assert fund_of(world.desk)["union"] == [{"currency": "EUR", "capital_minor": 0, "losses_minor": 900}]
    world.recovers("dee", 950)
    assert (world.balances().get("*/losses/EUR"), world.balances()["*/guarantee/EUR"]) == (None, 50)
    sound(world)


@golden("fund, then bilateral creditors")
def test_the_rule_of_the_european_monetary_agreement_over_two_cycles(open_unions: list[Backed], given, want):
    """A loss of 80: 40 of an earlier cycle, 40 of the latest, whose creditors (30 and 10) bear what the fund's threshold leaves."""
    world = backed(guarantee=CREDITORS)
    open_unions.append(world)
    world.cap("dee", given["unpaid"])
    world.capital(200)
    world.submit("dee", [{"id": "1", "debtor": "dee", "creditor": "cy", "amount_minor": 40}])
    settled(world)
    assert world.step("open").act
    rows = [
        {"id": "2", "debtor": "dee", "creditor": "ana", "amount_minor": 30},
        {"id": "3", "debtor": "dee", "creditor": "bo", "amount_minor": 10},
    ]
    assert world.submit("dee", rows)[0].act
    for at in ("2026-02-23T13:00", "2026-02-26T17:00", "2026-03-05T10:00"):
        world.tell(at)
        world.run(SECOND)
    assert world.balances()["dee/cash/EUR"] == -given["unpaid"]
    world.declares("dee")
    world.bears("dee")
    creditors = {"X": "ana", "Y": "bo"}
    assert steps(world) == [
        ("fund", "*", want["fund"]),
        *(("creditors", creditors[name], amount) for name, amount in want["creditors"].items()),
    ]
    assert world.balances()["*/guarantee/EUR"] == 200 - want["fund"]
    sound(world)


def test_nobody_bears_more_than_it_was_told_at_that_instant(world: Backed):
    world.declares("dee")
    told = {member: at_risk(world.desk.union, world.desk.office, member, "EUR", at_us=world.desk.at_us) for member in MEMBERS[:3]}
    assert {member: each.total_minor for member, each in told.items()} == {"ana": 165, "bo": 465, "cy": 20}
    world.bears("dee")
    for member, each in told.items():
        assert sum(amount for _, payer, amount in steps(world) if payer == member) <= each.total_minor


def test_the_most_at_risk_counts_a_cap_that_is_not_used_yet(open_unions: list[Backed]):
    world = backed()
    open_unions.append(world)
    world.cap("dee", 500)
    for member, amount in (("ana", 100), ("bo", 50)):
        world.has(member, amount)
        world.contributes(member, amount)
    assert at_risk(world.desk.union, world.desk.office, "ana", "EUR", at_us=world.desk.at_us).total_minor == 200
    section = at_risk_section(world.desk, "ana")
    assert section is not None and section.table is not None
    assert [(row[0], row[2]) for row in section.table.rows] == [
        ("Fund shares of the others", Money(100, "EUR")),
        ("Calls on the others", Money(100, "EUR")),
        ("All of it, at the most", Money(200, "EUR")),
    ]


def test_a_drill_is_the_real_thing_and_changes_nothing(world: Backed):
    before = (world.store.audit_head(), world.store.records(rows_max=10_000), list(world.store.documents()))
    facts = drill(world.desk, "dee")
    assert (world.store.audit_head(), world.store.records(rows_max=10_000), list(world.store.documents())) == before
    world.declares("dee")
    after_declaring = drill_body(world.desk, drill(world.desk, "dee"))["losses"]
    world.bears("dee")
    (told,) = drill_body(world.desk, facts)["losses"]
    assert [told] == after_declaring
    assert [(each["kind"], each["payer"], each["amount_minor"]) for each in told["steps"]] == steps(world)
    real = [step for layer in borne_facts(world.desk, "dee").losses[0].layers for step in layer.payers]
    assert [(each["number"], each["payer"], each["amount_minor"], each["reason"]) for each in told["steps"]] == [
        (step.number, step.payer, step.amount_minor, step.reason) for step in real
    ]


def test_a_drill_may_suppose_a_loss_and_names_what_it_supposes(world: Backed):
    assert drill(world.desk, "dee", supposed={"EUR": 300}).losses[0].loss_minor == 300
    assert drill(world.desk, "dee", is_worst=True).losses[0].loss_minor == 1000
    facts = drill(world.desk, "dee", supposed={"EUR": 250_000})
    assert facts.losses[0].is_supposed
    assert "A loss that is supposed is 2,500.00 EUR" in text_of(facts)
    html = default_html(facts)
    assert html == default_html(facts)
    assert "A drill: nothing was posted, recorded or called." in html
    assert "bo " in html and "<svg" in html
    assert "owes the union nothing" in text_of(drill(world.desk, "cy"))
    with pytest.raises(CallerFault, match="zoe is no member"):
        drill(world.desk, "zoe")


def test_what_a_defaulter_has_is_used_first_and_what_it_owes_is_taken_over_whole(world: Backed):
    """Another default: ana is called for 105 of dee's and fails itself with 340 in cash, of which 300 are gone before."""
    world.declares("dee")
    world.bears("dee")
    step = repaying(world.desk.union, world.desk.office, "ana", "EUR", 300, reference="X", at_us=world.desk.at_us)
    world.approved(world.desk.do(step, by="op"))
    world.declares("ana")
    left = world.balances()["ana/cash/EUR"]
    assert world.bears("ana").act
    loss = world.desk.union.guarantee.losses[-1]
    assert loss.out.borne.loss_minor == 105 - left
    assert not any(name.startswith("ana/") for name in world.balances())
    assert world.desk.union.guarantee.open_calls("ana", "EUR") == 0
    # what comes back of dee still goes to ana, and lowers no call any more
    world.recovers("dee", 450)
    assert world.balances()["ana/cash/EUR"] == 45
    sound(world)


def test_calls_that_are_not_paid_in_time_are_told(world: Backed):
    world.declares("dee")
    world.bears("dee")
    calls = world.desk.union.guarantee.calls
    assert not any(each.is_late(world.desk.at_us) for each in calls)
    world.pays_call("cy", 10)
    world.tell("2026-02-07T10:00")
    late = [(each.member, each.open_minor) for each in world.desk.union.guarantee.calls if each.is_late(world.desk.at_us)]
    assert late == [("ana", 60), ("bo", 30), ("ana", 45), ("bo", 405)]
    section = at_risk_section(world.desk, "bo")
    assert section is not None and section.table is not None
    assert [row[2] for row in section.table.rows] == [Money(30, "EUR"), Money(405, "EUR")]
    assert "late" in str(section.table.rows[0][0])


def test_every_refusal_says_why(open_unions: list[Backed]):
    world = backed()
    open_unions.append(world)
    world.cap("dee", 100)
    world.has("ana", 50)
    limit = {"member": "ana", "currency": "EUR", "kind": "fund_share", "amount_minor": 30, "from_us": world.clock[0]}
    assert world.approved(world.act("limits_set", limits=[limit])).act
    assert codes(world.contributes("ana", 51)) == ["guarantee_amount_unusable"]
    assert codes(world.contributes("ana", 0)) == ["guarantee_amount_unusable"]
    assert codes(world.contributes("dee", 1)) == ["guarantee_amount_unusable"], "a cap is no money"
    assert codes(world.contributes("zoe", 1)) == ["member_not_known"]
    assert world.contributes("ana", 40, "F").act
    assert world.contributes("ana", 40, "F").is_repeat
    assert codes(world.takes_back("ana", 40, "F")) == ["guarantee_reference_taken"]
    assert codes(world.takes_back("ana", 11)) == ["fund_share_required"]
    assert world.takes_back("ana", 10).act
    assert codes(world.capital(0)) == ["guarantee_amount_unusable"]
    assert codes(world.bears("dee")) == ["not_in_default"]
    assert codes(world.recovers("dee", 1)) == ["nothing_borne"]
    assert codes(world.pays_call("ana", 1)) == ["call_not_open"]
    assert world.declares("dee").act
    assert world.declares("dee").is_repeat
    assert codes(world.declares("dee", "again, for another reason")) == ["in_default_already"]
    assert codes(world.declares("zoe")) == ["member_not_known"]
    assert codes(world.bears("dee")) == ["no_loss"]
    assert codes(world.contributes("dee", 1)) == ["member_in_default"]
    pledge = {"member": "dee", "asset": "", "quantity": 0, "currency": "EUR", "amount_minor": 1, "reference": "P"}
    found = refusals_to_move_collateral(world.desk.union, "collateral_released", pledge, world.desk.office, at_us=world.desk.at_us)
    assert [each.code for each in found] == ["member_in_default"]
    assert codes(world.act("member_suspended", code="dee", reason="x")) == ["standing_unchanged"]
    assert codes(world.act("member_reinstated", code="dee", reason="x")) == ["standing_unchanged"]
    step = repaying(world.desk.union, world.desk.office, "dee", "EUR", 1, reference="R", at_us=world.desk.at_us)
    assert codes(world.desk.do(step, by="op")) == ["member_in_default"]


def test_a_loss_that_is_another_one_when_it_is_approved_is_refused(world: Backed):
    from rescounter.cycle.defaulting import bearing

    world.declares("dee")
    proposed = world.desk.do(bearing(world.desk.union, world.desk.office, "dee", "EUR", at_us=world.desk.at_us), by="op")
    world.pay("LATE", "dee", 400, "2026-02-02")
    assert codes(world.desk.decide(proposed.proposal or 0, by="ap", is_approved=True)) == ["loss_changed"]
    assert world.bears("dee").act
    assert world.desk.union.guarantee.losses[-1].out.borne.loss_minor == 600
    sound(world)


@pytest.mark.parametrize("is_partial", [True, False])
def test_a_default_between_the_call_and_the_deadline_is_late_at_once_and_set_off_stays(open_unions: list[Backed], is_partial: bool):
    """ana owes bo 100, bo owes cy 80, cy owes ana 60: 60 are set off. Then ana owes bo 40, bo owes cy 20; ana defaults with 15 in cash."""
    from rescounter.facade.union_work import cycle_named

    world = Backed(*_fresh())
    open_unions.append(world)
    world.tell("2026-01-05T09:00")
    world.found(RULES.replace("partial_funding = true", f"partial_funding = {'true' if is_partial else 'false'}") + CLEARING_HOUSE)
    world.join(*MEMBERS)
    world.step("open")
    world.has("ana", 15)
    world.cap("ana", 1000)
    for debtor, creditor, amount in (("ana", "bo", 100), ("bo", "cy", 80), ("cy", "ana", 60)):
        world.submit(debtor, [{"id": "1", "debtor": debtor, "creditor": creditor, "amount_minor": amount}])
    for at, verb in (("22T13:00", "cut-off"), ("22T13:00", "clear"), ("27T17:00", "correct"), ("27T17:00", "clear"), ("27T17:00", "fund")):
        world.tell(f"2026-01-{at}")
        world.approved(world.step(verb, FIRST))
    assert world.declares("ana").act
    assert codes(world.bears("ana")) == ["default_still_open"]
    assert world.step("fund", FIRST).act
    cycle = cycle_named(world.desk, FIRST)
    called = cycle.known("called")
    assert called.body["round"] == 2
    net = {row["member"]: row["net_minor"] for row in world.desk.office.table(called.body["net"]).to_pylist() if row["net_minor"]}
    # With parts ana's 15 reach bo, which owes cy 20: 5 of its own are called. Without, ana's item is carried whole.
    assert net == ({"ana": -15, "bo": -5, "cy": 20} if is_partial else {"bo": -20, "cy": 20})
    world.pay("BO", "bo", 20, "2026-01-28")
    world.tell("2026-02-02T10:00")
    world.run(FIRST)
    assert world.desk.union.cycles[FIRST].state.value == "closed"
    assert world.balances().get("ana/cash/EUR", 0) == (0 if is_partial else 15)
    # what is carried over stays out of the next cut-off
    world.step("open")
    world.tell("2026-02-23T13:00")
    world.step("cut-off", SECOND)
    frozen = world.desk.office.table(world.desk.union.cycles[SECOND].known("cut_off").body["frozen"]).to_pylist()
    assert [(row["debtor"], row["excluded"]) for row in frozen] == [("ana", "suspended")]
    sound(world)


def _fresh() -> tuple[Any, list[int]]:
    from tests.cycle.mortal import fresh

    return fresh("sqlite")


def test_money_that_came_in_is_booked_once_whether_the_bank_or_the_operator_tells_of_it_first(world: Backed):
    world.declares("dee")
    world.bears("dee")
    # the bank first: it waits as unidentified, and the recovery takes it from there
    assert world.pay("BANK-1", "", 300, "2026-02-02").act
    assert world.balances()["*/unidentified/EUR"] == 300
    assert codes(world.recovers("dee", 299, "BANK-1")) == ["guarantee_amount_unusable"]
    assert world.recovers("dee", 300, "BANK-1").act
    assert "*/unidentified/EUR" not in world.balances()
    # the operator first: the bank's file is a double, and books nothing
    assert world.recovers("dee", 100, "BANK-2").act
    assert world.capital(50, "BANK-3").act
    before = world.balances()
    assert world.pay("BANK-2", "", 100, "2026-02-02").is_repeat
    assert world.pay("BANK-3", "", 50, "2026-02-02").is_repeat
    assert world.balances() == before
    # money that has its owner is no recovery
    assert world.pay("BANK-4", "ana", 10, "2026-02-02").act
    assert codes(world.recovers("dee", 10, "BANK-4")) == ["guarantee_reference_taken"]
    sound(world)


def test_credit_on_the_sliding_scale_is_part_of_the_loss_and_the_next_month_goes_on(open_unions: list[Backed]):
    """dee owes 150.00 on a quota of 500.00: 100.00 are credit, of the other 50.00 a fifth is paid, so 140.00 are drawn when it fails."""
    from tests.cycle.credit import MONTHS, capital, credit_rules, month, quotas

    world = Backed(*_fresh())
    open_unions.append(world)
    world.tell("2026-01-02T09:00")
    world.found(credit_rules() + '[guarantee]\nlayers = ["operator_capital", "residual_to_counterparties_by_exposure"]\n')
    world.join("ana", "bo", "dee")
    quotas(world, ana=50_000, bo=50_000, dee=50_000)
    world.step("open")
    world.has("dee", 1_000)
    world.has("bo", 9_000)
    world.capital(6_000)
    assert capital(world, 20_000, "FOUNDERS").act
    month(world, 0, [("dee", "ana", 15_000)])
    assert world.balances()["dee/credit/EUR"] == -14_000
    world.declares("dee")
    assert world.bears("dee").act
    assert steps(world) == [("operator_capital", "*", 6_000), ("residual_to_counterparties_by_exposure", "ana", 8_000)]
    assert "dee/credit/EUR" not in world.balances()
    before = world.balances()
    month(world, 1, [("bo", "ana", 10_000)])
    assert world.desk.union.cycles[MONTHS[1]].state.value == "closed"
    found = world.balances()
    assert found["bo/credit/EUR"] == before.get("bo/credit/EUR", 0) - 10_000, "the first fifth of a quota is credit"
    assert sum(found.values()) == 0
    assert replay_cycle(world.desk, MONTHS[1]) == ()
