"""The month of an operator, as the document tells it: its commands run as printed."""

from __future__ import annotations

from tests.house.house import ROOT
from tools.readme import blocks_of, run_block


def test_the_commands_of_running_a_union_run_as_printed(tmp_path):
    text = (ROOT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
    blocks = blocks_of(text.partition("## Running a union\n")[2].partition("\n## ")[0])
    assert len(blocks) == 7
    printed = ""
    for block in blocks:
        done = run_block(block, tmp_path)
        assert done.returncode == 0, f"{block.code}\n{done.stdout}{done.stderr}"
        printed += done.stdout
    for sentence in ("100.00 EUR", "B-2 belongs to ANA", "is funded", "is closed", "is the same", "Proven", "Sound"):
        assert sentence in printed
    assert (tmp_path / "ana-january" / "journal.csv").is_file()
