"""Our solver and its peers on the same networks in one run: time, memory, and the same optimum.

    python -m benchmarks.solvers 10000 100000 1000000 [--runs 3] [-o FILE.json]

Every solver gets the merged edges of one network and has to build its model and solve it; one thread,
a process of its own for each, the first run not counted (it compiles or warms up). Ours also finds the
potentials that prove its answer. Peers run as shipped, on the whole network; *OR-Tools, reduced* gets
the edges inside strong components only, which is our reduction. LEMON needs its headers and g++
(Debian: liblemon-dev), NetworkX runs up to 10,000 edges.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import described

__all__ = ["PEERS", "RESULTS", "main"]

RESULTS: Final = Path(__file__).parent / "results"
ROOT: Final = Path(__file__).parent.parent
PROFILES: Final = ("scale-free", "trade-credit")
SEED: Final = 1
NETWORKX_EDGES_MAX: Final = 10_000
PYLMCF_EDGES_MAX: Final = 100_000

Edges = tuple[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]


def merged(profile: str, obligations: int, seed: int = SEED) -> Edges:
    """Nodes, tail, head and capacity of a generated network, parallel obligations merged, in order."""
    from benchmarks import networks

    table = networks.network(networks.PROFILES[profile], obligations, seed=seed)
    names, place = np.unique(np.concatenate([np.asarray(table[side]) for side in ("debtor", "creditor")]), return_inverse=True)
    tail, head = place[: table.num_rows], place[table.num_rows :]
    key, edge = np.unique(tail * len(names) + head, return_inverse=True)
    capacity = np.zeros(len(key), np.int64)
    np.add.at(capacity, edge, np.asarray(table["amount_minor"]))
    return len(names), (key // len(names)).astype(np.int32), (key % len(names)).astype(np.int32), capacity


def ours(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> int:
    """Reduction, optimum, potentials and the check of the certificate."""
    from rescounter.clearing.engines import LARGE_EDGES, engine_for
    from rescounter.clearing.network import Network
    from rescounter.clearing.optimum import largest_set_off

    rows = np.arange(len(tail))
    whole = Network(0, 0, len(tail), np.arange(nodes, dtype=np.int32), tail, head, capacity, rows, rows)
    return int(largest_set_off(whole, engine_for(LARGE_EDGES)).flow.sum())


def or_tools(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> int:
    """OR-Tools' minimum-cost flow, as shipped."""
    from rescounter.clearing.solver_ortools import richest_circulation

    return int(richest_circulation(nodes, tail, head, capacity, np.ones(len(capacity), np.int32)).sum())


def or_tools_reduced(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> int:
    """OR-Tools on the edges inside strong components."""
    from rescounter.clearing.solver_compiled import core_edges

    core = core_edges(nodes, tail, head)
    return or_tools(nodes, tail[core], head[core], capacity[core])


def pylmcf(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> int:
    """pylmcf's network simplex."""
    import pylmcf as peer

    supply = np.zeros(nodes, np.int64)
    np.add.at(supply, tail, capacity)
    np.subtract.at(supply, head, capacity)
    graph = peer.Graph(nodes, tail.astype(np.int64), head.astype(np.int64))
    graph.set_edge_capacities(capacity)
    graph.set_edge_costs(np.ones(len(capacity), np.int64))
    graph.set_node_supply(supply)
    graph.solve()
    return int(capacity.sum()) - int(np.asarray(graph.result(), np.int64).sum())


def networkx(nodes: int, tail: NDArray[np.int32], head: NDArray[np.int32], capacity: NDArray[np.int64]) -> int:
    """NetworkX' network simplex."""
    import networkx as nx

    graph = nx.DiGraph()
    supply = np.zeros(nodes, np.int64)
    np.add.at(supply, tail, capacity)
    np.subtract.at(supply, head, capacity)
    graph.add_nodes_from((node, {"demand": -amount}) for node, amount in enumerate(supply.tolist()))
    graph.add_edges_from(
        (u, v, {"capacity": c, "weight": 1}) for u, v, c in zip(tail.tolist(), head.tolist(), capacity.tolist(), strict=True)
    )
    return int(capacity.sum()) - int(nx.network_simplex(graph)[0])


PEERS: Final[dict[str, Callable[..., int]]] = {
    "Rescounter, proven": ours,
    "OR-Tools": or_tools,
    "OR-Tools, reduced": or_tools_reduced,
    "pylmcf": pylmcf,
    "NetworkX": networkx,
}


def child(name: str, file: str, runs: int) -> None:
    """Runs in a process of its own: print seconds of each counted run, what cleared, and the peak."""
    with np.load(file) as stored:
        edges = int(stored["nodes"]), stored["tail"], stored["head"], stored["capacity"]
    before = _peak_mib()
    seconds, cleared = [], 0
    for _ in range(runs + 1):
        began = perf_counter()
        cleared = PEERS[name](*edges)
        seconds.append(perf_counter() - began)
    print(json.dumps({"first": seconds[0], "seconds": seconds[1:], "cleared": cleared, "peak_mib": _peak_mib(), "before_mib": before}))


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def measured(name: str, file: Path, runs: int) -> dict[str, Any]:
    """One solver on one network."""
    words = [sys.executable, "-m", "benchmarks.solvers", "--child", name, str(file), "--runs", str(runs)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    if done.returncode != 0:
        return {"solver": name, "failed": done.stderr.strip().splitlines()[-1:]}
    return {"solver": name, **json.loads(done.stdout.splitlines()[-1])}


def lemon(file: Path, edges: Edges, runs: int, workplace: Path) -> dict[str, Any]:
    """LEMON's cost scaling through the small driver, where it can be compiled."""
    driver = workplace / "lemon_driver"
    if not driver.exists():
        words = ["g++", "-O3", "-march=native", "-std=c++17", "-w", "-o", str(driver), str(Path(__file__).parent / "lemon_driver.cpp")]
        if shutil.which("g++") is None or subprocess.run(words, capture_output=True).returncode != 0:
            return {"solver": "LEMON", "failed": ["its headers or g++ are not installed"]}
    nodes, tail, head, capacity = edges
    raw = file.with_suffix(".bin")
    raw.write_bytes(np.array([nodes, len(tail)], np.int64).tobytes() + tail.tobytes() + head.tobytes() + capacity.tobytes())
    done = subprocess.run([str(driver), str(raw), str(runs + 1)], capture_output=True, text=True, check=True).stdout.split()
    seconds = [float(word) for word in done[:-2]]
    return {
        "solver": "LEMON",
        "first": seconds[0],
        "seconds": seconds[1:],
        "cleared": int(capacity.sum()) - int(done[-2]),
        "peak_mib": int(done[-1]) / 1024,
        "before_mib": 0,
    }


def main(words: list[str]) -> int:
    """Measure, tell as it goes, and write raw JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "solvers.json")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    if given.child:
        child(given.child[0], given.child[1], given.runs)
        return 0
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for profile in PROFILES:
            for size in given.sizes:
                cases.append(_case(profile, size, given.runs, Path(folder)))
    document = {"date": datetime.datetime.now(datetime.UTC).date().isoformat(), "machine": described(), "cases": cases}
    given.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


def _case(profile: str, size: int, runs: int, folder: Path) -> dict[str, Any]:
    edges = merged(profile, size)
    file = folder / f"{profile}-{size}.npz"
    np.savez(file, nodes=edges[0], tail=edges[1], head=edges[2], capacity=edges[3])
    answers = []
    for name in PEERS:
        if (name == "NetworkX" and size > NETWORKX_EDGES_MAX) or (name == "pylmcf" and size > PYLMCF_EDGES_MAX):
            continue
        answers.append(measured(name, file, runs))
    answers.append(lemon(file, edges, runs, folder))
    for answer in answers:
        told = f"{median(answer['seconds']):.3f} s" if "seconds" in answer else f"failed: {answer['failed']}"
        print(f"{profile}, {size:,}: {answer['solver']}: {told}", flush=True)
    optima = {answer["cleared"] for answer in answers if "cleared" in answer}
    if len(optima) != 1:
        raise SystemExit(f"{profile}, {size}: the solvers clear different amounts: {answers}")
    return {"profile": profile, "obligations": size, "nodes": edges[0], "edges": len(edges[1]), "answers": answers}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
