"""What every page and statement says about the union itself."""

from __future__ import annotations

from rescounter.facade.union import Desk
from rescounter.rulebook.rules import Rules
from rescounter.statements.facts import UnionNote

__all__ = ["note_of"]


def note_of(desk: Desk, rules: Rules | None = None, *, assumed: tuple[str, ...] = ()) -> UnionNote:
    """The union by *rules* (none: those in force now). *assumed*: what a demonstration took for done."""
    told = (desk.union.rules(desk.at_us) if rules is None else rules).union
    return UnionNote(
        name=told.name,
        zone=told.zone,
        legal_opinion=told.legal_opinion,
        is_demonstration=desk.union.is_demonstration,
        is_single_person=told.single_person,
        assumed=assumed,
    )
