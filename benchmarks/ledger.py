"""Measure the ledger on SQLite and on PostgreSQL: durable, all laws and hashes on, through the port that callers use.

python -m benchmarks.ledger [--rows 1000000] [--runs 3] [--filled 0] [--stores sqlite postgresql] [-o benchmarks/results/ledger.json]

Works: an atomic batch of --rows, staged and then flipped; batches of 8,192 through post_each and post_atomic. Each run begins with a
fresh ledger of 1,000 accounts. With --filled, more runs stand on a ledger that holds that many transfers, and two audits follow, each
in a process of its own: of that ledger, and of one whose --small transfers came in batches of 64.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
import pyarrow as pa

from benchmarks.machine import described, memory_mib
from rescounter.ledger import CHUNK_ROWS, Account, Batch, Store, Transfers
from rescounter.ledger.audit import Evidence, audit
from rescounter.ledger.notes import SigningKey
from rescounter.store import open_postgresql, open_sqlite

__all__ = ["main", "table"]

RESULT: Final = Path(__file__).parent / "results" / "ledger.json"
ACCOUNTS: Final = 1000
GROUP: Final = 8192
GROUPS: Final = 40
SMALL: Final = 64
LEDGER_KEY: Final = bytes(range(32))
ORIGIN: Final = "ledger.example/benchmark"


def batch(key: str, rows: int, seed: int) -> Batch:
    """Random pairs of accounts, ids that ascend as they do where a caller counts."""
    chance = np.random.default_rng(seed)
    debit = chance.integers(0, ACCOUNTS, rows)
    credit = (debit + chance.integers(1, ACCOUNTS, rows)) % ACCOUNTS
    names = pa.array([f"account-{number:04d}" for number in range(ACCOUNTS)])
    columns = {
        "id": pa.array([f"{key}/{row:08d}" for row in range(rows)]),
        "debit": names.take(pa.array(debit)),
        "credit": names.take(pa.array(credit)),
        "amount_minor": chance.integers(1, 10_000, rows),
        "cycle": ["2026-11"] * rows,
    }
    return Batch(key=key, transfers=Transfers.of_columns(columns))


def options() -> dict[str, Any]:
    """How every ledger here is opened."""
    return {"ledger_key": LEDGER_KEY, "signer": SigningKey(ORIGIN, bytes(32)), "create": True, "origin": ORIGIN}


OPENERS: Final[dict[str, Callable[..., Store]]] = {"sqlite": open_sqlite, "postgresql": open_postgresql}


def stores(kinds: list[str]) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """Kind, version, and what makes the address of a fresh ledger."""
    if "sqlite" in kinds:
        import sqlite3

        with tempfile.TemporaryDirectory(prefix="rescounter-bench-") as folder:
            names = iter(range(10**6))
            yield "sqlite", sqlite3.sqlite_version, lambda: str(Path(folder) / f"{next(names)}.db")
    if "postgresql" in kinds:
        import psycopg

        from tests.store.server import server

        with psycopg.connect(server().dsn()) as connection:
            version = connection.info.parameter_status("server_version") or ""
        yield "postgresql", version.split()[0], lambda: server().fresh()


def opened(kind: str, address: str) -> Store:
    store = OPENERS[kind](address, **options())
    names = (f"account-{number:04d}" for number in range(ACCOUNTS))
    store.open_accounts("open", [Account(id=name, owner="m", purpose="settlement", currency="EUR", limit_minor=10**15) for name in names])
    return store


def measured(store: Store, rows: int, mark: str) -> dict[str, float]:
    """One run of all works; rates in transfers a second of wall time, *flip* in seconds."""
    large = batch(f"large{mark}", rows, 1)
    began, cpu = time.perf_counter(), time.process_time()
    for chunk in range(-(-rows // CHUNK_ROWS)):
        store.stage(large, chunk)
    staged = time.perf_counter()
    if not store.flip(large).accepted.all():
        raise SystemExit("the batch was refused")
    ended = time.perf_counter()
    found = {"atomic": rows / (ended - began), "atomic_cpu": rows / (time.process_time() - cpu), "flip": ended - staged}
    del large
    for name, post in (("each_8k", store.post_each), ("atomic_8k", store.post_atomic)):
        groups = [batch(f"{name}{mark}/{number:04d}", GROUP, number) for number in range(GROUPS)]
        began, cpu = time.perf_counter(), time.process_time()
        for group in groups:
            if not post(group).accepted.all():
                raise SystemExit("a transfer was refused")
        found[name] = GROUP * GROUPS / (time.perf_counter() - began)
        found[f"{name}_cpu"] = GROUP * GROUPS / (time.process_time() - cpu)
    return found


def fill(store: Store, rows: int) -> None:
    for number in range(-(-rows // 1_000_000)):
        store.post_atomic(batch(f"filled{number}", min(1_000_000, rows - number * 1_000_000), number))


def audit_here(kind: str, address: str) -> dict[str, float]:
    """Audit a ledger in this process: seconds by the clock and of the processor, peak memory of the whole process."""
    store = OPENERS[kind](address, **options())
    verifier = SigningKey(ORIGIN, bytes(32)).verifier
    began, cpu = time.perf_counter(), time.process_time()
    with store.audit_view() as view:
        evidence = Evidence(
            ledger_key=LEDGER_KEY,
            first=verifier,
            in_force=verifier,
            head=view.audit_head,
            balances=view.balances,
            stored=view.checkpoints(),
            documents=view.audit_documents,
        )
        found = audit(view.audit_stream(), evidence)
    if found.fault is not None:
        raise SystemExit(str(found.fault))
    return {
        "transfers": found.transfers,
        "entries": found.entries,
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "peak_mib": memory_mib("VmHWM"),
    }


def audited(kind: str, address: str) -> dict[str, float]:
    """The same in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.ledger", "--audit", kind, address]
    told: dict[str, float] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    print(kind, "audit", {name: round(value, 1) for name, value in told.items()}, flush=True)
    return told


def audited_small(kind: str, address: str, rows: int) -> dict[str, float]:
    """The audit of a ledger whose transfers came in batches of `SMALL`."""
    store, whole = opened(kind, address), batch("small", rows, 1)
    for first in range(0, rows, SMALL):
        store.post_each(Batch(key=f"small/{first:08d}", transfers=whole.transfers.slice(first, SMALL)))
    store.close()
    return audited(kind, address)


def case(kind: str, version: str, make: Callable[[], str], words: argparse.Namespace) -> dict[str, Any]:
    runs = []
    for run in range(words.runs):
        store = opened(kind, make())
        runs.append(measured(store, words.rows, f"-{run}"))
        store.close()
        print(kind, {name: round(value, 3) for name, value in runs[-1].items()}, f"load {os.getloadavg()[0]:.1f}", flush=True)
    made: dict[str, Any] = {"store": kind, "version": version, "rows": words.rows, "runs": runs, "filled": [], "audits": []}
    if words.filled:
        address = make()
        store = opened(kind, address)
        fill(store, words.filled)
        for run in range(words.runs):
            made["filled"].append({"before": words.filled} | measured(store, words.rows, f"-filled-{run}"))
            print(kind, "filled", {name: round(value, 3) for name, value in made["filled"][-1].items()}, flush=True)
        store.close()
        made["audits"] = [audited(kind, address), audited_small(kind, make(), words.small)]
    return made


def table(measurement: dict[str, Any]) -> Iterator[str]:
    """The lines for `docs/PERFORMANCE.md`."""
    machine = measurement["machine"]
    changed = f", {machine['changed_files']} files changed since" if machine["changed_files"] else ""
    yield f"Measured on {measurement['date']}: {machine['cpu']}, {machine['cores']} cores, {machine['memory_mib'] / 1024:.1f} GiB,"
    yield f"Python {machine['python']} (commit {machine['commit']}{changed}), load {measurement['load']:.1f} at the start; medians."
    yield f"{ACCOUNTS:,} accounts; transfers a second of wall time, in brackets of the store's own processor time.\n"
    yield "| store | already there | atomic, in one | made final after | batches of 8,192, each | batches of 8,192, atomic |"
    yield "|---|--:|--:|--:|--:|--:|"
    for found in measurement["cases"]:
        for runs in (found["runs"], found["filled"]):
            if runs:
                yield _row(found, runs)
    audits = [(found, told) for found in measurement["cases"] for told in found.get("audits", ())]
    if audits:
        yield "\n| store | audit of | in batches | seconds | of the processor | peak MiB |"
        yield "|---|--:|--:|--:|--:|--:|"
    for found, told in audits:
        yield (
            f"| {_NAMES[found['store']]} {found['version']} | {told['transfers']:,} | {told['entries']:,} | {told['seconds']:.0f} | "
            f"{told['cpu']:.0f} | {told['peak_mib']:,.0f} |"
        )


_NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _row(found: dict[str, Any], runs: list[dict[str, float]]) -> str:
    def rate(name: str) -> str:
        return f"{median(run[name] for run in runs):,.0f} ({median(run[f'{name}_cpu'] for run in runs):,.0f})"

    flip = 1000 * median(run["flip"] for run in runs)
    name = _NAMES[found["store"]]
    before = int(runs[0].get("before", 0))
    return (
        f"| {name} {found['version']} | {before:,} | {found['rows']:,}: {rate('atomic')} | {flip:.0f} ms | "
        f"{rate('each_8k')} | {rate('atomic_8k')} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--filled", type=int, default=0)
    parser.add_argument("--small", type=int, default=1_000_000)
    parser.add_argument("--audit", nargs=2, metavar=("KIND", "ADDRESS"), help="audit this ledger, print JSON, and do nothing else")
    parser.add_argument("--stores", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    words = parser.parse_args()
    if words.audit:
        print(json.dumps(audit_here(*words.audit)))
        return
    made: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": described(),
        "load": os.getloadavg()[0],
        "cases": [],
    }
    for kind, version, make in stores(words.stores):
        made["cases"].append(case(kind, version, make, words))
    words.output.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
