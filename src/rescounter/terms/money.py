"""Money: an integer number of minor units of one currency, parsed, split and printed exactly.

Sign: positive = *is owed*, everywhere. No float, no tolerance, no division.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rescounter.terms.currencies import INT64_MAX
from rescounter.terms.faults import holds

__all__ = ["Money", "apportion", "format_minor", "parse_minor", "read_decimal"]

_WHOLE_DIGITS_MAX: Final = 19
_DECIMAL: Final = re.compile(r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))")


def read_decimal(text: str) -> tuple[bool, str, str] | None:
    """Take a plain decimal apart: is it negative, its whole digits, its fraction digits.

    Args: *text* without white space, group separators or powers of ten.
    Returns: digits without leading zeros (whole) and trailing zeros (fraction), both empty for
    zero; None when *text* is no plain decimal.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return None
    return match[1] == "-", (match[2] or "").lstrip("0"), (match[3] or match[4] or "").rstrip("0")


def parse_minor(text: str, exponent: int) -> int:
    """Minor units of a plain decimal such as ``-1234.50``; exact or not at all.

    Args: *text* as `read_decimal` wants it; *exponent* >= 0 digits of the currency.
    Raises: ValueError when *text* is no decimal, has a digit other than 0 behind the last digit of
    the currency, or does not fit int64.
    """
    parts = read_decimal(text)
    if parts is None:
        raise ValueError(f"{text[:40]!r} is no plain decimal number")
    negative, whole, fraction = parts
    if len(fraction) > exponent:
        raise ValueError(f"{text[:40]!r} has {len(fraction)} decimal digits, at most {exponent} are allowed")
    if len(whole) > _WHOLE_DIGITS_MAX or (minor := int((whole + fraction.ljust(exponent, "0")) or "0")) > INT64_MAX:
        raise ValueError(f"{text[:40]!r} does not fit 64-bit integers")
    return -minor if negative else minor


def format_minor(minor: int, exponent: int, *, group: str = "") -> str:
    """The decimal that `parse_minor` reads back, with *group* between thousands if wanted."""
    digits = str(abs(minor)).rjust(exponent + 1, "0")
    whole, fraction = (digits[:-exponent], digits[-exponent:]) if exponent else (digits, "")
    if group:
        whole = f"{int(whole):,}".replace(",", group)
    return ("-" if minor < 0 else "") + whole + ("." + fraction if fraction else "")


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split *total* in proportion to *weights* by the largest remainder; ties go to the earlier one.

    Args: *total* of either sign; *weights* >= 0 in the order of the tie rule (member code, or id).
    Returns: one share for each weight, of the sign of *total*.
    Law: the shares sum to *total*; each differs from its exact share by less than one unit.
    """
    whole = sum(weights)
    holds(all(weight >= 0 for weight in weights), "weights_are_not_negative")
    holds(whole > 0 or total == 0, "something_to_split_by", total=total)
    if whole == 0:
        return [0] * len(weights)
    sign = -1 if total < 0 else 1
    parts = [divmod(abs(total) * weight, whole) for weight in weights]
    shares = [part for part, _ in parts]
    left = abs(total) - sum(shares)
    by_remainder = sorted(range(len(parts)), key=lambda place: (-parts[place][1], place))
    for place in by_remainder[:left]:
        shares[place] += 1
    return [sign * share for share in shares]


@dataclass(frozen=True, slots=True)
class Money:
    """A bounded, exact amount of one currency; positive = is owed."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        holds(type(self.minor) is int, "money_is_an_integer", found=type(self.minor).__name__)
        holds(abs(self.minor) <= INT64_MAX, "money_fits_int64", minor=self.minor)

    def __add__(self, other: Money) -> Money:
        holds(self.currency == other.currency, "one_currency", left=self.currency, right=other.currency)
        return Money(self.minor + other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def apportion(self, weights: Sequence[int]) -> list[Money]:
        """Shares that sum to this amount; see `apportion`."""
        return [Money(share, self.currency) for share in apportion(self.minor, weights)]

    def format(self, exponent: int) -> str:
        """Amount and code for people: ``1,234.50 EUR``."""
        return f"{format_minor(self.minor, exponent, group=',')} {self.currency}"
