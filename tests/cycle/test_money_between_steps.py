"""Money and obligations stay whose they are, whatever happens between two steps of a cycle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from rescounter.cycle.repaying import repaying
from rescounter.cycle.resolving import resolving
from rescounter.facade.union_cycle import cycle_facts
from rescounter.facade.union_replay import replay_cycle
from rescounter.facade.union_statement import facts_of, figures_so_far
from rescounter.rulebook.reading import read_rulebook
from rescounter.statements.bookkeeping import ACCOUNTS, journal_entries
from rescounter.statements.member_statement import statement, text
from tests.cycle.mortal import fresh
from tests.cycle.world import OPERATOR, RULES, World

CODE, NEXT = "2026-01-22", "2026-02-23"
DAILY = (
    RULES.replace("monthly", "daily")
    .replace("first_cut_off = 2026-01-22", "first_cut_off = 2026-01-12")
    .replace("correction_days = 3", "correction_days = 0")
    .replace("pay_in_days = 5", "pay_in_days = 2")
    .replace("settlement_days = 6", "settlement_days = 3")
)


@pytest.fixture
def world() -> Iterator[World]:
    store, clock = fresh("sqlite")
    yield World(store, clock)
    store.close()


def begun(world: World, rules: str = RULES, members: Sequence[str] = ("ana", "bo", "cy", "dee")) -> None:
    """Founded, with members and a cycle that is open."""
    world.tell("2026-01-05T09:00")
    world.found(rules)
    world.join(*members)
    world.step("open")


def owes(world: World, *debts: tuple[str, str, int], cycle: str | None = None) -> None:
    for number, (debtor, creditor, amount) in enumerate(debts):
        done, _ = world.submit(debtor, [{"id": f"{number}", "debtor": debtor, "creditor": creditor, "amount_minor": amount}], cycle)
        assert done.act, done


def final(world: World, *debts: tuple[str, str, int]) -> None:
    """The first cycle of `RULES`, cleared finally and called."""
    owes(world, *debts)
    for at, verb in (("22T13:00", "cut-off"), ("22T13:00", "clear"), ("27T17:00", "correct"), ("27T17:00", "clear"), ("27T17:00", "fund")):
        world.tell(f"2026-01-{at}")
        world.approved(world.step(verb, CODE))


def codes(done: Any) -> list[str]:
    return [each.code for each in done.refusals]


def state(world: World, code: str = CODE) -> str:
    return world.desk.union.cycles[code].state.value


def called(world: World, code: str = CODE) -> dict[str, int]:
    """Pay-ins of the latest round."""
    rows = world.desk.office.table(world.desk.union.cycles[code].last("called").body["calls"]).to_pylist()
    return {row["member"]: row["pay_in_minor"] for row in rows if row["pay_in_minor"]}


def cash(world: World, member: str) -> int:
    return world.balances().get(f"{member}/cash/EUR", 0)


def repaid(world: World, member: str, amount: int, reference: str) -> Any:
    desk = world.desk
    return desk.do(repaying(desk.union, desk.office, member, "EUR", amount, reference=reference, at_us=desk.at_us), by=OPERATOR)


def changed(world: World, text: str) -> None:
    known = read_rulebook(text).known
    done = world.approved(world.act("rulebook_changed", text=text, digest=known.digest, frozen=dict(known.frozen)))
    assert done.act, done


# Paid back.


def test_of_two_repayments_of_the_same_cash_the_second_is_not_paid_on_credit(world: World):
    begun(world)
    world.cap("ana", 1_000)
    world.pay("B1", "ana", 100, "2026-01-06")
    first, second = (repaid(world, "ana", 100, reference) for reference in ("R1", "R2"))
    assert world.approved(first).act
    assert codes(world.approved(second)) == ["cash_not_there"]
    assert cash(world, "ana") == 0


# Carried over.


def test_what_a_late_member_left_open_is_carried_though_the_next_cycle_is_cut_off_before_the_close(world: World):
    begun(world, DAILY.replace("carry_over = true", "carry_over = false"))
    owes(world, ("ana", "bo", 100))
    world.tell("2026-01-12T13:00")
    world.run("2026-01-12")
    assert world.step("open").act
    world.tell("2026-01-14T17:00")
    world.run("2026-01-12")
    world.run("2026-01-13")
    world.tell("2026-01-16T18:00")
    for code in ("2026-01-12", "2026-01-13"):
        world.run(code)
    frozen = world.desk.office.table(world.desk.union.cycles["2026-01-13"].frozen.body["frozen"])
    assert frozen["amount_minor"].to_pylist() == [100]


# Caps.


def test_a_cap_that_was_raised_before_the_call_is_counted_though_the_account_was_opened_before(world: World):
    begun(world)
    world.pay("B1", "ana", 100, "2026-01-06")
    world.cap("ana", 300)
    final(world, ("ana", "bo", 1_000))
    assert called(world) == {"ana": 600}


def test_a_cap_that_was_lowered_before_the_call_counts_no_more(world: World):
    begun(world)
    world.cap("ana", 300)
    world.pay("B1", "ana", 100, "2026-01-06")
    world.cap("ana", 0)
    final(world, ("ana", "bo", 1_000))
    assert called(world) == {"ana": 900}
    world.pay("B2", "ana", 900, "2026-01-28")
    assert world.step("fund", CODE).kind == "funded"
    assert replay_cycle(world.desk, CODE) == ()


def test_a_cap_that_is_lowered_between_call_and_earmark_is_called_for_before_anybody_is_late(world: World):
    begun(world)
    world.cap("ana", 1_000)
    world.pay("B1", "ana", 1, "2026-01-06")
    final(world, ("ana", "bo", 1_000))
    assert called(world) == {}
    world.cap("ana", 0)
    world.tell("2026-01-29T17:00")
    done = world.step("fund", CODE)
    assert done.kind == "called" and called(world) == {"ana": 999}
    assert world.desk.office.table(world.desk.union.cycles[CODE].last("called").body["late"]).num_rows == 0
    world.pay("B2", "ana", 999, "2026-01-29")
    assert world.step("fund", CODE).kind == "funded"
    assert replay_cycle(world.desk, CODE) == ()


def test_caps_that_a_rulebook_takes_away_hold_for_the_open_cycle_and_for_no_later_one(world: World):
    begun(world)
    world.cap("ana", 1_000)
    final(world, ("ana", "bo", 400))
    changed(world, RULES.replace("net_debit_caps = true", "net_debit_caps = false"))
    assert world.step("fund", CODE).kind == "funded"
    assert cash(world, "ana") == -400
    world.tell("2026-01-30T17:00")
    world.run(CODE)
    assert state(world) == "closed"
    assert world.step("open").act
    owes(world, ("ana", "cy", 100), cycle=NEXT)
    world.tell("2026-02-23T13:00")
    world.run(NEXT)
    world.tell("2026-02-26T17:00")
    world.run(NEXT)
    assert called(world, NEXT) == {"ana": 100}, "what it owes already stays, and nothing comes on top"
    assert replay_cycle(world.desk, CODE) == () == replay_cycle(world.desk, NEXT)


# Two cycles that are called at once.


def test_cash_that_two_called_cycles_count_on_makes_nobody_late_that_was_not_called(world: World):
    begun(world, DAILY)
    first, second = "2026-01-12", "2026-01-13"
    world.pay("B1", "ana", 100, "2026-01-06")
    owes(world, ("ana", "bo", 100))
    world.tell("2026-01-12T13:00")
    called_by_hand(world, first)
    world.step("open")
    owes(world, ("ana", "cy", 100), cycle=second)
    assert called(world, first) == {}
    assert world.step("fund", first).kind == "funded"
    world.pay("B2", "ana", 100, "2026-01-12")
    world.tell("2026-01-13T13:00")
    called_by_hand(world, second)
    assert called(world, second) == {}
    assert world.approved(repaid(world, "ana", 100, "R1")).act, "as if a third cycle took it"
    world.tell("2026-01-15T17:00")
    assert world.step("fund", second).kind == "called"
    assert called(world, second) == {"ana": 100}
    assert world.desk.union.cycles[second].last("called").body["suspended"] == []
    world.pay("B3", "ana", 100, "2026-01-16")
    assert world.step("fund", second).kind == "funded"
    world.tell("2026-01-16T17:00")
    for code in (first, second):
        world.run(code)
        assert state(world, code) == "closed" and replay_cycle(world.desk, code) == ()
    assert cash(world, "ana") == 0 and not world.balances().get("*/settlement/EUR", 0), "all that came in was paid out"


def called_by_hand(world: World, code: str) -> None:
    for verb in ("cut-off", "clear", "fund"):
        assert world.approved(world.step(verb, code)).act


# Late.


def test_who_is_called_after_the_day_of_the_calendar_has_time_to_pay(world: World):
    begun(world, RULES.replace("partial_funding = true", 'partial_funding = true\nlate = "suspend"'))
    owes(world, ("ana", "bo", 1_000))
    world.tell("2026-02-09T09:00")
    world.run(CODE)
    act = world.desk.union.cycles[CODE].last("called")
    assert (act.body["round"], act.body["due_day"]) == (1, "2026-02-11")
    assert act.body["due_at_us"] == world.clock[0] + 2 * 86_400_000_000
    assert world.desk.union.register.member("ana").standing.value == "active"
    assert replay_cycle(world.desk, CODE) == ()


def test_who_was_late_and_reinstated_is_not_suspended_again_by_the_lateness_of_another(world: World):
    """Bo counts on what ana pays in; without it, it is called in the second round, and late too."""
    begun(world, RULES.replace("partial_funding = true", 'late = "suspend"'))
    final(world, ("ana", "bo", 1_000), ("bo", "cy", 1_000))
    assert called(world) == {"ana": 1_000}
    world.tell("2026-01-29T17:00")
    assert world.step("fund", CODE).kind == "called"
    assert called(world) == {"bo": 1_000}
    assert world.approved(world.act("member_reinstated", code="ana", reason="paid by cheque")).act
    world.clock[0] = world.desk.union.cycles[CODE].last("called").body["due_at_us"]
    assert world.step("fund", CODE).kind == "called"
    standings = {member.code: member.standing.value for member in world.desk.union.register.members}
    assert standings == {"ana": "active", "bo": "suspended", "cy": "active", "dee": "active"}
    assert replay_cycle(world.desk, CODE) == ()


def test_rules_of_a_cycle_are_those_it_was_opened_by_though_others_came_in_the_same_instant(world: World):
    begun(world)
    changed(world, RULES.replace("carry_over = true", "carry_over = false"))
    cycle = world.desk.union.cycles[CODE]
    assert world.desk.union.rules_of(cycle).digest == cycle.opened.body["frozen"]["rulebook"]["digest"]


def test_who_was_suspended_and_has_left_is_reinstated_so_that_its_open_items_run_off(world: World):
    begun(world)
    assert world.approved(world.act("member_suspended", code="ana", reason="late")).act
    assert world.act("member_withdrew", code="ana", leaves_at_us=world.clock[0] + 1).act
    world.tell("2026-01-06T09:00")
    assert world.approved(world.act("member_reinstated", code="ana", reason="paid")).act
    participants = world.desk.union.register.participants(world.clock[0]).to_pylist()
    ana = next(row for row in participants if row["code"] == "ana")
    assert (ana["standing"], ana["takes_part"], ana["may_submit"]) == ("left", True, False)


# What is told.


def test_an_open_cycle_says_that_it_waits_for_what_the_one_before_carries_over(world: World):
    begun(world)
    owes(world, ("ana", "bo", 1_000))
    world.tell("2026-01-22T13:00")
    world.run(CODE)
    world.step("open")
    world.tell("2026-02-23T13:00")
    due = world.run(NEXT)
    assert (due.verb, due.waits_for) == ("cycle cut-off", f"what cycle {CODE} carries over")
    assert codes(world.step("cut-off", NEXT)) == ["cycle_before_not_closed"]


@pytest.mark.parametrize("currencies", ["", 'currencies = ["EUR", "JPY", "KWD"]'])
def test_a_statement_shows_every_account_of_the_ledger_from_the_first_pay_in_on(world: World, currencies: str):
    rules = RULES.replace('currencies = ["EUR"]', currencies).replace('minimum = { EUR = "0.03" }', "")
    begun(world, rules)
    for number, (currency, amount) in enumerate((("EUR", 100), ("JPY", 7), ("KWD", 1_234))):
        assert world.pay(f"B{number}", "ana", amount, "2026-01-06", currency=currency).act
    facts = facts_of(world.desk, world.desk.union.cycles[CODE], "ana")
    told = {each.account: each.balance_minor for each in facts.balances}
    assert told == {name: amount for name, amount in world.balances().items() if name.startswith("ana/")}
    assert told == {"ana/cash/EUR": 100, "ana/cash/JPY": 7, "ana/cash/KWD": 1_234}
    assert {code: facts.exponents[code] for code in ("EUR", "JPY", "KWD")} == {"EUR": 2, "JPY": 0, "KWD": 3}


def test_money_in_a_currency_that_the_union_does_not_clear_stands_on_the_statement_of_who_got_it(world: World):
    begun(world)
    assert world.pay("B1", "ana", 100, "2026-01-06", currency="USD").act
    assert world.approved(world.desk.do(resolving(world.desk.union, world.desk.office, "B1", member="ana", reason="told"), by=OPERATOR)).act
    facts = facts_of(world.desk, world.desk.union.cycles[CODE], "ana")
    assert [(each.account, each.balance_minor) for each in facts.balances] == [("ana/cash/USD", 100)]
    told = text(statement(facts), 100)
    assert "USD" in told and "1.00" in told


@pytest.mark.parametrize("method", ["set-off", "net", "set-off-then-net"])
def test_a_cycle_without_obligations_runs_to_its_close(world: World, method: str):
    rules = RULES.replace("set-off-then-net", method)
    if method == "set-off":
        rules = rules.replace('kind = "pay-in"\nnet_debit_caps = true\npartial_funding = true\n', 'kind = "none"\n')
    begun(world, rules)
    for at in ("2026-01-22T13:00", "2026-01-27T17:00", "2026-01-30T17:00"):
        world.tell(at)
        world.run(CODE)
    assert state(world) == "closed" and replay_cycle(world.desk, CODE) == ()


def test_an_obligation_of_almost_all_that_fits_is_paid_and_paid_out(world: World):
    begun(world)
    huge = 2**62
    final(world, ("ana", "bo", huge), ("bo", "ana", 5))
    assert called(world) == {"ana": huge - 5}
    world.pay("B1", "ana", huge - 5, "2026-01-28")
    for at in ("2026-01-28T10:00", "2026-01-30T17:00"):
        world.tell(at)
        world.run(CODE)
    assert state(world) == "closed" and replay_cycle(world.desk, CODE) == ()
    left = {name: amount for name, amount in world.balances().items() if "/fees/" not in name}
    assert left == {}


def test_what_a_member_has_with_the_union_by_its_own_books_is_what_the_ledger_says(world: World):
    """Over all cycles: pay-ins, what was resolved, netted, paid out and paid back; also of who was late and of who used its cap."""
    begun(world)
    world.cap("dee", 300)
    final(world, ("ana", "bo", 1_000), ("bo", "cy", 400), ("cy", "ana", 100), ("dee", "cy", 250))
    world.pay("B1", "ana", 650, "2026-01-28")
    world.pay("B2", "", 500, "2026-01-28")
    assert world.approved(world.desk.do(resolving(world.desk.union, world.desk.office, "B2", member="ana", reason="told"), by=OPERATOR)).act
    assert world.approved(repaid(world, "ana", 50, "R1")).act
    for at in ("2026-01-28T10:00", "2026-01-29T17:00", "2026-01-30T17:00"):
        world.tell(at)
        world.run(CODE)
    assert state(world) == "closed"
    world.step("open")
    assert world.approved(repaid(world, "ana", 200, "R2")).act
    for member in ("ana", "bo", "cy", "dee"):
        assert with_the_union(world, member) == cash(world, member), member


def with_the_union(world: World, member: str) -> int:
    """The balance of the account *union* in the member's own books, of all its statements together."""
    facts = (facts_of(world.desk, cycle, member) for cycle in world.desk.union.cycles.values())
    rows = (row for each in facts for row in journal_entries(each).to_pylist() if row["account"] == ACCOUNTS["union"])
    return sum(row["debit_minor"] - row["credit_minor"] for row in rows)


def test_the_page_of_a_cycle_counts_what_a_late_member_left_as_carried_in(world: World):
    begun(world, DAILY.replace("carry_over = true", "carry_over = false"))
    owes(world, ("ana", "bo", 100))
    for at in ("2026-01-12T13:00", "2026-01-14T17:00"):
        world.tell(at)
        world.run("2026-01-12")
    assert state(world, "2026-01-12") == "funded"
    world.step("open")
    world.run("2026-01-13")
    facts = cycle_facts(world.desk, world.desk.union.cycles["2026-01-13"])
    assert (facts.submitted, facts.carried_in, facts.taken, facts.left_out) == (0, 1, 1, 0)


def test_what_the_savings_report_calls_cash_is_what_was_earmarked_also_where_a_member_settles_through_another(world: World):
    begun(world)
    assert world.approved(world.act("members_joined", members=[{"code": "xy", "name": "Xy", "under": "ana"}])).act
    world.cap("bo", 30)
    final(world, ("xy", "bo", 100), ("cy", "ana", 100), ("bo", "dee", 150))
    for member, amount in called(world).items():
        world.pay(f"B{member}", member, amount, "2026-01-28")
    for at in ("2026-01-28T10:00", "2026-01-30T17:00"):
        world.tell(at)
        world.run(CODE)
    cycle = world.desk.union.cycles[CODE]
    net = world.desk.office.table(cycle.last("settled").body["net"])["net_minor"].to_pylist()
    (figures,) = cycle.last("closed").body["figures"]
    assert (figures["cash_minor"], figures["credit_minor"]) == (-sum(min(0, amount) for amount in net) - 30, 30)


def test_what_is_netted_through_time_is_kept_though_cycles_are_closed_in_another_order(world: World):
    begun(world, DAILY)
    first, second = "2026-01-12", "2026-01-13"
    owes(world, ("ana", "bo", 100))
    world.pay("B1", "ana", 100, "2026-01-06")
    world.tell("2026-01-12T13:00")
    world.run(first)
    world.step("open")
    owes(world, ("bo", "ana", 100), cycle=second)
    world.pay("B2", "bo", 100, "2026-01-13")
    world.tell("2026-01-16T17:00")
    world.run(second)
    world.run(first)
    assert state(world, first) == state(world, second) == "closed"
    assert [each.residual_minor for each in figures_so_far(world.desk)] == [200, 0]
    assert replay_cycle(world.desk, first) == () == replay_cycle(world.desk, second)


def test_who_settles_for_another_and_who_is_settled_for_both_get_a_statement(world: World):
    """Items of an indirect member are part of what its direct member is called for."""
    begun(world)
    assert world.approved(world.act("members_joined", members=[{"code": "xy", "name": "Xy", "under": "ana"}])).act
    final(world, ("xy", "bo", 100), ("cy", "ana", 130), ("xy", "cy", 7), ("bo", "xy", 12))
    cycle = world.desk.union.cycles[CODE]
    calls = {member: statement(facts_of(world.desk, cycle, member)).facts.calls for member in ("ana", "xy", "bo", "cy")}
    assert [call.position_minor for call in calls["ana"]] == [130 - 100 - 7 + 12]
    assert calls["xy"] == ()
