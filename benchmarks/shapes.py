"""Shapes that hurt solvers: ours against every peer, worst first.

    python -m benchmarks.shapes [--sizes 10000 50000] [--only "two-way chain" ring] [-o FILE.json]

Cost scaling suffers where paths are long, a network simplex where its tree grows deep. The smaller size is
answered by the library engine, the larger one by the compiled one. All of them were kept from a search over
families: those that hurt us most, and those that hurt a peer (amounts that rise along a chain).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import COMPILED, LEMON, OURS, Edges, answer_of, kept, ratio_to_best
from benchmarks.solvers import RESULTS, document, told

__all__ = ["SHAPES", "main", "shape"]

SEED: Final = 1
SIZES: Final = (10_000, 50_000)
SOLVERS: Final = (OURS, "OR-Tools", "pylmcf", LEMON, "NetworkX")
NETWORKX_EDGES_MAX: Final = 10_000
SECONDS_MAX: Final = 1.0
"""No further run of a solver begins after so many seconds; a process that takes 8 s is ended."""

Ends = NDArray[np.int64]
Dice = np.random.Generator


def shape(name: str, edges: int, *, seed: int = SEED) -> Edges:
    """About so many *edges* of the shape *name*, merged and in order."""
    dice = np.random.default_rng(seed)
    ends, amounts = SHAPES[name]
    pairs = ends(edges, dice)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    amount = amounts(pairs, dice)
    nodes = int(pairs.max()) + 1
    key, first = np.unique(pairs[:, 0] * nodes + pairs[:, 1], return_index=True)
    return nodes, (key // nodes).astype(np.int32), (key % nodes).astype(np.int32), amount[first].astype(np.int64)


def _any(pairs: Ends, dice: Dice) -> Ends:
    return dice.integers(1, 10**6, len(pairs))


def _equal(pairs: Ends, dice: Dice) -> Ends:
    return np.full(len(pairs), 7)


def _powers(pairs: Ends, dice: Dice) -> Ends:
    return np.left_shift(1, dice.integers(0, 40, len(pairs)))


def _rising(pairs: Ends, dice: Dice) -> Ends:
    """Rising along the members one way, falling the other way."""
    forward = pairs[:, 0] < pairs[:, 1]
    return np.where(forward, pairs[:, 0] + 1, 2 * pairs.max() - pairs[:, 1] + 1)


def _both_ways(pairs: Ends) -> Ends:
    return np.concatenate([pairs, pairs[:, ::-1]])


def _chain(members: int) -> Ends:
    place = np.arange(members - 1)
    return np.stack([place, place + 1], axis=1)


def _ring(members: int) -> Ends:
    place = np.arange(members)
    return np.stack([place, (place + 1) % members], axis=1)


def _chorded(every: int, span: int) -> Callable[[int, Dice], Ends]:
    """A ring with one chord in *every* members, *span* members ahead (or back)."""

    def ends(edges: int, dice: Dice) -> Ends:
        members = edges * every // (every + 1)
        place = np.arange(0, members, every)
        return np.concatenate([_ring(members), np.stack([place, (place + span) % members], axis=1)])

    return ends


def _grid(edges: int, dice: Dice) -> Ends:
    """On a torus, to the right and down."""
    side = int((edges / 2) ** 0.5)
    row, column = np.divmod(np.arange(side * side), side)
    here = row * side + column
    return np.concatenate([np.stack([here, (row + 1) % side * side + column], 1), np.stack([here, row * side + (column + 1) % side], 1)])


def _strip(width: int) -> Callable[[int, Dice], Ends]:
    """A long grid of *width* rows, both ways."""

    def ends(edges: int, dice: Dice) -> Ends:
        here = np.arange(edges // (4 * width) * width)
        along, across = here[:-width], here[here % width < width - 1]
        return _both_ways(np.concatenate([np.stack([along, along + width], 1), np.stack([across, across + 1], 1)]))

    return ends


def _layers(width: int, degree: int) -> Callable[[int, Dice], Ends]:
    """Layers of *width* members, each owing *degree* of the next layer; the last layer owes the first."""

    def ends(edges: int, dice: Dice) -> Ends:
        deep = edges // (width * degree)
        here = np.repeat(np.arange(deep * width), degree)
        return np.stack([here, (here // width + 1) % deep * width + dice.integers(0, width, len(here))], axis=1)

    return ends


def _hub(edges: int, dice: Dice) -> Ends:
    """One member owes all, half owe it, and each owes the next."""
    others = np.arange(1, edges * 2 // 5)
    out, back = np.stack([0 * others, others], 1), np.stack([others[::2], 0 * others[::2]], 1)
    return np.concatenate([out, back, np.stack([others[:-1], others[1:]], 1)])


def _petals(length: int) -> Callable[[int, Dice], Ends]:
    """Circuits of *length* that meet in one member."""

    def ends(edges: int, dice: Dice) -> Ends:
        count = edges // length
        inner = np.arange(count * (length - 1)).reshape(count, length - 1) + 1
        walk = np.concatenate([np.zeros((count, 1), np.int64), inner, np.zeros((count, 1), np.int64)], axis=1)
        return np.stack([walk[:, :-1].ravel(), walk[:, 1:].ravel()], axis=1)

    return ends


def _parts(edges: int, dice: Dice) -> Ends:
    """A thousand small networks, each dense enough to be interesting."""
    size = max(5, edges // 3000)
    first = np.repeat(np.arange(1000) * size, edges * 3 // 2000)
    return np.stack([first, first], axis=1) + dice.integers(0, size, (len(first), 2))


def _ladder(edges: int, dice: Dice) -> Ends:
    """A chain forth, and at every second member a step of two back."""
    chain = _chain(edges * 2 // 3)
    return np.concatenate([chain, chain[2::2] @ np.array([[1, 1], [0, 0]]) - np.array([0, 2])])


def _dense(edges: int, dice: Dice) -> Ends:
    side = int(edges**0.5) + 1
    return np.stack(np.divmod(np.arange(side * side), side), axis=1)


def _random(degree: int) -> Callable[[int, Dice], Ends]:
    return lambda edges, dice: dice.integers(0, edges // degree, (edges, 2))


def _lollipop(edges: int, dice: Dice) -> Ends:
    """A dense part whose only other way leads along a path, a third of all edges long."""
    dense, path = _dense(edges * 2 // 3, dice), _chain(edges // 3)
    first = int(dense.max()) + 1
    return np.concatenate([dense, path + first, [[0, first], [first + int(path.max()), 1]]])


def _tree(edges: int, dice: Dice) -> Ends:
    """A binary tree of debts; the leaves are owed by nobody further and owe the root."""
    members = np.arange(1, edges * 2 // 3)
    leaves = members[len(members) // 2 :]
    return np.concatenate([np.stack([(members - 1) // 2, members], 1), np.stack([leaves, 0 * leaves], 1)])


def _small_world(edges: int, dice: Dice) -> Ends:
    """Everybody owes four near by, in either direction; one debt in fifty leads anywhere."""
    members = edges // 4
    here, near = np.repeat(np.arange(members), 4), np.tile([1, 2, 3, 5], members)
    there = np.where(dice.random(len(here)) < 0.02, dice.integers(0, members, len(here)), (here + near) % members)
    turned = dice.random(len(here)) < 0.5
    return np.stack([np.where(turned, there, here), np.where(turned, here, there)], axis=1)


def _clusters(edges: int, dice: Dice) -> Ends:
    """Dense parts of twenty, strung on a two-way chain."""
    first = np.arange(edges // 402) * 20
    inner = (first[:, None, None] + _dense(361, dice)[None]).reshape(-1, 2)
    return np.concatenate([inner, _both_ways(np.stack([first[:-1], first[1:]], axis=1))])


def _two_way(edges: int, dice: Dice) -> Ends:
    return _both_ways(_chain(edges // 2 + 1))


def _around(edges: int, dice: Dice) -> Ends:
    return _ring(edges)


SHAPES: Final[dict[str, tuple[Callable[[int, Dice], Ends], Callable[[Ends, Dice], Ends]]]] = {
    "ring": (_around, _any),
    "ring, rising": (_around, _rising),
    "ring, short chords": (_chorded(9, 7), _any),
    "ring, long chords": (_chorded(3, 1000), _any),
    "ring, chords back": (_chorded(2, -30), _any),
    "two-way chain": (_two_way, _any),
    "two-way chain, rising": (_two_way, _rising),
    "two-way chain, equal": (_two_way, _equal),
    "ladder": (_ladder, _any),
    "ladder, powers of two": (_ladder, _powers),
    "grid": (_grid, _any),
    "grid, equal": (_grid, _equal),
    "grid, powers of two": (_grid, _powers),
    "strip of four": (_strip(4), _any),
    "layers of ten": (_layers(10, 4), _any),
    "layers of a hundred": (_layers(100, 4), _any),
    "hub": (_hub, _any),
    "petals": (_petals(300), _any),
    "thousand parts": (_parts, _any),
    "dense": (_dense, _any),
    "dense, equal": (_dense, _equal),
    "random": (_random(3), _any),
    "random, equal": (_random(3), _equal),
    "random, powers of two": (_random(3), _powers),
    "random, thin": (_random(2), _any),
    "lollipop": (_lollipop, _any),
    "tree": (_tree, _any),
    "small world": (_small_world, _any),
    "chain of clusters": (_clusters, _any),
}


def _case(name: str, size: int, given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    edges = shape(name, size)
    file = kept(folder / "shape.npz", edges)
    solvers = [solver for solver in SOLVERS if solver != "NetworkX" or size <= NETWORKX_EDGES_MAX]
    answers = [answer_of(solver, file, runs=given.runs, seconds=given.seconds) for solver in solvers]
    worst = ratio_to_best(answers)
    ratio = f"{worst[0]:.2f} times {worst[1]}" if worst else "no ratio"
    print(f"{name}, {size:,}: {ratio}; " + "; ".join(told(answer) for answer in answers), flush=True)
    optima = {answer["cleared"] for answer in answers if "cleared" in answer}
    if len(optima) > 1:
        raise SystemExit(f"{name}, {size}: the solvers clear different amounts: {answers}")
    return {"shape": name, "size": size, "nodes": edges[0], "edges": len(edges[1]), "answers": answers}


def main(words: list[str]) -> int:
    """Measure, tell as it goes, and write raw JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--only", nargs="+", choices=SHAPES, default=list(SHAPES), metavar="SHAPE")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=SECONDS_MAX)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "shapes.json")
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        answer_of(COMPILED, kept(Path(folder) / "first.npz", shape("ring", 100)), runs=1, seconds=60)  # compiles, where nothing is kept
        cases = [_case(name, size, given, Path(folder)) for size in given.sizes for name in given.only]
    given.output.write_text(document(cases), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
