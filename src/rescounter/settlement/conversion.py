"""Conversion of one amount: valued exactly, rounded once, half-even, and what rounding leaves is told.

What it leaves goes to the union's account ``*/rounding/CURRENCY``; of a whole settlement see `exchange.py`. Positive = is owed.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rescounter.settlement.basket import Quotation
from rescounter.terms import holds

__all__ = ["ROUNDING", "Converted", "convert"]

ROUNDING: Final = "rounding"
"""Purpose of the union's account of what rounding took or gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """*amount_minor* of *currency* is *difference* more in truth, at most half a minor unit of it either way."""

    currency: str
    amount_minor: int
    difference: Fraction

    def __post_init__(self) -> None:
        holds(abs(self.difference) * 2 <= 1, "rounding_takes_at_most_half_a_unit", currency=self.currency)


def convert(amount_minor: int, currency: str, into: str, quotation: Quotation) -> Converted:
    """One amount. Law: what it becomes and the difference are together worth what it was."""
    exact = amount_minor * quotation.value_of(currency) / quotation.value_of(into)
    return Converted(currency=into, amount_minor=round(exact), difference=exact - round(exact))
