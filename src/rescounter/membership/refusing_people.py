"""Why people cannot be added, changed or removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rescounter.membership.grounds import Grounds, code_found, details_found, keys_found, refused, rows_of
from rescounter.membership.members import PERSON_DETAILS, Person, Role, Standing
from rescounter.membership.participants import standing_of
from rescounter.terms import Refusal
from rescounter.terms.names import closest

__all__ = ["adding_found", "changing_found", "founders_found", "removing_found"]

_ROLES: Final = tuple(role.value for role in Role)


def founders_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of the people with whom a union is founded, row by row."""
    people, unusable = rows_of(grounds.body, "people")
    yield from unusable
    codes = set[str]()
    for number, details in enumerate(people, 1):
        name = str(details.get("code", f"row {number}"))
        yield from _new_found(grounds, details, name, row=number)
        if name in codes:
            yield refused("person_code_taken", name, name, row=number)
        codes.add(name)
    roles = [details.get("roles") for details in people]
    if people and not any(Role.OPERATOR.value in each for each in roles if isinstance(each, list | tuple)):
        yield refused("last_of_its_role", "people", "nobody is an operator", "at least one operator")


def adding_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of a new person."""
    name = str(grounds.body.get("code", ""))
    if grounds.register.person(name) is not None:
        yield refused("person_code_taken", name, name)
    yield from _new_found(grounds, grounds.body, name)


def _new_found(grounds: Grounds, details: Mapping[str, Any], name: str, *, row: int = 0) -> Iterator[Refusal]:
    yield from code_found(details, row=row)
    yield from keys_found(details, PERSON_DETAILS, name, row=row)
    yield from details_found(details, name, row=row)
    yield from _roles_found(grounds, details.get("roles"), details.get("member", ""), name, row=row)


def changing_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of a change of a person's details."""
    person, unusable = _person(grounds)
    yield from unusable
    yield from keys_found(grounds.body, PERSON_DETAILS, str(grounds.body.get("code", "")))
    if person is None:
        return
    old = {"name": person.name, "roles": sorted(role.value for role in person.roles), "member": person.member, "key": person.key}
    changes = {key: grounds.body[key] for key in PERSON_DETAILS if key in grounds.body and key != "code"}
    new = {**old, **changes}
    if {**new, "roles": sorted(map(str, new["roles"])) if isinstance(new["roles"], list | tuple) else new["roles"]} == old:
        yield refused("nothing_changes", person.code, ", ".join(changes) or "no detail")
    yield from details_found(changes, person.code)
    yield from _roles_found(grounds, new["roles"], new["member"], person.code)
    if isinstance(new["roles"], list | tuple):
        yield from _last_found(grounds, person, frozenset(map(str, new["roles"])))


def removing_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of a removal."""
    person, unusable = _person(grounds)
    yield from unusable
    yield from keys_found(grounds.body, ("code", "reason"), str(grounds.body.get("code", "")))
    if person is not None:
        yield from _last_found(grounds, person, frozenset())


def _person(grounds: Grounds) -> tuple[Person | None, tuple[Refusal, ...]]:
    """The active person that the act is about, or why there is none."""
    code = str(grounds.body.get("code", ""))
    person = grounds.register.person(code)
    if person is None:
        return None, (refused("person_unknown", code, code, "a person of the union" + closest(code, grounds.register.persons)),)
    return (person, ()) if person.is_active else (None, (refused("person_removed", code, f"{code} was removed"),))


def _roles_found(grounds: Grounds, roles: object, member: object, name: str, *, row: int = 0) -> Iterator[Refusal]:
    if not isinstance(roles, list | tuple) or not roles:
        yield refused("detail_missing", name, f"roles {roles}", "one role or more: " + ", ".join(_ROLES), row=row)
        return
    for role in roles:
        if role not in _ROLES:
            yield refused("role_unknown", name, role, "one of: " + ", ".join(_ROLES) + closest(str(role), _ROLES), row=row)
    if (Role.MEMBER.value in roles) != bool(member):
        yield refused("person_without_member", name, f"roles {', '.join(map(str, roles))}, member {member or '(none)'}", row=row)
    elif member and grounds.kind != "founded":
        known = grounds.register.member(str(member))
        if known is None or standing_of(known, grounds.at_us) is Standing.LEFT:
            yield refused("person_without_member", name, f"member {member}, which is none", row=row)


def _last_found(grounds: Grounds, person: Person, roles: frozenset[str]) -> Iterator[Refusal]:
    """Whether somebody is left in each role without which nothing can be done or approved."""
    others = [each for each in grounds.register.people if each.is_active and each.code != person.code]
    for role in sorted({Role.OPERATOR, grounds.conditions.approver}, key=lambda role: role.value):
        if role in person.roles and role.value not in roles and not any(role in each.roles for each in others):
            yield refused("last_of_its_role", person.code, f"{person.code} is the last {role.value}")
