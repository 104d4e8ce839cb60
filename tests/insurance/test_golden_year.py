"""Three policy years as an accountant reckons them, on both stores: calls, claims through every layer, records, close; to the cent."""

from __future__ import annotations

from typing import Any

import pytest

from rescounter.facade.pool_work import year_named
from rescounter.facade.union_replay import replay_pool
from rescounter.insurance.books import books_of, record_of
from rescounter.insurance.overview import claim_layers
from rescounter.insurance.solvency import solvency
from rescounter.insurance.statement import member_json, member_years
from tests.insurance.pools import PoolWorld, euros, terms_text
from tests.store.stores import FRESH


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


def world_on(kind: str) -> PoolWorld:
    clock = [0]
    world = PoolWorld(FRESH[kind](clock=lambda: clock[0]), clock)
    world.start("ana", "bo", "cy", cash=5_000_000)
    return world


def call_rows(world: PoolWorld, name: str) -> list[list[str]]:
    act = next(act for year in world.desk.union.pool.years.values() for act in year.all("pool_called") if act.body["call"] == name)
    rows = world.desk.office.table(act.body["rows"]).to_pylist()
    return [[row["member"], row["class"] or "-", row["factor"], euros(row["estimated_minor"]), euros(row["amount_minor"])] for row in rows]


def layers(world: PoolWorld, claim: str) -> list[str]:
    found = world.desk.union.pool.claims[claim]
    year = world.desk.union.pool.years[found.year]
    return [claim, *(euros(minor) for minor in claim_layers(found, year).values())]


def first_year(world: PoolWorld) -> None:
    """2026, up to the day on which it may be closed."""
    take = world.take
    take(world.year())
    take(world.declare("2026", *EXPOSURES))
    take(world.call("advance"))
    take(world.pay_call("2026-advance-1"))
    for claim, member, amount in (("C-1", "bo", 500_000), ("C-2", "cy", 6_000_000)):
        take(world.notify(claim, member, amount), member)
        take(world.claim("reserve", claim, amount))
        take(world.claim("adjust", claim, amount))
        take(world.claim("pay", claim))


EXPOSURES = (
    ("ana", "coastal", 100_000_000),
    ("bo", "coastal", 50_000_000),
    ("bo", "ocean", 25_000_000),
    ("cy", "ocean", 100_000_000),
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_three_years_come_to_what_an_accountant_reckons(kind: str):
    world = world_on(kind)
    take = world.take
    first_year(world)

    # 4 and 8 per mille of what is at risk, nobody with a record; 80 % of it in advance
    assert call_rows(world, "2026-advance-1") == table("""
        ana  coastal  1  4,000.00  3,200.00
        bo   coastal  1  2,000.00  1,600.00
        bo   ocean    1  2,000.00  1,600.00
        cy   ocean    1  8,000.00  6,400.00
    """)
    # claim, retention, pool, reinsurance, overspill, beyond
    assert [layers(world, "C-1"), layers(world, "C-2")] == table("""
        C-1  1,000.00   4,000.00       0.00       0.00  0.00
        C-2  1,000.00  10,000.00  20,000.00  29,000.00  0.00
    """)
    # 12,800.00 came in, 4,000.00 went to bo; cy has the 8,800.00 that were left
    assert world.balances() == {
        "*/settlement/EUR": -15_000_000,
        "ana/cash/EUR": 4_680_000,
        "bo/cash/EUR": 5_080_000,
        "cy/cash/EUR": 5_240_000,
    }

    # 29,000.00 by exposure, 4 : 3 : 4; the odd cent goes to the earlier of two equal remainders
    take(world.call("overspill", claim="C-2"))
    assert call_rows(world, "2026-overspill-1") == table("""
        ana  -  1  0.00  10,545.46
        bo   -  1  0.00   7,909.09
        cy   -  1  0.00  10,545.45
    """)
    assert world.balances()["*/pool-called/EUR"] == 2_900_000
    assert world.balances()["bo/pool-dues/EUR"] == -790_909
    take(world.pay_call("2026-overspill-1", "bo", 90_909))
    take(world.pay_call("2026-overspill-1"))
    take(world.claim("pay", "C-2"))
    # of 20,000.00 reinsured three quarters are Market Re's
    world.pay("RE-1", "", 1_500_000, "2026-02-01")
    take(world.reinsure("C-2", "RE-1", "Market Re"))

    # has 15,000.00 and 5,000.00 to come; owes cy 59,000.00 - 37,800.00 = 21,200.00, and 20 % of the 16,200.00 net of reinsurance: 3,240.00
    year, books = year_named(world.desk, "2026")
    stands = solvency(world.desk.union.pool, year, books)
    assert (stands.cash_minor, stands.recoverable_minor, stands.reserves_minor, stands.required_minor) == (
        1_500_000,
        500_000,
        2_120_000,
        324_000,
    )
    assert stands.shortfall_minor == 444_000
    take(world.call("supplementary"))
    assert call_rows(world, "2026-supplementary-1") == table("""
        ana  -  1  0.00  1,110.00
        bo   -  1  0.00  1,110.00
        cy   -  1  0.00  2,220.00
    """)
    take(world.pay_call("2026-supplementary-1"))
    world.pay("RE-2", "", 500_000, "2026-02-01")
    take(world.reinsure("C-2", "RE-2", "North Re"))
    take(world.claim("pay", "C-2"))
    assert world.desk.union.pool.claims["C-2"].state.value == "paid"

    # 15,000.00 + 4,440.00 + 5,000.00 - 21,200.00 = 3,240.00 are left: a quarter, a quarter, a half, as they paid in
    world.tell("2027-07-01T00:00")
    take(world.close())
    assert world.balances() == {
        "*/settlement/EUR": -17_000_000,
        "ana/cash/EUR": 4_680_000 - 1_054_546 - 111_000 + 81_000,
        "bo/cash/EUR": 5_080_000 - 790_909 - 111_000 + 81_000,
        "cy/cash/EUR": 5_240_000 - 1_054_545 - 222_000 + 162_000 + 5_020_000,
    }

    # the second year: cy lost 59,000.00 on 8,620.00 called, so it pays a quarter more; bo 4,000.00 of 4,310.00, 93 %, as well, though it
    # moved to another class; ana lost nothing and pays a tenth less
    take(world.year(terms_text("2027", surplus='"carry"')))
    take(world.declare("2027", ("ana", "coastal", 100_000_000), ("bo", "ocean", 50_000_000), ("cy", "ocean", 100_000_000)))
    take(world.call("advance", "2027"))
    assert call_rows(world, "2027-advance-1") == table("""
        ana  coastal   9/10   3,600.00  2,880.00
        bo   ocean     5/4    5,000.00  4,000.00
        cy   ocean     5/4   10,000.00  8,000.00
    """)
    # dee comes in the year, with a record of another pool: 700.00 lost of 1,000.00, 70 %, which changes nothing
    world.join("dee")
    take(world.declare("2027", ("dee", "coastal", 25_000_050, 100_000, 70_000), ("ana", "coastal", 150_000_000)))
    take(world.call("advance", "2027"))
    assert call_rows(world, "2027-advance-2") == table("""
        ana  coastal  9/10  1,800.00  1,440.00
        dee  coastal  1     1,000.00    800.00
    """)
    # ana leaves: a fifth of 5,400.00, once, and no supplementary call any more
    assert world.refused(world.call("release", "2027", member="ana")) == ("member_not_leaving",)
    world.act("member_withdrew", code="ana", leaves_at_us=world.clock[0] + 1)
    take(world.call("release", "2027", member="ana"))
    assert call_rows(world, "2027-release-1") == table("ana - 1 0.00 1,080.00")
    assert take(world.call("release", "2027", member="ana")).is_repeat
    take(world.call("supplementary", "2027", amount=160_000, name="may-call"))
    assert call_rows(world, "may-call") == table("""
        bo   -  1  0.00    500.00
        cy   -  1  0.00  1,000.00
        dee  -  1  0.00    100.00
    """)
    for name in ("2027-advance-1", "2027-advance-2", "2027-release-1", "may-call"):
        take(world.pay_call(name))

    # dee never paid its 900.00; everything else, 18,800.00, goes on to 2028
    world.tell("2028-07-01T00:00")
    take(world.year(terms_text("2028")))
    assert world.refused(world.close("2027", to="2028")) == ("pool_year_not_clear",)
    take(world.close("2027", to="2028", gives_up=True))
    assert world.balances()["*/pool-2028/EUR"] == 288_000 + 400_000 + 800_000 + 144_000 + 108_000 + 50_000 + 100_000
    assert not any("pool-dues" in name or "pool-called" in name or "pool-2027" in name for name in world.balances())
    assert replay_pool(world.desk) == ()
    world.store.close()


def test_a_statement_tells_what_the_member_sees():
    world = world_on("sqlite")
    first_year(world)
    pool, table_of = world.desk.union.pool, world.desk.office.table
    found: dict[str, Any] = member_json(member_years(pool, "bo", table_of), "bo", "Bo")["years"][0]
    assert found["exposures"] == {"coastal": 50_000_000, "ocean": 25_000_000}
    assert found["calls"] == [
        {"call": "2026-advance-1", "kind": "advance", "called_minor": 320_000, "paid_minor": 320_000, "under_way_minor": 0}
    ]
    assert [(each["claim"], each["state"], each["paid_minor"]) for each in found["claims"]] == [("C-1", "paid", 400_000)]
    assert (found["owed_minor"], found["record"]["factor"]) == (0, "1")
    world.store.close()


def test_a_record_counts_the_years_of_the_terms_and_no_more():
    world = world_on("sqlite")
    first_year(world)
    for code in ("2027", "2028", "2029", "2030"):
        world.take(world.year(terms_text(code)))
    pool, table_of = world.desk.union.pool, world.desk.office.table
    known = {code: record_of(pool, pool.years[code], ["cy"], table_of)["cy"] for code in ("2026", "2029", "2030")}
    assert (known["2026"].contributed_minor, known["2026"].lost_minor) == (0, 0)
    assert (known["2029"].contributed_minor, known["2029"].lost_minor) == (640_000, 5_900_000)
    assert (known["2030"].contributed_minor, known["2030"].lost_minor) == (0, 0)
    assert list(books_of(pool.years["2026"], table_of)) == ["ana", "bo", "cy"]
    world.store.close()
