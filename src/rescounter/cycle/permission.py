"""Who may do what: the role that each kind of act asks for, and for whom.

Source: `docs/UNION.md`, section 2. The union itself (no person) does only what a rule makes it do.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from rescounter.cycle.office import refusal
from rescounter.cycle.union import Union
from rescounter.membership.grounds import Conditions
from rescounter.membership.members import Person, Role
from rescounter.rulebook.rules import ALWAYS_APPROVED, Rules
from rescounter.terms import Exponents, Refusal

__all__ = ["ROLES", "conditions_of", "person_of", "refusals_of_person"]

_OPERATOR, _MEMBER, _APPROVER = Role.OPERATOR, Role.MEMBER, Role.APPROVER

_BY_THE_OPERATOR: Final = (
    *("rulebook_changed", "person_added", "person_changed", "person_removed", "limits_set"),
    *("members_joined", "member_changed", "member_suspended", "member_reinstated", "member_expelled"),
    *("cycle_opened", "cut_off", "cleared", "corrected", "called", "paired", "paid_in", "funded", "settled", "closed"),
    *("assigned", "returned", "repaid"),
    *("exposures_declared", "claim_reserved", "claim_refused"),
    *ALWAYS_APPROVED,
    "collateral_called",
)

ROLES: Final = MappingProxyType(
    {
        **dict.fromkeys(_BY_THE_OPERATOR, frozenset({_OPERATOR})),
        **dict.fromkeys(("submitted", "withdrawn", "answered", "member_withdrew", "consented"), frozenset({_OPERATOR, _MEMBER})),
        **dict.fromkeys(("motion_tabled", "motion_amended", "motion_withdrawn", "voted"), frozenset({_MEMBER})),
        **dict.fromkeys(("motion_circulated", "motion_opened", "motion_closed"), frozenset({_OPERATOR, _MEMBER})),
        **dict.fromkeys(("dispute_raised", "dispute_moved", "dispute_decided"), frozenset({_OPERATOR, _MEMBER})),
        **dict.fromkeys(("dispute_agreed", "evidence_handed_in"), frozenset({_OPERATOR, _MEMBER})),
        **dict.fromkeys(("swap_drawn", "swap_repaid"), frozenset({_OPERATOR, _MEMBER})),
        **dict.fromkeys(("claim_notified", "claim_disputed"), frozenset({_OPERATOR, _MEMBER})),
        **dict.fromkeys(("approved", "refused"), frozenset({_APPROVER, _OPERATOR, _MEMBER})),
    }
)
"""Roles of which a person needs one. Who may decide on a proposal is narrowed by the rulebook (`approvals`)."""


def person_of(union: Union, code: str) -> Person | None:
    """The active person of a code."""
    return next((person for person in union.register.people if person.code == code and person.is_active), None)


def refusals_of_person(union: Union, by: str, kind: str, *, member: str = "") -> tuple[Refusal, ...]:
    """Why the person may not do this, or nothing. *member*: whom it concerns, where it concerns one."""
    person = person_of(union, by)
    if person is None:
        known = ", ".join(sorted(each.code for each in union.register.people if each.is_active)[:5])
        return (refusal("person_unknown", kind, found=by or "(nobody named)", allowed=f"a person of the union: {known}"),)
    if not person.roles & ROLES[kind]:
        roles, wanted = (", ".join(sorted(role.value for role in some)) for some in (person.roles, ROLES[kind]))
        return (refusal("role_missing", kind, found=f"{by}: {roles}", allowed=f"one of: {wanted}"),)
    if member and _OPERATOR not in person.roles and person.member != member:
        return (refusal("not_for_that_member", kind, found=f"{by} acts for {person.member or 'nobody'}, not for {member}"),)
    return ()


def conditions_of(rules: Rules) -> Conditions:
    """What the rulebook asks of members, people and limits."""
    return Conditions(
        lei_required=rules.membership.lei_required,
        currencies=rules.union.currencies,
        exponents=Exponents(dict(rules.union.exponents)),
        approver=Role(rules.approvals.role),
        settlement_currencies=rules.union.currencies if rules.exchange.members_choose else (),
        pairs_unit=rules.pairs.unit,
    )
