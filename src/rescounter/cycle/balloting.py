"""The vote on a motion: opened, ballots cast, closed by the clock, and the act that its decision brings about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rescounter.council.motions import Motion, ballot_text, carried_out
from rescounter.council.states import State
from rescounter.council.tallying import counted_body, tally_body, tally_of
from rescounter.council.voting import Base, Choice
from rescounter.cycle.motions import act_faults, date_too_near, motion_for, vote_ends
from rescounter.cycle.office import Step, Wanted, refusal, refused, wanted
from rescounter.cycle.representing import key_of, represented_by
from rescounter.cycle.rule_texts import faults_by_line, refusals_of_rules
from rescounter.cycle.union import Union
from rescounter.cycle.voted_disputes import decided_by, draft_of, vote_faults
from rescounter.cycle.weighing import weighed
from rescounter.ledger.notes import Verifier, opened
from rescounter.membership.members import Standing
from rescounter.rulebook.lines import line_of, lines_of
from rescounter.rulebook.subjects import BY_VOTE, concerned, is_kept
from rescounter.terms import CallerFault, Refusal
from rescounter.terms.acts import canonical
from rescounter.terms.calendar import told

__all__ = ["ELECTORATE_MAX", "closing_vote", "electorate_of", "executed", "interested_of", "opening_vote", "voting"]

ELECTORATE_MAX: Final = 10_000
"""Most members that one act can fix as the electorate."""
_MAY_VOTE: Final = (Standing.ACTIVE, Standing.LEAVING)


def opening_vote(union: Union, by: str, number: int, *, log: str, at_us: int) -> Step:
    """Open a vote: who may vote, with which weight, who is interested, and when it ends are fixed."""
    known = union.council.motions.get(number)
    if known is not None and known.state is State.OPEN:
        return Step(is_done=True, told=f"The vote on motion {number} was opened before; nothing was done.")
    motion, found = motion_for(union, number, "motion_opened", by=by, at_us=at_us)
    if motion is None or found:
        return refused(*found)
    circulated = motion.known("motion_circulated").body
    if at_us < circulated["opens_from_us"]:
        opens = told(circulated["opens_from_us"], motion.zone)
        return refused(refusal("motion_too_early", str(number), found="its circulation has not ended", allowed=f"from {opens} on"))
    electorate, basis, found = electorate_of(union, motion, at_us=at_us)
    if found:
        return refused(*found)
    ends = vote_ends(at_us, circulated["voting_days"], motion.zone)
    date = circulated.get("void_from_us")
    if date is not None and date < ends:
        return refused(date_too_near(number, date, ends, motion.zone))
    return wanted(
        "motion_opened",
        motion=number,
        log=log,
        electorate=electorate,
        weighed=basis,
        interested=interested_of(union, motion),
        closes_at_us=ends,
        reckoned_at_us=at_us,
    )


def electorate_of(union: Union, motion: Motion, *, at_us: int) -> tuple[list[list[Any]], dict[str, Any] | None, tuple[Refusal, ...]]:
    """Members that may vote from an instant on, as code, weight and office, by code; from what they weigh; or why nobody can.

    Who stands for the insurance pool has no vote.
    """
    entitled = set(union.register.by_code.flat()) - {union.rules(at_us).pool.member}
    codes = [code for code in sorted(entitled) if union.register.standing_at(code, at_us) in _MAY_VOTE]
    if not 1 <= len(codes) <= ELECTORATE_MAX:
        return [], None, (refusal("electorate_unusable", str(motion.number), found=f"{len(codes):,} members"),)
    weights, basis = dict.fromkeys(codes, 1), None
    if motion.rule.base is Base.WEIGHT:
        weights, basis, found = weighed(union, codes, at_us=at_us)
        if found:
            return [], None, found
    offices = union.council.offices(at_us)
    return [[code, weights[code], offices.get(code, "")] for code in codes], basis, ()


def interested_of(union: Union, motion: Motion) -> list[str]:
    """Members that the act is about, and those that the motion calls interested."""
    return sorted({*concerned(motion.content["kind"], motion.content["body"]), *motion.content["interested"]})


def voting(union: Union, by: str, number: int, *, choice: str, to: str = "", signature: str = "", at_us: int) -> Step:
    """Cast the ballot of the member that a person represents. The last one before the end counts, or the first, by the voting rule."""
    motion, found = motion_for(union, number, "voted", by=by, at_us=at_us, needs_member=True)
    if motion is None or found:
        return refused(*found)
    member = represented_by(union, by, at_us)
    if at_us >= motion.closes_at_us:
        return refused(refusal("vote_over", str(number), found="the vote has ended"))
    entitled = {code for code, *_ in motion.known("motion_opened").body["electorate"]}
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


def _ballot(motion: Motion, member: str, turn: int, choice: str, to: str) -> bytes:
    digest = motion.known("motion_circulated").body["digest"]
    return ballot_text(motion.known("motion_opened").body["log"], motion.number, digest, member, turn, choice, to)


def _is_signed(key: str, text: bytes, line: str) -> bool:
    try:
        return bool(opened(text.decode() + "\n" + line + "\n", [Verifier.of_text(key)]))
    except CallerFault:
        return False


# The decision.


def closing_vote(union: Union, by: str, number: int, *, keep: Callable[[bytes], str], at_us: int, is_read_again: bool = True) -> Step:
    """Close a vote by the clock alone, and say what it came to: never before its end, however clear it is.

    Args: *keep*: keeps how each member counted, as a document, and returns its digest; *is_read_again*: as `circulating` has it.
    """
    known = union.council.motions.get(number)
    if known is not None and known.last("motion_closed") is not None:
        return Step(is_done=True, told=f"Motion {number} was closed before; it is {known.state.value}.")
    motion, found = motion_for(union, number, "motion_closed", by=by, at_us=at_us)
    if motion is None or found:
        return refused(*found)
    if at_us < motion.closes_at_us:
        ends = told(motion.closes_at_us, motion.zone)
        return refused(refusal("motion_too_early", str(number), found="the vote has not ended", allowed=f"from {ends} on"))
    tally = tally_of(motion)
    reasons = _why_void(union, motion, at_us=at_us, is_read_again=is_read_again) if tally.is_adopted else []
    return wanted(
        "motion_closed",
        motion=number,
        tally=tally_body(tally),
        counted=keep(canonical(counted_body(tally))),
        outcome=("void" if reasons else "adopted") if tally.is_adopted else "rejected",
        decision=len(union.council.decisions) + 1 if tally.is_adopted else 0,
        reasons=reasons,
    )


def _why_void(union: Union, motion: Motion, *, at_us: int, is_read_again: bool) -> list[str]:
    """Why what was adopted cannot be done as the union stands, for a text of the rulebook by line; nothing where it can."""
    content, rules = motion.content, union.rules(at_us).council
    if not is_kept(rules, content["kind"], content["body"], is_constituted=True):
        return [f"{content['kind']} is not the council's by the rulebook in force"]
    if content["kind"] == "rulebook_changed":
        if content["over"] != len(union.rulebook.versions):
            return [f"it was written over version {content['over']}, and version {len(union.rulebook.versions)} came since"]
        return _why_void_text(union, motion, at_us=at_us, is_read_again=is_read_again)
    if content["kind"] == BY_VOTE:
        found = vote_faults(union, content["body"], at_us=at_us)
    else:
        _, found = act_faults(union, content["kind"], content["body"], at_us=at_us)
    return [f"{each.id}: {each.code}, found {each.found}" for each in found]


def _why_void_text(union: Union, motion: Motion, *, at_us: int, is_read_again: bool) -> list[str]:
    """Faults that a text has now, also where the lists of the world or what is asked of texts changed since it was tabled.

    A motion that circulated without the date of its text (`void_from_us`) is not bound to it: it comes into force with its close.
    """
    body, date = motion.content["body"], motion.known("motion_circulated").body.get("void_from_us")
    late = []
    if date is not None and date < at_us:
        line = line_of(lines_of(body["text"]), "rulebook", "in_force_from")
        late = [f"line {line}: rulebook: version_in_the_past, found in_force_from {told(date, motion.zone)}"]
    found = refusals_of_rules(union, Wanted("rulebook_changed", body), at_us=at_us) if is_read_again else ()
    return late + faults_by_line(tuple(each for each in found if each.code != "version_in_the_past"))


def executed(union: Union, act: Wanted, *, by: str, at_us: int) -> tuple[tuple[str, Wanted], ...]:
    """The acts that a tabling or a close brings about, and by whom, to be appended together with it; nothing where none does.

    A decision is carried out by the union itself. A motion about a dispute is its draft once it is tabled, and its close tells the dispute
    what the vote came to.
    """
    if act.kind in ("motion_tabled", "motion_amended"):
        return draft_of(union, act, by=by, at_us=at_us)
    if act.kind != "motion_closed":
        return ()
    content = union.council.motions[act.body["motion"]].content
    if act.body["outcome"] != "adopted":
        return decided_by(union, act, at_us=at_us)
    return (("", Wanted(content["kind"], carried_out(content, act.body) or {})),)
