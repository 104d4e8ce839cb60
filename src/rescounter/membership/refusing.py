"""Why an act of membership may not be recorded: everything that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rescounter.membership.grounds import Conditions, Grounds
from rescounter.membership.refusing_limits import limits_found
from rescounter.membership.refusing_members import (
    change_found,
    default_found,
    ending_found,
    joining_found,
    leaving_found,
    reinstating_found,
    suspending_found,
)
from rescounter.membership.refusing_people import adding_found, changing_found, founders_found, removing_found
from rescounter.terms import Refusal
from rescounter.terms.refusals import UNION_REFUSALS

if TYPE_CHECKING:
    from rescounter.membership.register import Register

__all__ = ["refusals"]

_FOUND: Final[Mapping[str, Callable[[Grounds], Iterator[Refusal]]]] = MappingProxyType(
    {
        "founded": founders_found,
        "person_added": adding_found,
        "person_changed": changing_found,
        "person_removed": removing_found,
        "members_joined": joining_found,
        "member_changed": change_found,
        "member_suspended": suspending_found,
        "member_reinstated": reinstating_found,
        "default_declared": default_found,
        "default_ended": ending_found,
        "member_withdrew": leaving_found,
        "member_expelled": leaving_found,
        "limits_set": limits_found,
    }
)
_NONE: Final = Conditions()


def refusals(register: Register, kind: str, body: Mapping[str, Any], at_us: int, conditions: Conditions = _NONE) -> tuple[Refusal, ...]:
    """Everything that is wrong with an act before it is recorded; nothing for an act that is none of membership.

    Returns: in order of row (from 1 in acts of many rows, else 0) and precedence. An act of many rows is recorded whole or not at all.
    """
    found = _FOUND.get(kind)
    if found is None:
        return ()
    told = found(Grounds(register, kind, body, at_us, conditions))
    return tuple(sorted(told, key=lambda refusal: (refusal.row, UNION_REFUSALS[refusal.code].precedence)))
