"""Run the README's commands in an empty folder, and write what they print into the blocks below them.

    python -m tools.readme

A block of plain text shows what the block of commands above it prints. `tests/house/` runs the same
commands and compares. ``make run`` is run as the demo that it calls; ``make test`` is left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["README", "Block", "blocks_of", "main", "plain", "run_block"]

README = Path(__file__).resolve().parent.parent / "README.md"

_FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INSTEAD = {"make run": "python -m rescounter demo --force", "make test": "true"}


@dataclass(frozen=True)
class Block:
    """Commands (*language* sh) or a program (python), and the output shown below, None where none is."""

    language: str
    code: str
    shown: str | None


def blocks_of(text: str) -> list[Block]:
    """The blocks that can be run, in order."""
    blocks: list[Block] = []
    for language, code in _FENCED.findall(text):
        if language in ("sh", "python"):
            blocks.append(Block(language, code, None))
        elif language == "text":
            blocks[-1] = Block(blocks[-1].language, blocks[-1].code, code)
    return blocks


def run_block(block: Block, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run *block* in *folder* with this environment's programs first on the path."""
    bin_first = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    surroundings = {**os.environ, "PATH": bin_first, "NO_COLOR": "1", "COLUMNS": "120"}
    code = block.code
    for written, run in _INSTEAD.items():
        code = code.replace(written, run)
    words = ["bash", "-euo", "pipefail", "-c", code] if block.language == "sh" else [sys.executable, "-c", code]
    return subprocess.run(words, cwd=folder, env=surroundings, capture_output=True, text=True)


def plain(output: str) -> str:
    """Output as the README shows it: no space at the end of lines, no empty lines around."""
    return "".join(f"{line.rstrip()}\n" for line in output.strip("\n").splitlines())


def main() -> int:
    """Write the README anew; 1 when a command fails."""
    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for block in blocks_of(text):
            done = run_block(block, Path(folder))
            if done.returncode:
                sys.stderr.write(f"{block.code}{done.stdout}{done.stderr}")
                return 1
            if block.shown is not None:
                text = text.replace(f"```text\n{block.shown}```", f"```text\n{plain(done.stdout)}```", 1)
    README.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
