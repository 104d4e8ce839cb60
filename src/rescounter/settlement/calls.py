"""Positions and calls: what novation leaves each direct member to pay or to be paid, and what it must pay in for it.

An indirect member settles through its direct member: the positions are of direct members, and the sums of what stands under them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.settlement.accounts import CASH_TABLE
from rescounter.terms import holds
from rescounter.terms.union_tables import CALLS

__all__ = ["POSITIONS", "calls", "positions", "positions_are_those_of", "settled_by"]

POSITIONS: Final = pa.schema([pa.field("currency", pa.string()), pa.field("member", pa.string()), pa.field("net_minor", pa.int64())])
"""Net positions towards the union, positive = is owed, of direct members, by currency and member; zeros included."""


def positions(obligations: pa.Table, participants: pa.Table) -> pa.Table:
    """What novation replaced, netted by direct member, as `POSITIONS`.

    Args: *obligations* of a result with netting (or of `late.Carried`); *participants* with the columns *member* and *settles_by* (empty =
    by itself). Members that do not stand there settle by themselves.
    Law: every currency sums to zero.
    """
    sides = []
    for side, sign in (("debtor", -1), ("creditor", 1)):
        sums = obligations.select([side, "currency", "replaced_minor"]).group_by([side, "currency"]).aggregate([("replaced_minor", "sum")])
        amount = pc.multiply(sums["replaced_minor_sum"], sign)
        sides.append(pa.table({"currency": sums["currency"], "member": settled_by(sums[side], participants), "net_minor": amount}))
    net = pa.concat_tables(sides).group_by(["currency", "member"]).aggregate([("net_minor", "sum")])
    table = pa.table([net["currency"], net["member"], net["net_minor_sum"]], schema=POSITIONS)
    table = table.take(pc.sort_indices(table, sort_keys=[("currency", "ascending"), ("member", "ascending")]))
    _sum_to_zero(table)
    return table


def settled_by(members: pa.ChunkedArray | pa.Array, participants: pa.Table) -> pa.ChunkedArray | pa.Array:
    """The direct member of each of *members*."""
    places = pc.index_in(members, value_set=participants["member"].combine_chunks())
    direct = participants["settles_by"].combine_chunks().take(places.combine_chunks() if isinstance(places, pa.ChunkedArray) else places)
    named = pc.fill_null(pc.not_equal(direct, ""), False)
    return pc.if_else(named, direct, members.combine_chunks() if isinstance(members, pa.ChunkedArray) else members)


def calls(net: pa.Table, cash: pa.Table, *, kind: str, stays: Collection[tuple[str, str]] = ()) -> pa.Table:
    """What each member must pay in and is paid out, as `CALLS`, without members that have neither.

    Args: *net* `POSITIONS`; *cash* `CASH_TABLE`, members that do not stand there have none; *kind* ``pay-in`` or ``prefunded``, of the
    rule ``settlement.kind``; *stays*: currency and member of those that were late in this cycle, or stand for the insurance pool.
    Returns: pay-in = net debit less what the member may use (balance and net debit cap), never below zero. Pay-out = net credit less what
    its cash is below zero; with ``prefunded``, and to *stays*, nothing is paid out: the money stays on its cash.
    Law: without cash, caps and prefunding pay-ins equal pay-outs in every currency.
    """
    holds(net.schema.equals(POSITIONS) and cash.schema.equals(CASH_TABLE), "calls_come_of_positions_and_cash")
    holds(kind in ("pay-in", "prefunded"), "calls_are_of_a_kind", kind=kind)
    has = {(row["currency"], row["member"]): (row["balance_minor"], row["limit_minor"]) for row in cash.to_pylist()}
    rows = []
    for currency, member, amount in zip(*(net[name].to_pylist() for name in POSITIONS.names), strict=True):
        balance, limit = has.get((currency, member), (0, 0))
        pay_in = max(0, -amount - max(0, balance + limit)) if amount < 0 else 0
        pay_out = max(0, amount + min(0, balance)) if amount > 0 and kind == "pay-in" and (currency, member) not in stays else 0
        if pay_in or pay_out:
            rows.append((currency, member, pay_in, pay_out))
    return _table(rows, CALLS)


def positions_are_those_of(members: pa.Table, participants: pa.Table, net: pa.Table) -> None:
    """Law: the pay-ins and pay-outs of a result's members table, summed by direct member, are the positions *net*."""
    amount = pc.subtract(members["pay_out_minor"], members["pay_in_minor"])
    told = pa.table({"currency": members["currency"], "member": settled_by(members["member"], participants), "net_minor": amount})
    sums = told.group_by(["currency", "member"]).aggregate([("net_minor", "sum")])
    triples = zip(*(sums[name].to_pylist() for name in ("currency", "member", "net_minor_sum")), strict=True)
    expected = {(currency, member): amount for currency, member, amount in triples if amount}
    found = {(row["currency"], row["member"]): row["net_minor"] for row in net.to_pylist() if row["net_minor"]}
    holds(found == expected, "positions_are_what_novation_replaced", members=len(found), expected=len(expected))


def _sum_to_zero(net: pa.Table) -> None:
    for currency, total in zip(
        *(column.to_pylist() for column in net.group_by("currency").aggregate([("net_minor", "sum")]).columns), strict=True
    ):
        holds(total == 0, "zero_sum", currency=currency, positions=total)


def _table(rows: list[tuple[str, str, int, int]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)], schema=schema)
