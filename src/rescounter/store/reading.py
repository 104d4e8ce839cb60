"""Reading what is final: balances, histories, the journal, answers as they were first given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from rescounter.ledger import Answer, Entry, EntryKind, Known, Policy, Standings, Transfers
from rescounter.ledger.entries import Outcome
from rescounter.ledger.memos import SealedMemo
from rescounter.ledger.ports import History
from rescounter.ledger.rulings import refused
from rescounter.ledger.sealing import same_memos
from rescounter.ledger.transfers import CHUNK_ROWS, TRANSFERS
from rescounter.store.database import Connection, Row
from rescounter.store.lookups import TRANSFER_FIELDS, askable, known_of, refusal_of, refused_of, standings_of
from rescounter.store.schema import PLACE_BITS
from rescounter.store.session import place_of
from rescounter.store.touched import batches_of
from rescounter.terms import Refusal

__all__ = [
    "ANSWER",
    "ENTRY_FIELDS",
    "answer_before",
    "answer_of",
    "balances",
    "columns_of",
    "entry_of",
    "has_ended",
    "history",
    "journal",
    "known",
    "table_of",
]

ENTRY_FIELDS: Final = (
    "e.sequence, b.kind, e.outcome, b.policy, b.rulebook, b.rows, e.accepted, e.tree_rows, e.tree_root, e.request_seal, e.at_us"
)
"""Of an entry *e* and its batch *b*, for `entry_of`."""

_JOURNAL: Final = f"""
SELECT {ENTRY_FIELDS} FROM entry e JOIN batch b ON b.number = e.batch WHERE e.sequence >= :first ORDER BY e.sequence LIMIT :most
"""
ANSWER: Final = f"SELECT b.number, e.request_digest, {ENTRY_FIELDS} FROM batch b JOIN entry e ON e.batch = b.number WHERE b.key = :key"
_REFUSALS: Final = "SELECT place, id, code, found, allowed FROM refusal WHERE place >= :first AND place < :end ORDER BY place"
_REPEATS: Final = """
SELECT r.place, f.id, f.code, f.found, f.allowed FROM repeat r LEFT JOIN refusal f ON f.id = r.id AND f.binds = 1
WHERE r.place >= :first AND r.place < :end ORDER BY r.place
"""
_MEMOS: Final = """
SELECT t.place, t.memo_digest, m.salt FROM transfer t LEFT JOIN memo m ON m.place = t.place
WHERE t.place >= :first AND t.place < :end ORDER BY t.place
"""
_ANY_MEMO: Final = "SELECT 1 FROM memo WHERE place >= :first AND place < :end LIMIT 1"
_HISTORY: Final = f"""
SELECT {TRANSFER_FIELDS}, m.text, t.place, e.sequence
FROM entry e JOIN transfer t ON t.place >= e.batch << 32 AND t.place < (e.batch + 1) << 32
JOIN account d ON d.number = t.debit JOIN account c ON c.number = t.credit LEFT JOIN memo m ON m.place = t.place
WHERE e.batch = ANY(:batches) AND (t.debit = :account OR t.credit = :account)
    AND (e.sequence > :sequence OR t.place - (e.batch << 32) >= :row)
ORDER BY e.sequence, t.place LIMIT :most
"""
_ROW_MASK: Final = (1 << PLACE_BITS) - 1


def entry_of(fields: Row) -> Entry:
    """An entry, of `ENTRY_FIELDS`."""
    sequence, kind, outcome, policy, rulebook, rows, accepted, tree_rows, tree_root, request_seal, at_us = fields
    return Entry(
        sequence=sequence,
        kind=EntryKind(kind),
        outcome=Outcome(outcome),
        policy=Policy(policy),
        rulebook_version=rulebook,
        rows=rows,
        accepted=accepted,
        tree_rows=tree_rows,
        tree_root=tree_root,
        request_seal=request_seal,
        at_us=at_us,
    )


def columns_of(rows: Sequence[Row], width: int) -> list[tuple[Any, ...]]:
    """The *width* columns of rows, however few."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


def table_of(columns: Sequence[Sequence[Any]]) -> Transfers:
    """The table of transfers of the columns of `TRANSFER_FIELDS` and the memo as bytes."""
    memo = [None if text is None else bytes(text).decode() for text in columns[-1]]
    arrays = [pa.array(column, field.type) for column, field in zip([*columns[:-1], memo], TRANSFERS, strict=True)]
    return Transfers(pa.Table.from_arrays(arrays, schema=TRANSFERS))


def balances(connection: Connection, ids: Sequence[str] | None) -> Standings:
    """Standings by id."""
    found = standings_of(connection, None if ids is None else askable(ids), locks=False).standings
    order = np.argsort(np.array(found.text("id").to_pylist(), dtype=object), kind="stable")
    return Standings(found.table.take(pa.array(order, pa.int64())))


def journal(connection: Connection, first: int, rows_max: int) -> list[Entry]:
    """Entries in order."""
    return [entry_of(row) for row in connection.rows(_JOURNAL, first=first, most=rows_max)]


def known(connection: Connection, transfer_id: str) -> Known | None:
    """What is held under an id, of final batches alone."""
    names = askable([transfer_id])
    if not names:
        return None
    return (refused_of(connection, names) | known_of(connection, names)).get(transfer_id)


def answer_of(connection: Connection, key: str) -> Answer | None:
    """The first answer under a key."""
    found = _ended(connection, key)
    return None if found is None else _answer(connection, key, *found)


def has_ended(connection: Connection, key: str) -> bool:
    """True when the journal has an entry for the key."""
    return _ended(connection, key) is not None


def _ended(connection: Connection, key: str) -> tuple[int, bytes, Entry] | None:
    names = askable([key])
    for number, digest, *fields in connection.rows(ANSWER, key=key) if names else ():
        return number, digest, entry_of(tuple(fields))
    return None


def _range(number: int) -> dict[str, int]:
    return {"first": place_of(number), "end": place_of(number + 1)}


def _answer(connection: Connection, key: str, number: int, digest: bytes, entry: Entry) -> Answer:
    told = [(place & _ROW_MASK, refusal_of(place, *more)) for place, *more in connection.rows(_REFUSALS, **_range(number))]
    breaches = tuple(_of_no_row(refusal) for row, refusal in told if row >= entry.rows)
    refusals = {row: refusal for row, refusal in told if row < entry.rows}
    accepted, repeated = np.full(entry.rows, entry.outcome is Outcome.POSTED), np.zeros(entry.rows, bool)
    if entry.kind is EntryKind.EACH:
        for place, identity, *more in connection.rows(_REPEATS, **_range(number)):
            repeated[place & _ROW_MASK] = True
            if identity is not None:
                refusals[place & _ROW_MASK] = refusal_of(place, identity, *more)
        accepted[list(refusals)] = False
    return Answer(
        key=key,
        entry=entry,
        accepted=accepted,
        repeated=repeated,
        refusals=tuple(refusals[row] for row in sorted(refusals)),
        breaches=breaches,
        is_repeat=True,
    )


def _of_no_row(refusal: Refusal) -> Refusal:
    return Refusal(row=0, id=refusal.id, code=refusal.code, found=refusal.found, allowed=refusal.allowed, what_to_do=refusal.what_to_do)


def answer_before(connection: Connection, key: str, digest: bytes, rows: int, transfers: Transfers | None = None) -> Answer | None:
    """The first answer where the key comes again: the same for the same request, else that the key is taken.

    Args: *rows*: of this request; *transfers*: for their memos, which no digest covers.
    """
    found = _ended(connection, key)
    if found is None:
        return None
    number, first_digest, entry = found
    if first_digest == digest and (transfers is None or _has_same_memos(connection, number, transfers)):
        return _answer(connection, key, number, first_digest, entry)
    taken = refused("batch_key_taken", row=0, subject=key, found=f"key {key}")
    none = np.zeros(rows, bool)
    return Answer(key=key, entry=None, accepted=none, repeated=none, refusals=(taken,))


def _has_same_memos(connection: Connection, number: int, transfers: Transfers) -> bool:
    memo = transfers.column("memo")
    if memo.null_count == len(memo):
        return not connection.rows(_ANY_MEMO, **_range(number))
    for first in range(0, len(memo), CHUNK_ROWS):
        some = memo.slice(first, CHUNK_ROWS).to_pylist()
        start = place_of(number, first)
        rows = connection.rows(_MEMOS, first=start, end=start + CHUNK_ROWS)
        kept = {place - start: SealedMemo(salt, digest) for place, digest, salt in rows if salt is not None}
        bare = {place - start for place, digest, _ in rows if digest is None}
        if not same_memos(some, kept, gone=set(range(len(some))) - kept.keys() - bare):
            return False
    return True


def history(connection: Connection, account: str, *, after: int | None, rows_max: int) -> History:
    """Final transfers that touch an account, by entry and row; *after* is the place to go on from, as handed out before."""
    sequence, row = divmod(after or 0, 1 << PLACE_BITS)
    numbers = connection.rows("SELECT number FROM account WHERE id = ANY(:ids)", ids=askable([account]))
    found: list[Row] = []
    for ((number,),) in [numbers] if numbers else []:
        for batches in _groups(connection, number, sequence, rows_max):
            most = rows_max + 1 - len(found)
            found += connection.rows(_HISTORY, batches=batches, account=number, sequence=sequence, row=row, most=most)
            if len(found) > rows_max:
                break
    places = [(each[-1] << PLACE_BITS) + (each[-2] & _ROW_MASK) for each in found]
    columns = columns_of(found[:rows_max], len(TRANSFERS.names) + 2)
    table = table_of(columns[:-2]).table.add_column(0, "place", pa.array(places[:rows_max], pa.int64()))
    return History(table=table, next_after=places[rows_max] if len(places) > rows_max else None)


def _groups(connection: Connection, account: int, sequence: int, rows_max: int) -> Iterator[list[int]]:
    """Batches that touch an account, in order, in groups of about a chunk of rows, so that a page reads no more than it shows."""
    group, rows = list[int](), 0
    for _, batch, count in batches_of(connection, account, sequence):
        group.append(batch)
        rows += count
        if rows >= CHUNK_ROWS or len(group) > rows_max:
            yield group
            group, rows = [], 0
    if group:
        yield group
