"""The disputes of a union: the fold of what was raised, done and handed in, and of conditions under which measures were granted.

What may not be done is told by the steps (`cycle/disputing.py`). Every date stands in the act that fixed it and is taken from there.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from rescounter.disputes.dispute import Dispute, Event, raise_dispute
from rescounter.disputes.fixing import with_dates
from rescounter.disputes.reading import read_template
from rescounter.disputes.states import State, Who
from rescounter.terms.acts import Act
from rescounter.terms.calendar import BusinessDays
from rescounter.terms.faults import holds, there

__all__ = ["Case", "Condition", "Disputes", "Evidence", "Undo", "event_of"]

_FAR_US: Final = 2**62
"""Later than any clock ends, in microseconds since 1970 UTC."""
_OF_A_DISPUTE: Final = ("dispute_moved", "dispute_decided", "dispute_agreed", "evidence_handed_in")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document that a member handed in. *document*: its digest, ``sha256:`` and 64 hexadecimal digits."""

    act: int
    at_us: int
    by: str
    member: str
    document: str
    title: str


@dataclass(frozen=True, slots=True)
class Undo:
    """What stood before a measure, as its act or the raising of a dispute fixed it; it returns at *at_us*, and never for earlier."""

    source: str
    at_us: int
    before: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """A measure that ends by itself. *measure*: number of the act that granted it; *day*: its last; *ends_at_us*: the end of that day."""

    act: int
    measure: int
    day: datetime.date
    ends_at_us: int
    before: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One dispute of a union: the acts that led there in order, and the *dispute* as they left it.

    *ends_at_us*: the instant of its outcome; while it is open, that at which it ends if nobody does anything. *says*: what each party or
    participant agreed to since the last event, by member.
    """

    number: int
    dispute: Dispute
    ends_at_us: int
    acts: tuple[Act, ...]
    evidence: tuple[Evidence, ...] = ()
    says: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def raised(self) -> Mapping[str, Any]:
        """The body of the act that raised it: complainant, respondent, obligations or measure, reason, template_text, zone."""
        return self.acts[0].body

    @property
    def raised_at_us(self) -> int:
        """The instant of that act."""
        return self.acts[0].at_us

    @property
    def parties(self) -> tuple[str, str]:
        """Complainant and respondent."""
        return self.raised["complainant"], self.raised["respondent"]

    @property
    def obligations(self) -> tuple[tuple[str, str], ...]:
        """Submitter and id of each obligation that it is about; none where it is about a measure."""
        return tuple((submitter, name) for submitter, name in self.raised.get("obligations", ()))

    def is_open(self, at_us: int) -> bool:
        """True while it has no outcome."""
        return self.ends_at_us > at_us

    def is_restored(self, at_us: int) -> bool:
        """True once what stood before returned: by the clock, a decision or a vote, or since both parties agreed on it."""
        state = self.dispute.at(at_us).state
        agreed = (
            bool(act.body["restores"])
            for act in reversed(self.acts)
            if act.body.get("event") in ("settled", "accepted") and act.kind == "dispute_moved"
        )
        return state is State.RESTORED or (state is State.SETTLED and next(agreed, False))

    def after(self, act: Act) -> Case:
        """The case with one more act. Laws: the table allows it; no deadline moves but the one that an extension names."""
        body = act.body
        if act.kind == "evidence_handed_in":
            handed = Evidence(act.number, act.at_us, act.by, body["member"], body["document"], body["title"])
            return replace(self, acts=(*self.acts, act), evidence=(*self.evidence, handed))
        if act.kind == "dispute_agreed":
            said = {name: body[name] for name in ("event", "restores", "until", "turn")}
            return replace(self, acts=(*self.acts, act), says=MappingProxyType({**self.says, body["member"]: said}))
        event = event_of(body)
        if self.dispute.refusals(event, act.at_us):
            # Its clock ended between the look at it and the stamp of the act: it came too late, and stays on record without effect.
            return replace(self, acts=(*self.acts, act))
        fixed = with_dates(self.dispute.deadlines_after(event, act.at_us), body["deadlines"])
        dispute = self.dispute.after(event, act.at_us, fixed)
        ends = _ends_at_us(dispute)
        return replace(self, acts=(*self.acts, act), dispute=dispute, ends_at_us=ends, says=MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Disputes:
    """Everything that was disputed. *taken*: what has its effect on the register already; *next_us*: when the next effect comes by the
    clock alone, None where none does.
    """

    cases: Mapping[int, Case] = field(default_factory=lambda: MappingProxyType({}))
    conditions: Mapping[int, Condition] = field(default_factory=lambda: MappingProxyType({}))
    taken: frozenset[str] = frozenset()
    next_us: int | None = None

    def is_due(self, at_us: int) -> bool:
        """True where something ended by an instant whose effect was not taken yet."""
        return self.next_us is not None and self.next_us <= at_us

    def effects(self, at_us: int) -> tuple[Undo, ...]:
        """What returns by an instant and has not been taken, in order of time."""
        found = [
            Undo(name, case.ends_at_us, case.raised["before"])
            for name, case in self._waiting_cases()
            if case.ends_at_us <= at_us and "measure" in case.raised and case.is_restored(at_us)
        ]
        found += [Undo(name, each.ends_at_us, each.before) for name, each in self._waiting_conditions() if each.ends_at_us <= at_us]
        return tuple(sorted(found, key=lambda each: (each.at_us, each.source)))

    def with_taken(self, at_us: int) -> Disputes:
        """The same once every effect up to an instant was taken."""
        done = {name for name, case in self._waiting_cases() if case.ends_at_us <= at_us}
        done |= {name for name, each in self._waiting_conditions() if each.ends_at_us <= at_us}
        return replace(self, taken=self.taken | done)._with_next()

    def open_at(self, at_us: int) -> tuple[Case, ...]:
        """The disputes that have no outcome at an instant."""
        return tuple(case for case in self.cases.values() if case.is_open(at_us))

    def held_out(self, at_us: int) -> list[tuple[str, str]]:
        """Obligations of disputes that were open at an instant or were raised since."""
        return [name for case in self.cases.values() if case.is_open(at_us) for name in case.obligations]

    def taken_out(self, at_us: int) -> list[tuple[str, str]]:
        """Obligations that a dispute took out of the netting for good by an instant."""
        return [name for case in self.cases.values() if case.obligations and case.is_restored(at_us) for name in case.obligations]

    def after(self, act: Act) -> Disputes:
        """The disputes with one more act. Laws: disputes are numbered without a gap; each moves by its table."""
        if act.kind == "dispute_raised":
            number = len(self.cases) + 1
            holds(act.body["dispute"] == number, "disputes_leave_no_gap", dispute=act.body["dispute"], wanted=number)
            return self._with_case(_case(act))
        if act.kind in _OF_A_DISPUTE:
            case = there(self.cases.get(act.body["dispute"]), "a_dispute_is_raised_first", dispute=act.body["dispute"])
            return self._with_case(case.after(act))
        if act.kind == "measure_conditioned":
            return self._conditioned(act)
        return self

    def _with_case(self, case: Case) -> Disputes:
        return replace(self, cases=MappingProxyType({**self.cases, case.number: case}))._with_next()

    def _conditioned(self, act: Act) -> Disputes:
        body = act.body
        holds(body["measure"] not in self.conditions, "a_measure_has_one_condition", measure=body["measure"])
        day = datetime.date.fromisoformat(body["day"])
        # It may be approved after its day: nothing ends before the act.
        condition = Condition(act.number, body["measure"], day, max(body["ends_at_us"], act.at_us), body["before"])
        return replace(self, conditions=MappingProxyType({**self.conditions, body["measure"]: condition}))._with_next()

    def _with_next(self) -> Disputes:
        ends = [case.ends_at_us for _, case in self._waiting_cases()]
        ends += [each.ends_at_us for _, each in self._waiting_conditions()]
        return replace(self, next_us=min(ends, default=None))

    def _waiting_cases(self) -> list[tuple[str, Case]]:
        named = ((f"dispute {number}", case) for number, case in self.cases.items())
        return [(name, case) for name, case in named if name not in self.taken]

    def _waiting_conditions(self) -> list[tuple[str, Condition]]:
        named = ((f"condition of act {measure}", each) for measure, each in self.conditions.items())
        return [(name, each) for name, each in named if name not in self.taken]


def event_of(body: Mapping[str, Any]) -> Event:
    """The event that a body tells."""
    until = body["until"]
    return Event(
        act=body["event"],
        by=Who[body["by"]],
        is_adopted=body["is_adopted"],
        restores=body["restores"],
        until=datetime.date.fromisoformat(until) if until else None,
    )


def _case(act: Act) -> Case:
    """The case that an act raised. Law: its template can be read, and its stages are those whose dates the act holds."""
    body = act.body
    template = there(read_template(body["template_text"]).template, "a_dispute_has_a_template", dispute=body["dispute"])
    sunset = datetime.date.fromisoformat(body["sunset"]) if body["sunset"] else None
    raised = datetime.date.fromisoformat(body["raised"])
    business = BusinessDays.of_body(body["business"])
    dispute = raise_dispute(template, act.at_us, body["zone"], business, sunset=sunset, raised=raised)
    fixed = replace(dispute, deadlines=with_dates(dispute.deadlines, body["deadlines"]))
    return Case(number=body["dispute"], dispute=fixed, ends_at_us=_ends_at_us(fixed), acts=(act,))


def _ends_at_us(dispute: Dispute) -> int:
    """When a dispute ends if nobody does anything any more. Law: it does."""
    return there(dispute.at(_FAR_US).outcome, "no_path_leaves_a_dispute_without_an_outcome", state=dispute.state.value).at_us
