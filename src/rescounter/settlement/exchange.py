"""Positions in many currencies become positions in one unit, and those become what each member pays in its settlement currency.

Each amount is converted once: a member's position in a currency into the unit, half-even; what it then owes or is owed in the unit into
its settlement currency, half-even. Both times whole minor units come out, so that rows add up on paper, and what rounding gives or takes
stands on ``*/rounding/CURRENCY``. What members that settle elsewhere owe and are owed in the unit is taken over by the union on
``*/exchange/UNIT``, against ``*/exchange/CURRENCY``: the net foreign exchange that is dealt at the centre, once for each currency.
Sign: positive = is owed; on the union's own rows, is credited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import pyarrow as pa

from rescounter.settlement.basket import Quotation
from rescounter.settlement.calls import POSITIONS
from rescounter.settlement.conversion import ROUNDING, Converted, convert
from rescounter.terms import holds

__all__ = ["CENTRE", "CONVERSIONS", "EXCHANGE", "Exchanged", "centres", "exchanged_into", "exchanged_into_unit"]

EXCHANGE: Final = "exchange"

CONVERSIONS: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("member", "currency")),
        ("amount_minor", pa.int64()),
        ("rate", pa.string()),
        ("into", pa.string()),
        ("converted_minor", pa.int64()),
        ("difference", pa.string()),
    ]
)
"""One conversion; those into the unit first, by member and currency. *rate*: major units of *into* for one of *currency*, exact, ``p/q``.
*difference*: minor units of *into* by which the exact amount is more than *converted_minor*, exact, at most a half either way."""

CENTRE: Final = pa.schema([("currency", pa.string()), ("purpose", pa.string()), ("amount_minor", pa.int64())])
"""What the union's own accounts ``*/purpose/currency`` are credited (below zero: debited) beside the members; *purpose* `ROUNDING` or
`EXCHANGE`. No zeros."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """*net* `calls.POSITIONS` after conversion; *conversions* `CONVERSIONS`; *centre* `CENTRE`.

    Law: in every currency *net* and *centre* sum to what *net* summed to before: to zero, where that was so.
    """

    net: pa.Table
    conversions: pa.Table
    centre: pa.Table


def exchanged_into_unit(net: pa.Table, quotation: Quotation) -> Exchanged:
    """Every position in the unit. Args: *net* `POSITIONS`, every currency summing to zero.

    Law: what members are credited and the rounding sum to zero in the unit; rounding is at most half a minor unit for each conversion.
    """
    unit, rows = quotation.basket.unit, _rows(net)
    for currency in {currency for currency, _, _ in rows}:
        holds(sum(amount for code, _, amount in rows if code == currency) == 0, "zero_sum", currency=currency)
    made = [(member, currency, amount, convert(amount, currency, unit, quotation)) for currency, member, amount in rows]
    sums: dict[tuple[str, str], int] = {}
    for member, _, _, each in made:
        sums[unit, member] = sums.get((unit, member), 0) + each.amount_minor
    rounding = sum((each.difference for *_, each in made), Fraction(0))
    holds(rounding.denominator == 1 and sum(sums.values()) + rounding == 0, "conversions_lose_nothing", rounding=rounding)
    return Exchanged(_positions(sums), _conversions(made, quotation), _centre({(unit, ROUNDING): int(rounding)}))


def exchanged_into(net: pa.Table, into: Mapping[str, str], quotation: Quotation) -> Exchanged:
    """What each member pays or is paid, in the currency in which it settles.

    Args: *net* `POSITIONS` in the unit alone (any sum); *into*: settlement currency by member, the unit where none stands.
    Law: in the unit, members and the centre sum to what they summed to before; in every other currency to zero.
    """
    unit, rows = quotation.basket.unit, _rows(net)
    holds(all(currency == unit for currency, _, _ in rows), "settlement_is_converted_from_the_unit", unit=unit)
    made = [
        (member, unit, amount, convert(amount, unit, into[member], quotation))
        for _, member, amount in rows
        if into.get(member, unit) != unit
    ]
    sums = {(unit, member): amount for _, member, amount in rows if into.get(member, unit) == unit}
    centre: dict[tuple[str, str], int] = {}
    for currency in sorted({each.currency for *_, each in made}):
        group = [(member, amount, each) for member, _, amount, each in made if each.currency == currency]
        taken_over = sum(amount for _, amount, _ in group)
        dealt = convert(taken_over, unit, currency, quotation).amount_minor
        members = sum(each.amount_minor for *_, each in group)
        centre[unit, EXCHANGE] = centre.get((unit, EXCHANGE), 0) + taken_over
        centre[currency, EXCHANGE] = -dealt
        centre[currency, ROUNDING] = dealt - members
        holds(2 * abs(dealt - members) <= len(group) + 1, "rounding_takes_at_most_half_a_unit", currency=currency)
        sums |= {(currency, member): each.amount_minor for member, _, each in group}
    before = sum(amount for *_, amount in rows)
    after = sum(amount for (code, _), amount in (*sums.items(), *centre.items()) if code == unit)
    holds(before == after, "conversions_lose_nothing", before=before, after=after)
    return Exchanged(_positions(sums), _conversions(made, quotation), _centre(centre))


def centres(*parts: pa.Table) -> pa.Table:
    """`CENTRE` tables added up by currency and purpose."""
    sums: dict[tuple[str, str], int] = {}
    for row in (row for part in parts for row in part.to_pylist()):
        key = row["currency"], row["purpose"]
        sums[key] = sums.get(key, 0) + row["amount_minor"]
    return _centre(sums)


def _rows(net: pa.Table) -> list[tuple[str, str, int]]:
    holds(net.schema.equals(POSITIONS), "positions_have_their_schema", found=net.schema.names)
    return list(zip(*(net[name].to_pylist() for name in POSITIONS.names), strict=True))


def _positions(sums: Mapping[tuple[str, str], int]) -> pa.Table:
    return _table(((*key, sums[key]) for key in sorted(sums)), POSITIONS)


def _centre(sums: Mapping[tuple[str, str], int]) -> pa.Table:
    return _table(((*key, sums[key]) for key in sorted(sums) if sums[key]), CENTRE)


def _conversions(made: Iterable[tuple[str, str, int, Converted]], quotation: Quotation) -> pa.Table:
    def row(member: str, currency: str, amount: int, each: Converted) -> tuple[str, str, int, str, str, int, str]:
        into = each.currency
        minor = quotation.value_of(currency) / quotation.value_of(into)
        rate = minor * 10 ** quotation.digits_of(currency) / 10 ** quotation.digits_of(into)
        return member, currency, amount, str(rate), into, each.amount_minor, str(each.difference)

    return _table((row(*each) for each in sorted(made, key=lambda each: each[:2])), CONVERSIONS)


def _table(rows: Iterable[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    told = list(rows)
    columns = zip(*told, strict=True) if told else ((),) * len(schema)
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema)
