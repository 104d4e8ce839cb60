"""Collateral: what pledged assets are worth after haircuts, how that changes, and who must pledge more.

A pledge is worth quantity times price, less its haircut, rounded down: the union never holds more on paper than in truth. A price that is
missing or too old is worth nothing, and is told. A call asks for what is missing to what must be covered; below the minimum of the currency
nobody is called, and nothing is given back. Amounts are minor units of the currency in which an asset is priced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from rescounter.settlement.cover import NOTHING_ACROSS, Across, covered_across
from rescounter.terms import holds

__all__ = ["Call", "Pledge", "PledgeValue", "Price", "calls", "held_minor", "revalued", "valued"]

_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """*quantity* > 0 pieces of *asset*, pledged by *member*."""

    member: str
    asset: str
    quantity: int

    def __post_init__(self) -> None:
        holds(self.quantity > 0, "a_pledge_is_of_something", asset=self.asset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Minor units >= 0 of *currency* for one piece, as *source* told it at *at_us*; *haircut*: 0 to 1, the part that does not count."""

    asset: str
    currency: str
    price_minor: Fraction
    haircut: Fraction
    at_us: int
    source: str

    def __post_init__(self) -> None:
        holds(self.price_minor >= 0 and 0 <= self.haircut <= 1, "haircuts_are_shares", asset=self.asset)
        holds(bool(self.source), "a_rate_has_a_source", asset=self.asset)


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeValue:
    """What a pledge counts: *value_minor* >= 0. *currency* is empty and *is_stale* True where there is no price that counts."""

    pledge: Pledge
    currency: str
    value_minor: int
    is_stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What *member* has and needs in *currency*. *held_minor*: what counts, with what covers from and for other currencies.
    *missing_minor*: to pledge now; *free_minor*: it may take back; never both above zero."""

    currency: str
    member: str
    needed_minor: int
    held_minor: int
    missing_minor: int
    free_minor: int

    def __post_init__(self) -> None:
        gap = self.needed_minor - self.held_minor
        holds(self.missing_minor in (0, gap) and self.free_minor in (0, -gap), "a_call_is_the_whole_gap", member=self.member)
        holds(min(self.missing_minor, self.free_minor) == 0 <= max(self.missing_minor, self.free_minor), "a_call_has_one_direction")


def valued(pledges: Iterable[Pledge], prices: Mapping[str, Price], *, at_us: int, age_us_max: int) -> tuple[PledgeValue, ...]:
    """Each pledge, by member and asset, at *prices* by asset that are at most *age_us_max* old at *at_us*."""
    holds(all(asset == price.asset for asset, price in prices.items()), "prices_are_of_their_asset")
    ordered = sorted(pledges, key=lambda each: (each.member, each.asset))
    holds(len({(each.member, each.asset) for each in ordered}) == len(ordered), "an_asset_is_pledged_once")
    return tuple(_value(each, prices.get(each.asset), at_us, age_us_max) for each in ordered)


def revalued(before: Sequence[PledgeValue], after: Sequence[PledgeValue]) -> dict[tuple[str, str], int]:
    """What each member's collateral gained or lost, minor units by currency and member, zeros left out."""
    old, new = held_minor(before), held_minor(after)
    changes = {key: new.get(key, 0) - old.get(key, 0) for key in sorted({*old, *new})}
    return {key: change for key, change in changes.items() if change}


def held_minor(values: Iterable[PledgeValue]) -> dict[tuple[str, str], int]:
    """What all pledges of a member count, by currency and member; pledges without a price that counts are left out."""
    held: dict[tuple[str, str], int] = {}
    for each in values:
        if not each.is_stale:
            key = (each.currency, each.pledge.member)
            held[key] = held.get(key, 0) + each.value_minor
    return dict(sorted(held.items()))


def calls(
    values: Sequence[PledgeValue],
    needed: Mapping[tuple[str, str], int],
    *,
    minimum_minor: Mapping[str, int] = _NOTHING,
    across: Across = NOTHING_ACROSS,
) -> tuple[Call, ...]:
    """What each member must pledge, or may take back, in order of currency and member; those that need nothing done are left out.

    Args: *needed*: what must be covered, minor units >= 0 by currency and member; *minimum_minor*: smallest movement by currency;
    *across*: what covers needs in other currencies (`cover.covered_across`).
    Law: who has pledged what it was called for, and nothing else changed, is not called again.
    """
    holds(all(amount >= 0 for amount in (*needed.values(), *minimum_minor.values())), "what_is_covered_is_not_negative")
    held, found = held_minor(values), []
    moved = covered_across(held, needed, across)
    for key in sorted({*held, *needed}):
        currency, member = key
        need, has = needed.get(key, 0), held.get(key, 0) + moved.get(key, 0)
        gap = need - has if abs(need - has) >= minimum_minor.get(currency, 0) else 0
        if gap:
            found.append(
                Call(
                    currency=currency,
                    member=member,
                    needed_minor=need,
                    held_minor=has,
                    missing_minor=max(0, gap),
                    free_minor=max(0, -gap),
                )
            )
    return tuple(found)


def _value(pledge: Pledge, price: Price | None, at_us: int, age_us_max: int) -> PledgeValue:
    if price is None or not 0 <= at_us - price.at_us <= age_us_max:
        return PledgeValue(pledge=pledge, currency="", value_minor=0, is_stale=True)
    exact = pledge.quantity * price.price_minor * (1 - price.haircut)
    return PledgeValue(pledge=pledge, currency=price.currency, value_minor=int(exact), is_stale=False)
