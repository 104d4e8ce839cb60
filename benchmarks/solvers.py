"""Our solver and its peers on the same networks in one run: time, arc scans, memory, and the same optimum.

    python -m benchmarks.solvers [--sizes 10000 100000 1000000] [--runs 3] [-o FILE.json]
    python -m benchmarks.solvers --sizes 10000000 --ours-only --cold -o benchmarks/results/huge.json

`benchmarks/peers.py` says who is measured and how. NetworkX runs up to 10,000 obligations and pylmcf up
to 100,000: beyond, they take minutes. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
import pyarrow as pa

from benchmarks.machine import described
from benchmarks.peers import COMPILED, LEMON, OURS, PEERS, ROOT, Edges, answer_of, kept

__all__ = ["RESULTS", "document", "main", "merged", "told"]

RESULTS: Final = Path(__file__).parent / "results"
PROFILES: Final = ("scale-free", "trade-credit")
SEED: Final = 1
SIZE_MAX: Final = {"NetworkX": 10_000, COMPILED: 10_000, "pylmcf": 100_000}
SECONDS_MAX: Final = 60.0


def merged(profile: str, obligations: int, seed: int = SEED) -> Edges:
    """Nodes, tail, head and capacity of a generated network, parallel obligations merged, in order."""
    from benchmarks import networks

    table = networks.network(networks.PROFILES[profile], obligations, seed=seed)
    both = pa.concat_arrays([chunk for side in ("debtor", "creditor") for chunk in table[side].chunks]).dictionary_encode()
    order = np.argsort(np.asarray(both.dictionary), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    place = rank[np.asarray(both.indices)]
    tail, head = place[: table.num_rows], place[table.num_rows :]
    key, edge = np.unique(tail * len(rank) + head, return_inverse=True)
    capacity = np.zeros(len(key), np.int64)
    np.add.at(capacity, edge, np.asarray(table["amount_minor"]))
    return len(rank), (key // len(rank)).astype(np.int32), (key % len(rank)).astype(np.int32), capacity


def told(answer: dict[str, Any]) -> str:
    """One answer in a few words."""
    return f"{answer['solver']}: " + (f"{median(answer['seconds']):.4f} s" if "seconds" in answer else f"failed: {answer['failed']}")


def document(cases: list[dict[str, Any]]) -> str:
    """*cases* with the day and the machine, as JSON."""
    words = {"clock": "processor", "date": datetime.datetime.now(datetime.UTC).date().isoformat(), "machine": described(), "cases": cases}
    return json.dumps(words, indent=1) + "\n"


def _case(profile: str, size: int, solvers: list[str], given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    file = folder / f"{profile}-{size}.npz"
    # In a process of its own, so that this one stays small: a child counts its parent's memory until it has started.
    subprocess.run([sys.executable, "-m", "benchmarks.solvers", "--sizes", str(size), "--make", profile, str(file)], cwd=ROOT, check=True)
    answers = []
    for name in solvers:
        if size <= SIZE_MAX.get(name, size):
            answers.append(answer_of(name, file, runs=given.runs, seconds=given.seconds, cold=given.cold))
            print(f"{profile}, {size:,}: {told(answers[-1])}", flush=True)
    with np.load(file) as stored:
        shape = {"nodes": int(stored["nodes"]), "edges": len(stored["tail"]), "gross": int(stored["capacity"].sum())}
    file.unlink()
    optima = {answer["cleared"] for answer in answers if "cleared" in answer}
    if len(optima) > 1:
        raise SystemExit(f"{profile}, {size}: the solvers clear different amounts: {answers}")
    return {"profile": profile, "obligations": size, **shape, "answers": answers}


def main(words: list[str]) -> int:
    """Measure, tell as it goes, and write raw JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=SECONDS_MAX, help="no further run of a solver begins after so many")
    parser.add_argument("--ours-only", action="store_true")
    parser.add_argument("--cold", action="store_true", help="count the first run too, where one takes minutes")
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "solvers.json")
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    if given.make:
        kept(Path(given.make[1]), merged(given.make[0], given.sizes[0]))
        return 0
    solvers = [OURS] if given.ours_only else [*PEERS, LEMON]
    with tempfile.TemporaryDirectory() as folder:
        cases = [_case(profile, size, solvers, given, Path(folder)) for profile in PROFILES for size in given.sizes]
    given.output.write_text(document(cases), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
