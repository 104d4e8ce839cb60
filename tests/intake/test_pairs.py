"""Pairs: what is a pair is told by a slow loop over all couples of rows, and by the product, and they agree."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from rescounter.intake.pairs import pair_places

COLUMNS = pa.schema([(name, pa.string()) for name in ("debtor", "creditor", "currency", "reference")])


@st.composite
def _rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows = []
    for _ in range(draw(st.integers(0, 9))):
        debtor, creditor = draw(st.permutations(["a", "b", "ä"]))[:2]
        reference = draw(st.sampled_from(["x", "y", "", None]))
        currency = draw(st.sampled_from(["EUR", "USD", "JPY"]))
        rows.append({"debtor": debtor, "creditor": creditor, "currency": currency, "reference": reference, "part": draw(st.booleans())})
    return rows


def slowly(rows: list[dict[str, Any]]) -> list[int]:
    places = [-1] * len(rows)
    alike = [(place, row) for place, row in enumerate(rows) if row["part"] and row["reference"]]

    def of(row: dict[str, Any]) -> tuple[frozenset[str], str]:
        return frozenset((row["debtor"], row["creditor"])), row["reference"]

    for (one, first), (other, second) in combinations(alike, 2):
        is_alone = of(first) == of(second) and sum(of(row) == of(first) for _, row in alike) == 2
        if is_alone and first["debtor"] == second["creditor"] and first["currency"] != second["currency"]:
            places[one], places[other] = other, one
    return places


@given(_rows())
def test_partners_are_found_and_nothing_else(rows: list[dict[str, Any]]):
    table = pa.Table.from_pylist([{name: row[name] for name in COLUMNS.names} for row in rows], schema=COLUMNS)
    found = pair_places(table, np.array([row["part"] for row in rows], bool))
    assert found.tolist() == slowly(rows)
