"""From admitted obligations to cleared ones: the flow of clearing.

`solve` finds the optimum of each currency, `clear` shares it out and reckons what other methods
would have left. Both are functions of their arguments alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rescounter.clearing.allocation import ALLOCATIONS, allocate
from rescounter.clearing.circuits import greedy_set_off, pairs_set_off
from rescounter.clearing.engines import EngineFor, engine_for
from rescounter.clearing.liquidity import Draw, Liquidity, liquidity_of
from rescounter.clearing.network import Network, networks_of
from rescounter.clearing.optimum import Optimum, largest_set_off
from rescounter.intake.admitted import Admitted
from rescounter.intake.lines import Lines
from rescounter.terms import CallerFault, holds

__all__ = ["GREEDY_OBLIGATIONS_MAX", "METHODS", "Cleared", "Outcome", "Solved", "clear", "solve"]

METHODS: Final = ("set-off", "net", "set-off-then-net")

GREEDY_OBLIGATIONS_MAX: Final = 200_000
"""Above this the comparison with greedy circuits is left out: it would take longer than the optimum."""


@dataclass(frozen=True, slots=True)
class Solved:
    """One currency's network with its largest set-off; with method *net* the set-off is nothing.

    Args: *liquidity* that the set-off could draw, and *without*: what the largest set-off without any
    of it clears, both sides counted once; both None where there is no liquidity.
    """

    network: Network
    optimum: Optimum | None
    liquidity: Liquidity | None = None
    without: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one currency's clearing came to, besides the rows: minor units, both sides counted once.

    Args: *pairs_only* and *greedy* are what other methods would have cleared; *greedy* is None above
    `GREEDY_OBLIGATIONS_MAX` obligations. *potential*: int64[k], with *liquidity* int64[k + 2], see
    `Optimum`. *draw*, *without*: the cash, and what would clear without any; None without liquidity.
    """

    network: Network
    flow: NDArray[np.int64]
    potential: NDArray[np.int64] | None
    pairs_only: int
    greedy: int | None
    liquidity: Liquidity | None = None
    draw: Draw | None = None
    without: int | None = None


@dataclass(frozen=True, slots=True)
class Cleared:
    """Admitted obligations and what became of each.

    Args: *cleared* int64[n], discharged without money. *replaced* int64[n], replaced by novation
    with a position towards the union; None without netting.
    Law: 0 <= cleared, 0 <= replaced, cleared + replaced <= amount.
    """

    admitted: Admitted
    method: str
    allocation: str
    cleared: NDArray[np.int64]
    replaced: NDArray[np.int64] | None
    outcomes: tuple[Outcome, ...]


def solve(admitted: Admitted, *, method: str, lines: Lines | None = None, engine_for: EngineFor = engine_for) -> tuple[Solved, ...]:
    """Network, optimum and potentials of each currency, in the order of `Admitted.currencies`.

    Args: *lines* of cash; their currencies are solved twice, with and without.
    """
    if method not in METHODS:
        raise CallerFault("option_invalid", f"method {method!r} is unknown; allowed: {', '.join(METHODS)}")
    if method == "net":
        if lines is not None:
            raise CallerFault("option_invalid", "liquidity is drawn by set-off, and method net sets nothing off")
        return tuple(Solved(network, None) for network in networks_of(admitted))
    return tuple(_solved(network, liquidity_of(lines, network), engine_for) for network in networks_of(admitted))


def _solved(network: Network, liquidity: Liquidity | None, engine_for: EngineFor) -> Solved:
    engine = engine_for(len(network.capacity))
    optimum = largest_set_off(network, engine, liquidity)
    if liquidity is None:
        return Solved(network, optimum)
    return Solved(network, optimum, liquidity, int(largest_set_off(network, engine).flow.sum()))


def clear(admitted: Admitted, solved: Sequence[Solved], *, method: str, allocation: str) -> Cleared:
    """Share each edge's cleared amount out to its obligations, and replace the rest where it is netted."""
    if allocation not in ALLOCATIONS:
        raise CallerFault("option_invalid", f"allocation {allocation!r} is unknown; allowed: {', '.join(ALLOCATIONS)}")
    cleared = np.zeros(len(admitted), np.int64)
    outcomes = []
    for each in solved:
        outcome = _outcome(each)
        rows = outcome.network.rows
        cleared[rows] = allocate(allocation, admitted.amount[rows], outcome.network.edge_of_row, outcome.flow)
        holds(int(cleared[rows].sum()) == int(outcome.flow.sum()), "what_clears_is_what_was_solved")
        outcomes.append(outcome)
    replaced = None if method == "set-off" else np.where(admitted.excluded == 0, admitted.amount - cleared, 0)
    for array in (cleared, replaced):
        if array is not None:
            array.flags.writeable = False
    return Cleared(admitted, method, allocation, cleared, replaced, tuple(outcomes))


def _outcome(solved: Solved) -> Outcome:
    network, optimum = solved.network, solved.optimum
    few = len(network.rows) <= GREEDY_OBLIGATIONS_MAX
    return Outcome(
        network=network,
        flow=np.zeros(len(network.capacity), np.int64) if optimum is None else optimum.flow,
        potential=None if optimum is None else optimum.potential,
        pairs_only=pairs_set_off(network),
        greedy=greedy_set_off(network) if few else None,
        liquidity=solved.liquidity,
        draw=None if optimum is None else optimum.draw,
        without=solved.without,
    )
