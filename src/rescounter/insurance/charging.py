"""Which exposures an advance charges, and what it comes to: by exposure, rate of the class, and record of the member."""

from __future__ import annotations

from typing import Any

from rescounter.insurance.books import Books, TableOf, factors, record_of
from rescounter.insurance.contributions import advances, estimates
from rescounter.insurance.pool import Pool, Year

__all__ = ["advance_rows"]


def advance_rows(pool: Pool, year: Year, books: Books, table_of: TableOf) -> list[dict[str, Any]]:
    """A row of `tables.CALL_ROWS` for each exposure that was declared and not charged yet, in order of member and class."""
    rows = [
        (member, name, declared - book.charged.get(name, 0))
        for member, book in books.items()
        for name, declared in sorted(book.declared.items())
        if declared > book.charged.get(name, 0)
    ]
    by_member = factors(record_of(pool, year, {member for member, _, _ in rows}, table_of), year.terms)
    estimated = estimates([(name, exposure) for _, name, exposure in rows], [by_member[member] for member, _, _ in rows], year.terms)
    return [
        {
            "member": member,
            "class": name,
            "exposure_minor": exposure,
            "factor": str(by_member[member]),
            "estimated_minor": whole,
            "basis_minor": whole,
            "amount_minor": amount,
        }
        for (member, name, exposure), whole, amount in zip(rows, estimated, advances(estimated, year.terms), strict=True)
    ]
