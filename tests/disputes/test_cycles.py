"""Whole cycles with random disputes: an item in dispute never clears; interrupted at any write, it comes to the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescounter.facade.union_disputes import hand_in
from rescounter.facade.union_replay import replay_cycle
from rescounter.terms.acts import body_of
from tests.cycle.mortal import Killed, Mortal, fresh
from tests.disputes.unions import DISPUTED, MEMBERS, Disputing

SET_OFF = DISPUTED.partition("[settlement]")[0].replace("set-off-then-net", "set-off").replace("monthly", "weekly")
SET_OFF = (
    SET_OFF.replace("pay_in_days = 5\n", "").replace("settlement_days = 6\n", "").replace("correction_days = 3", "correction_days = 2")
)
SET_OFF += DISPUTED[DISPUTED.index("[disputes]") :]
DAY_US = 86_400_000_000
PAIRS = [(debtor, creditor) for debtor in MEMBERS for creditor in MEMBERS if debtor != creditor]

_dispute = st.tuples(st.integers(0, 27), st.integers(0, 11), st.booleans(), st.sampled_from(("", "withdrawn", "decided", "referred")))


@settings(max_examples=5)
@given(st.lists(_dispute, max_size=10), st.integers(1, 9))
def test_an_item_in_dispute_never_clears(disputes, seed):
    store, clock = fresh("sqlite")
    world = Disputing(store, clock).begin(SET_OFF)
    rows = [
        {"id": f"{place}", "debtor": debtor, "creditor": creditor, "amount_minor": 100 * (1 + place * seed % 7)}
        for place, (debtor, creditor) in enumerate(PAIRS)
    ]
    for member in MEMBERS:
        world.submit(member, [row for row in rows if row["debtor"] == member])
    held: dict[str, list[tuple[int, int]]] = {}
    todo = sorted(disputes)
    for day in range(28):
        world.clock[0] += DAY_US
        world.desk.read()
        for _, place, is_debtor, after in [each for each in todo if each[0] == day]:
            _disputed(world, rows[place], is_debtor, after)
        world.run()
        if world.desk.union.latest.state.name == "CLOSED":
            world.step("open")
    for case in world.desk.union.disputes.cases.values():
        for submitter, name in case.obligations:
            held.setdefault(f"{submitter}/{name}", []).append((case.raised_at_us, case.ends_at_us))
    for cycle in world.desk.union.cycles.values():
        if cycle.final is not None:
            _check(world, cycle, held)
    store.close()


def _disputed(world: Disputing, row: dict[str, Any], is_debtor: bool, after: str) -> None:
    """Raise a dispute about a row, and go on in it where it was taken."""
    complainant, respondent = (row["debtor"], row["creditor"]) if is_debtor else (row["creditor"], row["debtor"])
    done = world.raises(complainant, respondent, obligations=[(row["debtor"], row["id"])])
    if done.act and after == "withdrawn":
        world.does("withdrawn", complainant, len(world.desk.union.disputes.cases))
    elif done.act and after:
        world.does("referred", respondent, len(world.desk.union.disputes.cases))
        if after == "decided":
            world.does("decided", "", len(world.desk.union.disputes.cases), restores=is_debtor)


def _check(world: Disputing, cycle: Any, held: dict[str, list[tuple[int, int]]]) -> None:
    """What cleared was in no dispute between the set that counts and the final clearing."""
    frozen_at, final_at = cycle.frozen.at_us, cycle.final.at_us
    for row in world.desk.office.table(cycle.final.body["tables"]["obligations"]).to_pylist():
        if row["cleared_minor"]:
            for raised, ends in held.get(row["id"], []):
                assert not (raised <= final_at and ends > frozen_at), (cycle.code, row["id"])
    assert replay_cycle(world.desk, cycle.code) == ()


def script(world: Disputing) -> Iterator[Callable[[], Any]]:
    """An invoice and a measure in dispute over a cut-off, with evidence, mediation and a decision that a second person approves."""
    world.tell("2026-01-05T09:00")
    yield lambda: world.desk.union.register.member("ana") or world.join(*MEMBERS)
    for code in MEMBERS:
        yield (
            lambda code=code: (
                any(each.code == f"{code}x" for each in world.desk.union.register.people)
                or world.approved(world.act("person_added", code=f"{code}x", name=code, roles=["member"], member=code))
            )
        )
    yield lambda: world.desk.union.latest or world.step("open")
    yield lambda: world.submit("ana", [{"id": "1", "debtor": "ana", "creditor": "bo", "amount_minor": 10_000}])
    yield lambda: world.raises("ana", "bo", obligations=[("ana", "1")])
    yield lambda: hand_in(world.desk, "box", 1, b"a delivery note", title="note", member="bo")
    yield lambda: world.does("referred", "bo")
    yield lambda: world.does("decided", restores=True)
    world.tell("2026-01-22T13:00")
    yield world.run


def played(world: Disputing) -> list[tuple[str, Any]]:
    world.found(SET_OFF)
    for todo in script(world):
        for _ in range(3):
            try:
                todo()
                break
            except Killed:
                world.sit_down()
    kept = ("dispute_raised", "dispute_decided", "dispute_moved", "evidence_handed_in", "cut_off")
    records = world.store.records(after=0)
    drop = ("root", "subtrees", "approval")
    return [
        (each.kind, {name: value for name, value in body_of(each.body).items() if name not in drop})
        for each in records
        if each.kind in kept
    ]


@pytest.mark.parametrize("which", ["sqlite", "postgresql"])
@pytest.mark.parametrize("before", [True, False])
def test_interrupted_at_any_write_a_dispute_comes_to_the_same(which, before):
    store, clock = fresh(which)
    count = Mortal(store, 0, before=before)
    whole = played(Disputing(count, clock))
    writes = count.count
    store.close()
    assert [kind for kind, _ in whole] == ["dispute_raised", "evidence_handed_in", "dispute_moved", "dispute_decided", "cut_off"]
    for at in range(2, writes + 1, 6 if which == "sqlite" else 40):
        store, clock = fresh(which)
        assert played(Disputing(Mortal(store, at, before=before), clock)) == whole, at
        store.close()
