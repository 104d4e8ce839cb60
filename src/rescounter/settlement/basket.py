"""The unit of account: a basket of fixed amounts of currencies, or a single currency, with rates that say where they come from.

A rate is the value of one major unit of a currency in major units of the numeraire, in which all rates of a quotation are told; the
numeraire's own is 1. The unit is worth what its amounts are worth. Everything is exact until `conversion.py` rounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from rescounter.terms import holds

__all__ = ["Basket", "Quotation", "Rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """*value* > 0 of one major unit of *currency*, as *source* told it at *at_us* (microseconds since 1970 UTC)."""

    currency: str
    value: Fraction
    at_us: int
    source: str

    def __post_init__(self) -> None:
        holds(self.value > 0, "rates_are_above_zero", currency=self.currency)
        holds(bool(self.source), "a_rate_has_a_source", currency=self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """The unit of account *unit* with *exponent* decimal digits: one major unit of it is *amounts*, major units > 0 by currency."""

    unit: str
    exponent: int
    amounts: Mapping[str, Fraction]

    def __post_init__(self) -> None:
        holds(bool(self.amounts) and all(amount > 0 for amount in self.amounts.values()), "a_basket_holds_something", unit=self.unit)
        holds(self.unit not in self.amounts or self.amounts == {self.unit: 1}, "a_basket_is_not_in_itself", unit=self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Rates of one instant and the basket that they value. *exponents*: decimal digits by currency.

    Law: every currency of the basket has a rate, every rate an exponent; a numeraire among them is at 1.
    """

    numeraire: str
    basket: Basket
    rates: Mapping[str, Rate]
    exponents: Mapping[str, int]
    _values: Mapping[str, Fraction] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        holds(all(code == rate.currency for code, rate in self.rates.items()), "rates_are_of_their_currency")
        values = {self.numeraire: Fraction(1)} | {code: rate.value for code, rate in self.rates.items()}
        holds(values[self.numeraire] == 1, "the_numeraire_is_at_one", numeraire=self.numeraire)
        holds(self.basket.amounts.keys() <= values.keys(), "every_currency_has_a_rate", unit=self.basket.unit)
        worth = sum((amount * values[code] for code, amount in self.basket.amounts.items()), Fraction(0))
        holds(values.get(self.basket.unit, worth) == worth, "a_basket_is_worth_its_amounts", unit=self.basket.unit)
        values[self.basket.unit] = worth
        digits = {self.basket.unit: self.basket.exponent, **self.exponents}
        holds(digits[self.basket.unit] == self.basket.exponent, "one_exponent_for_a_unit", unit=self.basket.unit)
        holds(values.keys() <= digits.keys(), "every_currency_has_an_exponent", without=sorted(values.keys() - digits.keys()))
        minor = {code: value / 10 ** digits[code] for code, value in values.items()}
        object.__setattr__(self, "_values", MappingProxyType(minor))

    def value_of(self, code: str) -> Fraction:
        """Worth of one minor unit of a currency, or of the unit of account, in major units of the numeraire."""
        holds(code in self._values, "every_currency_has_a_rate", currency=code)
        return self._values[code]

    def digits_of(self, code: str) -> int:
        """Decimal digits of a currency, or of the unit of account."""
        return self.basket.exponent if code == self.basket.unit else self.exponents[code]
