"""The obligations of a result as arrays, their members as nodes, and the merged edges.

Everything here is derived again from the obligations table alone. Sums are int64 and exact because
`overflowing` was asked first: where the positive and the negative part of a column both fit int64
for each currency, so does every partial sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rescounter.terms import INT64_MAX
from rescounter.terms.refusals import shown

__all__ = [
    "NO_DUE",
    "Edges",
    "Ints",
    "Rows",
    "codes",
    "column",
    "exact_sums",
    "flags",
    "merge",
    "merge_pairs",
    "overflowing",
    "read_rows",
    "totals",
]

Ints: TypeAlias = NDArray[np.int64]

NO_DUE: Final = 2**31 - 1
"""Stands for an obligation without a due date: behind every date."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The obligations, one place each, in the order of the table.

    Args:
        ids, member_names (sorted), currency_names (sorted): texts.
        currency, debtor, creditor: places among those names. amount, cleared, residual, replaced:
        minor units. weight: 1 where the table has none. due: days since 1970-01-01 or `NO_DUE`.
        included: false where excluded.
        nodes: sorted keys currency * members + member of all that occur; owes, is_owed: each row's
        debtor and creditor as a place in *nodes*.
    """

    ids: pa.StringArray
    member_names: pa.StringArray
    currency_names: tuple[str, ...]
    currency: Ints
    debtor: Ints
    creditor: Ints
    amount: Ints
    cleared: Ints
    residual: Ints
    replaced: Ints
    weight: Ints
    due: Ints
    included: NDArray[np.bool_]
    nodes: Ints
    owes: Ints
    is_owed: Ints

    def where(self, place: int) -> str:
        """How a person finds the row."""
        return f"obligation {shown(self.ids[place])}"

    def pairs(self, currency: Ints, debtor: Ints, creditor: Ints) -> Ints:
        """One key for each triple, in canonical order; -1 where a party is unknown (-1)."""
        size = len(self.member_names)
        return np.where((debtor < 0) | (creditor < 0), -1, (currency * size + debtor) * size + creditor)

    def node_names(self) -> tuple[pa.Array, pa.Array]:
        """Member and currency of each node, in the order of the members table."""
        size = len(self.member_names)
        members = self.member_names.take(pa.array(self.nodes % size))
        return members, pa.array(self.currency_names, pa.string()).take(pa.array(self.nodes // size))

    def node_name(self, node: int) -> str:
        """How a person finds the node."""
        place, member = divmod(int(self.nodes[node]), len(self.member_names))
        return f"{shown(self.member_names[member])} in {shown(self.currency_names[place])}"

    def pair_name(self, debtor: int, creditor: int) -> str:
        """How a person finds the edge between two nodes."""
        return f"{shown(self.member_names[self.nodes[debtor] % len(self.member_names)])} to {self.node_name(creditor)}"

    def node_currency(self) -> Ints:
        """Place of each node's currency."""
        return self.nodes // len(self.member_names)


@dataclass(frozen=True, slots=True)
class Edges:
    """Included obligations of one debtor, creditor and weight, merged; in order of the pair, heaviest first.

    *rows*: the included rows, an edge's rows together and in row order; edge k owns
    ``rows[first[k]:first[k + 1]]``. *pair*: ascending keys, see `Rows.pairs`. *owes*, *is_owed*:
    nodes. *weight*: w. *amount*: d. *cleared*: f. `merge_pairs` gives one edge for each pair, of weight 1.
    """

    rows: Ints
    first: Ints
    pair: Ints
    currency: Ints
    owes: Ints
    is_owed: Ints
    weight: Ints
    amount: Ints
    cleared: Ints

    def __len__(self) -> int:
        return len(self.amount)

    def of_rows(self) -> Ints:
        """The edge of each place in *rows*."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def find(self, pair: Ints) -> Ints:
        """The first edge of each key, -1 where there is none."""
        place = np.searchsorted(self.pair, pair)
        return np.where(np.append(self.pair, -2)[place] == pair, place, -1)  # -2: no key, behind the last


def codes(texts: pa.Array, names: pa.Array) -> Ints:
    """Place of each text among sorted *names*, -1 for a stranger."""
    places: Ints = pc.fill_null(pc.index_in(texts, value_set=names), -1).to_numpy().astype(np.int64)
    return places


def read_rows(obligations: pa.Table) -> Rows:
    """The arrays of a table whose shape was checked."""
    text = {name: column(obligations, name) for name in ("id", "debtor", "creditor", "currency", "excluded")}
    numbers = {name: column(obligations, name).to_numpy() for name in ("amount_minor", "cleared_minor", "residual_minor")}
    names = _sorted_names(text["debtor"], text["creditor"])
    currency_names = _sorted_names(text["currency"])
    currency, debtor, creditor = codes(text["currency"], currency_names), codes(text["debtor"], names), codes(text["creditor"], names)
    owes, is_owed = currency * len(names) + debtor, currency * len(names) + creditor
    nodes = np.unique(np.concatenate([owes, is_owed]))
    nothing, given = np.zeros(len(currency), np.int64), obligations.column_names
    return Rows(
        ids=text["id"],
        member_names=names,
        currency_names=tuple(currency_names.to_pylist()),
        currency=currency,
        debtor=debtor,
        creditor=creditor,
        amount=numbers["amount_minor"],
        cleared=numbers["cleared_minor"],
        residual=numbers["residual_minor"],
        replaced=column(obligations, "replaced_minor").to_numpy() if "replaced_minor" in given else nothing,
        weight=column(obligations, "weight").to_numpy().astype(np.int64) if "weight" in given else nothing + 1,
        due=pc.fill_null(column(obligations, "due").cast(pa.int32()), NO_DUE).to_numpy().astype(np.int64),
        included=flags(pc.equal(pc.fill_null(text["excluded"], ""), "")),
        nodes=nodes,
        owes=np.searchsorted(nodes, owes),
        is_owed=np.searchsorted(nodes, is_owed),
    )


def column(table: pa.Table, name: str) -> pa.Array:
    """One column in one piece."""
    return table[name].combine_chunks()


def flags(truths: pa.Array) -> NDArray[np.bool_]:
    """Arrow's truth values, which are packed as bits, as NumPy's."""
    unpacked: NDArray[np.bool_] = truths.to_numpy(zero_copy_only=False)
    return unpacked


def _sorted_names(*texts: pa.Array) -> pa.StringArray:
    names = pc.unique(pa.concat_arrays([pc.unique(each) for each in texts]))
    return names.take(pc.sort_indices(names))


def merge(rows: Rows) -> Edges:
    """The merged edges. Cost: one pass; a sort only where the rows stand out of order."""
    return _merged(rows, rows.weight)


def merge_pairs(rows: Rows, edges: Edges) -> Edges:
    """Edges merged over all weights: what passes between two members. Cost: nothing where all weigh the same."""
    return edges if np.all(edges.pair[1:] != edges.pair[:-1]) else _merged(rows, np.ones_like(rows.weight))


def _merged(rows: Rows, weights: Ints) -> Edges:
    places = np.flatnonzero(rows.included)
    pair, weight = rows.pairs(rows.currency, rows.debtor, rows.creditor)[places], weights[places]
    same = pair[1:] == pair[:-1]
    if np.any((pair[1:] < pair[:-1]) | (same & (weight[1:] > weight[:-1]))):
        order = np.lexsort((-weight, pair))  # stable: ties stay in row order
        places, pair, weight = places[order], pair[order], weight[order]
        same = pair[1:] == pair[:-1]
    starts = np.flatnonzero(np.append(True, ~same | (weight[1:] != weight[:-1]))[: len(pair)])
    lead = places[starts]
    return Edges(
        rows=places,
        first=np.append(starts, len(places)),
        pair=pair[starts],
        currency=rows.currency[lead],
        owes=rows.owes[lead],
        is_owed=rows.is_owed[lead],
        weight=weight[starts],
        amount=np.add.reduceat(rows.amount[places], starts),
        cleared=np.add.reduceat(rows.cleared[places], starts),
    )


def totals(place: Ints, values: Ints, size: int) -> Ints:
    """Sum of *values* for each place; exact once `overflowing` found nothing."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, place, values)
    return sums


def exact_sums(place: Ints, values: Ints, size: int) -> list[int]:
    """Sum of *values* for each place in Python integers, whatever their size (below 2^31 rows)."""
    high, low = totals(place, values >> 32, size), totals(place, values & 0xFFFFFFFF, size)
    return [(int(high[each]) << 32) + int(low[each]) for each in range(size)]


def overflowing(currency: Ints, columns: Iterable[Ints], size: int) -> list[int]:
    """Currencies where some column has a sum that int64 might not hold."""
    bad: set[int] = set()
    for values in columns:
        for part in (np.maximum(values, 0), np.minimum(values, 0)):
            bad |= {place for place, total in enumerate(exact_sums(currency, part, size)) if abs(total) > INT64_MAX}
    return sorted(bad)
