"""What comes next with a motion: whose turn it is, from when, by when, and what happens if nothing is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rescounter.council.motions import Council, Motion
from rescounter.council.states import State
from rescounter.council.tallying import tally_of

__all__ = ["MotionDue", "dues_of", "next_of", "still_to_vote"]

_ANYBODY: Final = "an operator, or any representative"


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionDue:
    """What comes next: *verb* (of ``rescounter council``), *who* in words, *members* whose ballots are missing, *otherwise* in words.

    *by_us*: None where no date ends it.
    """

    motion: int
    title: str
    state: State
    verb: str
    who: str
    members: tuple[str, ...] = ()
    from_us: int
    by_us: int | None = None
    otherwise: str


def dues_of(council: Council, *, at_us: int) -> tuple[MotionDue, ...]:
    """What is due of every motion that goes on, in their order."""
    found: Mapping[int, Motion] = council.motions
    return tuple(due for motion in found.values() if (due := next_of(motion, at_us=at_us)) is not None)


def next_of(motion: Motion, *, at_us: int) -> MotionDue | None:
    """What comes next with one motion; None where it has its outcome."""
    number, title, tabled = motion.number, str(motion.content["title"]), motion.acts[-1].at_us
    match motion.state:
        case State.TABLED:
            told = "it stays tabled, and nothing is decided"
            return _due(motion, title, f"circulate {number}", _ANYBODY, from_us=tabled, otherwise=told)
        case State.CIRCULATED:
            opens = max(motion.known("motion_circulated").body["opens_from_us"], tabled)
            told = "it stays circulated, and nothing is decided"
            return _due(motion, title, f"open {number}", _ANYBODY, from_us=opens, otherwise=told)
        case State.OPEN:
            return _of_vote(motion, title, at_us=at_us)
    return None


def _due(motion: Motion, title: str, verb: str, who: str, *, from_us: int, otherwise: str) -> MotionDue:
    return MotionDue(motion=motion.number, title=title, state=motion.state, verb=verb, who=who, from_us=from_us, otherwise=otherwise)


def _of_vote(motion: Motion, title: str, *, at_us: int) -> MotionDue:
    """While the vote lasts, those who have not voted; afterwards its closing, which changes nothing of its outcome."""
    outcome = tally_of(motion).reason
    if at_us >= motion.closes_at_us:
        told = f"the vote is over and waits for its closing; {outcome}"
        return _due(motion, title, f"close {motion.number}", _ANYBODY, from_us=motion.closes_at_us, otherwise=told)
    return MotionDue(
        motion=motion.number,
        title=title,
        state=motion.state,
        verb=f"vote {motion.number} yes|no|abstain",
        who="representatives of members that have not voted",
        members=still_to_vote(motion),
        from_us=motion.known("motion_opened").at_us,
        by_us=motion.closes_at_us,
        otherwise=f"as the ballots stand, {outcome}",
    )


def still_to_vote(motion: Motion) -> tuple[str, ...]:
    """Members that may vote and have cast no ballot, by code."""
    out = set(motion.known("motion_opened").body["interested"]) if motion.rule.excludes_interested else set()
    voted = {each.member for each in motion.ballots}
    return tuple(each.code for each in motion.voters if each.code not in out | voted)
