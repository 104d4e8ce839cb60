"""Cash in the network: members' lines, the union's fund, and what set-off may draw of them.

With liquidity a currency's graph has two further nodes, the fund F (written ``*``) and cash S
(``**``), and four kinds of arcs for each member u:

===========  ========================  =======================================  ======
arc          capacity                  one unit on it                           profit
===========  ========================  =======================================  ======
debt u -> v  what u owes v             discharges a unit of weight w            3 w
S -> u       u's own line              is *injected*: u spends its own cash     -1
S -> F       the fund's total          is lent by the fund                      -2
F -> u       none that can be reached  is a *loan*: u owes it to the union      0
u -> S       none that can be reached  is *received*: u holds it as cash        0
===========  ========================  =======================================  ======

**Objective.** First the greatest weighted clearing, then the least draw (own cash and loans), then
the least loans: own cash is spent before the fund's. This order is one profit. A circulation is best
exactly when its residual graph has no simple circuit that gains, and a simple circuit passes S at
most once, so it changes the flow on at most two arcs of S: it enters S by undoing S -> u (+1), by
undoing S -> F (+2) or along u -> S (0), and leaves S the other way (-1, -2, 0). In each of these nine
cases the sum has the sign of (draw saved, loans saved) compared in that order, and it lies between
-2 and 2, so that a single unit of weight, which counts 3, outdoes it. A circuit therefore gains
in this profit exactly when it gains in the order above.

Nobody both draws and receives: undoing both would gain.

"None that can be reached" is one more than all that the member owes (or is owed) in the run: less than
that passes it, so such an arc is never full. A line beyond that is cut down to it in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing.network import Network
from rescounter.intake.lines import Lines
from rescounter.terms import INT64_MAX, holds

__all__ = ["UNITS", "Draw", "Graph", "Liquidity", "draw_of", "graph_of", "liquidity_of"]

UNITS: Final = 3
"""How much a unit of weight counts beside a unit of cash."""


@dataclass(frozen=True, slots=True)
class Liquidity:
    """The cash that one currency's run may draw, in minor units.

    Args: *own* int64[k] >= 0, the line of each member of the network; *fund* >= 0, what the union
    lends in total.
    """

    own: NDArray[np.int64]
    fund: int


@dataclass(frozen=True, slots=True)
class Draw:
    """What each member drew and received, int64[k] >= 0, in minor units.

    Law: cleared as debtor + received = cleared as creditor + injected + loan, for each member.
    """

    injected: NDArray[np.int64]
    loan: NDArray[np.int64]
    received: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Graph:
    """What the engine is asked: the debts of a network and, with liquidity, the arcs of cash.

    Nodes 0 to k - 1 are the members, with liquidity k is the fund and k + 1 is cash. Arcs: the m
    debts, then S -> u, F -> u and u -> S for each member, then S -> F.
    """

    nodes: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    capacity: NDArray[np.int64]
    profit: NDArray[np.int32]


def liquidity_of(lines: Lines | None, network: Network) -> Liquidity | None:
    """What *lines* give the currency of *network*; None where they have no line in it."""
    if lines is None or not (lines.currency == network.currency).any():
        return None
    ours = lines.currency == network.currency
    funds = ours & (lines.member < 0)
    own = np.zeros(len(network.members), np.int64)
    own[np.searchsorted(network.members, lines.member[ours & ~funds])] = lines.amount[ours & ~funds]
    own.flags.writeable = False
    return Liquidity(own=own, fund=int(lines.amount[funds].sum()))


def graph_of(network: Network, liquidity: Liquidity | None) -> Graph:
    """The *network* alone, each debt at the profit of its weight; or with the arcs of cash, in thirds."""
    if liquidity is None:
        return Graph(len(network.members), network.tail, network.head, network.capacity, network.weight)
    count = len(network.members)
    members = np.arange(count, dtype=np.int32)
    fund, cash = np.full(count, count, np.int32), np.full(count, count + 1, np.int32)
    debts, claims = (_sums(ends, network.capacity, count) + 1 for ends in (network.tail, network.head))
    holds(int(liquidity.fund) <= INT64_MAX and bool((liquidity.own >= 0).all()), "liquidity_is_admitted")
    lent = min(liquidity.fund, int(network.capacity.sum()) + 1)
    return Graph(
        nodes=count + 2,
        tail=np.concatenate([network.tail, cash, fund, members, cash[:1]]),
        head=np.concatenate([network.head, members, members, cash, fund[:1]]),
        capacity=np.concatenate([network.capacity, np.minimum(liquidity.own, debts), debts, claims, [lent]]),
        profit=np.concatenate([UNITS * network.weight, np.repeat([-1, 0, 0, -2], [count, count, count, 1])]).astype(np.int32),
    )


def draw_of(network: Network, flow: NDArray[np.int64]) -> Draw:
    """The part of a *flow* on `graph_of` that is cash."""
    first, count = len(network.capacity), len(network.members)
    injected, loan, received = (flow[first + kind * count : first + (kind + 1) * count] for kind in range(3))
    return Draw(injected=injected, loan=loan, received=received)


def _sums(ends: NDArray[np.int32], amount: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    sums = np.zeros(count, np.int64)
    np.add.at(sums, ends, amount)
    return sums
