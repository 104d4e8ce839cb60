"""``rescounter dispute`` in a union, at work: raised, moved, shown, exported."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rescounter.cli.statement_work import terminal_width
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import lines_of, print_lines, tell_done, told_json
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault
from rescounter.terms.names import closest

if TYPE_CHECKING:
    from rescounter.disputes.register import Case
    from rescounter.facade.union import Desk

__all__ = [
    "dispute_body",
    "dispute_lines",
    "do_event",
    "export_pack",
    "hand_in_evidence",
    "list_disputes",
    "raise_one",
    "set_sunset",
    "show_dispute",
]


def raise_one(
    call: Call, obligations: list[str], *, against: str, complainant: str | None, measure: int, template: str, reason: str
) -> None:
    """Raise a dispute, and say what it holds out and when it ends if nobody does anything."""
    from rescounter.facade.union_disputes import raise_dispute_about

    with desk_of(call) as desk:
        by = who(call, desk, "dispute_raised", member=complainant or "")
        done = raise_dispute_about(
            desk,
            by,
            complainant=_member(desk, by, complainant),
            respondent=against,
            obligations=[_name(each) for each in obligations],
            measure=measure,
            reason=reason,
            template=template,
        )
        number = len(desk.union.disputes.cases)
        case = desk.union.disputes.cases.get(number)
        told = "" if case is None or done.is_refused else "\n".join([f"Dispute {number} is raised.", *_ahead(desk, case)])
        tell_done(call, desk, done, told, **({"dispute": dispute_body(desk, case)} if case and not done.is_refused else {}))


def do_event(
    call: Call,
    number: int,
    event: str,
    *,
    member: str | None,
    is_adopted: bool,
    restores: bool,
    until: str | None,
    document: Path | None,
    resolution: int,
) -> None:
    """Do an event, and say where the dispute stands then."""
    from rescounter.disputes.states import ACTS
    from rescounter.facade.union_disputes import case_named, move

    if event not in ACTS[1:]:
        raise CallerFault("option_invalid", f"there is no event {event!r}; there are {', '.join(ACTS[1:])}{closest(event, ACTS)}")
    with desk_of(call) as desk:
        case_named(desk, number)
        done = move(
            desk,
            who(call, desk, "dispute_moved", member=member or ""),
            number,
            event,
            member=member or "",
            is_adopted=is_adopted,
            restores=restores,
            until=None if until is None else _day("--until", until),
            document=b"" if document is None else _content(document),
            resolution=resolution,
        )
        case = case_named(desk, number)
        sentence = "\n".join([f"Dispute {number}: {event}. It is {case.dispute.at(desk.at_us).state.value}.", *_ahead(desk, case)])
        tell_done(call, desk, done, sentence, dispute=dispute_body(desk, case))


def hand_in_evidence(call: Call, number: int, file: Path, *, title: str, member: str | None) -> None:
    """Keep a document and record its digest."""
    from rescounter.facade.union_disputes import case_named, hand_in

    with desk_of(call) as desk:
        case_named(desk, number)
        by = who(call, desk, "evidence_handed_in", member=member or "")
        done = hand_in(desk, by, number, _content(file), title=title, member=_member(desk, by, member))
        kept = case_named(desk, number).evidence
        tell_done(call, desk, done, f"{title} is kept as {kept[-1].document}." if kept else "")


def set_sunset(call: Call, measure: int, day: str) -> None:
    """Let a measure end by itself."""
    from rescounter.facade.union_disputes import condition

    with desk_of(call) as desk:
        done = condition(desk, who(call, desk, "measure_conditioned"), measure, _day("DAY", day))
        tell_done(call, desk, done, f"The measure of act {measure} ends with {day}; what stood before returns then.", measure=measure)


def list_disputes(call: Call) -> None:
    """Every dispute in a line."""
    with desk_of(call) as desk:
        cases = list(desk.union.disputes.cases.values())
        if told_json(call, {"disputes": [dispute_body(desk, each) for each in cases]}) or call.quiet:
            return
        rows = [["dispute", "parties", "about", "template", "it is", "ends"]]
        for each in cases:
            body = dispute_body(desk, each)
            about = "; ".join(body["about"][:2]) + (" ..." if len(body["about"]) > 2 else "")
            parties = f"{body['complainant']} against {body['respondent']}"
            ends = f"{'ended' if body['over'] else 'at the latest'} {body['ends'][:16].replace('T', ' ')}"
            rows.append([str(each.number), parties, about, body["template"], body["state"], ends])
        print_lines(lines_of(rows) if cases else ["Nothing was disputed."])


def show_dispute(call: Call, number: int, *, output: Path | None, force: bool) -> None:
    """One dispute as text, or as a page with its picture."""
    from rescounter.facade.dispute_facts import dispute_facts
    from rescounter.facade.dispute_files import write_dispute
    from rescounter.facade.union_disputes import case_named
    from rescounter.formats.folder import check_target
    from rescounter.statements.dispute_page import dispute_text

    if output is not None:
        check_target(output, force=force)
    with desk_of(call) as desk:
        case = case_named(desk, number)
        body = dispute_body(desk, case)
        facts = dispute_facts(desk, case)
        if output is not None:
            write_dispute(facts, body, output, force=force)
            if not told_json(call, {"folder": str(output), "dispute": number}) and not call.quiet:
                typer.echo(f"Written to {output}/: open dispute.html.")
            return
        if not told_json(call, body | {"way": [dataclasses.asdict(each) for each in facts.way]}) and not call.quiet:
            typer.echo(dispute_text(facts, terminal_width()))


def export_pack(call: Call, number: int, output: Path, *, force: bool) -> None:
    """Write the evidence pack of a dispute."""
    from rescounter.facade.dispute_files import export_dispute

    with desk_of(call) as desk:
        pack = export_dispute(desk, number, output, force=force)
        count = {"records": len(pack["records"]), "documents": len(pack["documents"]), "postings": len(pack["postings"])}
        if told_json(call, {"folder": str(output), "dispute": number, **count}) or call.quiet:
            return
        told = ", ".join(f"{many} {name}" for name, many in count.items())
        typer.echo(f"Written to {output}/: {told}. Anybody checks it: rescounter verify {output}")


def dispute_body(desk: Desk, case: Case) -> dict[str, Any]:
    """A dispute as JSON: instants with their offset (ISO 8601)."""
    from rescounter.facade.dispute_facts import due_sentences, meaning_of, subject_of
    from rescounter.facade.union_disputes import due_in
    from rescounter.terms.calendar import told

    then, zone, due = case.dispute.at(desk.at_us), case.dispute.zone, due_in(case, desk.at_us)
    return {
        "number": case.number,
        "complainant": case.parties[0],
        "respondent": case.parties[1],
        "about": list(subject_of(case)),
        "reason": case.raised["reason"],
        "template": case.raised["template"],
        "template_digest": case.raised["template_digest"],
        "state": then.state.value,
        "over": then.outcome is not None,
        "ends": told(case.ends_at_us, zone),
        "meaning": meaning_of(case),
        "due": None if due is None else {"name": due.deadline.name, "day": due.deadline.day.isoformat(), "at": due.deadline.at},
        "may": [] if due is None else [{"act": each.act, "who": [one.value for one in each.who]} for each in due.may],
        "told": list(due_sentences(case, desk.at_us)),
        "says": {member: said["event"] for member, said in case.says.items()},
        "evidence": [{"member": each.member, "title": each.title, "document": each.document} for each in case.evidence],
    }


def dispute_lines(desk: Desk) -> list[str]:
    """What is due in every open dispute, for the status of a union."""
    from rescounter.facade.dispute_facts import subject_of

    lines = []
    for case in desk.union.disputes.open_at(desk.at_us):
        about = "; ".join(subject_of(case)[:3])
        state = case.dispute.at(desk.at_us).state.value
        lines += [f"Dispute {case.number}, {case.parties[0]} against {case.parties[1]}, {about}: {state}"]
        lines += [f"  {line}" for line in _ahead(desk, case)]
    for each in desk.union.disputes.conditions.values():
        if each.ends_at_us > desk.at_us:
            lines.append(f"The measure of act {each.measure} ends by itself with {each.day}.")
    return lines


def _ahead(desk: Desk, case: Case) -> list[str]:
    from rescounter.facade.dispute_facts import due_sentences

    agreed = ", ".join(f"{member} ({each['event']})" for member, each in case.says.items())
    said = [f"Agreed so far: {agreed}."] if agreed else []
    return [*said, *due_sentences(case, desk.at_us), *_by_motion(desk, case)]


def _by_motion(desk: Desk, case: Case) -> list[str]:
    from rescounter.facade.union_disputes import needs_motion

    told = f"The council decides it by a motion, of which there is none: rescounter council table --dispute {case.number}."
    return [told] if needs_motion(desk, case) else []


def _member(desk: Desk, by: str, named: str | None) -> str:
    from rescounter.cycle.dispute_capacity import stands_for

    return stands_for(desk.union, by, named or "")


def _name(text: str) -> tuple[str, str]:
    submitter, slash, name = text.partition("/")
    if not (submitter and slash and name):
        raise CallerFault("option_invalid", f"{text!r} is no obligation such as ANA/INV-7: submitter, slash, id")
    return submitter, name


def _day(option: str, text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise CallerFault("option_invalid", f"{option}: {text!r} is no date such as 2026-01-14") from None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise CallerFault("evidence_unusable", f"{file} cannot be read ({fault.strerror})") from fault
