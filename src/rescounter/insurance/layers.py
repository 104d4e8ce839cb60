"""Who bears a claim: the member's retention, the pool, reinsurance layer after layer, overspill, and what is beyond.

Amounts are minor units >= 0. Source: rule R14.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rescounter.insurance.terms import YearTerms
from rescounter.terms import apportion, holds

__all__ = ["Borne", "due_of_reinsurers", "split"]


@dataclass(frozen=True, slots=True)
class Borne:
    """The layers of a claim of *amount_minor*. *reinsurance*: by layer of the terms. *beyond_minor*: what no layer bears; the member does.

    Law: the layers are the claim.
    """

    amount_minor: int
    retention_minor: int
    pool_minor: int
    reinsurance: tuple[int, ...]
    overspill_minor: int
    beyond_minor: int

    def __post_init__(self) -> None:
        parts = (self.retention_minor, self.pool_minor, *self.reinsurance, self.overspill_minor, self.beyond_minor)
        holds(sum(parts) == self.amount_minor and min(parts) >= 0, "the_layers_are_the_claim", amount=self.amount_minor)

    @property
    def reinsured_minor(self) -> int:
        """What all reinsurers bear together."""
        return sum(self.reinsurance)

    @property
    def covered_minor(self) -> int:
        """What the pool pays out without overspill; the reinsurers' part it gets back."""
        return self.pool_minor + self.reinsured_minor

    @property
    def above_retention_minor(self) -> int:
        """What others than the member bear, were every call paid: it counts in the member's record."""
        return self.covered_minor + self.overspill_minor


def split(amount_minor: int, terms: YearTerms) -> Borne:
    """A claim of *amount_minor* >= 0, layer by layer; the law of `Borne` holds."""
    holds(amount_minor >= 0, "a_claim_is_not_negative", amount=amount_minor)
    left = amount_minor
    taken: list[int] = []
    for limit in _limits(terms):
        takes = left if limit is None else min(left, limit)
        taken.append(takes)
        left -= takes
    return Borne(amount_minor, taken[0], taken[1], tuple(taken[2:-1]), taken[-1], left)


def _limits(terms: YearTerms) -> Iterator[int | None]:
    yield terms.retention_minor
    yield terms.pool_minor
    yield from (layer.limit_minor for layer in terms.reinsurance)
    yield terms.overspill_limit_minor if terms.has_overspill else 0


def due_of_reinsurers(borne: Borne, terms: YearTerms) -> dict[str, int]:
    """What each reinsurer owes of a claim, all layers together: by the largest remainder in each, ties to the earlier name."""
    due: dict[str, int] = {}
    for amount, layer in zip(borne.reinsurance, terms.reinsurance, strict=True):
        names = sorted(layer.borne_by)
        for name, part in zip(names, apportion(amount, [layer.borne_by[name] for name in names]), strict=True):
            due[name] = due.get(name, 0) + part
    return due
