"""Fees: what the union charges each member on what it cleared as debtor.

A fee is ``per_mille`` thousandths of what was cleared, rounded half-even to minor units, at least the minimum of the currency; none where
nothing, or less than ``free_below``, was cleared. Exact: no float, whatever the decimal digits of the rate.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import pyarrow as pa

from rescounter.rulebook.rules import FeeRules
from rescounter.terms import INT64_MAX, holds

__all__ = ["FEES_TABLE", "fee_minor", "fees"]

FEES_TABLE: Final = pa.schema(
    [
        pa.field("currency", pa.string()),
        pa.field("member", pa.string()),
        pa.field("cleared_minor", pa.int64()),
        pa.field("fee_minor", pa.int64()),
    ]
)
"""By currency and member, members that pay no fee left out."""


def fees(members: pa.Table, rules: FeeRules) -> pa.Table:
    """The fee of each row of a members table, as `FEES_TABLE`.

    Law: each is the exact share rounded by less than one unit, or the minimum; nobody pays who cleared nothing.
    """
    rate = Fraction(rules.per_mille) / 1000
    rows = []
    columns = (members[name].to_pylist() for name in ("currency", "member", "cleared_minor"))
    for currency, member, cleared in sorted(zip(*columns, strict=True)):
        fee = fee_minor(cleared, rate, minimum=rules.minimum_minor.get(currency, 0), free_below=rules.free_below_minor.get(currency, 0))
        if fee:
            rows.append((currency, member, cleared, fee))
    made = zip(*rows, strict=True) if rows else ((),) * len(FEES_TABLE)
    return pa.Table.from_arrays([pa.array(column, kind) for column, kind in zip(made, FEES_TABLE.types, strict=True)], schema=FEES_TABLE)


def fee_minor(cleared: int, rate: Fraction, *, minimum: int, free_below: int) -> int:
    """One fee in minor units. Args: *rate* >= 0; *minimum*, *free_below* minor units >= 0 of the currency of *cleared* >= 0."""
    holds(cleared >= 0 and rate >= 0 and minimum >= 0, "fees_are_not_negative", cleared=cleared)
    if cleared == 0 or cleared < free_below or (rate == 0 and minimum == 0):
        return 0
    share = _half_even(cleared * rate.numerator, rate.denominator)
    holds(abs(share - cleared * rate) * 2 <= 1, "a_fee_is_its_share_rounded", cleared=cleared)
    fee = max(share, minimum)
    holds(fee <= INT64_MAX, "money_fits_int64", fee=fee)
    return fee


def _half_even(numerator: int, denominator: int) -> int:
    """The nearest integer; the even one of two that are equally near."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
