"""Small batches are decided and written as bytes in plain Python, large ones in columns: the same answers, the same bytes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.ledger import AccountState, Decision, Flag, Standings, Transfer, Transfers, canonical, decide_each, decisions, usual
from rescounter.ledger.canonical import memo_digests, row_bytes, salts, transfer_leaves
from rescounter.ledger.effects import COLUMNS
from rescounter.ledger.standings import Standing
from rescounter.ledger.transfers import FEW_ROWS

MOST = 2**63 - 1
names = st.sampled_from(["ana", "bo", "cy", "dan", "usd"])
amounts = st.integers(1, 30) | st.sampled_from([0, -1, MOST, 2**62])
texts = st.sampled_from(["payment", "", "k" * 64, "k" * 65, "zwölf", "Mu\u0308ll", "a\nb"])
transfers = st.builds(
    Transfer,
    id=st.integers(0, 40).map(lambda number: f"T{number:02d}") | st.sampled_from(["", "x" * 129, "T/expired", "Zoë", "T\u200b"]),
    debit=names | st.just("nobody"),
    credit=names,
    amount_minor=amounts,
    kind=st.just("payment") | texts,
    cycle=st.none() | texts,
    flag=st.sampled_from([Flag.PLAIN, Flag.PLAIN, Flag.PENDING, Flag.POST]),
    expires_at_us=st.none() | st.just(9),
    memo=st.none() | st.sampled_from(["rent", "m" * 1025]),
)
mild = st.builds(Transfer, id=st.uuids().map(str), debit=names, credit=names, amount_minor=st.integers(1, 9), flag=st.sampled_from([0, 1]))
batches = st.lists(transfers, max_size=8) | st.lists(mild, max_size=12, unique_by=lambda row: row.id)


@st.composite
def standings(draw: Any) -> Standings:
    rows = []
    for name in ["ana", "bo", "cy", "dan", "usd"]:
        credits, debits, waits = draw(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 9)))
        least = max(0, debits + waits - credits)
        limit = draw(st.none() | st.integers(least, least + 60))
        state = draw(st.sampled_from([AccountState.OPEN] * 9 + [AccountState.FROZEN]))
        more = draw(st.sampled_from([0, 0, 0, MOST - 200]))
        currency = "USD" if name == "usd" else "EUR"
        sums = {"posted_debits": debits + more, "posted_credits": credits + more, "pending_debits": waits, "pending_credits": waits}
        rows.append(Standing(id=name, currency=currency, limit_minor=limit, state=state, **sums))
    return Standings.of(rows)


def told(decision: Decision) -> Any:
    effects = decision.effects
    columns = [getattr(effects, name).tolist() for name in COLUMNS]
    return decision.accepted.tolist(), decision.repeated.tolist(), decision.refusals, effects.ids.to_pylist(), columns


@given(rows=batches, before=standings())
def test_a_small_batch_is_decided_as_in_columns(rows: list[Transfer], before: Standings):
    with pytest.MonkeyPatch.context() as patch:
        found = told(decide_each(Transfers.of(rows), before, {}, at_us=5))
        patch.setattr(decisions, "effects_if_usual", lambda *_: None)
        assert found == told(decide_each(Transfers.of(rows), before, {}, at_us=5))


def test_a_usual_batch_is_decided_without_columns():
    rows = [Transfer(id=f"T{row}", debit="ana", credit="bo", amount_minor=1, memo="m", cycle="7") for row in range(FEW_ROWS)]
    before = Standings.of([Standing(id=name, currency="EUR", limit_minor=FEW_ROWS) for name in ("ana", "bo")])
    assert usual.effects_if_usual(Transfers.of(rows), before) is not None
    more = [*rows, Transfer(id="more", debit="bo", credit="ana", amount_minor=1)]
    assert usual.effects_if_usual(Transfers.of(more), before) is None


@given(rows=st.lists(transfers, min_size=1, max_size=8))
def test_the_bytes_of_few_rows_are_those_of_columns(rows: list[Transfer]):
    table = Transfers.of(rows)
    kept = len(rows) - table.column("memo").null_count
    salt, digests = salts(bytes(32), "key", 0, len(rows)), memo_digests(table, bytes(16 * kept))
    currencies = pa.array(["EUR", "USD"] * len(rows), pa.string()).slice(0, len(rows))
    with pytest.MonkeyPatch.context() as patch:
        found = row_bytes(table), transfer_leaves(row_bytes(table), currencies, digests, salt)
        patch.setattr(canonical, "FEW_ROWS", 0)
        assert found[0].equals(row_bytes(table))
        assert found[1].equals(transfer_leaves(row_bytes(table), currencies, digests, salt))


@given(rows=batches)
def test_few_transfers_are_the_same_table_whether_kept_as_values_or_not(rows: list[Transfer]):
    few = Transfers.of(rows)
    table = Transfers(few.table)
    assert few == table and list(few.rows()) == list(table.rows()) and len(few) == len(rows)
    assert all(list(few.values(name)) == table.values(name) for name in few.table.column_names)


@pytest.mark.parametrize("wrong", [{"amount_minor": 2**63}, {"amount_minor": "1"}, {"memo": "\ud800"}, {"kind": 7}])
def test_what_no_column_holds_is_told_at_once(wrong: dict[str, Any]):
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError)):
        Transfers.of([Transfer(**({"id": "a", "debit": "ana", "credit": "bo", "amount_minor": 1} | wrong))])
