"""In which capacity somebody acts in a dispute, and who must have agreed where several act together.

A member's people act for it; the operator records for whom it is told. Who mediates and who decides was fixed when the dispute was raised.
"""

from __future__ import annotations

from rescounter.cycle.permission import person_of
from rescounter.cycle.union import Union
from rescounter.disputes.register import Case
from rescounter.disputes.states import TABLE, Who
from rescounter.membership.members import Role, Standing

__all__ = ["capacities", "capacity_for", "needed_for", "participants_at", "stands_for"]

_TAKES_PART = (Standing.ACTIVE, Standing.LEAVING)


def participants_at(union: Union, at_us: int) -> frozenset[str]:
    """The members that take part at an instant."""
    codes = union.register.by_code
    return frozenset(code for code in codes if union.register.standing_at(code, at_us) in _TAKES_PART)


def stands_for(union: Union, by: str, member: str) -> str:
    """The member for which a person acts: the one that is named, else its own; empty: the operator for the union."""
    person = person_of(union, by)
    return member or (person.member if person is not None else "")


def capacities(union: Union, case: Case, by: str, member: str, *, at_us: int) -> frozenset[Who]:
    """Every capacity in which a person may act for *member* (empty: for the union)."""
    person = person_of(union, by)
    if person is None:
        return frozenset()
    is_operator = Role.OPERATOR in person.roles
    panel, complainant, respondent = case.raised["panel"], *case.parties
    found = {Who.COUNCIL} if is_operator and not member else set()
    if member in panel or (not panel and is_operator and not member):
        found.add(Who.PANEL)
    if member:
        found |= {Who.COMPLAINANT} if member == complainant else set()
        found |= {Who.RESPONDENT} if member == respondent else set()
        found |= {Who.BOTH} if member in case.parties else set()
        if member in participants_at(union, at_us):
            found |= {Who.MEMBER, Who.ALL}
            found |= {Who.MEDIATOR} if _is_uninvolved(union, case, member) else set()
    return frozenset(found)


def capacity_for(union: Union, case: Case, by: str, member: str, event: str, *, at_us: int) -> Who | None:
    """The capacity in which somebody does an event: the first that the table of states names for it, else any; None where it has none."""
    held = capacities(union, case, by, member, at_us=at_us)
    then = case.dispute.at(at_us)
    named = dict.fromkeys(who for edge in TABLE if edge.source is then.state and edge.act == event for who in edge.who)
    stage = then.template.stages[then.place]
    fitting = [who for who in named if who in held and (event != "extended" or stage.extension_by(who) is not None)]
    return next(iter([*fitting, *(who for who in Who if who in held)]), None)


def needed_for(union: Union, case: Case, who: Who, *, at_us: int) -> frozenset[str]:
    """The members each of which must have said so; none where one acts alone."""
    if who is Who.BOTH:
        return frozenset(case.parties)
    return participants_at(union, at_us) if who is Who.ALL else frozenset()


def _is_uninvolved(union: Union, case: Case, member: str) -> bool:
    """True for a member that is no party, and of no party's group."""
    known = union.register.member(member)
    groups = {party.group for code in case.parties if (party := union.register.member(code)) is not None and party.group}
    return member not in case.parties and known is not None and known.group not in groups
