"""One cycle of a large union, from a submitted file to closed: time of each phase, memory, and one member's statement of it.

    python -m benchmarks.cycle [--obligations 1000000] [--profile scale-free] [--postgresql DSN] [-o FILE.json]

The union is founded as a demonstration, so that its clock can be told; its members join in acts of 1,000. Everything else is what
an operator runs: submissions, cut-off, clearing, set-off posted, calls, pay-ins, earmark, net, fees, figures, on the embedded
ledger with all laws and hashes on. The process that does it reports its own peak of memory.
"""

from __future__ import annotations

import argparse
import datetime
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from benchmarks.machine import described

__all__ = ["RESULTS", "main", "measured", "table"]

RESULTS: Final = Path(__file__).parent / "results"
ROOT: Final = Path(__file__).parent.parent
PHASES: Final = ("submit", "cut_off", "cleared", "corrected", "called", "paid_in", "funded", "settled", "closed", "open the union")
RULES: Final = """
[rulebook]
name = "Benchmark"
[union]
name = "A large union"
currencies = ["EUR"]
single_person = true
[calendar]
frequency = "monthly"
first_cut_off = 2026-01-22
cut_off_times = [13:00:00]
correction_days = 1
pay_in_days = 2
settlement_days = 2
[intake]
driven_by = "debtor"
carry_over = true
[clearing]
method = "set-off-then-net"
[settlement]
kind = "pay-in"
[fees]
per_mille = "1.1"
minimum = { EUR = "3.00" }
"""


def measured(file: Path, folder: Path, *, dsn: str | None = None) -> dict[str, Any]:
    """Found a union of the file's members, run one cycle of its obligations, and render one statement; in this process."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from rescounter.cycle.office import wanted
    from rescounter.facade.union import found_union, open_union
    from rescounter.facade.union_statement import facts_of
    from rescounter.facade.union_work import cycle_named, run, step, submit, told_time
    from rescounter.statements.member_statement import html, statement, text

    table = pq.read_table(file, columns=["debtor", "creditor"])
    members = pc.unique(pa.chunked_array([*table["debtor"].chunks, *table["creditor"].chunks])).to_pylist()
    seconds: dict[str, float] = {}
    began = perf_counter()

    def lap(phase: str) -> None:
        nonlocal began
        now = perf_counter()
        seconds[phase] = round(seconds.get(phase, 0.0) + now - began, 2)
        began = now

    union = folder / "union"
    people = [{"code": "op", "name": "Op", "roles": ["operator", "approver"]}]
    found_union(union, RULES, pack="", people=people, is_demonstration=True, dsn=dsn, at_us=told_time("2026-01-02T09:00", "UTC"))
    with open_union(union, at_us=told_time("2026-01-05T09:00", "UTC")) as desk:
        for first in range(0, len(members), 1000):
            joining = [{"code": code, "name": code} for code in sorted(members)[first : first + 1000]]
            assert desk.do(wanted("members_joined", members=joining), by="op").act
        lap("members join")
        step(desk, "open", by="op")
        handed = submit(desk, file, submitter="*", by="op")
        assert handed.rows == table.num_rows, handed
        lap("submit")
    for told in ("2026-01-22T13:00", "2026-01-23T18:00", "2026-01-26T18:00"):
        with open_union(union, at_us=told_time(told, "UTC")) as desk:
            lap("open the union")
            left = run(desk, by="op", assume=True, told=lambda due, done: lap(done.kind))
    assert left is None, left
    with open_union(union) as desk:
        lap("open the union")
        cycle = cycle_named(desk, None)
        assert cycle.state.value == "closed"
        facts = facts_of(desk, cycle, max(members))
        page, plain = html(statement(facts)), text(statement(facts))
        lap("one statement")
        facts_of(desk, cycle, min(members))
        lap("another member's facts")
        figures = cycle.last("closed").body["figures"][0]
    return {
        "obligations": table.num_rows,
        "members": len(members),
        "seconds": seconds,
        "submit_to_closed": round(
            sum(seconds.values()) - sum(seconds[name] for name in ("members join", "one statement", "another member's facts")), 2
        ),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "statement_bytes": [len(page), len(plain)],
        "figures": figures,
    }


def generated(profile: str, obligations: int, folder: Path) -> Path:
    """A file of obligations with ids, as a union wants them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    raw = folder / "raw.parquet"
    words = [sys.executable, "-m", "benchmarks.networks", profile, str(obligations), str(raw), "--seed", "1"]
    subprocess.run(words, cwd=ROOT, check=True)
    table = pq.read_table(raw)
    if "id" not in table.column_names:
        table = table.append_column("id", pa.array([f"I{number}" for number in range(table.num_rows)]))
    file = folder / f"{profile}-{obligations}.parquet"
    pq.write_table(table, file)
    return file


def table(measurement: dict[str, Any]) -> Iterator[str]:
    """The page's table of one measurement."""
    machine = measurement["machine"]
    yield f"Measured on {measurement['at'][:10]}: {machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, "
    yield f"commit {machine.get('commit', 'unknown')[:12]}; one process, seconds of the wall.\n"
    yield "| profile | obligations | members | " + " | ".join(PHASES) + " | submitted to closed | peak MiB | one statement |"
    yield "|---|--:|--:|" + "--:|" * (len(PHASES) + 3)
    for profile, run in measurement["runs"].items():
        seconds = run["seconds"]
        told = " | ".join(f"{seconds[phase]:.1f}" for phase in PHASES)
        whole = f"{run['submit_to_closed']:.0f} | {run['peak_mib']:,.0f} | {seconds['one statement']:.2f}"
        yield f"| {profile} | {run['obligations']:,} | {run['members']:,} | {told} | {whole} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--obligations", type=int, default=1_000_000)
    parser.add_argument("--profiles", nargs="+", default=["scale-free", "trade-credit"])
    parser.add_argument("--postgresql", default=None)
    parser.add_argument("--child", type=Path, nargs=2, default=None, help=argparse.SUPPRESS)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS / "cycle.json")
    words = parser.parse_args()
    if words.child:
        print(json.dumps(measured(*words.child, dsn=words.postgresql)))
        return
    found: dict[str, Any] = {"machine": described(), "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"), "runs": {}}
    for profile in words.profiles:
        with tempfile.TemporaryDirectory() as name:
            file = generated(profile, words.obligations, Path(name))
            asked = [sys.executable, "-m", "benchmarks.cycle", "--child", str(file), name]
            asked += ["--postgresql", words.postgresql] if words.postgresql else []
            told = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        found["runs"][profile] = json.loads(told)
        print(profile, json.dumps(found["runs"][profile], indent=1))
    words.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
