"""The commands of ``rescounter default``, ``fund`` and ``drill``: what stands behind a default, who bears it, and what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter.cli.union_words import Call, Force, Reason, in_a_union, new_group

__all__ = ["default_app", "drill_app", "fund_app"]

_PAGE = "docs/GUARANTEE.md explains the layers, the accounts and the fund."
default_app = new_group("Defaults: declare one, have its loss borne layer after layer, give back what comes back.", _PAGE)
fund_app = new_group("The guarantee fund: what members contribute, and the capital ahead of them.", _PAGE)
drill_app = new_group("Drills on the live union: the same code, and nothing is posted or recorded.", _PAGE)

Member = Annotated[str, typer.Argument(help="The member's code.")]
OneMember = Annotated[str | None, typer.Argument(help="The member's code; default: every member.")]
Currency = Annotated[str, typer.Argument(help="Such as EUR.")]
OneCurrency = Annotated[str | None, typer.Option("--currency", help="Such as EUR; default: every currency in which it owes something.")]
Amount = Annotated[str, typer.Argument(help="In major units, such as 250.00.")]
Reference = Annotated[str, typer.Option("--reference", help="A reference of your own, used once in all movements of the guarantee.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="A folder for page, JSON and text; else printed.")]


@in_a_union(default_app)
def declare(call: Call, member: Member, reason: Reason) -> None:
    """Declare that a member is in default. It takes no part any more, has no credit, and is late at once in what is final.

    \b
    rescounter default declare DEE --reason "insolvency opened on 2026-02-03"
    """
    from rescounter.cli.default_work import declare_default

    declare_default(call, member, reason)


@in_a_union(default_app)
def bear(call: Call, member: Member, currency: OneCurrency = None) -> None:
    """Have the loss of a member in default borne, layer after layer; done again, it does nothing twice.

    \b
    rescounter drill default DEE
    rescounter default bear DEE
    """
    from rescounter.cli.default_work import bear_loss

    bear_loss(call, member, currency)


@in_a_union(default_app)
def pay(call: Call, member: Member, currency: Currency, amount: Amount, reference: Reference) -> None:
    """Pay what was called from a member, from its cash, the oldest call first.

    \b
    rescounter default pay ANA EUR 60.00 --reference CALL-7
    """
    from rescounter.cli.default_work import move

    move(call, "assessment_paid", member, currency, amount, reference)


@in_a_union(default_app)
def recover(call: Call, member: Member, currency: Currency, amount: Amount, reference: Reference) -> None:
    """Give back what came back of a default, in reverse order of the layers.

    \b
    rescounter default recover DEE EUR 300.00 --reference ESTATE-1
    """
    from rescounter.cli.default_work import move

    move(call, "recovered", member, currency, amount, reference)


@in_a_union(default_app)
def end(
    call: Call,
    member: Member,
    reason: Reason,
    reinstated: Annotated[bool, typer.Option("--reinstated", help="It has paid everything and takes part again.")] = False,
    closed: Annotated[
        bool, typer.Option("--closed", help="It stays out for ever; what may still come back is given back as ever.")
    ] = False,
) -> None:
    """End a default: the member is reinstated, or the case is closed; approved.

    \b
    rescounter default end DEE --reinstated --reason "all was paid"
    rescounter default end DEE --closed --reason "the estate is wound up"
    """
    from rescounter.cli.default_work import end_default

    end_default(call, member, reason, is_reinstated=reinstated, is_closed=closed)


@in_a_union(default_app, acts=False)
def show(call: Call, member: OneMember = None, output: Output = None, force: Force = False) -> None:
    """Show members in default, what was borne and came back, and calls that are open; of one member as a page.

    \b
    rescounter default show
    rescounter default show DEE -o dee-default
    """
    from rescounter.cli.default_show import show_defaults

    show_defaults(call, member, output=output, force=force)


@in_a_union(default_app, "at-risk", acts=False)
def at_risk(call: Call, member: OneMember = None) -> None:
    """Show the most that each member can lose by the default of one other, as things stand.

    \b
    rescounter default at-risk
    rescounter default at-risk ANA
    """
    from rescounter.cli.default_show import show_at_risk

    show_at_risk(call, member)


@in_a_union(fund_app)
def contribute(call: Call, member: Member, currency: Currency, amount: Amount, reference: Reference) -> None:
    """Add to a member's share in the fund, from its cash.

    \b
    rescounter member limit ANA EUR 60 --kind fund_share
    rescounter fund contribute ANA EUR 60.00 --reference FUND-1
    """
    from rescounter.cli.default_work import move

    move(call, "fund_contributed", member, currency, amount, reference)


@in_a_union(fund_app, "return")
def return_(call: Call, member: Member, currency: Currency, amount: Amount, reference: Reference) -> None:
    """Give a member part of its share back, to its cash; what it must keep stays.

    \b
    rescounter fund return ANA EUR 10.00 --reference FUND-2
    """
    from rescounter.cli.default_work import move

    move(call, "fund_returned", member, currency, amount, reference)


@in_a_union(fund_app)
def capital(call: Call, currency: Currency, amount: Amount, reference: Reference) -> None:
    """Book capital of the operator, or of the union's fund, that came in on the settlement account.

    \b
    rescounter fund capital EUR 100.00 --reference CAP-1
    """
    from rescounter.cli.default_work import move

    move(call, "guarantee_paid_in", "", currency, amount, reference)


@in_a_union(fund_app, "show", acts=False)
def show_fund(call: Call) -> None:
    """Show who must keep how much in the fund, who has it there, and the capital ahead of it.

    \b
    rescounter fund show
    """
    from rescounter.cli.default_show import show_fund as show

    show(call)


@in_a_union(drill_app, "default", acts=False)
def drill_default(
    call: Call,
    member: Member,
    loss: Annotated[
        list[str] | None, typer.Option("--loss", metavar="CUR=AMOUNT", help="Suppose this loss; may stand several times.")
    ] = None,
    worst: Annotated[bool, typer.Option("--worst", help="Suppose that its net debit cap is used up.")] = False,
    output: Output = None,
    force: Force = False,
) -> None:
    """Play the default of a member on the live union: who would bear what. Nothing is posted or recorded.

    \b
    rescounter drill default DEE
    rescounter drill default DEE --worst -o drill-dee
    rescounter drill default DEE --loss EUR=1000.00
    """
    from rescounter.cli.default_show import drill

    drill(call, member, losses=loss or [], is_worst=worst, output=output, force=force)
