import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.terms import INT64_MAX, BrokenLaw, Exponents, Money, apportion, format_minor, parse_minor
from rescounter.terms.names import closest, order_of_id
from tests.exact_oracle import shares


@pytest.mark.parametrize(
    ("text", "exponent", "minor"),
    [("0", 2, 0), ("1", 2, 100), ("1.5", 2, 150), ("-12.34", 2, -1234), ("+7", 0, 7), (".5", 1, 5), ("7.", 0, 7), ("007.10", 1, 71),
     ("100.00", 0, 100), ("92233720368547758.07", 2, INT64_MAX), ("0.001", 3, 1)],
)  # fmt: skip
def test_a_plain_decimal_is_read_exactly(text, exponent, minor):
    assert parse_minor(text, exponent) == minor


@pytest.mark.parametrize("text", ["", " 1", "1 ", "1,5", "1e5", "NaN", "Infinity", "0x1", "١٢", "1.2.3", "--1", ".", "1_000"])
def test_what_is_no_plain_decimal_is_not_read(text):
    with pytest.raises(ValueError, match="no plain decimal"):
        parse_minor(text, 2)


def test_a_digit_behind_the_last_one_of_the_currency_is_never_rounded_away():
    with pytest.raises(ValueError, match="3 decimal digits, at most 2"):
        parse_minor("1.005", 2)


@pytest.mark.parametrize("text", ["92233720368547758.08", "9" * 5000])
def test_an_amount_beyond_int64_is_not_read(text):
    with pytest.raises(ValueError, match="64-bit"):
        parse_minor(text, 2)


@given(st.integers(-INT64_MAX, INT64_MAX), st.integers(0, 8))
def test_what_is_printed_is_read_back(minor, exponent):
    assert parse_minor(format_minor(minor, exponent), exponent) == minor


@pytest.mark.parametrize(
    ("minor", "exponent", "text"), [(123456789, 2, "1,234,567.89"), (-5, 2, "-0.05"), (1000, 0, "1,000"), (0, 3, "0.000")]
)
def test_money_is_printed_with_groups_for_people(minor, exponent, text):
    assert format_minor(minor, exponent, group=",") == text


@given(st.integers(-(10**20), 10**20), st.lists(st.integers(0, 10**18), min_size=1, max_size=12).filter(any))
def test_apportioning_loses_no_unit_and_follows_the_largest_remainder(total, weights):
    parts = apportion(total, weights)
    assert sum(parts) == total
    sign = -1 if total < 0 else 1
    assert [sign * part for part in parts] == shares(abs(total), weights)


def test_units_left_over_go_to_the_earlier_of_equal_remainders():
    assert apportion(2, [1, 1, 1]) == [1, 1, 0]


def test_nothing_cannot_be_the_base_of_a_split():
    with pytest.raises(BrokenLaw, match="something_to_split_by"):
        apportion(1, [0, 0])
    assert apportion(0, [0, 0]) == [0, 0]


def test_money_of_two_currencies_does_not_add():
    with pytest.raises(BrokenLaw, match="one_currency"):
        Money(1, "EUR") + Money(1, "USD")


def test_money_is_bounded_and_whole():
    assert (Money(3, "EUR") - Money(5, "EUR")).minor == -2
    assert Money(10, "EUR").apportion([1, 1, 1])[0] == Money(4, "EUR")
    assert Money(123456, "EUR").format(2) == "1,234.56 EUR"
    for wrong in (INT64_MAX + 1, 1.0, True):
        with pytest.raises(BrokenLaw):
            Money(wrong, "EUR")


@pytest.mark.parametrize(
    ("code", "digits"),
    [("EUR", 2), ("JPY", 0), ("BHD", 3), ("IQD", 3), ("CLF", 4), ("XXX", 0), ("XAU", None), ("HRK", None), ("eur", None)],
)
def test_digits_of_a_currency_come_from_iso_4217(code, digits):
    assert Exponents().of(code) == digits


def test_a_rulebook_may_declare_digits():
    assert Exponents(declared={"XAU": 3}).of("XAU") == 3


def test_ids_of_digits_stand_first_and_in_the_order_of_numbers():
    assert sorted(["b", "10", "9", "a", "1", "A-2"], key=order_of_id) == ["1", "9", "10", "A-2", "a", "b"]


def test_a_mistyped_name_gets_a_hint():
    assert closest("ANNA", ["ANA", "BO"]) == "; did you mean 'ANA'?"
    assert closest("zzz", ["ANA", "BO"]) == ""
