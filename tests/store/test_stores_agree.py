"""Every store gives the same answers, entries, roots and audit stream as the one in memory, through one long life."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from rescounter.ledger import (
    CHUNK_ROWS,
    Account,
    AccountChange,
    AccountEvent,
    Answer,
    Batch,
    Flag,
    Policy,
    Record,
    Store,
    Transfer,
    Transfers,
)
from rescounter.ledger.canonical import SALT_BYTES, request_seal, row_bytes, salts, transfer_leaves
from rescounter.ledger.checkpoints import rotation
from rescounter.ledger.laws.finality_grows import entry_continues
from rescounter.ledger.merkle import Frontier, hash_leaves, root_of
from rescounter.ledger.notes import SigningKey
from rescounter.ledger.ports import AuditChunk
from rescounter.ledger.sealing import hash_of
from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY
from tests.ledger.memory_store import MemoryStore
from tests.store.stores import FRESH, NAMES

ROWS = CHUNK_ROWS + 300
ACTS = 700
DOCUMENT = bytes(range(256)) * (1 << 14) * 2 + b"end"
"""Of three parts."""


def opened(limit: int | None, *names: str) -> list[Account]:
    return [Account(id=name, owner=name, purpose="p", currency="EUR", limit_minor=limit) for name in names or NAMES]


def pay(identity: str, amount: int = 3, **more: Any) -> Transfer:
    return Transfer(**({"id": identity, "debit": "ana", "credit": "bo", "amount_minor": amount} | more))


def batch(key: str, *rows: Transfer, **more: Any) -> Batch:
    return Batch(key=key, transfers=Transfers.of(rows), **more)


def many(key: str, rows: int = ROWS, **more: Any) -> Batch:
    columns = {
        "id": [f"{key}/{row:06d}" for row in range(rows)],
        "debit": ["ana"] * rows,
        "credit": ["bo", "cy"] * (rows // 2),
        "amount_minor": np.arange(1, rows + 1),
        "memo": [None, "of one", *[None] * (rows - 2)],
    }
    return Batch(key=key, transfers=Transfers.of_columns(columns), **more)


def life(store: Store, set_clock: Callable[[int], None]) -> Iterator[Any]:
    """What happens, and each answer."""
    yield store.open_accounts("open", opened(None))
    yield store.open_accounts("again", opened(None, "ana", "dan"))
    yield store.open_accounts("other", opened(7, "ana", "bad\n", "\0"))
    yield store.post_each(
        batch("each", pay("T0", memo="rent"), pay("T1", memo="n\0l"), pay("T0", memo="rent"), pay("T1", 4), pay("bad\0id"), pay("x" * 200))
    )
    yield store.post_each(batch("each2", pay("T0", memo="rent"), pay("T1"), pay("T2", 2**63 - 1), pay("T2", 2**63 - 1), pay("T2", 1)))
    yield store.post_each(batch("each", pay("T0")))
    yield store.post_atomic(
        batch("pend", pay("P0", flag=Flag.PENDING, expires_at_us=20), pay("P1", flag=Flag.PENDING, memo="waits"), cycle="7")
    )
    yield store.post_atomic(
        batch("post", pay("P1p", 2, flag=Flag.POST, pending_id="P1"), pay("R", debit="bo", credit="ana", reverses="T0"))
    )
    yield store.post_atomic(
        batch("refused", pay("no", debit="nobody"), pay("T0"), pay("fine"), rulebook_version="2", policy=Policy.SEQUENTIAL)
    )
    set_clock(30)
    yield store.change_accounts(
        "change",
        [AccountChange(account="ana", event=AccountEvent.LIMITED, limit_minor=50), AccountChange(account="dan", event=AccountEvent.CLOSED)],
    )
    yield store.change_accounts("unchanged", [AccountChange(account="nobody", event=AccountEvent.FROZEN)])
    yield store.post_each(batch("limit", *(pay(f"L{row}", 10) for row in range(10)), pay("void", flag=Flag.VOID, pending_id="P0")))
    yield store.post_atomic(batch("over", pay("O1", 100), pay("O2", 1, debit="bo", credit="cy")))
    yield store.post_atomic(many("large over", policy=Policy.SEQUENTIAL))
    yield store.change_accounts("free", [AccountChange(account="ana", event=AccountEvent.LIMITED)])
    yield store.post_atomic(many("large"))
    yield store.post_atomic(many("large"))
    yield store.post_atomic(replace(many("large"), cycle="other"))
    yield store.erase_memos("erase", ["T0", "nothing", "large/000001"])
    yield store.record(acts(1, 2))
    yield store.record(acts(3, 3))
    yield store.record(acts(1, 2))
    yield store.record(acts(1, 3))
    yield store.record(acts(3, 4, by="bo"))
    yield store.record(acts(6, 6))
    yield store.record([*acts(4, 4), *acts(6, 7)])
    yield store.record([*acts(4, 4, kind="\0"), *acts(5, 5, kind="k\ud800"), *acts(6, 6, by="x" * 129), *acts(-1, 2**63, step=2**63 + 1)])
    yield store.record([])
    yield store.record(acts(4, 3 + ACTS))
    yield [store.keep_document(content) for content in (b"", b"small", DOCUMENT, b"small")]
    yield store.announce_key("rotate", rotation(ORIGIN, SIGNING_KEY, SigningKey(ORIGIN, bytes(32)).verifier))
    yield store.post_atomic(batch("empty"))
    yield store.expire()
    yield store.checkpoint()


def acts(first: int, last: int, *, step: int = 1, **more: Any) -> list[Record]:
    return [
        Record(**({"number": number, "kind": "rule", "by": "", "body": b'{"n":%d}' % number} | more))
        for number in range(first, last + 1, step)
    ]


def told(answer: Any) -> Any:
    """An answer as plain values."""
    if not isinstance(answer, Answer):
        return answer
    return [value.tolist() if isinstance(value := getattr(answer, field.name), np.ndarray) else value for field in fields(answer)]


def lived(make: Callable[[Callable[[], int]], Store]) -> tuple[Store, list[Any]]:
    now = [5]
    store = make(lambda: now[0])
    return store, [told(answer) for answer in life(store, lambda instant: now.__setitem__(0, instant))]


@pytest.fixture(scope="module")
def memory() -> tuple[Store, list[Any]]:
    return lived(
        lambda clock: MemoryStore(clock=clock, ledger_key=LEDGER_KEY, origin=ORIGIN, signer=SIGNING_KEY, dice=random.Random(7).randbytes)
    )


@pytest.fixture(scope="module", params=FRESH)
def lives(request: pytest.FixtureRequest) -> Iterator[tuple[Store, list[Any]]]:
    store, answers = lived(FRESH[request.param])
    yield store, answers
    store.close()


def test_every_answer_is_that_of_the_store_in_memory(lives, memory):
    assert len(lives[1]) == len(memory[1])
    for found, expected in zip(lives[1], memory[1], strict=True):
        assert found == expected


def test_what_is_read_is_what_is_read_from_memory(lives, memory):
    store, other = lives[0], memory[0]
    assert store.balances().table.equals(other.balances().table)
    assert store.balances(["cy", "nobody", "ana", "\0"]).table.equals(other.balances(["cy", "nobody", "ana"]).table)
    assert store.journal() == other.journal()
    for key in ("open", "other", "each", "each2", "refused", "over", "large", "large over", "nothing"):
        assert told(store.answer_of(key)) == told(other.answer_of(key)), key
    for identity in ("T0", "T1", "T2", "P0", "P1", "P0/expired", "R", "large/000001", "large/000300", "no", "fine", "\0", "nobody"):
        assert store.transfer(identity) == other.transfer(identity), identity


def test_records_and_documents_are_those_of_memory(lives, memory):
    store, other = lives[0], memory[0]
    assert store.records(rows_max=10_000) == other.records(rows_max=10_000)
    assert store.records(after=2, rows_max=5) == other.records(after=2, rows_max=5)
    assert [list(each.records(after=number)) for each in (store, other) for number in (3 + ACTS, 10**9)] == [[], [], [], []]
    size = store.audit_head().entries
    for number in (1, 2, 3, 4, 260, 3 + ACTS):
        proof = store.prove_record(number, log_size=size)
        assert proof == other.prove_record(number, log_size=size)
    assert list(store.documents()) == list(other.documents())
    assert [store.document(name) for name, _ in store.documents()] == [other.document(name) for name, _ in other.documents()]
    parts = [(each.name, each.size, list(each.parts)) for each in store.audit_documents()]
    assert parts == [(each.name, each.size, list(each.parts)) for each in other.audit_documents()]
    assert [len(each[2]) for each in parts if each[1] == len(DOCUMENT)] == [3]


@pytest.mark.parametrize("account", ["ana", "bo", "cy", "dan", "nobody"])
def test_a_history_is_the_same_page_by_page(lives, memory, account):
    expected = memory[0].account_history(account, rows_max=10**6).table
    pages, after = [], None
    while True:
        page = lives[0].account_history(account, after=after, rows_max=20_011)
        pages.append(page.table)
        after = page.next_after
        if after is None:
            break
    assert pa.concat_tables(pages).combine_chunks().equals(expected.combine_chunks())


def by_entry(store: Store) -> dict[int, list[AuditChunk]]:
    merged: dict[int, list[AuditChunk]] = {}
    for chunk in store.audit_stream():
        merged.setdefault(chunk.entry.sequence, []).append(chunk)
    return merged


def test_the_audit_stream_is_the_same(lives, memory):
    stored, expected = by_entry(lives[0]), by_entry(memory[0])
    assert list(stored) == list(expected)
    for sequence, found in stored.items():
        assert [chunk.first_row for chunk in found] == [place * CHUNK_ROWS for place in range(len(found))]
        assert flat(found) == flat(expected[sequence]), found[0].key
        for chunk in found:
            first = expected[sequence][0]
            assert (chunk.key, chunk.entry, chunk.leaf, chunk.log_root, chunk.request_digest, chunk.cycle) == (
                first.key, first.entry, first.leaf, first.log_root, first.request_digest, first.cycle)  # fmt: skip


def flat(chunks: list[AuditChunk]) -> list[Any]:
    """The rows of an entry, however it is cut."""
    return [
        [other for chunk in chunks for other in chunk.others],
        np.concatenate([chunk.rows for chunk in chunks]).tolist(),
        pa.concat_tables([chunk.transfers.table for chunk in chunks]).to_pylist(),
        [digest for chunk in chunks for digest in chunk.memo_digests.to_pylist()],
        [salt for chunk in chunks for salt in chunk.memo_salts.to_pylist()],
    ]


def test_the_roots_come_out_again_from_what_is_stored(lives):
    log, at_us, hashes = Frontier(), 0, list[bytes]()
    for chunk in lives[0].audit_stream():
        hashes = hashes if chunk.first_row else []
        hashes += leaf_hashes(chunk)
        assert request_seal(LEDGER_KEY, chunk.key, chunk.request_digest) == chunk.entry.request_seal
        if len(hashes) == chunk.entry.tree_rows:
            assert root_of(hashes) == chunk.entry.tree_root, chunk.key
            log, at_us = entry_continues(chunk.entry, log=log, at_us=at_us), chunk.entry.at_us
            assert log.root == chunk.log_root
    head = lives[0].audit_head()
    assert (head.entries, head.root, head.frontier) == (log.size, log.root, log.to_bytes())
    assert [size for size, _ in lives[0].checkpoints()] == [log.size]


def leaf_hashes(chunk: AuditChunk) -> list[bytes]:
    count = min(CHUNK_ROWS, chunk.entry.tree_rows - chunk.first_row)
    salt = salts(LEDGER_KEY, chunk.key, chunk.first_row // CHUNK_ROWS, count)
    own = [salt[SALT_BYTES * place : SALT_BYTES * (place + 1)] for place in range(count)]
    hashes = [b""] * count
    places = (chunk.rows - chunk.first_row).tolist()
    currencies = pa.array(["EUR"] * len(places), pa.string())
    leaves = transfer_leaves(row_bytes(chunk.transfers), currencies, chunk.memo_digests, b"".join(own[place] for place in places))
    for place, leaf in zip(places, hash_leaves(leaves) if places else [], strict=True):
        hashes[place] = leaf
    for place, tag, values in chunk.others:
        hashes[place - chunk.first_row] = hash_of((tag, values), own[place - chunk.first_row])
    return hashes
