"""Canonical bytes under every hash, as `docs/LEDGER.md` section 3 says, made column-wise.

A field is its length in bytes, a colon, its bytes; so no two rows have the same bytes. Each leaf
begins with byte 0 and 16 secret bytes, since what a member pays could be guessed. Cost: about
1 us a row for the bytes of a leaf, before hashing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger.memos import MEMO_SALT_BYTES, memo_digest
from rescounter.ledger.transfers import CHUNK_ROWS, FEW_ROWS, Transfer, Transfers
from rescounter.terms import holds

__all__ = [
    "SALT_BYTES",
    "chunk_digest",
    "content_digest",
    "few_leaves",
    "few_row_bytes",
    "fields_of",
    "leaf_of",
    "memo_digests",
    "request_digest",
    "request_seal",
    "row_bytes",
    "salt_at",
    "salts",
    "transfer_leaves",
]

SALT_BYTES: Final = 16
_ROW: Final = (
    *("id", "debit", "credit", "amount_minor", "kind", "cycle", "flag"),
    *("pending_id", "expires_at_us", "reverses", "effective_at_us"),
)
_REQUEST_CHUNK: Final = -1


def fields_of(*values: object) -> bytes:
    """Length, colon and bytes of each value; None and the empty text are the same."""
    texts = [b"" if value is None else str(value).encode() for value in values]
    return b"".join(b"%d:%s" % (len(text), text) for text in texts)


def _binary(value: bytes) -> pa.Scalar:
    return pa.scalar(value, pa.large_binary())


def _parts(column: pa.Array) -> list[pa.Array] | bytes:
    """What a column adds to each row; one constant where all its values are the same."""
    if column.null_count == len(column):
        return fields_of(None)
    if column.null_count == 0 and column[0].equals(column[-1]) and pc.all(pc.equal(column, column[0])).as_py():
        return fields_of(column[0].as_py())
    text = column if pa.types.is_string(column.type) else pc.cast(column, pa.string())
    text = pc.fill_null(pc.cast(text, pa.large_binary()), b"")
    length = pc.cast(pc.cast(pc.binary_length(text), pa.string()), pa.large_binary())
    return [length, text]


def _joined(count: int, columns: Iterable[pa.Array | bytes]) -> pa.Array:
    """Each row's fields one after the other; what is constant is joined once."""
    parts: list[pa.Array | bytes] = [b""]

    def add(constant: bytes) -> None:
        if isinstance(parts[-1], bytes):
            parts[-1] += constant
        else:
            parts.append(constant)

    for column in columns:
        made = column if isinstance(column, bytes) else _parts(column)
        if isinstance(made, bytes):
            add(made)
        else:
            length, text = made
            parts.append(length)
            add(b":")
            parts.append(text)
    if all(isinstance(part, bytes) for part in parts):
        return pa.array([b"".join(part for part in parts if isinstance(part, bytes))] * count, pa.large_binary())
    arrays = [_binary(part) if isinstance(part, bytes) else part for part in parts if not isinstance(part, bytes) or part]
    return pc.binary_join_element_wise(*arrays, _binary(b""))


def _field(value: object) -> str:
    text = "" if value is None else str(value)
    return f"{len(text) if text.isascii() else len(text.encode())}:{text}"


def _few_fields(values: Sequence[object]) -> list[str]:
    """What a column adds to each of few rows; made once where all are the same."""
    if values.count(values[0]) == len(values):
        return [_field(values[0])] * len(values)
    texts = ["" if value is None else str(value) for value in values]
    if "".join(texts).isascii():
        return [f"{len(text)}:{text}" for text in texts]
    return [_field(text) for text in texts]


def row_bytes(transfers: Transfers) -> pa.Array:
    """The canonical row of each transfer (large_binary): all but the memo."""
    if 0 < len(transfers) <= FEW_ROWS:
        return pa.array(few_row_bytes(transfers), pa.large_binary())
    return _joined(len(transfers), [transfers.column(name) for name in _ROW])


def few_row_bytes(transfers: Transfers) -> list[bytes]:
    """As `row_bytes`, of 1 to `FEW_ROWS` rows, as plain values."""
    columns = (_few_fields(transfers.values(name)) for name in _ROW)
    return ["".join(fields).encode() for fields in zip(*columns, strict=True)]


def content_digest(transfer: Transfer) -> bytes:
    """What says that a transfer is the same when its id comes again; it covers all but the memo."""
    bare = replace(transfer, memo=None)
    return hashlib.sha256(fields_of(*(int(bare.flag) if name == "flag" else getattr(bare, name) for name in _ROW))).digest()


def chunk_digest(rows: pa.Array | list[bytes]) -> bytes:
    """Digest of the rows of one chunk. Cost: 0.1 us a row."""
    holds(len(rows) <= CHUNK_ROWS, "a_chunk_is_bounded", rows=len(rows))
    if isinstance(rows, list):
        return hashlib.sha256(b"".join(rows)).digest()
    offsets = np.frombuffer(rows.buffers()[1], dtype=np.int64, count=len(rows) + rows.offset + 1)[rows.offset :]
    data = rows.buffers()[2]
    content = memoryview(data)[int(offsets[0]) : int(offsets[-1])] if data is not None else b""
    return hashlib.sha256(content).digest()


def request_digest(*about: object, parts: Iterable[bytes]) -> bytes:
    """Digest of a whole request: *about* it, then chunk digests or payloads, in order."""
    digest = hashlib.sha256(b"rescounter/request/1\n" + fields_of(*about))
    for part in parts:
        digest.update(part)
    return digest.digest()


def salts(ledger_key: bytes, batch_key: str, chunk: int, count: int) -> bytes:
    """The secret bytes of the leaves of one chunk, `SALT_BYTES` each, in order."""
    seed = hmac.digest(ledger_key, b"rescounter/ledger-salts/1\n" + fields_of(batch_key, chunk), "sha256")
    return hashlib.shake_256(seed).digest(SALT_BYTES * count)


def salt_at(ledger_key: bytes, batch_key: str, place: int) -> bytes:
    """The salt of the leaf at *place* of a batch's tree."""
    chunk, within = divmod(place, CHUNK_ROWS)
    return salts(ledger_key, batch_key, chunk, within + 1)[SALT_BYTES * within :]


def request_seal(ledger_key: bytes, batch_key: str, digest: bytes) -> bytes:
    """What the log says of key and request digest: nothing, to whom lacks the ledger key."""
    salt = salts(ledger_key, batch_key, _REQUEST_CHUNK, 1)
    return hashlib.sha256(b"\x02" + salt + fields_of(batch_key) + digest).digest()


def memo_digests(transfers: Transfers, memo_salts: bytes) -> pa.Array:
    """Digest of each memo (binary, null where there is none).

    Args: *memo_salts*: 16 random bytes for each memo that is not null, in order of rows.
    """
    memos = transfers.column("memo")
    if memos.null_count == len(memos):
        return pa.nulls(len(memos), pa.binary())
    holds(len(memo_salts) == MEMO_SALT_BYTES * (len(memos) - memos.null_count), "a_salt_for_each_memo", bytes=len(memo_salts))
    pieces = (memo_salts[begin : begin + MEMO_SALT_BYTES] for begin in range(0, len(memo_salts), MEMO_SALT_BYTES))
    return pa.array([None if memo is None else memo_digest(memo, next(pieces)) for memo in memos.to_pylist()], pa.binary())


def transfer_leaves(rows: pa.Array, currencies: pa.Array, digests: pa.Array, salt: bytes) -> pa.Array:
    """What is hashed for accepted transfers: byte 0 and salt first, ready for `merkle.hash_leaves`.

    Args: *rows* of `row_bytes`; *currencies* of the accounts; *digests* of `memo_digests`; *salt* of
    `salts`, all of one length.
    """
    count = len(rows)
    if 0 < count <= FEW_ROWS:
        return pa.array(few_leaves(rows.to_pylist(), currencies.to_pylist(), digests.to_pylist(), salt), pa.large_binary())
    own = pa.Array.from_buffers(pa.binary(SALT_BYTES), count, [None, pa.py_buffer(salt)])
    hexed = digests if digests.null_count == count else pa.array([None if each is None else each.hex() for each in digests.to_pylist()])
    tail = _joined(count, [currencies, hexed])
    head, empty = pc.cast(own, pa.large_binary()), _binary(b"")
    return pc.binary_join_element_wise(_binary(b"\x00"), head, _binary(b"T"), rows, tail, empty)


def few_leaves(rows: Sequence[bytes], currencies: Sequence[str | None], digests: Sequence[bytes | None], salt: bytes) -> list[bytes]:
    """As `transfer_leaves`, of 1 to `FEW_ROWS` rows, as plain values."""
    tails = zip(_few_fields(currencies), _few_fields([digest and digest.hex() for digest in digests]), strict=True)
    heads = (b"\x00" + salt[begin : begin + SALT_BYTES] + b"T" for begin in range(0, len(salt), SALT_BYTES))
    whole = zip(heads, rows, tails, strict=True)
    return [head + row + "".join(tail).encode() for head, row, tail in whole]


def leaf_of(tag: str, salt: bytes, values: Sequence[object]) -> bytes:
    """What is hashed for one leaf of any other sort, byte 0 included: refused, repeated, account, change, erasure, key."""
    holds(len(tag) == 1 and len(salt) == SALT_BYTES, "a_leaf_has_tag_and_salt", tag=tag, bytes=len(salt))
    return b"\x00" + salt + tag.encode() + fields_of(*values)
