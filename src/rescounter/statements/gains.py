"""Who gains most, and with netting who pays whom: the members at the top of the page's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rescounter.statements.sums import CurrencySums, biggest

__all__ = ["Gain", "Payment", "gains", "payments"]

_GAINS_SHOWN: Final = 15
_PAYMENTS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Gain:
    """A member before and after: *relief* of *owes* needs no money any more (*cleared* of it by set-off), *to_pay* still does."""

    name: str
    owes_minor: int
    cleared_minor: int
    relief_minor: int
    to_pay_minor: int


@dataclass(frozen=True, slots=True)
class Payment:
    """With netting: what a member pays to the union, or receives from it."""

    name: str
    pays: bool
    minor: int


def gains(sums: CurrencySums) -> list[Gain]:
    """The members with the largest relief, largest first; those that gain nothing are left out."""
    relief, still = sums.relief, sums.to_pay
    return [
        Gain(sums.names[place].as_py(), int(sums.owes[place]), int(sums.cleared[place]), int(relief[place]), int(still[place]))
        for place in biggest(relief, _GAINS_SHOWN).tolist()
    ]


def payments(sums: CurrencySums) -> list[Payment]:
    """The largest pay-ins, then the largest pay-outs; none without netting."""
    if sums.pay_in is None or sums.pay_out is None:
        return []
    return [
        Payment(sums.names[place].as_py(), pays, int(column[place]))
        for pays, column in ((True, sums.pay_in), (False, sums.pay_out))
        for place in biggest(column, _PAYMENTS_SHOWN).tolist()
    ]
