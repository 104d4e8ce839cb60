"""The waterfall: a defaulter's loss, borne layer after layer, step by step.

Each layer bears what the layers before it have left, up to what stands behind it and to its limit, shared by the largest remainder with
ties to the earlier member code. A step is one payer's part of one layer: one posting, with its reason. Source: rules R13 and R2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rescounter.guarantee.layers import Kind, Layer, Resources, Share, standing_behind
from rescounter.terms import apportion, holds

__all__ = ["Borne", "Step", "borne_by", "waterfall"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """*payer* pays *amount_minor* > 0; `*` is the union. *layer*: 1, 2, ... of the waterfall; *number*: of the step, without gap."""

    number: int
    layer: int
    kind: Kind
    payer: str
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Borne:
    """How a loss was borne. *unallocated_minor*: what no layer bears. Law: steps and what is left are the whole loss."""

    defaulter: str
    loss_minor: int
    steps: tuple[Step, ...]
    unallocated_minor: int

    def __post_init__(self) -> None:
        paid = sum(step.amount_minor for step in self.steps)
        holds(paid + self.unallocated_minor == self.loss_minor, "the_whole_loss_is_borne_or_said", loss=self.loss_minor, paid=paid)
        holds(self.unallocated_minor >= 0 and all(step.amount_minor > 0 for step in self.steps), "a_step_pays_something")
        holds([step.number for step in self.steps] == list(range(1, len(self.steps) + 1)), "steps_are_numbered")


def waterfall(defaulter: str, loss_minor: int, layers: Sequence[Layer], resources: Resources) -> Borne:
    """Who pays what of a loss of *loss_minor* >= 0 minor units, and why.

    Law: no share is above its cap.
    """
    holds(loss_minor >= 0, "a_loss_is_not_negative", loss=loss_minor)
    steps: list[Step] = []
    left = loss_minor
    for number, layer in enumerate(layers, start=1):
        shares = standing_behind(layer, resources, defaulter)
        bears = borne_by(layer, shares, left)
        for share, amount in zip(shares, apportion(bears, [share.weight for share in shares]), strict=True):
            holds(share.cap_minor is None or amount <= share.cap_minor, "no_share_is_above_its_cap", payer=share.payer)
            if amount:
                reason = _reason(layer, share, shares, bears, defaulter)
                steps.append(
                    Step(number=len(steps) + 1, layer=number, kind=layer.kind, payer=share.payer, amount_minor=amount, reason=reason)
                )
        left -= bears
    return Borne(defaulter=defaulter, loss_minor=loss_minor, steps=tuple(steps), unallocated_minor=left)


def borne_by(layer: Layer, shares: Sequence[Share], left: int) -> int:
    """What a layer bears of *left* minor units: up to its limit, to its caps, and nothing where nobody stands behind it."""
    caps = [share.cap_minor for share in shares if share.cap_minor is not None]
    bears = min(left, sum(caps)) if len(caps) == len(shares) else left
    return bears if layer.limit_minor is None else min(bears, layer.limit_minor)


_REASONS = {
    Kind.DEFAULTER_COLLATERAL: "collateral of {defaulter}, which defaulted",
    Kind.DEFAULTER_FUND: "fund share of {defaulter}, which defaulted",
    Kind.OPERATOR_CAPITAL: "the operator's capital, ahead of the survivors",
    Kind.SURVIVOR_FUNDS: "fund share: {weight} of {whole}, for {bears} left by {defaulter}",
    Kind.ASSESSMENT_CALLS: "call: at most {weight} of {whole}, for {bears} left by {defaulter}",
    Kind.RESIDUAL: "exposure to {defaulter}: {weight} of {whole}, for {bears} that is left",
    Kind.UNION_FUND: "the union's fund carries what {defaulter} did not pay",
    Kind.CREDITORS: "claim on {defaulter} in the period: {weight} of {whole}, for {bears} beyond the fund",
}


def _reason(layer: Layer, share: Share, shares: Sequence[Share], bears: int, defaulter: str) -> str:
    """Amounts in it are minor units."""
    whole = sum(each.weight for each in shares)
    return _REASONS[layer.kind].format(defaulter=defaulter, weight=share.weight, whole=whole, bears=bears)
