"""``rescounter submit``, ``withdraw`` and ``answer``: what members bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rescounter.cli.door import REFUSED
from rescounter.cli.refusals import leave_refused, plain, tell
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import done_body, tell_done, told_json, when
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted, stages
from rescounter.cli.words import read_pairs
from rescounter.terms import CallerFault

if TYPE_CHECKING:
    from rescounter.facade.union import Desk
    from rescounter.facade.union_work import HandedIn
    from rescounter.terms import Refusal

__all__ = ["hand_in", "say", "take_back"]


def hand_in(
    call: Call,
    file: Path,
    member: str,
    *,
    cycle: str | None,
    reading: Mapping[str, Any],
    key: Path | None,
    signature: str,
    strict: bool,
) -> None:
    """Hand a file in, and tell every row that was refused; exit code 3 under *strict* then."""
    from rescounter.facade.union_work import submit

    if key is not None and signature:
        raise CallerFault("option_invalid", "name either --key or --signature")
    with desk_of(call) as desk:
        by = who(call, desk, "submitted", member)
        _known(desk, member)
        words = {**reading, "columns": read_pairs(reading["columns"], "columns"), "key": None if key is None else _key(desk, key, member)}
        with stages(quiet=call.quiet or call.as_json) as progress:
            progress("reading")
            done = submit(desk, file, submitter=member, by=by, cycle=cycle, signature=signature, **words)
        told = _refusals(done)
        _tell(call, desk, done, told, file=str(file), member=member)
    if strict and told:
        raise typer.Exit(REFUSED)


def _known(desk: Desk, member: str) -> None:
    """Tell a wrong code once, rather than with each row."""
    from rescounter.terms.names import closest

    if member != "*" and desk.union.register.member(member) is None:
        raise CallerFault("member_unknown", f"{member} is no member of this union{closest(member, desk.union.register.by_code)}")


def _key(desk: Desk, path: Path, member: str) -> Any:
    """The member's signing key, under the name that its verifier has in the register."""
    from rescounter.formats.key_files import read_signing_key

    known = desk.union.register.member(member)
    if known is None or not known.key:
        raise CallerFault("key_unregistered", f"the register holds no key of {member}")
    return read_signing_key(path, known.key.partition("+")[0])


def _refusals(done: HandedIn) -> list[Refusal]:
    from rescounter.terms import Refusal

    rows = [] if done.refusals is None else done.refusals.to_pylist()
    return [Refusal(row["row"], row["id"], row["code"], row["found"], row["allowed"], row["what_to_do"]) for row in rows]


def _tell(call: Call, desk: Desk, done: HandedIn, refusals: Sequence[Refusal], *, file: str, member: str) -> None:
    figures = {"file": file, "as": member, "cycle": done.cycle, "taken": done.rows, "there_before": done.repeated, "refused": len(refusals)}
    if done.done.is_refused:
        tell_done(call, desk, done.done, "", **figures)
        return
    rows = [plain(refusal) for refusal in refusals]
    if told_json(call, {**done_body(done.done), **figures, "refusals": rows, "notes": done.notes}):
        return
    if not call.quiet:
        for line in _sentences(desk, done, file):
            typer.echo(line)
    if refusals:
        typer.echo(f"{counted(len(refusals), 'row')} refused:", err=True)
        tell(refusals)


def _sentences(desk: Desk, done: HandedIn, file: str) -> list[str]:
    if done.done.is_repeat:
        return [f"{file}: {done.done.told}"]
    cycle = desk.union.cycles[done.cycle]
    zone = desk.union.rules_of(cycle).union.zone
    before = f", {done.repeated:,} were there before" if done.repeated else ""
    cut_off = when(cycle.dates.cut_off_at_us, zone)
    taken = f"{counted(done.rows, 'row')} of {file} taken into cycle {done.cycle}{before}; it is cut off {cut_off}."
    return [taken, *(f"Note: {note}" for note in done.notes)]


def take_back(call: Call, ids: Sequence[str], member: str, *, cycle: str | None) -> None:
    """Take obligations back."""
    from rescounter.facade.union_work import withdraw

    with desk_of(call) as desk:
        done = withdraw(desk, ids, submitter=member, by=who(call, desk, "withdrawn", member), cycle=cycle)
        tell_done(call, desk, done, f"{counted(len(ids), 'obligation')} of {member} taken back.", ids=list(ids))


def say(
    call: Call, file: Path | None, member: str, *, confirm: Sequence[str], reject: Sequence[str], reason: str, cycle: str | None
) -> None:
    """Hand answers in: a file of them, or those on the command line."""
    from rescounter.facade.union_work import answer

    if (file is None) == (not confirm and not reject):
        raise CallerFault("option_invalid", "name either a FILE of answers, or --confirm and --reject")
    with desk_of(call) as desk:
        named = [*_named(confirm, "confirmed", ""), *_named(reject, "rejected", reason)]
        answers = named if file is None else _answers_of(call, file)
        done = answer(desk, answers, member=member, by=who(call, desk, "answered", member), cycle=cycle)
        yes = sum(each["answer"] == "confirmed" for each in answers)
        sentence = f"{member} confirmed {counted(yes, 'obligation')} and rejected {len(answers) - yes:,}."
        tell_done(call, desk, done, sentence, confirmed=yes, rejected=len(answers) - yes)


def _named(names: Sequence[str], answer: str, reason: str) -> list[dict[str, str]]:
    told = []
    for name in names:
        submitter, separator, identity = name.partition("/")
        if not separator or not submitter or not identity:
            raise CallerFault("option_invalid", f"{name!r} names no obligation: write SUBMITTER/ID, such as ANA/INV-7")
        told.append({"submitter": submitter, "id": identity, "answer": answer, "reason": reason})
    return told


def _answers_of(call: Call, file: Path) -> list[dict[str, str]]:
    from rescounter.facade.union_tables import read_answers

    answers, unreadable = read_answers(file)
    if unreadable:
        leave_refused(unreadable, f"Nothing of {file} was taken: {counted(len(unreadable), 'row')} refused.", as_json=call.as_json)
    return answers
