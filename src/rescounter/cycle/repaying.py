"""Money that a member paid in and does not need: paid back when it asks for it, or when it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.union import Union
from rescounter.ledger import Batch
from rescounter.settlement.accounts import CASH, account_name
from rescounter.settlement.postings import repay_batch
from rescounter.terms import Refusal

__all__ = ["refusals_to_repay", "repaying", "repayment_of"]


def repaying(union: Union, office: Office, member: str, currency: str, amount_minor: int, *, reference: str, at_us: int) -> Step:
    """The act that pays *amount_minor* back to a member under a *reference* of the operator, which is used once.

    Refuses: more than stands on its cash; a net debit cap is credit, and credit is not paid out.
    """
    before = union.repaid.get(reference)
    what: dict[str, Any] = {"member": member, "currency": currency, "amount_minor": amount_minor, "reference": reference}
    if before is not None and all(before.body[name] == value for name, value in what.items()):
        return Step(is_done=True, told=f"{reference} was paid back before, in act {before.number}; nothing was done.")
    if before is not None:
        return refused(refusal("repayment_taken", reference, found=f"{reference} stands in act {before.number} with other content"))
    if union.register.member(member) is None:
        return refused(refusal("member_not_known", member, found=member))
    rules = union.rules(at_us)
    body = {**what, "rulebook": f"{rules.version}/{rules.digest[:19]}"}
    is_posted = amount_minor > 0 and office.is_posted(repayment_of(body).key)
    if not is_posted and (found := refusals_to_repay(union, body, office)):
        return refused(*found)
    return wanted("repaid", **body)


def refusals_to_repay(union: Union, body: Mapping[str, Any], office: Office) -> tuple[Refusal, ...]:
    """Why the money of such an act cannot leave: its member is in default, or it is not there.

    Asked again when it is approved, since a default takes it, and a cap would pay it on credit.
    """
    member, currency, amount = body["member"], body["currency"], body["amount_minor"]
    if member in union.guarantee.defaults:
        return (refusal("member_in_default", member, found=member),)
    has = sum(row.balance_minor - row.pending_debits for row in office.balances([account_name(member, CASH, currency)]).rows())
    if 0 < amount <= has:
        return ()
    found = f"{amount} asked for, {max(0, has)} there, in minor units of {currency}"
    return (refusal("cash_not_there", body["reference"], found=found),)


def repayment_of(body: Mapping[str, Any]) -> Batch:
    """The batch that moves the money of such an act."""
    return repay_batch(
        body["member"], body["currency"], body["amount_minor"], reference=body["reference"], rulebook_version=body["rulebook"]
    )
