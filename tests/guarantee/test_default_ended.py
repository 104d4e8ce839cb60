"""How a default ends: reinstated where the ledger shows that all was paid, closed where it does not and recoveries are over.

Amounts are minor units of EUR; dee owes 1,000, as in `test_union_default`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rescounter.cycle.ending import ending
from rescounter.facade.union import Done
from rescounter.facade.union_default import ends_of
from rescounter.facade.union_replay import replay_cycle
from rescounter.guarantee.states import TABLE, State, leads
from rescounter.membership.members import Standing
from tests.cycle.mortal import Killed, Mortal
from tests.guarantee.test_union_default import FIRST, owing
from tests.guarantee.unions import CLEARING_HOUSE, Backed, backed

QUICK = CLEARING_HOUSE + "recovery_days = 30\n"
OPENED: list[Any] = []


@pytest.fixture(autouse=True)
def stores() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def in_default(guarantee: str = QUICK, **options: Any) -> Backed:
    """dee has failed; nothing is borne yet."""
    world = owing(guarantee, **options)
    OPENED.append(world.store)
    assert world.declares("dee").act
    return world


def ends(world: Backed, outcome: str, reason: str = "it is over", member: str = "dee") -> Done:
    return world._done(ending(world.desk.union, world.desk.office, member, outcome, reason, at_us=world.desk.at_us))


def codes(done: Done) -> list[str]:
    return [each.code for each in done.refusals]


def standing(world: Backed, member: str = "dee") -> Standing:
    return world.desk.union.register.standing_at(member, world.desk.at_us)


def state(world: Backed) -> tuple[str, str]:
    default = world.desk.union.guarantee.default_of("dee")
    assert default is not None
    told = ends_of(world.desk, default)
    return told["state"], told["next"]


def test_who_has_paid_everything_is_reinstated_and_takes_part_again():
    world = in_default()
    assert state(world) == ("declared", "rescounter default bear dee")
    assert codes(ends(world, "reinstated")) == ["default_not_borne"]
    assert world.bears("dee").act
    assert codes(ends(world, "reinstated")) == ["default_not_repaid"]
    assert world.recovers("dee", 999).act
    assert codes(ends(world, "reinstated")) == ["default_not_repaid"]
    assert world.recovers("dee", 1).act
    assert state(world)[0] == "repaid whole"
    before = world.balances()
    assert ends(world, "reinstated").act
    assert ends(world, "reinstated").is_repeat
    assert world.balances() == before
    assert standing(world) is Standing.ACTIVE
    assert world.desk.union.register.limit_of("dee", "EUR", "net_debit_cap", world.desk.at_us) == 1_000
    assert "dee" not in world.desk.union.guarantee.defaults
    assert codes(world.bears("dee")) == ["not_in_default"]
    assert codes(ends(world, "closed")) == ["default_over"]
    assert replay_cycle(world.desk, FIRST) == ()
    assert world.declares("dee", "again").act
    assert state(world)[0] == "declared"
    assert codes(world.recovers("dee", 5)) == ["nothing_borne"]


def test_a_case_is_closed_when_its_recoveries_are_over_and_later_ones_still_go_back():
    # 400 of 1,000 come back: the residual of 450 (bo 405, ana 45) has it pro rata, 360 and 40. After the end 100 more: 45 and 5, then
    # calls, 50 of 100, 30, 15 and 5.
    world = in_default()
    assert world.bears("dee").act
    assert world.recovers("dee", 400).act
    assert codes(ends(world, "closed")) == ["recoveries_open"]
    assert "from 2026-03" in state(world)[1]
    world.tell("2026-03-10T10:00")
    assert ends(world, "closed").act
    assert ends(world, "closed").is_repeat
    assert standing(world) is Standing.LEFT
    assert codes(world.bears("dee")) == ["default_over"]
    assert codes(world.declares("dee", "again")) == ["in_default_already"]
    assert codes(world.takes_back("dee", 1)) == ["member_in_default"]
    assert world.recovers("dee", 100).act
    (loss,) = world.desk.union.guarantee.losses
    assert loss.out.total_minor == 500
    last = [step for step in loss.out.borne.steps if step.layer == 6]
    assert all(step.number not in loss.out.by_step for step in last)
    assert state(world) == ("closed", "")
    assert replay_cycle(world.desk, FIRST) == ()


def test_a_declaration_without_any_debt_can_be_taken_back():
    world = backed()
    OPENED.append(world.store)
    assert world.declares("cy", "a mistake").act
    assert codes(ends(world, "reinstated", member="ana")) == ["not_in_default"]
    wrong = world.act("default_ended", code="cy", outcome="forgiven", reason="x", default=1)
    assert codes(wrong) == ["outcome_unknown"]
    assert ends(world, "reinstated", member="cy").act
    assert standing(world, "cy") is Standing.ACTIVE


def test_what_was_borne_since_the_proposal_stops_its_approval():
    world = in_default()
    assert world.bears("dee").act
    assert world.recovers("dee", 1_000).act
    desk = world.desk
    asked = desk.do(ending(desk.union, desk.office, "dee", "reinstated", "paid", at_us=desk.at_us), by="op")
    assert ends(world, "closed").act
    assert codes(desk.decide(asked.proposal, by="ap", is_approved=True)) == ["proposal_outdated"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_an_end_that_is_interrupted_is_done_once(kind: str, before: bool):
    world = in_default(kind=kind)
    world.bears("dee")
    world.recovers("dee", 1_000)
    mortal = Mortal(world.store, 1, before=before)
    world.store = mortal
    world.sit_down()
    with pytest.raises(Killed):
        ends(world, "reinstated")
    world.sit_down()
    done = ends(world, "reinstated")
    assert done.act or done.is_repeat
    for waiting in world.desk.union.approvals.pending(world.desk.at_us):
        world.desk.decide(waiting.number, by="ap", is_approved=True)
    assert standing(world) is Standing.ACTIVE
    assert sum(each.kind == "default_ended" for each in acts_of(world)) == 1


def acts_of(world: Backed) -> list[Any]:
    return list(world.store.records(after=0, rows_max=1_000))


def test_the_table_leads_nowhere_from_a_reinstatement_but_to_the_members_own_money():
    assert {row.target for row in TABLE if row.source is State.REINSTATED} == {State.REINSTATED}
    assert leads(State.CLOSED, "default_ended") == frozenset()
    assert leads(State.BORNE, "default_ended") == {State.CLOSED}
    assert {row.target for row in TABLE} == set(State)
