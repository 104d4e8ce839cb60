"""Render the tables of `docs/PERFORMANCE.md` and its picture from the raw JSON in `benchmarks/results/`.

python -m benchmarks.render            write the tables between their marks, and docs/pictures/growth.svg
python -m benchmarks.render --check    leave with 1 when page or picture is not what the JSON says
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.cycle import table as cycle_table
from benchmarks.group_commit import table as group_commit_table
from benchmarks.growth import EDGES_MIN, exponent, picture
from benchmarks.ledger import table as ledger_table
from benchmarks.peers import OURS, ratio_to_best

__all__ = ["PAGE", "PICTURE", "RESULTS", "drawn", "main", "rendered"]

RESULTS: Final = Path(__file__).parent / "results"
PAGE: Final = Path(__file__).parent.parent / "docs" / "PERFORMANCE.md"
PICTURE: Final = PAGE.parent / "pictures" / "growth.svg"
SOLVERS: Final = (("Numba", "numba"), ("OR-Tools", "ortools"), ("pylmcf", "pylmcf"), ("NetworkX", "networkx"))
STAGES: Final = ("read", "admit", "solve", "write")

_MARKS: Final = re.compile(
    r"(<!-- (pipeline|solvers|growth|shapes|resumed|ledger|group_commit|cycle): begin[^\n]*-->\n).*?(<!-- \2: end -->)", re.DOTALL
)


def rendered(text: str) -> str:
    """*text* with everything between the marks made from the committed measurements."""
    return _MARKS.sub(lambda marks: f"{marks[1]}\n{_body(marks[2])}\n\n{marks[3]}", text)


def drawn() -> str:
    """The picture of growth."""
    return picture([case for measurement in _measured("solvers") + _measured("huge") for case in measurement["cases"]])


def _body(kind: str) -> str:
    if kind == "growth":
        lines = [*_growth(_measured("solvers") + _measured("huge"))]
    else:
        table = {
            "pipeline": _table,
            "solvers": _solvers,
            "shapes": _shapes,
            "resumed": _resumed,
            "ledger": ledger_table,
            "group_commit": group_commit_table,
            "cycle": cycle_table,
        }[kind]
        lines = [line for measurement in _measured(kind) for line in table(measurement)]
    return "\n".join(lines) or "No measurement is committed."


def _measured(kind: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob(f"{kind}*.json"))]


def _solvers(measurement: dict[str, Any]) -> Iterator[str]:
    yield from _machine(measurement)
    yield "| profile | obligations | edges | cleared | solver | seconds | ratio | first run | MiB | bytes an edge |"
    yield "|---|--:|--:|--:|---|--:|--:|--:|--:|--:|"
    for case in measurement["cases"]:
        own = median(case["answers"][0]["seconds"])
        for answer in case["answers"]:
            head = f"| {case['profile']} | {case['obligations']:,} | {case['edges']:,} "
            if "failed" in answer:
                yield f"{head}| - | {answer['solver']} | {answer['failed']} | - | - | - | - |"
                continue
            seconds, used = median(answer["seconds"]), answer["peak_mib"] - answer["before_mib"]
            yield (
                f"{head}| {answer['cleared']:,} | {answer['solver']} | {seconds:.4f} | {seconds / own:.2f} | "
                f"{answer['first']:.3f} | {used:.0f} | {used * 2**20 / case['edges']:.0f} |"
            )


def _machine(measurement: dict[str, Any]) -> Iterator[str]:
    machine = measurement["machine"]
    libraries = ", ".join(f"{said} {machine[name]}" for said, name in SOLVERS if name in machine)
    yield f"Measured on {measurement['date']}: {machine['cpu']}, {machine['cores']} cores, {machine['memory_mib'] / 1024:.1f} GiB,"
    yield f"Python {machine['python']}, {libraries} (commit {_commit(machine)}). Build and solve, one thread, warm;"
    yield f"median seconds of the {measurement['clock']}.\n" if "clock" in measurement else "median seconds.\n"


def _growth(measurements: list[dict[str, Any]]) -> Iterator[str]:
    cases = [case for measurement in measurements for case in measurement["cases"] if case["edges"] >= EDGES_MIN]
    cases.sort(key=lambda case: (case["profile"], case["edges"]))
    yield "| profile | obligations | edges | seconds | arc scans | scans an edge | bytes an edge | commit |"
    yield "|---|--:|--:|--:|--:|--:|--:|---|"
    commits = {id(case): _commit(measurement["machine"]) for measurement in measurements for case in measurement["cases"]}
    points: dict[str, list[tuple[float, float]]] = {}
    for case in cases:
        answer = next(answer for answer in case["answers"] if answer["solver"] == OURS)
        if "looks" not in answer:
            continue
        points.setdefault(case["profile"], []).append((case["edges"], answer["looks"]))
        used = (answer["peak_mib"] - answer["before_mib"]) * 2**20 / case["edges"]
        yield (
            f"| {case['profile']} | {case['obligations']:,} | {case['edges']:,} | {median(answer['seconds']):.3f} | {answer['looks']:,} | "
            f"{answer['looks'] / case['edges']:.1f} | {used:.0f} | {commits[id(case)]} |"
        )
    for profile, line in points.items():
        slope = exponent(line)
        if slope is not None:
            yield f"\nArc scans on {profile} grow with the number of edges to the power of {slope:.3f} (least squares in logarithms)."


def _shapes(measurement: dict[str, Any]) -> Iterator[str]:
    yield from _machine(measurement)
    names = [answer["solver"] for answer in max(measurement["cases"], key=lambda case: len(case["answers"]))["answers"]]
    yield f"| shape | edges | {' | '.join(names)} | ours / best peer |"
    yield f"|---|--:|{'--:|' * len(names)}--:|"
    ratios = {id(case): ratio_to_best(case["answers"]) for case in measurement["cases"]}
    worst_first = sorted(measurement["cases"], key=lambda case: -(ratios[id(case)] or (0.0, ""))[0])
    for case in worst_first:
        answers = {answer["solver"]: answer for answer in case["answers"]}
        cells = [_seconds(answers.get(name)) for name in names]
        ratio = ratios[id(case)]
        yield f"| {case['shape']} | {case['edges']:,} | {' | '.join(cells)} | {f'{ratio[0]:.2f}' if ratio else '-'} |"


def _resumed(measurement: dict[str, Any]) -> Iterator[str]:
    yield from _machine(measurement)
    yield "| profile | edges | changes | from nothing | resumed | times faster | `clear` | `what_if` | times faster |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for case in measurement["cases"]:
        cold, warm, what_if = (median(case[name]) for name in ("from_nothing", "resumed", "what_if"))
        yield (
            f"| {case['profile']} | {case['edges']:,} | {2 * case['changes']} | {cold:.3f} | {warm:.3f} | {cold / warm:.1f} | "
            f"{case['clear']:.2f} | {what_if:.3f} | {case['clear'] / what_if:.1f} |"
        )


def _seconds(answer: dict[str, Any] | None) -> str:
    if answer is None:
        return "-"
    if "failed" in answer:
        return answer["failed"].replace("no answer within", "over")
    return f"{median(answer['seconds']):.4f}"


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
        PICTURE.write_text(drawn(), encoding="utf-8")
    elif text != rendered(text) or PICTURE.read_text(encoding="utf-8") != drawn():
        print("docs/PERFORMANCE.md or its picture is not what the JSON says: run python -m benchmarks.render", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
