"""What leaves a union as a folder: a statement, the savings report, a result, pay-in lists. Each is complete or not there at all."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from rescounter.cycle.clearance import result_tables, summary_of
from rescounter.cycle.union import Cycle
from rescounter.facade.union import Desk
from rescounter.facade.union_pairs import calls_told
from rescounter.facade.union_statement import figures_so_far, union_note
from rescounter.formats.folder import new_folder
from rescounter.formats.pay_in_lists import CallList, calls_csv, pay_in_files, pay_out_file
from rescounter.formats.writing import FORMATS, write_tables
from rescounter.statements.member_statement import Statement, html
from rescounter.statements.savings import savings
from rescounter.statements.savings_page import savings_html, savings_text
from rescounter.statements.statement_files import as_json, tables
from rescounter.terms import CallerFault, EnvironmentFault
from rescounter.terms.tables import REFUSALS_TABLE

__all__ = ["Lists", "savings_told", "write_cycle", "write_lists", "write_savings", "write_statement"]


@dataclass(frozen=True, slots=True)
class Lists:
    """What stands in a folder of pay-in lists: how many calls and pay-outs, and which stand in no file for banks, and why."""

    pay_ins: int
    pay_outs: int
    left_out: tuple[tuple[str, str, int, str], ...]


def _format(name: str) -> Any:
    if name not in FORMATS:
        raise CallerFault("option_invalid", f"format {name!r} is unknown; allowed: {', '.join(FORMATS)}")
    return name


def write_statement(statement: Statement, target: Path, *, format: str, force: bool) -> None:
    """Page, JSON, tables and journal entries of a member's statement."""
    wanted = _format(format)
    with new_folder(target, force=force) as folder:
        write_tables(tables(statement), folder, format=wanted)
        (folder / "statement.html").write_text(html(statement), encoding="utf-8")
        _write_json(folder / "statement.json", as_json(statement))


def savings_told(desk: Desk) -> tuple[str, list[dict[str, Any]]]:
    """The savings report for a terminal, and its figures."""
    figures = figures_so_far(desk)
    return savings_text(savings(figures), _note(desk)), [_plain(each) for each in figures]


def write_savings(desk: Desk, target: Path, *, format: str, force: bool) -> None:
    """Page, JSON and table of the savings report."""
    wanted, figures = _format(format), figures_so_far(desk)
    rows = [_plain(each) for each in figures]
    with new_folder(target, force=force) as folder:
        if rows:
            write_tables({"cycles": pa.Table.from_pylist(rows)}, folder, format=wanted)
        (folder / "savings.html").write_text(savings_html(savings(figures), _note(desk)), encoding="utf-8")
        _write_json(folder / "savings.json", {"format": "rescounter-savings/1", "cycles": rows})


def _plain(figures: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(figures)


def _note(desk: Desk) -> Any:
    """What the report says about the union: with everything that was ever assumed."""
    from dataclasses import replace

    latest = desk.union.latest
    if latest is None:
        raise CallerFault("cycle_unknown", "no cycle was opened yet")
    notes = [union_note(desk, cycle) for cycle in desk.union.cycles.values()]
    return replace(union_note(desk, latest), assumed=tuple(dict.fromkeys(each for note in notes for each in note.assumed)))


def write_cycle(desk: Desk, cycle: Cycle, target: Path, *, format: str, force: bool, key_file: Path | None) -> dict[str, Any]:
    """The latest result of a cycle as `rescounter clear` writes one. Returns: its summary.

    Args: *key_file*: where the key goes that salts its commitments; who has it can guess amounts in what members are shown.
    Raises: CallerFault ``cycle_not_cleared``.
    """
    from rescounter.statements.report import report_html

    wanted = _format(format)
    if cycle.last("cleared") is None:
        raise CallerFault("cycle_not_cleared", f"cycle {cycle.code} is {cycle.state.value}: there is no result yet")
    found = result_tables(cycle, desk.office) | {"refusals": REFUSALS_TABLE.empty_table()}
    summary = {**summary_of(cycle, desk.office), "input": {"path": None, "liquidity": None}}
    with new_folder(target, force=force) as folder:
        files = write_tables(found, folder, format=wanted)
        page = report_html({**summary, "files": dict.fromkeys(files, "")}, found).encode()
        (folder / "report.html").write_bytes(page)
        files["report.html"] = "sha256:" + hashlib.sha256(page).hexdigest()
        summary["files"] = dict(sorted(files.items()))
        _write_json(folder / "summary.json", summary)
        if key_file is not None:
            _write_key(key_file, desk.office.cycle_key(cycle.code), force=force)
    return summary


def _write_key(path: Path, key: bytes, *, force: bool) -> None:
    """A secret file, readable by its owner alone."""
    if path.exists() and not force:
        raise CallerFault("output_exists", f"{path} exists already")
    try:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
    except OSError as fault:
        raise EnvironmentFault("output_unwritable", f"{path} cannot be written ({fault.strerror})") from fault


def write_lists(desk: Desk, cycle: Cycle, target: Path, *, force: bool) -> Lists:
    """Calls and pay-outs of the latest round: a table for people, pain.001 for banks. Raises: CallerFault ``nobody_called``."""
    called = cycle.last("called")
    if called is None:
        raise CallerFault("nobody_called", f"cycle {cycle.code} has called nobody yet")
    wanted = _call_list(desk, cycle, called.body, called.at_us)
    left_out: list[tuple[str, str, int, str]] = []
    with new_folder(target, force=force) as folder:
        (folder / "calls.csv").write_bytes(calls_csv(wanted))
        out = pay_out_file(wanted)
        left_out += out.left_out
        if out.payments:
            (folder / "pay-outs.xml").write_bytes(out.content)
        for number, (_, file) in enumerate(pay_in_files(wanted), start=1):
            left_out += file.left_out
            if file.payments:
                (folder / "pay-ins").mkdir(exist_ok=True)
                (folder / "pay-ins" / f"{number:06d}.xml").write_bytes(file.content)
    pay_ins = sum(1 for row in wanted.called.to_pylist() if row["pay_in_minor"])
    return Lists(pay_ins, sum(1 for row in wanted.called.to_pylist() if row["pay_out_minor"]), tuple(left_out))


def _call_list(desk: Desk, cycle: Cycle, called: Mapping[str, Any], at_us: int) -> CallList:
    rules = desk.union.rules_of(cycle)
    table = calls_told(desk, cycle)
    return CallList(
        called=table,
        members=_parties(desk, table["member"].to_pylist()),
        union=rules.union.name,
        accounts=rules.settlement.accounts,
        agent=rules.settlement.agent,
        cycle=cycle.code,
        due=datetime.date.fromisoformat(called["due_day"]),
        message_id=f"RC-{cycle.code}-{called['round']}"[:24],
        created=datetime.datetime.fromtimestamp(at_us / 1_000_000, datetime.UTC).replace(microsecond=0),
        exponents=cycle.exponents,
    )


def _parties(desk: Desk, codes: Sequence[str]) -> pa.Table:
    known = [member for code in dict.fromkeys(codes) if (member := desk.union.register.member(code)) is not None]
    columns = {"member": "code", "name": "name", "account": "account", "bic": "bic"}
    return pa.table({name: pa.array([getattr(each, detail) for each in known], pa.string()) for name, detail in columns.items()})


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
