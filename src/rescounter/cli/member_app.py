"""The commands of ``rescounter member``, ``person`` and ``key``: who belongs to the union, who acts in it, who signs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rescounter.cli.union_words import AsJson, Call, Quiet, Reason, in_a_union, new_group

__all__ = ["key_app", "member_app", "person_app"]

member_app = new_group("Members: join, change, suspend, leave; their limits.")
person_app = new_group("People: who operates, approves, oversees, or acts for a member.")
key_app = new_group("Keys with which members sign what they hand in.", "A key is a file that its owner alone can read.")

Code = Annotated[str, typer.Argument(help="The member's code.")]
Name = Annotated[str | None, typer.Option(help="The full name.")]
Lei = Annotated[str | None, typer.Option(help="Legal entity identifier (ISO 17442).")]
Bic = Annotated[str | None, typer.Option(help="Business identifier code (ISO 9362).")]
Country = Annotated[str | None, typer.Option(help="Country (ISO 3166-1, two letters).")]
Group = Annotated[str | None, typer.Option(help="Group of related members.")]
Under = Annotated[str | None, typer.Option(help="The direct member through which it settles.")]
Account = Annotated[str | None, typer.Option(help="Where it is paid (IBAN).")]
Key = Annotated[str | None, typer.Option(help="Its verifier key, as rescounter key new prints it.")]
SettlesIn = Annotated[str | None, typer.Option(help="Currency in which it settles, where it is not the unit of account.")]
Roles = Annotated[list[str] | None, typer.Option("--role", help="operator, approver, member or overseer; may stand several times.")]
Of = Annotated[str | None, typer.Option("--member", help="The member for whom the person acts.")]


@in_a_union(member_app)
def add(
    call: Call,
    code: Annotated[str | None, typer.Argument(help="The code in every file, for ever.")] = None,
    name: Name = None,
    lei: Lei = None,
    bic: Bic = None,
    country: Country = None,
    group: Group = None,
    under: Under = None,
    account: Account = None,
    key: Key = None,
    settles_in: SettlesIn = None,
    file: Annotated[Path | None, typer.Option("--file", help="Many at once: columns code, name, lei, bic, country, ...")] = None,
) -> None:
    """Let a member join, or all of a file; the same again does nothing.

    \b
    rescounter member add ANA --name "Ana d.o.o." --account SI56192001234567892
    rescounter member add --file members.csv
    """
    from rescounter.cli.member_work import let_join

    details = {"name": name, "lei": lei, "bic": bic, "country": country, "group": group, "under": under, "account": account, "key": key,
               "settles_in": settles_in}  # fmt: skip
    let_join(call, code, {each: text for each, text in details.items() if text is not None}, file=file)


@in_a_union(member_app)
def change(
    call: Call,
    code: Code,
    name: Name = None,
    lei: Lei = None,
    bic: Bic = None,
    country: Country = None,
    group: Group = None,
    under: Under = None,
    account: Account = None,
    key: Key = None,
    settles_in: SettlesIn = None,
) -> None:
    """Change what is known of a member; its code never changes. An empty text takes a detail away.

    \b
    rescounter member change ANA --bic LJBASI2X --group ""
    """
    from rescounter.cli.member_work import act_on

    details = {"name": name, "lei": lei, "bic": bic, "country": country, "group": group, "under": under, "account": account, "key": key,
               "settles_in": settles_in}  # fmt: skip
    given = {each: text for each, text in details.items() if text is not None}
    act_on(call, "member_changed", f"{code} was changed.", code=code, **given)


@in_a_union(member_app)
def consent(
    call: Call,
    code: Code,
    represented_by: Annotated[str | None, typer.Option(metavar="PERSON", help="Who shall represent it; '' for nobody.")] = None,
    office: Annotated[str, typer.Option(help="With an office of the rulebook, such as chair.")] = "",
    new_key: Annotated[str | None, typer.Option(help="Its verifier key from then on; '' for none.")] = None,
    act: Annotated[Path | None, typer.Option(help='Any act as JSON: {"kind": "person_removed", "body": {"code": ...}}.')] = None,
    key: Annotated[Path | None, typer.Option("--key", help="The key that it signs with (rescounter key new).")] = None,
    signature: Annotated[str, typer.Option(help="A signature line that was made elsewhere.")] = "",
) -> None:
    """Consent, as a member that has a key, to another key or representative; without --key or --signature, print what is signed.

    \b
    rescounter member consent ANA --represented-by eva --office chair --key ana.key
    rescounter member consent ANA --new-key ana+1f0c9a2b+... --key ana.key
    """
    from rescounter.cli.member_work import consent_to

    asked = {"person": represented_by, "key": new_key, "act": act}
    consent_to(call, code, {name: value for name, value in asked.items() if value is not None}, office=office, key=key, signature=signature)


@in_a_union(member_app)
def suspend(call: Call, code: Code, reason: Reason) -> None:
    """Suspend a member: it hands nothing in, and its obligations stay out of what is cut off later.

    \b
    rescounter member suspend ANA --reason "did not pay in"
    """
    from rescounter.cli.member_work import act_on

    act_on(call, "member_suspended", f"{code} is suspended.", code=code, reason=reason)


@in_a_union(member_app)
def reinstate(call: Call, code: Code, reason: Reason) -> None:
    """End a suspension.

    \b
    rescounter member reinstate ANA --reason "paid in on 20 March"
    """
    from rescounter.cli.member_work import act_on

    act_on(call, "member_reinstated", f"{code} takes part again.", code=code, reason=reason)


@in_a_union(member_app)
def withdraw(call: Call, code: Code, reason: Reason = "") -> None:
    """Give a member's notice; it leaves after the days that the rulebook names, and its open items run off.

    \b
    rescounter member withdraw ANA
    """
    from rescounter.cli.member_work import let_leave

    let_leave(call, "member_withdrew", code, reason)


@in_a_union(member_app)
def expel(call: Call, code: Code, reason: Reason) -> None:
    """Expel a member; its open items run off.

    \b
    rescounter member expel ANA --reason "broke the rules on screening"
    """
    from rescounter.cli.member_work import let_leave

    let_leave(call, "member_expelled", code, reason)


@in_a_union(member_app)
def limit(
    call: Call,
    code: Code,
    currency: Annotated[str, typer.Argument(help="Such as EUR.")],
    amount: Annotated[str, typer.Argument(help="In major units, such as 250000.")],
    kind: Annotated[str, typer.Option(help="net_debit_cap, quota, fund_share, or what else docs/UNION.md lists.")] = "net_debit_cap",
    from_: Annotated[str | None, typer.Option("--from", help="From when, such as 2026-04-01; default: at once.")] = None,
) -> None:
    """Set how far a member may owe, net, without having paid in.

    \b
    rescounter member limit ANA EUR 250000
    rescounter member limit ANA EUR 100000 --from 2026-04-01
    """
    from rescounter.cli.member_work import set_limit

    set_limit(call, code, currency, amount, kind=kind, start=from_)


@in_a_union(member_app)
def repay(
    call: Call,
    code: Code,
    currency: Annotated[str, typer.Argument(help="Such as EUR.")],
    amount: Annotated[str, typer.Argument(help="In major units, such as 5000.")],
    reference: Annotated[str, typer.Option(help="The operator's reference of this repayment, used once.")],
) -> None:
    """Pay back what a member paid in and does not need; approved and posted.

    \b
    rescounter member repay ANA EUR 5000 --reference R-2026-04-1
    """
    from rescounter.cli.member_work import pay_back

    pay_back(call, code, currency, amount, reference=reference)


@in_a_union(member_app, "list", acts=False)
def list_(call: Call, standing: Annotated[str | None, typer.Option(help="Only active, suspended, leaving or left ones.")] = None) -> None:
    """List members with their standing."""
    from rescounter.cli.member_show import list_members

    list_members(call, standing)


@in_a_union(member_app, acts=False)
def show(call: Call, code: Code) -> None:
    """Show all that is known of a member: details, standing, limits, accounts."""
    from rescounter.cli.member_show import show_member

    show_member(call, code)


@in_a_union(person_app, "add")
def add_person(
    call: Call,
    code: Annotated[str, typer.Argument(help="The code by which the person acts (--by).")],
    role: Roles = None,
    name: Name = None,
    member: Of = None,
) -> None:
    """Add a person.

    \b
    rescounter person add eva --role approver --name "Eva Novak"
    rescounter person add jo --role member --member ANA
    """
    from rescounter.cli.member_work import act_on

    details = {"name": name or code, "roles": list(role or ()), **({"member": member} if member else {})}
    act_on(call, "person_added", f"{code} is added.", code=code, **details)


@in_a_union(person_app, "change")
def change_person(
    call: Call, code: Annotated[str, typer.Argument(help="The person's code.")], role: Roles = None, name: Name = None, member: Of = None
) -> None:
    """Change a person's name, roles (all of them are named again) or member.

    \b
    rescounter person change jo --role member --role overseer --member ANA
    """
    from rescounter.cli.member_work import act_on

    given = {"name": name, "roles": list(role) if role else None, "member": member}
    act_on(call, "person_changed", f"{code} was changed.", code=code, **{each: value for each, value in given.items() if value is not None})


@in_a_union(person_app, "remove")
def remove_person(call: Call, code: Annotated[str, typer.Argument(help="The person's code.")]) -> None:
    """Remove a person; what the person did stays on record.

    \b
    rescounter person remove jo
    """
    from rescounter.cli.member_work import act_on

    act_on(call, "person_removed", f"{code} acts no more.", code=code)


@in_a_union(person_app, "list", acts=False)
def list_people(call: Call) -> None:
    """List people with their roles."""
    from rescounter.cli.member_show import list_people

    list_people(call)


@key_app.command()
def new(
    file: Annotated[Path, typer.Argument(help="A new file, which its owner alone can read.")],
    name: Annotated[str | None, typer.Option(help="Name of the key; default: the file's name without its ending.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Make a signing key for a member, and print the verifier key that the operator registers.

    \b
    rescounter key new ana.key
    rescounter submit march.csv --as ANA --key ana.key
    """
    from rescounter.cli.member_work import make_key

    make_key(file, name, quiet=quiet, as_json=as_json)
