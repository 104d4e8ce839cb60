"""The Merkle roots and digests that a result is sealed with, as `docs/CERTIFICATE.md` section 3 says.

Leaves are made column-wise by Arrow and hashed chunk by chunk, so a million obligations need a few
megabytes beyond the table. Cost: two SHA-256 a row. Source: RFC 9162, 2.1.1.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "CHUNK_ROWS",
    "SALT_BYTES",
    "Seal",
    "SubtreeRoots",
    "cycle_key_of",
    "fields",
    "fold",
    "hash_here",
    "input_digest",
    "leaf_hashes",
    "liquidity_leaves",
    "obligation_leaves",
    "potential_leaves",
    "refusals_hash",
    "rows_hash",
    "salts",
    "seal",
    "tree_hash",
]

CHUNK_ROWS: Final = 65_536
"""Leaves hashed at once; a power of two, so that each chunk is a subtree of its own."""

SALT_BYTES: Final = 16

_THREADS: Final = 2

_ONE: Final = pa.scalar(b"1:1", pa.large_binary())
_EMPTY: Final = pa.scalar(b"0:", pa.large_binary())

SubtreeRoots: TypeAlias = Callable[[Iterable[pa.Array]], list[bytes]]
"""Port: from chunks of leaves (large_binary, at most `CHUNK_ROWS` each) the root of each, in order."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The digest of what was handed in and the roots of what came out."""

    input_digest: str
    potentials_root: str
    obligations_root: str
    liquidity_root: str
    result_root: str


def seal(
    obligations: pa.Table,
    potentials: pa.Table,
    refusals: pa.Table,
    *,
    method: str,
    allocation: str,
    cycle_key: bytes | None,
    liquidity: pa.Table | None = None,
    roots_of: SubtreeRoots | None = None,
) -> Seal:
    """Digest and roots of a result.

    Args: tables in the schemas and row orders of `rescounter.terms.tables`, cleared by *method* and
    *allocation*; *cycle_key* of 32 secret
    bytes, or None to derive one from the rows; *liquidity* where there is any; *roots_of* hashes the chunks, here when None.
    """
    roots_of = roots_of or hash_here
    with ThreadPoolExecutor(_THREADS) as pool:  # Arrow joins texts without holding the interpreter
        rows = list(pool.map(lambda chunk: fields(_row_fields(chunk)), _chunks(obligations)))
    digest = _hash_of_rows(rows)
    key = cycle_key_of(digest, cycle_key)
    salt = salts(key, digest, "potentials", potentials.num_rows)
    potentials_root = tree_hash(roots_of(potential_leaves(potentials, salt)))
    salt = salts(key, digest, "obligations", obligations.num_rows)
    obligations_root = tree_hash(roots_of(_salted(salt, _with_outcomes(rows, obligations))))
    handed_in = input_digest(digest, refusals_hash(refusals))
    lines = 0 if liquidity is None else liquidity.num_rows
    liquidity_root = tree_hash([] if liquidity is None else roots_of(liquidity_leaves(liquidity, salts(key, digest, "liquidity", lines))))
    trees = (potentials.num_rows, potentials_root.hex(), obligations.num_rows, obligations_root.hex(), lines, liquidity_root.hex())
    stated = (method, allocation, handed_in, *trees)
    return Seal(
        input_digest=handed_in,
        potentials_root=potentials_root.hex(),
        obligations_root=obligations_root.hex(),
        liquidity_root=liquidity_root.hex(),
        result_root=hashlib.sha256(b"rescounter/result/1\n" + _content(fields([pa.array([str(value)]) for value in stated]))).hexdigest(),
    )


def input_digest(rows: bytes, refused: bytes) -> str:
    """The published digest of everything that was handed in, admitted or refused."""
    return "sha256:" + hashlib.sha256(b"rescounter/input/1" + rows + refused).hexdigest()


def cycle_key_of(rows: bytes, cycle_key: bytes | None) -> bytes:
    """The key that was passed in, or the one derived from the rows when there is none."""
    return cycle_key if cycle_key is not None else hmac.digest(rows, b"rescounter/default-key/1", "sha256")


def salts(key: bytes, rows: bytes, tree: str, count: int) -> bytes:
    """16 secret bytes for each leaf of *tree*, one after the other."""
    seed = hmac.digest(key, f"rescounter/salts/1/{tree}\n".encode() + rows, "sha256")
    return hashlib.shake_256(seed).digest(SALT_BYTES * count)


def fields(columns: Sequence[pa.Array | pa.Scalar]) -> pa.Array:
    """Each row's fields as canonical bytes: length, colon, text; null is the empty text.

    Args: columns of one length: text, integers or date32; or a scalar of the bytes that all rows have there.
    Returns: an array of large_binary.
    """
    parts: list[pa.Array | pa.Scalar] = []
    for column in columns:
        if isinstance(column, pa.Scalar):
            parts.append(column)
            continue
        text = _as_text(column)
        parts += [pc.cast(pc.cast(pc.binary_length(text), pa.large_string()), pa.large_binary()), pa.scalar(b":", pa.large_binary()), text]
    return pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.large_binary()))


def _as_text(column: pa.Array) -> pa.Array:
    text = column if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) else pc.cast(column, pa.string())
    return pc.fill_null(pc.cast(text, pa.large_binary()), b"")


def _row_fields(chunk: pa.Table) -> list[pa.Array | pa.Scalar]:
    names = ("id", "debtor", "creditor", "currency", "amount_minor", "due", "class")
    columns = [_column(chunk, name) for name in names]
    weight = _column(chunk, "weight") if "weight" in chunk.column_names else _ONE
    reference = _column(chunk, "reference") if "reference" in chunk.column_names else _EMPTY
    return [*columns, weight, reference]


def _outcome_fields(chunk: pa.Table) -> list[pa.Array]:
    replaced = _column(chunk, "replaced_minor") if "replaced_minor" in chunk.column_names else pa.array(np.zeros(chunk.num_rows, np.int64))
    return [_column(chunk, "cleared_minor"), replaced, _column(chunk, "excluded")]


def _column(chunk: pa.Table, name: str) -> pa.Array:
    column = chunk.column(name)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _chunks(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, CHUNK_ROWS):
        yield table.slice(start, CHUNK_ROWS)


def rows_hash(obligations: pa.Table) -> bytes:
    """SHA-256 of every admitted row, in row order; secret, see the certificate."""
    return _hash_of_rows(fields(_row_fields(chunk)) for chunk in _chunks(obligations))


def _hash_of_rows(rows: Iterable[pa.Array]) -> bytes:
    digest = hashlib.sha256()
    for chunk in rows:
        digest.update(_content(chunk))
    return digest.digest()


def _content(joined: pa.Array) -> memoryview:
    offsets = np.frombuffer(joined.buffers()[1], dtype=np.int64, count=len(joined) + joined.offset + 1)[joined.offset :]
    data = joined.buffers()[2]
    return memoryview(data)[int(offsets[0]) : int(offsets[-1])] if data is not None else memoryview(b"")


def refusals_hash(refusals: pa.Table) -> bytes:
    """SHA-256 of what was refused, independent of the order of rows."""
    if refusals.num_rows == 0:
        return hashlib.sha256().digest()
    ordered = refusals.select(["code", "id", "found"]).sort_by([("code", "ascending"), ("id", "ascending"), ("found", "ascending")])
    return hashlib.sha256(_content(fields([_column(ordered, name) for name in ("code", "id", "found")]))).digest()


def obligation_leaves(obligations: pa.Table, salt: bytes) -> Iterator[pa.Array]:
    """What is hashed for each leaf of the obligations tree, `CHUNK_ROWS` at a time."""
    return _salted(salt, _with_outcomes((fields(_row_fields(chunk)) for chunk in _chunks(obligations)), obligations))


def _with_outcomes(rows: Iterable[pa.Array], obligations: pa.Table) -> Iterator[pa.Array]:
    for row, chunk in zip(rows, _chunks(obligations), strict=True):
        yield pc.binary_join_element_wise(row, fields(_outcome_fields(chunk)), pa.scalar(b"", pa.large_binary()))


def potential_leaves(potentials: pa.Table, salt: bytes) -> Iterator[pa.Array]:
    """What is hashed for each leaf of the potentials tree, `CHUNK_ROWS` at a time."""
    return _salted(salt, (fields([_column(chunk, name) for name in ("currency", "member", "potential")]) for chunk in _chunks(potentials)))


def liquidity_leaves(liquidity: pa.Table, salt: bytes) -> Iterator[pa.Array]:
    """What is hashed for each leaf of the liquidity tree, `CHUNK_ROWS` at a time."""
    names = ("currency", "member", "available_minor", "injected_minor", "loan_minor", "received_minor")
    return _salted(salt, (fields([_column(chunk, name) for name in names]) for chunk in _chunks(liquidity)))


def _salted(salt: bytes, chunks: Iterable[pa.Array]) -> Iterator[pa.Array]:
    """Byte 0, salt and fields of each leaf: what RFC 9162 hashes for a leaf."""
    zero, empty = pa.scalar(b"\x00", pa.large_binary()), pa.scalar(b"", pa.large_binary())
    for number, payload in enumerate(chunks):
        start = number * CHUNK_ROWS
        own = salt[SALT_BYTES * start : SALT_BYTES * (start + len(payload))]
        prefix = pa.Array.from_buffers(pa.binary(SALT_BYTES), len(payload), [None, pa.py_buffer(own)])
        yield pc.binary_join_element_wise(zero, pc.cast(prefix, pa.large_binary()), payload, empty)


def leaf_hashes(chunks: Iterable[pa.Array]) -> Iterator[list[bytes]]:
    """RFC 9162 leaf hashes, chunk by chunk."""
    sha256 = hashlib.sha256
    for chunk in chunks:
        yield [sha256(leaf).digest() for leaf in chunk.to_pylist()]


def hash_here(chunks: Iterable[pa.Array]) -> list[bytes]:
    """The root of each chunk's subtree, one after the other in this process."""
    return [fold(leaves) for leaves in leaf_hashes(chunks)]


def tree_hash(roots: list[bytes]) -> bytes:
    """The Merkle tree hash from the roots of chunks of `CHUNK_ROWS` leaves (the last may be short).

    Folding the subtree roots by the same rule is right because every chunk but the last is full and
    its size is a power of two: RFC 9162 splits at the largest power of two below the size.
    """
    return fold(roots) if roots else hashlib.sha256().digest()


def fold(level: list[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes: pair neighbours until one is left, an odd one goes up."""
    sha256 = hashlib.sha256
    while len(level) > 1:
        paired = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]
