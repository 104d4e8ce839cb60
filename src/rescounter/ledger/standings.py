"""Standings: what a set of accounts has posted and pending, and may use, at one instant.

A store reads them of the accounts that it has locked; decisions are made over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from rescounter.ledger.accounts import Account, AccountState
from rescounter.terms import holds

__all__ = ["NO_LIMIT", "STANDINGS", "Standing", "Standings"]

NO_LIMIT: Final = -1
"""Stands in the column *limit_minor* for an account without limit."""

STANDINGS: Final = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("currency", pa.string()),
        pa.field("limit_minor", pa.int64()),
        pa.field("state", pa.int8()),
        pa.field("posted_debits", pa.int64()),
        pa.field("posted_credits", pa.int64()),
        pa.field("pending_debits", pa.int64()),
        pa.field("pending_credits", pa.int64()),
    ]
)
"""Columns of standings: minor units >= 0; *limit_minor* >= 0 or `NO_LIMIT`; *state* of `AccountState`."""

_FEW: Final = 1024
_PLACE: Final = {name: place for place, name in enumerate(STANDINGS.names)}
_SUMS: Final = ("posted_debits", "posted_credits", "pending_debits", "pending_credits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One account of `Standings`."""

    id: str
    currency: str
    limit_minor: int | None
    state: AccountState = AccountState.OPEN
    posted_debits: int = 0
    posted_credits: int = 0
    pending_debits: int = 0
    pending_credits: int = 0

    @classmethod
    def of(cls, account: Account) -> Standing:
        """That of a new account."""
        return cls(id=account.id, currency=account.currency, limit_minor=account.limit_minor)

    @property
    def balance_minor(self) -> int:
        """Posted credits less posted debits: positive = is owed."""
        return self.posted_credits - self.posted_debits

    @property
    def used_minor(self) -> int:
        """How far debits, those pending included, exceed credits; what the limit bounds."""
        return self.posted_debits + self.pending_debits - self.posted_credits


class Standings:
    """A frozen table in the schema `STANDINGS`, one row an account, in any order; places in it are account places.

    What a database tells of few accounts is kept as plain values, and the table is made when somebody asks for it.
    """

    __slots__ = ("_table", "_values")

    def __init__(self, table: pa.Table) -> None:
        holds(table.schema.equals(STANDINGS), "standings_have_their_schema", found=table.schema.names)
        self._table: pa.Table | None = table.combine_chunks()
        self._values: tuple[Sequence[Any], ...] | None = None

    @classmethod
    def of(cls, rows: Iterable[Standing]) -> Standings:
        """The table of some standings."""
        listed = list(rows)
        columns = {name: [getattr(row, name) for row in listed] for name in STANDINGS.names}
        columns["limit_minor"] = [NO_LIMIT if limit is None else limit for limit in columns["limit_minor"]]
        return cls(pa.table(columns, schema=STANDINGS))

    @classmethod
    def of_values(cls, columns: Sequence[Sequence[Any]]) -> Standings:
        """The table of columns in the order of the schema, which hold what they should."""
        holds(len(columns) == len(_PLACE) and len(set(map(len, columns))) == 1, "standings_have_their_columns", found=len(columns))
        made = cls.__new__(cls)
        made._table, made._values = None, tuple(columns)
        return made if len(columns[0]) <= _FEW else cls(made.table)

    @property
    def table(self) -> pa.Table:
        """All columns."""
        if self._table is None:
            arrays = [pa.array(column, kind) for column, kind in zip(self._values or (), STANDINGS.types, strict=True)]
            self._table = pa.Table.from_arrays(arrays, schema=STANDINGS)
        return self._table

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Standings) and bool(self.table.equals(other.table))

    def __len__(self) -> int:
        return len(self._values[0]) if self._values is not None else int(self.table.num_rows)

    def text(self, name: str) -> pa.Array:
        """A column of texts as one array."""
        chunked = self.table.column(name)
        return chunked.chunk(0) if chunked.num_chunks else pa.array([], chunked.type)

    def values(self, name: str) -> Sequence[Any]:
        """A column as plain values, for few accounts."""
        return self._values[_PLACE[name]] if self._values is not None else self.text(name).to_pylist()

    def numbers(self, name: str) -> np.ndarray:
        """A column of integers, read-only."""
        if self._values is not None:
            return np.array(self._values[_PLACE[name]], np.int64)
        return np.asarray(self.text(name).to_numpy(zero_copy_only=False))

    def used(self) -> np.ndarray:
        """`Standing.used_minor` of each account; fits int64, since both sums of each side do."""
        posted_debits, posted_credits, pending_debits, _ = (self.numbers(name) for name in _SUMS)
        return np.asarray(posted_debits + pending_debits - posted_credits)

    def rows(self) -> list[Standing]:
        """Account by account, for few."""
        return [
            Standing(
                **{
                    **row,
                    "limit_minor": None if row["limit_minor"] == NO_LIMIT else row["limit_minor"],
                    "state": AccountState(row["state"]),
                }
            )
            for row in self.table.to_pylist()
        ]
