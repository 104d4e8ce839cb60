"""The commands of ``rescounter council``: representatives, motions, votes, decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter.cli.union_words import Call, Force, Reason, in_a_union, new_group

__all__ = ["council_app"]

council_app = new_group(
    "The members decide: table a motion, circulate it, open the vote, close it. What is adopted is done by the same stroke.",
    epilog="docs/COUNCIL.md explains motions, voting rules and decisions.",
)

Number = Annotated[int, typer.Argument(help="The motion's number, as council show lists it.")]
Title = Annotated[str, typer.Option("--title", help="What it is about, in one line.")]
Text = Annotated[str, typer.Option("--text", help="Why; it circulates with the motion.")]
Interested = Annotated[list[str] | None, typer.Option("--interested", help="A member with an interest of its own; repeat for several.")]
Rulebook = Annotated[Path | None, typer.Option("--rulebook", help="The whole new text of the rulebook (TOML).")]
Admit = Annotated[list[str] | None, typer.Option("--admit", metavar="CODE=NAME", help="A member that joins; repeat for several.")]
Suspend = Annotated[str | None, typer.Option("--suspend", metavar="CODE", help="A member to be suspended.")]
Reinstate = Annotated[str | None, typer.Option("--reinstate", metavar="CODE", help="A member whose suspension ends.")]
Default = Annotated[str | None, typer.Option("--default", metavar="CODE", help="A member to be declared in default.")]
Expel = Annotated[str | None, typer.Option("--expel", metavar="CODE", help="A member to be expelled, after the days of withdrawal.")]
Quota = Annotated[list[str] | None, typer.Option("--quota", metavar="CODE=AMOUNT", help='A quota such as "ANA=1000.00 EUR"; repeat.')]
Rates = Annotated[Path | None, typer.Option("--rates", help="Rates of exchange: currency, rate, source, at; as rates set takes them.")]
Dispute = Annotated[int | None, typer.Option("--dispute", metavar="N", help="A dispute with a notice, to be decided.")]
ActFile = Annotated[Path | None, typer.Option("--act", help='Any act of the council as JSON: {"kind": ..., "body": {...}}.')]
Key = Annotated[Path | None, typer.Option("--key", help="The signing key (rescounter key new).")]
Signature = Annotated[str, typer.Option("--signature", help="A signature line that was made elsewhere, over council ballot.")]
To = Annotated[str, typer.Option("--to", help="The member that votes for this one, with the choice delegate.")]
Choice = Annotated[str, typer.Argument(help="yes, no, abstain or delegate.")]


@in_a_union(council_app)
def name(
    call: Call,
    member: Annotated[str, typer.Argument(help="The member.")],
    person: Annotated[str, typer.Argument(help="A person with the role member for this member; '' ends the representation.")],
    office: Annotated[str, typer.Option("--office", help="An office of the rulebook, such as chair.")] = "",
    since: Annotated[str | None, typer.Option("--from", help="From when; default: at once.")] = None,
) -> None:
    """Name who represents a member in council. A second person agrees.

    \b
    rescounter council name ANA eva --office chair
    """
    from rescounter.cli.council_work import name_one

    name_one(call, member, person, office=office, since=since)


@in_a_union(council_app)
def table(
    call: Call,
    title: Title,
    text: Text = "",
    rulebook: Rulebook = None,
    admit: Admit = None,
    suspend: Suspend = None,
    reinstate: Reinstate = None,
    expel: Expel = None,
    default: Default = None,
    quota: Quota = None,
    rates: Rates = None,
    dispute: Dispute = None,
    act: ActFile = None,
    interested: Interested = None,
    reason: Reason = "",
) -> None:
    """Table a motion: what it wants is one of the options, and is done at once when it is adopted.

    \b
    rescounter council table --title "Pay in a day later" --rulebook ours.toml --by eva
    rescounter council table --title "Suspend BO" --suspend BO --reason "did not pay" --by eva
    rescounter council table --title "The relief goes on" --dispute 1 --by eva
    """
    from rescounter.cli.council_work import table_one

    asked = _asked(rulebook, admit, suspend, reinstate, expel, default, quota, rates, dispute, act)
    table_one(call, asked, title=title, text=text, interested=interested or [], reason=reason)


@in_a_union(council_app)
def amend(
    call: Call,
    number: Number,
    title: Annotated[str | None, typer.Option("--title", help="Another title.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="Another reason why.")] = None,
    rulebook: Rulebook = None,
    admit: Admit = None,
    suspend: Suspend = None,
    reinstate: Reinstate = None,
    expel: Expel = None,
    default: Default = None,
    quota: Quota = None,
    rates: Rates = None,
    dispute: Dispute = None,
    act: ActFile = None,
    reason: Reason = "",
) -> None:
    """Amend a motion before its vote opens; it circulates again. What is not named stays as it is.

    \b
    rescounter council amend 3 --rulebook ours.toml --by eva
    """
    from rescounter.cli.council_work import amend_one

    asked = _asked(rulebook, admit, suspend, reinstate, expel, default, quota, rates, dispute, act)
    amend_one(call, number, asked, title=title, text=text, reason=reason)


def _asked(
    rulebook: Path | None,
    admit: list[str] | None,
    suspend: str | None,
    reinstate: str | None,
    expel: str | None,
    default: str | None,
    quota: list[str] | None,
    rates: Path | None,
    dispute: int | None,
    act: Path | None,
) -> dict[str, object]:
    words = {
        "rulebook": rulebook,
        "admit": admit,
        "suspend": suspend,
        "reinstate": reinstate,
        "expel": expel,
        "default": default,
        "quota": quota,
        "rates": rates,
        "dispute": dispute,
        "act": act,
    }
    return {word: value for word, value in words.items() if value}


@in_a_union(council_app)
def circulate(call: Call, number: Number) -> None:
    """Circulate a motion: its voting rule and its days are fixed from here on.

    \b
    rescounter council circulate 3
    """
    from rescounter.cli.council_work import move

    move(call, "circulate", number)


@in_a_union(council_app, "open")
def open_(call: Call, number: Number) -> None:
    """Open the vote: who may vote and when it ends are fixed.

    \b
    rescounter council open 3
    """
    from rescounter.cli.council_work import move

    move(call, "open", number)


@in_a_union(council_app)
def vote(call: Call, number: Number, choice: Choice, to: To = "", key: Key = None, signature: Signature = "") -> None:
    """Vote for the member that you represent. It may be changed until the vote ends, unless the voting rule counts the first ballot.

    \b
    rescounter council vote 3 yes --by eva --key eva.key
    rescounter council vote 3 delegate --to BO --by eva
    """
    from rescounter.cli.council_work import vote_one

    vote_one(call, number, choice, to=to, key=key, signature=signature)


@in_a_union(council_app)
def ballot(call: Call, number: Number, choice: Choice, to: To = "") -> None:
    """Print what is to be signed for a ballot, for a key that lies elsewhere.

    \b
    rescounter council ballot 3 yes --by eva
    """
    from rescounter.cli.council_work import print_ballot

    print_ballot(call, number, choice, to=to)


@in_a_union(council_app)
def close(call: Call, number: Number) -> None:
    """Close a vote after its end; what it adopts is done by the same stroke.

    \b
    rescounter council close 3
    """
    from rescounter.cli.council_work import move

    move(call, "close", number)


@in_a_union(council_app)
def withdraw(call: Call, number: Number, reason: Reason = "") -> None:
    """Take a motion back before its vote opens.

    \b
    rescounter council withdraw 3 --by eva --reason "settled otherwise"
    """
    from rescounter.cli.council_work import withdraw_one

    withdraw_one(call, number, reason=reason)


@in_a_union(council_app, acts=False)
def show(call: Call, number: Annotated[int | None, typer.Argument(help="A motion; default: all of them.")] = None) -> None:
    """Show who represents whom, the motions, and of one motion its text, dates, ballots and tally.

    \b
    rescounter council show
    rescounter council show 3
    """
    from rescounter.cli.council_show import show_council, show_motion

    if number is None:
        show_council(call)
    else:
        show_motion(call, number)


@in_a_union(council_app, acts=False)
def decisions(call: Call) -> None:
    """List the register of decisions: number, motion, what was decided, and the act that it brought about.

    \b
    rescounter council decisions
    """
    from rescounter.cli.council_show import show_decisions

    show_decisions(call)


@in_a_union(council_app, acts=False)
def minutes(
    call: Call,
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NUMBER]...", help="Motions; default: all that were closed.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A folder for the page; else printed.")] = None,
    force: Force = False,
) -> None:
    """Print or write the minutes: every motion that was closed, its tally with the reason, and how each member voted.

    \b
    rescounter council minutes
    rescounter council minutes 3 -o minutes-3
    """
    from rescounter.cli.council_show import show_minutes

    show_minutes(call, numbers or [], output=output, force=force)


@in_a_union(council_app, acts=False)
def export(
    call: Call,
    number: Number,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A new folder; default: vote-NUMBER.")] = None,
    force: Force = False,
) -> None:
    """Write a closed vote for anybody who counts it again: rescounter verify FOLDER.

    \b
    rescounter council export 3 -o vote-3
    """
    from rescounter.cli.council_work import export_one

    export_one(call, number, output or Path(f"vote-{number}"), force=force)


@in_a_union(council_app, acts=False)
def check(call: Call) -> None:
    """Do everything that was done in council again, from the first act on; exit code 1 where anything would come out otherwise.

    \b
    rescounter council check
    """
    from rescounter.cli.council_work import check_all

    check_all(call)
