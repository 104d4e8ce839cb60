"""The cut-off: everything that was handed in becomes one frozen set under one root; and the same again after corrections."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.closing import carried_into
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.pool_cycles import obligations_of_pool, told_at_cut_off
from rescounter.cycle.states import State
from rescounter.cycle.submitting import answered, held, withdrawn
from rescounter.cycle.union import Cycle, Union
from rescounter.intake.cut_off import CutOff, Handed, corrected, freeze
from rescounter.rulebook.rules import PAIRS_KIND
from rescounter.terms import there
from rescounter.terms.intake_tables import KEPT_OUT, WITHDRAWALS

__all__ = ["correcting", "cutting_off", "handed_in"]


def cutting_off(union: Union, cycle: Cycle, office: Office, *, at_us: int) -> Step:
    """The act that freezes the set of a cycle, at its cut-off or later: what counts is what was taken before."""
    if cycle.state is not State.OPEN:
        return refused(refusal("out_of_turn", cycle.code, found=f"cycle {cycle.code} is {cycle.state.value}"))
    if at_us < cycle.dates.cut_off_at_us:
        return refused(refusal("too_early", cycle.code, found=f"the cut-off of cycle {cycle.code} has not come"))
    handed = handed_in(union, cycle, office, disputed_us=cycle.dates.cut_off_at_us)
    if handed is None:
        before = union.before(cycle)
        return refused(
            refusal("cycle_before_not_closed", cycle.code, found=f"cycle {before.code} is {before.state.value}" if before else "")
        )
    frozen = freeze(handed, key=office.cycle_key(cycle.code))
    return _frozen("cut_off", cycle, office, frozen, **told_at_cut_off(union, cycle, office))


def correcting(union: Union, cycle: Cycle, office: Office, *, at_us: int) -> Step:
    """The act that ends the correction window: the set as it is after everything that came in it."""
    if cycle.state is not State.PRELIMINARY:
        return refused(refusal("out_of_turn", cycle.code, found=f"cycle {cycle.code} is {cycle.state.value}"))
    if at_us < cycle.dates.corrections_end_at_us:
        return refused(refusal("too_early", cycle.code, found=f"corrections to cycle {cycle.code} are still taken"))
    handed = there(
        handed_in(union, cycle, office, disputed_us=cycle.dates.corrections_end_at_us),
        "what_was_frozen_can_be_frozen_again",
        cycle=cycle.code,
    )
    before = cycle.known("cut_off")
    previous = CutOff(
        table=office.table(before.body["frozen"]),
        outside=office.table(before.body["outside"]),
        refusals=office.table(before.body["refusals"]),
        root=before.body["root"],
        subtrees=office.document(before.body["subtrees"]),
    )
    return _frozen("corrected", cycle, office, corrected(previous, handed, key=office.cycle_key(cycle.code)))


def handed_in(union: Union, cycle: Cycle, office: Office, *, disputed_us: int) -> Handed | None:
    """Everything that the cut-off looks at; None while the cycle before has not said what it carries over.

    Members stand as they stood at the cut-off, whenever the step is done; calls and claims of the pool as they stand when it is done, and
    they are agreed, as what was carried may be. What was in dispute at *disputed_us*, or came to be since, is
    held out; what a dispute took out by then does not stand.
    """
    rules = union.rules_of(cycle)
    carried = carried_into(union, cycle, office)
    if carried is None:
        return None
    participants = union.register.participants(cycle.dates.cut_off_at_us)
    return Handed(
        cycle=cycle.code,
        day=datetime.date.fromisoformat(cycle.dates.cut_off_day),
        rules=rules.intake,
        participants=pa.table(
            {
                "code": participants["code"],
                "country": participants["country"],
                "group": participants["group"],
                "may_submit": participants["takes_part"],
            }
        ),
        submissions=held(cycle, office),
        carried=pa.concat_tables([carried, obligations_of_pool(union, cycle, office)]),
        withdrawals=withdrawn(cycle, office),
        answers=answered(cycle, office),
        kept_out=_names(union.disputes.held_out(disputed_us), KEPT_OUT, excluded="disputed"),
        taken_out=_names(union.disputes.taken_out(disputed_us), WITHDRAWALS),
        exponents=cycle.exponents,
        is_of_pairs=rules.settlement.kind == PAIRS_KIND,
    )


def _names(names: Sequence[tuple[str, str]], schema: pa.Schema, **more: str) -> pa.Table:
    return pa.Table.from_pylist([{"submitter": submitter, "id": name, **more} for submitter, name in names], schema=schema)


def _frozen(kind: str, cycle: Cycle, office: Office, cut: CutOff, **more: Any) -> Step:
    return wanted(
        kind,
        cycle=cycle.code,
        frozen=office.keep_table(cut.table),
        outside=office.keep_table(cut.outside),
        refusals=office.keep_table(cut.refusals),
        changes=office.keep_table(cut.changes),
        subtrees=office.keep(cut.subtrees),
        root=cut.root,
        rows=cut.table.num_rows,
        excluded=pc.sum(pc.not_equal(cut.table["excluded"], "")).as_py() or 0,
        refused=cut.refusals.num_rows,
        changed=cut.changes.num_rows,
        **more,
    )
