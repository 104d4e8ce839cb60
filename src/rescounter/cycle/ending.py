"""A default ends: its member has paid everything and is reinstated, or stays expelled and the case is closed.

Nothing is posted. Whether it may end is read from the ledger: nothing of what the member owes is left unborne, no cycle that is final still
waits to be closed, and for a reinstatement all that others bore came back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rescounter.cycle.in_default import next_loss_key, waits_for_settlement
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.resources import own_balances
from rescounter.cycle.states import State as CycleState
from rescounter.cycle.union import Union
from rescounter.guarantee.defaults import Default
from rescounter.guarantee.losses import taken_over
from rescounter.guarantee.states import CLOSED, REINSTATED, State, leads
from rescounter.terms import Refusal

__all__ = ["ending", "recoveries_end_us", "refusals_to_end", "unborne"]

_DAY_US: Final = 86_400_000_000


def ending(union: Union, office: Office, member: str, outcome: str, reason: str, *, at_us: int) -> Step:
    """The act that ends the default of *member*. Args: *outcome* `REINSTATED` or `CLOSED`. Refuses: see `refusals_to_end`."""
    default = union.guarantee.default_of(member)
    if default is None:
        return refused(refusal("not_in_default", member, found=member))
    if default.ended and default.outcome == outcome:
        return Step(is_done=True, told=f"The default of {member} is {outcome} since act {default.ended}; nothing was done.")
    body: dict[str, Any] = {"code": member, "outcome": outcome, "reason": reason, "default": default.act}
    found = refusals_to_end(union, body, office, at_us=at_us)
    return refused(*found) if found else wanted("default_ended", **body)


def refusals_to_end(union: Union, body: Mapping[str, Any], office: Office, *, at_us: int) -> tuple[Refusal, ...]:
    """Why a default cannot end so as things stand; asked again when it is approved.

    Refuses: ``default_over``, ``default_still_open``, ``loss_begun``, ``default_not_borne``; to be reinstated ``default_not_repaid``,
    ``default_on_credit``; to be closed ``recoveries_open``.
    """
    member = body["code"]
    default = union.guarantee.default_of(member)
    if default is None or default.ended or default.act != body["default"]:
        return (refusal("default_over", member, found=f"the default of act {body['default']} has ended"),)
    found = (*_open(union, office, member), *_not_so(union, default, body["outcome"], at_us))
    return tuple(found)


def unborne(union: Union, office: Office, member: str) -> dict[str, int]:
    """By currency, what a member in default owes that nobody has borne, minor units > 0."""
    names = (name.rsplit("/", 2) for name in office.balances().values("id"))
    currencies = sorted({currency for owner, _, currency in names if owner == member})
    owed = {currency: taken_over(own_balances(office, member, currency)).loss_minor for currency in currencies}
    return {currency: amount for currency, amount in owed.items() if amount}


def recoveries_end_us(union: Union, member: str, *, at_us: int) -> int:
    """From when on the recoveries of a default count as closed: so many days after it was declared, last borne, or last repaid."""
    guarantee = union.guarantee
    default = guarantee.default_of(member)
    borne = [loss.at_us for loss in guarantee.losses if loss.member == member]
    back = [act.at_us for act in guarantee.moved.values() if act.kind == "recovered" and act.body["member"] == member]
    latest = max([*borne, *back, *([] if default is None else [default.at_us])], default=at_us)
    return latest + union.rules(at_us).guarantee.recovery_days * _DAY_US


def _open(union: Union, office: Office, member: str) -> Iterator[Refusal]:
    """What is not known or not borne yet."""
    cycle = waits_for_settlement(union, office, member)
    closing = (each for each in union.cycles.values() if each.state is CycleState.SETTLED)
    if cycle := cycle or next(closing, None):
        yield refusal("default_still_open", member, found=f"cycle {cycle.code} is {cycle.state.value}")
    owed = unborne(union, office, member)
    for currency in owed:
        if office.is_posted(next_loss_key(union, member, currency)):
            yield refusal("loss_begun", member, found=f"the loss of {member} in {currency}")
    if owed:
        told = ", ".join(f"{amount} in minor units of {currency}" for currency, amount in owed.items())
        yield refusal("default_not_borne", member, found=told)


def _not_so(union: Union, default: Default, outcome: str, at_us: int) -> Iterator[Refusal]:
    """Why it cannot end with this outcome."""
    guarantee, member = union.guarantee, default.member
    if State(outcome) in leads(guarantee.state_of(default), "default_ended"):
        pass
    elif outcome == REINSTATED:
        out = {loss.currency: loss.out.total_minor for loss in guarantee.losses if loss.member == member and loss.out.total_minor}
        told = ", ".join(f"{amount} in minor units of {currency}" for currency, amount in sorted(out.items()))
        yield refusal("default_not_repaid", member, found=f"{told} still out")
    if outcome == REINSTATED:
        if owed := [swap.reference for swap in union.swaps.open if swap.member == member and swap.is_overdue(at_us)]:
            yield refusal("default_not_repaid", member, found=f"swaps that are overdue: {', '.join(owed)}")
        if taken := [currency for (code, currency), amount in guarantee.credit_taken.items() if code == member and amount]:
            yield refusal("default_on_credit", member, found=f"credit in {', '.join(sorted(taken))}")
    is_out = guarantee.state_of(default) is State.BORNE
    if outcome == CLOSED and is_out and at_us < (ends := recoveries_end_us(union, member, at_us=at_us)):
        days = -((at_us - ends) // _DAY_US)
        yield refusal("recoveries_open", member, found=f"{days} days to go")
