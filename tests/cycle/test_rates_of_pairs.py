"""Pairs valued at rates that were set with source and time: frozen with the final set, cited, replayed; what is missing is told in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

import pytest

from rescounter.cycle.rates_due import rates_due, without_any_rate
from rescounter.facade import union_replay
from rescounter.facade.union_pairs import pair_rates, pairs_section, pairs_told
from rescounter.facade.union_replay import replay_cycle
from rescounter.rulebook.shipped import with_values
from tests.cycle.mortal import Mortal, fresh, to_the_end
from tests.cycle.pairs import RULES, Trade, founded, trades, union_of_pairs
from tests.cycle.test_exchange import rate, set_rates
from tests.cycle.test_replay import body_changed
from tests.cycle.world import World

CUT_OFF, NOON, DAY = "2026-01-05T17:00", "2026-01-06T12:00", "2026-01-06"
MORNING = "2026-01-05T09:00"
X1 = Trade("X1", "ana", "USD", 110_000, "bo", "EUR", 88_000)


@pytest.fixture
def opened() -> Iterator[Callable[..., World]]:
    with ExitStack() as stack:

        def made(*rates: dict[str, str], **words: Any) -> World:
            world = union_of_pairs(**words)
            stack.callback(world.store.close)
            if rates:
                assert set_rates(world, *rates).act
            return world

        yield made


def cleared(world: World, *made: Trade) -> Any:
    trades(world, *made)
    world.tell(CUT_OFF)
    world.run()
    return world.desk.union.cycles["2026-01-05"]


def ends(world: World) -> list[tuple[str, str, str, int]]:
    """Who paid in nothing for bo's leg: reference and pass, or pair, member, test and what was found."""
    world.pay("B1", "ana", 110_000, DAY, currency="USD")
    world.tell(NOON)
    world.run()
    told = pairs_told(world.desk, world.desk.union.cycles["2026-01-05"])
    return [(row["reference"], row["pass"], *((test["test"], test["found_minor"]) for test in row["tests"])) for row in told]


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_pairs_pass_or_wait_by_the_rates_that_were_set(kind: str):
    """bo has 1,100.00 USD and owes 880.00 EUR. At the rulebook's 1.10 that is 1,100.00 - 968.00 * 1.06 = 73.92; where one dollar buys EUR
    0.80 a euro is 1.25: 1,100.00 - 1,100.00 * 1.06 = -66.00."""
    for rates, want in ((), ("X1", 1)), ((rate("EUR", "0.80", MORNING),), ("X1", None, ("value", -6_600))):
        world = union_of_pairs(kind)
        if rates:
            assert set_rates(world, *rates).act
        cycle = cleared(world, X1)
        assert ("rates" in cycle.final.body) == bool(rates)
        assert ends(world) == [want]
        assert replay_cycle(world.desk, "2026-01-05") == ()
        world.store.close()


def test_what_has_no_rate_is_worth_what_the_rulebook_says(opened: Callable[..., World]):
    world = opened(rate("EUR", "0.80", MORNING))
    cycle = cleared(world, X1)
    told = {row["currency"]: (row["worth"], row["rate"], row["source"], row["at"]) for row in pair_rates(world.desk, cycle)}
    assert told == {
        "EUR": ("5/4", "0.80", "a central bank", "2026-01-05 09:00"),
        "JPY": ("0.0070", None, f"rulebook, version {world.desk.union.rules_of(cycle).version}", None),
    }
    section = pairs_section(world.desk, cycle, "ana")
    assert section is not None
    assert [(line.label, line.value, line.note) for line in section.lines] == [
        ("One EUR is worth", "1.25 USD", "0.80 EUR for one USD, a central bank, 2026-01-05 09:00"),
        ("One JPY is worth", "0.007 USD", f"rulebook, version {world.desk.union.rules_of(cycle).version}"),
    ]


def test_rates_of_another_base_value_the_unit_too(opened: Callable[..., World]):
    """One euro buys 1.25 dollars and 200 yen, so a yen is 1.25 / 200 = 0.00625 dollars."""
    rules = with_values(RULES, {"exchange.base": '"EUR"'})
    world = opened(rate("USD", "1.25", MORNING), rate("JPY", "200", MORNING), rules=rules)
    cycle = cleared(world, X1)
    assert {row["currency"]: Fraction(row["worth"]) for row in pair_rates(world.desk, cycle)} == {
        "USD": Fraction(1),
        "EUR": Fraction(5, 4),
        "JPY": Fraction(1, 160),
    }
    assert ends(world) == [("X1", None, ("value", -6_600))]
    # Without a rate of the dollar nothing can be told in it: the rulebook's table counts whole.
    alone = opened(rate("JPY", "200", MORNING), rules=rules)
    assert "rates" not in cleared(alone, X1).final.body
    assert ends(alone) == [("X1", 1)]


def test_rates_that_come_after_the_final_set_move_nothing(opened: Callable[..., World]):
    world = opened(rate("EUR", "0.80", MORNING))
    cycle = cleared(world, X1)
    frozen = cycle.final.body["rates"]
    assert set_rates(world, rate("EUR", "0.95", MORNING), rate("JPY", "100", CUT_OFF)).act
    assert ends(world) == [("X1", None, ("value", -6_600))]
    assert world.desk.union.cycles["2026-01-05"].final.body["rates"] == frozen
    assert replay_cycle(world.desk, "2026-01-05") == ()


def test_a_rate_that_is_too_old_stops_the_clearing_and_is_told_before(opened: Callable[..., World]):
    world = opened(rate("EUR", "0.80", "2026-01-01T16:00"))
    due = rates_due(world.desk.union, world.desk.union.cycles["2026-01-05"], world.desk.office)
    assert due is not None
    assert [(gap.currency, gap.latest.rate) for gap in due.gaps if gap.latest] == [("EUR", "0.80")]
    assert due.by_us - due.from_us == 4 * 86_400_000_000
    trades(world, X1)
    world.tell(CUT_OFF)
    world.step("cut-off")
    assert [each.code for each in world.step("clear").refusals] == ["rate_too_old"]
    assert set_rates(world, rate("EUR", "0.80", CUT_OFF)).act
    cycle = world.desk.union.cycles["2026-01-05"]
    assert rates_due(world.desk.union, cycle, world.desk.office) is None
    assert not world.step("clear").refusals


def test_a_rulebook_without_a_table_needs_every_rate(opened: Callable[..., World]):
    world = opened(rules=with_values(RULES, {"pairs.rates": "{}"}))
    cycle = world.desk.union.cycles["2026-01-05"]
    due = rates_due(world.desk.union, cycle, world.desk.office)
    assert due is not None
    assert [(gap.currency, gap.latest) for gap in due.gaps] == [("EUR", None), ("JPY", None)]
    assert without_any_rate(world.desk.union, cycle, ["EUR", "USD"]) == ("EUR",)
    trades(world, X1)
    world.tell(CUT_OFF)
    world.step("cut-off")
    (refusal,) = world.step("clear").refusals
    assert (refusal.code, "EUR, JPY" in refusal.found) == ("rate_missing", True)
    assert set_rates(world, rate("EUR", "0.80", CUT_OFF), rate("JPY", "150", CUT_OFF)).act
    world.run()
    assert ends(world) == [("X1", None, ("value", -6_600))]


def test_a_rate_told_the_wrong_way_round_is_refused_before_it_overflows(opened: Callable[..., World]):
    world = opened(rate("EUR", "0.00000000000000001", MORNING))
    trades(world, X1)
    world.tell(CUT_OFF)
    world.step("cut-off")
    assert [each.code for each in world.step("clear").refusals] == ["conversion_too_large"]


def test_rates_that_the_rulebook_fixes_are_not_set(opened: Callable[..., World]):
    world = opened(rules=with_values(RULES, {"exchange.rates": '"fixed"'}))
    assert [each.code for each in set_rates(world, rate("EUR", "0.80", MORNING)).refusals] == ["rates_not_taken"]
    assert rates_due(world.desk.union, world.desk.union.cycles["2026-01-05"], world.desk.office) is None
    cleared(world, X1)
    assert ends(world) == [("X1", 1)]


def test_replay_finds_a_rate_that_was_changed(opened: Callable[..., World], monkeypatch: pytest.MonkeyPatch):
    world = opened(rate("EUR", "0.80", MORNING))
    cleared(world, X1)
    changed = body_changed("rates_set", "rates", lambda rows: [{**row, "rate": "0.90"} for row in rows])
    told = union_replay.replay
    monkeypatch.setattr(union_replay, "replay", lambda acts, code, office: told([changed(act) for act in acts], code, office))
    assert any(finding.where.endswith("(cleared), rates") for finding in replay_cycle(world.desk, "2026-01-05"))


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_clearing_that_was_interrupted_freezes_the_same_rates(before: bool):
    found = set()
    for at in range(1, 20):
        store, clock = fresh("sqlite")
        world = founded(World(store, clock))
        assert set_rates(world, rate("EUR", "0.80", MORNING)).act
        trades(world, X1)
        world.tell(CUT_OFF)
        world.step("cut-off")
        mortal = Mortal(store, at, before=before)
        world.store = mortal
        world.sit_down()
        to_the_end(world, [lambda world=world: world.desk.union.cycles["2026-01-05"].final or world.approved(world.step("clear"))])
        found.add(world.desk.union.cycles["2026-01-05"].final.body["rates"])
        store.close()
        if mortal.count < at:
            break
    assert at > 3 and len(found) == 1
