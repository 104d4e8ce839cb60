"""Cells become minor units, exactly: the common cells column-wise, the rest one by one.

`read_amount` is the definition. The column-wise paths answer only where they are sure to agree with
it (a property test compares the two); every other row goes through it.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.rulings import CODE_OF, Codes
from rescounter.terms import INT64_MAX
from rescounter.terms.money import read_decimal

__all__ = ["read_amount", "read_amounts", "without_groups"]

_FLOAT_EXACT: Final = 2**53
"""From here on a binary floating-point cell does not tell one whole number from the next."""

_FLOAT_SURE: Final = 2**52
"""Below this, the double nearest to a decimal has that decimal as its shortest form."""

_PLAIN: Final = r"^[0-9]{1,17}(\.[0-9]{1,8})?$"
_DIGITS_SURE: Final = 18
_GROUPS: Final = ",.'\u2019\u00a0\u202f "


def read_amount(text: str | None, exponent: int | None, *, binary: bool = False) -> tuple[int, str]:
    """Minor units of one cell, or the code of the rule that it breaks.

    Args: *text* a plain decimal; of a *binary* floating-point cell its shortest round-trip form,
    powers of ten allowed. *exponent*: digits of the currency, None when it has none.
    Returns: (minor units > 0, "") or (0, code); the code of lowest precedence.
    """
    if text is None or text == "":
        return 0, "missing_field"
    parts = read_decimal(_written_out(text) if binary else text)
    if parts is None:
        return 0, "not_a_number"
    negative, whole, fraction = parts
    if not whole and not fraction:
        return 0, "zero_amount"
    if negative:
        return 0, "negative_amount"
    if exponent is None:  # how precise it may be is unknown, but some numbers are too large in any currency
        return 0, "beyond_int64" if len(whole) > 19 or int(whole or "0") > INT64_MAX else "unknown_currency"
    if len(fraction) > exponent:
        return 0, "too_precise"
    minor = int(whole + fraction.ljust(exponent, "0")) if len(whole) <= 400 else INT64_MAX + 1
    if binary and minor >= _FLOAT_EXACT:
        return 0, "beyond_exact_float"
    return (0, "beyond_int64") if minor > INT64_MAX else (minor, "")


def _written_out(text: str) -> str:
    """``1e+16`` as ``10000000000000000``; NaN and infinity as they are."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format(number, "f") if number.is_finite() else text


def without_groups(text: str, decimal: str) -> str:
    """A number with separators between thousands as a plain decimal: ``1.234,56`` with *decimal* ``,``.

    Text that is no such number comes back unchanged, for `read_amount` to refuse; where *decimal* is a
    comma, a plain decimal with a point is made unreadable, since its point would be a separator.
    """
    match = re.fullmatch(_grouped_pattern(decimal), text)
    if match is None:
        return text if decimal == "." else text.replace(".", "?")
    for separator in _GROUPS.replace(decimal, ""):
        text = text.replace(separator, "")
    return text.replace(decimal, ".")


def _grouped_pattern(decimal: str) -> str:
    """One kind of separator between groups of three, or none; the rule of both forms below."""
    point = re.escape(decimal)
    grouped = "|".join(rf"[0-9]{{1,3}}(?:{re.escape(mark)}[0-9]{{3}})+" for mark in _GROUPS.replace(decimal, ""))
    return rf"[+-]?(?:[0-9]+|{grouped})(?:{point}[0-9]*)?"


def read_amounts(
    cells: pa.Array, exponent: NDArray[np.int8], *, binary: NDArray[np.bool_] | None, decimal: str | None
) -> tuple[NDArray[np.int64], Codes]:
    """`read_amount` for a column.

    Args: *cells* of any type of `Submitted`; *exponent* int8[n], -1 where the currency has none;
    *binary* marks floating-point cells of a column of text; *decimal* is None, "." or ",".
    Returns: minor units (0 where refused) and rulings, both of length n.
    """
    if pa.types.is_integer(cells.type) and not pa.types.is_uint64(cells.type):
        return _from_integers(cells, exponent)
    if pa.types.is_floating(cells.type):
        return _from_floats(cells.cast(pa.float64()), exponent)
    text = cells if pa.types.is_large_string(cells.type) else cells.cast(pa.string())
    exact = pa.types.is_decimal(cells.type)
    if decimal is not None and not exact:
        text = _plain_texts(text, decimal, binary)
    minor, codes, sure = _from_plain_texts(text, exponent)
    if binary is not None:
        sure &= ~binary | (minor < _FLOAT_EXACT)
    rest = np.flatnonzero(~sure)
    for row, value in zip(rest.tolist(), text.take(pa.array(rest)).to_pylist(), strict=True):
        digits = None if exponent[row] < 0 else int(exponent[row])
        plain = _written_out(value) if exact and value is not None else value
        minor[row], code = read_amount(plain, digits, binary=binary is not None and bool(binary[row]))
        codes[row] = CODE_OF[code]
    return minor, codes


def _plain_texts(text: pa.Array, decimal: str, binary: NDArray[np.bool_] | None) -> pa.Array:
    plain = [
        value if value is None or (binary is not None and binary[row]) else without_groups(value, decimal)
        for row, value in enumerate(text.to_pylist())
    ]
    return pa.array(plain, pa.string())


def _scaled(value: NDArray[np.int64], exponent: NDArray[np.int8]) -> tuple[NDArray[np.int64], Codes]:
    """Whole major units times the currency's power of ten, with every ruling that integers can have."""
    power = 10 ** np.maximum(exponent, 0).astype(np.int64)
    codes = np.zeros(len(value), np.int16)
    codes[exponent < 0] = CODE_OF["unknown_currency"]
    codes[value > INT64_MAX // power] = CODE_OF["beyond_int64"]
    codes[value < 0] = CODE_OF["negative_amount"]
    codes[value == 0] = CODE_OF["zero_amount"]
    minor = np.where(codes == 0, value, 0) * np.where(codes == 0, power, 1)
    return minor, codes


def _from_integers(cells: pa.Array, exponent: NDArray[np.int8]) -> tuple[NDArray[np.int64], Codes]:
    value = np.asarray(cells.fill_null(0).cast(pa.int64()))
    minor, codes = _scaled(value, exponent)
    if cells.null_count:
        codes[np.asarray(cells.is_null())] = CODE_OF["missing_field"]
    return minor, codes


def _from_floats(cells: pa.Array, exponent: NDArray[np.int8]) -> tuple[NDArray[np.int64], Codes]:
    """A double x is the decimal m/10^e with few digits iff dividing m by 10^e gives x back.

    Division by a power of ten up to 10^22 is correctly rounded, so the quotient is the double nearest
    to that decimal; below 2^52 units no other decimal of so few digits is nearest to it.
    """
    value = np.asarray(cells.fill_null(np.nan))
    power = 10.0 ** np.maximum(exponent, 0)
    with np.errstate(invalid="ignore", over="ignore"):
        candidate = np.rint(value * power)
        sure = (candidate >= 1) & (candidate < _FLOAT_SURE) & (candidate / power == value) & (exponent >= 0)
    minor = np.where(sure, candidate, 0).astype(np.int64)
    codes = np.zeros(len(value), np.int16)
    empty = np.asarray(cells.is_null())
    for row in np.flatnonzero(~sure).tolist():
        digits = int(exponent[row])
        text = None if empty[row] else repr(float(value[row]))
        minor[row], code = read_amount(text, None if digits < 0 else digits, binary=True)
        codes[row] = CODE_OF[code]
    return minor, codes


def _from_plain_texts(text: pa.Array, exponent: NDArray[np.int8]) -> tuple[NDArray[np.int64], Codes, NDArray[np.bool_]]:
    """Unsigned decimals of at most 18 digits, column-wise; *sure* is False where this does not answer."""
    digits = pc.replace_substring(text, ".", "", max_replacements=1)
    length = pc.utf8_length(text)
    plain = pc.and_(pc.match_substring_regex(text, _PLAIN), pc.less_equal(pc.utf8_length(digits), _DIGITS_SURE))
    sure = np.asarray(plain.fill_null(False)).copy()
    value = np.asarray(pc.if_else(pa.array(sure), digits, "0").cast(pa.int64()))
    point = np.asarray(pc.find_substring(text, ".").fill_null(-1))
    fraction = np.where(point >= 0, np.asarray(length.fill_null(0)) - point - 1, 0)
    missing = np.maximum(exponent, 0).astype(np.int64) - np.where(sure, fraction, 0)
    power = 10 ** np.clip(missing, 0, _DIGITS_SURE)
    sure &= (missing >= 0) & (exponent >= 0) & (value > 0) & (value <= INT64_MAX // power)
    minor = np.where(sure, value, 0) * np.where(sure, power, 1)
    return minor, np.zeros(len(minor), np.int16), sure
