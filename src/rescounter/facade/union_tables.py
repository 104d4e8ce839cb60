"""Files of members and of answers, as the acts want them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rescounter.formats.header import ANSWER_COLUMNS, MEMBER_COLUMNS, RATE_COLUMNS
from rescounter.formats.reading import read_columns
from rescounter.intake.details import as_text
from rescounter.intake.submitted import Submitted
from rescounter.terms import REFUSALS, Refusal
from rescounter.terms.refusals import shown

__all__ = ["read_answers", "read_members", "read_rates", "rows_of", "unreadable_rows"]


def read_answers(source: Path) -> tuple[list[dict[str, str]], tuple[Refusal, ...]]:
    """Answers of a file: submitter, id, answer, reason. Returns: them, and a refusal for each row that could not be split."""
    submitted = read_columns(source, ANSWER_COLUMNS)
    return [{name: text or "" for name, text in row.items()} for _, row in rows_of(submitted, ANSWER_COLUMNS)], unreadable_rows(submitted)


def read_members(source: Path) -> tuple[list[tuple[int, dict[str, Any]]], tuple[Refusal, ...]]:
    """Members of a file, each with its row: code, name and the details that are given; and a refusal for each unreadable row."""
    submitted = read_columns(source, MEMBER_COLUMNS)
    members = [(row, {name: text for name, text in cells.items() if text}) for row, cells in rows_of(submitted, MEMBER_COLUMNS)]
    return members, unreadable_rows(submitted)


def read_rates(source: Path) -> tuple[list[tuple[int, dict[str, str]]], tuple[Refusal, ...]]:
    """Rates of a file, each with its row: currency, rate, source, at as text; and a refusal for each unreadable row."""
    submitted = read_columns(source, RATE_COLUMNS)
    rates = [(row, {name: (cells.get(name) or "").strip() for name in RATE_COLUMNS}) for row, cells in rows_of(submitted, RATE_COLUMNS)]
    return rates, unreadable_rows(submitted)


def rows_of(submitted: Submitted, names: tuple[str, ...]) -> list[tuple[int, dict[str, str | None]]]:
    """The rows of a file, each with its number in it, and those of *names* that are its columns, as text."""
    columns = {name: as_text(submitted.columns[name]).to_pylist() for name in names if name in submitted.columns}
    numbers = range(1, len(submitted) + 1) if submitted.row_numbers is None else submitted.row_numbers.tolist()
    return [(number, {name: cells[place] for name, cells in columns.items()}) for place, number in enumerate(numbers)]


def unreadable_rows(submitted: Submitted) -> tuple[Refusal, ...]:
    """A refusal for each row that cannot be read."""
    rule = REFUSALS["unreadable_row"]
    return tuple(Refusal(row, "-", rule.code, shown(text), rule.allowed, rule.what_to_do) for row, text in submitted.unreadable)
