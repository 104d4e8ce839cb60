"""Who represents whom in council, and by which key a ballot is signed."""

from __future__ import annotations

from rescounter.cycle.office import Step, refusal, refused, wanted
from rescounter.cycle.permission import person_of
from rescounter.cycle.union import Union
from rescounter.membership.members import Role, Standing

__all__ = ["key_of", "naming", "represented_by"]


def represented_by(union: Union, by: str, at_us: int) -> str:
    """The member that a person represents at an instant; empty where it represents none."""
    person = person_of(union, by)
    if person is None or Role.MEMBER not in person.roles or not person.member:
        return ""
    found = union.council.naming(person.member, at_us)
    return person.member if found is not None and found.person == by else ""


def naming(union: Union, member: str, person: str, *, office: str, from_us: int, at_us: int) -> Step:
    """Name who represents a member from an instant on; an empty *person* ends it."""
    rules, council = union.rules(at_us), union.council
    found = [refusal("no_council", member, found="council.kind is none")] if rules.council.kind != "council" else []
    known = person_of(union, person)
    if union.register.member(member) is None or union.register.standing_at(member, at_us) is Standing.LEFT:
        found.append(refusal("member_not_known", member, found=member))
    if person and (known is None or Role.MEMBER not in known.roles or known.member != member):
        told = f"{person}, who acts for {known.member or 'nobody'}" if known else f"{person}, who is nobody"
        found.append(refusal("representative_unusable", member, found=told))
    if office and (office not in rules.council.offices or not person):
        found.append(refusal("representative_unusable", member, found=f"office {office}"))
    holder = next((each for each, held in council.offices(max(from_us, at_us)).items() if office and held == office and each != member), "")
    if holder:
        found.append(refusal("representative_unusable", member, found=f"{office} is {holder}"))
    if found:
        return refused(*found)
    now = council.naming(member, max(from_us, at_us))
    if (now.person, now.office) == (person, office) if now else not person:
        return Step(is_done=True, told=f"{member} is represented like that already; nothing was done.")
    return wanted("representative_named", member=member, person=person, office=office, from_us=from_us)


def key_of(union: Union, by: str, member: str) -> str:
    """The verifier key that a ballot must be signed with: the person's own, else the member's; empty where neither has one."""
    person, known = person_of(union, by), union.register.member(member)
    return (person.key if person else "") or (known.key if known else "")
