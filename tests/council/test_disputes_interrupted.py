"""A process that dies while a motion about a dispute is tabled, voted on or closed: done again, the dispute is told once, the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rescounter.cycle.balloting import closing_vote
from rescounter.facade.union import Done
from rescounter.terms.acts import canonical
from tests.council.chamber import Chamber, acts_of
from tests.council.test_disputes_in_council import END, THIS, assert_lawful, cap_at, noticed, state
from tests.cycle.mortal import Mortal, to_the_end
from tests.cycle.world import OPERATOR

OUTCOMES = {"adopted": ("yes", "CONTINUED", 50_000), "rejected": ("no", "VOTED", 5_000)}
"""Of the vote: how cy and dee vote, where the dispute stands then, and the limit of ana at the end of its clock."""


def steps(world: Chamber, choice: str) -> Iterator[Callable[[], Any]]:
    """From the tabling, which is the draft, over two votes to the close, which tells the dispute; and a second close."""
    yield lambda: world.table("dispute_decided", THIS, by="r.cy")
    yield lambda: world.circulate(1)
    world.wait(4)
    yield lambda: world.open(1)
    yield lambda: world.vote(1, "ana", "yes")
    for member in ("cy", "dee"):
        yield lambda member=member: world.vote(1, member, choice)
    world.wait(3)
    yield lambda: world.close(1)
    yield lambda: world.close(1)


def played(kind: str, outcome: str, at: int, *, before: bool) -> tuple[int, tuple[Any, ...]]:
    """The whole of it with a process that dies at its *at*-th write. Returns: writes, and what came of it."""
    choice, stands, limit = OUTCOMES[outcome]
    world = noticed(store=kind)
    mortal = Mortal(world.store, at, before=before)
    world.store = mortal
    world.sit_down()
    to_the_end(world, steps(world, choice))
    world.store = mortal.store
    world.sit_down()
    history = acts_of(world)
    assert [act.kind for act in history[-2:]] == ["motion_closed", "dispute_decided"]
    assert sum(act.kind == "dispute_decided" for act in history) == 1
    assert state(world) == stands
    assert cap_at(world, END) == limit
    assert_lawful(world)
    return mortal.count, tuple((act.kind, act.by, act.at_us, canonical(act.body)) for act in history)


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize(("kind", "is_after"), [("sqlite", False), ("sqlite", True), ("postgresql", True)])
def test_whatever_write_a_process_dies_at_the_vote_decides_its_dispute_once(kind: str, is_after: bool, outcome: str):
    writes, wanted = played(kind, outcome, 0, before=False)
    assert writes == 8  # draft, circulation, opening, three ballots, how members counted, close with decision
    deaths = range(1, writes + 1) if kind == "sqlite" else (1, writes - 1, writes)
    for at in deaths:
        assert played(kind, outcome, at, before=not is_after)[1] == wanted, f"write {at} of {writes}"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_close_and_its_effect_are_one_write_so_nothing_lies_between_them(kind: str):
    """What the store takes at once is durable at once: the fold that ends between the two acts is seen by nobody."""
    world = noticed(store=kind)
    written: list[list[str]] = []
    real = world.store.record

    class Seen:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def record(self, records: Any) -> Any:
            written.append([each.kind for each in records])
            return real(records)

    store = world.store
    world.store = Seen()
    world.sit_down()
    to_the_end(world, steps(world, "yes"))
    assert written[0] == ["motion_tabled", "dispute_moved"] and written[-1] == ["motion_closed", "dispute_decided"]
    world.store = store
    store.close()


def test_a_close_that_another_process_wrote_meanwhile_is_not_written_again():
    """Both reckoned the same close; the one that comes second finds both acts and appends neither."""
    world = noticed()
    todos = steps(world, "yes")
    for _ in range(6):
        next(todos)()
    world.wait(3)
    other = Chamber(world.store, world.clock)
    step = closing_vote(other.desk.union, OPERATOR, 1, keep=other.desk.office.keep, at_us=other.desk.at_us)
    assert world.close(1).act
    late: Done = other.desk.do(step, by=OPERATOR)
    assert late.is_repeat or late.refusals
    assert [act.kind for act in acts_of(world)].count("dispute_decided") == 1
    assert_lawful(world)
