"""Which solver answers: a library for small networks, our own compiled one for large ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGE_EDGES", "Circulation", "Engine", "EngineFor", "Potentials", "Resumed", "engine_for"]

LARGE_EDGES: Final = 20_000
"""From so many edges on, compiling pays; the choice depends on nothing else."""


class Circulation(Protocol):
    """Finds a circulation of the greatest profit: the sum over edges of profit times flow."""

    def __call__(
        self, nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64], profit: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        """Flow int64[m], 0 <= flow <= capacity, equal into and out of every member."""
        ...


class Potentials(Protocol):
    """Finds the least potentials that certify a circulation, or raises BrokenLaw."""

    def __call__(
        self,
        nodes: int,
        tail: NDArray[np.int32],
        head: NDArray[np.int32],
        capacity: NDArray[np.int64],
        profit: NDArray[np.int32],
        flow: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Potentials int64[n] >= 0."""
        ...


class Resumed(Protocol):
    """Finds the largest circulation of a network that differs a little from one that is solved."""

    def __call__(
        self,
        nodes: int,
        tail: NDArray[np.int32],
        head: NDArray[np.int32],
        capacity: NDArray[np.int64],
        flow: NDArray[np.int64],
        potential: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Flow and potentials from the old ones; None where starting anew is better."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """What a largest set-off is found with: the edges that can clear, the circulation on them, the proof.

    *resumed* is None where an engine always starts from nothing.
    """

    name: str
    core_edges: Callable[[int, NDArray[np.int32], NDArray[np.int32]], NDArray[np.int64]]
    circulation: Circulation
    potentials: Potentials
    resumed: Resumed | None = None


EngineFor = Callable[[int], Engine]
"""From the number of edges of a network to the engine that answers."""


def engine_for(edges: int) -> Engine:
    """The engine for a network of so many *edges*; nothing is imported or compiled for the other."""
    if edges < LARGE_EDGES:
        from rescounter.clearing import solver_simplex
        from rescounter.clearing.reduction import core_edges

        return Engine("library", core_edges, solver_simplex.circulation, solver_simplex.least_potentials)
    from rescounter.clearing import solver_compiled

    return Engine(
        "compiled",
        solver_compiled.core_edges,
        solver_compiled.circulation,
        solver_compiled.least_potentials,
        solver_compiled.resumed_circulation,
    )
