"""The commands of ``rescounter rates``: what currencies are worth, told to a union that settles in a unit of account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter.cli.union_words import Call, in_a_union, new_group

__all__ = ["rates_app"]

rates_app = new_group("Rates of exchange: set, look at, and deal what they leave to the union.")


@in_a_union(rates_app, "set")
def set_(
    call: Call,
    file: Annotated[Path, typer.Argument(help="Columns currency, rate, source, at; CSV or any table.")],
) -> None:
    """Set rates: how much of each currency one unit of the base buys; approved, all of a file or none.

    \b
    rescounter rates set rates.csv
    """
    from rescounter.cli.rates_work import set_rates_of

    set_rates_of(call, file)


@in_a_union(rates_app)
def ecb(
    call: Call,
    date: Annotated[str, typer.Option("--date", help="The day on which the bank published, such as 2026-03-16.")],
) -> None:
    """Set the euro reference rates of the European Central Bank, from the history that ships; nothing is fetched.

    \b
    rescounter rates ecb --date 2026-03-16
    """
    from rescounter.cli.rates_work import set_published

    set_published(call, date)


@in_a_union(rates_app, acts=False)
def show(call: Call) -> None:
    """Show the unit, the latest rate of each currency, the rates that were frozen for cycles, and what is to be dealt.

    \b
    rescounter rates show
    """
    from rescounter.cli.rates_work import show_rates

    show_rates(call)


@in_a_union(rates_app)
def deal(
    call: Call,
    sold: Annotated[str, typer.Argument(help="What was sold: amount and currency, such as '80000 EUR'.")],
    bought: Annotated[str, typer.Argument(help="What was bought for it, such as '89376 USD'.")],
    reference: Annotated[str, typer.Option(help="The operator's reference of this dealing, used once.")],
) -> None:
    """Record foreign exchange that was dealt at the centre; approved and posted.

    \b
    rescounter rates deal '80000 EUR' '89376 USD' --reference FX-2026-03-1
    """
    from rescounter.cli.rates_work import deal_exchange

    deal_exchange(call, sold, bought, reference=reference)
