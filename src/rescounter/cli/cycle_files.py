"""What leaves a cycle: its result, its pay-in lists, its replay."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from rescounter.cli.door import CHECK_FAILED
from rescounter.cli.union_door import desk_of
from rescounter.cli.union_voice import money, told_json
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted, stages

__all__ = ["export_cycle", "replay_again", "write_pay_ins"]

_WHY = {
    "no_account": "no usable account of the member is registered",
    "no_settlement_account": "the rulebook names no settlement account for the currency",
    "currency_not_iso": "the currency's code has not three letters",
    "too_many_digits": "the amount has more than 18 digits",
}


def export_cycle(call: Call, code: str | None, *, output: Path, format: str, key_file: Path | None, force: bool) -> None:
    """The result of a cycle as a folder."""
    from rescounter.cycle.states import State
    from rescounter.facade.union_files import write_cycle
    from rescounter.facade.union_work import cycle_named
    from rescounter.formats.folder import check_target

    check_target(output, force=force)
    with desk_of(call) as desk, stages(quiet=call.quiet or call.as_json) as progress:
        cleared = [cycle.code for cycle in desk.union.cycles.values() if cycle.last("cleared") is not None]
        cycle = cycle_named(desk, code or (cleared[-1] if cleared else None), states=tuple(State))
        progress("writing")
        summary = write_cycle(desk, cycle, output, format=format, force=force, key_file=key_file)
        is_final = cycle.final is not None
    if told_json(call, {"folder": str(output), "cycle": cycle.code, "is_final": is_final, "result_root": summary["result_root"]}):
        return
    if not call.quiet:
        kind = "final" if is_final else "preliminary"
        typer.echo(f"The {kind} result of cycle {cycle.code} is in {output}/: open report.html. It holds every member's data.")
        check = f"rescounter verify {output}"
        if key_file is None:
            typer.echo(f"Its commitments are salted with the key of the cycle: add --key-file FILE here, then {check} --key-file FILE")
        else:
            typer.echo(f"Keep {key_file} secret. Check it with: {check} --key-file {key_file}")


def write_pay_ins(call: Call, code: str | None, *, output: Path, force: bool) -> None:
    """Who pays in and who is paid out, for people and for banks."""
    from rescounter.facade.union_files import write_lists
    from rescounter.facade.union_work import cycle_named
    from rescounter.formats.folder import check_target

    check_target(output, force=force)
    with desk_of(call) as desk:
        called = [cycle.code for cycle in desk.union.cycles.values() if cycle.last("called") is not None]
        cycle = cycle_named(desk, code or (called[-1] if called else None))
        lists = write_lists(desk, cycle, output, force=force)
        left_out = [{"currency": each[0], "member": each[1], "amount_minor": each[2], "why": each[3]} for each in lists.left_out]
        told = [f"  {each[1]}: {money(each[2], each[0], cycle.exponents)}: {_WHY[each[3]]}" for each in lists.left_out]
    if told_json(call, {"folder": str(output), "cycle": cycle.code, **asdict(lists), "left_out": left_out}) or call.quiet:
        return
    typer.echo(
        f"{counted(lists.pay_ins, 'pay-in')} and {counted(lists.pay_outs, 'pay-out')} of cycle {cycle.code} are in {output}/calls.csv."
    )
    if told:
        typer.echo("These stand in no file for banks; they are paid by hand:", err=True)
        for line in told:
            typer.echo(line, err=True)


def replay_again(call: Call, code: str | None) -> None:
    """Do a cycle again; exit code 1 where anything comes out otherwise."""
    from rescounter.facade.union_replay import replay_cycle
    from rescounter.facade.union_work import cycle_named

    with desk_of(call) as desk, stages(quiet=call.quiet or call.as_json) as progress:
        cycle = cycle_named(desk, code)
        progress("replaying")
        findings = replay_cycle(desk, cycle.code)
    if call.as_json:
        told_json(call, {"cycle": cycle.code, "sound": not findings, "findings": [asdict(each) for each in findings]})
    elif findings:
        typer.echo(f"NOT THE SAME: cycle {cycle.code}, {counted(len(findings), 'finding')}.", err=True)
        for finding in findings:
            typer.echo(f"  {finding}", err=True)
    elif not call.quiet:
        typer.echo(f"Cycle {cycle.code}: the stored flow is verified, everything else was reckoned again and is the same.")
    if findings:
        raise typer.Exit(CHECK_FAILED)
