"""What changes by itself: rules that lapse, rules whose date comes, and versions that begin, from an instant on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rescounter.rulebook.fields import RULES, value_of
from rescounter.rulebook.told import digits_of
from rescounter.rulebook.values import told_value
from rescounter.rulebook.versions import Rulebook

__all__ = ["Coming", "coming"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One rule that will have another value from *at_us* on if nobody does anything. *before*, *after*: as a text writes them.

    *why*: ``lapses``, ``its date comes`` or ``version N begins``.
    """

    at_us: int
    rule: str
    before: str
    after: str
    why: str


def coming(rulebook: Rulebook, at_us: int) -> tuple[Coming, ...]:
    """Every change of a rule that lies behind an instant and needs no act, in order of time and of the rulebook."""
    return tuple(found for instant in _instants(rulebook, at_us) for found in _changes(rulebook, instant))


def _instants(rulebook: Rulebook, at_us: int) -> list[int]:
    """Instants behind *at_us* at which anything may change."""
    begins = {version.from_us for version in rulebook.versions}
    dates = {date for version in rulebook.versions for each in version.rule_text.temporary for date in (each.from_us, each.until_us)}
    return sorted(each for each in begins | dates if each is not None and each > at_us)


def _changes(rulebook: Rulebook, instant: int) -> Iterator[Coming]:
    before, after = rulebook.in_force(instant - 1), rulebook.in_force(instant)
    for rule in RULES.values():
        values = value_of(before, rule.id), value_of(after, rule.id)
        if values[0] != values[1]:
            digits = [digits_of(rulebook.version_at(at).rule_text) for at in (instant - 1, instant)]
            told = [told_value(rule, value, each) for value, each in zip(values, digits, strict=True)]
            yield Coming(at_us=instant, rule=rule.id, before=told[0], after=told[1], why=_why(rulebook, rule.id, instant))


def _why(rulebook: Rulebook, rule_id: str, instant: int) -> str:
    version, ended = rulebook.version_at(instant), rulebook.origin_of(rule_id, instant - 1).until_us
    if rulebook.version_at(instant - 1) != version:
        return f"version {version.number} begins"
    return "lapses" if ended == instant else "its date comes"
