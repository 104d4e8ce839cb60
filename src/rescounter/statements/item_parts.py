"""The sections that tell the items of a member: each by itself, and summed by counterparty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.statements.facts import StatementFacts
from rescounter.statements.section import Column, Row, Section, Table
from rescounter.statements.totals import Totals
from rescounter.terms.money import Money
from rescounter.terms.refusals import EXCLUSIONS

__all__ = ["ROWS_MAX", "by_counterparty", "counterparties", "in_order", "items"]

ROWS_MAX: Final = 1_000
"""Rows of one table that a statement shows; all of them are in its files."""
_COUNTERPARTIES_MAX: Final = 200
_SUMS: Final = {
    "owes": ("owes_minor", "cleared_debts_minor", "replaced_debts_minor"),
    "is_owed": ("is_owed_minor", "cleared_claims_minor", "replaced_claims_minor"),
}


def in_order(facts: StatementFacts) -> StatementFacts:
    """With the items in the order in which they are told."""
    debts_first = facts.items.append_column("place", pc.cast(pc.equal(facts.items["side"], "is_owed"), pa.int8()))
    keys = [(name, "ascending") for name in ("place", "currency", "due", "counterparty", "id")]
    return replace(facts, items=facts.items.take(pc.sort_indices(debts_first, sort_keys=keys)))


def items(facts: StatementFacts, totals: Sequence[Totals], side: str) -> Section | None:
    """Each item that the member *owes* or *is owed*: what was set off, what was replaced, what is open."""
    own = facts.items.filter(pc.equal(facts.items["side"], side))
    if own.num_rows == 0:
        return None
    part = "debts" if side == "owes" else "claims"
    netted = any(each.replaced_debts_minor or each.replaced_claims_minor for each in totals)
    told = own.slice(0, ROWS_MAX).to_pylist()
    notes = [_note(row, facts.cycle.code) for row in told]
    shown = {"due": any(row["due"] for row in told), "reference": any(row["reference"] for row in told), "note": any(notes)}
    columns = [Column("Item"), Column("Creditor" if side == "owes" else "Debtor")]
    columns += [Column("Reference")] * shown["reference"] + [Column("Due", "date")] * shown["due"]
    columns += [Column("Amount", "money"), Column("Set off", "money")]
    columns += [Column("Replaced", "money")] * netted + [Column("Open", "money")] + [Column("Note")] * shown["note"]

    def row_of(words: Mapping[str, Any], currency: str, amounts: tuple[int, int, int]) -> Row:
        amount, cleared, replaced = amounts
        left = [words.get("id"), words.get("counterparty")]
        left += [words.get("reference") or None] * shown["reference"] + [words.get("due")] * shown["due"]
        moneys = [amount, cleared, *([replaced] * netted), amount - cleared - replaced]
        right = [words.get("note")] * shown["note"]
        return (*left, *(Money(minor, currency) for minor in moneys), *right)

    rows = [
        row_of({**row, "note": note}, row["currency"], (row["amount_minor"], row["cleared_minor"], row["replaced_minor"]))
        for row, note in zip(told, notes, strict=True)
    ]
    sums = [
        row_of({"id": "Sum"}, each.currency, tuple(getattr(each, name) for name in _SUMS[side]))
        for each in totals
        if getattr(each, _SUMS[side][0])
    ]
    return Section(
        name=f"items_{part}",
        title=f"What {facts.member} {'owed' if side == 'owes' else 'was owed'}, item by item",
        words=_words(own),
        table=Table(columns=tuple(columns), rows=tuple(rows), totals=tuple(sums), left_out=own.num_rows - len(rows), file="items"),
    )


def _words(rows: pa.Table) -> str:
    """What the codes in the notes mean, and that there are more items than are told."""
    codes = sorted(code for code in pc.unique(rows["excluded"]).to_pylist() if code in EXCLUSIONS)
    told = [f"{code}: {EXCLUSIONS[code].meaning}." for code in codes]
    if rows.num_rows > ROWS_MAX:
        told.insert(0, f"The first {ROWS_MAX:,} of {rows.num_rows:,} items; all of them stand in the file.")
    return " ".join(told)


def _note(row: Mapping[str, Any], cycle: str) -> str:
    """Why an item is as it is, in a few words."""
    parts = []
    if row["excluded"]:
        parts.append(f"kept out: {row['excluded']}")
    if row["matched"]:
        known_words = {"confirmed": "confirmed by the other side", "silence": "taken without an answer"}
        parts.append(known_words.get(row["matched"], f"matched with {row['matched']}"))
    if row["origin"] and row["origin"] != cycle:
        parts.append(f"from cycle {row['origin']}")
    if row["carried"]:
        parts.append(f"goes on to {row['carried']}")
    return "; ".join(parts)


def by_counterparty(facts: StatementFacts) -> Section | None:
    """The same, summed for each counterparty and currency, the largest first; left out where there is one item each."""
    grouped = counterparties(facts.items)
    if not 1 < grouped.num_rows < facts.items.num_rows:
        return None
    known = any(facts.names.get(code) for code in grouped["counterparty"].slice(0, _COUNTERPARTIES_MAX).to_pylist())
    columns = [Column("Member"), *([Column("Name")] if known else []), Column("Items", "count")]
    columns += [Column(heading, "money") for heading in ("Owed to it", "Owed by it", "Open to it", "Open by it")]
    rows = tuple(
        (
            row["counterparty"],
            *([facts.names.get(row["counterparty"], "")] if known else []),
            row["items"],
            *(Money(row[name], row["currency"]) for name in ("owes", "is_owed", "open_owes", "open_is_owed")),
        )
        for row in grouped.slice(0, _COUNTERPARTIES_MAX).to_pylist()
    )
    left_out = grouped.num_rows - len(rows)
    return Section(
        name="counterparties",
        title="By counterparty",
        table=Table(columns=tuple(columns), rows=rows, left_out=left_out, file="counterparties"),
    )


def counterparties(rows: pa.Table) -> pa.Table:
    """Sums of *rows* (`facts.ITEMS`); columns counterparty, currency, items, owes, is_owed, open_owes, open_is_owed; the largest first."""
    left = pc.subtract(rows["residual_minor"], rows["replaced_minor"])
    columns: dict[str, Any] = {"counterparty": rows["counterparty"], "currency": rows["currency"], "items": pa.repeat(1, rows.num_rows)}
    for side in ("owes", "is_owed"):
        mask = pc.equal(rows["side"], side)
        columns |= {side: pc.if_else(mask, rows["amount_minor"], 0), f"open_{side}": pc.if_else(mask, left, 0)}
    names = ["items", "owes", "is_owed", "open_owes", "open_is_owed"]
    grouped = pa.table(columns).group_by(["counterparty", "currency"], use_threads=False).aggregate([(name, "sum") for name in names])
    grouped = grouped.rename_columns([name.removesuffix("_sum") for name in grouped.column_names])
    turnover = pc.add(grouped["owes"], grouped["is_owed"])
    keys = [("currency", "ascending"), ("turnover", "descending"), ("counterparty", "ascending")]
    return grouped.take(pc.sort_indices(grouped.append_column("turnover", turnover), sort_keys=keys))
