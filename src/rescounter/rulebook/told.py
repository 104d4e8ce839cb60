"""Rules told to people: every rule with its value, where it comes from, until when it holds, and what it means."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rescounter.rulebook.fields import RULES, value_of
from rescounter.rulebook.reading import RuleText
from rescounter.rulebook.values import told_value
from rescounter.rulebook.versions import Rulebook
from rescounter.terms import Exponents

__all__ = ["ToldRule", "digits_of", "show", "show_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRule:
    """One line of `rescounter rulebook show`. *value*: as a text would write it; *from_us* and *until_us*: of that value, None where
    there is none; *version*: 0 where the text is not on record; *is_dated*: of an entry with a date of its own, beside the text's value.
    """

    id: str
    value: str
    version: int
    from_us: int | None
    until_us: int | None
    meaning: str
    allowed: tuple[str, ...]
    is_dated: bool = False


def show(rulebook: Rulebook, at_us: int) -> tuple[ToldRule, ...]:
    """Every rule as it is in force at an instant, in the order of the rulebook."""
    rules = rulebook.in_force(at_us)
    exponents = digits_of(rulebook.version_at(at_us).rule_text)
    told = []
    for rule in RULES.values():
        origin = rulebook.origin_of(rule.id, at_us)
        told.append(
            ToldRule(
                id=rule.id,
                value=told_value(rule, value_of(rules, rule.id), exponents),
                version=origin.version,
                from_us=origin.from_us,
                until_us=origin.until_us,
                meaning=rule.meaning,
                allowed=rule.allowed,
            )
        )
    return tuple(told)


def show_text(rule_text: RuleText) -> tuple[ToldRule, ...]:
    """Every rule of a text that is not on record; temporary ones follow the rule that they replace."""
    told, exponents = [], digits_of(rule_text)
    for rule in RULES.values():
        line = ToldRule(
            id=rule.id,
            value=told_value(rule, rule_text.values[rule.id], exponents),
            version=0,
            from_us=rule_text.in_force_from_us,
            until_us=None,
            meaning=rule.meaning,
            allowed=rule.allowed,
        )
        told.append(line)
        for each in rule_text.temporary:
            if each.rule == rule.id:
                told.append(_temporarily(line, told_value(rule, each.value, exponents), each.from_us, each.until_us))
    return tuple(told)


def _temporarily(line: ToldRule, value: str, from_us: int, until_us: int | None) -> ToldRule:
    return replace(line, value=value, version=0, from_us=from_us, until_us=until_us, is_dated=True)


def digits_of(rule_text: RuleText) -> Exponents:
    """Decimal digits of every currency in which a text has an amount, as they were when it was recorded."""
    return Exponents(dict(rule_text.frozen["exponents"]))
