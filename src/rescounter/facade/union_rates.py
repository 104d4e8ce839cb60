"""Rates set from a file or from the reference rates that the European Central Bank published, and what is known of rates."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rescounter.cycle.office import refusal, refused
from rescounter.cycle.rating import base_of, currencies_needed, setting_rates
from rescounter.facade.union import Desk, Done
from rescounter.facade.union_tables import read_rates
from rescounter.formats.reference_rates import BASE, PUBLISHED, SOURCE, ZONE, reference_rates
from rescounter.rulebook.rules import PAIRS_KIND, Rules
from rescounter.settlement.accounts import account_name
from rescounter.settlement.conversion import ROUNDING
from rescounter.settlement.exchange import EXCHANGE
from rescounter.terms import Refusal
from rescounter.terms.calendar import instant_us, told
from rescounter.terms.names import FUND_NAME

__all__ = ["at_the_centre", "rates_known", "set_published_rates", "set_rates"]


def set_rates(desk: Desk, source: Path, *, by: str) -> tuple[Done, tuple[Refusal, ...]]:
    """Set the rates of a file with the columns currency, rate, source and at. Returns: what became of it, and rows that cannot be read."""
    rows, unreadable = read_rates(source)
    if unreadable:
        return Done(refusals=unreadable), unreadable
    file = f"sha256:{hashlib.sha256(source.read_bytes()).hexdigest()}"
    return desk.do(setting_rates(desk.union, rows, file=file, at_us=desk.at_us), by=by), ()


def set_published_rates(desk: Desk, day: datetime.date, *, by: str) -> Done:
    """Set the reference rates of a day for every currency that needs one; whole or not at all."""
    rules = desk.union.rules(desk.at_us)
    if base_of(rules) not in ("", BASE):
        found = f"rates are told for {base_of(rules)} here (exchange.base), the bank's rates are told for {BASE}"
        return desk.do(refused(refusal("rates_not_published", day.isoformat(), found=found)), by=by)
    published = reference_rates(day)
    needed = currencies_needed(rules)
    missing = [currency for currency in needed if currency not in published.rates]
    if missing and rules.exchange.rates == "dated":
        return desk.do(refused(_not_published(day, missing, published)), by=by)
    at = told(instant_us(day, PUBLISHED, ZONE), ZONE)
    rows = [(0, {"currency": each, "rate": published.rates[each], "source": SOURCE, "at": at}) for each in needed if each not in missing]
    return desk.do(setting_rates(desk.union, rows, file="", at_us=desk.at_us), by=by)


def _not_published(day: datetime.date, missing: list[str], published: Any) -> Refusal:
    span = f"the history goes from {published.first} to {published.last}"
    if published.rates:
        return refusal("rates_not_published", day.isoformat(), found=f"no rate of {', '.join(missing)} on {day}; {span}")
    near = "" if published.before is None else f", the latest day before it with rates is {published.before}"
    return refusal("rates_not_published", day.isoformat(), found=f"no rates of {day}{near}; {span}")


def rates_known(desk: Desk) -> dict[str, Any]:
    """The unit, the base, and of each currency that needs a rate the latest one, with the instant by which it is too old."""
    rules = desk.union.rules(desk.at_us)
    zone, exchange = rules.union.zone, rules.exchange
    latest, table = desk.union.rates.latest(base_of(rules), desk.at_us), _table_of(rules)
    rows: list[dict[str, Any]] = []
    for currency in currencies_needed(rules):
        if exchange.rates == "fixed" and exchange.unit:
            rows.append(
                {"currency": currency, "rate": exchange.fixed_rates[currency], "source": f"rulebook, version {rules.version}", "at": None}
            )
        elif currency in latest:
            rate = latest[currency]
            rows.append(
                {
                    "currency": currency,
                    **asdict(rate),
                    "at": told(rate.at_us, zone),
                    "too_old": _is_old(rate.at_us, desk, exchange.rate_days),
                }
            )
        else:
            rows.append({"currency": currency, "rate": None, "source": "", "at": None})
    return {
        "unit": exchange.unit,
        "base": base_of(rules),
        "basket": dict(exchange.basket),
        "rates": exchange.rates,
        "rate_days": exchange.rate_days,
        "currencies": rows,
        "table": table,
        "pairs_unit": rules.pairs.unit,
        "cycles": _frozen(desk, zone),
        "at_the_centre": at_the_centre(desk),
    }


def _table_of(rules: Rules) -> dict[str, str]:
    """The rulebook's own table of pairs: what one unit of a currency is worth in their unit where no rate of it was set."""
    return dict(rules.pairs.rates) if rules.settlement.kind == PAIRS_KIND else {}


def _is_old(at_us: int, desk: Desk, days: int) -> bool:
    return at_us < desk.at_us - days * 86_400_000_000


def _frozen(desk: Desk, zone: str) -> list[dict[str, Any]]:
    """The rates that were frozen for cycles, the latest cycle last."""
    found = []
    for cycle in desk.union.cycles.values():
        if cycle.final is not None and "rates" in cycle.final.body:
            rates = desk.office.table(cycle.final.body["rates"]).to_pylist()
            found.append({"cycle": cycle.code, "rates": [{**row, "at": told(row["at_us"], zone)} for row in rates]})
    return found


def at_the_centre(desk: Desk) -> list[dict[str, Any]]:
    """What stands on the union's accounts of exchange and rounding: above zero it has to sell, below zero to buy."""
    currencies = desk.union.rules(desk.at_us).union.currencies
    names = [account_name(FUND_NAME, purpose, currency) for purpose in (EXCHANGE, ROUNDING) for currency in currencies]
    return [
        {"account": row.id, "currency": row.currency, "balance_minor": row.balance_minor}
        for row in desk.office.balances(names).rows()
        if row.balance_minor
    ]
