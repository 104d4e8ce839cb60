"""The solvers that are measured, each on merged edges in a process of its own.

    python -m benchmarks.peers NAME FILE.npz [--runs 3] [--seconds 60] [--cold]

Every solver has to build its model and solve it, on one thread. Ours also finds the potentials that
prove its answer, and checks them. Peers run as shipped, on the whole network; *OR-Tools, reduced* gets
the edges inside strong components only, which is our reduction. LEMON needs its headers and g++
(Debian: liblemon-dev).

A process loads the network, solves one of three debts (imports and compiled code are loaded then), and
notes its memory; what it needs above that is the solver's. The first run on the network is told apart. Seconds
are those of the processor: on one thread they are what a clock shows on an idle machine, and other work beside does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import memory_mib

__all__ = ["COMPILED", "LEMON", "OURS", "PEERS", "Edges", "answer_of", "kept", "ratio_to_best"]

ROOT: Final = Path(__file__).parent.parent
OURS: Final = "Rescounter, proven"
COMPILED: Final = "Rescounter, compiled"
LEMON: Final = "LEMON"

Edges = tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]
"""Nodes, tail, head and capacity of a network, in order of (tail, head)."""

_TINY: Final[Edges] = (3, np.array([0, 1, 2], np.int32), np.array([1, 2, 0], np.int32), np.array([3, 4, 5], np.int64))


def ours(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64], *, size: int = 0) -> int:
    """Reduction, optimum, potentials and the check of the certificate, by the engine for *size* or more edges."""
    from rescounter.clearing.engines import engine_for
    from rescounter.clearing.network import Network
    from rescounter.clearing.optimum import largest_set_off

    rows = np.arange(len(tail))
    whole = Network(0, 0, len(tail), np.arange(nodes, dtype=np.int32), tail, head, capacity, rows, rows)
    return int(largest_set_off(whole, engine_for(max(size, len(tail)))).flow.sum())


def compiled(*edges: Any) -> int:
    """Ours by the compiled engine, at any size."""
    from rescounter.clearing.engines import LARGE_EDGES

    return ours(*edges, size=LARGE_EDGES)


def or_tools(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> int:
    """OR-Tools' minimum-cost flow, as shipped."""
    from ortools.graph.python import min_cost_flow

    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, np.ones(len(capacity), np.int64))
    flow.set_nodes_supplies(np.arange(nodes, dtype=np.int32), _supply(nodes, tail, head, capacity))
    if flow.solve() != flow.OPTIMAL:
        raise SystemExit("OR-Tools found no optimum")
    return int(capacity.sum()) - int(np.asarray(flow.flows(arcs)).sum())


def or_tools_reduced(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> int:
    """OR-Tools on the edges inside strong components."""
    from rescounter.clearing.solver_compiled import core_edges

    core = core_edges(nodes, tail, head)
    return or_tools(nodes, tail[core], head[core], capacity[core])


def pylmcf(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> int:
    """pylmcf's network simplex."""
    import pylmcf as peer

    graph = peer.Graph(nodes, tail, head)
    graph.set_edge_capacities(capacity)
    graph.set_edge_costs(np.ones(len(capacity), np.int64))
    graph.set_node_supply(_supply(nodes, tail, head, capacity))
    graph.solve()
    return int(capacity.sum()) - int(graph.result().sum())


def networkx(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> int:
    """NetworkX' network simplex."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from((node, {"demand": -amount}) for node, amount in enumerate(_supply(nodes, tail, head, capacity).tolist()))
    graph.add_edges_from(
        (u, v, {"capacity": c, "weight": 1}) for u, v, c in zip(tail.tolist(), head.tolist(), capacity.tolist(), strict=True)
    )
    return int(capacity.sum()) - int(nx.network_simplex(graph)[0])


def _supply(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> NDArray[np.int64]:
    supply = np.zeros(nodes, np.int64)
    np.add.at(supply, tail, capacity)
    np.subtract.at(supply, head, capacity)
    return supply


PEERS: Final[dict[str, Callable[..., int]]] = {
    OURS: ours,
    COMPILED: compiled,
    "OR-Tools": or_tools,
    "OR-Tools, reduced": or_tools_reduced,
    "pylmcf": pylmcf,
    "NetworkX": networkx,
}
"""All but LEMON, which is a program of its own."""

_TOLD_S: Final = 0.2
"""The processor's clock may go in steps of some milliseconds: so long a time it tells well enough."""

_ENDED: Final = (-signal.SIGXCPU, -signal.SIGKILL)
_NOT_PEERS: Final = (OURS, COMPILED, "OR-Tools, reduced")


def kept(file: Path, edges: Edges) -> Path:
    """*edges* in *file*, for `answer_of`."""
    nodes, tail, head, capacity = edges
    np.savez(file, nodes=nodes, tail=tail, head=head, capacity=capacity)
    return file


def ratio_to_best(answers: list[dict[str, Any]]) -> tuple[float, str] | None:
    """Our median time over that of the best peer as shipped, and who that is.

    Infinite where only a peer answers, None where no peer does.
    """
    from statistics import median

    times = {answer["solver"]: median(answer["seconds"]) for answer in answers if "seconds" in answer}
    peers = {name: seconds for name, seconds in times.items() if name not in _NOT_PEERS}
    if not peers:
        return None
    best = min(peers, key=lambda name: peers[name])
    return times.get(OURS, float("inf")) / peers[best], best


def answer_of(name: str, file: Path, *, runs: int, seconds: float, cold: bool = False) -> dict[str, Any]:
    """One solver on one network: seconds of each counted run, what cleared, memory; or ``failed``.

    Args: no further run begins after *seconds*, and a process that takes longer than `_patience` is ended; *cold*
    counts the first run as well (where one run takes minutes).
    """
    if name == LEMON:
        return _lemon(file, runs=runs, seconds=seconds)
    words = [sys.executable, "-m", "benchmarks.peers", name, str(file), "--runs", str(runs), "--seconds", str(seconds)]
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(
        [*words, *(["--cold"] if cold else [])], cwd=ROOT, capture_output=True, text=True, env=one_thread, preexec_fn=_patient(seconds)
    )
    if done.returncode in _ENDED:
        return {"solver": name, "failed": f"no answer within {_patience(seconds)} s"}
    if done.returncode != 0:
        return {"solver": name, "failed": (done.stderr.strip().splitlines() or ["no word"])[-1]}
    return {"solver": name, **json.loads(done.stdout.splitlines()[-1])}


def _patience(seconds: float) -> int:
    """Three times as long, and five seconds for the start of the process."""
    return int(3 * seconds + 5)


def _patient(seconds: float) -> Callable[[], None]:
    """Lets a child process use the processor for so long, and ends it then."""
    return lambda: resource.setrlimit(resource.RLIMIT_CPU, (_patience(seconds), _patience(seconds) + 1))


def _lemon(file: Path, *, runs: int, seconds: float) -> dict[str, Any]:
    """LEMON's cost scaling through the small driver, where it can be compiled."""
    driver = file.parent / "lemon_driver"
    if not driver.exists():
        words = ["g++", "-O3", "-march=native", "-std=c++17", "-w", "-o", str(driver), str(Path(__file__).parent / "lemon_driver.cpp")]
        if shutil.which("g++") is None or subprocess.run(words, capture_output=True).returncode != 0:
            return {"solver": LEMON, "failed": "its headers or g++ are not installed"}
    nodes, tail, head, capacity = _loaded(file)
    raw = file.with_suffix(".bin")
    raw.write_bytes(np.array([nodes, len(tail)], np.int64).tobytes() + tail.tobytes() + head.tobytes() + capacity.tobytes())
    words = [str(driver), str(raw), str(runs + 1), str(seconds)]
    process = subprocess.run(words, capture_output=True, text=True, preexec_fn=_patient(seconds))
    raw.unlink()
    if process.returncode in _ENDED:
        return {"solver": LEMON, "failed": f"no answer within {_patience(seconds)} s"}
    process.check_returncode()
    done = process.stdout.split()
    times = [float(word) for word in done[:-3]]
    before, peak = int(done[-2]) / 1024, int(done[-1]) / 1024
    cleared = int(capacity.sum()) - int(done[-3])
    return {"solver": LEMON, "first": times[0], "seconds": times[1:] or times, "cleared": cleared, "before_mib": before, "peak_mib": peak}


def _loaded(file: Path) -> Edges:
    with np.load(file) as stored:
        return int(stored["nodes"]), stored["tail"], stored["head"], stored["capacity"]


def _measured(name: str, edges: Edges, *, runs: int, seconds: float, cold: bool) -> dict[str, Any]:
    looks = _looks_counted()
    began = process_time()
    PEERS[name](*_TINY, **({"size": len(edges[1])} if name == OURS else {}))
    load = process_time() - began
    looks.clear()
    _forget_peak()
    before = memory_mib("VmRSS")
    times: list[float] = []
    cleared, began = 0, process_time()
    while len(times) < runs + (not cold) and (len(times) < 1 + (not cold) or process_time() - began < seconds):
        run, cleared = _timed(lambda: PEERS[name](*edges), least=_TOLD_S if times else 0.0)
        times.append(run)
        if len(times) == 1 and times[0] > seconds:
            break
    measured = {"load": load, "first": times[0], "seconds": times[not cold :] or times, "cleared": cleared}
    measured |= {"before_mib": before, "peak_mib": memory_mib("VmHWM")}
    return measured | ({"looks": looks[0]} if looks else {})


def _timed(solve: Callable[[], int], *, least: float) -> tuple[float, int]:
    """Seconds of the processor that one solution takes, and what it clears; solved again and again for *least* seconds."""
    began, solved = process_time(), 0
    while True:
        cleared, solved = solve(), solved + 1
        if (taken := process_time() - began) >= least:
            return taken / solved, cleared


def _looks_counted() -> list[int]:
    """A list that gets the arc scans of each call of our solver's kernel: the last thing that it returns."""
    from rescounter.clearing import solver_compiled

    kernel, looks = solver_compiled.cheapest_room, []

    def counting(*words: Any) -> Any:
        answer = kernel(*words)
        looks.append(int(answer[-1]))
        return answer

    solver_compiled.cheapest_room = counting
    return looks


def _forget_peak() -> None:
    """From now on the kernel of Linux notes the peak anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def main(words: list[str]) -> int:
    """Measure one solver in this process and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--cold", action="store_true")
    given = parser.parse_args(words)
    print(json.dumps(_measured(given.name, _loaded(given.file), runs=given.runs, seconds=given.seconds, cold=given.cold)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
