"""Hypothesis strategies for tables of obligations, and tables that an accountant can read."""

import pyarrow as pa
from hypothesis import strategies as st

INT64_MAX = 2**63 - 1

small = st.integers(1, 20)
wide = st.integers(1, 10**12)
huge = st.sampled_from([1, 2, 3, 2**31, 2**32 + 1, 2**52, 2**53 + 1, 2**60, INT64_MAX // 7, INT64_MAX // 3])


@st.composite
def networks(draw, *, members=6, rows=14, amounts=None, currencies=("XXX",)):
    """Rows (id, debtor, creditor, currency, amount, due): multi-edges, pure debtors, separate parts."""
    names = [f"M{place}" for place in range(draw(st.integers(2, members)))]
    kind = draw(st.sampled_from([small, wide, huge])) if amounts is None else amounts
    count = draw(st.integers(0, rows))
    table, total = [], dict.fromkeys(currencies, 0)
    for place in range(count):
        debtor = draw(st.sampled_from(names))
        creditor = draw(st.sampled_from([name for name in names if name != debtor]))
        currency = draw(st.sampled_from(currencies))
        amount = draw(kind)
        if total[currency] + amount > INT64_MAX:
            continue
        total[currency] += amount
        due = draw(st.sampled_from([None, "2026-01-31", "2026-02-28", "2024-02-29"]))
        table.append((f"I{place}" if draw(st.booleans()) else str(place), debtor, creditor, currency, amount, due))
    return table


def as_table(rows):
    """Rows of `networks` as Arrow, in minor units."""
    names = ("id", "debtor", "creditor", "currency", "amount_minor", "due")
    columns = list(zip(*rows, strict=True)) if rows else [[] for _ in names]
    types = (pa.string(), pa.string(), pa.string(), pa.string(), pa.int64(), pa.string())
    return pa.table({name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=True)})
