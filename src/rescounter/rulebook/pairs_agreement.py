"""Whether the rules of payment versus payment agree with each other: each currency has a rate, every number is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from rescounter.rulebook.rules import PAIRS_KIND
from rescounter.terms.money import read_decimal

__all__ = ["Misfit", "pairs_misfits"]

Misfit: TypeAlias = tuple[str, str, str, str, str]
"""Rule, code of the refusal, what was found, what is allowed, and the currency under which it stands or nothing."""

_MISFIT: Final = "settlement_does_not_fit"
_WITH_PAIRS: Final = f"since settlement.kind is {PAIRS_KIND}"


def pairs_misfits(values: Mapping[str, Any]) -> Iterator[Misfit]:
    """Where the rules of pairs contradict others or are no numbers. Args: *values* by rule id; a rule without a value is passed over."""
    for name in ("rates", "haircuts"):
        for currency, text in (values.get(f"pairs.{name}") or {}).items():
            yield from _number(f"pairs.{name}", currency, text)
    if values.get("settlement.kind") == PAIRS_KIND:
        yield from _others(values)
        yield from _unit_and_rates(values)


def _number(rule: str, currency: str, text: str) -> Iterator[Misfit]:
    if read_decimal(text) is None:
        yield rule, "rule_of_another_kind", text, 'a decimal in quotes such as "1.10"', currency
    elif rule == "pairs.rates" and Decimal(text) <= 0:
        yield rule, "number_out_of_range", text, "above 0", currency
    elif rule == "pairs.haircuts" and not 0 <= Decimal(text) < 100:
        yield rule, "number_out_of_range", text, "0 to less than 100 per cent", currency


def _others(values: Mapping[str, Any]) -> Iterator[Misfit]:
    method = values.get("clearing.method")
    if method not in (None, "net"):
        allowed = f"net, {_WITH_PAIRS}: set-off would leave one leg of a pair without the other"
        yield "clearing.method", _MISFIT, str(method), allowed, ""
    for rule in ("credit.kind", "credit.interest"):
        if values.get(rule) not in (None, "none"):
            yield rule, _MISFIT, str(values[rule]), f"none, {_WITH_PAIRS}: nothing is owed beyond the cycle", ""
    for rule in ("settlement.net_debit_caps", "settlement.partial_funding", "fees.collected"):
        if values.get(rule):
            yield rule, _MISFIT, "true", f"false, {_WITH_PAIRS}", ""
    if values.get("exchange.unit"):
        yield "exchange.unit", _MISFIT, values["exchange.unit"], f"nothing, {_WITH_PAIRS}: each leg is paid in its own currency", ""
    if values.get("settlement.late") == "suspend":
        yield "settlement.late", _MISFIT, "suspend", f"carry, {_WITH_PAIRS}: a pair that fails the tests waits", ""


def _unit_and_rates(values: Mapping[str, Any]) -> Iterator[Misfit]:
    unit, currencies, rates = (values.get(rule) for rule in ("pairs.unit", "union.currencies", "pairs.rates"))
    if currencies is not None and len(currencies) < 2:
        yield "union.currencies", _MISFIT, ", ".join(currencies) or "(none named)", f"two currencies or more, {_WITH_PAIRS}", ""
    if unit is None or currencies is None or rates is None:
        return
    if unit not in currencies:
        yield "pairs.unit", _MISFIT, unit or "(nothing)", "one of union.currencies: " + (", ".join(currencies) or "none is named"), ""
    if unit in rates:
        yield "pairs.rates", _MISFIT, unit, "rates of the other currencies: the unit itself is worth 1", unit
    missing = [currency for currency in currencies if currency != unit and currency not in rates]
    if missing and (rates or values.get("exchange.rates") == "fixed"):
        allowed = f'a rate for each of union.currencies, {_WITH_PAIRS}; or none at all where exchange.rates is "dated" and they are set'
        yield "pairs.rates", _MISFIT, "no rate of " + ", ".join(missing), allowed, ""
