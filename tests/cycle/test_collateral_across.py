"""Collateral in one currency for what is needed in another: calls, releases, stale rates, the statement, on both stores."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rescounter.cycle.pledging import covered
from rescounter.facade.union_collateral import collateral_known, collateral_section
from rescounter.facade.union_sections import statement_of
from rescounter.ledger import Store
from rescounter.statements.member_statement import text
from rescounter.terms.money import Money
from tests.cycle.mortal import Mortal, fresh, to_the_end
from tests.cycle.test_collateral_in_a_union import call, codes, move, price
from tests.cycle.test_exchange import rate, set_rates
from tests.cycle.world import RULES, World

ACROSS = RULES.replace('currencies = ["EUR"]', 'currencies = ["EUR", "USD"]').replace(
    "[fees]", '[exchange]\nbase = "EUR"\n[collateral]\ncurrency_haircuts = { USD = "8" }\n[fees]'
)


def union(store: Store, clock: list[int], rules: str = ACROSS) -> World:
    world = World(store, clock)
    world.tell("2026-01-05T10:00")
    world.found(rules)
    world.join("ana", "bo")
    world.step("open")
    return world


@pytest.fixture
def world() -> Iterator[World]:
    store, clock = fresh("sqlite")
    yield union(store, clock)
    store.close()


def need(world: World, amount_minor: int, currency: str = "EUR") -> None:
    limit = {"member": "ana", "currency": currency, "kind": "collateral", "amount_minor": amount_minor, "from_us": world.clock[0]}
    assert world.approved(world.act("limits_set", limits=[limit])).act


def pledged(world: World) -> None:
    """500 pieces at 2.00 USD, less a tenth: 900.00 USD; one euro buys 1.25 USD."""
    assert move(world, "BOND", 500, "P1").act
    assert price(world, currency="USD", price="2", haircut="10").act
    assert set_rates(world, rate("USD", "1.25", "2026-01-05T09:00")).act


def stands(world: World) -> dict[str, tuple[int, int, int, int]]:
    """By currency what counts, what comes from or goes to others, what is missing and what is free."""
    found = covered(world.desk.union, world.desk.office, at_us=world.clock[0])
    return {each.currency: (each.held_minor, each.across_minor, each.missing_minor, each.free_minor) for each in found}


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_dollars_cover_euro_at_the_rate_less_the_currency_haircut(kind: str):
    store, clock = fresh(kind)
    world = union(store, clock)
    pledged(world)
    need(world, 60_000)
    # 900.00 USD less 8 per cent = 828.00 USD = 662.40 EUR, of which 600.00 are needed: 750.00 USD, 815.22 of them bound.
    assert stands(world) == {"EUR": (0, 60_000, 0, 0), "USD": (90_000, -81_522, 0, 8_478)}
    assert call(world).is_repeat
    need(world, 70_000)
    done = call(world)
    assert done.act and not done.is_repeat
    called = world.desk.union.pledges.called
    assert called is not None
    assert [(row["currency"], row["needed_minor"], row["held_minor"], row["missing_minor"]) for row in
            world.desk.office.table(called.body["calls"]).to_pylist()] == [("EUR", 70_000, 66_240, 3_760)]  # fmt: skip
    frozen = world.desk.office.table(called.body["rates"]).to_pylist()
    assert [(row["currency"], row["rate"], row["source"]) for row in frozen] == [("USD", "1.25", "a central bank")]
    store.close()


def test_a_release_that_other_currencies_need_is_refused(world: World):
    pledged(world)
    need(world, 60_000)
    # 47 pieces are 84.60 of the 84.78 USD that are free; one more is not.
    assert codes(move(world, "BOND", 48, "P2", release=True)) == ["collateral_needed"]
    assert move(world, "BOND", 47, "P3", release=True).act
    assert stands(world)["EUR"] == (0, 60_000, 0, 0)


def test_what_a_member_owes_in_one_currency_is_covered_by_another(world: World):
    pledged(world)
    need(world, 10_000, "USD")
    need(world, 50_000)
    # 100.00 USD cover dollars; 800.00 less 8 per cent = 736.00 USD = 588.80 EUR.
    assert stands(world) == {"EUR": (0, 50_000, 0, 0), "USD": (90_000, -67_935, 0, 12_065)}


def test_a_rate_that_is_too_old_covers_nothing_and_is_told(world: World):
    pledged(world)
    need(world, 60_000)
    world.tell("2026-01-09T09:00")
    assert stands(world)["EUR"] == (0, 60_000, 0, 0)
    world.tell("2026-01-09T09:01")
    assert stands(world) == {"EUR": (0, 0, 60_000, 0), "USD": (90_000, 0, 0, 90_000)}
    assert call(world).act
    euro, dollar = collateral_known(world.desk)["across"]
    assert (euro["currency"], euro["haircut"], euro["rate"], euro["counts"]) == ("EUR", None, None, True)
    assert (dollar["currency"], dollar["haircut"], dollar["rate"], dollar["counts"]) == ("USD", "8", None, False)
    set_rates(world, rate("USD", "1.00", "2026-01-09T09:00"))
    assert stands(world)["EUR"] == (0, 60_000, 0, 0)


def test_a_statement_tells_what_covers_what_at_which_rate(world: World):
    pledged(world)
    need(world, 60_000)
    (cycle,) = world.desk.union.cycles.values()
    # Nothing was handed in: what is pledged is all that the statement tells in euro and dollars.
    page = text(statement_of(world.desk, cycle, "ana"))
    assert "600.00 EUR" in page and "815.22 USD" in page and "8 per cent less" in page
    section = collateral_section(world.desk, cycle, "ana")
    assert section is not None
    told = {line.label: (str(line.value), line.note) for line in section.lines}
    assert section.lines[0].label == "Needed"
    assert [line.value for line in section.lines if line.label == "Covered by other currencies"] == [Money(60_000, "EUR")]
    assert [line.value for line in section.lines if line.label == "Bound for other currencies"] == [Money(81_522, "USD")]
    assert told["EUR for other currencies"] == ("nothing", "the base itself")
    assert told["USD for other currencies"] == ("8 per cent less", "1.25 USD for one EUR, a central bank, 2026-01-05 09:00")


def test_without_the_rule_each_currency_stands_by_itself():
    store, clock = fresh("sqlite")
    world = union(store, clock, RULES.replace('currencies = ["EUR"]', 'currencies = ["EUR", "USD"]'))
    assert move(world, "BOND", 500, "P1").act
    assert price(world, currency="USD", price="2", haircut="10").act
    assert codes(set_rates(world, rate("USD", "1.25", "2026-01-05T09:00"))) == ["rates_not_taken"]
    need(world, 60_000)
    assert stands(world) == {"EUR": (0, 0, 60_000, 0), "USD": (90_000, 0, 0, 90_000)}
    assert call(world).act
    assert "rates" not in world.desk.union.pledges.called.body
    store.close()


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_call_that_was_interrupted_is_done_once(before: bool):
    found = set()
    for at in range(1, 6):
        store, clock = fresh("sqlite")
        world = union(store, clock)
        pledged(world)
        need(world, 70_000)
        mortal = Mortal(store, at, before=before)
        world.store = mortal
        world.sit_down()
        to_the_end(world, [lambda world=world: call(world)])
        assert world.desk.union.pledges.called is not None
        found.add((str(world.desk.union.pledges.called.body), world.desk.union.number))
        store.close()
        if mortal.count < at:
            break
    assert at > 2 and len(found) == 1
