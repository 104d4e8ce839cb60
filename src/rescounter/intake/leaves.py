"""The Merkle tree over the cut-off set: one salted leaf for each row, in order of submitter and id.

A leaf is SHA-256 of a zero byte, 16 secret bytes and the row's fields, each as length, colon and text; empty and null are the same.
The salts come from the cycle's key and the digest of all rows, so that no two sets share one. Kept are that digest and the hash of
every `SUBTREE` leaves: a proof hashes one such piece again, not all rows. `docs/ADMISSION.md` section 4 says which bytes.
Source: RFC 9162, 2.1; cost: two SHA-256 a row.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.intake.keys import column
from rescounter.ledger import merkle
from rescounter.terms import CallerFault, holds
from rescounter.terms.union_tables import FROZEN

__all__ = ["PROOF_FORMAT", "SUBTREE", "inclusion_proof", "inclusion_proofs", "root_and_subtrees"]

PROOF_FORMAT: Final = "rescounter-cut-off-proof/1"

SUBTREE: Final = 256
"""Leaves under one kept hash: a power of two, so that the kept hashes are nodes of the tree."""

_CHUNK: Final = 65_536
_SALT: Final = 16
_HASH: Final = 32


def root_and_subtrees(frozen: pa.Table, *, key: bytes) -> tuple[str, bytes]:
    """The root (hex) of the tree over *frozen* (`FROZEN`, in its order), and what `inclusion_proofs` needs again.

    Args: *key*: the cycle's 32 secret bytes.
    """
    chunks = [_fields(frozen.slice(start, _CHUNK)) for start in range(0, frozen.num_rows, _CHUNK)]
    digest = hashlib.sha256(b"rescounter/cut-off/1\n")
    for chunk in chunks:
        digest.update(_content(chunk))
    seed = _seed(key, digest.digest())
    nodes: list[bytes] = []
    for chunk in chunks:
        for start in range(0, len(chunk), SUBTREE):
            nodes.append(merkle.root_of(_leaf_hashes(chunk.slice(start, SUBTREE), _salts(seed, len(nodes)))))
    return merkle.root_of(nodes).hex(), digest.digest() + b"".join(nodes)


def inclusion_proof(frozen: pa.Table, subtrees: bytes, *, submitter: str, id: str, key: bytes) -> dict[str, Any]:
    """One row of the cut-off set, by its submitter and id; see `inclusion_proofs`."""
    named = pc.and_(pc.equal(column(frozen, "submitter"), submitter), pc.equal(column(frozen, "id"), id))
    place = pc.index(named, True).as_py()
    if place < 0:
        raise CallerFault("id_unknown", f"{submitter} has no obligation {id!r} in the cut-off set", submitter=submitter, id=id)
    return next(inclusion_proofs(frozen, subtrees, places=[place], key=key))


def inclusion_proofs(frozen: pa.Table, subtrees: bytes, *, places: Sequence[int], key: bytes) -> Iterator[dict[str, Any]]:
    """Rows of the cut-off set, each with its salt and the path to the root, as plain data; for the eyes of its parties alone.

    Args: *frozen* and *subtrees* as the cut-off kept them, under the cycle's *key*; *places* in rising order.
    Cost: `SUBTREE` hashes for each piece of the set that is touched.
    """
    seed = _seed(key, subtrees[:_HASH])
    nodes = [subtrees[start : start + _HASH] for start in range(_HASH, len(subtrees), _HASH)]
    above, root, ready = merkle.nodes_of(nodes), merkle.root_of(nodes).hex(), -1
    hashes: list[bytes] = []
    for place in places:
        piece, within = divmod(place, SUBTREE)
        if piece != ready:
            hashes, ready = _leaf_hashes(_fields(frozen.slice(piece * SUBTREE, SUBTREE)), _salts(seed, piece)), piece
            holds(merkle.root_of(hashes) == nodes[piece], "the_cut_off_set_is_as_it_was_frozen", piece=piece)
        path = merkle.inclusion_proof(merkle.nodes_of(hashes), within, len(hashes))
        path += merkle.inclusion_proof(above, piece, len(nodes))  # pieces are full but the last: they are leaves of the tree above
        row = frozen.slice(place, 1)
        yield {
            "format": PROOF_FORMAT,
            "row": {name: _text(row, name)[0].as_py().decode() for name in FROZEN.names},
            "salt": _salts(seed, piece)[_SALT * within : _SALT * (within + 1)].hex(),
            "place": place,
            "size": frozen.num_rows,
            "path": [step.hex() for step in path],
            "root": root,
        }


def _seed(key: bytes, rows: bytes) -> bytes:
    holds(len(key) == _HASH, "a_cycle_key_has_32_bytes")
    return hmac.digest(key, b"rescounter/salts/1/cut-off\n" + rows, "sha256")


def _salts(seed: bytes, piece: int) -> bytes:
    """The salts of one piece, one after the other."""
    return hashlib.shake_256(seed + piece.to_bytes(8, "big")).digest(_SALT * SUBTREE)


def _leaf_hashes(fields: pa.Array, salts: bytes) -> list[bytes]:
    sha256 = hashlib.sha256
    rows = enumerate(fields.to_pylist())
    return [sha256(b"\x00" + salts[_SALT * place : _SALT * (place + 1)] + row).digest() for place, row in rows]


def _fields(frozen: pa.Table) -> pa.Array:
    """The fields of each row, one after the other: large_binary."""
    parts: list[pa.Array | pa.Scalar] = []
    for name in FROZEN.names:
        text = _text(frozen, name)
        length = pc.cast(pc.cast(pc.binary_length(text), pa.string()), pa.large_binary())
        parts += [length, pa.scalar(b":", pa.large_binary()), text]
    return pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.large_binary()))


def _text(frozen: pa.Table, name: str) -> pa.Array:
    text = column(frozen, name)
    text = text if pa.types.is_string(text.type) else pc.cast(text, pa.string())
    return pc.fill_null(pc.cast(text, pa.large_binary()), b"")


def _content(joined: pa.Array) -> memoryview:
    """All bytes of the array, without copying them."""
    offsets = np.frombuffer(joined.buffers()[1], dtype=np.int64, count=len(joined) + joined.offset + 1)[joined.offset :]
    data = joined.buffers()[2]
    return memoryview(data)[int(offsets[0]) : int(offsets[-1])] if data is not None else memoryview(b"")
