"""What members say of obligations that others handed in, and what they took back: which of it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.keys import acts_of, column, find, first_of, names_of, ordered
from rescounter.intake.union_refusing import Texts, by_row, joined, refusals_under
from rescounter.rulebook.rules import IntakeRules
from rescounter.terms.refusals import shown

__all__ = ["CONFIRMED", "REJECTED", "Answers", "refused_withdrawals", "take_answers"]

CONFIRMED: Final = 1
REJECTED: Final = 2
_ANSWERS: Final = ("confirmed", "rejected")
_LAST: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers that count, by row of the obligations: int8[n], 0 none, `CONFIRMED` or `REJECTED`; reasons of the rejected by place."""

    given: NDArray[np.int8]
    reasons: dict[int, str]
    refusals: pa.Table


def take_answers(rows: pa.Table, answers: pa.Table, rules: IntakeRules) -> Answers:
    """The last answer of each counterparty; of two in one act the rejection.

    Args: *rows*: obligations that stand, with the columns of `SUBMISSIONS` and *matched*. *answers*: `terms.intake_tables.ANSWERS`.
    An answer that was given before the obligation was handed in does not count, so that nobody confirms what was changed later.
    """
    answers = ordered(answers)
    place = find(answers, rows)
    masks = _broken(rows, answers, place, rules)
    ruling = first_of(masks, answers.num_rows)
    refusals = [
        refusals_under(code, rows=np.flatnonzero(ruling == number) + 1, ids=_names(chosen), found=_found(code, chosen))
        for number, (code, _) in enumerate(masks, 1)
        if (chosen := answers.filter(pa.array(ruling == number))).num_rows
    ]
    given = np.zeros(rows.num_rows, np.int8)
    good = np.flatnonzero(ruling == 0)
    said = np.asarray(pc.index_in(column(answers, "answer"), value_set=pa.array(_ANSWERS)).fill_null(0))[good].astype(np.int8) + 1
    order = np.lexsort((said, acts_of(answers, _LAST)[good], place[good]))
    last = order[np.append(place[good][order][1:] != place[good][order][:-1], True)] if len(order) else order
    given[place[good][last]] = said[last]
    rejecting = last[said[last] == REJECTED]
    reasons = column(answers, "reason").take(pa.array(good[rejecting])).to_pylist()
    return Answers(given, dict(zip(place[good][rejecting].tolist(), map(shown, reasons), strict=True)), by_row(refusals))


def _broken(rows: pa.Table, answers: pa.Table, place: NDArray[np.int64], rules: IntakeRules) -> list[tuple[str, NDArray[np.bool_]]]:
    there = place >= 0
    named = rows.take(pa.array(np.maximum(place, 0))) if rows.num_rows else rows
    if not named.num_rows:
        return [("nothing_to_answer", ~there)]
    matched = column(named, "matched")
    waits = np.asarray(pc.or_(pc.equal(matched, ""), pc.equal(matched, "silence")))
    late = acts_of(answers, _LAST) > acts_of(named, 0)
    submitter, debtor, creditor = (column(named, name) for name in ("submitter", "debtor", "creditor"))
    counterparty = pc.if_else(pc.equal(submitter, debtor), creditor, debtor)
    return [
        ("nothing_to_answer", ~(there & waits & late)),
        ("not_the_counterparty", ~np.asarray(pc.equal(column(answers, "member"), counterparty))),
        ("not_an_answer", ~np.asarray(pc.is_in(column(answers, "answer"), value_set=pa.array(_ANSWERS)))),
        ("answers_not_asked", np.full(len(place), not rules.confirmation)),
    ]


def _names(rows: pa.Table) -> pa.Array:
    return names_of(column(rows, "submitter"), column(rows, "id"))


def _found(code: str, answers: pa.Table) -> Texts:
    if code == "not_an_answer":
        return pa.array([f"answer {shown(answer)}" for answer in answers["answer"].to_pylist()], pa.string())
    return joined(column(answers, "member"), " answers ", column(answers, "answer"), " to ", _names(answers))


def refused_withdrawals(rows: pa.Table, withdrawals: pa.Table) -> pa.Table:
    """A refusal for each withdrawal that names nothing that was handed in or carried."""
    withdrawals = ordered(withdrawals)
    lost = find(withdrawals, rows) < 0
    chosen = withdrawals.filter(pa.array(lost))
    return refusals_under("nothing_to_withdraw", rows=np.flatnonzero(lost) + 1, ids=_names(chosen), found=joined(_names(chosen)))
