"""The commands of ``rescounter dispute``."""

from __future__ import annotations

from typing import Annotated

import typer

from rescounter.cli.union_words import AsJson, new_group

__all__ = ["dispute_app"]

dispute_app = new_group(
    "Timed disputes: what ends when, and what happens if nothing is done.",
    epilog="These commands need no union. docs/DISPUTES.md explains clocks, polarities and templates.",
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
