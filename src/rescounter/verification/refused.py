"""The table of refusals: known codes with their rule, each row once, told in full."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.terms import REFUSALS
from rescounter.verification.verdict import Finding, at

__all__ = ["check_refusals"]


def check_refusals(table: pa.Table) -> list[Finding]:
    """Codes and rules belong together, no text is empty, rows count from 1 and ascend."""
    row = table["row"].to_numpy()
    code, rule = table["code"].to_pylist(), table["rule"].to_pylist()
    stranger = [name not in REFUSALS for name in code]
    mismatch = [not stranger[place] and REFUSALS[code[place]].rule != rule[place] for place in range(len(code))]
    findings = [
        *at("refusals", row < 1, lambda place: (f"row {row[place]}", "this row", "1 or more")),
        *at("refusals", row[1:] <= row[:-1], lambda place: (f"row {row[place + 1]}", f"behind row {row[place]}", "ascending rows")),
        *at("refusals", stranger, lambda place: (f"row {row[place]}", f"code {code[place]}", "a code of docs/REFUSALS.md")),
        *at("refusals", mismatch, lambda place: (f"row {row[place]}", f"rule {rule[place]}", f"rule {REFUSALS[code[place]].rule}")),
    ]
    for name in ("found", "allowed", "what_to_do"):
        empty = pc.equal(table[name], "").to_numpy()
        findings += at("refusals", empty, lambda place, name=name: (f"row {row[place]}, {name}", "an empty cell", "a text"))  # type: ignore[misc]
    return findings
