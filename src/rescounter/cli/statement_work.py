"""``rescounter statement`` and ``rescounter savings``: told on a terminal, or written as a folder."""

from __future__ import annotations

from pathlib import Path

import typer

from rescounter.cli.union_door import desk_of
from rescounter.cli.union_voice import told_json
from rescounter.cli.union_words import Call
from rescounter.cli.voice import stages

__all__ = ["show_savings", "show_statement", "terminal_width"]


def show_statement(call: Call, member: str, *, cycle: str | None, output: Path | None, format: str, force: bool) -> None:
    """The statement of a member, as far as the cycle has come."""
    from rescounter.facade.union_files import write_statement
    from rescounter.facade.union_sections import statement_of
    from rescounter.facade.union_work import cycle_named
    from rescounter.formats.folder import check_target
    from rescounter.statements.member_statement import text
    from rescounter.statements.statement_files import as_json

    if output is not None:
        check_target(output, force=force)
    with desk_of(call) as desk, stages(quiet=call.quiet or call.as_json) as progress:
        progress("reading")
        chosen = cycle_named(desk, cycle)
        made = statement_of(desk, chosen, member)
        if output is not None:
            progress("writing")
            write_statement(made, output, format=format, force=force)
    if output is None:
        if not told_json(call, as_json(made)) and not call.quiet:
            typer.echo(text(made, terminal_width()))
        return
    if not told_json(call, {"folder": str(output), "member": member}) and not call.quiet:
        typer.echo(f"Written to {output}/: open statement.html, book journal.{format}; statement.json holds the proofs.")


def show_savings(call: Call, *, output: Path | None, format: str, force: bool) -> None:
    """What clearing together has saved."""
    from rescounter.facade.union_files import savings_told, write_savings
    from rescounter.formats.folder import check_target

    if output is not None:
        check_target(output, force=force)
    with desk_of(call) as desk:
        if output is None:
            told, figures = savings_told(desk)
            if not told_json(call, {"cycles": figures}) and not call.quiet:
                typer.echo(told)
            return
        write_savings(desk, output, format=format, force=force)
    if not told_json(call, {"folder": str(output)}) and not call.quiet:
        typer.echo(f"Written to {output}/: open savings.html.")


def terminal_width() -> int:
    """As wide as the terminal, within what reads well."""
    import shutil

    return max(60, min(120, shutil.get_terminal_size((100, 40)).columns))
