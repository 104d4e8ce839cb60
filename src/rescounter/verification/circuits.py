"""The circuits and chains: the cleared flow once more, told as who, in which order, how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rescounter.verification.cash import Cash
from rescounter.verification.network import Edges, Ints, Rows, codes, column, totals
from rescounter.verification.verdict import Finding, at

__all__ = ["check_circuits"]


@dataclass(frozen=True, slots=True)
class _Steps:
    """The circuits table as arrays: *circuit* numbers the circuits from 0, *starts* are their first rows.

    *is_open*: for each circuit whether it is a chain: its currency has liquidity, and its last creditor is not its first debtor.
    """

    circuit: Ints
    starts: Ints
    currency: Ints
    debtor: Ints
    creditor: Ints
    amount: Ints
    number: Ints
    step: Ints
    is_open: NDArray[np.bool_]

    def ends(self) -> Ints:
        """The last row of each circuit."""
        return np.append(self.starts[1:], len(self.step))[: len(self.starts)] - 1

    def where(self, place: int) -> str:
        return f"circuit {self.number[place]}, step {self.step[place]}"


def check_circuits(rows: Rows, edges: Edges, cash: Cash, table: pa.Table, *, most: Ints) -> list[Finding]:
    """Circuits are simple and closed, chains simple and open, each carries one amount; they add up to the flow and the cash.

    Args: *edges* one for each pair; *most* circuits of each currency.
    """
    steps = _read(rows, cash, table)
    if table.num_rows == 0:
        return _check_sums(rows, edges, steps)
    return [
        *_check_order(steps),
        *_check_closed(steps),
        *_check_simple(steps),
        *_check_sums(rows, edges, steps),
        *_check_chains(rows, cash, steps),
        *_check_count(rows, steps, most),
    ]


def _read(rows: Rows, cash: Cash, table: pa.Table) -> _Steps:
    currency = codes(column(table, "currency"), pa.array(rows.currency_names, pa.string()))
    number, step = column(table, "circuit").to_numpy(), column(table, "step").to_numpy().astype(np.int64)
    fresh = np.ones(len(number), bool)
    fresh[1:] = (number[1:] != number[:-1]) | (currency[1:] != currency[:-1])
    debtor, creditor = (codes(column(table, side), rows.member_names) for side in ("debtor", "creditor"))
    starts = np.flatnonzero(fresh)
    ends = np.append(starts[1:], len(number))[: len(starts)] - 1
    return _Steps(
        circuit=np.cumsum(fresh) - 1,
        starts=starts,
        is_open=np.isin(currency[starts], cash.currency) & (creditor[ends] != debtor[starts]),
        currency=currency,
        debtor=debtor,
        creditor=creditor,
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
    """The creditor of a step is the debtor of the next, that of a circuit's last step the first debtor; one amount."""
    follower = np.arange(1, len(steps.step) + 1)
    follower[steps.ends()] = steps.starts
    open_end = steps.creditor != steps.debtor[follower]
    open_end[steps.ends()[steps.is_open]] = False
    lead = steps.amount[steps.starts][steps.circuit]
    return [
        *at("circuits", open_end, lambda place: (steps.where(place), "a creditor who is not the next debtor", "a closed circuit")),
        *at("circuits", steps.amount <= 0, lambda place: (steps.where(place), str(steps.amount[place]), "1 or more")),
        *at("circuits", steps.amount != lead, lambda place: (steps.where(place), str(steps.amount[place]), f"{lead[place]} as in step 1")),
    ]


def _check_simple(steps: _Steps) -> list[Finding]:
    """No member stands twice in one circuit or chain."""
    last = steps.ends()[steps.is_open]
    standing = np.concatenate([np.arange(len(steps.step)), last])
    party = np.concatenate([steps.debtor, steps.creditor[last]])
    order = np.lexsort((party, steps.circuit[standing]))
    circuit, party = steps.circuit[standing[order]], party[order]
    twice = (circuit[1:] == circuit[:-1]) & (party[1:] == party[:-1])
    return at("circuits", twice, lambda place: (f"circuit {steps.number[standing[order[place]]]}", "a member twice", "each member once"))


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


def _check_chains(rows: Rows, cash: Cash, steps: _Steps) -> list[Finding]:
    """Chains that begin at a member carry what it drew, those that end there what it received."""
    first, last = steps.starts[steps.is_open], steps.ends()[steps.is_open]
    begun, ended = (
        _sums_at(rows, steps.currency[place], party[place], steps.amount[place])
        for place, party in ((first, steps.debtor), (last, steps.creditor))
    )
    drawn = cash.drawn()
    return [
        *at("circuits", begun != drawn, lambda node: (rows.node_name(node), f"{begun[node]} in chains from there", f"{drawn[node]} drawn")),
        *at(
            "circuits",
            ended != cash.received,
            lambda node: (rows.node_name(node), f"{ended[node]} in chains to there", f"{cash.received[node]} received"),
        ),
    ]


def _sums_at(rows: Rows, currency: Ints, party: Ints, amount: Ints) -> Ints:
    """Sum of *amount* at each node; strangers, told by `_check_sums`, count nowhere."""
    key = currency * len(rows.member_names) + party
    node = np.searchsorted(rows.nodes, key)
    known = (party >= 0) & (np.append(rows.nodes, -1)[node] == key)
    return totals(node[known], amount[known], len(rows.nodes))


def _check_count(rows: Rows, steps: _Steps, most: Ints) -> list[Finding]:
    """At most as many circuits and chains as edges, and members that drew or received."""
    circuits = np.bincount(steps.currency[steps.starts], minlength=len(rows.currency_names))
    return at(
        "circuits", circuits > most, lambda place: (rows.currency_names[place], f"{circuits[place]} circuits", f"at most {most[place]}")
    )
