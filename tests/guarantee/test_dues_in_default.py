"""Who is in default and owes interest alone, nothing of a cycle, does not keep the cycle from its settlement."""

from __future__ import annotations

from rescounter.facade.union_replay import replay_cycle
from tests.cycle.credit import MONTHS, RULES_OF_CREDIT, capital, credit_rules, month, quotas
from tests.cycle.mortal import fresh
from tests.guarantee.unions import CLEARING_HOUSE, Backed

RULES = credit_rules(RULES_OF_CREDIT + 'interest = "credit"\ndebit_rate = "10"\n', fees='per_mille = "0"\ncollected = true')


def test_a_cycle_in_which_a_defaulter_has_dues_and_no_position_is_called_once():
    """dee draws 140.00 in January and owes interest on it; it is declared, its loss is not borne, and others go on."""
    world = Backed(*fresh("sqlite"))
    world.tell("2026-01-02T09:00")
    world.found(RULES + CLEARING_HOUSE)
    world.join("ana", "bo", "dee")
    quotas(world, ana=50_000, bo=50_000, dee=50_000)
    assert capital(world, 90_000, "FOUNDERS").act
    month(world, 0, [("dee", "ana", 15_000)])
    month(world, 1, [("bo", "ana", 1_000)], pays=lambda world, code, day: None)
    assert world.balances()["dee/credit/EUR"] == -14_000
    assert world.balances()["dee/interest/EUR"] < 0
    assert world.declares("dee").act
    assert world.step("open").act
    world.tell("2026-03-10T09:00")
    world.submit("bo", [{"id": "X", "debtor": "bo", "creditor": "ana", "amount_minor": 2_000}], MONTHS[2])
    for at, verb in (("23T13:00", "cut-off"), ("23T13:00", "clear"), ("26T17:00", "correct"), ("26T17:00", "clear"), ("26T17:00", "fund")):
        world.tell(f"2026-03-{at}")
        assert world.approved(world.step(verb, MONTHS[2])).act
    for _ in range(3):
        world.step("fund", MONTHS[2])
    cycle = world.desk.union.cycles[MONTHS[2]]
    assert len(cycle.all("called")) == 1
    net = world.desk.office.table(cycle.known("called").body["net"]).to_pylist()
    assert not [row for row in net if row["member"] == "dee" and row["net_minor"]], "nothing is called from who is in default"
    world.tell("2026-04-02T10:00")
    for member in ("bo", "ana"):
        world.has(member, 5_000)
    world.run(MONTHS[2])
    assert world.desk.union.cycles[MONTHS[2]].state.value == "closed"
    assert world.bears("dee").act
    assert not [name for name in world.balances() if name.startswith("dee/")]
    assert replay_cycle(world.desk, MONTHS[2]) == ()
    world.store.close()
