"""The terms of a policy year, as data: what is covered, who bears what, what members contribute, when it may be closed.

Amounts are minor units >= 0 of the year's currency, shares exact fractions. Nothing here is decided by code. Source: rule R14.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from rescounter.terms import holds

__all__ = ["RETURN", "SURPLUS", "RecordStep", "ReinsuranceLayer", "YearTerms"]

RETURN = "return"
SURPLUS = (RETURN, "carry")


@dataclass(frozen=True, slots=True)
class ReinsuranceLayer:
    """*limit_minor* of each claim above the layers before it. *borne_by*: reinsurers with their weights, by name."""

    name: str
    limit_minor: int
    borne_by: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RecordStep:
    """Up to a loss ratio of *up_to* (None: above all others) a member's contribution is multiplied by *factor*."""

    up_to: Fraction | None
    factor: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class YearTerms:
    """*begins* <= occurrences < *ends*. *retention_minor*: what the member bears of each claim; *pool_minor*: the pool's layer above it.

    *overspill_limit_minor*: of each claim, None = whatever the caps bear; *overspill_cap*: most that a member can be called for in the
    year, as a share of its exposure; zero: there is no overspill. *rates*: by class, the contribution as a share of the exposure.
    *margin_of_contributions*, *margin_of_reserves*, *margin_least_minor*: the largest of them is the required margin.
    Laws: the last step of the record, and no other, is open upwards; steps rise.
    """

    code: str
    name: str
    currency: str
    exponent: int
    begins: datetime.date
    ends: datetime.date
    closes_from: datetime.date
    surplus: str
    covers: tuple[str, ...]
    excludes: tuple[str, ...]
    retention_minor: int
    pool_minor: int
    reinsurance: tuple[ReinsuranceLayer, ...]
    overspill_limit_minor: int | None
    overspill_cap: Fraction
    rates: Mapping[str, Fraction]
    advance_share: Fraction
    release_share: Fraction
    record_years: int
    record: tuple[RecordStep, ...]
    margin_of_contributions: Fraction
    margin_of_reserves: Fraction
    margin_least_minor: int

    def __post_init__(self) -> None:
        bounds = [step.up_to for step in self.record]
        holds(bounds[-1:] == [None] and None not in bounds[:-1], "the_last_step_of_the_record_is_open", year=self.code)
        closed = [bound for bound in bounds if bound is not None]
        holds(closed == sorted(set(closed)), "steps_of_the_record_rise", year=self.code)

    @property
    def has_overspill(self) -> bool:
        """True where members can be called for what no layer bears."""
        return self.overspill_cap > 0

    def factor_of(self, ratio: Fraction | None) -> Fraction:
        """What a loss ratio does to a contribution; None: no record, which changes nothing."""
        if ratio is None:
            return Fraction(1)
        return next(step.factor for step in self.record if step.up_to is None or ratio <= step.up_to)
