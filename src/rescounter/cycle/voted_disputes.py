"""Disputes that the council decides: what a motion about one wants, by which voting rule, and what its tabling and its close bring about.

A motion puts the question of the template: to continue where the default is RESTORE, to restore where it is CONTINUE. Tabled, it is the
draft in the dispute; closed, it decides it, in the same append. Nothing moves the dispute's own clock: where it has run out before the
close, its default stands and the motion is void.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rescounter.council.motions import Motion, carried_out
from rescounter.council.states import State as MotionState
from rescounter.cycle.office import Wanted, refusal
from rescounter.cycle.union import Union
from rescounter.disputes.dispute import Event
from rescounter.disputes.fixing import dates_of
from rescounter.disputes.register import Case, event_of
from rescounter.disputes.states import State, Who
from rescounter.rulebook.subjects import BY_VOTE
from rescounter.terms import Refusal
from rescounter.terms.calendar import told

__all__ = ["decided_by", "draft_of", "motion_under_way", "too_late", "vote_faults", "vote_wanted", "voting_rule_of"]

_PUT_TO_THE_VOTE: Final = (State.NOTIFIED, State.TABLED, State.VOTED)
_UNDER_WAY: Final = (MotionState.TABLED, MotionState.CIRCULATED, MotionState.OPEN)


def vote_wanted(union: Union, body: Mapping[str, Any], *, at_us: int) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """The body of the act that decides a dispute as the template asks for it, or why no motion can be about it.

    Args: *body*: `dispute`, its number; whatever else it holds must be what comes out. Returns: parties too, who are interested.
    """
    number = body.get("dispute")
    case = union.disputes.cases.get(number) if type(number) is int else None
    if case is None:
        return {}, (refusal("dispute_unknown", str(number), found=f"dispute {number} of {len(union.disputes.cases)}"),)
    then, name = case.dispute.at(at_us), f"dispute {number}"
    if then.outcome is not None:
        return {}, (refusal("dispute_over", name, found=f"{name} is {then.state.value}"),)
    if then.state not in _PUT_TO_THE_VOTE:
        allowed = "a dispute that is " + ", ".join(each.value for each in _PUT_TO_THE_VOTE)
        return {}, (refusal("dispute_out_of_turn", name, found=f"{name} is {then.state.value}", allowed=allowed),)
    event = Event(act="voted", by=Who.COUNCIL, is_adopted=True)
    whole = {**_body(case, event, ""), "deadlines": dates_of(then.deadlines), "parties": list(case.parties)}
    if any(key not in whole or whole[key] != value for key, value in body.items()):
        return {}, (refusal("motion_unusable", name, found="a body that says more than the number of the dispute"),)
    return whole, ()


def vote_faults(union: Union, body: Mapping[str, Any], *, at_us: int) -> tuple[Refusal, ...]:
    """Why a vote cannot decide a dispute at an instant any more: its clock ran out, or it ended otherwise."""
    return union.disputes.cases[body["dispute"]].dispute.refusals(event_of(body), at_us)


def voting_rule_of(union: Union, kind: str, body: Mapping[str, Any]) -> str:
    """The voting rule that the template of a dispute names, as it was fixed when it was raised; empty for other acts."""
    if kind != BY_VOTE:
        return ""
    vote = union.disputes.cases[body["dispute"]].dispute.template.vote
    return "" if vote is None else vote.rule


def draft_of(union: Union, tabled: Wanted, *, by: str, at_us: int) -> tuple[tuple[str, Wanted], ...]:
    """The act that puts a motion on the table of its dispute, by whoever tabled it; nothing where a draft is there already."""
    if tabled.body["kind"] != BY_VOTE:
        return ()
    return _on_the_table(union.disputes.cases[tabled.body["body"]["dispute"]], by, tabled.body["member"], at_us=at_us)


def decided_by(union: Union, closed: Wanted, *, at_us: int) -> tuple[tuple[str, Wanted], ...]:
    """The acts by which a vote that has ended without adoption tells its dispute so; what was adopted is carried out as other motions are.

    Where another motion about the same dispute is under way, it is the draft from then on.
    """
    motion = union.council.motions[closed.body["motion"]]
    body = carried_out(motion.content, closed.body)
    if closed.body["outcome"] != "rejected" or body is None or vote_faults(union, body, at_us=at_us):
        return ()
    case = union.disputes.cases[body["dispute"]]
    other = motion_under_way(union, case.number, beside=motion.number)
    again = () if other is None else (("", _tabled(case, other.mover)),)
    return (("", Wanted(BY_VOTE, body)), *again)


def motion_under_way(union: Union, dispute: int, *, beside: int = 0) -> Motion | None:
    """The first motion about a dispute that has no outcome, *beside* another one; None where there is none."""
    about = (each for each in union.council.motions.values() if each.content["kind"] == BY_VOTE and each.number != beside)
    return next((each for each in about if each.state in _UNDER_WAY and each.content["body"]["dispute"] == dispute), None)


def too_late(union: Union, motion: Motion, *, ends_at_us: int, at_us: int) -> str:
    """A warning where a vote that ends at an instant ends when the clock of its dispute has run out; empty where it ends in time."""
    if motion.content["kind"] != BY_VOTE:
        return ""
    case = union.disputes.cases[motion.content["body"]["dispute"]]
    if not case.is_open(at_us) or ends_at_us < case.ends_at_us:
        return ""
    ends, clock = (told(each, case.dispute.zone)[:16].replace("T", " ") for each in (ends_at_us, case.ends_at_us))
    return f"The vote ends {ends}, too late: dispute {case.number} ends by its clock {clock}."


def _on_the_table(case: Case, by: str, member: str, *, at_us: int) -> tuple[tuple[str, Wanted], ...]:
    if case.dispute.at(at_us).state not in (State.NOTIFIED, State.VOTED):
        return ()
    return ((by, _tabled(case, member)),)


def _tabled(case: Case, member: str) -> Wanted:
    body = _body(case, Event(act="tabled", by=Who.MEMBER), member)
    return Wanted("dispute_moved", {**body, "deadlines": dates_of(case.dispute.deadlines)})


def _body(case: Case, event: Event, member: str) -> dict[str, Any]:
    return {
        "dispute": case.number,
        "event": event.act,
        "by": event.by.name,
        "member": member,
        "is_adopted": event.is_adopted,
        "restores": event.restores,
        "until": "",
        "document": "",
    }
