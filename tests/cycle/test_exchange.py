"""Settlement in a unit of account: a cycle in four currencies, reckoned by hand; whatever interrupts it, it comes to the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rescounter.cycle.capital import moving_capital
from rescounter.cycle.dealing import dealing
from rescounter.cycle.rating import setting_rates
from rescounter.facade.union_cycle import cycle_facts
from rescounter.facade.union_replay import replay_cycle
from rescounter.facade.union_statement import facts_of
from rescounter.statements.cycle_page import cycle_html
from rescounter.statements.member_statement import statement, text
from rescounter.statements.statement_files import tables
from tests.cycle.mortal import Mortal, fresh, to_the_end
from tests.cycle.test_interrupted import outcome
from tests.cycle.test_replay import body_changed, replayed
from tests.cycle.world import OPERATOR, World

RULES = """
[rulebook]
name = "Test"
[union]
name = "A union of three currencies"
currencies = ["EUR", "GBP", "JPY", "USD", "XUA"]
exponents = { XUA = 2 }
zone = "Europe/Ljubljana"
[calendar]
frequency = "monthly"
first_cut_off = 2026-01-22
cut_off_times = [13:00:00]
pay_in_days = 4
settlement_days = 5
[intake]
driven_by = "debtor"
carry_over = true
[clearing]
method = "set-off-then-net"
[settlement]
kind = "pay-in"
[exchange]
unit = "XUA"
basket = { USD = "0.6", EUR = "0.5" }
base = "USD"
members_choose = true
[fees]
"""
ROWS = {
    "ana": [{"id": "1", "debtor": "ana", "creditor": "bo", "currency": "EUR", "amount_minor": 10_000}],
    "bo": [{"id": "1", "debtor": "bo", "creditor": "cy", "currency": "USD", "amount_minor": 6_000}],
    "cy": [
        {"id": "1", "debtor": "cy", "creditor": "ana", "currency": "JPY", "amount_minor": 10_000},
        {"id": "2", "debtor": "cy", "creditor": "bo", "currency": "JPY", "amount_minor": 100},
    ],
}
IN_THE_UNIT = {
    # A dollar buys EUR 0.80 and JPY 150, so the unit is worth USD 0.60 + 0.50 / 0.80 = 1.225.
    ("ana", "EUR"): -10_204,  # 100.00 EUR = USD 125.00 = 102.0408... units
    ("ana", "JPY"): 5_442,  # 10,000 JPY = USD 66.666... = 54.4217...
    ("bo", "EUR"): 10_204,
    ("bo", "JPY"): 54,  # 100 JPY = 0.5442...
    ("bo", "USD"): -4_898,  # 60.00 USD = 48.9795...
    ("cy", "JPY"): -5_497,  # 10,100 JPY = 54.9659...
    ("cy", "USD"): 4_898,
}
NET = {"ana": -4_762, "bo": 5_360, "cy": -599}
"""The columns of the table above, added up: together -1, which rounding gave the union."""


def rate(currency: str, value: str, at: str = "2026-01-21T14:15", source: str = "a central bank") -> dict[str, str]:
    return {"currency": currency, "rate": value, "source": source, "at": at}


RATES = (rate("EUR", "0.80"), rate("JPY", "150"))


def set_rates(world: World, *rows: dict[str, str]) -> Any:
    desk = world.desk
    done = desk.do(setting_rates(desk.union, list(enumerate(rows, 1)), file="", at_us=desk.at_us), by=OPERATOR)
    return done if done.refusals or (done.is_repeat and done.proposal is None) else world.approved(done)


def script(world: World, *, bo_in: str = "") -> Iterator[Callable[[], Any]]:
    world.tell("2026-01-05T09:00")
    yield lambda: world.desk.union.register.member("ana") or world.join("ana", "bo", "cy")
    if bo_in:
        yield (
            lambda: (
                world.desk.union.register.member("bo").settles_in
                or world.approved(world.act("member_changed", code="bo", settles_in=bo_in))
            )
        )
    yield lambda: world.desk.union.latest or world.step("open")
    for member, rows in ROWS.items():
        yield lambda member=member, rows=rows: world.submit(member, rows)
    world.tell("2026-01-22T12:00")
    yield lambda: set_rates(world, *RATES)
    world.tell("2026-01-22T13:00")
    yield world.run
    yield lambda: world.pay("B1", "ana", 4_762, "2026-01-28", currency="XUA")
    yield lambda: world.pay("B2", "cy", 599, "2026-01-28", currency="XUA")
    yield world.run
    world.tell("2026-02-02T10:00")
    yield world.run


def played(world: World, rules: str = RULES, **words: str) -> World:
    world.found(rules)
    to_the_end(world, script(world, **words))
    return world


@pytest.fixture
def world() -> Iterator[World]:
    store, clock = fresh("sqlite")
    yield World(store, clock)
    store.close()


def rows_of(world: World, name: str, kind: str = "called") -> list[dict[str, Any]]:
    (cycle,) = world.desk.union.cycles.values()
    return world.desk.office.table(cycle.known(kind).body[name]).to_pylist()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_cycle_in_a_basket_comes_to_what_an_accountant_reckons(kind: str):
    store, clock = fresh(kind)
    world = played(World(store, clock))
    (cycle,) = world.desk.union.cycles.values()
    assert cycle.state.value == "closed"
    assert {(row["member"], row["currency"]): row["converted_minor"] for row in rows_of(world, "conversions")} == IN_THE_UNIT
    assert {row["member"]: row["net_minor"] for row in rows_of(world, "net")} == NET
    assert rows_of(world, "centre") == [{"currency": "XUA", "purpose": "rounding", "amount_minor": 1}]
    # ana and cy paid 47.62 and 5.99 in, bo was paid 53.60 out: a hundredth is left on the account and belongs to the union.
    assert world.balances() == {"*/rounding/XUA": 1, "*/settlement/XUA": -1}
    assert replay_cycle(world.desk, cycle.code) == ()
    (figures,) = cycle.known("closed").body["figures"]
    assert (figures["currency"], figures["cash_minor"], figures["open_minor"]) == ("XUA", 5_361, 0)
    assert figures["gross_minor"] == 20_599  # 102.0408 + 48.9795 + 54.9659 units, added up exactly and rounded once
    store.close()


def test_who_settles_in_a_currency_of_its_own_is_converted_from_the_unit(world: World):
    """bo is owed 53.60 units = EUR 52.528; the union takes its units over and owes EUR 52.53, which it buys for them."""
    played(world, bo_in="EUR")
    (cycle,) = world.desk.union.cycles.values()
    assert cycle.state.value == "closed"
    assert {(row["member"], row["currency"]): row["net_minor"] for row in rows_of(world, "net")} == {
        ("bo", "EUR"): 5_253,
        ("ana", "XUA"): -4_762,
        ("cy", "XUA"): -599,
    }
    assert rows_of(world, "centre") == [
        {"currency": "EUR", "purpose": "exchange", "amount_minor": -5_253},
        {"currency": "XUA", "purpose": "exchange", "amount_minor": 5_360},
        {"currency": "XUA", "purpose": "rounding", "amount_minor": 1},
    ]
    assert world.balances() == {
        "*/exchange/EUR": -5_253,
        "*/exchange/XUA": 5_360,
        "*/rounding/XUA": 1,
        "*/settlement/EUR": 5_253,
        "*/settlement/XUA": -5_361,
    }
    assert replay_cycle(world.desk, cycle.code) == ()
    deal(world, ("XUA", 5_361), code="dealing_wrong")
    deal(world, ("XUA", 5_360))
    assert world.balances() == {"*/rounding/XUA": 1, "*/settlement/XUA": -1}
    desk = world.desk
    assert desk.do(
        dealing(desk.union, desk.office, ("XUA", 5_360), ("EUR", 5_253), reference="FX-1", at_us=desk.at_us), by=OPERATOR
    ).is_repeat


def deal(world: World, sold: tuple[str, int], code: str = "") -> None:
    desk = world.desk
    done = desk.do(dealing(desk.union, desk.office, sold, ("EUR", 5_253), reference="FX-1", at_us=desk.at_us), by=OPERATOR)
    if code:
        assert [each.code for each in done.refusals] == [code]
    else:
        assert world.approved(done).act


def test_rates_that_come_later_move_nothing(world: World):
    played_until_final(world)
    frozen = rows_of(world, "rates", "cleared")
    assert [(row["currency"], row["rate"], row["source"]) for row in frozen] == [
        ("EUR", "0.80", "a central bank"),
        ("JPY", "150", "a central bank"),
    ]
    set_rates(world, rate("EUR", "0.50"), rate("JPY", "75"))
    world.step("fund")
    assert {row["member"]: row["net_minor"] for row in rows_of(world, "net")} == NET
    assert rows_of(world, "rates", "cleared") == frozen
    (cycle,) = world.desk.union.cycles.values()
    assert replay_cycle(world.desk, cycle.code) == ()


def played_until_final(world: World) -> None:
    world.found(RULES)
    for number, todo in enumerate(script(world)):
        todo()
        if number == 5:
            break
    world.tell("2026-01-22T13:00")
    world.step("cut-off")
    assert world.approved(world.step("clear")).act


@pytest.mark.parametrize(
    ("rates", "code", "found"),
    [
        ((), "rate_missing", "no rate for EUR, JPY"),
        ((rate("EUR", "0.80"),), "rate_missing", "no rate for JPY"),
        ((rate("EUR", "0.80", "2026-01-18T12:59"), rate("JPY", "150")), "rate_too_old", "EUR of 2026-01-18 11:59 UTC"),
    ],
)
def test_without_the_rates_of_the_cut_off_nothing_is_cleared(world: World, rates: tuple[dict[str, str], ...], code: str, found: str):
    world.found(RULES)
    for number, todo in enumerate(script(world)):
        if number < 5:
            todo()
    world.tell("2026-01-22T12:00")
    if rates:
        set_rates(world, *rates)
    world.tell("2026-01-22T13:00")
    world.step("cut-off")
    done = world.step("clear")
    assert [(each.code, found in each.found) for each in done.refusals] == [(code, True)]
    # Set with a time before the cut-off, they count; with a later one they do not.
    world.tell("2026-01-23T13:00")
    set_rates(world, rate("EUR", "0.79", "2026-01-22T13:01"), rate("JPY", "149", "2026-01-22T13:01"))
    assert world.step("clear").refusals
    set_rates(world, *RATES)
    assert world.approved(world.step("clear")).act


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (rate("USD", "1"), "rate_currency_wrong"),
        (rate("CHF", "1"), "rate_currency_wrong"),
        (rate("EUR", "0,80"), "rate_malformed"),
        (rate("EUR", "0"), "rate_malformed"),
        (rate("EUR", "1e3"), "rate_malformed"),
        (rate("EUR", "0.80", source=""), "rate_without_source"),
        (rate("EUR", "0.80", "21.01.2026"), "rate_without_time"),
        (rate("EUR", "0.80", "2031-01-21"), "rate_without_time"),
        (rate("JPY", "151"), "rate_twice"),
    ],
)
def test_a_file_with_a_wrong_rate_sets_none(world: World, row: dict[str, str], code: str):
    world.found(RULES)
    world.tell("2026-01-22T12:00")
    done = set_rates(world, *RATES, row)
    assert [(each.row, each.code) for each in done.refusals] == [(3, code)]
    assert not world.desk.union.rates.told


def test_rates_are_set_once(world: World):
    world.found(RULES)
    world.tell("2026-01-22T12:00")
    assert set_rates(world, *RATES).act
    assert set_rates(world, *RATES).is_repeat
    assert set_rates(world, *RATES, rate("JPY", "151", "2026-01-21T14:16")).act
    assert [len(rates) for rates in world.desk.union.rates.told.values()] == [1, 2]


def test_all_items_of_who_is_late_are_carried_in_every_currency(world: World):
    """Without cy only ana's EUR 100.00 to bo are left, at the rates that were frozen."""
    world.found(RULES)
    for number, todo in enumerate(script(world)):
        if number < 8:
            todo()
    world.tell("2026-01-29T10:00")
    world.step("fund")
    assert {row["member"]: row["net_minor"] for row in rows_of(world, "net") if row["net_minor"]} == {"ana": -10_204, "bo": 10_204}
    assert {(row["id"], row["carried_minor"]) for row in rows_of(world, "items")} == {("bo/1", 6_000), ("cy/1", 10_000), ("cy/2", 100)}
    world.pay("B3", "ana", 5_442, "2026-01-29", currency="XUA")
    world.run()
    world.tell("2026-02-02T10:00")
    world.run()
    (cycle,) = world.desk.union.cycles.values()
    assert cycle.state.value == "closed"
    assert world.balances() == {}
    assert replay_cycle(world.desk, cycle.code) == ()


@pytest.mark.parametrize("chosen", ["CHF", "EURO"])
def test_a_member_settles_in_a_currency_of_the_union_only(world: World, chosen: str):
    world.found(RULES)
    world.join("ana")
    assert [each.code for each in world.act("member_changed", code="ana", settles_in=chosen).refusals] == ["settlement_currency_wrong"]


def test_nobody_chooses_where_the_rulebook_does_not_let_it(world: World):
    world.found(RULES.replace("members_choose = true\n", ""))
    world.join("ana")
    assert [each.code for each in world.act("member_changed", code="ana", settles_in="EUR").refusals] == ["settlement_currency_wrong"]


def test_fixed_rates_stand_in_the_rulebook(world: World):
    fixed = RULES.replace('base = "USD"', 'base = "USD"\nrates = "fixed"\nfixed_rates = { EUR = "0.80", GBP = "0.70", JPY = "150" }')
    world.found(fixed)
    for number, todo in enumerate(script(world)):
        if number != 5:
            todo()
    (cycle,) = world.desk.union.cycles.values()
    assert cycle.state.value == "closed"
    assert world.balances() == {"*/rounding/XUA": 1, "*/settlement/XUA": -1}
    assert {row["source"] for row in rows_of(world, "rates", "cleared")} == {"rulebook, version 1"}
    assert [each.code for each in set_rates(world, *RATES).refusals] == ["rates_not_taken"]


def test_statements_tell_every_conversion(world: World):
    played(world, bo_in="EUR")
    (cycle,) = world.desk.union.cycles.values()
    facts = facts_of(world.desk, cycle, "bo").exchange
    assert facts is not None
    assert [(each.currency, each.amount_minor, each.into, each.converted_minor) for each in facts.conversions] == [
        ("EUR", 10_000, "XUA", 10_204),
        ("JPY", 100, "XUA", 54),
        ("USD", -6_000, "XUA", -4_898),
        ("XUA", 5_360, "EUR", 5_253),
    ]
    assert [(each.currency, each.rate, each.source) for each in facts.rates] == [
        ("EUR", "0.80", "a central bank"),
        ("JPY", "150", "a central bank"),
    ]


def test_a_settlement_currency_in_which_nothing_is_owed_has_its_rate_and_its_page(world: World):
    world.found(RULES)
    for number, todo in enumerate(script(world, bo_in="GBP")):
        if number == 6:
            set_rates(world, *RATES)
            world.tell("2026-01-22T13:00")
            world.step("cut-off")
            assert "no rate for GBP" in world.step("clear").refusals[0].found
            set_rates(world, rate("GBP", "0.70", "2026-01-22T12:59"))
        else:
            todo()
    (cycle,) = world.desk.union.cycles.values()
    assert cycle.state.value == "closed"
    # 53.60 units of USD 1.225 at GBP 0.70 are 45.962.
    assert [row["pay_out_minor"] for row in rows_of(world, "calls") if row["member"] == "bo"] == [4_596]
    assert "45.96 GBP" in text(statement(facts_of(world.desk, cycle, "bo")))
    assert "GBP" in cycle_html(cycle_facts(world.desk, cycle))
    assert replay_cycle(world.desk, cycle.code) == ()


def test_the_books_of_a_member_end_at_zero_with_the_union(world: World):
    """Positions leave the union's account in each currency, what they became comes to it, and the pay-out settles that."""
    played(world, bo_in="EUR")
    (cycle,) = world.desk.union.cycles.values()
    sums: dict[tuple[str, str], int] = {}
    for row in tables(statement(facts_of(world.desk, cycle, "bo")))["journal"].to_pylist():
        key = row["account"], row["currency"]
        sums[key] = sums.get(key, 0) + row["debit_minor"] - row["credit_minor"]
    assert {key: amount for key, amount in sums.items() if key[0] in ("Clearing union", "Bank", "Clearing union, exchange")} == {
        **{("Clearing union", currency): 0 for currency in ("EUR", "JPY", "USD", "XUA")},
        ("Bank", "EUR"): 5_253,
        ("Clearing union, exchange", "EUR"): 10_000 - 5_253,
        ("Clearing union, exchange", "JPY"): 100,
        ("Clearing union, exchange", "USD"): -6_000,
        ("Clearing union, exchange", "XUA"): 0,
    }


@pytest.mark.parametrize(
    ("kind", "name", "value", "named"),
    [
        ("rates_set", "rates", lambda rates: [{**row, "rate": "0.81"} for row in rates], "rates"),
        ("member_changed", "settles_in", "GBP", "settles_in"),
        ("called", "net", lambda digest: digest[:-1] + ("0" if digest[-1] != "0" else "1"), "net"),
    ],
)
def test_a_replay_names_what_was_not_frozen_or_converted_so(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str, name: str, value: Any, named: str
):
    played(world, bo_in="EUR")
    findings = replayed(world, monkeypatch, body_changed(kind, name, value))
    assert any(named in each.where for each in findings), findings


def test_a_rate_told_the_wrong_way_round_is_refused_before_anything_overflows(world: World):
    world.found(RULES)
    for number, todo in enumerate(script(world)):
        if number < 5:
            todo()
    world.tell("2026-01-22T12:00")
    set_rates(world, rate("EUR", "0.80"), rate("JPY", "0.0000000000001"))
    world.tell("2026-01-22T13:00")
    world.step("cut-off")
    assert [each.code for each in world.step("clear").refusals] == ["conversion_too_large"]


def test_a_thousand_rates_and_one_are_too_many(world: World):
    world.found(RULES)
    world.tell("2026-01-22T12:00")
    assert [each.code for each in set_rates(world, *RATES * 501).refusals] == ["rows_too_many"]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.slow
def test_whatever_write_a_process_dies_at_the_cycle_comes_to_the_same(before: bool):
    store, clock = fresh("sqlite")
    world = World(Mortal(store, 0, before=True), clock)
    played(world, bo_in="EUR")
    wanted, writes = outcome(world), world.store.count
    store.close()
    for at in range(3 if before else 5, writes + 1, 8):
        store, clock = fresh("sqlite")
        found = outcome(played(World(Mortal(store, at, before=before), clock), bo_in="EUR"))
        assert found == wanted, f"died at write {at}"
        store.close()


def test_what_becomes_credit_is_reckoned_in_the_unit(world: World):
    """By the table of 1954 half of each position is settled in reserves: of 47.62, 53.60 and 5.99 units 23.81, 26.80 and 3.00 (2.995)."""
    rules = RULES + '[credit]\nkind = "sliding-scale"\ntable = "1954"\n'
    world.found(rules)
    for number, todo in enumerate(script(world, bo_in="EUR")):
        if number == 2:
            limits = [{"member": each, "currency": "XUA", "kind": "quota", "amount_minor": 100_000} for each in NET]
            assert world.approved(world.act("limits_set", limits=limits)).act
            capital = capital_step(world)
            assert world.approved(world.desk.do(capital, by=OPERATOR)).act
        if number not in (8, 9):
            todo()
        elif number == 8:
            world.pay("B1", "ana", 2_381, "2026-01-28", currency="XUA")
            world.pay("B2", "cy", 300, "2026-01-28", currency="XUA")
    (cycle,) = world.desk.union.cycles.values()
    assert cycle.state.value == "closed"
    found = world.balances()
    credit = {name: amount for name, amount in found.items() if "/credit/" in name}
    transfers = {member: NET[member] - credit[f"{member}/credit/XUA"] for member in NET}
    assert all(2 * abs(NET[member] - 2 * transfers[member]) <= 2 for member in NET)
    assert found["*/exchange/XUA"] == transfers["bo"]
    assert replay_cycle(world.desk, cycle.code) == ()
    for member in NET:
        made = statement(facts_of(world.desk, cycle, member))
        assert made.facts.exchange.beside_minor == -credit[f"{member}/credit/XUA"]


def capital_step(world: World) -> Any:
    desk = world.desk
    return moving_capital(desk.union, desk.office, "XUA", 100_000, direction="added", reference="K1", source="a gift", at_us=desk.at_us)
