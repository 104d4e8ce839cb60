"""Fees against exact fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.rulebook.rules import FeeRules
from rescounter.settlement.fees import fee_minor, fees
from tests.settlement.tables import lines, said, table

MEMBERS = pa.schema([pa.field("member", pa.string()), pa.field("currency", pa.string()), pa.field("cleared_minor", pa.int64())])
AJPES = FeeRules(per_mille=Decimal("1.1"), minimum_minor={"EUR": 300}, free_below_minor={"EUR": 5000})
"""1.1 per mille of what was cleared, at least EUR 3, free below EUR 50."""


def test_fees_as_the_trade_credit_pack_has_them():
    found = fees(
        table(
            """
            ZOE EUR        0
            ANA EUR     4999
            BO  EUR     5000
            CY  EUR 10000000
            DI  USD  1000000
            EVA USD      454
            """,
            MEMBERS,
        ),
        AJPES,
    )
    assert lines(found) == said("""
        EUR BO      5000   300
        EUR CY  10000000 11000
        USD DI   1000000  1100
    """)


@pytest.mark.parametrize(("cleared", "fee"), [(500, 0), (501, 1), (1500, 2), (2500, 2), (3500, 4)])
def test_halves_go_to_the_even_unit(cleared, fee):
    assert fee_minor(cleared, Fraction(1, 1000), minimum=0, free_below=0) == fee


def test_without_a_rate_nobody_pays():
    assert fees(table("ANA EUR 100", MEMBERS), FeeRules()).num_rows == 0


@given(st.integers(0, 2**63 - 1), st.decimals(0, 999, places=6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_fee_is_the_exact_share_rounded_half_even_or_the_minimum(cleared, per_mille, minimum, free_below):
    rate = Fraction(per_mille) / 1000
    fee = fee_minor(cleared, rate, minimum=minimum, free_below=free_below)
    if cleared == 0 or cleared < free_below or (not rate and not minimum):
        assert fee == 0
    else:
        assert fee == max(round(cleared * rate), minimum)  # Fraction rounds half-even, exactly


@given(st.dictionaries(st.text("ABC", min_size=1, max_size=3), st.integers(0, 10**9), max_size=8))
def test_the_fees_of_all_are_the_sum_of_each(cleared):
    rows = [{"member": member, "currency": "EUR", "cleared_minor": amount} for member, amount in cleared.items()]
    found = fees(pa.Table.from_pylist(rows, schema=MEMBERS), AJPES)
    each = (fee_minor(amount, Fraction(11, 10000), minimum=300, free_below=5000) for amount in cleared.values())
    assert sum(found["fee_minor"].to_pylist()) == sum(each)
