"""Which accounts a block of entries touched: a history looks for an account's batches in those blocks alone.

An index by account would change a page of the database for nearly every account of every small batch. So small
batches are noted together, when the entry comes that fills their block; large ones at once. Of the block that is not full yet a
history reads every entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rescounter.ledger.transfers import FEW_ROWS
from rescounter.store.database import Connection, Row

__all__ = ["batches_of", "note_touched", "touched_in"]

_BITS: Final = 7
_ENTRIES: Final = 1 << _BITS
"""Entries of a block: the block of an entry is its sequence shifted by the bits."""

_PAGE: Final = 32
_SMALL: Final = """
INSERT INTO touched (block, account)
SELECT DISTINCT e.sequence >> 7, n.account FROM entry e JOIN batch b ON b.number = e.batch JOIN net n ON n.batch = e.batch
WHERE e.sequence >= :first AND e.sequence < :end AND b.rows <= :few
ON CONFLICT (block, account) DO NOTHING
"""
_LARGE: Final = """
INSERT INTO touched (block, account)
SELECT CAST(:block AS BIGINT), n.account FROM net n WHERE n.batch = :batch
ON CONFLICT (block, account) DO NOTHING
"""
_BLOCKS: Final = "SELECT block FROM touched WHERE account = :account AND block >= :first AND block < :open ORDER BY block LIMIT :most"
_BATCHES: Final = """
SELECT e.sequence, e.batch, b.rows FROM entry e JOIN net n ON n.batch = e.batch AND n.account = :account JOIN batch b ON b.number = e.batch
WHERE e.sequence >= :first AND e.sequence < :end AND e.outcome = 1 ORDER BY e.sequence
"""
_TOUCHED: Final = "SELECT a.id FROM touched t JOIN account a ON a.number = t.account WHERE t.block = :block"


def note_touched(connection: Connection, number: int, *, sequence: int, rows: int) -> None:
    """Note what a batch touched, whose entry and nets have just been written."""
    if rows > FEW_ROWS:
        connection.run(_LARGE, batch=number, block=sequence >> _BITS)
    if (sequence + 1) % _ENTRIES == 0:
        connection.run(_SMALL, first=sequence + 1 - _ENTRIES, end=sequence + 1, few=FEW_ROWS)


def touched_in(connection: Connection, sequence: int) -> tuple[str, ...] | None:
    """The accounts noted for the block that this entry fills; None where it fills none."""
    if (sequence + 1) % _ENTRIES:
        return None
    return tuple(name for (name,) in connection.rows(_TOUCHED, block=sequence >> _BITS))


def batches_of(connection: Connection, account: int, sequence: int) -> Iterator[Row]:
    """Sequence, number and rows of the batches that touched an account, from an entry on, in order.

    Cost: a look at each entry of the blocks in which it was touched.
    """
    ((entries,),) = connection.rows("SELECT entries FROM head")
    block, still_open = sequence >> _BITS, entries >> _BITS
    while block < still_open:
        blocks = [each for (each,) in connection.rows(_BLOCKS, account=account, first=block, open=still_open, most=_PAGE)]
        for each in blocks:
            first = max(sequence, each << _BITS)
            yield from connection.rows(_BATCHES, account=account, first=first, end=(each + 1) << _BITS)
        block = blocks[-1] + 1 if len(blocks) == _PAGE else still_open
    yield from connection.rows(_BATCHES, account=account, first=max(sequence, still_open << _BITS), end=entries)
