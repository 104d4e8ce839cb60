"""Unions of the real command line, in the time that a test tells them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.ledgers import csv_of

CLOCKED = """
import sys
import rescounter.facade.union as union
at_us = int(sys.argv.pop(1))
union.now_us = lambda: at_us
from rescounter.cli import main
main()
"""
"""The command line on a machine whose clock stands still; only this way can a test tell a union that is no demonstration the time."""


def run(desk: Path, *words: object, code: int = 0, at: str | None = None, zone: str = "Europe/Ljubljana", **environment: str) -> str:
    """What a command prints that must leave with *code*: standard output, and of a failure standard error too."""
    program = [sys.executable, "-m", "rescounter"]
    if at is not None:
        moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone))
        program = [sys.executable, "-c", CLOCKED, str(int(moment.timestamp() * 1_000_000))]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RESCOUNTER_")}
    done = subprocess.run(
        [*program, *map(str, words)],
        cwd=desk,
        capture_output=True,
        text=True,
        env={**clean, "NO_COLOR": "1", "COLUMNS": "160", **environment},
        timeout=300,
    )
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + (done.stderr if code else "")


def told(desk: Path, *words: object, code: int = 0, at: str | None = None, **environment: str) -> Any:
    """The JSON that a command prints: the first line of its standard output."""
    return json.loads(run(desk, *words, "--json", code=code, at=at, **environment).splitlines()[0])


def table(desk: Path, name: str, text: str) -> str:
    """A CSV file, written as an accountant writes a table."""
    (desk / name).write_text(csv_of(text))
    return name
