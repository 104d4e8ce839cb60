"""The commands of ``rescounter cycle``: each step of a settlement cycle, the run to the next decision, and what can be asked of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter.cli.union_words import Call, Cycle, Force, Format, Reason, in_a_union, new_group

__all__ = ["cycle_app"]

cycle_app = new_group("A settlement cycle: open, cut off, clear, correct, fund, settle, close; or run to the next decision.")

Which = Annotated[str | None, typer.Argument(help="The cycle, such as 2026-03-16; default: the latest that has what is asked for.")]
Into = Annotated[Path, typer.Option("--output", "-o", help="A new folder.")]
Reference = Annotated[str, typer.Argument(help="The bank's reference of the pay-in.")]


@in_a_union(cycle_app, "open")
def open_(call: Call) -> None:
    """Open the next cycle of the calendar: its dates, holidays, currency digits and rules are frozen.

    \b
    rescounter cycle open
    """
    from rescounter.cli.cycle_work import do_step

    do_step(call, "open", None)


@in_a_union(cycle_app, "cut-off")
def cut_off(call: Call, cycle: Cycle = None) -> None:
    """Freeze the set of obligations under one root, at the cut-off or later.

    \b
    rescounter cycle cut-off
    """
    from rescounter.cli.cycle_work import do_step

    do_step(call, "cut-off", cycle)


@in_a_union(cycle_app)
def clear(call: Call, cycle: Cycle = None) -> None:
    """Clear what was cut off: preliminary while corrections may come, else final, which is approved and posted.

    \b
    rescounter cycle clear
    """
    from rescounter.cli.cycle_work import do_step

    do_step(call, "clear", cycle)


@in_a_union(cycle_app)
def correct(call: Call, cycle: Cycle = None) -> None:
    """End the correction window: the set as it is after everything that came in it.

    \b
    rescounter cycle correct
    """
    from rescounter.cli.cycle_work import do_step

    do_step(call, "correct", cycle)


@in_a_union(cycle_app)
def fund(
    call: Call,
    file: Annotated[Path | None, typer.Argument(help="Pay-ins: a table, or camt.053 or camt.054 of the settlement account.")] = None,
    cycle: Cycle = None,
) -> None:
    """Call net debtors, book what came in, and earmark it when every call is covered. Without FILE: who is short.

    \b
    rescounter cycle fund
    rescounter cycle fund payins.csv
    """
    from rescounter.cli.pay_in_work import fund_cycle

    fund_cycle(call, file, cycle)


@in_a_union(cycle_app)
def assign(
    call: Call, reference: Reference, member: Annotated[str, typer.Argument(help="The member to whom it belongs.")], reason: Reason = ""
) -> None:
    """Give an unidentified pay-in to the member to whom it belongs.

    \b
    rescounter cycle assign BANK-77 ANA --reason "her letter of 12 March"
    """
    from rescounter.cli.pay_in_work import resolve

    resolve(call, reference, member, reason)


@in_a_union(cycle_app, "return")
def return_(call: Call, reference: Reference, reason: Reason = "") -> None:
    """Send an unidentified pay-in back.

    \b
    rescounter cycle return BANK-77 --reason "sent by mistake"
    """
    from rescounter.cli.pay_in_work import resolve

    resolve(call, reference, "", reason)


@in_a_union(cycle_app)
def settle(call: Call, cycle: Cycle = None) -> None:
    """Make the net of the rest final, on the day that the calendar names; approved and posted.

    \b
    rescounter cycle settle
    """
    from rescounter.cli.cycle_work import do_step

    do_step(call, "settle", cycle)


@in_a_union(cycle_app)
def close(call: Call, cycle: Cycle = None) -> None:
    """Close a cycle: fees, figures for the savings report, and what the next cycle takes over.

    \b
    rescounter cycle close
    """
    from rescounter.cli.cycle_work import do_step

    do_step(call, "close", cycle)


@in_a_union(cycle_app)
def run(
    call: Call,
    cycle: Cycle = None,
    demonstrate: Annotated[bool, typer.Option("--demonstrate", help="Assume pay-ins; in a demonstration only.")] = False,
) -> None:
    """Go on until a person must decide, money must come, or the time of the next step has not come.

    \b
    rescounter cycle run
    rescounter cycle run --demonstrate --at 2026-03-31T18:00
    """
    from rescounter.cli.cycle_work import run_cycle

    run_cycle(call, cycle, demonstrate=demonstrate)


@in_a_union(cycle_app, acts=False)
def status(
    call: Call, cycle: Which = None, items: Annotated[str | None, typer.Option("--items", help="What it holds for this member.")] = None
) -> None:
    """Show the dates and the state of a cycle, and what comes next; or what it holds for a member.

    \b
    rescounter cycle status
    rescounter cycle status --items ANA
    """
    from rescounter.cli.cycle_show import show_cycle

    show_cycle(call, cycle, items=items)


@in_a_union(cycle_app, acts=False)
def page(
    call: Call, cycle: Which = None, output: Annotated[Path | None, typer.Option("--output", "-o", help="An HTML file.")] = None
) -> None:
    """Show the cycle as a whole: rows, figures, calls, postings, approvals. For operator and overseer.

    \b
    rescounter cycle page
    rescounter cycle page 2026-03-16 -o march.html
    """
    from rescounter.cli.cycle_show import show_page

    show_page(call, cycle, output=output)


@in_a_union(cycle_app, acts=False)
def export(
    call: Call,
    output: Into,
    cycle: Which = None,
    format: Format = "parquet",
    key_file: Annotated[Path | None, typer.Option("--key-file", help="Write the key of the cycle there; verify wants it.")] = None,
    force: Force = False,
) -> None:
    """Write the result of a cycle as a folder that rescounter verify, explain and extract take.

    \b
    rescounter cycle export 2026-03-16 -o march --key-file march.key
    rescounter verify march --key-file march.key
    """
    from rescounter.cli.cycle_files import export_cycle

    export_cycle(call, cycle, output=output, format=format, key_file=key_file, force=force)


@in_a_union(cycle_app, "pay-ins", acts=False)
def pay_ins(call: Call, output: Into, cycle: Which = None, force: Force = False) -> None:
    """Write who pays in and who is paid out: a table for people, pain.001 for banks.

    \b
    rescounter cycle pay-ins -o calls
    """
    from rescounter.cli.cycle_files import write_pay_ins

    write_pay_ins(call, cycle, output=output, force=force)


@in_a_union(cycle_app, acts=False)
def replay(call: Call, cycle: Which = None) -> None:
    """Do a cycle again from what is on record: the stored flow is verified, all else reckoned anew; exit code 1 on any difference.

    \b
    rescounter cycle replay 2026-03-16
    """
    from rescounter.cli.cycle_files import replay_again

    replay_again(call, cycle)


@in_a_union(cycle_app, acts=False)
def pairs(call: Call, cycle: Which = None) -> None:
    """Show the pairs of payments of a cycle: what settled in which pass, what waits, and the test that failed.

    \b
    rescounter cycle pairs 2026-01-05
    """
    from rescounter.cli.pairs_show import show_pairs

    show_pairs(call, cycle)
