"""What a member in default leaves unpaid: its accounts with the union, taken together in one currency.

What it owes (accounts below zero) is taken over as a whole; what it has (accounts above zero) is used against that first. The rest is the
loss that others bear. What is earmarked for a cycle is not its own any more, and its fund share and collateral are layers of the waterfall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rescounter.terms import holds

__all__ = ["OWN_PURPOSES", "TakenOver", "taken_over"]

OWN_PURPOSES: Final = ("cash", "credit", "interest", "charges", "fees", "assessments")
"""Purposes of the accounts that a loss is reckoned from, in the order in which what a member has is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """*moved*: by purpose, what brings the account to zero or nearer: above zero = the account was below zero and is filled up.

    *loss_minor* >= 0: the sum of all that is moved. Law: no account crosses zero.
    """

    moved: Mapping[str, int]
    loss_minor: int

    def __post_init__(self) -> None:
        holds(self.loss_minor == sum(self.moved.values()) and self.loss_minor >= 0, "a_loss_is_what_is_not_covered", loss=self.loss_minor)


def taken_over(balances: Mapping[str, int]) -> TakenOver:
    """What is taken over of a member with these *balances* by purpose, minor units. Nothing where it owes nothing."""
    owed = {purpose: -balances[purpose] for purpose in OWN_PURPOSES if balances.get(purpose, 0) < 0}
    left, used = sum(owed.values()), dict[str, int]()
    for purpose in OWN_PURPOSES:
        used[purpose] = min(left, max(0, balances.get(purpose, 0)))
        left -= used[purpose]
    moved = {purpose: owed.get(purpose, 0) - used[purpose] for purpose in OWN_PURPOSES}
    return TakenOver(moved=MappingProxyType({purpose: amount for purpose, amount in moved.items() if amount}), loss_minor=left)
