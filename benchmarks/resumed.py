"""A changed run against a run from nothing: the solver alone, and the whole of `what_if` beside `clear`.

    python -m benchmarks.resumed [--size 1000000] [--changes 5] [--trials 7] [-o FILE.json]

Each trial takes some obligations out and puts others in, drawn with a seed; both ways must clear the same
amount. Warm; the raw seconds of every trial are written as JSON: of the processor for the solver, which has one thread,
of the clock for `clear` and `what_if`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np
import pyarrow as pa

import rescounter
from benchmarks.machine import described
from benchmarks.networks import PROFILES, network
from rescounter.clearing.engines import engine_for
from rescounter.clearing.optimum import largest_set_off
from rescounter.clearing.what_if import Alteration, Altered, altered, largest_again

__all__ = ["main"]

RESULTS: Final = Path(__file__).parent / "results"
SEED: Final = 1


def _case(profile: str, size: int, changes: int, trials: int) -> dict[str, Any]:
    table = network(PROFILES[profile], size, seed=SEED)
    began = perf_counter()
    result = rescounter.clear(table)
    whole_from_nothing = perf_counter() - began
    outcome = result.cleared.outcomes[0]
    dice = np.random.default_rng(SEED)
    ids = result.obligations["id"]
    kept: dict[str, list[float]] = {"from_nothing": [], "resumed": [], "what_if": []}
    for _ in range(trials):
        after = _altered(outcome.network, changes, dice)
        began = process_time()
        again = largest_again(outcome, after)
        kept["resumed"].append(process_time() - began)
        began = process_time()
        anew = largest_set_off(after.network, engine_for(len(after.network.capacity)))
        kept["from_nothing"].append(process_time() - began)
        assert int(again.sum()) == int(anew.flow.sum()), "warm is not cold"
        rows = pa.array(dice.integers(0, size, changes))
        add, remove = table.take(rows).drop_columns(["id"]), ids.take(pa.array(dice.integers(0, size, changes))).to_pylist()
        began = perf_counter()
        result.what_if(add=add, remove=remove)
        kept["what_if"].append(perf_counter() - began)
    edges = len(outcome.network.capacity)
    return {"profile": profile, "obligations": size, "edges": edges, "changes": changes, "clear": whole_from_nothing, **kept}


def _altered(before: Any, changes: int, dice: np.random.Generator) -> Altered:
    less = np.zeros(len(before.capacity), np.int64)
    shrunk = dice.integers(0, len(less), changes)
    less[shrunk] = before.capacity[shrunk] // dice.integers(1, 4, changes)
    tail = dice.integers(0, len(before.members), changes).astype(np.int32)
    head = ((tail + 1 + dice.integers(0, len(before.members) - 1, changes)) % len(before.members)).astype(np.int32)
    amount = before.capacity[dice.integers(0, len(less), changes)]
    return altered(before, Alteration(less=less, tail=tail, head=head, weight=np.ones(changes, np.int32), amount=amount, newcomers=0))


def main(words: list[str]) -> int:
    """Measure and write the JSON; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=5)
    parser.add_argument("--trials", type=int, default=7)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "resumed.json")
    given = parser.parse_args(words)
    cases = []
    for profile in PROFILES:
        case = _case(profile, given.size, given.changes, given.trials)
        cases.append(case)
        cold, warm = median(case["from_nothing"]), median(case["resumed"])
        print(f"{profile}, {given.size:,}: from nothing {cold:.3f} s, resumed {warm:.3f} s, {cold / warm:.1f} times;", end=" ")
        print(f"clear {case['clear']:.2f} s, what_if {median(case['what_if']):.3f} s", flush=True)
    document = {"clock": "processor", "date": datetime.date.today().isoformat(), "machine": described(), "cases": cases}
    given.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
