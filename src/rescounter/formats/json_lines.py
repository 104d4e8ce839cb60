"""JSON Lines, and an array of JSON objects: each object is a row, its names are the columns.

Numbers keep the digits that the file holds: 0.1 is the text 0.1, never a binary float. Row n is the
n-th line (or the n-th element of an array); blank lines are no rows, but they count.
"""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from rescounter.formats.cells import trimmed_text
from rescounter.formats.header import Header, match_header, trimmed
from rescounter.intake.submitted import Submitted
from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["read_json"]

_ROWS_AT_ONCE: Final = 65_536
_TEXT_LENGTH_MAX: Final = 200
_GAP: Final = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class _Unusable:
    """What stands in the place of a row that cannot be taken."""

    why: str


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows packed by name as the file spells it; only names that can be meant are kept."""

    numbers: Sequence[int]
    columns: Mapping[str, pa.Array]
    names: Mapping[str, None]
    unreadable: Sequence[tuple[int, str]]


def read_json(data: bytes, *, name: str, wanted: Mapping[str, str]) -> tuple[Submitted, Header]:
    """All objects of a text in UTF-8.

    Refuses: no object at all, names that are missing or ambiguous, a text that ends inside an object.
    """
    folded = {trimmed(found).casefold() for found in wanted.values()}
    values = iter(_elements(data, name) if data.lstrip()[:1] == b"[" else _lines(data, name))
    batches = []
    while rows := list(itertools.islice(values, _ROWS_AT_ONCE)):
        batches.append(_packed(rows, folded))
    unreadable = tuple(itertools.chain.from_iterable(batch.unreadable for batch in batches))
    if not any(batch.numbers for batch in batches):
        if not unreadable:
            raise CallerFault("no_rows", f"{name} holds no object")
        raise CallerFault(
            "input_not_a_table", f"{name} begins as JSON, but has no object on a line of its own; row 1: {shown(unreadable[0][1])}"
        )
    names = list(dict.fromkeys(itertools.chain.from_iterable(batch.names for batch in batches)))
    header = match_header(names, wanted)
    columns = {column: _joined(batches, names[place]) for column, place in header.places.items()}
    numbers = np.fromiter(itertools.chain.from_iterable(batch.numbers for batch in batches), np.int64)
    plain = np.array_equal(numbers, np.arange(1, len(numbers) + 1))
    return Submitted(columns, None if plain else numbers, unreadable), header


def _joined(batches: Sequence[_Batch], name: str) -> pa.Array:
    parts = [batch.columns.get(name, pa.nulls(len(batch.numbers), pa.string())) for batch in batches]
    return trimmed_text(pa.concat_arrays(parts))


def _packed(values: Sequence[tuple[int, Any]], folded: set[str]) -> _Batch:
    rows = [(number, value) for number, value in values if isinstance(value, dict)]
    unreadable = [(number, _why_no_row(value)) for number, value in values if not isinstance(value, dict)]
    names = dict.fromkeys(itertools.chain.from_iterable(row for _, row in rows))
    kept = [name for name in names if trimmed(name).casefold() in folded]
    try:
        columns = _columns([row for _, row in rows], kept)
    except (pa.ArrowException, UnicodeEncodeError):  # cells that are no text: look at each
        plain = [(number, _plain_row(row, kept)) for number, row in rows]
        unreadable += [(number, row.why) for number, row in plain if isinstance(row, _Unusable)]
        good = [(number, row) for number, row in plain if isinstance(row, dict)]
        columns = _columns([row for _, row in good], kept)
        return _Batch([number for number, _ in good], columns, names, sorted(unreadable))
    return _Batch([number for number, _ in rows], columns, names, unreadable)


def _columns(rows: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, pa.Array]:
    return {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}


def _plain_row(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, str | None] | _Unusable:
    plain: dict[str, str | None] = {}
    for name in names:
        cell = row.get(name)
        if isinstance(cell, bool):
            plain[name] = "true" if cell else "false"
        elif cell is None or (isinstance(cell, str) and not _has_surrogate(cell)):
            plain[name] = cell
        else:
            return _Unusable(f"{shown(name)} is no text, number, true, false or null")
    return plain


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _why_no_row(value: object) -> str:
    return value.why if isinstance(value, _Unusable) else f"no object, but {shown(value)}"


def _object(pairs: list[tuple[str, Any]]) -> Any:
    row = dict(pairs)
    if len(row) < len(pairs):
        return _Unusable("an object with the same name twice")
    return row


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_object, parse_float=str, parse_int=str, parse_constant=str)


def _lines(data: bytes, name: str) -> Iterator[tuple[int, Any]]:
    decode = _decoder().decode
    for number, line in enumerate(io.BytesIO(data), 1):
        text = line.decode()
        if not text.strip():
            continue
        try:
            yield number, decode(text)
        except (ValueError, RecursionError) as error:
            if not text.endswith("\n") and text.lstrip().startswith("{"):
                raise CallerFault("input_truncated", f"{name} ends in the middle of line {number}: {shown(text)}", row=number) from error
            yield number, _Unusable(text[:_TEXT_LENGTH_MAX].rstrip())


def _elements(data: bytes, name: str) -> Iterator[tuple[int, Any]]:
    """The elements of an array; behind a broken one nothing can be told apart, so it ends the reading."""
    text = data.decode()
    decode = _decoder().raw_decode
    place = _gap(text, text.index("[") + 1)
    number = 0
    while text[place : place + 1] != "]":
        number += 1
        try:
            value, place = decode(text, place)
        except (ValueError, RecursionError) as error:
            raise _broken(text, name, number) from error
        yield number, value
        place = _gap(text, place)
        if text[place : place + 1] == ",":
            place = _gap(text, place + 1)
        elif text[place : place + 1] != "]":
            raise _broken(text, name, number)
    if _gap(text, place + 1) != len(text):
        raise CallerFault("input_damaged", f"{name} goes on behind the end of its JSON array")


def _gap(text: str, place: int) -> int:
    match = _GAP.match(text, place)
    return match.end() if match else place


def _broken(text: str, name: str, number: int) -> CallerFault:
    if text.rstrip().endswith("]"):
        return CallerFault("input_damaged", f"{name} holds a JSON array that cannot be read from element {number} on", row=number)
    return CallerFault("input_truncated", f"{name} ends in the middle of its JSON array, at element {number}", row=number)
