"""Closing a cycle: fees, the figures that the savings report keeps, and what the next cycle takes over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.accruing import accrued
from rescounter.cycle.exchanging import quotation_of
from rescounter.cycle.figuring import Paid, in_the_unit
from rescounter.cycle.next_step import is_left_known, pays
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.outcome import outcome_of
from rescounter.cycle.pool_cycles import told_at_close, without_pool
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.intake.round import carried
from rescounter.settlement.fees import fees
from rescounter.statements.cycle_figures import CycleFigures, figures_of
from rescounter.terms.union_tables import FROZEN

__all__ = ["as_paid", "carried_into", "closing", "figures_told", "left_of"]


def closing(union: Union, cycle: Cycle, office: Office) -> Step:
    """The act that closes a cycle. Law: carried over, cleared, replaced and returned are together what was frozen."""
    final, frozen = cycle.final, cycle.frozen
    ready = State.SETTLED if pays(union, cycle) else State.FINAL
    if final is None or frozen is None or cycle.state is not ready:
        return refused(refusal("out_of_turn", cycle.code, found=f"cycle {cycle.code} is {cycle.state.value}"))
    rules, obligations = union.rules_of(cycle), outcome_of(cycle, office)
    members = office.table(final.body["tables"]["members"])
    charged = fees(members.filter(pc.not_equal(members["member"], rules.pool.member)), rules.fees)
    closed_before = max((act for each in union.cycles.values() for act in each.all("closed")), key=lambda act: act.number, default=None)
    funded = cycle.last("funded")
    exponents = {code: cycle.exponents.of(code) or 0 for code in pc.unique(obligations["currency"]).to_pylist()}
    figures = figures_of(
        obligations,
        cycle=cycle.code,
        exponents=exponents,
        positions=None if closed_before is None else office.table(closed_before.body["positions"]),
        credit_minor=funded.body["credit"] if funded is not None else {},
        fees_minor=_sums(charged, "fee_minor"),
        carried_in_minor=_sums(_from_earlier(office.table(frozen.body["frozen"]), cycle.code), "amount_minor"),
    )
    left = left_of(union, cycle, office)
    return wanted(
        "closed",
        cycle=cycle.code,
        fees=office.keep_table(charged),
        figures=[asdict(each) for each in figures_told(union, cycle, office, figures.currencies)],
        positions=office.keep_table(figures.positions),
        carried=office.keep_table(left),
        carried_rows=left.num_rows,
        **told_at_close(union, cycle, office, obligations),
        **accrued(union, cycle, office),
    )


def figures_told(union: Union, cycle: Cycle, office: Office, figures: Sequence[CycleFigures]) -> tuple[CycleFigures, ...]:
    """The figures as they are kept and told: of each currency, or where there is a unit of account once, in it."""
    rates = quotation_of(union, cycle, office) if cycle.final is not None else None
    if rates is None or not figures:
        return tuple(as_paid(each, cycle, office) for each in figures)
    funded, obligations = cycle.last("funded"), outcome_of(cycle, office)
    members = pc.count_distinct(pa.chunked_array([*obligations["debtor"].chunks, *obligations["creditor"].chunks], pa.string())).as_py()
    paid = None
    if funded is not None:
        positions, net = office.table(cycle.known("called").body["positions"]), office.table(funded.body["net"])
        paid = Paid(positions, net, funded.body["credit"])
    return (in_the_unit(figures, rates, members=members, paid=paid),)


def as_paid(figures: CycleFigures, cycle: Cycle, office: Office) -> CycleFigures:
    """Figures with the cash of direct members: what they net among those that settle through them needs none."""
    funded = cycle.last("funded")
    if funded is None:
        return figures
    called = cycle.known("called").body
    owed = _debits(office.table(called.get("positions", funded.body["net"])), figures.currency, "net_minor")
    money = _debits(office.table(called["scale"]), figures.currency, "transfer_minor") if "scale" in called else owed
    covered = sum(min(debit, money.get(member, 0)) for member, debit in owed.items())
    cash, whole = covered - min(covered, figures.credit_minor), sum(owed.values())
    netted = figures.netted_minor + figures.cash_minor + figures.credit_minor - whole
    return replace(figures, cash_minor=cash, credit_minor=whole - cash, netted_minor=netted)


def _debits(table: pa.Table, currency: str, amount: str) -> dict[str, int]:
    """Amounts below zero by direct member, without their sign."""
    return {row["member"]: -row[amount] for row in table.to_pylist() if row["currency"] == currency and row[amount] < 0}


def carried_into(union: Union, cycle: Cycle, office: Office) -> pa.Table | None:
    """What the cycle before carries over into *cycle*, but for what is the insurance pool's; None while that is not known.

    It is known before the close already, which comes to the same.
    """
    before = union.before(cycle)
    if before is None:
        return FROZEN.empty_table()
    closed = before.last("closed")
    if closed is None and not is_left_known(union, before):
        return None
    return without_pool(left_of(union, before, office) if closed is None else office.table(closed.body["carried"]), before)


def left_of(union: Union, cycle: Cycle, office: Office) -> pa.Table:
    """What a cycle carries over (`FROZEN`). Law: it is known (`is_left_known`)."""
    frozen = office.table(cycle.known("cut_off", "corrected").body["frozen"])
    return carried(frozen, outcome_of(cycle, office), union.rules_of(cycle).intake)


def _from_earlier(frozen: pa.Table, code: str) -> pa.Table:
    return frozen.filter(pc.not_equal(frozen["origin"], code))


def _sums(table: pa.Table, amount: str) -> dict[str, int]:
    """Sums by currency; a currency's amounts fit int64 together."""
    sums = table.group_by("currency").aggregate([(amount, "sum")])
    return dict(zip(sums["currency"].to_pylist(), sums[f"{amount}_sum"].to_pylist(), strict=True))
