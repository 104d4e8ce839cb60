"""A cleared run as the tables of `rescounter.terms.tables`, and its summary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.clearing.circuits import circuits_of
from rescounter.clearing.clear import Cleared, Outcome
from rescounter.clearing.liquidity import Draw, Liquidity
from rescounter.clearing.optimum import net_positions
from rescounter.intake.admitted import EXCLUSION_CODES, Admitted
from rescounter.intake.lines import Lines
from rescounter.terms.names import CASH_NAME, FUND_NAME
from rescounter.terms.tables import CIRCUITS, LIQUIDITY, POTENTIALS, members_schema, obligations_schema

__all__ = [
    "admitted_table",
    "circuits_table",
    "currency_summaries",
    "lines_table",
    "liquidity_table",
    "members_table",
    "obligations_table",
    "potentials_table",
]


def admitted_table(admitted: Admitted) -> pa.Table:
    """Admitted obligations as they entered the run."""
    columns = {
        "id": admitted.id,
        "debtor": _names(admitted, admitted.debtor),
        "creditor": _names(admitted, admitted.creditor),
        "currency": _texts(admitted.currencies, admitted.currency),
        "amount_minor": pa.array(admitted.amount),
        "due": admitted.due_dates(),
        "class": admitted.kind,
        "excluded": _texts(EXCLUSION_CODES, admitted.excluded),
    }
    weight = {} if admitted.weight is None else {"weight": pa.array(admitted.weight, pa.int32())}
    return pa.table(columns | weight | ({} if admitted.reference is None else {"reference": admitted.reference}))


def obligations_table(cleared: Cleared) -> pa.Table:
    """Every admitted obligation with what of it is cleared and what remains."""
    admitted = cleared.admitted
    outcome = {
        "cleared_minor": cleared.cleared,
        "residual_minor": admitted.amount - cleared.cleared,
        "replaced_minor": cleared.replaced,
    }
    entered = admitted_table(admitted)
    columns = {name: entered[name] for name in entered.column_names} | outcome
    schema = obligations_schema(
        netting=cleared.replaced is not None, reference=admitted.reference is not None, weight=admitted.weight is not None
    )
    return pa.table({name: columns[name] for name in schema.names}, schema=schema)


def _names(admitted: Admitted, places: NDArray[np.int32]) -> pa.Array:
    return admitted.members.take(pa.array(places))


def _texts(texts: tuple[str, ...], places: NDArray[Any]) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(places))


def members_table(cleared: Cleared) -> pa.Table:
    """What each member owes and is owed in each currency, before and after."""
    netting = cleared.replaced is not None
    liquidity = any(outcome.liquidity is not None for outcome in cleared.outcomes)
    schema = members_schema(netting=netting, liquidity=liquidity)
    return pa.concat_tables([_members_of(cleared, outcome, schema) for outcome in cleared.outcomes] or [schema.empty_table()])


def _members_of(cleared: Cleared, outcome: Outcome, schema: pa.Schema) -> pa.Table:
    admitted, network = cleared.admitted, outcome.network
    rows = slice(network.first_row, network.last_row)
    place = np.zeros(len(admitted.members), np.int64)
    place[network.members] = np.arange(len(network.members))

    def total(party: NDArray[np.int32], amount: NDArray[np.int64]) -> NDArray[np.int64]:
        sums = np.zeros(len(network.members), np.int64)
        np.add.at(sums, place[party[rows]], amount[rows])
        return sums

    owes, is_owed = total(admitted.debtor, admitted.amount), total(admitted.creditor, admitted.amount)
    own, claims = total(admitted.debtor, cleared.cleared), total(admitted.creditor, cleared.cleared)
    nothing = np.zeros(len(network.members), np.int64)
    draw = outcome.draw or Draw(nothing, nothing, nothing)
    columns = {
        "member": _names(admitted, network.members),
        "currency": pa.array([admitted.currencies[network.currency]] * len(network.members), pa.string()),
        "owes_minor": owes,
        "is_owed_minor": is_owed,
        "net_minor": is_owed - owes,
        "cleared_minor": own,
        "owes_after_minor": owes - own,
        "is_owed_after_minor": is_owed - claims,
        "cleared_claims_minor": claims,
        "injected_minor": draw.injected,
        "loan_minor": draw.loan,
        "received_minor": draw.received,
    }
    if cleared.replaced is not None:
        position = total(admitted.creditor, cleared.replaced) - total(admitted.debtor, cleared.replaced)
        columns |= {"pay_in_minor": np.maximum(-position, 0), "pay_out_minor": np.maximum(position, 0)}
    return pa.table({name: columns[name] for name in schema.names}, schema=schema)


def potentials_table(cleared: Cleared) -> pa.Table:
    """The certificate: one potential for each member and currency, and with liquidity those of the fund and of
    cash; empty where nothing was chosen."""
    parts = [_potentials_of(cleared.admitted, outcome, outcome.potential) for outcome in cleared.outcomes if outcome.potential is not None]
    return pa.concat_tables(parts or [POTENTIALS.empty_table()])


def _potentials_of(admitted: Admitted, outcome: Outcome, potential: NDArray[np.int64]) -> pa.Table:
    further = (FUND_NAME, CASH_NAME) if outcome.liquidity is not None else ()
    names = pa.concat_arrays([_names(admitted, outcome.network.members), pa.array(further, pa.string())])
    columns = {
        "member": names,
        "currency": pa.array([admitted.currencies[outcome.network.currency]] * len(names), pa.string()),
        "potential": potential,
    }
    table = pa.table(columns, schema=POTENTIALS)
    return _by_name(table) if further else table


def _by_name(table: pa.Table) -> pa.Table:
    """In order of the code points of *member*."""
    return table.take(pc.sort_indices(table["member"].combine_chunks().cast(pa.binary())))


def liquidity_table(cleared: Cleared) -> pa.Table | None:
    """What the fund and each member could draw, drew and received; None in a run without liquidity."""
    parts = [
        _liquidity_of(cleared.admitted, outcome, outcome.liquidity, outcome.draw)
        for outcome in cleared.outcomes
        if outcome.liquidity is not None and outcome.draw is not None
    ]
    return pa.concat_tables(parts) if parts else None


def _liquidity_of(admitted: Admitted, outcome: Outcome, liquidity: Liquidity, draw: Draw) -> pa.Table:
    names = pa.concat_arrays([_names(admitted, outcome.network.members), pa.array([FUND_NAME], pa.string())])
    columns = {
        "currency": pa.array([admitted.currencies[outcome.network.currency]] * len(names), pa.string()),
        "member": names,
        "available_minor": np.append(liquidity.own, liquidity.fund),
        "injected_minor": np.append(draw.injected, draw.loan.sum()),
        "loan_minor": np.append(draw.loan, 0),
        "received_minor": np.append(draw.received, 0),
    }
    return _by_name(pa.table(columns, schema=LIQUIDITY))


def lines_table(admitted: Admitted, lines: Lines) -> pa.Table:
    """Lines as they entered the run: currency, member and available_minor of each, in the order of the file."""
    member = pc.fill_null(admitted.members.take(pa.array(lines.member, mask=lines.member < 0)), FUND_NAME)
    return pa.table({"currency": _texts(admitted.currencies, lines.currency), "member": member, "available_minor": lines.amount})


def circuits_table(cleared: Cleared) -> pa.Table:
    """Every circuit and chain of every currency, one row for each step."""
    return pa.concat_tables([_circuits_of(cleared, outcome) for outcome in cleared.outcomes] or [CIRCUITS.empty_table()])


def _circuits_of(cleared: Cleared, outcome: Outcome) -> pa.Table:
    admitted, network = cleared.admitted, outcome.network
    circuits = circuits_of(network, outcome.flow, outcome.draw)
    length = np.array([len(circuit.edges) for circuit in circuits], np.int64)
    edges = np.array([edge for circuit in circuits for edge in circuit.edges], np.int64)
    number = np.repeat(np.arange(1, len(circuits) + 1), length)
    step = np.arange(len(edges)) - np.repeat(np.cumsum(length) - length, length) + 1
    columns = {
        "currency": pa.array([admitted.currencies[network.currency]] * len(edges), pa.string()),
        "circuit": number,
        "step": step.astype(np.int32),
        "debtor": _names(admitted, network.members[network.tail[edges]]),
        "creditor": _names(admitted, network.members[network.head[edges]]),
        "amount_minor": np.repeat(np.array([circuit.amount for circuit in circuits], np.int64), length),
    }
    return pa.table(columns, schema=CIRCUITS)


def currency_summaries(cleared: Cleared) -> dict[str, dict[str, object]]:
    """The part *currencies* of ``summary.json``; amounts are Python integers in minor units."""
    return {cleared.admitted.currencies[outcome.network.currency]: _summary(cleared, outcome) for outcome in cleared.outcomes}


def _summary(cleared: Cleared, outcome: Outcome) -> dict[str, object]:
    admitted, network = cleared.admitted, outcome.network
    rows = slice(network.first_row, network.last_row)
    amount, kept_out = admitted.amount[rows], admitted.excluded[rows] != 0
    gross, out, done = int(amount.sum()), int(amount[kept_out].sum()), int(outcome.flow.sum())
    net = net_positions(len(network.members), network.tail, network.head, network.capacity - outcome.flow)
    pay_in = int(np.maximum(-net, 0).sum()) if cleared.replaced is not None else 0
    drawn = 0 if outcome.draw is None else int((outcome.draw.injected + outcome.draw.loan).sum())
    return {
        "obligations": len(amount),
        "members": len(network.members),
        "gross_minor": gross,
        "cleared_minor": done,
        "cleared_share": rounded_down(done, gross),
        "residual_minor": gross - done,
        "pay_in_minor": pay_in,
        "optimal": True,
        "pairs_only_minor": outcome.pairs_only,
        "greedy_minor": outcome.greedy,
        "cash_saved_minor": (done if cleared.replaced is None else gross - out - pay_in) - drawn,
        "edges": len(network.capacity),
        "exponent": admitted.exponents[network.currency],
        "excluded": int(kept_out.sum()),
        "excluded_minor": out,
        "liquidity": _summary_of_cash(outcome),
    }


def _summary_of_cash(outcome: Outcome) -> dict[str, object] | None:
    liquidity, draw = outcome.liquidity, outcome.draw
    if liquidity is None or draw is None:
        return None
    return {
        "available_minor": int(liquidity.own.sum()),
        "fund_minor": liquidity.fund,
        "injected_minor": int(draw.injected.sum()),
        "loans_minor": int(draw.loan.sum()),
        "cleared_without_minor": outcome.without,
    }


def rounded_down(part: int, whole: int) -> float:
    """A share for reading, to six digits, rounded down: 1.0 only when it is all."""
    return (part * 1_000_000 // whole) / 1_000_000 if whole else 0.0
