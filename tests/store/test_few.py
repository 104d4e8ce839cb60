"""Few transfers are written from plain values, and asked about in one breath: nothing that anybody can see differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescounter.ledger import Account, Batch, Flag, Transfer, Transfers
from rescounter.store.postgresql import array_literal
from tests.store.server import server
from tests.store.stores import FRESH, fresh_postgresql, postgresql_at, with_accounts

LETTERS = st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")


@pytest.fixture(scope="module")
def connection() -> Iterator[Any]:
    with psycopg.connect(server().dsn()) as opened:
        yield opened


@settings(deadline=None)
@given(
    texts=st.lists(st.none() | st.text(LETTERS) | st.sampled_from(["NULL", "", '"', "\\", "{a,b}", "a\nb"])),
    numbers=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    bites=st.lists(st.none() | st.binary()),
)
def test_a_list_arrives_as_it_was_sent(connection: Any, texts: list[Any], numbers: list[Any], bites: list[Any]):
    asked = "SELECT %s::text[], %s::bigint[], %s::bytea[]"
    assert connection.execute(asked, [array_literal(each) for each in (texts, numbers, bites)]).fetchone() == (texts, numbers, bites)


def pay(identity: str, debit: str = "ana", **more: Any) -> Transfer:
    return Transfer(**({"id": identity, "debit": debit, "credit": "bo", "amount_minor": 1} | more))


def post(store: Any, key: str, *rows: Transfer) -> Any:
    return store.post_each(Batch(key=key, transfers=Transfers.of(rows)))


@pytest.mark.parametrize("kind", sorted(FRESH))
def test_accounts_that_are_known_are_not_taken_for_others(kind: str):
    store = with_accounts(FRESH[kind](), 10)
    assert post(store, "1", pay("a")).accepted.all()
    store.open_accounts("more", [Account(id="dan", owner="dan", purpose="p", currency="EUR", limit_minor=0)])
    found = [post(store, "2", pay("b"), pay("c", "dan")), post(store, "3", pay("d"), pay("e", "nobody")), post(store, "4", pay("f"))]
    assert [[refusal.code for refusal in answer.refusals] for answer in found] == [["limit_exceeded"], ["account_unknown"], []]
    assert {row.id: row.posted_debits for row in store.balances().rows()} == {"ana": 4, "bo": 0, "cy": 0, "dan": 0}
    store.close()


@pytest.mark.parametrize("kind", sorted(FRESH))
def test_what_expires_is_released_before_limits_are_looked_at(kind: str):
    now = [5]
    store = with_accounts(FRESH[kind](lambda: now[0]), 1)
    assert post(store, "1", pay("waits", flag=Flag.PENDING, expires_at_us=7)).accepted.all()
    assert not post(store, "2", pay("too much")).accepted.any()
    now[0] = 9
    assert post(store, "3", pay("fits again")).accepted.all()
    store.close()


@pytest.mark.parametrize("kind", sorted(FRESH))
def test_what_is_sent_again_in_few_is_known(kind: str):
    store = with_accounts(FRESH[kind]())
    first = post(store, "1", pay("a", memo="m"), pay("b", flag=Flag.PENDING))
    again = [post(store, "1", pay("a", memo="m"), pay("b", flag=Flag.PENDING)), post(store, "2", pay("b", flag=Flag.PENDING), pay("c"))]
    assert again[0].is_repeat and again[0].entry == first.entry
    assert again[1].repeated.tolist() == [True, False]
    store.close()


def test_a_plan_that_was_made_for_an_empty_table_never_reads_a_full_one():
    store = fresh_postgresql()
    with_accounts(store)
    found = {name: store._writes._raw.execute(f"SHOW {name}").fetchone()[0] for name in ("enable_seqscan", "jit")}
    assert found == {"enable_seqscan": "off", "jit": "off"}
    store.close()


def test_another_writer_makes_this_one_forget_what_it_knew():
    dsn = server().fresh()
    first = with_accounts(postgresql_at(dsn))
    post(first, "1", pay("a"))
    assert set(first._writer.facts) == {"ana", "bo"}
    first._database.close()  # its lock is lost, as with its connection
    second = postgresql_at(dsn)
    post(second, "2", pay("b"))
    second.close()
    post(first, "3", pay("c", "cy", credit="ana"))
    assert set(first._writer.facts) == {"ana", "cy"}
    first.close()
    server().drop(dsn)
