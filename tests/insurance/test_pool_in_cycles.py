"""Calls and claims of the pool in cycles: set off with trade, netted, and recorded as paid once.

Two months by hand. Year 2026: retention 1,000.00; estimated contributions 400.00 (ana), 200.00 (bo), 800.00 (cy), four fifths in advance.

January: the advance, and bo owes ana 320.00.

    obligation      amount   set off   netted
    ana -> POOL     320.00               320.00     ana: -320.00 + 320.00 = 0
    bo  -> POOL     160.00               160.00     bo:  -160.00 - 320.00 = -480.00, pays in
    cy  -> POOL     640.00               640.00     cy:  -640.00, pays in
    bo  -> ana      320.00               320.00     the pool: 1,120.00, which stay in the union

February: a supplementary call of 700.00, by contribution 200.00 : 100.00 : 400.00; claim C-1 of cy, 1,800.00, of which the pool bears
800.00; cy owes ana 300.00, ana owes bo 150.00.

    obligation      amount   set off   netted
    ana -> POOL     200.00    200.00                circuit POOL cy ana
    bo  -> POOL     100.00    100.00                circuit POOL cy ana bo
    cy  -> POOL     400.00    400.00                circuit POOL cy
    POOL -> cy      800.00    700.00    100.00      the pool pays 100.00 of its own money, cy is paid out 100.00
    cy  -> ana      300.00    300.00
    ana -> bo       150.00    100.00     50.00      ana pays in 50.00, bo is paid out

The year has 1,120.00 + 700.00 - 800.00 = 1,020.00 in the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rescounter.cycle.disputing import raising
from rescounter.facade.union_cycle import items_held
from rescounter.facade.union_replay import replay_cycle, replay_pool
from rescounter.facade.union_statement import facts_of
from rescounter.insurance.books import books_of
from rescounter.insurance.pool import Claim, Year
from rescounter.insurance.solvency import solvency
from rescounter.insurance.states import ClaimState
from rescounter.rulebook.reading import read_rulebook
from tests.cycle.mortal import fresh
from tests.cycle.world import APPROVER, OPERATOR
from tests.insurance.pool_cycles import FEBRUARY, JANUARY, MEMBERS, POOL, POOL_RULES, CycleWorld, february, january, owes

DUE = "call/2026-advance-1/"


def world_of(kind: str = "sqlite", rules: str = POOL_RULES) -> CycleWorld:
    store, clock = fresh(kind)
    world = CycleWorld(store, clock)
    world.begin(rules)
    return world


def played(kind: str) -> CycleWorld:
    world = world_of(kind)
    january(world)
    february(world)
    return world


@pytest.fixture(scope="module")
def two_months() -> Iterator[CycleWorld]:
    """January and February, played through."""
    world = played("sqlite")
    yield world
    world.store.close()


@pytest.fixture
def begun() -> Iterator[CycleWorld]:
    """The advance was called, and nothing else happened."""
    world = world_of()
    yield world
    world.store.close()


def year_of(world: CycleWorld) -> Year:
    return world.desk.union.pool.years["2026"]


def claim_of(world: CycleWorld) -> Claim:
    return world.desk.union.pool.claims["C-1"]


def dues(world: CycleWorld, call: str = "2026-advance-1") -> dict[str, int]:
    """What each member still owes of a call."""
    return {member: book.open_of(call) for member, book in books_of(year_of(world), world.desk.office.table).items()}


def test_two_months_come_to_what_an_accountant_reckons(two_months: CycleWorld):
    world = two_months
    assert world.outcome() == {
        "POOL/call/feb/ana": (20_000, 0),
        "POOL/call/feb/bo": (10_000, 0),
        "POOL/call/feb/cy": (40_000, 0),
        "POOL/claim/C-1": (70_000, 10_000),
        "cy/1": (30_000, 0),
        "ana/1": (10_000, 5_000),
    }
    year = year_of(world)
    assert [(call.code, call.total_minor, call.paid_minor) for call in year.calls.values()] == [
        ("2026-advance-1", 112_000, 112_000),
        ("feb", 70_000, 70_000),
    ]
    claim = claim_of(world)
    assert (claim.state, claim.paid_minor, claim.payments) == (ClaimState.PAID, 80_000, 0)
    assert (year.cash_minor, year.held_minor) == (102_000, 0)
    fees = {"ana/fees/EUR": -33, "bo/fees/EUR": -11, "cy/fees/EUR": -77, "*/fees/EUR": 121}  # 1.1 per mille set off; none of the pool
    assert world.balances() == {"*/pool-2026/EUR": 102_000, "*/settlement/EUR": -102_000, **fees}


def test_money_that_comes_in_for_calls_stays_in_the_union_and_is_paid_out_to_nobody(two_months: CycleWorld):
    called = [cycle.known("called").body["calls"] for cycle in two_months.desk.union.cycles.values()]
    january_calls, february_calls = (two_months.desk.office.table(each).to_pylist() for each in called)
    assert [(row["member"], row["pay_in_minor"], row["pay_out_minor"]) for row in january_calls] == [("bo", 48_000, 0), ("cy", 64_000, 0)]
    assert [(row["member"], row["pay_in_minor"], row["pay_out_minor"]) for row in february_calls] == [
        ("ana", 5_000, 0),
        ("bo", 0, 5_000),
        ("cy", 0, 10_000),
    ]


def test_everything_comes_out_again_from_what_is_on_record(two_months: CycleWorld):
    for code in two_months.desk.union.cycles:
        assert replay_cycle(two_months.desk, code) == ()
    assert replay_pool(two_months.desk) == ()
    assert two_months.desk.ledger.audit().fault is None


def test_both_stores_hold_the_same_to_the_last_byte(two_months: CycleWorld):
    other = played("postgresql")
    one, two = two_months.store, other.store
    assert one.records(rows_max=10_000) == two.records(rows_max=10_000)
    assert list(one.documents()) == list(two.documents())
    assert one.balances().rows() == two.balances().rows()
    assert one.checkpoint() == two.checkpoint()
    two.close()


def test_a_statement_shows_what_was_called_and_claimed_with_its_reason(two_months: CycleWorld):
    cycle = two_months.desk.union.latest
    told = {
        row["id"]: (row["side"], row["counterparty"], row["reference"]) for row in facts_of(two_months.desk, cycle, "cy").items.to_pylist()
    }
    assert told["POOL/call/feb/cy"] == ("owes", "POOL", "supplementary call feb, policy year 2026")
    assert told["POOL/claim/C-1"] == ("is_owed", "POOL", "claim C-1, cargo, policy year 2026")
    pool = facts_of(two_months.desk, cycle, POOL)
    assert pool.stands_for_pool
    assert [call.from_account_minor for call in pool.calls] == [10_000]
    assert sum(row["amount_minor"] * (1 if row["side"] == "is_owed" else -1) for row in pool.items.to_pylist()) == 70_000 - 80_000


def test_solvency_counts_what_is_held_and_what_is_on_its_way(begun: CycleWorld):
    january(begun)
    stood = []
    for until in ("cut_off", "cleared", "funded", "settled", "closed"):
        february(begun, until=until)
        found = solvency(begun.desk.union.pool, year_of(begun), books_of(year_of(begun), begun.desk.office.table))
        stood.append((until, found.assets_minor, found.reserves_minor, found.dues_minor))
    before = 112_000 + 70_000
    assert stood[:4] == [(until, before, 80_000, 70_000) for until in ("cut_off", "cleared", "funded", "settled")]
    assert stood[4] == ("closed", before - 80_000, 0, 0)


def test_who_is_late_owes_the_pool_as_before_and_its_call_enters_the_next_cycle(begun: CycleWorld):
    january(begun, but=("cy",))
    assert dues(begun) == {"ana": 0, "bo": 0, "cy": 64_000}
    assert year_of(begun).cash_minor == 48_000
    assert begun.cash_of_pool() == 0
    february(begun)
    frozen = begun.desk.office.table(begun.desk.union.latest.frozen.body["frozen"]).to_pylist()
    assert {row["id"]: row["origin"] for row in frozen if row["debtor"] == "cy"} == {
        f"{DUE}cy": "2026-01-22",
        "call/feb/cy": "2026-02-23",
        "1": "2026-02-23",
    }
    # The year has 480.00, so of the claim of 800.00 as much enters: cy's call of 400.00 and 80.00 of its advance are set off against it.
    assert sum(begun.outcome()[f"POOL/{name}"][0] for name in (f"{DUE}cy", "call/feb/cy", "call/feb/ana", "call/feb/bo")) == 48_000
    assert claim_of(begun).paid_minor == 48_000
    assert claim_of(begun).state is ClaimState.ADJUSTED
    assert sum(dues(begun).values()) + sum(dues(begun, "feb").values()) + year_of(begun).cash_minor == 64_000 + 70_000
    assert begun.balances()["*/pool-2026/EUR"] == year_of(begun).cash_minor
    assert all(replay_cycle(begun.desk, code) == () for code in begun.desk.union.cycles)


def test_who_is_in_default_leaves_its_call_open_and_nothing_of_it_enters_again(begun: CycleWorld):
    assert begun.step("open").act
    begun.trade([owes("bo", "ana", 32_000)])
    begun.tell("2026-01-22T13:00")
    begun.run()
    begun.tell("2026-01-27T17:00")
    begun.run()
    assert begun.approved(begun.act("default_declared", code="cy", reason="insolvent")).act
    begun.pay("B", "bo", 48_000, "2026-01-28")
    begun.tell("2026-01-30T17:00")
    begun.run()
    assert begun.desk.union.latest.state.value == "closed"
    assert dues(begun) == {"ana": 0, "bo": 0, "cy": 64_000}
    assert begun.balances()["*/pool-2026/EUR"] == 48_000
    assert begun.step("open").act
    begun.tell("2026-02-23T13:00")
    begun.run()
    assert "pool" not in begun.desk.union.latest.known("cut_off").body
    assert replay_cycle(begun.desk, begun.desk.union.latest.code) == ()


def test_a_call_in_dispute_is_held_out_and_stays_owed():
    world = world_of(rules=POOL_RULES + '[disputes]\nkind = "yes"\n')
    assert world.step("open").act
    assert [row["standing"] for row in items_held(world.desk, world.desk.union.latest, "ana")] == ["the pool's; enters at the cut-off"]
    world.tell("2026-01-21T09:00")
    case = {"template": "", "complainant": "ana", "respondent": POOL, "reason": "the exposure is wrong"}
    step = raising(world.desk.union, world.desk.office, **case, obligations=[(POOL, f"{DUE}ana")], at_us=world.desk.at_us)
    assert world.desk.do(step, by=OPERATOR).act
    world.trade([owes("bo", "ana", 32_000)])
    world.month(*JANUARY)
    assert world.outcome()[f"POOL/{DUE}ana"] == (0, 0)
    assert dues(world) == {"ana": 32_000, "bo": 0, "cy": 0}
    assert replay_cycle(world.desk, world.desk.union.latest.code) == ()
    world.store.close()


def test_between_cut_off_and_close_nothing_else_is_done_about_what_is_in_the_cycle(begun: CycleWorld):
    january(begun)
    february(begun, until="cut_off")
    assert begun.refused(begun.pay_call("feb")) == ("in_a_cycle",)
    assert begun.refused(begun.pay_call("feb", "ana")) == ("in_a_cycle",)
    for verb, amount in (("pay", 0), ("refuse", 0), ("dispute", 0), ("adjust", 200_000)):
        step = begun.claim(verb, "C-1", amount)
        assert begun.refused(step) == ("in_a_cycle",), verb
    begun.tell("2027-07-02T00:00")
    assert begun.refused(begun.close(gives_up=True)) == ("pool_year_not_clear", "pool_year_not_clear")


def test_a_payment_that_was_proposed_before_the_cut_off_cannot_be_approved_behind_it(begun: CycleWorld):
    assert begun.step("open").act
    begun.pay("B", "ana", 32_000, "2026-01-06")
    begun.tell("2026-01-20T09:00")
    proposed = begun.desk.do(begun.pay_call("2026-advance-1", "ana"), by=OPERATOR)
    assert proposed.proposal
    begun.tell("2026-01-22T13:00")
    assert begun.step("cut-off").act
    decided = begun.desk.decide(proposed.proposal, by=APPROVER, is_approved=True)
    assert [each.code for each in decided.refusals] == ["proposal_outdated"]


def test_what_was_paid_from_cash_enters_no_cycle(begun: CycleWorld):
    assert begun.step("open").act
    begun.pay("B", "ana", 32_000, "2026-01-06")
    assert begun.take(begun.pay_call("2026-advance-1", "ana", 30_000)).act
    begun.tell("2026-01-22T13:00")
    assert begun.step("cut-off").act
    cut_off = begun.desk.union.latest.known("cut_off")
    assert cut_off.body["pool_sums"] == [{"year": "2026", "call": "2026-advance-1", "amount_minor": 2_000 + 16_000 + 64_000}]


def test_without_the_rule_nothing_enters():
    world = world_of(rules=POOL_RULES[: POOL_RULES.index("[pool]")])
    january(world)
    assert world.outcome() == {"bo/1": (0, 32_000)}
    assert not [act for act in world.desk.union.latest.acts if "pool" in act.body]
    world.store.close()


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("NOBODY", "who is no member"),
        ("ana", "for whom ann acts"),
        ("bo", "who settles through cy"),
        ("cy", "through whom bo settles"),
        ("dee", "who is suspended"),
    ],
)
def test_a_cycle_is_not_opened_where_nobody_can_stand_for_the_pool(named: str, found: str):
    world = CycleWorld(*fresh("sqlite"))
    world.found(POOL_RULES.replace(f'"{POOL}"', f'"{named}"'))
    world.tell("2026-01-05T09:00")
    world.clock[0] += 1
    members = [
        {"code": "ana", "name": "A"},
        {"code": "cy", "name": "C"},
        {"code": "dee", "name": "D"},
        {"code": "bo", "name": "B", "under": "cy"},
    ]
    reserved = named in ("ana", "cy", "dee")
    if reserved:  # they have what keeps them from it since before the rule named them
        world.store.close()
        world = CycleWorld(*fresh("sqlite"))
        world.found(POOL_RULES[: POOL_RULES.index("[pool]")])
        world.tell("2026-01-05T09:00")
    assert world.approved(world.act("members_joined", members=members)).act
    if reserved:
        assert world.approved(world.act("person_added", code="ann", name="Ann", roles=["member"], member="ana")).act
        assert world.approved(world.act("member_suspended", code="dee", reason="late")).act
        text = POOL_RULES.replace(f'"{POOL}"', f'"{named}"')
        read = read_rulebook(text)
        body = {"text": text, "digest": read.known.digest, "frozen": dict(read.known.frozen)}
        assert world.approved(world.act("rulebook_changed", **body)).act
    done = world.step("open")
    assert [each.code for each in done.refusals] == ["pool_member_unusable"]
    assert found in done.refusals[0].found
    world.store.close()


def test_nobody_does_anything_of_the_member_that_stands_for_the_pool(begun: CycleWorld):
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("person_added", {"code": "p", "name": "P", "roles": ["member"], "member": POOL}),
        ("member_suspended", {"code": POOL, "reason": "why"}),
        ("member_withdrew", {"code": POOL, "reason": "", "leaves_at_us": begun.clock[0] + 1}),
        ("member_expelled", {"code": POOL, "reason": "why", "leaves_at_us": begun.clock[0] + 1}),
        ("default_declared", {"code": POOL, "reason": "why"}),
        ("member_changed", {"code": "ana", "under": POOL}),
        ("member_changed", {"code": POOL, "under": "ana"}),
        ("members_joined", {"members": [{"code": "x", "name": "X", "under": POOL}]}),
        ("limits_set", {"limits": [{"member": POOL, "currency": "EUR", "kind": "net_debit_cap", "amount_minor": 1, "from_us": 1}]}),
        ("repaid", {"member": POOL, "currency": "EUR", "amount_minor": 1, "reference": "r", "rulebook": ""}),
        ("withdrawn", {"cycle": "", "submitter": POOL}),
    ]
    for kind, body in bodies:
        assert "pool_member_reserved" in [each.code for each in begun.act(kind, **body).refusals], kind
    assert begun.approved(begun.act("member_changed", code=POOL, name="Mutual pool")).act


def test_no_row_may_name_it_and_no_money_is_credited_to_it(begun: CycleWorld):
    assert begun.step("open").act
    done, taken = begun.submit("ana", [owes("ana", POOL, 5)])
    assert taken is not None
    assert taken.refusals["code"].to_pylist() == ["of_the_pool"]
    assert not done.act
    assert begun.pay("B", POOL, 500, "2026-01-06").act
    assert begun.balances()["*/unidentified/EUR"] == 500
    assert begun.refused(begun.declare("2026", (POOL, "coastal", 100))) == ("exposure_unusable",)


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ('[credit]\nkind = "sliding-scale"\n', "credit.kind"),
        ('[credit]\ninterest = "outstandings"\ndebit_rate = "2"\n', "credit.interest"),
        ('[exchange]\nunit = "EUR"\n', "exchange.unit"),
    ],
)
def test_a_rulebook_in_which_the_pool_would_not_be_paid_in_money_is_refused(more: str, rule: str):
    found = read_rulebook(POOL_RULES + more).refusals
    assert [each.id for each in found if "pool.member" in each.allowed] == [rule]


def test_members_are_the_three_of_the_table(two_months: CycleWorld):
    assert set(books_of(year_of(two_months), two_months.desk.office.table)) == set(MEMBERS)
    assert FEBRUARY > JANUARY
