"""Before the cut-off and in the correction window: what members hand in, take back and answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from rescounter.cycle.closing import carried_into
from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, Union
from rescounter.intake.keys import standing
from rescounter.intake.submissions import SubmissionTerms, Taken, take
from rescounter.intake.submitted import Submitted
from rescounter.membership.members import Standing
from rescounter.terms import Refusal
from rescounter.terms.acts import Act
from rescounter.terms.intake_tables import ACT, ANSWERS, WITHDRAWALS
from rescounter.terms.union_tables import FROZEN, SUBMISSIONS

__all__ = ["answered", "answering", "held", "submitting", "window", "withdrawing", "withdrawn"]


def window(cycle: Cycle, *, at_us: int, only_answers: bool = False) -> tuple[Refusal, ...]:
    """Why nothing is taken at an instant, or nothing. *only_answers*: asked for what counterparties say, which is taken longest."""
    dates = cycle.dates
    if cycle.state not in (State.OPEN, State.PRELIMINARY):
        return (refusal("out_of_turn", cycle.code, found=f"cycle {cycle.code} is {cycle.state.value}"),)
    if cycle.state is State.OPEN and at_us < dates.opens_at_us:
        return (refusal("too_early", cycle.code, found=f"intake of cycle {cycle.code} has not opened"),)
    ends = dates.corrections_end_at_us
    if cycle.state is State.OPEN:
        ends = dates.cut_off_at_us if only_answers else dates.intake_closes_at_us
    if at_us >= ends:
        return (refusal("too_late", cycle.code, found=f"the time to hand in to cycle {cycle.code} has ended"),)
    return ()


def submitting(
    union: Union,
    cycle: Cycle,
    office: Office,
    submitted: Submitted,
    *,
    submitter: str,
    file: str,
    signature: str,
    decimal: str | None,
    at_us: int,
) -> tuple[Step, Taken | None]:
    """Take the rows of a file for *submitter* (a member, or `MANY`).

    Args: *file*: digest of what was handed in; the same file by the same submitter is taken once. *signature*: hex, checked by the caller.
    """
    if found := window(cycle, at_us=at_us):
        return refused(*found), None
    if any(act.body["file"] == file and act.body["submitter"] == submitter for act in cycle.all("submitted")):
        return Step(is_done=True, told="The very same file was handed in before; nothing was done."), None
    rules = union.rules_of(cycle)
    taken = take(
        submitted,
        SubmissionTerms(
            submitter=submitter,
            rules=rules.intake,
            union=rules.union,
            exponents=cycle.exponents,
            participants=_members(union, at_us=at_us),
            decimal=decimal,
            carried=standing(_carried(union, cycle, office), withdrawn(cycle, office)),
            pool_member=rules.pool.member,
            known=standing(held(cycle, office), withdrawn(cycle, office)).drop_columns([ACT.name]),
        ),
    )
    if not taken.table.num_rows:
        return Step(told="No row was taken."), taken
    return (
        wanted(
            "submitted",
            cycle=cycle.code,
            submitter=submitter,
            file=file,
            signature=signature,
            document=office.keep_table(taken.table),
            refusals=office.keep_table(taken.refusals) if taken.refusals.num_rows else "",
            rows=taken.table.num_rows,
            refused=taken.refusals.num_rows,
            repeated=taken.repeated,
        ),
        taken,
    )


def _members(union: Union, *, at_us: int) -> pa.Table:
    """Those with whom something new may be handed in; what was handed in with one that has left runs off."""
    participants = union.register.participants(at_us)
    return participants.filter(pc.not_equal(participants["standing"], Standing.LEFT.value))


def _carried(union: Union, cycle: Cycle, office: Office) -> pa.Table:
    """What the cycle before carried over, as far as that is known yet."""
    found = carried_into(union, cycle, office)
    return FROZEN.empty_table() if found is None else found


def held(cycle: Cycle, office: Office) -> pa.Table:
    """Everything that was handed in to the cycle so far, taken back or not, with the number of its act."""
    return _with_acts(cycle.all("submitted"), "document", office, SUBMISSIONS)


def _all_held(union: Union, cycle: Cycle, office: Office) -> pa.Table:
    """What was carried into the cycle, as far as that is known yet, and everything that was handed in (`SUBMISSIONS` and its act)."""
    carried = _carried(union, cycle, office).select(SUBMISSIONS.names)
    before = carried.append_column(ACT, pa.repeat(pa.scalar(0, ACT.type), carried.num_rows))
    fresh = held(cycle, office)
    return pa.concat_tables([before.cast(fresh.schema), fresh])


def withdrawn(cycle: Cycle, office: Office) -> pa.Table:
    """Everything that was taken back, with the number of the act."""
    return _with_acts(cycle.all("withdrawn"), "ids", office, WITHDRAWALS)


def answered(cycle: Cycle, office: Office) -> pa.Table:
    """Everything that counterparties said, with the number of the act."""
    return _with_acts(cycle.all("answered"), "answers", office, ANSWERS)


def _with_acts(acts: Sequence[Act], name: str, office: Office, schema: pa.Schema) -> pa.Table:
    """The tables that *acts* name, one after the other, each row with the number of its act."""
    whole = schema.append(ACT)
    tables = [(act.number, office.table(act.body[name])) for act in acts]
    numbered = [table.append_column(ACT, pa.repeat(pa.scalar(number, ACT.type), table.num_rows)) for number, table in tables]
    return pa.concat_tables([each.cast(whole) for each in numbered]) if numbered else whole.empty_table()


def withdrawing(union: Union, cycle: Cycle, office: Office, ids: Sequence[str], *, submitter: str, at_us: int) -> Step:
    """Take obligations back, carried ones too: what was paid meanwhile must not be set off. All of them or none."""
    if found := window(cycle, at_us=at_us):
        return refused(*found)
    there, gone = _all_held(union, cycle, office), withdrawn(cycle, office)
    own = set(_ids(there, submitter))
    unknown = [name for name in ids if name not in own]
    if unknown:
        return refused(*(refusal("id_not_held", name, found=f"{submitter} has no {name} in cycle {cycle.code}") for name in unknown))
    stands = set(_ids(standing(there, gone), submitter))
    left = [name for name in dict.fromkeys(ids) if name in stands]
    if not left:
        return Step(is_done=True, told="They were taken back before; nothing was done.")
    table = pa.table({"submitter": [submitter] * len(left), "id": left}, schema=WITHDRAWALS)
    return wanted("withdrawn", cycle=cycle.code, submitter=submitter, ids=office.keep_table(table), rows=len(left))


def _ids(table: pa.Table, submitter: str) -> list[str]:
    return list(table.filter(pc.equal(table["submitter"], submitter))["id"].to_pylist())


def answering(union: Union, cycle: Cycle, office: Office, answers: Sequence[Mapping[str, str]], *, member: str, at_us: int) -> Step:
    """What a member says of obligations that others handed in, carried ones too, and it is a party to; all of it or nothing.

    Args: *answers*: submitter, id, answer (``confirmed`` or ``rejected``), reason.
    """
    if found := window(cycle, at_us=at_us, only_answers=True):
        return refused(*found)
    if not union.rules_of(cycle).intake.confirmation:
        return refused(*(refusal("answers_not_asked", each["id"], found=f"{member} answers {each['answer']}") for each in answers))
    wrong = [each for each in answers if each["answer"] not in ("confirmed", "rejected")]
    if wrong:
        return refused(*(refusal("answer_unknown", each["id"], found=f"answer {each['answer']}") for each in wrong))
    there = _all_held(union, cycle, office)
    parties = dict(
        zip(
            zip(there["submitter"].to_pylist(), there["id"].to_pylist(), strict=True),
            zip(there["debtor"].to_pylist(), there["creditor"].to_pylist(), strict=True),
            strict=True,
        )
    )
    strange = [each for each in answers if member == each["submitter"] or member not in parties.get((each["submitter"], each["id"]), ())]
    if strange:
        told = "{} has no {} here that {} could answer"
        return refused(*(refusal("id_not_held", each["id"], found=told.format(each["submitter"], each["id"], member)) for each in strange))
    columns = {name: [each.get(name, "") for each in answers] for name in ("submitter", "id", "answer", "reason")}
    table = pa.table({**columns, "member": [member] * len(answers)}).select(ANSWERS.names).cast(ANSWERS)
    return wanted("answered", cycle=cycle.code, member=member, answers=office.keep_table(table), rows=len(answers))
