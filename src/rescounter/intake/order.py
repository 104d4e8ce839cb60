"""The canonical order of obligations, which no order of arrival, thread or machine can change."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.terms import INT64_MAX

__all__ = ["canonical_order", "ranked"]


def ranked(names: pa.Array) -> tuple[pa.Array, NDArray[np.int32]]:
    """Distinct *names* in order of code point, and the rank of each in that order."""
    by_code_point = np.asarray(pc.sort_indices(names.cast(pa.binary())))
    rank = np.empty(len(names), np.int32)
    rank[by_code_point] = np.arange(len(names), dtype=np.int32)
    return names.take(pa.array(by_code_point)), rank


def canonical_order(
    currency: NDArray[np.int16],
    debtor: NDArray[np.int32],
    creditor: NDArray[np.int32],
    due: NDArray[np.int32],
    ids: pa.Array,
    weight: NDArray[np.int8] | None = None,
) -> NDArray[np.int64]:
    """Row places in order of currency, debtor, creditor, weight (heaviest first), due, id (`terms.names.order_of_id`).

    Few rows share all parties, so only those are sorted again, by weight (where there is any), due date and id.
    """
    if len(debtor) == 0:
        return np.zeros(0, np.int64)
    order, edge = _by_parties(currency, debtor, creditor)
    tied = np.zeros(len(order), bool)
    same = edge[1:] == edge[:-1]
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    rows = order[places]
    heaviest = () if weight is None else (-weight[rows],)
    order[places] = rows[np.lexsort((_ranks_of_ids(ids.take(pa.array(rows))), due[rows], *heaviest, edge[places]))]
    return order


def _by_parties(
    currency: NDArray[np.int16], debtor: NDArray[np.int32], creditor: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row places in order of currency, debtor and creditor, and for each place the number of its edge."""
    members = int(max(debtor.max(), creditor.max())) + 1
    if (int(currency.max()) + 1) * members * members <= INT64_MAX:
        key = (currency.astype(np.int64) * members + debtor) * members + creditor
        order = np.argsort(key)
        ordered = key[order]
        return order, ordered
    order = np.lexsort((creditor, debtor, currency)).astype(np.int64)
    opens = np.zeros(len(order), np.int64)
    for column in (currency[order], debtor[order], creditor[order]):
        opens[1:] |= column[1:] != column[:-1]
    return order, np.cumsum(opens)


def _ranks_of_ids(ids: pa.Array) -> NDArray[np.int64]:
    named = np.asarray(pc.invert(pc.match_substring_regex(ids, "^[0-9]+$")))
    length = np.where(named, 0, np.asarray(pc.utf8_length(ids)))
    keys = pa.table({"named": named, "length": length, "text": ids.cast(pa.binary())})
    order = np.asarray(pc.sort_indices(keys, sort_keys=[("named", "ascending"), ("length", "ascending"), ("text", "ascending")]))
    rank = np.empty(len(ids), np.int64)
    rank[order] = np.arange(len(ids))
    return rank
