"""Writing rows: transfers with their memos, refusals, repeats; and hashing the leaves they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa

from rescounter.ledger import Transfers
from rescounter.ledger.canonical import SALT_BYTES, leaf_of, memo_digests, salts, transfer_leaves
from rescounter.ledger.decisions import UNBOUND
from rescounter.ledger.memos import MEMO_SALT_BYTES
from rescounter.ledger.merkle import Frontier
from rescounter.ledger.rulings import places_of
from rescounter.ledger.sealing import LeafFields, currencies_of
from rescounter.ledger.transfers import CHUNK_ROWS, TRANSFERS
from rescounter.store.hashing import Promise, grown
from rescounter.store.lookups import Named
from rescounter.store.session import Session, place_of
from rescounter.terms import Refusal

__all__ = [
    "Chunk",
    "RowBytes",
    "begin_hashing",
    "columnar",
    "tree_of_leaves",
    "write_places",
    "write_refusals",
    "write_transfers",
]

_KEPT: Final = tuple(name for name in TRANSFERS.names if name not in ("id", "debit", "credit", "memo"))

RowBytes: TypeAlias = pa.Array | list[bytes]
"""Canonical rows: of few transfers they may be a plain list."""


def columnar(rows: RowBytes) -> pa.Array:
    """Canonical rows as a column."""
    return pa.array(rows, pa.large_binary()) if isinstance(rows, list) else rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Up to `CHUNK_ROWS` rows of a batch on their way in.

    *rows*: canonical bytes of each. *posted*: bool a row, those that are written; None = all. *memo_salts*: 16 random
    bytes for each memo of those, in order.
    """

    number: int
    key: str
    first_row: int
    transfers: Transfers
    rows: pa.Array
    named: Named
    posted: np.ndarray | None
    memo_salts: bytes
    digests: pa.Array

    @classmethod
    def of(
        cls,
        session: Session,
        number: int,
        key: str,
        transfers: Transfers,
        rows: pa.Array,
        named: Named,
        *,
        first_row: int = 0,
        posted: np.ndarray | None = None,
    ) -> Chunk:
        """With a fresh salt for each memo that will be kept."""
        if posted is not None and posted.all():
            posted = None
        memo = transfers.column("memo")
        if posted is not None and memo.null_count < len(memo):
            only = pa.array(np.where(posted, memo.to_numpy(zero_copy_only=False), None), pa.string())
            transfers = Transfers(transfers.table.set_column(TRANSFERS.get_field_index("memo"), "memo", only))
            memo = only
        memo_salts = session.writer.dice(MEMO_SALT_BYTES * (len(memo) - memo.null_count)) if memo.null_count < len(memo) else b""
        return cls(
            number=number,
            key=key,
            first_row=first_row,
            transfers=transfers,
            rows=rows,
            named=named,
            posted=posted,
            memo_salts=memo_salts,
            digests=memo_digests(transfers, memo_salts),
        )


def begin_hashing(session: Session, chunk: Chunk, others: Mapping[int, LeafFields]) -> Promise:
    """Begin to hash the leaves of a chunk; *others* by row in it, those that are no accepted transfer."""
    transfers = chunk.transfers
    salt = salts(session.writer.ledger_key, chunk.key, chunk.first_row // CHUNK_ROWS, len(transfers))
    standings = chunk.named.standings
    currencies = currencies_of(places_of(transfers.column("debit"), standings), standings)
    leaves = transfer_leaves(chunk.rows, currencies, chunk.digests, salt)
    if others:
        changed = leaves.to_pylist()
        for row, (tag, values) in others.items():
            changed[row] = leaf_of(tag, salt[SALT_BYTES * row : SALT_BYTES * (row + 1)], values)
        leaves = pa.array(changed, pa.large_binary())
    return session.writer.hasher(leaves)


def tree_of_leaves(session: Session, number: int, key: str, leaves: Sequence[LeafFields]) -> Frontier:
    """The tree over leaves that are no transfers; its nodes are stored."""
    tree = Frontier()
    for first in range(0, len(leaves), CHUNK_ROWS):
        some = leaves[first : first + CHUNK_ROWS]
        salt = salts(session.writer.ledger_key, key, first // CHUNK_ROWS, len(some))
        made = [leaf_of(tag, salt[SALT_BYTES * row : SALT_BYTES * (row + 1)], values) for row, (tag, values) in enumerate(some)]
        tree, nodes = grown(tree, session.writer.hasher(pa.array(made, pa.large_binary()))())
        session.keep_nodes(number, nodes)
    return tree


def write_transfers(session: Session, chunk: Chunk) -> None:
    """Load the rows of a chunk that are posted, and their memos."""
    posted = None if chunk.posted is None else np.flatnonzero(chunk.posted)
    transfers = chunk.transfers if posted is None else Transfers(chunk.transfers.table.take(pa.array(posted)))
    if not len(transfers):
        return
    digests = chunk.digests if posted is None else chunk.digests.take(pa.array(posted))
    rows = np.arange(len(transfers), dtype=np.int64) if posted is None else posted.astype(np.int64)
    places = rows + place_of(chunk.number, chunk.first_row)
    session.connection.load(
        "transfer",
        {
            "place": places,
            "id": transfers.column("id"),
            "debit": chunk.named.numbers_of(transfers.column("debit")),
            "credit": chunk.named.numbers_of(transfers.column("credit")),
            **{name: transfers.column(name) for name in _KEPT},
            "memo_digest": digests,
        },
    )
    if chunk.memo_salts:
        memos = [
            (place, memo.encode())
            for place, memo in zip(places.tolist(), transfers.column("memo").to_pylist(), strict=True)
            if memo is not None
        ]
        kept, texts = zip(*memos, strict=True)
        salt = [chunk.memo_salts[begin : begin + MEMO_SALT_BYTES] for begin in range(0, len(chunk.memo_salts), MEMO_SALT_BYTES)]
        session.connection.load("memo", {"place": kept, "text": texts, "salt": salt})


def write_refusals(
    session: Session, number: int, refusals: Sequence[Refusal], contents: Sequence[bytes | None], *, bind: bool, breaches_from: int = 0
) -> None:
    """Load refusals at their rows, those of no row (breaches) from *breaches_from* on.

    Args: *contents*: the content digest of each; *bind*: whether codes that answer an id do so for ever.
    """
    if not refusals:
        return
    first = place_of(number)
    ends = iter(range(first + breaches_from, first + breaches_from + len(refusals)))
    session.connection.load(
        "refusal",
        {
            "place": [first + refusal.row - 1 if refusal.row else next(ends) for refusal in refusals],
            "id": [refusal.id for refusal in refusals],
            "code": [refusal.code for refusal in refusals],
            "found": [refusal.found for refusal in refusals],
            "allowed": [refusal.allowed for refusal in refusals],
            "content": list(contents),
            "binds": [int(bind and refusal.code not in UNBOUND) for refusal in refusals],
        },
    )


def write_places(session: Session, table: str, number: int, rows: Sequence[int], ids: Sequence[str]) -> None:
    """Load ids at rows, for the tables that hold nothing else: repeats, erasures."""
    if rows:
        session.connection.load(table, {"place": [place_of(number, row) for row in rows], "id": list(ids)})
