"""The whole ledger in other programs' formats, of one instant: tables, or a journal that checks itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from rescounter.facade.ledger import Ledger, ledger_folder
from rescounter.formats.journals import JOURNALS, Journal, Line
from rescounter.formats.ledger_writing import LEDGER_FORMATS, LEDGER_TABLES, LedgerTables
from rescounter.ledger import Flag, Standings
from rescounter.ledger.ports import AuditChunk, AuditView
from rescounter.ledger.standings import NO_LIMIT
from rescounter.terms import CallerFault, EnvironmentFault

__all__ = ["EXPORTS", "export_ledger"]

EXPORTS = (*LEDGER_FORMATS, *JOURNALS)

_Progress = Callable[[int], None]


def export_ledger(ledger: Ledger, target: Path, *, format: str, memos: bool = False, progress: _Progress = lambda transfers: None) -> int:
    """Write the ledger to *target*: a folder of tables, or one file of a journal, complete or not at all.

    Args: *memos*: personal data goes along; it is left out unless it is asked for. Returns: transfers written.
    Raises: CallerFault ``output_exists``, ``option_invalid``; EnvironmentFault ``output_unwritable``.
    """
    if format not in EXPORTS:
        raise CallerFault("option_invalid", f"the format {format!r} is unknown; allowed: {', '.join(EXPORTS)}")
    if target.exists():
        raise CallerFault("output_exists", f"{target} exists already")
    with ledger.store.audit_view() as view:
        if format in LEDGER_FORMATS:
            with ledger_folder(target) as folder, LedgerTables(folder, format) as tables:
                return _write_tables(view, tables, memos=memos, progress=progress)
        return _write_journal(ledger, view, target, format, memos=memos, progress=progress)


def _write_tables(view: AuditView, tables: LedgerTables, *, memos: bool, progress: _Progress) -> int:
    standings, opened, written, last = view.balances(), dict[str, tuple[str, str]](), 0, -1
    currency = dict(zip(standings.text("id").to_pylist(), standings.text("currency").to_pylist(), strict=True))
    for chunk in view.audit_stream():
        opened |= {str(fields[0]): (str(fields[1]), str(fields[2])) for _, tag, fields in chunk.others if tag == "A"}
        if chunk.entry.sequence != last:
            tables.write("entries", _entry(chunk))
            last = chunk.entry.sequence
        refused = [(place + 1, str(fields[0]), str(fields[1])) for place, tag, fields in chunk.others if tag == "R"]
        rows, ids, codes = zip(*refused, strict=True) if refused else ((), (), ())
        columns = {"sequence": [last] * len(rows), "row": rows, "id": ids, "code": codes}
        tables.write("refusals", pa.table({name: list(values) for name, values in columns.items()}, schema=LEDGER_TABLES["refusals"]))
        tables.write("transfers", _transfers(chunk, currency, memos=memos))
        written += len(chunk.transfers)
        progress(written)
    tables.write("accounts", _accounts(standings, opened))
    return written


def _entry(chunk: AuditChunk) -> pa.Table:
    entry = chunk.entry
    row = {name: getattr(entry, name) for name in ("sequence", "rulebook_version", "rows", "accepted", "at_us")}
    row |= {name: getattr(entry, name).name.lower() for name in ("kind", "outcome", "policy")}
    row |= {
        "key": chunk.key,
        "cycle": chunk.cycle,
        "tree_root": entry.tree_root.hex(),
        "leaf": chunk.leaf.hex(),
        "log_root": chunk.log_root.hex(),
    }
    return pa.Table.from_pylist([row], schema=LEDGER_TABLES["entries"])


def _transfers(chunk: AuditChunk, currency: dict[str, str], *, memos: bool) -> pa.Table:
    table, count = chunk.transfers.table, len(chunk.transfers)
    if not memos:
        place = table.column_names.index("memo")
        table = table.set_column(place, "memo", pa.nulls(count, pa.string()))
    before = {
        "sequence": np.full(count, chunk.entry.sequence, np.int64),
        "row": chunk.rows + 1,
        "at_us": np.full(count, chunk.entry.at_us, np.int64),
        "currency": pa.array([currency[name] for name in table["debit"].to_pylist()], pa.string()),
    }
    return pa.table({**before, **{name: table[name] for name in table.column_names}})


def _accounts(standings: Standings, opened: dict[str, tuple[str, str]]) -> pa.Table:
    ids = standings.text("id").to_pylist()
    limit = standings.numbers("limit_minor")
    sums = {name: standings.numbers(name) for name in ("posted_debits", "posted_credits", "pending_debits", "pending_credits")}
    columns = {
        "id": ids,
        "member": [opened[name][0] for name in ids],
        "purpose": [opened[name][1] for name in ids],
        "currency": standings.text("currency"),
        "limit_minor": pa.array(limit, mask=limit == NO_LIMIT),
        "state": standings.numbers("state").astype(np.int64),
        **sums,
        "balance_minor": sums["posted_credits"] - sums["posted_debits"],
    }
    return pa.table(columns)


def _write_journal(ledger: Ledger, view: AuditView, target: Path, program: str, *, memos: bool, progress: _Progress) -> int:
    standings, head = view.balances(), view.audit_head()
    balances = [(row.id, row.balance_minor) for row in standings.rows()]
    exponents = {code: ledger.exponents.of(code) for code in standings.text("currency").unique().to_pylist()}
    unknown = sorted(code for code, digits in exponents.items() if digits is None)
    if unknown:
        raise CallerFault("option_invalid", f"how many digits has {', '.join(unknown)}? Name them with --exponent CODE=DIGITS")
    journal = Journal(program, {code: digits or 0 for code, digits in exponents.items()})
    written = 0
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(journal.head(head.origin, head.root.hex(), head.entries))
            for chunk in view.audit_stream():
                for _, tag, fields in chunk.others:
                    if tag == "A":
                        journal.open(str(fields[0]), str(fields[1]), str(fields[3]))
                file.writelines(journal.lines(_lines(chunk, memos=memos)))
                written += len(chunk.transfers)
                progress(written)
            file.write(journal.end(balances))
        partial.rename(target)
    except OSError as fault:
        raise EnvironmentFault("output_unwritable", f"{target} cannot be written ({fault.strerror})") from fault
    finally:
        partial.unlink(missing_ok=True)
    return written


def _lines(chunk: AuditChunk, *, memos: bool) -> Iterator[Line]:
    """What moved: plain and post."""
    for row in chunk.transfers.rows():
        if row.flag in (Flag.PLAIN, Flag.POST):
            words = [row.kind, *([row.cycle] if row.cycle else []), *([f"reverses {row.reverses}"] if row.reverses else [])]
            words += [row.memo] if memos and row.memo else []
            at_us = chunk.entry.at_us if row.effective_at_us is None else row.effective_at_us
            yield Line(row.id, at_us, row.debit, row.credit, row.amount_minor, ", ".join(words).replace("\n", " "))
