"""``rescounter demo``: the world's trade of 1985 from file to proof, and a fault that is caught."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rescounter.cli.demo_ledger import post_and_audit
from rescounter.cli.demo_union import run_two_cycles
from rescounter.cli.voice import console, percent, stages
from rescounter.terms import format_minor, holds

if TYPE_CHECKING:
    from rich.console import Console

    from rescounter.facade.result import Result

__all__ = ["demonstrate", "plant_fault"]

_BAR_WIDTH = 40


def demonstrate(target: Path, *, force: bool) -> None:
    """Clear the sample, write it to *target*, compare methods, verify, plant a fault and catch it."""
    from rescounter.facade.clearing import run
    from rescounter.facade.folder import verify_folder
    from rescounter.facade.options import Options
    from rescounter.formats.folder import check_target

    out = console()
    check_target(target, force=force)
    with as_file(files("rescounter.data") / "trade_1985.csv") as sample:
        out.print("The world's trade of 1985: 192 economies, each owes others for what it bought.", style="bold")
        with stages(quiet=False) as progress:
            result = run(sample, Options(), progress=progress)
            progress("writing")
            result.write(target, force=force)
        _compare(out, result)
        verdict = verify_folder(target, input=sample)
    holds(verdict.sound, "the_demo_is_sound", findings=len(verdict.findings))
    out.print("\nIs it right, and is it the most that can clear? Checked by a program that shares nothing with the solver:")
    for sentence in verdict.proven:
        out.print(f"  proven: {sentence}", style="green", markup=False)
    _catch_a_fault(out, target)
    post_and_audit(out, target, target / "ledger")
    with as_file(files("rescounter.data") / "trade_1985.csv") as sample:
        run_two_cycles(out, sample, target)
    out.print("\nWhat to do next", style="bold")
    for command, meaning in _next(target):
        out.print(f"  {command:<57} {meaning}", markup=False)


def _compare(out: Console, result: Result) -> None:
    currency = result.summary["currencies"]["XXX"]
    gross = currency["gross_minor"]
    out.print(f"Owed in all: {format_minor(gross, 0, group=',')} in {currency['obligations']:,} debts.\n")
    out.print("How much of it clears without any money:")
    ways = (
        ("pairs (a spreadsheet)", "pairs_only_minor"),
        ("greedy circuits (a script)", "greedy_minor"),
        ("the optimum (Rescounter)", "cleared_minor"),
    )
    for name, column in ways:
        share = currency[column] * 1_000_000 // gross / 1_000_000
        bar = "█" * int(share * _BAR_WIDTH)
        out.print(f"  {name:<28}{percent(share):>8}  {bar:<{_BAR_WIDTH}} {format_minor(currency[column], 0, group=','):>20}")
    more = currency["cleared_minor"] - currency["greedy_minor"]
    out.print(f"  The script leaves {format_minor(more, 0, group=',')} uncleared that need no money at all.")


def _catch_a_fault(out: Console, target: Path) -> None:
    from rescounter.facade.folder import verify_folder

    with tempfile.TemporaryDirectory() as workplace:
        copy = Path(workplace) / "copy"
        shutil.copytree(target, copy)
        where = plant_fault(copy)
        verdict = verify_folder(copy)
    holds(not verdict.sound, "a_planted_fault_is_caught")
    out.print(f"\nNow a fault of one unit, planted in a copy: {where}. Verification says:")
    for finding in verdict.findings[:4]:
        out.print(f"  {finding}", style="red", markup=False)
    if len(verdict.findings) > 4:
        out.print(f"  ... and {len(verdict.findings) - 4} findings more.", style="red")


def plant_fault(folder: Path) -> str:
    """Clear one unit more of one obligation than the optimum says, in the folder's own files."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from rescounter.formats.writing import read_tables, write_tables

    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    table = read_tables(folder, ["obligations"])["obligations"]
    place = pc.index(pc.and_(pc.greater(table["residual_minor"], 0), pc.greater(table["cleared_minor"], 0)), True).as_py()
    row = table.slice(place, 1).to_pylist()[0]
    for name, step in (("cleared_minor", 1), ("residual_minor", -1)):
        values = table[name].to_numpy().copy()
        values[place] += step
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    summary["files"].update(write_tables({"obligations": table}, folder, format="parquet"))
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    honest, planted = (format_minor(row["cleared_minor"] + step, 0, group=",") for step in (0, 1))
    return f"{row['debtor']} owes {row['creditor']}, cleared {planted} instead of {honest}"


def _next(target: Path) -> tuple[tuple[str, str], ...]:
    name = _own_name()
    return (
        (f"open {target}/report.html", "the page to read, with pictures"),
        (f"{name} explain {target} --member JPN", "why Japan cleared what it cleared"),
        (f"{name} extract {target} --member FRA", "what France may see, with its proof"),
        (f"open {target}/statements/JPN/statement.html", "what Japan gets of a cycle of the union"),
        (f"{name} status -u {target}/union", "the union at a glance"),
        (f"{name} clear obligations.csv", "your own file: debtor, creditor, amount"),
    )


def _own_name() -> str:
    """How this command is called from here: by its name, or by the path beside this Python."""
    beside = Path(sys.executable).with_name("rescounter")
    if shutil.which("rescounter") is not None or not beside.exists():
        return "rescounter"
    return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)
