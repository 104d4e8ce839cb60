"""What differs between two texts of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from rescounter.rulebook.fields import RULES
from rescounter.rulebook.reading import RuleText
from rescounter.rulebook.told import ToldRule, show_text

__all__ = ["Difference", "differences"]

_Key: TypeAlias = tuple[str, int | None, int | None]
"""Rule, and from when until when where it is temporary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One rule that differs. *before* and *after* as a text writes them; empty where the rule, or its temporary value, is not there.

    *from_us*, *until_us*: of a temporary value; None for the text's own.
    """

    rule: str
    before: str
    after: str
    from_us: int | None = None
    until_us: int | None = None


def differences(before: RuleText, after: RuleText) -> tuple[Difference, ...]:
    """What is not the same in both, in the order of the rulebook; the words and comments of the texts do not count."""
    first, second = _lines(before), _lines(after)
    places = {rule: place for place, rule in enumerate(RULES)}
    order = sorted({*first, *second}, key=lambda key: (places[key[0]], key[1] or 0, key[2] or 0))
    return tuple(_difference(key, first, second) for key in order if _value(first, key) != _value(second, key))


def _difference(key: _Key, first: Mapping[_Key, ToldRule], second: Mapping[_Key, ToldRule]) -> Difference:
    return Difference(rule=key[0], before=_value(first, key), after=_value(second, key), from_us=key[1], until_us=key[2])


def _value(lines: Mapping[_Key, ToldRule], key: _Key) -> str:
    return lines[key].value if key in lines else ""


def _lines(rule_text: RuleText) -> dict[_Key, ToldRule]:
    return {(line.id, *((line.from_us, line.until_us) if line.is_dated else (None, None))): line for line in show_text(rule_text)}
