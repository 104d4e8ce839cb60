"""A result as a folder: written in one piece, read back, checked, and cut down to one member's part."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from rescounter.facade.options import Options
from rescounter.facade.result import CIRCUITS_OBLIGATIONS_MAX, Result, prices_shown, shown_in_report, thawed
from rescounter.terms import CallerFault

if TYPE_CHECKING:
    from rescounter.intake import Admission, Admitted
    from rescounter.verification import Finding, Verdict

__all__ = ["Stored", "extract_member", "read_result", "verify_folder", "write_result"]

_TABLES = ("obligations", "members", "potentials", "refusals")


@dataclass(frozen=True, slots=True)
class Stored:
    """A result read back from its folder."""

    folder: Path
    summary: Mapping[str, Any]
    tables: Mapping[str, pa.Table]


def write_result(result: Result, target: Path, *, format: str, circuits: bool | None, force: bool) -> Path:
    """Write *result* beside its place and rename it at the end; see `Result.write`."""
    from rescounter.formats.folder import new_folder
    from rescounter.formats.writing import FORMATS, write_tables
    from rescounter.statements.report import report_html

    if format not in FORMATS:
        raise CallerFault("option_invalid", f"format {format!r} is unknown; allowed: {', '.join(FORMATS)}")
    began = perf_counter()
    tables = dict(result.tables)
    if circuits or (circuits is None and len(result.obligations) <= CIRCUITS_OBLIGATIONS_MAX):
        tables["circuits"] = result.circuits
    with new_folder(target, force=force) as folder:
        with ThreadPoolExecutor(1) as beside:  # Arrow writes without holding the interpreter
            written = beside.submit(write_tables, tables, folder, format=format)
            names = {f"{name}.{format}": "" for name in tables}
            page = report_html(shown_in_report(result.summary, names), tables, prices_shown(result)).encode()
            files = written.result()
        (folder / "report.html").write_bytes(page)
        files["report.html"] = "sha256:" + hashlib.sha256(page).hexdigest()
        summary = thawed(result.with_seconds(write=perf_counter() - began))
        paths = {name: _seen_from(target, summary["input"][name]) for name in ("path", "liquidity")}
        summary["input"] = {**summary["input"], **paths}
        summary["files"] = dict(sorted(files.items()))
        (folder / "summary.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return target


def _seen_from(folder: Path, path: str | None) -> str | None:
    """The input's path relative to the result folder, so that both can move together."""
    if path is None:
        return None
    try:
        return Path(os.path.relpath(path, folder.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return path


def read_result(folder: Path) -> Stored:
    """Read a result folder.

    Raises: CallerFault ``result_not_found`` or ``result_damaged``.
    """
    from rescounter.formats.writing import read_tables

    summary = _read_summary(folder)
    written = {Path(name).stem for name in summary["files"]}
    names = [*_TABLES, *(name for name in ("liquidity", "circuits") if name in written)]
    return Stored(folder=folder, summary=summary, tables=read_tables(folder, names))


def _read_summary(folder: Path) -> dict[str, Any]:
    path = folder / "summary.json"
    if not path.is_file():
        raise CallerFault("result_not_found", f"{folder} holds no summary.json")
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise CallerFault("result_damaged", f"{path} cannot be read ({fault})") from fault
    if not isinstance(summary, dict) or not isinstance(summary.get("currencies"), dict) or not isinstance(summary.get("files"), dict):
        raise CallerFault("result_damaged", f"{path} is no summary of a result")
    return summary


def verify_folder(folder: Path, *, input: object | None = None, liquidity: object | None = None, cycle_key: bytes | None = None) -> Verdict:
    """Check a result folder from outside; read its input, and its liquidity, again when they can be found.

    Returns: a `Verdict` whose *proven* and *not_proven* say whether the input was read.
    """
    from rescounter.facade.clearing import admit_input
    from rescounter.verification import INPUT_NOT_READ, LIQUIDITY_NOT_READ, Verdict, verify_digests, verify_result

    summary = _read_summary(folder)
    changed = verify_digests(_digests(folder, summary), summary)
    try:
        stored = read_result(folder)
    except CallerFault:
        if not changed:
            raise
        return Verdict(changed, (), ("anything else: the tables cannot be read",))
    verdict = verify_result(stored.tables, stored.summary, cycle_key=cycle_key)
    verdict = replace(verdict, findings=(*changed, *verdict.findings))
    source = input if input is not None else _beside(stored, "path")
    cash = liquidity if liquidity is not None else _beside(stored, "liquidity")
    if source is None:
        if liquidity is not None:
            raise CallerFault("option_invalid", "lines of cash are read for a run's obligations: name the input of this result as well")
        return verdict
    handed_in = _HandedIn(
        "input", source, input is not None, INPUT_NOT_READ, f"the input {source} holds exactly these obligations and refusals"
    )
    again = cache(lambda: admit_input(source, Options.from_summary(stored.summary)))
    verdict = _compared(verdict, handed_in, lambda: _compare_input(stored, again()))
    if cash is None or "liquidity" not in stored.tables:
        return verdict
    handed_in = _HandedIn(
        "liquidity", cash, liquidity is not None, LIQUIDITY_NOT_READ, f"the file {cash} holds exactly these lines and this fund"
    )
    return _compared(verdict, handed_in, lambda: _compare_liquidity(stored, again().admitted, cash))


@dataclass(frozen=True, slots=True)
class _HandedIn:
    """A file that a result was made from: *named* by the caller or found, and what reading it proves."""

    kind: str
    source: object
    named: bool
    unproven: str
    proven: str


def _compared(verdict: Verdict, handed_in: _HandedIn, compare: Callable[[], tuple[Finding, ...]]) -> Verdict:
    """*verdict* with what a comparison with a file adds; a file that was found and differs may be another one."""
    from rescounter.verification import Finding

    try:
        differing = compare()
    except CallerFault:
        if handed_in.named:
            raise
        differing = (Finding(handed_in.kind, str(handed_in.source), "nothing that can be read", f"the {handed_in.kind}"),)
    if differing and not handed_in.named:
        why = f"what lies at {handed_in.source} is another {handed_in.kind}: only the result in itself is proven"
        return replace(verdict, not_proven=(*verdict.not_proven, why))
    return replace(
        verdict,
        findings=(*verdict.findings, *differing),
        proven=verdict.proven if differing else (*verdict.proven, handed_in.proven),
        not_proven=tuple(sentence for sentence in verdict.not_proven if sentence != handed_in.unproven),
    )


def _digests(folder: Path, summary: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name in summary["files"]:
        path = folder / Path(name).name
        if path.is_file():
            with path.open("rb") as file:
                found[name] = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _beside(stored: Stored, name: str) -> Path | None:
    """The input, or its liquidity, where the summary says that it lies, if a file still does."""
    described = stored.summary.get("input")
    found = described.get(name) if isinstance(described, dict) else None
    if not isinstance(found, str):
        return None
    path = Path(os.path.normpath(stored.folder.resolve() / found))
    return path if path.is_file() else None


def _compare_input(stored: Stored, admission: Admission) -> tuple[Finding, ...]:
    from rescounter.clearing.tables import admitted_table
    from rescounter.verification import compare_with_input

    return compare_with_input(
        stored.tables["obligations"], admitted_table(admission.admitted), refusals=stored.tables["refusals"], refused=admission.refusals
    )


def _compare_liquidity(stored: Stored, admitted: Admitted, cash: object) -> tuple[Finding, ...]:
    from rescounter.clearing.tables import lines_table
    from rescounter.facade.clearing import admit_liquidity
    from rescounter.verification import compare_with_liquidity

    lines, _ = admit_liquidity(cash, admitted, Options.from_summary(stored.summary))
    return compare_with_liquidity(stored.tables["liquidity"], lines_table(admitted, lines))


def extract_member(folder: Path, member: str, target: Path, *, cycle_key: bytes | None = None, force: bool = False) -> Path:
    """Write what *member* may see: its bundle, and the one-file program that checks it."""
    import inspect

    from rescounter.formats.folder import new_folder
    from rescounter.statements.bundle import bundle
    from rescounter.verification import desk

    stored = read_result(folder)
    content = bundle(stored.tables, stored.summary, member, cycle_key=cycle_key)
    with new_folder(target, force=force) as new:
        (new / "bundle.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (new / "verify.py").write_text(inspect.getsource(desk), encoding="utf-8")
    return target
