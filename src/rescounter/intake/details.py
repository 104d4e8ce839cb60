"""The optional cells: due date, divisible, and the texts that name things."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.admitted import NO_DUE, WEIGHT_MAX
from rescounter.intake.rulings import CODE_OF, Codes
from rescounter.terms.names import CASH_NAME, FUND_NAME, HIDDEN_CHARACTERS

__all__ = ["as_text", "read_date", "read_divisible", "read_dues", "read_names", "read_text", "read_weights"]

_EPOCH: Final = datetime.date(1970, 1, 1)
_DAY_FIRST: Final = (datetime.date.min - _EPOCH).days
_DAY_LAST: Final = (datetime.date.max - _EPOCH).days
_DATE: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[T ][0-9:.+Z-]*)?")
_WEIGHT: Final = re.compile(r"([0-9]{1,3})(?:\.0+)?")
_DIVISIBLE: Final[Mapping[str, bool]] = MappingProxyType(
    {"yes": True, "y": True, "true": True, "1": True, "1.0": True, "no": False, "n": False, "false": False, "0": False, "0.0": False}
)


def read_date(text: str) -> datetime.date | None:
    """The day of ``2026-03-31``, ``20260331`` or a time stamp that starts so; None for anything else."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return datetime.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def as_text(cells: pa.Array) -> pa.Array:
    """Any column of cells as text; an empty text counts as no cell."""
    text = cells if pa.types.is_string(cells.type) else cells.cast(pa.string())
    return pc.if_else(pc.equal(pc.binary_length(text), 0), pa.scalar(None, pa.string()), text)


def read_dues(cells: pa.Array) -> tuple[NDArray[np.int32], Codes]:
    """Due days since 1970-01-01 (`NO_DUE` where empty) and rulings."""
    codes = np.zeros(len(cells), np.int16)
    if pa.types.is_timestamp(cells.type) or pa.types.is_date(cells.type):
        given = np.asarray(cells.cast(pa.date32()).cast(pa.int32()).fill_null(NO_DUE))
        codes[(given != NO_DUE) & ((given < _DAY_FIRST) | (given > _DAY_LAST))] = CODE_OF["not_a_date"]
        return given, codes
    distinct = pc.dictionary_encode(as_text(cells))
    dates = [read_date(text) for text in distinct.dictionary.to_pylist()]
    days = np.array([NO_DUE if date is None else (date - _EPOCH).days for date in dates] + [NO_DUE], np.int32)
    bad = np.array([date is None for date in dates] + [False])
    place = np.asarray(distinct.indices.fill_null(len(dates)))
    codes[bad[place]] = CODE_OF["not_a_date"]
    return days[place], codes


def read_divisible(cells: pa.Array) -> tuple[NDArray[np.bool_], Codes]:
    """True where the obligation may be cleared in part (also where nothing is said), and rulings."""
    distinct = pc.dictionary_encode(as_text(cells))
    answers = [_DIVISIBLE.get(text.strip().lower()) for text in distinct.dictionary.to_pylist()] + [True]
    place = np.asarray(distinct.indices.fill_null(len(answers) - 1))
    codes = np.zeros(len(cells), np.int16)
    codes[np.array([answer is None for answer in answers])[place]] = CODE_OF["not_yes_or_no"]
    return np.array([answer is not False for answer in answers])[place], codes


def read_weights(cells: pa.Array) -> tuple[NDArray[np.int8], Codes]:
    """Weights from 1 to `WEIGHT_MAX`, 1 where nothing is said, and rulings."""
    distinct = pc.dictionary_encode(as_text(cells))
    written = [_WEIGHT.fullmatch(text.strip()) for text in distinct.dictionary.to_pylist()]
    weights = [int(match[1]) if match else 0 for match in written] + [1]
    bad = np.array([not 1 <= weight <= WEIGHT_MAX for weight in weights])
    place = np.asarray(distinct.indices.fill_null(len(weights) - 1))
    codes = np.zeros(len(cells), np.int16)
    codes[bad[place]] = CODE_OF["not_a_weight"]
    return np.where(bad, 1, np.array(weights)).astype(np.int8)[place], codes


def read_names(cells: pa.Array, *, length_max: int) -> tuple[NDArray[np.int32], pa.Array, Codes]:
    """A column of few distinct texts, such as member codes.

    Returns: place in the dictionary (-1 where empty), the dictionary of distinct texts, rulings for
    hidden characters, length and reserved names.
    """
    distinct = pc.dictionary_encode(cells if pa.types.is_string(cells.type) else cells.cast(pa.string()))
    names = distinct.dictionary
    ruling = np.append(_rulings_of_texts(names, length_max), np.int16(0))
    for reserved in (FUND_NAME, CASH_NAME):
        taken = pc.index(names, pa.scalar(reserved, names.type)).as_py()
        if taken >= 0:
            ruling[taken] = CODE_OF["reserved_name"]
    place = np.asarray(distinct.indices.fill_null(-1)).astype(np.int32, copy=True)
    empty = pc.index(names, pa.scalar("", names.type)).as_py()
    if empty >= 0:
        place[place == empty] = -1
    return place, names, ruling[place] if ruling.any() else np.zeros(len(place), np.int16)


def read_text(cells: pa.Array, *, length_max: int) -> tuple[pa.Array, Codes]:
    """A column of free text, null where empty, and rulings for hidden characters and length."""
    text = as_text(cells)
    return text, _rulings_of_texts(text, length_max)


def _rulings_of_texts(text: pa.Array, length_max: int) -> Codes:
    codes = np.zeros(len(text), np.int16)
    foreign = np.flatnonzero(np.asarray(pc.invert(pc.string_is_ascii(text)).fill_null(False)))
    if len(foreign):
        written = text.take(pa.array(foreign))
        codes[foreign[np.asarray(pc.not_equal(pc.utf8_normalize(written, "NFC"), written))]] = CODE_OF["not_composed"]
    codes[np.asarray(pc.greater(pc.utf8_length(text), length_max).fill_null(False))] = CODE_OF["name_too_long"]
    codes[np.asarray(pc.match_substring_regex(text, HIDDEN_CHARACTERS).fill_null(False))] = CODE_OF["hidden_characters"]
    return codes
