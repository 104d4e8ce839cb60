"""The leaves of a batch's tree, and the entry that seals it: what stores and audit compute alike.

A store keeps rows; from rows, salts and these functions the tree comes out again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger.accounts import Account, AccountChange
from rescounter.ledger.canonical import (
    SALT_BYTES,
    chunk_digest,
    content_digest,
    fields_of,
    leaf_of,
    request_digest,
    row_bytes,
    transfer_leaves,
)
from rescounter.ledger.entries import EntryKind
from rescounter.ledger.memos import SealedMemo
from rescounter.ledger.merkle import hash_leaves
from rescounter.ledger.standings import Standings
from rescounter.ledger.transfers import FEW_ROWS, Batch, Policy, Transfer, Transfers
from rescounter.terms import Refusal, holds

__all__ = [
    "LeafFields",
    "account_fields",
    "breach_fields",
    "change_fields",
    "chunk_hashes",
    "currencies_of",
    "digest_of_batch",
    "digest_of_expiries",
    "digest_of_leaves",
    "erasure_fields",
    "hash_of",
    "refusal_fields",
    "refused_fields",
    "repeat_fields",
    "same_memos",
]

LeafFields: TypeAlias = tuple[str, tuple[object, ...]]
"""Tag and fields of a leaf that is no accepted transfer; `docs/LEDGER.md`, section 3."""


def refusal_fields(transfer: Transfer, refusal: Refusal) -> LeafFields:
    """The leaf of a refused transfer."""
    return refused_fields(refusal, content_digest(transfer))


def refused_fields(refusal: Refusal, content: bytes) -> LeafFields:
    """The leaf of a refused transfer of which the content digest is known; its id stands as it was told."""
    return "R", (refusal.id, refusal.code, content.hex())


def breach_fields(breach: Refusal) -> LeafFields:
    """The leaf of an account's breach, or of an account or change that was refused."""
    return "R", (breach.id, breach.code, None)


def repeat_fields(transfer_id: str) -> LeafFields:
    """The leaf of a transfer that was answered before."""
    return "S", (transfer_id,)


def account_fields(account: Account) -> LeafFields:
    """The leaf of an account that was opened."""
    return "A", (account.id, account.owner, account.purpose, account.currency, account.limit_minor)


def change_fields(change: AccountChange) -> LeafFields:
    """The leaf of a change of an account."""
    return "C", (change.account, change.event.name.lower(), change.limit_minor)


def erasure_fields(transfer_id: str) -> LeafFields:
    """The leaf of an erased memo."""
    return "E", (transfer_id,)


def hash_of(fields: LeafFields, salt: bytes) -> bytes:
    """The hash of such a leaf."""
    return hashlib.sha256(leaf_of(fields[0], salt, fields[1])).digest()


def chunk_hashes(rows: pa.Array, currencies: pa.Array, digests: pa.Array, salt: bytes, others: Mapping[int, LeafFields]) -> list[bytes]:
    """The leaf hashes of one chunk of transfers, in order of rows.

    Args: as `canonical.transfer_leaves`; *others*: by row from 0, the leaves of those that were not accepted, or
    were answered before.
    """
    holds(len(salt) == SALT_BYTES * len(rows), "a_salt_for_each_leaf", bytes=len(salt), rows=len(rows))
    hashes = hash_leaves(transfer_leaves(rows, currencies, digests, salt)) if len(rows) > len(others) else [b""] * len(rows)
    for row, fields in others.items():
        hashes[row] = hash_of(fields, salt[SALT_BYTES * row : SALT_BYTES * (row + 1)])
    return hashes


def currencies_of(places: Sequence[int] | np.ndarray, standings: Standings) -> pa.Array:
    """The currency of each transfer by the place of its debit account; null where that is -1."""
    if len(places) <= FEW_ROWS:
        currencies = [*standings.values("currency"), None]  # -1 is the last
        return pa.array([currencies[place] for place in places], pa.string())
    indices = pa.array(places, pa.int64())
    return standings.text("currency").take(pc.if_else(pc.less(indices, 0), None, indices))


def digest_of_batch(batch: Batch, kind: EntryKind, chunk_digests: Sequence[bytes] | None = None) -> bytes:
    """The request digest of a posting; *chunk_digests* where they are known already. `post_each` knows no policy."""
    parts = chunk_digests if chunk_digests is not None else [chunk_digest(row_bytes(chunk)) for chunk in batch.transfers.chunks()]
    policy = batch.policy if kind is EntryKind.ATOMIC else Policy.NONE
    return request_digest(kind.name.lower(), policy.name.lower(), batch.cycle, batch.rulebook_version, len(batch.transfers), parts=parts)


def digest_of_expiries(transfers: Transfers) -> bytes:
    """The request digest of a batch of expiries, which nobody asked for."""
    parts = [chunk_digest(row_bytes(chunk)) for chunk in transfers.chunks()]
    return request_digest(EntryKind.EXPIRY.name.lower(), Policy.NONE.name.lower(), "", "", len(transfers), parts=parts)


def digest_of_leaves(kind: EntryKind, leaves: Sequence[LeafFields]) -> bytes:
    """The request digest of any other batch: of the leaves that it asks for."""
    return request_digest(kind.name.lower(), len(leaves), parts=[tag.encode() + fields_of(*fields) for tag, fields in leaves])


def same_memos(memos: Sequence[str | None], kept: Mapping[int, SealedMemo], *, gone: Collection[int]) -> bool:
    """True when a batch that comes again has the memos of the first time, as far as they are there.

    Args: *kept*: by row from 0; *gone*: rows whose memo was erased, or never kept since they were refused or repeated.
    """
    for row, memo in enumerate(memos):
        sealed = kept.get(row)
        if row not in gone and (memo is not None if sealed is None else not sealed.is_of(memo)):
            return False
    return True
