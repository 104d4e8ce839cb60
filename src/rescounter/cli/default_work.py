"""``rescounter default`` and ``fund`` at work: what is declared, borne, paid and given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import money, tell_done
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault, Exponents, parse_minor

if TYPE_CHECKING:
    from rescounter.facade.union import Desk, Done

__all__ = ["bear_loss", "declare_default", "end_default", "minor_of", "move"]

_SENTENCES: Final = {
    "fund_contributed": "{member} added {amount} to its share in the fund.",
    "fund_returned": "{member} has {amount} of its share in the fund back on its cash.",
    "guarantee_paid_in": "{amount} stand ahead of the members now.",
    "assessment_paid": "{member} paid {amount} of what was called.",
    "recovered": "{amount} that came back of {member} are given back; rescounter default show {member} tells to whom.",
}


def declare_default(call: Call, member: str, reason: str) -> None:
    """Declare a default."""
    from rescounter.cycle.defaulting import declaring

    with desk_of(call) as desk:
        done = desk.do(declaring(desk.union, member, reason), by=who(call, desk, "default_declared"))
        tell_done(
            call, desk, done, f"{member} is in default. Next: rescounter drill default {member}, then rescounter default bear {member}"
        )


def end_default(call: Call, member: str, reason: str, *, is_reinstated: bool, is_closed: bool) -> None:
    """End a default in one of two ways."""
    from rescounter.cycle.ending import ending
    from rescounter.guarantee.states import CLOSED, REINSTATED

    if is_reinstated == is_closed:
        raise CallerFault("option_invalid", "a default ends with --reinstated or with --closed, one of the two")
    with desk_of(call) as desk:
        by = who(call, desk, "default_ended")
        outcome = REINSTATED if is_reinstated else CLOSED
        done = desk.do(ending(desk.union, desk.office, member, outcome, reason, at_us=desk.at_us), by=by)
        did = "takes part again" if is_reinstated else "stays out, and its case is closed"
        tell_done(call, desk, done, f"The default of {member} has ended: it {did}.")


def bear_loss(call: Call, member: str, currency: str | None) -> None:
    """Have the losses of a member borne, a currency after the other; the first that is refused ends it."""
    from rescounter.cycle.defaulting import bearing
    from rescounter.facade.union_default import currencies_of

    with desk_of(call) as desk:
        by = who(call, desk, "loss_borne")
        chosen = [currency] if currency is not None else _with_losses(desk, member, currencies_of(desk))
        for place, each in enumerate(chosen):
            done = desk.do(bearing(desk.union, desk.office, member, each, at_us=desk.at_us), by=by)
            if place < len(chosen) - 1 and call.as_json and not done.is_refused:
                continue
            tell_done(call, desk, done, _borne(desk, done, member, each), member=member, currency=each)


def _with_losses(desk: Desk, member: str, currencies: tuple[str, ...]) -> list[str]:
    """Currencies in which there is a loss, else the first, which says why there is none."""
    from rescounter.cycle.resources import own_balances
    from rescounter.guarantee.losses import taken_over

    lost = [each for each in currencies if taken_over(own_balances(desk.office, member, each)).loss_minor]
    known = [each for each in currencies if desk.union.guarantee.losses_of(member, each)]
    return lost or known[:1] or list(currencies[:1])


def _borne(desk: Desk, done: Done, member: str, currency: str) -> str:
    """What was borne, in a sentence."""
    losses = desk.union.guarantee.losses_of(member, currency)
    if done.act is None or not losses:
        return ""
    borne, exponents = losses[-1].out.borne, _exponents(desk)
    left = f"; {money(borne.unallocated_minor, currency, exponents)} is borne by nobody" if borne.unallocated_minor else ""
    steps = f"{len(borne.steps)} steps" if len(borne.steps) != 1 else "1 step"
    loss = money(borne.loss_minor, currency, exponents)
    return f"The loss of {loss} that {member} leaves is borne in {steps}{left}. rescounter default show {member} tells them."


def move(call: Call, kind: str, member: str, currency: str, amount: str, reference: str) -> None:
    """Move money of the guarantee under a reference that is used once."""
    from rescounter.cycle import contributing, defaulting

    with desk_of(call) as desk:
        minor = minor_of(amount, currency, _exponents(desk))
        union, office, at_us = desk.union, desk.office, desk.at_us
        by = who(call, desk, kind)
        if kind == "guarantee_paid_in":
            step = contributing.paying_in_capital(union, office, currency, minor, reference=reference, at_us=at_us)
        else:
            steps = {
                "fund_contributed": contributing.contributing,
                "fund_returned": contributing.returning,
                "assessment_paid": contributing.paying_call,
                "recovered": defaulting.recovering,
            }
            step = steps[kind](union, office, member, currency, minor, reference=reference, at_us=at_us)
        told = money(minor, currency, _exponents(desk))
        tell_done(call, desk, desk.do(step, by=by), _SENTENCES[kind].format(member=member, amount=told), member=member, reference=reference)


def minor_of(amount: str, currency: str, exponents: Exponents) -> int:
    """Minor units of an amount as people write it. Raises: CallerFault ``option_invalid``."""
    digits = exponents.of(currency)
    if digits is None:
        raise CallerFault("option_invalid", f"{currency} is no currency of this union")
    try:
        return parse_minor(amount, digits)
    except ValueError as fault:
        raise CallerFault("option_invalid", f"the amount is wrong: {fault}") from fault


def _exponents(desk: Desk) -> Exponents:
    from rescounter.facade.union_default import exponents_of

    return exponents_of(desk.union, desk.at_us)
