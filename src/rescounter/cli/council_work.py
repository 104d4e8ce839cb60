"""``rescounter council`` at work: what is done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from rescounter.cli.door import CHECK_FAILED
from rescounter.cli.refusals import leave_refused
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import tell_done, told_json, when
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted
from rescounter.terms import CallerFault, Exponents, parse_minor

if TYPE_CHECKING:
    from rescounter.facade.union import Desk, Done
    from rescounter.ledger.notes import SigningKey

__all__ = ["act_of", "amend_one", "check_all", "export_one", "move", "name_one", "print_ballot", "table_one", "vote_one", "withdraw_one"]

_QUOTA: Final = re.compile(r"(?P<member>[^=]+)=(?P<amount>[0-9.]+) (?P<currency>[A-Z]{3,})")


def name_one(call: Call, member: str, person: str, *, office: str, since: str | None) -> None:
    """Name a representative."""
    from rescounter.facade.union_council import name_representative
    from rescounter.facade.union_work import told_time

    with desk_of(call) as desk:
        by = who(call, desk, "representative_named")
        from_us = 0 if since is None else told_time(since, desk.union.rules(desk.at_us).union.zone)
        done = name_representative(desk, by, member, person, office=office, from_us=from_us)
        told = f"{person} represents {member} in council" if person else f"nobody represents {member} in council"
        tell_done(call, desk, done, told + (f" as {office}." if office else "."))


def table_one(call: Call, asked: Mapping[str, Any], *, title: str, text: str, interested: Sequence[str], reason: str) -> None:
    """Table a motion."""
    from rescounter.facade.union_council import table

    with desk_of(call) as desk:
        by = who(call, desk, "motion_tabled")
        kind, body = _act(desk, asked, reason)
        done = table(desk, by, kind, body, title=title, text=text, interested=interested)
        number = len(desk.union.council.motions)
        tell_done(call, desk, done, f"Motion {number} is tabled. Next: rescounter council circulate {number}", motion=number)


def amend_one(call: Call, number: int, asked: Mapping[str, Any], *, title: str | None, text: str | None, reason: str) -> None:
    """Amend a motion."""
    from rescounter.facade.union_council import amend

    with desk_of(call) as desk:
        by = who(call, desk, "motion_amended")
        content: dict[str, Any] = {name: value for name, value in (("title", title), ("text", text)) if value is not None}
        if asked:
            kind, body = _act(desk, asked, reason)
            content |= {"kind": kind, "body": body, "interested": []}
        done = amend(desk, by, number, content)
        tell_done(call, desk, done, f"Motion {number} is amended. Next: rescounter council circulate {number}", motion=number)


def _act(desk: Desk, asked: Mapping[str, Any], reason: str) -> tuple[str, dict[str, Any]]:
    """Kind and body of the act that a motion wants: exactly one of the options."""
    if len(asked) != 1:
        options = "--rulebook, --admit, --suspend, --reinstate, --expel, --default, --quota, --rates, --dispute, --act"
        raise CallerFault("option_invalid", f"name exactly one of {options}; found {len(asked)}")
    ((word, value),) = asked.items()
    because = {"reason": reason} if reason else {}
    match word:
        case "rulebook":
            from rescounter.facade.union_founding import text_of

            return "rulebook_changed", {"text": text_of(value)}
        case "admit":
            pairs = [each.partition("=") for each in value]
            return "members_joined", {"members": [{"code": code, "name": name} for code, _, name in pairs]}
        case "expel":
            from rescounter.facade.union_members import leaves_at

            return "member_expelled", {"code": value, "leaves_at_us": leaves_at(desk), **because}
        case "quota":
            return "limits_set", {"limits": [_quota(desk, each) for each in value]}
        case "rates":
            return "rates_set", _rates_of(desk, value)
        case "dispute":
            return "dispute_decided", {"dispute": value}
        case "act":
            return act_of(value)
    kinds = {"suspend": "member_suspended", "reinstate": "member_reinstated", "default": "default_declared"}
    return kinds[word], {"code": value, **because}


def _quota(desk: Desk, text: str) -> dict[str, Any]:
    found = _QUOTA.fullmatch(text)
    if found is None:
        raise CallerFault("option_invalid", f'--quota: {text!r} is no quota such as "ANA=1000.00 EUR"')
    exponents = Exponents(dict(desk.union.rules(desk.at_us).union.exponents))
    try:
        minor = parse_minor(found["amount"], exponents.of(found["currency"]) or 0)
    except ValueError as fault:
        raise CallerFault("option_invalid", f"--quota: the amount is wrong: {fault}") from fault
    return {"member": found["member"], "currency": found["currency"], "kind": "quota", "amount_minor": minor}


def _rates_of(desk: Desk, file: Path) -> dict[str, Any]:
    from rescounter.cycle.rating import instant_of
    from rescounter.facade.union_tables import read_rates

    rows, unreadable = read_rates(file)
    zone = desk.union.rules(desk.at_us).union.zone
    if unreadable:
        leave_refused(unreadable, f"Nothing of {file} was taken: {counted(len(unreadable), 'row')} refused.", as_json=False)
    names = ("currency", "rate", "source")
    return {"rates": [{**{name: cells[name] for name in names}, "at_us": instant_of(cells["at"], zone)} for _, cells in rows]}


def act_of(file: Path) -> tuple[str, dict[str, Any]]:
    """Kind and body of an act that a file of JSON holds."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"), parse_float=str)
    except FileNotFoundError as fault:
        raise CallerFault("input_not_found", f"there is no file {file}") from fault
    except (OSError, ValueError, RecursionError) as fault:
        raise CallerFault("input_unreadable", f"{file} cannot be read as JSON ({fault})") from fault
    if not isinstance(found, dict) or not isinstance(found.get("kind"), str) or not isinstance(found.get("body"), dict):
        raise CallerFault("input_unreadable", f'{file} holds no act such as {{"kind": "member_suspended", "body": {{...}}}}')
    return found["kind"], found["body"]


def move(call: Call, verb: str, number: int) -> None:
    """Circulate, open or close."""
    from rescounter.facade.union_council import circulate, close_vote, open_vote

    steps: dict[str, tuple[str, Callable[[Desk, str, int], Done]]] = {
        "circulate": ("motion_circulated", circulate),
        "open": ("motion_opened", open_vote),
        "close": ("motion_closed", close_vote),
    }
    kind, step = steps[verb]
    with desk_of(call) as desk:
        done = step(desk, who(call, desk, kind), number)
        motion = desk.union.council.motions.get(number)
        sentence, more = "", {"motion": number, "state": motion.state.value if motion else ""}
        if motion is not None and not done.is_refused:
            sentence = _moved(desk, verb, number)
            more["decision"] = str(motion.decision or "")
        tell_done(call, desk, done, sentence, **more)


def _moved(desk: Desk, verb: str, number: int) -> str:
    motion = desk.union.council.motions[number]
    if verb == "close":
        closed = motion.known("motion_closed").body
        act = desk.union.council.executed.get(motion.decision)
        done = f" Decision {motion.decision} is carried out, in act {act}." if act else ""
        void = f" It is void: {'; '.join(closed['reasons'])}." if closed["reasons"] else ""
        why = closed["tally"]["reason"].partition(": ")[2]
        return f"Motion {number} is {motion.state.value}: {why}.{done}{void}"
    if verb == "open":
        ends, count = when(motion.closes_at_us, motion.zone), len(motion.voters)
        told = f"The vote on motion {number} is open until {ends}; {counted(count, 'member')} may vote, by {motion.rule.name}."
        return " ".join([told, *_late(desk, number)])
    opens = motion.known("motion_circulated").body["opens_from_us"]
    since = f"from {when(opens, motion.zone)}" if opens > desk.at_us else "at once"
    return " ".join([f"Motion {number} circulates; its vote can be opened {since}, by {motion.rule.name}.", *_late(desk, number)])


def _late(desk: Desk, number: int) -> list[str]:
    from rescounter.facade.union_council import is_late_for_dispute

    late = is_late_for_dispute(desk, number)
    return [late] if late else []


def vote_one(call: Call, number: int, choice: str, *, to: str, key: Path | None, signature: str) -> None:
    """Cast a ballot."""
    from rescounter.facade.union_council import cast

    if key is not None and signature:
        raise CallerFault("option_invalid", "name either --key or --signature")
    with desk_of(call) as desk:
        by = who(call, desk, "voted")
        signing = None if key is None else _key(desk, key, by)
        done = cast(desk, by, number, choice, to=to, key=signing, signature=signature)
        motion = desk.union.council.motions.get(number)
        ends = when(motion.closes_at_us, motion.zone) if motion is not None and not done.is_refused else ""
        told = f"{to} votes for you" if to else f"Your vote is {choice}"
        tell_done(call, desk, done, f"{told} in motion {number}; the vote ends {ends}.", motion=number, choice=choice)


def _key(desk: Desk, path: Path, by: str) -> SigningKey:
    """The signing key under the name that its verifier has in the register."""
    from rescounter.cycle.representing import key_of, represented_by
    from rescounter.formats.key_files import read_signing_key

    known = key_of(desk.union, by, represented_by(desk.union, by, desk.at_us))
    if not known:
        raise CallerFault("key_unregistered", f"the register holds no key of {by}, nor of the member that it represents")
    return read_signing_key(path, known.partition("+")[0])


def print_ballot(call: Call, number: int, choice: str, *, to: str) -> None:
    """The text that is signed, as it is."""
    from rescounter.facade.union_council import ballot_of

    with desk_of(call) as desk:
        text = ballot_of(desk, who(call, desk, "voted"), number, choice, to).decode()
    if not told_json(call, {"text": text}):
        typer.echo(text, nl=False)


def withdraw_one(call: Call, number: int, *, reason: str) -> None:
    """Take a motion back."""
    from rescounter.facade.union_council import withdraw_motion

    with desk_of(call) as desk:
        done = withdraw_motion(desk, who(call, desk, "motion_withdrawn"), number, reason=reason)
        tell_done(call, desk, done, f"Motion {number} is withdrawn.", motion=number)


def export_one(call: Call, number: int, target: Path, *, force: bool) -> None:
    """Write a vote for whoever counts it again."""
    from rescounter.facade.union_council import export_vote
    from rescounter.formats.folder import check_target

    check_target(target, force=force)
    with desk_of(call) as desk:
        vote = export_vote(desk, number, target, force=force)
        key = desk.ledger.keys.verifiers[-1].text()
    if told_json(call, {"folder": str(target), "records": len(vote["records"]), "verifier": key}) or call.quiet:
        return
    typer.echo(f"Written to {target}/: {counted(len(vote['records']), 'record')} with their proofs. Anybody counts them again:")
    typer.echo(f"  rescounter verify {target} --verifier {key}")


def check_all(call: Call) -> None:
    """Do everything again; exit code 1 where anything differs."""
    from rescounter.facade.union_council import check_council

    with desk_of(call) as desk:
        found = check_council(desk)
        body = {"sound": not found, "findings": [str(each) for each in found]}
        if not told_json(call, body) and not call.quiet and not found:
            told = f"{counted(len(desk.union.council.motions), 'motion')} and {counted(len(desk.union.council.decisions), 'decision')}"
            typer.echo(f"All agrees: {told} come out again, and nothing of the council was done without a decision.")
    if found:
        if not call.as_json:
            for each in found:
                typer.echo(f"  {each}", err=True)
        raise typer.Exit(CHECK_FAILED)
