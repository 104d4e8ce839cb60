"""``rescounter init``: a union in a new folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from rescounter.cli.union_voice import told_json
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault

__all__ = ["found"]


def found(call: Call, folder: Path, *, pack: str | None, rulebook: Path | None, name: str | None, people: tuple[str | None, str | None],
          is_demonstration: bool, dsn: str | None, origin: str | None) -> None:  # fmt: skip
    """Found a union by a pack or by a text of one's own, and say what to keep, to publish and to do next."""
    from rescounter.cycle.rule_texts import read_rule_text
    from rescounter.facade.union import found_union
    from rescounter.facade.union_founding import founders, founding_text, shipped_text, text_of
    from rescounter.facade.union_work import told_time

    if (pack is None) == (rulebook is None):
        raise CallerFault("option_invalid", "name either a pack (--pack NAME; rescounter rulebook packs lists them) or --rulebook FILE")
    if call.at is not None and not is_demonstration:
        raise CallerFault("time_not_told", "only a demonstration may be told the time: add --demonstration, or leave --at away")
    text = shipped_text(pack) if pack is not None else text_of(rulebook or Path())
    text = founding_text(text, name=name, is_demonstration=is_demonstration, has_approver=people[1] is not None)
    read = read_rule_text(text)
    is_single = bool(read.rule_text and read.rules.union.single_person)
    zone = read.rules.union.zone if read.rule_text else "UTC"
    first = [] if read.refusals else founders(operator=people[0], approver=people[1], is_single=is_single)
    verifier = found_union(
        folder,
        text,
        pack=pack or "",
        people=first,
        is_demonstration=is_demonstration,
        dsn=dsn,
        origin=origin,
        at_us=None if call.at is None else told_time(call.at, zone),
    )
    _tell(call, folder, first, verifier, name=read.rules.union.name, is_demonstration=is_demonstration, is_single=is_single)


def _tell(
    call: Call, folder: Path, people: list[dict[str, Any]], verifier: str, *, name: str, is_demonstration: bool, is_single: bool
) -> None:
    body = {"union": str(folder), "name": name, "verifier": verifier, "people": people, "demonstration": is_demonstration}
    if told_json(call, {**body, "single_person": is_single}) or call.quiet:
        return
    typer.echo(f"Founded {name} in {folder}/.")
    if is_demonstration:
        alone = "one person, generous limits, " if is_single else ""
        typer.echo(f"It is a demonstration: {alone}the time may be told with --at. Every statement says so.")
    elif is_single:
        typer.echo(f"It is run by a single person, {people[0]['code']}, as its rulebook says. Every statement says so too.")
    if not is_single:
        typer.echo(
            f"{people[0]['code']} operates it; {people[1]['code']} approves what moves money or changes members, limits, keys or rules."
        )
    typer.echo(f"Keep a copy of {folder}/keys apart from every backup: without it nothing can be audited or proven.")
    typer.echo("Publish the verifier key; with it everybody can check a checkpoint:")
    typer.echo(f"  {verifier}")
    typer.echo("Next, in that folder (or with -u, or RESCOUNTER_UNION):")
    typer.echo("  rescounter member add CODE --name NAME     or --file members.csv, for many")
    typer.echo("  rescounter cycle open                      then members hand in: rescounter submit FILE --as CODE")
    typer.echo("  rescounter status                          what is due, for whom, until when")
