"""The column-wise reading of amounts agrees with its definition, cell by cell."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rescounter.intake.amounts import read_amount, read_amounts, without_groups
from rescounter.intake.rulings import CODES
from rescounter.terms import INT64_MAX

digits = st.integers(-1, 8)
texts = st.one_of(
    st.none(),
    st.from_regex(r"[+-]?[0-9]{1,20}(\.[0-9]{0,9})?", fullmatch=True),
    st.sampled_from(["", ".", "1.", ".5", "-0", "1e3", "NaN", "1,5", "9223372036854775807", "9223372036854775808", "92233720368547758.07"]),
    st.text(max_size=5),
)


def one_by_one(cells, exponents, *, binary=False):
    minors, codes = [], []
    for cell, exponent in zip(cells, exponents, strict=True):
        minor, code = read_amount(cell, None if exponent < 0 else exponent, binary=binary)
        minors.append(minor)
        codes.append(code)
    return minors, codes


def column_wise(array, exponents, *, binary=None, decimal=None):
    minor, codes = read_amounts(array, np.array(exponents, np.int8), binary=binary, decimal=decimal)
    return minor.tolist(), [CODES[code] for code in codes]


@given(st.lists(st.tuples(texts, digits), max_size=20))
@example([("1", 0), (None, 2), ("9" * 18, 0), ("0.5", 0), ("00000000000000000001", 2)])
def test_texts_are_read_alike(cells):
    column, exponents = [cell for cell, _ in cells], [exponent for _, exponent in cells]
    assert column_wise(pa.array(column, pa.string()), exponents) == one_by_one(column, exponents)


@given(st.lists(st.tuples(st.floats(width=64), digits), max_size=20))
@example([(0.1, 1), (0.1, 2), (1e22, 0), (2.0**53, 0), (2.0**53 - 1, 0), (4503599627370497.5, 1), (1e-7, 8), (-0.0, 2)])
@example([(0.30000000000000004, 2), (1.005, 2), (1e15 + 0.3, 1), (45035996273704.97, 2), (90071992547409.91, 2), (90071992547409.92, 2)])
def test_floating_point_cells_are_read_as_their_shortest_decimal(cells):
    column, exponents = [cell for cell, _ in cells], [exponent for _, exponent in cells]
    expected = one_by_one([repr(cell) for cell in column], exponents, binary=True)
    assert column_wise(pa.array(column, pa.float64()), exponents) == expected
    text = pa.array([repr(cell) for cell in column], pa.string())
    assert column_wise(text, exponents, binary=np.ones(len(column), bool)) == expected


@given(st.integers(1, 2**53 - 1), st.integers(0, 8))
def test_every_amount_below_two_to_the_53_survives_a_floating_point_cell(minor, exponent):
    text = f"{minor // 10**exponent}.{minor % 10**exponent:0{exponent}d}" if exponent else str(minor)
    found, code = column_wise(pa.array([float(text)]), [exponent])
    digits = len(str(minor))
    if digits <= 15:
        assert (found, code) == ([minor], [""])
    else:
        assert code != [""] or found == [minor] or abs(found[0] - minor) <= math.ulp(float(text)) * 10**exponent


@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(-(2**63), INT64_MAX)), digits), max_size=20))
def test_integers_are_read_alike(cells):
    column, exponents = [cell for cell, _ in cells], [exponent for _, exponent in cells]
    expected = one_by_one([None if cell is None else str(cell) for cell in column], exponents)
    assert column_wise(pa.array(column, pa.int64()), exponents) == expected


def test_decimals_and_unsigned_integers_are_read_alike():
    from decimal import Decimal

    cells = [Decimal("1.50"), Decimal("0.00"), Decimal("-2.00"), Decimal("1.55"), None, Decimal("99999999999999999999.00")]
    found = column_wise(pa.array(cells, pa.decimal128(38, 2)), [1] * 6)
    assert found == ([15, 0, 0, 0, 0, 0], ["", "zero_amount", "negative_amount", "too_precise", "missing_field", "beyond_int64"])
    assert column_wise(pa.array([2**64 - 1, 5], pa.uint64()), [0, 0]) == ([0, 5], ["beyond_int64", ""])


@pytest.mark.parametrize(
    ("text", "decimal", "plain"),
    [("1.234,56", ",", "1234.56"), ("1234,5", ",", "1234.5"), ("1 234 567", ",", "1234567"), ("1'234.50", ".", "1234.50"),
     ("1.234", ",", "1234"), ("1,234.56", ".", "1234.56"), ("-1.234,00", ",", "-1234.00")],
)  # fmt: skip
def test_separators_between_thousands_are_taken_out(text, decimal, plain):
    assert without_groups(text, decimal) == plain


@pytest.mark.parametrize(
    ("text", "decimal"), [("1.23", ","), ("1.234.5,0", ","), ("12,34,567", "."), ("1,234,56", "."), ("1.234'567,0", ",")]
)
def test_wrong_groups_stay_unreadable(text, decimal):
    assert read_amount(without_groups(text, decimal), 2) == (0, "not_a_number")
