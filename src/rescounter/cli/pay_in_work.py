"""``rescounter cycle fund``, ``assign`` and ``return``: money that came in, and what is still missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from rescounter.cli.credit_voice import reserves_lines
from rescounter.cli.cycle_work import sentence_of
from rescounter.cli.refusals import plain, tell
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import done_body, due_body, due_lines, lines_of, money, print_lines, tell_done, told_json
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted, stages

if TYPE_CHECKING:
    from rescounter.cycle.union import Cycle
    from rescounter.facade.union import Desk, Done
    from rescounter.facade.union_work import PaidIn
    from rescounter.terms import Refusal

__all__ = ["fund_cycle", "resolve"]

_VERDICTS: Mapping[str, str] = {
    "on_time": "on time",
    "late": "late",
    "unidentified": "unidentified",
    "double": "told before",
    "refused": "refused",
}


def fund_cycle(call: Call, file: Path | None, code: str | None) -> None:
    """Book what came in, then go on as far as the calls allow, and say who is short."""
    from rescounter.cycle.next_step import next_step
    from rescounter.cycle.states import State
    from rescounter.facade.union import Done
    from rescounter.facade.union_work import cycle_named, pay_in, step

    with desk_of(call) as desk:
        by = who(call, desk, "paid_in")
        chosen = cycle_named(desk, code, states=(State.FINAL, State.FUNDED)).code
        with stages(quiet=call.quiet or call.as_json) as progress:
            progress("booking and funding")
            paid = None if file is None else pay_in(desk, file, by=by, cycle=chosen)
            is_due = paid is None or (not paid.done.is_refused and desk.union.cycles[chosen].state is State.FINAL)
            done = step(desk, "fund", by=by, cycle=chosen) if is_due else Done()
        if paid is not None and paid.done.is_refused:
            tell_done(call, desk, paid.done, "", cycle=chosen)
        cycle = desk.union.cycles[chosen]
        short, waiting = _short(desk, cycle), _waiting(desk)
        zone = desk.union.rules(desk.at_us).union.zone
        due = next_step(desk.union, cycle, at_us=desk.at_us)
        body = {"cycle": chosen, "state": cycle.state.value, **_paid_body(paid), "short": short, "unidentified": waiting}
        waits_for = {"calls_not_covered"} if paid is None else {"calls_not_covered", "reserves_below_floor"}
        waits = done.is_refused and {each.code for each in done.refusals} <= waits_for
        if done.is_refused and not waits:
            tell_done(call, desk, done, "", **body)
        if told_json(call, {**done_body(done), **body, "next": due_body(due, zone)}) or call.quiet:
            return
        _tell_paid(desk, cycle, paid, str(file))
        _tell_done(call, desk, done)
        _tell_short(cycle, short)
        _tell_waiting(cycle, waiting)
        print_lines([*reserves_lines(desk, cycle), *due_lines(due, desk)])


def _short(desk: Desk, cycle: Cycle) -> list[dict[str, Any]]:
    """Net debtors whose cash does not cover their position yet."""
    from rescounter.cycle.paying import stands

    if cycle.last("called") is None or cycle.last("funded") is not None:
        return []
    return [row for row in stands(desk.union, cycle, desk.office, at_us=desk.at_us).to_pylist() if row["missing_minor"]]


def _waiting(desk: Desk) -> list[dict[str, Any]]:
    from rescounter.cycle.resolving import unidentified

    return unidentified(desk.union, desk.office)


def _paid_body(paid: PaidIn | None) -> dict[str, Any]:
    if paid is None:
        return {}
    rows = [] if paid.lines is None else paid.lines.to_pylist()
    return {"pay_ins": rows, "pay_ins_refused": [plain(refusal) for refusal in paid.refusals], "booked": done_body(paid.done)}


def _tell_paid(desk: Desk, cycle: Cycle, paid: PaidIn | None, file: str) -> None:
    """Every pay-in of the file, with what it was taken for."""
    if paid is None:
        return
    rows = [] if paid.lines is None else paid.lines.to_pylist()
    typer.echo(f"{counted(len(rows), 'pay-in')} in {file}:" if not paid.done.is_repeat else f"{file}: {paid.done.told}")
    table = [["reference", "amount", "for", "verdict"], *(_paid_row(row, cycle) for row in rows)]
    if rows:
        print_lines([f"  {line}" for line in lines_of(table, right=(1,))])
    _tell_refused(paid.refusals)


def _paid_row(row: Mapping[str, Any], cycle: Cycle) -> list[str]:
    amount = money(row["amount_minor"], row["currency"], cycle.exponents)
    why = f" ({row['why'].replace('_', ' ')})" if row["why"] else ""
    return [row["reference"], amount, row["credited"] or row["member"] or "-", _VERDICTS[row["verdict"]] + why]


def _tell_refused(refusals: Sequence[Refusal]) -> None:
    if refusals:
        typer.echo(f"{counted(len(refusals), 'pay-in')} refused; nothing of them was booked:", err=True)
        tell(refusals)


def _tell_done(call: Call, desk: Desk, done: Done) -> None:
    if done.is_refused:
        return
    if done.is_repeat or done.proposal is not None:
        tell_done(call, desk, done, "")
    elif done.act is not None:
        typer.echo(sentence_of(desk, done))


def _tell_short(cycle: Cycle, short: Sequence[Mapping[str, Any]]) -> None:
    if not short:
        return
    typer.echo(f"{counted(len(short), 'call')} not covered:")
    rows = [["member", "owes net", "called", "paid in", "missing"]]
    names = ("net_debit_minor", "called_minor", "paid_minor", "missing_minor")
    rows += [[row["member"], *(money(row[name], row["currency"], cycle.exponents) for name in names)] for row in short]
    print_lines([f"  {line}" for line in lines_of(rows, right=(1, 2, 3, 4))])


def _tell_waiting(cycle: Cycle, waiting: Sequence[Mapping[str, Any]]) -> None:
    if not waiting:
        return
    typer.echo(f"{counted(len(waiting), 'pay-in')} unidentified: give them with cycle assign REFERENCE MEMBER, or cycle return REFERENCE.")
    rows = [
        [row["reference"], money(row["amount_minor"], row["currency"], cycle.exponents), row["payer"], row["remittance"]] for row in waiting
    ]
    print_lines([f"  {line}" for line in lines_of([["reference", "amount", "payer", "remittance"], *rows], right=(1,))])


def resolve(call: Call, reference: str, member: str, reason: str) -> None:
    """Give unidentified money to a member, or send it back."""
    from rescounter.cycle.resolving import resolving

    with desk_of(call) as desk:
        by = who(call, desk, "paid_in")
        done = desk.do(resolving(desk.union, desk.office, reference, member=member, reason=reason), by=by)
        sentence = f"{reference} belongs to {member}." if member else f"{reference} goes back; pay it out of the settlement account."
        tell_done(call, desk, done, sentence, reference=reference, member=member)
