"""``rescounter capital`` at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rescounter.cli.credit_voice import has_lines
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import lines_of, money, print_lines, tell_done, told_json, when
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault, Exponents, parse_minor

if TYPE_CHECKING:
    from rescounter.facade.union import Desk

__all__ = ["move_capital", "show_capital"]


def move_capital(call: Call, currency: str, amount: str, *, is_added: bool, reference: str, source: str) -> None:
    """One movement, in or out."""
    from rescounter.cycle.capital import ADDED, RETURNED, moving_capital

    with desk_of(call) as desk:
        exponents = _exponents(desk)
        try:
            minor = parse_minor(amount, exponents.of(currency) or 0)
        except ValueError as fault:
            raise CallerFault("option_invalid", f"the amount is wrong: {fault}") from fault
        direction = ADDED if is_added else RETURNED
        by = who(call, desk, "capital_moved")
        came = moving_capital(
            desk.union, desk.office, currency, minor, direction=direction, reference=reference, source=source, at_us=desk.at_us
        )
        did = "is capital of the union" if is_added else "of the capital is given back; pay it out of the settlement account"
        tell_done(call, desk, desk.do(came, by=by), f"{money(minor, currency, exponents)} {did}.")


def show_capital(call: Call) -> None:
    """Reserves, floor, movements."""
    from rescounter.facade.union_credit import reserves_of

    with desk_of(call) as desk:
        zone, exponents = desk.union.rules(desk.at_us).union.zone, _exponents(desk)
        moved = [
            {name: act.body[name] for name in ("currency", "amount_minor", "direction", "reference", "source")}
            | {"act": act.number, "at": when(act.at_us, zone)}
            for act in desk.union.capital.values()
        ]
        if told_json(call, {"reserves": reserves_of(desk), "moved": moved}) or call.quiet:
            return
        rows = [
            [str(each["act"]), each["at"], each["direction"], money(each["amount_minor"], each["currency"], exponents), each["reference"]]
            for each in moved
        ]
        lines = [line for line in has_lines(desk) if line]
        heading = ["act", "at", "what", "amount", "reference"]
        print_lines([*lines, *(["", *lines_of([heading, *rows], right=(3,))] if rows else ["No capital was moved."])])


def _exponents(desk: Desk) -> Exponents:
    return Exponents(dict(desk.union.rules(desk.at_us).union.exponents))
