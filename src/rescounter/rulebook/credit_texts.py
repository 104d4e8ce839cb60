"""Texts of the chapter on credit: slices of a quota such as ``20% 0%`` and ``beyond 100%``, and steps of a charge such as ``25% 1%``.

A slice is where it ends, as a share of the quota, and its part in reserves. A step is the share of the quota beyond which it is charged,
and its rate a year. Shares are exact: percentages as decimals.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final, TypeAlias

__all__ = ["Slice", "read_slice", "read_slices", "read_step", "wrong_slices"]

Slice: TypeAlias = tuple[Fraction | None, Fraction]
"""Where a slice ends (None: nowhere), and its part in reserves."""

_BEYOND: Final = "beyond"
_PERCENT: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?%")


def read_slice(text: str) -> Slice | None:
    """``20% 0%`` or ``beyond 100%``; None where it is neither, or more than all would be settled in reserves."""
    words = text.split(" ")
    if len(words) != 2 or not _PERCENT.fullmatch(words[1]) or not (words[0] == _BEYOND or _PERCENT.fullmatch(words[0])):
        return None
    reserve = _share(words[1])
    return (None if words[0] == _BEYOND else _share(words[0]), reserve) if reserve <= 1 else None


def read_slices(texts: Sequence[str]) -> tuple[Slice, ...]:
    """The slices of texts in which `wrong_slices` finds nothing."""
    return tuple(found for text in texts if (found := read_slice(text)) is not None)


def wrong_slices(texts: Sequence[str]) -> str:
    """What is wrong with the slices of one side, in words; nothing where they ascend from zero and the last has no end."""
    for text in texts:
        if read_slice(text) is None:
            return text
    found = read_slices(texts)
    if not found or found[-1][0] is not None:
        return "no last slice that is beyond"
    if any(upper is None for upper, _ in found[:-1]):
        return "more than one slice that is beyond"
    bounds = [Fraction(0), *(upper for upper, _ in found if upper is not None)]
    return "" if all(lower < upper for lower, upper in pairwise(bounds)) else "slices that do not ascend"


def read_step(text: str) -> tuple[Fraction, Fraction] | None:
    """``25% 1%``: beyond a quarter of the quota one per cent a year; None where it is no such text."""
    words = text.split(" ")
    return (_share(words[0]), _share(words[1])) if len(words) == 2 and all(map(_PERCENT.fullmatch, words)) else None


def _share(percent: str) -> Fraction:
    return Fraction(percent.removesuffix("%")) / 100
