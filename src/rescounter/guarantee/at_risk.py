"""The most that a member can lose by the default of one other member, told before the cycle.

For each other member that might default, with the largest loss that it can leave, the member's part of every layer, rounded up: a share by
the largest remainder is never above that, and neither is the share of any smaller loss. Source: rule R13 (a non-defaulter's liability must
be known before the cycle).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from rescounter.guarantee.layers import Kind, Layer, Resources, standing_behind
from rescounter.guarantee.waterfall import borne_by
from rescounter.terms import holds

__all__ = ["AtRisk", "most_at_risk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk:
    """Most that *member* pays when *defaulter* fails: by number of the layer (1, 2, ...), its kind and minor units > 0.

    *defaulter* is empty where nobody's default costs the member anything.
    """

    member: str
    defaulter: str
    layers: tuple[tuple[int, Kind, int], ...]

    @property
    def total_minor(self) -> int:
        """All layers together."""
        return sum(amount for *_, amount in self.layers)


def most_at_risk(member: str, losses: Mapping[str, int], layers: Sequence[Layer], resources: Resources) -> AtRisk:
    """The costliest single default for *member*, ties to the earlier code.

    Args: *losses*: by each member that might default, the largest loss that it can leave, minor units >= 0, such as its net debit cap.
    Law: `waterfall.waterfall` never has *member* pay more, for any of these defaulters and any loss up to these.
    """
    holds(all(loss >= 0 for loss in losses.values()), "a_loss_is_not_negative")
    found = [AtRisk(member=member, defaulter="", layers=())]
    for defaulter in sorted(losses.keys() - {member}):
        parts = _parts(member, defaulter, losses[defaulter], layers, resources)
        found.append(AtRisk(member=member, defaulter=defaulter, layers=parts))
    return max(found, key=lambda each: each.total_minor)


def _parts(member: str, defaulter: str, loss: int, layers: Sequence[Layer], resources: Resources) -> tuple[tuple[int, Kind, int], ...]:
    parts, left = [], loss
    for number, layer in enumerate(layers, start=1):
        shares = standing_behind(layer, resources, defaulter)
        bears = borne_by(layer, shares, left)
        whole = sum(share.weight for share in shares)
        parts += [(number, layer.kind, ceil(Fraction(bears * share.weight, whole))) for share in shares if share.payer == member and bears]
        left -= bears
    return tuple(parts)
