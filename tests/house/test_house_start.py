"""Starting is light: asking for help, or importing the library, opens no heavy room."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("numpy", "pyarrow", "ortools", "pandas", "polars", "jinja2", "python_calamine", "xlsxwriter", "iso4217", "rescounter.clearing")

PROBE = """
import json, sys
sys.argv = ["rescounter", *json.loads(sys.argv[1])]
from rescounter.cli import main
try:
    main()
except SystemExit as leave:
    code = leave.code or 0
else:
    code = 0
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words",
    [["--help"], ["--version"], [], ["clear", "--help"], ["verify", "--help"], ["init", "--help"], ["cycle", "run", "--help"]],
    ids=" ".join,
)
def test_asking_for_help_loads_nothing_heavy(words):
    done = subprocess.run([sys.executable, "-c", PROBE, json.dumps(words)], capture_output=True, text=True)
    code, loaded = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    assert sorted(set(HEAVY) & set(loaded)) == []
    assert done.stdout.strip()


def test_importing_the_library_loads_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-c", "import rescounter, sys, json; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(set(HEAVY) & set(json.loads(done.stdout))) == []
