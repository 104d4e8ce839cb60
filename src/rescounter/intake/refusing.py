"""Rulings become refusals: what was found, what is allowed, which rule, what to do."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from rescounter.terms import REFUSALS, Exponents, Refusal
from rescounter.terms.refusals import shown
from rescounter.terms.tables import REFUSALS_TABLE

__all__ = ["Row", "refusals_table", "refuse"]

_TOTAL: Final = re.compile(
    r"(grand |sub)?-?(total|sum|summe|gesamt|gesamtsumme|somme|suma|totale|ukupno|skupaj|итого|всего)s?:?", re.IGNORECASE
)
_COMMA: Final = re.compile(r"[+-]?[0-9.'\u2019\u00a0\u202f ]*,[0-9]+")
_GROUPED_POINT: Final = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_SERIAL: Final = re.compile(r"[0-9]{5}(\.[0-9]+)?")
_SERIAL_EPOCH: Final = datetime.date(1899, 12, 30)
_FIELD_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "unknown_currency": ("currency",),
    "duplicate_id": ("id",),
    "repeated_row": ("id",),
    "not_a_date": ("due",),
    "not_yes_or_no": ("divisible",),
    "not_a_weight": ("weight",),
    "currency_sum_beyond_int64": ("currency",),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One bad row as text: its number, its id, and every cell that was handed in."""

    number: int
    id: str
    cells: Mapping[str, str | None]

    @property
    def amount_column(self) -> str:
        """Which of the two amount columns the table has."""
        return "amount_minor" if "amount_minor" in self.cells else "amount"

    @property
    def currency(self) -> str:
        """The currency of the row as handed in, XXX when empty."""
        return self.cells.get("currency") or "XXX"


def refuse(row: Row, code: str, *, exponents: Exponents, field: str = "") -> Refusal:
    """The refusal of one row; *field* names the cell when the code alone does not."""
    rule = REFUSALS[code]
    allowed, remedy = rule.allowed, rule.what_to_do
    if code == "too_precise":
        digits = exponents.of(row.currency) if row.amount_column == "amount" else 0
        allowed = f"at most {digits} decimal digits in {row.currency}" if row.amount_column == "amount" else "whole minor units"
    return Refusal(row.number, row.id, code, _found(row, code, field), allowed, _hint(row, code) or remedy)


def _found(row: Row, code: str, field: str) -> str:
    if code == "self_obligation":
        return f"{shown(row.cells.get('debtor'))} owes itself"
    if code == "missing_field":
        empty = [name for name in ("debtor", "creditor", row.amount_column) if not row.cells.get(name)]
        return ", ".join(empty) + " (empty)"
    if code == "duplicate_id":
        return f"id {shown(row.id)} with other content in another row"
    names = (field,) if field else _FIELD_OF.get(code, (row.amount_column,))
    found = ", ".join(f"{name} {shown(row.id if name == 'id' else row.cells.get(name))}" for name in names)
    return f"{found} {row.currency}" if code == "too_precise" and row.amount_column == "amount" else found


def _hint(row: Row, code: str) -> str:
    """A remedy for what spreadsheets commonly do, or nothing."""
    amount = (row.cells.get(row.amount_column) or "").strip()
    if code == "missing_field":
        names = [row.cells.get(name) or "" for name in ("debtor", "creditor", "id", "reference")]
        if any(_TOTAL.fullmatch(name.strip()) for name in names) or (amount and not any(names[:2])):
            return "This looks like a totals row: delete it."
    if code == "not_a_number":
        return _hint_of_number(amount)
    if code == "too_precise":
        return _hint_of_precision(row, amount)
    if code == "not_a_date":
        return _hint_of_date((row.cells.get("due") or "").strip())
    if code == "unknown_currency" and row.currency.strip().upper() != row.currency and Exponents().lists(row.currency.strip().upper()):
        return f"Write {row.currency.strip().upper()}."
    return ""


def _hint_of_precision(row: Row, amount: str) -> str:
    if re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", amount):
        return "If the point separates thousands, say --decimal , ; else round it at the source."
    if re.fullmatch(r"[0-9]+\.[0-9]{9,}", amount):
        return "The spreadsheet computed this number: round it there (ROUND), where both parties agree on the result."
    if row.amount_column == "amount" and not row.cells.get("currency"):
        return "Name the currency in a column currency, or say --exponent XXX=2 if all amounts have two digits."
    return ""


def _hint_of_number(amount: str) -> str:
    if _GROUPED_POINT.fullmatch(amount):
        return "If the comma separates thousands, say --decimal . ; if it is the decimal sign, say --decimal ,"
    if _COMMA.fullmatch(amount):
        return "If the comma is the decimal sign, say --decimal ,"
    if re.fullmatch(r"[0-9]{1,3}([.'\u2019\u00a0\u202f ][0-9]{3})+", amount):
        return "If the mark separates thousands, say --decimal , (or --decimal . where the point is the decimal sign)."
    if re.fullmatch(r"\([0-9.,]+\)|[0-9.,]+-", amount):
        return "This is how books write a negative amount: swap debtor and creditor if it is a credit note."
    if re.fullmatch(r"[^0-9]{1,4} ?[0-9.,]+|[0-9.,]+ ?[^0-9]{1,4}", amount):
        return "Write the number alone; the currency has a column of its own."
    if amount.startswith("#"):
        return "The spreadsheet shows an error in this cell: mend its formula."
    if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", amount):
        return "The number is shortened to a power of ten: write it with all its digits."
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", amount):
        return "The spreadsheet took the number for a date: format the column as a number."
    if amount.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        return "The program that wrote the file had no number here: fill the cell."
    return ""


def _hint_of_date(due: str) -> str:
    if _SERIAL.fullmatch(due):
        day = _SERIAL_EPOCH + datetime.timedelta(days=int(due.split(".")[0]))
        return f"This looks like a spreadsheet's serial number for {day.isoformat()}: format the column as a date."
    if re.fullmatch(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}", due):
        return "Day and month can be mistaken for each other here: write the date as year-month-day."
    return ""


def refusals_table(refusals: Iterable[Refusal]) -> pa.Table:
    """The table of refusals, in order of rows."""
    ordered = sorted(refusals, key=lambda refusal: (refusal.row, refusal.code))
    columns = {name: [getattr(refusal, name) for refusal in ordered] for name in REFUSALS_TABLE.names}
    return pa.table(columns, schema=REFUSALS_TABLE)
