"""The cut-off: everything that was handed in to a cycle becomes the frozen set that is cleared, under one root.

The answer depends on the set of rows alone: not on their order, on how they were split over files, or on the load of the machine.
Law: every row that was handed in or carried over stands in the frozen set or outside of it with its reason.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.answers import refused_withdrawals, take_answers
from rescounter.intake.exclusions import excluded_by
from rescounter.intake.keys import by_submitter_and_id, column, find
from rescounter.intake.leaves import root_and_subtrees
from rescounter.intake.matching import Matched, match
from rescounter.intake.pool import find_either, pooled
from rescounter.intake.submissions import same_content
from rescounter.intake.told import outside_of, refusals_of_pool
from rescounter.intake.union_refusing import by_row
from rescounter.rulebook.rules import IntakeRules
from rescounter.terms import INT64_MAX, Exponents, holds
from rescounter.terms.intake_tables import ANSWERS, CHANGES, KEPT_OUT, WHYS, WITHDRAWALS
from rescounter.terms.union_tables import FROZEN

__all__ = ["CutOff", "Handed", "changes_between", "corrected", "freeze"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """Everything that a cut-off looks at.

    Args:
        cycle: code of the cycle, the *origin* of what is new in it. day: of the cut-off, for what falls due later.
        participants: `terms.intake_tables.PARTICIPANTS` at the cut-off.
        submissions: `SUBMISSIONS`; withdrawals, answers: `terms.intake_tables`; each with the column *act* where they came in turns.
        carried: what the cycle before left (`FROZEN`). kept_out: what others keep out (`KEPT_OUT`), by the row of either party;
        taken_out: what a dispute took out for good (submitter and id), likewise.
        exponents: digits of currencies, to tell amounts. is_of_pairs: a leg takes part only with its partner.
    """

    cycle: str
    day: datetime.date
    rules: IntakeRules
    participants: pa.Table
    submissions: pa.Table
    carried: pa.Table = field(default_factory=FROZEN.empty_table)
    withdrawals: pa.Table = field(default_factory=WITHDRAWALS.empty_table)
    answers: pa.Table = field(default_factory=ANSWERS.empty_table)
    kept_out: pa.Table = field(default_factory=KEPT_OUT.empty_table)
    exponents: Exponents = field(default_factory=Exponents)
    taken_out: pa.Table = field(default_factory=WITHDRAWALS.empty_table)
    is_of_pairs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """The frozen set and what does not stand in it.

    Args:
        table: `FROZEN`, by submitter and id. outside: `terms.intake_tables.OUTSIDE`.
        refusals: of rows, answers and withdrawals (`REFUSALS_TABLE`); *id* is ``SUBMITTER/id``, *row* a place among all rows in order
            of submitter and id, or among the answers or withdrawals in order of content.
        root: of the Merkle tree over *table*, hex. subtrees: what `leaves.inclusion_proofs` needs.
        changes: what differs from the set before (`CHANGES`); empty at the first cut-off.
    """

    table: pa.Table
    outside: pa.Table
    refusals: pa.Table
    root: str
    subtrees: bytes
    changes: pa.Table = field(default_factory=CHANGES.empty_table)


def freeze(handed: Handed, *, key: bytes) -> CutOff:
    """The set that is cleared.

    Args: *key*: the cycle's 32 secret bytes, which salt the leaves.
    """
    pool = pooled(handed.submissions, handed.carried, handed.withdrawals, cycle=handed.cycle)
    stands = np.flatnonzero(pool.why == 0)
    rows = pool.rows.take(pa.array(stands))
    answers = take_answers(rows, handed.answers, handed.rules)
    matched = match(rows, answers.given, handed.rules, carried=pool.carried[stands])
    ruling = matched.why.copy()
    _take_out(rows, matched, ruling, handed.taken_out)
    _leave_out_what_does_not_fit(rows, ruling, pool.carried[stands])
    table = _frozen(handed, rows, matched, ruling)
    why, partner = pool.why.copy(), np.full(len(pool.why), -1, np.int64)
    why[stands] = ruling
    partner[stands] = np.where(matched.partner >= 0, stands[np.maximum(matched.partner, 0)], -1) if len(stands) else partner[stands]
    reasons = {int(stands[place]): reason for place, reason in answers.reasons.items()}
    refused = refusals_of_pool(pool, why, partner, reasons, handed.exponents)
    refusals = by_row([refused, answers.refusals, refused_withdrawals(pool.rows, handed.withdrawals)])
    outside = outside_of(pool, why)
    holds(table.num_rows + outside.num_rows == handed.submissions.num_rows + handed.carried.num_rows, "no_row_is_lost")
    root, subtrees = root_and_subtrees(table, key=key)
    return CutOff(table=table, outside=outside, refusals=refusals, root=root, subtrees=subtrees)


def corrected(previous: CutOff, handed: Handed, *, key: bytes) -> CutOff:
    """The set after the correction window: the same function over all that was handed in up to its end, and what that changed."""
    again = freeze(handed, key=key)
    return replace(again, changes=changes_between(previous.table, again.table))


def changes_between(before: pa.Table, after: pa.Table) -> pa.Table:
    """What differs between two frozen sets (`CHANGES`), by submitter and id."""
    place = find(after, before)
    kept = np.flatnonzero(place >= 0)
    old, new = before.take(pa.array(place[kept])), after.take(pa.array(kept))
    same = same_content(old, new)
    for name in ("origin", "matched", "excluded"):
        same &= np.asarray(pc.equal(column(old, name), column(new, name)))
    differs = pa.array(~same)
    parts = [
        _change("added", after.filter(pa.array(place < 0))),
        _change("removed", before.filter(pa.array(find(before, after) < 0))),
        _change("changed", new.filter(differs), before=old.filter(differs)),
    ]
    changes = pa.concat_tables(parts)
    return changes.take(pa.array(by_submitter_and_id(changes)))


def _change(change: str, rows: pa.Table, *, before: pa.Table | None = None) -> pa.Table:
    amount, nothing = column(rows, "amount_minor"), pa.nulls(rows.num_rows, pa.int64())
    sides = {"added": (nothing, amount), "removed": (amount, nothing)}.get(change) or (column(before, "amount_minor"), amount)
    kind = pa.repeat(pa.scalar(change, pa.string()), rows.num_rows)
    return pa.table([column(rows, "submitter"), column(rows, "id"), kind, *sides], schema=CHANGES)


def _frozen(handed: Handed, rows: pa.Table, matched: Matched, ruling: NDArray[np.int8]) -> pa.Table:
    """The rows that stand, as `FROZEN`."""
    agreed = rows.set_column(rows.schema.get_field_index("matched"), "matched", matched.matched)
    agreed = agreed.set_column(rows.schema.get_field_index("due"), "due", matched.due)
    stands = ruling == 0
    table = agreed.filter(pa.array(stands))
    kept_out = {"held": matched.held[stands], "disputed": np.zeros(table.num_rows, bool)}
    for code, flags in kept_out.items():
        place = find_either(handed.kept_out.filter(pc.equal(handed.kept_out["excluded"], code)), table)
        flags[place[place >= 0]] = True
    excluded = excluded_by(table, handed.rules, handed.participants, day=handed.day, is_of_pairs=handed.is_of_pairs, **kept_out)
    return pa.table({name: excluded if name == "excluded" else column(table, name) for name in FROZEN.names}, schema=FROZEN)


def _take_out(rows: pa.Table, matched: Matched, ruling: NDArray[np.int8], taken_out: pa.Table) -> None:
    """What a dispute took out of the netting does not stand, whichever party's row names it."""
    if not taken_out.num_rows:
        return
    agreed = rows.set_column(rows.schema.get_field_index("matched"), "matched", matched.matched)
    place = find_either(taken_out, agreed.filter(pa.array(ruling == 0)))
    ruling[np.flatnonzero(ruling == 0)[place[place >= 0]]] = WHYS.index("taken_out")


def _leave_out_what_does_not_fit(rows: pa.Table, ruling: NDArray[np.int8], carried: NDArray[np.bool_]) -> None:
    """Rule S22: where a currency's sum leaves int64, its largest new rows are refused until it fits; ties by submitter and id."""
    codes = pc.dictionary_encode(column(rows, "currency"))
    currency, amount = np.asarray(codes.indices), np.asarray(column(rows, "amount_minor"))
    for place in range(len(codes.dictionary)):
        own = np.flatnonzero((currency == place) & (ruling == 0))
        if int((amount[own] >> 32).sum() + 1 + len(own)) << 32 <= INT64_MAX:
            continue
        room = INT64_MAX - sum(amount[own[carried[own]]].tolist())
        new = own[~carried[own]]
        new = new[np.argsort(amount[new], kind="stable")]
        too_much = np.cumsum(amount[new].astype(object)) > room
        ruling[new[too_much.astype(bool)]] = WHYS.index("sum_beyond_int64")
