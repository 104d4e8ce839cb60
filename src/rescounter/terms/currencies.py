"""How many decimal digits a currency has (ISO 4217), and the range of an amount.

The table comes from the `iso4217` package, which ships the list of the maintenance agency.
Source: ISO 4217:2015, 3.1 ("minor unit").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Final

__all__ = ["EXPONENT_MAX", "INT64_MAX", "NO_CURRENCY", "Exponents", "all_currencies"]

INT64_MAX: Final = 2**63 - 1
EXPONENT_MAX: Final = 8
NO_CURRENCY: Final = "XXX"


@cache
def _iso_exponents() -> Mapping[str, int | None]:
    from iso4217 import Currency  # 5 ms to import: only where a currency is looked up

    table: dict[str, int | None] = {currency.code: currency.exponent for currency in Currency}
    table[NO_CURRENCY] = 0
    return MappingProxyType(table)


def all_currencies() -> tuple[str, ...]:
    """Every code of ISO 4217, in order."""
    return tuple(sorted(_iso_exponents()))


@dataclass(frozen=True, slots=True)
class Exponents:
    """Digits after the decimal point for each currency: ISO 4217, and what the rulebook declares.

    ``XXX`` (no currency) has none. A code that ISO lists without minor units (XAU, XDR) has an
    exponent only when *declared* gives it one.
    """

    declared: Mapping[str, int] = field(default_factory=dict)

    def of(self, currency: str) -> int | None:
        """Digits of *currency*, or None where neither ISO 4217 nor the rulebook gives any."""
        if currency in self.declared:
            return self.declared[currency]
        return _iso_exponents().get(currency)

    def lists(self, currency: str) -> bool:
        """True when the code exists at all, with or without minor units."""
        return currency in self.declared or currency in _iso_exponents()
