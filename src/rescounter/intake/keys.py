"""Submitter and id: how an obligation of a union is named, found, sorted and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.intake.order import ranked

__all__ = ["acts_of", "by_submitter_and_id", "column", "find", "first_of", "groups", "names_of", "ordered", "standing", "withdrawn"]


def column(table: pa.Table, name: str) -> pa.Array:
    """A column as one array."""
    chunked = table.column(name)
    return chunked.chunk(0) if chunked.num_chunks == 1 else chunked.combine_chunks()


def names_of(submitter: pa.Array, ids: pa.Array) -> pa.Array:
    """``SUBMITTER/id``: the name of an obligation in a result, unique in a cycle.

    The first slash ends the submitter's code: a slash in the code itself is written ``%2F``, a per cent sign ``%25``.
    """
    code = submitter
    for sign, written in (("%", "%25"), ("/", "%2F")):
        if pc.any(pc.match_substring(code, sign)).as_py():
            code = pc.replace_substring(code, sign, written)
    return pc.binary_join_element_wise(code, ids, "/")


def find(table: pa.Table, among: pa.Table) -> NDArray[np.int64]:
    """For each row of *table* the place of the row of *among* with its submitter and id, the first of several, or -1."""
    if not table.num_rows or not among.num_rows:
        return np.full(table.num_rows, -1, np.int64)
    wanted, there = (names_of(column(each, "submitter"), column(each, "id")) for each in (table, among))
    return np.asarray(pc.fill_null(pc.index_in(wanted, value_set=there), -1)).astype(np.int64)


def by_submitter_and_id(table: pa.Table) -> NDArray[np.int64]:
    """Places of the rows in order of submitter, then id, both by code point."""
    codes = pc.dictionary_encode(column(table, "submitter"))
    _, rank = ranked(codes.dictionary)
    by_id = np.asarray(pc.sort_indices(column(table, "id").cast(pa.binary()))).astype(np.int64)
    submitter = rank[np.asarray(codes.indices)] if len(rank) else np.zeros(0, np.int32)
    order: NDArray[np.int64] = by_id[np.argsort(submitter[by_id], kind="stable")]
    return order


def ordered(table: pa.Table) -> pa.Table:
    """A small table in an order that its content alone decides."""
    return table.sort_by([(name, "ascending") for name in table.column_names]) if table.num_rows else table


def groups(columns: Sequence[NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows that agree in all *columns*: an order in which they stand together, and for each place in it the number of its group.

    Within a group the rows keep their order.
    """
    order = np.lexsort(columns[::-1]).astype(np.int64)
    opens = np.zeros(len(order), bool)
    for values in columns:
        ordered = values[order]
        opens[1:] |= ordered[1:] != ordered[:-1]
    return order, np.cumsum(opens)


def first_of(masks: Sequence[tuple[str, NDArray[np.bool_]]], count: int) -> NDArray[np.int16]:
    """For each of *count* rows the place, from 1, of the first mask that holds; 0 where none does."""
    first = np.zeros(count, np.int16)
    for place in range(len(masks), 0, -1):
        first[masks[place - 1][1]] = place
    return first


def acts_of(table: pa.Table, missing: int) -> NDArray[np.int64]:
    """The numbers of the acts that brought the rows, *missing* where that is not told."""
    if "act" not in table.column_names:
        return np.full(table.num_rows, missing, np.int64)
    return np.asarray(pc.fill_null(column(table, "act"), missing))


def withdrawn(submissions: pa.Table, withdrawals: pa.Table) -> NDArray[np.bool_]:
    """Which submissions were taken back: those that a later act names (`terms.intake_tables`)."""
    latest = withdrawals.append_column("_", pa.array(acts_of(withdrawals, np.iinfo(np.int64).max)))
    latest = latest.group_by(["submitter", "id"]).aggregate([("_", "max")]) if withdrawals.num_rows else withdrawals
    place = find(submissions, latest)
    gone = place >= 0
    if gone.any():
        gone[gone] = acts_of(submissions, 0)[gone] < np.asarray(column(latest, "__max"))[place[gone]]
    return gone


def standing(submissions: pa.Table, withdrawals: pa.Table) -> pa.Table:
    """The submissions that nobody took back."""
    return submissions.filter(pa.array(~withdrawn(submissions, withdrawals)))
