"""Why an obligation cleared as far as it did, and why no further: in words that a party can check.

What cleared is told by the circuits that ran through it, and with cash by the chains: whoever stands at
the beginning of one pays the amount in, whoever stands at its end receives it. What did not is told by a **cut**: the
members that can be reached from its creditor along debts that are still open. Its debtor is not
among them, and everything that they owe to anybody outside is fully cleared, so no chain of open
debts leads back, and no circuit through it is left. With cash, a chain may also leave through a receipt
and come back where cash is left, so members with cash left count as reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.clearing.circuits import Circuit, circuits_of
from rescounter.clearing.liquidity import Draw
from rescounter.clearing.network import Network
from rescounter.clearing.potentials import arcs_of
from rescounter.terms import EXCLUSIONS, CallerFault, format_minor
from rescounter.terms.names import FUND_NAME, closest

__all__ = ["Cut", "Explanation", "Step", "explain_item", "explain_member"]

_CIRCUITS_TOLD_MAX = 10
_NAMES_TOLD_MAX = 8


@dataclass(frozen=True, slots=True)
class Step:
    """One circuit and the part of it that served the item explained; minor units.

    *members* of a circuit begin at the item's debtor; those of a chain (*closed* False) stand from the one that
    drew cash to the one that received it.
    """

    members: tuple[str, ...]
    amount: int
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Cut:
    """Members reached from the creditor along open debts; what they owe outside is fully cleared.

    Args: *outward_edges* and *outward_minor*: how many debts lead out of the group, all fully cleared.
    """

    members: tuple[str, ...]
    outward_edges: int
    outward_minor: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Facts in order of importance, and the same in plain words."""

    subject: str
    facts: Mapping[str, object]
    circuits: tuple[Step, ...]
    cut: Cut | None
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class _Currency:
    """One currency of a result, read back from its table of obligations."""

    code: str
    exponent: int
    names: list[str]
    rows: pa.Table
    network: Network
    flow: NDArray[np.int64]
    draw: Draw | None
    has_cash: NDArray[np.bool_]

    def money(self, minor: int) -> str:
        return f"{format_minor(minor, self.exponent, group=',')} {self.code}"


def explain_item(
    obligations: pa.Table, exponents: Mapping[str, int], *, id: str, method: str, liquidity: pa.Table | None = None
) -> Explanation:
    """Why the obligation *id* cleared as far as it did.

    Args: *obligations*, *liquidity* as in `rescounter.terms.tables`; *exponents* of its currencies; *method* of the run.
    Raises: CallerFault ``id_unknown``.
    """
    place = pc.index(obligations["id"], id).as_py()
    if place < 0:
        raise CallerFault("id_unknown", f"no obligation has the id {id!r}{closest(id, obligations['id'].slice(0, 200_000).to_pylist())}")
    row = obligations.slice(place, 1).to_pylist()[0]
    currency = _currency(obligations, liquidity, exponents, row["currency"])
    head = f"{id}: {row['debtor']} owes {row['creditor']} {currency.money(row['amount_minor'])}" + (
        f", due {row['due']}" if row["due"] else ""
    )
    head += f", of weight {row['weight']}" if row.get("weight", 1) != 1 else ""
    lines = [head + "."]
    if row["excluded"]:
        lines.append(f"It was kept out of the run ({row['excluded']}): {EXCLUSIONS[row['excluded']].meaning}.")
        return Explanation(id, row, (), None, "\n".join(lines))
    lines.append(f"Cleared: {currency.money(row['cleared_minor'])}; what remains: {currency.money(row['residual_minor'])}.")
    steps = _steps_of_item(currency, row) if row["cleared_minor"] else ()
    lines += _told_circuits(currency, steps)
    cut = _cut(currency, row["debtor"], row["creditor"]) if row["residual_minor"] and method != "net" else None
    if method == "net":
        lines.append("This run set nothing off: it nets.")
    elif cut is not None:
        lines += _told_cut(currency, cut, row["debtor"], row["creditor"], row["residual_minor"])
    if row.get("replaced_minor"):
        lines.append(f"Netting replaced {currency.money(row['replaced_minor'])} of it by {row['debtor']}'s position towards the union.")
    return Explanation(id, row, steps, cut, "\n".join(lines))


def explain_member(
    obligations: pa.Table,
    members: pa.Table,
    exponents: Mapping[str, int],
    *,
    member: str,
    method: str,
    liquidity: pa.Table | None = None,
) -> Explanation:
    """What a member cleared, through which circuits, and what keeps the rest from clearing.

    Raises: CallerFault ``member_unknown``.
    """
    own = members.filter(pc.equal(members["member"], pa.scalar(member)))
    if own.num_rows == 0:
        names = pc.unique(members["member"]).to_pylist()
        raise CallerFault("member_unknown", f"no member has the code {member!r}{closest(member, names)}")
    lines: list[str] = []
    facts: dict[str, object] = {}
    steps: list[Step] = []
    cut = None
    for row in own.to_pylist():
        currency = _currency(obligations, liquidity, exponents, row["currency"])
        facts[row["currency"]] = row
        lines.append(
            f"{member} owed {currency.money(row['owes_minor'])} and was owed {currency.money(row['is_owed_minor'])}; "
            f"it cleared {_told_sides(currency, row)}."
        )
        lines += _told_cash(currency, row)
        through = _steps_of_member(currency, member)
        steps += through
        lines += _told_circuits(currency, through)
        debt = _largest_open_debt(currency, member)
        if method == "net":
            lines.append("This run set nothing off: it nets.")
        elif debt is None:
            lines.append("Everything that it owed and that took part is cleared.")
        else:
            creditor, rest = debt
            cut = _cut(currency, member, creditor)
            lines.append(f"Its largest open debt is {currency.money(rest)} to {creditor}.")
            lines += _told_cut(currency, cut, member, creditor, rest)
        if method != "set-off":
            lines.append(
                f"Towards the union it pays in {currency.money(row['pay_in_minor'])} and is paid {currency.money(row['pay_out_minor'])}."
            )
    return Explanation(member, facts, tuple(steps), cut, "\n".join(lines))


def _told_sides(currency: _Currency, row: Mapping[str, int]) -> str:
    owed, due = row["cleared_minor"], row.get("cleared_claims_minor", row["cleared_minor"])
    both = f"{currency.money(owed)} on both sides"
    return both if owed == due else f"{currency.money(owed)} of what it owed and {currency.money(due)} of what it was owed"


def _told_cash(currency: _Currency, row: Mapping[str, int]) -> list[str]:
    told = (
        ("injected_minor", "It paid in {} of its own cash."),
        ("loan_minor", "The fund lent it {}, which it now owes to the union."),
        ("received_minor", "It received {} in cash."),
    )
    return [sentence.format(currency.money(row[name])) for name, sentence in told if row.get(name)]


def _cash_of(liquidity: pa.Table | None, code: str, names: list[str]) -> tuple[Draw | None, NDArray[np.bool_]]:
    """What the members of *names* drew and received, and which of them could still draw."""
    nothing = np.zeros(len(names), bool)
    if liquidity is None:
        return None, nothing
    rows = {row["member"]: row for row in liquidity.filter(pc.equal(liquidity["currency"], code)).to_pylist()}
    if not rows:
        return None, nothing
    injected, loan, received, available = (
        np.array([rows[name][column] for name in names], np.int64)
        for column in ("injected_minor", "loan_minor", "received_minor", "available_minor")
    )
    lends = rows[FUND_NAME]["available_minor"] > rows[FUND_NAME]["injected_minor"]
    return Draw(injected, loan, received), (available > injected) | lends


def _currency(obligations: pa.Table, liquidity: pa.Table | None, exponents: Mapping[str, int], code: str) -> _Currency:
    included = pc.and_(pc.equal(obligations["currency"], code), pc.equal(obligations["excluded"], ""))
    rows = obligations.filter(included).combine_chunks()
    names: list[str] = sorted(set(pc.unique(rows["debtor"]).to_pylist()) | set(pc.unique(rows["creditor"]).to_pylist()))
    index = pa.array(names, pa.string())
    tail, head = (
        np.asarray(pc.index_in(rows[party].combine_chunks(), value_set=index)).astype(np.int32) for party in ("debtor", "creditor")
    )
    amount, cleared = np.asarray(rows["amount_minor"]), np.asarray(rows["cleared_minor"])
    opens = np.ones(len(tail), bool)
    opens[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    weight = np.asarray(rows["weight"]) if "weight" in rows.column_names else np.ones(len(tail), np.int32)
    opens[1:] |= weight[1:] != weight[:-1]
    first = np.flatnonzero(opens)
    capacity, flow = (np.add.reduceat(values, first) if len(first) else np.zeros(0, np.int64) for values in (amount, cleared))
    members = np.arange(len(names), dtype=np.int32)
    network = Network(
        0, 0, len(tail), members, tail[first], head[first], capacity, np.arange(len(tail)), np.cumsum(opens) - 1, weight[first]
    )
    return _Currency(code, exponents[code], names, rows, network, flow, *_cash_of(liquidity, code, names))


def _steps_of_item(currency: _Currency, row: Mapping[str, object]) -> tuple[Step, ...]:
    """The circuits through the item's edge, laid end to end beside the edge's items in row order."""
    edge = int(currency.network.edge_of_row[pc.index(currency.rows["id"], row["id"]).as_py()])
    own = np.flatnonzero(currency.network.edge_of_row == edge)
    cleared = np.asarray(currency.rows["cleared_minor"])[own].tolist()
    place = currency.rows["id"].take(pa.array(own)).to_pylist().index(row["id"])
    begin = sum(cleared[:place])
    end = begin + cleared[place]
    steps, passed = [], 0
    for circuit in circuits_of(currency.network, currency.flow, currency.draw):
        if edge not in circuit.edges:
            continue
        part = min(end, passed + circuit.amount) - max(begin, passed)
        passed += circuit.amount
        if part > 0:
            steps.append(_step(currency, circuit, circuit.edges.index(edge), part))
    return tuple(sorted(steps, key=lambda step: (-step.amount, step.members)))


def _steps_of_member(currency: _Currency, member: str) -> tuple[Step, ...]:
    if member not in currency.names:
        return ()
    node = currency.names.index(member)
    own = set(np.flatnonzero(currency.network.tail == node).tolist())
    steps = []
    for circuit in circuits_of(currency.network, currency.flow, currency.draw):
        turn = next((step for step, edge in enumerate(circuit.edges) if edge in own), None)
        ends = not circuit.closed and currency.network.head[circuit.edges[-1]] == node
        if turn is not None or ends:
            steps.append(_step(currency, circuit, turn or 0, circuit.amount))
    return tuple(sorted(steps, key=lambda step: (-step.amount, step.members)))


def _step(currency: _Currency, circuit: Circuit, turn: int, amount: int) -> Step:
    """A circuit told from its step *turn*; a chain from its beginning to its end."""
    edges = circuit.edges[turn:] + circuit.edges[:turn] if circuit.closed else circuit.edges
    nodes = [currency.network.tail[edge] for edge in edges]
    nodes += [] if circuit.closed else [currency.network.head[edges[-1]]]
    return Step(tuple(currency.names[node] for node in nodes), amount, circuit.closed)


def _largest_open_debt(currency: _Currency, member: str) -> tuple[str, int] | None:
    if member not in currency.names:
        return None
    own = np.flatnonzero(currency.network.tail == currency.names.index(member))
    rest = (currency.network.capacity - currency.flow)[own]
    if not rest.any():
        return None
    largest = int(np.argmax(rest))
    return currency.names[currency.network.head[own[largest]]], int(rest[largest])


def _cut(currency: _Currency, debtor: str, creditor: str) -> Cut:
    network = currency.network
    reached = np.zeros(len(currency.names), bool)
    reached[currency.names.index(creditor)] = True
    reached |= currency.has_cash
    tail, head = (ends[currency.flow < network.capacity] for ends in (network.tail, network.head))
    by_tail = np.argsort(tail, kind="stable")
    start = np.searchsorted(tail[by_tail], np.arange(len(currency.names) + 1))
    fresh = np.flatnonzero(reached)
    while len(fresh):
        creditors = head[by_tail[arcs_of(fresh, start)[0]]]
        fresh = np.unique(creditors[~reached[creditors]])
        reached[fresh] = True
    if reached[currency.names.index(debtor)]:
        raise CallerFault("result_damaged", f"a chain of open debts leads from {creditor} back to {debtor}: this is no largest set-off")
    outward = reached[network.tail] & ~reached[network.head]
    members = tuple(currency.names[place] for place in np.flatnonzero(reached))
    return Cut(members, int(np.count_nonzero(outward)), int(network.capacity[outward].sum()))


def _told_circuits(currency: _Currency, steps: tuple[Step, ...]) -> list[str]:
    if not steps:
        return []
    chains = sum(not step.closed for step in steps)
    counts = [
        f"{count:,} {noun}{'' if count == 1 else 's'}" for count, noun in ((len(steps) - chains, "circuit"), (chains, "chain")) if count
    ]
    told = "; a chain begins where cash is drawn and ends where it is received" if chains else ""
    lines = [f"It cleared in {' and '.join(counts)}, along which everybody's debt to the next falls by the same amount{told}:"]
    lines += [f"  {currency.money(step.amount)}: {_told_chain(step)}" for step in steps[:_CIRCUITS_TOLD_MAX]]
    if len(steps) > _CIRCUITS_TOLD_MAX:
        rest = sum(step.amount for step in steps[_CIRCUITS_TOLD_MAX:])
        smaller = "circuits and chains" if chains else "circuits"
        lines.append(f"  {currency.money(rest)}: {len(steps) - _CIRCUITS_TOLD_MAX:,} smaller {smaller}")
    return lines


def _told_chain(step: Step) -> str:
    members, last = step.members, step.members[0] if step.closed else step.members[-1]
    head, tail = ("", "") if step.closed else ("cash -> ", " -> cash")
    if len(members) <= _NAMES_TOLD_MAX:
        return head + " -> ".join((*members, last) if step.closed else members) + tail
    return head + " -> ".join((*members[:_NAMES_TOLD_MAX], "...", last)) + tail + f" ({len(members)} members)"


def _told_cut(currency: _Currency, cut: Cut, debtor: str, creditor: str, rest: int) -> list[str]:
    cash = currency.draw is not None
    sources = f"{creditor}, or from anybody with cash left," if cash else creditor
    needed = f"a circuit would need a chain of open debts from {sources} back to {debtor}."
    if len(cut.members) == 1:
        group = f"There is none: nothing that {creditor} owes and that took part is still open"
    else:
        more = len(cut.members) - _NAMES_TOLD_MAX
        named = ", ".join(cut.members[:_NAMES_TOLD_MAX]) + (f" and {more:,} more" if more > 0 else "")
        beside = " and from those with cash left" if cash else ""
        group = f"There is none: open debts lead from {creditor}{beside} only to this group of {len(cut.members):,}: {named}"
    if cut.outward_edges == 1:
        outward = f"the only debt from there to others ({currency.money(cut.outward_minor)}) is already fully cleared."
    elif cut.outward_edges:
        outward = f"all {cut.outward_edges:,} debts from there to others ({currency.money(cut.outward_minor)}) are already fully cleared."
    else:
        outward = "no other debt that took part leads out of there."
    return [
        f"Why the remaining {currency.money(rest)} cannot clear: {needed}",
        f"{group}; {outward}",
        "Clearing more here would take as much or more from other obligations: the potentials prove the total.",
    ]
