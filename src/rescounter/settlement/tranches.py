"""Tranche tables: which part of each slice of a quota is settled in reserves, for debtors and for creditors.

The rest of a slice is credit that the member draws from the union, or grants to it. A table is data: a union writes its own, or takes one
of those below, which are modelled on the European Payments Union. Where that union decided case by case (creditors beyond their quota),
they say half, or for 1955 three quarters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from rescounter.terms import holds, there

__all__ = ["TRANCHE_TABLES", "Tranche", "TrancheTable", "tranches"]


@dataclass(frozen=True, slots=True)
class Tranche:
    """One slice of a position. *upper*: where it ends, as a share of the quota (None: nowhere); *reserve*: 0 to 1, its part in reserves."""

    upper: Fraction | None
    reserve: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class TrancheTable:
    """Slices from zero outwards, for members that owe the union and for members that it owes.

    Law: bounds ascend above zero and only the last slice has none; every reserve share is 0 to 1.
    """

    debtor: tuple[Tranche, ...]
    creditor: tuple[Tranche, ...]

    def __post_init__(self) -> None:
        for side in (self.debtor, self.creditor):
            holds(bool(side) and side[-1].upper is None, "the_last_tranche_has_no_bound")
            bounds = [Fraction(0), *(there(each.upper, "only_the_last_tranche_has_no_bound") for each in side[:-1])]
            holds(all(lower < upper for lower, upper in pairwise(bounds)), "tranches_ascend", bounds=bounds)
            holds(all(0 <= each.reserve <= 1 for each in side), "reserve_shares_are_shares")

    def of(self, position: int) -> tuple[Tranche, ...]:
        """The side that *position* is on; positive = the union owes the member."""
        return self.debtor if position < 0 else self.creditor


def tranches(*slices: tuple[Fraction | int | str | None, Fraction | int | str]) -> tuple[Tranche, ...]:
    """Tranches of pairs of *upper* and *reserve*, such as ``("1/5", 0), (1, "1/2"), (None, 1)``."""
    return tuple(Tranche(None if upper is None else Fraction(upper), Fraction(reserve)) for upper, reserve in slices)


def _percent(*reserves: int) -> tuple[Tranche, ...]:
    """Five slices of a fifth of the quota each, and what is beyond."""
    return _slices((20, 40, 60, 80, 100, None), reserves)


def _slices(uppers: Sequence[int | None], reserves: Sequence[int]) -> tuple[Tranche, ...]:
    pairs = zip(uppers, reserves, strict=True)
    return tuple(Tranche(None if upper is None else Fraction(upper, 100), Fraction(reserve, 100)) for upper, reserve in pairs)


_CREDITOR_1950: Final = _slices((20, 100, None), (0, 50, 50))

TRANCHE_TABLES: Final = MappingProxyType(
    {
        "1950": TrancheTable(debtor=_percent(0, 20, 40, 60, 80, 100), creditor=_CREDITOR_1950),
        "1952": TrancheTable(debtor=_slices((10, 20, 40, 60, 80, 100, None), (0, 20, 30, 40, 50, 70, 100)), creditor=_CREDITOR_1950),
        "1954": TrancheTable(debtor=_slices((100, None), (50, 100)), creditor=_slices((100, None), (50, 50))),
        "1955": TrancheTable(debtor=_slices((100, None), (75, 100)), creditor=_slices((100, None), (75, 75))),
    }
)
"""By year, modelled on the European Payments Union; a debtor pays everything beyond its quota in reserves. Source: rule R1."""
