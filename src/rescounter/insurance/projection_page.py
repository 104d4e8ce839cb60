"""Projected calls as a page with a picture, as text and as JSON.

The keys of the JSON: format ``rescounter-pool-projection/1``, year, currency, exponent, scenarios: each with name, loss_ratio (a fraction),
large_claim_minor, burden_minor, income_minor, the sums, unborne_minor, and members. The picture's coordinates are whole numbers; no
amount depends on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from markupsafe import Markup

from rescounter.insurance.pool import Year
from rescounter.insurance.projection import Projection
from rescounter.statements.documents import Document, amount, marks_of
from rescounter.statements.environment import environment
from rescounter.statements.facts import UnionNote
from rescounter.statements.figures import exact, unit
from rescounter.statements.pages import page_html
from rescounter.statements.plain import plain_text
from rescounter.statements.section import Column, Row, Section, Table
from rescounter.terms.money import Money, format_minor

__all__ = ["projection_html", "projection_json", "projection_text"]

_WIDE: Final = 720
_MEMBERS_MAX: Final = 400
_PARTS: Final = (
    ("advance_minor", "is-cleared", "Advance"),
    ("supplementary_minor", "is-open", "Supplementary and release"),
    ("overspill_minor", "is-netted", "Overspill"),
)
_SUMS: Final = ("advance_minor", "supplementary_minor", "overspill_minor", "surplus_minor", "net_minor")


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str
    x: int
    wide: int


@dataclass(frozen=True, slots=True)
class _Bar:
    """One scenario: what is called, drawn to length, and how much of it comes back."""

    label: str
    sum: str
    pieces: tuple[_Piece, ...]
    back: _Piece | None


def projection_json(year: Year, found: Sequence[Projection]) -> dict[str, Any]:
    """The projection for machines."""
    return {
        "format": "rescounter-pool-projection/1",
        "year": year.code,
        "currency": year.terms.currency,
        "exponent": year.terms.exponent,
        "scenarios": [
            {
                "name": each.scenario.name,
                "loss_ratio": str(each.scenario.loss_ratio),
                "large_claim_minor": each.scenario.large_claim_minor,
                "burden_minor": each.burden_minor,
                "income_minor": each.income_minor,
                **{name: each.total(name) for name in _SUMS},
                "unborne_minor": each.unborne_minor,
                "members": [{**asdict(member), "net_minor": member.net_minor} for member in each.members],
            }
            for each in found
        ],
    }


def projection_text(year: Year, found: Sequence[Projection], union: UnionNote, width: int = 100) -> str:
    """The projection for a terminal."""
    return plain_text(_document(year, found, union), width)


def projection_html(year: Year, found: Sequence[Projection], union: UnionNote) -> str:
    """One page with a picture, complete in itself; the same bytes for the same projection."""
    drawn = _drawn(year, found)
    legend = [(kind, label) for _, kind, label in _PARTS]
    picture = environment().get_template("projection.html.j2").render(bars=drawn, legend=legend, wide=_WIDE, unit=unit(year.terms.currency))
    return page_html(_document(year, found, union), Markup(picture))


def _drawn(year: Year, found: Sequence[Projection]) -> tuple[_Bar, ...]:
    most = max([sum(each.total(name) for name, _, _ in _PARTS) for each in found] or [0])
    return tuple(_bar(year, each, max(most, 1)) for each in found)


def _bar(year: Year, each: Projection, most: int) -> _Bar:
    pieces, before = [], 0
    for name, kind, _ in _PARTS:
        start, end = before * _WIDE // most, (before + each.total(name)) * _WIDE // most
        before += each.total(name)
        if end > start:
            pieces.append(_Piece(kind, start, end - start))
    kept = (before - each.total("surplus_minor")) * _WIDE // most
    back = _Piece("is-credit", kept, before * _WIDE // most - kept) if each.total("surplus_minor") else None
    label = f"{each.scenario.name}: {_ratio(each)}"
    return _Bar(label, exact(before, year.terms.exponent), tuple(pieces), back)


def _ratio(each: Projection) -> str:
    """The loss ratio in per cent."""
    ratio = each.scenario.loss_ratio
    told = format_minor(ratio.numerator * 10_000 // ratio.denominator, 2)
    large = " and one large claim" if each.scenario.large_claim_minor else ""
    return f"losses {told.rstrip('0').rstrip('.') if '.' in told else told} %{large}"


def _document(year: Year, found: Sequence[Projection], union: UnionNote) -> Document:
    terms = year.terms
    worst = max(found, key=lambda each: each.total("net_minor"), default=None)
    title = "Nobody has declared an exposure yet"
    if worst is not None and worst.members:
        told = amount(Money(worst.total("net_minor"), terms.currency), {terms.currency: terms.exponent}, alone=True)
        title = f"At worst the year costs its members {told} ({worst.scenario.name})"
    return Document(
        union=union.name,
        what=f"Mutual insurance pool, projected calls of policy year {year.code}",
        title=title,
        deck=(
            "What members would be called for in all, at the close of the year, when every claim is paid: calls so far are part of it."
            " Losses are told by the estimated contributions of the year; reinsurers are taken to pay.",
        ),
        marks=marks_of(union),
        sections=(_scenarios(year, found), *((_members(year, found),) if found and found[0].members else ())),
        exponents={terms.currency: terms.exponent},
        colophon="A projection is no call: nobody owes anything by it.",
    )


def _scenarios(year: Year, found: Sequence[Projection]) -> Section:
    rows: tuple[Row, ...] = tuple(
        (
            each.scenario.name,
            _ratio(each),
            *(
                Money(minor, year.terms.currency)
                for minor in (each.burden_minor, *(each.total(name) for name in _SUMS), each.unborne_minor)
            ),
        )
        for each in found
    )
    headings = ("Claims cost", "Advance", "Supplementary", "Overspill", "Given back", "Net", "Not borne")
    return Section(
        name="scenarios",
        title="Scenarios",
        words="Claims cost: what the pool's own layer bears, at least that of the claims that are known."
        " Net = advance + supplementary + overspill - given back.",
        table=Table(columns=(Column("Scenario"), Column("Losses"), *(Column(each, "money") for each in headings)), rows=rows),
    )


def _members(year: Year, found: Sequence[Projection]) -> Section:
    members = [member.member for member in found[0].members] if found else []
    by_scenario = [{member.member: member.net_minor for member in each.members} for each in found]
    rows: tuple[Row, ...] = tuple(
        (member, *(Money(net[member], year.terms.currency) for net in by_scenario)) for member in members[:_MEMBERS_MAX]
    )
    totals: Row = ("All", *(Money(each.total("net_minor"), year.terms.currency) for each in found))
    columns = (Column("Member"), *(Column(each.scenario.name, "money") for each in found))
    left_out = max(0, len(members) - _MEMBERS_MAX)
    table = Table(columns=columns, rows=rows, totals=(totals,), left_out=left_out, file="pool-projection.json")
    return Section(name="members", title="What the year costs each member, net", table=table)
