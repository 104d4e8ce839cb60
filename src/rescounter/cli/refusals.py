"""How refusals are told: each with its row, what was found, what is allowed, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, NoReturn

import typer

from rescounter.cli.door import REFUSED
from rescounter.terms import Refusal

__all__ = ["leave_refused", "plain", "tell"]

_SHOWN_MAX: Final = 1000
"""Refusals that are told one by one; the rest is counted."""


def leave_refused(refusals: Sequence[Refusal], sentence: str, *, as_json: bool, more: Mapping[str, Any] | None = None) -> NoReturn:
    """Tell every refusal of what was refused as a whole, and leave with exit code 3."""
    if as_json:
        typer.echo(json.dumps({**(more or {}), "refusals": [plain(refusal) for refusal in refusals]}, ensure_ascii=False, default=str))
    else:
        typer.echo(sentence, err=True)
        tell(refusals)
    raise typer.Exit(REFUSED)


def plain(refusal: Refusal) -> dict[str, Any]:
    """A refusal as JSON has it."""
    return {**asdict(refusal), "rule": refusal.rule}


def tell(refusals: Sequence[Refusal]) -> None:
    """One line for each, on standard error."""
    for refusal in refusals[:_SHOWN_MAX]:
        where = f"row {refusal.row:,} ({refusal.id})" if refusal.row else refusal.id
        typer.echo(f"  {where}: {refusal.code}: found {refusal.found}; allowed: {refusal.allowed}. {refusal.what_to_do}", err=True)
    if len(refusals) > _SHOWN_MAX:
        typer.echo(f"  ... and {len(refusals) - _SHOWN_MAX:,} more; --json lists all of them.", err=True)
