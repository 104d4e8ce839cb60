"""Whether rules agree with each other, and with the world: calendars, zones, currencies, countries, accounts.

Both are asked of a text that is handed in, never of one that was recorded: lists of the world change, and a later
release may ask for more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rescounter.rulebook.collateral_agreement import collateral_misfits
from rescounter.rulebook.council_agreement import council_disagreements
from rescounter.rulebook.credit_agreement import credit_misfits
from rescounter.rulebook.dispute_agreement import dispute_misfits
from rescounter.rulebook.exchange_agreement import exchange_misfits
from rescounter.rulebook.fields import RULES, Kind
from rescounter.rulebook.guarantee_texts import guarantee_misfits
from rescounter.rulebook.pairs_agreement import pairs_misfits
from rescounter.rulebook.pool_agreement import pool_misfits
from rescounter.rulebook.rules import APPROVED_KINDS
from rescounter.terms import Exponents
from rescounter.terms.calendar import knows_calendar, knows_zone
from rescounter.terms.identity import is_bic, is_country, is_iban
from rescounter.terms.names import closest

__all__ = ["APPROVABLE_KINDS", "Disagreement", "disagreements", "strangers"]

APPROVABLE_KINDS: Final = (*APPROVED_KINDS, "cycle_opened", "cut_off", "corrected", "called", "paid_in", "funded", "closed")
"""Kinds of acts that a rulebook may ask an approval for."""

_BY_CURRENCY: Final = (Kind.MONEY, Kind.DIGITS, Kind.TEXT_BY_CURRENCY, Kind.TEXTS_BY_CURRENCY)
_OF_ANY_CURRENCY: Final = ("union.exponents", "exchange.basket", "exchange.fixed_rates")
"""What values a unit of account needs to be no currency of the union."""
_ONE_TIME: Final = "one clock time; several where calendar.frequency is intraday"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A rule that does not go with others or with the world. *key*: the currency under which it stands, if it does."""

    rule: str
    code: str
    found: str
    allowed: str
    key: str = ""


def disagreements(values: Mapping[str, Any]) -> Iterator[Disagreement]:
    """Where the rules contradict each other. Args: *values* by rule id; a rule without a value is passed over."""
    for check in (_times, _days, _settlement, _needed, _currencies_named):
        yield from check(values)
    yield from (Disagreement(*told) for told in council_disagreements(values))
    yield from (Disagreement(*misfit) for misfit in credit_misfits(values))
    yield from (Disagreement(*misfit) for misfit in exchange_misfits(values))
    yield from (Disagreement(*misfit) for misfit in pairs_misfits(values))
    yield from (Disagreement(*misfit) for misfit in collateral_misfits(values))
    yield from (Disagreement(*misfit) for misfit in dispute_misfits(values))
    yield from (Disagreement(*misfit) for misfit in guarantee_misfits(values))
    yield from (Disagreement(*misfit) for misfit in pool_misfits(values))


def _times(values: Mapping[str, Any]) -> Iterator[Disagreement]:
    rule, times = "calendar.cut_off_times", values.get("calendar.cut_off_times") or ()
    is_intraday = values.get("calendar.frequency") == "intraday"
    told = ", ".join(clock.isoformat() for clock in times)
    if is_intraday and len(times) == 1:
        yield Disagreement(rule, "times_do_not_fit", told, "two clock times or more where calendar.frequency is intraday")
    if not is_intraday and len(times) > 1:
        yield Disagreement(rule, "times_do_not_fit", told, _ONE_TIME)
    if list(times) != sorted(times):
        yield Disagreement(rule, "times_do_not_fit", told, "clock times in rising order")


def _days(values: Mapping[str, Any]) -> Iterator[Disagreement]:
    days = {rule: values[rule] for rule in values if rule.startswith("calendar.") and rule.endswith("_days")}
    opens = days.get("calendar.intake_opens_days")
    pairs = [("intake_closes", "intake_opens")] if opens else []
    if values.get("settlement.kind") != "none":
        pairs += [("correction", "settlement"), ("pay_in", "settlement")]
    if values.get("settlement.kind") == "pay-in":
        pairs += [("correction", "pay_in")]
    for earlier, later in pairs:
        rule, other = f"calendar.{earlier}_days", f"calendar.{later}_days"
        least = 1 if earlier == "intake_closes" else 0
        if rule in days and other in days and days[rule] > days[other] - least:
            yield Disagreement(rule, "days_out_of_order", str(days[rule]), f"at most {days[other] - least}, since {other} is {days[other]}")


def _settlement(values: Mapping[str, Any]) -> Iterator[Disagreement]:
    kind, method = values.get("settlement.kind"), values.get("clearing.method")
    if kind == "none" and method not in (None, "set-off"):
        allowed = "set-off, since settlement.kind is none; else settlement.kind must be pay-in or prefunded"
        yield Disagreement("clearing.method", "settlement_does_not_fit", str(method), allowed)
    if kind not in (None, "none") and method == "set-off":
        yield Disagreement("settlement.kind", "settlement_does_not_fit", str(kind), "none, since clearing.method is set-off")
    if kind == "none" and values.get("settlement.net_debit_caps"):
        yield Disagreement("settlement.net_debit_caps", "settlement_does_not_fit", "true", "false, since settlement.kind is none")


def _needed(values: Mapping[str, Any]) -> Iterator[Disagreement]:
    needed = values.get("approvals.needed")
    if needed is None:
        return
    for kind in needed:
        if kind not in APPROVABLE_KINDS:
            yield Disagreement(
                "approvals.needed", "choice_unknown", kind, "one of: " + ", ".join(APPROVABLE_KINDS) + closest(kind, APPROVABLE_KINDS)
            )
    left_out = [kind for kind in APPROVED_KINDS if kind not in needed]
    if left_out and values.get("union.single_person") is False:
        allowed = "every kind that moves money or changes members, limits, keys or rules; or union.single_person = true"
        yield Disagreement("approvals.needed", "approval_left_out", "without " + ", ".join(left_out), allowed)


def _currencies_named(values: Mapping[str, Any]) -> Iterator[Disagreement]:
    named = values.get("union.currencies")
    if not named:
        return
    for rule, currency in _under_currencies(values):
        if currency not in named and rule not in _OF_ANY_CURRENCY:
            yield Disagreement(rule, "currency_left_out", currency, "one of union.currencies: " + ", ".join(named), currency)


def _under_currencies(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for rule in RULES.values():
        if rule.kind in _BY_CURRENCY:
            yield from ((rule.id, currency) for currency in values.get(rule.id) or ())


def strangers(values: Mapping[str, Any]) -> Iterator[Disagreement]:
    """What the lists of the world do not hold: zones, calendars, currencies, countries, account numbers."""
    exponents = Exponents(dict(values.get("union.exponents") or {}))
    if (zone := values.get("union.zone")) is not None and not knows_zone(zone):
        yield Disagreement("union.zone", "zone_unknown", zone, "a name of the IANA time zone data, such as Europe/Ljubljana")
    currencies = [("union.currencies", currency, "") for currency in values.get("union.currencies") or ()]
    currencies += [(rule, currency, currency) for rule, currency in _under_currencies(values)]
    for rule, currency, key in currencies:
        if exponents.of(currency) is None:
            allowed = "a currency of ISO 4217 that has minor units, or one with digits in union.exponents"
            yield Disagreement(rule, "currency_without_digits", currency, allowed, key)
    for currency, sources in (values.get("calendar.holidays") or {}).items():
        for source in sources or ():
            if not knows_calendar(source):
                allowed = "a market such as XECB or XNYS, a country such as SI, or a part of one such as DE-BY"
                yield Disagreement("calendar.holidays", "calendar_unknown", source, allowed, currency)
    yield from _codes(values)


def _codes(values: Mapping[str, Any]) -> Iterator[Disagreement]:
    for country in values.get("intake.netting_forbidden_in") or ():
        yield from _code("intake.netting_forbidden_in", "country_unknown", country, is_country, "a code of ISO 3166-1 such as BR")
    for currency, account in (values.get("settlement.accounts") or {}).items():
        yield from _code(
            "settlement.accounts", "account_malformed", account, is_iban, "an IBAN in capital letters, without spaces", currency
        )
    if agent := values.get("settlement.agent"):
        yield from _code("settlement.agent", "bic_malformed", agent, is_bic, "a BIC of 8 or 11 characters in capital letters")


def _code(rule: str, code: str, text: str | None, is_such: Callable[[str], bool], allowed: str, key: str = "") -> Iterator[Disagreement]:
    if text is not None and not is_such(text):
        yield Disagreement(rule, code, text, allowed, key)
