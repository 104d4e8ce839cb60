"""What a cycle in several currencies came to, in its unit of account: the figures that its savings report keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from fractions import Fraction
from typing import Final

import pyarrow as pa

from rescounter.settlement.basket import Quotation
from rescounter.statements.cycle_figures import CycleFigures

__all__ = ["in_the_unit"]

_COUNTED: Final = ("gross_minor", "netted_minor", "credit_minor", "cash_minor")


def in_the_unit(
    figures: Iterable[CycleFigures], quotation: Quotation, *, members: int, net: pa.Table | None, credit_minor: dict[str, int]
) -> CycleFigures | None:
    """The figures of all currencies as one in the unit, each amount converted and rounded half-even once; None where there are none.

    Args: *figures* by currency as novation alone would have it; *members* that took part; *net* `calls.POSITIONS` of the last round, in
    settlement currencies; *credit_minor*: by settlement currency, net debits that a limit covered.
    Law of `CycleFigures`: the gross is its parts; what is netted across currencies too counts as netted, and interest that was paid with the
    net as paid.
    """
    told, unit = list(figures), quotation.basket.unit
    if not told:
        return None
    worth: dict[str, int] = {}
    for name in (each.name for each in fields(CycleFigures) if each.name.endswith("_minor")):
        exact = sum((getattr(each, name) * _rate(each.currency, quotation) for each in told), Fraction(0))
        worth[name] = round(exact)
    debits = [] if net is None else [row for row in net.to_pylist() if row["net_minor"] < 0]
    paid = round(sum((-row["net_minor"] * _rate(row["currency"], quotation) for row in debits), Fraction(0)))
    credit = min(paid, round(sum((amount * _rate(code, quotation) for code, amount in credit_minor.items()), Fraction(0))))
    replaced = worth["netted_minor"] + worth["credit_minor"] + worth["cash_minor"]
    netted = max(0, replaced - paid)
    parts = {"netted_minor": netted, "credit_minor": credit, "cash_minor": paid - credit}
    kept = {name: amount for name, amount in worth.items() if name not in _COUNTED}
    return CycleFigures(
        cycle=told[0].cycle,
        currency=unit,
        exponent=quotation.digits_of(unit),
        members=members,
        items=sum(each.items for each in told),
        gross_minor=worth["set_off_minor"] + worth["open_minor"] + sum(parts.values()),
        **parts,
        **kept,
    )


def _rate(currency: str, quotation: Quotation) -> Fraction:
    """Minor units of the unit of account for one minor unit of a currency."""
    return quotation.value_of(currency) / quotation.value_of(quotation.basket.unit)
