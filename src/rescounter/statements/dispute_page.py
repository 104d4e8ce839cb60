"""A dispute as a page, as text, and as a section of a party's statement: where it stands, what was done, what comes if nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from rescounter.statements.dispute_facts import DisputeFacts
from rescounter.statements.documents import Document, marks_of
from rescounter.statements.environment import environment
from rescounter.statements.pages import page_html
from rescounter.statements.plain import plain_text
from rescounter.statements.section import Column, Line, Section, Table

__all__ = ["dispute_html", "dispute_section", "dispute_text", "timeline_svg"]

_WIDE: Final = 920
_ROW: Final = 56
_TOP: Final = 26
_LINE: Final = 190


def dispute_text(facts: DisputeFacts, width: int = 100) -> str:
    """For a terminal of *width* columns."""
    return plain_text(_document(facts), width)


def dispute_html(facts: DisputeFacts) -> str:
    """One page with the timeline as a picture, complete in itself; the same bytes for the same facts."""
    return page_html(_document(facts), timeline_svg(facts))


def dispute_section(facts: DisputeFacts) -> Section:
    """For the statement of a party: the way so far and ahead, as a picture too, with what is due."""
    return Section(
        name=f"dispute_{facts.number}",
        title=f"Dispute {facts.number}: {facts.complainant} against {facts.respondent}",
        words=f"{_sentence(facts)} {' '.join(facts.due)}".strip(),
        lines=(Line("About", "; ".join(facts.subject)), Line("Reason", facts.reason)),
        table=_way(facts),
        picture=timeline_svg(facts),
    )


def timeline_svg(facts: DisputeFacts) -> Markup:
    """The timeline as a picture: what was done, what clocks ended, and dashed what comes if nothing is done."""
    rows = [
        {
            "y": _TOP + _ROW * place,
            "next": _TOP + _ROW * (place + 1),
            "each": each,
            "is_last": place == len(facts.way) - 1,
            "is_dashed": place + 1 < len(facts.way) and facts.way[place + 1].kind == "ahead",
        }
        for place, each in enumerate(facts.way)
    ]
    high = _ROW * len(rows)
    return Markup(environment().get_template("dispute.html.j2").render(rows=rows, wide=_WIDE, high=high, x=_LINE, facts=facts))


def _document(facts: DisputeFacts) -> Document:
    return Document(
        union=facts.union.name,
        what=f"Dispute {facts.number} ({facts.template}), {facts.at}",
        title=_title(facts),
        deck=(_sentence(facts), *facts.due),
        marks=marks_of(facts.union),
        sections=tuple(_sections(facts)),
        exponents={"XXX": 2},
        colophon="Dates were fixed when the dispute was raised; later rules, holidays and time zone data move none of them. Where nobody "
        "does anything, each clock brings about what it says, at its own instant.",
    )


def _title(facts: DisputeFacts) -> str:
    if facts.is_over:
        return f"{facts.complainant} against {facts.respondent}: {facts.state}"
    return f"{facts.complainant} against {facts.respondent} is {facts.state}"


def _sentence(facts: DisputeFacts) -> str:
    if facts.is_over:
        return f"It ended on {facts.ends} ({facts.zone}): {facts.meaning}."
    return f"If nobody does anything it ends on {facts.ends} ({facts.zone}): {facts.meaning}."


def _sections(facts: DisputeFacts) -> Iterator[Section]:
    yield Section(name="way", title="What was done, and what comes if nothing is", words="", table=_way(facts))
    yield Section(
        name="about",
        title="What it is about",
        words=facts.reason,
        lines=(
            *(Line("Subject", each) for each in facts.subject),
            Line("Complainant", facts.complainant),
            Line("Respondent", facts.respondent),
            Line("Template", facts.template, f"modelled on {facts.modelled_on}; default {facts.polarity}"),
        ),
    )
    if facts.evidence:
        rows = tuple((each.at, each.member or "the operator", each.title, each.digest) for each in facts.evidence)
        columns = (Column("When"), Column("By"), Column("Document"), Column("Digest"))
        yield Section(
            name="evidence",
            title="Documents that were handed in",
            words="Whoever has a document can check it: its SHA-256 is its digest.",
            table=Table(columns=columns, rows=rows),
        )


def _way(facts: DisputeFacts) -> Table:
    columns = (Column("When"), Column("What"), Column("Who"), Column("Then it is"))
    return Table(columns=columns, rows=tuple((each.at, each.what, each.who, each.leads_to) for each in facts.way))
