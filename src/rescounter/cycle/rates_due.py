"""Which rates a cycle still needs before it can be cleared finally: told when it opens and while it runs, not only when it is cleared."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import pyarrow.compute as pc

from rescounter.cycle.exchanging import has_unit, needed_by
from rescounter.cycle.office import Office
from rescounter.cycle.rates_in_force import RateGap, gaps, instant_of_rates, known_rates, pair_gaps
from rescounter.cycle.rating import base_of, currencies_needed
from rescounter.cycle.submitting import held
from rescounter.cycle.union import Cycle, Union
from rescounter.rulebook.rules import PAIRS_KIND

__all__ = ["RatesDue", "rates_due", "without_any_rate"]

_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesDue:
    """What *cycle* lacks: *gaps* in order of code, told for *base*. A rate of *from_us* to *by_us* fills one; *if_used*: currencies that
    need one only if something in them is in the cycle, where nothing is so far."""

    cycle: str
    base: str
    from_us: int
    by_us: int
    gaps: tuple[RateGap, ...]
    if_used: tuple[str, ...]


def rates_due(union: Union, cycle: Cycle, office: Office) -> RatesDue | None:
    """The rates that the cycle needs and has not; None where it has all, needs none, or is cleared finally.

    Without them it is cut off all the same, and waits to be cleared. Of a cut-off set only its own currencies count.
    """
    rules, at_us = union.rules_of(cycle), instant_of_rates(cycle)
    if cycle.final is not None or rules.exchange.rates != "dated":
        return None
    if_used: tuple[str, ...] = ()
    if rules.settlement.kind == PAIRS_KIND:
        found = pair_gaps(union, rules, at_us)
    elif has_unit(union, cycle):
        is_cut_off = cycle.frozen is not None
        wanted = needed_by(union, cycle, office) if is_cut_off else currencies_needed(rules)
        found = gaps(wanted, known_rates(union, rules, at_us), rules, at_us)
        if_used = () if is_cut_off or not found else _unused(cycle, office, found, {rules.exchange.unit, *rules.exchange.basket})
    else:
        return None
    if not found:
        return None
    from_us = at_us - rules.exchange.rate_days * _DAY_US
    return RatesDue(cycle=cycle.code, base=base_of(rules), from_us=from_us, by_us=at_us, gaps=found, if_used=if_used)


def _unused(cycle: Cycle, office: Office, found: Collection[RateGap], always: Collection[str]) -> tuple[str, ...]:
    """Currencies in which nothing was handed in so far; those of the unit are needed in any case."""
    used = {*pc.unique(held(cycle, office)["currency"]).to_pylist(), *always}
    return tuple(each.currency for each in found if each.currency not in used)


def without_any_rate(union: Union, cycle: Cycle, currencies: Collection[str]) -> tuple[str, ...]:
    """Which of *currencies* the cycle must convert or value and nobody ever set a rate of, in order of code."""
    rules = union.rules_of(cycle)
    if rules.exchange.rates != "dated" or (rules.settlement.kind == PAIRS_KIND and rules.pairs.rates):
        return ()
    known = known_rates(union, rules, instant_of_rates(cycle))
    is_needed = has_unit(union, cycle) or rules.settlement.kind == PAIRS_KIND
    return tuple(sorted({*currencies} & {*currencies_needed(rules)} - known.keys())) if is_needed else ()
