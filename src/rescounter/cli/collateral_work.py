"""``rescounter collateral`` at work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import lines_of, money, print_lines, tell_done, told_json
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault, Exponents, parse_minor

if TYPE_CHECKING:
    from rescounter.facade.union import Desk

__all__ = ["call_for_more", "call_lines", "move", "set_prices_of", "show_collateral"]


def move(call: Call, code: str, what: str, how_much: str, *, reference: str, is_release: bool) -> None:
    """Pledge or release pieces of an asset, or cash where *what* is a currency."""
    from rescounter.cycle.pledging import moving_collateral

    with desk_of(call) as desk:
        by = who(call, desk, "collateral_released" if is_release else "collateral_pledged")
        exponents = _exponents(desk)
        is_cash = exponents.of(what) is not None
        came = moving_collateral(
            desk.union,
            desk.office,
            code,
            asset="" if is_cash else what,
            quantity=0 if is_cash else _pieces(how_much),
            currency=what if is_cash else "",
            amount_minor=_minor(how_much, what, exponents) if is_cash else 0,
            reference=reference,
            is_release=is_release,
            at_us=desk.at_us,
        )
        done = desk.do(came, by=by)
        told = f"{how_much} {what}"
        tell_done(call, desk, done, f"{code} gets {told} of its collateral back." if is_release else f"{code} has pledged {told}.")


def _pieces(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise CallerFault("option_invalid", f"{text!r} is no whole number of pieces; for cash name the currency, such as EUR")
    return int(text)


def _minor(text: str, currency: str, exponents: Exponents) -> int:
    try:
        return parse_minor(text, exponents.of(currency) or 0)
    except ValueError as fault:
        raise CallerFault("option_invalid", f"the amount is wrong: {fault}") from fault


def _exponents(desk: Desk) -> Exponents:
    return Exponents(dict(desk.union.rules(desk.at_us).union.exponents))


def set_prices_of(call: Call, file: Path) -> None:
    """Set the prices of a file."""
    from rescounter.facade.union_collateral import set_prices

    with desk_of(call) as desk:
        done = set_prices(desk, file, by=who(call, desk, "prices_set"))
        tell_done(call, desk, done, "The prices are set. Next: rescounter collateral call")


def call_for_more(call: Call) -> None:
    """Call for what is missing."""
    from rescounter.cycle.pledging import calling_collateral

    with desk_of(call) as desk:
        by = who(call, desk, "collateral_called")
        done = desk.do(calling_collateral(desk.union, desk.office, at_us=desk.at_us), by=by)
        tell_done(call, desk, done, "\n".join(["Called:", *call_lines(desk)] if call_lines(desk) else ["Nothing is missing any more."]))


def call_lines(desk: Desk, member: str | None = None) -> list[str]:
    """The calls that stand, a line each."""
    from rescounter.facade.union_collateral import collateral_known

    exponents = _exponents(desk)
    return [
        f"  {row['member']} misses {money(row['still_missing_minor'], row['currency'], exponents)}, due {row['due']}"
        + (": overdue" if row["is_overdue"] else "")
        for row in collateral_known(desk, member)["calls"]
    ]


def show_collateral(call: Call, code: str | None) -> None:
    """What each member needs and has, asset by asset, and the calls that stand."""
    from rescounter.facade.union_collateral import across_told, collateral_known

    with desk_of(call) as desk:
        if code is not None and desk.union.register.member(code) is None:
            raise CallerFault("member_unknown", f"{code} is no member of this union")
        known = collateral_known(desk, code)
        if told_json(call, known) or call.quiet:
            return
        exponents = _exponents(desk)
        if not known["members"] and not known["pledged"]:
            print_lines(["Nothing is pledged, and nothing is needed."])
            return
        is_across = any(row["across_minor"] for row in known["members"])
        head = ["member", "needed", "cash", "assets count", *(["other currencies"] if is_across else []), "missing", "free"]
        amounts = ("needed_minor", "cash_minor", "assets_minor", *(["across_minor"] if is_across else []), "missing_minor", "free_minor")
        rows = [[row["member"], *(money(row[name], row["currency"], exponents) for name in amounts)] for row in known["members"]]
        print_lines(lines_of([head, *rows], right=range(1, len(head))))
        if known["across"] and known["members"]:
            rates = [[row["currency"], *across_told(row)] for row in known["across"]]
            print_lines(["", *lines_of([["currency", "covers in others", "rate"], *rates])])
        if known["pledged"]:
            heads = ["member", "asset", "pieces", "price", "haircut", "counts", "told by"]
            print_lines(["", *lines_of([heads, *(_asset(row, exponents) for row in known["pledged"])], right=(2, 3, 4, 5))])
        called = call_lines(desk, code)
        print_lines(["", "Called and not met:", *called] if called else [])


def _asset(row: Mapping[str, Any], exponents: Exponents) -> list[str]:
    first = [row["member"], row["asset"], str(row["pieces"])]
    if row["price"] is None:
        return [*first, "-", "-", "nothing", "no price: rescounter collateral prices"]
    counts = "nothing" if row["is_stale"] else money(row["counts_minor"], row["currency"], exponents)
    source = f"{row['source']}, {row['at']}" + (", too old" if row["is_stale"] else "")
    return [*first, f"{row['price']} {row['currency']}", f"{row['haircut']} %", counts, source]
