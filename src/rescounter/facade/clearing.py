"""One run from a table to a result: read, admit, solve, clear, seal."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO

from rescounter._version import __version__
from rescounter.facade.options import Options
from rescounter.facade.result import Result
from rescounter.intake import Admission, Admitted, Conditions, Lines, Submitted, admit, admit_lines
from rescounter.terms import CallerFault

__all__ = ["Progress", "admit_input", "admit_liquidity", "clear", "options_of", "run"]

Progress = Callable[[str], None]
"""Called with the name of each stage as it begins."""


@dataclass(slots=True)
class _Clock:
    """Seconds spent in each stage; told nobody but the summary."""

    progress: Progress
    seconds: dict[str, float]
    stage: str = ""
    since: float = 0.0

    def begin(self, stage: str, told: str) -> None:
        now = perf_counter()
        if self.stage:
            self.seconds[self.stage] = round(self.seconds.get(self.stage, 0.0) + now - self.since, 3)
        self.stage, self.since = stage, now
        if told:
            self.progress(told)


def clear(
    table: object,
    *,
    method: str = "set-off",
    allocation: str = "oldest",
    minimum: Decimal | str | int | float | None = None,
    due_by: datetime.date | str | None = None,
    columns: Mapping[str, str] | None = None,
    decimal: str | None = None,
    exponents: Mapping[str, int] | None = None,
    liquidity: object = None,
    cycle_key: bytes | None = None,
) -> Result:
    """Clear the obligations of a table, exactly, with a proof.

    Args:
        table: anything with the Arrow PyCapsule interface (Polars, pandas, PyArrow, DuckDB), or the
            path of a CSV, Parquet, Arrow, JSON Lines or XLSX file. Columns ``debtor``, ``creditor`` and
            ``amount`` (major units) or ``amount_minor`` (integer); optional ``currency``, ``id``, ``due``,
            ``class``, ``weight`` (1 to 100: how much a unit counts), ``divisible``, ``reference``.
        method: ``set-off``, ``net`` or ``set-off-then-net``.
        allocation: which obligations of a pair clear first: ``oldest`` or ``pro-rata``.
        minimum, due_by: keep smaller or later obligations out of the run.
        columns: names that differ, such as ``{"debtor": "payer"}``.
        liquidity: cash that set-off may draw, a table or a path like *table*, with the columns ``member``
            (``*`` is the union's fund), ``amount`` or ``amount_minor``, and ``currency`` where there are several.
        cycle_key: 32 secret bytes that salt the commitments; derived from the rows when None.

    Returns: a frozen `Result`; bad rows stand in its ``refusals``, they never stop the run.
    Raises: CallerFault when there is no usable table, an option is not allowed, or a line of *liquidity* is wrong.
    """
    options = options_of(
        method=method, allocation=allocation, minimum=minimum, due_by=due_by, columns=columns, decimal=decimal, exponents=exponents
    )
    return run(table, options, liquidity=liquidity, cycle_key=cycle_key)


def options_of(
    *,
    method: str = "set-off",
    allocation: str = "oldest",
    minimum: Decimal | str | int | float | None = None,
    due_by: datetime.date | str | None = None,
    columns: Mapping[str, str] | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    exponents: Mapping[str, int] | None = None,
) -> Options:
    """Options from words: amounts and dates may be text."""
    return Options(
        method=method,
        allocation=allocation,
        columns=_mapping_of(columns, "columns"),
        decimal=decimal,
        encoding=encoding,
        sheet=sheet,
        exponents=_mapping_of(exponents, "exponents"),
        minimum=_decimal_of(minimum),
        due_by=_date_of(due_by),
    )


def run(
    source: object, options: Options, *, liquidity: object = None, cycle_key: bytes | None = None, progress: Progress | None = None
) -> Result:
    """`clear` with options that are ready made; *progress* hears of each stage."""
    from rescounter.clearing.clear import clear as share_out
    from rescounter.clearing.clear import solve
    from rescounter.clearing.commitment import seal
    from rescounter.clearing.tables import currency_summaries, liquidity_table, members_table, obligations_table, potentials_table
    from rescounter.facade.hashing import hash_on_two_processors

    if cycle_key is not None and not (isinstance(cycle_key, bytes) and len(cycle_key) == 32):
        raise CallerFault("key_unreadable", "the cycle key is not 32 bytes")
    if liquidity is not None and options.method == "net":
        raise CallerFault(
            "option_invalid", "liquidity is drawn by set-off, and method net sets nothing off; use set-off or set-off-then-net"
        )
    began = perf_counter()
    clock = _Clock(progress or (lambda stage: None), dict.fromkeys(("read", "admit", "solve", "write", "total"), 0.0))
    clock.begin("read", "reading")
    submitted = _submitted(source, options)
    clock.begin("admit", f"admitting {len(submitted):,} rows")
    admission = admit(submitted, _conditions(options))
    lines, notes = (None, ()) if liquidity is None else admit_liquidity(liquidity, admission.admitted, options)
    clock.begin("solve", f"solving {len(admission.admitted):,} obligations{_first_time(len(admission.admitted))}")
    solved = solve(admission.admitted, method=options.method, lines=lines)
    clock.begin("share", "sharing out and sealing")
    cleared = share_out(admission.admitted, solved, method=options.method, allocation=options.allocation)
    obligations, potentials, drawn = obligations_table(cleared), potentials_table(cleared), liquidity_table(cleared)
    sealed = seal(
        obligations,
        potentials,
        admission.refusals,
        method=options.method,
        allocation=options.allocation,
        cycle_key=cycle_key,
        liquidity=drawn,
        roots_of=hash_on_two_processors,
    )
    members, currencies = members_table(cleared), currency_summaries(cleared)
    clock.begin("", "")
    seconds = {name: clock.seconds[name] for name in ("read", "admit", "solve", "write", "total")}
    summary = {
        "version": __version__,
        "method": options.method,
        "allocation": options.allocation,
        "input_digest": sealed.input_digest,
        "potentials_root": sealed.potentials_root,
        "obligations_root": sealed.obligations_root,
        "liquidity_root": sealed.liquidity_root,
        "result_root": sealed.result_root,
        "currencies": currencies,
        "refused": admission.refusals.num_rows,
        "input": {"path": _path_of(source), "liquidity": _path_of(liquidity), "options": options.as_json()},
        "files": {},
        "seconds": seconds | {"total": round(perf_counter() - began, 3)},
    }
    tables = {"obligations": obligations, "members": members, "potentials": potentials, "refusals": admission.refusals}
    if drawn is not None:
        tables["liquidity"] = drawn
    return Result(cleared=cleared, tables=tables, summary=summary, notes=admission.notes + notes, cycle_key=cycle_key)


def _first_time(obligations: int) -> str:
    """What a person should know before a wait that comes once on a machine."""
    from rescounter.clearing.engines import LARGE_EDGES

    if obligations < LARGE_EDGES:
        return ""
    from rescounter.clearing._kernel_set_off import discharge

    kept = Path(discharge.stats.cache_path or ".")
    return "" if any(kept.glob("_kernel_set_off.discharge*.nbi")) else "; compiling the solver, once on this machine"


def admit_input(source: object, options: Options) -> Admission:
    """Read and admit again what a result was made from, on the same conditions."""
    return admit(_submitted(source, options), _conditions(options))


def admit_liquidity(source: object, admitted: Admitted, options: Options) -> tuple[Lines, tuple[str, ...]]:
    """The lines of a file or table of liquidity, and what the reader noted.

    Raises: CallerFault ``liquidity_refused`` with every fault; ``input_not_found`` and its like when there is no file.
    """
    from rescounter.formats.reading import read_lines

    try:
        submitted = read_lines(source, encoding=options.encoding)
    except CallerFault as fault:
        if fault.code in ("input_not_found", "input_unreadable"):
            raise
        raise CallerFault("liquidity_refused", f"the file of liquidity cannot be read: {fault.message}", **fault.facts) from fault
    lines = admit_lines(submitted, admitted, decimal=options.decimal)
    return lines, tuple(f"liquidity: {note}" for note in submitted.notes)


def _submitted(source: object, options: Options) -> Submitted:
    from rescounter.formats.reading import read, read_arrow

    if isinstance(source, str | os.PathLike) or hasattr(source, "read"):
        stream: str | os.PathLike[str] | BinaryIO = source  # type: ignore[assignment]
        return read(stream, columns=options.columns, encoding=options.encoding, sheet=options.sheet)
    return read_arrow(source, columns=options.columns)


def _conditions(options: Options) -> Conditions:
    return Conditions(exponents=options.known_exponents, decimal=options.decimal, minimum=options.minimum, due_by=options.due_by)


def _path_of(source: object) -> str | None:
    return str(Path(source).resolve()) if isinstance(source, str | os.PathLike) else None


def _mapping_of(value: Mapping[str, Any] | None, option: str) -> dict[str, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise CallerFault("option_invalid", f"{option} {value!r} is no mapping of names")
    return dict(value or {})


def _decimal_of(value: Decimal | str | int | float | None) -> Decimal | None:
    if value is None:
        return None
    try:
        return Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, TypeError, ValueError) as fault:
        raise CallerFault("option_invalid", f"minimum {value!r} is no decimal number") from fault


def _date_of(value: datetime.date | str | None) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        return value.date()
    if value is None or isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError) as fault:
        raise CallerFault("option_invalid", f"due-by {value!r} is no date such as 2026-03-31") from fault
