"""One dispute: a frozen value that knows where it stands at any instant.

Its dates are reckoned when it is raised, those of the vote when the notice is given; later rules, holidays and time zone data move none
of them, and an extension moves only the stage that it names and what follows it. Defaults need no act: `at` takes them by the clock alone.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from rescounter.disputes.clock import Deadline, May, possible, stage_deadlines, sunset_deadline, vote_deadlines
from rescounter.disputes.periods import DAY_MAX
from rescounter.disputes.states import LAPSED, OUTCOMES, STAGES, SUNSET, TABLE, Clock, Edge, State, When, Who, follows
from rescounter.disputes.templates import Template
from rescounter.terms import Refusal, holds
from rescounter.terms.calendar import BusinessDays, day_of
from rescounter.terms.faults import there
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["Dispute", "Event", "Taken", "raise_dispute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What somebody does in a dispute. *act*: of the table; *by*: in which capacity.

    *is_adopted*: of `voted`; *restores*: of `decided`; *until*: of `extended`, the new last day of the stage.
    """

    act: str
    by: Who
    is_adopted: bool = False
    restores: bool = False
    until: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """An edge that was taken, and when; a default at the instant at which its clock ended."""

    at_us: int
    edge: Edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute after what *taken* tells. *place*: the stage in which it stands; *deadlines*: every date that is fixed.

    Laws: edges are taken in order of time; in an open state a clock runs; nothing is restored before it was decided or its clock ended.
    """

    template: Template
    zone: str
    business: BusinessDays
    raised: datetime.date
    sunset: datetime.date | None
    state: State
    place: int
    deadlines: tuple[Deadline, ...]
    taken: tuple[Taken, ...]
    until: tuple[tuple[str, datetime.date], ...] = ()
    is_proposed: bool = False

    @property
    def outcome(self) -> Taken | None:
        """How and when it ended; None while it is open."""
        return self.taken[-1] if self.state in OUTCOMES else None

    @property
    def deadline(self) -> Deadline | None:
        """The clock that runs, apart from the sunset; None once there is an outcome. Law: in an open state a clock runs."""
        clock = next((edge.clock for edge in TABLE if edge.source is self.state and edge.act == LAPSED), None)
        if clock is None:
            return None
        name = self.template.stages[self.place].name
        found = (each for each in self.deadlines if each.clock is clock and (clock is not Clock.STAGE or each.name == name))
        return there(next(found, None), "in_an_open_state_a_clock_runs", state=self.state.value)

    @property
    def may(self) -> tuple[May, ...]:
        """What somebody may do as it stands, and who; nothing once there is an outcome."""
        facts = self.template.facts(self.place) | ({When.PROPOSED} if self.is_proposed else set())
        found = possible(self.state, facts, self.template.stages[self.place] if self.state in STAGES else None)
        return tuple(each for each in found if each.act != "accepted" or self.is_proposed)

    def at(self, at_us: int) -> Dispute:
        """The dispute at an instant: every clock that has ended by then has led on, each at its own instant."""
        dispute = self
        while (taken := dispute._next_default(at_us)) is not None:
            dispute = dispute._through(taken)
        return dispute

    def refusals(self, event: Event, at_us: int) -> tuple[Refusal, ...]:
        """Why *event* cannot be done at an instant; nothing where it can."""
        then = self.at(at_us)
        if then.outcome is not None:
            return (_refusal("dispute_over", event, f"{then.state.value} by {then.outcome.edge.act}", "nothing: it has its outcome"),)
        edge = then._edge(event)
        possible = sorted({each.act for each in TABLE if each.source is then.state and not each.is_default})
        if edge is None:
            return (_refusal("dispute_out_of_turn", event, f"{event.act} while {then.state.value}", "one of: " + ", ".join(possible)),)
        if event.by not in edge.who:
            return (_refusal("dispute_not_for_you", event, event.by.value, " or ".join(each.value for each in edge.who)),)
        return then._refusals_to_extend(event) if event.act == "extended" else ()

    def after(self, event: Event, at_us: int, fixed: tuple[Deadline, ...] | None = None) -> Dispute:
        """The dispute after an event. Laws: it is not refused (`refusals`); events come in order of time.

        Args: *fixed*: every deadline after the event, where it was fixed before; None: what the event fixes is reckoned.
        """
        found = self.refusals(event, at_us)
        holds(not found, "only_what_is_allowed_happens", first=found[:1])
        then = self.at(at_us)
        edge = there(then._edge(event), "only_what_is_allowed_happens", act=event.act)
        if event.act == "extended":
            return then._extended(edge, event, at_us, fixed)
        return then._through(Taken(at_us, edge), is_proposed=event.act == "proposed", known=fixed)

    def deadlines_after(self, event: Event, at_us: int) -> tuple[Deadline, ...]:
        """Every deadline as an event that is allowed at an instant would leave it, reckoned anew where the event fixes or moves it."""
        return self.after(event, at_us).deadlines

    def _next_default(self, at_us: int) -> Taken | None:
        """The default that comes next, if its clock ended at *at_us* or before; at one instant the dispute's own clock goes first."""
        own = self.deadline
        if own is None:
            return None
        first = min((own, *(each for each in self.deadlines if each.clock is Clock.SUNSET)), key=lambda each: each.at_us)
        ends, is_sunset = first, first.clock is Clock.SUNSET
        if ends.at_us > at_us:
            return None
        edge = follows(self.state, SUNSET if is_sunset else LAPSED, self._facts())
        # A stage whose clock ended before it began (it runs beside another) is left at the instant at which it was entered.
        return Taken(max(ends.at_us, self.taken[-1].at_us), there(edge, "every_clock_has_a_default", state=self.state.value))

    def _facts(self, event: Event | None = None) -> frozenset[When]:
        facts = set(self.template.facts(self.place))
        if self.is_proposed:
            facts.add(When.PROPOSED)
        if event is not None:
            facts.add(When.ADOPTED if event.is_adopted else When.REJECTED)
            facts.add(When.TO_RESTORE if event.restores else When.TO_CONTINUE)
        return frozenset(facts)

    def _edge(self, event: Event) -> Edge | None:
        return None if event.act in (LAPSED, SUNSET) else follows(self.state, event.act, self._facts(event))

    def _through(self, taken: Taken, *, is_proposed: bool = False, known: tuple[Deadline, ...] | None = None) -> Dispute:
        """The dispute after an edge; a stage is left for the next where the edge says so, and a notice fixes the dates of the vote."""
        edge = taken.edge
        holds(taken.at_us >= self.taken[-1].at_us, "events_come_in_order_of_time", at_us=taken.at_us)
        is_next = bool({When.LEVEL_NEXT, When.OPINION_NEXT, When.FINAL_NEXT} & set(edge.when))
        fixed = self.deadlines if known is None else known
        if edge.target is State.NOTIFIED and known is None:
            fixed += vote_deadlines(self.template, day_of(taken.at_us, self.zone), self.zone, self.business)
        holds(fixed[: len(self.deadlines)] == self.deadlines, "no_deadline_moves", act=edge.act)
        changed = replace(
            self,
            state=edge.target,
            place=self.place + 1 if is_next else self.place,
            deadlines=fixed,
            taken=(*self.taken, taken),
            is_proposed=is_proposed and edge.target is State.MEDIATION,
        )
        _never_reaches_back(self, changed)
        return changed

    def _refusals_to_extend(self, event: Event) -> tuple[Refusal, ...]:
        """Why the stage cannot be put off to that day by whoever asks."""
        stage, running = self.template.stages[self.place], there(self.deadline, "in_an_open_state_a_clock_runs")
        rule = stage.extension_by(event.by)
        if rule is None:
            who = ", ".join(each.by.value for each in stage.extensions)
            return (_refusal("extension_not_allowed", event, f"{event.by.value} for {stage.name}", who),)
        last = DAY_MAX if rule.at_most is None else min(DAY_MAX, rule.at_most.after(self._day_zero(), self.business))
        if event.until is None or not running.day < event.until <= last:
            allowed = f"a day after {running.day}" + ("" if rule.at_most is None else f", at the latest {last} ({rule.at_most} in all)")
            return (_refusal("extension_not_allowed", event, str(event.until), allowed),)
        return ()

    def _day_zero(self) -> datetime.date:
        """The day from which the days of the stage are counted."""
        stage = self.template.stages[self.place]
        name = stage.after or (self.template.stages[self.place - 1].name if self.place else "")
        return next((each.day for each in self.deadlines if name and each.name == name), self.raised)

    def _extended(self, edge: Edge, event: Event, at_us: int, known: tuple[Deadline, ...] | None) -> Dispute:
        until = {**dict(self.until), self.template.stages[self.place].name: there(event.until, "an_extension_names_a_day")}
        reckoned = known or _fixed(self.template, self.raised, self.zone, self.business, until, self.sunset)
        # What keeps its day keeps its instant, whatever the zone data of today say.
        moved = tuple(old if old.day == new.day else new for old, new in zip(self.deadlines, reckoned, strict=True))
        kept = [(old, new) for old, new in zip(self.deadlines, moved, strict=True) if old.clock is Clock.SUNSET or old.at_us <= at_us]
        holds(all(old == new for old, new in kept), "no_deadline_that_has_passed_moves", stage=self.place)
        holds(all(new.at_us >= old.at_us for old, new in zip(self.deadlines, moved, strict=True)), "an_extension_brings_nothing_forward")
        return replace(self, deadlines=moved, until=tuple(until.items()), taken=(*self.taken, Taken(at_us, edge)))


def raise_dispute(
    template: Template,
    at_us: int,
    zone: str,
    business: BusinessDays | None = None,
    *,
    sunset: datetime.date | None = None,
    raised: datetime.date | None = None,
) -> Dispute:
    """A dispute that is raised at an instant; its day 0 is the local day of that instant.

    Args: *sunset*: last day of the agreement that it is about; *raised*: the local day as it was fixed, None: it is reckoned.
    Law: it is raised before the last day ends, and at most on `DAY_MAX`.
    """
    raised, days = raised or day_of(at_us, zone), business or BusinessDays()
    holds(raised <= DAY_MAX and (sunset is None or raised <= sunset), "raised_while_the_agreement_lasts", raised=raised, sunset=sunset)
    edge = there(follows(None, "raised", template.facts(-1)), "a_dispute_begins_somewhere", template=template.name)
    return Dispute(
        template=template,
        zone=zone,
        business=days,
        raised=raised,
        sunset=sunset,
        state=edge.target,
        place=0,
        deadlines=_fixed(template, raised, zone, days, {}, sunset),
        taken=(Taken(at_us, edge),),
    )


def _fixed(
    template: Template,
    raised: datetime.date,
    zone: str,
    business: BusinessDays,
    until: dict[str, datetime.date],
    sunset: datetime.date | None,
) -> tuple[Deadline, ...]:
    found = stage_deadlines(template, raised, zone, business, until)
    return found if sunset is None else (*found, sunset_deadline(raised, sunset, zone))


def _never_reaches_back(before: Dispute, after: Dispute) -> None:
    """Law: what is restored by default is restored from the end of the clock that ran, as it was fixed, and never from earlier."""
    outcome = after.outcome
    if outcome is not None and after.state is State.RESTORED and outcome.edge.clock is not None:
        running = there(before.deadline, "in_an_open_state_a_clock_runs")
        holds(outcome.at_us >= running.at_us, "a_snapback_never_reaches_back", at_us=outcome.at_us, ends_us=running.at_us)


def _refusal(code: str, event: Event, found: str, allowed: str) -> Refusal:
    rule = UNION_REFUSALS[code]
    return Refusal(0, event.act, code, shown(found), allowed or rule.allowed, rule.what_to_do)
