"""Which bytes are hashed, that they tell everything apart, and that erasing keeps every proof."""

from __future__ import annotations

import hashlib
import hmac
import random
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.ledger import Account, Batch, EntryKind, Flag, Transfer, Transfers
from rescounter.ledger.canonical import (
    SALT_BYTES,
    chunk_digest,
    content_digest,
    fields_of,
    leaf_of,
    memo_digests,
    request_seal,
    row_bytes,
    salt_at,
    salts,
    transfer_leaves,
)
from rescounter.ledger.memos import SealedMemo, memo_digest
from rescounter.ledger.merkle import inclusion_verified, leaf_hash
from rescounter.ledger.sealing import chunk_hashes, digest_of_batch, digest_of_leaves, erasure_fields, repeat_fields, same_memos
from rescounter.ledger.transfers import CHUNK_ROWS, TRANSFERS
from rescounter.terms import BrokenLaw
from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY
from tests.ledger.memory_store import MemoryStore

ROW = Transfer(id="T1", debit="ana", credit="bo", amount_minor=1234)
OTHERS = {
    "id": "T2",
    "debit": "an",
    "credit": "bob",
    "amount_minor": 123,
    "kind": "fee",
    "cycle": "7",
    "flag": Flag.PENDING,
    "pending_id": "T0",
    "expires_at_us": 0,
    "reverses": "T0",
    "effective_at_us": 0,
}

texts = st.text(st.characters(codec="utf-8"), max_size=8)
optional = st.none() | texts.filter(bool)
numbers = st.integers(-(2**63), 2**63 - 1)
rows = st.builds(
    Transfer,
    id=texts,
    debit=texts,
    credit=texts,
    amount_minor=numbers,
    kind=texts,
    cycle=optional,
    flag=st.sampled_from(Flag),
    pending_id=optional,
    expires_at_us=st.none() | numbers,
    reverses=optional,
    effective_at_us=st.none() | numbers,
)


def plain_bytes(transfer: Transfer) -> bytes:
    """The row by hand, as the document says it."""
    values = [getattr(transfer, name) for name in TRANSFERS.names if name != "memo"]
    texts = ["" if value is None else str(int(value) if isinstance(value, int) else value) for value in values]
    return b"".join(str(len(text.encode())).encode() + b":" + text.encode() for text in texts)


@given(st.lists(rows, min_size=1, max_size=5))
def test_columns_make_the_bytes_that_the_document_says(many):
    made = row_bytes(Transfers.of(many)).to_pylist()
    assert made == [plain_bytes(row) for row in many]
    assert [content_digest(row) for row in many] == [hashlib.sha256(each).digest() for each in made]
    assert chunk_digest(row_bytes(Transfers.of(many))) == hashlib.sha256(b"".join(made)).digest()
    cut = row_bytes(Transfers.of(many)).slice(1)
    assert chunk_digest(cut) == hashlib.sha256(b"".join(made[1:])).digest()


@pytest.mark.parametrize("name", OTHERS)
def test_every_field_changes_the_content(name):
    assert content_digest(replace(ROW, **{name: OTHERS[name]})) != content_digest(ROW)


def test_a_memo_is_no_part_of_the_content_that_is_hashed():
    assert content_digest(replace(ROW, memo="rent")) == content_digest(ROW)


def test_what_moves_between_fields_moves_the_bytes():
    assert fields_of("ab", "c") != fields_of("a", "bc") and fields_of("1:a") != fields_of("a", "")
    assert fields_of(None, 12) == b"0:2:12"


def test_nothing_has_no_rows_and_a_digest_all_the_same():
    assert chunk_digest(row_bytes(Transfers.of([]))) == hashlib.sha256().digest()


def test_salts_are_one_stream_for_each_chunk_of_a_batch():
    seed = hmac.digest(LEDGER_KEY, b"rescounter/ledger-salts/1\n5:batch1:1", "sha256")
    assert salts(LEDGER_KEY, "batch", 1, 3) == hashlib.shake_256(seed).digest(48)
    assert salt_at(LEDGER_KEY, "batch", CHUNK_ROWS + 2) == salts(LEDGER_KEY, "batch", 1, 3)[32:]
    made = {salts(key, batch, chunk, 1) for key in (LEDGER_KEY, bytes(32)) for batch in ("a", "b", "a1") for chunk in (-1, 0, 1, 11)}
    assert len(made) == 24


def test_a_leaf_is_salt_row_currency_and_memo_digest():
    memo_salt, salt = bytes(range(16)), salts(LEDGER_KEY, "b", 0, 2)
    transfers = Transfers.of([ROW, replace(ROW, id="T2", memo="rent")])
    digests = memo_digests(transfers, memo_salt)
    leaves = transfer_leaves(row_bytes(transfers), pa.array(["EUR", "EUR"]), digests, salt).to_pylist()
    digest = hashlib.sha256(b"\x02" + memo_salt + b"rent").hexdigest()
    assert leaves[0] == b"\0" + salt[:16] + b"T" + plain_bytes(ROW) + b"3:EUR0:"
    assert leaves[1] == b"\0" + salt[16:] + b"T" + plain_bytes(replace(ROW, id="T2")) + b"3:EUR64:" + digest.encode()
    with pytest.raises(BrokenLaw):
        memo_digests(transfers, b"")


def test_refused_and_repeated_rows_stand_in_the_tree_at_their_places():
    salt = salts(LEDGER_KEY, "b", 0, 3)
    transfers = Transfers.of([ROW, replace(ROW, id="T2"), replace(ROW, id="T3")])
    made = row_bytes(transfers)
    hashes = chunk_hashes(made, pa.array(["EUR"] * 3), pa.nulls(3, pa.binary()), salt, {1: repeat_fields("T2")})
    assert hashes[1] == leaf_hash(leaf_of("S", salt[16:32], ["T2"])[1:])
    assert hashes[2] == leaf_hash(salt[32:] + b"T" + made[2].as_py() + b"3:EUR0:")


def test_a_request_digest_covers_kind_policy_cycle_rules_and_rows():
    batch = Batch(key="k", transfers=Transfers.of([ROW]))
    others = [
        replace(batch, cycle="7"),
        replace(batch, rulebook_version="2"),
        replace(batch, transfers=Transfers.of([replace(ROW, amount_minor=1)])),
        replace(batch, transfers=Transfers.of([])),
        replace(batch, policy=type(batch.policy).SEQUENTIAL),
    ]
    digests = [digest_of_batch(each, EntryKind.ATOMIC) for each in (batch, *others)] + [digest_of_batch(batch, EntryKind.EACH)]
    assert len(set(digests)) == len(digests)
    assert digest_of_batch(replace(batch, key="other"), EntryKind.ATOMIC) == digests[0]
    small = [
        digest_of_leaves(EntryKind.ERASURE, [erasure_fields(name) for name in names]) for names in ([], ["ab"], ["a", "b"], ["b", "a"])
    ]
    assert len(set(small)) == 4


def test_a_request_seal_tells_nothing_without_the_ledger_key():
    digest = hashlib.sha256(b"request").digest()
    assert request_seal(LEDGER_KEY, "k", digest) != request_seal(bytes(32), "k", digest)
    assert request_seal(LEDGER_KEY, "k", digest) != request_seal(LEDGER_KEY, "l", digest)


def test_memos_that_are_there_are_compared_and_erased_ones_are_not():
    kept = {1: SealedMemo(bytes(16), memo_digest("rent", bytes(16)))}
    assert same_memos([None, "rent", "gone"], kept, gone={2})
    assert not same_memos([None, "fee", None], kept, gone={2})
    assert not same_memos([None, None, None], kept, gone={2})
    assert not same_memos(["new", "rent", None], kept, gone={2})


def test_an_erased_memo_leaves_every_proof_intact_and_cannot_be_guessed():
    store = MemoryStore(clock=lambda: 5, ledger_key=LEDGER_KEY, origin=ORIGIN, signer=SIGNING_KEY, dice=random.Random(1).randbytes)
    store.open_accounts("open", [Account(id=name, owner=name, purpose="p", currency="EUR", limit_minor=None) for name in ("ana", "bo")])
    store.post_each(Batch(key="pay", transfers=Transfers.of([replace(ROW, memo="rent of Ana Horvat"), replace(ROW, id="T2")])))
    before = store.prove_inclusion("T1", log_size=2)
    store.erase_memos("erase", ["T1"])
    after = store.prove_inclusion("T1", log_size=2)
    assert after == before
    leaf = leaf_hash(after.leaf[1:])
    assert inclusion_verified(leaf, after.batch_path, place=after.place, size=after.entry.tree_rows, root=after.entry.tree_root)
    stored = repr([*store.audit_stream(), vars(store)])
    assert "Horvat" not in stored
    chunk = list(store.audit_stream())[1]
    assert chunk.memo_salts.to_pylist() == [None, None] and chunk.memo_digests.to_pylist()[0] is not None
    again = store.post_each(Batch(key="pay", transfers=Transfers.of([replace(ROW, memo="rent of Ana Horvat"), replace(ROW, id="T2")])))
    assert again.is_repeat and again.accepted.all()


def test_salted_leaves_of_equal_rows_differ():
    transfers = Transfers.of([ROW, ROW])
    hashes = chunk_hashes(row_bytes(transfers), pa.array(["EUR"] * 2), pa.nulls(2, pa.binary()), salts(LEDGER_KEY, "b", 0, 2), {})
    assert hashes[0] != hashes[1]


def test_transfers_of_columns_take_defaults_and_keep_their_schema():
    made = Transfers.of_columns(
        {"id": ["T1"], "debit": np.array(["ana"], object), "credit": pa.chunked_array([["bo"]]), "amount_minor": [1234]}
    )
    assert list(made.rows()) == [ROW]
    assert [len(chunk) for chunk in made.chunks()] == [1] and [len(chunk) for chunk in Transfers.of([]).chunks()] == [0]
    with pytest.raises(BrokenLaw):
        Transfers.of_columns({"id": ["T1"]})
    assert SALT_BYTES == 16
