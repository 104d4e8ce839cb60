"""Whether the rules on collateral agree with each other and with those on exchange: who covers across currencies needs rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from rescounter.rulebook.rules import PAIRS_KIND
from rescounter.terms.money import read_decimal

__all__ = ["collateral_misfits"]

_Misfit: TypeAlias = tuple[str, str, str, str, str]
"""Rule, code of the refusal, what was found, what is allowed, and the currency under which it stands or nothing."""

_RULE: Final = "collateral.currency_haircuts"
_MISFIT: Final = "exchange_does_not_fit"


def collateral_misfits(values: Mapping[str, Any]) -> Iterator[_Misfit]:
    """Where the rules of collateral contradict others or are no numbers. Args: *values* by rule id; one without a value is passed over."""
    named = values.get(_RULE) or {}
    for currency, text in named.items():
        if text is None or read_decimal(text) is None:
            yield _RULE, "rule_of_another_kind", str(text), 'a decimal in quotes such as "8"', currency
        elif not 0 <= Decimal(text) < 100:
            yield _RULE, "number_out_of_range", text, "0 to less than 100 per cent", currency
    if named:
        yield from _without_rates(values, ", ".join(named))


def _without_rates(values: Mapping[str, Any], named: str) -> Iterator[_Misfit]:
    """Why nothing could be valued in another currency."""
    if values.get("union.currencies") == ():
        yield _RULE, _MISFIT, named, "nothing where union.currencies names none: nobody could say of which currencies rates are needed", ""
    unit, base, kind = (values.get(rule) for rule in ("exchange.unit", "exchange.base", "settlement.kind"))
    if unit == "" and base == "" and kind not in (None, PAIRS_KIND):
        yield _RULE, _MISFIT, named, "nothing where there are no rates: name exchange.base, the currency for which they are told", ""
    if unit == "" and values.get("exchange.rates") == "fixed" and kind not in (None, PAIRS_KIND):
        yield _RULE, _MISFIT, named, 'nothing where exchange.rates is "fixed" without exchange.unit: the rulebook holds no rates then', ""
