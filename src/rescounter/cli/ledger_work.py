"""``rescounter ledger`` at work: made, filled, shown, audited, exported, copied."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import typer

from rescounter.cli.door import CHECK_FAILED, REFUSED
from rescounter.cli.voice import console, counted
from rescounter.cli.words import read_digits, read_key
from rescounter.terms import CallerFault, EnvironmentFault, Exponents, Refusal, format_minor

if TYPE_CHECKING:
    from rescounter.facade.ledger import Ledger, Posted
    from rescounter.ledger.audit import Audited

__all__ = [
    "audit_all",
    "back_up_all",
    "export_all",
    "make",
    "open_file",
    "post_path",
    "progress_of",
    "restore_all",
    "show_balances",
    "tell_audit",
]

_SHOWN_MAX: Final = 1000
"""Refusals that are told one by one; the rest is counted."""


@contextmanager
def progress_of(stage: str, *, quiet: bool) -> Iterator[Callable[..., None]]:
    """A callback with what was done so far (entries, transfers), shown after a second, on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda *done: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    began = monotonic()
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=console(to_stderr=True), transient=True) as bar:
        task = bar.add_task(stage, visible=False)

        def show(*done: int) -> None:
            words = (f"{number:,} {noun}" for number, noun in zip(done, ("entries", "transfers")[-len(done) :], strict=True))
            bar.update(task, description=f"{stage}: {', '.join(words)}", visible=monotonic() - began > 1)

        yield show


@contextmanager
def _opened(folder: Path, exponent: Sequence[str] | None = None) -> Iterator[Ledger]:
    from rescounter.facade.ledger import open_ledger

    digits = read_digits(exponent)
    with open_ledger(folder) as ledger:
        yield replace(ledger, exponents=Exponents({**ledger.exponents.declared, **digits}))


@contextmanager
def _opened_to_write(folder: Path, exponent: Sequence[str] | None = None) -> Iterator[Ledger]:
    """Raises: CallerFault ``option_invalid`` where the ledger is a union's: there each posting belongs to an act and its approval."""
    with _opened(folder, exponent) as ledger:
        if ledger.store.records(rows_max=1):
            raise CallerFault("option_invalid", f"{folder} is a union: accounts are opened and money is posted by its own steps alone")
        yield ledger


def make(folder: Path, *, origin: str | None, exponent: Sequence[str] | None, dsn: str | None, quiet: bool, as_json: bool) -> None:
    """``init``: say what must be kept and what must be published."""
    from rescounter.facade.ledger import init_ledger

    verifier = init_ledger(folder, origin=origin, exponents=read_digits(exponent), dsn=dsn)
    if as_json:
        typer.echo(json.dumps({"ledger": str(folder), "origin": verifier.name, "verifier": verifier.text()}))
    elif not quiet:
        typer.echo(f"Made {folder}/. Keep a copy of {folder}/keys apart from every backup: without it nothing can be audited or proven.")
        typer.echo("Publish the verifier key; with it everybody can check a checkpoint:")
        typer.echo(f"  {verifier.text()}")


def open_file(
    folder: Path, file: str, *, key: str | None, exponent: Sequence[str] | None, decimal: str | None, quiet: bool, as_json: bool
) -> None:
    """``open``: all accounts or none, every bad row told."""
    from rescounter.facade.ledger_tables import read_accounts

    with _opened_to_write(folder, exponent) as ledger:
        read = read_accounts(sys.stdin.buffer if file == "-" else file, ledger.exponents, decimal=decimal)
        if read.refusals:
            _refused(read.refusals, "No account was opened", as_json=as_json)
        answer = ledger.open_accounts(read.accounts, key=key)
    if answer.refusals:
        _refused(answer.refusals, "No account was opened", as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"opened": len(read.accounts), "repeated": answer.is_repeat, "key": answer.key}))
    elif not quiet:
        again = " They were opened before; nothing was done." if answer.is_repeat else ""
        typer.echo(f"{counted(len(read.accounts), 'account')} opened.{again}")


def _refused(refusals: Sequence[Refusal], nothing: str, *, as_json: bool) -> None:
    """Tell every refusal of what was refused as a whole, and leave with exit code 3."""
    if as_json:
        typer.echo(json.dumps({"posted": False, "refusals": [_plain(refusal) for refusal in refusals]}, ensure_ascii=False))
    else:
        typer.echo(f"{nothing}: {counted(len(refusals), 'row')} refused.", err=True)
        _tell(refusals)
    raise typer.Exit(REFUSED)


def _plain(refusal: Refusal) -> dict[str, Any]:
    return {**asdict(refusal), "rule": refusal.rule}


def _tell(refusals: Sequence[Refusal]) -> None:
    for refusal in refusals[:_SHOWN_MAX]:
        where = f"row {refusal.row:,} ({refusal.id})" if refusal.row else refusal.id
        typer.echo(f"  {where}: {refusal.code}: found {refusal.found}; allowed: {refusal.allowed}. {refusal.what_to_do}", err=True)
    if len(refusals) > _SHOWN_MAX:
        typer.echo(f"  ... and {len(refusals) - _SHOWN_MAX:,} more; --json lists all of them.", err=True)


def post_path(
    folder: Path, file: str, *, words: Mapping[str, Any], key_file: Path | None, strict: bool, quiet: bool, as_json: bool
) -> None:
    """``post``: a file of transfers, or a result folder."""
    if words["mode"] not in ("atomic", "each"):
        raise CallerFault("option_invalid", f"mode {words['mode']!r} is unknown; allowed: atomic, each")
    if words["policy"] not in ("cycle-net", "sequential"):
        raise CallerFault("option_invalid", f"policy {words['policy']!r} is unknown; allowed: cycle-net, sequential")
    if Path(file).is_dir():
        if words["key"] or words["mode"] == "each":
            raise CallerFault(
                "option_invalid", "a result is posted as one atomic batch under the key of its root: leave --key and --mode away"
            )
        _post_result(folder, Path(file), cycle=words["cycle"], key_file=key_file, quiet=quiet, as_json=as_json)
        return
    from rescounter.facade.ledger import post_transfers
    from rescounter.ledger import Policy

    policy = Policy.SEQUENTIAL if words["policy"] == "sequential" else Policy.CYCLE_NET
    source = sys.stdin.buffer if file == "-" else file
    is_atomic = words["mode"] == "atomic"
    with _opened_to_write(folder, words["exponent"]) as ledger:
        posted = post_transfers(
            ledger, source, atomic=is_atomic, key=words["key"], decimal=words["decimal"], policy=policy, cycle=words["cycle"]
        )
    if is_atomic and (posted.refusals or posted.breaches):
        told = (*posted.breaches, *posted.refusals)
        if posted.answers and not as_json:
            typer.echo("The ledger keeps this answer: to post the same content later, name a new key with --key.", err=True)
        _refused(told, f"Nothing of {counted(posted.rows, 'transfer')} was posted", as_json=as_json)
    _tell_posted(posted, quiet=quiet, as_json=as_json)
    if strict and posted.refusals:
        raise typer.Exit(REFUSED)


def _tell_posted(posted: Posted, *, quiet: bool, as_json: bool) -> None:
    batches = [{"key": answer.key, "entry": answer.entry.sequence if answer.entry else None} for answer in posted.answers]
    if as_json:
        figures = {"rows": posted.rows, "accepted": posted.accepted, "repeated": posted.repeated, "batches": batches}
        typer.echo(json.dumps({**figures, "refusals": [_plain(refusal) for refusal in posted.refusals]}, ensure_ascii=False))
        return
    if not quiet:
        again = f", {posted.repeated:,} of them before" if posted.repeated else ""
        typer.echo(f"{posted.accepted:,} of {counted(posted.rows, 'transfer')} posted{again}.")
        for batch in batches:
            typer.echo(f"  entry {batch['entry']}: {batch['key']}")
        for note in posted.notes:
            typer.echo(f"Note: {note}")
    if posted.refusals:
        typer.echo(f"{counted(len(posted.refusals), 'row')} refused:", err=True)
        _tell(posted.refusals)


def _post_result(folder: Path, result: Path, *, cycle: str, key_file: Path | None, quiet: bool, as_json: bool) -> None:
    from rescounter.facade.ledger_result import post_result

    with _opened_to_write(folder) as ledger:
        done = post_result(ledger, result, cycle=cycle, cycle_key=read_key(key_file))
    if done.findings:
        typer.echo(f"Nothing was posted: {result} is not sound.", err=True)
        for finding in done.findings:
            typer.echo(f"  {finding}", err=True)
        raise typer.Exit(CHECK_FAILED)
    if done.refusals or done.answer is None or done.answer.entry is None:
        _refused(done.refusals, f"Nothing of {result} was posted", as_json=as_json)
        return
    answer = done.answer
    if as_json:
        typer.echo(json.dumps({"accepted": len(answer.accepted), "opened": done.opened, "repeated": answer.is_repeat, "key": answer.key,
                               "entry": done.answer.entry.sequence}))  # fmt: skip
    elif not quiet:
        again = " It was posted before; nothing was done." if answer.is_repeat else ""
        typer.echo(
            f"{counted(len(answer.accepted), 'transfer')} posted as entry {done.answer.entry.sequence}, what the result cleared.{again}"
        )
        typer.echo(f"  key {answer.key}; {counted(done.opened, 'account')} opened for it")


def show_balances(folder: Path, accounts: Sequence[str], *, as_json: bool) -> None:
    """``balances``: a line an account; sums in major units where the digits of the currency are known."""
    with _opened(folder) as ledger:
        rows = ledger.store.balances(accounts or None).rows()
        exponents = ledger.exponents
    missing = sorted(set(accounts) - {row.id for row in rows})
    if missing:
        raise CallerFault("account_not_found", f"there is no account {', '.join(missing[:5])}")
    if as_json:
        told = [{**asdict(row), "state": row.state.name.lower(), "balance_minor": row.balance_minor} for row in rows]
        typer.echo(json.dumps({"accounts": told}, ensure_ascii=False))
        return

    def money(minor: int, currency: str) -> str:
        digits = exponents.of(currency)
        return f"{minor:,} minor" if digits is None else format_minor(minor, digits, group=",")

    lines = [["account", "", "balance", "waits out", "waits in", "limit", "state"]]
    for row in rows:
        amounts = [money(minor, row.currency) for minor in (row.balance_minor, row.pending_debits, row.pending_credits)]
        limit = "none" if row.limit_minor is None else money(row.limit_minor, row.currency)
        lines.append([row.id, row.currency, *amounts, limit, row.state.name.lower()])
    widths = [max(len(line[place]) for line in lines) for place in range(7)]
    out = console()
    for line in lines:
        cells = [
            cell.rjust(width) if 2 <= place <= 5 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        out.print("  ".join(cells).rstrip(), markup=False)


def audit_all(folder: Path, checkpoints: Sequence[Path], *, verifier: str | None, quiet: bool, as_json: bool) -> None:
    """``audit``: what was read and that it holds, or the first fault and exit code 1."""
    from rescounter.ledger.notes import Verifier

    first = None if verifier is None else Verifier.of_text(verifier)
    with _opened(folder) as ledger, progress_of("auditing", quiet=quiet or as_json) as progress:
        done = ledger.audit(checkpoints=checkpoints, first=first, progress=progress)
    tell_audit(done, quiet=quiet, as_json=as_json, kept=len(checkpoints))


def tell_audit(done: Audited, *, quiet: bool, as_json: bool, kept: int = 0) -> None:
    """What an audit found; leaves with exit code 1 when it is a fault."""
    if as_json:
        fault = None if done.fault is None else {**asdict(done.fault), "where": done.fault.where}
        typer.echo(json.dumps({"sound": fault is None, **asdict(done), "root": done.root.hex(), "fault": fault}, ensure_ascii=False))
    elif done.fault is not None:
        out = console(to_stderr=True)
        out.print("NOT SOUND. The first fault:", style="bold red")
        out.print(f"  {done.fault}", markup=False)
        out.print("Change nothing: keep the ledger as evidence, and compare it with a backup and with the checkpoints that members keep.")
    elif not quiet:
        entries = "1 entry" if done.entries == 1 else f"{done.entries:,} entries"
        read = f"{entries}, {counted(done.transfers, 'transfer')}, {counted(done.accounts, 'account')}"
        read += f", {counted(done.checkpoints, 'checkpoint')}"
        if done.records or done.documents:
            read += f", {counted(done.records, 'record')}, {counted(done.documents, 'document')}"
        typer.echo(f"Sound: {read}; every hash, sum, limit and signature was reckoned again.")
        if not kept:
            typer.echo(
                "Not shown: that nobody replaced all of it by an older or another copy; --checkpoint FILE, kept outside, shows that too."
            )
    if done.fault is not None:
        raise typer.Exit(CHECK_FAILED)


def export_all(folder: Path, target: Path, *, format: str, memos: bool, exponent: Sequence[str] | None, quiet: bool) -> None:
    """``export``: tables or a journal."""
    from rescounter.facade.ledger_export import export_ledger

    with _opened(folder, exponent) as ledger, progress_of("exporting", quiet=quiet) as progress:
        written = export_ledger(ledger, target, format=format, memos=memos, progress=progress)
    if not quiet:
        typer.echo(f"{counted(written, 'transfer')} written to {target}{' with' if memos else ' without'} memos.")


def back_up_all(folder: Path, target: Path, *, quiet: bool, as_json: bool) -> None:
    """``backup``: a copy that passed its audit, or none."""
    from rescounter.facade.ledger_backup import CHECKPOINT, back_up

    with _checked(), _opened(folder) as ledger, progress_of("auditing the copy", quiet=quiet or as_json) as progress:
        done = back_up(ledger, target, progress=progress)
    if not quiet and not as_json:
        typer.echo(f"Written to {target}/, with {CHECKPOINT}; it holds no key.")
    tell_audit(done, quiet=quiet, as_json=as_json, kept=1)


def restore_all(backup: Path, target: Path, *, keys: Path, checkpoints: Sequence[Path], quiet: bool, as_json: bool) -> None:
    """``restore``: a ledger that passed its audit, or none."""
    from rescounter.facade.ledger_backup import restore

    with _checked(), progress_of("auditing", quiet=quiet or as_json) as progress:
        done = restore(backup, target, keys=keys, checkpoints=tuple(checkpoints), progress=progress)
    if not quiet and not as_json:
        typer.echo(f"Restored to {target}/.")
    tell_audit(done, quiet=quiet, as_json=as_json, kept=len(checkpoints))


@contextmanager
def _checked() -> Iterator[None]:
    """A copy that does not pass its audit is a check that failed, not a failure of the surroundings."""
    try:
        yield
    except EnvironmentFault as fault:
        if fault.code != "backup_unsound":
            raise
        typer.echo(f"NOT SOUND: {fault.message}.\n{fault.what_to_do}", err=True)
        raise typer.Exit(CHECK_FAILED) from fault
