"""How the commands of a union answer: an act that was done, a proposal that waits, a refusal; tables and times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import typer

from rescounter.cli.refusals import leave_refused, plain
from rescounter.cli.union_words import Call
from rescounter.cli.voice import console
from rescounter.terms import Exponents, format_minor

if TYPE_CHECKING:
    from rescounter.cycle.next_step import Due
    from rescounter.facade.union import Desk, Done

__all__ = [
    "KINDS",
    "about",
    "deciders",
    "done_body",
    "due_body",
    "due_lines",
    "lines_of",
    "money",
    "print_lines",
    "tell_done",
    "told_json",
    "when",
]

KINDS: Final[Mapping[str, str]] = {
    "rulebook_changed": "a new version of the rulebook",
    "person_added": "a person",
    "person_changed": "a change of a person",
    "person_removed": "the removal of a person",
    "members_joined": "members that join",
    "member_changed": "a change of a member",
    "member_suspended": "a suspension",
    "member_reinstated": "the end of a suspension",
    "member_withdrew": "a member's notice",
    "member_expelled": "an expulsion",
    "limits_set": "limits",
    "cycle_opened": "the opening of a cycle",
    "submitted": "obligations",
    "withdrawn": "a withdrawal",
    "answered": "answers",
    "cut_off": "the cut-off",
    "cleared": "the clearing",
    "corrected": "the corrected set",
    "called": "calls",
    "paired": "which pairs settle",
    "prices_set": "prices of collateral",
    "collateral_pledged": "collateral, pledged",
    "collateral_released": "collateral, given back",
    "collateral_called": "calls for collateral",
    "paid_in": "pay-ins",
    "funded": "the funding",
    "settled": "the settlement",
    "closed": "the close",
    "assigned": "unidentified money, given to a member",
    "returned": "unidentified money, sent back",
    "rates_set": "rates of exchange",
    "dispute_raised": "a dispute",
    "dispute_moved": "an event of a dispute",
    "dispute_decided": "a decision in a dispute",
    "measure_conditioned": "the end of a measure by itself",
    "capital_moved": "a movement of the union's capital",
    "dealt": "foreign exchange, dealt",
    "swap_drawn": "a swap",
    "swap_repaid": "the repayment of a swap",
    "fund_contributed": "a contribution to the fund",
    "fund_returned": "a fund share, given back",
    "guarantee_paid_in": "capital ahead of the members",
    "default_declared": "the declaration of a default",
    "default_ended": "the end of a default",
    "loss_borne": "a loss, borne by the guarantee",
    "assessment_paid": "a call of the guarantee, paid",
    "recovered": "what came back of a default",
    "pool_year_opened": "a policy year of the pool",
    "exposures_declared": "exposures in the pool",
    "pool_called": "a call of the pool",
    "pool_paid": "the payment of a call of the pool",
    "pool_year_closed": "the close of a policy year",
    "claim_notified": "a claim on the pool",
    "claim_reserved": "a reserve for a claim",
    "claim_adjusted": "the adjustment of a claim",
    "claim_paid": "the payment of a claim",
    "claim_refused": "the refusal of a claim",
    "claim_disputed": "a dispute about a claim",
    "claim_resolved": "the end of a dispute about a claim",
    "reinsurance_received": "reinsurance of a claim, received",
    "representative_named": "a representative in council",
    "consented": "a member's consent",
    "motion_tabled": "a motion",
    "motion_amended": "an amended motion",
    "motion_circulated": "the circulation of a motion",
    "motion_opened": "the opening of a vote",
    "voted": "a ballot",
    "motion_closed": "the close of a vote",
    "motion_withdrawn": "the withdrawal of a motion",
    "approved": "an approval",
    "refused": "a refusal",
}
"""Kinds of acts in words."""


def told_json(call: Call, body: Mapping[str, Any]) -> bool:
    """Print *body* where JSON is wanted. Returns: whether it is, so that nothing else is printed."""
    if call.as_json:
        typer.echo(json.dumps(body, ensure_ascii=False, default=str))
    return call.as_json


def when(at_us: int, zone: str) -> str:
    """An instant as people of the union read it."""
    from rescounter.statements.moments import moment

    return moment(at_us, zone).told


def money(minor: int, currency: str, exponents: Exponents) -> str:
    """An amount with its currency."""
    digits = exponents.of(currency)
    return f"{minor:,} minor units {currency}" if digits is None else f"{format_minor(minor, digits, group=',')} {currency}"


def lines_of(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Rows in columns, the first row being the heading; columns of *right* stand to the right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    cells = (
        [cell.rjust(width) if place in right else cell.ljust(width) for place, (cell, width) in enumerate(zip(row, widths, strict=True))]
        for row in rows
    )
    return ["  ".join(row).rstrip() for row in cells]


def about(kind: str, body: Mapping[str, Any]) -> str:
    """What an act is about, for people who decide on it."""
    words = KINDS.get(kind, kind)
    if kind == "cleared":
        words = "the final result, whose set-off is posted" if body.get("is_final") else "a preliminary result"
    if kind == "funded" and "pairs" in body:
        words = "the settlement of pairs, both payments or neither"
    if isinstance(body.get("prices"), list):
        words += f": {_some(dict.fromkeys(each['asset'] for each in body['prices']))}"
    if "members" in body and isinstance(body["members"], list):
        count = len(body["members"])
        joining = "a member that joins" if count == 1 else f"{count:,} members that join"
        words = f"{joining}: {_some(each['code'] for each in body['members'])}"
    elif "limits" in body:
        words = f"limits of {_some(dict.fromkeys(each['member'] for each in body['limits']))}"
    elif "person" in body:
        words += f": {body['person'] or 'nobody'} for {body['member']}"
    elif "code" in body:
        words += f": {body['code']}"
    elif kind in KINDS and "year" in body:
        words += f": {_of_pool(body)}"
    elif kind in ("collateral_pledged", "collateral_released"):
        what = f"{body['quantity']} {body['asset']}" if body["asset"] else money(body["amount_minor"], body["currency"], Exponents())
        words += f": {what} of {body['member']}"
    elif "reference" in body:
        words += f": {body['reference']}" + (f" for {body['member']}" if body.get("member") else "")
    elif kind == "loss_borne":
        words += f": {body['loss_minor']:,} minor units {body['currency']} by {body['member']}, in {len(body['steps'])} steps"
    elif "digest" in body:
        words += f", digest {body['digest'][:16]}"
    return words + (f", cycle {body['cycle']}" if body.get("cycle") else "") + (f" ({body['reason']})" if body.get("reason") else "")


def _of_pool(body: Mapping[str, Any]) -> str:
    """What an act of the insurance pool is about: its call, claim or year, for whom, and how much."""
    what = body.get("call") or body.get("claim") or body["year"]
    member = body.get("reinsurer") or body.get("member")
    minor = body.get("amount_minor", body.get("total_minor"))
    money = "" if minor is None else f", {minor:,} minor units {body.get('currency', '')}"
    return f"{what}" + (f" of {member}" if member else "") + money


def _some(names: Any) -> str:
    known = [str(name) for name in names]
    return ", ".join(known[:5]) + (f" and {len(known) - 5:,} more" if len(known) > 5 else "")


def deciders(desk: Desk, number: int) -> list[str]:
    """Who may decide a proposal, by code."""
    from rescounter.approvals.approvals import refusals_to_decide

    union, at_us = desk.union, desk.at_us
    rules = union.rules(at_us)
    people = (person for person in union.register.people if person.is_active)
    return [person.code for person in people if not refusals_to_decide(union.approvals, number, person, union.register, rules, at_us)]


def done_body(done: Done) -> dict[str, Any]:
    """What became of a step, as JSON."""
    return {
        "kind": done.kind,
        "act": done.act,
        "proposal": done.proposal,
        "repeated": done.is_repeat,
        "told": done.told,
        "refusals": [plain(refusal) for refusal in done.refusals],
    }


def tell_done(call: Call, desk: Desk, done: Done, sentence: str, **more: Any) -> None:
    """Say what became of a step: *sentence* where it was done; who may decide where it waits; exit code 3 where it was refused."""
    body = {**more, **done_body(done)}
    if done.is_refused:
        leave_refused(done.refusals, "Refused; nothing was done:", as_json=call.as_json, more=body)
    if done.proposal is not None:
        body |= {"deciders": deciders(desk, done.proposal)}
    if told_json(call, body) or call.quiet:
        return
    if done.proposal is not None:
        for line in _proposed(desk, done):
            typer.echo(line)
    elif done.is_repeat:
        typer.echo(done.told or "It was done before; nothing was done.")
    else:
        typer.echo(done.told or sentence)


def _proposed(desk: Desk, done: Done) -> list[str]:
    proposal = desk.union.approvals.proposal(done.proposal or 0)
    if proposal is None:
        return []
    again = "was proposed before and" if done.is_repeat else "is proposed and"
    people = deciders(desk, proposal.number)
    lapses = when(proposal.expires_at_us, desk.union.rules(desk.at_us).union.zone)
    first = f"Proposal {proposal.number}, {about(proposal.kind, proposal.body)}, {again} waits for a second person until {lapses}."
    if not people:
        role = desk.union.rules(desk.at_us).approvals.role
        return [first, f"Nobody may decide it: add a person with the role {role}, who did not propose it."]
    return [first, f"Who may decide: {', '.join(people)}. For example: rescounter approval approve {proposal.number} --by {people[0]}"]


def due_body(due: Due | None, zone: str) -> dict[str, Any] | None:
    """What comes next, as JSON."""
    if due is None:
        return None
    return {
        "cycle": due.cycle,
        "command": f"rescounter {due.verb}",
        "who": due.who,
        "from": when(due.from_us, zone),
        "by": None if due.by_us is None else when(due.by_us, zone),
        "waits_for": due.waits_for,
        "otherwise": due.otherwise,
    }


def due_lines(due: Due | None, desk: Desk) -> list[str]:
    """What comes next: the command, whose it is, from when, by when, and what happens if nothing is done."""
    zone = desk.union.rules(desk.at_us).union.zone
    if due is None:
        return ["  next: nothing; the cycle is closed"]
    early = f" from {when(due.from_us, zone)}" if due.from_us > desk.at_us else ""
    late = "" if due.by_us is None else f", by {when(due.by_us, zone)}"
    waits = f"; waits for {due.waits_for}" if due.waits_for else ""
    over = " (that time has passed)" if due.by_us is not None and due.by_us < desk.at_us else ""
    return [f"  next: rescounter {due.verb} ({due.who}){early}{late}{over}{waits}", f"  if nothing is done: {due.otherwise}"]


def print_lines(lines: Sequence[str]) -> None:
    """Lines as they are, never wrapped."""
    out = console()
    for line in lines:
        out.print(line, markup=False)
