"""Render the tables of `docs/PERFORMANCE.md` from the raw JSON in `benchmarks/results/`.

python -m benchmarks.render            write the tables between their marks
python -m benchmarks.render --check    leave with 1 when the page is not what the JSON says
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

__all__ = ["PAGE", "RESULTS", "main", "rendered"]

RESULTS: Final = Path(__file__).parent / "results"
PAGE: Final = Path(__file__).parent.parent / "docs" / "PERFORMANCE.md"
STAGES: Final = ("read", "admit", "solve", "write")

_MARKS: Final = re.compile(r"(<!-- (pipeline|solvers): begin[^\n]*-->\n).*?(<!-- \2: end -->)", re.DOTALL)


def rendered(text: str) -> str:
    """*text* with everything between the marks made from the committed measurements."""
    return _MARKS.sub(lambda marks: f"{marks[1]}\n{_body(marks[2])}\n\n{marks[3]}", text)


def _body(kind: str) -> str:
    measurements = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob(f"{kind}*.json"))]
    table = {"pipeline": _table, "solvers": _solvers}[kind]
    return "\n".join(line for measurement in measurements for line in table(measurement)) or "No measurement is committed."


def _solvers(measurement: dict[str, Any]) -> Iterator[str]:
    machine = measurement["machine"]
    yield (
        f"Measured on {measurement['date']}: {machine['cpu']}, {machine['cores']} cores, {machine['memory_mib'] / 1024:.1f} GiB, "
        f"Python {machine['python']}, Numba {machine['numba']}, OR-Tools {machine['ortools']} (commit {_commit(machine)}). Build and"
    )
    yield "solve, one thread, warm; median seconds. Ratio: the solver's time over ours.\n"
    yield "| profile | obligations | edges | cleared | solver | seconds | ratio | first call | peak MiB |"
    yield "|---|--:|--:|--:|---|--:|--:|--:|--:|"
    for case in measurement["cases"]:
        own = median(case["answers"][0]["seconds"])
        for answer in case["answers"]:
            head = f"| {case['profile']} | {case['obligations']:,} | {case['edges']:,} "
            if "failed" in answer:
                yield f"{head}| - | {answer['solver']} | failed | - | - | - |"
                continue
            seconds = median(answer["seconds"])
            yield (
                f"{head}| {answer['cleared']:,} | {answer['solver']} | {seconds:.3f} | {seconds / own:.2f} | "
                f"{answer['first']:.2f} | {answer['peak_mib']:.0f} |"
            )


def _table(measurement: dict[str, Any]) -> Iterator[str]:
    machine = measurement["machine"]
    said = [
        f"Measured on {measurement['date']}: {machine['cpu']}, {machine['cores']} cores, {machine['memory_mib'] / 1024:.1f} GiB, "
        f"{machine['system']}, Python {machine['python']}, rescounter {machine['rescounter']} (commit {_commit(machine)}),",
        f"OR-Tools {machine['ortools']}, NumPy {machine['numpy']}, PyArrow {machine['pyarrow']}. Seconds; median of "
        f"{len(measurement['floor']['runs'])} runs.\n",
    ]
    yield from said
    yield "| profile | rows | format | cleared | read | admit | solve | write | wall | wall - solve | peak MiB | above floor MiB |"
    yield "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    floor = measurement["floor"]["peak_mib_median"]
    for case in measurement["cases"]:
        yield _row(case, floor)
    yield f"\nFloor (the same command on four rows): {measurement['floor']['wall_median']:.2f} s, {floor:.0f} MiB."


def _commit(machine: dict[str, Any]) -> str:
    changed = machine["changed_files"]
    return machine["commit"] + (f", {changed} files changed since" if changed else "")


def _row(case: dict[str, Any], floor: float) -> str:
    stages = [median(run["seconds"][stage] for run in case["runs"]) for stage in STAGES]
    share = int(case["runs"][0]["cleared_share"] * 10_000) / 100
    cells = [
        case["profile"],
        f"{case['obligations']:,}",
        case["format"],
        f"{share:.2f} %",
        *(f"{seconds:.2f}" for seconds in stages),
        f"{case['wall_median']:.2f}",
        f"{case['beside_solver_median']:.2f}",
        f"{case['peak_mib_median']:.0f}",
        f"{case['peak_mib_median'] - floor:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def main(words: list[str]) -> int:
    """Write the page, or with ``--check`` compare it; the exit code."""
    if words not in ([], ["--check"]):
        print("usage: python -m benchmarks.render [--check]", file=sys.stderr)
        return 2
    text = PAGE.read_text(encoding="utf-8")
    if not words:
        PAGE.write_text(rendered(text), encoding="utf-8")
    elif text != rendered(text):
        print("docs/PERFORMANCE.md is not what the JSON says: run python -m benchmarks.render", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
