"""Credit in the cycle: what is settled in reserves and what becomes credit, with numbers that an accountant can follow; in minor units."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescounter.cycle.foreseeing import foreseen
from rescounter.facade.union_credit import credit_of, latest_events
from rescounter.facade.union_replay import replay_cycle
from rescounter.facade.union_work import step
from rescounter.settlement.sliding_scale import ScaleTerms, reserve_minor
from rescounter.settlement.tranches import TRANCHE_TABLES
from rescounter.statements.cycle_figures import CycleFigures
from rescounter.statements.savings import savings
from tests.cycle.credit import MONTHS, RULES_OF_CREDIT, capital, convertible, credit_rules, month, new_world, paid_up, quotas, scale_of
from tests.cycle.world import OPERATOR, World
from tests.settlement.golden import golden, table_of

_OPEN: list[World] = []


@pytest.fixture(autouse=True)
def _unions_are_closed():
    yield
    while _OPEN:
        _OPEN.pop().store.close()


def founded(rules: str, *members: str, quota: int = 50_000, has: int = 0, kind: str = "sqlite") -> World:
    world = new_world(kind)
    _OPEN.append(world)
    world.tell("2026-01-02T09:00")
    world.found(rules)
    world.join(*members)
    quotas(world, **dict.fromkeys(members, quota))
    if has:
        assert capital(world, has, "K-1").act
    return world


def whole(world: World) -> None:
    """What holds after every settlement, whatever came before."""
    balances = world.balances()
    assert sum(balances.values()) == 0
    assert not any(name.endswith(("/clearing/EUR", "/due/EUR", "/set-off/EUR")) for name in balances)
    for member, (_, _, credit) in scale_of(world).items():
        assert balances.get(f"{member}/credit/EUR", 0) == credit
    own = ("capital", "credit", "fees", "interest", "charges", "reserve-fund")
    assert convertible(world) == sum(balance for name, balance in balances.items() if name.split("/")[1] in own)


def told(world: World, code: str, member: str) -> tuple[int, int, int]:
    """What the statement of a member tells: its net, what of it is settled in reserves, and its credit afterwards."""
    (note,) = credit_of(world.desk, world.desk.union.cycles[code], member)
    return note.net_minor, note.transfer_minor, note.credit_minor


@golden("sliding scale")
def test_months_of_the_payments_union_through_whole_cycles(given, want):
    # The counterpart takes the other side of each net; its quota is so large that all of it is credit.
    table = next(name for name in TRANCHE_TABLES if TRANCHE_TABLES[name] == table_of(given))
    rules = credit_rules(RULES_OF_CREDIT.replace("1950", table))
    world = founded(rules, "ana", "rest", quota=100 * given["quota"], has=1_000_000)
    quotas(world, rest=10**9)
    for place, (net, row) in enumerate(zip(given["nets"], want, strict=True)):
        code = month(world, place, [("ana", "rest", -100 * net) if net < 0 else ("rest", "ana", 100 * net)])
        assert told(world, code, "ana") == tuple(100 * row[name] for name in ("net", "reserve", "credit_outstanding"))
        assert world.balances().get("ana/credit/EUR", 0) == 100 * row["credit_outstanding"]
        whole(world)
        assert replay_cycle(world.desk, code) == ()


def test_only_reserves_are_called_earmarked_and_paid_out():
    # ana -150.00 on a quota of 500.00: 100.00 are credit, of 50.00 a fifth is paid. bo +150.00: of 50.00 half is paid out.
    world = founded(credit_rules(), "ana", "bo", has=35_000)
    code = month(world, 0, [("ana", "bo", 15_000)])
    called = world.desk.union.cycles[code].known("called").body
    table = world.desk.office.table
    assert [tuple(row.values()) for row in table(called["calls"]).to_pylist()] == [("EUR", "ana", 1_000, 0), ("EUR", "bo", 0, 2_500)]
    assert [row["net_minor"] for row in table(called["positions"]).to_pylist()] == [-15_000, 15_000]
    (projection,) = called["projection"]
    assert (projection["before_minor"], projection["paid_in_minor"], projection["paid_out_minor"]) == (35_000, 1_000, 2_500)
    assert (projection["after_minor"], projection["missing_minor"], projection["causes"]) == (33_500, 0, [])
    assert world.balances() == {
        "*/capital/EUR": 35_000,
        "*/settlement/EUR": -33_500,
        "ana/credit/EUR": -14_000,
        "bo/credit/EUR": 12_500,
    }


def test_a_floor_that_would_be_broken_is_told_from_the_first_clearing_on_and_holds_the_cycle_until_capital_comes():
    # Mirror positions of 400.00: the union is paid 110.00 + what is due, and pays 150.00. It has 30.00, and its floor is 0.
    world = founded(credit_rules(RULES_OF_CREDIT + 'floor = { EUR = "5.00" }\n'), "ana", "bo", has=3_000)
    seen = []

    def look(world: World) -> None:
        cycle = world.desk.union.cycles[MONTHS[0]]
        seen.append((cycle.state.value, foreseen(world.desk.union, cycle, world.desk.office, at_us=world.desk.at_us)[0].as_body()))

    code = month(world, 0, [("ana", "bo", 40_000)], before_call=look)
    (state, projection), cycle = seen[0], world.desk.union.cycles[code]
    assert (state, cycle.state.value) == ("cleared (preliminary)", "cleared (final)")
    # G(-400) = 20 + 40 + 60 = 120.00 paid in; G(+400) = 150.00 paid out; 30 - 30 = 0 left, the floor is 5.00.
    assert (projection["after_minor"], projection["missing_minor"], projection["causes"]) == (0, 500, ["bo"])
    assert {each.code for each in step(world.desk, "fund", by=OPERATOR, cycle=code).refusals} == {"reserves_below_floor"}
    assert not world.desk.union.cycles[code].all("funded")
    assert capital(world, 500, "K-2").act
    world.run(code)
    assert world.desk.union.cycles[code].state.value == "closed"
    assert convertible(world) == 500
    whole(world)
    assert replay_cycle(world.desk, code) == ()


def test_a_lower_floor_that_the_rulebook_is_changed_to_cures_it_too():
    rules = credit_rules(RULES_OF_CREDIT + 'floor = { EUR = "5.00" }\n')
    world = founded(rules, "ana", "bo", has=3_000)
    code = month(world, 0, [("ana", "bo", 40_000)])
    assert world.desk.union.cycles[code].state.value == "cleared (final)"
    from rescounter.rulebook.reading import read_rulebook

    text = rules.replace('floor = { EUR = "5.00" }', 'floor = { EUR = "0.00" }')
    known = read_rulebook(text).known
    done = world.act("rulebook_changed", text=text, digest=known.digest, frozen=dict(known.frozen))
    assert world.approved(done).act
    world.run(code)
    assert world.desk.union.cycles[code].state.value == "closed"


def test_capital_is_moved_once_and_given_back_as_far_as_it_is_free():
    world = founded(credit_rules(RULES_OF_CREDIT + 'floor = { EUR = "100.00" }\n'), "ana", "bo", has=35_000)
    assert capital(world, 35_000, "K-1").is_repeat
    assert {each.code for each in capital(world, 100, "K-1").refusals} == {"capital_reference_taken"}
    assert {each.code for each in capital(world, 0, "K-0").refusals} == {"capital_malformed"}
    assert {each.code for each in capital(world, 25_001, "K-2", is_added=False).refusals} == {"capital_not_free"}
    assert capital(world, 25_000, "K-2", is_added=False).act
    assert world.balances() == {"*/capital/EUR": 10_000, "*/settlement/EUR": -10_000}


def test_capital_that_a_called_cycle_will_take_is_not_free():
    # Called: ana pays 10.00 in, bo is paid 25.00: 15.00 of the 20.00 are wanted.
    world = founded(credit_rules(), "ana", "bo", has=2_000)
    code = month(world, 0, [("ana", "bo", 15_000)], pays=lambda world, code, day: None)
    assert {each.code for each in capital(world, 501, "K-2", is_added=False).refusals} == {"capital_not_free"}
    assert capital(world, 500, "K-2", is_added=False).act
    paid_up(world, code, code)
    world.run(code)
    assert convertible(world) == 0


def test_a_changed_quota_and_a_changed_table_are_settled_with_the_next_net_also_of_nothing():
    # -150.00: 10.00 paid. Quota 1000.00 from then on: 200.00 are free, so the 10.00 come back, without any net.
    world = founded(credit_rules(), "ana", "bo", has=35_000)
    month(world, 0, [("ana", "bo", 15_000)])
    quotas(world, ana=100_000)
    code = month(world, 1, [])
    assert told(world, code, "ana") == (0, 1_000, -15_000)
    assert told(world, code, "bo") == (0, 0, 12_500)
    whole(world)
    # No quota at all: everything is paid.
    quotas(world, ana=0)
    code = month(world, 2, [])
    assert told(world, code, "ana") == (0, -15_000, 0)
    whole(world)


def test_what_a_late_member_would_pay_for_a_changed_quota_waits_for_the_next_settlement():
    world = founded(credit_rules(), "ana", "bo", "cy", has=35_000)
    month(world, 0, [("ana", "bo", 15_000)])
    quotas(world, ana=0)

    def all_but_ana(world: World, code: str, day: str) -> None:
        world.tell("2026-03-11T10:00")
        world.run(code)
        paid_up(world, code, day)  # without the 50.00 of ana bo owes on balance, and is called for 10.00 in the second round

    code = month(world, 1, [("ana", "bo", 5_000), ("bo", "cy", 2_000)], pays=all_but_ana)
    cycle = world.desk.union.cycles[code]
    assert (cycle.state.value, len(cycle.all("called"))) == ("closed", 2)
    assert told(world, code, "ana") == (0, 0, -14_000)  # its debt of 50.00 is carried, and 140.00 are still credit
    whole(world)
    assert replay_cycle(world.desk, code) == ()
    code = month(world, 2, [])
    assert scale_of(world)["ana"] == (-20_000, -20_000, 0)  # both with the next net
    whole(world)


def test_the_next_cycle_is_called_when_the_one_before_is_closed():
    world = founded(credit_rules(), "ana", "bo", has=35_000)
    first = month(world, 0, [("ana", "bo", 15_000)], pays=lambda world, code, day: None)
    second = month(world, 1, [("ana", "bo", 15_000)], pays=lambda world, code, day: None)
    assert [world.desk.union.cycles[code].state.value for code in (first, second)] != ["closed", "closed"]
    refusals = step(world.desk, "fund", by=OPERATOR, cycle=second).refusals
    assert {each.code for each in refusals} & {"cycle_before_not_settled", "out_of_turn"}


INTEREST = RULES_OF_CREDIT + 'interest = "credit"\ndebit_rate = "2"\ncredit_rate = "2"\ncharges = ["1943"]\n'


def test_interest_and_charges_are_booked_by_value_days_and_collected_with_the_next_call():
    # Credit from 30 January on: ana -140.00, bo +125.00. Settlement days: 30 January, 3 March, 31 March.
    # To 3 March, 32 days at 2%: 140.00 * 2% * 32 / 360 = 0.2489, 125.00: 0.2222. The average of 140.00 is 15.00 beyond a quarter of the
    # quota of 500.00: 15.00 * 1% * 32 / 360 = 0.0133. bo is at a quarter, not beyond.
    world = founded(credit_rules(INTEREST, fees='per_mille = "0"\ncollected = true'), "ana", "bo", has=35_000)
    month(world, 0, [("ana", "bo", 15_000)])
    code = month(world, 1, [])
    balances = world.balances()
    assert {name: balances[name] for name in balances if "interest" in name or "charges" in name or "reserve-fund" in name} == {
        "ana/interest/EUR": -25,
        "bo/interest/EUR": 22,
        "*/interest/EUR": 3,
        "ana/charges/EUR": -1,
        "*/reserve-fund/EUR": 1,
    }
    (note,) = credit_of(world.desk, world.desk.union.cycles[code], "ana")
    assert (note.interest_minor, note.charge_minor, note.accrued_until) == (-25, 1, "2026-03-03")
    whole(world)
    # The next call takes 0.26 of ana and pays 0.22 to bo. Credit is as before, so 28 days more: 0.2178, 0.1944, 0.0117.
    code = month(world, 2, [])
    called = world.desk.union.cycles[code].known("called").body
    assert [tuple(row.values()) for row in world.desk.office.table(called["calls"]).to_pylist()] == [
        ("EUR", "ana", 26, 0),
        ("EUR", "bo", 0, 22),
    ]
    (note,) = credit_of(world.desk, world.desk.union.cycles[code], "ana")
    assert (note.interest_collected_minor, note.charges_collected_minor, note.transfer_minor) == (-25, -1, 0)
    balances = world.balances()
    assert (balances["ana/interest/EUR"], balances["bo/interest/EUR"], balances["ana/charges/EUR"]) == (-22, 19, -1)
    assert convertible(world) == 33_500 + 4
    whole(world)
    assert all(replay_cycle(world.desk, each) == () for each in world.desk.union.cycles)


def test_fees_are_collected_too_and_nothing_is_collected_from_who_is_late():
    # Set-off of 60.00 among three: 1.1 per mille each, 0.066, half-even 0.07.
    rules = credit_rules("", fees='per_mille = "1.1"\ncollected = true').replace("partial_funding = true", "partial_funding = false")
    world = founded(rules, "ana", "bo", "cy")
    month(world, 0, [("ana", "bo", 6_000), ("bo", "cy", 6_000), ("cy", "ana", 6_000)])
    assert world.balances()["*/fees/EUR"] == 21

    def all_but_ana(world: World, code: str, day: str) -> None:
        for member in ("bo", "cy"):
            world.pay(f"{code}/{member}", member, 7, day, code)
        world.tell("2026-03-20T10:00")
        world.run(code)

    code = month(world, 1, [], pays=all_but_ana)
    assert world.desk.union.cycles[code].state.value == "closed"
    assert world.balances() == {"*/fees/EUR": 21, "ana/fees/EUR": -7, "*/settlement/EUR": -14}
    code = month(world, 2, [])
    assert world.balances() == {"*/fees/EUR": 21, "*/settlement/EUR": -21}
    assert all(replay_cycle(world.desk, each) == () for each in world.desk.union.cycles)


OUTSTANDINGS = '[credit]\ninterest = "outstandings"\ndebit_rate = "4.5"\n'


def test_interest_on_outstandings_is_part_of_the_settlement_and_sums_to_zero():
    # 10,000,000.00 for 61 days at 4.5%, by 360: 76,250.00; due on 30 November, settled on 30 January.
    rules = credit_rules(OUTSTANDINGS).replace("partial_funding = true", "partial_funding = false")
    world = founded(rules, "ana", "bo", "cy")
    import datetime

    world.tell("2026-01-05T09:00")
    assert world.step("open").act
    rows = [
        {"id": "1", "debtor": "ana", "creditor": "bo", "amount_minor": 10**9, "due": datetime.date(2025, 11, 30)},
        {"id": "2", "debtor": "ana", "creditor": "cy", "amount_minor": 500, "due": datetime.date(2026, 1, 30)},
        {"id": "3", "debtor": "ana", "creditor": "cy", "amount_minor": 700, "due": None},
    ]
    world.submit("ana", rows, MONTHS[0])
    code = month(world, 0, [])
    called = world.desk.union.cycles[code].known("called").body
    assert [tuple(row.values()) for row in world.desk.office.table(called["calls"]).to_pylist()] == [
        ("EUR", "ana", 10**9 + 1_200 + 7_625_000, 0),
        ("EUR", "bo", 0, 10**9 + 7_625_000),
        ("EUR", "cy", 0, 1_200),
    ]
    assert [credit_of(world.desk, world.desk.union.cycles[code], each)[0].outstandings_minor for each in ("ana", "bo")] == [
        -7_625_000,
        7_625_000,
    ]
    assert world.balances() == {}
    assert replay_cycle(world.desk, code) == ()


def test_balances_that_persist_are_told():
    # ana's credit is 280.00 of a quota of 500.00: beyond half of it at once. It is told at every close, since the first.
    world = founded(credit_rules(RULES_OF_CREDIT + 'watches = "1943"\n'), "ana", "bo", has=35_000)
    month(world, 0, [("ana", "bo", 40_000)])
    code = month(world, 1, [])
    assert [(each["member"], each["code"], each["since"]) for each in latest_events(world.desk)] == [("ana", "debit_half", "2026-03-03")]
    code = month(world, 2, [])
    (event,) = credit_of(world.desk, world.desk.union.cycles[code], "ana")[0].events
    assert (event.code, event.since, event.found_minor, event.allowed_minor) == ("debit_half", "2026-03-03", 28_000, 25_000)
    month(world, 3, [("bo", "ana", 20_000)])
    month(world, 4, [])
    assert latest_events(world.desk) == []


def test_the_savings_report_keeps_the_statistic_of_the_payments_union():
    # 800 = 660 + 60 + 80: what pairs would have paid is saved by netting with all, or through time, or left. What is left splits by the
    # table, on a quota of 50: ana -30 into 6 in reserves and 24 of credit, bo +40 into 15 and 25, cy -10 into 0 and 10.
    world = founded(credit_rules(), "ana", "bo", "cy", quota=5_000, has=35_000)
    month(world, 0, [("ana", "bo", 10_000), ("bo", "cy", 8_000), ("cy", "ana", 6_000)])
    month(world, 1, [("bo", "ana", 5_000), ("cy", "bo", 7_000), ("ana", "cy", 4_000)])
    closed = [cycle.known("closed").body["figures"] for cycle in world.desk.union.cycles.values()]
    (found,) = savings([CycleFigures(**each) for own in closed for each in own]).currencies
    saved = (found.bilateral_minor, found.multilateral_minor, found.through_time_minor, found.residual_minor)
    assert saved == (80_000, 66_000, 6_000, 8_000)
    assert scale_of(world) == {"ana": (-3_000, -600, -2_400), "bo": (4_000, 1_500, 2_500), "cy": (-1_000, 0, -1_000)}
    whole(world)


members = st.sampled_from(("ana", "bo", "cy"))
debts = st.lists(st.tuples(members, members, st.integers(1, 60_000)).filter(lambda each: each[0] != each[1]), max_size=4)
changes = st.dictionaries(members, st.sampled_from((0, 20_000, 50_000, 333)), max_size=2)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(debts, changes), min_size=2, max_size=3), st.sampled_from(("1950", "1952", "1954", "1955")))
def test_whatever_the_months_reserves_depend_on_positions_and_quotas_alone(months, table):
    world = founded(credit_rules(RULES_OF_CREDIT.replace("1950", table)), "ana", "bo", "cy", has=10_000_000)
    held = dict.fromkeys(("ana", "bo", "cy"), 50_000)
    for place, (owed, changed) in enumerate(months):
        if changed:
            quotas(world, **changed)
        held |= changed
        code = month(world, place, owed)
        assert world.desk.union.cycles[code].state.value == "closed"
        stood = scale_of(world)
        for member, (position, reserve, _) in stood.items():
            assert reserve == reserve_minor(position, ScaleTerms(held[member], TRANCHE_TABLES[table]))
        assert sum(position for position, _, _ in stood.values()) == 0
        assert convertible(world) == 10_000_000 - sum(reserve for _, reserve, _ in stood.values())
        whole(world)
    assert all(replay_cycle(world.desk, code) == () for code in world.desk.union.cycles)
