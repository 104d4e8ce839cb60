"""From final set-off to settled: who is called, what came in, who is carried, and when all is covered.

The positions of a round are made of the final result alone and of who was late so far; set-off is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.coming_in import booked_beside
from rescounter.cycle.exchanging import late_in_every_currency
from rescounter.cycle.in_default import defaulted_since, with_defaulters
from rescounter.cycle.next_step import pays
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.pairing import calling_pairs, funding_pairs, is_of_pairs, standing_of_pairs
from rescounter.cycle.pool_member import pool_members
from rescounter.cycle.reckoning import below_floor, follows_on, projections, reckoned, told_in_call
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.membership.register import Register
from rescounter.rulebook.rules import Rules
from rescounter.settlement.accounts import CASH, CASH_TABLE, account_name, cash_of
from rescounter.settlement.calls import calls, positions, positions_are_those_of
from rescounter.settlement.funding import LATE, late_of, reconcile, standing
from rescounter.settlement.late import carry_late
from rescounter.settlement.postings import batch_key
from rescounter.terms import Refusal
from rescounter.terms.union_tables import CALLS, PAY_INS

__all__ = ["calling", "cash_in", "earlier_pay_ins", "funding", "paying_in", "settlers", "settling", "stands"]


_DAY_US: Final = 86_400_000_000


def settlers(register: Register, at_us: int) -> pa.Table:
    """Who settles for whom: *member*, *settles_by*."""
    participants = register.participants(at_us)
    return pa.table({"member": participants["code"], "settles_by": participants["settles_by"]})


def calling(union: Union, cycle: Cycle, office: Office, *, late: pa.Table | None = None, at_us: int) -> Step:
    """The calls of a round: of the first, or of the next without what *late* members (all of the cycle so far) cannot pay.

    Law: later rounds leave the set-off as it is; each has a late member more, or calls for what no call covered.
    """
    rules, final = union.rules_of(cycle), cycle.final
    if final is None or cycle.state is not State.FINAL:
        return refused(refusal("out_of_turn", cycle.code, found=f"cycle {cycle.code} is {cycle.state.value}"))
    if not pays(union, cycle):
        return refused(refusal("nothing_to_pay_in", cycle.code, found=f"settlement.kind {rules.settlement.kind}"))
    if found := follows_on(union, cycle):
        return refused(*found)
    obligations = office.table(final.body["tables"]["obligations"])
    by = settlers(union.register, final.at_us)
    every = positions(obligations, by)
    positions_are_those_of(office.table(final.body["tables"]["members"]), by, every)
    if is_of_pairs(union, cycle):
        return calling_pairs(union, cycle, office, by=by, deadline=_deadline(cycle, 1, at_us), at_us=at_us)
    late = with_defaulters(union, cycle, office, late, every)
    carried_over: dict[str, str] = {}
    if late is None or not late.num_rows:
        net, who_was_late = every, LATE.empty_table()
    else:
        whole = late_in_every_currency(union, cycle, late, obligations)
        carried = carry_late(obligations, whole, by, is_partial=rules.settlement.partial_funding)
        net, who_was_late, obligations = carried.net, late, carried.obligations
        carried_over = {"carried": office.keep_table(carried.obligations), "items": office.keep_table(carried.items)}
    made = reckoned(union, cycle, office, net, obligations, by, late=who_was_late, at_us=at_us)
    net = made.exchanged.net
    pairs = set(zip(who_was_late["currency"].to_pylist(), who_was_late["member"].to_pylist(), strict=True))
    stays = pairs | {(currency, rules.pool.member) for currency in set(net["currency"].to_pylist())}
    called = calls(net, cash_in(net, cycle, office, union, at_us=at_us), kind=rules.settlement.kind, stays=stays)
    round_number = len(cycle.all("called")) + 1
    return wanted(
        "called",
        cycle=cycle.code,
        round=round_number,
        calls=office.keep_table(called),
        net=office.keep_table(net),
        **told_in_call(union, cycle, office, made),
        late=office.keep_table(who_was_late),
        reckoned_at_us=at_us,
        **_deadline(cycle, round_number, at_us),
        suspended=_newly_late(cycle, who_was_late, office) if rules.settlement.late == "suspend" else [],
        **carried_over,
    )


def _newly_late(cycle: Cycle, late: pa.Table, office: Office) -> list[str]:
    """Members that were not late before this round, or not with this money: who was reinstated meanwhile stays so."""
    called = cycle.last("called")
    before = [] if called is None else office.table(called.body["late"]).to_pylist()
    return sorted({row["member"] for row in late.to_pylist() if row not in before})


def _deadline(cycle: Cycle, round_number: int, at_us: int) -> dict[str, Any]:
    """When the pay-ins of a round are due, and the last day on which one is on time.

    Later rounds, and a first one that comes when its day is past, have as long as the calendar gives between the end of corrections and
    the deadline. No time zone is asked again: days are counted from the day that was frozen, a part of one as one.
    """
    dates = cycle.dates
    if round_number == 1 and at_us < dates.pay_in_due_at_us:
        return {"due_at_us": dates.pay_in_due_at_us, "due_day": dates.pay_in_due_day}
    due_at_us = at_us + dates.pay_in_due_at_us - dates.corrections_end_at_us
    later = timedelta(days=-((dates.pay_in_due_at_us - due_at_us) // _DAY_US))
    return {"due_at_us": due_at_us, "due_day": (date.fromisoformat(dates.pay_in_due_day) + later).isoformat()}


def cash_in(net: pa.Table, cycle: Cycle, office: Office, union: Union, *, at_us: int) -> pa.Table:
    """The cash of the members of *net*, those without an account included, with what their net debit cap allows at an instant.

    An account gets its cap with the next posting, so its limit of now says nothing. Who uses more than a lowered cap may draw no more.
    """
    keys = _keys(net)
    there = cash_of(office.balances([account_name(member, CASH, currency) for currency, member in keys]))
    has = dict(zip(_keys(there), there["balance_minor"].to_pylist(), strict=True))
    balances, caps = [has.get(key, 0) for key in keys], _caps(union, cycle, keys, at_us=at_us)
    limits = [max(caps[key], -balance) for key, balance in zip(keys, balances, strict=True)]
    columns = [net["currency"], net["member"], pa.array(balances, pa.int64()), pa.array(limits, pa.int64())]
    return pa.table(columns, schema=CASH_TABLE)


def _caps(union: Union, cycle: Cycle, keys: Iterable[tuple[str, str]], *, at_us: int) -> dict[tuple[str, str], int]:
    """What members may owe by the rules of the cycle, by currency and member."""
    if not union.rules_of(cycle).settlement.net_debit_caps:
        return dict.fromkeys(keys, 0)
    return {key: union.register.limit_of(key[1], key[0], "net_debit_cap", at_us) or 0 for key in keys}


def _keys(net: pa.Table) -> list[tuple[str, str]]:
    return list(zip(net["currency"].to_pylist(), net["member"].to_pylist(), strict=True))


def paying_in(
    union: Union, cycle: Cycle, office: Office, pay_ins: pa.Table, *, file: str, at_us: int
) -> tuple[Step, pa.Table | None, tuple[Refusal, ...]]:
    """Money that came in on the settlement account, called or not, each pay-in told apart.

    Args: *pay_ins* `PAY_INS`; *file*: digest of what was handed in.
    Returns: the step, the lines (`funding.LINES`) and refusals of single pay-ins.
    """
    rules, called = union.rules_of(cycle), cycle.last("called")
    if rules.settlement.kind == "none":
        return refused(refusal("nothing_to_pay_in", cycle.code, found="settlement.kind none")), None, ()
    found = reconcile(
        CALLS.empty_table() if called is None else office.table(called.body["calls"]),
        pay_ins,
        earlier=earlier_pay_ins(union, office),
        participants=_payers(union, at_us),
        currencies=_currencies(rules, cycle),
        due=date.fromisoformat(cycle.dates.pay_in_due_day if called is None else called.body["due_day"]),
    )
    booked = [row for row in found.lines["verdict"].to_pylist() if row not in ("double", "refused")]
    if not booked:
        return Step(is_done=True, told="Every pay-in of this file was booked before; nothing was done."), found.lines, found.refusals
    return (
        wanted(
            "paid_in",
            cycle=cycle.code,
            file=file,
            lines=office.keep_table(found.lines),
            funded=office.keep_table(found.funded),
            booked=len(booked),
            refused=len(found.refusals),
        ),
        found.lines,
        found.refusals,
    )


def _payers(union: Union, at_us: int) -> pa.Table:
    """`settlers` but for who stands for the insurance pool: what comes in under its name waits as unidentified."""
    every = settlers(union.register, at_us)
    of_pool = pa.array(sorted(pool_members(union, at_us)), pa.string())
    return every.filter(pc.invert(pc.is_in(every["member"], value_set=of_pool)))


def _currencies(rules: Rules, cycle: Cycle) -> frozenset[str]:
    return frozenset(rules.union.currencies or cycle.opened.body["frozen"]["exponents"])


def earlier_pay_ins(union: Union, office: Office) -> pa.Table:
    """Everything that was ever booked, in any cycle or by the operator's word before a bank told of it: a reference counts once."""
    lines = [office.table(act.body["lines"]) for cycle in union.cycles.values() for act in cycle.all("paid_in")]
    booked = [table.filter(pc.is_in(table["verdict"], value_set=pa.array(["on_time", "late", "unidentified"]))) for table in lines]
    return pa.concat_tables([*(table.select(PAY_INS.names) for table in booked), booked_beside(union)])


def stands(union: Union, cycle: Cycle, office: Office, *, at_us: int) -> pa.Table:
    """How far the net debtors of the latest round are funded (`funding.STANDING`)."""
    called = cycle.known("called")
    if is_of_pairs(union, cycle):
        return standing_of_pairs(cycle, office)
    net = office.table(called.body["net"])
    return standing(net, office.table(called.body["calls"]), _usable(net, cycle, office, union, at_us=at_us))


def _usable(net: pa.Table, cycle: Cycle, office: Office, union: Union, *, at_us: int) -> pa.Table:
    """The cash of the members of *net* as it is before the earmark of this cycle, also where that was posted and its act was not."""
    cash = cash_in(net, cycle, office, union, at_us=at_us)
    if cycle.last("funded") is not None or not office.is_posted(batch_key(cycle.code, "earmark")):
        return cash
    earmarked = pc.max_element_wise(pc.negate(net["net_minor"]), 0)
    return cash.set_column(
        cash.column_names.index("balance_minor"), CASH_TABLE.field("balance_minor"), pc.add(cash["balance_minor"], earmarked)
    )


def funding(union: Union, cycle: Cycle, office: Office, *, at_us: int) -> Step:
    """Earmark every debtor's position when all are covered; past the deadline, call anew without who is late.

    Where somebody misses more than it was called for (its cap was lowered, or another cycle took its cash), it is called before it is late.
    """
    called = cycle.last("called")
    if called is None:
        return calling(union, cycle, office, at_us=at_us)
    if is_of_pairs(union, cycle):
        by = settlers(union.register, cycle.known("cleared").at_us)
        return funding_pairs(union, cycle, office, by=by, at_us=at_us)
    net = office.table(called.body["net"])
    if defaulted_since(union, cycle, office):
        return calling(union, cycle, office, late=office.table(called.body["late"]), at_us=at_us)
    stood = stands(union, cycle, office, at_us=at_us)
    late = late_of(stood)
    if not late.num_rows:
        if found := below_floor(cycle, projections(union, cycle, office, at_us=at_us)):
            return refused(*found)
        return wanted(
            "funded",
            cycle=cycle.code,
            round=called.body["round"],
            net=called.body["net"],
            calls=called.body["calls"],
            credit=_credit(net, _usable(net, cycle, office, union, at_us=at_us)),
        )
    if pc.any(pc.greater(stood["missing_minor"], stood["called_minor"])).as_py():
        return calling(union, cycle, office, late=office.table(called.body["late"]), at_us=at_us)
    if at_us < called.body["due_at_us"]:
        missing = ", ".join(sorted(set(late["member"].to_pylist()))[:10])
        return refused(refusal("calls_not_covered", cycle.code, found=f"missing: {missing}"))
    return calling(union, cycle, office, late=_all_late(office.table(called.body["late"]), late), at_us=at_us)


def _credit(net: pa.Table, cash: pa.Table) -> dict[str, int]:
    """By currency, how much of the net debits no cash covers: it is owed to the union within net debit caps."""
    has = {(row["currency"], row["member"]): row["balance_minor"] for row in cash.to_pylist()}
    sums: dict[str, int] = {}
    for row in net.to_pylist():
        if row["net_minor"] < 0:
            lent = max(0, -row["net_minor"] - max(0, has[row["currency"], row["member"]]))
            sums[row["currency"]] = sums.get(row["currency"], 0) + lent
    return sums


def _all_late(before: pa.Table, now: pa.Table) -> pa.Table:
    """Everybody who was late in this cycle; who is late again counts with what it has now."""
    rows: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in (*before.to_pylist(), *now.to_pylist()):
        rows[row["currency"], row["member"]] = row
    return pa.Table.from_pylist([rows[key] for key in sorted(rows)], schema=LATE)


def settling(union: Union, cycle: Cycle, office: Office, *, at_us: int) -> Step:
    """The second final posting, from the day on which the calendar settles. Law: the reserves of the union stay at their floor or above."""
    funded = cycle.last("funded")
    if funded is None or cycle.state is not State.FUNDED:
        return refused(refusal("out_of_turn", cycle.code, found=f"cycle {cycle.code} is {cycle.state.value}"))
    if at_us < cycle.dates.settles_at_us:
        return refused(refusal("too_early", cycle.code, found=f"cycle {cycle.code} settles later"))
    if found := below_floor(cycle, projections(union, cycle, office, at_us=at_us)):
        return refused(*found)
    called = cycle.known("called")
    documents = {name: called.body[name] for name in ("centre", "scale", "owed", "assessments") if name in called.body}
    return wanted("settled", cycle=cycle.code, net=funded.body["net"], calls=funded.body["calls"], **documents)
