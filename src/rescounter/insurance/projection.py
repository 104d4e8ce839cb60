"""What members would be called for under scenarios of losses: reckoned to the close of the year, when every claim is paid.

Deterministic: a scenario is a loss ratio and perhaps one large claim. The margin of solvency is not counted, since it goes back with the
surplus; reinsurers are taken to pay. Amounts are minor units >= 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from rescounter.insurance.books import Books, MemberBook
from rescounter.insurance.contributions import cap_of, capped, rounded
from rescounter.insurance.layers import split
from rescounter.insurance.pool import Pool, Year
from rescounter.terms import apportion, holds

__all__ = ["MemberProjection", "Projection", "Scenario", "project", "usual_scenarios"]

_USUAL: Final = (("none", 0), ("as expected", 70), ("bad", 120), ("worst", 200))
"""Names and loss ratios in per cent of the scenarios that are taken where no file tells others. The worst has a large claim besides."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """*loss_ratio*: what claims cost the pool's own layer, by estimated contributions.

    *large_claim_minor*: one claim besides, which goes through the layers.
    """

    name: str
    loss_ratio: Fraction
    large_claim_minor: int = 0


@dataclass(frozen=True, slots=True)
class MemberProjection:
    """What one member is called for in all, what was called before included, and what it gets back."""

    member: str
    estimated_minor: int
    advance_minor: int
    supplementary_minor: int
    overspill_minor: int
    surplus_minor: int

    @property
    def net_minor(self) -> int:
        """What the year costs it in the end."""
        return self.advance_minor + self.supplementary_minor + self.overspill_minor - self.surplus_minor


@dataclass(frozen=True, slots=True)
class Projection:
    """One scenario. *burden_minor*: what claims cost the pool's layer; *income_minor*: advance, calls so far and what was carried in.

    *unborne_minor*: overspill above every cap, and what nobody is left to be called for.
    Law: what members are called for, less what they get back, is what claims cost them.
    """

    scenario: Scenario
    burden_minor: int
    income_minor: int
    unborne_minor: int
    members: tuple[MemberProjection, ...]

    def total(self, name: str) -> int:
        """The sum of a field of the members."""
        return sum(getattr(member, name) for member in self.members)


def usual_scenarios(year: Year, books: Books) -> tuple[Scenario, ...]:
    """None, as expected, bad, worst; the worst has a claim that goes through every layer to the last cap."""
    terms = year.terms
    caps = sum(cap_of(exposure, terms) for exposure in _exposures(books).values())
    overspill = caps if terms.overspill_limit_minor is None else min(caps, terms.overspill_limit_minor)
    large = terms.retention_minor + terms.pool_minor + sum(layer.limit_minor for layer in terms.reinsurance) + overspill
    return tuple(Scenario(name, Fraction(ratio, 100), large if name == "worst" else 0) for name, ratio in _USUAL)


def _exposures(books: Books) -> dict[str, int]:
    """By member what it declared, or was charged for where that is all there is."""
    return {member: sum(book.declared.values()) for member, book in books.items() if any(book.declared.values())}


def project(pool: Pool, year: Year, books: Books, to_charge: Iterable[Mapping[str, Any]], scenario: Scenario) -> Projection:
    """One scenario for every member of the year.

    Args: *to_charge*: rows of the next advance (`charging.advance_rows`), which is taken as called.
    """
    estimated = {member: books[member].estimated_minor for member in books}
    advance = {member: books[member].by_kind.get("advance", 0) for member in books}
    for row in to_charge:
        estimated[row["member"]] += row["estimated_minor"]
        advance[row["member"]] += row["amount_minor"]
    claims = pool.claims_of(year.code)
    large = split(scenario.large_claim_minor, year.terms)
    known = sum(claim.borne(year.terms).pool_minor for claim in claims)
    burden = max(known, rounded(scenario.loss_ratio * sum(estimated.values()))) + large.pool_minor
    income = sum(advance.values()) + year.called_minor("supplementary", "release") + year.carried_in_minor
    lacking, over = max(0, burden - income), max(0, income - burden)
    called = sum(year.called_minor("overspill", claim=claim.code) for claim in claims)
    overspill = max(0, sum(claim.borne(year.terms).overspill_minor for claim in claims) - called) + large.overspill_minor
    supplementary = _split(lacking, {member: weight for member, weight in estimated.items() if not books[member].is_released})
    spread = _overspill(year, books, overspill)
    paid = {member: advance[member] + _before(books[member]) + supplementary.get(member, 0) for member in books}
    surplus = _split(over, paid)
    members = tuple(
        MemberProjection(
            member,
            estimated[member],
            advance[member],
            _before(book) + supplementary.get(member, 0),
            book.by_kind.get("overspill", 0) + spread.get(member, 0),
            surplus.get(member, 0),
        )
        for member, book in books.items()
    )
    uncalled, unsplit = lacking - sum(supplementary.values()), over - sum(surplus.values())
    found = Projection(scenario, burden, income, overspill - sum(spread.values()) + uncalled, members)
    cost = found.total("advance_minor") + found.total("supplementary_minor") + year.carried_in_minor - found.total("surplus_minor")
    holds(cost + uncalled == burden + unsplit, "what_is_called_is_what_claims_cost", year=year.code, scenario=scenario.name)
    return found


def _before(book: MemberBook) -> int:
    """Supplementary and release calls so far."""
    return book.by_kind.get("supplementary", 0) + book.by_kind.get("release", 0)


def _split(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    if not any(weights.values()):
        return {}
    return dict(zip(weights, apportion(total, list(weights.values())), strict=True))


def _overspill(year: Year, books: Books, amount: int) -> dict[str, int]:
    exposures = _exposures(books)
    room = [cap_of(each, year.terms) - books[member].by_kind.get("overspill", 0) for member, each in exposures.items()]
    return dict(zip(exposures, capped(amount, list(exposures.values()), room), strict=True))
