"""The law of approvals, checked over a whole history of acts, apart from `approvals.py`: it trusts no fold of proposals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from rescounter.approvals.approvals import needs_approval
from rescounter.membership.register import Register
from rescounter.rulebook.rules import Rules
from rescounter.rulebook.subjects import is_kept
from rescounter.rulebook.versions import Rulebook
from rescounter.terms import holds
from rescounter.terms.acts import Act, canonical

__all__ = ["Unapproved", "no_act_without_its_approval", "unapproved"]

_UNION: Final = ""
"""Who acts where a rule makes the union act by itself."""
_OF_PEOPLE: Final = frozenset({"founded", "person_added", "person_changed", "person_removed"})


@dataclass(frozen=True, slots=True)
class Unapproved:
    """An act that breaks the law, and how."""

    act: int
    kind: str
    found: str


@dataclass(slots=True)
class _Past:
    """What happened before the act that is looked at."""

    rulebook: Rulebook = field(default_factory=Rulebook)
    register: Register = field(default_factory=Register)
    proposals: dict[int, Act] = field(default_factory=dict)
    decisions: dict[int, Act] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)


def unapproved(acts: Iterable[Act]) -> tuple[Unapproved, ...]:
    """Every act of a whole history that lacks its approval, or has one that does not count.

    An act that needs an approval by the rules in force before it names an approved proposal of the same kind and body, by the same
    person, decided by another who was active and had the role at that instant, before it lapsed; each is used once. Not so the
    founding, an act in a union that is a single person's then, and what a rule makes the union do by itself.
    """
    past, found = _Past(), []
    for act in acts:
        if act.kind != "founded":
            fault = _fault(act, past, past.rulebook.in_force(act.at_us))
            found += [Unapproved(act.number, act.kind, fault)] if fault else []
        past.rulebook = past.rulebook.after(act)
        past.register = past.register.after(act) if act.kind in _OF_PEOPLE else past.register
    return tuple(found)


def no_act_without_its_approval(acts: Iterable[Act]) -> None:
    """Law: `unapproved` finds nothing. Cost: that of folding rulebook and people once more."""
    found = unapproved(acts)
    holds(not found, "no_act_without_its_approval", acts=len(found), first=found[:1])


def _fault(act: Act, past: _Past, rules: Rules) -> str:
    """What is wrong with an act, or nothing; keeps what later acts refer to."""
    if act.kind == "proposed":
        past.proposals[act.number] = act
        return ""
    if act.kind in ("approved", "refused"):
        fault = _fault_of_decision(act, past, rules)
        if not fault:
            past.decisions[act.body["proposal"]] = act
        return fault
    number = act.body.get("approval", 0)
    if number:
        return _fault_of_use(act, number, past)
    if needs_approval(act.kind, rules, act.body) and not rules.union.single_person and not _is_by_rule(act, rules):
        return "" if _is_decided(act, rules) else "no approval"
    return ""


def _is_decided(act: Act, rules: Rules) -> bool:
    """True for what a vote of the council brought about, which `council/laws.py` looks at."""
    is_of_a_vote = bool(act.body.get("decision") or act.body.get("vote"))
    return act.by == _UNION and is_of_a_vote and is_kept(rules.council, act.kind, act.body, is_constituted=True)


def _is_by_rule(act: Act, rules: Rules) -> bool:
    """True for what the rulebook makes the union do: suspend who did not pay in."""
    return act.by == _UNION and act.kind == "member_suspended" and rules.settlement.late == "suspend"


def _fault_of_decision(act: Act, past: _Past, rules: Rules) -> str:
    number = act.body["proposal"]
    proposal, person = past.proposals.get(number), past.register.person(act.by)
    if proposal is None:
        return f"no proposal {number}"
    if number in past.decisions:
        return f"proposal {number} was decided by act {past.decisions[number].number}"
    if act.at_us >= proposal.body["expires_at_us"]:
        return f"proposal {number} had lapsed"
    if act.by == proposal.by:
        return f"{act.by} decided an own proposal"
    if person is None or not person.is_active or rules.approvals.role not in {role.value for role in person.roles}:
        return f"{act.by} was not active with the role {rules.approvals.role}"
    return ""


def _fault_of_use(act: Act, number: int, past: _Past) -> str:
    decision, proposal = past.decisions.get(number), past.proposals.get(number)
    if decision is None or proposal is None or decision.kind != "approved":
        return f"proposal {number} was not approved"
    if number in past.used:
        return f"the approval of proposal {number} was used before"
    past.used.add(number)
    wanted = proposal.body
    if (act.by, act.kind, _plain(act.body)) != (proposal.by, wanted["kind"], _plain(wanted["body"])):
        return f"proposal {number} wanted something else"
    return ""


def _plain(body: Any) -> bytes:
    return canonical({key: value for key, value in body.items() if key != "approval"})
