"""What is told of a dispute: the way that it took, what comes if nothing is done, and who may do what until when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rescounter.cycle.union import Cycle
from rescounter.disputes.dispute import Dispute, Taken
from rescounter.disputes.register import Case
from rescounter.disputes.states import STAGES, WORDS, State, Who
from rescounter.facade.union import Desk
from rescounter.facade.union_disputes import due_in
from rescounter.facade.union_notes import note_of
from rescounter.statements.dispute_facts import DisputeFacts, Document, Happening
from rescounter.statements.dispute_page import dispute_section
from rescounter.statements.section import Section
from rescounter.terms.calendar import told

__all__ = ["dispute_facts", "dispute_sections", "due_sentences", "meaning_of", "subject_of"]

_MEANS: Final = {
    State.WITHDRAWN: "the complaint is withdrawn, and nothing changes",
    State.SUNSET: "the agreement itself ended, and what was open under it",
}


def dispute_facts(desk: Desk, case: Case) -> DisputeFacts:
    """One dispute as it stands now."""
    at_us, zone = desk.at_us, case.dispute.zone
    then, template = case.dispute.at(at_us), case.dispute.template
    return DisputeFacts(
        union=note_of(desk),
        number=case.number,
        at=_at(at_us, zone),
        template=template.name,
        modelled_on=template.modelled_on,
        polarity=template.polarity,
        complainant=case.parties[0],
        respondent=case.parties[1],
        subject=subject_of(case),
        reason=case.raised["reason"],
        state=then.state.value,
        is_over=then.outcome is not None,
        ends=_at(case.ends_at_us, zone),
        meaning=meaning_of(case),
        zone=zone,
        way=tuple(_way(case, then, at_us)),
        due=due_sentences(case, at_us),
        evidence=tuple(Document(each.member, _at(each.at_us, zone), each.title, each.document) for each in case.evidence),
    )


def dispute_sections(desk: Desk, cycle: Cycle, member: str) -> tuple[Section, ...]:
    """A section for each dispute to which a member is a party and that was not over when the cycle opened."""
    cases = (case for case in desk.union.disputes.cases.values() if member in case.parties and case.is_open(cycle.opened.at_us))
    return tuple(dispute_section(dispute_facts(desk, case)) for case in cases)


def subject_of(case: Case) -> tuple[str, ...]:
    """What a dispute is about, in words."""
    if "measure" not in case.raised:
        return tuple(f"{name} of {submitter}" for submitter, name in case.obligations)
    before = case.raised["before"]
    if "code" in before:
        return (f"the measure of act {case.raised['measure']} about {before['code']}; else it is {before['returns']}",)
    limits = "; ".join(f"{each['kind'].replace('_', ' ')} of {each['member']} in {each['currency']}" for each in before["limits"])
    return (f"the measure of act {case.raised['measure']}: {limits}",)


def meaning_of(case: Case) -> str:
    """What its outcome means, or will mean if nobody does anything."""
    state, template = case.dispute.at(case.ends_at_us).state, case.dispute.template
    if state is State.SETTLED:
        agreed = template.restored if case.is_restored(case.ends_at_us) else template.continued
        return f"both parties agreed: {agreed}"
    return _MEANS.get(state) or (template.restored if state is State.RESTORED else template.continued)


def due_sentences(case: Case, at_us: int) -> tuple[str, ...]:
    """Who may do what until when, and what happens if nobody does; nothing once it is over."""
    due = due_in(case, at_us)
    if due is None:
        return ()
    by_who: dict[str, list[str]] = {}
    for one in due.may:
        by_who.setdefault(" or ".join(_called(case, who) for who in one.who), []).append(WORDS[one.act])
    may = "; ".join(f"{who} may {', '.join(acts)}" for who, acts in by_who.items())
    return (f"Until {_at(due.deadline.at_us, case.dispute.zone)}: {may}.", f"If nothing is done: {due.otherwise}.")


def _called(case: Case, who: Who) -> str:
    """Whoever may act, by name where that is known."""
    complainant, respondent = case.parties
    panel = ", ".join(case.raised["panel"]) or "the operator, as panel,"
    names = {Who.COMPLAINANT: complainant, Who.RESPONDENT: respondent, Who.BOTH: f"{complainant} and {respondent} together"}
    return {**names, Who.PANEL: panel}.get(who, who.value)


def _way(case: Case, then: Dispute, at_us: int) -> Iterator[Happening]:
    """Every edge that was taken, and those that clocks will take if nobody does anything."""
    end = case.dispute.at(case.ends_at_us)
    for place, (taken, title) in enumerate(zip(end.taken, _titles(end), strict=True)):
        is_ahead = taken.at_us > at_us and place >= len(then.taken)
        kind = "ahead" if is_ahead else "clock" if taken.edge.is_default else "act"
        yield Happening(
            at=_at(taken.at_us, case.dispute.zone),
            what=title,
            who="if nobody does anything" if is_ahead else _who(case, taken),
            leads_to=taken.edge.target.value,
            kind=kind,
        )


def _titles(dispute: Dispute) -> Iterator[str]:
    """What happened at each edge; of a stage that lapsed, which."""
    place = 0
    for taken in dispute.taken:
        edge = taken.edge
        if not edge.is_default:
            yield edge.act.replace("_", " ")
        elif edge.source in STAGES:
            yield f"{dispute.template.stages[place].title}: time is up"
        else:
            yield f"end {edge.clock.value if edge.clock else ''}"
        if edge.source is not None and any(when.name.endswith("_NEXT") for when in edge.when):
            place += 1


def _who(case: Case, taken: Taken) -> str:
    if taken.edge.is_default:
        return "the clock"
    act = next((act for act in case.acts if act.at_us == taken.at_us and act.body.get("event", "raised") == taken.edge.act), case.acts[0])
    member = case.parties[0] if taken.edge.act == "raised" else act.body.get("member", "")
    several = {"BOTH": "both parties", "ALL": "all participants", "COUNCIL": "the council"}
    who, decision = several.get(act.body.get("by", ""), member or "the operator"), act.body.get("decision")
    source = act.by or (f"decision {decision}" if decision else f"motion {act.body['vote']}")
    return f"{who} ({source})" if source != who else who


def _at(at_us: int, zone: str) -> str:
    return told(at_us, zone)[:16].replace("T", " ")
