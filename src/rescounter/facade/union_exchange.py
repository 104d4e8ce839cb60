"""The facts of a member's exchange in a cycle, read from what the cycle froze and called."""

from __future__ import annotations

import pyarrow.compute as pc

from rescounter.cycle.exchanging import has_unit
from rescounter.cycle.rating import base_of
from rescounter.cycle.swapping import deficit_minor, swap_minor
from rescounter.cycle.union import Cycle
from rescounter.facade.union import Desk
from rescounter.statements.facts import Conversion, ExchangeNote, RateNote
from rescounter.statements.moments import moment

__all__ = ["exchange_codes", "exchange_note"]


def exchange_note(desk: Desk, cycle: Cycle, member: str) -> ExchangeNote | None:
    """How the positions of *member* were converted; None before set-off is final, and where every currency settles by itself."""
    if cycle.final is None or not has_unit(desk.union, cycle):
        return None
    rules = desk.union.rules_of(cycle)
    unit = rules.exchange.unit
    found = _conversions(desk, cycle, member)
    used = {each.currency for each in found} | {each.into for each in found} | rules.exchange.basket.keys()
    rates = tuple(
        RateNote(currency=row["currency"], rate=row["rate"], source=row["source"], at=moment(row["at_us"], rules.union.zone))
        for row in desk.office.table(cycle.final.body["rates"]).to_pylist()
        if row["currency"] in used
    )
    is_in_deficit = deficit_minor(desk.union, cycle, desk.office, member) > 0
    interest = _interest(desk, cycle, member)
    return ExchangeNote(
        unit=unit,
        base=base_of(rules),
        basket=rules.exchange.basket,
        rates=rates,
        conversions=found,
        interest=interest,
        is_for_others=any(each.under == member for each in desk.union.register.members),
        beside_minor=_beside(desk, cycle, member, unit, found),
        swap_minor=swap_minor(desk.union, cycle, desk.office, member) if is_in_deficit else None,
    )


def exchange_codes(note: ExchangeNote | None) -> set[str]:
    """Currencies of which a statement tells amounts because of an exchange."""
    return set() if note is None else {note.unit, *(code for each in note.conversions for code in (each.currency, each.into))}


def _conversions(desk: Desk, cycle: Cycle, member: str) -> tuple[Conversion, ...]:
    called = cycle.last("called")
    if called is None or "conversions" not in called.body:
        return ()
    table = desk.office.table(called.body["conversions"])
    rows = table.filter(pc.equal(table["member"], member)).drop_columns(["member"]).to_pylist()
    return tuple(Conversion(**row) for row in rows)


def _interest(desk: Desk, cycle: Cycle, member: str) -> dict[str, int]:
    """By currency, interest that came to the positions before they were converted."""
    called = cycle.last("called")
    if called is None or "interest" not in called.body:
        return {}
    table = desk.office.table(called.body["interest"])
    return {row["currency"]: row["interest_minor"] for row in table.to_pylist() if row["member"] == member and row["interest_minor"]}


def _beside(desk: Desk, cycle: Cycle, member: str, unit: str, found: tuple[Conversion, ...]) -> int:
    """What of the position in the unit is settled otherwise than in money now."""
    called = cycle.last("called")
    if called is None:
        return 0
    into_unit = sum(each.converted_minor for each in found if each.into == unit)
    chosen = [each.amount_minor for each in found if each.into != unit]
    net = desk.office.table(called.body["net"])
    own = [row["net_minor"] for row in net.to_pylist() if row["member"] == member and row["currency"] == unit]
    return (chosen or own or [0])[0] - into_unit
