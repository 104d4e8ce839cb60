"""Member codes, ids and other short texts: how long, which characters, in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = [
    "CASH_NAME",
    "FUND_NAME",
    "HIDDEN_CHARACTERS",
    "ID_LENGTH_MAX",
    "NAME_LENGTH_MAX",
    "TEXT_LENGTH_MAX",
    "closest",
    "has_hidden_characters",
    "order_of_id",
]

NAME_LENGTH_MAX: Final = 64
"""Longest member code, in characters."""
ID_LENGTH_MAX: Final = 128
"""Longest id of an obligation, in characters."""
TEXT_LENGTH_MAX: Final = 256
"""Longest class or reference, in characters."""

FUND_NAME: Final = "*"
"""How the union's fund is written where members are named; no member may be called so."""
CASH_NAME: Final = "**"
"""How cash is written where members are named; no member may be called so."""

HIDDEN_CHARACTERS: Final = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"
"""RE2 pattern of what may not stand in a name: controls, invisible and direction-changing characters.

Two names that look alike must be alike: nothing may conceal a party.
"""

_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
_DIGITS: Final = re.compile(r"[0-9]+")


def has_hidden_characters(text: str) -> bool:
    """The plain-Python twin of `HIDDEN_CHARACTERS`."""
    from unicodedata import category

    return any(category(character) in _HIDDEN_CATEGORIES for character in text)


def order_of_id(text: str) -> tuple[bool, int, str]:
    """Sort key of an id: ids of digits alone come first, as numbers; the others by code point.

    So the rows 1, 2, ..., 10 of a file without ids keep their order.
    """
    if _DIGITS.fullmatch(text):
        return (False, len(text), text)
    return (True, 0, text)


def closest(text: str, known: Iterable[str]) -> str:
    """A hint ``; did you mean 'ANA'?`` for a mistyped name, or nothing."""
    from difflib import get_close_matches

    matches = get_close_matches(text, [name for name in known if abs(len(name) - len(text)) <= 2], n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(match) for match in matches)}?" if matches else ""
