"""What differs between two texts of rules."""

from __future__ import annotations

from dataclasses import dataclass

from rescounter.rulebook.reading import RuleText
from rescounter.rulebook.told import ToldRule, show_text

__all__ = ["Difference", "differences"]


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
    order = [*first, *(key for key in second if key not in first)]
    found = [
        Difference(
            rule=rule,
            before=first[key].value if (key := (rule, from_us, until_us)) in first else "",
            after=second[key].value if key in second else "",
            from_us=from_us,
            until_us=until_us,
        )
        for rule, from_us, until_us in order
    ]
    return tuple(each for each in found if each.before != each.after)


def _lines(rule_text: RuleText) -> dict[tuple[str, int | None, int | None], ToldRule]:
    return {(line.id, line.from_us if line.until_us is not None else None, line.until_us): line for line in show_text(rule_text)}
