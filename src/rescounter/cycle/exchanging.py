"""Settlement in a unit of account: the rates of a cycle, positions in the unit, and what members pay in their settlement currencies.

The rates of a cycle are those that hold at the end of its corrections (its cut-off, where there are none); they are frozen by the act
that makes its set-off final, together with what each member settles in. Every round of calls is reckoned from there, so later rates
move nothing. `docs/EXCHANGE.md` has the accounts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.office import Office, refusal
from rescounter.cycle.union import Cycle, Union
from rescounter.rulebook.rules import ExchangeRules, Rules
from rescounter.settlement.basket import Basket, Quotation
from rescounter.settlement.exchange import CENTRE, CONVERSIONS, Exchanged, centres, exchanged_into, exchanged_into_unit
from rescounter.settlement.funding import LATE
from rescounter.settlement.rates import RateTold, quotation, rates_table
from rescounter.terms import INT64_MAX, Refusal, there

__all__ = ["SETTLES_IN", "documents_of", "frozen_rates", "has_unit", "in_unit", "late_in_every_currency", "quotation_of", "to_settle"]

_DAY_US: Final = 86_400_000_000
_CONVERTED_MAX: Final = INT64_MAX // 4
SETTLES_IN: Final = pa.schema([pa.field("member", pa.string()), pa.field("currency", pa.string())])
"""Members that settle in another currency than the unit, by code."""


def has_unit(union: Union, cycle: Cycle) -> bool:
    """True where the cycle is settled in a unit of account."""
    return bool(union.rules_of(cycle).exchange.unit)


def in_unit(union: Union, cycle: Cycle, office: Office, net: pa.Table) -> Exchanged:
    """Positions of all currencies as positions in the unit, each amount converted once at the frozen rates.

    Args: *net* `calls.POSITIONS`, every currency summing to zero. Returns: *net* as it is where every currency settles by itself.
    Law: the positions and the union's rounding sum to zero.
    """
    rates = quotation_of(union, cycle, office)
    return Exchanged(net, CONVERSIONS.empty_table(), CENTRE.empty_table()) if rates is None else exchanged_into_unit(net, rates)


def to_settle(union: Union, cycle: Cycle, office: Office, made: Exchanged) -> Exchanged:
    """What members pay and are paid, in their settlement currencies, with the conversions and the union's part of both steps.

    Args: *made*: of `in_unit`, where *net* may have become other positions in the unit since (interest, what is settled in reserves).
    """
    rates = quotation_of(union, cycle, office)
    if rates is None:
        return made
    chosen = office.table(_final(cycle)["settles_in"])
    into = dict(zip(chosen["member"].to_pylist(), chosen["currency"].to_pylist(), strict=True))
    paid = exchanged_into(made.net, into, rates)
    return Exchanged(paid.net, pa.concat_tables([made.conversions, paid.conversions]), centres(made.centre, paid.centre))


def documents_of(union: Union, cycle: Cycle, office: Office, made: Exchanged) -> dict[str, str]:
    """What the act that calls says of the exchange: documents *conversions* (`settlement.exchange.CONVERSIONS`) and *centre* (`CENTRE`)."""
    if not has_unit(union, cycle):
        return {}
    return {"conversions": office.keep_table(made.conversions), "centre": office.keep_table(made.centre)}


def late_in_every_currency(union: Union, cycle: Cycle, late: pa.Table, obligations: pa.Table) -> pa.Table:
    """Who is late, for `settlement.late.carry_late`: who misses one payment in the unit is late with its items of every currency.

    Args: *late* `funding.LATE`, by settlement currency. Returns: the same where every currency settles by itself.
    """
    if not has_unit(union, cycle):
        return late
    currencies = sorted(pc.unique(obligations["currency"]).to_pylist())
    members = sorted(set(late["member"].to_pylist()))
    rows = [{"currency": currency, "member": member, "paid_minor": 0} for currency in currencies for member in members]
    return pa.Table.from_pylist(rows, schema=LATE)


def quotation_of(union: Union, cycle: Cycle, office: Office) -> Quotation | None:
    """What every currency of the cycle and its unit are worth at its frozen rates; None where every currency settles by itself."""
    if not has_unit(union, cycle):
        return None
    return _quotation(union.rules_of(cycle), cycle, office.table(_final(cycle)["rates"]))


def frozen_rates(union: Union, cycle: Cycle, office: Office) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """What the act that makes the set-off of *cycle* final says of rates, or which rates are missing or too old.

    Returns: documents *rates* (`settlement.rates.RATES`) and *settles_in* (`SETTLES_IN`); nothing where there is no unit.
    """
    rules = union.rules_of(cycle)
    if not has_unit(union, cycle):
        return {}, ()
    at_us = max(cycle.dates.corrections_end_at_us, cycle.dates.cut_off_at_us)
    frozen = office.table(cycle.known("cut_off", "corrected").body["frozen"])
    chosen = _settles_in(union, rules, at_us)
    currencies = {*pc.unique(frozen["currency"]).to_pylist(), *chosen["currency"].to_pylist()}
    wanted = sorted(({*currencies, *_basket(rules.exchange, cycle).amounts} | {rules.exchange.unit}) - _needing_none(rules.exchange))
    known = _known_rates(union, cycle, rules, at_us)
    found = tuple(_refusals(wanted, known, rules, at_us, cycle.code))
    if found:
        return {}, found
    rates = rates_table(known[currency] for currency in wanted)
    into = {rules.exchange.unit, *chosen["currency"].to_pylist()}
    if found := tuple(_too_large(frozen, _quotation(rules, cycle, rates), into, cycle.code)):
        return {}, found
    return {"rates": office.keep_table(rates), "settles_in": office.keep_table(chosen)}, ()


def _quotation(rules: Rules, cycle: Cycle, rates: pa.Table) -> Quotation:
    exponents = {code: cycle.exponents.of(code) or 0 for code in (*rules.union.currencies, *rates["currency"].to_pylist())}
    return quotation(rates, _basket(rules.exchange, cycle), base=_base(rules.exchange), currencies=(), exponents=exponents)


def _too_large(frozen: pa.Table, rates: Quotation, into: Collection[str], cycle: str) -> Iterator[Refusal]:
    """A refusal for each currency in which all that the cycle holds, converted, would not fit."""
    sums = frozen.group_by("currency").aggregate([("amount_minor", "sum")])
    held = zip(sums["currency"].to_pylist(), sums["amount_minor_sum"].to_pylist(), strict=True)
    worth = sum((amount * rates.value_of(code) for code, amount in held), Fraction(0))
    for code in sorted(into):
        if worth / rates.value_of(code) > _CONVERTED_MAX:
            yield refusal("conversion_too_large", cycle, found=f"{round(worth / rates.value_of(code)):,} minor units of {code}")


def _final(cycle: Cycle) -> Mapping[str, Any]:
    return there(cycle.final, "the_cycle_came_so_far", cycle=cycle.code, wanted="final").body


def _base(rules: ExchangeRules) -> str:
    return rules.base or rules.unit


def _needing_none(rules: ExchangeRules) -> set[str]:
    """The base is worth one of itself; a basket is worth what its amounts are worth."""
    return {_base(rules), rules.unit} if rules.basket else {_base(rules)}


def _basket(rules: ExchangeRules, cycle: Cycle) -> Basket:
    amounts = {code: Fraction(amount) for code, amount in rules.basket.items()} or {rules.unit: Fraction(1)}
    return Basket(unit=rules.unit, exponent=cycle.exponents.of(rules.unit) or 0, amounts=amounts)


def _known_rates(union: Union, cycle: Cycle, rules: Rules, at_us: int) -> dict[str, RateTold]:
    if rules.exchange.rates == "dated":
        return union.rates.latest(_base(rules.exchange), at_us)
    source = f"rulebook, version {rules.version}"
    return {
        code: RateTold(currency=code, base=_base(rules.exchange), rate=rate, source=source, at_us=at_us, act=0)
        for code, rate in rules.exchange.fixed_rates.items()
    }


def _refusals(wanted: Collection[str], known: Mapping[str, RateTold], rules: Rules, at_us: int, cycle: str) -> list[Refusal]:
    missing = [code for code in wanted if code not in known]
    oldest_us = at_us - rules.exchange.rate_days * _DAY_US
    old = [code for code in wanted if code in known and known[code].at_us < oldest_us]
    found = []
    if missing:
        told = f"no rate for {', '.join(missing)} by {_day(at_us)}, base {_base(rules.exchange)}"
        found.append(refusal("rate_missing", cycle, found=told))
    if old:
        told = ", ".join(f"{code} of {_day(known[code].at_us)}" for code in old)
        found.append(refusal("rate_too_old", cycle, found=told, allowed=f"at most {rules.exchange.rate_days} days before {_day(at_us)}"))
    return found


def _settles_in(union: Union, rules: Rules, at_us: int) -> pa.Table:
    """What direct members chose, where the rulebook lets them and still has that currency."""
    rows = []
    if rules.exchange.members_choose:
        for member in union.register.members:
            may = member.settles_in in rules.union.currencies and not member.under
            if may and member.settles_in != rules.exchange.unit:
                rows.append({"member": member.code, "currency": member.settles_in})
    return pa.Table.from_pylist(rows, schema=SETTLES_IN)


def _day(at_us: int) -> str:
    import datetime

    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=at_us)).strftime("%Y-%m-%d %H:%M UTC")
