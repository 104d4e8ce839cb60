"""The rates that a union was told, and those of them by which one cycle is converted.

A rate is how many major units of a currency one major unit of the base buys, as exact decimal text ("1.1172"), with its source and the
instant for which it holds: the direction in which central banks publish. Rates are never rounded; `basket.Quotation` takes their exact
reciprocals. Which of them count for an instant is decided by that instant alone, so later rates move nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from rescounter.settlement.basket import Basket, Quotation, Rate
from rescounter.terms import holds
from rescounter.terms.acts import Act

__all__ = ["RATES", "RateTold", "RatesTold", "quotation", "rates_table", "values_in"]

RATES: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("currency", "base", "rate", "source")),
        ("at_us", pa.int64()),
        ("act", pa.int64()),
    ]
)
"""By currency: *rate* of it for one of *base*, exact decimal text; *act*: number of the act that set it, 0 = the rulebook itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTold:
    """One row of `RATES`."""

    currency: str
    base: str
    rate: str
    source: str
    at_us: int
    act: int

    def __post_init__(self) -> None:
        holds(Fraction(self.rate) > 0, "rates_are_above_zero", currency=self.currency)


@dataclass(frozen=True, slots=True)
class RatesTold:
    """All rates that acts have set, by base and currency, in the order of the acts."""

    told: Mapping[tuple[str, str], tuple[RateTold, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def after(self, act: Act) -> RatesTold:
        """The rates with one more act; kinds that set none are passed over."""
        if act.kind != "rates_set":
            return self
        told = dict(self.told)
        for row in act.body["rates"]:
            rate = RateTold(base=act.body["base"], act=act.number, **row)
            told[rate.base, rate.currency] = (*told.get((rate.base, rate.currency), ()), rate)
        return RatesTold(MappingProxyType(told))

    def latest(self, base: str, at_us: int) -> dict[str, RateTold]:
        """By currency, the rate of the latest instant up to *at_us*; of several for one instant that which was set last."""
        found = {}
        for (of, currency), rates in sorted(self.told.items()):
            known = [rate for rate in rates if of == base and rate.at_us <= at_us]
            if known:
                found[currency] = max(known, key=lambda rate: (rate.at_us, rate.act))
        return found


def rates_table(rates: Iterable[RateTold]) -> pa.Table:
    """Rates as `RATES`, by currency."""
    return pa.Table.from_pylist([asdict(rate) for rate in sorted(rates, key=lambda rate: rate.currency)], schema=RATES)


def values_in(unit: str, rates: Iterable[RateTold], *, base: str) -> dict[str, Fraction]:
    """Major units of *unit* for one major unit of each currency that *rates*, told for *base*, value: exact, the unit itself 1.

    Returns: nothing where the unit is not the base and has no rate, so that nothing can be told in it.
    """
    worth = {base: Fraction(1)} | {rate.currency: 1 / Fraction(rate.rate) for rate in rates}
    return {currency: value / worth[unit] for currency, value in sorted(worth.items())} if unit in worth else {}


def quotation(rates: pa.Table, basket: Basket, *, base: str, currencies: Collection[str], exponents: Mapping[str, int]) -> Quotation:
    """The value of every currency and of the unit.

    Args: *rates* `RATES` of that *base*, for each of *currencies* but the base; *exponents* of the currencies that are converted: those of
    a basket or the base, which only value others, need none.
    """
    holds(rates.schema.equals(RATES), "rates_have_their_schema", found=rates.schema.names)
    rows = rates.to_pylist()
    holds(all(row["base"] == base for row in rows), "rates_are_of_one_base", base=base)
    values = {
        row["currency"]: Rate(currency=row["currency"], value=1 / Fraction(row["rate"]), at_us=row["at_us"], source=row["source"])
        for row in rows
    }
    wanted = {*currencies, *basket.amounts} - {base} - ({basket.unit} - basket.amounts.keys())
    holds(wanted <= values.keys(), "every_currency_has_a_rate", missing=sorted(wanted - values.keys()))
    digits = dict.fromkeys({base, *values, *basket.amounts}, 0) | dict(exponents) | {basket.unit: basket.exponent}
    return Quotation(numeraire=base, basket=basket, rates=values, exponents=digits)
