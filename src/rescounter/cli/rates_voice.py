"""What the commands of a union say of rates that a cycle still needs: which, of when, and what happens without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rescounter.cli.union_voice import when

if TYPE_CHECKING:
    from rescounter.cycle.rates_due import RatesDue
    from rescounter.cycle.rates_in_force import RateGap
    from rescounter.cycle.union import Cycle
    from rescounter.facade.union import Desk

__all__ = ["rates_due_body", "rates_due_lines"]

_OTHERWISE: Final = "the cycle is cut off and then waits: nothing is cleared, so nobody is called or paid"


def rates_due_body(desk: Desk, cycle: Cycle) -> dict[str, Any]:
    """The rates that the cycle needs and has not, as JSON; no key where it has all or needs none."""
    from rescounter.cycle.rates_due import rates_due

    found = rates_due(desk.union, cycle, desk.office)
    if found is None:
        return {}
    zone = desk.union.rules_of(cycle).union.zone
    rows = [
        {
            "currency": each.currency,
            "latest": None if each.latest is None else when(each.latest.at_us, zone),
            "only_if_used": each.currency in found.if_used,
        }
        for each in found.gaps
    ]
    told = {"base": found.base, "from": when(found.from_us, zone), "by": when(found.by_us, zone)}
    return {"rates_due": {**told, "missing": rows, "otherwise": _OTHERWISE}}


def rates_due_lines(desk: Desk, cycle: Cycle) -> list[str]:
    """The same in words."""
    from rescounter.cycle.rates_due import rates_due

    found = rates_due(desk.union, cycle, desk.office)
    if found is None:
        return []
    zone = desk.union.rules_of(cycle).union.zone
    needed = [_told(each, zone) for each in found.gaps if each.currency not in found.if_used]
    others = [_told(each, zone) for each in found.gaps if each.currency in found.if_used]
    lines = [f"  Rates that are missing: {', '.join(needed)}."] if needed else []
    lines += [f"  Rates that are missing if something in these currencies is handed in: {', '.join(others)}."] if others else []
    return [*lines, *_to_do(found, desk, zone)]


def _told(each: RateGap, zone: str) -> str:
    return each.currency if each.latest is None else f"{each.currency} (the last, of {when(each.latest.at_us, zone)}, is too old by then)"


def _to_do(found: RatesDue, desk: Desk, zone: str) -> list[str]:
    days = f"of {when(found.from_us, zone)} to {when(found.by_us, zone)} ({zone}), told for one {found.base}"
    by = "They were needed by then" if desk.at_us >= found.by_us else "Set them by then"
    published = " or rescounter rates ecb --date DAY" if found.base == "EUR" else ""
    return [
        f"  Needed: rates {days}.",
        f"  {by}: rescounter rates set FILE{published}. Without them {_OTHERWISE}.",
    ]
