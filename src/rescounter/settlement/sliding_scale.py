"""Sliding-scale credit: which part of a net position is settled in reserves, and which becomes credit.

``G(P)`` is the integral of the reserve share from zero to ``|P|``, with the sign of the cumulative position P, rounded once, half-even, to
minor units. A settlement takes the member from P to ``P' = P + net``; what moves in reserves is ``G(P')`` less all that has moved so far.
So the reserves that a member has settled depend on its position, never on the path to it; a reversal hands them back at the same slices;
and a changed quota or table is settled with the next net (a net of zero will do). Source: rule R1.

Signs, for position, net, reserves and credit alike: positive = the union owes the member, or pays it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from rescounter.settlement.tranches import TrancheTable
from rescounter.terms import holds

__all__ = ["CreditPosition", "ScaleSettled", "ScaleTerms", "reserve_minor", "settle", "without_position"]


@dataclass(frozen=True, slots=True)
class ScaleTerms:
    """What is in force for one member: *quota_minor* >= 0 and the tranche table."""

    quota_minor: int
    table: TrancheTable


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPosition:
    """Where a member stands: its cumulative position, and what of it has been settled in reserves; minor units."""

    position_minor: int
    reserve_minor: int

    @property
    def credit_minor(self) -> int:
        """Outstanding credit: positive = granted to the union, negative = drawn from it."""
        return self.position_minor - self.reserve_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSettled:
    """One settlement of one member. Law: net = transfer in reserves + change of credit."""

    net_minor: int
    transfer_minor: int
    credit_change_minor: int
    before: CreditPosition
    after: CreditPosition

    def __post_init__(self) -> None:
        holds(self.net_minor == self.transfer_minor + self.credit_change_minor, "a_net_is_reserves_and_credit", net=self.net_minor)
        holds(self.after.position_minor == self.before.position_minor + self.net_minor, "positions_are_cumulative", net=self.net_minor)
        holds(self.after.reserve_minor == self.before.reserve_minor + self.transfer_minor, "reserves_are_cumulative", net=self.net_minor)
        holds(self.after.credit_minor == self.before.credit_minor + self.credit_change_minor, "credit_is_cumulative", net=self.net_minor)


def without_position() -> CreditPosition:
    """Where a member starts."""
    return CreditPosition(position_minor=0, reserve_minor=0)


def reserve_minor(position: int, terms: ScaleTerms) -> int:
    """``G(position)``: what of a cumulative position is settled in reserves, minor units, of the position's sign.

    Law: 0 <= abs(G) <= abs(position).
    """
    holds(terms.quota_minor >= 0, "quotas_are_not_negative", quota=terms.quota_minor)
    size, lower, whole = Fraction(abs(position)), Fraction(0), Fraction(0)
    for tranche in terms.table.of(position):
        upper = size if tranche.upper is None else min(size, tranche.upper * terms.quota_minor)
        if upper > lower:
            whole += (upper - lower) * tranche.reserve
            lower = upper
    rounded = round(whole)
    holds(0 <= rounded <= abs(position), "reserves_are_part_of_a_position", position=position, reserves=rounded)
    return -rounded if position < 0 else rounded


def settle(before: CreditPosition, net: int, terms: ScaleTerms, *, payable_minor: int | None = None) -> ScaleSettled:
    """Settle *net* minor units under *terms*, which may differ from those of earlier settlements.

    Args: *payable_minor* >= 0: the most that the member can pay in reserves (None: all that is asked for); what is asked beyond it is
    credit until the next settlement.
    Law: afterwards reserves = ``G(position)`` under *terms*, whatever the way there, unless *payable_minor* bounds what moves.
    """
    holds(payable_minor is None or payable_minor >= 0, "what_is_payable_is_not_negative", payable=payable_minor)
    position = before.position_minor + net
    transfer = reserve_minor(position, terms) - before.reserve_minor
    if payable_minor is not None:
        transfer = max(transfer, -payable_minor)
    after = CreditPosition(position_minor=position, reserve_minor=before.reserve_minor + transfer)
    return ScaleSettled(net_minor=net, transfer_minor=transfer, credit_change_minor=net - transfer, before=before, after=after)
