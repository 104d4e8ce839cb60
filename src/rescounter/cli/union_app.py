"""The commands of a union that stand at the root: founding, status, handing in, statements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter.cli.union_words import AsJson, Call, Cycle, Force, Format, Quiet, Reason, in_a_union

__all__ = ["add_union_commands"]

As = Annotated[str, typer.Option("--as", help="The member that hands in; '*' where the operator hands in for many.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="A folder for page, JSON and tables; else printed.")]


def add_union_commands(app: typer.Typer) -> None:
    """Put the commands of a union into the command tree."""
    from rescounter.cli.approval_app import approval_app
    from rescounter.cli.capital_app import capital_app
    from rescounter.cli.collateral_app import collateral_app
    from rescounter.cli.council_app import council_app
    from rescounter.cli.cycle_app import cycle_app
    from rescounter.cli.default_app import default_app, drill_app, fund_app
    from rescounter.cli.dispute_app import dispute_app
    from rescounter.cli.member_app import key_app, member_app, person_app
    from rescounter.cli.pool_app import pool_app
    from rescounter.cli.rates_app import rates_app
    from rescounter.cli.rulebook_app import rulebook_app
    from rescounter.cli.swap_app import swap_app

    app.command()(init)
    in_a_union(app, acts=False)(status)
    for command in (submit, withdraw, answer):
        in_a_union(app)(command)
    in_a_union(app, acts=False)(statement)
    in_a_union(app, acts=False)(savings)
    for group, name in (
        (member_app, "member"),
        (person_app, "person"),
        (key_app, "key"),
        (rulebook_app, "rulebook"),
        (rates_app, "rates"),
        (collateral_app, "collateral"),
        (approval_app, "approval"),
        (cycle_app, "cycle"),
        (capital_app, "capital"),
        (swap_app, "swap"),
        (council_app, "council"),
        (dispute_app, "dispute"),
        (pool_app, "pool"),
        (default_app, "default"),
        (fund_app, "fund"),
        (drill_app, "drill"),
    ):
        app.add_typer(group, name=name)


def init(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    pack: Annotated[str | None, typer.Option(help="A rulebook that ships; rescounter rulebook packs lists them.")] = None,
    rulebook: Annotated[Path | None, typer.Option(help="A rulebook of your own (TOML).")] = None,
    name: Annotated[str | None, typer.Option(help="The union's name; it is put into the rulebook.")] = None,
    operator: Annotated[str | None, typer.Option(help="Code of the person who runs it.")] = None,
    approver: Annotated[str | None, typer.Option(help="Code of another person, who approves.")] = None,
    demonstration: Annotated[
        bool, typer.Option("--demonstration", help="Told time; without --approver one person and generous limits; marked for ever.")
    ] = False,
    postgresql: Annotated[str | None, typer.Option(help="Address of a PostgreSQL database; default: SQLite in the folder.")] = None,
    origin: Annotated[str | None, typer.Option(help="Name of the log in checkpoints, for ever; best an address of yours.")] = None,
    at: Annotated[str | None, typer.Option("--at", help="The time of the founding, of a demonstration only.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Found a union in a new folder, with keys of its own.

    \b
    rescounter init circle --pack trade-credit --name "Our circle" --operator ana --approver bo
    rescounter init trial --pack deferred-net --demonstration
    rescounter init trial --pack deferred-net --demonstration --operator ana --approver bo
    """
    from rescounter.cli.found_work import found

    found(Call(None, None, at, as_json, quiet), folder, pack=pack, rulebook=rulebook, name=name, people=(operator, approver),
          is_demonstration=demonstration, dsn=postgresql, origin=origin)  # fmt: skip


def status(
    call: Call,
    calendar: Annotated[
        Path | None, typer.Option("--calendar", metavar="FILE", help="Write all deadlines as an iCalendar file, and show nothing.")
    ] = None,
    force: Force = False,
) -> None:
    """Show the union at a glance: what is due, for whom, until when, and what happens if nothing is done.

    \b
    rescounter status
    rescounter status --calendar union.ics
    """
    if calendar is not None:
        from rescounter.cli.calendar_work import write_calendar

        write_calendar(call, calendar, member=None, force=force)
        return
    from rescounter.cli.status_work import show_status

    show_status(call)


def submit(
    call: Call,
    file: Annotated[Path, typer.Argument(help="Obligations: debtor, creditor, amount[, id, currency, due, ...]; any format.")],
    member: As,
    cycle: Cycle = None,
    columns: Annotated[str | None, typer.Option(help="Map names: debtor=payer,creditor=payee.")] = None,
    decimal: Annotated[str | None, typer.Option(help="Decimal sign . or , ; then thousands may be separated.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of a text file that is not Unicode, such as cp1252.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="The member's signing key (rescounter key new).")] = None,
    signature: Annotated[str, typer.Option(help="A signature line that was made elsewhere.")] = "",
    strict: Annotated[bool, typer.Option(help="Leave with exit code 3 when any row was refused.")] = False,
) -> None:
    """Hand in obligations for a member. The same file is taken once; each bad row is told, the others are taken.

    \b
    rescounter submit march.csv --as ANA
    rescounter submit march.xlsx --as BO --columns debtor=payer,creditor=payee --key bo.key
    rescounter submit everybody.csv --as '*'
    """
    from rescounter.cli.hand_in_work import hand_in

    reading = {"columns": columns, "decimal": decimal, "encoding": encoding, "sheet": sheet}
    hand_in(call, file, member, cycle=cycle, reading=reading, key=key, signature=signature, strict=strict)


def withdraw(
    call: Call,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids as they were handed in.")],
    member: As,
    cycle: Cycle = None,
) -> None:
    """Take obligations back before the cut-off, or in the correction window; all of them or none.

    \b
    rescounter withdraw INV-7 INV-9 --as ANA
    """
    from rescounter.cli.hand_in_work import take_back

    take_back(call, ids, member, cycle=cycle)


def answer(
    call: Call,
    member: As,
    file: Annotated[Path | None, typer.Argument(help="Answers: submitter, id, answer (confirmed or rejected), reason.")] = None,
    confirm: Annotated[list[str] | None, typer.Option("--confirm", metavar="SUBMITTER/ID", help="May stand several times.")] = None,
    reject: Annotated[list[str] | None, typer.Option("--reject", metavar="SUBMITTER/ID", help="May stand several times.")] = None,
    reason: Reason = "",
    cycle: Cycle = None,
) -> None:
    """Confirm or reject what others handed in and the member is a party to; all of it or nothing.

    \b
    rescounter answer --as BO --confirm ANA/INV-7
    rescounter answer --as BO --reject ANA/INV-9 --reason "delivered broken"
    rescounter answer answers.csv --as BO
    """
    from rescounter.cli.hand_in_work import say

    say(call, file, member, confirm=confirm or [], reject=reject or [], reason=reason, cycle=cycle)


def statement(
    call: Call,
    member: Annotated[str, typer.Argument(help="The member's code.")],
    cycle: Cycle = None,
    output: Output = None,
    format: Format = "parquet",
    force: Force = False,
) -> None:
    """Show what a member owed and was owed, what became of it, what it pays or is paid, and the proof.

    \b
    rescounter statement ANA
    rescounter statement ANA --cycle 2026-03-16 -o ana-march --format xlsx
    """
    from rescounter.cli.statement_work import show_statement

    show_statement(call, member, cycle=cycle, output=output, format=format, force=force)


def savings(call: Call, output: Output = None, format: Format = "parquet", force: Force = False) -> None:
    """Show what clearing together has saved, by cycle and since the beginning.

    \b
    rescounter savings -o savings
    """
    from rescounter.cli.statement_work import show_savings

    show_savings(call, output=output, format=format, force=force)
