"""Acts of disputes asked again before they are appended, and their dates reckoned again over a whole history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from rescounter.cycle.dispute_capacity import capacities
from rescounter.cycle.office import Wanted, refusal
from rescounter.cycle.union import Union
from rescounter.disputes.dispute import raise_dispute
from rescounter.disputes.fixing import dates_of
from rescounter.disputes.register import Case, event_of
from rescounter.terms import Refusal
from rescounter.terms.acts import Act
from rescounter.verification import Finding

__all__ = ["refusals_of_dispute", "replay_disputes"]

_CHECK: Final = "disputes"
_MOVES: Final = ("dispute_moved", "dispute_decided")


def refusals_of_dispute(union: Union, act: Wanted, *, by: str, at_us: int) -> tuple[Refusal, ...]:
    """Why an act of a dispute may not be appended as the union stands; nothing for other acts."""
    if act.kind == "measure_conditioned" and act.body["measure"] in union.disputes.conditions:
        return (refusal("measure_unknown", f"act {act.body['measure']}", found="it ends by itself already"),)
    if act.kind not in _MOVES:
        return ()
    case = union.disputes.cases.get(act.body["dispute"])
    if case is None:
        return (refusal("dispute_unknown", str(act.body["dispute"]), found=f"dispute {act.body['dispute']}"),)
    event = event_of(act.body)
    held = capacities(union, case, by, act.body["member"], at_us=at_us)
    if event.by not in held:
        return (refusal("dispute_not_for_you", event.act, found=f"{by}, not {event.by.value}"),)
    return case.dispute.refusals(event, at_us)


def replay_disputes(acts: Iterable[Act]) -> tuple[Finding, ...]:
    """The days of every dispute reckoned again from its template and business days, and what was done held against the table.

    Instants stay as they were fixed: they depend on zone data, which later releases may change.
    """
    union, found = Union(), list[Finding]()
    for act in acts:
        before = union.disputes.cases.get(act.body.get("dispute", 0))
        union = union.after(act)
        if act.kind == "dispute_raised":
            found += _days(act, _of_template(union.disputes.cases[act.body["dispute"]]))
        elif act.kind in _MOVES and before is not None:
            found += _moved(act, before)
    return tuple(found)


def _moved(act: Act, before: Case) -> Iterator[Finding]:
    event = event_of(act.body)
    if late := before.dispute.refusals(event, act.at_us):
        yield Finding(_CHECK, f"act {act.number} ({act.kind})", f"{event.act}: {late[0].code}", "an event that the table allows then")
        return
    yield from _days(act, dates_of(before.dispute.deadlines_after(event, act.at_us)))


def _of_template(case: Case) -> list[dict[str, Any]]:
    known = case.dispute
    again = raise_dispute(known.template, case.raised_at_us, known.zone, known.business, sunset=known.sunset, raised=known.raised)
    return dates_of(again.deadlines)


def _days(act: Act, reckoned: list[dict[str, Any]]) -> Iterator[Finding]:
    for fixed, again in zip(act.body["deadlines"], reckoned, strict=True):
        if (fixed["name"], fixed["day"]) != (again["name"], again["day"]):
            where = f"act {act.number} ({act.kind}), {fixed['name']}"
            yield Finding(_CHECK, where, fixed["day"], again["day"])
