"""Transfers, alone and as tables of up to millions, and the batches that carry them.

A transfer debits one account and credits another of the same currency by an amount above zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from operator import attrgetter
from typing import Any, Final

import pyarrow as pa

from rescounter.terms import INT64_MAX, CallerFault, holds
from rescounter.terms.names import ID_LENGTH_MAX, has_hidden_characters

__all__ = [
    "CHUNK_ROWS",
    "EXPIRY_KEY",
    "EXPIRY_MARK",
    "FEW_ROWS",
    "RECORD_KEY",
    "TRANSFERS",
    "Batch",
    "Flag",
    "Policy",
    "Transfer",
    "Transfers",
    "check_key",
]

CHUNK_ROWS: Final = 65_536
"""Rows that are staged, digested and hashed at once; a power of two. The most that `each` takes."""

FEW_ROWS: Final = 256
"""Up to so many rows plain Python is faster than columns, whose fixed cost is higher."""

EXPIRY_MARK: Final = "/expired"
"""Ends the ids of expire transfers; callers may not use it."""

EXPIRY_KEY: Final = "expiry/"
"""Begins the keys of batches of expiries; callers may not use it."""

RECORD_KEY: Final = "record/"
"""Begins the keys of batches of records; callers may not use it."""


class Flag(IntEnum):
    """What a transfer does: move, reserve, move what is reserved, or release it."""

    PLAIN = 0
    PENDING = 1
    POST = 2
    VOID = 3
    EXPIRE = 4


class Policy(IntEnum):
    """Where the limits of an atomic batch must hold: at its end, or on each prefix of it."""

    NONE = 0
    CYCLE_NET = 1
    SEQUENTIAL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One transfer; the fields are the columns of `TRANSFERS`."""

    id: str
    debit: str
    credit: str
    amount_minor: int
    kind: str = "payment"
    cycle: str | None = None
    flag: Flag = Flag.PLAIN
    pending_id: str | None = None
    expires_at_us: int | None = None
    reverses: str | None = None
    effective_at_us: int | None = None
    memo: str | None = None


TRANSFERS: Final = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("debit", pa.string()),
        pa.field("credit", pa.string()),
        pa.field("amount_minor", pa.int64()),
        pa.field("kind", pa.string()),
        pa.field("cycle", pa.string()),
        pa.field("flag", pa.int8()),
        pa.field("pending_id", pa.string()),
        pa.field("expires_at_us", pa.int64()),
        pa.field("reverses", pa.string()),
        pa.field("effective_at_us", pa.int64()),
        pa.field("memo", pa.string()),
    ]
)
"""Columns of a table of transfers.

id, debit, credit: texts (transfer id, account ids). amount_minor: int64 minor units, > 0. kind: why,
in a word. cycle: the settlement cycle, or null. flag: `Flag`. pending_id: with post, void and expire.
expires_at_us: with pending, or null. reverses: id of the transfer that a plain one undoes.
effective_at_us: microseconds since 1970 UTC, null = when it is posted. memo: personal data, the only
column for it. Order of rows = order of decision.
"""

_NAMES: Final = tuple(TRANSFERS.names)
_TYPES: Final = tuple(TRANSFERS.types)
_PLACE: Final = {name: place for place, name in enumerate(_NAMES)}
_NOTHING: Final = frozenset({type(None)})
_TEXTS: Final = frozenset({str, type(None)})
_INTEGERS: Final = frozenset({int})
_FLAG: Final = frozenset({Flag})
_VALUES: Final = attrgetter(*_NAMES)
_DEFAULTS: Final[dict[str, Any]] = {
    field.name: int(field.default) if isinstance(field.default, Flag) else field.default for field in fields(Transfer)
}
_FLAGS: Final = frozenset(int(flag) for flag in Flag)
_REQUIRED: Final = ("id", "debit", "credit", "amount_minor")


class Transfers:
    """A frozen table of transfers in the schema `TRANSFERS`, each column in one piece.

    Few rows are kept as plain values too, and their table is made when somebody asks for it.
    """

    __slots__ = ("_table", "_values")

    def __init__(self, table: pa.Table) -> None:
        holds(table.schema.equals(TRANSFERS), "transfers_have_their_schema", found=table.schema.names)
        self._table: pa.Table | None = table.combine_chunks()
        self._values: tuple[Sequence[Any], ...] | None = None

    @classmethod
    def of(cls, rows: Iterable[Transfer]) -> Transfers:
        """The table of some transfers, in their order."""
        listed = [_VALUES(row) for row in rows]
        values = tuple(zip(*listed, strict=True)) if listed else ((),) * len(_NAMES)
        if not 0 < len(listed) <= FEW_ROWS or not all(map(_are_plain, values, _TYPES)):
            return cls(_table_of(values))
        few = cls.__new__(cls)
        few._table, few._values = (
            None,
            tuple(tuple(map(int, column)) if name == "flag" else column for name, column in zip(_NAMES, values, strict=True)),
        )
        return few

    @classmethod
    def of_columns(cls, columns: dict[str, Any]) -> Transfers:
        """The table of columns of one length (arrays, NumPy or lists); those left out take the defaults of `Transfer`."""
        holds(set(_REQUIRED) <= set(columns) <= set(_NAMES), "transfers_have_their_columns", found=sorted(columns))
        count = len(columns["id"])
        arrays = [_column(columns[name], name) if name in columns else _default(name, count) for name in _NAMES]
        return cls(pa.Table.from_arrays(arrays, schema=TRANSFERS))

    @property
    def table(self) -> pa.Table:
        """All columns."""
        if self._table is None:
            self._table = _table_of(self._values or ())
        return self._table

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Transfers) and bool(self.table.equals(other.table))

    def __len__(self) -> int:
        return len(self._values[0]) if self._values is not None else int(self.table.num_rows)

    def column(self, name: str) -> pa.Array:
        """One column as one array."""
        chunked = self.table.column(name)
        return chunked.chunk(0) if chunked.num_chunks else pa.array([], chunked.type)

    def values(self, name: str) -> Sequence[Any]:
        """One column as plain values, for few rows."""
        return self._values[_PLACE[name]] if self._values is not None else self.column(name).to_pylist()

    def slice(self, start: int, count: int) -> Transfers:
        """Rows from *start* on, at most *count*."""
        return self if start == 0 and len(self) <= count else Transfers(self.table.slice(start, count))

    def chunks(self) -> Iterator[Transfers]:
        """The table in pieces of `CHUNK_ROWS`; one empty piece when it is empty."""
        for start in range(0, max(len(self), 1), CHUNK_ROWS):
            yield self.slice(start, CHUNK_ROWS)

    def rows(self) -> Iterator[Transfer]:
        """Row by row, for few rows; a code that is no flag reads as expire, which callers may not use either."""
        for row in self.table.to_pylist():
            yield Transfer(**{**row, "flag": Flag(row["flag"]) if row["flag"] in _FLAGS else Flag.EXPIRE})


def _table_of(values: Sequence[Sequence[Any]]) -> pa.Table:
    columns = [pa.array(column, kind) for column, kind in zip(values, _TYPES, strict=True)]
    return pa.Table.from_arrays(columns, schema=TRANSFERS)


def _are_plain(values: Sequence[Any], kind: pa.DataType) -> bool:
    """True for what a column surely holds: ASCII, flags, integers of 64 bits; and nothing."""
    kinds = set(map(type, values))
    if kinds == _NOTHING:
        return True
    if pa.types.is_string(kind):
        return kinds <= _TEXTS and "".join(filter(None, values)).isascii()
    if pa.types.is_int8(kind):
        return kinds == _FLAG
    return kinds == _INTEGERS and min(values) >= -INT64_MAX and max(values) <= INT64_MAX


def _column(values: Any, name: str) -> pa.Array:
    kind = TRANSFERS.field(name).type
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)


def _default(name: str, count: int) -> pa.Array:
    kind, default = TRANSFERS.field(name).type, _DEFAULTS[name]
    return pa.nulls(count, kind) if default is None else pa.repeat(pa.scalar(default, kind), count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Transfers with the key that makes their posting idempotent, and the rules they are posted under.

    *key*: unique for ever. *policy*: for `post_atomic`. *cycle*, *rulebook_version*: for the record,
    part of the request digest.
    """

    key: str
    transfers: Transfers
    policy: Policy = Policy.CYCLE_NET
    cycle: str = ""
    rulebook_version: str = ""

    def __post_init__(self) -> None:
        check_key(self.key)


def check_key(key: str) -> None:
    """Raise CallerFault ``batch_key_invalid`` unless *key* is 1 to 128 visible characters and none of the ledger's own."""
    if not 0 < len(key) <= ID_LENGTH_MAX or has_hidden_characters(key) or key.startswith((EXPIRY_KEY, RECORD_KEY)):
        raise CallerFault("batch_key_invalid", f"the key {key[:40]!r} of {len(key)} characters is no key of a batch")
