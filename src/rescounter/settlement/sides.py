"""What the postings of a settlement and of a close move, member by member: as columns for their legs, and by account for their law.

Both are made of the same tables, and apart from each other: the legs by columns, the law by sums of accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import pyarrow as pa

from rescounter.settlement.accounts import (
    CASH,
    CHARGES,
    CLEARING,
    CREDIT,
    DUE,
    FEES,
    INTEREST,
    RESERVE_FUND,
    SETTLEMENT,
    account_name,
)
from rescounter.settlement.collection import CALLED, purposes_of
from rescounter.terms import holds
from rescounter.terms.names import FUND_NAME

__all__ = ["closing_moves", "closing_sides", "moves_of", "sides_of"]

_Key: TypeAlias = tuple[str, str]
_Moves: TypeAlias = tuple[dict[str, int], dict[str, int]]
"""Debits and credits."""

_OF_NET: Final = (
    *("debit_minor", "credit_minor", "pay_out_minor", "drawn_minor", "granted_minor"),
    *(f"{purpose}_{side}_minor" for purpose in CALLED for side in ("due", "owed")),
)
_OF_CLOSE: Final = ("fee_minor", "interest_paid_minor", "interest_earned_minor", "charge_minor")


def sides_of(net: pa.Table, called: pa.Table, scale: pa.Table | None, owed: pa.Table | None) -> pa.Table:
    """By currency and member, amounts >= 0: net debit and credit, pay-out, credit drawn and granted, and what is collected.

    Args: *net* `calls.POSITIONS`; *called* `CALLS`; *scale* `credit.SCALE`; *owed* `collection.COLLECTED`.
    Law: who is paid out has a position.
    """
    rows: dict[_Key, dict[str, int]] = {}
    for row in net.to_pylist():
        _add(rows, row, _OF_NET, debit_minor=max(0, -row["net_minor"]), credit_minor=max(0, row["net_minor"]))
    for row in called.to_pylist():
        holds(not row["pay_out_minor"] or _key(row) in rows, "paid_out_of_net_credit", member=row["member"])
        if row["pay_out_minor"]:
            _add(rows, row, _OF_NET, pay_out_minor=row["pay_out_minor"])
    for row in _rows(scale):
        change = row["credit_change_minor"]
        _add(rows, row, _OF_NET, drawn_minor=max(0, -change), granted_minor=max(0, change))
    for row in _rows(owed):
        for purpose in () if owed is None else purposes_of(owed):
            balance = row[f"{purpose}_minor"]
            _add(rows, row, _OF_NET, **{f"{purpose}_due_minor": max(0, balance), f"{purpose}_owed_minor": max(0, -balance)})
    return _table(rows, _OF_NET)


def moves_of(net: pa.Table, called: pa.Table, scale: pa.Table | None, owed: pa.Table | None, centre: pa.Table | None = None) -> _Moves:
    """By account, what a settlement must debit and credit. Args: as `sides_of`; *centre* `exchange.CENTRE`."""
    moves: _Moves = {}, {}
    for row in net.to_pylist():
        _both(moves, row, CASH if row["net_minor"] > 0 else DUE, CLEARING, row["net_minor"])
    for row in called.to_pylist():
        _both(moves, row, CASH, SETTLEMENT, -row["pay_out_minor"])
    for row in _rows(scale):
        _both(moves, row, CREDIT, CLEARING, row["credit_change_minor"])
    for row in _rows(owed):
        for purpose in () if owed is None else purposes_of(owed):
            _both(moves, row, purpose, CLEARING, -row[f"{purpose}_minor"])
    for row in _rows(centre):
        _both(moves, {**row, "member": FUND_NAME}, row["purpose"], CLEARING, row["amount_minor"])
    return moves


def closing_sides(fees: pa.Table, interest: pa.Table | None, charges: pa.Table | None) -> pa.Table:
    """By currency and member, amounts >= 0: fee, interest paid and earned, charge.

    Args: *fees* `fees.FEES_TABLE`; *interest* `accruals.INTEREST`; *charges* `accruals.CHARGES`.
    """
    rows: dict[_Key, dict[str, int]] = {}
    for row in fees.to_pylist():
        _add(rows, row, _OF_CLOSE, fee_minor=row["fee_minor"])
    for row in _rows(interest):
        earned = row["interest_minor"]
        _add(rows, row, _OF_CLOSE, interest_paid_minor=max(0, -earned), interest_earned_minor=max(0, earned))
    for row in _rows(charges):
        _add(rows, row, _OF_CLOSE, charge_minor=row["charge_minor"])
    return _table(rows, _OF_CLOSE)


def closing_moves(fees: pa.Table, interest: pa.Table | None, charges: pa.Table | None) -> _Moves:
    """By account, what a close must debit and credit."""
    moves: _Moves = {}, {}
    for row in fees.to_pylist():
        _both(moves, row, FEES, FEES, -row["fee_minor"])
    for row in _rows(interest):
        _both(moves, row, INTEREST, INTEREST, row["interest_minor"])
    for row in _rows(charges):
        _both(moves, row, CHARGES, RESERVE_FUND, -row["charge_minor"])
    return moves


def _both(moves: _Moves, row: Mapping[str, Any], purpose: str, union: str, to_member: int) -> None:
    """Add what the member's account gets of the union's; below zero, what it gives."""
    names = account_name(row["member"], purpose, row["currency"]), account_name(FUND_NAME, union, row["currency"])
    credited, debited = names if to_member > 0 else names[::-1]
    for side, name in zip(moves, (debited, credited), strict=True):
        if to_member:
            side[name] = side.get(name, 0) + abs(to_member)


def _add(rows: dict[_Key, dict[str, int]], row: Mapping[str, Any], names: tuple[str, ...], **amounts: int) -> None:
    own = rows.setdefault(_key(row), dict.fromkeys(names, 0))
    for name, amount in amounts.items():
        own[name] += amount


def _key(row: Mapping[str, Any]) -> _Key:
    return row["currency"], row["member"]


def _rows(table: pa.Table | None) -> Iterator[dict[str, Any]]:
    yield from () if table is None else table.to_pylist()


def _table(rows: Mapping[_Key, Mapping[str, int]], names: tuple[str, ...]) -> pa.Table:
    keys = sorted(rows)
    columns = {"currency": pa.array([key[0] for key in keys], pa.string()), "member": pa.array([key[1] for key in keys], pa.string())}
    return pa.table(columns | {name: pa.array([rows[key][name] for key in keys], pa.int64()) for name in names})
