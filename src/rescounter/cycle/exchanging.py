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
from rescounter.cycle.rates_in_force import gaps, instant_of_rates, known_rates, pair_gaps, pair_values, rates_of_pairs, refusals_of_gaps
from rescounter.cycle.rating import base_of
from rescounter.cycle.union import Cycle, Union
from rescounter.rulebook.rules import PAIRS_KIND, ExchangeRules, Rules
from rescounter.settlement.basket import Basket, Quotation
from rescounter.settlement.exchange import CENTRE, CONVERSIONS, Exchanged, centres, exchanged_into, exchanged_into_unit
from rescounter.settlement.funding import LATE
from rescounter.settlement.rates import quotation, rates_table
from rescounter.terms import INT64_MAX, Refusal, there

__all__ = [
    "SETTLES_IN",
    "documents_of",
    "frozen_rates",
    "has_unit",
    "in_unit",
    "late_in_every_currency",
    "needed_by",
    "quotation_of",
    "to_settle",
]

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

    Returns: documents *rates* (`settlement.rates.RATES`) and *settles_in* (`SETTLES_IN`), of a cycle of pairs *rates* alone; nothing
    where there is no unit, or no rate was set for pairs.
    """
    rules, at_us = union.rules_of(cycle), instant_of_rates(cycle)
    if rules.settlement.kind == PAIRS_KIND:
        return _frozen_for_pairs(union, cycle, office)
    if not has_unit(union, cycle):
        return {}, ()
    frozen = office.table(cycle.known("cut_off", "corrected").body["frozen"])
    chosen = _settles_in(union, rules, at_us)
    currencies = {*pc.unique(frozen["currency"]).to_pylist(), *chosen["currency"].to_pylist()}
    wanted = _needed(rules, cycle, currencies)
    known = known_rates(union, rules, at_us)
    if found := refusals_of_gaps(gaps(wanted, known, rules, at_us), rules, at_us, cycle.code):
        return {}, found
    rates = rates_table(known[currency] for currency in wanted)
    into = {rules.exchange.unit, *chosen["currency"].to_pylist()}
    if found := tuple(_too_large(frozen, _quotation(rules, cycle, rates), into, cycle.code)):
        return {}, found
    return {"rates": office.keep_table(rates), "settles_in": office.keep_table(chosen)}, ()


def _quotation(rules: Rules, cycle: Cycle, rates: pa.Table) -> Quotation:
    exponents = {code: cycle.exponents.of(code) or 0 for code in (*rules.union.currencies, *rates["currency"].to_pylist())}
    return quotation(rates, _basket(rules.exchange, cycle), base=base_of(rules), currencies=(), exponents=exponents)


def _too_large(frozen: pa.Table, rates: Quotation, into: Collection[str], cycle: str) -> Iterator[Refusal]:
    """A refusal for each currency in which all that the cycle holds, converted, would not fit."""
    worth = sum((amount * rates.value_of(code) for code, amount in _sums(frozen)), Fraction(0))
    for code in sorted(into):
        if worth / rates.value_of(code) > _CONVERTED_MAX:
            yield refusal("conversion_too_large", cycle, found=f"{round(worth / rates.value_of(code)):,} minor units of {code}")


def _final(cycle: Cycle) -> Mapping[str, Any]:
    return there(cycle.final, "the_cycle_came_so_far", cycle=cycle.code, wanted="final").body


def _needed(rules: Rules, cycle: Cycle, currencies: Collection[str]) -> list[str]:
    """What needs a rate to convert *currencies*: the base is worth one of itself, a basket what its amounts are worth."""
    worth_itself = {base_of(rules), rules.exchange.unit} if rules.exchange.basket else {base_of(rules)}
    return sorted({*currencies, *_basket(rules.exchange, cycle).amounts, rules.exchange.unit} - worth_itself)


def needed_by(union: Union, cycle: Cycle, office: Office) -> list[str]:
    """Currencies of a cut-off set, of its settlement and of the unit that need a rate, in order of code."""
    rules, frozen = union.rules_of(cycle), office.table(cycle.known("cut_off", "corrected").body["frozen"])
    chosen = _settles_in(union, rules, instant_of_rates(cycle))
    return _needed(rules, cycle, {*pc.unique(frozen["currency"]).to_pylist(), *chosen["currency"].to_pylist()})


def _frozen_for_pairs(union: Union, cycle: Cycle, office: Office) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """The document *rates* of a cycle of pairs; none where no rate was set, and the rulebook's table alone counts."""
    rules, at_us = union.rules_of(cycle), instant_of_rates(cycle)
    if found := refusals_of_gaps(pair_gaps(union, rules, at_us), rules, at_us, cycle.code):
        return {}, found
    rates = rates_of_pairs(union, rules, at_us)
    values = pair_values(rules, rates)
    frozen, unit = office.table(cycle.known("cut_off", "corrected").body["frozen"]), rules.pairs.unit
    held = [(code, amount) for code, amount in _sums(frozen) if code in values]
    digits = {code: cycle.exponents.of(code) or 0 for code in (*values, unit)}
    worth = sum((amount * values[code] * Fraction(10) ** (digits[unit] - digits[code]) for code, amount in held), Fraction(0))
    if worth > _CONVERTED_MAX:
        return {}, (refusal("conversion_too_large", cycle.code, found=f"{round(worth):,} minor units of {unit}"),)
    return ({"rates": office.keep_table(rates_table(rates))} if rates else {}), ()


def _sums(frozen: pa.Table) -> list[tuple[str, int]]:
    sums = frozen.group_by("currency").aggregate([("amount_minor", "sum")])
    return list(zip(sums["currency"].to_pylist(), sums["amount_minor_sum"].to_pylist(), strict=True))


def _basket(rules: ExchangeRules, cycle: Cycle) -> Basket:
    amounts = {code: Fraction(amount) for code, amount in rules.basket.items()} or {rules.unit: Fraction(1)}
    return Basket(unit=rules.unit, exponent=cycle.exponents.of(rules.unit) or 0, amounts=amounts)


def _settles_in(union: Union, rules: Rules, at_us: int) -> pa.Table:
    """What direct members chose, where the rulebook lets them and still has that currency."""
    rows = []
    if rules.exchange.members_choose:
        for member in union.register.members:
            may = member.settles_in in rules.union.currencies and not member.under
            if may and member.settles_in != rules.exchange.unit:
                rows.append({"member": member.code, "currency": member.settles_in})
    return pa.Table.from_pylist(rows, schema=SETTLES_IN)
