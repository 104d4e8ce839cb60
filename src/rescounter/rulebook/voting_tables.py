"""Voting rules of a union's own, as tables of its rulebook: their keys, and what is wrong with a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from rescounter.rulebook.rules import VOTING_RULES
from rescounter.terms.identity import is_text
from rescounter.terms.names import NAME_LENGTH_MAX, TEXT_LENGTH_MAX, closest

__all__ = ["TABLE_KEYS", "part_of", "table_faults"]

_PART: Final = re.compile(r"(\d{1,6})(?:/([1-9]\d{0,5}))?", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_DAYS_MAX: Final = 366


def part_of(text: object) -> Fraction | None:
    """A part such as ``2/3``, from nothing to all; None for anything else."""
    found = _PART.fullmatch(text) if isinstance(text, str) else None
    part = Fraction(int(found[1]), int(found[2] or 1)) if found else None
    return part if part is not None and part <= 1 else None


def _is_count(found: object) -> bool:
    return type(found) is int and 0 <= found <= _DAYS_MAX


def _is_texts(found: object) -> bool:
    return isinstance(found, list | tuple) and all(isinstance(each, str) and is_text(each, NAME_LENGTH_MAX) for each in found)


def _one_of(*allowed: str) -> tuple[str, Callable[[object], bool]]:
    return "one of: " + ", ".join(allowed), lambda found: found in allowed


_IS_PART: Final = ('a part from nothing to all, such as "2/3"', lambda found: part_of(found) is not None)
_IS_BOOL: Final = ("true or false", lambda found: isinstance(found, bool))
_IS_COUNT: Final = (f"a whole number from 0 to {_DAYS_MAX}", _is_count)
_IS_TEXTS: Final = ("a list of texts", _is_texts)

TABLE_KEYS: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = MappingProxyType(
    {
        "about": ("a text", lambda found: isinstance(found, str) and is_text(found, TEXT_LENGTH_MAX)),
        "base": _one_of("all", "present", "voting", "weight"),
        "threshold": _IS_PART,
        "passed": _IS_BOOL,
        "polarity": _one_of("for", "against"),
        "quorum": _IS_PART,
        "quorum_offices": _IS_TEXTS,
        "veto": _IS_TEXTS,
        "excludes_interested": _IS_BOOL,
        "silence": _one_of("yes", "no", "abstain", "absent"),
        "silence_days": _IS_COUNT,
        "first_counted": _IS_BOOL,
        "delegations_max": _IS_COUNT,
    }
)
"""Keys of a voting rule, each with what is allowed in words and its test; `council.voting.VotingRule` says what they mean."""
_NEEDED: Final = ("base", "threshold")


def table_faults(name: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a table, as pairs of what was found and what is allowed."""
    if not _NAME.fullmatch(name) or name in VOTING_RULES:
        yield name, "a name of small letters, digits and hyphens that no rule has which ships"
    for key, value in table.items():
        if key not in TABLE_KEYS:
            yield f"{name}.{key}", "one of: " + ", ".join(TABLE_KEYS) + closest(key, TABLE_KEYS)
        elif not TABLE_KEYS[key][1](value):
            yield f"{name}.{key} = {value}", TABLE_KEYS[key][0]
    for key in _NEEDED:
        if key not in table:
            yield f"{name} without {key}", TABLE_KEYS[key][0]
    if part_of(table.get("threshold")) == 0 and table.get("passed") is not True:
        yield f"{name}.threshold = 0", "a threshold of nothing has passed = true: it is passed, not reached"
