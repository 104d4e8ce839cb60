"""Everything that was handed in or carried over, each obligation once: what still stands before both sides are heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.keys import acts_of, by_submitter_and_id, column, find, names_of, withdrawn
from rescounter.intake.submissions import same_content
from rescounter.terms.intake_tables import WHYS
from rescounter.terms.union_tables import FROZEN, SUBMISSIONS

__all__ = ["Pool", "find_either", "pooled"]

_ROWS = pa.schema([*SUBMISSIONS, FROZEN.field("origin"), FROZEN.field("matched"), pa.field("act", pa.int64())])


@dataclass(frozen=True, slots=True)
class Pool:
    """All rows in order of submitter and id; which were *carried* over, and *why* one does not stand (int8, place in `WHYS`).

    *rows*: the columns of `SUBMISSIONS`, then origin, matched (empty unless carried) and act.
    """

    rows: pa.Table
    carried: NDArray[np.bool_]
    why: NDArray[np.int8]


def pooled(submissions: pa.Table, carried: pa.Table, withdrawals: pa.Table, *, cycle: str) -> Pool:
    """Put together what was handed in to *cycle* and what was carried into it; find what was taken back or stands there again."""
    fresh = _with(submissions, origin=cycle, acts=acts_of(submissions, 0))
    rows = pa.concat_tables([_with(carried, origin=None, acts=np.zeros(carried.num_rows, np.int64)), fresh]).combine_chunks()
    was_carried = np.arange(rows.num_rows) < carried.num_rows
    order = by_submitter_and_id(rows)
    order = order[_ties_settled(rows.take(pa.array(order)), was_carried[order])]
    rows, was_carried = rows.take(pa.array(order)), was_carried[order]
    why = np.zeros(rows.num_rows, np.int8)
    why[withdrawn(rows, withdrawals)] = WHYS.index("withdrawn")
    _rule_on_repeated(rows, was_carried, why)
    _rule_on_carried_pairs(rows, was_carried, why)
    return Pool(rows, was_carried, why)


def find_either(wanted: pa.Table, rows: pa.Table) -> NDArray[np.int64]:
    """As `find`, where an agreed row is also found by the counterparty's id for it."""
    place = find(wanted, rows)
    pairs = np.flatnonzero(np.asarray(pc.invert(pc.is_in(column(rows, "matched"), value_set=pa.array(["", "confirmed", "silence"])))))
    if not len(pairs):
        return place
    agreed = rows.take(pa.array(pairs))
    debtor, creditor = column(agreed, "debtor"), column(agreed, "creditor")
    other = pc.if_else(pc.equal(column(agreed, "submitter"), debtor), creditor, debtor)
    by_other = find(wanted, pa.table({"submitter": other, "id": column(agreed, "matched")}))
    return np.where((place < 0) & (by_other >= 0), pairs[by_other], place)


def _with(table: pa.Table, *, origin: str | None, acts: NDArray[np.int64]) -> pa.Table:
    columns = {name: table.column(name) for name in SUBMISSIONS.names}
    if origin is None:
        columns |= {"origin": table.column("origin"), "matched": pc.fill_null(table.column("matched"), "")}
    else:
        columns |= {name: pa.repeat(pa.scalar(text, pa.string()), table.num_rows) for name, text in (("origin", origin), ("matched", ""))}
    return pa.table({**columns, "act": acts}, schema=_ROWS)


def _same_name(rows: pa.Table) -> NDArray[np.bool_]:
    """Where a row has the submitter and id of the row before it."""
    names = names_of(column(rows, "submitter"), column(rows, "id"))
    same = np.zeros(rows.num_rows, bool)
    same[1:] = np.asarray(pc.equal(names.slice(1), names.slice(0, max(len(names) - 1, 0))))
    return same


def _ties_settled(rows: pa.Table, carried: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows of one name in an order that their content alone decides: carried first, then by every column."""
    order, same = np.arange(rows.num_rows), _same_name(rows)
    tied = np.flatnonzero(same | np.append(same[1:], False))
    if len(tied):
        few = rows.take(pa.array(tied)).append_column("carried", pa.array(~carried[tied]))
        keys = ["submitter", "id", "carried", *(name for name in SUBMISSIONS.names[2:]), "act"]
        order[tied] = tied[np.asarray(pc.sort_indices(few, sort_keys=[(name, "ascending") for name in keys]))]
    return order


def _rule_on_repeated(rows: pa.Table, carried: NDArray[np.bool_], why: NDArray[np.int8]) -> None:
    """Of equal rows of one name the first stands; of rows that differ none, but what was carried."""
    stands = np.flatnonzero(why == 0)
    left = rows.take(pa.array(stands))
    same = _same_name(left)
    if not same.any():
        return
    group = np.cumsum(~same) - 1
    first = np.flatnonzero(~same)[group]
    equal = same_content(left, left.take(pa.array(first)))
    differs = np.zeros(group[-1] + 1, bool)
    np.logical_or.at(differs, group, ~equal)
    was_carried = carried[stands]
    ruling = np.where(same, WHYS.index("repeated"), 0)
    ruling[differs[group]] = WHYS.index("id_twice")
    ruling[differs[group] & was_carried[first]] = WHYS.index("already_carried")
    ruling[was_carried & ~same] = 0
    why[stands] = ruling


def _rule_on_carried_pairs(rows: pa.Table, carried: NDArray[np.bool_], why: NDArray[np.int8]) -> None:
    """What the counterparty of a carried, agreed row hands in again under its own id is carried already."""
    agreed = rows.filter(pa.array(carried & (why == 0)))
    if not agreed.num_rows:
        return
    fresh = np.flatnonzero(~carried & (why == 0))
    again = find_either(rows.take(pa.array(fresh)), agreed) >= 0
    why[fresh[again]] = WHYS.index("already_carried")
