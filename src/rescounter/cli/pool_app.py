"""The commands of ``rescounter pool``: the union's mutual insurance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter.cli.union_words import Call, Force, Reason, in_a_union, new_group

__all__ = ["pool_app"]

pool_app = new_group("The mutual insurance pool: policy years, exposures, calls, claims; docs/INSURANCE.md explains them.")
claim_app = new_group("Claims on the pool: notify, reserve, adjust, pay, refuse, dispute, resolve.")
pool_app.add_typer(claim_app, name="claim")

Year = Annotated[str | None, typer.Option("--year", "-y", help="The policy year, such as 2026; default: the one that was opened last.")]
Claim = Annotated[str, typer.Argument(help="The claim's code.")]
Amount = Annotated[str, typer.Argument(help="In major units, such as 1234.50.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="A folder for page, text and JSON; else printed.")]


@in_a_union(pool_app)
def year(call: Call, file: Annotated[Path, typer.Argument(help="The terms of the year (TOML).")]) -> None:
    """Open a policy year by its terms: cover, layers, rates, record, margin, close. A second person approves.

    \b
    rescounter pool year terms-2026.toml
    """
    from rescounter.cli.pool_work import open_year

    open_year(call, file)


@in_a_union(pool_app)
def exposure(
    call: Call,
    file: Annotated[Path, typer.Argument(help="A table: member, class, exposure; and record_contributed, record_lost of movers.")],
    year: Year = None,
) -> None:
    """Declare what members have at risk, in place of what they declared before.

    \b
    rescounter pool exposure exposures.csv --year 2026
    """
    from rescounter.cli.pool_work import declare

    declare(call, file, year)


@in_a_union(pool_app, "call")
def call_(
    call: Call,
    kind: Annotated[str, typer.Argument(help="advance, supplementary, release or overspill.")],
    year: Year = None,
    amount: Annotated[str | None, typer.Option("--amount", help="Of a supplementary call; default: what solvency lacks.")] = None,
    name: Annotated[str, typer.Option("--name", help="Of a supplementary call with an amount; used once.")] = "",
    member: Annotated[str, typer.Option("--member", help="Of a release call: who leaves.")] = "",
    claim: Annotated[str, typer.Option("--claim", help="Of an overspill call: the claim that no layer bears.")] = "",
    reason: Reason = "",
) -> None:
    """Call members: nobody is charged twice for the same. A second person approves.

    \b
    rescounter pool call advance
    rescounter pool call supplementary
    rescounter pool call supplementary --amount 5000 --name may-call
    rescounter pool call release --member ANA
    rescounter pool call overspill --claim C-2
    """
    from rescounter.cli.pool_work import make_call

    make_call(call, kind, year, amount=amount, name=name, member=member, claim=claim, reason=reason)


@in_a_union(pool_app)
def pay(
    call: Call,
    name: Annotated[str, typer.Argument(help="The call, as pool show lists it.")],
    member: Annotated[str, typer.Option("--member", help="Who pays; default: everybody whose cash covers what it owes.")] = "",
    amount: Annotated[str | None, typer.Option("--amount", help="How much of it; default: all that the member owes.")] = None,
) -> None:
    """Pay a call from members' cash. A second person approves.

    \b
    rescounter pool pay 2026-advance-1
    rescounter pool pay 2026-advance-1 --member ANA --amount 100
    """
    from rescounter.cli.pool_work import pay_call

    pay_call(call, name, member=member, amount=amount)


@in_a_union(claim_app)
def notify(
    call: Call,
    claim: Claim,
    amount: Amount,
    member: Annotated[str, typer.Option("--member", help="Whose claim it is.")],
    cover: Annotated[str, typer.Option("--cover", help="A cover of the terms.")],
    occurred: Annotated[str, typer.Option("--occurred", help="The day of the loss, such as 2026-03-01.")],
    year: Year = None,
    reason: Reason = "",
) -> None:
    """Notify a claim, in the whole amount of the loss.

    \b
    rescounter pool claim notify C-1 5000 --member BO --cover cargo --occurred 2026-03-01
    """
    from rescounter.cli.pool_work import notify_claim

    notify_claim(call, claim, amount, year, member=member, cover=cover, occurred=occurred, reason=reason)


@in_a_union(claim_app)
def reserve(call: Call, claim: Claim, amount: Amount, reason: Reason = "") -> None:
    """Hold an amount back for a claim: what the whole loss is taken for.

    \b
    rescounter pool claim reserve C-1 4500
    """
    from rescounter.cli.pool_work import act_on_claim

    act_on_claim(call, "reserve", claim, amount, reason=reason)


@in_a_union(claim_app)
def adjust(call: Call, claim: Claim, amount: Amount, reason: Reason = "") -> None:
    """Grant a claim, in the whole amount of the loss; the layers say who bears what. A second person approves.

    \b
    rescounter pool claim adjust C-1 5000
    """
    from rescounter.cli.pool_work import act_on_claim

    act_on_claim(call, "adjust", claim, amount, reason=reason)


@in_a_union(claim_app, "pay")
def pay_claim(call: Call, claim: Claim) -> None:
    """Pay what is due of a claim to its member's cash, as far as the year has money. A second person approves.

    \b
    rescounter pool claim pay C-1
    """
    from rescounter.cli.pool_work import act_on_claim

    act_on_claim(call, "pay", claim, None)


@in_a_union(claim_app)
def refuse(call: Call, claim: Claim, reason: Reason) -> None:
    """Refuse a claim of which nothing was paid.

    \b
    rescounter pool claim refuse C-3 --reason "war is excluded"
    """
    from rescounter.cli.pool_work import act_on_claim

    act_on_claim(call, "refuse", claim, None, reason=reason)


@in_a_union(claim_app)
def dispute(call: Call, claim: Claim, reason: Reason) -> None:
    """Dispute a refusal or an adjustment.

    \b
    rescounter pool claim dispute C-3 --reason "it was no war"
    """
    from rescounter.cli.pool_work import act_on_claim

    act_on_claim(call, "dispute", claim, None, reason=reason)


@in_a_union(claim_app)
def resolve(call: Call, claim: Claim, amount: Amount, reason: Reason = "") -> None:
    """End a dispute with what is granted in all; 0 grants nothing. A second person approves.

    \b
    rescounter pool claim resolve C-3 2500
    """
    from rescounter.cli.pool_work import act_on_claim

    act_on_claim(call, "resolve", claim, amount, reason=reason)


@in_a_union(pool_app)
def reinsurance(
    call: Call,
    reference: Annotated[str, typer.Argument(help="The bank's reference of an unidentified pay-in, as cycle fund lists it.")],
    claim: Annotated[str, typer.Option("--claim", help="The claim that it is for.")],
    reinsurer: Annotated[str, typer.Option("--from", help="Who paid it, as the terms name it.")],
) -> None:
    """Take an unidentified pay-in as what a reinsurer pays of a claim. A second person approves.

    \b
    rescounter pool reinsurance BANK-77 --claim C-2 --from "Market Re"
    """
    from rescounter.cli.pool_work import receive

    receive(call, reference, claim=claim, reinsurer=reinsurer)


@in_a_union(pool_app)
def close(
    call: Call,
    year: Annotated[str, typer.Argument(help="The policy year.")],
    to: Annotated[str, typer.Option("--to", help="The year that takes the surplus, where it is carried.")] = "",
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Close without dues that were never paid and reinsurance that never came.")
    ] = False,
) -> None:
    """Close a policy year: its surplus goes back to members, or on. A second person approves.

    \b
    rescounter pool close 2026
    """
    from rescounter.cli.pool_work import close_year

    close_year(call, year, to=to, gives_up=give_up)


@in_a_union(pool_app, acts=False)
def show(
    call: Call,
    year: Year = None,
    member: Annotated[str, typer.Option("--member", help="A member's statement of the pool instead.")] = "",
    output: Output = None,
    force: Force = False,
) -> None:
    """Show a policy year with its solvency, calls and claims, or a member's statement.

    \b
    rescounter pool show
    rescounter pool show --year 2026 -o pool-2026
    rescounter pool show --member ANA -o ana-pool
    """
    from rescounter.cli.pool_show import show_member, show_year

    if member:
        show_member(call, member, output=output, force=force)
    else:
        show_year(call, year, output=output, force=force)


@in_a_union(pool_app, acts=False)
def project(
    call: Call,
    year: Year = None,
    scenarios: Annotated[
        Path | None,
        typer.Option("--scenarios", help="A table: name, loss_ratio_percent, large_claim; default: none, as expected, bad, worst."),
    ] = None,
    output: Output = None,
    force: Force = False,
) -> None:
    """Project what members would be called for under scenarios of losses.

    \b
    rescounter pool project
    rescounter pool project --scenarios losses.csv -o projection
    """
    from rescounter.cli.pool_show import show_projection

    show_projection(call, year, scenarios, output=output, force=force)


@in_a_union(pool_app, acts=False)
def replay(call: Call) -> None:
    """Reckon every call, payment and close of the pool again from what is on record. Leaves with 1 where something differs.

    \b
    rescounter pool replay
    """
    from rescounter.cli.pool_show import replay_all

    replay_all(call)
