"""Layers of a waterfall as data, and who stands behind each when one member defaults.

A layer is a kind and a few numbers; a waterfall is a tuple of layers, in the order in which they bear the loss. `standing_behind` turns a
layer, the resources of a union and the name of the defaulter into shares: who pays, in which proportion, up to how much.
Amounts are minor units >= 0 of one currency. Source: rules R13 and R2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from rescounter.terms import holds
from rescounter.terms.names import FUND_NAME

__all__ = ["CLEARING_HOUSE", "Kind", "Layer", "Resources", "Share", "by_creditors", "standing_behind"]

_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})
_NOBODY: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType({})


class Kind(StrEnum):
    """What bears the loss."""

    DEFAULTER_COLLATERAL = "defaulter_collateral"
    DEFAULTER_FUND = "defaulter_fund"
    OPERATOR_CAPITAL = "operator_capital"
    SURVIVOR_FUNDS = "survivor_funds"
    ASSESSMENT_CALLS = "assessment_calls"
    RESIDUAL = "residual_to_counterparties_by_exposure"
    UNION_FUND = "fund"
    CREDITORS = "creditors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer. *limit_minor*: the most that it bears in one default, None = whatever stands behind it.

    *call_multiple*: of assessment calls: how many further contributions to the fund may be called.
    """

    kind: Kind
    limit_minor: int | None = None
    call_multiple: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        holds((self.limit_minor or 0) >= 0 and self.call_multiple >= 0, "layers_bear_something", kind=self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What stands behind the layers. *exposures*: by defaulter, what each other member has open with it, by which the last layers share.

    *union_fund_minor*: what the union's own fund may still carry. *fund_shares* and *collateral* by member.
    """

    collateral: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    fund_shares: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    operator_capital_minor: int = 0
    union_fund_minor: int = 0
    exposures: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: _NOBODY)

    def __post_init__(self) -> None:
        holds(all(amount >= 0 for amount in (*self.collateral.values(), *self.fund_shares.values())), "resources_are_not_negative")
        holds(self.operator_capital_minor >= 0 and self.union_fund_minor >= 0, "resources_are_not_negative")
        holds(all(amount >= 0 for each in self.exposures.values() for amount in each.values()), "exposures_are_not_negative")


@dataclass(frozen=True, slots=True)
class Share:
    """*payer* bears of a layer in proportion to *weight*, at most *cap_minor* (None = no cap). The payer `*` is the union itself."""

    payer: str
    weight: int
    cap_minor: int | None


CLEARING_HOUSE: Final = tuple(
    Layer(kind=kind)
    for kind in (
        Kind.DEFAULTER_COLLATERAL, Kind.DEFAULTER_FUND, Kind.OPERATOR_CAPITAL, Kind.SURVIVOR_FUNDS, Kind.ASSESSMENT_CALLS, Kind.RESIDUAL,
    )
)  # fmt: skip
"""The usual order of clearing houses, calls up to one further contribution. Source: rule R13."""


def by_creditors(threshold_minor: int) -> tuple[Layer, ...]:
    """The union's fund up to a threshold, then the defaulter's bilateral creditors of the period pro rata to their claims.

    Source: rule R2, modelled on the European Monetary Agreement.
    """
    return (Layer(kind=Kind.UNION_FUND, limit_minor=threshold_minor), Layer(kind=Kind.CREDITORS))


def standing_behind(layer: Layer, resources: Resources, defaulter: str) -> tuple[Share, ...]:
    """Who bears *layer* when *defaulter* fails, in order of member code; those that bear nothing are left out.

    Law: either every share has a cap, which is its weight, or none has.
    """
    match layer.kind:
        case Kind.DEFAULTER_COLLATERAL:
            shares = _capped({defaulter: resources.collateral.get(defaulter, 0)})
        case Kind.DEFAULTER_FUND:
            shares = _capped({defaulter: resources.fund_shares.get(defaulter, 0)})
        case Kind.OPERATOR_CAPITAL:
            shares = _capped({FUND_NAME: resources.operator_capital_minor})
        case Kind.UNION_FUND:
            shares = _capped({FUND_NAME: resources.union_fund_minor})
        case Kind.SURVIVOR_FUNDS:
            shares = _capped(_survivors(resources.fund_shares, defaulter))
        case Kind.ASSESSMENT_CALLS:
            funds = _survivors(resources.fund_shares, defaulter)
            shares = _capped({member: int(funds[member] * layer.call_multiple) for member in funds})
        case Kind.RESIDUAL | Kind.CREDITORS:
            exposed = _survivors(resources.exposures.get(defaulter, _NOTHING), defaulter)
            shares = tuple(Share(member, exposed[member], None) for member in sorted(exposed) if exposed[member])
    holds(all(share.cap_minor in (None, share.weight) for share in shares), "caps_are_weights", kind=layer.kind)
    return shares


def _survivors(amounts: Mapping[str, int], defaulter: str) -> dict[str, int]:
    return {member: amount for member, amount in amounts.items() if member != defaulter}


def _capped(amounts: Mapping[str, int]) -> tuple[Share, ...]:
    return tuple(Share(payer, amounts[payer], amounts[payer]) for payer in sorted(amounts) if amounts[payer])
