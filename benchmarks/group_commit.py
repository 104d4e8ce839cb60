"""Group commit: many callers, each posting one transfer and waiting for its durable answer.

    python -m benchmarks.group_commit [--callers 1 16 64] [--seconds 3] [--runs 3] [--stores sqlite postgresql] [-o FILE.json]

Hash log on, synchronous commits. Printed are medians of the runs: transfers/s by the clock and by the processor time of this
process (what the program itself costs; a server's own time is not in it), p50 and p99 of the wait. Raw runs are written as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.machine import described
from rescounter.ledger import Account, Store, Transfer
from rescounter.ledger.notes import SigningKey
from rescounter.store import open_postgresql, open_sqlite
from rescounter.store.group_commit import GroupCommit
from rescounter.store.ids import time_ordered_ids

__all__ = ["main", "table"]

RESULTS: Final = Path(__file__).parent / "results"
ACCOUNTS: Final = 1000
SEED: Final = 1


def _opened(kind: str, folder: Path) -> Store:
    settings: dict[str, Any] = {"ledger_key": bytes(32), "signer": SigningKey("bench", bytes(32)), "origin": "bench", "create": True}
    if kind == "sqlite":
        return open_sqlite(folder / "ledger.db", **settings)
    from tests.store.server import server

    return open_postgresql(server().fresh(), **settings)


async def _run(store: Store, callers: int, seconds: float) -> dict[str, Any]:
    dice, next_id, waits = random.Random(SEED), time_ordered_ids(), list[float]()
    names = [f"acc{number:04d}" for number in range(ACCOUNTS)]
    store.open_accounts(next_id(), [Account(id=name, owner=name, purpose="p", currency="EUR", limit_minor=10**12) for name in names])

    async def caller(ends: float, kept: list[float]) -> None:
        while (began := time.perf_counter()) < ends:
            debit, credit = dice.sample(names, 2)
            answered = await writer.post(Transfer(id=next_id(), debit=debit, credit=credit, amount_minor=dice.randrange(1, 1000)))
            assert answered.is_accepted
            kept.append(time.perf_counter() - began)

    async with GroupCommit(store) as writer:
        await asyncio.gather(*(caller(time.perf_counter() + 0.5, []) for _ in range(callers)))
        entries, began, began_cpu = store.audit_head().entries, time.perf_counter(), time.process_time()
        await asyncio.gather(*(caller(began + seconds, waits) for _ in range(callers)))
        wall_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    waits.sort()
    return {
        "transfers": len(waits),
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "rate": len(waits) / wall_s,
        "rate_cpu": len(waits) / cpu_s,
        "group": len(waits) / (store.audit_head().entries - entries),
        "p50_ms": 1000 * waits[len(waits) // 2],
        "p99_ms": 1000 * waits[len(waits) * 99 // 100],
        "load": os.getloadavg()[0],
    }


def _case(kind: str, callers: int, seconds: float, runs: int) -> dict[str, Any]:
    done = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="rescounter-") as folder:
            store = _opened(kind, Path(folder))
            done.append(asyncio.run(_run(store, callers, seconds)))
            store.close()
    return {"store": kind, "callers": callers, "runs": done}


def table(measurement: dict[str, Any]) -> Iterator[str]:
    """The lines for `docs/PERFORMANCE.md`."""
    machine = measurement["machine"]
    changed = f", {machine['changed_files']} files changed since" if machine["changed_files"] else ""
    yield f"Measured on {measurement['began'][:10]}: {machine['cpu']}, {machine['cores']} cores, {machine['memory_mib'] / 1024:.1f} GiB,"
    yield f"Python {machine['python']} (commit {machine['commit']}{changed}); medians of {len(measurement['cases'][0]['runs'])} runs.\n"
    yield "| store | callers | transfers a second | by processor time | in one batch | median wait | 99 of 100 wait at most |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for case in measurement["cases"]:
        middle = {name: median(run[name] for run in case["runs"]) for name in case["runs"][0]}
        yield (
            f"| {_NAMES[case['store']]} | {case['callers']} | {middle['rate']:,.0f} | {middle['rate_cpu']:,.0f} | {middle['group']:.1f} | "
            f"{middle['p50_ms']:.1f} ms | {middle['p99_ms']:.1f} ms |"
        )


_NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def main(words: list[str]) -> int:
    """Measure, print medians, write the JSON; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--stores", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "group_commit.json")
    given = parser.parse_args(words)
    began = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    print(f"{'store':<12}{'callers':>8}{'rate/s':>10}{'rate/cpu s':>12}{'group':>8}{'p50 ms':>9}{'p99 ms':>9}{'load':>7}")
    cases = []
    for kind in given.stores:
        for callers in given.callers:
            case = _case(kind, callers, given.seconds, given.runs)
            middle = {name: median(run[name] for run in case["runs"]) for name in case["runs"][0]}
            print(
                f"{kind:<12}{callers:>8}{middle['rate']:>10,.0f}{middle['rate_cpu']:>12,.0f}{middle['group']:>8.1f}"
                f"{middle['p50_ms']:>9.2f}{middle['p99_ms']:>9.2f}{middle['load']:>7.1f}",
                flush=True,
            )
            cases.append(case)
    given.output.write_text(json.dumps({"began": began, "machine": described(), "cases": cases}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
