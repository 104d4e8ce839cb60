"""What ``rescounter default``, ``fund`` and ``drill`` tell: defaults, calls, the fund, the most at risk, and drills."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rescounter.cli.default_work import minor_of
from rescounter.cli.statement_work import terminal_width
from rescounter.cli.union_door import desk_of
from rescounter.cli.union_voice import lines_of, money, print_lines, told_json, when
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault

if TYPE_CHECKING:
    from rescounter.facade.union import Desk
    from rescounter.statements.default_facts import DefaultFacts

__all__ = ["drill", "guarantee_body", "guarantee_lines", "show_at_risk", "show_defaults", "show_fund"]


def show_defaults(call: Call, member: str | None, *, output: Path | None, force: bool) -> None:
    """Who is in default, what was borne, and which calls are open; of one member the page."""
    from rescounter.facade.union_default import borne_facts
    from rescounter.formats.folder import check_target

    if output is not None and member is None:
        raise CallerFault("option_invalid", "--output needs a MEMBER: the page tells of one default")
    if output is not None:
        check_target(output, force=force)
    with desk_of(call) as desk:
        if member is not None:
            _tell_facts(call, desk, borne_facts(desk, member), output, force=force)
            return
        body = guarantee_body(desk)
        if told_json(call, body) or call.quiet:
            return
        print_lines(guarantee_lines(desk) or ["Nobody is in default, and nothing is called."])


def guarantee_body(desk: Desk) -> dict[str, Any]:
    """Defaults, losses and open calls as plain data."""
    from rescounter.facade.union_default import ends_of

    guarantee, zone = desk.union.guarantee, desk.union.rules(desk.at_us).union.zone
    return {
        "defaults": [
            {"member": each.member, "act": each.act, "since": when(each.at_us, zone), "reason": each.reason, **ends_of(desk, each)}
            for each in (*guarantee.defaults.values(), *guarantee.over.values())
        ],
        "losses": [
            {
                "act": each.act,
                "member": each.member,
                "currency": each.currency,
                "loss_minor": each.out.borne.loss_minor,
                "unallocated_minor": each.out.borne.unallocated_minor,
                "still_out_minor": each.out.total_minor,
            }
            for each in guarantee.losses
        ],
        "calls": [
            {
                "member": each.member,
                "currency": each.currency,
                "called_minor": each.amount_minor,
                "open_minor": each.open_minor,
                "due": when(each.due_at_us, zone),
                "late": each.is_late(desk.at_us),
            }
            for each in guarantee.calls
            if each.open_minor
        ],
    }


def guarantee_lines(desk: Desk) -> list[str]:
    """Defaults, losses and open calls; nothing where there are none."""
    from rescounter.facade.union_default import exponents_of

    body, exponents = guarantee_body(desk), exponents_of(desk.union, desk.at_us)
    lines = []
    for each in body["defaults"]:
        since = f"in default since {each['since']}: {each['reason']}"
        lines.append(
            f"{each['member']} was {since}; {each['state']} in act {each['ended']}" if each["ended"] else f"{each['member']} is {since}"
        )
        lines += [f"  Next: {each['next']}"] if each["next"] else []
    for each in body["losses"]:
        amounts = {name: money(each[f"{name}_minor"], each["currency"], exponents) for name in ("loss", "unallocated", "still_out")}
        nobody = f", {amounts['unallocated']} of it by nobody" if each["unallocated_minor"] else ""
        lines.append(
            f"  loss of {amounts['loss']} by {each['member']}, borne in act {each['act']}{nobody}; still out: {amounts['still_out']}"
        )
    for each in body["calls"]:
        late = ", which has passed" if each["late"] else ""
        amount = money(each["open_minor"], each["currency"], exponents)
        pays = f"rescounter default pay {each['member']} pays it"
        pays += ", else the next call of a cycle collects it" if desk.union.rules(desk.at_us).guarantee.calls_collected else ""
        lines.append(f"  {each['member']} is called for {amount} until {each['due']}{late}; {pays}")
    return lines


def show_at_risk(call: Call, member: str | None) -> None:
    """The most that one member, or each, can lose."""
    from rescounter.facade.union_default import exponents_of, most_at_risk_of
    from rescounter.statements.default_picture import LABELS

    with desk_of(call) as desk:
        members = [member] if member is not None else [each.code for each in desk.union.register.members]
        found = [(code, currency, risk) for code in members for currency, risk in most_at_risk_of(desk, code).items()]
        body = [
            {
                "member": code,
                "currency": currency,
                "defaulter": risk.defaulter,
                "most_minor": risk.total_minor,
                "layers": [{"layer": number, "kind": kind.value, "amount_minor": amount} for number, kind, amount in risk.layers],
            }
            for code, currency, risk in found
        ]
        if told_json(call, {"at_risk": body}) or call.quiet:
            return
        exponents = exponents_of(desk.union, desk.at_us)
        rows = [["member", "at most", "if", "of that"]]
        for code, currency, risk in found:
            layers = "; ".join(f"{LABELS[kind.value].lower()} {money(amount, currency, exponents)}" for _, kind, amount in risk.layers)
            rows.append([code, money(risk.total_minor, currency, exponents), f"{risk.defaulter} fails", layers])
        print_lines(
            lines_of(rows, right=(1,)) if found else ["As things stand, nobody can lose anything by the default of one other member."]
        )


def show_fund(call: Call) -> None:
    """Shares that are required and there, and the capital ahead of them."""
    from rescounter.facade.union_default import exponents_of, fund_of

    with desk_of(call) as desk:
        fund = fund_of(desk)
        if told_json(call, fund) or call.quiet:
            return
        exponents = exponents_of(desk.union, desk.at_us)
        rows = [["member", "must keep", "has there", "missing"]]
        for each in fund["shares"]:
            rows.append(
                [each["member"], *(money(each[f"{name}_minor"], each["currency"], exponents) for name in ("required", "there", "missing"))]
            )
        lines = (
            lines_of(rows, right=(1, 2, 3))
            if fund["shares"]
            else ["Nobody must keep anything in the fund: rescounter member limit --kind fund_share"]
        )
        for each in fund["union"]:
            lines.append(f"Capital ahead of the members: {money(each['capital_minor'], each['currency'], exponents)}")
            if each["losses_minor"]:
                lines.append(f"Losses that nobody bears: {money(each['losses_minor'], each['currency'], exponents)}")
        print_lines(lines)


def drill(call: Call, member: str, *, losses: Sequence[str], is_worst: bool, output: Path | None, force: bool) -> None:
    """Who would bear what; nothing is posted or recorded."""
    from rescounter.facade.union_default import drill as play
    from rescounter.facade.union_default import exponents_of
    from rescounter.formats.folder import check_target

    if losses and is_worst:
        raise CallerFault("option_invalid", "--loss and --worst suppose two different losses: name one of them")
    if output is not None:
        check_target(output, force=force)
    with desk_of(call) as desk:
        supposed = dict(_supposed(each, desk, exponents_of(desk.union, desk.at_us)) for each in losses)
        _tell_facts(call, desk, play(desk, member, supposed=supposed, is_worst=is_worst), output, force=force)


def _supposed(text: str, desk: Desk, exponents: Any) -> tuple[str, int]:
    currency, sign, amount = text.partition("=")
    if not sign:
        raise CallerFault("option_invalid", f"--loss: {text!r} is no CURRENCY=AMOUNT such as EUR=1000.00")
    return currency, minor_of(amount, currency, exponents)


def _tell_facts(call: Call, desk: Desk, facts: DefaultFacts, output: Path | None, *, force: bool) -> None:
    from rescounter.facade.union_default import drill_body, text_of, write_default

    if output is not None:
        write_default(desk, facts, output, force=force)
        if not told_json(call, {"folder": str(output), "member": facts.member}) and not call.quiet:
            typer.echo(f"Written to {output}/: open default.html.")
        return
    if not told_json(call, drill_body(desk, facts)) and not call.quiet:
        typer.echo(text_of(facts, terminal_width()))
