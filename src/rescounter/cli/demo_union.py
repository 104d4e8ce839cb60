"""The union in ``rescounter demo``: founded by the economies of the sample, two cycles from submission to closed, statements, savings."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rescounter.cli.voice import percent
from rescounter.terms import format_minor, holds

if TYPE_CHECKING:
    from rich.console import Console

    from rescounter.facade.union import Desk

__all__ = ["MEMBERS_SHOWN", "run_two_cycles"]

MEMBERS_SHOWN: Final = ("JPN", "FRA")
"""Members whose statements are written."""

_PACK: Final = "payments-union"
_UNIT: Final = "XUA"
_RATES: Final = {"EUR": "0.90", "JPY": "240"}
_RULES: Final = {
    "union.name": '"The world\'s trade of 1985"',
    "union.currencies": '["XUA", "EUR", "JPY"]',
    "union.exponents": "{ XUA = 0 }",
    "union.single_person": "true",
    "calendar.holidays": "{}",
    "exchange.unit": f'"{_UNIT}"',
    "exchange.rates": '"fixed"',
    "exchange.fixed_rates": "{ " + ", ".join(f'{currency} = "{rate}"' for currency, rate in _RATES.items()) + " }",
}
_FOUNDED: Final = "2026-01-02T09:00"
_OPENS: Final = "2026-01-02T10:00"
_CYCLES: Final = (("2026-02-27T12:00", "2026-03-05T17:00"), ("2026-04-30T12:00", "2026-05-06T17:00"))
"""Cut-off and settlement of each."""
_DUE: Final = ("2026-01-31", "2026-03-31")
"""From then on the debts of a cycle bear interest."""
_BY_TURNS: Final = (_UNIT, *_RATES)
_OPERATOR: Final = "operator"
_JOIN_AT_ONCE: Final = 1000


def run_two_cycles(out: Console, sample: Path, folder: Path) -> None:
    """Found a demonstration in *folder*/union, hand the sample's debts in as two cycles, and run both to closed."""
    from rescounter.facade.union import found_union
    from rescounter.facade.union_founding import shipped_text
    from rescounter.facade.union_work import told_time
    from rescounter.rulebook.shipped import with_values

    debts = list(csv.DictReader(sample.read_text(encoding="utf-8").splitlines()))
    union = folder / "union"
    people = [{"code": _OPERATOR, "name": "Operator", "roles": ["operator", "approver"]}]
    text = with_values(shipped_text(_PACK), _RULES)
    found_union(union, text, pack=_PACK, people=people, is_demonstration=True, at_us=told_time(_FOUNDED, "UTC"))
    members = sorted({debt[side] for debt in debts for side in ("debtor", "creditor")})
    out.print(f"\nA union of these {len(members)} economies, by the rule pack {_PACK}, runs two cycles:", style="bold")
    with _at(union, _OPENS) as desk:
        _join(desk, members)
    files = _write_halves(debts, folder / "submissions")
    out.print(f"  debts are handed in by turns in units of account ({_UNIT}), euro and yen; each member pays one amount in units")
    for file, (cut_off, settles) in zip(files, _CYCLES, strict=True):
        _run_cycle(out, union, file, cut_off, settles)
    _write_papers(out, union, folder)


@contextmanager
def _at(union: Path, told: str) -> Iterator[Desk]:
    from rescounter.facade.union import open_union
    from rescounter.facade.union_work import told_time

    with open_union(union, at_us=told_time(told, "UTC")) as desk:
        yield desk


def _join(desk: Desk, members: list[str]) -> None:
    from rescounter.cycle.office import wanted
    from rescounter.facade.union_work import step

    for first in range(0, len(members), _JOIN_AT_ONCE):
        some = members[first : first + _JOIN_AT_ONCE]
        _done(desk.do(wanted("members_joined", members=[{"code": code, "name": code} for code in some]), by=_OPERATOR))
    _done(step(desk, "open", by=_OPERATOR))


def _done(done: Any) -> None:
    holds(not done.is_refused, "the_demo_is_sound", refused=[each.code for each in done.refusals])


def _write_halves(debts: list[dict[str, str]], folder: Path) -> list[Path]:
    """The debts with ids, every other one in the file of either cycle, at the fixed rates in the currency whose turn it is."""
    folder.mkdir()
    files = [folder / f"cycle-{number}.csv" for number in (1, 2)]
    for part, file in enumerate(files):
        with file.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(("id", "debtor", "creditor", "amount", "currency", "due"))
            for number, debt in enumerate(debts, 1):
                if number % 2 != part:
                    currency = _BY_TURNS[number // 2 % len(_BY_TURNS)]
                    amount = Decimal(debt["amount"]) * Decimal(_RATES.get(currency, "1"))
                    writer.writerow((f"D{number:05d}", debt["debtor"], debt["creditor"], f"{amount:f}", currency, _DUE[part]))
    return files


def _run_cycle(out: Console, union: Path, file: Path, cut_off: str, settles: str) -> None:
    from rescounter.facade.union_work import run, step, submit
    from rescounter.intake.submissions import MANY

    with _at(union, f"{cut_off[:11]}09:00") as desk:
        handed = submit(desk, file, submitter=MANY, by=_OPERATOR)
        _done(handed.done)
    with _at(union, cut_off) as desk:
        run(desk, by=_OPERATOR, cycle=handed.cycle, assume=True)
    with _at(union, settles) as desk:
        due = run(desk, by=_OPERATOR, cycle=handed.cycle, assume=True)
        holds(due is None, "the_demo_is_sound", next=None if due is None else due.verb)
        closed = desk.union.cycles[handed.cycle].known("closed").body["figures"][0]
        _tell(out, handed.cycle, handed.rows, closed)
        if cut_off == _CYCLES[0][0]:
            _done(step(desk, "open", by=_OPERATOR))


def _tell(out: Console, cycle: str, rows: int, figures: dict[str, Any]) -> None:
    gross = figures["gross_minor"]
    out.print(f"  cycle {cycle}: {rows:,} debts of {format_minor(gross, 0, group=',')}, closed")
    ways = (
        ("set off, final first", figures["set_off_minor"]),
        ("netted in one unit", figures["netted_minor"]),
        ("paid in (assumed here)", figures["cash_minor"]),
    )
    for name, minor in ways:
        out.print(f"    {name:<28}{percent(minor * 1_000_000 // gross / 1_000_000):>8} {format_minor(minor, 0, group=','):>20}")


def _write_papers(out: Console, union: Path, folder: Path) -> None:
    from rescounter.facade.union import open_union
    from rescounter.facade.union_files import write_savings, write_statement
    from rescounter.facade.union_replay import replay_cycle
    from rescounter.facade.union_statement import facts_of
    from rescounter.statements.member_statement import statement

    with open_union(union) as desk:
        findings = [finding for code in desk.union.cycles for finding in replay_cycle(desk, code)]
        holds(not findings, "the_demo_is_sound", findings=len(findings))
        fault = desk.ledger.audit().fault
        holds(fault is None, "the_demo_is_sound", fault=str(fault))
        last = next(reversed(list(desk.union.cycles.values())))
        for member in MEMBERS_SHOWN:
            write_statement(statement(facts_of(desk, last, member)), folder / "statements" / member, format="csv", force=True)
        write_savings(desk, folder / "savings", format="csv", force=True)
    out.print("  replayed and audited: both cycles come out the same, every act, hash, sum and limit holds", style="green")
    out.print(f"  statements of {' and '.join(MEMBERS_SHOWN)} in {folder}/statements, the savings in {folder}/savings")
