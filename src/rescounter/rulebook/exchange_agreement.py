"""Whether the rules on exchange agree with each other and with those on settlement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final, TypeAlias

from rescounter.rulebook.rules import PAIRS_KIND

__all__ = ["exchange_misfits", "is_rate"]

Misfit: TypeAlias = tuple[str, str, str, str, str]
"""Rule, code, what was found, what is allowed, and the currency under which it stands."""

_DECIMAL: Final = re.compile(r"[0-9]{1,24}(\.[0-9]{1,24})?")
_LENGTH_MAX: Final = 40


def is_rate(text: str) -> bool:
    """True for a plain decimal number above zero, such as ``1.1172``, of at most 40 characters."""
    return len(text) <= _LENGTH_MAX and _DECIMAL.fullmatch(text) is not None and Fraction(text) > 0


def exchange_misfits(values: Mapping[str, Any]) -> Iterator[Misfit]:
    """Where the rules on exchange contradict others. Args: *values* by rule id; a rule without a value is passed over."""
    unit = values.get("exchange.unit")
    if unit is None:
        return
    if not unit:
        yield from _without_unit(values)
        return
    basket, base = values.get("exchange.basket") or {}, values.get("exchange.base") or ""
    fixed, is_fixed = values.get("exchange.fixed_rates") or {}, values.get("exchange.rates") == "fixed"
    currencies = values.get("union.currencies")
    if currencies is not None and unit not in currencies:
        told = ", ".join(currencies) or "(none named)"
        yield _misfit("unit", unit, f"one of union.currencies, which must be named: {told}")
    if unit in basket:
        yield _misfit("basket", unit, "other currencies than the unit, which is worth what they are worth", unit)
    if basket and base in ("", unit):
        yield _misfit("base", base or "(none)", "a currency for which rates are told, other than the unit, since the unit is a basket")
    for name, amounts in (("basket", basket), ("fixed_rates", fixed)):
        for currency, text in amounts.items():
            if text is not None and not is_rate(text):
                yield f"exchange.{name}", "rate_malformed", text, "", currency
    if fixed and not is_fixed:
        yield _misfit("fixed_rates", ", ".join(fixed), 'none where exchange.rates is "dated"')
    needed = {*(currencies or ()), *basket} - {base or unit} - ({unit} if basket else set())
    if is_fixed and (missing := sorted(needed - fixed.keys())):
        yield _misfit("fixed_rates", "no rate for " + ", ".join(missing), "a rate for each currency of the union and of its basket")
    if is_fixed and (base or unit) in fixed:
        yield _misfit("fixed_rates", base or unit, "other currencies than the base, which is worth one of itself", base or unit)
    if values.get("settlement.kind") == "none":
        yield _misfit("unit", unit, "none where settlement.kind is none: nothing is paid, so nothing is converted")
    if values.get("settlement.kind") == PAIRS_KIND:
        yield _misfit("unit", unit, f"none where settlement.kind is {PAIRS_KIND}: pairs settle in their own currencies")
    if values.get("settlement.partial_funding"):
        yield (
            "settlement.partial_funding",
            "exchange_does_not_fit",
            "true",
            "false where there is a unit: what comes in pays no debt alone",
            "",
        )


def _without_unit(values: Mapping[str, Any]) -> Iterator[Misfit]:
    for name in ("basket", "fixed_rates", "members_choose", "swap_share"):
        if found := values.get(f"exchange.{name}"):
            told = ", ".join(found) if isinstance(found, Mapping) else str(found).lower()
            yield _misfit(name, told, "nothing where exchange.unit is empty")
    needs_rates = values.get("settlement.kind") == PAIRS_KIND or values.get("collateral.currency_haircuts")
    if (base := values.get("exchange.base")) and not needs_rates:
        yield _misfit("base", base, "nothing where exchange.unit is empty, no pairs settle and collateral.currency_haircuts names nothing")


def _misfit(name: str, found: str, allowed: str, key: str = "") -> Misfit:
    return f"exchange.{name}", "exchange_does_not_fit", found, allowed, key
