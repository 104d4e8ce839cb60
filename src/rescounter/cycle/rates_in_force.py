"""Which rates count at an instant: for a cycle, for its pairs, for collateral; and which are missing or too old.

The rates of a cycle are those that hold at the end of its corrections (its cut-off, where there are none): an instant that was frozen when
the cycle opened. They come from what was set with source and time, or where the rulebook fixes them from there. Pairs fall back on the
rulebook's own table for currencies of which no rate was ever set.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rescounter.cycle.office import refusal
from rescounter.cycle.rating import base_of, currencies_needed
from rescounter.cycle.union import Cycle, Union
from rescounter.rulebook.rules import PAIRS_KIND, Rules
from rescounter.settlement.cover import NOTHING_ACROSS, Across
from rescounter.settlement.rates import RateTold, values_in
from rescounter.terms import Exponents, Refusal

__all__ = [
    "RateGap",
    "across_at",
    "gaps",
    "instant_of_rates",
    "known_rates",
    "pair_gaps",
    "pair_values",
    "rates_of_pairs",
    "refusals_of_gaps",
]

_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class RateGap:
    """A currency whose rate is missing at an instant; *latest*: the one that is too old then, None where none was ever set."""

    currency: str
    latest: RateTold | None


def instant_of_rates(cycle: Cycle) -> int:
    """The instant whose rates count for the cycle, microseconds since 1970 UTC."""
    return max(cycle.dates.corrections_end_at_us, cycle.dates.cut_off_at_us)


def known_rates(union: Union, rules: Rules, at_us: int) -> dict[str, RateTold]:
    """By currency the latest rate up to an instant, however old; those of the rulebook where it fixes them (of that very instant)."""
    if rules.exchange.rates == "dated":
        return union.rates.latest(base_of(rules), at_us)
    source = f"rulebook, version {rules.version}"
    return {
        code: RateTold(currency=code, base=base_of(rules), rate=rate, source=source, at_us=at_us, act=0)
        for code, rate in rules.exchange.fixed_rates.items()
    }


def gaps(wanted: Iterable[str], known: Mapping[str, RateTold], rules: Rules, at_us: int) -> tuple[RateGap, ...]:
    """Which of *wanted* have no rate at an instant, or one that is older than the rulebook allows; in order of code."""
    oldest_us = at_us - rules.exchange.rate_days * _DAY_US
    return tuple(RateGap(code, known.get(code)) for code in sorted(wanted) if code not in known or known[code].at_us < oldest_us)


def refusals_of_gaps(found: Collection[RateGap], rules: Rules, at_us: int, what: str) -> tuple[Refusal, ...]:
    """What is missing at an instant as refusals: ``rate_missing``, ``rate_too_old``."""
    missing = [each.currency for each in found if each.latest is None]
    old = [f"{each.currency} of {_day(each.latest.at_us)}" for each in found if each.latest is not None]
    refusals = []
    if missing:
        told = f"no rate for {', '.join(missing)} by {_day(at_us)}, base {base_of(rules)}"
        refusals.append(refusal("rate_missing", what, found=told))
    if old:
        allowed = f"at most {rules.exchange.rate_days} days before {_day(at_us)}"
        refusals.append(refusal("rate_too_old", what, found=", ".join(old), allowed=allowed))
    return tuple(refusals)


def rates_of_pairs(union: Union, rules: Rules, at_us: int) -> tuple[RateTold, ...]:
    """The rates that were set and value balances of pairs at an instant, however old, by currency; nothing: the rulebook's table alone.

    Where the unit of the pairs is not the base and has no rate, nothing can be told in it, so the table counts whole.
    """
    known = known_rates(union, rules, at_us) if rules.exchange.rates == "dated" else {}
    if rules.pairs.rates and rules.pairs.unit not in (base_of(rules), *known):
        return ()
    return tuple(known[code] for code in currencies_needed(rules) if code in known)


def pair_gaps(union: Union, rules: Rules, at_us: int) -> tuple[RateGap, ...]:
    """Which currencies of a union of pairs have no rate that counts at an instant: too old, or neither set nor in the rulebook's table."""
    if rules.exchange.rates != "dated":
        return ()
    told = {rate.currency: rate for rate in rates_of_pairs(union, rules, at_us)}
    return gaps({*currencies_needed(rules)} & told.keys() | _without_table(rules), told, rules, at_us)


def _without_table(rules: Rules) -> set[str]:
    """Currencies that need a rate, since the rulebook has none of them at all."""
    return set() if rules.pairs.rates else {*currencies_needed(rules)}


def pair_values(rules: Rules, rates: Iterable[RateTold]) -> dict[str, Fraction]:
    """Major units of the unit of pairs for one major unit of each currency that rates value; those that are left out have the table's."""
    worth = values_in(rules.pairs.unit, rates, base=base_of(rules))
    return {currency: value for currency, value in worth.items() if currency in rules.union.currencies}


def across_at(union: Union, *, at_us: int) -> tuple[Across, tuple[RateTold, ...]]:
    """What collateral covers in other currencies at an instant, and the rates by which it does; a rate that is too old counts nothing."""
    rules = union.rules(at_us)
    if not rules.collateral.currency_haircuts or not base_of(rules):
        return NOTHING_ACROSS, ()
    is_of_pairs = rules.settlement.kind == PAIRS_KIND
    known = {rate.currency: rate for rate in rates_of_pairs(union, rules, at_us)} if is_of_pairs else known_rates(union, rules, at_us)
    old = {each.currency for each in gaps(known, known, rules, at_us)}
    rates = tuple(known[code] for code in currencies_needed(rules) if code in known and code not in old)
    values = _of_pairs(rules, rates, old) if is_of_pairs else _of_unit(rules, rates)
    exponents = Exponents(dict(rules.union.exponents))
    minor = {code: value / 10 ** (exponents.of(code) or 0) for code, value in values.items()}
    haircuts = {code: Fraction(text) / 100 for code, text in rules.collateral.currency_haircuts.items()}
    return Across(values=minor, haircuts=haircuts), rates


def _of_pairs(rules: Rules, rates: tuple[RateTold, ...], old: Collection[str]) -> dict[str, Fraction]:
    """Values in the unit of pairs. A currency whose rate is too old has none, whatever the table says of it."""
    if rules.pairs.unit in old:
        return {}
    table = {code: Fraction(text) for code, text in rules.pairs.rates.items() if code not in old}
    return table | pair_values(rules, rates) | {rules.pairs.unit: Fraction(1)}


def _of_unit(rules: Rules, rates: tuple[RateTold, ...]) -> dict[str, Fraction]:
    """Values in the base; a basket is worth what its amounts are worth."""
    worth = values_in(base_of(rules), rates, base=base_of(rules))
    amounts = {code: Fraction(amount) for code, amount in rules.exchange.basket.items()}
    if amounts and amounts.keys() <= worth.keys():
        worth[rules.exchange.unit] = sum((amount * worth[code] for code, amount in amounts.items()), Fraction(0))
    return worth


def _day(at_us: int) -> str:
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=at_us)).strftime("%Y-%m-%d %H:%M UTC")
