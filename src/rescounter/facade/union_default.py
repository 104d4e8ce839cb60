"""A default in a union: what is asked of the desk, the facts of its page, and drills, which post and record nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rescounter.cycle.contributing import required_share
from rescounter.cycle.defaulting import Reckoned, at_risk, reckoned
from rescounter.cycle.ending import recoveries_end_us, unborne
from rescounter.cycle.in_default import waits_for_settlement
from rescounter.cycle.resources import balances_of, largest_losses, own_balances
from rescounter.cycle.union import Union
from rescounter.facade.union import Desk
from rescounter.facade.union_notes import note_of
from rescounter.formats.folder import new_folder
from rescounter.guarantee.at_risk import AtRisk
from rescounter.guarantee.defaults import Default, Loss
from rescounter.guarantee.layers import Layer, standing_behind
from rescounter.guarantee.reading import layers_of
from rescounter.guarantee.states import State
from rescounter.guarantee.waterfall import Borne
from rescounter.settlement.accounts import FUND, GUARANTEE, LOSSES, account_name
from rescounter.statements.default_facts import DefaultFacts, LayerTold, LossTold, PayerTold
from rescounter.statements.default_page import default_html, default_text
from rescounter.statements.default_picture import LABELS
from rescounter.statements.moments import moment
from rescounter.statements.section import Column, Row, Section, Table
from rescounter.terms import CallerFault, Exponents
from rescounter.terms.currencies import all_currencies
from rescounter.terms.money import Money
from rescounter.terms.names import FUND_NAME

__all__ = [
    "at_risk_section",
    "borne_facts",
    "currencies_of",
    "drill",
    "drill_body",
    "ends_of",
    "exponents_of",
    "fund_of",
    "most_at_risk_of",
    "text_of",
    "write_default",
]

_ACCOUNTS: Final = {
    "cash": "Cash, paid in and not used",
    "credit": "Credit",
    "interest": "Interest",
    "charges": "Charges",
    "fees": "Fees",
    "assessments": "Calls of the guarantee",
}


def exponents_of(union: Union, at_us: int) -> Exponents:
    """Digits of currencies by the rules in force."""
    return Exponents(dict(union.rules(at_us).union.exponents))


def currencies_of(desk: Desk) -> tuple[str, ...]:
    """Currencies in which the union has accounts: those of its rulebook, else those of the accounts that are open."""
    named = desk.union.rules(desk.at_us).union.currencies
    if named:
        return tuple(named)
    known = set(all_currencies()) | set(desk.union.rules(desk.at_us).union.exponents)
    return tuple(sorted({name.rsplit("/", 1)[1] for name in desk.office.balances().values("id")} & known))


def drill(desk: Desk, member: str, *, supposed: Mapping[str, int] | None = None, is_worst: bool = False) -> DefaultFacts:
    """What would happen if *member* were in default now: the very reckoning of `cycle.defaulting`, without an act or a posting.

    Args: *supposed*: losses by currency in place of what the accounts say. *is_worst*: the largest loss that it can leave, its net debit
    cap used up. Raises: CallerFault ``member_unknown``.
    """
    _known(desk, member)
    found = []
    for currency in currencies_of(desk):
        loss = (supposed or {}).get(currency)
        if loss is None and is_worst:
            loss = largest_losses(desk.union, desk.office, currency, at_us=desk.at_us).get(member, 0)
        if loss is None and supposed:
            continue
        one = reckoned(desk.union, desk.office, member, currency, at_us=desk.at_us, loss_minor=loss)
        if one.taken.loss_minor:
            found.append(_told(desk, one, is_supposed=loss is not None))
    waits = waits_for_settlement(desk.union, desk.office, member)
    return _facts(desk, member, tuple(found), is_drill=True, pending=() if waits is None else (waits.code,))


def drill_body(desk: Desk, facts: DefaultFacts) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "member": facts.member,
        "drill": facts.is_drill,
        "at_us": desk.at_us,
        "after_act": desk.union.number,
        "pending": list(facts.pending),
        "losses": [_loss_body(each) for each in facts.losses],
    }


def text_of(facts: DefaultFacts, width: int = 100) -> str:
    """For a terminal."""
    return default_text(facts, width)


def write_default(desk: Desk, facts: DefaultFacts, target: Path, *, force: bool) -> None:
    """Page, JSON and text in a folder, complete or not there at all."""
    body = {"format": "rescounter-default/1", **drill_body(desk, facts)}
    with new_folder(target, force=force) as folder:
        (folder / "default.html").write_text(default_html(facts), encoding="utf-8")
        (folder / "default.json").write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (folder / "default.txt").write_text(default_text(facts), encoding="utf-8")


def borne_facts(desk: Desk, member: str) -> DefaultFacts:
    """What was borne of a member in default, with what came back. Raises: CallerFault ``member_unknown``."""
    _known(desk, member)
    losses = tuple(_borne(desk, each) for each in desk.union.guarantee.losses if each.member == member)
    return _facts(desk, member, losses, is_drill=False)


def most_at_risk_of(desk: Desk, member: str) -> dict[str, AtRisk]:
    """By currency, the most that *member* can lose by the default of one other; currencies without any risk are left out."""
    _known(desk, member)
    if not desk.union.rules(desk.at_us).guarantee.layers:
        return {}
    found = {each: at_risk(desk.union, desk.office, member, each, at_us=desk.at_us) for each in currencies_of(desk)}
    return {currency: risk for currency, risk in found.items() if risk.total_minor}


def at_risk_section(desk: Desk, member: str) -> Section | None:
    """What a statement tells of the guarantee: the most that the member can lose, and its open calls; None without a waterfall."""
    if not desk.union.rules(desk.at_us).guarantee.layers:
        return None
    rows: list[Row] = []
    for currency, risk in most_at_risk_of(desk, member).items():
        rows += [(LABELS[kind.value], f"if {risk.defaulter} fails", Money(amount, currency)) for _, kind, amount in risk.layers]
        rows.append(("All of it, at the most", f"if {risk.defaulter} fails", Money(risk.total_minor, currency)))
    for call in desk.union.guarantee.calls:
        if call.member == member and call.open_minor:
            late = ", late" if call.is_late(desk.at_us) else ""
            due = moment(call.due_at_us, desk.union.rules(desk.at_us).union.zone).told
            rows.append((f"Called and not paid, due {due}{late}", f"loss of act {call.loss}", Money(call.open_minor, call.currency)))
    return Section(
        name="guarantee",
        title="Guarantee",
        words="The most that this member can lose by the default of one other member, as things stand, and what was called."
        if rows
        else "As things stand this member can lose nothing by the default of one other member.",
        table=Table(columns=(Column("Layer"), Column("When"), Column("At most", "money")), rows=tuple(rows)) if rows else None,
    )


def _known(desk: Desk, member: str) -> None:
    if desk.union.register.member(member) is None:
        raise CallerFault("member_unknown", f"{member} is no member of this union")


def _facts(desk: Desk, member: str, losses: Sequence[LossTold], *, is_drill: bool, pending: tuple[str, ...] = ()) -> DefaultFacts:
    rules, known = desk.union.rules(desk.at_us), desk.union.register.member(member)
    default = desk.union.guarantee.default_of(member)
    return DefaultFacts(
        union=note_of(desk),
        member=member,
        member_name="" if known is None else known.name,
        at=moment(desk.at_us, rules.union.zone).told,
        is_drill=is_drill,
        reason="" if default is None else default.reason,
        losses=tuple(losses),
        pending=pending,
    )


def _told(desk: Desk, found: Reckoned, *, is_supposed: bool) -> LossTold:
    layers = layers_of(desk.union.rules(desk.at_us).guarantee, found.currency)
    stands = [_stands(layer, found) for layer in layers]
    own = own_balances(desk.office, found.member, found.currency)
    owed = (("Loss that is supposed", found.taken.loss_minor),) if is_supposed else tuple(_owed(own))
    return _loss(desk, found.currency, found.borne, stands, owed, is_supposed=is_supposed)


def _stands(layer: Layer, found: Reckoned) -> int | None:
    shares = standing_behind(layer, found.resources, found.member)
    caps = [share.cap_minor for share in shares if share.cap_minor is not None]
    if len(caps) < len(shares):
        return layer.limit_minor
    return sum(caps) if layer.limit_minor is None else min(sum(caps), layer.limit_minor)


def _owed(own: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """What of each account makes up the loss; what it has is used up to what it owes."""
    left = sum(-balance for balance in own.values() if balance < 0)
    for purpose, balance in own.items():
        used = min(left, balance) if balance > 0 else balance
        left -= max(0, used)
        if used:
            yield _ACCOUNTS[purpose], -used


def _borne(desk: Desk, loss: Loss) -> LossTold:
    """A loss that was borne, of its act."""
    borne = loss.out.borne
    back = {step.number: step.amount_minor - loss.out.by_step.get(step.number, 0) for step in borne.steps}
    numbers = sorted({step.layer for step in borne.steps})
    kinds = {step.layer: step.kind.value for step in borne.steps}
    layers = tuple(
        LayerTold(number=number, kind=kinds[number], stands_minor=None, payers=_payers(borne, number, back)) for number in numbers
    )
    return LossTold(
        currency=loss.currency,
        exponent=exponents_of(desk.union, desk.at_us).of(loss.currency) or 0,
        loss_minor=borne.loss_minor,
        owed=(),
        layers=layers,
        unallocated_minor=borne.unallocated_minor,
    )


def _loss(
    desk: Desk, currency: str, borne: Borne, stands: Sequence[int | None], owed: tuple[tuple[str, int], ...], *, is_supposed: bool
) -> LossTold:
    kinds = [layer.kind.value for layer in layers_of(desk.union.rules(desk.at_us).guarantee, currency)]
    layers = tuple(
        LayerTold(number=number, kind=kind, stands_minor=behind, payers=_payers(borne, number, {}))
        for number, (kind, behind) in enumerate(zip(kinds, stands, strict=True), start=1)
    )
    return LossTold(
        currency=currency,
        exponent=exponents_of(desk.union, desk.at_us).of(currency) or 0,
        loss_minor=borne.loss_minor,
        owed=owed,
        layers=layers,
        unallocated_minor=borne.unallocated_minor,
        is_supposed=is_supposed,
    )


def _payers(borne: Borne, layer: int, back: Mapping[int, int]) -> tuple[PayerTold, ...]:
    return tuple(
        PayerTold(
            number=step.number,
            payer=step.payer,
            amount_minor=step.amount_minor,
            reason=step.reason,
            returned_minor=back.get(step.number, 0),
        )
        for step in borne.steps
        if step.layer == layer
    )


def _loss_body(loss: LossTold) -> dict[str, Any]:
    return {
        "currency": loss.currency,
        "loss_minor": loss.loss_minor,
        "supposed": loss.is_supposed,
        "unallocated_minor": loss.unallocated_minor,
        "layers": [
            {"layer": each.number, "kind": each.kind, "stands_minor": each.stands_minor, "bears_minor": each.bears_minor}
            for each in loss.layers
        ],
        "steps": [
            {
                "number": step.number,
                "layer": layer.number,
                "kind": layer.kind,
                "payer": step.payer,
                "amount_minor": step.amount_minor,
                "returned_minor": step.returned_minor,
                "reason": step.reason,
            }
            for layer in loss.layers
            for step in layer.payers
        ],
    }


def ends_of(desk: Desk, default: Default) -> dict[str, Any]:
    """Where a default stands, by which act it ended (0: it lasts), and what is to be done next, in words."""
    union, member = desk.union, default.member
    state = union.guarantee.state_of(default)
    told = {"state": state.value, "ended": default.ended}
    if default.ended:
        return {**told, "next": ""}
    waits = waits_for_settlement(union, desk.office, member)
    if waits is not None:
        return {**told, "next": f"cycle {waits.code} is {waits.state.value}; settle it, then rescounter default bear {member}"}
    if unborne(union, desk.office, member):
        return {**told, "next": f"rescounter default bear {member}"}
    if state is not State.BORNE:
        return {**told, "next": f"it owes nothing: rescounter default end {member} --reinstated, or --closed"}
    ends_us = recoveries_end_us(union, member, at_us=desk.at_us)
    day = moment(ends_us, union.rules(desk.at_us).union.zone).told
    when = "now" if desk.at_us >= ends_us else f"from {day} on"
    return {**told, "next": f"rescounter default recover {member}, as money comes back; {when} rescounter default end {member} --closed"}


def fund_of(desk: Desk) -> dict[str, Any]:
    """Fund shares by member and currency (required, there, missing), and by currency the capital and what nobody bears."""
    shares, union = [], []
    for currency in currencies_of(desk):
        members = [each.code for each in desk.union.register.members]
        names = {account_name(member, FUND, currency): member for member in members}
        has = balances_of(desk.office, names)
        for name, member in names.items():
            required = required_share(desk.union, member, currency, desk.at_us)
            if required or has[name]:
                missing = max(0, required - has[name])
                told = {"required_minor": required, "there_minor": has[name], "missing_minor": missing}
                shares.append({"member": member, "currency": currency, **told})
        own = {purpose: account_name(FUND_NAME, purpose, currency) for purpose in (GUARANTEE, LOSSES)}
        there = balances_of(desk.office, own.values())
        union.append({"currency": currency, "capital_minor": there[own[GUARANTEE]], "losses_minor": -there[own[LOSSES]]})
    return {"shares": shares, "union": [each for each in union if each["capital_minor"] or each["losses_minor"]]}
