"""Every date of a clock, before anybody raises anything, and with each what happens if nothing is done.

Days are counted in the zone of the dispute; day 0 is the day on which a clock starts. A stage that ends *as its day begins* leaves that
day to what comes next; every other clock runs to the midnight that ends its last day. Source: rule R15 and its vectors.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rescounter.disputes.periods import DAY_MAX, Period, begins_us, ends_us
from rescounter.disputes.states import LAPSED, STAGES, TABLE, Clock, Edge, State, When, Who, follows
from rescounter.disputes.templates import Stage, Template
from rescounter.terms.calendar import BusinessDays, day_of, told
from rescounter.terms.faults import holds, there

__all__ = ["Deadline", "May", "agreement_days", "deadlines", "possible", "stage_deadlines", "sunset_deadline", "vote_deadlines"]

_NO_EXTENSIONS: Final[Mapping[str, datetime.date]] = MappingProxyType({})
_OF_EVENTS: Final = frozenset({When.PROPOSED, When.ADOPTED, When.REJECTED, When.TO_RESTORE, When.TO_CONTINUE})
"""Conditions that what is done decides; before it is done each of them is possible."""


@dataclass(frozen=True, slots=True)
class May:
    """An act that is possible while a clock runs, and who may do it."""

    act: str
    who: tuple[Who, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The end of one clock. *name*: of its stage, or notice, tabling, vote, sunset.

    *opens*: first local day on which something may be done under it; *day*: the last day of the clock, local; *at_us*: the instant at
    which the default is taken. *otherwise*: where that leads, *default* in words. *is_foreseen*: reckoned for a notice on the first
    day on which it may be given; fixed when it is given.
    """

    name: str
    title: str
    state: State
    clock: Clock
    opens: datetime.date
    day: datetime.date
    at_us: int
    zone: str
    otherwise: State
    default: str
    may: tuple[May, ...]
    is_foreseen: bool = False

    @property
    def at(self) -> str:
        """The instant as the clocks of the zone show it, with their offset (ISO 8601)."""
        return told(self.at_us, self.zone)


def deadlines(
    template: Template,
    raised: datetime.date,
    zone: str,
    business: BusinessDays | None = None,
    *,
    notified: datetime.date | None = None,
    sunset: datetime.date | None = None,
) -> tuple[Deadline, ...]:
    """Every deadline of a dispute that is raised on a day, in order of the stages, as it stands if nobody puts anything off.

    Args: *business*: Monday to Friday where none are given. *notified*: day of the notice; else the first on which it may be given,
    and what follows from it is foreseen. *sunset*: last day of the agreement. Law: days are at most `DAY_MAX`.
    """
    holds(raised <= DAY_MAX and (notified or raised) <= DAY_MAX, "a_clock_ends_before_the_calendar", raised=raised)
    days = business or BusinessDays()
    found = stage_deadlines(template, raised, zone, days)
    if template.vote is not None and template.vote.notice is not None:
        found += vote_deadlines(template, notified or found[-1].opens, zone, days, is_foreseen=notified is None)
    return found if sunset is None else (*found, sunset_deadline(raised, sunset, zone))


def stage_deadlines(
    template: Template, raised: datetime.date, zone: str, business: BusinessDays, until: Mapping[str, datetime.date] = _NO_EXTENSIONS
) -> tuple[Deadline, ...]:
    """What is fixed when a dispute is raised: its stages, and the notice or the vote that follows them.

    Args: *until*: for the name of a stage that was put off its new last day.
    """
    found: list[Deadline] = []
    days = {"": raised}
    for place, stage in enumerate(template.stages):
        day = until.get(stage.name) or stage.lasts.after(days[stage.after], business)
        opens = next((day_of(each.at_us, zone) for each in reversed(found) if stage.after in ("", each.name)), raised)
        found.append(_of_stage(template, place, zone, opens=opens, day=day, before=found[-1] if found else None))
        days[stage.name] = days[""] = found[-1].day
    if template.vote is None:
        return tuple(found)
    final = found[-1]
    opens = day_of(final.at_us, zone)
    if template.vote.notice is None:
        return (*found, _vote(template, final.day, zone, business, opens=opens))
    day = template.vote.notice.after(final.day, business)
    notice = _deadline(template, State.UNRESOLVED, Clock.NOTICE, opens=opens, day=day, at_us=ends_us(day, zone), zone=zone)
    return (*found, notice)


def vote_deadlines(
    template: Template, notified: datetime.date, zone: str, business: BusinessDays, *, is_foreseen: bool = False
) -> tuple[Deadline, ...]:
    """What is fixed when a notice is given: tabling and vote. Law: the template has a vote after a notice."""
    vote = there(template.vote, "a_notice_leads_to_a_vote", template=template.name)
    within = there(vote.tabled_within, "a_notice_leads_to_a_vote", template=template.name)
    last = _vote(template, notified, zone, business, opens=notified, is_foreseen=is_foreseen)
    day = min(within.after(notified, business), last.day)
    tabling = _deadline(
        template, State.NOTIFIED, Clock.TABLING, opens=notified, day=day, at_us=ends_us(day, zone), zone=zone, is_foreseen=is_foreseen
    )
    return (tabling, last)


def agreement_days(
    template: Template, endorsed: datetime.date, business: BusinessDays | None = None
) -> tuple[datetime.date, datetime.date]:
    """Adoption day and last day of an agreement that was endorsed on a day. Law: the template has a sunset."""
    sunset = there(template.sunset, "the_template_has_a_sunset", template=template.name)
    days = business or BusinessDays()
    adopted = sunset.adopted_after.after(endorsed, days)
    return adopted, sunset.ends_after.after(adopted, days)


def sunset_deadline(raised: datetime.date, day: datetime.date, zone: str) -> Deadline:
    """The midnight that ends the last *day* of the agreement: whatever is open then ends with it."""
    return Deadline(
        name="sunset", title="end of the agreement", state=State.SUNSET, clock=Clock.SUNSET, opens=raised, day=day,
        at_us=ends_us(day, zone), zone=zone, otherwise=State.SUNSET, default="the agreement ends, and what is open under it", may=(),
    )  # fmt: skip


def _of_stage(template: Template, place: int, zone: str, *, opens: datetime.date, day: datetime.date, before: Deadline | None) -> Deadline:
    """The deadline of a stage, never before that of the stage *before*."""
    stage = template.stages[place]
    at_us = begins_us(day, zone) if stage.ends_as_day_begins else ends_us(day, zone)
    if before is not None and (day, at_us) < (before.day, before.at_us):
        day, at_us = before.day, max(before.at_us, at_us)
    return _deadline(template, stage.state, Clock.STAGE, opens=opens, day=day, at_us=at_us, zone=zone, place=place)


def _vote(
    template: Template, start: datetime.date, zone: str, business: BusinessDays, *, opens: datetime.date, is_foreseen: bool = False
) -> Deadline:
    vote = there(template.vote, "a_notice_leads_to_a_vote", template=template.name)
    day = vote.lasts.after(start, business)
    return _deadline(template, State.TABLED, Clock.VOTE, opens=opens, day=day, at_us=ends_us(day, zone), zone=zone, is_foreseen=is_foreseen)


_NAMES: Final = {
    Clock.NOTICE: ("notice", "the complainant may notify"),
    Clock.TABLING: ("tabling", "a draft is tabled"),
    Clock.VOTE: ("vote", "the vote"),
}


def _deadline(
    template: Template, state: State, clock: Clock, *, opens: datetime.date, day: datetime.date, at_us: int, zone: str,
    place: int | None = None, is_foreseen: bool = False,
) -> Deadline:  # fmt: skip
    stage = None if place is None else template.stages[place]
    facts = template.facts(len(template.stages) - 1 if place is None else place)
    edge = there(follows(state, LAPSED, facts), "every_clock_has_a_default", state=state.value, template=template.name)
    name, title = (stage.name, stage.title) if stage is not None else _NAMES[clock]
    return Deadline(
        name=name, title=title, state=state, clock=clock, opens=opens, day=day, at_us=at_us, zone=zone, otherwise=edge.target,
        default=_default(template, edge, place), may=possible(state, facts, stage), is_foreseen=is_foreseen,
    )  # fmt: skip


def possible(state: State, facts: frozenset[When], stage: Stage | None) -> tuple[May, ...]:
    """What the table allows in a state under some conditions, whatever an event may still decide; extensions as the stage names them."""
    edges = [edge for edge in TABLE if edge.source is state and not edge.is_default and facts | _OF_EVENTS >= set(edge.when)]
    found = {edge.act: edge.who for edge in edges}
    if stage is not None and "extended" in found:
        found["extended"] = tuple(each.by for each in stage.extensions)
    return tuple(May(act, who) for act, who in found.items())


def _default(template: Template, edge: Edge, place: int | None) -> str:
    """What a clock brings about, in words."""
    last = _day_named(template, edge.clock)
    match edge.target:
        case State.RESTORED:
            return f"{template.restored}, from the midnight that ends {last}"
        case State.CONTINUED if edge.clock is Clock.NOTICE:
            return f"the right to notify lapses, and {template.continued}"
        case State.CONTINUED:
            return f"{template.continued}, from the midnight that ends {last}"
        case State.UNRESOLVED:
            return "it is unresolved, and the complainant may notify"
        case State.TABLED if edge.source in STAGES:
            return "it goes to the vote"
        case State.TABLED:
            return "the draft counts as tabled by the chair"
        case _:
            return f"it goes on: {template.stages[(place or 0) + 1].title if place is not None else edge.target.value}"


def _day_named(template: Template, clock: Clock | None) -> str:
    lasts: Period = template.vote.lasts if clock is Clock.VOTE and template.vote is not None else template.stages[-1].lasts
    return f"day {lasts.number}" if lasts.unit == "days" else f"the last day of the {lasts}"
