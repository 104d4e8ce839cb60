"""The facts of a member's statement and of a cycle, read from acts, documents and ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.exchanging import has_unit
from rescounter.cycle.outcome import outcome_of
from rescounter.cycle.pairing import is_of_pairs
from rescounter.cycle.paying import cash_in, settlers
from rescounter.cycle.union import Cycle
from rescounter.facade.union import Desk
from rescounter.facade.union_credit import credit_of
from rescounter.facade.union_exchange import exchange_codes, exchange_note
from rescounter.facade.union_notes import note_of
from rescounter.facade.union_pairs import pair_calls
from rescounter.intake.keys import column, names_of
from rescounter.intake.leaves import inclusion_proofs
from rescounter.rulebook.rules import Rules
from rescounter.settlement.accounts import ASSESSMENTS, CASH, CHARGES, CREDIT, FEES, FUND, INTEREST, SWAPS
from rescounter.settlement.calls import positions
from rescounter.settlement.funding import standing
from rescounter.settlement.postings import batch_key
from rescounter.statements.cycle_figures import CycleFigures
from rescounter.statements.facts import (
    ITEMS,
    PAID_IN,
    PAID_OUT,
    Balance,
    Call,
    CycleNote,
    Fee,
    Payment,
    Proofs,
    RuleNote,
    StatementFacts,
    UnionNote,
)
from rescounter.statements.moments import Moment, moment
from rescounter.terms import CallerFault
from rescounter.terms.acts import Act
from rescounter.terms.tables import CIRCUITS, REFUSALS_TABLE

__all__ = ["PROVEN_ITEMS_MAX", "cycle_note", "facts_of", "figures_so_far", "rule_note", "union_note"]

PROVEN_ITEMS_MAX = 200
"""Obligations of which a statement carries the proof of inclusion; `rescounter cycle extract` writes all."""


def union_note(desk: Desk, cycle: Cycle) -> UnionNote:
    """What every page says about the union."""
    return note_of(desk, desk.union.rules_of(cycle), assumed=_assumed(desk, cycle))


def _assumed(desk: Desk, cycle: Cycle) -> tuple[str, ...]:
    """What a demonstration took for done."""
    if not desk.union.is_demonstration:
        return ()
    approvals = any(act.body.get("approval") == 0 for act in cycle.acts)
    pay_ins = any(act.body["file"] == "assumed" for act in cycle.all("paid_in"))
    return tuple(words for words, is_so in (("the approvals", approvals), ("the pay-ins", pay_ins)) if is_so)


def rule_note(cycle: Cycle, rules: Rules) -> RuleNote:
    """The rulebook by which the cycle is run."""
    return RuleNote(version=rules.version, digest=rules.digest, method=rules.clearing.method)


def cycle_note(cycle: Cycle, zone: str) -> CycleNote:
    """When the cycle got where."""

    def at(act: Act | None) -> Moment | None:
        return None if act is None else moment(act.at_us, zone)

    return CycleNote(
        code=cycle.code,
        state=cycle.state.value,
        opened=at(cycle.opened),
        cut_off=at(cycle.last("cut_off")),
        final=at(cycle.final),
        settled=at(cycle.last("settled")),
        closed=at(cycle.last("closed")),
    )


def figures_so_far(desk: Desk) -> tuple[CycleFigures, ...]:
    """The figures of every closed cycle, in the order in which they were closed."""
    closed = sorted((act for cycle in desk.union.cycles.values() for act in cycle.all("closed")), key=lambda act: act.number)
    return tuple(CycleFigures(**figures) for act in closed for figures in act.body["figures"])


def facts_of(desk: Desk, cycle: Cycle, member: str) -> StatementFacts:
    """What the statement of a member is made of, as far as the cycle has come. Raises: CallerFault ``member_unknown``."""
    known = desk.union.register.member(member)
    if known is None:
        raise CallerFault("member_unknown", f"{member} is no member of this union")
    rules = desk.union.rules_of(cycle)
    zone = rules.union.zone
    frozen = _frozen_of(desk, cycle, member)
    items = _items(desk, cycle, member, frozen)
    own = _own_rows(desk, cycle, member)
    circuits = _circuits(desk, cycle, member)
    calls = tuple(_calls(desk, cycle, member, zone))
    balances, payments = tuple(_balances(desk, member)), tuple(_payments(desk, cycle, member, zone))
    exchange = exchange_note(desk, cycle, member)
    final = cycle.final
    currencies = {each.currency for part in (calls, balances, payments) for each in part} | {*items["currency"].to_pylist()}
    currencies |= exchange_codes(exchange)
    counterparties = {*items["counterparty"].to_pylist()}
    names = {code: found.name for code in counterparties if (found := desk.union.register.member(code)) is not None}
    return StatementFacts(
        union=union_note(desk, cycle),
        cycle=cycle_note(cycle, zone),
        rules=rule_note(cycle, rules),
        member=member,
        member_name=known.name,
        exponents={code: cycle.exponents.of(code) or 0 for code in sorted(currencies)},
        items=items,
        circuits=CIRCUITS.empty_table() if circuits is None else circuits,
        are_circuits_untold=circuits is None,
        members=own,
        calls=calls,
        exchange=exchange,
        payments=payments,
        fees=tuple(_fees(desk, cycle, member)),
        credit=credit_of(desk, cycle, member),
        balances=balances,
        refusals=_refusals(desk, cycle, member),
        proofs=_proofs(desk, cycle, member, frozen),
        names=names,
        settles_by=known.under if final is not None and not calls else "",
        stands_for_pool=member == desk.union.rules_of(cycle).pool.member,
    )


def _frozen_of(desk: Desk, cycle: Cycle, member: str) -> pa.Table | None:
    """The member's rows of the cut-off set, with their *place* in it; None before the cut-off."""
    frozen = cycle.frozen
    if frozen is None:
        return None
    table = desk.office.table(frozen.body["frozen"])
    places = pc.indices_nonzero(pc.or_(pc.equal(table["debtor"], member), pc.equal(table["creditor"], member)))
    return table.take(places).append_column("place", places.cast(pa.int64()))


def _items(desk: Desk, cycle: Cycle, member: str, frozen: pa.Table | None) -> pa.Table:
    if frozen is None or not frozen.num_rows:
        return ITEMS.empty_table()
    ids = names_of(column(frozen, "submitter"), column(frozen, "id"))
    owes = pc.equal(frozen["debtor"], member)
    result = _result_rows(desk, cycle, member, ids, frozen["amount_minor"])
    over = _carried_of(desk, cycle, member)
    following = next((code for code in desk.union.cycles if code > cycle.code), "the next cycle")
    columns = {
        "id": ids,
        "counterparty": pc.if_else(owes, frozen["creditor"], frozen["debtor"]),
        "side": pc.if_else(owes, "owes", "is_owed"),
        "currency": frozen["currency"],
        "amount_minor": frozen["amount_minor"],
        **result,
        "due": frozen["due"],
        "excluded": frozen["excluded"],
        "matched": frozen["matched"],
        "origin": frozen["origin"],
        "carried": pc.if_else(pc.is_in(ids, value_set=over), following, ""),
        "reference": frozen["reference"],
    }
    return pa.table([columns[name] for name in ITEMS.names], schema=ITEMS)


def _carried_of(desk: Desk, cycle: Cycle, member: str) -> pa.Array:
    """Ids of what the next cycle takes over of the member's obligations."""
    closed = cycle.last("closed")
    if closed is None:
        return pa.array([], pa.string())
    own = _of_party(desk.office.table(closed.body["carried"]), member)
    return names_of(column(own, "submitter"), column(own, "id"))


def _of_party(table: pa.Table, member: str) -> pa.Table:
    """Rows in which the member is debtor or creditor."""
    return table.filter(pc.or_(pc.equal(table["debtor"], member), pc.equal(table["creditor"], member)))


def _result_rows(desk: Desk, cycle: Cycle, member: str, ids: pa.Array, amounts: pa.ChunkedArray) -> Mapping[str, Any]:
    """Cleared, replaced and residual of these obligations; before clearing nothing is cleared."""
    nothing = pa.repeat(pa.scalar(0, pa.int64()), len(ids))
    if cycle.last("cleared") is None:
        return {"cleared_minor": nothing, "replaced_minor": nothing, "residual_minor": amounts}
    own = _of_party(outcome_of(cycle, desk.office) if cycle.final is not None else _preliminary(desk, cycle), member)
    rows = own.take(pc.index_in(ids, value_set=column(own, "id")))
    replaced = rows["replaced_minor"] if "replaced_minor" in rows.column_names else nothing
    return {"cleared_minor": rows["cleared_minor"], "replaced_minor": replaced, "residual_minor": rows["residual_minor"]}


def _preliminary(desk: Desk, cycle: Cycle) -> pa.Table:
    return desk.office.table(cycle.known("cleared").body["tables"]["obligations"])


def _own_rows(desk: Desk, cycle: Cycle, member: str) -> pa.Table | None:
    """The member's rows of the members table, where netting is as the result has it."""
    cleared, netted = cycle.last("cleared"), (cycle.last("called"), cycle.last("funded"))
    if cleared is None or any(act is not None and "carried" in act.body for act in netted):
        return None
    table = desk.office.table(cleared.body["tables"]["members"])
    return table.filter(pc.equal(table["member"], member))


def _circuits(desk: Desk, cycle: Cycle, member: str) -> pa.Table | None:
    """The circuits through the member; None where the cycle was too large to keep them."""
    cleared = cycle.last("cleared")
    if cleared is None:
        return CIRCUITS.empty_table()
    if "circuits" not in cleared.body["tables"]:
        return None
    table = desk.office.table(cleared.body["tables"]["circuits"])
    own = _of_party(table, member)
    keys = pc.binary_join_element_wise(own["currency"], own["circuit"].cast(pa.string()), "/")
    every = pc.binary_join_element_wise(table["currency"], table["circuit"].cast(pa.string()), "/")
    return table.filter(pc.is_in(every, value_set=pc.unique(keys)))


def _calls(desk: Desk, cycle: Cycle, member: str, zone: str) -> Iterator[Call]:
    called = cycle.last("called")
    if called is None:
        return
    if is_of_pairs(desk.union, cycle):
        yield from pair_calls(desk, cycle, member, zone)
        return
    rules = desk.union.rules_of(cycle)
    net = _of(desk.office.table(called.body["net"]), member)
    in_money = {row["currency"]: row["net_minor"] for row in net.to_pylist()}
    is_told = "positions" in called.body and not has_unit(desk.union, cycle)
    own = _rows(desk.office.table(called.body["positions"]), member) if is_told else None
    called_for = in_money if own is None else {row["currency"]: row["net_minor"] for row in own}
    calls = _of(desk.office.table(called.body["calls"]), member)
    asked = {row["currency"]: row for row in calls.to_pylist()}
    stood = standing(net, calls, cash_in(net, cycle, desk.office, desk.union, at_us=desk.at_us))
    paid = {row["currency"]: row for row in stood.to_pylist()}
    is_over = cycle.last("funded") is not None
    first = _first_calls(desk, cycle, member)
    through = {} if has_unit(desk.union, cycle) else _through(desk, cycle, member)
    for currency in sorted({*in_money, *called_for}):
        call, settles = asked.get(currency, {}), in_money.get(currency, 0)
        missing = 0 if is_over else paid.get(currency, {}).get("missing_minor", 0)
        # Who paid what an earlier round called is not called again, and has paid in all the same.
        covered, due_at_us = first.get(currency, (max(0, -settles), 0))
        pay_in = max(0, -settles - covered)
        yield Call(
            currency=currency,
            position_minor=called_for.get(currency, 0),
            through_minor=through.get(currency, 0),
            in_money_minor=None if own is None else settles,
            pay_in_minor=pay_in,
            paid_minor=max(0, pay_in - missing),
            pay_out_minor=call.get("pay_out_minor", 0),
            due=moment(called.body["due_at_us"] if missing else due_at_us, zone) if pay_in else None,
            pay_out_at=moment(cycle.dates.settles_at_us, zone) if call.get("pay_out_minor") else None,
            account=rules.settlement.accounts.get(currency, ""),
            reference=f"RC/{cycle.code}/{member}",
        )


def _through(desk: Desk, cycle: Cycle, member: str) -> dict[str, int]:
    """By currency, the net position of members that settle through this one."""
    settles = settlers(desk.union.register, cycle.known("cleared").at_us)
    others = settles.filter(pc.and_(pc.equal(settles["settles_by"], member), pc.not_equal(settles["member"], member)))["member"]
    sums: dict[str, int] = {}
    if len(others):
        each_alone = positions(outcome_of(cycle, desk.office), settles.slice(0, 0))
        for row in each_alone.filter(pc.is_in(each_alone["member"], value_set=others.combine_chunks())).to_pylist():
            sums[row["currency"]] = sums.get(row["currency"], 0) + row["net_minor"]
    return sums


def _first_calls(desk: Desk, cycle: Cycle, member: str) -> dict[str, tuple[int, int]]:
    """By currency, of the first round that called the member: what cash and cap covered of its net debit then, and when it was due."""
    found: dict[str, tuple[int, int]] = {}
    for act in cycle.all("called"):
        debits = {row["currency"]: -row["net_minor"] for row in _rows(desk.office.table(act.body["net"]), member)}
        for row in _rows(desk.office.table(act.body["calls"]), member):
            if row["pay_in_minor"]:
                found.setdefault(row["currency"], (debits[row["currency"]] - row["pay_in_minor"], act.body["due_at_us"]))
    return found


def _of(table: pa.Table, member: str) -> pa.Table:
    return table.filter(pc.equal(table["member"], member))


def _rows(table: pa.Table, member: str) -> list[dict[str, Any]]:
    return list(_of(table, member).to_pylist())


def _payments(desk: Desk, cycle: Cycle, member: str, zone: str) -> Iterator[Payment]:
    def paid(row: Mapping[str, Any], direction: str, at_us: int, *, name: str = "amount_minor", reference: str = "") -> Payment:
        return Payment(
            currency=row["currency"],
            amount_minor=row[name],
            direction=direction,
            at=moment(at_us, zone),
            reference=reference or row["reference"],
        )

    for act in cycle.all("paid_in"):
        lines = desk.office.table(act.body["lines"])
        yield from (paid(row, PAID_IN, act.at_us) for row in lines.filter(pc.equal(lines["credited"], member)).to_pylist())
    for act in desk.union.resolved.values():
        if act.kind == "assigned" and act.body["came_in"] == cycle.code and act.body["credited"] == member:
            yield paid(act.body, PAID_IN, act.at_us)
    settled = cycle.last("settled")
    if settled is not None:
        key = batch_key(cycle.code, "pay-out" if is_of_pairs(desk.union, cycle) else "net")
        for row in _rows(desk.office.table(settled.body["calls"]), member):
            if row["pay_out_minor"]:
                yield paid(row, PAID_OUT, settled.at_us, name="pay_out_minor", reference=key)
    for act in desk.union.repaid.values():
        if act.body["member"] == member and _opened_last(desk, act) == cycle.code:
            yield paid(act.body, PAID_OUT, act.at_us)


def _opened_last(desk: Desk, act: Act) -> str:
    """The cycle on whose statement an act stands that belongs to none: the one that was opened last before it."""
    return next((code for code, cycle in reversed(list(desk.union.cycles.items())) if cycle.opened.number < act.number), "")


def _fees(desk: Desk, cycle: Cycle, member: str) -> Iterator[Fee]:
    closed = cycle.last("closed")
    if closed is not None:
        for row in _rows(desk.office.table(closed.body["fees"]), member):
            yield Fee(currency=row["currency"], amount_minor=row["fee_minor"], words="Fee on what was cleared")


def _balances(desk: Desk, member: str) -> Iterator[Balance]:
    later = "collected with the next call" if desk.union.rules(desk.at_us).fees.collected else "which no call collects"
    words = {
        CASH: "paid in and not used",
        FEES: f"fees that are owed, {later}",
        CREDIT: "credit granted, or below zero drawn",
        INTEREST: "interest that is owed either way",
        CHARGES: f"charges on lasting balances that are owed, {later}",
        FUND: "share in the guarantee fund",
        ASSESSMENTS: "called by the guarantee, below zero",
        SWAPS: "swaps given to others, or below zero drawn from them",
    }
    currencies = {code for cycle in desk.union.cycles.values() for code in cycle.opened.body["frozen"]["exponents"]}
    currencies |= {act.body["currency"] for act in desk.union.resolved.values() if "currency" in act.body}
    names = [f"{member}/{purpose}/{currency}" for purpose in (CASH, "due", FEES, *list(words)[2:]) for currency in sorted(currencies)]
    for row in desk.office.balances(names).rows():
        _, purpose, currency = row.id.rsplit("/", 2)
        yield Balance(
            account=row.id,
            currency=currency,
            balance_minor=row.balance_minor,
            limit_minor=row.limit_minor,
            pending_minor=row.pending_debits,
            words=words.get(purpose, "waits for settlement"),
        )


def _refusals(desk: Desk, cycle: Cycle, member: str) -> pa.Table:
    """Refusals of the files that the member handed in, and of its rows at the cut-off."""
    own = [
        desk.office.table(act.body["refusals"])
        for act in cycle.all("submitted")
        if act.body["submitter"] == member and act.body["refusals"]
    ]
    frozen = cycle.frozen
    if frozen is not None:
        table = desk.office.table(frozen.body["refusals"])
        own.append(table.filter(pc.starts_with(table["id"], f"{member}/")))
    return pa.concat_tables(own) if own else REFUSALS_TABLE.empty_table()


def _proofs(desk: Desk, cycle: Cycle, member: str, frozen: pa.Table | None) -> Proofs:
    act, cleared = cycle.frozen, cycle.last("cleared")
    if act is None or frozen is None:
        return Proofs()
    table = desk.office.table(act.body["frozen"])
    places = frozen["place"].to_pylist()[:PROVEN_ITEMS_MAX]
    key, subtrees = desk.office.cycle_key(cycle.code), desk.office.document(act.body["subtrees"])
    rows = list(inclusion_proofs(table, subtrees, places=places, key=key))
    roots = {"cut-off": act.body["root"]} | ({"result": cleared.body["result_root"]} if cleared is not None else {})
    return Proofs(
        cut_off={"root": act.body["root"], "rows": rows, "left_out": frozen.num_rows - len(rows)} if rows else None,
        postings=tuple(_postings(desk, cycle, member)),
        roots=roots,
        checkpoint=desk.ledger.signed_head(),
    )


def _postings(desk: Desk, cycle: Cycle, member: str) -> Iterator[Mapping[str, Any]]:
    """Where each posting of the cycle stands in the log, by its key."""
    for name in ("set-off", "earmark", "net", "pairs", "pay-out", "fees"):
        answer = desk.ledger.store.answer_of(desk.office.key_in_use(f"cycle/{cycle.code}/{name}"))
        if answer is not None and answer.entry is not None:
            yield {"posting": name, "key": answer.key, "entry": answer.entry.sequence, "root": answer.entry.tree_root.hex()}
