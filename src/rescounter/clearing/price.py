"""The price of liquidity: what one more unit of cash frees, and the curve from no cash to all debts cleared.

**The next unit.** Let rho(u) be the weighted clearing that one more unit of u's own cash frees: the longest path
from u to cash S in the residual graph (a debt counts its weight, taken back it counts minus that, cash
counts nothing). The least potentials of a certificate are such longest paths: without cash each path may end
anywhere, since whoever stands at its end can be paid out. With cash they count thirds (`liquidity`), and what a
path saves of draw and loans is less than a unit of weight. So rho = pi without and rho = pi // 3 with cash: the
certificate itself says where the next unit frees most.

**Up to which amount.** An arc is *tight* when rho(tail) - rho(head) is its length. Paths of length rho(u) from u to S are
those of tight arcs, so each further unit frees as much exactly up to the greatest flow from u to S on tight arcs
with room left: then no such path is left, and the next unit frees at least one less.

**The curve.** Cash that may be put anywhere, on top of nothing: V(c) is the greatest weighted clearing that c
units allow. It is concave; its slope at c is the greatest rho. Slope by slope: send the greatest flow on tight arcs from
the members with the greatest rho to those with rho 0, then reckon rho anew (primal-dual, or successive longest
paths). Slopes are whole numbers and strictly fall, so there are at most as many pieces as the greatest rho. The slope is 0 only when
no debt is left; the net positions then are all that was paid, so the last point is (sum of what net
debtors owe, everything).

All amounts are integers. Source: Ahuja, Magnanti, Orlin, Network Flows (1993), 9.7 and 9.8.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing.engines import LARGE_EDGES
from rescounter.clearing.liquidity import UNITS, Draw, Graph, Liquidity, graph_of
from rescounter.clearing.network import Network
from rescounter.clearing.optimum import net_positions
from rescounter.clearing.potentials import least_potentials, raised_potentials
from rescounter.terms import EnvironmentFault, holds

__all__ = [
    "RANKED",
    "WORK_MAX",
    "Curve",
    "Next",
    "Point",
    "Position",
    "curve_of",
    "graph_and_flow",
    "next_of_the_fund",
    "next_units",
    "weighted_sum",
]

RANKED: Final = 10
"""Members of whom it is told up to which amount their next units free as much."""

_COMPARED: Final = 50
"""Members that are compared for these places."""

WORK_MAX: Final = 6_000_000
"""Edges times slopes up to which a curve is reckoned exactly, about a second; what is left is a straight line."""

_LONG_PATH: Final = 250
"""What a unit of slope costs, in edges, where paths are too long for rounds over all edges."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run stands: its network, what cleared, the cash, and the least potentials that prove it the largest.

    Args: as in `clear.Outcome`; *potential* int64[k], with *liquidity* int64[k + 2].
    """

    network: Network
    flow: NDArray[np.int64]
    potential: NDArray[np.int64]
    liquidity: Liquidity | None = None
    draw: Draw | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """One more unit of cash for *member* (a place in the network) frees *frees* of weighted clearing, and so does
    each further unit up to *amount*, in minor units; the one after that frees less."""

    member: int
    frees: int
    amount: int


@dataclass(frozen=True, slots=True)
class Point:
    """With *cash*, put where it frees most, *cleared* is the greatest weighted clearing; minor units."""

    cash: int
    cleared: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Cash put anywhere, and the greatest weighted clearing that it allows; straight between the points.

    Args: *points* from (0, pure set-off) to (sum of what net debtors owe, everything); *exact_until*:
    beyond that much cash the line may lie below the true curve.
    Laws: cash strictly rises; slopes are whole and strictly fall up to *exact_until*.
    """

    points: tuple[Point, ...]
    exact_until: int

    def at(self, cash: int) -> int:
        """The weighted clearing that *cash* allows, rounded down where the line is not exact."""
        place = bisect_right(self.points, cash, key=lambda point: point.cash)
        if place == len(self.points):
            return self.points[-1].cleared
        left, right = self.points[place - 1], self.points[place]
        return left.cleared + (right.cleared - left.cleared) * (cash - left.cash) // (right.cash - left.cash)


@dataclass(frozen=True, slots=True)
class _Arcs:
    """Arcs with room on which paths of the greatest length run."""

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    room: NDArray[np.int64]
    arc: NDArray[np.int64]
    forth: NDArray[np.bool_]


def next_units(position: Position) -> tuple[Next, ...]:
    """The members at which the next unit of own cash frees most: at most `RANKED`, the first frees most.

    Order: what a unit frees, then the amount, then the member's place. Fifty members are compared: those where a unit
    frees most and, where it frees as much, with most room on tight arcs, which bounds the amount. Where it frees nothing
    nobody is named.
    Cost: one greatest flow for each member that is compared.
    """
    worth, arcs, cash = _tight(position)
    members = len(position.network.members)
    bound = np.zeros(len(worth), np.int64)
    np.add.at(bound, arcs.source, arcs.room)
    frees, bound = worth[:members], bound[:members]
    order = np.lexsort((np.arange(members), -bound, -frees))[:_COMPARED]
    found: list[Next] = []
    for member in order[frees[order] > 0].tolist():
        if len(found) >= RANKED and (found[RANKED - 1].frees, found[RANKED - 1].amount) > (int(frees[member]), int(bound[member])):
            break
        amount, _ = _greatest_flow(arcs, member, cash)
        holds(amount > 0, "the_next_unit_has_a_path", member=member)
        found.append(Next(member, int(frees[member]), amount))
        found.sort(key=lambda each: (-each.frees, -each.amount, each.member))
    return tuple(found[:RANKED])


def next_of_the_fund(position: Position) -> Next:
    """What one more unit lent by the fund frees, wherever it frees most, and up to which amount (member -1)."""
    worth, arcs, cash = _tight(position)
    fund = cash - 1
    if not worth[fund]:
        return Next(-1, 0, 0)
    return Next(-1, int(worth[fund]), _greatest_flow(arcs, fund, cash)[0])


def graph_and_flow(position: Position) -> tuple[Graph, NDArray[np.int64]]:
    """The graph of the run, with cash where it has any, and the flow on its arcs."""
    draw = position.draw
    if draw is None:
        return graph_of(position.network, None), position.flow
    cash = [draw.injected, draw.loan, draw.received, [draw.loan.sum()]]
    return graph_of(position.network, position.liquidity), np.concatenate([position.flow, *cash])


def _tight(position: Position) -> tuple[NDArray[np.int64], _Arcs, int]:
    """What a unit of cash frees at each member, the fund and cash S; the tight arcs among them; and the place of S."""
    (graph, flow), network = graph_and_flow(position), position.network
    worth = position.potential if position.draw is None else position.potential // UNITS
    length = np.zeros(len(flow), np.int64)
    length[: len(network.weight)] = network.weight
    gain = length - worth[graph.tail] + worth[graph.head]
    holds(not (((gain > 0) & (flow < graph.capacity)) | ((gain < 0) & (flow > 0))).any(), "the_worth_of_cash_is_proven")
    cash = len(network.members) + 1
    if position.draw is not None:
        return worth, _tight_arcs(graph, flow, length, worth), cash
    return np.append(worth, [worth.max(initial=0), 0]), _with_ends(network, flow, worth), cash


def _with_ends(network: Network, flow: NDArray[np.int64], worth: NDArray[np.int64]) -> _Arcs:
    """The tight arcs of the debts, and those of cash where there is none yet: from the fund to whoever
    frees most, and from whoever frees nothing to S. The arcs of debts stand first."""
    count = len(network.members)
    arcs = _tight_arcs(graph_of(network, None), flow, network.weight.astype(np.int64), worth)
    givers, takers = (np.flatnonzero(worth == level).astype(np.int32) for level in (worth.max(initial=0), 0))
    out, into = np.zeros((2, count), np.int64)
    np.add.at(out, arcs.source, arcs.room)
    np.add.at(into, arcs.target, arcs.room)
    return _Arcs(
        source=np.concatenate([arcs.source, np.full(len(givers), count, np.int32), takers]),
        target=np.concatenate([arcs.target, givers, np.full(len(takers), count + 1, np.int32)]),
        room=np.concatenate([arcs.room, out[givers], into[takers]]),
        arc=arcs.arc,
        forth=arcs.forth,
    )


def _tight_arcs(graph: Graph, flow: NDArray[np.int64], length: NDArray[np.int64], worth: NDArray[np.int64]) -> _Arcs:
    tight = worth[graph.tail] - worth[graph.head] == length
    forth, back = np.flatnonzero(tight & (flow < graph.capacity)), np.flatnonzero(tight & (flow > 0))
    return _Arcs(
        source=np.concatenate([graph.tail[forth], graph.head[back]]),
        target=np.concatenate([graph.head[forth], graph.tail[back]]),
        room=np.concatenate([graph.capacity[forth] - flow[forth], flow[back]]),
        arc=np.concatenate([forth, back]),
        forth=np.arange(len(forth) + len(back)) < len(forth),
    )


def _greatest_flow(arcs: _Arcs, source: int, target: int) -> tuple[int, NDArray[np.int64]]:
    """The greatest flow from *source* to *target*, and what of it passes each arc."""
    from ortools.graph.python import max_flow  # 50 ms to import: only where somebody asks for a price

    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(arcs.source, arcs.target, arcs.room)
    status = solver.solve(source, target)
    if status != solver.OPTIMAL:
        raise EnvironmentFault("solver_failed", f"the solver answered {status} instead of a greatest flow", arcs=len(arcs.room))
    return int(solver.optimal_flow()), np.asarray(solver.flows(np.arange(len(arcs.room))), dtype=np.int64)


def curve_of(network: Network, flow: NDArray[np.int64], potential: NDArray[np.int64], *, work: int = WORK_MAX) -> Curve:
    """The curve of a network from its largest set-off without cash and the least potentials of that.

    Cost: for each slope one greatest flow and one round of longest paths; it ends when *work* edges were looked at.
    """
    net = net_positions(len(network.members), network.tail, network.head, network.capacity)
    full = Point(int(-net[net < 0].sum()), weighted_sum(network, network.capacity))
    points = [Point(0, weighted_sum(network, flow))]
    worth, last_slope, left = potential, None, work
    while (slope := int(worth.max(initial=0))) and left > 0:
        holds(last_slope is None or slope < last_slope, "the_price_of_cash_falls")
        amount, flow = _augmented(network, flow, worth)
        holds(amount > 0, "the_next_unit_has_a_path")
        points.append(Point(points[-1].cash + amount, points[-1].cleared + slope * amount))
        (worth, cost), last_slope = _worth(network, flow), slope
        left -= cost
    exact_until = points[-1].cash
    if worth.max(initial=0):
        points.append(full)
    holds(points[-1] == full, "all_cash_clears_everything", cash=points[-1].cash, cleared=points[-1].cleared)
    return Curve(tuple(points), exact_until)


def weighted_sum(network: Network, flow: NDArray[np.int64]) -> int:
    """The sum of weight times *flow*, exact: it may pass int64."""
    return sum(int(weight) * int(flow[network.weight == weight].sum()) for weight in np.unique(network.weight).tolist())


def _augmented(network: Network, flow: NDArray[np.int64], worth: NDArray[np.int64]) -> tuple[int, NDArray[np.int64]]:
    """The greatest flow on tight arcs from whoever frees most to whoever frees nothing, put on *flow*."""
    count = len(network.members)
    arcs = _with_ends(network, flow, worth)
    amount, passed = _greatest_flow(arcs, count, count + 1)
    signed = np.where(arcs.forth, 1, -1) * passed[: len(arcs.arc)]
    change = np.zeros(len(flow), np.int64)
    np.add.at(change, arcs.arc, signed)
    return amount, flow + change


def _worth(network: Network, flow: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The longest path from each member to anywhere in the residual network of a *flow* that need not conserve,
    and what it cost, in edges."""
    count, tail, head, weight = len(network.members), network.tail, network.head, network.weight
    if len(tail) >= LARGE_EDGES:
        from rescounter.clearing.solver_compiled import least_potentials as compiled

        return compiled(count, tail, head, network.capacity, weight, flow), len(tail)
    full, started = flow == network.capacity, flow > 0
    found = raised_potentials(count, tail, head, weight, full, started)
    if found is not None:
        return found, len(tail)
    found = least_potentials(count, tail, head, weight, full, started)
    return found, len(tail) + _LONG_PATH * int(found.max(initial=0))
