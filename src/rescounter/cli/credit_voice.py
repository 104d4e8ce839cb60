"""What the commands of a union say of its reserves, of settlements that would break their floor, and of balances that persist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rescounter.cli.union_voice import money

if TYPE_CHECKING:
    from rescounter.cycle.union import Cycle
    from rescounter.facade.union import Desk
    from rescounter.terms import Exponents

__all__ = ["event_lines", "has_lines", "reserves_body", "reserves_lines"]


def reserves_body(desk: Desk, cycle: Cycle) -> dict[str, Any]:
    """What the settlement of the cycle would do to the reserves, as JSON; no key where there is nothing to tell."""
    from rescounter.facade.union_credit import projected_of

    found = [each.as_body() for each in projected_of(desk, cycle)]
    return {"projection": found} if found else {}


def reserves_lines(desk: Desk, cycle: Cycle) -> list[str]:
    """The same in words, and what to do where the floor would be broken."""
    lines = []
    for each in reserves_body(desk, cycle).get("projection", ()):
        lines += _projection_lines(each, cycle.exponents)
    return lines


def _projection_lines(each: Mapping[str, Any], exponents: Exponents) -> list[str]:
    def told(name: str) -> str:
        return money(each[f"{name}_minor"], each["currency"], exponents)

    line = f"  Reserves: {told('before')} now, {told('after')} after the settlement; the floor is {told('floor')}."
    if not each["missing_minor"]:
        return [line]
    causes = ", ".join(each["causes"][:8]) + (f" and {len(each['causes']) - 8:,} more" if len(each["causes"]) > 8 else "")
    return [
        line,
        f"  The floor would be broken by {told('missing')}: it cannot be funded. Paid out most: {causes or 'nobody'}.",
        "  To do: rescounter capital add, a lower credit.floor by a change of the rulebook, or other quotas before the call.",
    ]


def event_lines(desk: Desk, cycle: Cycle) -> list[str]:
    """Events of balances that the close of the cycle found."""
    from rescounter.facade.union_credit import events_of

    return [_event_line(each, cycle.exponents) for each in events_of(cycle)]


def has_lines(desk: Desk) -> list[str]:
    """The union's own reserves as they stand, and events that stand."""
    from rescounter.facade.union_credit import latest_events, reserves_of
    from rescounter.terms import Exponents

    exponents = Exponents(dict(desk.union.rules(desk.at_us).union.exponents))
    reserves = [
        f"Convertible reserves of the union: {money(each['convertible_minor'], each['currency'], exponents)}, "
        f"floor {money(each['floor_minor'], each['currency'], exponents)}."
        for each in reserves_of(desk)
    ]
    events = [_event_line(each, exponents) for each in latest_events(desk)]
    return [*(["", *reserves] if reserves else []), *(["", "Balances that persist:", *events] if events else [])]


def _event_line(each: Mapping[str, Any], exponents: Exponents) -> str:
    found, allowed = (money(each[name], each["currency"], exponents) for name in ("found_minor", "allowed_minor"))
    return f"  {each['member']}, since {each['since']}: {each['code']}, {found} where {allowed} is the bound; {each['meaning']}."
