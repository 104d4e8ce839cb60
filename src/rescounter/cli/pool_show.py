"""``rescounter pool`` that reads: years, statements, projections, and the replay."""

from __future__ import annotations

import shutil
from pathlib import Path

import typer

from rescounter.cli.refusals import leave_refused
from rescounter.cli.union_door import desk_of
from rescounter.cli.union_voice import told_json
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault

__all__ = ["replay_all", "show_member", "show_projection", "show_year"]


def show_year(call: Call, code: str | None, *, output: Path | None, force: bool) -> None:
    """A policy year."""
    from rescounter.facade.pool_files import write_folder
    from rescounter.facade.pool_work import year_named
    from rescounter.facade.union_notes import note_of
    from rescounter.insurance.overview import year_document, year_json
    from rescounter.statements.pages import page_html
    from rescounter.statements.plain import plain_text

    _check(output, force=force)
    with desk_of(call) as desk:
        year, books = year_named(desk, code)
        document = year_document(desk.union.pool, year, books, note_of(desk))
        body = year_json(desk.union.pool, year, books) | {"years": list(desk.union.pool.years)}
    if output is None:
        if not told_json(call, body) and not call.quiet:
            typer.echo(plain_text(document, _width()), nl=False)
            others = [each for each in body["years"] if each != year.code]
            if others:
                typer.echo(f"\nOther policy years: {', '.join(others)}.")
        return
    write_folder(output, "pool-year", page_html(document), plain_text(document), body, force=force)
    _written(call, output, "pool-year")


def show_member(call: Call, member: str, *, output: Path | None, force: bool) -> None:
    """A member's statement of the pool."""
    from rescounter.facade.pool_files import write_folder
    from rescounter.facade.union_notes import note_of
    from rescounter.insurance.statement import member_document, member_json, member_years
    from rescounter.statements.pages import page_html
    from rescounter.statements.plain import plain_text

    _check(output, force=force)
    with desk_of(call) as desk:
        known = desk.union.register.member(member)
        if known is None:
            raise CallerFault("member_unknown", f"{member} is no member of this union")
        years = member_years(desk.union.pool, member, desk.office.table)
        document = member_document(years, member, known.name, note_of(desk))
        body = member_json(years, member, known.name)
    if output is None:
        if not told_json(call, body) and not call.quiet:
            typer.echo(plain_text(document, _width()), nl=False)
        return
    write_folder(output, "statement", page_html(document), plain_text(document), body, force=force)
    _written(call, output, "statement")


def show_projection(call: Call, code: str | None, scenarios: Path | None, *, output: Path | None, force: bool) -> None:
    """What members would be called for under scenarios of losses."""
    from rescounter.facade.pool_files import read_scenarios, write_folder
    from rescounter.facade.pool_work import projections, year_named
    from rescounter.facade.union_notes import note_of
    from rescounter.insurance.projection_page import projection_html, projection_json, projection_text

    _check(output, force=force)
    with desk_of(call) as desk:
        year, books = year_named(desk, code)
        told, unread = ([], ()) if scenarios is None else read_scenarios(scenarios, year.terms.exponent)
        if unread or (scenarios is not None and not told):
            leave_refused(unread, f"Nothing was projected: {scenarios} has no scenario that can be reckoned.", as_json=call.as_json)
        found = projections(desk, year, books, told)
        note = note_of(desk)
    if output is None:
        if not told_json(call, projection_json(year, found)) and not call.quiet:
            typer.echo(projection_text(year, found, note, _width()), nl=False)
        return
    page, text = projection_html(year, found, note), projection_text(year, found, note)
    write_folder(output, "pool-projection", page, text, projection_json(year, found), force=force)
    _written(call, output, "pool-projection")


def replay_all(call: Call) -> None:
    """Everything that is reckoned in the pool, again."""
    from rescounter.cli.door import CHECK_FAILED
    from rescounter.facade.union_replay import replay_pool

    with desk_of(call) as desk:
        findings = replay_pool(desk)
    plain = [{"what": each.where, "found": each.found, "expected": each.expected} for each in findings]
    if not told_json(call, {"findings": plain}):
        for each in findings:
            typer.echo(str(each), err=True)
        if not findings and not call.quiet:
            typer.echo("Every call, payment and close of the pool comes to what is on record.")
    if findings:
        raise typer.Exit(CHECK_FAILED)


def _check(output: Path | None, *, force: bool) -> None:
    from rescounter.formats.folder import check_target

    if output is not None:
        check_target(output, force=force)


def _written(call: Call, output: Path, name: str) -> None:
    if not told_json(call, {"folder": str(output)}) and not call.quiet:
        typer.echo(f"Written to {output}/: open {name}.html.")


def _width() -> int:
    """As wide as the terminal, within what reads well."""
    return max(60, min(140, shutil.get_terminal_size((110, 40)).columns))
