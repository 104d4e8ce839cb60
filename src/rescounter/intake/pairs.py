"""Which obligations are the two legs of one pair: opposite ways between the same two members, in two currencies, with one reference.

Exactly two obligations that take part must bear a reference between two members; three or more are no pair, since nobody could tell which
two belong together. The rule looks at nothing else: not at who handed a leg in, nor at days or amounts.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.keys import column

__all__ = ["pair_places"]

_APART = "\x1f"
"""No code and no reference holds a control character."""


def pair_places(rows: pa.Table, takes_part: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each row the place of its partner, -1 where it has none. Args: *rows* with the columns of `SUBMISSIONS`.

    Law: partners name each other. Cost: one sort.
    """
    places = np.full(rows.num_rows, -1, np.int64)
    debtor, creditor = column(rows, "debtor"), column(rows, "creditor")
    reference = pc.fill_null(column(rows, "reference"), "")
    own = np.flatnonzero(takes_part & np.asarray(pc.not_equal(reference, "")))
    if not len(own):
        return places
    is_first = pc.less(debtor.cast(pa.binary()), creditor.cast(pa.binary()))
    low, high = pc.if_else(is_first, debtor, creditor), pc.if_else(is_first, creditor, debtor)
    keys = pc.binary_join_element_wise(low, high, reference, _APART).take(pa.array(own))
    codes = np.asarray(pc.dictionary_encode(keys).indices)
    order = np.argsort(codes, kind="stable")
    begins = np.flatnonzero(np.r_[True, codes[order][1:] != codes[order][:-1]])
    two = begins[np.diff(np.r_[begins, len(order)]) == 2]
    one, other = own[order[two]], own[order[two + 1]]
    currencies, ways = (np.asarray(pc.dictionary_encode(each).indices) for each in (column(rows, "currency"), is_first))
    fits = (currencies[one] != currencies[other]) & (ways[one] != ways[other])
    places[one[fits]], places[other[fits]] = other[fits], one[fits]
    return places
