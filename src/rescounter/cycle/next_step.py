"""What comes next in a cycle: for whom, from when, by when, and what happens if nothing is done."""

from __future__ import annotations

from dataclasses import dataclass

from rescounter.cycle.proposals import waiting
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.rulebook.rules import PAIRS_KIND

__all__ = ["Due", "is_left_known", "next_step", "pays"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The next step of a cycle. *from_us*: not before; *by_us*: the date that the calendar gives it, None where it gives none.

    *waits_for*: empty where the step can be done at *from_us*; else the proposal or money that it waits for.
    """

    cycle: str
    verb: str
    who: str
    from_us: int
    by_us: int | None
    otherwise: str
    waits_for: str = ""


def next_step(union: Union, cycle: Cycle, *, at_us: int) -> Due | None:
    """The next step of *cycle*; None when it is closed."""
    due = _by_state(union, cycle)
    if due is None:
        return None
    for proposal in waiting(union, at_us=at_us):
        if proposal.body.get("cycle") == cycle.code:
            return Due(
                cycle=cycle.code,
                verb=f"approval approve {proposal.number}",
                who=union.rules(at_us).approvals.role,
                from_us=at_us,
                by_us=proposal.expires_at_us,
                otherwise="the proposal lapses, and the step must be proposed again",
                waits_for=f"the approval of proposal {proposal.number} ({proposal.kind})",
            )
    return due


def pays(union: Union, cycle: Cycle) -> bool:
    """True where something of this cycle is paid: its rulebook nets and pays in."""
    return union.pays(cycle)


def is_left_known(union: Union, cycle: Cycle) -> bool:
    """True once nobody can be late any more: what *cycle* carries over is known, and the next one can be cut off."""
    return cycle.state in (State.FUNDED, State.SETTLED, State.CLOSED) or (cycle.state is State.FINAL and not pays(union, cycle))


def _by_state(union: Union, cycle: Cycle) -> Due | None:
    dates, operator = cycle.dates, "operator"

    def due(verb: str, from_us: int, by_us: int | None, otherwise: str, waits_for: str = "") -> Due:
        return Due(cycle=cycle.code, verb=verb, who=operator, from_us=from_us, by_us=by_us, otherwise=otherwise, waits_for=waits_for)

    waiting = "the cycle waits; nothing is lost"
    match cycle.state:
        case State.OPEN:
            before = union.before(cycle)
            waits_for = "" if before is None or is_left_known(union, before) else f"what cycle {before.code} carries over"
            return due("cycle cut-off", dates.cut_off_at_us, dates.cut_off_at_us, "later submissions are refused all the same", waits_for)
        case State.CUT_OFF:
            return due("cycle clear", dates.cut_off_at_us, None, waiting)
        case State.PRELIMINARY:
            return due(
                "cycle correct", dates.corrections_end_at_us, dates.corrections_end_at_us, "later corrections are refused all the same"
            )
        case State.CORRECTED:
            return due("cycle clear", dates.corrections_end_at_us, None, waiting)
        case State.FINAL if not pays(union, cycle):
            return due("cycle close", dates.corrections_end_at_us, None, waiting)
        case State.FINAL:
            called = cycle.last("called")
            if called is None:
                return due("cycle fund", dates.corrections_end_at_us, None, "nobody is called")
            by_us = int(called.body["due_at_us"])
            late = "late members are carried over by the rulebook, and the rest is netted again"
            if union.rules_of(cycle).settlement.kind == PAIRS_KIND:
                late = "pairs that pass the tests without the missing money settle; the others wait"
            return due("cycle fund FILE", called.at_us, by_us, late, waits_for="pay-ins")
        case State.FUNDED:
            return due("cycle settle", dates.settles_at_us, dates.settles_at_us, waiting)
        case State.SETTLED:
            return due("cycle close", dates.settles_at_us, None, waiting)
        case State.CLOSED:
            return None
