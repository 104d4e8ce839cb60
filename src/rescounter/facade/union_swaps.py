"""Swaps as facts: of the union, and for the statement of a member."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rescounter.cycle.drawing import partners_of
from rescounter.cycle.states import State
from rescounter.cycle.swapping import deficit_minor, swap_minor
from rescounter.facade.union import Desk
from rescounter.settlement.swaps import Swap
from rescounter.statements.section import Column, Row, Section, Table
from rescounter.terms.calendar import day_of
from rescounter.terms.money import Money

__all__ = ["entitlement_of", "swap_body", "swaps_of", "swaps_section"]


def swaps_of(desk: Desk) -> tuple[Swap, ...]:
    """Every swap that was ever drawn, in order."""
    return tuple(desk.union.swaps.by_reference.values())


def swap_body(desk: Desk, swap: Swap) -> dict[str, Any]:
    """A swap as plain data; *interest_minor* is what is owed when it is repaid today, and nothing once it was."""
    return {
        "reference": swap.reference,
        "member": swap.member,
        "currency": swap.currency,
        "amount_minor": swap.amount_minor,
        "for_cycle": swap.cycle,
        "shares": [{"member": partner, "amount_minor": share} for partner, share in swap.shares.items()],
        "starts": swap.starts.isoformat(),
        "due": swap.due.isoformat(),
        "rate": str(Decimal(100 * swap.rate.numerator) / Decimal(swap.rate.denominator)),
        "interest_minor": sum(_interest(desk, swap).values()),
        "state": "repaid" if swap.repaid else "overdue" if swap.is_overdue(desk.at_us) else "open",
        "repaid_in_act": swap.repaid,
    }


def entitlement_of(desk: Desk, member: str) -> dict[str, Any] | None:
    """What *member* may ask for in the cycle that was cleared last and is not funded; None where there is none, or no swaps are granted.

    Returns: cycle, its net *deficit_minor* there, the *entitlement_minor* of each partner, and what is left of that by partner.
    """
    union, office = desk.union, desk.office
    going = (each for each in reversed(list(union.cycles.values())) if each.state is State.FINAL and each.last("called") is not None)
    cycle = next(going, None)
    entitled = None if cycle is None else swap_minor(union, cycle, office, member)
    if cycle is None or entitled is None:
        return None
    return {
        "cycle": cycle.code,
        "currency": union.rules_of(cycle).exchange.unit,
        "deficit_minor": deficit_minor(union, cycle, office, member),
        "entitlement_minor": entitled,
        "left": [
            {"member": partner, "amount_minor": max(0, entitled - union.swaps.owed(member, partner))}
            for partner in partners_of(union, member, at_us=desk.at_us)
        ],
    }


def swaps_section(desk: Desk, member: str) -> Section | None:
    """What a statement tells of swaps that are open: what the member owes to whom, or is owed, with interest until today."""
    rows: list[Row] = []
    for swap in desk.union.swaps.open:
        interest = _interest(desk, swap)
        due = f"{swap.due.isoformat()}{', overdue' if swap.is_overdue(desk.at_us) else ''}"
        for partner, share in swap.shares.items():
            if member in (swap.member, partner):
                sign, other = (-1, f"owed to {partner}") if member == swap.member else (1, f"owed by {swap.member}")
                amounts = Money(sign * share, swap.currency), Money(sign * interest[partner], swap.currency)
                rows.append((swap.reference, other, due, *amounts))
    if not rows:
        return None
    columns = (Column("Swap"), Column("With"), Column("Due"), Column("Amount", "money"), Column("Interest so far", "money"))
    words = "Swaps that are not repaid. Interest runs from the settlement day of the cycle that the swap paid until the day of repayment."
    return Section(name="swaps", title="Swaps", words=words, table=Table(columns=columns, rows=tuple(rows)))


def _interest(desk: Desk, swap: Swap) -> dict[str, int]:
    """By partner, the interest until today; nothing once the swap was repaid."""
    if swap.repaid:
        return dict.fromkeys(swap.shares, 0)
    return dict(swap.interest(day_of(desk.at_us, desk.union.rules(desk.at_us).union.zone)))
