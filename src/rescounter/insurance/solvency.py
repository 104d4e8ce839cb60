"""Whether a policy year can meet its claims: what it has, what it owes, and the margin that its terms require.

Amounts are minor units. Source: rule R14; the margin is the largest of three, as in the older rules on insurers' solvency.
"""

from __future__ import annotations

from dataclasses import dataclass

from rescounter.insurance.books import Books
from rescounter.insurance.contributions import rounded
from rescounter.insurance.pool import Pool, Year
from rescounter.insurance.states import ClaimState
from rescounter.insurance.terms import YearTerms

__all__ = ["Solvency", "margin", "solvency"]


@dataclass(frozen=True, slots=True)
class Solvency:
    """*reserves_minor*: what the pool still owes or holds back for claims; *recoverable_minor*: the reinsurers' part of them, not received.

    *dues_minor*: called and not paid. *required_minor*: the margin above reserves. *unreserved*: claims that count with what is claimed.
    """

    cash_minor: int
    dues_minor: int
    recoverable_minor: int
    reserves_minor: int
    required_minor: int
    unreserved: int

    @property
    def assets_minor(self) -> int:
        """Cash, dues and what reinsurers owe."""
        return self.cash_minor + self.dues_minor + self.recoverable_minor

    @property
    def free_minor(self) -> int:
        """What is left above reserves and margin; below zero: what is missing."""
        return self.assets_minor - self.reserves_minor - self.required_minor

    @property
    def is_solvent(self) -> bool:
        """True where nothing is missing."""
        return self.free_minor >= 0

    @property
    def shortfall_minor(self) -> int:
        """What a supplementary call must bring."""
        return max(0, -self.free_minor)


def solvency(pool: Pool, year: Year, books: Books) -> Solvency:
    """A year as its acts left it; a closed one owes nothing and needs nothing."""
    claims = pool.claims_of(year.code)
    if not year.is_open:
        return Solvency(0, 0, 0, 0, 0, 0)
    reserves = sum(claim.due_minor(year) for claim in claims)
    recoverable = sum(max(0, claim.borne(year.terms).reinsured_minor - claim.received_minor) for claim in claims)
    estimated = sum(book.estimated_minor for book in books.values())
    return Solvency(
        cash_minor=year.cash_minor + year.held_minor,
        dues_minor=year.dues_minor,
        recoverable_minor=recoverable,
        reserves_minor=reserves,
        required_minor=margin(year.terms, estimated_minor=estimated, reserves_minor=max(0, reserves - recoverable)),
        unreserved=sum(claim.state is ClaimState.NOTIFIED for claim in claims),
    )


def margin(terms: YearTerms, *, estimated_minor: int, reserves_minor: int) -> int:
    """The margin that the terms require: the largest of its share of the estimated contributions, of the reserves net of reinsurance,
    and the least amount."""
    return max(
        rounded(estimated_minor * terms.margin_of_contributions),
        rounded(reserves_minor * terms.margin_of_reserves),
        terms.margin_least_minor,
    )
