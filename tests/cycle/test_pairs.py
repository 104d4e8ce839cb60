"""Pairs in a union, cycle by cycle: what settles, what waits, what the ledger's journal says of it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rescounter.cycle.repaying import repaying
from rescounter.facade.union_replay import replay_cycle
from rescounter.rulebook.shipped import with_values
from rescounter.settlement import pair_books, payment_versus_payment
from rescounter.terms import CallerFault
from tests.cycle.mortal import Mortal, fresh, to_the_end
from tests.cycle.pairs import (
    MEMBERS,
    RULES,
    SHORT_LIMITS,
    Trade,
    cash_of,
    hand_in,
    journal,
    short_of,
    trades,
    union_of_pairs,
    value_of,
)
from tests.cycle.world import World

CUT_OFF, NOON, DAY = "2026-01-05T17:00", "2026-01-06T12:00", "2026-01-06"
IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


@pytest.fixture
def opened() -> Iterator[Callable[..., World]]:
    """Makes unions of pairs and closes their stores."""
    with ExitStack() as stack:

        def made(**words: Any) -> World:
            world = union_of_pairs(**words)
            stack.callback(world.store.close)
            return world

        yield made


def settled(world: World) -> list[tuple[str, int]]:
    """Reference and pass of each settled pair of the latest cycle that settled any, in order."""
    cycle = next(each for each in reversed(list(world.desk.union.cycles.values())) if each.last("funded"))
    return [(row["reference"], row["pass"]) for row in world.desk.office.table(cycle.known("funded").body["pairs"]).to_pylist()]


def waits(world: World) -> list[tuple[str, str, str, int, int]]:
    """Pair, member, test, found and allowed of what waits."""
    cycle = next(each for each in reversed(list(world.desk.union.cycles.values())) if each.last("funded"))
    rows = world.desk.office.table(cycle.known("funded").body["queued"]).to_pylist()
    return [tuple(row[name] for name in ("pair", "member", "test", "found_minor", "allowed_minor")) for row in rows]


def test_a_pair_that_is_paid_in_settles_and_both_are_paid_out(opened: Callable[..., World]):
    world = opened()
    trades(world, Trade("X1", "ana", "USD", 110_000, "bo", "EUR", 100_000))
    world.tell(CUT_OFF)
    world.run()
    assert world.pay("B1", "ana", 110_000, DAY, currency="USD").act
    assert [each.code for each in world.step("fund").refusals] == ["calls_not_covered"]
    assert world.pay("B2", "bo", 100_000, DAY, currency="EUR").act
    world.run()
    assert settled(world) == [("X1", 1)]
    assert cash_of(world) == {}
    world.tell(NOON)
    world.run()
    assert world.balances() == {}
    moved = [(each.debit, each.credit, each.amount, each.kind) for each in journal(world.store)]
    assert moved == [
        ("*/settlement/USD", "ana/cash/USD", 110_000, "pay_in"),
        ("*/settlement/EUR", "bo/cash/EUR", 100_000, "pay_in"),
        ("ana/cash/USD", "bo/cash/USD", 110_000, "pair_leg"),
        ("bo/cash/EUR", "ana/cash/EUR", 100_000, "pair_leg"),
        ("ana/cash/EUR", "ana/due/EUR", 100_000, "earmarked"),
        ("bo/cash/USD", "bo/due/USD", 110_000, "earmarked"),
        ("ana/due/EUR", "*/settlement/EUR", 100_000, "paid_out"),
        ("bo/due/USD", "*/settlement/USD", 110_000, "paid_out"),
    ]
    assert replay_cycle(world.desk, "2026-01-05") == ()


def test_who_does_not_pay_in_keeps_its_pair_waiting_and_the_other_gets_its_money_back(opened: Callable[..., World]):
    world = opened()
    trades(world, Trade("X1", "ana", "USD", 110_000, "bo", "EUR", 100_000))
    world.tell(CUT_OFF)
    world.run()
    world.pay("B1", "ana", 110_000, DAY, currency="USD")
    world.tell(NOON)
    world.run()
    # bo would have 1,100.00 USD and owe 1,000.00 EUR: 1,100.00 - 1,000.00 * 1.10 * 1.06 = -66.00; and 1,000.00 is beyond 900.00 EUR.
    assert waits(world) == [("ana/X1-1", "bo", "value", -6_600, 0), ("ana/X1-1", "bo", "short_position", 100_000, 90_000)]
    assert settled(world) == []
    assert world.balances() == {}
    world.step("open")
    world.tell("2026-01-06T17:00")
    world.run()
    frozen = world.desk.office.table(world.desk.union.cycles["2026-01-06"].known("cut_off").body["frozen"])
    assert sorted(zip(frozen["id"].to_pylist(), frozen["origin"].to_pylist(), strict=True)) == [
        ("X1-1", "2026-01-05"),
        ("X1-2", "2026-01-05"),
    ]
    for code in ("2026-01-05", "2026-01-06"):
        assert replay_cycle(world.desk, code) == ()


def test_a_pair_that_fails_first_passes_after_the_next_one(opened: Callable[..., World]):
    """The settlement loop of rule R5, in cents: x1 fails in pass 1 and passes after x2."""
    world = opened()
    trades(world, Trade("x1", "ana", "EUR", 50_000, "bo", "USD", 55_000), Trade("x2", "cy", "EUR", 30_000, "ana", "USD", 33_000))
    world.tell(CUT_OFF)
    world.run()
    for number, (member, amount) in enumerate((("ana", 2_000), ("bo", 4_000), ("cy", 4_000))):
        world.pay(f"B{number}", member, amount, DAY, currency="USD")
    world.tell(NOON)
    world.run()
    assert settled(world) == [("x2", 1), ("x1", 2)]
    assert cash_of(world) == {
        ("ana", "USD"): 24_000,
        ("ana", "EUR"): -20_000,
        ("bo", "USD"): -51_000,
        ("bo", "EUR"): 50_000,
        ("cy", "USD"): 37_000,
        ("cy", "EUR"): -30_000,
    }
    assert replay_cycle(world.desk, "2026-01-05") == ()


def test_pairs_that_only_settle_together_wait_for_money(opened: Callable[..., World]):
    """ana and bo net to nothing, and nobody is called. But one pair alone leaves ana with 440.00 USD and -400.00 EUR, worth -26.40."""
    world = opened()
    trades(world, Trade("X1", "ana", "EUR", 40_000, "bo", "USD", 44_000), Trade("X2", "bo", "EUR", 40_000, "ana", "USD", 44_000))
    world.tell(CUT_OFF)
    world.run()
    assert settled(world) == []
    assert {row[1:4] for row in waits(world)} == {("ana", "value", -2_640), ("bo", "value", -2_640)}


def test_legs_without_a_partner_wait_with_the_reason(opened: Callable[..., World]):
    world = opened()
    hand_in(
        world,
        [
            {"id": "alone", "debtor": "ana", "creditor": "bo", "currency": "USD", "amount_minor": 500, "reference": "X1"},
            {"id": "one-way", "debtor": "ana", "creditor": "bo", "currency": "USD", "amount_minor": 500, "reference": "X2"},
            {"id": "one-way-2", "debtor": "ana", "creditor": "bo", "currency": "EUR", "amount_minor": 500, "reference": "X2"},
            {"id": "same", "debtor": "ana", "creditor": "bo", "currency": "USD", "amount_minor": 500, "reference": "X3"},
            {"id": "same", "debtor": "bo", "creditor": "ana", "currency": "USD", "amount_minor": 500, "reference": "X3"},
            {"id": "three-1", "debtor": "ana", "creditor": "cy", "currency": "USD", "amount_minor": 500, "reference": "X4"},
            {"id": "three-2", "debtor": "cy", "creditor": "ana", "currency": "EUR", "amount_minor": 500, "reference": "X4"},
            {"id": "three-3", "debtor": "cy", "creditor": "ana", "currency": "JPY", "amount_minor": 500, "reference": "X4"},
            {"id": "none", "debtor": "bo", "creditor": "cy", "currency": "USD", "amount_minor": 500, "reference": ""},
            {"id": "none", "debtor": "cy", "creditor": "bo", "currency": "EUR", "amount_minor": 500, "reference": ""},
        ],
    )
    world.tell(CUT_OFF)
    world.run()
    cycle = world.desk.union.cycles["2026-01-05"]
    frozen = world.desk.office.table(cycle.known("cut_off").body["frozen"])
    assert set(frozen["excluded"].to_pylist()) == {"unpaired"}
    world.tell(NOON)
    world.run()
    assert world.desk.office.table(cycle.known("cut_off").body["frozen"]).num_rows == 10
    assert world.desk.union.cycles["2026-01-05"].known("closed").body["carried_rows"] == 10
    assert world.balances() == {}


def test_a_rulebook_that_carries_nothing_over_gives_what_did_not_settle_back(opened: Callable[..., World]):
    world = opened(rules=with_values(RULES, {"intake.carry_over": "false"}))
    trades(world, Trade("X1", "ana", "USD", 110_000, "bo", "EUR", 100_000))
    world.tell(CUT_OFF)
    world.run()
    world.tell(NOON)
    world.run()
    closed = world.desk.union.cycles["2026-01-05"].known("closed").body
    assert (closed["carried_rows"], [figures["open_minor"] for figures in closed["figures"]]) == (0, [100_000, 110_000])
    assert replay_cycle(world.desk, "2026-01-05") == ()


def test_a_member_that_stays_short_is_paid_nothing_and_the_others_share_what_is_there(opened: Callable[..., World]):
    """cy owes 500.00 EUR that it does not pay in; its dollars secure it. Who is owed euro gets what comes in."""
    world = opened()
    trades(
        world,
        Trade("X1", "cy", "EUR", 30_000, "ana", "USD", 40_000),
        Trade("X2", "cy", "EUR", 20_000, "bo", "USD", 26_000),
    )
    world.tell(CUT_OFF)
    world.run()
    world.pay("B1", "ana", 40_000, DAY, currency="USD")
    world.pay("B2", "bo", 26_000, DAY, currency="USD")
    world.tell(NOON)
    world.run()
    # cy: 660.00 USD and -500.00 EUR are worth 660.00 - 500.00 * 1.10 * 1.06 = 77.00.
    assert settled(world) == [("X1", 1), ("X2", 1)]
    assert cash_of(world) == {("ana", "EUR"): 30_000, ("bo", "EUR"): 20_000, ("cy", "EUR"): -50_000, ("cy", "USD"): 66_000}
    world.step("open")
    world.tell("2026-01-06T17:00")
    world.run()
    called = world.desk.office.table(world.desk.union.cycles["2026-01-06"].known("called").body["calls"]).to_pylist()
    assert [(row["member"], row["currency"], row["pay_in_minor"]) for row in called if row["pay_in_minor"]] == [("cy", "EUR", 50_000)]
    world.pay("B3", "cy", 20_000, "2026-01-07", currency="EUR")
    world.tell("2026-01-07T12:00")
    world.run()
    # 200.00 of 500.00 came: 300.00 : 200.00 gives 120.00 and 80.00. cy is still short, so its dollars stay.
    assert cash_of(world) == {("ana", "EUR"): 18_000, ("bo", "EUR"): 12_000, ("cy", "EUR"): -30_000, ("cy", "USD"): 66_000}
    for code in ("2026-01-05", "2026-01-06"):
        assert replay_cycle(world.desk, code) == ()


def test_a_plan_whose_cash_left_meanwhile_is_not_posted(opened: Callable[..., World]):
    world = opened()
    trades(world, Trade("X1", "ana", "USD", 110_000, "bo", "EUR", 100_000))
    world.tell(CUT_OFF)
    world.run()
    world.pay("B1", "ana", 110_000, DAY, currency="USD")
    world.pay("B2", "bo", 100_000, DAY, currency="EUR")
    proposed = world.step("fund")
    assert proposed.kind == "funded" and proposed.proposal
    again = repaying(world.desk.union, world.desk.office, "ana", "USD", 50_000, reference="R1", at_us=world.clock[0])
    assert world.approved(world.desk.do(again, by="op")).act
    before = world.balances()
    refused = world.desk.decide(proposed.proposal, by="ap", is_approved=True)
    assert [each.code for each in refused.refusals] == ["plan_overtaken"]
    assert world.balances() == before
    assert not world.desk.decide(proposed.proposal, by="ap", is_approved=False, reason="less cash").refusals
    world.tell(NOON)
    world.run()
    # The pair still passes: ana is 500.00 USD short within its limits, so its 1,000.00 EUR stay, and bo gets the 600.00 USD that are there.
    assert settled(world) == [("X1", 1)]
    assert cash_of(world) == {("ana", "EUR"): 100_000, ("ana", "USD"): -50_000, ("bo", "USD"): 50_000}
    assert replay_cycle(world.desk, "2026-01-05") == ()


@pytest.mark.parametrize("limit", ["short", "aggregate"])
def test_the_ledger_itself_refuses_what_would_break_a_limit(limit: str, opened: Callable[..., World], monkeypatch: pytest.MonkeyPatch):
    """Even if the loop let everything pass, the batch is refused: cash has no room below its short limit, nor below the aggregate one."""
    world = opened(aggregate=150_000 if limit == "short" else 50_000)
    trades(world, Trade("X1", "ana", "USD", 110_000 if limit == "short" else 60_000, "bo", "EUR", 1_000))
    world.tell(CUT_OFF)
    world.run()
    monkeypatch.setattr(pair_books.PairBooks, "_passes", lambda *_: True)
    monkeypatch.setattr(payment_versus_payment, "_pass_at_the_end", lambda *_: None)
    world.tell(NOON)
    with pytest.raises((CallerFault, AssertionError), match="posting_refused"):
        world.run()
    assert world.balances() == {}


def test_an_aggregate_limit_is_set_in_the_unit_alone(opened: Callable[..., World]):
    limit = {"member": "ana", "currency": "EUR", "kind": "aggregate_short_position", "amount_minor": 1}
    (refusal,) = opened().act("limits_set", limits=[limit]).refusals
    assert (refusal.code, refusal.allowed) == ("limit_currency_unknown", "USD, in which short positions are added up")


amounts = st.integers(1, 120_000)


@st.composite
def _trades(draw: st.DrawFn) -> list[Trade]:
    made = []
    for number in range(draw(st.integers(1, 7))):
        one, other = draw(st.permutations(MEMBERS))[:2]
        paid, back = draw(st.permutations(tuple(SHORT_LIMITS)))[:2]
        made.append(Trade(f"T{number}", one, paid, draw(amounts), other, back, draw(amounts)))
    return made


@given(_trades(), st.lists(st.tuples(st.sampled_from(MEMBERS), st.sampled_from(tuple(SHORT_LIMITS)), amounts), max_size=6), st.booleans())
@settings(max_examples=150 if IS_LONG else 12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_leg_is_ever_posted_alone_and_every_limit_holds(made: list[Trade], paid: list[tuple[str, str, int]], again: bool):
    """Read off the ledger's journal alone: two cycles over random pairs, pay-ins that are enough, too little or of nobody's need."""
    world = union_of_pairs()
    trades(world, *made)
    world.tell(CUT_OFF)
    world.run()
    for number, (member, currency, amount) in enumerate(paid):
        world.pay(f"B{number}", member, amount, DAY, currency=currency)
    world.tell(NOON)
    world.run()
    codes = ["2026-01-05"]
    if again:
        world.step("open")
        world.tell("2026-01-06T17:00")
        world.run()
        world.tell("2026-01-07T12:00")
        world.run()
        codes.append("2026-01-06")
    known = {trade.reference: trade for trade in made}
    done = _checked(world, known)
    for code in codes:
        assert replay_cycle(world.desk, code) == ()
    closed = world.desk.union.cycles[codes[-1]].known("closed").body
    carried = world.desk.office.table(closed["carried"])
    assert sorted([*carried["reference"].to_pylist(), *done, *done]) == sorted([*known, *known])
    world.store.close()


def _checked(world: World, known: dict[str, Trade]) -> list[str]:
    """The references that were settled, once the journal was gone through."""
    cash: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    held: dict[str, int] = defaultdict(int)
    open_leg = None
    done = []
    for each in journal(world.store):
        assert open_leg is None or each.kind == "pair_leg", "a leg stands alone"
        for name, amount in ((each.debit, -each.amount), (each.credit, each.amount)):
            member, purpose, currency = name.rsplit("/", 2)
            held[name] += amount
            if purpose == "cash":
                cash[member][currency] += amount
                assert cash[member][currency] >= -SHORT_LIMITS[currency], each
        if each.kind != "pair_leg":
            continue
        if open_leg is None:
            open_leg = each
            continue
        assert (open_leg.batch, open_leg.memo) == (each.batch, each.memo)
        (payer, _, paid), (payee, _, got) = open_leg.debit.split("/"), each.debit.split("/")
        assert (open_leg.credit, each.credit) == (f"{payee}/cash/{paid}", f"{payer}/cash/{got}")
        trade = known[each.memo.split("/")[1].rsplit("-", 1)[0]]
        legs = {(trade.payer_1, trade.currency_1, trade.amount_1), (trade.payer_2, trade.currency_2, trade.amount_2)}
        assert {(payer, paid, open_leg.amount), (payee, got, each.amount)} == legs
        for member in (payer, payee):
            assert value_of(cash[member]) >= 0 and short_of(cash[member]) <= 150_000
        done.append(trade.reference)
        open_leg = None
    assert open_leg is None
    assert len(done) == len(set(done))
    assert all(held[name] >= 0 for name in held if name.rsplit("/", 2)[1] == "due")
    return done


def script(world: World) -> Iterator[Callable[[], Any]]:
    """Two pairs, of which one waits for money that never comes; each step is done again when it was interrupted."""
    world.found(RULES)
    world.tell("2026-01-05T09:00")
    yield lambda: world.desk.union.register.member("ana") or world.join(*MEMBERS)
    yield lambda: world.desk.union.latest or world.step("open")
    made = (Trade("X1", "ana", "USD", 11_000, "bo", "EUR", 10_000), Trade("X2", "cy", "USD", 90_000, "bo", "EUR", 10_000))
    for member in MEMBERS:
        legs = [leg for trade in made for leg in trade.legs() if leg["debtor"] == member]
        yield lambda member=member, legs=legs: world.submit(member, legs)
    world.tell(CUT_OFF)
    yield world.run
    yield lambda: world.pay("B1", "ana", 11_000, DAY, currency="USD")
    yield lambda: world.pay("B2", "bo", 20_000, DAY, currency="EUR")
    world.tell(NOON)
    yield world.run


def played(world: World) -> World:
    to_the_end(world, script(world))
    return world


def outcome(world: World) -> tuple[Any, ...]:
    acts = [(act.kind, act.by) for cycle in world.desk.union.cycles.values() for act in cycle.acts]
    return acts, world.balances(), [(each.debit, each.credit, each.amount, each.kind) for each in journal(world.desk.ledger.store)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_both_stores_come_to_the_same(kind: str):
    store, clock = fresh(kind)
    world = played(World(store, clock))
    assert settled(world) == [("X1", 1)]
    assert world.balances() == {}
    assert replay_cycle(world.desk, "2026-01-05") == ()
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.slow
def test_whatever_write_a_process_dies_at_the_pairs_come_to_the_same(kind: str, before: bool):
    store, clock = fresh(kind)
    world = World(Mortal(store, 0, before=True), clock)
    played(world)
    wanted, writes = outcome(world), world.store.count
    store.close()
    stride = 1 if IS_LONG else {"sqlite": 6, "postgresql": 24}[kind]
    for at in range(4 if before else 7, writes + 1, stride):
        store, clock = fresh(kind)
        found = outcome(played(World(Mortal(store, at, before=before), clock)))
        assert found == wanted, f"write {at} of {writes}"
        store.close()
