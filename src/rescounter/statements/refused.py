"""Rows that were refused, counted by code, each with an example of what was found and what mends it."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from rescounter.terms.refusals import REFUSALS

__all__ = ["RefusalCount", "refusal_counts"]


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """One code of refusal: how many rows, the first of them, and what the rule says."""

    code: str
    rule: str
    meaning: str
    count: int
    first_row: int
    found: str
    allowed: str
    what_to_do: str


def refusal_counts(refusals: pa.Table) -> list[RefusalCount]:
    """Most frequent first, then by code; the example is the refusal with the lowest row."""
    if refusals.num_rows == 0:
        return []
    by_row = refusals.sort_by([("row", "ascending"), ("id", "ascending")])
    grouped = by_row.group_by("code", use_threads=False).aggregate(
        [("row", "count"), *((name, "first") for name in ("row", "found", "allowed", "rule", "what_to_do"))]
    )
    counts = [
        RefusalCount(
            code=row["code"],
            rule=row["rule_first"] or "",
            meaning=REFUSALS[row["code"]].meaning if row["code"] in REFUSALS else "",
            count=row["row_count"],
            first_row=row["row_first"],
            found=row["found_first"] or "",
            allowed=row["allowed_first"] or "",
            what_to_do=row["what_to_do_first"] or "",
        )
        for row in grouped.to_pylist()
    ]
    return sorted(counts, key=lambda count: (-count.count, count.code))
