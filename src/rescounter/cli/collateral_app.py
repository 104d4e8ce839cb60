"""The commands of ``rescounter collateral``: what members pledge, at which prices it counts, and who must pledge more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter.cli.union_words import Call, in_a_union, new_group

__all__ = ["collateral_app"]

collateral_app = new_group("Collateral: pledge, release, set prices, call for more, show.")

Code = Annotated[str, typer.Argument(help="The member's code.")]
What = Annotated[str, typer.Argument(help="An asset such as XS0123456789, or a currency such as EUR for cash on its account.")]
HowMuch = Annotated[str, typer.Argument(help="Pieces of the asset, or the amount in major units.")]
Reference = Annotated[str, typer.Option(help="The operator's reference, used once.")]


@in_a_union(collateral_app)
def pledge(call: Call, code: Code, what: What, how_much: HowMuch, reference: Reference) -> None:
    """Record what a member pledges; approved. Cash moves from its cash account to its collateral account.

    \b
    rescounter collateral pledge ANA XS0123456789 500 --reference P-1
    rescounter collateral pledge ANA EUR 25000 --reference P-2
    """
    from rescounter.cli.collateral_work import move

    move(call, code, what, how_much, reference=reference, is_release=False)


@in_a_union(collateral_app)
def release(call: Call, code: Code, what: What, how_much: HowMuch, reference: Reference) -> None:
    """Give collateral back; approved, and refused where the rest would not cover what the member needs.

    \b
    rescounter collateral release ANA XS0123456789 200 --reference P-3
    """
    from rescounter.cli.collateral_work import move

    move(call, code, what, how_much, reference=reference, is_release=True)


@in_a_union(collateral_app)
def prices(
    call: Call, file: Annotated[Path, typer.Argument(help="Columns asset, currency, price, haircut (per cent), source, at; any table.")]
) -> None:
    """Set prices and haircuts, all of a file or none; approved.

    \b
    rescounter collateral prices prices.csv
    """
    from rescounter.cli.collateral_work import set_prices_of

    set_prices_of(call, file)


@in_a_union(collateral_app, "call")
def call_(call: Call) -> None:
    """Value everything again and call for what is missing, with a deadline; the same again does nothing.

    \b
    rescounter collateral call
    """
    from rescounter.cli.collateral_work import call_for_more

    call_for_more(call)


@in_a_union(collateral_app, acts=False)
def show(call: Call, code: Annotated[str | None, typer.Argument(help="One member; default: all.")] = None) -> None:
    """Show what each member needs, what its collateral counts, what is missing or free, and what was called.

    \b
    rescounter collateral show
    """
    from rescounter.cli.collateral_work import show_collateral

    show_collateral(call, code)
