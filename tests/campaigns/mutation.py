"""Change every line of `verification` a little, and see whether its tests notice.

    python tests/campaigns/mutation.py [--seconds 3000] [--processes 2]

Runs mutmut (`[tool.mutmut]` in pyproject.toml) on src/rescounter/verification against tests/verification,
then reads what survived. Exit 0: every mutant was killed, or stands in survivors.toml with a reason.
Exit 1: a survivor without a reason, a reason without a survivor, or mutants that were not reached in time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
KILLED = frozenset({1, 3})
TIMED_OUT = frozenset({24, -24, 36, 152, 255})


class Mutant(NamedTuple):
    """A change of one line, named so that other changes of the file do not rename it."""

    function: str
    was: str
    becomes: str


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the mutation campaign on rescounter.verification.")
    parser.add_argument("--seconds", type=int, default=3000, help="stop after so long (default 3000)")
    parser.add_argument("--processes", type=int, default=2, help="mutants tried at once (default 2)")
    parser.add_argument("--read-only", action="store_true", help="judge the results that are there")
    options = parser.parse_args()
    if not options.read_only:
        run(seconds=options.seconds, processes=options.processes)
        again = [name for name, code in outcomes().items() if survived(code)]
        if again:  # mutmut keeps its answers while the code stays, but the tests may have learned something
            run(*again, seconds=options.seconds, processes=options.processes)
    return judge(outcomes())


def run(*names: str, seconds: int, processes: int) -> None:
    """Let mutmut try these mutants, or every one that was not tried in this state of the code."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(processes), *names]
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "mutation"}
    try:
        subprocess.run(command, cwd=ROOT, env=environment, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        print(f"stopped after {seconds} seconds")


def outcomes() -> dict[str, int | None]:
    """Exit code of the tests for each mutant, None where it was not tried."""
    codes: dict[str, int | None] = {}
    for file in sorted((ROOT / "mutants/src/rescounter/verification").glob("*.meta")):
        codes |= json.loads(file.read_text("utf-8"))["exit_code_by_key"]
    return codes


def survived(code: int | None) -> bool:
    return code is not None and code not in KILLED | TIMED_OUT


def judge(codes: dict[str, int | None]) -> int:
    survivors = {mutant_of(name) for name, code in codes.items() if survived(code)}
    untried = sum(code is None for code in codes.values())
    listed = [(Mutant(entry["function"], entry["was"], entry["becomes"]), entry["reason"]) for entry in reasons()]
    explained = {mutant for mutant, reason in listed if reason.strip()}
    counts = Counter(
        "killed" if code in KILLED else "timed out" if code in TIMED_OUT else "not tried" if code is None else "survived"
        for code in codes.values()
    )
    print(f"{len(codes)} mutants: " + ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())))
    for mutant in sorted(survivors - explained):
        print(f"SURVIVED without a reason: {mutant.function}\n  - {mutant.was}\n  + {mutant.becomes}")
    for mutant in sorted(explained - survivors) if not untried else ():
        print(f"A REASON without a survivor: {mutant.function}\n  - {mutant.was}\n  + {mutant.becomes}")
    stale = explained != survivors & explained
    return 1 if not codes or untried or survivors - explained or stale else 0


def reasons() -> list[dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "survivors.toml").read_text("utf-8"))["survivor"]


def mutant_of(name: str) -> Mutant:
    """What mutmut changed: the lines that only one side of its diff has."""
    shown = subprocess.run([sys.executable, "-m", "mutmut", "show", name], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = [line for line in shown.splitlines() if not line.startswith(("---", "+++"))]
    was, becomes = ("\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    function = re.sub(r"__mutmut_\d+$", "", name)
    function = re.sub(r"\.xǁ(\w+)ǁ", r".\1.", function) if "ǁ" in function else function.replace(".x_", ".", 1)
    return Mutant(function, was, becomes)


if __name__ == "__main__":
    sys.exit(main())
