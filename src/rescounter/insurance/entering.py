"""What of the pool enters a cycle as obligations: calls that members owe it, claims that it owes members.

An amount is in one cycle only, from its cut-off until the cycle is closed. A claim enters as far as its year has money, which is held for
it meanwhile; so the pool can always pay what it owes in a cycle, whoever else is late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from rescounter.insurance.books import TableOf, books_of
from rescounter.insurance.pool import Pool, Year
from rescounter.insurance.states import ClaimState

__all__ = ["entering", "sums_entered"]


def entering(pool: Pool, table_of: TableOf, *, takes_part: Collection[str], currencies: Collection[str]) -> list[dict[str, Any]]:
    """What enters now, rows of `tables.ENTERED` without origin: by year in order of opening, calls before claims, both by code.

    Args: *takes_part*: members whose obligations take part in the cycle; *currencies* of the cycle. Law: no claim is above the money of
    its year.
    """
    years = [year for year in pool.years.values() if year.is_open and year.terms.currency in currencies]
    return [row for year in years for row in (*_dues(year, table_of, takes_part), *_claims(pool, year, takes_part))]


def _dues(year: Year, table_of: TableOf, takes_part: Collection[str]) -> Iterator[dict[str, Any]]:
    books = books_of(year, table_of)
    for call in sorted(year.calls):
        told = f"{year.calls[call].kind} call {call}, policy year {year.code}"
        for member, book in books.items():
            free = book.free_of(call)
            if free and member in takes_part:
                yield _row(year, free, call=call, member=member, id=f"call/{call}/{member}", reference=told)


def _claims(pool: Pool, year: Year, takes_part: Collection[str]) -> Iterator[dict[str, Any]]:
    left = year.cash_minor
    for claim in pool.claims_of(year.code):
        if claim.state is not ClaimState.ADJUSTED or claim.under_way_minor or claim.member not in takes_part:
            continue
        amount = min(claim.due_minor(year), left)
        if amount:
            left -= amount
            told = f"claim {claim.code}, {claim.cover}, policy year {year.code}"
            yield _row(year, amount, claim=claim.code, member=claim.member, id=f"claim/{claim.code}", reference=told)


def _row(year: Year, amount: int, **words: str) -> dict[str, Any]:
    return {"year": year.code, "call": "", "claim": "", "currency": year.terms.currency, "amount_minor": amount, **words}


def sums_entered(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `ENTERED` or `LEFT` as an act tells them to the fold: one for each call, one for each claim, in their order.

    Keys: year, call or claim, amount_minor; and paid_minor where the rows have it.
    """
    sums: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        name = "call" if row["call"] else "claim"
        minors = [key for key in ("amount_minor", "paid_minor") if key in row]
        whole = sums.setdefault((row["year"], name, row[name]), {"year": row["year"], name: row[name], **dict.fromkeys(minors, 0)})
        for key in minors:
            whole[key] += row[key]
    return list(sums.values())
