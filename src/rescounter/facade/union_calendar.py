"""Every deadline of a union: those of open disputes, of cycles that are not closed, and of motions that are voted on."""

from __future__ import annotations

from collections.abc import Iterator

from rescounter.council.motions import Motion
from rescounter.council.next_step import next_of
from rescounter.council.states import State as MotionState
from rescounter.cycle.next_step import next_step
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle
from rescounter.disputes.register import Case
from rescounter.disputes.states import WORDS
from rescounter.facade.union import Desk
from rescounter.formats.calendars import CalendarEntry

__all__ = ["calendar_entries"]


def calendar_entries(desk: Desk, member: str | None = None) -> list[CalendarEntry]:
    """Deadlines that lie ahead, in order of cycles, disputes, motions. Args: *member*: only disputes to which it is a party."""
    union, at_us = desk.union, desk.at_us
    going = (cycle for cycle in union.cycles.values() if cycle.state is not State.CLOSED)
    found = [entry for cycle in going for entry in _of_cycle(desk, cycle)]
    for case in union.disputes.open_at(at_us):
        if member is None or member in case.parties:
            found += _of_dispute(case, at_us)
    for each in union.disputes.conditions.values():
        title = f"The measure of act {each.measure} ends"
        found.append(CalendarEntry(f"measure {each.measure}", each.ends_at_us, title, "What stood before returns by itself."))
    for motion in union.council.motions.values():
        found += _of_motion(motion, at_us)
    return [entry for entry in found if entry.at_us > at_us]


def _of_cycle(desk: Desk, cycle: Cycle) -> Iterator[CalendarEntry]:
    dates, name = cycle.dates, f"cycle {cycle.code}"
    due = next_step(desk.union, cycle, at_us=desk.at_us)
    otherwise = "" if due is None else f"If nothing is done: {due.otherwise}."
    ends = {
        "intake closes": dates.intake_closes_at_us,
        "cut-off": dates.cut_off_at_us,
        "corrections end": dates.corrections_end_at_us,
        "pay-ins are due": dates.pay_in_due_at_us,
        "settlement": dates.settles_at_us,
    }
    # Where the rulebook knows no such window, its date is that of an earlier one.
    for place, (title, at_us) in enumerate(ends.items()):
        if at_us not in list(ends.values())[:place]:
            yield CalendarEntry(f"{name} {title}", at_us, f"Cycle {cycle.code}: {title}", otherwise)


def _of_dispute(case: Case, at_us: int) -> Iterator[CalendarEntry]:
    parties = f"{case.parties[0]} against {case.parties[1]}"
    for deadline in case.dispute.at(at_us).deadlines:
        may = "; ".join(f"{' or '.join(who.value for who in each.who)} may {WORDS[each.act]}" for each in deadline.may)
        words = f"{may}. If nothing is done: {deadline.default}." if may else f"{deadline.default}."
        yield CalendarEntry(
            f"dispute {case.number} {deadline.name}", deadline.at_us, f"Dispute {case.number}, {parties}: {deadline.title}", words
        )


def _of_motion(motion: Motion, at_us: int) -> Iterator[CalendarEntry]:
    """When the vote can be opened, or when it ends."""
    due = next_of(motion, at_us=at_us)
    if due is None:
        return
    title, otherwise = f"Motion {motion.number}, {due.title}", f"If nothing is done: {due.otherwise}."
    if motion.state is MotionState.CIRCULATED:
        yield CalendarEntry(f"motion {motion.number} opening", due.from_us, f"{title}: the vote can be opened", otherwise)
    elif due.by_us is not None:
        missing = f"Still to vote: {', '.join(due.members)}. " if due.members else ""
        yield CalendarEntry(f"motion {motion.number} vote", due.by_us, f"{title}: the vote ends", missing + otherwise)
