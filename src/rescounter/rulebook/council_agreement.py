"""Whether the rules of the council agree with each other: names of voting rules, subjects, offices, weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from rescounter.rulebook.rules import COUNCIL_SUBJECTS, VOTING_RULES
from rescounter.terms.names import closest

__all__ = ["council_disagreements"]

_Told: TypeAlias = tuple[str, str, str, str, str]
"""Rule, code, what was found, what is allowed, and the key under which it stands, if it does."""
_CODE: Final = "council_does_not_fit"
_WEIGHTED: Final = frozenset({"weighted-70", "weighted-85"})
_BY_RULEBOOK: Final = "emergency_measure"


def council_disagreements(values: Mapping[str, Any]) -> Iterator[_Told]:
    """Where the rules of the council contradict each other. Args: *values* by rule id; a rule without a value is passed over."""
    own: Mapping[str, Any] = values.get("council.own") or {}
    yield from _names(values, own)
    yield from _decides(values)
    yield from _offices(values, own)
    chosen = {values.get("council.rule"), *(values.get("council.by_subject") or {}).values()}
    weighted = sorted(str(name) for name in chosen if name in _WEIGHTED or own.get(name, {}).get("base") == "weight")
    currency, named = values.get("council.weight_currency"), values.get("union.currencies")
    weights, table = values.get("council.weights"), values.get("council.weight_table")
    if weighted and currency == "" and weights in ("quotas", "fund"):
        yield "council.weight_currency", _CODE, '""', f"a currency whose {weights} weigh votes, since {weighted[0]} weighs them", ""
    if weights == "table" and table is not None and not table:
        yield "council.weight_table", _CODE, "{}", "a weight of each member, since council.weights is table", ""
    if weights not in (None, "table") and table:
        yield "council.weight_table", _CODE, f"{len(table)} weights", f"none, since council.weights is {weights}", ""
    if currency and named and currency not in named:
        yield "council.weight_currency", "currency_left_out", currency, "one of union.currencies: " + ", ".join(named), ""


def _names(values: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[_Told]:
    known = (*VOTING_RULES, *own)
    named = [("council.rule", "", values.get("council.rule"))]
    named += [("council.by_subject", subject, name) for subject, name in (values.get("council.by_subject") or {}).items()]
    for rule, key, name in named:
        if name is not None and name not in known:
            yield rule, "choice_unknown", name, "one of: " + ", ".join(known) + closest(name, known), key


def _decides(values: Mapping[str, Any]) -> Iterator[_Told]:
    decides = values.get("council.decides")
    if decides is None:
        return
    allowed = [subject for subject in COUNCIL_SUBJECTS if subject != _BY_RULEBOOK]
    for subject in decides:
        if subject not in allowed:
            yield "council.decides", "choice_unknown", subject, "one of: " + ", ".join(allowed) + closest(subject, allowed), ""
    if values.get("council.kind") == "council" and "rulebook_changed" not in decides:
        told = "rulebook_changed among it: where there is a council, nothing else can change a rule"
        yield "council.decides", _CODE, "without rulebook_changed", told, ""


def _offices(values: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[_Told]:
    offices, days = values.get("council.offices"), values.get("council.voting_days")
    for name, table in own.items():
        for office in table.get("quorum_offices", ()):
            if offices is not None and office not in offices:
                yield "council.own", _CODE, f"{name}: office {office}", "offices of council.offices: " + ", ".join(offices), name
        if isinstance(days, int) and table.get("silence_days", 0) > days:
            told = f"at most {days}, since council.voting_days is {days}: silence would never count"
            yield "council.own", _CODE, f"{name}: silence_days {table['silence_days']}", told, name
