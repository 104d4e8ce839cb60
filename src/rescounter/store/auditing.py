"""The log as stored, for audit and proofs: entries with their rows, in windows of a chunk; nothing is trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa

from rescounter.ledger import Account, AccountChange, AccountEvent, Entry, EntryKind, Standings, Transfers
from rescounter.ledger.documents import StoredDocument
from rescounter.ledger.entries import Outcome
from rescounter.ledger.merkle import STORED_LEVEL
from rescounter.ledger.ports import AuditChunk, Head, Nets
from rescounter.ledger.sealing import (
    LeafFields,
    account_fields,
    breach_fields,
    change_fields,
    erasure_fields,
    refused_fields,
    repeat_fields,
)
from rescounter.ledger.transfers import CHUNK_ROWS, TRANSFERS
from rescounter.store.database import Connection, Row
from rescounter.store.documents import stored_documents
from rescounter.store.lookups import TRANSFER_FIELDS, refusal_of
from rescounter.store.reading import ENTRY_FIELDS, balances, columns_of, entry_of, table_of
from rescounter.store.records import leaves_of_records
from rescounter.store.schema import PLACE_BITS
from rescounter.store.session import LOG_TREE, place_of
from rescounter.store.touched import touched_in

__all__ = ["StoredView", "Window", "audit_stream", "checkpoint_of", "checkpoints", "head", "keep_checkpoint", "window"]

_ENTRIES: Final = f"""
SELECT b.number, b.key, b.cycle, e.request_digest, e.leaf, e.log_root, {ENTRY_FIELDS}
FROM entry e JOIN batch b ON b.number = e.batch WHERE e.sequence >= :first ORDER BY e.sequence LIMIT 1000
"""
_ROWS: Final = f"""
SELECT {TRANSFER_FIELDS}, m.text, t.place, t.memo_digest, m.salt, d.currency
FROM transfer t LEFT JOIN account d ON d.number = t.debit LEFT JOIN account c ON c.number = t.credit LEFT JOIN memo m ON m.place = t.place
WHERE t.place >= :first AND t.place < :end ORDER BY t.place
"""
_REFUSALS: Final = """
SELECT place, id, code, found, allowed, content FROM refusal WHERE place >= :first AND place < :end ORDER BY place
LIMIT :most OFFSET :skip
"""
_REPEATS: Final = """
SELECT r.place, r.id, a.id, a.owner, a.purpose, a.currency, a.limit_minor FROM repeat r LEFT JOIN account a ON a.id = r.id
WHERE r.place >= :first AND r.place < :end
"""
_ACCOUNTS: Final = "SELECT place, id, owner, purpose, currency, limit_minor FROM account WHERE place >= :first AND place < :end"
_CHANGES: Final = """
SELECT h.place, a.id, h.event, h.limit_minor FROM account_change h LEFT JOIN account a ON a.number = h.account
WHERE h.place >= :first AND h.place < :end
"""
_ERASURES: Final = "SELECT place, id FROM erasure WHERE place >= :first AND place < :end"
_ROTATIONS: Final = "SELECT place, old, new, signature FROM rotation WHERE place >= :first AND place < :end"
_HEAD: Final = "SELECT origin, entries, frontier, root, at_us FROM head"
_NOTES: Final = "SELECT size, note FROM checkpoint WHERE size > :after ORDER BY size LIMIT 1000"
_NODES: Final = "SELECT hash FROM node WHERE tree = :tree AND place >= :first AND place < :end ORDER BY place"
_NETS: Final = """
SELECT n.batch, a.id, n.posted_debits, n.posted_credits, n.pending_debits, n.pending_credits
FROM net n JOIN account a ON a.number = n.account WHERE n.batch >= :first AND n.batch < :end ORDER BY n.batch
"""
_ROW_COLUMNS: Final = len(TRANSFERS.names) + 4
_NET_COLUMNS: Final = 6
_NODE_ROWS: Final = 1 << STORED_LEVEL
_RUN: Final = 256
_ROW_MASK: Final = (1 << PLACE_BITS) - 1
_Stored: TypeAlias = tuple[int, str, str, bytes, bytes, bytes, Entry]
"""Batch number, key, cycle, request digest, leaf and root of the log of an entry, and the entry."""
_TRANSFERS: Final = frozenset({EntryKind.ATOMIC, EntryKind.EACH, EntryKind.EXPIRY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Rows of a batch's tree: accepted transfers with their places, digests, salts and currencies; and all other leaves by place."""

    transfers: Transfers
    rows: np.ndarray
    digests: pa.Array
    salts: pa.Array
    currencies: pa.Array
    others: tuple[tuple[int, str, tuple[object, ...]], ...]


def window(connection: Connection, number: int, entry: Entry, first: int, count: int, *, is_last: bool = False) -> Window:
    """The leaves from place *first* on, at most *count*; to the end of the batch where *is_last*, whatever stands there."""
    end = place_of(number + 1) if is_last else place_of(number, first + count)
    span = {"first": place_of(number, first), "end": end}
    is_posted = entry.outcome is Outcome.POSTED
    rows = connection.rows(_ROWS, **span) if is_posted and entry.kind in _TRANSFERS else []
    *told, places, digests, memo_salts, currencies = columns_of(rows, _ROW_COLUMNS)
    if is_posted:
        others = {place - place_of(number): fields for place, fields in _others(connection, entry.kind, span)}
    else:
        others = dict(enumerate(_refused(connection, number, first, count), start=first))
    return Window(
        transfers=table_of(told),
        rows=np.array(places, np.int64) - place_of(number),
        digests=pa.array(digests, pa.binary()),
        salts=pa.array(memo_salts, pa.binary()),
        currencies=pa.array(currencies, pa.string()),
        others=tuple((place, *others[place]) for place in sorted(others)),
    )


def _refused(connection: Connection, number: int, first: int, count: int) -> Iterator[LeafFields]:
    """Of a batch that was refused as one: its refusals one after the other, then its breaches."""
    span = {"first": place_of(number), "end": place_of(number + 1)}
    for row in connection.rows(_REFUSALS, **span, most=count, skip=first):
        yield _refusal_leaf(row)


def _refusal_leaf(row: Row) -> LeafFields:
    *told, content = row
    refusal = refusal_of(*told)
    return breach_fields(refusal) if content is None else refused_fields(refusal, content)


def _others(connection: Connection, kind: EntryKind, span: dict[str, int]) -> Iterator[tuple[int, LeafFields]]:
    if kind is EntryKind.EACH:
        for row in connection.rows(_REFUSALS, **span, most=1 << PLACE_BITS, skip=0):
            yield row[0], _refusal_leaf(row)
        for place, identity, *_ in connection.rows(_REPEATS, **span):
            yield place, repeat_fields(identity)
    if kind is EntryKind.ACCOUNTS:
        again = [(place, *account) for place, _, *account in connection.rows(_REPEATS, **span)]
        for place, identity, owner, purpose, currency, limit in [*connection.rows(_ACCOUNTS, **span), *again]:
            yield place, account_fields(Account(id=identity, owner=owner, purpose=purpose, currency=currency, limit_minor=limit))
        for place, identity, event, limit in connection.rows(_CHANGES, **span):
            yield place, change_fields(AccountChange(account=identity, event=AccountEvent(event), limit_minor=limit))
    if kind is EntryKind.ERASURE:
        for place, identity in connection.rows(_ERASURES, **span):
            yield place, erasure_fields(identity)
    if kind is EntryKind.KEY:
        for place, *values in connection.rows(_ROTATIONS, **span):
            yield place, ("K", tuple(values))
    if kind is EntryKind.RECORD:
        yield from leaves_of_records(connection, **span)


def audit_stream(connection: Connection) -> Iterator[AuditChunk]:
    """Every entry in order of the log, each in windows of `CHUNK_ROWS`, the last one open to the end; small ones are read in runs."""
    first = 0
    while entries := [(*row[:6], entry_of(row[6:])) for row in connection.rows(_ENTRIES, first=first)]:
        begin = 0
        while begin < len(entries):
            count = _run(entries[begin : begin + _RUN])
            yield from _small(connection, entries[begin : begin + count]) if count else _windows(connection, entries[begin])
            begin += max(count, 1)
        first = entries[-1][-1].sequence + 1


def _run(entries: Sequence[_Stored]) -> int:
    """How many entries from the first on are small, of transfers one by one, and of batches whose places follow each other."""
    first = entries[0][0]
    for count, (number, *_, entry) in enumerate(entries):
        is_small = entry.kind is EntryKind.EACH and entry.outcome is Outcome.POSTED and entry.tree_rows < _NODE_ROWS
        if not is_small or number != first + count:
            return count
    return len(entries)


def _windows(connection: Connection, stored: _Stored) -> Iterator[AuditChunk]:
    number, entry = stored[0], stored[-1]
    for begin in range(0, max(entry.tree_rows, 1), CHUNK_ROWS):
        is_last = begin + CHUNK_ROWS >= entry.tree_rows
        yield _chunk(
            stored,
            window(connection, number, entry, begin, CHUNK_ROWS, is_last=is_last),
            first_row=begin,
            nodes=_nodes(connection, number, begin, is_last=is_last) if entry.tree_rows >= _NODE_ROWS else None,
            nets=Nets.of([row[1:] for row in connection.rows(_NETS, first=number, end=number + 1)]) if is_last else None,
            touched=touched_in(connection, entry.sequence) if is_last else None,
        )


def _small(connection: Connection, run: Sequence[_Stored]) -> Iterator[AuditChunk]:
    """As `_windows`, each of one window, with one question for all of them instead of one each."""
    first, end = run[0][0], run[-1][0] + 1
    span = {"first": place_of(first), "end": place_of(end)}
    *told, places, digests, salts, currencies = columns_of(connection.rows(_ROWS, **span), _ROW_COLUMNS)
    table, numbers = table_of(told).table, np.array(places, np.int64)
    columns = pa.array(digests, pa.binary()), pa.array(salts, pa.binary()), pa.array(currencies, pa.string())
    others: dict[int, dict[int, LeafFields]] = {}
    for place, fields in _others(connection, EntryKind.EACH, span):
        others.setdefault(place >> PLACE_BITS, {})[place & _ROW_MASK] = fields
    of_batch, accounts, *sums = columns_of(connection.rows(_NETS, first=first, end=end), _NET_COLUMNS)
    nets, batches = np.array(sums, np.int64), list(range(first, end + 1))
    nets_ends = np.searchsorted(np.array(of_batch, np.int64), batches).tolist()
    ends = np.searchsorted(numbers, [place_of(number) for number in batches]).tolist()
    for stored, (begin, until), (net, net_end) in zip(run, pairwise(ends), pairwise(nets_ends), strict=True):
        number, other = stored[0], others.get(stored[0], {})
        pieces = [column.slice(begin, until - begin) for column in columns]
        found = Window(
            transfers=Transfers(table.slice(begin, until - begin)),
            rows=numbers[begin:until] - place_of(number),
            digests=pieces[0],
            salts=pieces[1],
            currencies=pieces[2],
            others=tuple((place, *other[place]) for place in sorted(other)),
        )
        touched = touched_in(connection, stored[-1].sequence)
        own = Nets(accounts[net:net_end], nets[:, net:net_end])
        yield _chunk(stored, found, first_row=0, nodes=None, nets=own, touched=touched)


def _chunk(
    stored: _Stored,
    found: Window,
    *,
    first_row: int,
    nodes: tuple[bytes, ...] | None,
    nets: Nets | None,
    touched: tuple[str, ...] | None,
) -> AuditChunk:
    _, key, cycle, digest, leaf, log_root, entry = stored
    return AuditChunk(
        key=key,
        request_digest=digest,
        entry=entry,
        leaf=leaf,
        log_root=log_root,
        first_row=first_row,
        transfers=found.transfers,
        rows=found.rows,
        memo_digests=found.digests,
        memo_salts=found.salts,
        others=found.others,
        cycle=cycle,
        nodes=nodes,
        nets=nets,
        touched=touched,
    )


def _nodes(connection: Connection, tree: int, first_row: int, *, is_last: bool) -> tuple[bytes, ...]:
    """The stored subtrees that begin in a window; in the last one, all there are."""
    begin = first_row // _NODE_ROWS
    end = begin + CHUNK_ROWS // _NODE_ROWS if not is_last else 1 << PLACE_BITS
    return tuple(node for (node,) in connection.rows(_NODES, tree=tree, first=begin, end=end))


class StoredView:
    """The port `AuditView`: everything on one connection, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def audit_stream(self) -> Iterator[AuditChunk]:
        """See `Store`."""
        return audit_stream(self._connection)

    def audit_head(self) -> Head:
        """See `Store`."""
        return head(self._connection)

    def balances(self, ids: Sequence[str] | None = None) -> Standings:
        """See `Store`."""
        return balances(self._connection, ids)

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        """See `Store`."""
        return checkpoints(self._connection)

    def audit_documents(self) -> Iterator[StoredDocument]:
        """See `AuditView`."""
        return stored_documents(self._connection)


def head(connection: Connection) -> Head:
    """Where the log ends, as stored."""
    ((origin, entries, frontier, root, at_us),) = connection.rows(_HEAD)
    nodes = _nodes(connection, LOG_TREE, 0, is_last=True)
    return Head(origin=origin, entries=entries, frontier=frontier, root=root, at_us=at_us, nodes=nodes)


def checkpoints(connection: Connection) -> Iterator[tuple[int, str]]:
    """Every stored checkpoint by size."""
    after = -1
    while notes := connection.rows(_NOTES, after=after):
        yield from notes
        after = notes[-1][0]


def checkpoint_of(connection: Connection, size: int) -> str | None:
    """The note that was signed for a log of *size* entries."""
    found = connection.rows("SELECT note FROM checkpoint WHERE size = :size", size=size)
    return str(found[0][0]) if found else None


def keep_checkpoint(connection: Connection, size: int, note: str) -> None:
    """Store a note, the first of its size."""
    connection.load("checkpoint", {"size": [size], "note": [note]}, conflict="ON CONFLICT (size) DO NOTHING")
