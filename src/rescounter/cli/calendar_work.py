"""Every deadline of a union as an iCalendar file, for ``rescounter status --calendar`` and ``rescounter dispute calendar``."""

from __future__ import annotations

from pathlib import Path

import typer

from rescounter.cli.union_door import desk_of
from rescounter.cli.union_voice import told_json
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted
from rescounter.terms import CallerFault

__all__ = ["write_calendar"]


def write_calendar(call: Call, file: Path, *, member: str | None, force: bool) -> None:
    """Write the file: cycles, disputes, votes. Args: *member*: of the disputes only those to which it is a party."""
    from rescounter.facade.union_calendar import calendar_entries
    from rescounter.formats.calendars import calendar_bytes

    if file.exists() and not force:
        raise CallerFault("output_exists", f"{file} exists already; --force replaces it")
    with desk_of(call) as desk:
        entries = calendar_entries(desk, member)
        content = calendar_bytes(desk.union.rules(desk.at_us).union.name, entries, desk.at_us)
        try:
            file.write_bytes(content)
        except OSError as fault:
            raise CallerFault("option_invalid", f"{file} cannot be written ({fault.strerror})") from fault
        if not told_json(call, {"file": str(file), "deadlines": len(entries)}) and not call.quiet:
            typer.echo(f"{counted(len(entries), 'deadline')} {'is' if len(entries) == 1 else 'are'} in {file}.")
