"""The rulebook through time: its versions, what is in force at an instant, and since when each rule is as it is.

A version is a whole text. It is in force from the instant that it names, never before the act that recorded it;
of the versions whose instant has come, the one that was recorded last counts. So a version with a later date may
be followed by another before it ever is in force, and what was in force stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rescounter.rulebook.fields import RULES
from rescounter.rulebook.lines import line_of, lines_of
from rescounter.rulebook.reading import RuleText, read_recorded, read_rulebook
from rescounter.rulebook.rules import Rules
from rescounter.terms import Refusal
from rescounter.terms.acts import Act, body_of, canonical
from rescounter.terms.calendar import told
from rescounter.terms.faults import holds
from rescounter.terms.refusals import UNION_REFUSALS

__all__ = ["Origin", "Rulebook", "Version", "refusals_to_change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One text on record. *number*: from 1; *act*: the act that recorded it; *from_us*: when it comes into force."""

    number: int
    act: int
    from_us: int
    rule_text: RuleText

    @property
    def digest(self) -> str:
        """The SHA-256 of its text."""
        return self.rule_text.digest

    @property
    def text(self) -> str:
        """The text itself."""
        return self.rule_text.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the value of a rule comes from. *version*: the first of those that gave it one after the other, in force from *from_us*.

    *until_us*: when it lapses by itself, None where it lasts. A value that lapses has the version in force, and *from_us* of its entry.
    """

    version: int
    from_us: int
    until_us: int | None


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All versions in the order in which they were recorded."""

    versions: tuple[Version, ...] = ()

    def after(self, act: Act) -> Rulebook:
        """The rulebook with one more act. Law: a recorded text has the digest that its act names.

        The first version is in force from the founding, whatever date it names: a union is never without rules.
        """
        if act.kind not in ("founded", "rulebook_changed"):
            return self
        body = act.body
        rule_text = _recorded(body["text"], canonical(body.get("frozen", {})))
        holds(body.get("digest", rule_text.digest) == rule_text.digest, "a_version_has_its_digest", act=act.number)
        named = body.get("in_force_from_us", rule_text.in_force_from_us)
        start = act.at_us if named is None or act.kind == "founded" else max(named, act.at_us)
        version = Version(number=len(self.versions) + 1, act=act.number, from_us=start, rule_text=rule_text)
        return Rulebook((*self.versions, version))

    def version_at(self, at_us: int) -> Version:
        """The version in force at an instant. Law: the union was founded by then."""
        started = [version for version in self.versions if version.from_us <= at_us]
        holds(bool(started), "a_union_has_rules", at_us=at_us, versions=len(self.versions))
        return started[-1]

    def in_force(self, at_us: int) -> Rules:
        """The rules of an instant: those of the version in force, with its temporary rules of that instant in place."""
        version = self.version_at(at_us)
        return version.rule_text.rules_at(at_us, version=version.number)

    def of_version(self, number: int, at_us: int) -> Rules:
        """The rules of one version at an instant, whether it is in force then or not."""
        return self.versions[number - 1].rule_text.rules_at(at_us, version=number)

    def origin_of(self, rule_id: str, at_us: int) -> Origin:
        """Since when the rule has the value that it has at an instant, by which version, and until when."""
        holds(rule_id in RULES, "a_rule_is_known", rule=rule_id)
        version = self.version_at(at_us)
        dated = [each for each in version.rule_text.temporary if each.rule == rule_id and each.holds_at(at_us)]
        if dated:
            latest = max(dated, key=lambda each: each.from_us)
            return Origin(version=version.number, from_us=max(latest.from_us, version.from_us), until_us=latest.until_us)
        first = version
        value: Any = version.rule_text.values[rule_id]
        for before in reversed(self._were_in_force(version)):
            if before.rule_text.values[rule_id] != value:
                break
            first = before
        return Origin(version=first.number, from_us=first.from_us, until_us=None)

    def _were_in_force(self, version: Version) -> tuple[Version, ...]:
        """The versions that were in force before *version*, for some time, in order."""
        earlier = self.versions[: version.number - 1]
        return tuple(
            each for place, each in enumerate(earlier) if all(each.from_us < later.from_us for later in (*earlier[place + 1 :], version))
        )


def refusals_to_change(rulebook: Rulebook, text: str, at_us: int) -> tuple[Refusal, ...]:
    """Why a text may not become the next version at an instant: its own faults, or that it changes nothing or the past."""
    reading = read_rulebook(text)
    if reading.refusals:
        return reading.refusals
    found, known = [], reading.known
    if rulebook.versions and rulebook.versions[-1].digest == known.digest:
        found.append(_refusal("version_unchanged", f"version {len(rulebook.versions)}, digest {known.digest[:16]}"))
    if known.in_force_from_us is not None and known.in_force_from_us < at_us:
        line = line_of(lines_of(text), "rulebook", "in_force_from")
        named = f"in_force_from {told(known.in_force_from_us, known.values['union.zone'])}"
        found.append(_refusal("version_in_the_past", named, line=line))
    return tuple(found)


def _refusal(code: str, found: str, *, line: int = 0) -> Refusal:
    rule = UNION_REFUSALS[code]
    return Refusal(line, "rulebook", code, found, rule.allowed, rule.what_to_do)


@lru_cache(maxsize=64)
def _recorded(text: str, frozen: bytes) -> RuleText:
    """A text as it was recorded. Reading one takes milliseconds, and a history is folded more than once."""
    return read_recorded(text, body_of(frozen))
