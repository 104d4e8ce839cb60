"""The accounts of a union: their names, how they are opened, and what changes when a net debit cap does.

The name of an account is ``owner/purpose/CURRENCY``, with ``*`` for the union. A `/` cannot make two accounts one: currency and purpose
come last, and hold none. `docs/UNION.md` section 3 says what each is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger import Account, AccountChange, AccountEvent, Batch, Standings
from rescounter.ledger.standings import NO_LIMIT
from rescounter.terms import holds
from rescounter.terms.names import FUND_NAME

__all__ = [
    "ASSESSMENTS",
    "CAPITAL",
    "CASH",
    "CASH_TABLE",
    "CHARGES",
    "CLEARING",
    "COLLATERAL",
    "CREDIT",
    "DEFAULT",
    "DUE",
    "FEES",
    "FUND",
    "GUARANTEE",
    "INTEREST",
    "LOSSES",
    "POOL",
    "POOL_CALLED",
    "POOL_DUES",
    "REINSURANCE",
    "RESERVE_FUND",
    "SETTLEMENT",
    "SET_OFF",
    "SWAPS",
    "UNIDENTIFIED",
    "LimitChanges",
    "account_name",
    "account_names",
    "account_of",
    "accounts_for",
    "accounts_of",
    "cash_of",
    "limit_changes",
]

SET_OFF: Final = "set-off"
CLEARING: Final = "clearing"
CASH: Final = "cash"
DUE: Final = "due"
FEES: Final = "fees"
CREDIT: Final = "credit"
INTEREST: Final = "interest"
CHARGES: Final = "charges"
CAPITAL: Final = "capital"
RESERVE_FUND: Final = "reserve-fund"
COLLATERAL: Final = "collateral"
FUND: Final = "fund"
ASSESSMENTS: Final = "assessments"
DEFAULT: Final = "default"
GUARANTEE: Final = "guarantee"
LOSSES: Final = "losses"
SWAPS: Final = "swaps"
SETTLEMENT: Final = "settlement"
UNIDENTIFIED: Final = "unidentified"
POOL_DUES: Final = "pool-dues"
POOL_CALLED: Final = "pool-called"
REINSURANCE: Final = "reinsurance"
POOL: Final = "pool-"
"""Begins the purpose of a policy year's account; its code, which begins with a digit, follows."""

_OF_MEMBERS: Final = (SET_OFF, CASH, DUE, FEES)
_OF_THE_UNION: Final = (CLEARING, FEES, SETTLEMENT, UNIDENTIFIED)
_NEVER_BELOW_ZERO: Final = frozenset({SET_OFF, CLEARING, CASH, DUE, CAPITAL, COLLATERAL, FUND, GUARANTEE, POOL_CALLED, REINSURANCE})
_NO_CAPS: Final[Mapping[tuple[str, str], int]] = MappingProxyType({})

CASH_TABLE: Final = pa.schema(
    [
        pa.field("currency", pa.string()),
        pa.field("member", pa.string()),
        pa.field("balance_minor", pa.int64()),
        pa.field("limit_minor", pa.int64()),
    ]
)
"""By currency and member, what it paid in and has not used: *balance_minor* less what is pending; *limit_minor*: its net debit cap."""


def account_name(member: str, purpose: str, currency: str) -> str:
    """``ANA/cash/EUR``; *member* `FUND_NAME` for the union."""
    return f"{member}/{purpose}/{currency}"


def account_names(members: pa.Array, purpose: str, currencies: pa.Array) -> pa.Array:
    """`account_name` of columns."""
    return pc.binary_join_element_wise(members, purpose, currencies, "/")


def account_of(name: str, *, cap_minor: int = 0) -> Account:
    """The account of that name as it is opened; *cap_minor*: the member's net debit cap, which only its cash has."""
    member, purpose, currency = name.rsplit("/", 2)
    limit = None if not _is_bounded(purpose) else cap_minor if purpose == CASH else 0
    return Account(id=name, owner="" if member == FUND_NAME else member, purpose=purpose, currency=currency, limit_minor=limit)


def _is_bounded(purpose: str) -> bool:
    """True where an account never goes below zero, or below its cap: that of each policy year, too."""
    return purpose in _NEVER_BELOW_ZERO or (purpose.startswith(POOL) and purpose[len(POOL) :][:1].isdigit())


def accounts_for(members: Sequence[str], currencies: Sequence[str], caps: Mapping[tuple[str, str], int] = _NO_CAPS) -> tuple[Account, ...]:
    """The accounts that every union has: of *members* and of itself in *currencies*, in order of name.

    Args: *caps*: net debit cap in minor units >= 0 by member and currency; none = 0.
    """
    own = (account_name(member, purpose, currency) for member in members for purpose in _OF_MEMBERS for currency in currencies)
    union = (account_name(FUND_NAME, purpose, currency) for purpose in _OF_THE_UNION for currency in currencies)
    return tuple(_with_cap(name, caps) for name in sorted({*own, *union}))


def accounts_of(batches: Iterable[Batch | None], caps: Mapping[tuple[str, str], int] = _NO_CAPS) -> tuple[Account, ...]:
    """The accounts that *batches* touch, as they are opened where they are not there, in order of name."""
    columns = [batch.transfers.column(side) for batch in batches if batch is not None for side in ("debit", "credit")]
    names = pc.unique(pa.chunked_array(columns, pa.string())).to_pylist()
    return tuple(_with_cap(name, caps) for name in sorted(names))


def _with_cap(name: str, caps: Mapping[tuple[str, str], int]) -> Account:
    member, _, currency = name.rsplit("/", 2)
    return account_of(name, cap_minor=caps.get((member, currency), 0))


@dataclass(frozen=True, slots=True)
class LimitChanges:
    """*changes* for the ledger; *waiting*: accounts that use more than the new cap, whose limit goes down to their use for now."""

    changes: tuple[AccountChange, ...]
    waiting: tuple[str, ...]


def limit_changes(standings: Standings, caps: Mapping[tuple[str, str], int]) -> LimitChanges:
    """What makes the limits of `M/cash` those of *caps* (by member and currency), as far as the ledger allows.

    Args: *standings* of the cash accounts that *caps* names; those that are not open are passed over, since they are opened with their cap.
    Law: no limit goes below what is in use.
    """
    wanted = {account_name(member, CASH, currency): cap for (member, currency), cap in sorted(caps.items())}
    holds(all(cap >= 0 for cap in wanted.values()), "caps_are_not_negative")
    changes, waiting = [], []
    for row in sorted(standings.rows(), key=lambda row: row.id):
        cap = wanted.get(row.id)
        if cap is None:
            continue
        limit = max(cap, row.used_minor)
        if limit > cap:
            waiting.append(row.id)
        if limit != row.limit_minor:
            changes.append(AccountChange(account=row.id, event=AccountEvent.LIMITED, limit_minor=limit))
    return LimitChanges(tuple(changes), tuple(waiting))


def cash_of(standings: Standings) -> pa.Table:
    """The cash accounts among *standings* as `CASH_TABLE`; pending debits are taken off the balance, pending credits are not added."""
    rows = []
    for name, used, limit in zip(
        standings.values("id"), (-standings.used()).tolist(), standings.numbers("limit_minor").tolist(), strict=True
    ):
        member, purpose, currency = name.rsplit("/", 2)
        if purpose == CASH and member != FUND_NAME:
            holds(limit != NO_LIMIT, "cash_has_a_limit", account=name)
            rows.append((currency, member, used, limit))
    columns = zip(*sorted(rows), strict=True) if rows else ((), (), (), ())
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(columns, CASH_TABLE.types, strict=True)], schema=CASH_TABLE)
