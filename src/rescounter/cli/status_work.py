"""``rescounter status``: the union at a glance."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rescounter.cli.collateral_work import call_lines
from rescounter.cli.council_show import due_motions, motion_lines
from rescounter.cli.credit_voice import has_lines, reserves_body, reserves_lines
from rescounter.cli.dispute_union import dispute_body, dispute_lines
from rescounter.cli.rates_voice import rates_due_body, rates_due_lines
from rescounter.cli.rulebook_work import coming_lines
from rescounter.cli.swap_work import swap_bodies, swap_lines
from rescounter.cli.union_door import desk_of
from rescounter.cli.union_voice import about, deciders, due_body, due_lines, print_lines, told_json, when
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted

if TYPE_CHECKING:
    from rescounter.approvals.approvals import Proposal
    from rescounter.cycle.union import Cycle
    from rescounter.facade.union import Desk

__all__ = ["marks", "proposal_body", "proposal_line", "show_status", "standings"]


def show_status(call: Call) -> None:
    """Name, rules, members, cycles that are not closed with what is due, and proposals that wait."""
    from rescounter.cli.default_show import guarantee_body
    from rescounter.cycle.next_step import next_step
    from rescounter.cycle.proposals import waiting
    from rescounter.cycle.states import State
    from rescounter.facade.union_credit import latest_events, reserves_of
    from rescounter.rulebook.coming import coming

    with desk_of(call) as desk:
        union, at_us = desk.union, desk.at_us
        zone = union.rules(at_us).union.zone
        going = [cycle for cycle in union.cycles.values() if cycle.state is not State.CLOSED]
        pending = waiting(union, at_us=at_us)
        due = {cycle.code: next_step(union, cycle, at_us=at_us) for cycle in going}
        body = {
            **_head(desk),
            "cycles": [
                {"cycle": each.code, "state": each.state.value, "next": due_body(due[each.code], zone)}
                | reserves_body(desk, each)
                | rates_due_body(desk, each)
                for each in going
            ],
            "reserves": reserves_of(desk),
            "events": latest_events(desk),
            "disputes": [dispute_body(desk, each) for each in union.disputes.open_at(at_us)],
            "closed": len(union.cycles) - len(going),
            "proposals": [proposal_body(desk, each) for each in pending],
            "motions": due_motions(desk),
            "guarantee": guarantee_body(desk),
            "rules_coming": [asdict(each) for each in coming(union.rulebook, at_us)],
            "swaps": swap_bodies(desk),
        }
        if told_json(call, body) or call.quiet:
            return
        lines = _headings(desk)
        for cycle in going:
            lines += ["", f"Cycle {cycle.code}: {cycle.state.value}", *reserves_lines(desk, cycle), *rates_due_lines(desk, cycle)]
            lines += due_lines(due[cycle.code], desk)
        lines += _opening(desk, going)
        lines += ["", *told] if (told := motion_lines(desk)) else []
        if missing := call_lines(desk):
            lines += ["", "Collateral called and not met:", *missing]
        lines += has_lines(desk)
        lines += _guarantee(desk)
        lines += ["", *swaps] if (swaps := swap_lines(desk)) else []
        if changes := coming(union.rulebook, at_us):
            lines += ["", "Rules that change by themselves:", *coming_lines(changes, zone)]
        if disputes := dispute_lines(desk):
            lines += ["", *disputes]
        if pending:
            lines += ["", f"{counted(len(pending), 'proposal')} waiting:", *(f"  {proposal_line(desk, each)}" for each in pending)]
        print_lines(lines)


def _head(desk: Desk) -> dict[str, Any]:
    union, rules = desk.union, desk.union.rules(desk.at_us)
    return {
        "name": rules.union.name,
        "at": when(desk.at_us, rules.union.zone),
        "zone": rules.union.zone,
        "demonstration": union.is_demonstration,
        "single_person": rules.union.single_person,
        "rulebook": {"version": rules.version, "digest": rules.digest},
        "members": standings(desk),
    }


def standings(desk: Desk) -> dict[str, int]:
    """How many members there are of each standing."""
    from rescounter.membership.members import Standing
    from rescounter.membership.participants import standing_of

    found = Counter(standing_of(member, desk.at_us) for member in desk.union.register.by_code.values())
    return {standing.value: found[standing] for standing in Standing if found[standing]}


def marks(desk: Desk) -> str:
    """What must be said of the union wherever it is named."""
    told = [*(["demonstration"] if desk.union.is_demonstration else [])]
    told += ["run by a single person"] if desk.union.rules(desk.at_us).union.single_person else []
    return f" ({', '.join(told)})" if told else ""


def _headings(desk: Desk) -> list[str]:
    head = _head(desk)
    members = ", ".join(f"{count:,} {standing}" for standing, count in head["members"].items()) or "none yet"
    return [
        f"{head['name']}{marks(desk)}",
        f"Rulebook version {head['rulebook']['version']}, digest {head['rulebook']['digest'][:16]}; it is {head['at']} ({head['zone']}).",
        f"Members: {members}.",
    ]


def _opening(desk: Desk, going: list[Cycle]) -> list[str]:
    """What to do where no cycle takes obligations."""
    from rescounter.cycle.states import State

    if any(cycle.state is State.OPEN for cycle in going):
        return []
    who = "operator" if desk.union.register.members else "operator, after rescounter member add"
    return ["", f"No cycle takes obligations. Next: rescounter cycle open ({who})"]


def _guarantee(desk: Desk) -> list[str]:
    """Who is in default, what was borne, and which calls are open."""
    from rescounter.cli.default_show import guarantee_lines

    lines = guarantee_lines(desk)
    return ["", *lines] if lines else []


def proposal_body(desk: Desk, proposal: Proposal) -> dict[str, Any]:
    """A proposal as JSON."""
    zone = desk.union.rules(desk.at_us).union.zone
    return {
        "proposal": proposal.number,
        "kind": proposal.kind,
        "about": about(proposal.kind, proposal.body),
        "by": proposal.by,
        "at": when(proposal.at_us, zone),
        "lapses": when(proposal.expires_at_us, zone),
        "state": proposal.state_at(desk.at_us).value,
        "deciders": deciders(desk, proposal.number),
    }


def proposal_line(desk: Desk, proposal: Proposal) -> str:
    """A proposal in one line."""
    from rescounter.approvals.approvals import ProposalState

    body = proposal_body(desk, proposal)
    told = f"{proposal.number}: {body['about']}, by {proposal.by}"
    if proposal.state_at(desk.at_us) is not ProposalState.PENDING:
        return f"{told}; {body['state']}"
    who = ", ".join(body["deciders"]) or "nobody: add an approver"
    return f"{told}; may decide: {who}; lapses {body['lapses']}"
