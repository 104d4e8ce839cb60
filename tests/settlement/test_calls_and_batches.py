"""From a cleared result to settled accounts: accounts, positions, calls, the batches and what the ledger holds after them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rescounter
from rescounter.ledger import Account, AccountEvent, Standings
from rescounter.ledger.standings import Standing
from rescounter.settlement.accounts import CASH_TABLE, accounts_for, cash_of, limit_changes
from rescounter.settlement.calls import POSITIONS, calls, positions, positions_are_those_of
from rescounter.settlement.fees import FEES_TABLE
from rescounter.settlement.funding import LINES, reconcile
from rescounter.settlement.postings import (
    assign_batch,
    earmark_batch,
    fees_batch,
    net_batch,
    pay_in_batch,
    return_batch,
    set_off_batch,
)
from rescounter.terms import BrokenLaw
from rescounter.terms.union_tables import CALLS, PAY_INS
from tests.settlement.tables import DAY, balances, direct, ledger, lines, moved, netted, outcome, said, table

NO_CASH = CASH_TABLE.empty_table()
OWED = pa.table(
    {
        "id": ["1", "2", "3", "4"],
        "debtor": ["ANA", "BO", "CY", "ANA"],
        "creditor": ["BO", "CY", "ANA", "CY"],
        "amount": ["100", "80", "50", "30"],
        "currency": ["EUR"] * 4,
    }
)
MEMBERS = direct("ANA", "BO", "CY")


def test_a_union_opens_these_accounts():
    opened = accounts_for(["ANA"], ["EUR"], {("ANA", "EUR"): 500})
    told = [f"{account.id} {account.owner or '-'} {'none' if account.limit_minor is None else account.limit_minor}" for account in opened]
    assert told == said("""
        */clearing/EUR      -   0
        */fees/EUR          -   none
        */settlement/EUR    -   none
        */unidentified/EUR  -   none
        ANA/cash/EUR        ANA 500
        ANA/due/EUR         ANA 0
        ANA/fees/EUR        ANA none
        ANA/set-off/EUR     ANA 0
    """)


def test_a_cap_changes_the_limit_as_far_as_what_is_in_use_allows():
    def stands(member: str, limit: int, used: int) -> Standing:
        return Standing(id=f"{member}/cash/EUR", currency="EUR", limit_minor=limit, posted_debits=used)

    standings = Standings.of([stands("ANA", 100, 60), stands("BO", 100, 60), stands("CY", 100, 0)])
    changed = limit_changes(standings, {("ANA", "EUR"): 200, ("BO", "EUR"): 50, ("CY", "EUR"): 100, ("DI", "EUR"): 9})
    assert [(change.account, change.limit_minor) for change in changed.changes] == [("ANA/cash/EUR", 200), ("BO/cash/EUR", 60)]
    assert {change.event for change in changed.changes} == {AccountEvent.LIMITED}
    assert changed.waiting == ("BO/cash/EUR",)


def test_pending_debits_are_taken_off_the_cash_and_pending_receipts_are_not_added():
    standing = Standing(id="ANA/cash/EUR", currency="EUR", limit_minor=7, posted_credits=100, pending_debits=30, pending_credits=50)
    assert lines(cash_of(Standings.of([standing, Standing(id="*/fees/EUR", currency="EUR", limit_minor=None)]))) == ["EUR ANA 70 7"]


def test_a_cycle_from_set_off_to_paid_out():
    result = rescounter.clear(OWED, method="set-off-then-net")
    tables = {"obligations": result.obligations, "members": result.members}
    net = positions(result.obligations, MEMBERS)
    positions_are_those_of(result.members, MEMBERS, net)
    assert lines(net) == said("""
        EUR ANA -8000
        EUR BO   2000
        EUR CY   6000
    """)
    called = calls(net, NO_CASH, kind="pay-in")
    assert lines(called) == said("""
        EUR ANA 8000    0
        EUR BO     0 2000
        EUR CY     0 6000
    """)
    came = table("B-1 ANA EUR 8000 2026-03-31 - -", PAY_INS)
    told = reconcile(called, came, earlier=PAY_INS.empty_table(), participants=MEMBERS, currencies=("EUR",), due=DAY)
    batches = [
        set_off_batch(tables, "2026-03", rulebook_version="4"),
        pay_in_batch(told.lines, "2026-03", digest="d1", rulebook_version="4"),
        earmark_batch(net, "2026-03", rulebook_version="4"),
        net_batch(net, called, "2026-03", rulebook_version="4"),
    ]
    assert [batch.key for batch in batches if batch] == said("""
        cycle/2026-03/set-off
        cycle/2026-03/pay-in/d1
        cycle/2026-03/earmark
        cycle/2026-03/net
    """)
    assert {batch.rulebook_version for batch in batches if batch} == {"4"}
    assert [line for batch in batches for line in moved(batch)] == said("""
        debt_discharged   ANA/set-off/EUR   */clearing/EUR    5000
        claim_discharged  */clearing/EUR    ANA/set-off/EUR   5000
        debt_discharged   BO/set-off/EUR    */clearing/EUR    5000
        claim_discharged  */clearing/EUR    BO/set-off/EUR    5000
        debt_discharged   CY/set-off/EUR    */clearing/EUR    5000
        claim_discharged  */clearing/EUR    CY/set-off/EUR    5000
        pay_in            */settlement/EUR  ANA/cash/EUR      8000
        earmarked         ANA/cash/EUR      ANA/due/EUR       8000
        net_paid          ANA/due/EUR       */clearing/EUR    8000
        net_received      */clearing/EUR    BO/cash/EUR       2000
        paid_out          BO/cash/EUR       */settlement/EUR  2000
        net_received      */clearing/EUR    CY/cash/EUR       6000
        paid_out          CY/cash/EUR       */settlement/EUR  6000
    """)
    store = ledger(batches)
    assert [outcome(store, batch) for batch in batches if batch] == ["posted"] * 4
    assert balances(store) == {}


def test_nobody_is_earmarked_who_has_not_paid_in():
    net = table("EUR ANA -80 \n EUR BO 80", POSITIONS)
    batch = earmark_batch(net, "C", rulebook_version="1")
    store = ledger([batch])
    assert batch is not None
    answer = store.post_atomic(batch)
    assert not answer.accepted.any()
    assert [breach.id for breach in answer.breaches] == ["ANA/cash/EUR"]


def test_a_prefunded_cycle_leaves_the_money_on_the_cash_accounts():
    net = table("EUR ANA -80 \n EUR BO 80", POSITIONS)
    called = calls(net, table("EUR ANA 100 0", CASH_TABLE), kind="prefunded")
    assert lines(called) == []
    batches = [earmark_batch(net, "C", rulebook_version="1"), net_batch(net, called, "C", rulebook_version="1")]
    paid = pay_in_batch(table("B-1 ANA EUR 100 2026-03-31 - - on_time ANA -", LINES), "C", digest="d", rulebook_version="1")
    store = ledger([paid, *batches])
    assert [outcome(store, batch) for batch in (paid, *batches) if batch] == ["posted"] * 3
    assert balances(store) == {"*/settlement/EUR": -100, "ANA/cash/EUR": 20, "BO/cash/EUR": 80}


@pytest.mark.parametrize(
    ("cash", "asked"),
    [
        ("", 80),
        ("EUR ANA 30 0", 50),  # what it paid in before
        ("EUR ANA 0 30", 50),  # a net debit cap
        ("EUR ANA 30 30", 20),
        ("EUR ANA -30 50", 60),  # part of the cap is used
        ("EUR ANA 500 0", 0),  # never below zero
    ],
)
def test_a_debtor_is_called_for_what_cash_and_cap_do_not_cover(cash, asked):
    called = calls(table("EUR ANA -80 \n EUR BO 80", POSITIONS), table(cash, CASH_TABLE), kind="pay-in")
    assert dict(zip(called["member"].to_pylist(), called["pay_in_minor"].to_pylist(), strict=True)).get("ANA", 0) == asked


def test_a_pay_out_first_makes_good_what_a_cap_was_used_for():
    called = calls(table("EUR ANA -80 \n EUR BO 80", POSITIONS), table("EUR BO -30 50", CASH_TABLE), kind="pay-in")
    assert lines(called) == said("""
        EUR ANA 80  0
        EUR BO   0 50
    """)


def test_who_was_late_is_paid_out_nothing():
    called = calls(table("EUR ANA -80 \n EUR BO 80", POSITIONS), NO_CASH, kind="pay-in", stays={("EUR", "BO")})
    assert lines(called) == ["EUR ANA 80 0"]


def test_indirect_members_settle_through_their_direct_member():
    """IDA and IVO stand under ANA: what they owe each other and what they are owed elsewhere meets in her one position."""
    owed = netted("""
        1 IDA BO  100
        2 BO  IVO  30
        3 IDA IVO  40
    """)
    participants = direct("ANA", "BO", under=[("IDA", "ANA"), ("IVO", "ANA")])
    assert lines(positions(owed, participants)) == said("""
        EUR ANA -70
        EUR BO   70
    """)


def test_unidentified_money_is_given_once_to_a_member_or_back():
    line = table("B-9 - EUR 50 2026-03-31 - - unidentified - no_member", LINES)
    came = pay_in_batch(line, "C", digest="d", rulebook_version="1")
    given, back = assign_batch(line.to_pylist()[0], "ANA", rulebook_version="1"), return_batch(line.to_pylist()[0], rulebook_version="1")
    store = ledger([came, given, back])
    assert came is not None and moved(came) == ["unidentified */settlement/EUR */unidentified/EUR 50"]
    assert moved(given) == ["assigned */unidentified/EUR ANA/cash/EUR 50"]
    assert moved(back) == ["returned */unidentified/EUR */settlement/EUR 50"]
    assert [outcome(store, batch) for batch in (came, given)] == ["posted"] * 2
    assert [refusal.code for refusal in store.post_atomic(back).refusals] == ["batch_key_taken"]
    assert balances(store) == {"*/settlement/EUR": -50, "ANA/cash/EUR": 50}


def test_the_ledger_itself_refuses_to_book_a_reference_twice():
    line = table("B-1 ANA EUR 50 2026-03-31 - - on_time ANA -", LINES)
    first, again = (pay_in_batch(line, cycle, digest="d", rulebook_version="1") for cycle in ("C1", "C2"))
    store = ledger([first])
    assert first is not None and again is not None
    assert outcome(store, first) == "posted"
    assert [refusal.code for refusal in store.post_atomic(again).refusals] == ["transfer_id_taken"]


def test_fees_are_owed_to_the_union():
    batch = fees_batch(table("EUR ANA 5000 300 \n EUR BO 7000 310", FEES_TABLE), "C", rulebook_version="1")
    assert moved(batch) == said("""
        fee ANA/fees/EUR */fees/EUR 300
        fee BO/fees/EUR  */fees/EUR 310
    """)


def test_a_batch_without_transfers_is_none():
    net = POSITIONS.empty_table()
    members = pa.table({"member": ["ANA"], "currency": ["EUR"], "cleared_minor": [0]})
    assert set_off_batch({"obligations": netted("1 ANA BO 5"), "members": members}, "C", rulebook_version="1") is None
    assert earmark_batch(net, "C", rulebook_version="1") is None
    assert net_batch(net, CALLS.empty_table(), "C", rulebook_version="1") is None
    assert fees_batch(FEES_TABLE.empty_table(), "C", rulebook_version="1") is None
    assert pay_in_batch(LINES.empty_table(), "C", digest="d", rulebook_version="1") is None


def test_a_members_table_that_does_not_follow_from_the_obligations_breaks_the_law():
    result = rescounter.clear(OWED, method="set-off-then-net")
    place = result.members.column_names.index("cleared_minor")
    forged = result.members.set_column(place, "cleared_minor", pa.array([5001, 5000, 5000]))
    with pytest.raises(BrokenLaw, match="nothing_created"):
        set_off_batch({"obligations": result.obligations, "members": forged}, "C", rulebook_version="1")


def test_nobody_is_paid_out_more_than_its_net_credit():
    net = table("EUR ANA -80 \n EUR BO 80", POSITIONS)
    for forged in ("EUR BO 0 81", "EUR CY 0 1", "USD BO 0 1"):
        with pytest.raises(BrokenLaw, match="paid_out_of_net_credit"):
            net_batch(net, table(forged, CALLS), "C", rulebook_version="1")


NAMES = ("ANA", "BO", "CY", "DI", "EVA")
OBLIGATIONS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(1, 10**6), st.sampled_from(("EUR", "USD"))).filter(
        lambda row: row[0] != row[1]
    ),
    min_size=1,
    max_size=25,
)
UNDER = st.dictionaries(st.sampled_from(("DI", "EVA")), st.sampled_from(("ANA", "BO")), max_size=2)


@given(OBLIGATIONS, UNDER, st.sampled_from(("net", "set-off-then-net")))
def test_without_cash_calls_sum_to_zero_and_a_cycle_leaves_every_account_empty(rows, under, method):
    columns = zip(*rows, strict=True)
    owed = pa.table(dict(zip(("debtor", "creditor", "amount_minor", "currency"), map(list, columns), strict=True)))
    result = rescounter.clear(owed, method=method)
    participants = direct(*(name for name in NAMES if name not in under), under=list(under.items()))
    net = positions(result.obligations, participants)
    positions_are_those_of(result.members, participants, net)
    called = calls(net, NO_CASH, kind="pay-in")
    for currency in ("EUR", "USD"):
        own = [row for row in called.to_pylist() if row["currency"] == currency]
        assert sum(row["pay_in_minor"] for row in own) == sum(row["pay_out_minor"] for row in own)
    came = [
        {"reference": f"B{place}", "member": row["member"], "currency": row["currency"], "amount_minor": row["pay_in_minor"], "booked": DAY}
        for place, row in enumerate(called.to_pylist())
        if row["pay_in_minor"]
    ]
    told = reconcile(
        called,
        pa.Table.from_pylist(came, schema=PAY_INS),
        earlier=PAY_INS.empty_table(),
        participants=participants,
        currencies=("EUR", "USD"),
        due=DAY,
    )
    tables = {"obligations": result.obligations, "members": result.members}
    batches = [
        set_off_batch(tables, "C", rulebook_version="1"),
        pay_in_batch(told.lines, "C", digest="d", rulebook_version="1"),
        earmark_batch(net, "C", rulebook_version="1"),
        net_batch(net, called, "C", rulebook_version="1"),
    ]
    store = ledger(batches)
    assert {outcome(store, batch) for batch in batches if batch} <= {"posted"}
    assert balances(store) == {}


def test_accounts_with_a_cap_are_opened_with_it():
    net = table("EUR ANA -80 \n EUR BO 80", POSITIONS)
    batch = earmark_batch(net, "C", rulebook_version="1")
    store = ledger([batch], [Account(id="ANA/cash/EUR", owner="ANA", purpose="cash", currency="EUR", limit_minor=80)])
    assert batch is not None and outcome(store, batch) == "posted"
    assert balances(store) == {"ANA/cash/EUR": -80, "ANA/due/EUR": 80}
