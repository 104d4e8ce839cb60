"""Rules with a date in force, and a sunset if wished: the `[[temporary]]` entries of a text.

An entry names a rule, its value, and from when it takes the place of the text's own; with *until*, the first instant at which it has
lapsed by itself, and what held before returns: an earlier entry without *until*, else the value of the text. A date means the beginning of
that day in the union's zone. Of the entries of one rule that hold at an instant, the one that began last counts.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from rescounter.rulebook.agreement import disagreements, strangers
from rescounter.rulebook.chapters import Fault, unknown_keys, with_value
from rescounter.rulebook.fields import LASTING, RULES
from rescounter.rulebook.values import found_in_toml, read_value
from rescounter.terms import Exponents
from rescounter.terms.calendar import instant_us
from rescounter.terms.names import closest

__all__ = ["Temporary", "in_place", "instant_of", "temporaries", "temporary_faults"]

_KEYS: Final = ("rule", "value", "from", "until")
_NEEDED: Final = ("rule", "value", "from")
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND: Final = datetime.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Temporary:
    """A rule with a date: *value* takes the place of the text's own from *from_us* on, and lapses by itself at *until_us*; None: never.

    *entry*: its place among the entries of the text, from 0.
    """

    entry: int
    rule: str
    value: Any
    from_us: int
    until_us: int | None

    def holds_at(self, at_us: int) -> bool:
        """True from its date until before its sunset."""
        return self.from_us <= at_us and (self.until_us is None or at_us < self.until_us)


def instant_of(found: Any, zone: str) -> int | None:
    """The instant of a TOML date (its first), local date-time (in *zone*) or offset date-time; None for anything else."""
    match found:
        case datetime.datetime() if found.tzinfo is not None:
            return (found.astimezone(datetime.UTC) - _EPOCH) // _MICROSECOND
        case datetime.datetime():
            return instant_us(found.date(), found.time(), zone)
        case datetime.date():
            return instant_us(found, datetime.time(), zone)
    return None


def in_place(values: Mapping[str, Any], temporary: Sequence[Temporary], at_us: int) -> Mapping[str, Any]:
    """The values at an instant: those of temporary rules in place of the text's own, of one rule that which began last."""
    for each in sorted(temporary, key=lambda entry: entry.from_us):
        if each.holds_at(at_us):
            values = with_value(values, each.rule, each.value)
    return values


def temporaries(
    table: Mapping[str, Any], exponents: Exponents, zone: str, instants: Sequence[Sequence[int | None]] | None
) -> tuple[tuple[Temporary, ...], list[Fault]]:
    """The entries that are well-formed, and what is wrong with the others. *instants*: from and until of each where they were frozen."""
    entries = table.get("temporary", [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        return (), [Fault(("temporary",), "temporary", "rule_of_another_kind", found_in_toml(entries), "entries [[temporary]]")]
    good, faults = [], []
    for place, entry in enumerate(entries):
        found = list(_entry_faults(entry, place, exponents, zone))
        faults += found
        if not found:
            told = instant_of(entry["from"], zone), instant_of(entry.get("until"), zone)
            starts, ends = told if instants is None else instants[place]
            value = read_value(RULES[entry["rule"]], entry["value"], exponents).value
            good.append(Temporary(entry=place, rule=entry["rule"], value=value, from_us=starts or 0, until_us=ends))
    return tuple(good), faults


def _entry_faults(entry: Mapping[str, Any], place: int, exponents: Exponents, zone: str) -> Iterator[Fault]:
    path, rule_id = ("temporary", str(place)), entry.get("rule")
    name = rule_id if isinstance(rule_id, str) else "temporary"
    yield from unknown_keys(entry, path, _KEYS, "rule_unknown")
    for key in _NEEDED:
        if key not in entry:
            yield Fault(path, name, "rule_missing", f"no {key}", "rule, value and from in each entry, and until where it lapses")
    if "rule" in entry and name not in RULES:
        yield Fault((*path, "rule"), name, "rule_unknown", found_in_toml(rule_id), "the id of a rule" + closest(name, RULES))
    elif name in LASTING:
        yield Fault((*path, "rule"), name, "rule_not_temporary", name, "any rule but " + ", ".join(sorted(LASTING)))
    elif "rule" in entry and "value" in entry:
        for problem in read_value(RULES[name], entry["value"], exponents).problems:
            yield Fault((*path, "value"), name, problem.code, problem.found, problem.allowed)
    yield from _date_faults(entry, path, name, zone)


def _date_faults(entry: Mapping[str, Any], path: tuple[str, ...], name: str, zone: str) -> Iterator[Fault]:
    instants = {key: instant_of(entry[key], zone) for key in ("from", "until") if key in entry}
    for key, instant in instants.items():
        if instant is None:
            yield Fault((*path, key), name, "rule_of_another_kind", found_in_toml(entry[key]), "a date such as 2026-03-01, or a date-time")
    starts, ends = instants.get("from"), instants.get("until")
    if starts is not None and ends is not None and ends <= starts:
        told = f"from {found_in_toml(entry['from'])} until {found_in_toml(entry['until'])}"
        yield Fault((*path, "until"), name, "sunset_before_dawn", told, "an until that lies behind from")


def temporary_faults(values: Mapping[str, Any], temporary: Sequence[Temporary]) -> Iterator[Fault]:
    """Where entries contradict each other, the rest of the text, or the world: at each instant at which one begins or ends."""
    ordered = sorted(temporary, key=lambda each: (each.rule, each.from_us))
    for before, each in pairwise(ordered):
        is_before_sunset = before.until_us is not None and each.from_us < before.until_us
        if before.rule == each.rule and (is_before_sunset or each.from_us == before.from_us):
            path = ("temporary", str(each.entry), "from")
            yield Fault(
                path, each.rule, "sunsets_overlap", f"begins before entry {before.entry + 1} of the same rule lapses", "one at a time"
            )
    own = {(found.rule, found.code, found.found) for found in disagreements(values)}
    told = set(own)
    for at_us in sorted({instant for each in temporary for instant in (each.from_us, each.until_us) if instant is not None}):
        then = in_place(values, temporary, at_us)
        for found in disagreements(then):
            if (found.rule, found.code, found.found) not in told:
                told.add((found.rule, found.code, found.found))
                entry = next((each for each in temporary if each.holds_at(at_us)), temporary[0])
                yield Fault(("temporary", str(entry.entry)), found.rule, found.code, found.found, found.allowed)
    yield from _strange(temporary, values)


def _strange(temporary: Sequence[Temporary], values: Mapping[str, Any]) -> Iterator[Fault]:
    """Codes that the world does not know, in the value of an entry."""
    exponents = {"union.exponents": values.get("union.exponents")}
    for each in temporary:
        for found in strangers({**exponents, each.rule: each.value}):
            if found.rule == each.rule:
                yield Fault(("temporary", str(each.entry), "value"), found.rule, found.code, found.found, found.allowed)
