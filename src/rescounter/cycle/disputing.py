"""The steps of a dispute: raised, moved by its parties, panel or council, evidence handed in; and measures that end by themselves.

What the clock brings about needs no act: `Union.at` takes it (`disputes/register.py`).
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from typing import Any, Final

from rescounter.cycle.dispute_capacity import capacity_for, needed_for, stands_for
from rescounter.cycle.dispute_subjects import members_of_measure, refusals_of_measure, refusals_of_obligations
from rescounter.cycle.office import Office, Step, Wanted, refusal, refused, wanted
from rescounter.cycle.opening import business_days_of
from rescounter.cycle.union import Union
from rescounter.disputes.dispute import Event, raise_dispute
from rescounter.disputes.fixing import dates_of
from rescounter.disputes.periods import DAY_MAX, ends_us
from rescounter.disputes.reading import TemplateReading, read_template
from rescounter.disputes.register import Case
from rescounter.disputes.templates import SHIPPED, Template, template_text
from rescounter.membership.members import Standing
from rescounter.membership.restoring import before_measure
from rescounter.rulebook.rules import DisputeRules, Rules
from rescounter.rulebook.subjects import BY_VOTE, is_kept
from rescounter.terms import Refusal
from rescounter.terms.acts import Act
from rescounter.terms.calendar import day_of
from rescounter.terms.identity import is_text
from rescounter.terms.names import TEXT_LENGTH_MAX

__all__ = ["OBLIGATIONS_MAX", "agreeing_or_moving", "conditioning", "handing_evidence", "raising", "text_of_template"]

OBLIGATIONS_MAX: Final = 1_000
"""Most obligations in one dispute."""
_DECISIONS: Final = ("voted", "decided")
"""Events that decide for others: a second person agrees that they were so."""


def text_of_template(rules: DisputeRules, name: str) -> str:
    """The text of a template that the rulebook allows; empty where it allows none of that name."""
    if name not in rules.allowed:
        return ""
    return rules.own[name] if name in rules.own else template_text(name) if name in SHIPPED else ""


def raising(
    union: Union,
    office: Office,
    *,
    template: str,
    complainant: str,
    respondent: str,
    obligations: Sequence[tuple[str, str]] = (),
    measure: int = 0,
    measure_act: Act | None = None,
    reason: str,
    at_us: int,
) -> Step:
    """Raise a dispute, and fix every date of it.

    Args: *obligations*: submitter and id, each between the two parties; or *measure*: the number of an act, and that act itself.
    """
    rules = union.rules(at_us)
    name = template or rules.disputes.template
    names = list(dict.fromkeys(obligations))
    subject: dict[str, Any] = {"measure": measure} if measure else {"obligations": [list(each) for each in names]}
    told = {"template": name, "complainant": complainant, "respondent": respondent}
    for case in union.disputes.open_at(at_us):
        if all(case.raised.get(key) == value for key, value in {**told, **subject}.items()):
            return Step(is_done=True, told=f"This is dispute {case.number} already; nothing was done.")
    if rules.disputes.kind == "none":
        return refused(refusal("no_disputes", "dispute raise", found="disputes.kind is none"))
    text, found = text_of_template(rules.disputes, name), _party_faults(union, complainant, respondent, at_us=at_us)
    reading = read_template(text) if text else TemplateReading(())
    if not text:
        found.append(refusal("template_not_allowed", name, found=name, allowed="one of: " + ", ".join(rules.disputes.allowed)))
    found += reading.refusals
    if not is_text(reason, TEXT_LENGTH_MAX):
        found.append(refusal("dispute_text_unusable", "reason", found=reason))
    found += _subject_faults(union, office, names, measure, measure_act, (complainant, respondent), at_us=at_us)
    if found or reading.template is None:
        return refused(*found)
    if measure_act is not None:
        subject["before"] = before_measure(union.register, measure_act)
    return wanted("dispute_raised", **told, **subject, reason=reason, **_fixed(union, rules, reading.template, text, measure, at_us=at_us))


def _fixed(union: Union, rules: Rules, template: Template, text: str, measure: int, *, at_us: int) -> dict[str, Any]:
    """What the act that raises a dispute fixes: number, template, days, every date, and who mediates and decides."""
    zone, business = rules.union.zone, business_days_of(rules, at_us)
    condition = union.disputes.conditions.get(measure)
    sunset = condition.day if condition is not None and day_of(at_us, zone) <= condition.day else None
    dispute = raise_dispute(template, at_us, zone, business, sunset=sunset)
    return {
        "dispute": len(union.disputes.cases) + 1,
        "template_text": text,
        "template_digest": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}",
        "zone": zone,
        "business": business.as_body(),
        "raised": dispute.raised.isoformat(),
        "sunset": "" if sunset is None else sunset.isoformat(),
        "deadlines": dates_of(dispute.deadlines),
        "mediators": list(rules.disputes.mediators),
        "panel": list(rules.disputes.panel),
        "rulebook": rules.version,
    }


def _party_faults(union: Union, complainant: str, respondent: str, *, at_us: int) -> list[Refusal]:
    found = []
    for code in (complainant, respondent):
        if union.register.member(code) is None or union.register.standing_at(code, at_us) is Standing.LEFT:
            found.append(refusal("member_not_known", code, found=code))
    if complainant == respondent:
        found.append(refusal("subject_not_theirs", complainant, found=f"{complainant} against itself"))
    return found


def _subject_faults(
    union: Union, office: Office, names: list[tuple[str, str]], measure: int, act: Act | None, parties: tuple[str, str], *, at_us: int
) -> tuple[Refusal, ...]:
    if bool(measure) == bool(names) or len(names) > OBLIGATIONS_MAX:
        told = "both or neither" if bool(measure) == bool(names) else f"{len(names):,} obligations"
        return (refusal("subject_unknown", "subject", found=told, allowed=f"a measure, or 1 to {OBLIGATIONS_MAX:,} obligations"),)
    if not measure:
        return refusals_of_obligations(union, office, names, parties, at_us=at_us)
    found = refusals_of_measure(union, act, measure, at_us=at_us)
    if not found and act is not None and parties[1] not in members_of_measure(act):
        about = ", ".join(sorted(members_of_measure(act))[:5])
        return (refusal("subject_not_theirs", f"act {measure}", found=f"a measure about {about}, not {parties[1]}"),)
    return found


def _case_of(union: Union, number: int) -> Case | Step:
    case = union.disputes.cases.get(number)
    return case or refused(refusal("dispute_unknown", str(number), found=f"dispute {number} of {len(union.disputes.cases)}"))


def agreeing_or_moving(
    union: Union,
    by: str,
    number: int,
    event: str,
    *,
    member: str = "",
    is_adopted: bool = False,
    restores: bool = False,
    until: datetime.date | None = None,
    document: str = "",
    resolution: int = 0,
    at_us: int,
) -> Step:
    """Do an event of the table of states in a dispute, or say that one agrees to it where several must.

    Args: *member*: for whom, where the person acts for several; *is_adopted*: of a vote, with *resolution*, the number of the council's
    decision; *restores*: of a decision or a settlement; *until*: of an extension. Refuses what the table does not allow at this instant.
    """
    case = _case_of(union, number)
    if isinstance(case, Step):
        return case
    then, member = case.dispute.at(at_us), stands_for(union, by, member)
    who = capacity_for(union, case, by, member, event, at_us=at_us)
    if who is None:
        return refused(refusal("dispute_not_for_you", event, found=f"{by} for {member or 'nobody'}"))
    if event == "accepted":
        restores = next((bool(act.body["restores"]) for act in reversed(case.acts) if act.body.get("event") == "proposed"), False)
    wished = Event(act=event, by=who, is_adopted=is_adopted, restores=restores, until=until)
    if found := case.dispute.refusals(wished, at_us) + _resolution_faults(union, event, is_adopted, resolution, at_us=at_us):
        return _done_before(case, event, member) or refused(*found)
    terms = {"event": event, "restores": restores, "until": "" if until is None else until.isoformat()}
    needed = needed_for(union, case, who, at_us=at_us)
    said = {code for code, each in case.says.items() if each == {**terms, "turn": len(then.taken)}}
    if needed and needed - said - {member}:
        if member in said:
            return Step(is_done=True, told=f"{member} said so before; {_listed(needed - said)} must say the same.")
        waits = f"{member} agrees; it is done once {_listed(needed - said - {member})} said the same."
        return wanted("dispute_agreed", waits, dispute=number, member=member, document=document, turn=len(then.taken), **terms)
    kind = "dispute_decided" if event in _DECISIONS else "dispute_moved"
    body = {
        "dispute": number,
        "by": who.name,
        "member": member,
        "is_adopted": is_adopted,
        "document": document,
        "resolution": resolution,
        "deadlines": dates_of(case.dispute.deadlines_after(wished, at_us)),
        **terms,
    }
    return Step(wanted=Wanted(kind, body))


def _done_before(case: Case, event: str, member: str) -> Step | None:
    """What to say where this very member did this as the last thing that was done; None where not."""
    last = next((act for act in reversed(case.acts) if act.kind in ("dispute_moved", "dispute_decided")), None)
    if last is None or (last.body["event"], last.body["member"]) != (event, member):
        return None
    return Step(is_done=True, told=f"It was done before, in act {last.number}; nothing was done.")


def _resolution_faults(union: Union, event: str, is_adopted: bool, resolution: int, *, at_us: int) -> tuple[Refusal, ...]:
    """A draft is adopted by a decision of the council, where the union has one; where that decides on disputes, by its motion alone."""
    if event != "voted" or not is_adopted or not union.council.is_constituted:
        return ()
    if is_kept(union.rules(at_us).council, BY_VOTE, {"event": event}, is_constituted=True):
        return ()
    if 1 <= resolution <= len(union.council.decisions):
        return ()
    return (refusal("resolution_unknown", event, found=f"decision {resolution}"),)


def _listed(codes: frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(codes)[:5])


def handing_evidence(union: Union, by: str, number: int, *, member: str, document: str, title: str, at_us: int) -> Step:
    """Hand a document in. Args: *document*: its digest, kept already. A dispute that is over takes none."""
    case = _case_of(union, number)
    if isinstance(case, Step):
        return case
    member = stands_for(union, by, member)
    if any(each.document == document and each.member == member for each in case.evidence):
        return Step(is_done=True, told=f"{member or by} handed this very document in before; nothing was done.")
    if not case.is_open(at_us):
        return refused(refusal("dispute_over", "evidence", found=f"dispute {number} is {case.dispute.at(at_us).state.value}"))
    allowed = {*case.parties, *case.raised["panel"], *case.raised["mediators"], ""}
    if member not in allowed:
        return refused(refusal("dispute_not_for_you", "evidence", found=member, allowed=f"one of: {_listed(allowed - {''})}, the operator"))
    if not is_text(title, TEXT_LENGTH_MAX):
        return refused(refusal("dispute_text_unusable", "title", found=title))
    return wanted("evidence_handed_in", dispute=number, member=member, document=document, title=title)


def conditioning(union: Union, *, measure: int, measure_act: Act | None, day: datetime.date, at_us: int) -> Step:
    """Let a measure end by itself with a day: what stood before returns at its end, whatever happens (its sunset)."""
    known = union.disputes.conditions.get(measure)
    if known is not None:
        if known.day == day:
            return Step(is_done=True, told=f"The measure of act {measure} ends with {day} already; nothing was done.")
        return refused(refusal("measure_unknown", f"act {measure}", found=f"it ends with {known.day} already"))
    rules = union.rules(at_us)
    found = list(refusals_of_measure(union, measure_act, measure, at_us=at_us))
    zone = rules.union.zone
    if not day_of(at_us, zone) <= day <= DAY_MAX:
        found.append(refusal("sunset_unusable", str(day), found=str(day)))
    if found or measure_act is None:
        return refused(*found)
    before = before_measure(union.register, measure_act)
    return wanted("measure_conditioned", measure=measure, day=day.isoformat(), ends_at_us=ends_us(day, zone), before=before)
