"""What members owe the union in fees, interest and charges, or are owed: collected with their next call.

Nothing is collected from who is late in the cycle: it stays on its accounts, so that one round of calls follows the other to an end.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pyarrow as pa

from rescounter.ledger import Standings
from rescounter.settlement.accounts import CHARGES, FEES, INTEREST
from rescounter.settlement.calls import POSITIONS, settled_by
from rescounter.terms import holds
from rescounter.terms.names import FUND_NAME

__all__ = ["COLLECTED", "PURPOSES", "collected", "with_collected"]

PURPOSES: Final = (FEES, INTEREST, CHARGES)
"""Accounts of members that are brought to zero."""

COLLECTED: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("currency", "member", "settles_by")),
        *((f"{purpose}_minor", pa.int64()) for purpose in PURPOSES),
    ]
)
"""By currency and member, balances as they stand, positive = the union owes the member; *settles_by*: in whose call they are."""


def collected(standings: Standings, participants: pa.Table, *, late: Collection[tuple[str, str]] = ()) -> pa.Table:
    """What is collected, as `COLLECTED`.

    Args: *standings* of all accounts, or some; *participants* with *member* and *settles_by*; *late*: currency and direct member.
    """
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for name, used in zip(standings.values("id"), standings.used().tolist(), strict=True):
        member, purpose, currency = name.rsplit("/", 2)
        if used and member != FUND_NAME and purpose in PURPOSES:
            sums.setdefault((currency, member), dict.fromkeys(PURPOSES, 0))[purpose] = -used
    keys = sorted(sums)
    direct = settled_by(pa.chunked_array([[member for _, member in keys]], pa.string()), participants).to_pylist()
    rows = [
        {"currency": key[0], "member": key[1], "settles_by": by, **{f"{purpose}_minor": minor for purpose, minor in sums[key].items()}}
        for key, by in zip(keys, direct, strict=True)
        if (key[0], by) not in late
    ]
    return pa.Table.from_pylist(rows, schema=COLLECTED)


def with_collected(net: pa.Table, owed: pa.Table) -> pa.Table:
    """Positions in reserves with what is collected, as `calls.POSITIONS`."""
    holds(net.schema.equals(POSITIONS) and owed.schema.equals(COLLECTED), "positions_and_dues_have_their_schema")
    amounts = {(row["currency"], row["member"]): row["net_minor"] for row in net.to_pylist()}
    for row in owed.to_pylist():
        key = row["currency"], row["settles_by"]
        amounts[key] = amounts.get(key, 0) + sum(row[f"{purpose}_minor"] for purpose in PURPOSES)
    rows = [{"currency": currency, "member": member, "net_minor": minor} for (currency, member), minor in sorted(amounts.items())]
    return pa.Table.from_pylist(rows, schema=POSITIONS)
