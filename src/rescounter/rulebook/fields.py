"""The list of all rules, as the classes of `rules.py` define it: id, kind of value, what is allowed, what it means."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, get_type_hints

from rescounter.rulebook.rules import (
    ApprovalRules,
    CalendarRules,
    ClearingRules,
    CollateralRules,
    CouncilRules,
    CreditRules,
    DisputeRules,
    ExchangeRules,
    FeeRules,
    GuaranteeRules,
    IntakeRules,
    MemberCode,
    MembershipRules,
    PairingRules,
    PoolRules,
    Rules,
    SettlementRules,
    Subject,
    TemplateText,
    UnionRules,
    VotingTable,
)

__all__ = ["CHAPTERS", "LASTING", "RULES", "Kind", "Rule", "value_of"]


class Kind(Enum):
    """What the value of a rule is, in words for people."""

    TEXT = 'a text such as "EUR"'
    YES_OR_NO = "true or false"
    NUMBER = "a whole number"
    DATE = "a date such as 2026-01-22"
    DECIMAL = 'a decimal in quotes such as "1.1"'
    TEXTS = 'a list of texts such as ["EUR", "USD"]'
    DATES = "a list of dates such as [2026-01-02]"
    TIME = "a clock time such as 13:00:00"
    TIMES = "a list of clock times such as [13:00:00]"
    MONEY = 'an amount in quotes for each currency, such as { EUR = "250.00" }'
    DIGITS = "a number for each currency, such as { XDR = 2 }"
    TEXT_BY_CURRENCY = 'a text for each currency, such as { EUR = "SI56..." }'
    TEXTS_BY_CURRENCY = 'a list for each currency, such as { EUR = ["XECB"] }'
    TEXT_BY_SUBJECT = 'a text for each subject, such as { rulebook_changed = "acu-two-thirds" }'
    TEMPLATES = "a text in TOML for each name, in three quotes"
    WEIGHTS = 'a whole number of 1 or more for each member, such as { ANA = 3, "*" = 1 }'
    VOTING_RULES = 'a table for each name, such as { ours = { base = "all", threshold = "2/3" } }'


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: *id* as a text names it, *name* of its field in the class of its *chapter*."""

    id: str
    chapter: str
    name: str
    kind: Kind
    meaning: str
    allowed: tuple[str, ...]
    is_required: bool

    @property
    def key(self) -> str:
        """Its key in the chapter's table."""
        return self.id.partition(".")[2]


CHAPTERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "union": UnionRules,
        "calendar": CalendarRules,
        "intake": IntakeRules,
        "clearing": ClearingRules,
        "settlement": SettlementRules,
        "exchange": ExchangeRules,
        "fees": FeeRules,
        "approvals": ApprovalRules,
        "membership": MembershipRules,
        "pairs": PairingRules,
        "collateral": CollateralRules,
        "guarantee": GuaranteeRules,
        "credit": CreditRules,
        "council": CouncilRules,
        "disputes": DisputeRules,
        "pool": PoolRules,
    }
)
"""The chapters in their order, each with the class of its rules."""

_KINDS: Final = {
    str: Kind.TEXT,
    bool: Kind.YES_OR_NO,
    int: Kind.NUMBER,
    Decimal: Kind.DECIMAL,
    datetime.date: Kind.DATE,
    datetime.time: Kind.TIME,
    tuple[str, ...]: Kind.TEXTS,
    tuple[datetime.date, ...]: Kind.DATES,
    tuple[datetime.time, ...]: Kind.TIMES,
    Mapping[str, str]: Kind.TEXT_BY_CURRENCY,
    Mapping[str, tuple[str, ...]]: Kind.TEXTS_BY_CURRENCY,
    Mapping[str, int]: Kind.DIGITS,
    Mapping[Subject, str]: Kind.TEXT_BY_SUBJECT,
    Mapping[MemberCode, int]: Kind.WEIGHTS,
    Mapping[str, TemplateText]: Kind.TEMPLATES,
    Mapping[str, VotingTable]: Kind.VOTING_RULES,
}
_MINOR: Final = "_minor"


def _rule(chapter: str, field: Field[Any], hint: Any) -> Rule:
    return Rule(
        id=f"{chapter}.{field.name.removesuffix(_MINOR)}",
        chapter=chapter,
        name=field.name,
        kind=Kind.MONEY if field.name.endswith(_MINOR) else _KINDS[hint],
        meaning=field.metadata["meaning"],
        allowed=field.metadata["allowed"],
        is_required=field.default is MISSING and field.default_factory is MISSING,
    )


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        rule.id: rule
        for chapter, rules in CHAPTERS.items()
        for hints in [get_type_hints(rules)]
        for rule in (_rule(chapter, field, hints[field.name]) for field in fields(rules))
    }
)
"""Every rule by its id, in the order of the rulebook."""

LASTING: Final = frozenset(
    {"union.name", "union.zone", "union.currencies", "union.exponents", "calendar.first_cut_off"}
    | {rule for rule in RULES if rule.startswith("council.")}
)
"""Rules that cannot be temporary: others are read by them, or they say who decides and how, which no emergency touches."""


def value_of(rules: Rules, rule_id: str) -> Any:
    """The value of a rule."""
    rule = RULES[rule_id]
    return getattr(getattr(rules, rule.chapter), rule.name)
