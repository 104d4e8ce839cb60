"""A rule lapses, or its date comes, while a cycle runs: the cycle goes by what held when it opened, and so do statement and replay."""

from __future__ import annotations

from rescounter.facade.union_replay import replay_cycle
from rescounter.facade.union_statement import facts_of
from rescounter.rulebook.coming import coming
from tests.cycle.mortal import fresh
from tests.cycle.test_interrupted import script
from tests.cycle.world import RULES, World, at_us

FEE = '[[temporary]]\nrule = "fees.per_mille"\nvalue = "{value}"\nfrom = {starts}\n'
LAPSES = FEE.format(value="11", starts="2026-01-05") + "until = 2026-01-20\n" + FEE.format(value="22", starts="2026-01-25")


def played() -> World:
    store, clock = fresh("sqlite")
    world = World(store, clock)
    world.found(RULES + LAPSES)
    for step in script(world):
        step()
    return world


def test_a_cycle_its_statements_and_its_replay_go_by_the_rules_of_the_instant_at_which_it_opened():
    """Opened on the 5th at 11 per mille, which lapse on the 20th; cut off on the 22nd at 1.1, final on the 27th and closed at 22."""
    world = played()
    union = world.desk.union
    (cycle,) = union.cycles.values()
    fees = [str(union.rulebook.in_force(at_us(f"2026-{day}T00:00")).fees.per_mille) for day in ("01-04", "01-05", "01-20", "01-25")]
    assert fees == ["1.1", "11", "1.1", "22"]
    assert cycle.state.value == "closed" and str(union.rules_of(cycle).fees.per_mille) == "11"
    # 60.00 were set off by three members each: 11 per mille of it are 66 cents.
    assert {name: amount for name, amount in world.balances().items() if "fees" in name} == {
        "ana/fees/EUR": -66,
        "bo/fees/EUR": -66,
        "cy/fees/EUR": -66,
        "*/fees/EUR": 198,
    }
    assert replay_cycle(world.desk, cycle.code) == ()
    before = facts_of(world.desk, cycle, "ana")
    world.tell("2027-01-01T09:00")
    world.sit_down()
    after = facts_of(world.desk, world.desk.union.cycles[cycle.code], "ana")
    assert (after.rules, after.fees) == (before.rules, before.fees)
    assert replay_cycle(world.desk, cycle.code) == ()
    world.store.close()


def test_what_comes_by_itself_is_what_the_union_will_go_by():
    world = played()
    told = [(each.after, each.why) for each in coming(world.desk.union.rulebook, at_us("2026-01-04T00:00"))]
    assert told == [('"11"', "its date comes"), ('"1.1"', "lapses"), ('"22"', "its date comes")]
    assert coming(world.desk.union.rulebook, world.desk.at_us) == ()
    world.store.close()
