"""What members contribute: by exposure and record, and how an amount is called from them.

Shares are exact fractions until an amount is split; then the largest remainder decides, ties to the earlier row, and rows stand in order
of member code and class. Source: rule R14.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from rescounter.insurance.terms import YearTerms
from rescounter.terms import apportion, holds

__all__ = ["Record", "advances", "cap_of", "capped", "estimates", "rounded"]


@dataclass(frozen=True, slots=True)
class Record:
    """What a member brings along from earlier years, in minor units >= 0: what was called from it and what its claims cost others."""

    contributed_minor: int = 0
    lost_minor: int = 0

    @property
    def ratio(self) -> Fraction | None:
        """Its loss ratio; None where nothing was called, so that there is no record."""
        return Fraction(self.lost_minor, self.contributed_minor) if self.contributed_minor else None

    def __add__(self, other: Record) -> Record:
        return Record(self.contributed_minor + other.contributed_minor, self.lost_minor + other.lost_minor)


def rounded(exact: Fraction) -> int:
    """To the nearest whole unit, half to even."""
    return round(exact)


def estimates(exposures: Sequence[tuple[str, int]], factors: Sequence[Fraction], terms: YearTerms) -> list[int]:
    """The estimated contribution of each row for the whole year.

    Args: *exposures*: class and minor units > 0; *factors* of the members' records, one for each row.
    Law: they sum to the exact sum, rounded once; each is less than one unit from its exact amount, but for that rounding.
    """
    exact = [Fraction(exposure) * terms.rates[name] * factor for (name, exposure), factor in zip(exposures, factors, strict=True)]
    return apportion(rounded(sum(exact, Fraction())), _weights(exact))


def advances(estimated: Sequence[int], terms: YearTerms) -> list[int]:
    """What is called in advance of each estimate. Law: they sum to the share of the whole, rounded once."""
    return apportion(rounded(sum(estimated) * terms.advance_share), list(estimated))


def _weights(exact: Sequence[Fraction]) -> list[int]:
    """Whole numbers in the same proportion."""
    whole = lcm(*(each.denominator for each in exact)) if exact else 1
    return [int(each * whole) for each in exact]


def cap_of(exposure_minor: int, terms: YearTerms) -> int:
    """The most that a member with this exposure can be called for overspill in the year, rounded down."""
    return exposure_minor * terms.overspill_cap.numerator // terms.overspill_cap.denominator


def capped(total: int, weights: Sequence[int], caps: Sequence[int]) -> list[int]:
    """Split *total* >= 0 by *weights* >= 0, nobody above its cap >= 0; what a cap cuts off goes to the others.

    Returns: one share for each weight. Who has no weight bears nothing.
    Law: no share is above its cap; they sum to *total*, or to all caps of those with a weight where these are less.
    """
    holds(total >= 0 and all(cap >= 0 for cap in caps), "caps_are_not_negative")
    shares = [0] * len(weights)
    open_places = [place for place, weight in enumerate(weights) if weight and caps[place]]
    left = min(total, sum(caps[place] for place in open_places))
    while left:
        parts = apportion(left, [weights[place] for place in open_places])
        full = [place for place, part in zip(open_places, parts, strict=True) if part >= caps[place]]
        if not full:
            for place, part in zip(open_places, parts, strict=True):
                shares[place] = part
            break
        for place in full:
            shares[place] = caps[place]
            left -= caps[place]
        open_places = [place for place in open_places if place not in full]
    holds(all(share <= cap for share, cap in zip(shares, caps, strict=True)), "nobody_s_overspill_is_above_its_cap")
    return shares
