"""Consent of a member that has a key: without it, nobody changes that key, or who represents the member in council.

It is signed with the member's key, or with that of its representative, which none can change without its consent either. A member without
a key is protected by the second person alone. Source: `docs/COUNCIL.md`, section 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rescounter.cycle.office import Step, Wanted, refusal, refused
from rescounter.cycle.permission import person_of
from rescounter.cycle.union import Union
from rescounter.ledger.notes import Verifier, opened
from rescounter.membership.consents import CONSENTED_KINDS, consent_text
from rescounter.terms import CallerFault, Refusal
from rescounter.terms.acts import Act

__all__ = ["consenting", "keys_of_member", "protected", "refusals_of_consent", "unconsented"]


def protected(union: Union, kind: str, body: Mapping[str, Any], *, at_us: int) -> str:
    """The member whose consent an act needs as the union stands; empty where it needs none."""
    match kind:
        case "representative_named":
            code = str(body.get("member", ""))
        case "member_changed":
            code = str(body.get("code", ""))
            known = union.register.member(code)
            if known is None or body.get("key", known.key) == known.key:
                return ""
        case "person_changed" | "person_removed":
            code = _whom_it_changes(union, kind, body, at_us=at_us)
        case _:
            return ""
    found = union.register.member(code)
    return code if found is not None and found.key else ""


def _whom_it_changes(union: Union, kind: str, body: Mapping[str, Any], *, at_us: int) -> str:
    """The member whose representative, now or named for later, would be another or sign with another key."""
    person = person_of(union, str(body.get("code", "")))
    if person is None or not person.member:
        return ""
    namings = union.council.namings.get(person.member, ())
    now = union.council.naming(person.member, at_us)
    speaks = (now is not None and now.person == person.code) or any(each.person == person.code for each in namings if each.from_us > at_us)
    roles = sorted(role.value for role in person.roles)
    is_other = (
        kind == "person_removed"
        or body.get("key", person.key) != person.key
        or body.get("member", person.member) != person.member
        or sorted(map(str, body.get("roles", roles))) != roles
    )
    return person.member if speaks and is_other else ""


def keys_of_member(union: Union, member: str, *, at_us: int) -> tuple[str, ...]:
    """The verifier keys by which a member consents: its own, and that of its representative."""
    known, naming = union.register.member(member), union.council.naming(member, at_us)
    person = None if naming is None else person_of(union, naming.person)
    return tuple(key for key in ("" if known is None else known.key, "" if person is None else person.key) if key)


def consenting(union: Union, by: str, member: str, *, kind: str, body: Mapping[str, Any], signature: str, log: str, at_us: int) -> Step:
    """Record that a member consents to one act, which somebody proposes afterwards. Args: *signature*: a line over `consent_text`."""
    if kind not in CONSENTED_KINDS or protected(union, kind, body, at_us=at_us) != member:
        return refused(refusal("consent_unusable", member or "(nobody)", found=f"{kind}, which needs no consent of {member or 'nobody'}"))
    if union.consents.has(member, kind, body):
        return Step(is_done=True, told=f"{member} consented to it before, and it was not done since; nothing was done.")
    turn = union.consents.turns.get(member, 0) + 1
    text = consent_text(log, member, turn, kind, body)
    key = next((each for each in keys_of_member(union, member, at_us=at_us) if _is_signed(each, text, signature)), "")
    if not key:
        return refused(refusal("consent_unusable", member, found="a signature of another key, or over something else"))
    told = {"member": member, "kind": kind, "body": dict(body), "turn": turn, "key": key, "signature": signature, "log": log}
    return Step(wanted=Wanted("consented", told))


def _is_signed(key: str, text: bytes, line: str) -> bool:
    try:
        return bool(opened(text.decode() + "\n" + line + "\n", [Verifier.of_text(key)]))
    except CallerFault:
        return False


def refusals_of_consent(union: Union, act: Wanted, *, by: str, log: str, at_us: int) -> tuple[Refusal, ...]:
    """Why an act may not be proposed or done without the consent of a member, or a consent not be recorded; nothing for other acts."""
    if act.kind == "consented":
        step = _again(union, act, by=by, log=log, at_us=at_us)
        return step.refusals or (
            () if step.wanted == act else (refusal("consent_unusable", "consented", found=step.told or "another body"),)
        )
    member = protected(union, act.kind, act.body, at_us=at_us)
    if not member or union.consents.has(member, act.kind, act.body):
        return ()
    return (refusal("consent_missing", member, found=f"{act.kind} without the consent of {member}"),)


def _again(union: Union, act: Wanted, *, by: str, log: str, at_us: int) -> Step:
    names = ("member", "kind", "body", "signature")
    if any(name not in act.body for name in names):
        return refused(refusal("consent_unusable", "consented", found="a body without " + ", ".join(names)))
    member, kind, body, signature = (act.body[name] for name in names)
    return consenting(union, by, member, kind=kind, body=body, signature=signature, log=log, at_us=at_us)


def unconsented(union: Union, act: Act) -> Iterator[str]:
    """What is wrong with one act of a history: a consent that its signature does not give, or a change without one.

    Args: *union* before the act. A change is held against the union as it stood when it was proposed and when it is done.
    """
    if act.kind == "consented":
        step = _again(union, Wanted(act.kind, act.body), by=act.by, log=str(act.body.get("log", "")), at_us=act.at_us)
        if step.wanted is None or dict(step.wanted.body) != dict(act.body):
            yield "a consent that is not signed by the member"
    elif act.kind in CONSENTED_KINDS and union.consents.is_asked:
        member = protected(union, act.kind, act.body, at_us=act.at_us)
        if member and not union.consents.has(member, act.kind, act.body):
            yield f"{act.kind} without the consent of {member}"
