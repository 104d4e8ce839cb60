"""The circuits: the cleared flow once more, told as who, in which order, how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rescounter.verification.network import Edges, Ints, Rows, codes, column
from rescounter.verification.verdict import Finding, at

__all__ = ["check_circuits"]


@dataclass(frozen=True, slots=True)
class _Steps:
    """The circuits table as arrays: *circuit* numbers the circuits from 0, *starts* are their first rows."""

    circuit: Ints
    starts: Ints
    currency: Ints
    debtor: Ints
    creditor: Ints
    amount: Ints
    number: Ints
    step: Ints

    def where(self, place: int) -> str:
        return f"circuit {self.number[place]}, step {self.step[place]}"


def check_circuits(rows: Rows, edges: Edges, table: pa.Table) -> list[Finding]:
    """Circuits are simple and closed, carry one amount each, and add up to the cleared flow."""
    if table.num_rows == 0:
        return _check_sums(rows, edges, _read(rows, table))
    steps = _read(rows, table)
    return [
        *_check_order(steps),
        *_check_closed(steps),
        *_check_simple(steps),
        *_check_sums(rows, edges, steps),
        *_check_count(rows, edges, steps),
    ]


def _read(rows: Rows, table: pa.Table) -> _Steps:
    currency = codes(column(table, "currency"), pa.array(rows.currency_names, pa.string()))
    number, step = column(table, "circuit").to_numpy(), column(table, "step").to_numpy().astype(np.int64)
    fresh = np.ones(len(number), bool)
    fresh[1:] = (number[1:] != number[:-1]) | (currency[1:] != currency[:-1])
    return _Steps(
        circuit=np.cumsum(fresh) - 1,
        starts=np.flatnonzero(fresh),
        currency=currency,
        debtor=codes(column(table, "debtor"), rows.member_names),
        creditor=codes(column(table, "creditor"), rows.member_names),
        amount=column(table, "amount_minor").to_numpy(),
        number=number,
        step=step,
    )


def _check_order(steps: _Steps) -> list[Finding]:
    """Rows by currency, circuit, step; steps count 1, 2, 3."""
    counted = np.arange(len(steps.step)) - steps.starts[steps.circuit] + 1
    lead_currency, lead_number = steps.currency[steps.starts], steps.number[steps.starts]
    same = lead_currency[1:] == lead_currency[:-1]
    ascending = (lead_currency[1:] > lead_currency[:-1]) | (same & (lead_number[1:] > lead_number[:-1]))
    return [
        *at("circuits", steps.step != counted, lambda place: (steps.where(place), "this step", f"step {counted[place]}")),
        *at("circuits", ~ascending, lambda place: (f"circuit {lead_number[place + 1]}", "this place", "order of currency and circuit")),
    ]


def _check_closed(steps: _Steps) -> list[Finding]:
    """The creditor of a step is the debtor of the next, the last creditor the first debtor; one amount."""
    follower = np.arange(1, len(steps.step) + 1)
    ends = np.append(steps.starts[1:], len(steps.step)) - 1
    follower[ends] = steps.starts
    open_end = steps.creditor != steps.debtor[follower]
    lead = steps.amount[steps.starts][steps.circuit]
    return [
        *at("circuits", open_end, lambda place: (steps.where(place), "a creditor who is not the next debtor", "a closed circuit")),
        *at("circuits", steps.amount <= 0, lambda place: (steps.where(place), str(steps.amount[place]), "1 or more")),
        *at("circuits", steps.amount != lead, lambda place: (steps.where(place), str(steps.amount[place]), f"{lead[place]} as in step 1")),
    ]


def _check_simple(steps: _Steps) -> list[Finding]:
    """No member stands twice as debtor in one circuit."""
    order = np.lexsort((steps.debtor, steps.circuit))
    circuit, debtor = steps.circuit[order], steps.debtor[order]
    twice = (circuit[1:] == circuit[:-1]) & (debtor[1:] == debtor[:-1])
    return at("circuits", twice, lambda place: (f"circuit {steps.number[order[place]]}", "a member twice", "each member once"))


def _check_sums(rows: Rows, edges: Edges, steps: _Steps) -> list[Finding]:
    """Over all circuits the amounts of an edge sum to its cleared amount."""
    edge = edges.find(rows.pairs(steps.currency, steps.debtor, steps.creditor))
    stranger = edge < 0
    carried = np.zeros(len(edges), np.int64)
    np.add.at(carried, edge[~stranger], steps.amount[~stranger])

    def tell(place: int) -> tuple[str, str, str]:
        where = rows.pair_name(edges.owes[place], edges.is_owed[place])
        return where, f"{carried[place]} in circuits", f"{edges.cleared[place]} cleared"

    return [
        *at("circuits", stranger, lambda place: (steps.where(place), "a pair without an obligation", "an edge of the network")),
        *at("circuits", carried != edges.cleared, tell),
    ]


def _check_count(rows: Rows, edges: Edges, steps: _Steps) -> list[Finding]:
    """At most as many circuits as edges."""
    size = len(rows.currency_names)
    circuits, most = np.bincount(steps.currency[steps.starts], minlength=size), np.bincount(edges.currency, minlength=size)
    return at(
        "circuits", circuits > most, lambda place: (rows.currency_names[place], f"{circuits[place]} circuits", f"at most {most[place]}")
    )
