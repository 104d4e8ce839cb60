"""Every edge of the table of states through a whole union, everything that is no edge refused, and the page drawn from the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from rescounter.council.next_step import dues_of
from rescounter.council.states import TABLE, State, Transition, follows
from rescounter.facade.union import Done
from rescounter.terms import BrokenLaw
from tests.council.chamber import Chamber, chamber
from tests.council.test_council_in_a_union import SUSPENDS
from tests.council.test_no_rule_without_a_decision import codes


@pytest.fixture(scope="module")
def world() -> Iterator[Chamber]:
    made = chamber("ana/chair bo cy dee")
    yield made
    made.store.close()


def brought(world: Chamber, state: State | None) -> int:
    """A motion of its own in a state; for None the number that the next one gets."""
    number = len(world.desk.union.council.motions) + 1
    if state is None:
        return number
    assert world.table("member_suspended", {**SUSPENDS, "reason": f"reason {number}"}, by="r.ana").act
    if state is State.WITHDRAWN:
        assert world.withdraw_motion(number, "r.ana").act
    if state in (State.TABLED, State.WITHDRAWN):
        return number
    assert world.circulate(number).act
    world.wait(4)
    if state is State.CIRCULATED:
        return number
    assert world.open(number).act
    if state is State.OPEN:
        return number
    world.cast(number, "ana- bo- cy-" if state is State.REJECTED else "ana+ bo+ cy+")
    if state is State.VOID:  # another motion of the same has done it by then
        assert brought(world, State.ADOPTED) == number + 1
    world.wait(3)
    assert not world.close(number).refusals
    return number


ACTS: dict[str, Callable[[Chamber, int], Done]] = {
    "motion_tabled": lambda world, number: world.table("member_suspended", {**SUSPENDS, "reason": f"reason {number}"}, by="r.ana"),
    "motion_amended": lambda world, number: world.amend(number, "member_suspended", {**SUSPENDS, "reason": "amended"}, by="r.ana"),
    "motion_circulated": lambda world, number: world.circulate(number),
    "motion_opened": lambda world, number: world.open(number),
    "voted": lambda world, number: world.vote(number, "bo", "abstain"),
    "motion_closed": lambda world, number: world.close(number),
    "motion_withdrawn": lambda world, number: world.withdraw_motion(number, "r.ana"),
}


def freed(world: Chamber) -> None:
    """dee is active again, so that the next motion can suspend it."""
    if world.desk.union.register.by_code["dee"].standing.value == "suspended":
        assert world.decide_on("member_reinstated", {"code": "dee", "reason": "again"}, "ana+ bo+ cy+").state is State.ADOPTED


@pytest.mark.parametrize(
    "row", TABLE, ids=[f"{row.source.value if row.source else 'not yet'}: {row.kind} {row.outcome}".strip() for row in TABLE]
)
def test_every_edge_leads_where_the_table_says(world: Chamber, row: Transition):
    freed(world)
    number = brought(world, row.source)
    if row.kind == "motion_closed":
        world.cast(number, "ana- bo- cy-" if row.outcome == "rejected" else "ana+ bo+ cy+")
        if row.outcome == "void":
            brought(world, State.ADOPTED)
        world.wait(3)
    done = ACTS[row.kind](world, number)
    assert done.act and world.motion(number).state is row.target
    body = world.motion(number).acts[-1].body
    assert row.kind != "motion_closed" or (body["outcome"] == row.outcome and bool(body["decision"]) is (row.outcome != "rejected"))


OFF = [
    (state, kind)
    for state in State
    for kind in ACTS
    if kind != "motion_tabled" and not any(row.source is state and row.kind == kind for row in TABLE)
]


@pytest.mark.parametrize(("state", "kind"), OFF, ids=[f"{state.value}: {kind}" for state, kind in OFF])
def test_what_is_no_edge_is_refused_or_was_done_before(world: Chamber, state: State, kind: str):
    freed(world)
    number = brought(world, state)
    before = world.desk.union.number
    done = ACTS[kind](world, number)
    assert not done.act and (done.is_repeat or "motion_out_of_turn" in codes(done))
    assert world.desk.read().number == before and world.motion(number).state is state


def test_the_fold_refuses_what_the_table_does_not_have(world: Chamber):
    from rescounter.terms.acts import Act

    number = brought(world, State.WITHDRAWN)
    union = world.desk.union
    act = Act(
        number=union.number + 1,
        at_us=union.at_us,
        by="op",
        kind="motion_closed",
        body={"motion": number, "outcome": "adopted", "decision": 1},
    )
    with pytest.raises(BrokenLaw, match="no_motion_out_of_turn"):
        union.after(act)


def test_every_state_is_reached_and_those_without_a_way_on_end_the_motion():
    assert {row.target for row in TABLE} == set(State)
    assert {state for state in State if not any(row.source is state for row in TABLE)} == {
        State.ADOPTED,
        State.REJECTED,
        State.VOID,
        State.WITHDRAWN,
    }
    assert follows(State.OPEN, "motion_closed", {"outcome": "perhaps"}) is None


def test_what_is_due_is_said_of_every_motion_that_goes_on(world: Chamber):
    freed(world)
    numbers = {state: brought(world, state) for state in (State.REJECTED, State.TABLED, State.CIRCULATED, State.OPEN)}
    dues = {due.motion: due for due in dues_of(world.desk.union.council, at_us=world.desk.at_us)}
    assert dues[numbers[State.TABLED]].verb == f"circulate {numbers[State.TABLED]}"
    assert dues[numbers[State.CIRCULATED]].verb == f"open {numbers[State.CIRCULATED]}"
    due = dues[numbers[State.OPEN]]
    assert due.members == ("ana", "bo", "cy", "dee")
    assert due.otherwise == "as the ballots stand, not adopted: no quorum: 0 present, 2 needed"
    assert due.by_us == world.motion(numbers[State.OPEN]).closes_at_us
    assert numbers[State.REJECTED] not in dues
    late = dues_of(world.desk.union.council, at_us=world.desk.at_us + 10 * 86_400_000_000)
    assert next(each for each in late if each.motion == numbers[State.OPEN]).verb == f"close {numbers[State.OPEN]}"
