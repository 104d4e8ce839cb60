"""Proposals in a union that goes on: which of them can still be approved, and which were approved in part.

A step is reckoned when it is proposed, and done when it is approved. What it was reckoned from must still stand then.
"""

from __future__ import annotations

from rescounter.approvals.approvals import Proposal
from rescounter.cycle.coming_in import booked_since
from rescounter.cycle.office import Office, Wanted, refusal
from rescounter.cycle.perform import batch_wanted
from rescounter.cycle.union import Union
from rescounter.insurance.outdated import PROPOSED_KINDS, has_moved, is_outdated
from rescounter.terms import Refusal

__all__ = ["refusals_to_approve", "refusals_to_refuse", "waiting"]


def waiting(union: Union, *, at_us: int) -> tuple[Proposal, ...]:
    """What waits for a decision and can still be approved, the oldest first."""
    return tuple(each for each in union.approvals.pending(at_us) if not _is_outdated(union, each))


def refusals_to_approve(union: Union, proposal: Proposal) -> tuple[Refusal, ...]:
    """Why a proposal cannot be approved any more, or nothing."""
    if not _is_outdated(union, proposal):
        return ()
    return (refusal("proposal_outdated", str(proposal.number), found=f"{proposal.kind}, proposed in act {proposal.number}"),)


def refusals_to_refuse(union: Union, proposal: Proposal, office: Office) -> tuple[Refusal, ...]:
    """Why a proposal cannot be refused: it was approved, and only the act is missing to what stands in the ledger."""
    if _is_outdated(union, proposal):
        return ()
    batch = batch_wanted(union, Wanted(proposal.kind, proposal.body), office)
    if batch is None or not office.is_posted(batch.key):
        return ()
    return (refusal("approval_begun", str(proposal.number), found=f"the posting {batch.key}"),)


def _is_outdated(union: Union, proposal: Proposal) -> bool:
    """True where the cycle went on since, something was disputed before the set was frozen, another cycle was opened, another version of
    the rulebook came, the insurance pool went on of which something is in the cycle, or the same money was booked, given, sent or paid
    back.
    """
    body, number = proposal.body, proposal.number
    match proposal.kind:
        case "paid_in":
            return booked_since(union, number) or any(
                act.number > number for cycle in union.cycles.values() for act in cycle.all("paid_in")
            )
        case "rulebook_changed":
            return union.rulebook.versions[-1].act > number
        case "cycle_opened":
            return any(cycle.opened.number > number for cycle in union.cycles.values())
        case "assigned" | "returned":
            return body["reference"] in union.resolved
        case "repaid":
            return body["reference"] in union.repaid
        case "capital_moved":
            return body["reference"] in union.capital
        case "collateral_pledged" | "collateral_released":
            return body["reference"] in union.pledges.moved
        case "dealt":
            return body["reference"] in union.dealt
        case "swap_drawn":
            return body["reference"] in union.swaps.by_reference
        case "swap_repaid":
            return bool(union.swaps.by_reference[body["reference"]].repaid)
        case "default_ended":
            default = union.guarantee.default_of(body["code"])
            return default is None or default.act != body["default"] or bool(default.ended)
        case "fund_contributed" | "fund_returned" | "guarantee_paid_in":
            return body["reference"] in union.guarantee.moved
        case "assessment_paid" | "recovered" | "loss_borne":
            return union.guarantee.number > number
    if proposal.kind in PROPOSED_KINDS:
        return is_outdated(union.pool, proposal.kind, body, number) or body.get("reference") in union.resolved
    if proposal.kind in ("cut_off", "corrected") and any(case.acts[0].number > number for case in union.disputes.cases.values()):
        return True
    cycle = union.cycles.get(body.get("cycle", ""))
    if proposal.kind in ("cut_off", "closed") and cycle is not None and union.rules_of(cycle).pool.member and has_moved(union.pool, number):
        return True
    return cycle is not None and any(act.number > number and act.kind != "paid_in" for act in cycle.acts)
