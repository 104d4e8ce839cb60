"""What a cycle in several currencies came to, in its unit of account: the figures that its savings report keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction

import pyarrow as pa

from rescounter.settlement.basket import Quotation
from rescounter.statements.cycle_figures import CycleFigures

__all__ = ["Paid", "in_the_unit"]


@dataclass(frozen=True, slots=True)
class Paid:
    """How net debits were met: *positions* and *net* `calls.POSITIONS`, before and after what became credit; *credit_minor* by currency,
    what caps covered."""

    positions: pa.Table
    net: pa.Table
    credit_minor: Mapping[str, int]


def in_the_unit(figures: Sequence[CycleFigures], quotation: Quotation, *, members: int, paid: Paid | None) -> CycleFigures:
    """The figures of all currencies as one in the unit, every sum converted exactly and rounded half-even once.

    Args: *figures*, one at least, by currency as novation alone would have it; *members* that took part; *paid*: None before it is funded.
    What is netted across currencies counts as netted. Interest is no debt of the cycle and is not counted.
    """
    unit = quotation.basket.unit
    worth = {
        name: sum((getattr(each, name) * _rate(each.currency, quotation) for each in figures), Fraction(0))
        for name in (field.name for field in fields(CycleFigures) if field.name.endswith("_minor"))
    }
    if paid is not None:
        worth |= _as_paid(worth, paid, quotation)
    told = {name: round(exact) for name, exact in worth.items()}
    told["netted_minor"] = max(0, told["netted_minor"])
    parts = ("set_off_minor", "netted_minor", "open_minor", "credit_minor", "cash_minor")
    return CycleFigures(
        cycle=figures[0].cycle,
        currency=unit,
        exponent=quotation.digits_of(unit),
        members=members,
        items=sum(each.items for each in figures),
        **(told | {"gross_minor": sum(told[name] for name in parts)}),
    )


def _as_paid(worth: Mapping[str, Fraction], paid: Paid, quotation: Quotation) -> dict[str, Fraction]:
    """Cash and credit of the net debits in the unit, and what needed neither."""
    owed, money = (_debits(table, quotation) for table in (paid.positions, paid.net))
    whole = sum(owed.values(), Fraction(0))
    covered = sum((min(debit, money.get(member, Fraction(0))) for member, debit in owed.items()), Fraction(0))
    capped = sum((amount * _rate(code, quotation) for code, amount in paid.credit_minor.items()), Fraction(0))
    cash = covered - min(covered, capped)
    replaced = worth["netted_minor"] + worth["credit_minor"] + worth["cash_minor"]
    return {"cash_minor": cash, "credit_minor": whole - cash, "netted_minor": replaced - whole}


def _debits(net: pa.Table, quotation: Quotation) -> dict[str, Fraction]:
    """Net debits above zero by direct member, all its currencies together, exact."""
    sums: dict[str, Fraction] = {}
    for row in net.to_pylist():
        sums[row["member"]] = sums.get(row["member"], Fraction(0)) - row["net_minor"] * _rate(row["currency"], quotation)
    return {member: debit for member, debit in sums.items() if debit > 0}


def _rate(currency: str, quotation: Quotation) -> Fraction:
    """Minor units of the unit of account for one minor unit of a currency."""
    return quotation.value_of(currency) / quotation.value_of(quotation.basket.unit)
