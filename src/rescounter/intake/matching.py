"""What both parties said of an obligation: who agrees, who differs, who said nothing.

Two rows of the two parties are about one obligation where they name the same debtor and creditor and the same deal: the same id,
or else the same *deal name*, which is the reference or, without one, the id. Rows that agree in currency and amount are paired
first, by id and then by deal name; what is left is paired by name alone, to be told what differs. Of several candidates the
earliest due, then the lowest id of either side come together. Only the set of rows decides, and neither side counts more:
exchanging debtors and creditors exchanges the pairs.

The debtor's row stands for both (the one that was carried over, if only that was), with the creditor's due date where the debtor
gave none. Cost: a few sorts of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.admitted import NO_DUE
from rescounter.intake.answers import CONFIRMED, REJECTED
from rescounter.intake.keys import column, groups
from rescounter.rulebook.rules import IntakeRules
from rescounter.terms.intake_tables import WHYS

__all__ = ["Matched", "match"]

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of n rows.

    Args: *why* int8[n], place in `WHYS`, 0 where the row stands. *partner* int64[n], the counterparty's row, or -1. *matched*: text of
    the column of `FROZEN`. *due*: date32. *held* bool[n]: it stands, and waits for the counterparty.
    """

    why: NDArray[np.int8]
    partner: Places
    matched: pa.Array
    due: pa.Array
    held: NDArray[np.bool_]


def match(rows: pa.Table, answers: NDArray[np.int8], rules: IntakeRules, *, carried: NDArray[np.bool_]) -> Matched:
    """Bring both sides together by *rules*.

    Args: *rows*: the columns of `SUBMISSIONS`, and *matched*, which says of a carried row how it was agreed; in order of submitter
    and id, which are unique. *answers*: as `answers.Answers` has them. *carried*: which rows were carried into the cycle; they are
    never refused because a new row says something else.
    """
    before = column(rows, "matched")
    agreed = np.asarray(pc.not_equal(before, ""))
    why = np.zeros(rows.num_rows, np.int8)
    why[(answers == REJECTED) & np.asarray(pc.is_in(before, value_set=pa.array(["", "silence"])))] = WHYS.index("rejected")
    partner, differing = np.full(rows.num_rows, -1, np.int64), np.zeros(rows.num_rows, bool)
    if rules.driven_by in ("either", "agreement"):
        partner, differing = _pairs(rows, np.flatnonzero(~agreed & (why == 0)))
    _rule_on_pairs(rows, why, partner, differing, carried)
    paired = (partner >= 0) & ~differing & (why == 0)
    alone = ~agreed & ~paired & (why == 0)
    held, by_answer = _rule_on_silence(why, alone, answers, rules)
    ids = column(rows, "id").take(pa.array(partner, mask=partner < 0))
    matched = pc.if_else(pa.array(paired), ids, pc.if_else(pa.array(alone), by_answer, before))
    theirs = column(rows, "due").take(pa.array(partner, mask=~paired))
    return Matched(why, partner, pc.fill_null(matched, ""), pc.coalesce(column(rows, "due"), theirs), held)


def _pairs(rows: pa.Table, pool: Places) -> tuple[Places, NDArray[np.bool_]]:
    """The counterparty's row of each row, or -1, and whether the two differ."""
    chosen = rows.take(pa.array(pool))
    debtor, creditor, currency = (_codes(column(chosen, name)) for name in ("debtor", "creditor", "currency"))
    ids, reference = column(chosen, "id"), column(chosen, "reference")
    by_id, by_deal = _codes(ids), _codes(pc.coalesce(reference, ids))
    amount = np.asarray(column(chosen, "amount_minor"))
    due = np.asarray(pc.fill_null(column(chosen, "due").cast(pa.int32()), NO_DUE))
    side = np.asarray(pc.equal(column(chosen, "submitter"), column(chosen, "creditor")))
    partner = np.full(len(pool), -1, np.int64)
    for name, also in ((by_id, (currency, amount)), (by_deal, (currency, amount)), (by_id, ()), (by_deal, ())):
        _pair(partner, (debtor, creditor, name, *also), side, due)
    other = np.maximum(partner, 0)
    both_due = (due != NO_DUE) & (due[other] != NO_DUE)
    differing = (currency != currency[other]) | (amount != amount[other]) | (both_due & (due != due[other]))
    whole, differs = np.full(rows.num_rows, -1, np.int64), np.zeros(rows.num_rows, bool)
    found = partner >= 0
    whole[pool[found]] = pool[partner[found]]
    differs[pool[found]] = differing[found]
    return whole, differs


def _codes(texts: pa.Array) -> NDArray[np.int32]:
    """Each distinct text as a number."""
    return np.asarray(pc.dictionary_encode(texts).indices).astype(np.int32)


def _pair(partner: Places, columns: Sequence[NDArray[Any]], side: NDArray[np.bool_], due: NDArray[np.int32]) -> None:
    """Pair rows that have no partner yet and agree in *columns*: the first of one side with the first of the other, and so on."""
    free = np.flatnonzero(partner < 0)
    if not len(free):
        return
    free = free[np.lexsort((due[free], side[free]))]  # stable: rows of one side and due date stay in order of id
    order, group = groups([values[free] for values in columns])
    rows = free[order]
    first = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    of_debtors = np.add.reduceat((~side[rows]).astype(np.int64), first)[group]
    of_creditors = np.diff(np.append(first, len(rows)))[group] - of_debtors
    rank = np.arange(len(rows)) - first[group]
    meets = ~side[rows] & (rank < of_creditors)
    own, theirs = rows[meets], rows[(first[group] + of_debtors + rank)[meets]]
    partner[own], partner[theirs] = theirs, own


def _rule_on_pairs(
    rows: pa.Table, why: NDArray[np.int8], partner: Places, differing: NDArray[np.bool_], carried: NDArray[np.bool_]
) -> None:
    """Of an agreed pair one row stands; of a pair that differs none, but what was carried."""
    paired, other = partner >= 0, np.maximum(partner, 0)
    is_creditors = np.asarray(pc.equal(column(rows, "submitter"), column(rows, "creditor")))
    gives_way = np.where(carried == carried[other], is_creditors, carried[other])
    why[paired & ~differing & gives_way] = WHYS.index("matched")
    why[paired & differing & ~carried] = WHYS.index("differs")
    why[paired & differing & ~carried & carried[other]] = WHYS.index("already_carried")


def _rule_on_silence(
    why: NDArray[np.int8], alone: NDArray[np.bool_], answers: NDArray[np.int8], rules: IntakeRules
) -> tuple[NDArray[np.bool_], pa.Array]:
    """Which of the rows that stand *alone* wait, and what the column *matched* says of them."""
    must_agree = rules.driven_by == "agreement"
    silent = alone & ~(rules.confirmation & (answers == CONFIRMED)) if rules.confirmation or must_agree else np.zeros(len(why), bool)
    if rules.silence == "reject" or (rules.silence == "accept" and not rules.confirmation):
        why[silent] = WHYS.index("not_matched" if must_agree else "not_confirmed")
    held = silent & (rules.silence == "hold")
    accepted = silent & (why == 0) & ~held
    confirmed = alone & (answers == CONFIRMED) & rules.confirmation
    return held, pc.if_else(pa.array(confirmed), "confirmed", pc.if_else(pa.array(accepted), "silence", ""))
