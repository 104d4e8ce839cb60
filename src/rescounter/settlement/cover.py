"""Collateral across currencies: what a member pledged in one currency covers of what it needs in another.

Everything covers its own currency first. What is left over in currencies that may cover others is worth its amount at the rate, less the
haircut of its currency, and is one exact sum for each member; it covers what is missing, currency by currency in order of code, until it
is used up. Only the last amount that it covers is rounded, once and down, so that nothing counts that is not there; what is bound for it is
rounded up, once too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from types import MappingProxyType
from typing import Final

from rescounter.terms import holds

__all__ = ["NOTHING_ACROSS", "Across", "covered_across"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Across:
    """*values* > 0 of one minor unit of each currency, in any one numeraire; *haircuts*, from 0 to less than 1, of the currencies whose
    collateral covers others: the part that does not count there."""

    values: Mapping[str, Fraction]
    haircuts: Mapping[str, Fraction]

    def __post_init__(self) -> None:
        holds(all(value > 0 for value in self.values.values()), "rates_are_above_zero")
        holds(all(0 <= haircut < 1 for haircut in self.haircuts.values()), "haircuts_are_shares")

    def worth(self, currency: str) -> Fraction:
        """What one minor unit of collateral of *currency* counts for others, in the numeraire; zero where it covers its own alone."""
        is_across = currency in self.values and currency in self.haircuts
        return self.values[currency] * (1 - self.haircuts[currency]) if is_across else Fraction(0)


NOTHING_ACROSS: Final = Across(values=MappingProxyType({}), haircuts=MappingProxyType({}))
"""Each currency covers itself alone."""


def covered_across(held: Mapping[tuple[str, str], int], needed: Mapping[tuple[str, str], int], by: Across) -> dict[tuple[str, str], int]:
    """By currency and member, what collateral of other currencies covers (above zero), or what is bound for others (below); no zeros.

    Args: *held* and *needed* minor units >= 0 by currency and member. What is neither needed nor bound may be taken back, all of it.
    Law: what is covered is worth no more than what is bound for it, at the rates and after the haircuts.
    """
    gaps: dict[str, dict[str, int]] = {}
    for currency, member in sorted({*held, *needed}):
        gaps.setdefault(member, {})[currency] = held.get((currency, member), 0) - needed.get((currency, member), 0)
    found = {(currency, member): moved for member, own in gaps.items() for currency, moved in _of_one(own, by).items() if moved}
    return dict(sorted(found.items()))


def _of_one(gaps: Mapping[str, int], by: Across) -> dict[str, int]:
    """The same of one member. Args: *gaps* by currency in order of code: above zero what is left over, below what is missing."""
    lends = {currency: gap for currency, gap in gaps.items() if gap > 0 and by.worth(currency)}
    pool = sum((gap * by.worth(currency) for currency, gap in lends.items()), Fraction(0))
    left, moved = pool, dict[str, int]()
    for currency, gap in gaps.items():
        if gap < 0 and currency in by.values:
            moved[currency] = min(-gap, left // by.values[currency])
            left -= moved[currency] * by.values[currency]
            if moved[currency] < -gap:
                break
    used = sum((amount * by.values[currency] for currency, amount in moved.items()), Fraction(0))
    holds(0 <= used <= pool and left == pool - used, "cover_is_worth_no_more_than_what_covers", used=used, pool=pool)
    return moved | {currency: -bound for currency, bound in _bound(lends, used, by)}


def _bound(lends: Mapping[str, int], used: Fraction, by: Across) -> Iterator[tuple[str, int]]:
    """What of each currency is bound for others, minor units rounded up once: those that lose least first, then by code."""
    for currency in sorted(lends, key=lambda code: (by.haircuts[code], code)):
        bound = min(lends[currency], ceil(used / by.worth(currency)))
        used = max(Fraction(0), used - bound * by.worth(currency))
        yield currency, bound
    holds(used == 0, "what_covers_is_bound", left=used)
