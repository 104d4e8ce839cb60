"""Writing a small batch of which every transfer is accepted, from plain values: for few rows a column costs more than they do.

What `rows.py` writes and hashes for any batch, this writes and hashes for these; the same tables, the same leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rescounter.ledger import Decision, Transfers
from rescounter.ledger.canonical import few_leaves, salts
from rescounter.ledger.memos import MEMO_SALT_BYTES, memo_digest
from rescounter.ledger.transfers import FEW_ROWS, TRANSFERS
from rescounter.store.hashing import Subtrees, hash_here
from rescounter.store.lookups import Named
from rescounter.store.session import Session, place_of

__all__ = ["hashes_of_few", "is_usual", "write_few"]

_KEPT: Final = tuple(name for name in TRANSFERS.names if name not in ("id", "debit", "credit", "memo"))


def is_usual(decision: Decision) -> bool:
    """True when few rows were decided, all of them accepted and none of them a repeat."""
    return 0 < len(decision.accepted) <= FEW_ROWS and bool(decision.accepted.all()) and not decision.repeated.any()


def write_few(session: Session, number: int, transfers: Transfers, named: Named) -> list[bytes | None]:
    """Load the rows of a batch and their memos. Returns: the digest of each memo."""
    memos, first = transfers.values("memo"), place_of(number)
    salt = session.writer.dice(MEMO_SALT_BYTES * (len(memos) - memos.count(None))) if memos.count(None) < len(memos) else b""
    pieces = iter([salt[begin : begin + MEMO_SALT_BYTES] for begin in range(0, len(salt), MEMO_SALT_BYTES)])
    kept = [(first + row, memo, next(pieces)) for row, memo in enumerate(memos) if memo is not None]
    digests: list[bytes | None] = [None] * len(memos)
    for place, memo, piece in kept:
        digests[place - first] = memo_digest(memo, piece)
    columns = {
        "place": range(first, first + len(transfers)),
        "id": transfers.values("id"),
        "debit": named.few_numbers_of(transfers.values("debit")),
        "credit": named.few_numbers_of(transfers.values("credit")),
        **{name: transfers.values(name) for name in _KEPT},
        "memo_digest": digests,
    }
    given = {name: column for name, column in columns.items() if column.count(None) < len(column)}
    session.connection.load("transfer", given)
    if kept:
        places, texts, salts_of_them = zip(*kept, strict=True)
        session.connection.load("memo", {"place": places, "text": [text.encode() for text in texts], "salt": salts_of_them})
    return digests


def hashes_of_few(
    session: Session, key: str, transfers: Transfers, rows: Sequence[bytes], named: Named, digests: Sequence[bytes | None]
) -> Subtrees:
    """The hashes of their leaves. Args: *rows*: canonical rows; *digests*: of the memos."""
    currency = dict(zip(named.standings.values("id"), named.standings.values("currency"), strict=True))
    currencies = [currency[name] for name in transfers.values("debit")]
    return hash_here(few_leaves(rows, currencies, digests, salts(session.writer.ledger_key, key, 0, len(rows))))
