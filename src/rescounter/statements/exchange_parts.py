"""The sections on exchange: every amount with its rate, what it became, and what rounding took; the rates with source and time; swaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from rescounter.statements.facts import Conversion, ExchangeNote, StatementFacts
from rescounter.statements.section import Column, Line, Row, Section, Table
from rescounter.terms import holds
from rescounter.terms.money import Money

__all__ = ["check_exchange", "conversions", "exchange_currencies", "rates", "rounded"]

_DIGITS: Final = 8
_PLACES: Final = 4


def conversions(facts: StatementFacts) -> Section | None:
    """Each amount of the member, the rate at which it was converted, what it became and what rounding took or gave."""
    note = facts.exchange
    if note is None or not note.conversions:
        return None
    into_unit = sum(each.converted_minor for each in note.conversions if each.into == note.unit)
    lines = [*_beside(note, into_unit)]
    columns = (
        Column("Amount", "money"),
        Column("Rate"),
        Column("Converted", "money"),
        Column("Rounding, in hundredths" if facts.exponents.get(note.unit) == 2 else "Rounding, in minor units"),
    )
    return Section(
        name="exchange",
        title=f"Converted into {note.unit}",
        words="Each amount is converted once, at the rates that were frozen when set-off became final, and rounded half-even. What "
        "rounding takes or gives stands on the union's account of rounding.",
        lines=tuple(lines),
        table=Table(columns=columns, rows=tuple(_row(each) for each in note.conversions)),
    )


def _beside(note: ExchangeNote, into_unit: int) -> Iterator[Line]:
    yield Line(f"Together in {note.unit}", Money(into_unit, note.unit))
    for currency, minor in sorted(note.interest.items()):
        yield Line(f"Interest in it, {currency}", Money(minor, currency), "on what was outstanding until the settlement day")
    if note.beside_minor:
        yield Line("Settled otherwise", Money(note.beside_minor, note.unit), "as credit, or collected with it")
    if note.swap_minor is not None:
        words = "at most, of each other member, while in net deficit; a share of its average yearly gross payments"
        yield Line("May be asked as a swap", Money(note.swap_minor, note.unit), words)


def _row(each: Conversion) -> Row:
    told = f"{rounded(Fraction(each.rate), _DIGITS)} {each.into} for one {each.currency}"
    return Money(each.amount_minor, each.currency), told, Money(each.converted_minor, each.into), _rounding(each.difference)


def _rounding(difference: str) -> str:
    """What rounding took (above zero the member would have had more), in minor units with four places."""
    exact = -Fraction(difference)
    return "none" if not exact else f"{'+' if exact > 0 else '-'}{_places(abs(exact))}"


def _places(value: Fraction) -> str:
    scaled = round(value * 10**_PLACES)
    return f"{scaled // 10**_PLACES}.{scaled % 10**_PLACES:0{_PLACES}d}"


def rounded(value: Fraction, digits: int) -> str:
    """A rate above zero as a decimal of so many significant digits, half-even; shorter where it is exact so."""
    holds(value > 0, "rates_are_above_zero", rate=value)
    whole = len(str(value.numerator // value.denominator)) if value >= 1 else 0
    places = max(0, digits - whole)
    while whole == 0 and value * 10 ** (places - digits + 1) < 1:
        places += 1
    scaled = str(round(value * 10**places)).rjust(places + 1, "0")
    head, tail = (scaled[:-places], scaled[-places:]) if places else (scaled, "")
    tail = tail.rstrip("0")
    return f"{head}.{tail}" if tail else head


def rates(facts: StatementFacts) -> Section | None:
    """Where the rates come from."""
    note = facts.exchange
    if note is None or not note.rates:
        return None
    basket = " + ".join(f"{amount} {currency}" for currency, amount in note.basket.items())
    rows = tuple((each.currency, each.rate, each.at.told, each.source) for each in note.rates)
    return Section(
        name="rates",
        title="Rates of exchange",
        words=f"Units of each currency for one {note.base}." + (f" One {note.unit} is {basket}." if basket else ""),
        table=Table(columns=(Column("Currency"), Column("Rate"), Column(f"Of ({facts.union.zone})"), Column("Source")), rows=rows),
    )


def exchange_currencies(facts: StatementFacts) -> set[str]:
    """Currencies in which the sections on exchange tell amounts."""
    if facts.exchange is None:
        return set()
    return {code for each in facts.exchange.conversions for code in (each.currency, each.into)} | {facts.exchange.unit}


def check_exchange(facts: StatementFacts, positions: Mapping[str, int]) -> None:
    """Laws: what is converted into the unit are the positions that the items give, and their interest; what is called is what it became."""
    note = facts.exchange
    if note is None or not note.conversions:
        return
    expected = {code: positions.get(code, 0) + note.interest.get(code, 0) for code in {*positions, *note.interest}}
    into_unit = [each for each in note.conversions if each.into == note.unit]
    found = {each.currency: each.amount_minor for each in into_unit}
    holds(
        note.is_for_others
        or {code: minor for code, minor in found.items() if minor} == {code: minor for code, minor in expected.items() if minor},
        "items_sum_to_what_is_converted",
        member=facts.member,
    )
    together = sum(each.converted_minor for each in into_unit) + note.beside_minor
    chosen = {each.into: each for each in note.conversions if each.into != note.unit}
    holds(all(each.amount_minor == together for each in chosen.values()), "the_unit_is_converted_whole", member=facts.member)
    for call in facts.calls:
        wanted = chosen[call.currency].converted_minor if call.currency in chosen else together
        holds(call.position_minor == wanted, "what_is_called_is_what_was_converted", member=facts.member, currency=call.currency)
