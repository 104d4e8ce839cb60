"""The work of disputes: steps done at a desk, documents kept, and what is due for whom."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from rescounter.cycle.disputing import agreeing_or_moving, conditioning, handing_evidence, raising
from rescounter.cycle.office import Step
from rescounter.cycle.voted_disputes import motion_under_way, vote_wanted
from rescounter.disputes.clock import Deadline, May
from rescounter.disputes.register import Case
from rescounter.facade.union import Desk, Done
from rescounter.rulebook.subjects import BY_VOTE, is_kept
from rescounter.terms import CallerFault
from rescounter.terms.acts import Act, body_of

__all__ = [
    "DOCUMENT_BYTES_MAX",
    "DueInDispute",
    "act_of",
    "case_named",
    "condition",
    "due_in",
    "hand_in",
    "move",
    "needs_motion",
    "raise_dispute_about",
]

DOCUMENT_BYTES_MAX: Final = 20_000_000
"""Largest document that is kept as evidence."""


def case_named(desk: Desk, number: int) -> Case:
    """The dispute of a number. Raises: CallerFault ``dispute_not_found``."""
    case = desk.union.disputes.cases.get(number)
    if case is None:
        raise CallerFault("dispute_not_found", f"there is no dispute {number}; there are {len(desk.union.disputes.cases)}")
    return case


def act_of(desk: Desk, number: int) -> Act | None:
    """The act of a number as the log holds it, None where there is none."""
    if not 0 < number <= desk.union.number:
        return None
    each = desk.ledger.store.records(after=number - 1, rows_max=1)[0]
    return Act(number=each.number, at_us=each.at_us, by=each.by, kind=each.kind, body=body_of(each.body))


def _done(desk: Desk, by: str, reckon: Callable[[], Step], *, member: str = "") -> Done:
    """Do a step, reckoned again where somebody acted meanwhile."""
    while True:
        done = desk.do(reckon(), by=by, member=member)
        if not desk.was_overtaken(done):
            return done


def raise_dispute_about(
    desk: Desk,
    by: str,
    *,
    complainant: str,
    respondent: str,
    obligations: Sequence[tuple[str, str]] = (),
    measure: int = 0,
    reason: str,
    template: str = "",
) -> Done:
    """Raise a dispute for *complainant* about obligations (submitter and id) or the measure of an act."""
    measure_act = act_of(desk, measure) if measure else None

    def reckon() -> Step:
        return raising(
            desk.union,
            desk.office,
            template=template,
            complainant=complainant,
            respondent=respondent,
            obligations=obligations,
            measure=measure,
            measure_act=measure_act,
            reason=reason,
            at_us=desk.at_us,
        )

    return _done(desk, by, reckon, member=complainant)


def move(
    desk: Desk,
    by: str,
    number: int,
    event: str,
    *,
    member: str = "",
    is_adopted: bool = False,
    restores: bool = False,
    until: datetime.date | None = None,
    document: bytes = b"",
    resolution: int = 0,
) -> Done:
    """Do an event in a dispute, or agree to it where several must. Args: *document*: what goes with it; empty: nothing."""
    digest = desk.office.keep(document) if document else ""

    def reckon() -> Step:
        return agreeing_or_moving(
            desk.union, by, number, event, member=member, is_adopted=is_adopted, restores=restores, until=until,
            document=digest, resolution=resolution, at_us=desk.at_us,
        )  # fmt: skip

    return _done(desk, by, reckon, member=member)


def hand_in(desk: Desk, by: str, number: int, content: bytes, *, title: str, member: str = "") -> Done:
    """Hand a document in as evidence. Raises: CallerFault ``evidence_unusable`` where it is empty or too large."""
    if not 0 < len(content) <= DOCUMENT_BYTES_MAX:
        raise CallerFault("evidence_unusable", f"a document has 1 to {DOCUMENT_BYTES_MAX:,} bytes; this one has {len(content):,}")
    digest = desk.office.keep(content)
    return _done(
        desk,
        by,
        lambda: handing_evidence(desk.union, by, number, member=member, document=digest, title=title, at_us=desk.at_us),
        member=member,
    )


def condition(desk: Desk, by: str, measure: int, day: datetime.date) -> Done:
    """Let the measure of an act end by itself with a day; a second person agrees."""
    act = act_of(desk, measure)
    return _done(desk, by, lambda: conditioning(desk.union, measure=measure, measure_act=act, day=day, at_us=desk.at_us))


@dataclass(frozen=True, slots=True)
class DueInDispute:
    """What is due in an open dispute: the clock that runs, who may do what until it ends, and what happens if nobody does."""

    number: int
    state: str
    deadline: Deadline
    may: tuple[May, ...]
    otherwise: str


def due_in(case: Case, at_us: int) -> DueInDispute | None:
    """What is due at an instant; None once there is an outcome."""
    then = case.dispute.at(at_us)
    if then.outcome is not None or then.deadline is None:
        return None
    return DueInDispute(case.number, then.state.value, then.deadline, then.may, then.deadline.default)


def needs_motion(desk: Desk, case: Case) -> bool:
    """True where the council decides on a dispute that can be put to the vote, and no motion about it is under way."""
    union, at_us = desk.union, desk.at_us
    if not is_kept(union.rules(at_us).council, BY_VOTE, {}, is_constituted=True):
        return False
    _, found = vote_wanted(union, {"dispute": case.number}, at_us=at_us)
    return not found and motion_under_way(union, case.number) is None
