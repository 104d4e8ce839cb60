"""A rulebook's text, read: its rules, or every fault at once, each with its line.

The text is TOML: a table `[rulebook]` (name, pack, in_force_from), a table for each chapter of `rules.py`, and
`[[temporary]]` entries, rules that lapse by themselves. `packs/` holds three whole ones, with comments.

What a text means must not change with the release and the libraries that it was read with. What depends on them
(digits of currencies, instants of dates, defaults) is told as plain data by `RuleText.frozen`; the act that records
the text carries it, and `read_recorded` takes it back instead of looking it up again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, cast

from rescounter.rulebook.agreement import disagreements, strangers
from rescounter.rulebook.chapters import Fault, chapter_values, defaults_of, disagreement_at, exponents_of, rules_of, unknown_keys
from rescounter.rulebook.fields import RULES, Kind
from rescounter.rulebook.lines import line_of, lines_of
from rescounter.rulebook.rules import Rules
from rescounter.rulebook.sunset import Temporary, in_place, instant_of, temporaries, temporary_faults
from rescounter.rulebook.texts import Unreadable, parsed
from rescounter.rulebook.values import found_in_toml
from rescounter.terms import Exponents, Refusal, holds
from rescounter.terms.calendar import knows_zone
from rescounter.terms.identity import is_text
from rescounter.terms.names import TEXT_LENGTH_MAX
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["Reading", "RuleText", "digest_of", "read_recorded", "read_rulebook"]

_HEAD: Final = ("name", "pack", "in_force_from")
_NO_ZONE: Final = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A text without faults. *values*: of every rule by its id; *in_force_from_us*: None where it names no date.

    *frozen*: plain data for the act that records it, so that it is read the same for ever.
    """

    text: str
    digest: str
    name: str
    pack: str
    in_force_from_us: int | None
    values: Mapping[str, Any]
    temporary: tuple[Temporary, ...]
    frozen: Mapping[str, Any]

    def as_body(self) -> dict[str, Any]:
        """What the act that records it says about it: text, digest, frozen."""
        return {"text": self.text, "digest": self.digest, "frozen": dict(self.frozen)}

    def rules_at(self, at_us: int, *, version: int = 0) -> Rules:
        """Its rules at an instant, with the temporary ones of that instant in place."""
        return rules_of(in_place(self.values, self.temporary, at_us), version=version, digest=self.digest)


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a text: *refusals* in order of line (row = line, id = rule), or a *rule_text*, never both."""

    refusals: tuple[Refusal, ...]
    rule_text: RuleText | None = None

    @property
    def known(self) -> RuleText:
        """The text without faults. Law: there are no refusals."""
        holds(self.rule_text is not None, "a_text_without_faults", refusals=len(self.refusals))
        return cast(RuleText, self.rule_text)

    @property
    def rules(self) -> Rules:
        """Its rules with version 0, and none of the temporary ones. Law: there are no refusals."""
        known = self.known
        return rules_of(known.values, version=0, digest=known.digest)


def digest_of(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_rulebook(text: str) -> Reading:
    """Read a text that is handed in; every fault at once, also against the calendars, zones and codes of today."""
    return _read(text, None)


def read_recorded(text: str, frozen: Mapping[str, Any] | None = None) -> RuleText:
    """Read a text that was recorded, with what was frozen beside it. Law: every rule can be read.

    Whether its rules agree with each other and with the world was checked when it was handed in, and is not asked again.
    """
    reading = _read(text, frozen or {})
    holds(not reading.refusals, "a_recorded_text_has_no_faults", first=reading.refusals[:1])
    return reading.known


def _read(text: str, frozen: Mapping[str, Any] | None) -> Reading:
    table = parsed(text)
    if isinstance(table, Unreadable):
        fault = Fault((), "rulebook", "rulebook_unreadable", table.why, table.allowed)
        return Reading((_refusal(fault, table.line),))
    recorded = frozen or {}
    exponents = Exponents({**exponents_of(table).declared, **recorded.get("exponents", {})})
    values, faults = chapter_values(table, exponents, recorded.get("defaults", {}))
    # Instants of a recorded text were frozen, so no zone of today is asked for them.
    zone = _NO_ZONE if "instants" in recorded else _zone_of(values)
    head, head_faults = _head(table, zone)
    temporary, entry_faults = temporaries(table, exponents, zone, recorded.get("instants"))
    faults += head_faults + entry_faults
    if frozen is None:
        faults += (disagreement_at(found) for found in (*disagreements(values), *strangers(values)))
        faults += temporary_faults(values, temporary)
    if faults:
        return Reading(_refusals(faults, text))
    in_force_from_us = recorded["in_force_from_us"] if "in_force_from_us" in recorded else instant_of(head.get("in_force_from"), zone)
    plain = {
        "exponents": _digits(values, temporary, exponents),
        "defaults": defaults_of(table, values, exponents),
        "instants": [[each.from_us, each.until_us] for each in temporary],
        "in_force_from_us": in_force_from_us,
    }
    return Reading(
        (),
        RuleText(
            text=text,
            digest=digest_of(text),
            name=head["name"],
            pack=head.get("pack", ""),
            in_force_from_us=in_force_from_us,
            values=MappingProxyType(values),
            temporary=temporary,
            frozen=MappingProxyType(plain),
        ),
    )


def _zone_of(values: Mapping[str, Any]) -> str:
    """The zone in which dates are read; a stand-in where it is faulty and refused elsewhere."""
    zone = values.get("union.zone", _NO_ZONE)
    return zone if knows_zone(zone) else _NO_ZONE


def _head(table: Mapping[str, Any], zone: str) -> tuple[Mapping[str, Any], list[Fault]]:
    head = table.get("rulebook", {})
    if not isinstance(head, Mapping):
        return {}, [Fault(("rulebook",), "rulebook", "rule_of_another_kind", found_in_toml(head), "a table [rulebook]")]
    return head, list(_head_faults(head, zone))


def _head_faults(head: Mapping[str, Any], zone: str) -> Iterator[Fault]:
    yield from unknown_keys(head, ("rulebook",), _HEAD, "rule_unknown")
    if "name" not in head:
        yield Fault(("rulebook", "name"), "rulebook.name", "rule_missing", "(nothing)", Kind.TEXT.value)
    for key in ("name", "pack"):
        found = head.get(key)
        if found is not None and not (isinstance(found, str) and (is_text(found, TEXT_LENGTH_MAX) or (key == "pack" and not found))):
            yield Fault(("rulebook", key), f"rulebook.{key}", "rule_of_another_kind", found_in_toml(found), Kind.TEXT.value)
    if "in_force_from" in head and instant_of(head["in_force_from"], zone) is None:
        allowed = "a date-time such as 2026-01-01T00:00:00+01:00, or a date"
        found = found_in_toml(head["in_force_from"])
        yield Fault(("rulebook", "in_force_from"), "rulebook.in_force_from", "rule_of_another_kind", found, allowed)


def _digits(values: Mapping[str, Any], temporary: Sequence[Temporary], exponents: Exponents) -> dict[str, int]:
    """The digits of every currency in which the text has an amount."""
    amounts = [values[rule.id] for rule in RULES.values() if rule.kind is Kind.MONEY]
    amounts += [each.value for each in temporary if RULES[each.rule].kind is Kind.MONEY]
    return {currency: exponents.of(currency) or 0 for currency in sorted({currency for each in amounts for currency in each})}


def _refusals(faults: Sequence[Fault], text: str) -> tuple[Refusal, ...]:
    lines = lines_of(text)
    found = [_refusal(fault, line_of(lines, *fault.path)) for fault in faults]
    return tuple(sorted(dict.fromkeys(found), key=lambda refusal: (refusal.row, UNION_REFUSALS[refusal.code].precedence)))


def _refusal(fault: Fault, line: int) -> Refusal:
    rule = UNION_REFUSALS[fault.code]
    return Refusal(line, fault.rule, fault.code, shown(fault.found), fault.allowed or rule.allowed, rule.what_to_do)
