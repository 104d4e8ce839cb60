"""Every subset of pending settlements respects the limits.

Cycles that are cleared and not settled may be settled in any order, and some of them never. The lowest that an account can come to is its
balance plus all negative net effects together: pending receipts do not count. So one sum for each account decides about all subsets and
all orders, of which there are factorially many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa

from rescounter.settlement.accounts import CASH_TABLE
from rescounter.settlement.calls import POSITIONS
from rescounter.terms import holds

__all__ = ["BREACHES", "breaches", "every_subset_holds", "lowest_minor"]

BREACHES: Final = pa.schema(
    [
        pa.field("currency", pa.string()),
        pa.field("member", pa.string()),
        pa.field("balance_minor", pa.int64()),
        pa.field("limit_minor", pa.int64()),
        pa.field("pending_minor", pa.int64()),
        pa.field("missing_minor", pa.int64()),
    ]
)
"""By currency and member: *pending_minor*: what all pending cycles may take; *missing_minor*: by how much that passes the limit."""


def lowest_minor(balance: int, effects: Iterable[int]) -> int:
    """The lowest balance over all subsets of *effects* in all orders, minor units, positive = is owed."""
    return balance + sum(min(0, effect) for effect in effects)


def breaches(cash: pa.Table, pending: Sequence[pa.Table]) -> pa.Table:
    """Who could not meet some subset of *pending*, as `BREACHES`.

    Args: *cash* `accounts.CASH_TABLE`, nothing of *pending* taken off; *pending*: `calls.POSITIONS` of each cycle that is not settled.
    """
    holds(cash.schema.equals(CASH_TABLE), "cash_has_its_schema", found=cash.schema.names)
    has = {(row["currency"], row["member"]): (row["balance_minor"], row["limit_minor"]) for row in cash.to_pylist()}
    effects: dict[tuple[str, str], list[int]] = {}
    for net in pending:
        holds(net.schema.equals(POSITIONS), "positions_have_their_schema", found=net.schema.names)
        for currency, member, amount in zip(*(net[name].to_pylist() for name in POSITIONS.names), strict=True):
            effects.setdefault((currency, member), []).append(amount)
    rows = []
    for key in sorted(effects):
        balance, limit = has.get(key, (0, 0))
        missing = -limit - lowest_minor(balance, effects[key])
        if missing > 0:
            rows.append((*key, balance, limit, balance - lowest_minor(balance, effects[key]), missing))
    columns = zip(*rows, strict=True) if rows else ((),) * len(BREACHES)
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(columns, BREACHES.types, strict=True)], schema=BREACHES)


def every_subset_holds(cash: pa.Table, pending: Sequence[pa.Table]) -> None:
    """Law: no subset of *pending*, settled in any order, takes an account below its limit."""
    found = breaches(cash, pending)
    holds(
        found.num_rows == 0,
        "every_subset_respects_the_limits",
        accounts=found.num_rows,
        first=found["member"][0].as_py() if len(found) else "",
    )
