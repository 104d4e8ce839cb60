"""The commands of ``rescounter rulebook``: check, show, compare and change the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter.cli.union_words import AsJson, Call, Quiet, in_a_union, new_group

__all__ = ["rulebook_app"]

rulebook_app = new_group("The rules of a union, as a text with versions: check, show, compare, change.")


@rulebook_app.command()
def packs(as_json: AsJson = False) -> None:
    """List the rulebooks that ship.

    \b
    rescounter rulebook packs
    """
    from rescounter.cli.rulebook_work import list_packs

    list_packs(as_json=as_json)


@rulebook_app.command()
def pack(name: Annotated[str, typer.Argument(help="As rulebook packs lists it.")]) -> None:
    """Print the text of a rulebook that ships, to be changed and used with init --rulebook.

    \b
    rescounter rulebook pack trade-credit > ours.toml
    """
    from rescounter.cli.rulebook_work import print_pack

    print_pack(name)


@rulebook_app.command()
def check(file: Annotated[Path, typer.Argument(help="A rulebook (TOML).")], quiet: Quiet = False, as_json: AsJson = False) -> None:
    """Check a text: every fault with its line, what was found, what is allowed; exit code 1 where there is any.

    \b
    rescounter rulebook check ours.toml
    """
    from rescounter.cli.rulebook_work import check_file

    check_file(file, quiet=quiet, as_json=as_json)


@in_a_union(rulebook_app, acts=False)
def show(
    call: Call,
    text: Annotated[bool, typer.Option("--text", help="The text itself, as it is on record.")] = False,
    version: Annotated[int | None, typer.Option(help="A version; default: the one in force.")] = None,
) -> None:
    """Show every rule in force, since when, until when, and what it means; --at tells of another time.

    \b
    rescounter rulebook show
    rescounter rulebook show --text > ours.toml
    """
    from rescounter.cli.rulebook_work import show_rules

    show_rules(call, as_text=text, version=version)


@in_a_union(rulebook_app, acts=False)
def diff(
    call: Call,
    old: Annotated[str, typer.Argument(help="A version's number, or a file.")],
    new: Annotated[str | None, typer.Argument(help="A version's number, or a file; default: the version in force.")] = None,
) -> None:
    """Show which rules differ between two versions, or a file and a version.

    \b
    rescounter rulebook diff 1 2
    rescounter rulebook diff ours.toml
    """
    from rescounter.cli.rulebook_work import show_differences

    show_differences(call, old, new)


@in_a_union(rulebook_app)
def change(call: Call, file: Annotated[Path, typer.Argument(help="The whole new text (TOML).")]) -> None:
    """Propose a new version of the rulebook; cycles that are open run to their end by the rules they opened with.

    \b
    rescounter rulebook change ours.toml
    """
    from rescounter.cli.rulebook_work import change_rules

    change_rules(call, file)
