"""``rescounter member``, ``person`` and ``key`` at work."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typer

from rescounter.cli.refusals import leave_refused
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import done_body, money, tell_done, told_json, when
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted, stages
from rescounter.terms import CallerFault, Exponents, parse_minor

__all__ = ["act_on", "consent_to", "let_join", "let_leave", "make_key", "pay_back", "set_limit"]


_VERBS: Final = {
    "representative_named": "council name",
    "member_changed": "member change",
    "person_changed": "person change",
    "person_removed": "person remove",
}


def act_on(call: Call, kind: str, sentence: str, **body: Any) -> None:
    """Do, or propose, an act of membership."""
    from rescounter.cycle.office import wanted

    with desk_of(call) as desk:
        tell_done(call, desk, desk.do(wanted(kind, **body), by=who(call, desk)), sentence)


def consent_to(call: Call, member: str, asked: Mapping[str, Any], *, office: str, key: Path | None, signature: str) -> None:
    """A member's consent; without a signature, the text that it signs."""
    from rescounter.cli.council_work import act_of
    from rescounter.facade.union_consents import consent, consent_text_of, key_names
    from rescounter.formats.key_files import read_signing_key

    if len(asked) != 1 or (key is not None and signature):
        raise CallerFault("option_invalid", "name exactly one of --represented-by, --new-key, --act; and either --key or --signature")
    ((word, value),) = asked.items()
    with desk_of(call) as desk:
        if word == "act":
            kind, body = act_of(value)
        elif word == "key":
            kind, body = "member_changed", {"code": member, "key": value}
        else:
            kind, body = "representative_named", {"member": member, "person": value, "office": office, "from_us": 0}
        if key is None and not signature:
            text = consent_text_of(desk, member, kind, body).decode()
            if not told_json(call, {"text": text}):
                typer.echo(text, nl=False)
            return
        names = key_names(desk, member)
        if key is not None and not names:
            raise CallerFault("key_unregistered", f"the register holds no key of {member}: it needs no consent")
        for place, name in enumerate(names if key is not None else ("",), 1):
            signing = None if key is None else read_signing_key(key, name)
            done = consent(desk, who(call, desk, "consented"), member, kind, body, key=signing, signature=signature)
            if not done.is_refused or place == len(names):
                break
        tell_done(call, desk, done, f"{member} consents. Next, by an operator: the same with rescounter {_VERBS.get(kind, kind)}")


def let_join(call: Call, code: str | None, details: Mapping[str, str], *, file: Path | None) -> None:
    """Let one member join, or those of a file; all are checked before the first is done."""
    from rescounter.facade.union_members import let_join
    from rescounter.facade.union_tables import read_members

    if (file is None) == (code is None) or (file is not None and details):
        raise CallerFault("option_invalid", "name either one member by CODE and --name, or a --file of them")
    unreadable: tuple[Any, ...] = ()
    if file is None:
        members: list[tuple[int, dict[str, Any]]] = [(0, {"code": code, **details})]
    else:
        members, unreadable = read_members(file)
    if unreadable:
        leave_refused(unreadable, f"Nobody of {file} joined: {counted(len(unreadable), 'row')} refused.", as_json=call.as_json)
    with desk_of(call) as desk:
        by = who(call, desk, "members_joined")
        with stages(quiet=call.quiet or call.as_json) as progress:
            joined = let_join(desk, members, by=by, progress=progress)
        if joined.refusals:
            leave_refused(joined.refusals, f"Nobody joined: {counted(len(joined.refusals), 'fault')}.", as_json=call.as_json)
        waiting = [done for done in joined.dones if done.proposal is not None]
        if waiting and not call.as_json:
            for done in waiting:
                tell_done(call, desk, done, "")
            return
        body = {"joined": joined.new, "there_before": joined.there_before, "acts": [done_body(done) for done in joined.dones]}
        if told_json(call, body) or call.quiet:
            return
        again = f" {counted(joined.there_before, 'member')} had joined before." if joined.there_before else ""
        typer.echo(f"{counted(joined.new, 'member')} joined.{again}")


def let_leave(call: Call, kind: str, code: str, reason: str) -> None:
    """A notice or an expulsion, with the day on which the member leaves."""
    from rescounter.cycle.office import wanted
    from rescounter.facade.union_members import leaves_at

    with desk_of(call) as desk:
        leaves = leaves_at(desk)
        told = when(leaves, desk.union.rules(desk.at_us).union.zone)
        body: dict[str, Any] = {"code": code, "leaves_at_us": leaves, **({"reason": reason} if reason else {})}
        member = code if kind == "member_withdrew" else ""
        done = desk.do(wanted(kind, **body), by=who(call, desk), member=member)
        tell_done(call, desk, done, f"{code} leaves {told}; its open items run off.", leaves=told)


def set_limit(call: Call, code: str, currency: str, amount: str, *, kind: str, start: str | None) -> None:
    """Set a limit, at once or from a date on."""
    from rescounter.cycle.office import wanted
    from rescounter.facade.union_work import told_time

    with desk_of(call) as desk:
        rules = desk.union.rules(desk.at_us)
        exponents = Exponents(dict(rules.union.exponents))
        minor = _minor(amount, currency, exponents)
        limit = {"member": code, "currency": currency, "kind": kind, "amount_minor": minor}
        if start is not None:
            limit["from_us"] = told_time(start, rules.union.zone)
        done = desk.do(wanted("limits_set", limits=[limit]), by=who(call, desk))
        since = "" if start is None else f" from {start} on"
        tell_done(call, desk, done, f"{code} may owe {money(minor, currency, exponents)} ({kind}){since}.")


def pay_back(call: Call, code: str, currency: str, amount: str, *, reference: str) -> None:
    """Pay a member back what it does not need."""
    from rescounter.cycle.repaying import repaying

    with desk_of(call) as desk:
        exponents = Exponents(dict(desk.union.rules(desk.at_us).union.exponents))
        minor = _minor(amount, currency, exponents)
        came = repaying(desk.union, desk.office, code, currency, minor, reference=reference, at_us=desk.at_us)
        done = desk.do(came, by=who(call, desk))
        tell_done(call, desk, done, f"{code} gets {money(minor, currency, exponents)} back; pay it out of the settlement account.")


def _minor(amount: str, currency: str, exponents: Exponents) -> int:
    try:
        return parse_minor(amount, exponents.of(currency) or 0)
    except ValueError as fault:
        raise CallerFault("option_invalid", f"the amount is wrong: {fault}") from fault


def make_key(file: Path, name: str | None, *, quiet: bool, as_json: bool) -> None:
    """A new signing key, and what to do with its public half."""
    from rescounter.formats.key_files import create_signing_key

    label = name or file.stem
    if not re.fullmatch(r"[^\s+\x00-\x1f]{1,128}", label) or not label.isprintable():
        raise CallerFault("option_invalid", f"{label!r} is no name of a key: no white space, no plus sign, at most 128 characters")
    verifier = create_signing_key(file, label).verifier.text()
    if as_json:
        typer.echo(json.dumps({"file": str(file), "verifier": verifier}))
    elif not quiet:
        typer.echo(f"Written to {file}: keep it secret, and keep a copy.")
        typer.echo("Hand the verifier key to the operator, who registers it: rescounter member change CODE --key ...")
        typer.echo(f"  {verifier}")
