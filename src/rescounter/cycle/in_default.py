"""What a default changes in a cycle that is final and not settled: who is in default is late at once, and gets no credit.

What was set off stays, and what was earmarked is settled. Its open items are left out of later cut-offs by its standing (`membership`).
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from rescounter.cycle.exchanging import in_unit, to_settle
from rescounter.cycle.office import Office, refusal
from rescounter.cycle.reckoning import collected_purposes, is_on_the_scale, settled_before
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.settlement.accounts import CASH, account_name
from rescounter.settlement.collection import collected
from rescounter.settlement.credit import Key, standing_after
from rescounter.settlement.funding import LATE
from rescounter.settlement.guarantee_postings import loss_key
from rescounter.terms import Refusal, there
from rescounter.terms.acts import Act

__all__ = [
    "begun_loss",
    "defaulted_since",
    "next_loss_key",
    "refusals_while_begun",
    "refusals_while_collected",
    "waits_for_settlement",
    "with_defaulters",
]


def with_defaulters(union: Union, cycle: Cycle, office: Office, late: pa.Table | None, net: pa.Table) -> pa.Table | None:
    """*late* (`funding.LATE`) with everybody who is in default and has a position, as it would be paid; or dues, or credit, of which none
    is called from it.

    Args: *net* `calls.POSITIONS` of the final result. What a defaulter may use for its debts is its cash alone, no cap.
    Returns: the same where nobody of them is in default.
    """
    if not union.guarantee.defaults:
        return late
    rows = {} if late is None else {(row["currency"], row["member"]): row for row in late.to_pylist()}
    for row in to_settle(union, cycle, office, in_unit(union, cycle, office, net)).net.to_pylist():
        if row["member"] in union.guarantee.defaults and row["net_minor"]:
            paid = max(0, min(-row["net_minor"], _cash(office, row["member"], row["currency"])))
            rows[row["currency"], row["member"]] = {"currency": row["currency"], "member": row["member"], "paid_minor": paid}
    unit = union.rules_of(cycle).exchange.unit
    named = {(unit or currency, member) for currency, member in rows}
    for key in sorted(_owing_beside(union, cycle, office)):
        if key[1] in union.guarantee.defaults and key not in named:
            rows[key] = {"currency": key[0], "member": key[1], "paid_minor": 0}
    return pa.Table.from_pylist([rows[key] for key in sorted(rows)], schema=LATE) if rows else late


def defaulted_since(union: Union, cycle: Cycle, office: Office) -> bool:
    """True where the latest round of calls counts on a member that is in default: all are called anew."""
    called = cycle.last("called")
    if called is None or not union.guarantee.defaults:
        return False
    unit = union.rules_of(cycle).exchange.unit
    late = {(unit or row["currency"], row["member"]) for row in office.table(called.body["late"]).to_pylist()}
    counted = {(unit or currency, member) for currency, member in _counted_on(called, office) if member in union.guarantee.defaults}
    return not counted <= late


def _counted_on(called: Act, office: Office) -> set[Key]:
    """Currency and member of all that a round settles: in money, or as credit."""
    found = {(row["currency"], row["member"]) for row in office.table(called.body["net"]).to_pylist() if row["net_minor"]}
    scale = office.table(called.body["scale"]).to_pylist() if "scale" in called.body else []
    return found | {(row["currency"], row["member"]) for row in scale if row["credit_change_minor"]}


def _owing_beside(union: Union, cycle: Cycle, office: Office) -> set[Key]:
    """Currency and direct member of what is settled beside the obligations of a cycle: dues that are collected, and standing credit."""
    rules, final = union.rules_of(cycle), cycle.known("cleared")
    found = set(standing_after(settled_before(union, office, cycle))) if is_on_the_scale(rules) else set()
    if purposes := collected_purposes(rules):
        participants = union.register.participants(final.at_us)
        by = participants.select(["code", "settles_by"]).rename_columns(["member", "settles_by"])
        found |= {(row["currency"], row["settles_by"]) for row in collected(office.balances(), by, purposes=purposes).to_pylist()}
    unit = rules.exchange.unit
    return {key for key in found if not unit or key[0] == unit}


def waits_for_settlement(union: Union, office: Office, member: str) -> Cycle | None:
    """A cycle whose set-off is final, in which *member* has a position, credit or dues that are not settled; None where there is none."""
    for cycle in union.cycles.values():
        if cycle.state not in (State.FINAL, State.FUNDED) or not union.pays(cycle):
            continue
        called = cycle.last("called")
        if called is None:
            return cycle
        owed = office.table(called.body["owed"])["member"].to_pylist() if "owed" in called.body else []
        if member in owed or any(each == member for _, each in _counted_on(called, office)):
            return cycle
    return None


def next_loss_key(union: Union, member: str, currency: str) -> str:
    """The key under which the next loss of a member in default is posted."""
    default = there(union.guarantee.defaults.get(member), "only_who_is_in_default_leaves_a_loss", member=member)
    return loss_key(default.act, currency, len(union.guarantee.losses_of(member, currency)) + 1)


def begun_loss(union: Union, office: Office, currency: str) -> str:
    """The member whose loss in *currency* was posted while its act is missing; empty where there is none."""
    begun = (member for member in union.guarantee.defaults if office.is_posted(next_loss_key(union, member, currency)))
    return next(begun, "")


def refusals_while_begun(union: Union, office: Office, currency: str) -> tuple[Refusal, ...]:
    """Nothing of the guarantee moves in a currency while a loss in it was posted and its act is missing: it must come to the same."""
    member = begun_loss(union, office, currency)
    return (refusal("loss_begun", member, found=f"the loss of {member} in {currency}"),) if member else ()


def collecting_calls(union: Union, member: str, currency: str) -> Cycle | None:
    """The cycle that has called for the calls of the guarantee on a member and is not settled; None where none has."""
    for cycle in union.cycles.values():
        called = cycle.last("called") if cycle.state in (State.FINAL, State.FUNDED) else None
        if called is not None and any(
            (each["member"], each["currency"]) == (member, currency) for each in called.body.get("assessments", ())
        ):
            return cycle
    return None


def refusals_while_collected(union: Union, members: Iterable[str], currency: str) -> tuple[Refusal, ...]:
    """Why calls of the guarantee on *members* are not paid or lowered now: a cycle collects what was open when it called, never twice."""
    for member in dict.fromkeys(members):
        if (cycle := collecting_calls(union, member, currency)) is not None:
            return (refusal("call_collected", member, found=f"cycle {cycle.code} is {cycle.state.value}"),)
    return ()


def _cash(office: Office, member: str, currency: str) -> int:
    return sum(row.balance_minor for row in office.balances([account_name(member, CASH, currency)]).rows())
