"""What members owe the union in fees, interest, charges and calls of the guarantee, or are owed: collected with their next call.

Nothing is collected from who is late in the cycle: it stays on its accounts, so that one round of calls follows the other to an end.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pyarrow as pa

from rescounter.ledger import Standings
from rescounter.settlement.accounts import ASSESSMENTS, CHARGES, FEES, INTEREST
from rescounter.settlement.calls import POSITIONS, settled_by
from rescounter.terms import holds
from rescounter.terms.names import FUND_NAME

__all__ = ["CALLED", "COLLECTED", "PURPOSES", "collected", "purposes_of", "with_collected"]

PURPOSES: Final = (FEES, INTEREST, CHARGES)
"""Accounts of members that are brought to zero."""

CALLED: Final = (*PURPOSES, ASSESSMENTS)
"""The same with the calls of the guarantee, of which only what is owed is collected."""

COLLECTED: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("currency", "member", "settles_by")),
        *((f"{purpose}_minor", pa.int64()) for purpose in PURPOSES),
    ]
)
"""By currency and member, balances as they stand, positive = the union owes the member; *settles_by*: in whose call they are.

Where calls of the guarantee are collected, there is a column *assessments_minor*, too.
"""


def purposes_of(owed: pa.Table) -> tuple[str, ...]:
    """The purposes of which a table `COLLECTED` has a column."""
    return tuple(purpose for purpose in CALLED if f"{purpose}_minor" in owed.column_names)


def collected(
    standings: Standings, participants: pa.Table, *, late: Collection[tuple[str, str]] = (), purposes: Collection[str] = PURPOSES
) -> pa.Table:
    """What is collected, as `COLLECTED`.

    Args: *standings* of all accounts, or some; *participants* with *member* and *settles_by*; *late*: currency and direct member;
    *purposes*: those that are collected; the others are zero.
    """
    columns = CALLED if ASSESSMENTS in purposes else PURPOSES
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for name, used in zip(standings.values("id"), standings.used().tolist(), strict=True):
        member, purpose, currency = name.rsplit("/", 2)
        is_owed = used > 0 if purpose == ASSESSMENTS else bool(used)
        if is_owed and member != FUND_NAME and purpose in purposes:
            sums.setdefault((currency, member), dict.fromkeys(columns, 0))[purpose] = -used
    keys = sorted(sums)
    direct = settled_by(pa.chunked_array([[member for _, member in keys]], pa.string()), participants).to_pylist()
    rows = [
        {"currency": key[0], "member": key[1], "settles_by": by, **{f"{purpose}_minor": minor for purpose, minor in sums[key].items()}}
        for key, by in zip(keys, direct, strict=True)
        if (key[0], by) not in late
    ]
    return pa.Table.from_pylist(rows, schema=_schema(columns))


def with_collected(net: pa.Table, owed: pa.Table) -> pa.Table:
    """Positions in reserves with what is collected, as `calls.POSITIONS`."""
    purposes = purposes_of(owed)
    holds(net.schema.equals(POSITIONS) and owed.schema.equals(_schema(purposes)), "positions_and_dues_have_their_schema")
    amounts = {(row["currency"], row["member"]): row["net_minor"] for row in net.to_pylist()}
    for row in owed.to_pylist():
        key = row["currency"], row["settles_by"]
        amounts[key] = amounts.get(key, 0) + sum(row[f"{purpose}_minor"] for purpose in purposes)
    rows = [{"currency": currency, "member": member, "net_minor": minor} for (currency, member), minor in sorted(amounts.items())]
    return pa.Table.from_pylist(rows, schema=POSITIONS)


def _schema(purposes: Collection[str]) -> pa.Schema:
    more = [pa.field(f"{purpose}_minor", pa.int64()) for purpose in purposes if purpose not in PURPOSES]
    return pa.schema([*COLLECTED, *more])
