"""What every command of a union is told besides its own words: which union, who acts, when, and how to answer.

`in_a_union` registers a command whose first parameter is a `Call`; the words of it are added to the command's own, so that they
are the same everywhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer

__all__ = ["AsJson", "Call", "Cycle", "Force", "Format", "Quiet", "Reason", "in_a_union", "new_group"]

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but faults.")]
Cycle = Annotated[str | None, typer.Option("--cycle", "-c", help="The cycle, such as 2026-03-16; default: the one that is due.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what an earlier run wrote there.")]
Format = Annotated[str, typer.Option(help="Tables as parquet, csv or xlsx.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stays on record.")]

_Union = Annotated[Path | None, typer.Option("--union", "-u", help="The union's folder; else RESCOUNTER_UNION, else the nearest above.")]
_By = Annotated[str | None, typer.Option("--by", help="Who acts; else RESCOUNTER_PERSON, else the only person of the union.")]
_Unasked = Annotated[str | None, typer.Option("--by", hidden=True)]
_At = Annotated[str | None, typer.Option("--at", help="The time, such as 2026-03-16T13:00; in a demonstration only.")]

_Command: TypeAlias = Callable[..., None]
_COMMON: Final = {"union": (_Union, None), "by": (_By, None), "at": (_At, None), "as_json": (AsJson, False), "quiet": (Quiet, False)}


@dataclass(frozen=True, slots=True)
class Call:
    """How a command of a union was called."""

    union: Path | None
    by: str | None
    at: str | None
    as_json: bool
    quiet: bool


def new_group(help: str, epilog: str = "") -> typer.Typer:
    """A group of commands such as ``rescounter member``."""
    return typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        help=help,
        epilog=epilog or "The union is --union DIR, else RESCOUNTER_UNION, else the nearest folder above that is one.",
    )


def in_a_union(app: typer.Typer, name: str | None = None, *, acts: bool = True) -> Callable[[_Command], _Command]:
    """Register a command of a union. *acts*: false for what only reads, so that nobody needs to be named, though anybody may."""

    def register(command: _Command) -> _Command:
        def called(**words: Any) -> None:
            given = {each: words.pop(each) for each in _COMMON}
            command(Call(**given), **words)

        kind = inspect.Parameter.KEYWORD_ONLY
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        kinds = {each: option if acts or each != "by" else _Unasked for each, (option, _) in _COMMON.items()}
        common = [inspect.Parameter(each, kind, annotation=kinds[each], default=default) for each, (_, default) in _COMMON.items()]
        signature = inspect.Signature([*(each.replace(kind=kind) for each in own), *common])
        # Typer reads the words of a command off its signature; a plain function has no place for one that mypy knows.
        called.__signature__ = signature  # type: ignore[attr-defined]
        called.__name__, called.__doc__ = command.__name__, command.__doc__
        app.command(name=name)(called)
        return command

    return register
