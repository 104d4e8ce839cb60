"""Batches of several chunks: resumed, abandoned, kept apart from each other; and many callers at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rescounter.ledger import CHUNK_ROWS, Account, Batch, Policy, Store, Transfer, Transfers
from rescounter.ledger.entries import Outcome
from rescounter.store.hashing import hash_here, hasher_beside
from rescounter.terms import CallerFault
from tests.store.stores import FRESH, with_accounts
from tests.store.test_faults import audited

ROWS = CHUNK_ROWS + 20


@pytest.fixture(params=FRESH)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    made = with_accounts(FRESH[request.param]())
    yield made
    made.close()


def large(key: str = "large", mark: str = "L", **changes: Any) -> Batch:
    columns = {
        "id": [f"{mark}{row:06d}" for row in range(ROWS)],
        "debit": ["ana"] * ROWS,
        "credit": ["bo", "cy"] * (ROWS // 2),
        "amount_minor": np.ones(ROWS, np.int64),
    }
    return Batch(key=key, transfers=Transfers.of_columns(columns | changes))


def each(key: str, *rows: Transfer) -> Batch:
    return Batch(key=key, transfers=Transfers.of(rows))


def pay(identity: str, **more: Any) -> Transfer:
    return Transfer(**({"id": identity, "debit": "ana", "credit": "bo", "amount_minor": 1} | more))


def code_of(act: Any) -> str:
    with pytest.raises(CallerFault) as told:
        act()
    return told.value.code


def test_what_is_staged_is_seen_by_nobody_and_goes_on_where_it_stopped(store: Store):
    batch = large()
    assert store.stage(batch, 0).rows == CHUNK_ROWS
    assert store.stage(batch, 0).chunks == 1, "a chunk that is there is not loaded twice"
    assert store.answer_of("large") is None and store.transfer("L000001") is None
    assert store.balances(["ana"]).rows()[0].posted_debits == 0 and len(audited(store)) == 1
    assert store.post_each(each("beside", pay("T"))).accepted.all(), "others go on beside it"
    answer = store.post_atomic(batch)
    assert answer.entry is not None and answer.entry.tree_rows == ROWS and not answer.is_repeat
    assert store.post_atomic(batch).is_repeat and store.flip(batch).is_repeat
    assert store.stage(batch, 1).rows == ROWS, "an ended batch is wholly staged"
    assert len(audited(store)) == 3


def test_a_staged_batch_keeps_its_ids_and_its_key_to_itself(store: Store):
    store.post_each(each("old", pay("old")))
    back = ["old"] + [None] * (ROWS - 1)
    batch = large(reverses=back, debit=["bo"] + ["ana"] * (ROWS - 1), credit=["ana"] + ["cy"] * (ROWS - 1))
    store.stage(batch, 0)
    assert code_of(lambda: store.post_each(each("e", pay("L000007")))) == "staged_elsewhere"
    assert code_of(lambda: store.post_atomic(each("a", pay("L000007")))) == "staged_elsewhere"
    assert code_of(lambda: store.post_each(each("r", pay("new", debit="bo", credit="ana", reverses="old")))) == "staged_elsewhere"
    assert code_of(lambda: store.erase_memos("erase", ["L000007"])) == "staged_elsewhere"
    assert code_of(lambda: store.post_each(each("large", pay("T")))) == "staged_otherwise"
    assert code_of(lambda: store.stage(replace(batch, cycle="other"), 1)) == "staged_otherwise"
    assert code_of(lambda: store.stage(large(), 0)) == "staged_otherwise"
    assert code_of(lambda: store.flip(batch)) == "staged_otherwise"
    assert code_of(lambda: store.stage(large("second", "S"), 1)) == "staged_otherwise"
    assert store.post_each(each("again", pay("old"))).repeated.all(), "an id that is being reversed is still that id"
    assert store.post_atomic(batch).accepted.all()
    known = store.transfer("old")
    assert known is not None and known.is_reversed


def test_an_abandoned_batch_leaves_no_trace_and_an_ended_one_stays(store: Store):
    batch = large(memo=["of one"] + [None] * (ROWS - 1))
    store.stage(batch, 0)
    store.abandon("large")
    store.abandon("nothing")
    for table in ("batch", "transfer", "memo", "node", "staging", "staged_effect", "refusal"):
        assert store._reads.rows(f"SELECT count(*) FROM {table} WHERE {'number > 1' if table == 'batch' else '1 = 1'}") == [(0,)], table
    assert store.post_each(each("free", pay("L000007"))).accepted.all()
    assert store.post_atomic(large("large", "M")).accepted.all()
    assert code_of(lambda: store.abandon("large")) == "batch_ended"


@pytest.mark.parametrize("policy", [Policy.CYCLE_NET, Policy.SEQUENTIAL])
def test_every_row_that_offends_is_named_in_whichever_chunk(store: Store, policy: Policy):
    debit = ["ana"] * ROWS
    debit[3] = debit[CHUNK_ROWS + 3] = "nobody"
    ids = [f"L{row:06d}" for row in range(ROWS)]
    ids[CHUNK_ROWS + 5], ids[CHUNK_ROWS + 6] = ids[4], ids[3]
    store.open_accounts("capped", [Account(id="capped", owner="", purpose="p", currency="EUR", limit_minor=1)])
    debit[10] = debit[CHUNK_ROWS + 10] = "capped"
    answer = store.post_atomic(replace(large(debit=debit, id=ids), policy=policy))
    assert answer.entry is not None and answer.entry.outcome is Outcome.REFUSED
    assert {refusal.row: refusal.code for refusal in answer.refusals} == {
        4: "account_unknown",
        11: "limit_exceeded",
        CHUNK_ROWS + 4: "account_unknown",
        CHUNK_ROWS + 6: "transfer_id_taken",
        CHUNK_ROWS + 7: "transfer_id_taken",
        CHUNK_ROWS + 11: "limit_exceeded",
    }
    assert [breach.id for breach in answer.breaches] == ["capped"]
    assert store._reads.rows("SELECT count(*) FROM transfer") == [(0,)], "nothing is left of it"
    assert store.post_each(each("free", pay("L000007"))).accepted.all()
    audited(store)


def test_sums_beyond_int64_are_refused_by_name(store: Store):
    amounts = np.ones(ROWS, np.int64)
    amounts[7] = amounts[CHUNK_ROWS + 7] = 2**62
    amounts[9] = 2**61
    answer = store.post_atomic(large(amount_minor=amounts))
    assert answer.entry is not None and answer.entry.outcome is Outcome.REFUSED
    assert "ana" in {breach.id for breach in answer.breaches} and {breach.code for breach in answer.breaches} == {"total_beyond_int64"}
    amounts[CHUNK_ROWS + 7] = 2**60
    assert store.post_atomic(large("fits", "F", amount_minor=amounts)).accepted.all()
    assert store.balances(["ana"]).rows()[0].posted_debits == int(amounts.sum())
    audited(store)


def test_of_ten_payments_against_a_cap_exactly_one_is_accepted(store: Store):
    store.open_accounts("cap", [Account(id="capped", owner="", purpose="p", currency="EUR", limit_minor=100)])
    answer = store.post_each(each("ten", *(pay(f"T{row}", debit="capped", amount_minor=100) for row in range(10))))
    assert answer.accepted.tolist() == [True] + [False] * 9


def test_callers_that_contend_never_break_a_limit_and_all_end(store: Store):
    store.open_accounts("cap", [Account(id="capped", owner="", purpose="p", currency="EUR", limit_minor=50)])
    answers: list[int] = []

    def call(caller: int) -> None:
        for number in range(5):
            rows = [pay(f"C{caller}/{number}/{row}", debit="capped", amount_minor=1) for row in range(3)]
            answers.append(int(store.post_each(each(f"C{caller}/{number}", *rows)).accepted.sum()))
            store.balances(["capped"])

    callers = [threading.Thread(target=call, args=(caller,)) for caller in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
    assert not any(caller.is_alive() for caller in callers)
    assert len(answers) == 30 and sum(answers) == 50
    assert store.balances(["capped"]).rows()[0].posted_debits == 50
    audited(store)


def test_a_hash_that_nobody_waited_for_is_not_taken_for_another():
    import pyarrow as pa

    hasher = hasher_beside()
    first, second = (pa.array([b"\0" + bytes([mark]) * 40 + b"%d" % row for row in range(5000)], pa.large_binary()) for mark in (1, 2))
    hasher(first)
    assert hasher(second)() == hash_here(second)
    sliced = first.slice(100, 4000)
    assert hasher(sliced)() == hash_here(sliced)
    hasher.close()
