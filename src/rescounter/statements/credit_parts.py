"""Credit in a statement: where the member stood and stands with the union, what was settled in reserves, interest, charges, events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rescounter.statements.section import Column, Line, Row, Section, Table
from rescounter.terms.money import Money

__all__ = ["CREDIT_WORDS", "CreditEvent", "CreditNote", "credit"]

CREDIT_WORDS: Final = (
    "Positive: the union owes the member. Position less what was settled in reserves is credit: granted to the union above zero, "
    "drawn from it below. What is settled in reserves depends on the position and the quota alone, not on the way there."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditEvent:
    """A balance that persists. *since*: ISO day on which it was first told; *meaning*: what people may or must do."""

    code: str
    since: str
    found_minor: int
    allowed_minor: int
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """One currency of a member in a cycle; minor units, positive = is owed to it, or paid to it.

    *quota_minor*: None where there is no sliding scale; then all of *before* and *after* are zero. *net_minor*: with the interest on
    outstandings, *outstandings_minor*. *fees_collected_minor* and its like: what was owed of earlier cycles and is part of this call.
    *interest_minor*, *charge_minor* (>= 0, owed): what the close booked; *accrued_until*: to the end of the day before.
    Law: after = before + what was settled, of position and reserves alike.
    """

    currency: str
    quota_minor: int | None = None
    net_minor: int = 0
    transfer_minor: int = 0
    position_before_minor: int = 0
    reserve_before_minor: int = 0
    position_minor: int = 0
    reserve_minor: int = 0
    outstandings_minor: int = 0
    fees_collected_minor: int = 0
    interest_collected_minor: int = 0
    charges_collected_minor: int = 0
    assessments_collected_minor: int = 0
    interest_minor: int = 0
    charge_minor: int = 0
    accrued_until: str = ""
    events: tuple[CreditEvent, ...] = ()

    @property
    def credit_before_minor(self) -> int:
        """Credit outstanding before the cycle."""
        return self.position_before_minor - self.reserve_before_minor

    @property
    def credit_minor(self) -> int:
        """Credit outstanding after it."""
        return self.position_minor - self.reserve_minor


def credit(notes: Sequence[CreditNote], *, is_settled: bool) -> Iterator[Section]:
    """A section for each currency in which the member has credit, interest, charges or something that is collected."""
    words = CREDIT_WORDS if is_settled else f"{CREDIT_WORDS} Nothing of it is settled yet: it is what the cycle has called."
    for note in notes:
        is_on_the_scale = note.quota_minor is not None
        lines = tuple(_lines(note))
        if is_on_the_scale or lines:
            title = "Credit" if is_on_the_scale else "Interest and what is collected"
            yield Section(
                name="credit",
                title=title if len(notes) == 1 else f"{title}, {note.currency}",
                words=words if is_on_the_scale else "",
                lines=lines,
                table=_table(note) if is_on_the_scale else None,
            )


def _table(note: CreditNote) -> Table:
    def row(words: str, *minors: int) -> Row:
        return (words, *(Money(minor, note.currency) for minor in minors))

    change = note.net_minor - note.transfer_minor
    return Table(
        columns=(Column(""), Column("Before", "money"), Column("Settled", "money"), Column("After", "money")),
        rows=(
            row("Position", note.position_before_minor, note.net_minor, note.position_minor),
            row("of it in reserves", note.reserve_before_minor, note.transfer_minor, note.reserve_minor),
        ),
        totals=(row("Credit", note.credit_before_minor, change, note.credit_minor),),
    )


def _lines(note: CreditNote) -> Iterator[Line]:
    def line(label: str, minor: int, words: str = "") -> Line:
        return Line(label, Money(minor, note.currency), words)

    if note.quota_minor is not None:
        yield line("Quota", note.quota_minor, "within which a part of the position is credit")
    if note.outstandings_minor:
        yield line("Interest on outstandings", note.outstandings_minor, "from each due day to the settlement; part of what is settled")
    for label, minor in (
        ("Fees collected", note.fees_collected_minor),
        ("Interest collected", note.interest_collected_minor),
        ("Charges collected", note.charges_collected_minor),
        ("Guarantee calls collected", note.assessments_collected_minor),
    ):
        if minor:
            yield line(label, minor, "of earlier cycles; part of this call")
    if note.interest_minor:
        yield line("Interest on credit", note.interest_minor, f"until {note.accrued_until}; booked at the close")
    if note.charge_minor:
        yield line("Charge on a lasting balance", -note.charge_minor, f"until {note.accrued_until}; booked at the close")
    for event in note.events:
        yield Line(f"Since {event.since}", Money(event.found_minor, note.currency), f"{event.code}: {event.meaning}")
