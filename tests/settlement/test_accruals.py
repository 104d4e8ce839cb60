"""Interest on what is outstanding, and interest and charges on credit, as tables; amounts in minor units, reckoned by hand beside them."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from rescounter.ledger.standings import Standing, Standings
from rescounter.settlement.accruals import charges_on_credit, interest_on_credit, interest_on_outstandings, with_interest
from rescounter.settlement.calls import POSITIONS
from rescounter.settlement.charges import CHARGES_1943
from rescounter.settlement.collection import collected, with_collected
from rescounter.settlement.convertible import convertible_of
from rescounter.settlement.interest import DayCount, InterestRate
from rescounter.settlement.outstandings import Balance

DAY = date(2026, 3, 2)
NOBODY = pa.table({"member": pa.array([], pa.string()), "settles_by": pa.array([], pa.string())})


def items(*rows: tuple[str, str, int, date | None]) -> pa.Table:
    columns = zip(*rows, strict=True)
    names = {"debtor": pa.string(), "creditor": pa.string(), "replaced_minor": pa.int64(), "due": pa.date32()}
    made = {name: pa.array(column, kind) for (name, kind), column in zip(names.items(), columns, strict=True)}
    return pa.table(made | {"currency": pa.array(["EUR"] * len(rows))})


def earned(table: pa.Table) -> dict[str, int]:
    return {row["member"]: row["interest_minor"] for row in table.to_pylist()}


def test_debtors_pay_from_each_due_day_and_creditors_get_all_of_it():
    # 36 days by 360 are a tenth of a year: ana 1000.00 at 5% = 5.00; bo is owed it, and owes half of it for half of the time: 1.25.
    found = interest_on_outstandings(
        items(
            ("ana", "bo", 100_000, DAY - timedelta(36)),
            ("bo", "cy", 50_000, DAY - timedelta(18)),
            ("cy", "ana", 70_000, DAY),
            ("cy", "ana", 70_000, None),
        ),
        NOBODY,
        settles_on=DAY,
        rate=Fraction(5, 100),
        count=DayCount.ACTUAL_360,
    )
    assert earned(found) == {"ana": -500, "bo": 375, "cy": 125}


def test_an_indirect_member_earns_for_who_settles_for_it():
    by = pa.table({"member": ["bo"], "settles_by": ["cy"]})
    found = interest_on_outstandings(
        items(("ana", "bo", 100_000, DAY - timedelta(36))), by, settles_on=DAY, rate=Fraction(5, 100), count=DayCount.ACTUAL_360
    )
    assert earned(found) == {"ana": -500, "cy": 500}


members = st.sampled_from(["ana", "bo", "cy", "dee"])
rows = st.tuples(members, members, st.integers(1, 10**9), st.none() | st.dates(date(2025, 1, 1), date(2026, 6, 1)))


@given(st.lists(rows, min_size=1, max_size=12), st.fractions(0, "1/5", max_denominator=1000))
def test_interest_on_outstandings_sums_to_zero_and_is_within_a_unit_of_the_exact_one(listed, rate):
    found = earned(interest_on_outstandings(items(*listed), NOBODY, settles_on=DAY, rate=rate, count=DayCount.ACTUAL_365))
    assert sum(found.values()) == 0
    exact = dict.fromkeys(found, Fraction(0))
    for debtor, creditor, amount, due in listed:
        if due is not None and due < DAY:
            whole = amount * rate * (DAY - due).days / 365
            exact[debtor] -= whole
            exact[creditor] += whole
    assert all(abs(found[member] - exact[member]) <= len(found) for member in found)
    net = pa.table([["EUR"], ["zoe"], [0]], schema=POSITIONS)
    table = interest_on_outstandings(items(*listed), NOBODY, settles_on=DAY, rate=rate, count=DayCount.ACTUAL_365)
    assert sum(with_interest(net, table)["net_minor"].to_pylist()) == 0


def test_both_sides_of_credit_bear_interest_at_their_rates_and_charges_on_what_lasts():
    # 90 days by 360 are a quarter. ana -400.00 at 3% = -3.00; bo +400.00 at 2% = 2.00; its quota of 400.00 makes both pay: of what is
    # beyond 100.00 and beyond 200.00 one per cent each, 5.00 a year. cy had 200.00 in the second half: 100.00 on average, not beyond.
    start, end = date(2026, 1, 1), date(2026, 4, 1)
    balances = {
        ("EUR", "ana"): [Balance(start, -40_000)],
        ("EUR", "bo"): [Balance(start - timedelta(9), 40_000)],
        ("EUR", "cy"): [Balance(start, 0), Balance(start + timedelta(45), 20_000)],
    }
    rates = (InterestRate(start, Fraction(3, 100), Fraction(2, 100)),)
    found = interest_on_credit(balances, rates, start=start, end=end, count=DayCount.ACTUAL_360)
    assert earned(found) == {"ana": -300, "bo": 200, "cy": 50}
    charged = charges_on_credit(balances, dict.fromkeys(balances, 40_000), CHARGES_1943, start=start, end=end, count=DayCount.ACTUAL_360)
    assert {row["member"]: row["charge_minor"] for row in charged.to_pylist()} == {"ana": 125, "bo": 125}


def books(**balances: int) -> Standings:
    names = {name.replace("__", "/").replace("UNION", "*").replace("_", "-"): balance for name, balance in balances.items()}
    return Standings.of(
        Standing(id=f"{name}/EUR", currency="EUR", limit_minor=None, posted_debits=max(0, -balance), posted_credits=max(0, balance))
        for name, balance in names.items()
    )


def test_convertible_reserves_are_what_the_agent_holds_and_nobody_else_owns():
    found = convertible_of(
        books(
            UNION__settlement=-1000,
            ana__cash=100,
            bo__cash=-30,  # lent on within its cap: a claim, and no reserve
            ana__due=50,
            UNION__unidentified=7,
            ana__collateral=200,
            UNION__guarantee=40,
            UNION__capital=300,
            ana__credit=-60,
        )
    )
    assert found == {"EUR": 1000 - 100 - 50 - 7 - 200 - 40}


def test_what_is_collected_is_in_the_call_of_who_settles_and_not_of_who_is_late():
    by = pa.table({"member": ["bo"], "settles_by": ["ana"]})
    standings = books(ana__fees=-5, bo__interest=3, bo__charges=-1, cy__fees=-9, cy__cash=100, UNION__fees=14)
    owed = collected(standings, by, late={("EUR", "cy")})
    net = pa.table([["EUR"], ["ana"], [-100]], schema=POSITIONS)
    assert with_collected(net, owed).to_pylist() == [{"currency": "EUR", "member": "ana", "net_minor": -103}]
