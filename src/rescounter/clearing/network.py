"""One currency's obligations as a network: parallel obligations of one weight merged into edges.

Node = member of the currency, in order of code. Edge u -> v with capacity d(u,v) > 0 = everything
of one weight that u owes v and that takes part in the run, in minor units. Edges stand in order of
(u, v) and of falling weight, so the rows of an edge are consecutive in `Admitted` and no network
depends on the order of arrival.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rescounter.intake.admitted import Admitted

__all__ = ["Network", "networks_of"]


@dataclass(frozen=True, slots=True)
class Network:
    """The merged obligations of one currency.

    Args:
        currency: place in `Admitted.currencies`.
        first_row, last_row: the currency's rows of `Admitted`, half-open.
        members: int32[k], places in `Admitted.members`, ascending; every member that has a row,
            also one that is kept out.
        tail, head: int32[m], debtor and creditor as places in *members*.
        capacity: int64[m] > 0. rows: int64, the rows that take part, ascending.
        edge_of_row: int64, for each of *rows* its edge.
        weight: int32[m], 1 to 100: how much a unit of the edge counts. All 1 when left out.
    """

    currency: int
    first_row: int
    last_row: int
    members: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    capacity: NDArray[np.int64]
    rows: NDArray[np.int64]
    edge_of_row: NDArray[np.int64]
    weight: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def __post_init__(self) -> None:
        if len(self.weight) < len(self.capacity):
            object.__setattr__(self, "weight", np.ones(len(self.capacity), np.int32))
            self.weight.flags.writeable = False


def networks_of(admitted: Admitted) -> tuple[Network, ...]:
    """One network for each currency, in the order of `Admitted.currencies`."""
    ends = np.searchsorted(admitted.currency, np.arange(len(admitted.currencies)), side="right")
    starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    return tuple(_network(admitted, place, int(start), int(end)) for place, (start, end) in enumerate(zip(starts, ends, strict=True)))


def _network(admitted: Admitted, currency: int, first_row: int, last_row: int) -> Network:
    present = np.zeros(len(admitted.members), bool)
    present[admitted.debtor[first_row:last_row]] = True
    present[admitted.creditor[first_row:last_row]] = True
    members = np.flatnonzero(present).astype(np.int32)
    place = np.cumsum(present, dtype=np.int32) - 1
    rows = first_row + np.flatnonzero(admitted.excluded[first_row:last_row] == 0)
    tail, head = place[admitted.debtor[rows]], place[admitted.creditor[rows]]
    opens = np.ones(len(rows), bool)
    opens[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    weight = None if admitted.weight is None else admitted.weight[rows].astype(np.int32)
    if weight is not None:
        opens[1:] |= weight[1:] != weight[:-1]
    first = np.flatnonzero(opens)
    capacity = np.add.reduceat(admitted.amount[rows], first) if len(first) else np.zeros(0, np.int64)
    network = Network(
        currency=currency,
        first_row=first_row,
        last_row=last_row,
        members=members,
        tail=tail[first],
        head=head[first],
        capacity=capacity,
        rows=rows,
        edge_of_row=np.cumsum(opens) - 1,
        weight=np.ones(len(first), np.int32) if weight is None else weight[first],
    )
    parties = (network.members, network.tail, network.head, network.capacity, network.weight)
    for array in (*parties, network.rows, network.edge_of_row):
        array.flags.writeable = False
    return network
