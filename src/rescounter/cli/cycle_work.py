"""``rescounter cycle`` at work: single steps, and the run to the next decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from rescounter.cli.credit_voice import reserves_body, reserves_lines
from rescounter.cli.rates_voice import rates_due_body, rates_due_lines
from rescounter.cli.refusals import leave_refused
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import KINDS, done_body, due_body, due_lines, print_lines, tell_done, told_json, when
from rescounter.cli.union_words import Call
from rescounter.cli.voice import counted, stages
from rescounter.terms import CallerFault

if TYPE_CHECKING:
    from rescounter.cycle.next_step import Due
    from rescounter.cycle.union import Cycle
    from rescounter.facade.union import Desk, Done
    from rescounter.terms import Refusal

__all__ = ["do_step", "run_cycle", "sentence_of"]


def do_step(call: Call, verb: str, cycle: str | None) -> None:
    """One step, and what comes next."""
    from rescounter.cycle.next_step import next_step
    from rescounter.facade.union_work import step

    with desk_of(call) as desk:
        by = who(call, desk, "cut_off")
        with stages(quiet=call.quiet or call.as_json) as progress:
            progress(verb)
            done = step(desk, verb, by=by, cycle=cycle)
        changed = _cycle_of(desk, done)
        due = None if changed is None else next_step(desk.union, changed, at_us=desk.at_us)
        zone = desk.union.rules(desk.at_us).union.zone
        more: dict[str, Any] = {}
        if changed is not None:
            more = {"cycle": changed.code, "state": changed.state.value, "next": due_body(due, zone)}
            more |= reserves_body(desk, changed) | rates_due_body(desk, changed)
        tell_done(call, desk, done, sentence_of(desk, done), **more)
        if done.act is not None and not done.is_repeat and not call.quiet and not call.as_json:
            told = () if changed is None else (*reserves_lines(desk, changed), *rates_due_lines(desk, changed))
            print_lines([*told, *due_lines(due, desk)])


def _cycle_of(desk: Desk, done: Done) -> Cycle | None:
    """The cycle that an act changed: the one whose latest act it is."""
    return next((cycle for cycle in desk.union.cycles.values() if cycle.acts[-1].number == done.act), None)


def sentence_of(desk: Desk, done: Done) -> str:
    """What a step of a cycle came to, in words and figures."""
    cycle = _cycle_of(desk, done)
    if cycle is None:
        return KINDS.get(done.kind, done.kind)
    return f"Cycle {cycle.code} {_did(desk, cycle)}"


def _did(desk: Desk, cycle: Cycle) -> str:
    act = cycle.acts[-1]
    body, zone = act.body, desk.union.rules_of(cycle).union.zone
    match act.kind:
        case "cycle_opened":
            return f"is open; it is cut off {when(cycle.dates.cut_off_at_us, zone)} ({zone})."
        case "cut_off":
            return f"is cut off: {counted(body['rows'], 'obligation')}, {body['excluded']:,} of them kept out. Root {body['root']}"
        case "corrected":
            changed = counted(body["changed"], "row") + " changed in the correction window"
            return f"is corrected: {counted(body['rows'], 'obligation')}; {changed}. Root {body['root']}"
        case "cleared":
            return f"is cleared, {_finality(body)}: {'; '.join(_cleared(desk, cycle)) or 'nothing to clear'}. Root {body['result_root']}"
        case "called":
            return f"called, round {body['round']}: {_called(desk, body)}, due {when(body['due_at_us'], zone)}."
        case "paid_in":
            return f"booked {counted(body['booked'], 'pay-in')}{' that were assumed' if body['file'] == 'assumed' else ''}."
        case "paired" | "funded" if "pairs" in body:
            return _paired(desk, act.kind, body)
        case "settled" if "pairs" in cycle.known("funded").body:
            return "is settled: what was put aside is paid out."
        case "funded":
            return "is funded: every call is covered, and each net debtor's position is earmarked."
        case "settled":
            return "is settled: net positions are discharged for good."
        case "closed":
            return f"is closed. {counted(body['carried_rows'], 'obligation')} carried over."
    return KINDS.get(act.kind, act.kind)


def _paired(desk: Desk, kind: str, body: Any) -> str:
    settled = desk.office.table(body["pairs"]).num_rows
    waiting = len(set(desk.office.table(body["queued"])["pair"].to_pylist()))
    done = "settled, both payments or neither" if kind == "funded" else "pass the tests and are to be posted"
    return (
        f"is {'funded' if kind == 'funded' else 'planned'}: {counted(settled, 'pair')} {done}; {waiting:,} wait (rescounter cycle pairs)."
    )


def _finality(body: Any) -> str:
    return "finally: what is set off is discharged for good" if body["is_final"] else "preliminarily: corrections may still come"


def _cleared(desk: Desk, cycle: Cycle) -> list[str]:
    from rescounter.cli.voice import percent
    from rescounter.cycle.clearance import summary_of
    from rescounter.terms import format_minor

    told = []
    for code, currency in summary_of(cycle, desk.office)["currencies"].items():
        gross, cleared = (format_minor(currency[name], currency["exponent"], group=",") for name in ("gross_minor", "cleared_minor"))
        told.append(f"{cleared} of {gross} {code} set off ({percent(currency['cleared_share'])})")
    return told


def _called(desk: Desk, body: Any) -> str:
    calls = desk.office.table(body["calls"]).to_pylist()
    pay, paid = (sum(1 for row in calls if row[name]) for name in ("pay_in_minor", "pay_out_minor"))
    return f"{counted(pay, 'member')} to pay in, {paid:,} to be paid out"


def run_cycle(call: Call, cycle: str | None, *, demonstrate: bool) -> None:
    """Go on, tell each step that was done, and say what comes next."""
    steps: list[tuple[Due, Done, str]] = []
    with desk_of(call) as desk:
        by, zone = who(call, desk, "cut_off"), desk.union.rules(desk.at_us).union.zone
        due, refusals = _go_on(call, desk, by, cycle, steps, demonstrate=demonstrate)
        body = {"steps": [{"command": f"rescounter {due.verb}", **done_body(done)} for due, done, _ in steps], "next": due_body(due, zone)}
        if not call.quiet and not call.as_json:
            for _, done, sentence in steps:
                tell_done(call, desk, done, sentence)
        if refusals:
            leave_refused(refusals, "The next step was refused; what was done before stays done:", as_json=call.as_json, more=body)
        if told_json(call, body) or call.quiet:
            return
        if not steps:
            typer.echo("Nothing could be done.")
        reserves = [] if due is None else reserves_lines(desk, desk.union.cycles[due.cycle])
        print_lines([*reserves, *due_lines(due, desk)])


def _go_on(
    call: Call, desk: Desk, by: str, cycle: str | None, steps: list[tuple[Due, Done, str]], *, demonstrate: bool
) -> tuple[Due | None, tuple[Refusal, ...]]:
    """Run, adding each step with its sentence to *steps*. Returns: what comes next, and why a step was refused."""
    from rescounter.facade.union_work import run

    with stages(quiet=call.quiet or call.as_json) as progress:

        def told(due: Due, done: Done) -> None:
            steps.append((due, done, sentence_of(desk, done)))
            progress(f"{counted(len(steps), 'step')} done, going on after {due.verb}")

        progress("going on")
        try:
            return run(desk, by=by, cycle=cycle, assume=demonstrate, told=told), ()
        except CallerFault as fault:
            refusals = fault.facts.get("refusals")
            if fault.code != "step_refused" or not isinstance(refusals, tuple):
                raise
            return None, refusals
