"""Why rows do not stand in the cut-off set, told to who handed them in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.keys import column, names_of
from rescounter.intake.pool import Pool
from rescounter.intake.union_refusing import Texts, amounts_told, by_row, joined, refusals_under
from rescounter.terms import Exponents
from rescounter.terms.intake_tables import OUTSIDE, WHYS

__all__ = ["outside_of", "refusals_of_pool"]

_FIRST_REFUSAL = WHYS.index("id_twice")


def outside_of(pool: Pool, why: NDArray[np.int8]) -> pa.Table:
    """Every row that does not stand, with its reason (`OUTSIDE`), in order of submitter and id."""
    left = pool.rows.filter(pa.array(why != 0))
    reasons = pa.array(WHYS, pa.string()).take(pa.array(why[why != 0]))
    return pa.table({name: reasons if name == "why" else column(left, name) for name in OUTSIDE.names}, schema=OUTSIDE)


def refusals_of_pool(
    pool: Pool, why: NDArray[np.int8], partner: NDArray[np.int64], reasons: Mapping[int, str], exponents: Exponents
) -> pa.Table:
    """The refusals among the rows that do not stand.

    Args: *partner*: place in the pool of the counterparty's row, or -1. *reasons* of rejected rows, by place.
    """
    parts = []
    for ruling in range(_FIRST_REFUSAL, len(WHYS)):
        places = np.flatnonzero(why == ruling)
        if len(places):
            rows = pool.rows.take(pa.array(places))
            theirs = pool.rows.take(pa.array(np.maximum(partner[places], 0)))
            said = [reasons.get(place, "") for place in places.tolist()] if WHYS[ruling] == "rejected" else []
            found = _found(WHYS[ruling], rows, theirs, said, exponents)
            ids = names_of(column(rows, "submitter"), column(rows, "id"))
            parts.append(refusals_under(WHYS[ruling], rows=places + 1, ids=ids, found=found))
    return by_row(parts)


def _found(code: str, rows: pa.Table, theirs: pa.Table, said: list[str], exponents: Exponents) -> Texts:
    if code == "rejected":
        return joined(_counterparty(rows), ": ", pa.array(said, pa.string()))
    if code == "differs":
        return joined(_says(rows, exponents), ", ", _says(theirs, exponents))
    deal = joined(column(rows, "id"), " of ", column(rows, "submitter"))
    if code == "not_matched":
        return joined(deal, ", of which ", _counterparty(rows), " said nothing")
    if code == "not_confirmed":
        return joined(deal, ", to which ", _counterparty(rows), " did not answer")
    return joined(deal, ": ", column(rows, "debtor"), " owes ", column(rows, "creditor"), " ", amounts_told(rows, exponents))


def _counterparty(rows: pa.Table) -> pa.Array:
    debtor, creditor = column(rows, "debtor"), column(rows, "creditor")
    return pc.if_else(pc.equal(column(rows, "submitter"), debtor), creditor, debtor)


def _says(rows: pa.Table, exponents: Exponents) -> pa.Array:
    due = column(rows, "due").cast(pa.string())
    told = pc.fill_null(pc.binary_join_element_wise(" due ", due, ""), "")
    return joined(column(rows, "submitter"), " says ", amounts_told(rows, exponents), told)
