"""A default from its declaration to the last recovery, and the most that each member can lose by one.

The loss is reckoned from what stands in the ledger; the batch that posts it is numbered under a key of its own. Where it was posted and
its act was not recorded, its effect is taken off again before anything is reckoned, so that the same step comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rescounter.cycle.coming_in import came_in
from rescounter.cycle.contributing import COMING_IN, done_before, rulebook_of
from rescounter.cycle.in_default import next_loss_key, refusals_while_begun, refusals_while_collected, waits_for_settlement
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.resources import largest_losses, own_balances, resources_of
from rescounter.cycle.union import Union
from rescounter.guarantee.at_risk import AtRisk, most_at_risk
from rescounter.guarantee.defaults import recovery_of, step_body
from rescounter.guarantee.layers import Resources
from rescounter.guarantee.losses import TakenOver, taken_over
from rescounter.guarantee.reading import layers_of
from rescounter.guarantee.waterfall import Borne, waterfall
from rescounter.ledger import Transfer
from rescounter.settlement.guarantee_postings import loss_key
from rescounter.terms import Refusal
from rescounter.terms.acts import canonical

__all__ = ["Reckoned", "at_risk", "bearing", "declaring", "reckoned", "recovering", "refusals_to_bear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """A loss of *member* in *currency*: what is taken over, how it is borne, and the *resources* that stand behind it."""

    member: str
    currency: str
    taken: TakenOver
    borne: Borne
    resources: Resources


def declaring(union: Union, member: str, reason: str) -> Step:
    """The act that declares *member* to be in default; declared before for the same reason, it says so."""
    before = union.guarantee.defaults.get(member)
    if before is not None and before.reason == reason:
        return Step(is_done=True, told=f"{member} is in default since act {before.act}; nothing was done.")
    return wanted("default_declared", code=member, reason=reason)


def reckoned(union: Union, office: Office, member: str, currency: str, *, at_us: int, loss_minor: int | None = None) -> Reckoned:
    """How the loss of *member* would be borne as things stand, whether it is in default or not. Nothing is kept or posted.

    Args: *loss_minor*: a loss that is supposed, in place of what the accounts say.
    """
    default = union.guarantee.defaults.get(member)
    before = union.number + 1 if default is None else default.act
    posted = () if default is None else office.posted(next_loss_key(union, member, currency))
    taken = _taken_of(posted) if posted else taken_over(own_balances(office, member, currency))
    if loss_minor is not None:
        taken = TakenOver(moved={"cash": loss_minor} if loss_minor else {}, loss_minor=loss_minor)
    behind = resources_of(union, office, currency, defaulters=(member,), before=before, at_us=at_us, without=posted)
    layers = layers_of(union.rules(at_us).guarantee, currency)
    borne = waterfall(member, taken.loss_minor, layers, behind)
    return Reckoned(member=member, currency=currency, taken=taken, borne=borne, resources=behind)


def bearing(union: Union, office: Office, member: str, currency: str, *, at_us: int) -> Step:
    """The act that has the loss of a member in default borne, layer after layer; all steps stand in it, and in one batch.

    Refuses: while a final cycle with a position of the member is not settled; where it owes nothing.
    """
    default = union.guarantee.defaults.get(member)
    if default is None:
        return refused(refusal("not_in_default", member, found=member))
    if default.ended:
        return refused(refusal("default_over", member, found=f"it was {default.outcome} in act {default.ended}"))
    if (cycle := waits_for_settlement(union, office, member)) is not None:
        return refused(refusal("default_still_open", member, found=f"cycle {cycle.code} is {cycle.state.value}"))
    found = reckoned(union, office, member, currency, at_us=at_us)
    before = union.guarantee.losses_of(member, currency)
    if not found.taken.loss_minor and before:
        return Step(is_done=True, told=f"The loss of {member} in {currency} was borne in act {before[-1].act}; nothing was done.")
    if not found.taken.loss_minor:
        return refused(refusal("no_loss", member, found=f"{member} owes nothing in {currency}"))
    rules = union.rules(at_us).guarantee
    return wanted(
        "loss_borne",
        member=member,
        currency=currency,
        default=default.act,
        turn=len(before) + 1,
        loss_minor=found.taken.loss_minor,
        taken=dict(found.taken.moved),
        layers=list(rules.layers),
        steps=[step_body(step) for step in found.borne.steps],
        unallocated_minor=found.borne.unallocated_minor,
        call_days=rules.call_days,
        rulebook=rulebook_of(union, at_us),
    )


def refusals_to_bear(union: Union, body: Mapping[str, Any], office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Why a loss cannot be borne as it was proposed: something that it was reckoned from is not so any more.

    Nothing where it was posted: then only its act is missing.
    """
    if office.is_posted(loss_key(body["default"], body["currency"], body["turn"])):
        return ()
    now = bearing(union, office, body["member"], body["currency"], at_us=at_us)
    if now.wanted is None:
        return now.refusals or (refusal("loss_changed", body["member"], found=now.told),)
    plain = {name: value for name, value in body.items() if name in now.wanted.body}
    if canonical(plain) == canonical(now.wanted.body):
        return ()
    found = f"{body['loss_minor']} proposed, {now.wanted.body['loss_minor']} now, in minor units of {body['currency']}, or other layers"
    return (refusal("loss_changed", body["member"], found=found),)


def recovering(union: Union, office: Office, member: str, currency: str, amount_minor: int, *, reference: str, at_us: int) -> Step:
    """The act that gives back what came back of a default, in reverse order of the layers; *reference* is used once."""
    what: dict[str, Any] = {"member": member, "currency": currency, "amount_minor": amount_minor, "reference": reference}
    if (done := done_before(union, "recovered", what)) is not None:
        return done
    if amount_minor <= 0:
        return refused(refusal("guarantee_amount_unusable", reference, found=str(amount_minor)))
    if found := refusals_while_begun(union, office, currency):
        return refused(*found)
    default = union.guarantee.default_of(member)
    if default is None or not any(loss.act > default.act for loss in union.guarantee.losses_of(member, currency)):
        return refused(refusal("nothing_borne", member, found=f"{member}, {currency}"))
    came, unusable = came_in(union, office, reference, currency, amount_minor, **COMING_IN)
    if unusable:
        return refused(*unusable)
    back = recovery_of(union.guarantee, member, currency, amount_minor)
    lowered = (each.repayment.step.payer for each in back.repaid if each.to_call_minor)
    if collected := refusals_while_collected(union, lowered, currency):
        return refused(*collected)
    repaid = [
        {
            "loss": each.loss,
            "step": each.repayment.step.number,
            "kind": each.repayment.step.kind.value,
            "payer": each.repayment.step.payer,
            "amount_minor": each.repayment.amount_minor,
            "to_call_minor": each.to_call_minor,
            "reason": each.repayment.reason,
        }
        for each in back.repaid
    ]
    return wanted(
        "recovered",
        **what,
        **came,
        repaid=repaid,
        unallocated=[{"loss": loss, "amount_minor": amount} for loss, amount in back.unallocated],
        surplus_minor=back.surplus_minor,
        rulebook=rulebook_of(union, at_us),
    )


def at_risk(union: Union, office: Office, member: str, currency: str, *, at_us: int) -> AtRisk:
    """The most that *member* can lose in *currency* by the default of one other member, as things stand.

    Law: while they stand so, no loss that is borne lays more on it.
    """
    losses = largest_losses(union, office, currency, at_us=at_us)
    layers = layers_of(union.rules(at_us).guarantee, currency)
    costliest = AtRisk(member=member, defaulter="", layers=())
    known = union.guarantee.defaults
    for group in (tuple(sorted(losses.keys() - known.keys())), *((each,) for each in sorted(losses.keys() & known.keys()))):
        before = known[group[0]].act if group and group[0] in known else union.number + 1
        behind = resources_of(union, office, currency, defaulters=group, before=before, at_us=at_us)
        found = most_at_risk(member, {each: losses[each] for each in group}, layers, behind)
        costliest = max(costliest, found, key=lambda each: each.total_minor)
    return costliest


def _taken_of(posted: Iterable[Transfer]) -> TakenOver:
    """What a loss took over that was posted: whatever came to the member's accounts since is not of it."""
    moved: dict[str, int] = {}
    for each in posted:
        if each.kind in ("taken_over", "own_means"):
            account, sign = (each.credit, 1) if each.kind == "taken_over" else (each.debit, -1)
            purpose = account.rsplit("/", 2)[1]
            moved[purpose] = moved.get(purpose, 0) + sign * each.amount_minor
    return TakenOver(moved=moved, loss_minor=sum(moved.values()))
