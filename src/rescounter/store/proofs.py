"""Proofs from what is stored: complete subtrees of 256 leaves, and at most two such groups hashed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pyarrow as pa

from rescounter.ledger import Entry, InclusionProof
from rescounter.ledger.canonical import SALT_BYTES, leaf_of, row_bytes, salts, transfer_leaves
from rescounter.ledger.merkle import STORED_LEVEL, Node, consistency_proof, hash_leaves, inclusion_proof, nodes_of
from rescounter.ledger.transfers import CHUNK_ROWS
from rescounter.store.auditing import window
from rescounter.store.database import Connection, Row
from rescounter.store.lookups import askable
from rescounter.store.reading import ENTRY_FIELDS, entry_of
from rescounter.store.session import LOG_TREE, place_of
from rescounter.terms import INT64_MAX, CallerFault, holds

__all__ = ["prove_consistency", "prove_inclusion", "prove_record"]

_GROUP: Final = 1 << STORED_LEVEL
_PLACE: Final = f"""
SELECT t.place, b.number, b.key, {ENTRY_FIELDS}
FROM transfer t JOIN entry e ON e.batch = t.place >> 32 JOIN batch b ON b.number = e.batch WHERE t.id = ANY(:ids) AND e.outcome = 1
"""
_PLACE_OF_RECORD: Final = f"""
SELECT r.place, b.number, b.key, {ENTRY_FIELDS}
FROM record r JOIN entry e ON e.batch = r.place >> 32 JOIN batch b ON b.number = e.batch WHERE r.number = :record
"""
_NODES: Final = "SELECT hash FROM node WHERE tree = :tree ORDER BY place"
_LEAVES: Final = "SELECT leaf FROM entry WHERE sequence >= :first AND sequence < :first + 256 ORDER BY sequence"
_SIZE: Final = "SELECT entries FROM head"


def _tree(connection: Connection, tree: int, group: Callable[[int], list[bytes]]) -> Node:
    """The reader of nodes of a stored tree; *group* gives the leaf hashes of 256 leaves again."""
    stored = nodes_of([node for (node,) in connection.rows(_NODES, tree=tree)])
    groups: dict[int, Node] = {}

    def node(level: int, place: int) -> bytes:
        if level >= STORED_LEVEL:
            return stored(level - STORED_LEVEL, place)
        number = place << level >> STORED_LEVEL
        if number not in groups:
            groups[number] = nodes_of(group(number))
        return groups[number](level, place - (number << STORED_LEVEL - level))

    return node


def _log(connection: Connection) -> Node:
    def group(number: int) -> list[bytes]:
        return [leaf for (leaf,) in connection.rows(_LEAVES, first=number * _GROUP)]

    return _tree(connection, LOG_TREE, group)


def prove_consistency(connection: Connection, first: int, second: int) -> tuple[bytes, ...]:
    """Why the log of *second* entries continues that of *first*. Raises: CallerFault ``log_size_unknown``."""
    _check_size(connection, second)
    if not 0 < first <= second:
        raise CallerFault("log_size_unknown", f"a proof leads from 1 to {second} entries, not from {first}")
    return tuple(consistency_proof(_log(connection), first, second))


def _check_size(connection: Connection, size: int) -> None:
    ((entries,),) = connection.rows(_SIZE)
    if not 0 < size <= entries:
        raise CallerFault("log_size_unknown", f"the log has {entries} entries, not {size}")


def prove_inclusion(connection: Connection, transfer_id: str, *, log_size: int, ledger_key: bytes) -> InclusionProof:
    """Row under batch, entry under log. Raises: CallerFault ``transfer_unknown``, ``log_size_unknown``."""
    _check_size(connection, log_size)
    found = connection.rows(_PLACE, ids=askable([transfer_id]))
    if not found:
        raise CallerFault("transfer_unknown", "no transfer is posted under this id")
    return _proven(connection, found[0], log_size=log_size, ledger_key=ledger_key)


def prove_record(connection: Connection, record: int, *, log_size: int, ledger_key: bytes) -> InclusionProof:
    """As `prove_inclusion`. Raises: CallerFault ``record_unknown``, ``log_size_unknown``."""
    _check_size(connection, log_size)
    found = connection.rows(_PLACE_OF_RECORD, record=record) if 0 < record <= INT64_MAX else []
    if not found:
        raise CallerFault("record_unknown", f"there is no record {record:,}")
    return _proven(connection, found[0], log_size=log_size, ledger_key=ledger_key)


def _proven(connection: Connection, found: Row, *, log_size: int, ledger_key: bytes) -> InclusionProof:
    """The proof for the leaf that *found* tells: place, number and key of its batch, fields of its entry."""
    place, number, key, *fields = found
    entry, row = entry_of(tuple(fields)), place - place_of(number)
    if entry.sequence >= log_size:
        raise CallerFault("log_size_unknown", f"it stands in entry {entry.sequence}, which a log of {log_size} entries does not hold")
    leaves: dict[int, list[bytes]] = {}

    def group(of: int) -> list[bytes]:
        leaves[of] = _leaves(connection, number, key, entry, of * _GROUP, ledger_key)
        return hash_leaves(pa.array(leaves[of], pa.large_binary()))

    batch_path = tuple(inclusion_proof(_tree(connection, number, group), row, entry.tree_rows))
    own = row // _GROUP
    if own not in leaves:
        group(own)
    return InclusionProof(
        leaf=leaves[own][row % _GROUP],
        place=row,
        batch_path=batch_path,
        entry=entry,
        log_path=tuple(inclusion_proof(_log(connection), entry.sequence, log_size)),
        log_size=log_size,
    )


def _leaves(connection: Connection, number: int, key: str, entry: Entry, first: int, ledger_key: bytes) -> list[bytes]:
    """What is hashed for up to 256 leaves of a batch's tree, from *first* on."""
    count = min(_GROUP, entry.tree_rows - first)
    found = window(connection, number, entry, first, count)
    within = first % CHUNK_ROWS
    salt = salts(ledger_key, key, first // CHUNK_ROWS, within + count)[SALT_BYTES * within :]
    own = [salt[SALT_BYTES * place : SALT_BYTES * (place + 1)] for place in range(count)]
    leaves = [b""] * count
    places = [row - first for row in found.rows.tolist()]
    if places:
        made = transfer_leaves(row_bytes(found.transfers), found.currencies, found.digests, b"".join(own[place] for place in places))
        for place, leaf in zip(places, made.to_pylist(), strict=True):
            leaves[place] = leaf
    for place, tag, values in found.others:
        leaves[place - first] = leaf_of(tag, own[place - first], values)
    holds(all(leaves), "every_leaf_is_stored", batch=number, first=first)
    return leaves
