"""From one cycle to the next: the frozen set enters clearing, and what is left of it enters the set of the cycle after.

Law: of every frozen obligation, cleared + replaced + carried + returned = its amount, to the minor unit. *Returned* is what the
parties settle between themselves, or hand in again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.admitted import EXCLUSION_CODES, NO_DUE, Admitted
from rescounter.intake.keys import column, names_of
from rescounter.intake.order import canonical_order, ranked
from rescounter.rulebook.rules import IntakeRules
from rescounter.terms import Exponents, holds
from rescounter.terms.union_tables import FROZEN

__all__ = ["Whereabouts", "carried", "to_admitted", "whereabouts"]

_WAITING = ("disputed", "held")
_FOR_A_TIME = ("", "not_yet_due", "suspended", "unpaired")
"""What takes part, and what is kept out for a reason that time may mend."""


def to_admitted(frozen: pa.Table, *, exponents: Exponents) -> Admitted:
    """The frozen set (`FROZEN`) as obligations for clearing, in canonical order.

    Their id is ``SUBMITTER/id`` (`keys.names_of`), unique in the cycle. Column *weight* is left out where all weigh 1, *reference*
    where there is none.
    """
    members, (debtor, creditor) = _ranks([column(frozen, "debtor"), column(frozen, "creditor")])
    codes, (currency,) = _ranks([column(frozen, "currency")])
    ids = names_of(column(frozen, "submitter"), column(frozen, "id"))
    due = np.asarray(pc.fill_null(column(frozen, "due").cast(pa.int32()), NO_DUE))
    weights = np.asarray(column(frozen, "weight")).astype(np.int8)
    weight = weights if (weights != 1).any() else None
    order = canonical_order(currency.astype(np.int16), debtor, creditor, due, ids, weight)
    rows = pa.array(order)
    reference, currencies = column(frozen, "reference"), tuple(codes.to_pylist())
    excluded = np.asarray(pc.index_in(column(frozen, "excluded"), value_set=pa.array(EXCLUSION_CODES))).astype(np.int8)
    admitted = Admitted(
        members=members,
        currencies=currencies,
        exponents=tuple(exponents.of(code) or 0 for code in currencies),
        currency=currency[order].astype(np.int16),
        debtor=debtor[order],
        creditor=creditor[order],
        amount=np.asarray(column(frozen, "amount_minor"))[order],
        due=due[order],
        id=ids.take(rows),
        kind=column(frozen, "class").take(rows),
        reference=None if reference.null_count == len(reference) else reference.take(rows),
        excluded=excluded[order],
        weight=None if weight is None else weight[order],
    )
    numbers = (admitted.currency, admitted.debtor, admitted.creditor, admitted.amount, admitted.due, admitted.excluded, admitted.weight)
    for values in numbers:
        if values is not None:
            values.flags.writeable = False
    return admitted


def _ranks(columns: list[pa.Array]) -> tuple[pa.Array, list[NDArray[np.int32]]]:
    """The distinct texts of all *columns* in order of code point, and the columns as places in that order."""
    codes = pc.dictionary_encode(pa.concat_arrays(columns))
    names, rank = ranked(codes.dictionary)
    places = rank[np.asarray(codes.indices)] if len(rank) else np.zeros(0, np.int32)
    return names, np.split(places, np.cumsum([len(values) for values in columns])[:-1])


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where each frozen obligation went: int64[n] minor units, in the order of the frozen set.

    Law: cleared + replaced + carried + returned = amount, and none is below zero.
    """

    cleared: NDArray[np.int64]
    replaced: NDArray[np.int64]
    carried: NDArray[np.int64]
    returned: NDArray[np.int64]


def whereabouts(frozen: pa.Table, obligations: pa.Table, rules: IntakeRules) -> Whereabouts:
    """What became of each frozen obligation in a cycle that is over.

    Args: *frozen*: `FROZEN`. *obligations* of the final result, made of *frozen* by `to_admitted`; where somebody did not pay in, with
    what was replaced after that, and a column *carried_minor* of what was not replaced for it.
    """
    amount = np.asarray(column(frozen, "amount_minor"))
    place = pc.index_in(names_of(column(frozen, "submitter"), column(frozen, "id")), value_set=column(obligations, "id"))
    holds(place.null_count == 0 and obligations.num_rows == frozen.num_rows, "every_frozen_obligation_was_cleared_or_left")
    result = obligations.take(place)
    holds(bool((np.asarray(column(result, "amount_minor")) == amount).all()), "what_was_frozen_was_cleared")
    cleared, replaced, unpaid = (_minor(result, name) for name in ("cleared_minor", "replaced_minor", "carried_minor"))
    left = amount - cleared - replaced
    kept = _is_in(frozen, "excluded", (*_WAITING, *_FOR_A_TIME) if rules.carry_over else _WAITING)
    over = np.where(kept, left, unpaid)
    found = Whereabouts(cleared, replaced, over, left - over)
    for part in (found.cleared, found.replaced, found.carried, found.returned):
        holds(bool((part >= 0).all()), "nothing_goes_below_zero")
    whole = found.cleared + found.replaced + found.carried + found.returned
    holds(bool((whole == amount).all()), "what_was_frozen_is_cleared_replaced_carried_or_returned")
    return found


def carried(frozen: pa.Table, obligations: pa.Table, rules: IntakeRules) -> pa.Table:
    """What goes into the next cycle, by submitter and id (`FROZEN`, with what is left as amount and nothing excluded).

    Carried are: what is held or disputed; what a late member left unpaid; and where the rulebook carries over, whatever remains of what
    took part, of what was not yet due and of what stood still while a member was suspended. Arguments as in `whereabouts`.
    """
    left = whereabouts(frozen, obligations, rules).carried
    rows = frozen.filter(pa.array(left > 0))
    columns = {name: column(rows, name) for name in FROZEN.names}
    columns |= {"amount_minor": pa.array(left[left > 0]), "excluded": pa.repeat(pa.scalar("", pa.string()), rows.num_rows)}
    return pa.table(columns, schema=FROZEN)


def _minor(result: pa.Table, name: str) -> NDArray[np.int64]:
    if name not in result.column_names:
        return np.zeros(result.num_rows, np.int64)
    return np.asarray(column(result, name))


def _is_in(frozen: pa.Table, name: str, texts: Collection[str]) -> NDArray[np.bool_]:
    return np.asarray(pc.is_in(column(frozen, name), value_set=pa.array(sorted(texts), pa.string())))
