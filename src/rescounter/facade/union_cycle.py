"""A cycle as a whole: the facts of its page, and what it holds for a member."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.approvals.approvals import Proposal
from rescounter.cycle.closing import carried_into, figures_told
from rescounter.cycle.next_step import pays
from rescounter.cycle.outcome import outcome_of
from rescounter.cycle.paying import stands
from rescounter.cycle.pool_cycles import entered_in, obligations_of_pool
from rescounter.cycle.submitting import held, withdrawn
from rescounter.cycle.union import Cycle
from rescounter.facade.union import Desk
from rescounter.facade.union_pairs import calls_told
from rescounter.facade.union_statement import cycle_note, rule_note, union_note
from rescounter.intake.keys import standing
from rescounter.settlement.postings import batch_key
from rescounter.statements.cycle_figures import CycleFigures, figures_of
from rescounter.statements.cycle_page import Approval, CycleFacts, MemberCall, PostingNote
from rescounter.statements.moments import moment

__all__ = ["cycle_facts", "items_held"]


def items_held(desk: Desk, cycle: Cycle, member: str) -> list[dict[str, Any]]:
    """Obligations of a member in a cycle, with their *standing*: taken back, in the cut-off set, or why they are kept out."""
    frozen = cycle.frozen
    if frozen is not None:
        table = desk.office.table(frozen.body["frozen"])
        rows = table.filter(_is_party(table, member)).to_pylist()
        return [{**row, "standing": f"kept out: {row['excluded']}" if row["excluded"] else row["matched"] or "taken"} for row in rows]
    table = held(cycle, desk.office)
    left = standing(table, withdrawn(cycle, desk.office))
    stays = set(zip(left["submitter"].to_pylist(), left["id"].to_pylist(), strict=True))
    rows = table.filter(_is_party(table, member)).to_pylist()
    told = [{**row, "standing": "handed in" if (row["submitter"], row["id"]) in stays else "taken back"} for row in rows]
    of_pool = obligations_of_pool(desk.union, cycle, desk.office)
    coming = of_pool.filter(_is_party(of_pool, member)).to_pylist()
    return told + [{**row, "standing": "the pool's; enters at the cut-off"} for row in coming]


def _is_party(table: pa.Table, member: str) -> pa.Array:
    return pc.or_(pc.equal(table["debtor"], member), pc.equal(table["creditor"], member))


def cycle_facts(desk: Desk, cycle: Cycle) -> CycleFacts:
    """What the page of a cycle is made of, as far as the cycle has come."""
    rules, frozen = desk.union.rules_of(cycle), cycle.frozen
    counts = _rows(desk, cycle)
    figures = _figures(desk, cycle)
    table = desk.office.table(frozen.body["frozen"]) if frozen is not None else None
    calls = tuple(_calls(desk, cycle))
    currencies = {each.currency for part in (figures, calls) for each in part}
    currencies |= set() if table is None else {*table["currency"].to_pylist()}
    parties = set() if table is None else {*table["debtor"].to_pylist(), *table["creditor"].to_pylist()}
    roots = {} if frozen is None else {"cut-off": frozen.body["root"]}
    cleared = cycle.last("cleared")
    return CycleFacts(
        union=union_note(desk, cycle),
        cycle=cycle_note(cycle, rules.union.zone),
        rules=rule_note(cycle, rules),
        exponents={code: cycle.exponents.of(code) or 0 for code in sorted(currencies)},
        members=len(parties),
        excluded={} if table is None else Counter(code for code in table["excluded"].to_pylist() if code),
        figures=figures,
        calls=calls,
        postings=tuple(_postings(desk, cycle)),
        roots=roots | ({} if cleared is None else {"result": cleared.body["result_root"]}),
        approvals=tuple(_approvals(desk, cycle)),
        checkpoint=desk.ledger.signed_head(),
        **counts,
    )


def _rows(desk: Desk, cycle: Cycle) -> dict[str, Any]:
    """Rows handed in, the insurance pool's among them, and what became of them.

    *left_out* is what was withdrawn, handed in again, or joined by matching.
    """
    acts, frozen = cycle.all("submitted"), cycle.frozen
    refused: Counter[str] = Counter()
    for digest in [act.body["refusals"] for act in acts] + ([frozen.body["refusals"]] if frozen is not None else []):
        if digest:
            refused.update(desk.office.table(digest)["code"].to_pylist())
    submitted = sum(act.body["rows"] + act.body["refused"] + act.body["repeated"] for act in acts)
    submitted += entered_in(desk.union, cycle, desk.office).num_rows if frozen is not None else 0
    carried = carried_into(desk.union, cycle, desk.office)
    carried_in = 0 if carried is None else carried.num_rows
    taken = frozen.body["rows"] if frozen is not None else standing(held(cycle, desk.office), withdrawn(cycle, desk.office)).num_rows
    carried_in = carried_in if frozen is not None else 0
    left_out = submitted + carried_in - taken - sum(refused.values())
    return {"submitted": submitted, "carried_in": carried_in, "left_out": left_out, "taken": taken, "refused": refused}


def _figures(desk: Desk, cycle: Cycle) -> tuple[CycleFigures, ...]:
    closed = cycle.last("closed")
    if closed is not None:
        return tuple(CycleFigures(**each) for each in closed.body["figures"])
    if cycle.final is None:
        return ()
    obligations, funded = outcome_of(cycle, desk.office), cycle.last("funded")
    exponents = {code: cycle.exponents.of(code) or 0 for code in pc.unique(obligations["currency"]).to_pylist()}
    credit: Mapping[str, int] = funded.body["credit"] if funded is not None else {}
    figures = figures_of(obligations, cycle=cycle.code, exponents=exponents, credit_minor=credit).currencies
    return figures_told(desk.union, cycle, desk.office, figures)


def _calls(desk: Desk, cycle: Cycle) -> Iterator[MemberCall]:
    called, settled = cycle.last("called"), cycle.last("funded")
    if called is None:
        return
    zone = desk.union.rules_of(cycle).union.zone
    waiting = settled is None and pays(desk.union, cycle)
    stood = stands(desk.union, cycle, desk.office, at_us=desk.at_us).to_pylist() if waiting else []
    paid = {(row["currency"], row["member"]): row["paid_minor"] for row in stood}
    for row in calls_told(desk, cycle).to_pylist():
        asked = row["pay_in_minor"]
        yield MemberCall(
            member=row["member"],
            currency=row["currency"],
            pay_in_minor=asked,
            paid_minor=paid.get((row["currency"], row["member"]), 0) if waiting else asked,
            pay_out_minor=row["pay_out_minor"],
            due=moment(called.body["due_at_us"], zone) if asked else None,
            is_late=desk.at_us >= called.body["due_at_us"],
        )


def _postings(desk: Desk, cycle: Cycle) -> Iterator[PostingNote]:
    zone = desk.union.rules_of(cycle).union.zone
    pay_ins = [f"pay-in/{act.body['lines'].removeprefix('sha256:')}" for act in cycle.all("paid_in")]
    for step in ("set-off", *pay_ins, "earmark", "net", "pairs", "pay-out", "fees"):
        answer = desk.ledger.store.answer_of(desk.office.key_in_use(batch_key(cycle.code, step)))
        if answer is not None and answer.entry is not None:
            entry = answer.entry
            at = moment(entry.at_us, zone)
            yield PostingNote(what=step.partition("/")[0], key=answer.key[:60], entry=entry.sequence, transfers=entry.accepted, at=at)


def _approvals(desk: Desk, cycle: Cycle) -> Iterator[Approval]:
    zone = desk.union.rules_of(cycle).union.zone
    for proposal in sorted(desk.union.approvals.proposals.flat().values(), key=lambda each: each.number):
        if proposal.body.get("cycle") == cycle.code or proposal.body.get("came_in") == cycle.code:
            yield _approval(proposal, proposal.state_at(desk.at_us).value, zone)


def _approval(proposal: Proposal, outcome: str, zone: str) -> Approval:
    decision = proposal.decision
    at = None if decision is None else moment(decision.at_us, zone)
    return Approval(what=proposal.kind, proposed_by=proposal.by, by="" if decision is None else decision.by, outcome=outcome, at=at)
