"""The commands of ``rescounter approval``: what waits for a second person, and what that person decides."""

from __future__ import annotations

from typing import Annotated

import typer

from rescounter.cli.union_words import Call, Reason, in_a_union, new_group

__all__ = ["approval_app"]

approval_app = new_group("What moves money or changes members, limits, keys or rules waits for a second person: list, approve, refuse.")

Number = Annotated[int, typer.Argument(help="The proposal's number, as approval list shows it.")]


@in_a_union(approval_app, "list", acts=False)
def list_(call: Call, everything: Annotated[bool, typer.Option("--all", help="Those that were decided or lapsed, too.")] = False) -> None:
    """List proposals that wait, with who may decide.

    \b
    rescounter approval list
    """
    from rescounter.cli.approval_work import list_proposals

    list_proposals(call, everything=everything)


@in_a_union(approval_app)
def approve(call: Call, number: Number, reason: Reason = "") -> None:
    """Approve a proposal, which does it. Nobody approves their own.

    \b
    rescounter approval approve 12 --by eva
    """
    from rescounter.cli.approval_work import decide

    decide(call, number, is_approved=True, reason=reason)


@in_a_union(approval_app)
def refuse(call: Call, number: Number, reason: Reason) -> None:
    """Refuse a proposal; nothing is done.

    \b
    rescounter approval refuse 12 --by eva --reason "wrong cap"
    """
    from rescounter.cli.approval_work import decide

    decide(call, number, is_approved=False, reason=reason)
