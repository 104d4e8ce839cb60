"""``rescounter rates`` at work."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rescounter.cli.rates_voice import rates_due_lines
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import lines_of, money, print_lines, tell_done, told_json, when
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault, Exponents, parse_minor

if TYPE_CHECKING:
    from rescounter.facade.union import Desk, Done

__all__ = ["deal_exchange", "set_published", "set_rates_of", "show_rates"]


def set_rates_of(call: Call, file: Path) -> None:
    """Set the rates of a file."""
    from rescounter.facade.union_rates import set_rates

    with desk_of(call) as desk:
        _tell(call, desk, set_rates(desk, file, by=who(call, desk, "rates_set"))[0])


def set_published(call: Call, day: str) -> None:
    """Set what the European Central Bank published on a day."""
    from rescounter.facade.union_rates import set_published_rates

    try:
        date = datetime.date.fromisoformat(day)
    except ValueError as fault:
        raise CallerFault("option_invalid", f"{day!r} is no date such as 2026-03-16") from fault
    with desk_of(call) as desk:
        _tell(call, desk, set_published_rates(desk, date, by=who(call, desk, "rates_set")))


def _tell(call: Call, desk: Desk, done: Done) -> None:
    tell_done(call, desk, done, "The rates are set; cycles whose rates are frozen already keep them.")


def deal_exchange(call: Call, sold: str, bought: str, *, reference: str) -> None:
    """Record what was dealt."""
    from rescounter.cycle.dealing import dealing

    with desk_of(call) as desk:
        exponents = Exponents(dict(desk.union.rules(desk.at_us).union.exponents))
        given, got = _amount(sold, exponents), _amount(bought, exponents)
        came = dealing(desk.union, desk.office, given, got, reference=reference, at_us=desk.at_us)
        done = desk.do(came, by=who(call, desk, "dealt"))
        tell_done(call, desk, done, f"Dealt: {money(given[1], given[0], exponents)} sold, {money(got[1], got[0], exponents)} bought.")


def _amount(text: str, exponents: Exponents) -> tuple[str, int]:
    number, _, currency = text.strip().partition(" ")
    try:
        return currency.strip(), parse_minor(number, exponents.of(currency.strip()) or 0)
    except ValueError as fault:
        raise CallerFault("option_invalid", f"{text!r} is no amount and currency such as '80000 EUR': {fault}") from fault


def show_rates(call: Call) -> None:
    """The latest rates, those that were frozen, and what stands at the centre."""
    from rescounter.facade.union_rates import rates_known

    with desk_of(call) as desk:
        known = rates_known(desk)
        if told_json(call, known) or call.quiet:
            return
        if not known["base"]:
            print_lines(["Every currency settles by itself: the rulebook names no unit of account (exchange.unit)."])
            return
        rules = desk.union.rules(desk.at_us).union
        print_lines([*_head(known), *_latest(known, rules.zone), *_table(known), *_frozen(known, rules.zone), *_due(desk)])
        print_lines(_centre(known, Exponents(dict(rules.exponents))))


def _latest(known: Mapping[str, Any], zone: str) -> list[str]:
    """The latest rate of each currency."""
    rows = [[each["currency"], each["rate"] or "missing", _at(each, zone), _mark(each), each["source"]] for each in known["currencies"]]
    return _indented([["currency", "rate", "at", "", "source"], *rows], right=1) if rows else []


def _table(known: Mapping[str, Any]) -> list[str]:
    """The rulebook's own table of pairs."""
    if not known["table"]:
        return []
    told = ", ".join(f"1 {currency} = {worth} {known['pairs_unit']}" for currency, worth in known["table"].items())
    return ["", f"Pairs, where no rate was ever set: {told} (rulebook)."]


def _due(desk: Desk) -> list[str]:
    """Which cycles wait for rates."""
    found = [(cycle.code, rates_due_lines(desk, cycle)) for cycle in desk.union.cycles.values() if cycle.final is None]
    return [line for code, lines in found if lines for line in ("", f"Cycle {code}:", *lines)]


def _frozen(known: Mapping[str, Any], zone: str) -> list[str]:
    """The rates of the latest cycle whose set-off is final."""
    if not known["cycles"]:
        return []
    cycle = known["cycles"][-1]
    rows = [[each["currency"], each["rate"], _at(each, zone), each["source"]] for each in cycle["rates"]]
    return ["", f"Frozen for cycle {cycle['cycle']}:", *_indented([["currency", "rate", "at", "source"], *rows], right=1)]


def _centre(known: Mapping[str, Any], exponents: Exponents) -> list[str]:
    """What the union has to deal, and what rounding left."""
    rows = [[row["account"], money(row["balance_minor"], row["currency"], exponents), _side(row)] for row in known["at_the_centre"]]
    return ["", "At the centre:", *_indented([["account", "balance", ""], *rows], right=1)] if rows else []


def _indented(rows: Sequence[Sequence[str]], *, right: int) -> list[str]:
    return [f"  {line}" for line in lines_of(rows, right=(right,))]


def _at(row: Mapping[str, Any], zone: str) -> str:
    return when(row["at_us"], zone) if row.get("at_us") is not None else ""


def _head(known: Mapping[str, Any]) -> list[str]:
    basket = " + ".join(f"{amount} {currency}" for currency, amount in known["basket"].items())
    worth = f", worth {basket}" if basket else ""
    age = "fixed in the rulebook" if known["rates"] == "fixed" else f"too old after {known['rate_days']} days"
    unit = f"Unit of account {known['unit']}{worth}. " if known["unit"] else ""
    return [f"{unit}Rates: units of each currency for one {known['base']}, {age}."]


def _mark(row: Mapping[str, Any]) -> str:
    return "too old" if row.get("too_old") else ""


def _side(row: Mapping[str, Any]) -> str:
    if "/exchange/" not in row["account"]:
        return "kept of rounding" if row["balance_minor"] > 0 else "borne of rounding"
    return "to sell" if row["balance_minor"] > 0 else "to buy"
