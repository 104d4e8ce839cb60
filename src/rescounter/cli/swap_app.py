"""The commands of ``rescounter swap``: what a member in net deficit draws from others, and repays."""

from __future__ import annotations

from typing import Annotated

import typer

from rescounter.cli.union_words import Call, in_a_union, new_group

__all__ = ["swap_app"]

swap_app = new_group(
    "Swaps: a member in net deficit draws cash from others, and repays it.", "docs/CREDIT.md explains who may, and how much."
)

Reference = Annotated[str, typer.Argument(help="The reference under which the swap was drawn.")]


@in_a_union(swap_app)
def draw(
    call: Call,
    member: Annotated[str, typer.Argument(help="The member in net deficit.")],
    amount: Annotated[str, typer.Argument(help="In major units of the unit of account, such as 500.00.")],
    reference: Annotated[str, typer.Option(help="A reference of your own, used once in all swaps.")],
    partners: Annotated[
        list[str] | None, typer.Option("--from", metavar="MEMBER", help="Who gives; may stand several times. Default: every other member.")
    ] = None,
) -> None:
    """Draw a swap, in equal parts from each partner; approved and posted.

    \b
    rescounter swap show ANA
    rescounter swap draw ANA 500.00 --from BO --from CY --reference S-1
    """
    from rescounter.cli.swap_work import draw_swap

    draw_swap(call, member, amount, reference=reference, partners=partners or [])


@in_a_union(swap_app)
def repay(call: Call, reference: Reference) -> None:
    """Repay a swap whole, with its interest until today, from the cash of who drew it; approved and posted.

    \b
    rescounter swap repay S-1
    """
    from rescounter.cli.swap_work import repay_swap

    repay_swap(call, reference)


@in_a_union(swap_app, acts=False)
def show(
    call: Call, member: Annotated[str | None, typer.Argument(help="The member's code: its swaps, and what it may ask for.")] = None
) -> None:
    """Show swaps with what is owed today and when it falls due; of one member also what it is entitled to.

    \b
    rescounter swap show
    rescounter swap show ANA
    """
    from rescounter.cli.swap_work import show_swaps

    show_swaps(call, member)
