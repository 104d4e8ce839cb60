"""The savings report: what clearing together has saved, by cycle and since the beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rescounter.statements.cycle_figures import CycleFigures
from rescounter.terms.faults import holds

__all__ = ["CurrencySavings", "Savings", "savings"]


@dataclass(frozen=True, slots=True)
class CurrencySavings:
    """The cycles of one currency, oldest first, and what they add up to; minor units.

    *multilateral* = B - N, *through_time* = N - R, *residual* = R of the last cycle, all with both sides counted.
    """

    currency: str
    exponent: int
    cycles: tuple[CycleFigures, ...]

    def total(self, name: str) -> int:
        """The sum of a figure over all cycles, such as ``gross_minor``."""
        return sum(getattr(cycle, name) for cycle in self.cycles)

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


def _of_currency(cycles: Sequence[CycleFigures]) -> CurrencySavings:
    own = CurrencySavings(cycles[0].currency, cycles[0].exponent, tuple(cycles))
    holds(len({cycle.exponent for cycle in cycles}) == 1, "a_currency_keeps_its_digits", currency=own.currency)
    holds(own.through_time_minor >= 0, "positions_leave_at_most_what_cycles_net", currency=own.currency)
    return own
