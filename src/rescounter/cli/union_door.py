"""Which union a command means, who acts in it, and at what time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rescounter.cli.refusals import leave_refused
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault

if TYPE_CHECKING:
    from rescounter.facade.union import Desk

__all__ = ["desk_of", "union_folder", "who"]

_MARK: Final = "ledger.json"


def union_folder(named: Path | None) -> Path:
    """The folder that was named, else that of RESCOUNTER_UNION, else the nearest one above that holds a ledger."""
    told = named or (Path(os.environ["RESCOUNTER_UNION"]) if os.environ.get("RESCOUNTER_UNION") else None)
    if told is not None:
        if not (told / _MARK).is_file():
            raise CallerFault("union_not_found", f"{told} is no union: it holds no {_MARK}")
        return told
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / _MARK).is_file():
            return folder
    raise CallerFault("union_not_found", f"neither {here} nor a folder above it is a union")


@contextmanager
def desk_of(call: Call) -> Iterator[Desk]:
    """The union of *call*, open, at the time that a demonstration is told or that of the clock."""
    from rescounter.facade.union import open_union
    from rescounter.facade.union_work import told_time

    at = call.at
    with open_union(union_folder(call.union), at_us=None if at is None else lambda zone: told_time(at, zone)) as desk:
        yield desk


def who(call: Call, desk: Desk, kind: str = "approved", member: str = "") -> str:
    """The code of the person who acts, who may do such an act (for *member*): known before any work is done.

    Raises: CallerFault ``person_unnamed`` where several might act and none is named.
    """
    from rescounter.cycle.permission import refusals_of_person

    named = call.by or os.environ.get("RESCOUNTER_PERSON") or ""
    if not named:
        active = [person.code for person in desk.union.register.people if person.is_active]
        if len(active) != 1:
            raise CallerFault("person_unnamed", f"{len(active)} people act in this union: {', '.join(active[:8])}")
        named = active[0]
    if found := refusals_of_person(desk.union, named, kind, member=member):
        leave_refused(found, "Refused; nothing was done:", as_json=call.as_json)
    return named
