"""The canonical order of obligations, which no order of arrival, thread or machine can change."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["canonical_order", "ranked"]


def ranked(names: pa.Array) -> tuple[pa.Array, NDArray[np.int32]]:
    """Distinct *names* in order of code point, and the rank of each in that order."""
    by_code_point = np.asarray(pc.sort_indices(names.cast(pa.binary())))
    rank = np.empty(len(names), np.int32)
    rank[by_code_point] = np.arange(len(names), dtype=np.int32)
    return names.take(pa.array(by_code_point)), rank


def canonical_order(
    currency: NDArray[np.int16], debtor: NDArray[np.int32], creditor: NDArray[np.int32], due: NDArray[np.int32], ids: pa.Array
) -> NDArray[np.int64]:
    """Row places in order of currency, debtor, creditor, due, id (`terms.names.order_of_id`).

    Only parallel obligations with the same due date need their ids compared, so texts are sorted for
    those alone.
    """
    order = np.lexsort((due, creditor, debtor, currency)).astype(np.int64)
    columns = [column[order] for column in (currency, debtor, creditor, due)]
    tied = np.zeros(len(order), bool)
    if len(order):
        same = np.logical_and.reduce([column[1:] == column[:-1] for column in columns])
        tied[1:] |= same
        tied[:-1] |= same
    places = np.flatnonzero(tied)
    if places.size:
        group = np.cumsum(~np.concatenate(([False], same)))[places]
        rank = _ranks_of_ids(ids.take(pa.array(order[places])))
        order[places] = order[places][np.lexsort((rank, group))]
    return order


def _ranks_of_ids(ids: pa.Array) -> NDArray[np.int64]:
    named = np.asarray(pc.invert(pc.match_substring_regex(ids, "^[0-9]+$")))
    length = np.where(named, 0, np.asarray(pc.utf8_length(ids)))
    keys = pa.table({"named": named, "length": length, "text": ids.cast(pa.binary())})
    order = np.asarray(pc.sort_indices(keys, sort_keys=[("named", "ascending"), ("length", "ascending"), ("text", "ascending")]))
    rank = np.empty(len(ids), np.int64)
    rank[order] = np.arange(len(ids))
    return rank
