"""The chapters of a text as values of rules, and what is wrong with each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final

from rescounter.rulebook.agreement import Disagreement
from rescounter.rulebook.fields import CHAPTERS, RULES, Rule
from rescounter.rulebook.rules import Rules
from rescounter.rulebook.values import found_in_toml, read_value, told_value
from rescounter.terms import Exponents
from rescounter.terms.names import closest

__all__ = ["Fault", "chapter_values", "defaults_of", "disagreement_at", "exponents_of", "rules_of", "unknown_keys", "with_value"]

_TABLES: Final = ("rulebook", *CHAPTERS, "temporary")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a text. *path*: the keys under which it stands, by which its line is found; *rule*: what it is told about."""

    path: tuple[str, ...]
    rule: str
    code: str
    found: str
    allowed: str


def disagreement_at(found: Disagreement) -> Fault:
    """A disagreement as a fault of the chapter in which its rule stands."""
    path = (*found.rule.split("."), found.key) if found.key else tuple(found.rule.split("."))
    return Fault(path, found.rule, found.code, found.found, found.allowed)


def exponents_of(table: Mapping[str, Any]) -> Exponents:
    """Digits of currencies by ISO 4217, and by the chapter `union` where it declares them well."""
    union = table.get("union")
    declared = union.get("exponents") if isinstance(union, Mapping) else None
    return Exponents({key: digits for key, digits in declared.items() if type(digits) is int} if isinstance(declared, Mapping) else {})


def unknown_keys(found: Mapping[str, Any], path: tuple[str, ...], known: tuple[str, ...], code: str) -> Iterator[Fault]:
    """A fault for each key of a table that is none of *known*."""
    for key in found:
        if key not in known:
            allowed = "one of: " + ", ".join(known) + closest(key, known)
            yield Fault((*path, key), ".".join((*path, key)), code, key, allowed)


def chapter_values(table: Mapping[str, Any], exponents: Exponents, defaults: Mapping[str, str]) -> tuple[dict[str, Any], list[Fault]]:
    """The value of each rule by its id, defaults put in; a rule whose value is faulty is left out.

    Args: *defaults*: those that were frozen beside a recorded text, as a text would write them; others are this release's.
    """
    faults = list(unknown_keys(table, (), _TABLES, "chapter_unknown"))
    values: dict[str, Any] = {}
    for chapter in CHAPTERS:
        found = table.get(chapter, {})
        if not isinstance(found, Mapping):
            faults.append(Fault((chapter,), chapter, "rule_of_another_kind", found_in_toml(found), f"a table [{chapter}]"))
            continue
        rules = {rule.key: rule for rule in RULES.values() if rule.chapter == chapter}
        faults += unknown_keys(found, (chapter,), tuple(rules), "rule_unknown")
        for rule in rules.values():
            _read(rule, found, exponents, values, faults)
            if rule.key not in found and rule.id in defaults:
                values[rule.id] = read_value(rule, tomllib.loads(f"value = {defaults[rule.id]}")["value"], exponents).value
    return values, faults


def _read(rule: Rule, found: Mapping[str, Any], exponents: Exponents, values: dict[str, Any], faults: list[Fault]) -> None:
    """Put the value of one rule into *values*, or what is wrong with it into *faults*."""
    if rule.key not in found:
        if rule.is_required:
            wanted = "one of: " + ", ".join(rule.allowed) if rule.allowed else rule.kind.value
            faults.append(Fault((rule.chapter, rule.key), rule.id, "rule_missing", "(nothing)", wanted))
        else:
            values[rule.id] = _default(rule)
        return
    read = read_value(rule, found[rule.key], exponents)
    if not read.problems:
        values[rule.id] = read.value
    for problem in read.problems:
        path = (rule.chapter, rule.key, problem.key) if problem.key else (rule.chapter, rule.key)
        faults.append(Fault(path, rule.id, problem.code, problem.found, problem.allowed))


def _default(rule: Rule) -> Any:
    field = next(each for each in fields(CHAPTERS[rule.chapter]) if each.name == rule.name)
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else None


def defaults_of(table: Mapping[str, Any], values: Mapping[str, Any], exponents: Exponents) -> dict[str, str]:
    """The values that a text leaves to this release, as it would write them."""
    return {rule.id: told_value(rule, values[rule.id], exponents) for rule in RULES.values() if rule.key not in table.get(rule.chapter, {})}


def rules_of(values: Mapping[str, Any], *, version: int, digest: str) -> Rules:
    """All values as `Rules`."""
    chapters = {
        chapter: built(**{rule.name: values[rule.id] for rule in RULES.values() if rule.chapter == chapter})
        for chapter, built in CHAPTERS.items()
    }
    return Rules(version=version, digest=digest, **chapters)


def with_value(values: Mapping[str, Any], rule_id: str, value: Any) -> dict[str, Any]:
    """The values with one of them put in place of what was there."""
    return {**values, rule_id: value}
