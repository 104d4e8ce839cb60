"""The commands of ``rescounter dispute``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter.cli.union_words import AsJson, Call, Force, Reason, in_a_union, new_group

__all__ = ["dispute_app"]

dispute_app = new_group(
    "Timed disputes: what ends when, and what happens if nothing is done.",
    epilog="clock and templates need no union. docs/DISPUTES.md explains clocks, polarities and templates.",
)


@dispute_app.command()
def templates(as_json: AsJson = False) -> None:
    """List the kinds of dispute that ship.

    \b
    rescounter dispute templates
    """
    from rescounter.cli.dispute_work import list_templates

    list_templates(as_json=as_json)


@dispute_app.command()
def clock(
    template: Annotated[str, typer.Option("--template", help="As dispute templates lists it.")],
    raised: Annotated[str, typer.Option("--from", help="The day on which it would be raised, such as 2026-01-14.")],
    zone: Annotated[str, typer.Option("--zone", help="Time zone in which days are counted, such as Europe/Ljubljana.")] = "UTC",
    notified: Annotated[str | None, typer.Option("--notified", help="Day of the notice; default: the first possible one.")] = None,
    endorsed: Annotated[str | None, typer.Option("--endorsed", help="Day on which the agreement was endorsed; tells its sunset.")] = None,
    holidays: Annotated[
        list[str] | None, typer.Option("--holidays", help="Calendar of business days, such as XECB or SI; repeat for several.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print every date of a clock before anybody raises anything: who may act, until when, and what happens if nobody does.

    \b
    rescounter dispute clock --template snapback-65-days --from 2026-01-14
    rescounter dispute clock --template invoice-dispute --from 2026-03-20 --zone Europe/Ljubljana --holidays SI
    """
    from rescounter.cli.dispute_work import tell_clock

    tell_clock(template, raised, zone, notified=notified, endorsed=endorsed, holidays=tuple(holidays or ()), as_json=as_json)


Number = Annotated[int, typer.Argument(help="Of the dispute, as dispute list shows it.")]
For = Annotated[str | None, typer.Option("--for", help="The member for whom you act; default: your own.")]


@in_a_union(dispute_app, "raise")
def raise_(
    call: Call,
    obligations: Annotated[list[str] | None, typer.Argument(help="SUBMITTER/ID of each obligation that is disputed.")] = None,
    *,
    against: Annotated[str, typer.Option("--against", help="The respondent.")],
    reason: Reason,
    complainant: For = None,
    measure: Annotated[int, typer.Option("--measure", help="Instead of obligations: the act that set limits or lifted a suspension.")] = 0,
    template: Annotated[str, typer.Option("--template", help="A template that the rulebook allows; default: its own choice.")] = "",
) -> None:
    """Raise a dispute: its dates are fixed, and what it is about is held out of clearing.

    \b
    rescounter dispute raise ANA/INV-7 --against BO --reason "never delivered" --by ana
    rescounter dispute raise --measure 12 --against DEE --template snapback-65-days --reason "arrears" --by bo
    """
    from rescounter.cli.dispute_union import raise_one

    raise_one(call, obligations or [], against=against, complainant=complainant, measure=measure, template=template, reason=reason)


@in_a_union(dispute_app)
def do(
    call: Call,
    number: Number,
    event: Annotated[str, typer.Argument(help="What is done, such as answered, referred, settled, decided; show tells what can be.")],
    *,
    member: For = None,
    adopted: Annotated[bool, typer.Option("--adopted", help="Of voted: the draft is adopted; else it is not.")] = False,
    restores: Annotated[
        bool, typer.Option("--restores", help="Of decided, proposed, settled: what stood before returns, an obligation is taken out.")
    ] = False,
    until: Annotated[str | None, typer.Option("--until", help="Of extended: the new last day.")] = None,
    document: Annotated[Path | None, typer.Option("--document", help="A file that goes with it and is kept.")] = None,
    resolution: Annotated[int, typer.Option("--resolution", help="Of voted: the number of the council's decision.")] = 0,
) -> None:
    """Do the next thing in a dispute. Where both parties must, each says so, and it is done with the last of them.

    \b
    rescounter dispute do 1 mediation_opened --by bo
    rescounter dispute do 1 settled --restores --by ana
    """
    from rescounter.cli.dispute_union import do_event

    do_event(
        call, number, event, member=member, is_adopted=adopted, restores=restores, until=until, document=document, resolution=resolution
    )


@in_a_union(dispute_app)
def evidence(
    call: Call,
    number: Number,
    file: Annotated[Path, typer.Argument(help="The document; it is kept in the union's database.")],
    *,
    title: Annotated[str, typer.Option("--title", help="What it is; default: the name of the file.")] = "",
    member: For = None,
) -> None:
    """Hand a document in as evidence.

    \b
    rescounter dispute evidence 1 delivery-note.pdf --title "delivery note of 3 March" --by bo
    """
    from rescounter.cli.dispute_union import hand_in_evidence

    hand_in_evidence(call, number, file, title=title or file.name, member=member)


@in_a_union(dispute_app)
def sunset(
    call: Call,
    measure: Annotated[int, typer.Argument(help="The act that set limits, suspended a member or lifted a suspension.")],
    day: Annotated[str, typer.Argument(help="Its last day, such as 2026-12-31.")],
) -> None:
    """Let a measure end by itself: at the end of a day what stood before returns.

    \b
    rescounter dispute sunset 12 2026-12-31 --by op
    """
    from rescounter.cli.dispute_union import set_sunset

    set_sunset(call, measure, day)


@in_a_union(dispute_app, "list", acts=False)
def list_(call: Call) -> None:
    """List every dispute: where it stands, and until when.

    \b
    rescounter dispute list
    """
    from rescounter.cli.dispute_union import list_disputes

    list_disputes(call)


@in_a_union(dispute_app, acts=False)
def show(
    call: Call,
    number: Number,
    *,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A folder for page, picture and JSON; else printed.")] = None,
    force: Force = False,
) -> None:
    """Show one dispute: what was done, what is due for whom by when, what happens if nothing is done, and the documents.

    \b
    rescounter dispute show 1
    rescounter dispute show 1 --output dispute-1
    """
    from rescounter.cli.dispute_union import show_dispute

    show_dispute(call, number, output=output, force=force)


@in_a_union(dispute_app, acts=False)
def export(
    call: Call,
    number: Number,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="A new folder.")],
    force: Force = False,
) -> None:
    """Write the evidence pack: documents, records with proofs, postings, timeline; rescounter verify FOLDER checks it.

    \b
    rescounter dispute export 1 --output dispute-1-pack
    rescounter verify dispute-1-pack
    """
    from rescounter.cli.dispute_union import export_pack

    export_pack(call, number, output, force=force)


@in_a_union(dispute_app, acts=False)
def calendar(
    call: Call,
    file: Annotated[Path, typer.Argument(help="A new iCalendar file, such as union.ics.")],
    *,
    member: Annotated[str | None, typer.Option("--for", help="A member: its disputes and all cycles; default: everything.")] = None,
    force: Force = False,
) -> None:
    """Write the deadlines of all cycles, open disputes and votes as an iCalendar file, as status --calendar does.

    \b
    rescounter dispute calendar union.ics
    """
    from rescounter.cli.calendar_work import write_calendar

    write_calendar(call, file, member=member, force=force)
