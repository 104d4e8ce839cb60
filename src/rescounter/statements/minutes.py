"""Minutes of a council: every vote that was closed, its tally with the reason, and how each member voted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rescounter.statements.documents import Document, marks_of
from rescounter.statements.facts import UnionNote
from rescounter.statements.moments import Moment
from rescounter.statements.pages import page_html
from rescounter.statements.plain import plain_text
from rescounter.statements.section import Column, Line, Row, Section, Table

__all__ = ["MemberVote", "MinutesFacts", "MotionMinutes", "minutes_document", "minutes_html", "minutes_text"]

_VOTES_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberVote:
    """How one member counted. *choice*: empty where it was absent or excluded; *how*: by which ballot, or why not."""

    member: str
    office: str
    weight: int
    choice: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionMinutes:
    """One motion that was closed. *outcome* in words; *decision*: 0 where nothing was adopted; *act*: what it brought about, 0 for none.

    *for_it* to *absent* in heads or weight, as *unit* says; *rule*: name of the voting rule; *about*: the act that is wanted, in words.
    """

    number: int
    decision: int
    act: int
    title: str
    text: str
    about: str
    mover: str
    rule: str
    unit: str
    for_it: int
    against: int
    abstaining: int
    absent: int
    excluded: int
    outcome: str
    reason: str
    reasons: tuple[str, ...]
    tabled: Moment
    circulated: Moment
    opened: Moment
    ends: Moment
    closed: Moment
    digest: str
    votes: tuple[MemberVote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesFacts:
    """What minutes are made of: motions in the order of their numbers, and the checkpoint of the log at which they were written."""

    union: UnionNote
    motions: tuple[MotionMinutes, ...]
    checkpoint: str = ""


def minutes_text(facts: MinutesFacts, width: int = 100) -> str:
    """For a terminal of *width* columns."""
    return plain_text(minutes_document(facts), width)


def minutes_html(facts: MinutesFacts) -> str:
    """One page, complete in itself; the same bytes for the same facts."""
    return page_html(minutes_document(facts))


def minutes_document(facts: MinutesFacts) -> Document:
    """The minutes before they become text or HTML."""
    sections = [_register(facts)] if facts.motions else []
    for motion in facts.motions:
        sections += [_motion(motion, facts.union.zone), _votes(motion)]
    if facts.checkpoint:
        words = "The records of every vote stand on the log up to this checkpoint; rescounter council export writes them with their proofs."
        line = Line("Checkpoint", facts.checkpoint, is_exact=True)
        sections.append(Section(name="proof", title="Where it can be checked", words=words, lines=(line,)))
    return Document(
        union=facts.union.name,
        what="Minutes of the council",
        title=_title(facts.motions),
        deck=tuple(_deck(facts.motions)),
        marks=marks_of(facts.union),
        sections=tuple(sections),
        exponents={},
        colophon="Every number on this page can be counted again from the ballots: rescounter council export, rescounter verify.",
    )


def _title(motions: Sequence[MotionMinutes]) -> str:
    if len(motions) == 1:
        return f"Motion {motions[0].number} is {motions[0].outcome}: {motions[0].title}"
    if not motions:
        return "No vote has been closed yet"
    decisions = sum(bool(motion.decision) for motion in motions)
    return f"{decisions:,} of {len(motions):,} motions were adopted"


def _deck(motions: Sequence[MotionMinutes]) -> Iterator[str]:
    if len(motions) == 1:
        yield f"{motions[0].reason[0].upper()}{motions[0].reason[1:]}."
    elif motions:
        yield f"Votes that were closed from {motions[0].closed.told} to {max(each.closed.told for each in motions)}."


def _register(facts: MinutesFacts) -> Section:
    """One line for each motion."""
    rows: tuple[Row, ...] = tuple(
        (
            str(each.decision or ""),
            each.number,
            each.title,
            each.outcome,
            each.for_it,
            each.against,
            each.closed.told,
        )
        for each in facts.motions
    )
    columns = (
        Column("Decision"),
        Column("Motion", "count"),
        Column("Title"),
        Column("Outcome"),
        Column("For", "count"),
        Column("Against", "count"),
        Column("Closed"),
    )
    words = f"Times are those of {facts.union.zone}. A decision has a number, under which other records cite it."
    return Section(name="register", title="Register", words=words, table=Table(columns=columns, rows=rows))


def _motion(motion: MotionMinutes, zone: str) -> Section:
    act = f"act {motion.act} on the log" if motion.act else "nothing"
    lines = [
        Line("It wants", motion.about),
        Line("Mover", motion.mover),
        Line("Voting rule", motion.rule),
        Line("Outcome", motion.reason),
        Line("Decision", str(motion.decision) if motion.decision else "none", note=f"it brought about {act}" if motion.decision else ""),
        *(Line("Void because", reason) for reason in motion.reasons),
        Line("Tabled", motion.tabled.told),
        Line("Circulated", motion.circulated.told),
        Line("Opened", motion.opened.told),
        Line("End of the vote", motion.ends.told),
        Line("Closed", motion.closed.told, note=zone),
        Line("Digest of the motion", motion.digest, is_exact=True),
    ]
    return Section(name=f"motion_{motion.number}", title=f"Motion {motion.number}: {motion.title}", words=motion.text, lines=tuple(lines))


def _votes(motion: MotionMinutes) -> Section:
    """Member by member; where votes weigh, with the weight."""
    is_weighted = motion.unit == "weight"
    told = motion.votes[:_VOTES_MAX]
    rows: list[Row] = []
    for each in told:
        row: Row = (each.member, each.office, each.choice or "–", each.how)
        rows.append((*row, each.weight) if is_weighted else row)
    columns = (Column("Member"), Column("Office"), Column("Vote"), Column("How"), *([Column("Weight", "count")] if is_weighted else []))
    sums = f"{motion.for_it:,} for, {motion.against:,} against, {motion.abstaining:,} abstaining, {motion.absent:,} absent"
    excluded = f", {motion.excluded:,} excluded as interested" if motion.excluded else ""
    return Section(
        name=f"votes_{motion.number}",
        title=f"Votes on motion {motion.number}",
        words=f"In {motion.unit}: {sums}{excluded}.",
        table=Table(columns=columns, rows=tuple(rows), left_out=max(0, len(motion.votes) - _VOTES_MAX), file="vote.json"),
    )
