"""A cycle shown: its dates, what it holds for a member, and its page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rescounter.cli.credit_voice import event_lines, reserves_body, reserves_lines
from rescounter.cli.rates_voice import rates_due_body, rates_due_lines
from rescounter.cli.union_door import desk_of
from rescounter.cli.union_voice import due_body, due_lines, lines_of, money, print_lines, told_json, when
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted
from rescounter.terms import EnvironmentFault

if TYPE_CHECKING:
    from rescounter.cycle.union import Cycle
    from rescounter.facade.union import Desk

__all__ = ["show_cycle", "show_page"]


def show_cycle(call: Call, code: str | None, *, items: str | None) -> None:
    """Dates, state, what was done, and what comes next; or the items of a member."""
    from rescounter.cycle.next_step import next_step
    from rescounter.facade.union_work import cycle_named

    with desk_of(call) as desk:
        cycle = cycle_named(desk, code)
        if items is not None:
            _show_items(call, desk, cycle, items)
            return
        zone = desk.union.rules_of(cycle).union.zone
        due = next_step(desk.union, cycle, at_us=desk.at_us)
        dates = _dates(cycle, zone)
        done = [{"act": act.number, "kind": act.kind, "by": act.by, "at": when(act.at_us, zone)} for act in cycle.acts]
        body = {"cycle": cycle.code, "state": cycle.state.value, "zone": zone, "dates": dates, "acts": done, "next": due_body(due, zone)}
        body |= reserves_body(desk, cycle) | rates_due_body(desk, cycle)
        if told_json(call, body) or call.quiet:
            return
        lines = [f"Cycle {cycle.code}: {cycle.state.value} (times are of {zone})"]
        lines += [f"  {name.replace('pay_ins', 'pay-ins').replace('_', ' ')}: {told}" for name, told in dates.items()]
        if cycle.acts[1:]:
            lines += ["", *lines_of([["act", "what", "by", "at"], *([str(cell) for cell in each.values()] for each in done)])]
        told = [*reserves_lines(desk, cycle), *rates_due_lines(desk, cycle), *event_lines(desk, cycle)]
        print_lines([*lines, *(["", *told] if told else []), "", *due_lines(due, desk)])


def _dates(cycle: Cycle, zone: str) -> dict[str, str]:
    dates = cycle.dates
    told = {"opened": cycle.opened.at_us, "intake_opens": dates.opens_at_us, "cut_off": dates.cut_off_at_us}
    told |= {"corrections_end": dates.corrections_end_at_us, "pay_ins_due": dates.pay_in_due_at_us, "settles": dates.settles_at_us}
    return {name: when(at_us, zone) for name, at_us in told.items()}


def _show_items(call: Call, desk: Desk, cycle: Cycle, member: str) -> None:
    from rescounter.facade.union_cycle import items_held

    rows = items_held(desk, cycle, member)
    if told_json(call, {"cycle": cycle.code, "member": member, "items": rows}) or call.quiet:
        return
    heading = ["obligation", "debtor", "creditor", "amount", "due", "standing"]
    told = [
        [
            f"{row['submitter']}/{row['id']}",
            row["debtor"],
            row["creditor"],
            money(row["amount_minor"], row["currency"], cycle.exponents),
            "" if row["due"] is None else str(row["due"]),
            row["standing"],
        ]
        for row in rows
    ]
    print_lines(
        [
            f"{counted(len(rows), 'obligation')} of {member} in cycle {cycle.code}.",
            *(lines_of([heading, *told], right=(3,)) if rows else []),
        ]
    )


def show_page(call: Call, code: str | None, *, output: Path | None) -> None:
    """The page of a cycle on the terminal, or as a file of HTML."""
    from rescounter.facade.union_cycle import cycle_facts
    from rescounter.facade.union_work import cycle_named
    from rescounter.statements.cycle_page import cycle_html, cycle_text

    with desk_of(call) as desk:
        cycle = cycle_named(desk, code)
        facts = cycle_facts(desk, cycle)
        if output is None:
            if not told_json(call, {"cycle": cycle.code, "text": cycle_text(facts)}) and not call.quiet:
                typer.echo(cycle_text(facts))
            return
        _write(output, cycle_html(facts))
        if not told_json(call, {"cycle": cycle.code, "file": str(output)}) and not call.quiet:
            typer.echo(f"Written to {output}. It shows every member's position: it belongs to operator and overseer.")


def _write(path: Path, text: str) -> None:
    """A whole file or none: written beside its place, then renamed."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as fault:
        raise EnvironmentFault("output_unwritable", f"{path} cannot be written ({fault.strerror})") from fault
    finally:
        partial.unlink(missing_ok=True)
