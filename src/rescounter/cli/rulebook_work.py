"""``rescounter rulebook`` at work."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from rescounter.cli.door import CHECK_FAILED
from rescounter.cli.refusals import plain
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import lines_of, print_lines, tell_done, told_json, when
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted
from rescounter.terms import CallerFault

if TYPE_CHECKING:
    from rescounter.facade.union import Desk
    from rescounter.rulebook.coming import Coming
    from rescounter.rulebook.reading import RuleText
    from rescounter.rulebook.told import ToldRule
    from rescounter.terms import Refusal

__all__ = ["change_rules", "check_file", "coming_lines", "list_packs", "print_pack", "show_differences", "show_rules"]

_WIDTH: Final = 100


def list_packs(*, as_json: bool) -> None:
    """Name and first lines of each pack."""
    from rescounter.rulebook.shipped import PACKS, pack_text

    heads = {name: pack_text(name).partition("\n\n")[0].replace("# ", "").replace("#\n", "\n") for name in PACKS}
    if as_json:
        typer.echo(json.dumps({"packs": [{"pack": name, "about": head} for name, head in heads.items()]}, ensure_ascii=False))
        return
    for name, head in heads.items():
        typer.echo(f"{name}\n  {head.splitlines()[0]}")


def print_pack(name: str) -> None:
    """The text of a pack."""
    from rescounter.facade.union_founding import shipped_text

    typer.echo(shipped_text(name), nl=False)


def check_file(file: Path, *, quiet: bool, as_json: bool) -> None:
    """Every fault of a text, by line; exit code 1 where there is any."""
    from rescounter.cycle.rule_texts import read_rule_text
    from rescounter.facade.union_founding import text_of

    read = read_rule_text(text_of(file))
    if as_json:
        digest = read.rule_text.digest if read.rule_text else None
        body = {"sound": not read.refusals, "digest": digest, "refusals": [plain(refusal) for refusal in read.refusals]}
        typer.echo(json.dumps(body, ensure_ascii=False))
    elif read.refusals:
        typer.echo(f"{file} cannot be used: {counted(len(read.refusals), 'fault')}.", err=True)
        _tell_faults(read.refusals)
    elif not quiet:
        typer.echo(f"{file} can be used. Digest {read.known.digest}.")
    if read.refusals:
        raise typer.Exit(CHECK_FAILED)


def _tell_faults(faults: tuple[Refusal, ...]) -> None:
    for each in faults:
        typer.echo(f"  line {each.row}, {each.id}: {each.code}: found {each.found}; allowed: {each.allowed}. {each.what_to_do}", err=True)


def show_rules(call: Call, *, as_text: bool, version: int | None) -> None:
    """The rules in force, or of a version; or the text."""
    from rescounter.rulebook.coming import coming
    from rescounter.rulebook.told import show, show_text

    with desk_of(call) as desk:
        rulebook, at_us = desk.union.rulebook, desk.at_us
        found = rulebook.version_at(at_us) if version is None else _version(desk, str(version))
        if as_text and not call.as_json:
            typer.echo(found.text, nl=False)
            return
        told = show(rulebook, at_us) if version is None else show_text(found.rule_text)
        zone = desk.union.rules(at_us).union.zone
        changes = coming(rulebook, at_us) if version is None else ()
        body = {
            "version": found.number,
            "digest": found.digest,
            "text": found.text,
            "rules": [asdict(each) for each in told],
            "coming": [asdict(each) for each in changes],
        }
        if told_json(call, body) or call.quiet:
            return
        lines = [line for each in told for line in _rule_lines(each, found.number, zone)]
        if changes:
            lines += ["", "What changes by itself:", *coming_lines(changes, zone)]
        versions = [f"  version {each.number}, from {when(each.from_us, zone)}, digest {each.digest}" for each in rulebook.versions]
        print_lines([f"Version {found.number}, in force from {when(found.from_us, zone)}:", *lines, "", "Versions:", *versions])


def coming_lines(changes: Sequence[Coming], zone: str) -> list[str]:
    """Rules that lapse or begin by themselves, one in a line, the next first."""
    told = (f"{when(each.at_us, zone)}: {each.rule} = {each.after}, instead of {each.before} ({each.why})" for each in changes)
    return [line for each in told for line in textwrap.wrap(each, _WIDTH, initial_indent="  ", subsequent_indent="      ")]


def _rule_lines(rule: ToldRule, number: int, zone: str) -> Iterator[str]:
    """A rule and its value, since which version and until when, and below what it means."""
    since = "" if rule.version in (0, number) else f" (since version {rule.version})"
    since = since if not rule.is_dated or rule.from_us is None else f" (from {when(rule.from_us, zone)})"
    until = "" if rule.until_us is None else f" (until {when(rule.until_us, zone)})"
    yield from textwrap.wrap(f"{rule.id} = {rule.value}{since}{until}", _WIDTH, initial_indent="  ", subsequent_indent="      ")
    yield from textwrap.wrap(rule.meaning, _WIDTH, initial_indent="      ", subsequent_indent="      ")


def _version(desk: Desk, number: str) -> Any:
    versions = desk.union.rulebook.versions
    if not number.isdecimal() or not 1 <= int(number) <= len(versions):
        raise CallerFault("version_unknown", f"there is no version {number}; there are 1 to {len(versions)}")
    return versions[int(number) - 1]


def show_differences(call: Call, old: str, new: str | None) -> None:
    """Rules that differ between two texts."""
    from rescounter.rulebook.difference import differences

    with desk_of(call) as desk:
        first = _text_named(desk, old)
        second = desk.union.rulebook.version_at(desk.at_us).rule_text if new is None else _text_named(desk, new)
        found = differences(first, second)
        if told_json(call, {"differences": [asdict(each) for each in found]}) or call.quiet:
            return
        rows = [["rule", "before", "after"], *([each.rule, each.before or "(not there)", each.after or "(not there)"] for each in found)]
        print_lines(lines_of(rows) if found else ["No rule differs; words and comments do not count."])


def _text_named(desk: Desk, name: str) -> RuleText:
    if name.isdecimal() and not Path(name).is_file():
        text: RuleText = _version(desk, name).rule_text
        return text
    return _read(Path(name))


def _read(file: Path) -> RuleText:
    from rescounter.cycle.rule_texts import read_rule_text
    from rescounter.facade.union_founding import text_of

    read = read_rule_text(text_of(file))
    if read.refusals:
        told = "".join(f"\n  line {each.row}, {each.id}: found {each.found}, allowed {each.allowed}" for each in read.refusals)
        raise CallerFault("rulebook_refused", f"{file} has {counted(len(read.refusals), 'fault')}:{told}", refusals=read.refusals)
    return read.known


def change_rules(call: Call, file: Path) -> None:
    """Propose a text as the next version."""
    from rescounter.cycle.rule_texts import changing_rules

    text = _read(file)
    with desk_of(call) as desk:
        done = desk.do(changing_rules(desk.union, text.text, at_us=desk.at_us), by=who(call, desk))
        tell_done(call, desk, done, f"{file} is version {len(desk.union.rulebook.versions)} of the rulebook.")
