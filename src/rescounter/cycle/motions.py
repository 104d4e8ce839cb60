"""The steps of a motion, from its tabling to the decision, which executes itself."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rescounter.council.motions import Motion, digest_of_motion
from rescounter.council.rules_as_data import as_data, voting_rule
from rescounter.council.states import State, follows
from rescounter.cycle.office import Step, Wanted, refusal, refused, wanted
from rescounter.cycle.permission import conditions_of, person_of
from rescounter.cycle.rating import setting_rates
from rescounter.cycle.representing import represented_by
from rescounter.cycle.rule_texts import read_rule_text, text_refusals
from rescounter.cycle.union import Union
from rescounter.cycle.voted_disputes import vote_wanted, voting_rule_of
from rescounter.membership.members import Role
from rescounter.membership.refusing import refusals as refusals_of_member
from rescounter.rulebook.subjects import BY_VOTE, concerned, is_kept, subject_of, voting_rule_name
from rescounter.terms import Refusal
from rescounter.terms.calendar import day_of, instant_us, told
from rescounter.terms.identity import is_text
from rescounter.terms.names import TEXT_LENGTH_MAX

__all__ = [
    "act_faults",
    "amending",
    "circulating",
    "date_too_near",
    "midnight_after",
    "motion_for",
    "named_date",
    "tabling",
    "undecided_refusals",
    "vote_ends",
    "withdrawing_motion",
]

_LONG_TEXT_MAX: Final = 20_000
_AT_ONCE: Final = 0


def undecided_refusals(union: Union, act: Wanted, *, at_us: int) -> tuple[Refusal, ...]:
    """Why an act may not be done or proposed without a decision of the council; nothing where it needs none."""
    rules = union.rules(at_us).council
    if not is_kept(rules, act.kind, act.body, is_constituted=union.council.is_constituted):
        return ()
    return (refusal("decision_missing", act.kind, found=f"{act.kind} without a decision"),)


# Motions, until they circulate.


def tabling(
    union: Union, by: str, *, kind: str, body: Mapping[str, Any], title: str, text: str, interested: Sequence[str] = (), at_us: int
) -> Step:
    """Table a motion. Args: *body* of the act that is wanted; of a rulebook its text alone counts."""
    member = represented_by(union, by, at_us)
    if not member:
        return _not_representing(by)
    content, found = _content(union, member, kind, body, title=title, text=text, interested=interested, at_us=at_us)
    if found:
        return refused(*found)
    for motion in union.council.motions.values():
        same = motion.state in (State.TABLED, State.CIRCULATED, State.OPEN) and motion.mover == member
        if same and digest_of_motion(motion.content) == digest_of_motion(content):
            return Step(is_done=True, told=f"This is motion {motion.number} already, which is {motion.state.value}; nothing was done.")
    return Step(wanted=Wanted("motion_tabled", {"motion": len(union.council.motions) + 1, **content}))


def amending(
    union: Union, by: str, number: int, *, kind: str, body: Mapping[str, Any], title: str, text: str, interested: Sequence[str], at_us: int
) -> Step:
    """Amend a motion before its vote opens: it stands as tabled, and circulates anew."""
    motion, found = motion_for(union, number, "motion_amended", by=by, at_us=at_us, is_mover=True)
    if motion is None or found:
        return refused(*found)
    content, found = _content(union, motion.mover, kind, body, title=title, text=text, interested=interested, at_us=at_us)
    if found:
        return refused(*found)
    if {**motion.content, **content} == dict(motion.content):
        return Step(is_done=True, told=f"Motion {number} reads like that already; nothing was done.")
    return Step(wanted=Wanted("motion_amended", {"motion": number, **content}))


def withdrawing_motion(union: Union, by: str, number: int, *, reason: str, at_us: int) -> Step:
    """Take a motion back before its vote opens."""
    known = union.council.motions.get(number)
    if known is not None and known.state is State.WITHDRAWN:
        return Step(is_done=True, told=f"Motion {number} was withdrawn before; nothing was done.")
    motion, found = motion_for(union, number, "motion_withdrawn", by=by, at_us=at_us, is_mover=True)
    if motion is None or found:
        return refused(*found)
    return wanted("motion_withdrawn", motion=number, member=motion.mover, reason=reason)


def _content(
    union: Union, member: str, kind: str, body: Mapping[str, Any], *, title: str, text: str, interested: Sequence[str], at_us: int
) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """What a motion says, or everything that is wrong with it."""
    rules = union.rules(at_us)
    if not is_kept(rules.council, kind, body, is_constituted=True):
        return {}, (refusal("no_council", kind, found=f"{kind}: council.decides names {', '.join(rules.council.decides)}"),)
    found = []
    if not is_text(title, TEXT_LENGTH_MAX):
        found.append(refusal("motion_unusable", "title", found=title))
    if len(text) > _LONG_TEXT_MAX or any(not is_text(line, _LONG_TEXT_MAX) for line in text.split("\n") if line):
        found.append(refusal("motion_unusable", "text", found=f"{len(text):,} characters"))
    whole, faults = act_faults(union, kind, body, at_us=at_us)
    found += faults
    if faults:
        return {}, tuple(found)
    theirs = _with_groups(union, concerned(kind, whole) | {member})
    found += (refusal("interest_not_theirs", code, found=code) for code in sorted({*interested} - theirs))
    content = {
        "member": member,
        "kind": kind,
        "body": whole,
        "title": title,
        "text": text,
        "interested": sorted({*interested}),
        "subject": subject_of(union.rulebook, rules.council, kind, whole, at_us),
        "over": len(union.rulebook.versions),
    }
    return content, tuple(found)


def act_faults(union: Union, kind: str, body: Mapping[str, Any], *, at_us: int) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """The body as it would be recorded, and why the act could not be done as the union stands."""
    if "decision" in body or "approval" in body:
        return {}, (refusal("motion_unusable", kind, found="a body that brings its decision or approval along"),)
    if kind == "rulebook_changed":
        text = body.get("text")
        if not isinstance(text, str):
            return {}, (refusal("motion_unusable", kind, found="no text"),)
        read = read_rule_text(text)
        return (read.known.as_body() if not read.refusals else {}), text_refusals(union, text, at_us=at_us)
    if kind == "rates_set":
        return _rates(union, body, at_us=at_us)
    if kind == BY_VOTE:
        return vote_wanted(union, body, at_us=at_us)
    whole = dict(body)
    conditions = conditions_of(union.rules(at_us))
    return whole, refusals_of_member(union.register, kind, {**whole, "decision": 1}, at_us, conditions)


def _rates(union: Union, body: Mapping[str, Any], *, at_us: int) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """Rates of exchange, each with currency, rate, source and *at_us*, as the step that sets them would record them."""
    rates, kinds = body.get("rates"), {"currency": str, "rate": str, "source": str, "at_us": int}
    is_list = isinstance(rates, list | tuple) and all(isinstance(each, Mapping) and {*each} == {*kinds} for each in rates)
    if not is_list or not all(type(each[name]) is kind for each in rates or () for name, kind in kinds.items()):
        return {}, (refusal("motion_unusable", "rates_set", found="no list of rates, each with currency, rate, source and at_us"),)
    rows = [(row, {**each, "at": str(_moment(each["at_us"]))}) for row, each in enumerate(rates or (), 1)]
    step = setting_rates(union, rows, file=str(body.get("file", "")), at_us=at_us)
    if step.wanted is None:
        return {}, step.refusals or (refusal("motion_unusable", "rates_set", found=step.told),)
    return dict(step.wanted.body), ()


def _moment(at_us: int) -> datetime.datetime | None:
    """An instant as a date and time; None where it lies beyond the calendar."""
    try:
        return datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=at_us)
    except OverflowError:
        return None


def _with_groups(union: Union, codes: frozenset[str] | set[str]) -> frozenset[str]:
    """Members, and all others of their groups."""
    groups = {member.group for code in codes if (member := union.register.member(code)) is not None and member.group}
    return frozenset(codes) | {member.code for member in union.register.by_code.values() if groups and member.group in groups}


def circulating(union: Union, by: str, number: int, *, at_us: int, is_read_again: bool = True) -> Step:
    """Circulate a motion: its voting rule, the first instant of its vote and the days of it are fixed, whatever rules come.

    A text of the rulebook is checked in full once more, and the date that it names becomes the one by which its vote must be closed. Args:
    *is_read_again*: False where a history is replayed, since the lists of the world change and what fitted then need not fit today.
    """
    motion, found = motion_for(union, number, "motion_circulated", by=by, at_us=at_us)
    if motion is None or found:
        return _circulated_before(union, number, found)
    rules, content = union.rules(at_us), motion.content
    if not is_kept(rules.council, content["kind"], content["body"], is_constituted=True):
        return refused(refusal("no_council", str(number), found=f"{content['kind']} is not the council's by the rulebook in force"))
    if content["kind"] == "rulebook_changed" and content["over"] != len(union.rulebook.versions):
        over = f"a text over version {content['over']}, and version {len(union.rulebook.versions)} came since: amend it"
        return refused(refusal("motion_unusable", str(number), found=over))
    is_text_asked = content["kind"] == "rulebook_changed" and is_read_again
    if is_text_asked and (faults := text_refusals(union, content["body"]["text"], at_us=at_us)):
        return refused(*faults)
    is_emergency = content["subject"] == "emergency_measure"
    days = rules.council.emergency_days if is_emergency else rules.council.voting_days
    name = voting_rule_name(rules.council, content["subject"], voting_rule_of(union, content["kind"], content["body"]))
    opens = _AT_ONCE if is_emergency else midnight_after(at_us, rules.council.circulation_days, rules.union.zone)
    void_from_us, ends = named_date(content), vote_ends(max(opens, at_us), days, rules.union.zone)
    if void_from_us is not None and is_read_again and void_from_us < ends:
        return refused(date_too_near(number, void_from_us, ends, rules.union.zone))
    return wanted(
        "motion_circulated",
        motion=number,
        digest=digest_of_motion(content),
        rule_name=name,
        rule=as_data(voting_rule(rules.council, name)),
        rulebook=rules.version,
        zone=rules.union.zone,
        opens_from_us=opens,
        voting_days=days,
        void_from_us=void_from_us,
        reckoned_at_us=at_us,
    )


def named_date(content: Mapping[str, Any]) -> int | None:
    """The instant from which a text of the rulebook wants to be in force, as it was read when it was tabled; None for any other motion."""
    found = content["body"]["frozen"]["in_force_from_us"] if content["kind"] == "rulebook_changed" else None
    return None if found is None else int(found)


def vote_ends(at_us: int, days: int, zone: str) -> int:
    """The end of a vote that opens at an instant: the midnight that ends the last of its *days* behind that day."""
    return instant_us(day_of(at_us, zone) + datetime.timedelta(days=days + 1), datetime.time(), zone)


def date_too_near(number: int, date_us: int, ends_us: int, zone: str) -> Refusal:
    """Why a text is not voted on: it would be in force before its vote has ended."""
    found = f"a text in force from {told(date_us, zone)}, and its vote ends {told(ends_us, zone)} at the earliest: amend it"
    return refusal("motion_unusable", str(number), found=found)


def _circulated_before(union: Union, number: int, found: tuple[Refusal, ...]) -> Step:
    known = union.council.motions.get(number)
    if known is not None and known.state is State.CIRCULATED:
        return Step(is_done=True, told=f"Motion {number} was circulated before; nothing was done.")
    return refused(*found)


def midnight_after(at_us: int, days: int, zone: str) -> int:
    """The midnight that ends day *days* after the day of an instant; the instant itself for no days."""
    if days == 0:
        return at_us
    return instant_us(day_of(at_us, zone) + datetime.timedelta(days=days + 1), datetime.time(), zone)


def motion_for(
    union: Union, number: int, kind: str, *, by: str, at_us: int, is_mover: bool = False, needs_member: bool = False
) -> tuple[Motion | None, tuple[Refusal, ...]]:
    """The motion of a number, and why this person may not do this with it."""
    motion, member = union.council.motions.get(number), represented_by(union, by, at_us)
    if motion is None:
        return None, (refusal("motion_unknown", str(number), found=f"{len(union.council.motions)} motions"),)
    body = {"outcome": "rejected"} if kind == "motion_closed" else {}
    person = person_of(union, by)
    is_operator = person is not None and Role.OPERATOR in person.roles
    found = []
    if follows(motion.state, kind, body) is None:
        found.append(refusal("motion_out_of_turn", str(number), found=f"motion {number} is {motion.state.value}"))
    if not member and (is_mover or needs_member or not is_operator):
        found.append(refusal("not_a_representative", by, found=f"{by} represents nobody"))
    elif is_mover and member != motion.mover:
        found.append(refusal("not_the_mover", by, found=f"{by} represents {member}, the mover is {motion.mover}"))
    return motion, tuple(found)


def _not_representing(by: str) -> Step:
    return refused(refusal("not_a_representative", by or "(nobody)", found=f"{by or 'nobody'} represents no member"))
