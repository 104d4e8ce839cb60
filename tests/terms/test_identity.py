"""Codes of parties: the forms of the standards, check digits, and nothing that only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.ledger.notes import SigningKey, Verifier
from rescounter.terms import CallerFault
from rescounter.terms.identity import is_bic, is_code, is_country, is_iban, is_lei, is_text, is_verifier_key

KEY = SigningKey("ana", bytes(range(32))).verifier.text()

GOOD = [
    (is_lei, "5493001KJTIIGC8Y1R12"),
    (is_lei, "213800KUD8LAJWSQ9D15"),
    (is_bic, "DEUTDEFF"),
    (is_bic, "LJBASI2XXXX"),
    (is_iban, "SI56192001234567892"),
    (is_iban, "GB29NWBK60161331926819"),
    (is_iban, "DE89370400440532013000"),
    (is_country, "SI"),
    (is_country, "BR"),
    (is_code, "ANA"),
    (is_code, "Muller & Sons"),
    (is_verifier_key, KEY),
]
BAD = [
    (is_lei, ["", "5493001KJTIIGC8Y1R13", "5493001kjtiigc8y1r12", "5493001KJTIIGC8Y1R1", " 5493001KJTIIGC8Y1R12", "5493-001KJTIIGC8Y1R12"]),
    (is_bic, ["", "DEUTDEF", "DEUTZZFF", "deutdeff", "DEUT DEFF", "DEUTDEFFX"]),
    (is_iban, ["", "SI56192001234567893", "SI56 1920 0123 4567 892", "si56192001234567892", "XX56192001234567892", "SI5619200123456789"]),
    (is_country, ["", "UK", "si", "SVN", "XK", "ZZ"]),
    (is_code, ["", "*", "**", " ANA", "ANA ", "A" * 65, "AN\u200bA", "A\nB", "Mu\u0308ller"]),
    (is_verifier_key, ["", "ana", KEY[:-1], KEY.replace("ana", "bo"), KEY.replace("+", "-"), "a na" + KEY[3:], KEY + "="]),
]


@pytest.mark.parametrize(("is_such", "code"), GOOD)
def test_a_code_of_the_standard_is_one(is_such, code):
    assert is_such(code)


@pytest.mark.parametrize(("is_such", "code"), [(is_such, code) for is_such, codes in BAD for code in codes])
def test_what_only_looks_like_a_code_is_none(is_such, code):
    assert not is_such(code)


@pytest.mark.parametrize("code", ["5493001KJTIIGC8Y1R12", "213800KUD8LAJWSQ9D15"])
def test_one_wrong_digit_or_letter_never_passes_the_check_digits_of_a_lei(code):
    alike = {**dict.fromkeys("0123456789", "0123456789"), **dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
    wrong = [code[:place] + other + code[place + 1 :] for place in range(20) for other in alike[code[place]] if other != code[place]]
    assert [each for each in wrong if is_lei(each)] == []


@given(
    st.one_of(
        st.text(max_size=80), st.builds(lambda place, sign: KEY[:place] + sign + KEY[place + 1 :], st.integers(0, 60), st.characters())
    )
)
def test_a_verifier_key_is_what_the_ledger_can_read(text):
    """The ledger's own reader is the judge; it allows white space round the key, a register does not."""
    try:
        readable = Verifier.of_text(text).text() == text
    except CallerFault:
        readable = False
    assert is_verifier_key(text) == (readable and is_text(text.partition("+")[0], 64))


def test_a_text_is_measured_in_characters():
    assert [is_text("ž" * length, 64) for length in (0, 1, 64, 65)] == [False, True, True, False]
