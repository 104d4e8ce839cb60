"""The sections that come first: the position of each currency, what is paid, and the circuits of the set-off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from rescounter.statements.facts import PAID_IN, Call, StatementFacts
from rescounter.statements.figures import unit
from rescounter.statements.section import Column, Line, Row, Section, Table
from rescounter.statements.totals import Totals
from rescounter.terms.money import Money

__all__ = ["payment", "positions", "set_off"]

_CIRCUITS_MAX: Final = 100
_ROUTE_MAX: Final = 24


def positions(facts: StatementFacts, totals: Sequence[Totals]) -> Iterator[Section]:
    """For each currency a table that adds up: owed, less set off, less replaced, is open."""
    for each in totals:
        rows: list[tuple[str, int, int]] = [
            ("Owed", each.owes_minor, each.is_owed_minor),
            ("Set off", -each.cleared_debts_minor, -each.cleared_claims_minor),
        ]
        if each.replaced_debts_minor or each.replaced_claims_minor:
            rows.append(("Replaced by the net position", -each.replaced_debts_minor, -each.replaced_claims_minor))
        last = ("Still open between members", each.open_debts_minor, each.open_claims_minor)
        several = len(totals) > 1 and unit(each.currency)
        yield Section(
            name="position",
            title=f"Position, {each.currency}" if several else "Position",
            words=_of_excluded(each),
            table=Table(
                columns=(Column(""), Column("As debtor", "money"), Column("As creditor", "money"), Column("Net", "money")),
                rows=tuple(_position_row(row, each.currency) for row in rows),
                totals=(_position_row(last, each.currency),),
            ),
        )


def _position_row(row: tuple[str, int, int], currency: str) -> Row:
    words, debtor, creditor = row
    return (words, *(Money(minor, currency) for minor in (debtor, creditor, creditor - debtor)))


def _of_excluded(totals: Totals) -> str:
    if totals.excluded_debts_minor or totals.excluded_claims_minor:
        return "What was kept out of the cycle is still open in full; the items say why."
    return ""


def payment(facts: StatementFacts) -> Section | None:
    """What is paid in or out, by when, what came, what is missing."""
    lines = [line for call in facts.calls for line in _call_lines(facts, call)]
    if facts.settles_by:
        lines.append(Line("Settled through", facts.settles_by, "what is owed to the union or by it is part of that member's position"))
    if not lines and not facts.payments:
        return None
    rows: list[Row] = [
        (
            each.at.day,
            "paid in" if each.direction == PAID_IN else "paid out",
            Money(each.amount_minor, each.currency),
            each.reference,
        )
        for each in sorted(facts.payments, key=lambda each: (each.at.at_us, each.currency, each.reference))
    ]
    columns = (Column("Booked", "date"), Column("Payment"), Column("Amount", "money"), Column("Reference"))
    return Section(
        name="payment",
        title="Payment",
        lines=tuple(lines),
        table=Table(columns=columns, rows=tuple(rows)) if rows else None,
    )


def _call_lines(facts: StatementFacts, call: Call) -> Iterator[Line]:
    def money(minor: int) -> Money:
        return Money(minor, call.currency)

    zone = facts.union.zone
    towards = {-1: "owed to the union", 0: "nothing either way", 1: "owed by the union"}
    if call.position_minor or call.in_money_minor is None:
        yield Line("Net position", money(call.position_minor), towards[int(np.sign(call.position_minor))])
    if call.through_minor:
        yield Line("Of it for others", money(call.through_minor), "members that settle through it")
    if call.in_money_minor is not None:
        yield Line("Settled in money", money(call.in_money_minor), towards[int(np.sign(call.in_money_minor))])
    if call.pay_in_minor:
        yield Line("To pay in", money(call.pay_in_minor), f"by {call.due.told} ({zone})" if call.due else "")
        if call.account:
            yield Line("To account", call.account, is_exact=True)
        if call.reference:
            yield Line("With reference", call.reference, is_exact=True)
        yield Line("Paid in so far", money(call.paid_minor))
        if call.missing_minor:
            yield Line("Missing", money(call.missing_minor))
    if call.pay_out_minor:
        yield Line("To be paid out", money(call.pay_out_minor), f"on {call.pay_out_at.told} ({zone})" if call.pay_out_at else "")
    if call.from_account_minor:
        covers = "money of policy years that was held for it" if facts.stands_for_pool else "paid in before, or within its net debit cap"
        yield Line("From its account", money(call.from_account_minor), covers)
    if call.to_account_minor:
        stays = "for the policy years whose calls it pays" if facts.stands_for_pool else "which it may use in later cycles"
        yield Line("To its account", money(call.to_account_minor), stays)


def set_off(facts: StatementFacts) -> Section | None:
    """The circuits through the member: who, in which order, how much; the largest first."""
    found = sorted(_circuits(facts), key=lambda each: (each[0], -each[2], each[1]))
    if not found and facts.are_circuits_untold:
        words = "The cycle is too large to keep its circuits. They are told on demand, the same for everybody: "
        return Section(
            name="circuits",
            title="How it was set off",
            words=words + f"rescounter cycle export, then rescounter explain --member {facts.member}.",
        )
    if not found:
        return None
    rows: list[Row] = [(number, _route(route), Money(minor, currency)) for currency, number, minor, route in found[:_CIRCUITS_MAX]]
    left_out = facts.circuits_left_out + len(found) - len(rows)
    return Section(
        name="circuits",
        title="How it was set off",
        words="Each line is a closed circuit of debts: the same amount is discharged on every step, and no money moves.",
        table=Table(
            columns=(Column("No.", "count"), Column("Who owed whom, in order"), Column("Set off", "money")),
            rows=tuple(rows),
            left_out=left_out,
            file="circuits",
        ),
    )


def _circuits(facts: StatementFacts) -> Iterator[tuple[str, int, int, list[str]]]:
    """Currency, number, amount and members of each circuit, beginning with the member where it is closed."""
    steps: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for row in facts.circuits.to_pylist():
        steps.setdefault((row["currency"], row["circuit"]), []).append(row)
    for (currency, number), own in steps.items():
        own = sorted(own, key=lambda row: row["step"])
        route = [row["debtor"] for row in own]
        if own[-1]["creditor"] == route[0] and facts.member in route:
            place = route.index(facts.member)
            route = [*route[place:], *route[:place]]
            route.append(route[0])
        else:
            route.append(own[-1]["creditor"])
        yield currency, number, own[0]["amount_minor"], route


def _route(members: Sequence[str]) -> str:
    if len(members) > _ROUTE_MAX:
        members = [*members[: _ROUTE_MAX - 2], f"{len(members) - _ROUTE_MAX + 1} more", members[-1]]
    return " → ".join(members)
