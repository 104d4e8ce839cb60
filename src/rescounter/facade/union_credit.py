"""Credit of a union as people read it: a member's part in a cycle, and what a settlement would do to the union's reserves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.foreseeing import foreseen
from rescounter.cycle.reckoning import Projection, is_on_the_scale
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle
from rescounter.facade.union import Desk
from rescounter.settlement.collection import CALLED
from rescounter.settlement.convertible import convertible_of
from rescounter.statements.credit_parts import CreditEvent, CreditNote

__all__ = ["credit_of", "events_of", "latest_events", "projected_of", "reserves_of"]


def credit_of(desk: Desk, cycle: Cycle, member: str) -> tuple[CreditNote, ...]:
    """The member's part in the credit, interest and charges of a cycle, by currency; nothing where the cycle has none."""
    found: dict[str, dict[str, Any]] = {}
    for row in _scale_rows(desk, cycle, member):
        found[row["currency"]] = {name: row[name] for name in row if name not in ("member", "credit_change_minor", "currency")}
    for row in _rows(desk, cycle, "called", "interest", member):
        found.setdefault(row["currency"], {})["outstandings_minor"] = row["interest_minor"]
    for row in _rows(desk, cycle, "called", "owed", member):
        found.setdefault(row["currency"], {}).update(
            {f"{purpose}_collected_minor": row[f"{purpose}_minor"] for purpose in CALLED if f"{purpose}_minor" in row}
        )
    for row in _rows(desk, cycle, "closed", "interest", member):
        found.setdefault(row["currency"], {}).update(interest_minor=row["interest_minor"], accrued_until=row["until"].isoformat())
    for row in _rows(desk, cycle, "closed", "charges", member):
        found.setdefault(row["currency"], {}).update(charge_minor=row["charge_minor"], accrued_until=row["until"].isoformat())
    for event in events_of(cycle):
        if event["member"] == member:
            own = found.setdefault(event["currency"], {})
            told = {name: event[name] for name in ("code", "since", "found_minor", "allowed_minor", "meaning")}
            own["events"] = (*own.get("events", ()), CreditEvent(**told))
    return tuple(CreditNote(currency=currency, **found[currency]) for currency in sorted(found))


def events_of(cycle: Cycle) -> list[dict[str, Any]]:
    """Events of balances that the close of a cycle found."""
    closed = cycle.last("closed")
    return [] if closed is None else list(closed.body.get("events", ()))


def latest_events(desk: Desk) -> list[dict[str, Any]]:
    """Events of balances that stand: those that the latest close found."""
    closed = (cycle.last("closed") for cycle in desk.union.cycles.values())
    last = max((act for act in closed if act is not None and "events" in act.body), key=lambda act: act.number, default=None)
    return [] if last is None else list(last.body["events"])


def projected_of(desk: Desk, cycle: Cycle) -> tuple[Projection, ...]:
    """What the settlement of a cycle that is cleared and not settled would do to the union's reserves."""
    if cycle.state in (State.PRELIMINARY, State.FINAL, State.FUNDED):
        return foreseen(desk.union, cycle, desk.office, at_us=desk.at_us)
    return ()


def reserves_of(desk: Desk) -> list[dict[str, Any]]:
    """By currency, the union's own convertible reserves and their floor; nothing where the union has no credit and no capital."""
    rules = desk.union.rules(desk.at_us)
    if not is_on_the_scale(rules) and not desk.union.capital:
        return []
    has, floors = convertible_of(desk.office.balances()), rules.credit.floor_minor
    brought = {act.body["currency"] for act in desk.union.capital.values()}
    currencies = sorted({*has, *floors, *brought})
    return [{"currency": each, "convertible_minor": has.get(each, 0), "floor_minor": floors.get(each, 0)} for each in currencies]


def _scale_rows(desk: Desk, cycle: Cycle, member: str) -> list[dict[str, Any]]:
    """Of the latest round, settled or not; members without position, net and quota have none."""
    rows = _rows(desk, cycle, "called", "scale", member)
    return [row for row in rows if any(row[name] for name in row if name.endswith("_minor"))]


def _rows(desk: Desk, cycle: Cycle, kind: str, name: str, member: str) -> list[dict[str, Any]]:
    return list(_iter_rows(desk, cycle, kind, name, member))


def _iter_rows(desk: Desk, cycle: Cycle, kind: str, name: str, member: str) -> Iterator[dict[str, Any]]:
    act = cycle.last(kind)
    if act is not None and name in act.body:
        table: pa.Table = desk.office.table(act.body[name])
        yield from table.filter(pc.equal(table["member"], member)).to_pylist()
