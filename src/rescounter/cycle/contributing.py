"""What stands behind a default: contributions of members to the fund, the operator's capital, and calls that are paid.

Every movement has a reference of the operator, which is used once in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rescounter.cycle.coming_in import came_in, refusals_to_come_in
from rescounter.cycle.in_default import refusals_while_begun, refusals_while_collected
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.union import Union
from rescounter.membership.members import Standing
from rescounter.settlement.accounts import CASH, FUND, account_name
from rescounter.settlement.guarantee_postings import movement_key
from rescounter.terms import Refusal

__all__ = [
    "COMING_IN",
    "contributing",
    "done_before",
    "paying_call",
    "paying_in_capital",
    "refusals_to_move",
    "required_share",
    "returning",
    "rulebook_of",
]

COMING_IN: Final[Mapping[str, str]] = {"taken": "guarantee_reference_taken", "unusable": "guarantee_amount_unusable"}
"""Why money of the guarantee cannot come in, as codes of `coming_in`."""


def contributing(union: Union, office: Office, member: str, currency: str, amount_minor: int, *, reference: str, at_us: int) -> Step:
    """The act that adds to a member's fund share, from its cash. Refuses: more than stands on it, a net debit cap not counted."""
    return _moving(union, office, "fund_contributed", _body(member, currency, amount_minor, reference), at_us=at_us)


def returning(union: Union, office: Office, member: str, currency: str, amount_minor: int, *, reference: str, at_us: int) -> Step:
    """The act that gives a member part of its fund share back, to its cash. Refuses: what it must keep (`required_share`)."""
    return _moving(union, office, "fund_returned", _body(member, currency, amount_minor, reference), at_us=at_us)


def paying_call(union: Union, office: Office, member: str, currency: str, amount_minor: int, *, reference: str, at_us: int) -> Step:
    """The act that pays a member's calls from its cash, the oldest first. Refuses: more than is open, or than it has."""
    return _moving(union, office, "assessment_paid", _body(member, currency, amount_minor, reference), at_us=at_us)


def paying_in_capital(union: Union, office: Office, currency: str, amount_minor: int, *, reference: str, at_us: int) -> Step:
    """The act that books capital of the operator, or of the union's fund, which came in on the settlement account."""
    body = {"currency": currency, "amount_minor": amount_minor, "reference": reference}
    if (done := done_before(union, "guarantee_paid_in", body)) is not None:
        return done
    came, found = came_in(union, office, reference, currency, amount_minor, **COMING_IN)
    return refused(*found) if found else _moving(union, office, "guarantee_paid_in", {**body, **came}, at_us=at_us)


def required_share(union: Union, member: str, currency: str, at_us: int) -> int:
    """What a member must keep in the fund: its limit ``fund_share``; nothing once it has left."""
    if union.register.standing_at(member, at_us) is Standing.LEFT:
        return 0
    return union.register.limit_of(member, currency, "fund_share", at_us) or 0


def rulebook_of(union: Union, at_us: int) -> str:
    """Version and digest of the rulebook under which something beside the cycles is posted."""
    rules = union.rules(at_us)
    return f"{rules.version}/{rules.digest[:19]}"


def done_before(union: Union, kind: str, body: Mapping[str, Any]) -> Step | None:
    """What to say where the reference of *body* was used: for the same, that it was done, else a refusal; None where it was not."""
    before = union.guarantee.moved.get(body["reference"])
    if before is None:
        return None
    if before.kind == kind and all(before.body.get(name) == value for name, value in body.items()):
        return Step(is_done=True, told=f"{body['reference']} was booked before, in act {before.number}; nothing was done.")
    return refused(refusal("guarantee_reference_taken", body["reference"], found=f"it stands in act {before.number} with other content"))


def refusals_to_move(union: Union, kind: str, body: Mapping[str, Any], office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Why money cannot be moved so as things stand; asked again when the act is approved. Nothing where it was posted already."""
    if office.is_posted(movement_key(kind, body["reference"])):
        return ()
    member, currency, amount = body.get("member", ""), body["currency"], body["amount_minor"]
    if member and union.register.member(member) is None:
        return (refusal("member_not_known", member, found=member),)
    if found := refusals_while_begun(union, office, currency):
        return found
    if member in union.guarantee.defaults:
        return (refusal("member_in_default", member, found=member),)
    if kind == "assessment_paid" and (found := refusals_while_collected(union, (member,), currency)):
        return found
    open_minor = union.guarantee.open_calls(member, currency)
    if kind == "assessment_paid" and (open_minor < amount or not open_minor):
        return (refusal("call_not_open", member, found=f"{amount} paid, {open_minor} open, in minor units of {currency}"),)
    if kind == "guarantee_paid_in" and (found := refusals_to_come_in(union, office, body, currency, amount, **COMING_IN)):
        return found
    purpose = FUND if kind == "fund_returned" else CASH
    has = amount if kind == "guarantee_paid_in" else _balance(office, account_name(member, purpose, currency))
    if not 0 < amount <= has:
        told = f"{amount} asked for, {max(0, has)} there, in minor units of {currency}"
        return (refusal("guarantee_amount_unusable", body["reference"], found=told),)
    required = required_share(union, member, currency, at_us) if kind == "fund_returned" else 0
    if kind == "fund_returned" and has - amount < required:
        told = f"{has - amount} would be left, in minor units of {currency}"
        return (refusal("fund_share_required", member, found=told, allowed=f"{max(0, has - required)} of its {has} may be taken back"),)
    return ()


def _moving(union: Union, office: Office, kind: str, body: dict[str, Any], *, at_us: int) -> Step:
    if (done := done_before(union, kind, body)) is not None:
        return done
    if found := refusals_to_move(union, kind, body, office, at_us=at_us):
        return refused(*found)
    return wanted(kind, **body, rulebook=rulebook_of(union, at_us))


def _body(member: str, currency: str, amount_minor: int, reference: str) -> dict[str, Any]:
    return {"member": member, "currency": currency, "amount_minor": amount_minor, "reference": reference}


def _balance(office: Office, account: str) -> int:
    return sum(row.balance_minor - row.pending_debits for row in office.balances([account]).rows())
