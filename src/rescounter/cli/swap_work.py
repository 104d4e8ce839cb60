"""``rescounter swap`` at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import lines_of, money, print_lines, tell_done, told_json
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault, Exponents, parse_minor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rescounter.facade.union import Desk

__all__ = ["draw_swap", "repay_swap", "show_swaps", "swap_bodies", "swap_lines"]


def draw_swap(call: Call, member: str, amount: str, *, reference: str, partners: Sequence[str]) -> None:
    """A swap is drawn, or asked for."""
    from rescounter.cycle.drawing import drawing

    with desk_of(call) as desk:
        unit, exponents = desk.union.rules(desk.at_us).exchange.unit, _exponents(desk)
        try:
            minor = parse_minor(amount, exponents.of(unit) or 0)
        except ValueError as fault:
            raise CallerFault("option_invalid", f"the amount is wrong: {fault}") from fault
        by = who(call, desk, "swap_drawn", member)
        came = drawing(desk.union, desk.office, member, minor, reference=reference, partners=partners, at_us=desk.at_us)
        done = desk.do(came, by=by, member=member)
        told = "" if done.act is None else _drawn(desk, reference)
        tell_done(call, desk, done, told, reference=reference)


def repay_swap(call: Call, reference: str) -> None:
    """A swap is repaid."""
    from rescounter.cycle.drawing import repaying_swap

    with desk_of(call) as desk:
        swap = desk.union.swaps.by_reference.get(reference)
        member = "" if swap is None else swap.member
        by = who(call, desk, "swap_repaid", member)
        came = repaying_swap(desk.union, desk.office, reference, at_us=desk.at_us)
        told = "" if came.wanted is None else _repaid(came.wanted.body, _exponents(desk))
        tell_done(call, desk, desk.do(came, by=by, member=member), told, reference=reference)


def show_swaps(call: Call, member: str | None) -> None:
    """Swaps, and what one member may ask for."""
    from rescounter.facade.union_swaps import entitlement_of, swap_body, swaps_of

    with desk_of(call) as desk:
        if member is not None and desk.union.register.member(member) is None:
            raise CallerFault("member_unknown", f"{member} is no member of this union")
        chosen = [swap_body(desk, each) for each in swaps_of(desk) if member in (None, each.member) or member in each.shares]
        entitled = None if member is None else entitlement_of(desk, member)
        if told_json(call, {"swaps": chosen} | ({} if member is None else {"entitlement": entitled})) or call.quiet:
            return
        lines = _table(chosen, _exponents(desk)) if chosen else ["No swap was drawn."]
        print_lines([*lines, *([] if member is None else ["", *_entitled(member, entitled, _exponents(desk))])])


def swap_bodies(desk: Desk) -> list[dict[str, Any]]:
    """Swaps that are not repaid, as plain data."""
    from rescounter.facade.union_swaps import swap_body

    return [swap_body(desk, each) for each in desk.union.swaps.open]


def swap_lines(desk: Desk) -> list[str]:
    """Swaps that are not repaid, a line for each; nothing where there are none."""
    exponents, lines = _exponents(desk), []
    for each in swap_bodies(desk):
        owed = (
            f"{money(each['amount_minor'], each['currency'], exponents)} and {money(each['interest_minor'], each['currency'], exponents)}"
        )
        late = ", which has passed" if each["state"] == "overdue" else ""
        lines.append(
            f"  {each['member']} owes {owed} in interest for swap {each['reference']}, due {each['due']}{late}; "
            f"rescounter swap repay {each['reference']} repays it"
        )
    return ["Swaps that are not repaid:", *lines] if lines else []


def _table(bodies: Sequence[Mapping[str, Any]], exponents: Exponents) -> list[str]:
    rows = [["swap", "member", "from", "amount", "interest", "due", "state"]]
    for each in bodies:
        shares = ", ".join(f"{share['member']} {money(share['amount_minor'], each['currency'], exponents)}" for share in each["shares"])
        amounts = (money(each[name], each["currency"], exponents) for name in ("amount_minor", "interest_minor"))
        rows.append([each["reference"], each["member"], shares, *amounts, each["due"], each["state"]])
    return lines_of(rows, right=(3, 4))


def _entitled(member: str, entitled: Mapping[str, Any] | None, exponents: Exponents) -> list[str]:
    if entitled is None:
        return [f"{member} may ask for nothing now: no cycle has called and waits, or the rulebook grants nothing."]
    unit = entitled["currency"]
    deficit, each = (money(entitled[name], unit, exponents) for name in ("deficit_minor", "entitlement_minor"))
    if not entitled["deficit_minor"]:
        return [f"{member} is in no net deficit in cycle {entitled['cycle']}, so it may ask for nothing."]
    left = ", ".join(f"{partner['member']} {money(partner['amount_minor'], unit, exponents)}" for partner in entitled["left"])
    return [
        f"{member} owes {deficit} in cycle {entitled['cycle']} and may ask of each other member {each}; left of that: {left or 'nobody'}."
    ]


def _drawn(desk: Desk, reference: str) -> str:
    swap = desk.union.swaps.by_reference[reference]
    amount = money(swap.amount_minor, swap.currency, _exponents(desk))
    return f"{swap.member} has drawn {amount} from {', '.join(swap.shares)}; it falls due on {swap.due.isoformat()}."


def _repaid(body: Mapping[str, Any], exponents: Exponents) -> str:
    amounts = (money(body[name], body["currency"], exponents) for name in ("amount_minor", "interest_minor"))
    return "{} repaid {} and {} in interest.".format(body["member"], *amounts)


def _exponents(desk: Desk) -> Exponents:
    return Exponents(dict(desk.union.rules(desk.at_us).union.exponents))
