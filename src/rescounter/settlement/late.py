"""Who did not pay in: the rest is netted again without it, before anything of it is posted.

Set-off is final and stays. Of what novation would have replaced, items of late members are carried: they stay owed between the parties.
The others' positions change by that, so others may be called next; a caller repeats with all members that were late so far.

*Nothing partial*: all items in which a late member is debtor or creditor are carried. *Partial*: its claims stay; of its debts the oldest
stay (by due day, none last, then in the order of the table) as far as it can pay them: with what it paid in and what others owe it. What
late members owe each other counts only as far as it surely stays: the first pass counts none of it, and each further pass adds what the one
before kept, so that no order of members matters and every pass alone is sound. An indivisible item stays whole or not at all; younger ones
that fit stay.

Repetition ends: what a late member owes after it is no more than what it may use, so nobody is late twice with the same money, and each
round has at least one late member more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.clearing.allocation import oldest
from rescounter.settlement.calls import positions, settled_by
from rescounter.settlement.funding import LATE
from rescounter.terms import holds

__all__ = ["ITEMS", "Carried", "carry_late"]

_Int64s = NDArray[np.int64]

ITEMS: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "debtor", "creditor", "currency")),
        ("carried_minor", pa.int64()),
        ("late", pa.string()),
    ]
)
"""Items that are carried, in the order of the obligations. *late*: the member because of which."""

_NO_DUE_DAY: Final = np.iinfo(np.int64).max
_PASSES_MAX: Final = 64
"""More are needed only where late members owe each other in longer chains, or in circuits, which set-off leaves none of."""


@dataclass(frozen=True, slots=True)
class Carried:
    """*obligations*: as handed in, with *replaced_minor* anew and *carried_minor* behind. *items* `ITEMS`; *net* `calls.POSITIONS` anew."""

    obligations: pa.Table
    items: pa.Table
    net: pa.Table


def carry_late(obligations: pa.Table, late: pa.Table, participants: pa.Table, *, is_partial: bool) -> Carried:
    """Net again without what late members cannot pay.

    Args: *obligations* of the final result (not of an earlier round), perhaps with a column *divisible*; *late* `funding.LATE`: every
    member that was late in this cycle so far; *participants* with *member* and *settles_by*; *is_partial*: the rule
    ``settlement.partial_funding``.
    Laws: what was cleared is unchanged; cleared + replaced + carried = amount of every item that took part; every currency's positions
    sum to zero; with *is_partial* no late member owes more than it paid in, else it has no position at all.
    """
    holds(late.schema.equals(LATE), "late_members_have_their_schema", found=late.schema.names)
    replaced = obligations["replaced_minor"].to_numpy()
    debtor, creditor = (_late_places(obligations, side, late, participants) for side in ("debtor", "creditor"))
    stays = replaced.copy()
    if is_partial:
        _keep_what_is_paid(stays, obligations, late, debtor, creditor)
    else:
        stays[(debtor >= 0) | (creditor >= 0)] = 0
    carried = replaced - stays
    table = obligations.set_column(obligations.column_names.index("replaced_minor"), "replaced_minor", pa.array(stays))
    table = table.append_column("carried_minor", pa.array(carried))
    net = positions(table, participants)
    _laws(obligations, table, late, net, is_partial=is_partial)
    return Carried(table, _items(obligations, carried, np.where(debtor >= 0, debtor, creditor), late), net)


def _late_places(obligations: pa.Table, side: str, late: pa.Table, participants: pa.Table) -> _Int64s:
    """For each item the row of *late* that settles for that side, or -1."""
    keys = pc.binary_join_element_wise(late["currency"], late["member"], "/").combine_chunks()
    holds(pc.count_distinct(keys).as_py() == len(keys), "a_member_is_late_once")
    own = pc.binary_join_element_wise(obligations["currency"], settled_by(obligations[side], participants), "/")
    return np.asarray(pc.fill_null(pc.index_in(own, value_set=keys), -1).to_numpy(), np.int64)


def _keep_what_is_paid(stays: _Int64s, obligations: pa.Table, late: pa.Table, debtor: _Int64s, creditor: _Int64s) -> None:
    """Lower *stays* of the debts of late members to what each can pay, oldest first. Cost: a few passes over those debts."""
    own = np.flatnonzero((debtor >= 0) & (debtor != creditor) & (stays > 0))  # what stays within one settling member takes no money
    if not len(own):
        return
    due = pc.fill_null(obligations["due"].cast(pa.int32()).cast(pa.int64()), _NO_DUE_DAY).to_numpy()
    own = own[np.lexsort((own, due[own], debtor[own]))]
    asked, group = stays[own], debtor[own]
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    edge = np.cumsum(np.r_[False, group[1:] != group[:-1]])
    stays[own] = 0
    # More than all its debts is of no use to anybody; so bounded, it and its claims together fit int64, as a currency does.
    left = np.zeros(late.num_rows, np.int64)
    left[group[first]] = np.minimum(late["paid_minor"].to_numpy()[group[first]], np.add.reduceat(asked, first))
    _add(left, creditor, np.where(debtor != creditor, stays, 0))
    whole = np.flatnonzero(~_divisible(obligations)[own])
    for _ in range(_PASSES_MAX):
        more = oldest(asked - stays[own], edge, first, left[group[first]])
        for place in np.unique(edge[whole]).tolist():
            rows = slice(int(first[place]), int(np.append(first, len(own))[place + 1]))
            more[rows] = _whole_or_not(
                asked[rows] - stays[own[rows]], ~np.isin(np.arange(rows.start, rows.stop), whole), int(left[group[rows.start]])
            )
        if not more.any():
            break
        stays[own] += more
        left[group[first]] -= np.add.reduceat(more, first)
        _add(left, creditor[own], more)


def _whole_or_not(room: _Int64s, divisible: NDArray[np.bool_], left: int) -> list[int]:
    """What of *room* is met by *left*, in order; what is not divisible is met in full or passed over."""
    met = []
    for amount, parts in zip(room.tolist(), divisible.tolist(), strict=True):
        met.append(min(amount, left) if parts or amount <= left else 0)
        left -= met[-1]
    return met


def _add(left: _Int64s, places: _Int64s, amounts: _Int64s) -> None:
    """Add *amounts* to what each of *places* has left."""
    chosen = np.flatnonzero((places >= 0) & (amounts > 0))
    np.add.at(left, places[chosen], amounts[chosen])


def _divisible(obligations: pa.Table) -> NDArray[np.bool_]:
    if "divisible" not in obligations.column_names:
        return np.ones(obligations.num_rows, bool)
    return np.asarray(pc.fill_null(obligations["divisible"], True).to_numpy(), bool)


def _items(obligations: pa.Table, carried: _Int64s, place: _Int64s, late: pa.Table) -> pa.Table:
    chosen = np.flatnonzero(carried)
    table = obligations.select(["id", "debtor", "creditor", "currency"]).take(pa.array(chosen))
    table = table.append_column("carried_minor", pa.array(carried[chosen]))
    return table.append_column("late", late["member"].combine_chunks().take(pa.array(place[chosen]))).cast(ITEMS)


def _laws(before: pa.Table, after: pa.Table, late: pa.Table, net: pa.Table, *, is_partial: bool) -> None:
    amount, cleared, replaced, carried, was = (
        table[name].to_numpy()
        for table, name in (
            (before, "amount_minor"),
            (after, "cleared_minor"),
            (after, "replaced_minor"),
            (after, "carried_minor"),
            (before, "replaced_minor"),
        )
    )
    holds(after["cleared_minor"].equals(before["cleared_minor"]), "set_off_is_never_undone")
    holds(bool(((replaced >= 0) & (carried >= 0)).all()), "carried_within_what_was_replaced")
    holds(bool((cleared + replaced + carried == np.where(was > 0, amount, cleared)).all()), "cleared_replaced_and_carried_are_the_amount")
    owes = {(row["currency"], row["member"]): -row["net_minor"] for row in net.to_pylist()}
    for row in late.to_pylist():
        most = row["paid_minor"] if is_partial else 0
        holds(owes.get((row["currency"], row["member"]), 0) <= most, "who_is_late_owes_no_more_than_it_paid", member=row["member"])
