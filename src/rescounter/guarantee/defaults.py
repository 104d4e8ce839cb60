"""Defaults, losses, calls and recoveries of a union: the fold of its acts.

`Guarantee.after` folds one act and passes over kinds that it does not know. Balances of the fund are the ledger's; what stands here is
who is in default, how each loss was borne and what of it is still out, which calls are open, and which references were used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from rescounter.guarantee.layers import Kind
from rescounter.guarantee.recoveries import Outstanding, Repayment, outstanding, recover
from rescounter.guarantee.states import CLOSED, State, leads
from rescounter.guarantee.waterfall import Borne, Step
from rescounter.terms import holds
from rescounter.terms.acts import Act

__all__ = ["CALLED_KINDS", "Called", "Default", "Guarantee", "Loss", "Recovery", "Repaid", "borne_of", "recovery_of", "step_body"]

_DAY_US: Final = 86_400_000_000
CALLED_KINDS: Final = frozenset({Kind.ASSESSMENT_CALLS, Kind.RESIDUAL, Kind.CREDITORS})
"""Layers that stand on no money that lies there: their shares are called, and paid later."""
_OF_A_DEFAULT: Final = ("loss_borne", "recovered", "default_ended")
_MOVEMENTS: Final = ("fund_contributed", "fund_returned", "guarantee_paid_in", "assessment_paid", "recovered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """*member* is in default since the act *act*; *ended*: by which act it ended, with which *outcome* (`guarantee.states`)."""

    member: str
    act: int
    at_us: int
    reason: str
    ended: int = 0
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A loss that was borne by the act *act*, and what of it is still *out*."""

    act: int
    at_us: int
    member: str
    currency: str
    out: Outstanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A call: *member* pays what step *step* of the loss *loss* (its act) laid on it, until *due_at_us*; *open_minor* is not paid yet."""

    loss: int
    step: int
    member: str
    currency: str
    amount_minor: int
    open_minor: int
    due_at_us: int

    def is_late(self, at_us: int) -> bool:
        """True where something is open when the call was due."""
        return bool(self.open_minor) and at_us >= self.due_at_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaid:
    """What a recovery gives back for a step of the loss *loss*. *to_call_minor*: of it, what only lowers a call that is still open."""

    loss: int
    repayment: Repayment
    to_call_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What comes back, to whom: the latest loss first, each from its last layer up. *unallocated*: by loss, to what nobody bore.

    *surplus_minor*: beyond all losses, the defaulter's. *losses*, *calls*: as they stand after it. Law: all parts are the recovery.
    """

    amount_minor: int
    repaid: tuple[Repaid, ...]
    unallocated: tuple[tuple[int, int], ...]
    surplus_minor: int
    losses: tuple[Loss, ...]
    calls: tuple[Called, ...]

    def __post_init__(self) -> None:
        parts = sum(each.repayment.amount_minor for each in self.repaid) + sum(amount for _, amount in self.unallocated)
        holds(parts + self.surplus_minor == self.amount_minor, "a_recovery_is_given_whole", amount=self.amount_minor)


@dataclass(frozen=True, slots=True)
class Guarantee:
    """Everything that was ever declared, borne, called and recovered. *moved*: movements of money by the reference that is used once.

    *defaults*: by member, those that last, and those that were closed: such a member stays out, and what is open of it stays the estate's.
    *over*: by member, the latest default that ended with its reinstatement.
    """

    defaults: Mapping[str, Default] = field(default_factory=lambda: MappingProxyType({}))
    over: Mapping[str, Default] = field(default_factory=lambda: MappingProxyType({}))
    losses: tuple[Loss, ...] = ()
    calls: tuple[Called, ...] = ()
    moved: Mapping[str, Act] = field(default_factory=lambda: MappingProxyType({}))
    credit_taken: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    """By member and currency, what losses filled up of its credit account; below zero = what they used of it."""
    number: int = 0
    """Of the last act that bore, called or gave back, or settled what was called; 0 where none did."""

    def losses_of(self, member: str, currency: str) -> tuple[Loss, ...]:
        """What was borne of a member in a currency, the oldest first."""
        return tuple(each for each in self.losses if (each.member, each.currency) == (member, currency))

    def default_of(self, member: str) -> Default | None:
        """The latest default of a member, also where it has ended; None where none was declared."""
        return self.defaults.get(member) or self.over.get(member)

    def state_of(self, default: Default) -> State:
        """Where a default stands."""
        if default.ended:
            return State(default.outcome)
        losses = [loss for loss in self.losses if loss.member == default.member and loss.act > default.act]
        if not losses:
            return State.DECLARED
        return State.BORNE if any(loss.out.total_minor for loss in losses) else State.REPAID

    def open_calls(self, member: str, currency: str) -> int:
        """What is called from a member and not paid, minor units >= 0."""
        return sum(each.open_minor for each in self.calls if (each.member, each.currency) == (member, currency))

    def after(self, act: Act) -> Guarantee:
        """The guarantee with one more act.

        Laws: a default is declared once and moves by its table of states, a reference is used once, no call is paid beyond what is open.
        """
        after = self._after(act)
        member = act.body["member" if act.kind in ("loss_borne", "recovered") else "code"] if act.kind in _OF_A_DEFAULT else ""
        before, then = self.default_of(member), after.default_of(member)
        if before is not None and then is not None:
            is_led = after.state_of(then) in leads(self.state_of(before), act.kind)
            holds(is_led, "a_default_moves_by_its_table", member=member, act=act.number)
        return after

    def _after(self, act: Act) -> Guarantee:
        match act.kind:
            case "default_declared":
                return self._with_default(act)
            case "loss_borne":
                return self._with_loss(act)
            case "assessment_paid":
                body = act.body
                calls = _paid(self.calls, body["member"], body["currency"], body["amount_minor"])
                return replace(self._with_moved(act), calls=calls, number=act.number)
            case "recovered":
                return self._with_recovery(act)
            case "settled" if act.body.get("assessments"):
                calls = self.calls
                for paid in act.body["assessments"]:
                    calls = _paid(calls, paid["member"], paid["currency"], paid["amount_minor"])
                return replace(self, calls=calls, number=act.number)
            case "default_ended":
                return self._with_end(act)
        return self._with_moved(act) if act.kind in _MOVEMENTS else self

    def _with_moved(self, act: Act) -> Guarantee:
        holds(act.body["reference"] not in self.moved, "a_reference_is_used_once", reference=act.body["reference"])
        return replace(self, moved=MappingProxyType({**self.moved, act.body["reference"]: act}))

    def _with_default(self, act: Act) -> Guarantee:
        member = act.body["code"]
        holds(member not in self.defaults, "a_default_is_declared_once", member=member)
        default = Default(member=member, act=act.number, at_us=act.at_us, reason=act.body["reason"])
        return replace(self, defaults=MappingProxyType({**self.defaults, member: default}))

    def _with_end(self, act: Act) -> Guarantee:
        member = act.body["code"]
        ended = replace(self.defaults[member], ended=act.number, outcome=act.body["outcome"])
        if act.body["outcome"] == CLOSED:
            return replace(self, defaults=MappingProxyType({**self.defaults, member: ended}))
        left = {code: default for code, default in self.defaults.items() if code != member}
        return replace(self, defaults=MappingProxyType(left), over=MappingProxyType({**self.over, member: ended}))

    def _with_loss(self, act: Act) -> Guarantee:
        body, member, currency = act.body, act.body["member"], act.body["currency"]
        holds(member in self.defaults, "only_who_is_in_default_leaves_a_loss", member=member)
        borne, due = borne_of(body), act.at_us + body["call_days"] * _DAY_US
        loss = Loss(act=act.number, at_us=act.at_us, member=member, currency=currency, out=outstanding(borne))
        called = (
            Called(
                loss=act.number,
                step=step.number,
                member=step.payer,
                currency=currency,
                amount_minor=step.amount_minor,
                open_minor=step.amount_minor,
                due_at_us=due,
            )
            for step in borne.steps
            if step.kind in CALLED_KINDS
        )
        before = _paid(self.calls, member, currency, max(0, body["taken"].get("assessments", 0)))
        credit = self.credit_taken.get((member, currency), 0) + body["taken"].get("credit", 0)
        taken = MappingProxyType({**self.credit_taken, (member, currency): credit}) if credit else self.credit_taken
        return replace(self, losses=(*self.losses, loss), calls=(*before, *called), credit_taken=taken, number=act.number)

    def _with_recovery(self, act: Act) -> Guarantee:
        body = act.body
        found = recovery_of(self, body["member"], body["currency"], body["amount_minor"])
        told = sum(each["amount_minor"] for each in body["repaid"])
        holds(told == sum(each.repayment.amount_minor for each in found.repaid), "a_recovery_is_what_was_recorded", act=act.number)
        return replace(self._with_moved(act), losses=found.losses, calls=found.calls, number=act.number)


def recovery_of(guarantee: Guarantee, member: str, currency: str, amount_minor: int) -> Recovery:
    """What *amount_minor* >= 0 that came back of *member* repays."""
    left, repaid, unallocated = amount_minor, list[Repaid](), list[tuple[int, int]]()
    changed, calls = dict[int, Loss](), list(guarantee.calls)
    for loss in reversed(guarantee.losses_of(member, currency)):
        found = recover(loss.out, left)
        left = found.surplus_minor
        unallocated += [(loss.act, found.to_unallocated_minor)] if found.to_unallocated_minor else []
        for each in found.repayments:
            place = next((place for place, call in enumerate(calls) if (call.loss, call.step) == (loss.act, each.step.number)), None)
            lowers = 0 if place is None else min(each.amount_minor, calls[place].open_minor)
            if place is not None:
                calls[place] = replace(calls[place], open_minor=calls[place].open_minor - lowers)
            repaid.append(Repaid(loss=loss.act, repayment=each, to_call_minor=lowers))
        changed[loss.act] = replace(loss, out=found.still_out)
    return Recovery(
        amount_minor=amount_minor,
        repaid=tuple(repaid),
        unallocated=tuple(unallocated),
        surplus_minor=left,
        losses=tuple(changed.get(loss.act, loss) for loss in guarantee.losses),
        calls=tuple(calls),
    )


def _paid(calls: Iterable[Called], member: str, currency: str, amount: int) -> tuple[Called, ...]:
    """The calls after a member paid *amount*, its oldest first. Law: it does not pay more than is open."""
    found, left = [], amount
    for call in calls:
        pays = min(left, call.open_minor) if (call.member, call.currency) == (member, currency) else 0
        found.append(replace(call, open_minor=call.open_minor - pays) if pays else call)
        left -= pays
    holds(left == 0, "no_call_is_paid_beyond_what_is_open", member=member, beyond=left)
    return tuple(found)


def step_body(step: Step) -> dict[str, Any]:
    """A step as plain data."""
    return {
        "number": step.number,
        "layer": step.layer,
        "kind": step.kind.value,
        "payer": step.payer,
        "amount_minor": step.amount_minor,
        "reason": step.reason,
    }


def borne_of(body: Mapping[str, Any]) -> Borne:
    """How a loss was borne, of the body of its act."""
    steps = tuple(Step(**{**each, "kind": Kind(each["kind"])}) for each in body["steps"])
    return Borne(defaulter=body["member"], loss_minor=body["loss_minor"], steps=steps, unallocated_minor=body["unallocated_minor"])
