"""One page of a cycle for the operator and the overseer: what was taken, cleared, called, posted, and who approved it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from rescounter.statements.closing_parts import dates, rulebook
from rescounter.statements.cycle_figures import CycleFigures
from rescounter.statements.documents import Document, Headline, Part, amount, marks_of
from rescounter.statements.facts import CycleNote, RuleNote, UnionNote
from rescounter.statements.figures import share, unit
from rescounter.statements.moments import Moment
from rescounter.statements.pages import page_html
from rescounter.statements.plain import plain_text
from rescounter.statements.section import Column, Line, Row, Section, Table
from rescounter.terms.faults import holds
from rescounter.terms.money import Money
from rescounter.terms.refusals import EXCLUSIONS, REFUSALS, UNION_REFUSALS

__all__ = ["Approval", "CycleFacts", "MemberCall", "PostingNote", "cycle_document", "cycle_html", "cycle_text"]

_CALLS_MAX: Final = 500
_APPROVALS_MAX: Final = 200
_POSTINGS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCall:
    """What one member was called for in a currency, and what came in; *is_late*: its deadline has passed."""

    member: str
    currency: str
    pay_in_minor: int = 0
    paid_minor: int = 0
    pay_out_minor: int = 0
    due: Moment | None = None
    is_late: bool = False

    @property
    def missing_minor(self) -> int:
        """What was called and has not come."""
        return max(0, self.pay_in_minor - self.paid_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingNote:
    """A batch on the ledger: its key, its entry on the log, how many transfers, and when; *what* in words."""

    what: str
    key: str
    entry: int
    transfers: int
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who wanted what, who decided, and when. *by* is empty where nobody has yet; *outcome* in words (``approved``)."""

    what: str
    proposed_by: str
    by: str
    outcome: str
    at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CycleFacts:
    """A cycle as a whole.

    *submitted*: rows handed in; *refused* and *excluded*: rows by code; *taken*: rows of the cut-off set, excluded ones among them.
    *figures*: once it is cleared, by currency. *calls*: of every member that pays or is paid. *roots*: digests by name.
    Law: submitted = taken + refused, where rows were not carried in (*carried_in*), withdrawn or joined by matching (*left_out*).
    """

    union: UnionNote
    cycle: CycleNote
    rules: RuleNote
    exponents: Mapping[str, int]
    members: int = 0
    submitted: int = 0
    carried_in: int = 0
    left_out: int = 0
    taken: int = 0
    refused: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    excluded: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    figures: tuple[CycleFigures, ...] = ()
    calls: tuple[MemberCall, ...] = ()
    postings: tuple[PostingNote, ...] = ()
    roots: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    approvals: tuple[Approval, ...] = ()
    checkpoint: str = ""

    def __post_init__(self) -> None:
        after = self.taken + sum(self.refused.values()) + self.left_out
        holds(after == self.submitted + self.carried_in, "no_row_is_lost", handed_in=self.submitted + self.carried_in, told=after)
        holds(sum(self.excluded.values()) <= self.taken, "what_is_excluded_was_taken")


def cycle_text(facts: CycleFacts, sections: Sequence[Section] = (), width: int = 100) -> str:
    """For a terminal of *width* columns."""
    return plain_text(cycle_document(facts, sections), width)


def cycle_html(facts: CycleFacts, sections: Sequence[Section] = ()) -> str:
    """One page, complete in itself; the same bytes for the same facts."""
    return page_html(cycle_document(facts, sections))


def cycle_document(facts: CycleFacts, sections: Sequence[Section] = ()) -> Document:
    """The page before it becomes text or HTML; *sections* of other rooms stand before rulebook and roots."""
    one = facts.figures[0] if len(facts.figures) == 1 else None
    late = [call for call in facts.calls if call.is_late and call.missing_minor]
    own = (_rows(facts), _figures(facts), _calls(facts), dates(facts.cycle, facts.union.zone), _postings(facts), _approvals(facts))
    return Document(
        union=facts.union.name,
        what=f"Cycle {facts.cycle.code}, {facts.cycle.state}",
        title=_title(facts, late),
        deck=tuple(_deck(facts)),
        marks=marks_of(facts.union),
        headlines=_headlines(one) if one else (),
        whole=_whole(one) if one else (),
        sections=tuple(section for section in (*own, *sections, rulebook(facts.rules, facts.union), _roots(facts)) if section is not None),
        exponents=facts.exponents,
        colophon="This page shows positions of every member and belongs to operator and overseer; a member gets its own statement.",
    )


def _title(facts: CycleFacts, late: Sequence[MemberCall]) -> str:
    if late:
        members = sorted({call.member for call in late})
        named = ", ".join(members[:3]) + (f" and {len(members) - 3} more" if len(members) > 3 else "")
        return f"Cycle {facts.cycle.code}: {named} {'is' if len(members) == 1 else 'are'} late"
    return f"Cycle {facts.cycle.code} is {facts.cycle.state}"


def _deck(facts: CycleFacts) -> Iterator[str]:
    yield f"{facts.taken:,} obligations of {facts.members:,} members" + (
        f", {facts.carried_in:,} of them carried in from earlier cycles." if facts.carried_in else "."
    )
    for each in facts.figures[:4]:
        words = f"{amount(Money(each.gross_minor, each.currency), facts.exponents, alone=True)} was owed; "
        words += f"{share(each.set_off_minor, each.gross_minor)} of it was set off"
        if each.netted_minor:
            words += f", {share(each.set_off_minor + each.netted_minor, each.gross_minor)} in all needed no money"
        yield words + "."


def _headlines(each: CycleFigures) -> tuple[Headline, ...]:
    figures = [
        ("gross", "Owed", each.gross_minor, f"{each.items:,} obligations of {each.members:,} members"),
        ("set_off", "Set off", each.set_off_minor, "discharged without money"),
        ("netted", "Netted", each.netted_minor, "only net positions are paid"),
        ("cash", "Paid", each.cash_minor, "what net debtors pay in"),
        ("open", "Still open", each.open_minor, "between members"),
    ]
    told = [figure for figure in figures if figure[0] in ("gross", "set_off") or figure[2]]
    return tuple(Headline(name, label, Money(minor, each.currency), words) for name, label, minor, words in told)


def _whole(each: CycleFigures) -> tuple[Part, ...]:
    parts = (
        ("cleared", "set off", each.set_off_minor),
        ("netted", "netted", each.netted_minor),
        ("left", "paid, on credit, or still open", each.cash_minor + each.credit_minor + each.open_minor),
    )
    return tuple(Part(kind, label, Money(minor, each.currency)) for kind, label, minor in parts if minor)


def _rows(facts: CycleFacts) -> Section:
    """Every row handed in, and what became of it."""
    rows: list[Row] = [("Handed in", facts.submitted, "")]
    if facts.carried_in:
        rows.append(("Carried in from earlier cycles", facts.carried_in, ""))
    known = {**REFUSALS, **UNION_REFUSALS}
    for code, count in _most(facts.refused):
        rows.append((f"Refused: {code}", -count, known[code].meaning if code in known else ""))
    if facts.left_out:
        rows.append(("Withdrawn, replaced, or joined with the other side's row", -facts.left_out, ""))
    totals: list[Row] = [("Taken", facts.taken, "in the cut-off set" if facts.cycle.cut_off else "so far")]
    for code, count in _most(facts.excluded):
        totals.append((f"of these kept out: {code}", count, EXCLUSIONS[code].meaning if code in EXCLUSIONS else ""))
    columns = (Column("Rows"), Column("Count", "count"), Column("Why"))
    return Section(name="rows", title="What was handed in", table=Table(columns=columns, rows=tuple(rows), totals=tuple(totals)))


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(((code, count) for code, count in counts.items() if count), key=lambda each: (-each[1], each[0]))


def _figures(facts: CycleFacts) -> Section | None:
    if not facts.figures:
        return None
    names = ("gross_minor", "set_off_minor", "netted_minor", "open_minor", "credit_minor", "cash_minor", "fees_minor")
    headings = ("Owed", "Set off", "Netted", "Still open", "On credit", "Paid", "Fees")
    rows: tuple[Row, ...] = tuple(
        (unit(each.currency) or "(none)", each.items, *(Money(getattr(each, name), each.currency) for name in names))
        for each in facts.figures
    )
    columns = (Column("Currency"), Column("Items", "count"), *(Column(heading, "money") for heading in headings))
    return Section(
        name="figures",
        title="What it came to",
        words="Owed = set off + netted + still open + on credit + paid.",
        table=Table(columns=columns, rows=rows),
    )


def _calls(facts: CycleFacts) -> Section | None:
    """Who pays in and who is paid; those who are short come first."""
    if not facts.calls:
        return None
    ordered = sorted(
        facts.calls, key=lambda call: (not call.missing_minor, call.currency, -call.pay_in_minor, -call.pay_out_minor, call.member)
    )
    columns = (Column("Member"), *(Column(heading, "money") for heading in ("To pay in", "Paid in", "Missing", "To be paid out")))
    table = Table(
        columns=(*columns, Column("Standing")),
        rows=tuple((call.member, *_moneys([call], call.currency), _standing(call)) for call in ordered[:_CALLS_MAX]),
        totals=tuple(_sums(facts)),
        left_out=max(0, len(ordered) - _CALLS_MAX),
        file="calls",
    )
    return Section(name="calls", title="Pay-ins and pay-outs", words=_cover(facts), table=table)


def _cover(facts: CycleFacts) -> str:
    """How many calls are short, and by when they are due."""
    called = [call for call in facts.calls if call.pay_in_minor]
    short = sum(1 for call in called if call.missing_minor)
    words = f"{short:,} of {len(called):,} calls {'is' if short == 1 else 'are'} not covered." if short else "Every call is covered."
    dues = sorted({call.due.told for call in called if call.due})
    return f"{words} Due by {' or '.join(dues)} ({facts.union.zone})." if dues else words


def _moneys(calls: Sequence[MemberCall], currency: str) -> Iterator[Money]:
    for name in ("pay_in_minor", "paid_minor", "missing_minor", "pay_out_minor"):
        yield Money(sum(getattr(call, name) for call in calls), currency)


def _standing(call: MemberCall) -> str:
    if call.missing_minor:
        return ("late" if call.is_late else "waiting") + (", part came in" if call.paid_minor else "")
    return "paid in" if call.pay_in_minor else ""


def _sums(facts: CycleFacts) -> Iterator[Row]:
    for currency in sorted({call.currency for call in facts.calls}):
        yield ("Sum", *_moneys([call for call in facts.calls if call.currency == currency], currency), None)


def _postings(facts: CycleFacts) -> Section | None:
    if not facts.postings:
        return None
    told = facts.postings[:_POSTINGS_MAX]
    rows = tuple((each.what, each.key, each.entry, each.transfers, each.at.told) for each in told)
    columns = (Column("Posting"), Column("Key"), Column("Entry", "count"), Column("Transfers", "count"), Column("At"))
    table = Table(columns=columns, rows=rows, left_out=len(facts.postings) - len(rows))
    return Section(name="postings", title="On the ledger", table=table)


def _approvals(facts: CycleFacts) -> Section | None:
    if not facts.approvals:
        return None
    told = facts.approvals[:_APPROVALS_MAX]
    rows = tuple((each.what, each.proposed_by, each.outcome, each.by, each.at.told if each.at else "") for each in told)
    columns = (Column("What"), Column("Wanted by"), Column("Outcome"), Column("Decided by"), Column("At"))
    table = Table(columns=columns, rows=rows, left_out=len(facts.approvals) - len(rows))
    return Section(name="approvals", title="Approvals", table=table)


def _roots(facts: CycleFacts) -> Section | None:
    lines = [Line(f"{name[:1].upper()}{name[1:]}", root, is_exact=True) for name, root in facts.roots.items()]
    if facts.checkpoint:
        lines.append(Line("Checkpoint", facts.checkpoint.strip("\n"), is_exact=True))
    if not lines:
        return None
    return Section(name="roots", title="Roots and digests", lines=tuple(lines))
