"""Voting rules as plain data, as acts record them and rulebooks write them, and the rule that a rulebook names."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from rescounter.council.named import NAMED_RULES
from rescounter.council.voting import Base, Polarity, Silence, VotingRule
from rescounter.rulebook.rules import CouncilRules
from rescounter.rulebook.voting_tables import part_of
from rescounter.terms.faults import there

__all__ = ["as_data", "of_data", "voting_rule"]

_NOTHING: Final = "0"


def voting_rule(rules: CouncilRules, name: str) -> VotingRule:
    """The voting rule of a name: one of the union's own, else one that ships."""
    return of_data(name, rules.own[name]) if name in rules.own else NAMED_RULES[name]


def as_data(rule: VotingRule) -> dict[str, Any]:
    """The rule with every key, whole, so that a later release reads the same. Sets are sorted."""
    return {
        "about": rule.about,
        "base": rule.base.name.lower(),
        "threshold": str(rule.threshold),
        "passed": rule.is_to_be_passed,
        "polarity": rule.polarity.name.lower(),
        "quorum": str(rule.quorum),
        "quorum_offices": sorted(rule.quorum_offices),
        "veto": sorted(rule.veto),
        "excludes_interested": rule.excludes_interested,
        "silence": rule.silence.value,
        "silence_days": rule.silence_days,
        "first_counted": rule.is_first_counted,
        "delegations_max": rule.delegations_max,
    }


def of_data(name: str, data: Mapping[str, Any]) -> VotingRule:
    """The rule that a table says; what it leaves out is as `VotingRule` has it."""
    return VotingRule(
        name=name,
        about=data.get("about", ""),
        base=Base[data["base"].upper()],
        threshold=_part(data["threshold"]),
        is_to_be_passed=data.get("passed", False),
        polarity=Polarity[data.get("polarity", "for").upper()],
        quorum=_part(data.get("quorum", _NOTHING)),
        quorum_offices=frozenset(data.get("quorum_offices", ())),
        veto=frozenset(data.get("veto", ())),
        excludes_interested=data.get("excludes_interested", False),
        silence=Silence(data.get("silence", "absent")),
        silence_days=data.get("silence_days", 0),
        is_first_counted=data.get("first_counted", False),
        delegations_max=data.get("delegations_max", 1),
    )


def _part(text: str) -> Fraction:
    return there(part_of(text), "a_part_lies_from_nothing_to_all", found=text)
