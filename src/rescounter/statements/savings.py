"""The savings report: what clearing together has saved, by cycle and since the beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

import pyarrow as pa

from rescounter.statements.cycle_figures import CycleFigures
from rescounter.terms.faults import holds

__all__ = ["CurrencySavings", "CycleSavings", "Savings", "savings", "savings_table"]

_NAMES: Final = (*(field.name for field in fields(CycleFigures)), "saved_multilateral_minor", "saved_through_time_minor")
_TABLE: Final = pa.schema([pa.field(name, pa.string() if name in ("cycle", "currency") else pa.int64()) for name in _NAMES])

_CARRIED: Final = ("gross_minor", "open_minor")
"""Figures in which an obligation that is carried over stands again in the next cycle."""


@dataclass(frozen=True, slots=True)
class CycleSavings:
    """What one cycle adds: both sides counted, minor units. *residual*: by how much it moved R, below zero where it shrank.

    Law: bilateral = multilateral + through_time + residual.
    """

    figures: CycleFigures
    residual_minor: int

    @property
    def multilateral_minor(self) -> int:
        """B - N of the cycle."""
        return self.figures.bilateral_minor - self.figures.multilateral_minor

    @property
    def through_time_minor(self) -> int:
        """N less what the cycle added to R."""
        return self.figures.multilateral_minor - self.residual_minor


@dataclass(frozen=True, slots=True)
class CurrencySavings:
    """The cycles of one currency, oldest first, and what they add up to; minor units.

    *multilateral* = B - N, *through_time* = N - R, *residual* = R of the last cycle, all with both sides counted.
    """

    currency: str
    exponent: int
    cycles: tuple[CycleFigures, ...]

    def total(self, name: str) -> int:
        """The sum of a figure over all cycles, such as ``gross_minor``; what was carried from one to the next is counted once."""
        whole = sum(int(getattr(cycle, name)) for cycle in self.cycles)
        return whole - sum(cycle.carried_in_minor for cycle in self.cycles) if name in _CARRIED else whole

    @property
    def bilateral_minor(self) -> int:
        """B: what pairs would have paid, had each netted alone in each cycle."""
        return self.total("bilateral_minor")

    @property
    def multilateral_minor(self) -> int:
        """B - N: what netting with all instead of with each saves."""
        return self.bilateral_minor - self.total("multilateral_minor")

    @property
    def residual_minor(self) -> int:
        """R: the positions that all cycles together leave."""
        return self.cycles[-1].residual_minor

    @property
    def through_time_minor(self) -> int:
        """N - R: what one cycle's claims do for another's debts, were positions kept."""
        return self.total("multilateral_minor") - self.residual_minor

    @property
    def by_cycle(self) -> tuple[CycleSavings, ...]:
        """What each cycle adds; together they are the whole."""
        before = (0, *(cycle.residual_minor for cycle in self.cycles))
        return tuple(CycleSavings(cycle, cycle.residual_minor - left) for cycle, left in zip(self.cycles, before, strict=False))


@dataclass(frozen=True, slots=True)
class Savings:
    """All currencies, the one with most obligations first."""

    currencies: tuple[CurrencySavings, ...]


def savings(figures: Sequence[CycleFigures]) -> Savings:
    """Put the figures of cycles together.

    Args: *figures* oldest first, from the union's first cycle on.
    Law: what is left through time is at most what the cycles net.
    """
    codes = dict.fromkeys(each.currency for each in figures)
    found = [_of_currency([each for each in figures if each.currency == code]) for code in codes]
    return Savings(tuple(sorted(found, key=lambda each: (-each.total("items"), each.currency))))


def savings_table(savings: Savings) -> pa.Table:
    """A row for each currency and cycle: the figures, and what the cycle adds to the savings."""
    rows = [
        {**asdict(each.figures), "saved_multilateral_minor": each.multilateral_minor, "saved_through_time_minor": each.through_time_minor}
        for own in savings.currencies
        for each in own.by_cycle
    ]
    return pa.Table.from_pylist(rows, schema=_TABLE)


def _of_currency(cycles: Sequence[CycleFigures]) -> CurrencySavings:
    own = CurrencySavings(cycles[0].currency, cycles[0].exponent, tuple(cycles))
    holds(len({cycle.exponent for cycle in cycles}) == 1, "a_currency_keeps_its_digits", currency=own.currency)
    holds(own.through_time_minor >= 0, "positions_leave_at_most_what_cycles_net", currency=own.currency)
    return own
