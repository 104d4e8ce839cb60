"""The commands of ``rescounter capital``: the union's own convertible reserves."""

from __future__ import annotations

from typing import Annotated

import typer

from rescounter.cli.union_words import Call, in_a_union, new_group

__all__ = ["capital_app"]

capital_app = new_group("The union's own convertible reserves: bring capital in, give it back, look at them.")

Currency = Annotated[str, typer.Argument(help="Such as EUR.")]
Amount = Annotated[str, typer.Argument(help="In major units, such as 350000000.")]
Reference = Annotated[str, typer.Option(help="The reference of this movement, used once.")]
Source = Annotated[str, typer.Option(help="Whose money it is, in words; it stays on record.")]


@in_a_union(capital_app)
def add(call: Call, currency: Currency, amount: Amount, reference: Reference, source: Source) -> None:
    """Bring capital in: it came to the settlement account; approved and posted.

    \b
    rescounter capital add USD 350000000 --reference K-1 --source "contribution of the United States"
    """
    from rescounter.cli.capital_work import move_capital

    move_capital(call, currency, amount, is_added=True, reference=reference, source=source)


@in_a_union(capital_app, "return")
def return_(call: Call, currency: Currency, amount: Amount, reference: Reference, source: Source) -> None:
    """Give capital back, as far as the reserves stay at their floor; approved and posted.

    \b
    rescounter capital return USD 50000000 --reference K-2 --source "contribution of the United States"
    """
    from rescounter.cli.capital_work import move_capital

    move_capital(call, currency, amount, is_added=False, reference=reference, source=source)


@in_a_union(capital_app, acts=False)
def show(call: Call) -> None:
    """Show the reserves, their floor, and every movement of capital.

    \b
    rescounter capital show
    """
    from rescounter.cli.capital_work import show_capital

    show_capital(call)
