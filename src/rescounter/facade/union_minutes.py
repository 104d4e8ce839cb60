"""Minutes of a council: facts gathered from motions and documents, and the page written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rescounter.council.motions import Motion
from rescounter.facade.union import Desk
from rescounter.facade.union_council import motion_named
from rescounter.facade.union_notes import note_of
from rescounter.statements.minutes import MemberVote, MinutesFacts, MotionMinutes, minutes_html
from rescounter.statements.moments import moment
from rescounter.terms import CallerFault

__all__ = ["about_motion", "minutes_facts", "write_minutes"]


def minutes_facts(desk: Desk, numbers: Sequence[int] = ()) -> MinutesFacts:
    """Of motions by number, or of all that were closed.

    Raises: CallerFault ``motion_unknown``; ``vote_not_open`` where one was not closed.
    """
    motions = [motion_named(desk, number) for number in numbers] or [
        motion for motion in desk.union.council.motions.values() if motion.last("motion_closed") is not None
    ]
    if going := [motion for motion in motions if motion.last("motion_closed") is None]:
        raise CallerFault("vote_not_open", f"motion {going[0].number} is {going[0].state.value}: there are minutes once its vote is closed")
    return MinutesFacts(
        union=note_of(desk),
        motions=tuple(_minutes(desk, motion) for motion in motions),
        checkpoint=desk.ledger.signed_head(),
    )


def _minutes(desk: Desk, motion: Motion) -> MotionMinutes:
    closed, opened, content = motion.known("motion_closed"), motion.known("motion_opened"), motion.content
    tally: dict[str, Any] = closed.body["tally"]
    offices = {each.code: each.office for each in motion.voters}
    counted = json.loads(desk.office.document(closed.body["counted"]))["counted"]
    return MotionMinutes(
        number=motion.number,
        decision=motion.decision,
        act=desk.union.council.executed.get(motion.decision, 0),
        title=content["title"],
        text=content["text"],
        about=about_motion(motion),
        mover=motion.mover,
        rule=motion.rule.name,
        unit=tally["unit"],
        for_it=tally["for_it"],
        against=tally["against"],
        abstaining=tally["abstaining"],
        absent=tally["absent"],
        excluded=tally["excluded"],
        outcome=motion.state.value,
        reason=tally["reason"],
        reasons=tuple(closed.body["reasons"]),
        tabled=moment(motion.acts[0].at_us, motion.zone),
        circulated=moment(motion.known("motion_circulated").at_us, motion.zone),
        opened=moment(opened.at_us, motion.zone),
        ends=moment(motion.closes_at_us, motion.zone),
        closed=moment(closed.at_us, motion.zone),
        digest=motion.known("motion_circulated").body["digest"],
        votes=tuple(
            MemberVote(member=each["member"], office=offices[each["member"]], weight=each["weight"], choice=each["choice"], how=each["how"])
            for each in counted
        ),
    )


def about_motion(motion: Motion) -> str:
    """What a motion wants, in words for people."""
    content = motion.content
    kind, body = content["kind"], content["body"]
    if kind == "rulebook_changed":
        measure = "an emergency measure" if content["subject"] == "emergency_measure" else "a new version of the rulebook"
        return f"{measure}, over version {content['over']}, digest {body['digest'][:16]}"
    if kind == "members_joined":
        return "members that join: " + ", ".join(str(each["code"]) for each in body["members"])
    if kind == "limits_set":
        return "limits of " + ", ".join(dict.fromkeys(str(each["member"]) for each in body["limits"]))
    if kind == "rates_set":
        return "rates of " + ", ".join(dict.fromkeys(str(each["currency"]) for each in body["rates"]))
    if kind == "dispute_decided":
        return f"the draft in dispute {body['dispute']}, {' against '.join(body['parties'])}"
    words = {
        "member_suspended": "suspend",
        "member_reinstated": "reinstate",
        "member_expelled": "expel",
        "default_declared": "declare in default",
    }
    return f"{words[kind]} {body['code']}" + (f": {body['reason']}" if body.get("reason") else "")


def write_minutes(desk: Desk, numbers: Sequence[int], target: Path, *, force: bool = False) -> MinutesFacts:
    """Write the page into a new folder."""
    from rescounter.formats.folder import new_folder

    facts = minutes_facts(desk, numbers)
    with new_folder(target, force=force) as new:
        (new / "minutes.html").write_text(minutes_html(facts), encoding="utf-8")
    return facts
