"""What members have pledged, and the prices at which it is valued: the fold of the acts that pledge, release and set prices.

Cash that is pledged lies on ``M/collateral/CUR`` of the ledger, and is not counted here: its balance there is what counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from rescounter.settlement.collateral import Pledge, Price
from rescounter.terms import Exponents, holds
from rescounter.terms.acts import Act

__all__ = ["MOVES_COLLATERAL", "Pledges", "PriceTold", "needed_minor"]


MOVES_COLLATERAL: Final = ("collateral_pledged", "collateral_released")


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTold:
    """What one piece of *asset* is worth as *source* told it at *at_us*: *price* in major units of *currency*, *haircut* in per cent."""

    asset: str
    currency: str
    price: str
    haircut: str
    at_us: int
    source: str

    def in_minor(self, exponents: Exponents) -> Price:
        """The same in minor units, the haircut as a share."""
        return Price(
            asset=self.asset,
            currency=self.currency,
            price_minor=Fraction(Decimal(self.price)) * 10 ** (exponents.of(self.currency) or 0),
            haircut=Fraction(Decimal(self.haircut)) / 100,
            at_us=self.at_us,
            source=self.source,
        )


@dataclass(frozen=True, slots=True)
class Pledges:
    """*held*: pieces > 0 by member and asset; *told*: prices by asset in order of acts; *moved*: pledges and releases by reference.

    *called*: the latest act that called for collateral.
    """

    held: Mapping[tuple[str, str], int] = field(default_factory=_nothing)
    told: Mapping[str, tuple[PriceTold, ...]] = field(default_factory=_nothing)
    moved: Mapping[str, Act] = field(default_factory=_nothing)
    called: Act | None = None

    def after(self, act: Act) -> Pledges:
        """The pledges with one more act. Laws: a reference is used once; nobody has less than nothing pledged."""
        match act.kind:
            case "collateral_pledged" | "collateral_released":
                return self._moved(act)
            case "prices_set":
                told = dict(self.told)
                for row in act.body["prices"]:
                    told[row["asset"]] = (*told.get(row["asset"], ()), PriceTold(**row))
                return Pledges(self.held, MappingProxyType(told), self.moved, self.called)
            case "collateral_called":
                return Pledges(self.held, self.told, self.moved, act)
        return self

    def _moved(self, act: Act) -> Pledges:
        body = act.body
        holds(body["reference"] not in self.moved, "collateral_moves_once", reference=body["reference"])
        moved = MappingProxyType({**self.moved, body["reference"]: act})
        if not body["asset"]:
            return Pledges(self.held, self.told, moved, self.called)
        key = body["member"], body["asset"]
        left = self.held.get(key, 0) + (body["quantity"] if act.kind == "collateral_pledged" else -body["quantity"])
        holds(left >= 0, "nobody_releases_more_than_is_pledged", member=key[0], asset=key[1])
        kept = {each: pieces for each, pieces in self.held.items() if each != key} | ({key: left} if left else {})
        return Pledges(MappingProxyType(dict(sorted(kept.items()))), self.told, moved, self.called)

    def pledges(self, *, less: tuple[str, str, int] | None = None) -> tuple[Pledge, ...]:
        """What is pledged, by member and asset. *less*: member, asset and pieces that are left out."""
        out = {} if less is None else {less[:2]: less[2]}
        left = {key: pieces - out.get(key, 0) for key, pieces in self.held.items()}
        return tuple(Pledge(member=member, asset=asset, quantity=pieces) for (member, asset), pieces in left.items() if pieces > 0)

    def latest(self, at_us: int) -> dict[str, PriceTold]:
        """By asset the latest price that holds at an instant; of two of one instant the one that was set later."""
        found = {}
        for asset, told in sorted(self.told.items()):
            known = [each for each in told if each.at_us <= at_us]
            if known:
                found[asset] = max(reversed(known), key=lambda each: each.at_us)
        return found

    def prices(self, at_us: int, exponents: Exponents) -> dict[str, Price]:
        """The same in minor units."""
        return {asset: told.in_minor(exponents) for asset, told in self.latest(at_us).items()}


def needed_minor(limits: Iterable[tuple[str, str, int]], cash: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    """What each member must cover, by currency and member, zeros left out: what the operator asks of it, or what it owes if that is more.

    Args: *limits*: member, currency, minor units asked; *cash*: member, currency, balance of its cash.
    """
    needed = {(currency, member): asked for member, currency, asked in limits}
    for member, currency, balance in cash:
        needed[currency, member] = max(needed.get((currency, member), 0), -balance)
    return {key: amount for key, amount in sorted(needed.items()) if amount > 0}
