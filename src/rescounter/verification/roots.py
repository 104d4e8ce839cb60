"""The digest of the input and the Merkle roots of the result, hashed again.

Source: `docs/CERTIFICATE.md` section 3; RFC 9162, 2.1.1. Rows become bytes column-wise, `_CHUNK` at a
time; cost: two SHA-256 for each row.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.terms.tables import LIQUIDITY
from rescounter.verification.verdict import Finding, told

__all__ = ["Roots", "check_roots", "roots_of", "tree_root"]

_CHUNK: Final = 65_536
_ROW: Final = ("id", "debtor", "creditor", "currency", "amount_minor", "due", "class", "weight", "reference")
_OUTCOME: Final = ("cleared_minor", "replaced_minor", "excluded")
_POTENTIAL: Final = ("currency", "member", "potential")
_LIQUIDITY: Final = ("currency", "member", "available_minor", "injected_minor", "loan_minor", "received_minor")
_REFUSAL: Final = ("code", "id", "found")


@dataclass(frozen=True, slots=True)
class Roots:
    """What the summary publishes of all rows."""

    input_digest: str
    potentials_root: str
    obligations_root: str
    liquidity_root: str
    result_root: str


def check_roots(summary: Mapping[str, object], tables: Mapping[str, pa.Table], *, cycle_key: bytes | None) -> list[Finding]:
    """The digest and the four roots of the summary belong to these tables."""
    roots = roots_of(tables, cycle_key=cycle_key, method=str(summary["method"]), allocation=str(summary["allocation"]))
    key = "the default key" if cycle_key is None else "the key that was given"
    expected = {
        "input_digest": roots.input_digest,
        "potentials_root": roots.potentials_root,
        "obligations_root": roots.obligations_root,
        "liquidity_root": roots.liquidity_root,
        "result_root": roots.result_root,
    }
    return [
        Finding("roots", name, told(summary.get(name)), value if name == "input_digest" else f"{value} under {key}")
        for name, value in expected.items()
        if summary.get(name) != value
    ]


def roots_of(tables: Mapping[str, pa.Table], *, cycle_key: bytes | None, method: str, allocation: str) -> Roots:
    """Digest and roots of the tables as they stand, cleared by *method* and *allocation*."""
    obligations = _complete(tables["obligations"])
    rows_hash = hashlib.sha256()
    for fields in _fields(obligations, _ROW):
        rows_hash.update(_joined(fields))
    rows = rows_hash.digest()
    key = cycle_key if cycle_key is not None else hmac.digest(rows, b"rescounter/default-key/1", hashlib.sha256)
    potentials_root = tree_root(_leaves(tables["potentials"], _POTENTIAL, key, b"potentials", rows))
    obligations_root = tree_root(_leaves(obligations, _ROW + _OUTCOME, key, b"obligations", rows))
    input_digest = "sha256:" + hashlib.sha256(b"rescounter/input/1" + rows + _refusals_hash(tables["refusals"])).hexdigest()
    liquidity = tables.get("liquidity", LIQUIDITY.empty_table())
    liquidity_root = tree_root(_leaves(liquidity, _LIQUIDITY, key, b"liquidity", rows))
    trees = ((tables["potentials"], potentials_root), (obligations, obligations_root), (liquidity, liquidity_root))
    stated = (method, allocation, input_digest, *(part for table, root in trees for part in (table.num_rows, root.hex())))
    head = "".join(f"{len(str(value))}:{value}" for value in stated)
    return Roots(
        input_digest=input_digest,
        potentials_root=potentials_root.hex(),
        obligations_root=obligations_root.hex(),
        liquidity_root=liquidity_root.hex(),
        result_root=hashlib.sha256(f"rescounter/result/1\n{head}".encode()).hexdigest(),
    )


def _complete(obligations: pa.Table) -> pa.Table:
    """The table with the columns that a result may leave out: nothing replaced, weight 1, no reference."""
    if "replaced_minor" not in obligations.column_names:
        obligations = obligations.append_column("replaced_minor", pa.repeat(0, obligations.num_rows))
    if "weight" not in obligations.column_names:
        obligations = obligations.append_column("weight", pa.repeat(1, obligations.num_rows))
    if "reference" not in obligations.column_names:
        obligations = obligations.append_column("reference", pa.nulls(obligations.num_rows))
    return obligations


def _fields(table: pa.Table, names: Sequence[str]) -> Iterator[pa.Array]:
    """The fields of each row as one binary, chunk by chunk."""
    for start in range(0, table.num_rows, _CHUNK):
        chunk = table.slice(start, _CHUNK).combine_chunks()
        parts: list[pa.Array | pa.Scalar] = []
        for name in names:
            text = pc.fill_null(chunk[name].chunk(0).cast(pa.string()), "").cast(pa.binary())
            parts += [pc.binary_length(text).cast(pa.string()).cast(pa.binary()), pa.scalar(b":"), text]
        yield pc.binary_join_element_wise(*parts, pa.scalar(b""))


def _joined(fields: pa.BinaryArray) -> bytes:
    return b"".join(fields.to_pylist())


def _leaves(table: pa.Table, names: Sequence[str], key: bytes, tree: bytes, rows: bytes) -> list[bytes]:
    """The leaf hashes: SHA-256 of a zero byte, the salt, and the fields."""
    seed = hmac.digest(key, b"rescounter/salts/1/" + tree + b"\n" + rows, hashlib.sha256)
    salts = hashlib.shake_256(seed).digest(16 * table.num_rows)
    sha256 = hashlib.sha256
    leaves: list[bytes] = []
    for fields in _fields(table, names):
        leaves += [
            sha256(b"\x00" + salts[16 * place : 16 * place + 16] + row).digest()
            for place, row in enumerate(fields.to_pylist(), len(leaves))
        ]
    return leaves


def tree_root(level: list[bytes]) -> bytes:
    """Merkle tree hash over leaf hashes.

    Joining neighbours and lifting an odd last one unchanged is the tree of RFC 9162, which splits
    at the largest power of two below the size.
    """
    sha256 = hashlib.sha256
    if not level:
        return sha256().digest()
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        level = [sha256(b"\x01" + level[place - 1] + level[place]).digest() for place in range(1, len(level), 2)] + odd
    return level[0]


def _refusals_hash(refusals: pa.Table) -> bytes:
    ordered = refusals.sort_by([(name, "ascending") for name in _REFUSAL])
    digest = hashlib.sha256()
    for fields in _fields(ordered, _REFUSAL):
        digest.update(_joined(fields))
    return digest.digest()
