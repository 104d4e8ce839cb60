"""Projected calls under scenarios of losses: golden rows, and sums that come out whatever the losses."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.facade.pool_work import projections, year_named
from rescounter.insurance.books import MemberBook
from rescounter.insurance.pool import Pool, Year
from rescounter.insurance.projection import Scenario, project
from rescounter.insurance.projection_page import projection_html, projection_json, projection_text
from rescounter.insurance.reading import terms_of
from rescounter.insurance.states import YearState
from rescounter.statements.facts import UnionNote
from tests.insurance.pools import TERMS, PoolWorld, euros
from tests.store.stores import FRESH

NOTE = UnionNote(name="A union")


@pytest.fixture(scope="module")
def world() -> Iterator[PoolWorld]:
    clock = [0]
    store = FRESH["sqlite"](clock=lambda: clock[0])
    made = PoolWorld(store, clock)
    made.start("ana", "bo", "cy")
    made.take(made.year())
    made.take(made.declare("2026", ("ana", "coastal", 100_000_000), ("bo", "coastal", 75_000_000), ("cy", "ocean", 100_000_000)))
    yield made
    store.close()


def test_the_usual_scenarios_before_anything_was_called(world: PoolWorld):
    year, books = year_named(world.desk, None)
    found = projections(world.desk, year, books)
    names = ("advance_minor", "supplementary_minor", "overspill_minor", "surplus_minor", "net_minor")
    told = [[each.scenario.name, euros(each.burden_minor), *(euros(each.total(name)) for name in names)] for each in found]
    # 4,000.00 + 3,000.00 + 8,000.00 for the year, 80 % in advance; the large claim takes 10,000.00 of the pool and 50,000.00 of overspill
    assert told == [
        ["none", "0.00", "12,000.00", "0.00", "0.00", "12,000.00", "0.00"],
        ["as expected", "10,500.00", "12,000.00", "0.00", "0.00", "1,500.00", "10,500.00"],
        ["bad", "18,000.00", "12,000.00", "6,000.00", "0.00", "0.00", "18,000.00"],
        ["worst", "40,000.00", "12,000.00", "28,000.00", "50,000.00", "0.00", "90,000.00"],
    ]
    worst = {member.member: euros(member.net_minor) for member in found[-1].members}
    # 40,000.00 by 4 : 3 : 8, and 50,000.00 by 4 : 3 : 4
    assert worst == {"ana": "28,848.49", "bo": "21,636.36", "cy": "39,515.15"}


def test_page_text_and_json_tell_the_same(world: PoolWorld):
    year, books = year_named(world.desk, "2026")
    found = projections(world.desk, year, books)
    page, text, body = projection_html(year, found, NOTE), projection_text(year, found, NOTE), projection_json(year, found)
    assert page == projection_html(year, found, NOTE)
    for each in body["scenarios"]:
        assert euros(each["net_minor"]) in page or each["net_minor"] == 0
        assert euros(each["net_minor"]) in text or each["net_minor"] == 0
        assert sum(member["net_minor"] for member in each["members"]) == each["net_minor"]
    assert page.count("<svg viewBox") == 1
    assert "://" not in page


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(1, 10**11), st.integers(0, 10**8), st.booleans()), min_size=1, max_size=6),
    st.fractions(0, 5, max_denominator=100),
    st.integers(0, 10**9),
    st.integers(0, 10**8),
)
def test_what_is_called_is_what_losses_cost(rows, ratio, large, carried):
    year = Year(terms_of(TERMS, 2), YearState.OPEN, (), 1, carried_in_minor=carried)
    books = {}
    for number, (estimated, exposure, advance, is_released) in enumerate(rows):
        book = MemberBook(declared={"ocean": exposure}, charged={"ocean": exposure}, estimated_minor=estimated, is_released=is_released)
        book.by_kind["advance"] = min(advance, estimated)
        books[f"m{number}"] = book
    found = project(Pool(), year, books, (), Scenario("any", ratio, large))
    assert all(
        member.surplus_minor >= 0 and member.overspill_minor <= rows[int(member.member[1:])][1] * 25 // 1000 for member in found.members
    )
    cost = found.total("net_minor") - found.total("overspill_minor") + carried
    supplement = {member.member for member in found.members if member.supplementary_minor}
    assert not supplement & {f"m{number}" for number, row in enumerate(rows) if row[3]}
    if any(row[0] and not row[3] for row in rows) and any(min(row[0], row[2]) for row in rows):
        assert cost == found.burden_minor
    assert found.burden_minor >= round(ratio * sum(row[0] for row in rows))


def test_a_scenario_that_cannot_be_reckoned_is_refused(tmp_path):
    from rescounter.facade.pool_files import read_exposures, read_scenarios

    file = tmp_path / "losses.csv"
    file.write_text("name,loss_ratio_percent,large_claim\ncalm,35.5,\nstorm,150,25000.00\nstorm,1,\nodd,-1,\nbig,5,1.001\n,5,\n")
    found, refusals = read_scenarios(file, 2)
    assert found == [Scenario("calm", Fraction(71, 200)), Scenario("storm", Fraction(3, 2), 2_500_000)]
    assert [(each.row, each.code) for each in refusals] == [(row, "scenario_unusable") for row in (3, 4, 5, 6)]
    table = tmp_path / "exposures.csv"
    table.write_text("member,class,exposure,record_contributed,record_lost\nana,ocean,10.50,,\nbo,ocean,1,5,2.5\ncy,ocean,ten,,\n")
    rows, refusals = read_exposures(table, 2)
    assert [(row["exposure_minor"], row["record_contributed_minor"], row["record_lost_minor"]) for _, row in rows] == [
        (1050, 0, 0),
        (100, 500, 250),
    ]
    assert [(each.row, each.code) for each in refusals] == [(3, "exposure_unusable")]
