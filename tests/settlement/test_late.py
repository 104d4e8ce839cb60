"""Who did not pay in is carried, and only that: tables by hand, and the laws on random results."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rescounter
from rescounter.settlement.accounts import CASH_TABLE
from rescounter.settlement.calls import calls, positions
from rescounter.settlement.funding import LATE, late_of, standing
from rescounter.settlement.late import carry_late
from tests.settlement.tables import direct, lines, netted, said, table

ALL = direct("ANA", "BO", "CY", "DI")

CHAIN = """
    1 ANA BO 100 2026-01-10
    2 ANA CY  50 2026-01-05
    3 BO  CY  80 2026-02-01
    4 CY  ANA 30 2026-02-02
"""
"""Positions: ANA -120, BO 20, CY 100."""


def test_nothing_partial_takes_out_all_items_of_who_was_late():
    done = carry_late(netted(CHAIN), table("EUR ANA 90", LATE), ALL, is_partial=False)
    assert lines(done.items) == said("""
        1 ANA BO  EUR 100 ANA
        2 ANA CY  EUR  50 ANA
        4 CY  ANA EUR  30 ANA
    """)
    assert lines(done.net) == said("""
        EUR ANA   0
        EUR BO  -80
        EUR CY   80
    """)


def test_partial_settles_the_oldest_debts_that_what_was_paid_reaches():
    """ANA paid 90 and is owed 30: 120 for her debts, of which the one of 50 is older; 70 of the 100 are left for the other."""
    done = carry_late(netted(CHAIN), table("EUR ANA 90", LATE), ALL, is_partial=True)
    assert lines(done.items) == ["1 ANA BO EUR 30 ANA"]
    assert lines(done.obligations, "id", "amount_minor", "cleared_minor", "replaced_minor", "carried_minor") == said("""
        1 100 0 70 30
        2  50 0 50  0
        3  80 0 80  0
        4  30 0 30  0
    """)
    assert lines(done.net) == said("""
        EUR ANA -90
        EUR BO  -10
        EUR CY  100
    """)


def test_an_indivisible_item_stays_whole_or_not_at_all():
    owed = netted(CHAIN).append_column("divisible", pa.array([False, True, True, True]))
    done = carry_late(owed, table("EUR ANA 90", LATE), ALL, is_partial=True)
    assert lines(done.items) == ["1 ANA BO EUR 100 ANA"]
    assert lines(done.net)[0] == "EUR ANA -20"


def test_a_younger_item_that_fits_stays_when_an_older_indivisible_one_does_not():
    owed = netted("""
        1 ANA BO 100 2026-01-01
        2 ANA CY  40 2026-02-01
    """).append_column("divisible", pa.array([False, True]))
    done = carry_late(owed, table("EUR ANA 60", LATE), ALL, is_partial=True)
    assert lines(done.items) == ["1 ANA BO EUR 100 ANA"]


def test_items_without_a_due_day_are_the_youngest():
    owed = netted("""
        1 ANA BO 100
        2 ANA CY 100 2026-02-01
    """)
    done = carry_late(owed, table("EUR ANA 100", LATE), ALL, is_partial=True)
    assert lines(done.items) == ["1 ANA BO EUR 100 ANA"]


def test_what_late_members_owe_each_other_counts_as_far_as_it_stays():
    """BO paid 40 and keeps 40 of its debt to ANA; with that and nothing of her own ANA settles 40 of hers."""
    owed = netted("""
        1 BO  ANA 100 2026-01-01
        2 ANA CY   90 2026-01-01
    """)
    done = carry_late(owed, table("EUR ANA 0 \n EUR BO 40", LATE), ALL, is_partial=True)
    assert lines(done.items) == said("""
        1 BO  ANA EUR 60 BO
        2 ANA CY  EUR 50 ANA
    """)
    assert lines(done.net) == said("""
        EUR ANA   0
        EUR BO  -40
        EUR CY   40
    """)


def test_late_in_one_currency_is_not_late_in_another():
    owed = netted("1 ANA BO 100 \n 2 ANA BO 100")
    owed = owed.set_column(owed.column_names.index("currency"), "currency", pa.array(["EUR", "USD"]))
    done = carry_late(owed, table("EUR ANA 0", LATE), ALL, is_partial=False)
    assert lines(done.items) == ["1 ANA BO EUR 100 ANA"]
    assert lines(done.net) == ["EUR ANA 0", "EUR BO 0", "USD ANA -100", "USD BO 100"]


def test_who_settles_for_others_is_late_for_all_of_them():
    owed = netted("""
        1 IDA BO 100
        2 CY  BO  10
    """)
    participants = direct("ANA", "BO", "CY", under=[("IDA", "ANA")])
    done = carry_late(owed, table("EUR ANA 0", LATE), participants, is_partial=False)
    assert lines(done.items) == ["1 IDA BO EUR 100 ANA"]


def test_what_was_set_off_stays_set_off():
    done = carry_late(netted("1 ANA BO 100", cleared="1 60"), table("EUR ANA 0", LATE), ALL, is_partial=False)
    assert lines(done.obligations, "cleared_minor", "replaced_minor", "carried_minor") == ["60 0 40"]


@pytest.mark.parametrize("is_partial", [False, True])
def test_nobody_late_changes_nothing(is_partial):
    done = carry_late(netted(CHAIN), LATE.empty_table(), ALL, is_partial=is_partial)
    assert done.items.num_rows == 0
    assert done.net.equals(positions(netted(CHAIN), ALL))


NAMES = ("ANA", "BO", "CY", "DI", "EVA", "FAY")
OWED = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.integers(1, 50) | st.integers(1, 10**12),
        st.sampled_from(("EUR", "USD")),
        st.sampled_from(("2026-01-01", "2026-01-02", None)),
        st.booleans(),
    ).filter(lambda row: row[0] != row[1]),
    min_size=1,
    max_size=30,
)


@given(OWED, st.sampled_from(("net", "set-off-then-net")), st.booleans(), st.data())
def test_rounds_end_and_keep_the_laws(rows, method, is_partial, data):
    """Each round somebody pays in too little, or all do; the rounds end, with every debtor covered and nothing created or undone."""
    columns = dict(
        zip(("debtor", "creditor", "amount_minor", "currency", "due"), map(list, zip(*(row[:5] for row in rows), strict=True)), strict=True)
    )
    result = rescounter.clear(pa.table(columns), method=method)
    owed = result.obligations.append_column("divisible", pa.array([row[5] for row in rows]))
    participants = direct(*NAMES[:5], under=[("FAY", "ANA")])
    late = LATE.empty_table()
    for _ in range(len(NAMES) * 2 + 1):
        done = carry_late(owed, late, participants, is_partial=is_partial)
        assert done.obligations["cleared_minor"].equals(owed["cleared_minor"])
        called = calls(done.net, CASH_TABLE.empty_table(), kind="pay-in")
        known = {(row["currency"], row["member"]): row["paid_minor"] for row in late.to_pylist()}
        cash = [
            (
                row["currency"],
                row["member"],
                known.get((row["currency"], row["member"]), data.draw(st.sampled_from((row["pay_in_minor"], row["pay_in_minor"] // 2, 0)))),
                0,
            )
            for row in called.to_pylist()
        ]
        paid = pa.Table.from_pylist([dict(zip(CASH_TABLE.names, row, strict=True)) for row in cash], schema=CASH_TABLE)
        now = late_of(standing(done.net, called, paid))
        again = set(known) & {(row["currency"], row["member"]) for row in now.to_pylist()}
        assert not again, "late twice with the same money"
        if not now.num_rows:
            break
        late = pa.concat_tables([late, now])
    else:
        raise AssertionError("the rounds do not end")
    carried = sum(done.items["carried_minor"].to_pylist())
    assert sum(done.obligations["replaced_minor"].to_pylist()) + carried == sum(owed["replaced_minor"].to_pylist())
    assert all(
        row["divisible"] or row["replaced_minor"] in (0, row["replaced_minor"] + row["carried_minor"])
        for row in done.obligations.to_pylist()
    )


@given(OWED, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_decide_whether_the_laws_hold_nor_who_is_late_first(rows, is_partial, chance):
    """With one due day for all, positions do not depend on how late members are listed."""
    columns = dict(
        zip(("debtor", "creditor", "amount_minor", "currency"), map(list, zip(*(row[:4] for row in rows), strict=True)), strict=True)
    )
    result = rescounter.clear(pa.table(columns), method="set-off-then-net")
    participants = direct(*NAMES)
    net = positions(result.obligations, participants)
    late = late_of(standing(net, calls(net, CASH_TABLE.empty_table(), kind="pay-in"), CASH_TABLE.empty_table()))
    order = list(range(late.num_rows))
    chance.shuffle(order)
    first, second = (
        carry_late(result.obligations, each, participants, is_partial=is_partial) for each in (late, late.take(pa.array(order, pa.int64())))
    )
    assert first.net.equals(second.net)
    assert first.obligations.equals(second.obligations)
