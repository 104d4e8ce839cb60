"""``rescounter council`` told: representatives, motions, decisions, minutes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from rescounter.cli.union_door import desk_of
from rescounter.cli.union_voice import lines_of, print_lines, told_json, when
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted

if TYPE_CHECKING:
    from rescounter.council.motions import Motion
    from rescounter.council.next_step import MotionDue
    from rescounter.facade.union import Desk

__all__ = ["due_motions", "motion_lines", "show_council", "show_decisions", "show_minutes", "show_motion"]

_WIDTH: Final = 100


def show_council(call: Call) -> None:
    """Who represents whom, and every motion with its state."""
    with desk_of(call) as desk:
        council, at_us = desk.union.council, desk.at_us
        seats = [naming for member in sorted(council.namings) if (naming := council.naming(member, at_us)) is not None]
        rules = desk.union.rules(at_us).council
        body = {
            "council": rules.kind,
            "decides": list(rules.decides),
            "representatives": [{"member": each.member, "person": each.person, "office": each.office} for each in seats],
            "motions": [_motion_body(desk, motion) for motion in council.motions.values()],
        }
        if told_json(call, body) or call.quiet:
            return
        lines = [_heading(desk)]
        if seats:
            rows = [["member", "represented by", "office"], *([each.member, each.person, each.office] for each in seats)]
            lines += ["", *lines_of(rows)]
        if council.motions:
            rows = [["motion", "state", "decision", "mover", "title"]]
            rows += [
                [str(each.number), each.state.value, str(each.decision or ""), each.mover, each.content["title"]]
                for each in council.motions.values()
            ]
            lines += ["", *lines_of(rows)]
        print_lines([*lines, *(["", *due] if (due := motion_lines(desk)) else [])])


def _heading(desk: Desk) -> str:
    rules = desk.union.rules(desk.at_us).council
    if rules.kind != "council":
        return "The rulebook in force has no council."
    return f"The council decides on {', '.join(rules.decides)}; voting rule {rules.rule}, where no other is named."


def _motion_body(desk: Desk, motion: Motion) -> dict[str, Any]:
    from rescounter.facade.union_minutes import about_motion

    return {
        "motion": motion.number,
        "state": motion.state.value,
        "title": motion.content["title"],
        "about": about_motion(motion),
        "mover": motion.mover,
        "decision": motion.decision,
        "act": desk.union.council.executed.get(motion.decision),
    }


def show_motion(call: Call, number: int) -> None:
    """One motion: what it wants, its dates, its ballots, its tally, what comes next."""
    from rescounter.facade.union_council import motion_named

    with desk_of(call) as desk:
        motion = motion_named(desk, number)
        body = {
            **_motion_body(desk, motion),
            "text": motion.content["text"],
            "interested": motion.content["interested"],
            "wanted": {"kind": motion.content["kind"], "body": motion.content["body"]},
            "dates": dict(_dates(desk, motion)),
            "ballots": [{"act": each.number, "member": each.member, "choice": each.choice.value, "to": each.to} for each in motion.ballots],
            "tally": (motion.last("motion_closed") or motion.acts[0]).body.get("tally"),
            "next": next((due for due in due_motions(desk) if due["motion"] == number), None),
        }
        if told_json(call, body) or call.quiet:
            return
        print_lines(_motion_told(desk, motion))


def _motion_told(desk: Desk, motion: Motion) -> list[str]:
    from rescounter.council.next_step import next_of
    from rescounter.facade.union_minutes import about_motion

    lines = [f"Motion {motion.number}: {motion.content['title']}", f"  it wants: {about_motion(motion)}", f"  mover: {motion.mover}"]
    if motion.content["interested"]:
        lines.append(f"  interested: {', '.join(motion.content['interested'])}")
    lines += textwrap.wrap(motion.content["text"], _WIDTH, initial_indent="  ", subsequent_indent="  ")
    lines += [f"  {name}: {at}" for name, at in _dates(desk, motion)]
    lines += _differences(desk, motion)
    if (opened := motion.last("motion_opened")) is not None:
        lines += _weights(opened.body)
        rows = [
            ["act", "member", "ballot"],
            *([str(each.number), each.member, _ballot_told(each.choice.value, each.to)] for each in motion.ballots),
        ]
        lines += ["", *(f"  {line}" for line in lines_of(rows))]
    closed = motion.last("motion_closed")
    if closed is not None:
        lines += [
            "",
            f"  {motion.state.value}: {closed.body['tally']['reason'].partition(': ')[2]}",
            *(f"  void: {each}" for each in closed.body["reasons"]),
        ]
    due = next_of(motion, at_us=desk.at_us)
    return lines if due is None else [*lines, "", *_due_lines(desk, due)]


def _weights(opened: Mapping[str, Any]) -> list[str]:
    """By what votes are weighed, and each member's part of all votes, in per cent with two digits, rounded down."""
    if not opened.get("weighed"):
        return []
    told = opened["weighed"]
    whole = sum(weight for _, weight, _ in opened["electorate"])
    parts = ((code, weight * 10_000 // whole) for code, weight, _ in opened["electorate"])
    by = f"{told['by']} in {told['currency']}" if told["currency"] else str(told["by"])
    words = f"votes weigh by {by}: " + ", ".join(f"{code} {part // 100}.{part % 100:02} %" for code, part in parts)
    return textwrap.wrap(words, _WIDTH, initial_indent="  ", subsequent_indent="    ")


def _ballot_told(choice: str, to: str) -> str:
    return f"through {to}" if to else choice


def _dates(desk: Desk, motion: Motion) -> list[tuple[str, str]]:
    zone = desk.union.rules(desk.at_us).union.zone
    told = [("tabled", motion.acts[0].at_us)]
    for name, kind in (("circulated", "motion_circulated"), ("opened", "motion_opened"), ("closed", "motion_closed")):
        act = motion.last(kind)
        told += [(name, act.at_us)] if act is not None else []
    dates = [(name, when(at_us, zone)) for name, at_us in told]
    if motion.last("motion_opened") is not None:
        dates.insert(3, ("the vote ends", when(motion.closes_at_us, motion.zone)))
    return dates


def _differences(desk: Desk, motion: Motion) -> list[str]:
    """Which rules a motion on the rulebook would change, against the version over which it was written."""
    if motion.content["kind"] != "rulebook_changed":
        return []
    from rescounter.rulebook.difference import differences
    from rescounter.rulebook.reading import read_recorded

    body = motion.content["body"]
    before = desk.union.rulebook.versions[motion.content["over"] - 1].rule_text
    found = differences(before, read_recorded(body["text"], body["frozen"]))
    rows = [["rule", "before", "after"], *([each.rule, each.before or "(not there)", each.after or "(not there)"] for each in found)]
    return ["", *(f"  {line}" for line in lines_of(rows))] if found else ["", "  No rule differs; words and comments do not count."]


def show_decisions(call: Call) -> None:
    """The register of decisions."""
    with desk_of(call) as desk:
        council, zone = desk.union.council, desk.union.rules(desk.at_us).union.zone
        found = [
            {**_motion_body(desk, council.motions[number]), "closed": when(council.motions[number].known("motion_closed").at_us, zone)}
            for number in council.decisions
        ]
        if told_json(call, {"decisions": found}) or call.quiet:
            return
        rows = [["decision", "motion", "closed", "state", "act", "title", "what"]]
        rows += [
            [
                str(each["decision"]),
                str(each["motion"]),
                each["closed"],
                each["state"],
                str(each["act"] or "none"),
                each["title"],
                each["about"],
            ]
            for each in found
        ]
        print_lines(lines_of(rows) if found else ["The council has decided nothing yet."])


def show_minutes(call: Call, numbers: Sequence[int], *, output: Path | None, force: bool) -> None:
    """The minutes on a terminal, or as a page."""
    from rescounter.facade.union_minutes import minutes_facts, write_minutes
    from rescounter.formats.folder import check_target
    from rescounter.statements.minutes import minutes_text

    if output is not None:
        check_target(output, force=force)
    with desk_of(call) as desk:
        facts = minutes_facts(desk, numbers) if output is None else write_minutes(desk, numbers, output, force=force)
        told = [each.number for each in facts.motions]
        if told_json(call, {"motions": told, "folder": None if output is None else str(output)}) or call.quiet:
            return
        if output is None:
            typer.echo(minutes_text(facts))
        else:
            typer.echo(f"Minutes of {counted(len(told), 'motion')} written to {output}/: open minutes.html.")


def due_motions(desk: Desk) -> list[dict[str, Any]]:
    """What is due of every motion that goes on, as JSON."""
    from rescounter.council.next_step import dues_of

    zone = desk.union.rules(desk.at_us).union.zone
    return [
        {
            "motion": due.motion,
            "title": due.title,
            "state": due.state.value,
            "command": f"rescounter council {due.verb}",
            "who": due.who,
            "members": list(due.members),
            "from": when(due.from_us, zone),
            "by": None if due.by_us is None else when(due.by_us, zone),
            "otherwise": due.otherwise,
        }
        for due in dues_of(desk.union.council, at_us=desk.at_us)
    ]


def motion_lines(desk: Desk) -> list[str]:
    """The same for people, as ``rescounter status`` tells it."""
    from rescounter.council.next_step import dues_of

    lines = []
    for due in dues_of(desk.union.council, at_us=desk.at_us):
        lines += [f"Motion {due.motion}, {due.title}: {due.state.value}", *_due_lines(desk, due)]
    return lines


def _due_lines(desk: Desk, due: MotionDue) -> list[str]:
    zone = desk.union.rules(desk.at_us).union.zone
    early = f" from {when(due.from_us, zone)}" if due.from_us > desk.at_us else ""
    late = "" if due.by_us is None else f", by {when(due.by_us, zone)}"
    missing = (
        f": {', '.join(due.members[:10])}" + (f" and {len(due.members) - 10} more" if len(due.members) > 10 else "") if due.members else ""
    )
    return [f"  next: rescounter council {due.verb} ({due.who}{missing}){early}{late}", f"  if nothing is done: {due.otherwise}"]
