"""The swap to which a member in net deficit is entitled: a share of what it paid through the union in the years before."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import pyarrow.compute as pc

from rescounter.cycle.exchanging import has_unit, quotation_of
from rescounter.cycle.office import Office
from rescounter.cycle.outcome import outcome_of
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.settlement.basket import Quotation
from rescounter.settlement.interest import swap_entitlement_minor

__all__ = ["deficit_minor", "swap_minor"]

_SWAP_YEARS: Final = 3


def swap_minor(union: Union, cycle: Cycle, office: Office, member: str) -> int | None:
    """Most that *member* may ask of each other one as a swap in *cycle*, in minor units of the unit; None where the rulebook grants none,
    or no cycle was closed in the three calendar years before.

    By rule R3 it is a share of its average yearly gross payments: the debts of which set-off and settlement discharged it, at the rates of
    each cycle.
    """
    share, year = Fraction(union.rules_of(cycle).exchange.swap_share), int(cycle.dates.cut_off_day[:4])
    if not share or not has_unit(union, cycle):
        return None
    paid: dict[int, Fraction] = {}
    for each in union.cycles.values():
        of = int(each.dates.cut_off_day[:4])
        rates = quotation_of(union, each, office) if year - _SWAP_YEARS <= of < year and each.state is State.CLOSED else None
        if rates is not None:
            paid[of] = paid.get(of, Fraction(0)) + _discharged(each, office, member, rates)
    return swap_entitlement_minor([round(paid[of]) for of in sorted(paid)], share=share) if paid else None


def deficit_minor(union: Union, cycle: Cycle, office: Office, member: str) -> int:
    """What *member* owes in all currencies together by the latest calls of *cycle*, minor units >= 0 of the unit of account."""
    called, unit = cycle.last("called"), union.rules_of(cycle).exchange.unit
    if called is None or "conversions" not in called.body:
        return 0
    table = office.table(called.body["conversions"])
    own = table.filter(pc.and_(pc.equal(table["member"], member), pc.equal(table["into"], unit)))
    return max(0, -(pc.sum(own["converted_minor"]).as_py() or 0))


def _discharged(cycle: Cycle, office: Office, member: str, rates: Quotation) -> Fraction:
    """What *member* owed and owes no more after *cycle*, exact, in minor units of the unit."""
    table = outcome_of(cycle, office)
    own = table.filter(pc.equal(table["debtor"], member))
    names = [name for name in ("cleared_minor", "replaced_minor") if name in own.column_names]
    worth = Fraction(0)
    for currency in pc.unique(own["currency"]).to_pylist():
        rows = own.filter(pc.equal(own["currency"], currency))
        minor = sum(pc.sum(rows[name]).as_py() or 0 for name in names)
        worth += minor * rates.value_of(currency) / rates.value_of(rates.basket.unit)
    return worth
