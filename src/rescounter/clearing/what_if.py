"""A cleared network with a few obligations more or fewer: the new optimum from the old flow.

The old set-off, cut back where debts shrank, is nearly a circulation, and the old potentials nearly
certify it. So the compiled solver starts from both: only members at which the cut flow does not
balance hold an excess, and the search stays near them (`_kernel_ways`; where much differs, the last
scale of `_kernel_set_off`). Small networks, weights and cash are solved anew by `largest_set_off`.
Either way the answer is checked by the laws of `optimum`: an amount that a solver got wrong is never
returned.

Where several optima exist the flow may differ from that of a run from nothing; the amount never does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing.clear import Outcome
from rescounter.clearing.engines import EngineFor, engine_for
from rescounter.clearing.liquidity import Liquidity
from rescounter.clearing.network import Network
from rescounter.clearing.optimum import certify, largest_set_off

__all__ = ["Alteration", "Altered", "altered", "largest_again"]


@dataclass(frozen=True, slots=True)
class Alteration:
    """What changes in one currency's network: amounts that go, amounts that come.

    Args:
        less: int64[m] >= 0, taken from the capacity of each old edge.
        tail, head, weight: int32[a] of the obligations that come; members from k on are newcomers.
        amount: int64[a] > 0.
        newcomers: how many members come.
    """

    less: NDArray[np.int64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    weight: NDArray[np.int32]
    amount: NDArray[np.int64]
    newcomers: int


@dataclass(frozen=True, slots=True)
class Altered:
    """A network after an alteration. An edge that lost everything stays, with capacity 0.

    Args: *network*: edges in order of (tail, head, heaviest first); its rows are empty. *place* int64[m]:
    where each old edge stands now. *edge_of_added* int64[a].
    """

    network: Network
    place: NDArray[np.int64]
    edge_of_added: NDArray[np.int64]


def altered(network: Network, change: Alteration) -> Altered:
    """The network with *change* made. Cost: O(m), a few copies.

    Sums of a currency must stay within int64; the caller refuses what passes it.
    """
    nodes = len(network.members) + change.newcomers
    keys = _key(nodes, network.tail, network.head, network.weight)
    added = _key(nodes, change.tail, change.head, change.weight)
    fresh, first = np.unique(added, return_index=True)
    missing = ~np.isin(fresh, keys[np.minimum(np.searchsorted(keys, fresh), len(keys) - 1)]) if len(keys) else np.ones(len(fresh), bool)
    fresh, first = fresh[missing], first[missing]
    at = np.searchsorted(keys, fresh)
    place = np.arange(len(keys)) + np.searchsorted(fresh, keys)
    merged = np.insert(keys, at, fresh)
    capacity = np.insert(network.capacity - change.less, at, 0)
    edge_of_added = np.searchsorted(merged, added)
    np.add.at(capacity, edge_of_added, change.amount)
    empty = np.zeros(0, np.int64)
    return Altered(
        network=replace(
            network,
            members=np.concatenate([network.members, np.full(change.newcomers, -1, np.int32)]),
            tail=np.insert(network.tail, at, change.tail[first]),
            head=np.insert(network.head, at, change.head[first]),
            weight=np.insert(network.weight, at, change.weight[first]),
            capacity=capacity,
            rows=empty,
            edge_of_row=empty,
        ),
        place=place,
        edge_of_added=edge_of_added,
    )


def largest_again(before: Outcome, after: Altered, *, engine_for: EngineFor = engine_for) -> NDArray[np.int64]:
    """The largest set-off of an altered network, int64[m], proven like any other.

    Cost: where the old flow can be resumed, some passes over the edges; else that of the engine.
    """
    network, liquidity = after.network, before.liquidity
    if liquidity is not None:
        own = np.concatenate([liquidity.own, np.zeros(len(network.members) - len(liquidity.own), np.int64)])
        liquidity = Liquidity(own=own, fund=liquidity.fund)
    engine = engine_for(len(network.capacity))
    if engine.resumed is not None and liquidity is None and before.potential is not None and bool((network.weight == 1).all()):
        flow = np.zeros(len(network.capacity), np.int64)
        flow[after.place] = before.flow
        potential = np.concatenate([before.potential, np.zeros(len(network.members) - len(before.potential), np.int64)])
        nodes, tail, head, capacity = len(network.members), network.tail, network.head, network.capacity
        found = engine.resumed(nodes, tail, head, capacity, np.minimum(flow, capacity), potential)
        if found is not None:
            certify(nodes, tail, head, capacity, network.weight, *found)
            return found[0]
    return largest_set_off(network, engine, liquidity).flow


def _key(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], weight: NDArray[np.int32]) -> NDArray[np.int64]:
    """One number for each edge, in the order of edges: debtor, creditor, heaviest first."""
    return (tail.astype(np.int64) * nodes + head) * 128 + (127 - weight.astype(np.int64))
