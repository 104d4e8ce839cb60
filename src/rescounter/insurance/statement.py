"""A member's statement of the pool: exposures, calls, claims and record, year by year. As a document and as JSON.

The keys of the JSON: format ``rescounter-pool-statement/1``, member, name, years: each with year, state, currency, exponent, exposures,
record, calls, claims, owed_minor, surplus_minor. Amounts are integers in minor units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rescounter.insurance.books import MemberBook, TableOf, books_of, record_of
from rescounter.insurance.contributions import Record
from rescounter.insurance.overview import claim_layers
from rescounter.insurance.pool import Claim, Pool, Year
from rescounter.statements.documents import Document, Headline, amount, marks_of
from rescounter.statements.facts import UnionNote
from rescounter.statements.section import Column, Line, Row, Section, Table
from rescounter.terms.money import Money, format_minor

__all__ = ["MemberYear", "member_document", "member_json", "member_years"]


@dataclass(frozen=True, slots=True)
class MemberYear:
    """One member in one policy year, with its claims of that year and the *record* that it brought into it."""

    year: Year
    book: MemberBook
    claims: tuple[Claim, ...]
    record: Record


def member_years(pool: Pool, member: str, table_of: TableOf) -> tuple[MemberYear, ...]:
    """The years in which the member had an exposure, in order of opening."""
    found = []
    for year in pool.years.values():
        book = books_of(year, table_of).get(member)
        if book is not None:
            claims = tuple(claim for claim in pool.claims_of(year.code) if claim.member == member)
            found.append(MemberYear(year, book, claims, record_of(pool, year, [member], table_of)[member]))
    return tuple(found)


def member_json(years: tuple[MemberYear, ...], member: str, name: str) -> dict[str, Any]:
    """The statement for machines."""
    return {"format": "rescounter-pool-statement/1", "member": member, "name": name, "years": [_year_json(each) for each in years]}


def _year_json(each: MemberYear) -> dict[str, Any]:
    year, book = each.year, each.book
    return {
        "year": year.code,
        "state": year.state.value,
        "currency": year.terms.currency,
        "exponent": year.terms.exponent,
        "exposures": dict(sorted(book.declared.items())),
        "estimated_minor": book.estimated_minor,
        "record": {
            "contributed_minor": each.record.contributed_minor,
            "lost_minor": each.record.lost_minor,
            "factor": str(year.terms.factor_of(each.record.ratio)),
        },
        "calls": [
            {
                "call": code,
                "kind": year.calls[code].kind,
                "called_minor": called,
                "paid_minor": book.paid.get(code, 0),
                "under_way_minor": book.under_way.get(code, 0),
            }
            for code, called in book.called.items()
        ],
        "claims": [
            {
                "claim": claim.code,
                "cover": claim.cover,
                "occurred": claim.occurred.isoformat(),
                "state": claim.state.value,
                "claimed_minor": claim.claimed_minor,
                "incurred_minor": claim.incurred_minor,
                "layers": claim_layers(claim, year),
                "paid_minor": claim.paid_minor,
                "under_way_minor": claim.under_way_minor,
            }
            for claim in each.claims
        ],
        "owed_minor": book.open_minor,
        "surplus_minor": book.surplus_minor,
        "is_released": book.is_released,
    }


def member_document(years: tuple[MemberYear, ...], member: str, name: str, union: UnionNote) -> Document:
    """The statement for people."""
    digits = {each.year.terms.currency: each.year.terms.exponent for each in years}
    owed: dict[str, int] = {}
    for each in years:
        owed[each.year.terms.currency] = owed.get(each.year.terms.currency, 0) + each.book.open_minor
    return Document(
        union=union.name,
        what=f"Mutual insurance pool, {name} ({member})",
        title=_title(member, owed, digits),
        marks=marks_of(union),
        headlines=tuple(Headline("owed", "Owed to the pool", Money(minor, code), "called and not paid") for code, minor in owed.items()),
        sections=tuple(section for each in years for section in _sections(each)),
        exponents=digits,
        colophon="Record: what was called in the earlier years that count, and what others than the member bore of its claims in them.",
    )


def _title(member: str, owed: Mapping[str, int], digits: Mapping[str, int]) -> str:
    if not owed:
        return f"{member} is not in the pool"
    told = ", ".join(amount(Money(minor, code), digits, alone=True) for code, minor in owed.items() if minor)
    return f"{member} owes the pool {told}" if told else f"{member} owes the pool nothing"


def _sections(each: MemberYear) -> Iterator[Section]:
    year, book, terms = each.year, each.book, each.year.terms
    ratio, factor = each.record.ratio, terms.factor_of(each.record.ratio)
    lost, contributed = (Money(minor, terms.currency) for minor in (each.record.lost_minor, each.record.contributed_minor))
    exact = {terms.currency: terms.exponent}
    told = "no record" if ratio is None else f"{amount(lost, exact)} of {amount(contributed, exact)} called in earlier years"
    lines = [
        *(Line(f"Exposure, {name}", Money(minor, terms.currency)) for name, minor in sorted(book.declared.items())),
        Line("Record", told, f"contributions times {_decimal(factor.numerator, factor.denominator)}"),
        Line("Contribution for the year", Money(book.estimated_minor, terms.currency)),
        Line("Owed", Money(book.open_minor, terms.currency), _in_a_cycle(each)),
    ]
    if book.is_released:
        lines.append(Line("Released", "yes", "no supplementary call comes any more"))
    if book.surplus_minor:
        lines.append(Line("Given back at the close", Money(book.surplus_minor, terms.currency)))
    yield Section(name=f"year_{year.code.replace('-', '_')}", title=f"Policy year {year.code} ({year.state.value})", lines=tuple(lines))
    if book.called:
        yield Section(name=f"calls_{year.code.replace('-', '_')}", title=f"Calls of {year.code}", table=_calls(each))
    if each.claims:
        yield Section(name=f"claims_{year.code.replace('-', '_')}", title=f"Claims of {year.code}", table=_claims(each))


def _in_a_cycle(each: MemberYear) -> str:
    """What of its calls and claims is an obligation of a cycle now; nothing where nothing is."""
    parts = (("owed", sum(each.book.under_way.values())), ("claimed", sum(claim.under_way_minor for claim in each.claims)))
    told = [f"{words} {format_minor(minor, each.year.terms.exponent, group=',')}" for words, minor in parts if minor]
    return f"in a cycle now: {', '.join(told)}" if told else ""


def _decimal(numerator: int, denominator: int) -> str:
    """A factor of the terms, which has few decimals."""
    return format_minor(numerator * 10_000 // denominator, 4).rstrip("0").rstrip(".")


def _calls(each: MemberYear) -> Table:
    currency, book = each.year.terms.currency, each.book
    rows: tuple[Row, ...] = tuple(
        (code, each.year.calls[code].kind, *(Money(minor, currency) for minor in (called, book.paid.get(code, 0), book.open_of(code))))
        for code, called in book.called.items()
    )
    return Table(
        columns=(Column("Call"), Column("Kind"), Column("Called", "money"), Column("Paid", "money"), Column("Open", "money")), rows=rows
    )


def _claims(each: MemberYear) -> Table:
    currency = each.year.terms.currency
    rows: tuple[Row, ...] = tuple(
        (
            claim.code,
            claim.cover,
            claim.state.value,
            *(Money(minor, currency) for minor in (claim.incurred_minor, *claim_layers(claim, each.year).values(), claim.paid_minor)),
        )
        for claim in each.claims
    )
    headings = ("Taken for", "Retention", "Pool", "Reinsured", "Overspill", "Beyond", "Paid")
    return Table(columns=(Column("Claim"), Column("Cover"), Column("State"), *(Column(name, "money") for name in headings)), rows=rows)
