"""Pay-ins told apart: nothing is lost, nothing is booked twice, and what is missing is said by member."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.settlement.accounts import CASH_TABLE
from rescounter.settlement.calls import POSITIONS, calls
from rescounter.settlement.funding import VERDICTS, Reconciled, late_of, reconcile, standing
from rescounter.settlement.postings import pay_in_batch
from rescounter.terms.union_tables import CALLS, PAY_INS
from tests.settlement.tables import DAY, direct, lines, moved, said, table

CALLED = """
    EUR ANA 100   0
    EUR BO   50   0
    EUR CY    0 150
"""
MEMBERS = direct("ANA", "BO", "CY", under=[("IDA", "ANA")])


def told(came: str, *, earlier: str = "", called: str = CALLED) -> Reconciled:
    return reconcile(
        table(called, CALLS),
        table(came, PAY_INS),
        earlier=table(earlier, PAY_INS),
        participants=MEMBERS,
        currencies=("EUR", "USD"),
        due=DAY,
    )


@pytest.mark.parametrize(
    ("came", "verdict"),
    [
        ("B-1 ANA EUR 100 2026-03-31 - -", "on_time ANA -"),
        ("B-1 ANA EUR 100 2026-04-01 - -", "late ANA -"),
        ("B-1 IDA EUR 100 2026-03-31 - -", "on_time ANA -"),  # an indirect member pays in for its direct one
        ("B-1 -   EUR 100 2026-03-31 - -", "unidentified - no_member"),
        ("B-1 ZOE EUR 100 2026-03-31 - -", "unidentified - unknown_member"),
        ("B-1 ANA GBP 100 2026-03-31 - -", "unidentified - unknown_currency"),
        ("B-0 ANA EUR 100 2026-03-31 - -", "double - -"),
        ("B-0 -   EUR 100 2026-04-02 other text", "double - -"),  # told again by a statement that knows less
        ("B-0 ANA EUR 101 2026-03-31 - -", "refused - -"),
        ("B-0 ANA USD 100 2026-03-31 - -", "refused - -"),
        ("B-0 BO  EUR 100 2026-03-31 - -", "refused - -"),
    ],
)
def test_a_pay_in_gets_one_verdict(came, verdict):
    found = told(came, earlier="B-0 ANA EUR 100 2026-03-30 - -")
    assert lines(found.lines, "verdict", "credited", "why") == [verdict]
    assert len(found.refusals) == (verdict == "refused - -")


def test_a_reference_that_stands_for_other_money_is_refused_and_says_both():
    found = told("""
        B-1 ANA EUR 100 2026-03-31 - -
        B-1 ANA EUR 110 2026-03-31 - -
    """)
    assert lines(found.lines, "amount_minor", "verdict") == ["100 on_time", "110 refused"]
    (refusal,) = found.refusals
    assert (refusal.row, refusal.id, refusal.code, refusal.rule) == (2, "B-1", "pay_in_reference_taken", "P11")
    assert refusal.found == "110 EUR of ANA; before 100 EUR of ANA"


def test_short_exact_over_late_and_uncalled_are_told_by_member():
    found = told(
        """
        B-1 ANA EUR 60 2026-03-31 - -
        B-2 IDA EUR 50 2026-04-01 - -
        B-3 BO  EUR 20 2026-03-31 - -
        B-3 BO  EUR 20 2026-03-31 - -
        B-4 CY  USD  5 2026-03-31 - -
        B-5 ZOE EUR 70 2026-03-31 - -
        """
    )
    assert lines(found.funded) == said("""
        EUR ANA 100 110 50  0 10
        EUR BO   50  20  0 30  0
        USD CY    0   5  0  0  5
    """)
    assert moved(pay_in_batch(found.lines, "C", digest="d", rulebook_version="1")) == said("""
        pay_in       */settlement/EUR ANA/cash/EUR       60
        pay_in       */settlement/EUR ANA/cash/EUR       50
        pay_in       */settlement/EUR BO/cash/EUR        20
        pay_in       */settlement/USD CY/cash/USD         5
        unidentified */settlement/EUR */unidentified/EUR 70
    """)


def test_who_was_called_and_paid_nothing_is_short_of_all():
    assert lines(told("").funded) == ["EUR ANA 100 0 0 100 0", "EUR BO 50 0 0 50 0"]


@pytest.mark.parametrize(
    ("cash", "stands"),
    [
        ("", "EUR ANA 80 80 0 80 0"),
        ("EUR ANA 50 0", "EUR ANA 80 80 50 30 0"),
        ("EUR ANA 80 0", "EUR ANA 80 80 80 0 0"),
        ("EUR ANA 95 0", "EUR ANA 80 80 95 0 15"),
    ],
)
def test_standing_says_what_is_missing(cash, stands):
    net = table("EUR ANA -80 \n EUR BO 80", POSITIONS)
    called = calls(net, CASH_TABLE.empty_table(), kind="pay-in")
    assert lines(standing(net, called, table(cash, CASH_TABLE))) == [stands]


def test_what_was_there_before_the_call_is_not_told_as_paid():
    """BO had 30, was called for 50 and paid 20. ANA's cap of 80 covers her: she is not called, and misses nothing."""
    net = table("EUR ANA -80 \n EUR BO -80 \n EUR CY 160", POSITIONS)
    called = calls(net, table("EUR ANA 0 80 \n EUR BO 30 0", CASH_TABLE), kind="pay-in")
    stood = standing(net, called, table("EUR ANA 0 80 \n EUR BO 50 0", CASH_TABLE))
    assert lines(stood) == said("""
        EUR ANA 80  0  0  0 0
        EUR BO  80 50 20 30 0
    """)
    assert lines(late_of(stood)) == ["EUR BO 50"]


def test_a_debtor_whose_cash_another_cycle_took_is_missing_though_it_was_not_called():
    net = table("EUR ANA -80 \n EUR BO 80", POSITIONS)
    called = calls(net, table("EUR ANA 80 0", CASH_TABLE), kind="pay-in")
    assert lines(standing(net, called, table("EUR ANA 10 0", CASH_TABLE))) == ["EUR ANA 80 0 0 70 0"]


PAY_IN = st.builds(
    lambda reference, member, currency, amount, days: dict(
        zip(PAY_INS.names, (reference, member, currency, amount, DAY + timedelta(days), "", ""), strict=True)
    ),
    st.sampled_from([f"B-{number}" for number in range(6)]),
    st.sampled_from(("ANA", "BO", "IDA", "ZOE", "")),
    st.sampled_from(("EUR", "USD", "GBP")),
    st.integers(1, 3) | st.integers(1, 2**62),
    st.integers(-2, 2),
)


@given(st.lists(PAY_IN, max_size=12), st.integers(0, 12))
def test_reconciling_loses_nothing_and_books_a_reference_once(rows, cut):
    """In one file or in two: the sum of all is what was credited, unidentified, double and refused; a reference is booked once."""
    booked: list[dict] = []
    sums: Counter[str] = Counter()
    for part in (rows[:cut], rows[cut:]):
        earlier = pa.Table.from_pylist(booked, schema=PAY_INS)
        found = reconcile(
            table(CALLED, CALLS),
            pa.Table.from_pylist(part, schema=PAY_INS),
            earlier=earlier,
            participants=MEMBERS,
            currencies=("EUR", "USD"),
            due=date(2026, 3, 31),
        )
        assert found.lines.select(PAY_INS.names).to_pylist() == part
        assert len(found.refusals) == found.lines["verdict"].to_pylist().count("refused")
        for row in found.lines.to_pylist():
            assert row["verdict"] in VERDICTS
            sums[row["currency"]] += row["amount_minor"]
            if row["verdict"] in ("on_time", "late", "unidentified"):
                booked.append({name: row[name] for name in PAY_INS.names})
        credited = sum(row["amount_minor"] for row in found.lines.to_pylist() if row["credited"])
        assert credited == sum(row["paid_minor"] for row in found.funded.to_pylist())
    assert sums == sum((Counter({row["currency"]: row["amount_minor"]}) for row in rows), Counter())
    assert max(Counter(row["reference"] for row in booked).values(), default=0) <= 1
    assert {row["reference"] for row in booked} == {row["reference"] for row in rows}
