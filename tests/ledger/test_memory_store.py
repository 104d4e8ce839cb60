"""What the pieces give when they are put together: staging, flipping, and an audit from what is stored."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest

from rescounter.ledger import Account, Batch, Flag, Policy, Transfer, Transfers
from rescounter.ledger.canonical import SALT_BYTES, request_seal, row_bytes, salts, transfer_leaves
from rescounter.ledger.checkpoints import rotation
from rescounter.ledger.entries import Outcome
from rescounter.ledger.laws.finality_grows import entry_continues, log_continues
from rescounter.ledger.merkle import Frontier, consistency_proof, hash_leaves, nodes_of, root_of
from rescounter.ledger.notes import SigningKey
from rescounter.ledger.ports import AuditChunk
from rescounter.ledger.sealing import hash_of
from rescounter.ledger.transfers import CHUNK_ROWS
from rescounter.terms import BrokenLaw, CallerFault
from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY
from tests.ledger.memory_store import MemoryStore

ROWS = CHUNK_ROWS + 100


def store_of(limit: int | None = None) -> MemoryStore:
    store = MemoryStore(clock=lambda: 5, ledger_key=LEDGER_KEY, origin=ORIGIN, signer=SIGNING_KEY, dice=random.Random(1).randbytes)
    store.open_accounts(
        "open", [Account(id=name, owner=name, purpose="p", currency="EUR", limit_minor=limit) for name in ("ana", "bo", "cy")]
    )
    return store


def many(key: str = "cycle", policy: Policy = Policy.CYCLE_NET) -> Batch:
    columns = {
        "id": [f"{key}/{row:06d}" for row in range(ROWS)],
        "debit": ["ana"] * ROWS,
        "credit": ["bo", "cy"] * (ROWS // 2),
        "amount_minor": np.ones(ROWS, np.int64),
    }
    return Batch(key=key, transfers=Transfers.of_columns(columns), policy=policy)


def root_from_what_is_stored(chunk: AuditChunk) -> bytes:
    salt = salts(LEDGER_KEY, chunk.key, 0, chunk.entry.tree_rows)
    hashes = [b""] * chunk.entry.tree_rows
    own = b"".join(salt[SALT_BYTES * row : SALT_BYTES * (row + 1)] for row in chunk.rows.tolist())
    currencies = pa.array(["EUR"] * len(chunk.transfers), pa.string())
    leaves = transfer_leaves(row_bytes(chunk.transfers), currencies, chunk.memo_digests, own)
    for row, leaf in zip(chunk.rows.tolist(), hash_leaves(leaves), strict=True):
        hashes[row] = leaf
    for row, tag, values in chunk.others:
        hashes[row] = hash_of((tag, values), salt[SALT_BYTES * row : SALT_BYTES * (row + 1)])
    return root_of(hashes)


def test_a_staged_batch_is_seen_by_nobody_until_it_is_flipped():
    store, batch = store_of(), many()
    assert store.stage(batch, 0).rows == CHUNK_ROWS
    assert store.stage(batch, 0).chunks == 1, "a chunk that is there is not loaded twice"
    assert store.balances(["ana"]).rows()[0].posted_debits == 0 and len(store.journal()) == 1
    assert store.answer_of("cycle") is None
    answer = store.post_atomic(batch)
    assert answer.entry is not None and answer.entry.tree_rows == ROWS
    assert store.balances(["ana"]).rows()[0].posted_debits == ROWS
    assert store.post_atomic(batch).is_repeat


@pytest.mark.parametrize("policy", [Policy.CYCLE_NET, Policy.SEQUENTIAL])
def test_a_large_batch_over_a_limit_leaves_nothing_and_names_every_row(policy):
    store = store_of(ROWS - 1)
    answer = store.post_atomic(many(policy=policy))
    assert answer.entry is not None and answer.entry.outcome is Outcome.REFUSED
    assert [breach.id for breach in answer.breaches] == ["ana"]
    assert [refusal.row for refusal in answer.refusals] == list(range(1, ROWS + 1))
    assert {row.posted_debits for row in store.balances().rows()} == {0}
    assert store.transfer("cycle/000000") is None
    half = Batch(key="half", transfers=many().transfers.slice(0, 10))
    assert store.post_atomic(half).accepted.all(), "the ids of a refused batch are free"


def test_an_abandoned_batch_leaves_no_trace_and_an_ended_one_stays():
    store, batch = store_of(), many()
    store.stage(batch, 0)
    store.abandon("cycle")
    store.post_atomic(batch)
    with pytest.raises(CallerFault):
        store.abandon("cycle")


def test_the_roots_come_out_again_from_what_is_stored():
    store = store_of(10)
    pays = [Transfer(id=f"T{row}", debit="ana", credit="bo", amount_minor=3, memo="rent" if row % 2 else None) for row in range(5)]
    store.post_each(
        Batch(key="each", transfers=Transfers.of([*pays, pays[0], Transfer(id="T9", debit="ana", credit="dan", amount_minor=1)]))
    )
    store.post_atomic(Batch(key="refused", transfers=Transfers.of([Transfer(id="T8", debit="ana", credit="bo", amount_minor=99)])))
    waits = Transfer(id="T7", debit="bo", credit="ana", amount_minor=1, flag=Flag.PENDING, expires_at_us=6)
    store.post_atomic(Batch(key="atomic", transfers=Transfers.of([waits])))
    store._clock = lambda: 6
    store.erase_memos("erase", ["T1"])
    store.announce_key("rotate", rotation(ORIGIN, SIGNING_KEY, SigningKey(ORIGIN, bytes(32)).verifier))
    log, at_us = Frontier(), 0
    chunks = list(store.audit_stream())
    assert [chunk.entry.kind.name for chunk in chunks] == ["ACCOUNTS", "EACH", "ATOMIC", "ATOMIC", "EXPIRY", "ERASURE", "KEY"]
    for chunk in chunks:
        assert root_from_what_is_stored(chunk) == chunk.entry.tree_root, chunk.key
        assert request_seal(LEDGER_KEY, chunk.key, chunk.request_digest) == chunk.entry.request_seal
        log, at_us = entry_continues(chunk.entry, log=log, at_us=at_us), chunk.entry.at_us
        assert log.root == chunk.log_root


def test_a_log_that_lost_an_entry_or_goes_back_in_time_breaks_its_law():
    store = store_of()
    store.post_atomic(Batch(key="one", transfers=Transfers.of([])))
    first, second = store.journal()
    log = Frontier().append([first.leaf()])
    for wrong in (first, store.journal()[0]):
        with pytest.raises(BrokenLaw):
            entry_continues(wrong, log=log, at_us=5)
    with pytest.raises(BrokenLaw):
        entry_continues(second, log=log, at_us=6)
    hashes = [first.leaf(), second.leaf()]
    later = log.append([second.leaf()])
    log_continues(log, later, consistency_proof(nodes_of(hashes), 1, 2))
    with pytest.raises(BrokenLaw):
        log_continues(Frontier().append([second.leaf()]), later, consistency_proof(nodes_of(hashes), 1, 2))
