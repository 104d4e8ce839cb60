"""A cycle replayed: the same whatever the world has become since, and every change of the record is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from rescounter.cycle.replay import DOCUMENTS, replay
from rescounter.facade import union_replay
from rescounter.facade.union_replay import replay_cycle
from rescounter.terms import BrokenLaw, currencies
from rescounter.terms.acts import Act, body_of
from tests.cycle.mortal import fresh
from tests.cycle.test_interrupted import played
from tests.cycle.world import World

CODE = "2026-01-22"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    store, clock = fresh("sqlite")
    yield played(World(store, clock))
    store.close()


def test_a_replay_finds_nothing(world: World):
    assert replay_cycle(world.desk, CODE) == ()


def test_a_replay_asks_no_clock_no_time_zone_and_no_table_of_today(world: World, monkeypatch: pytest.MonkeyPatch):
    """Digits of currencies lie, calendars and time zones are gone, the clock stands in another century."""

    def gone(*_: object, **__: object) -> Any:
        raise AssertionError("a replay looked outside of what is on record")

    monkeypatch.setattr(currencies, "_iso_exponents", lambda: {"EUR": 5, "XXX": 0})
    monkeypatch.setattr("rescounter.cycle.opening.business_days", gone)
    monkeypatch.setattr("rescounter.terms.calendar.business_days", gone)
    monkeypatch.setattr("rescounter.terms.calendar.instant_us", gone)
    monkeypatch.setattr("zoneinfo.ZoneInfo", gone)
    monkeypatch.setattr("time.time_ns", gone)
    clock = world.clock[0]
    world.clock[0] = 9_000_000_000_000_000
    try:
        assert replay_cycle(world.sit_down(), CODE) == ()
    finally:
        world.clock[0] = clock


def replayed(world: World, monkeypatch: pytest.MonkeyPatch, changed: Any) -> tuple[Any, ...]:
    """The findings where the acts on record read otherwise than they were done."""
    monkeypatch.setattr(union_replay, "replay", lambda acts, code, office: replay([changed(act) for act in acts], code, office))
    return replay_cycle(world.desk, CODE)


def body_changed(kind: str, name: str, value: Any) -> Any:
    def changed(act: Act) -> Act:
        return replace(act, body={**act.body, name: value(act.body[name]) if callable(value) else value}) if act.kind == kind else act

    return changed


@pytest.mark.parametrize(
    ("kind", "name", "value", "named"),
    [
        ("cut_off", "root", "0" * 64, "root"),
        ("cut_off", "rows", 3, "rows"),
        ("called", "due_at_us", lambda due: due + 1, "due_at_us"),
        ("funded", "credit", {"EUR": 1}, "credit"),
        ("closed", "carried_rows", 7, "carried_rows"),
        ("closed", "figures", [], "figures"),
        ("cleared", "result_root", "sha256:" + "0" * 64, "result_root"),
    ],
)
def test_an_act_that_reads_otherwise_is_named(world: World, monkeypatch: pytest.MonkeyPatch, kind: str, name: str, value: Any, named: str):
    findings = replayed(world, monkeypatch, body_changed(kind, name, value))
    assert any(named in finding.where and kind in finding.where for finding in findings), findings


def test_a_table_of_calls_that_was_exchanged_is_named(world: World, monkeypatch: pytest.MonkeyPatch):
    office = world.desk.office
    called = world.desk.union.cycles[CODE].last("called")
    table = office.table(called.body["calls"])
    more = table.set_column(3, "pay_out_minor", pa.array([amount + 1 for amount in table["pay_out_minor"].to_pylist()], pa.int64()))
    digest = office.keep_table(more)
    findings = replayed(world, monkeypatch, body_changed("called", "calls", digest))
    assert any("(called), calls" in finding.where for finding in findings), findings


def test_a_document_that_is_gone_is_named(world: World, monkeypatch: pytest.MonkeyPatch):
    gone = "sha256:" + "0" * 64
    findings = replayed(world, monkeypatch, body_changed("cleared", "tables", lambda tables: {**tables, "members": gone}))
    assert any("(cleared), members" in finding.where and gone in finding.expected for finding in findings), findings


def test_every_document_of_an_act_is_looked_for(world: World):
    """What reads like a digest is either looked for, or is known to be none of a document."""
    others = {"root", "result_root", "frozen_root", "file", "signature"}
    for act in world.desk.union.cycles[CODE].acts:
        named = {name for name, value in act.body.items() if isinstance(value, str) and value.startswith("sha256:")}
        assert named <= DOCUMENTS | others, act.kind


def test_an_approval_that_is_missing_is_named(world: World, monkeypatch: pytest.MonkeyPatch):
    def by_the_proposer(act: Act) -> Act:
        return replace(act, body={**act.body, "approval": 0}) if act.kind == "settled" else act

    assert any("settled" in finding.where for finding in replayed(world, monkeypatch, by_the_proposer))


def test_acts_out_of_turn_break_a_law(world: World, monkeypatch: pytest.MonkeyPatch):
    def skipped(act: Act) -> Act:
        return replace(act, kind="settled") if act.kind == "funded" else act

    with pytest.raises(BrokenLaw, match="no_step_out_of_turn"):
        replayed(world, monkeypatch, skipped)


def test_the_fold_of_the_acts_is_the_same_in_parts(world: World):
    from rescounter.cycle.union import Union, union_of

    acts = [
        Act(number=each.number, at_us=each.at_us, by=each.by, kind=each.kind, body=body_of(each.body))
        for each in world.store.records(rows_max=1000)
    ]
    whole = union_of(acts)
    for cut in range(len(acts)):
        parts = union_of(acts[cut:], after=union_of(acts[:cut]) if cut else Union())
        assert (parts.number, parts.register.members, parts.cycles.keys()) == (whole.number, whole.register.members, whole.cycles.keys())
