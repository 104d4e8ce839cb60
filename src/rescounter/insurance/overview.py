"""A policy year for everybody in the pool: money, solvency, calls, claims layer by layer, members. As a document and as JSON.

The keys of the JSON: format ``rescounter-pool-year/1``, year, name, state, currency, exponent, cash_minor, held_in_cycles_minor, surplus,
closes_from, solvency, calls, claims, members. Amounts are integers in minor units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rescounter.insurance.books import Books
from rescounter.insurance.layers import due_of_reinsurers
from rescounter.insurance.pool import Call, Claim, Pool, Year
from rescounter.insurance.solvency import Solvency, solvency
from rescounter.statements.documents import Document, Headline, amount, marks_of
from rescounter.statements.facts import UnionNote
from rescounter.statements.section import Column, Line, Row, Section, Table
from rescounter.terms.money import Money, format_minor

__all__ = ["claim_layers", "year_document", "year_json"]

_ROWS_MAX: Final = 400
_LAYERS: Final = ("retention_minor", "pool_minor", "reinsured_minor", "overspill_minor", "beyond_minor")


def year_json(pool: Pool, year: Year, books: Books) -> dict[str, Any]:
    """Everything that is known of a year."""
    terms, stands = year.terms, solvency(pool, year, books)
    return {
        "format": "rescounter-pool-year/1",
        "year": year.code,
        "name": terms.name,
        "state": year.state.value,
        "currency": terms.currency,
        "exponent": terms.exponent,
        "begins": terms.begins.isoformat(),
        "ends": terms.ends.isoformat(),
        "closes_from": terms.closes_from.isoformat(),
        "surplus": terms.surplus,
        "cash_minor": year.cash_minor,
        "held_in_cycles_minor": year.held_minor,
        "carried_in_minor": year.carried_in_minor,
        "solvency": _solvency_json(stands),
        "calls": [_call_json(call) for call in year.calls.values()],
        "claims": [_claim_json(claim, year) for claim in pool.claims_of(year.code)],
        "members": [
            {
                "member": member,
                "exposures": dict(sorted(book.declared.items())),
                "estimated_minor": book.estimated_minor,
                "called_minor": sum(book.called.values()),
                "paid_minor": sum(book.paid.values()),
                "open_minor": book.open_minor,
                "surplus_minor": book.surplus_minor,
                "is_released": book.is_released,
            }
            for member, book in books.items()
        ],
    }


def _solvency_json(stands: Solvency) -> dict[str, Any]:
    names = (
        "cash_minor",
        "dues_minor",
        "recoverable_minor",
        "assets_minor",
        "reserves_minor",
        "required_minor",
        "free_minor",
        "unreserved",
    )
    return {name: getattr(stands, name) for name in names} | {"is_solvent": stands.is_solvent}


def _call_json(call: Call) -> dict[str, Any]:
    names = ("code", "kind", "claim", "total_minor", "paid_minor", "open_minor", "under_way_minor")
    return {name: getattr(call, name) for name in names}


def _claim_json(claim: Claim, year: Year) -> dict[str, Any]:
    return {
        "claim": claim.code,
        "member": claim.member,
        "cover": claim.cover,
        "occurred": claim.occurred.isoformat(),
        "state": claim.state.value,
        "claimed_minor": claim.claimed_minor,
        "incurred_minor": claim.incurred_minor,
        "layers": claim_layers(claim, year),
        "payable_minor": claim.payable_minor(year),
        "paid_minor": claim.paid_minor,
        "under_way_minor": claim.under_way_minor,
        "reinsurers": {
            name: {"due_minor": due, "received_minor": claim.received.get(name, 0)}
            for name, due in due_of_reinsurers(claim.borne(year.terms), year.terms).items()
        },
    }


def claim_layers(claim: Claim, year: Year) -> dict[str, int]:
    """Who bears a claim, as it is taken for: by layer, in minor units."""
    borne = claim.borne(year.terms)
    return {name: getattr(borne, name) for name in _LAYERS}


def year_document(pool: Pool, year: Year, books: Books, union: UnionNote) -> Document:
    """The same for people."""
    stands = solvency(pool, year, books)
    terms = year.terms
    digits = {terms.currency: terms.exponent}
    return Document(
        union=union.name,
        what=f"Mutual insurance pool, policy year {year.code}",
        title=_title(year, stands, digits),
        deck=(f"{terms.name}: {terms.begins} to before {terms.ends}; it may be closed from {terms.closes_from}.",),
        marks=marks_of(union),
        headlines=(
            Headline("cash", "In the pool", Money(stands.cash_minor, terms.currency), "money of this year"),
            Headline("dues", "Called, not paid", Money(stands.dues_minor, terms.currency), "owed by members"),
            Headline("reserves", "Held for claims", Money(stands.reserves_minor, terms.currency), "and not paid yet"),
        ),
        sections=tuple(_sections(pool, year, books, stands)),
        exponents=digits,
        colophon="Above the retention the pool pays a claim; what reinsurers bear comes back to it, overspill is called from all members.",
    )


def _title(year: Year, stands: Solvency, digits: dict[str, int]) -> str:
    if not year.is_open:
        return f"Policy year {year.code} is closed"
    told = amount(Money(abs(stands.free_minor), year.terms.currency), digits, alone=True)
    return f"The year covers its claims, with {told} to spare" if stands.is_solvent else f"The year lacks {told}"


def _sections(pool: Pool, year: Year, books: Books, stands: Solvency) -> Iterator[Section]:
    currency = year.terms.currency
    told = (
        ("Money in the pool", stands.cash_minor, _of_it(year, year.held_minor, "is held for claims in a cycle")),
        ("Called, not paid", stands.dues_minor, _of_it(year, sum(call.under_way_minor for call in year.calls.values()), "is in a cycle")),
        ("From reinsurers, to come", stands.recoverable_minor, ""),
        ("Less held for claims", stands.reserves_minor, f"{stands.unreserved} of them without a reserve" if stands.unreserved else ""),
        ("Less required margin", stands.required_minor, "as the terms ask"),
        ("Free", stands.free_minor, "" if stands.is_solvent else "a supplementary call must bring it"),
    )
    lines = tuple(Line(label, Money(minor, currency), note) for label, minor, note in told)
    yield Section(name="solvency", title="Solvency", lines=lines)
    if year.calls:
        yield Section(name="calls", title="Calls", table=_calls(year))
    if pool.claims_of(year.code):
        yield Section(
            name="claims",
            title="Claims, layer by layer",
            words="Each claim as it is taken for: claimed, reserved, adjusted. The member bears the retention and what is beyond.",
            table=_claims(pool, year),
        )
    if books:
        yield Section(name="members", title="Members", table=_members(year, books))
    else:
        yield Section(name="members", title="Members", words="Nobody has declared an exposure yet: rescounter pool exposure FILE.")


def _of_it(year: Year, minor: int, words: str) -> str:
    """What a note says of a part; nothing where there is none."""
    told = format_minor(minor, year.terms.exponent, group=",")
    return f"{told} of it {words}" if minor else ""


def _calls(year: Year) -> Table:
    rows: list[Row] = [
        (call.code, call.kind, *_money(year, call.total_minor, call.paid_minor, call.open_minor)) for call in year.calls.values()
    ]
    totals = _totals(year, [(call.total_minor, call.paid_minor, call.open_minor) for call in year.calls.values()], before=("All", ""))
    columns = (Column("Call"), Column("Kind"), Column("Called", "money"), Column("Paid", "money"), Column("Open", "money"))
    return _table(columns, rows, totals)


def _claims(pool: Pool, year: Year) -> Table:
    claims = pool.claims_of(year.code)
    figures = [(claim.incurred_minor, *claim_layers(claim, year).values(), claim.paid_minor) for claim in claims]
    rows: list[Row] = [
        (claim.code, claim.member, claim.state.value, *_money(year, *each)) for claim, each in zip(claims, figures, strict=True)
    ]
    headings = ("Taken for", "Retention", "Pool", "Reinsured", "Overspill", "Beyond", "Paid")
    columns = (Column("Claim"), Column("Member"), Column("State"), *(Column(each, "money") for each in headings))
    return _table(columns, rows, _totals(year, figures, before=("All", "", "")))


def _members(year: Year, books: Books) -> Table:
    figures = [
        (
            sum(book.declared.values()),
            book.estimated_minor,
            sum(book.called.values()),
            sum(book.paid.values()),
            book.open_minor,
            book.surplus_minor,
        )
        for book in books.values()
    ]
    rows: list[Row] = [
        (member, ", ".join(book.declared), *_money(year, *each)) for (member, book), each in zip(books.items(), figures, strict=True)
    ]
    headings = ("Exposure", "For the year", "Called", "Paid", "Open", "Given back")
    columns = (Column("Member"), Column("Classes"), *(Column(each, "money") for each in headings))
    return _table(columns, rows, _totals(year, figures, before=("All", "")))


def _money(year: Year, *minors: int) -> tuple[Money, ...]:
    return tuple(Money(minor, year.terms.currency) for minor in minors)


def _totals(year: Year, figures: Sequence[tuple[int, ...]], *, before: tuple[str, ...]) -> Row:
    return (*before, *_money(year, *(sum(column) for column in zip(*figures, strict=True)))) if figures else ()


def _table(columns: tuple[Column, ...], rows: list[Row], totals: Row) -> Table:
    left_out = max(0, len(rows) - _ROWS_MAX)
    return Table(columns=columns, rows=tuple(rows[:_ROWS_MAX]), totals=(totals,) if totals else (), left_out=left_out)
