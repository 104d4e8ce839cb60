"""What a dispute is about: obligations that are not in a frozen set yet, or a measure; whose it is, and what stood before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from rescounter.cycle.closing import carried_into, left_of
from rescounter.cycle.next_step import is_left_known
from rescounter.cycle.office import Office, refusal
from rescounter.cycle.pool_cycles import obligations_of_pool
from rescounter.cycle.states import State
from rescounter.cycle.submitting import held, withdrawn
from rescounter.cycle.union import Cycle, Union
from rescounter.intake.keys import standing
from rescounter.membership.restoring import MEASURES, before_measure
from rescounter.terms import Refusal
from rescounter.terms.acts import Act

__all__ = ["members_of_measure", "refusals_of_measure", "refusals_of_obligations"]

_Name = tuple[str, str]
_Parties = dict[_Name, tuple[str, str]]


def refusals_of_obligations(
    union: Union, office: Office, names: Sequence[_Name], parties: Iterable[str], *, at_us: int
) -> tuple[Refusal, ...]:
    """Why a dispute cannot be about these obligations (submitter and id), each with its first reason; nothing where it can."""
    frozen, free = _where(union, office, set(names), at_us=at_us)
    disputed = {name: case.number for case in union.disputes.open_at(at_us) for name in case.obligations}
    gone, wanted = set(union.disputes.taken_out(at_us)), set(parties)
    found = []
    for name in names:
        told = f"{name[1]} of {name[0]}"
        if name in disputed:
            found.append(refusal("subject_in_dispute", told, found=f"it is in dispute {disputed[name]}"))
        elif name in gone:
            found.append(refusal("subject_unknown", told, found=f"{told}, which a dispute took out"))
        elif name in frozen:
            found.append(refusal("subject_frozen", told, found=f"it takes part in cycle {frozen[name]}"))
        elif name not in free:
            found.append(refusal("subject_unknown", told, found=told))
        elif set(free[name]) != wanted:
            found.append(refusal("subject_not_theirs", told, found=f"{free[name][0]} owes {free[name][1]}"))
    return tuple(found)


def refusals_of_measure(union: Union, measure: Act | None, number: int, *, at_us: int) -> tuple[Refusal, ...]:
    """Why nothing can be disputed, or made to end, about the act of a number; nothing where it can."""
    name = f"act {number}"
    if measure is None or measure.kind not in MEASURES:
        return (refusal("measure_unknown", name, found=f"{name}, which is {measure.kind if measure else 'none'}"),)
    if not before_measure(union.register, measure):
        return (refusal("measure_unknown", name, found=f"{name}, of which nothing is left"),)
    open_case = next((case for case in union.disputes.open_at(at_us) if case.raised.get("measure") == number), None)
    if open_case is not None:
        return (refusal("subject_in_dispute", name, found=f"it is in dispute {open_case.number}"),)
    return ()


def members_of_measure(measure: Act) -> frozenset[str]:
    """The members that a measure is about."""
    if measure.kind == "limits_set":
        return frozenset(each["member"] for each in measure.body["limits"])
    return frozenset({measure.body["code"]})


def _where(union: Union, office: Office, names: set[_Name], *, at_us: int) -> tuple[dict[_Name, str], _Parties]:
    """Of these names: which take part in a frozen set, and in which cycle; and the parties of those that can still be held out."""
    frozen: dict[_Name, str] = {}
    free: _Parties = {}
    cycles = list(union.cycles.values())
    for place, cycle in enumerate(cycles):
        is_last = place == len(cycles) - 1
        if cycle.state is State.CLOSED and not is_last:
            continue
        if _is_taken_still(cycle, at_us):
            free |= _parties(_standing(union, cycle, office), names)
        elif not is_left_known(union, cycle):
            for name, row in _rows(office.table(cycle.known("cut_off", "corrected").body["frozen"]), names):
                if row["excluded"]:
                    free[name] = row["debtor"], row["creditor"]
                else:
                    frozen[name] = cycle.code
        elif is_last:
            free |= _parties(_left(union, cycle, office), names)
    return frozen, free


def _is_taken_still(cycle: Cycle, at_us: int) -> bool:
    """True while what is held out now is held out of the final clearing: before the set that counts is frozen."""
    if cycle.state is State.OPEN:
        return True
    return cycle.state in (State.CUT_OFF, State.PRELIMINARY) and cycle.dates.corrections_end_at_us > cycle.dates.cut_off_at_us


def _standing(union: Union, cycle: Cycle, office: Office) -> pa.Table:
    gone = withdrawn(cycle, office)
    carried = carried_into(union, cycle, office)
    parts = [standing(held(cycle, office), gone), *([standing(carried, gone)] if carried is not None else [])]
    parts.append(obligations_of_pool(union, cycle, office))
    return pa.concat_tables([each.select(["submitter", "id", "debtor", "creditor"]) for each in parts])


def _left(union: Union, cycle: Cycle, office: Office) -> pa.Table:
    closed = cycle.last("closed")
    return left_of(union, cycle, office) if closed is None else office.table(closed.body["carried"])


def _parties(table: pa.Table, names: set[_Name]) -> _Parties:
    return {name: (row["debtor"], row["creditor"]) for name, row in _rows(table, names)}


def _rows(table: pa.Table, names: set[_Name]) -> Iterator[tuple[_Name, dict[str, Any]]]:
    ids = table["id"].to_pylist()
    for place, submitter in enumerate(table["submitter"].to_pylist()):
        if (submitter, ids[place]) in names:
            yield (submitter, ids[place]), table.slice(place, 1).to_pylist()[0]
