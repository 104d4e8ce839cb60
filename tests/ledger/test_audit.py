"""An audit passes an honest store, whatever its life was, and names what was planted: batch, row, account, found and expected."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from rescounter.ledger import Account, AccountChange, AccountEvent, Batch, Fate, Flag, Policy, Transfer, Transfers
from rescounter.ledger.audit import Audited, Evidence, audit
from rescounter.ledger.audit_notes import Kept
from rescounter.ledger.checkpoints import rotation
from rescounter.ledger.entries import Outcome
from rescounter.ledger.notes import SigningKey
from rescounter.ledger.ports import AuditChunk, Nets
from rescounter.ledger.registers import Register
from rescounter.ledger.standings import Standings
from rescounter.ledger.transfers import CHUNK_ROWS
from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY
from tests.ledger.memory_store import MemoryStore

SECOND_KEY = SigningKey(ORIGIN, bytes(range(1, 33)))
EACH = 1
"""Entry of the batch of many sorts of rows."""


def a_life() -> MemoryStore:
    """One of everything: accepted, refused and repeated rows, a refused batch, two phases, an expiry, an erasure, a rotation."""
    store = MemoryStore(clock=lambda: 5, ledger_key=LEDGER_KEY, origin=ORIGIN, signer=SIGNING_KEY, dice=random.Random(1).randbytes)
    store.open_accounts(
        "open",
        [
            Account(id=name, owner=name, purpose="p", currency="EUR", limit_minor=limit)
            for name, limit in (("ana", 20), ("bo", None), ("cy", 0))
        ],
    )
    pays = [Transfer(id=f"T{row}", debit="ana", credit="bo", amount_minor=3, memo="rent" if row % 2 else None) for row in range(5)]
    store.post_each(
        Batch(key="each", transfers=Transfers.of([*pays, pays[0], Transfer(id="T9", debit="ana", credit="bo", amount_minor=99)]))
    )
    store.checkpoint()
    store.post_atomic(Batch(key="refused", transfers=Transfers.of([Transfer(id="T8", debit="ana", credit="bo", amount_minor=99)])))
    waits = [
        Transfer(id=f"P{row}", debit="bo", credit="ana", amount_minor=row, flag=Flag.PENDING, expires_at_us=6 if row == 3 else 99)
        for row in (1, 2, 3)
    ]
    back = Transfer(id="R0", debit="bo", credit="ana", amount_minor=3, reverses="T0")
    done = Transfer(id="P1/post", debit="bo", credit="ana", amount_minor=1, flag=Flag.POST, pending_id="P1")
    store.post_atomic(Batch(key="atomic", transfers=Transfers.of([*waits, back, done]), cycle="2026-11", policy=Policy.SEQUENTIAL))
    store._clock = lambda: 6
    gone = Transfer(id="P2/void", debit="bo", credit="ana", amount_minor=2, flag=Flag.VOID, pending_id="P2")
    store.post_each(Batch(key="void", transfers=Transfers.of([gone])))
    store.change_accounts("freeze", [AccountChange(account="cy", event=AccountEvent.FROZEN)])
    store.erase_memos("erase", ["T1", "T77"])
    store.announce_key("rotate", rotation(ORIGIN, SIGNING_KEY, SECOND_KEY.verifier))
    store._signer = SECOND_KEY
    store.checkpoint()
    return store


def audited(store: MemoryStore, chunks: Iterator[AuditChunk] | list[AuditChunk] | None = None, **words: Any) -> Audited:
    evidence = Evidence(
        ledger_key=LEDGER_KEY, first=SIGNING_KEY.verifier, in_force=SECOND_KEY.verifier, head=store.audit_head, balances=store.balances,
        stored=store.checkpoints(),
    )  # fmt: skip
    return audit(store.audit_stream() if chunks is None else chunks, replace(evidence, **words))


def test_an_honest_store_passes_whatever_its_life_was():
    store = a_life()
    done = audited(store)
    assert done.fault is None
    assert (done.entries, done.transfers, done.accounts, done.checkpoints) == (9, 12, 3, 2)
    assert done.root == store.audit_head().root


def with_row(chunk: AuditChunk, row: int, **cells: object) -> AuditChunk:
    rows = list(chunk.transfers.rows())
    return replace(chunk, transfers=Transfers.of([*rows[:row], replace(rows[row], **cells), *rows[row + 1 :]]))


def without_row(chunk: AuditChunk, row: int) -> AuditChunk:
    keep = [place for place in range(len(chunk.rows)) if place != row]
    taken = pa.array(keep)
    return replace(
        chunk, transfers=Transfers(chunk.transfers.table.take(taken)), rows=chunk.rows[keep], memo_digests=chunk.memo_digests.take(taken),
        memo_salts=chunk.memo_salts.take(taken),
    )  # fmt: skip


def swapped(chunk: AuditChunk, first: int, second: int) -> AuditChunk:
    order = list(range(len(chunk.rows)))
    order[first], order[second] = order[second], order[first]
    taken = pa.array(order)
    return replace(
        chunk,
        transfers=Transfers(chunk.transfers.table.take(taken)),
        memo_digests=chunk.memo_digests.take(taken),
        memo_salts=chunk.memo_salts.take(taken),
    )


def with_entry(chunk: AuditChunk, **fields: object) -> AuditChunk:
    return replace(chunk, entry=replace(chunk.entry, **fields))


PLANTED: dict[str, tuple[int, Callable[[AuditChunk], AuditChunk], str]] = {
    # what was done: (entry, how, what the audit must say)
    "amount changed": (EACH, lambda chunk: with_row(chunk, 1, amount_minor=4), "tree: entry 1, batch each, one of rows 1 to 7"),
    "amount negative": (
        EACH,
        lambda chunk: with_row(chunk, 1, amount_minor=-4),
        "tree: entry 1, batch each",
    ),
    "row dropped": (EACH, lambda chunk: without_row(chunk, 2), "rows: entry 1, batch each, row 3: found no row"),
    "pair swapped": (EACH, lambda chunk: swapped(chunk, 0, 2), "tree: entry 1, batch each"),
    "debit and credit swapped": (
        5,
        lambda chunk: with_row(chunk, 0, debit="ana", credit="bo"),
        "tree: entry 5, batch void, row 1",
    ),
    "account unknown": (EACH, lambda chunk: with_row(chunk, 0, debit="dan"), "accounts: entry 1, batch each, row 1, T0: found debit dan"),
    "memo changed": (EACH, lambda chunk: with_row(chunk, 3, memo="food"), "memos: entry 1, batch each, row 4, T3"),
    "memo removed": (EACH, lambda chunk: with_row(chunk, 3, memo=None), "memos: entry 1, batch each, row 4: found no memo"),
    "memo digest edited": (
        EACH,
        lambda chunk: replace(chunk, memo_digests=pa.array([None, b"\1" * 32, None, chunk.memo_digests[3].as_py(), None], pa.binary())),
        "tree: entry 1, batch each, one of rows 1 to 7",
    ),
    "a limit broken": (
        EACH,
        lambda chunk: with_row(chunk, 4, amount_minor=99),
        "tree: entry 1, batch each, one of rows 1 to 7",
    ),
    "code of a refusal changed": (
        EACH,
        lambda chunk: replace(chunk, others=(chunk.others[0], (6, "R", ("T9", "account_closed", chunk.others[1][2][2])))),
        "tree: entry 1",
    ),
    "refused batch shown as posted": (2, lambda chunk: with_entry(chunk, outcome=Outcome.POSTED), "rows: entry 2"),
    "instant moved back": (4, lambda chunk: with_entry(chunk, at_us=1), "finality_grows: entry 4"),
    "instant changed": (4, lambda chunk: with_entry(chunk, at_us=6 + 1), "entry: entry 4"),
    "leaf changed": (4, lambda chunk: replace(chunk, leaf=b"\1" * 32), "entry: entry 4"),
    "root changed": (4, lambda chunk: replace(chunk, log_root=b"\1" * 32), "log: entry 4"),
    "key of a batch changed": (4, lambda chunk: replace(chunk, key="other"), "tree: entry 4"),
    "request digest changed": (EACH, lambda chunk: replace(chunk, request_digest=b"\1" * 32), "request_seal: entry 1"),
    "cycle of a batch changed": (3, lambda chunk: replace(chunk, cycle="2026-12"), "request_digest: entry 3"),
    "limit of an account changed": (
        0,
        lambda chunk: replace(chunk, others=((0, "A", ("ana", "ana", "p", "EUR", 9)), *chunk.others[1:])),
        "tree: entry 0",
    ),
    "new key replaced": (
        8,
        lambda chunk: replace(chunk, others=((0, "K", rotation(ORIGIN, SIGNING_KEY, SigningKey(ORIGIN, b"\2" * 32).verifier).values()),)),
        "tree: entry 8",
    ),
    "new key not signed": (
        8,
        lambda chunk: replace(chunk, others=((0, "K", (*chunk.others[0][2][:2], "00" * 64)),)),
        "keys: entry 8, batch rotate, row 1: found a change to key",
    ),
    "amount changed, and the effects are stored": (
        5,
        lambda chunk: replace(with_row(chunk, 0, id="P2/voided"), nets=Nets.of([("bo", 0, 0, -9, 0), ("ana", 0, 0, 0, -2)])),
        "tree: entry 5, batch void, row 1, bo: found rows that hash to",
    ),
    "amount changed where effects are stored": (
        EACH,
        lambda chunk: replace(with_row(chunk, 1, amount_minor=4), nets=Nets.of([("ana", 15, 0, 0, 0), ("bo", 0, 15, 0, 0)])),
        "tree: entry 1, batch each, one of rows 1 to 7, ana",
    ),
    "one amount changed where effects are stored": (
        3,
        lambda chunk: replace(with_row(chunk, 3, amount_minor=5, reverses=None), nets=Nets.of([("ana", 0, 4, 0, 5), ("bo", 4, 0, 5, 0)])),
        "tree: entry 3, batch atomic",
    ),
    "stored effects edited": (
        5,
        lambda chunk: replace(chunk, nets=Nets.of([("bo", 0, 0, -1, 0), ("ana", 0, 0, 0, -2)])),
        "entry 5, batch void, bo: found debits 0, credits 0, pending -1 and 0; it should be debits 0, credits 0, pending -2 and 0",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_was_planted_is_found_and_named(what):
    store = a_life()
    sequence, tamper, told = PLANTED[what]
    chunks = [tamper(chunk) if chunk.entry.sequence == sequence else chunk for chunk in store.audit_stream()]
    fault = audited(store, chunks).fault
    assert fault is not None and told in str(fault), str(fault)


def test_an_entry_that_is_gone_is_named():
    store = a_life()
    chunks = [chunk for chunk in store.audit_stream() if chunk.entry.sequence != 3]
    assert "finality_grows: entry 4, batch expiry/4: found entry 4; it should be entry 3" in str(audited(store, chunks).fault)


def test_a_tail_that_was_cut_is_seen_by_the_head():
    store = a_life()
    chunks = [chunk for chunk in store.audit_stream() if chunk.entry.sequence < 8]
    assert "checkpoints: stored checkpoint of 9 entries: found a log of 8 entries" in str(audited(store, chunks).fault)
    assert "head: the head's entries: found 9; it should be 8" in str(audited(store, chunks, stored=()).fault)


@pytest.mark.parametrize("column", ["posted_debits", "posted_credits", "pending_debits", "limit_minor", "state"])
def test_a_balance_that_is_not_the_fold_is_named_with_both_figures(column):
    store = a_life()
    table = store.balances().table
    values = table[column].to_pylist()
    values[1] += 1
    edited = Standings(table.set_column(table.column_names.index(column), column, pa.array(values, table[column].type)))
    fault = audited(store, balances=lambda: edited).fault
    assert fault is not None and (fault.check, fault.subject) == ("balances_are_the_fold", "bo"), str(fault)


def test_a_ledger_key_or_signing_key_that_was_replaced_is_named():
    store = a_life()
    assert "tree: entry 0" in str(audited(store, ledger_key=bytes(32)).fault)
    assert "keys: the signing key" in str(audited(store, in_force=SIGNING_KEY.verifier).fault)
    assert "no signature is of a key" in str(audited(store, first=SECOND_KEY.verifier).fault)


def test_a_stored_checkpoint_that_was_edited_is_named():
    store = a_life()
    notes = dict(store.checkpoints())
    lines = notes[2].split("\n")
    wrong_root = notes[2].replace(lines[2], notes[9].split("\n")[2])
    assert "checkpoints: entry 1, batch each, stored checkpoint of 2 entries: found root" in str(
        audited(store, stored=[(2, wrong_root)]).fault
    )
    other = notes[2].replace(lines[4], notes[9].split("\n")[4])
    assert "checkpoints: entry 1, batch each, stored checkpoint of 2 entries" in str(audited(store, stored=[(2, other)]).fault)
    assert "found a checkpoint of 9 entries; it should be 2" in str(audited(store, stored=[(2, notes[9])]).fault)


def test_a_copy_that_was_rolled_back_is_found_only_against_a_checkpoint_kept_outside():
    store, older = a_life(), a_life()
    older.post_each(Batch(key="later", transfers=Transfers.of([Transfer(id="L", debit="bo", credit="ana", amount_minor=1)])))
    kept = Kept("ana's checkpoint", older.checkpoint())
    assert audited(store).fault is None
    fault = audited(store, kept=[kept]).fault
    assert "checkpoints: ana's checkpoint: found a log of 9 entries; it should be at least 10: the log was rolled back" in str(fault)
    store.post_each(Batch(key="other", transfers=Transfers.of([Transfer(id="M", debit="bo", credit="ana", amount_minor=2)])))
    assert audited(store).fault is None
    assert "this log was rewritten" in str(audited(store, kept=[kept]).fault)


def test_an_audit_goes_over_batches_of_many_chunks_and_sums_near_the_edge():
    store = MemoryStore(clock=lambda: 5, ledger_key=LEDGER_KEY, origin=ORIGIN, signer=SIGNING_KEY, dice=random.Random(1).randbytes)
    store.open_accounts("open", [Account(id=name, owner="", purpose="p", currency="EUR", limit_minor=None) for name in ("ana", "bo", "cy")])
    count = CHUNK_ROWS + 100
    columns = {
        "id": [f"T{row:06d}" for row in range(count)],
        "debit": ["ana"] * count,
        "credit": ["bo", "cy"] * (count // 2),
        "amount_minor": np.ones(count, np.int64),
    }
    store.post_atomic(Batch(key="cycle", transfers=Transfers.of_columns(columns)))
    huge = [Transfer(id=f"H{row}", debit="bo", credit="cy", amount_minor=2**62) for row in range(3)]
    store.post_each(Batch(key="huge", transfers=Transfers.of(huge)))
    done = audited(store, in_force=SIGNING_KEY.verifier)
    assert done.fault is None and done.transfers == count + 1


def test_a_register_finds_what_came_first_and_what_came_twice():
    register, dice = Register(), np.random.default_rng(1)
    numbers = dice.permutation(10_000)
    for begin in range(0, 10_000, 7):
        register.add(numbers[begin : begin + 7].astype(np.int64))
        if begin % 70 == 0:
            assert register.find(numbers[:3].astype(np.int64)).tolist() == [0, 1, 2]
    assert register.find(np.array([10_001], np.int64)).tolist() == [-1]
    assert register.first_twice() is None
    register.add(np.array([numbers[4321], numbers[12]], np.int64))
    assert register.first_twice() == (4321, 10_000)


def careless_store(**hidden: Callable[..., Any]) -> MemoryStore:
    """A store with a defect: what it hashes is coherent, but it decides without looking at something."""
    store = MemoryStore(clock=lambda: 5, ledger_key=LEDGER_KEY, origin=ORIGIN, signer=SIGNING_KEY, dice=random.Random(1).randbytes)
    store.open_accounts("open", [Account(id=name, owner=name, purpose="p", currency="EUR", limit_minor=20) for name in ("ana", "bo")])
    for name, instead in hidden.items():
        setattr(store, name, instead(getattr(store, name)))
    return store


def without_limits(named: Callable[..., Standings]) -> Callable[..., Standings]:
    return lambda transfers: Standings.of(replace(row, limit_minor=None) for row in named(transfers).rows())


def without_fates(known: Callable[..., Any]) -> Callable[..., Any]:
    return lambda transfers: {name: replace(each, fate=Fate.NONE, is_reversed=False) for name, each in known(transfers).items()}


def pays(name: str, amount: int, **words: Any) -> Transfer:
    return Transfer(id=name, debit="ana", credit="bo", amount_minor=amount, **words)


LIMIT_BROKEN = "limits_hold: entry 1, batch b0, row 2, T2: found ana uses 24 minor units; it should be at most 20, its limit"
DEFECTS: dict[str, tuple[dict[str, Any], list[list[Transfer]], str]] = {
    # a limit, broken on a prefix and at the end; what waits, resolved twice; a transfer, reversed twice
    "limit": ({"_named": without_limits}, [[pays("T1", 12), pays("T2", 12)]], LIMIT_BROKEN),
    "resolved twice": (
        {"_known": without_fates},
        [[pays("P", 3, flag=Flag.PENDING)], *([pays(name, 3, flag=Flag.VOID, pending_id="P")] for name in ("V", "W"))],
        "two_phase: entry 3, batch b2, row 1, W: found void of P, which was resolved before; it should be one post, void or expiry",
    ),
    "reversed twice": (
        {"_known": without_fates},
        [[pays("T1", 3)], *([Transfer(id=name, debit="bo", credit="ana", amount_minor=3, reverses="T1")] for name in ("R", "S"))],
        "reversals: entry 3, batch b2, row 1, S: found plain of T1, which was reversed before; it should be one reversal for each",
    ),
}


@pytest.mark.parametrize("what", DEFECTS)
def test_a_law_that_a_defect_of_the_store_broke_is_named_though_every_hash_is_right(what):
    hidden, batches, told = DEFECTS[what]
    store = careless_store(**hidden)
    for number, rows in enumerate(batches):
        assert store.post_each(Batch(key=f"b{number}", transfers=Transfers.of(rows))).accepted.all()
    assert told in str(audited(store, in_force=SIGNING_KEY.verifier).fault)


def test_an_id_that_a_defect_of_the_store_took_twice_is_named_with_both_rows():
    store = careless_store(_known=lambda known: lambda transfers: {})
    for key in ("one", "two"):
        rows = [pays("T0", 1), pays(f"T-{key}", 1)]
        store.post_each(Batch(key=key, transfers=Transfers.of(rows if key == "one" else rows[::-1])))
    told = "ids: entry 2, batch two, row 2: found the id of row 1 of entry 1 again; it should be an id of its own"
    assert str(audited(store, in_force=SIGNING_KEY.verifier).fault) == told
