"""How the command line talks: stages while it works, a table when it is done.

Stages go to standard error, and only when somebody is watching; results go to standard output.
Colours respect NO_COLOR and vanish in pipes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rescounter.terms import REFUSALS, format_minor

if TYPE_CHECKING:
    from rich.console import Console

    from rescounter.facade.result import Result

__all__ = ["console", "note_refusals", "percent", "stages", "tell_result", "tell_where"]


def console(*, to_stderr: bool = False) -> Console:
    """A console on standard output, or on standard error."""
    from rich.console import Console

    return Console(stderr=to_stderr, highlight=False, soft_wrap=True)


@contextmanager
def stages(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A spinner with the name of the stage and its seconds, on a terminal; silence elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console(to_stderr=True), transient=True
    ) as bar:
        task = bar.add_task("starting")

        def show(stage: str) -> None:
            bar.update(task, description=stage)
            bar.refresh()

        yield show


def percent(share: float) -> str:
    """A share of ``summary.json`` for people, rounded down to two digits."""
    return f"{int(share * 1_000_000 + 0.5) // 100 / 100:.2f} %"


def tell_result(result: Result) -> None:
    """The summary of a run: one line of figures for each currency, then what was refused or kept out."""
    from rich.table import Table

    out = console()
    netting = result.summary["method"] != "set-off"
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "owed", "cleared", "share", "remains", *(["pay-ins", "cash saved"] if netting else [])):
        table.add_column(heading, justify="right" if heading else "left")
    for code, currency in result.summary["currencies"].items():
        money = {name: _money(currency, name) for name in currency if name.endswith("_minor")}
        figures = [money["gross_minor"], money["cleared_minor"], percent(currency["cleared_share"]), money["residual_minor"]]
        table.add_row(code, *figures, *([money["pay_in_minor"], money["cash_saved_minor"]] if netting else []))
    out.print(table)
    for code, currency in result.summary["currencies"].items():
        if currency["excluded"]:
            kept_out = f"{currency['excluded']:,} obligations ({_money(currency, 'excluded_minor')})"
            out.print(f"{code}: {kept_out} were kept out; see the column excluded.")
    note_refusals(result)
    for note in result.notes:
        out.print(f"Note: {note}", markup=False)


def _money(currency: Mapping[str, Any], name: str) -> str:
    return "-" if currency[name] is None else format_minor(currency[name], currency["exponent"], group=",")


def note_refusals(result: Result) -> None:
    """How many rows were refused, by code, with the first of each."""
    import pyarrow.compute as pc

    refusals = result.refusals
    if refusals.num_rows == 0:
        return
    out = console()
    out.print(f"{refusals.num_rows:,} rows were refused; the rest was cleared:", style="yellow")
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(refusals["code"]).to_pylist()}
    for code in sorted(counts, key=lambda each: REFUSALS[each].precedence):
        first = refusals.slice(pc.index(refusals["code"], code).as_py(), 1).to_pylist()[0]
        out.print(f"  {counts[code]:,} x {code}: {REFUSALS[code].meaning}. First in row {first['row']:,}: {first['found']}.", markup=False)
        out.print(f"      {first['what_to_do']}", markup=False, style="dim")


def tell_where(folder: str) -> None:
    """Where the result lies and what to do with it."""
    out = console()
    out.print(f"Written to {folder}/: open {folder}/report.html, check it with: rescounter verify {folder}", markup=False)
    out.print("This is a calculation; it discharges debts only under the union's set-off agreement or law.", style="dim")
