"""Columns of any Arrow type become the types of `Submitted`, without a change of value.

Two tables decide: text columns (names) become text, whatever they were stored as; the others keep
their kind. Text is trimmed, and empty text is an empty cell.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.formats.header import WHITE_SPACE
from rescounter.terms import INT64_MAX, CallerFault
from rescounter.terms.refusals import shown

__all__ = ["TEXT_COLUMNS", "column_of", "number_text", "one_array", "trimmed_text"]

TEXT_COLUMNS: Final = frozenset({"debtor", "creditor", "member", "id", "currency", "class", "reference", "payer", "account", "remittance"})
"""Columns that name something: a number in them is a code that lost its quotes."""

_INTEGRAL_BELOW: Final = 1e16
_STRING_BYTES_MAX: Final = 2**31 - 1


def number_text(number: float) -> str:
    """The text that a number in a text column stands for: 101.0 is the code 101."""
    if number.is_integer() and abs(number) < _INTEGRAL_BELOW:
        return str(int(number))
    return repr(number)


def one_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """One contiguous array, as large_string where 32-bit offsets would not do."""
    if isinstance(column, pa.Array):
        return column
    kind = column.type
    if (pa.types.is_string(kind) or pa.types.is_binary(kind)) and column.nbytes > _STRING_BYTES_MAX:
        column = column.cast(pa.large_string() if pa.types.is_string(kind) else pa.large_binary())
    if column.num_chunks == 1:
        return column.chunk(0)
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)


def trimmed_text(text: pa.Array) -> pa.Array:
    """Text without `WHITE_SPACE` around it; null where nothing is left."""
    text = pc.utf8_trim(text, characters=WHITE_SPACE)
    empty = pc.equal(pc.binary_length(text), 0)
    return pc.if_else(empty, pa.scalar(None, text.type), text) if pc.any(empty).as_py() else text


def column_of(name: str, column: pa.ChunkedArray | pa.Array) -> tuple[pa.Array, NDArray[np.bool_] | None]:
    """The cells of column *name* as `Submitted` wants them.

    Returns: the array, and the mask of binary floating-point cells when they were written as text.
    Refuses: lists, structs and other types that hold no single value (column_type).
    """
    try:
        return _cells_of(name, _decoded(name, one_array(column)))
    except pa.ArrowException as error:
        raise CallerFault("column_type", f"the column {name} cannot be read: {shown(str(error))}", column=name) from error


def _cells_of(name: str, cells: pa.Array) -> tuple[pa.Array, NDArray[np.bool_] | None]:
    kind = cells.type
    if pa.types.is_null(kind):
        return pa.nulls(len(cells), pa.string()), None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return trimmed_text(cells), None
    if name in TEXT_COLUMNS:
        return _as_name(name, cells), None
    if name in ("divisible", "weight") and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return _as_name(name, cells), None
    if pa.types.is_integer(kind):
        return _integers(cells), None
    if pa.types.is_floating(kind):
        return _floats(cells)
    if pa.types.is_decimal(kind):
        return _decimals(cells), None
    if pa.types.is_boolean(kind) or pa.types.is_timestamp(kind) or pa.types.is_date32(kind):
        return cells, None
    if pa.types.is_date64(kind):
        return cells.cast(pa.timestamp("ms")), None
    raise _wrong_type(name, kind)


def _decoded(name: str, cells: pa.Array) -> pa.Array:
    """Strip what only says how the values are stored: extension, dictionary, run ends, views, bytes."""
    if isinstance(cells, pa.ExtensionArray):
        cells = cells.storage
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    elif pa.types.is_run_end_encoded(cells.type):
        cells = pc.run_end_decode(cells)
    kind = cells.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return pc.local_timestamp(cells)  # the day on the wall there, not in Greenwich
    if pa.types.is_string_view(kind):
        return cells.cast(pa.large_string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        try:
            return cells.cast(pa.large_string())
        except pa.ArrowInvalid as error:
            raise CallerFault("column_type", f"the column {name} holds bytes that are no UTF-8 text", column=name) from error
    return cells


def _as_name(name: str, cells: pa.Array) -> pa.Array:
    kind = cells.type
    if pa.types.is_integer(kind) or pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return cells.cast(pa.string())
    if pa.types.is_boolean(kind):
        return cells.cast(pa.string())
    if pa.types.is_decimal(kind):
        return pa.array([None if value is None else format(value, "f") for value in cells.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        known = [None if value is None or value != value else number_text(value) for value in _shortest(cells)]
        return pa.array(known, pa.string())
    raise _wrong_type(name, kind)


def _shortest(cells: pa.Array) -> list[float | None]:
    """Floats whose `repr` is the shortest decimal of the width in which they were stored."""
    if pa.types.is_float64(cells.type):
        return list(cells.to_pylist())
    return [None if value is None else float(text) for value, text in zip(cells.to_pylist(), _float_texts(cells), strict=True)]


def _float_texts(cells: pa.Array) -> list[str]:
    width = np.float32 if pa.types.is_float32(cells.type) else np.float16
    values = np.asarray(cells.cast(pa.float32()).fill_null(0)).astype(width)
    return [
        repr(float(np.format_float_positional(value, unique=True, trim="-"))) if np.isfinite(value) else repr(float(value))
        for value in values
    ]


def _integers(cells: pa.Array) -> pa.Array:
    if pa.types.is_uint64(cells.type):
        largest = pc.max(cells).as_py()
        return cells.cast(pa.decimal128(20, 0)) if largest is not None and largest > INT64_MAX else cells.cast(pa.int64())
    return cells.cast(pa.int64())


def _floats(cells: pa.Array) -> tuple[pa.Array, NDArray[np.bool_] | None]:
    if pa.types.is_float64(cells.type):
        return cells, None
    texts = [None if empty else text for text, empty in zip(_float_texts(cells), cells.is_null().to_pylist(), strict=True)]
    return pa.array(texts, pa.string()), np.asarray(cells.is_valid())


def _decimals(cells: pa.Array) -> pa.Array:
    """decimal128 stays; other widths and negative scales become text in plain digits, exactly."""
    if pa.types.is_decimal128(cells.type) and cells.type.scale >= 0:
        return cells
    return pa.array([None if value is None else format(value, "f") for value in cells.to_pylist()], pa.string())


def _wrong_type(name: str, kind: pa.DataType) -> CallerFault:
    return CallerFault(
        "column_type", f"the column {name} is of type {kind}; it must hold text, numbers or dates", column=name, type=str(kind)
    )
