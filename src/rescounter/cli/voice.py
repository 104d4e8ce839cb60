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

__all__ = ["console", "counted", "note_refusals", "percent", "stages", "tell_result", "tell_where"]


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
    out = console()
    if not result.summary["currencies"]:
        out.print("No row was admitted, so nothing was cleared.", style="yellow")
    for line in _table(result):
        out.print(line, markup=False)
    for code, currency in result.summary["currencies"].items():
        if currency["liquidity"]:
            out.print(f"{code}: {_told_cash(currency)}", markup=False)
        if currency["excluded"]:
            kept_out = f"{counted(currency['excluded'], 'obligation')} ({_money(currency, 'excluded_minor')})"
            out.print(f"{code}: kept out of the run: {kept_out}; see the column excluded.")
    note_refusals(result)
    for note in result.notes:
        out.print(f"Note: {note}", markup=False)


def _told_cash(currency: Mapping[str, Any]) -> str:
    cash = {**currency["liquidity"], "exponent": currency["exponent"]}
    return (
        f"cash drawn: {_money(cash, 'injected_minor')} of {_money(cash, 'available_minor')} of members' own, "
        f"{_money(cash, 'loans_minor')} of {_money(cash, 'fund_minor')} lent by the fund; "
        f"without any, {_money(cash, 'cleared_without_minor')} would clear."
    )


def _table(result: Result) -> list[str]:
    """Figures in columns, never cut: a pipe or a narrow window shows every digit."""
    netting = result.summary["method"] != "set-off"
    rows = [["", "owed", "cleared", "share", "remains", *(["pay-ins", "cash saved"] if netting else [])]]
    for code, currency in result.summary["currencies"].items():
        names = ["gross_minor", "cleared_minor", "residual_minor", *(["pay_in_minor", "cash_saved_minor"] if netting else [])]
        figures = [_money(currency, name) for name in names]
        rows.append([code, *figures[:2], percent(currency["cleared_share"]), *figures[2:]])
    if len(rows) == 1:
        return []
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]) for row in rows
    ]


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _money(currency: Mapping[str, Any], name: str) -> str:
    return "-" if currency[name] is None else format_minor(currency[name], currency["exponent"], group=",")


def note_refusals(result: Result) -> None:
    """How many rows were refused, by code, with the first of each."""
    import pyarrow.compute as pc

    refusals = result.refusals
    if refusals.num_rows == 0:
        return
    out = console()
    was = "was" if refusals.num_rows == 1 else "were"
    rest = "; the rest was taken" if len(result.obligations) else ""
    out.print(f"{counted(refusals.num_rows, 'row')} {was} refused{rest}:", style="yellow")
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(refusals["code"]).to_pylist()}
    for code in sorted(counts, key=lambda each: REFUSALS[each].precedence):
        first = refusals.slice(pc.index(refusals["code"], code).as_py(), 1).to_pylist()[0]
        out.print(
            f"  {counts[code]:,} x {code}: {REFUSALS[code].meaning}. First in data row {first['row']:,}: {first['found']}.", markup=False
        )
        out.print(f"      {first['what_to_do']}", markup=False, style="dim")


def tell_where(folder: str) -> None:
    """Where the result lies and what to do with it."""
    out = console()
    out.print(f"Written to {folder}/: open {folder}/report.html, check it with: rescounter verify {folder}", markup=False)
    out.print("This is a calculation; it discharges debts only under the union's set-off agreement or law.", style="dim")
