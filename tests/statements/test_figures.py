"""Figures for reading never say more than is true: they are cut, not rounded."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.statements.figures import exact, share, short, width
from rescounter.terms import INT64_MAX

STYLES = Path(__file__).parents[2] / "src/rescounter/statements/templates/report.css"
AMOUNTS = st.integers(0, INT64_MAX)


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (1408979691798, 1716828748835, "82.06 %"),
        (2, 3, "66.66 %"),
        (999_999, 1_000_000, "99.99 %"),
        (1, 1, "100 %"),
        (0, 7, "0 %"),
        (0, 0, "0 %"),
        (1, 30_000, "0.003 %"),
        (476_063, 260_000_000_000, "0.0001 %"),
        (1, 10**12, "less than 0.0001 %"),
    ],
)
def test_a_share_is_rounded_down_and_all_only_when_it_is_all(part: int, whole: int, words: str) -> None:
    assert share(part, whole) == words


@given(AMOUNTS, st.integers(1, INT64_MAX))
def test_no_share_is_larger_than_the_truth(part: int, whole: int) -> None:
    part = min(part, whole)
    words = share(part, whole)
    if not words.startswith("less"):
        assert Fraction(words.removesuffix(" %")) / 100 <= Fraction(part, whole)
    assert (words == "100 %") == (part == whole)
    assert (words == "0 %") == (part == 0)
    assert Fraction(width(part, whole)) <= 100


@pytest.mark.parametrize(
    ("minor", "exponent", "words"),
    [
        (1716828748835, 0, "1.72 trillion"),
        (1716828748835, 2, "17.2 billion"),
        (999_999_99, 2, "999,999.99"),
        (1_000_000_00, 2, "1.00 million"),
        (999_499_999, 0, "999 million"),
        (999_500_000, 0, "1.00 billion"),
        (9_995_000, 0, "10.0 million"),
        (1_125_000, 0, "1.12 million"),
        (1_135_000, 0, "1.14 million"),
        (1_125_000_01, 2, "1.13 million"),
        (-12_345_678, 0, "-12.3 million"),
        (0, 3, "0.000"),
        (INT64_MAX, 0, "9.22 quintillion"),
    ],
)
def test_a_short_amount_is_rounded_half_even_to_three_digits(minor: int, exponent: int, words: str) -> None:
    assert short(minor, exponent) == words


@given(AMOUNTS, st.integers(0, 4))
def test_an_exact_amount_keeps_every_digit(minor: int, exponent: int) -> None:
    assert int(re.sub(r"[,.]", "", exact(minor, exponent))) == minor


def test_words_can_be_read_on_their_ground_in_every_scheme() -> None:
    """WCAG 2.2, 1.4.3 (AA): a contrast of at least 4.5 to 1."""
    for block in re.findall(r":root \{(.*?)\}", STYLES.read_text(encoding="utf-8"), re.DOTALL):
        colour = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", block))
        grounds = [colour["paper"], colour["raised"]]
        for name in ("ink", "soft", "cleared", "left", "netted"):
            assert min(_contrast(colour[name], ground) for ground in grounds) >= 4.5, (name, colour[name])


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
