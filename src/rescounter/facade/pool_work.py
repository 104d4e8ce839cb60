"""The insurance pool of a union at work: a step that is reckoned anew where somebody acted meanwhile, and what is told of a year."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from rescounter.cycle.office import Step
from rescounter.cycle.pool_years import opening_year
from rescounter.facade.union import Desk, Done
from rescounter.insurance.books import Books, books_of
from rescounter.insurance.charging import advance_rows
from rescounter.insurance.pool import Year
from rescounter.insurance.projection import Projection, Scenario, project, usual_scenarios
from rescounter.terms import CallerFault

__all__ = ["in_the_pool", "open_pool_year", "projections", "year_named"]


def in_the_pool(desk: Desk, reckon: Callable[[], Step], *, by: str, member: str = "") -> Done:
    """Do what *reckon* comes to in the union as it stands, again where it was overtaken."""
    while True:
        done = desk.do(reckon(), by=by, member=member)
        if not desk.was_overtaken(done):
            return done


def open_pool_year(desk: Desk, text: str, *, by: str) -> Done:
    """Open a policy year by the terms in *text*."""
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return in_the_pool(desk, lambda: opening_year(desk.union, text, digest=digest, at_us=desk.at_us), by=by)


def year_named(desk: Desk, code: str | None) -> tuple[Year, Books]:
    """The policy year of a code with its books; without one the latest. Raises: CallerFault ``policy_year_unknown``."""
    years = desk.union.pool.years
    chosen = code or next(reversed(list(years)), "")
    if chosen not in years:
        known = ", ".join(list(years)[-5:])
        raise CallerFault(
            "policy_year_unknown", f"there is no policy year {code}; there are {known}" if known else "no policy year was opened"
        )
    return years[chosen], books_of(years[chosen], desk.office.table)


def projections(desk: Desk, year: Year, books: Books, scenarios: Sequence[Scenario] = ()) -> tuple[Projection, ...]:
    """The year under *scenarios*, or under the usual ones."""
    rows = advance_rows(desk.union.pool, year, books, desk.office.table) if year.is_open else []
    chosen = scenarios or usual_scenarios(year, books)
    return tuple(project(desk.union.pool, year, books, rows, scenario) for scenario in chosen)
