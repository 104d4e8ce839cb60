"""What is the council's: whether an act takes a decision, and under which subject its voting rule stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rescounter.rulebook.difference import differences
from rescounter.rulebook.reading import read_recorded
from rescounter.rulebook.rules import VOTING_RULES, CouncilRules
from rescounter.rulebook.versions import Rulebook

__all__ = ["BY_VOTE", "concerned", "is_kept", "subject_of", "voting_rule_name"]

BY_VOTE: Final = "dispute_decided"
"""The kind of act that decides a dispute; the council's where its event is a vote (`docs/DISPUTES.md`)."""
_DAY_US: Final = 86_400_000_000
_OF_THE_FOUNDING: Final = frozenset({"members_joined", "limits_set"})
"""What founding members need before any of them has a representative, so that there is somebody to decide."""
_BROADER: Final = {"emergency_measure": "rulebook_changed", "quotas_set": "limits_set"}


def is_kept(rules: CouncilRules, kind: str, body: Mapping[str, Any], *, is_constituted: bool) -> bool:
    """True where nothing but a decision of the council brings about such an act.

    Args: *is_constituted*: a representative was named, ever; before, founding members join and get their quotas without a decision.
    """
    if rules.kind != "council" or (kind in _OF_THE_FOUNDING and not is_constituted):
        return False
    if kind == BY_VOTE and body.get("event", "voted") != "voted":
        return False
    return kind in rules.decides or (kind == "limits_set" and "quotas_set" in rules.decides and _sets_a_quota(body))


def _sets_a_quota(body: Mapping[str, Any]) -> bool:
    limits = body.get("limits")
    return isinstance(limits, list | tuple) and any(isinstance(each, Mapping) and each.get("kind") == "quota" for each in limits)


def subject_of(rulebook: Rulebook, rules: CouncilRules, kind: str, body: Mapping[str, Any], at_us: int) -> str:
    """The subject of an act that is tabled at an instant.

    An emergency measure is a text that differs from the latest version in temporary rules alone, each of which lapses within
    *emergency_lasts_days* of the tabling. Args: *body* as it would be recorded.
    """
    if kind == "limits_set":
        return "quotas_set" if _sets_a_quota(body) else kind
    if kind != "rulebook_changed":
        return kind
    found = differences(rulebook.versions[-1].rule_text, read_recorded(body["text"], body["frozen"]))
    latest = at_us + rules.emergency_lasts_days * _DAY_US
    return "emergency_measure" if found and all(each.until_us is not None and each.until_us <= latest for each in found) else kind


def voting_rule_name(rules: CouncilRules, subject: str, of_template: str = "") -> str:
    """The voting rule of a subject: its own, else that of the broader subject, else the one of everything.

    Args: *of_template*: the one that a dispute's template names, which comes behind its own where the rulebook in force knows it.
    """
    by_subject: Mapping[str, str] = {str(key): name for key, name in rules.by_subject.items()}
    named = of_template if of_template in (*VOTING_RULES, *rules.own) else ""
    return by_subject.get(subject) or named or by_subject.get(_BROADER.get(subject, "")) or rules.rule


def concerned(kind: str, body: Mapping[str, Any]) -> frozenset[str]:
    """Codes of the members that an act is about, who have an interest of their own in it."""
    if kind == "limits_set":
        return frozenset(str(each["member"]) for each in body["limits"])
    if kind == BY_VOTE:
        return frozenset(body["parties"])
    return frozenset({str(body["code"])}) if kind != "rulebook_changed" and "code" in body else frozenset()
