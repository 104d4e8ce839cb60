"""The steps of a council: naming representatives, and a motion from its tabling to the decision, which executes itself."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rescounter.council.motions import Motion, ballot_text, digest_of_motion
from rescounter.council.named import weights_with_basic_votes
from rescounter.council.rules_as_data import as_data, voting_rule
from rescounter.council.states import State, follows
from rescounter.council.tallying import counted_body, tally_body, tally_of
from rescounter.council.voting import Base, Choice
from rescounter.cycle.office import Step, Wanted, refusal, refused, wanted
from rescounter.cycle.permission import conditions_of, person_of
from rescounter.cycle.union import Union
from rescounter.ledger.notes import Verifier, opened
from rescounter.membership.members import Role, Standing
from rescounter.membership.refusing import refusals as refusals_of_member
from rescounter.rulebook.reading import read_rulebook
from rescounter.rulebook.subjects import concerned, is_kept, subject_of, voting_rule_name
from rescounter.rulebook.versions import refusals_to_change
from rescounter.terms import CallerFault, Refusal
from rescounter.terms.acts import canonical
from rescounter.terms.calendar import day_of, instant_us
from rescounter.terms.identity import is_text
from rescounter.terms.names import TEXT_LENGTH_MAX

__all__ = [
    "ELECTORATE_MAX",
    "amending",
    "circulating",
    "closing_vote",
    "electorate_of",
    "executed",
    "interested_of",
    "key_of",
    "midnight_after",
    "naming",
    "opening_vote",
    "represented_by",
    "tabling",
    "undecided_refusals",
    "voting",
    "withdrawing_motion",
]

ELECTORATE_MAX: Final = 10_000
"""Most members that one act can fix as the electorate."""
_LONG_TEXT_MAX: Final = 20_000
_AT_ONCE: Final = 0
_MAY_VOTE: Final = (Standing.ACTIVE, Standing.LEAVING)


def undecided_refusals(union: Union, act: Wanted, *, at_us: int) -> tuple[Refusal, ...]:
    """Why an act may not be done or proposed without a decision of the council; nothing where it needs none."""
    rules = union.rules(at_us).council
    if not is_kept(rules, act.kind, act.body, is_constituted=union.council.is_constituted):
        return ()
    return (refusal("decision_missing", act.kind, found=f"{act.kind} without a decision"),)


def represented_by(union: Union, by: str, at_us: int) -> str:
    """The member that a person represents at an instant; empty where it represents none."""
    person = person_of(union, by)
    if person is None or Role.MEMBER not in person.roles or not person.member:
        return ""
    found = union.council.naming(person.member, at_us)
    return person.member if found is not None and found.person == by else ""


# Representatives.


def naming(union: Union, member: str, person: str, *, office: str, from_us: int, at_us: int) -> Step:
    """Name who represents a member from an instant on; an empty *person* ends it."""
    rules, council = union.rules(at_us), union.council
    found = [refusal("no_council", member, found="council.kind is none")] if rules.council.kind != "council" else []
    known = person_of(union, person)
    if union.register.member(member) is None or union.register.standing_at(member, at_us) is Standing.LEFT:
        found.append(refusal("member_not_known", member, found=member))
    if person and (known is None or Role.MEMBER not in known.roles or known.member != member):
        told = f"{person}, who acts for {known.member or 'nobody'}" if known else f"{person}, who is nobody"
        found.append(refusal("representative_unusable", member, found=told))
    if office and (office not in rules.council.offices or not person):
        found.append(refusal("representative_unusable", member, found=f"office {office}"))
    holder = next((each for each, held in council.offices(max(from_us, at_us)).items() if office and held == office and each != member), "")
    if holder:
        found.append(refusal("representative_unusable", member, found=f"{office} is {holder}"))
    if found:
        return refused(*found)
    now = council.naming(member, max(from_us, at_us))
    if (now.person, now.office) == (person, office) if now else not person:
        return Step(is_done=True, told=f"{member} is represented like that already; nothing was done.")
    return wanted("representative_named", member=member, person=person, office=office, from_us=from_us)


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
    motion, found = _motion(union, number, "motion_amended", by=by, at_us=at_us, is_mover=True)
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
    motion, found = _motion(union, number, "motion_withdrawn", by=by, at_us=at_us, is_mover=True)
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
    whole, faults = _act_faults(union, kind, body, at_us=at_us)
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


def _act_faults(union: Union, kind: str, body: Mapping[str, Any], *, at_us: int) -> tuple[dict[str, Any], tuple[Refusal, ...]]:
    """The body as it would be recorded, and why the act could not be done as the union stands."""
    if "decision" in body or "approval" in body:
        return {}, (refusal("motion_unusable", kind, found="a body that brings its decision or approval along"),)
    if kind == "rulebook_changed":
        text = body.get("text")
        if not isinstance(text, str):
            return {}, (refusal("motion_unusable", kind, found="no text"),)
        read = read_rulebook(text)
        return (read.known.as_body() if not read.refusals else {}), refusals_to_change(union.rulebook, text, at_us)
    whole = dict(body)
    conditions = conditions_of(union.rules(at_us))
    return whole, refusals_of_member(union.register, kind, {**whole, "decision": 1}, at_us, conditions)


def _with_groups(union: Union, codes: frozenset[str] | set[str]) -> frozenset[str]:
    """Members, and all others of their groups."""
    groups = {member.group for code in codes if (member := union.register.member(code)) is not None and member.group}
    return frozenset(codes) | {member.code for member in union.register.by_code.values() if groups and member.group in groups}


def circulating(union: Union, by: str, number: int, *, at_us: int) -> Step:
    """Circulate a motion: its voting rule, the first instant of its vote and the days of it are fixed, whatever rules come."""
    motion, found = _motion(union, number, "motion_circulated", by=by, at_us=at_us)
    if motion is None or found:
        return _circulated_before(union, number, found)
    rules, content = union.rules(at_us), motion.content
    if not is_kept(rules.council, content["kind"], content["body"], is_constituted=True):
        return refused(refusal("no_council", str(number), found=f"{content['kind']} is not the council's by the rulebook in force"))
    if content["kind"] == "rulebook_changed" and content["over"] != len(union.rulebook.versions):
        told = f"a text over version {content['over']}, and version {len(union.rulebook.versions)} came since: amend it"
        return refused(refusal("motion_unusable", str(number), found=told))
    is_emergency = content["subject"] == "emergency_measure"
    days = rules.council.emergency_days if is_emergency else rules.council.voting_days
    name = voting_rule_name(rules.council, content["subject"])
    opens = _AT_ONCE if is_emergency else midnight_after(at_us, rules.council.circulation_days, rules.union.zone)
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
        reckoned_at_us=at_us,
    )


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


# The vote.


def opening_vote(union: Union, by: str, number: int, *, log: str, at_us: int) -> Step:
    """Open a vote: who may vote, with which weight, who is interested, and when it ends are fixed."""
    known = union.council.motions.get(number)
    if known is not None and known.state is State.OPEN:
        return Step(is_done=True, told=f"The vote on motion {number} was opened before; nothing was done.")
    motion, found = _motion(union, number, "motion_opened", by=by, at_us=at_us)
    if motion is None or found:
        return refused(*found)
    circulated = motion.known("motion_circulated").body
    if at_us < circulated["opens_from_us"]:
        return refused(refusal("motion_too_early", str(number), found="its circulation has not ended"))
    electorate, found = electorate_of(union, motion, at_us=at_us)
    if found:
        return refused(*found)
    last_day = day_of(at_us, motion.zone) + datetime.timedelta(days=circulated["voting_days"] + 1)
    return wanted(
        "motion_opened",
        motion=number,
        log=log,
        electorate=electorate,
        interested=interested_of(union, motion),
        closes_at_us=instant_us(last_day, datetime.time(), motion.zone),
        reckoned_at_us=at_us,
    )


def electorate_of(union: Union, motion: Motion, *, at_us: int) -> tuple[list[list[Any]], tuple[Refusal, ...]]:
    """Members that may vote from an instant on, as code, weight and office, by code; or why nobody can."""
    codes = [code for code in sorted(union.register.by_code.flat()) if union.register.standing_at(code, at_us) in _MAY_VOTE]
    if not 1 <= len(codes) <= ELECTORATE_MAX:
        return [], (refusal("electorate_unusable", str(motion.number), found=f"{len(codes):,} members"),)
    weights = dict.fromkeys(codes, 1)
    if motion.rule.base is Base.WEIGHT:
        currency = union.rules(at_us).council.weight_currency
        quotas = {code: union.register.limit_of(code, currency, "quota", at_us) or 0 for code in codes}
        if lacking := [code for code, quota in quotas.items() if not quota]:
            return [], tuple(refusal("quota_missing", code, found=f"no quota in {currency or 'no currency'}") for code in lacking[:100])
        weights = weights_with_basic_votes(quotas)
    offices = union.council.offices(at_us)
    return [[code, weights[code], offices.get(code, "")] for code in codes], ()


def interested_of(union: Union, motion: Motion) -> list[str]:
    """Members that the act is about, and those that the motion calls interested."""
    return sorted({*concerned(motion.content["kind"], motion.content["body"]), *motion.content["interested"]})


def voting(union: Union, by: str, number: int, *, choice: str, to: str = "", signature: str = "", at_us: int) -> Step:
    """Cast the ballot of the member that a person represents. The last one before the end counts, or the first, by the voting rule."""
    motion, found = _motion(union, number, "voted", by=by, at_us=at_us, needs_member=True)
    if motion is None or found:
        return refused(*found)
    member = represented_by(union, by, at_us)
    if at_us >= motion.closes_at_us:
        return refused(refusal("vote_over", str(number), found="the vote has ended"))
    entitled = {each.code for each in motion.voters}
    barred = set(motion.known("motion_opened").body["interested"]) if motion.rule.excludes_interested else set()
    if member not in entitled - barred:
        return refused(refusal("not_entitled", member, found=f"{member} is interested" if member in barred else f"{member}"))
    if choice not in [each.value for each in Choice] or (choice == Choice.DELEGATE.value) != bool(to):
        return refused(refusal("delegate_unusable", member, found=f"{choice} {to}".strip()))
    if to and (to == member or to not in entitled - barred):
        return refused(refusal("delegate_unusable", member, found=to))
    last = next((act for act in reversed(motion.acts) if act.kind == "voted" and act.body["member"] == member), None)
    if last is not None and (last.body["choice"], last.body["to"]) == (choice, to):
        return Step(is_done=True, told=f"{member} has voted like that in motion {number}, in act {last.number}; nothing was done.")
    turn, key = motion.turn_of(member), key_of(union, by, member)
    text = _ballot(motion, member, turn, choice, to)
    if key and not signature:
        return refused(refusal("ballot_unsigned", member, found=f"no signature of {by or member}"))
    if signature and not (key and _is_signed(key, text, signature)):
        return refused(refusal("ballot_signature_wrong", member, found=f"a signature over something else than turn {turn}"))
    return wanted("voted", motion=number, member=member, choice=choice, to=to, turn=turn, key=key, signature=signature)


def key_of(union: Union, by: str, member: str) -> str:
    """The verifier key that a ballot must be signed with: the person's own, else the member's; empty where neither has one."""
    person, known = person_of(union, by), union.register.member(member)
    return (person.key if person else "") or (known.key if known else "")


def _ballot(motion: Motion, member: str, turn: int, choice: str, to: str) -> bytes:
    digest = motion.known("motion_circulated").body["digest"]
    return ballot_text(motion.known("motion_opened").body["log"], motion.number, digest, member, turn, choice, to)


def _is_signed(key: str, text: bytes, line: str) -> bool:
    try:
        return bool(opened(text.decode() + "\n" + line + "\n", [Verifier.of_text(key)]))
    except CallerFault:
        return False


# The decision.


def closing_vote(union: Union, by: str, number: int, *, keep: Callable[[bytes], str], at_us: int) -> Step:
    """Close a vote by the clock alone, and say what it came to: never before its end, however clear it is.

    Args: *keep*: keeps how each member counted, as a document, and returns its digest.
    """
    known = union.council.motions.get(number)
    if known is not None and known.last("motion_closed") is not None:
        return Step(is_done=True, told=f"Motion {number} was closed before; it is {known.state.value}.")
    motion, found = _motion(union, number, "motion_closed", by=by, at_us=at_us)
    if motion is None or found:
        return refused(*found)
    if at_us < motion.closes_at_us:
        return refused(refusal("motion_too_early", str(number), found="the vote has not ended"))
    tally = tally_of(motion)
    reasons = _why_void(union, motion, at_us=at_us) if tally.is_adopted else []
    return wanted(
        "motion_closed",
        motion=number,
        tally=tally_body(tally),
        counted=keep(canonical(counted_body(tally))),
        outcome=("void" if reasons else "adopted") if tally.is_adopted else "rejected",
        decision=len(union.council.decisions) + 1 if tally.is_adopted else 0,
        reasons=reasons,
    )


def _why_void(union: Union, motion: Motion, *, at_us: int) -> list[str]:
    """Why what was adopted cannot be done as the union stands; nothing where it can."""
    content, rules = motion.content, union.rules(at_us).council
    if not is_kept(rules, content["kind"], content["body"], is_constituted=True):
        return [f"{content['kind']} is not the council's by the rulebook in force"]
    if content["kind"] == "rulebook_changed":
        if content["over"] != len(union.rulebook.versions):
            return [f"it was written over version {content['over']}, and version {len(union.rulebook.versions)} came since"]
        return []
    _, found = _act_faults(union, content["kind"], content["body"], at_us=at_us)
    return [f"{each.id}: {each.code}, found {each.found}" for each in found]


def executed(union: Union, closed: Wanted) -> tuple[tuple[str, Wanted], ...]:
    """The act that a decision brings about, by the union itself, to be appended together with the closing; nothing where none does."""
    if closed.kind != "motion_closed" or closed.body["outcome"] != "adopted":
        return ()
    content = union.council.motions[closed.body["motion"]].content
    return (("", Wanted(content["kind"], {**content["body"], "decision": closed.body["decision"]})),)


def _motion(
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
