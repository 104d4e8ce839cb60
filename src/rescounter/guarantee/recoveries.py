"""Recoveries: what comes back of a default repays what was borne, last layer first.

What nobody bore comes first of all: it is still open. Then the steps in reverse order of their layers, pro rata within a layer to what is
still out, by the largest remainder with ties to the earlier member code. At the very end the defaulter has its own fund share and
collateral back, and what exceeds the loss is the defaulter's too. Source: rules R13 and R2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rescounter.guarantee.waterfall import Borne, Step
from rescounter.terms import apportion, holds

__all__ = ["Outstanding", "Recovered", "Repayment", "outstanding", "recover"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """What is still out of a loss: by number of the step, minor units > 0, and what of the unallocated part is still open."""

    borne: Borne
    by_step: Mapping[int, int]
    unallocated_minor: int

    def __post_init__(self) -> None:
        paid = {step.number: step.amount_minor for step in self.borne.steps}
        holds(all(0 < left <= paid[number] for number, left in self.by_step.items()), "nobody_is_repaid_more_than_it_paid")
        holds(0 <= self.unallocated_minor <= self.borne.unallocated_minor, "nobody_is_repaid_more_than_it_paid")

    @property
    def total_minor(self) -> int:
        """All that is still out."""
        return sum(self.by_step.values()) + self.unallocated_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Repayment:
    """*amount_minor* > 0 to the payer of *step*, one posting."""

    step: Step
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What one recovery repays. *to_unallocated_minor*: to the part that nobody bore; *surplus_minor*: beyond the loss, the defaulter's.

    Law: all parts are the recovery; what is still out shrinks by what was repaid.
    """

    amount_minor: int
    to_unallocated_minor: int
    repayments: tuple[Repayment, ...]
    surplus_minor: int
    still_out: Outstanding


def outstanding(borne: Borne) -> Outstanding:
    """Before any recovery: everything."""
    by_step = MappingProxyType({step.number: step.amount_minor for step in borne.steps})
    return Outstanding(borne=borne, by_step=by_step, unallocated_minor=borne.unallocated_minor)


def recover(out: Outstanding, amount_minor: int) -> Recovered:
    """Repay with *amount_minor* >= 0.

    Law: recoveries that come to the loss give every payer exactly what it paid, in however many parts they come.
    """
    holds(amount_minor >= 0, "a_recovery_is_not_negative", amount=amount_minor)
    open_part = min(amount_minor, out.unallocated_minor)
    left, repayments = amount_minor - open_part, []
    for layer in sorted({step.layer for step in out.borne.steps}, reverse=True):
        steps = [step for step in out.borne.steps if step.layer == layer and step.number in out.by_step]
        weights = [out.by_step[step.number] for step in steps]
        repaid = min(left, sum(weights))
        left -= repaid
        repayments += [_repayment(step, share) for step, share in zip(steps, apportion(repaid, weights), strict=True) if share]
    return _recovered(out, amount_minor, open_part, tuple(repayments), left)


def _repayment(step: Step, share: int) -> Repayment:
    return Repayment(step=step, amount_minor=share, reason=f"recovery of step {step.number} ({step.kind.value})")


def _recovered(out: Outstanding, amount: int, open_part: int, repayments: tuple[Repayment, ...], surplus: int) -> Recovered:
    repaid = {each.step.number: each.amount_minor for each in repayments}
    left = {number: still - repaid.get(number, 0) for number, still in out.by_step.items()}
    still_out = Outstanding(
        borne=out.borne,
        by_step=MappingProxyType({number: still for number, still in left.items() if still}),
        unallocated_minor=out.unallocated_minor - open_part,
    )
    holds(open_part + sum(repaid.values()) + surplus == amount, "a_recovery_is_given_whole", amount=amount)
    holds(out.total_minor - still_out.total_minor == amount - surplus, "what_is_out_shrinks_by_what_is_repaid", amount=amount)
    return Recovered(amount_minor=amount, to_unallocated_minor=open_part, repayments=repayments, surplus_minor=surplus, still_out=still_out)
