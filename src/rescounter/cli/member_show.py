"""Members and people, listed and shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rescounter.cli.union_door import desk_of
from rescounter.cli.union_voice import lines_of, money, print_lines, told_json, when
from rescounter.cli.union_words import Call
from rescounter.terms import CallerFault

if TYPE_CHECKING:
    from rescounter.facade.union import Desk
    from rescounter.membership.members import Member

__all__ = ["list_members", "list_people", "show_member"]


def list_members(call: Call, standing: str | None) -> None:
    """A line for each member, by code."""
    with desk_of(call) as desk:
        members = [_member(desk, member) for member in desk.union.register.members]
        if standing is not None:
            members = [member for member in members if member["standing"] == standing]
        if told_json(call, {"members": members}) or call.quiet:
            return
        names = ("code", "name", "standing", "under", "country", "group")
        print_lines(lines_of([names, *([member[name] for name in names] for member in members)]) if members else ["No member."])


def _member(desk: Desk, member: Member) -> dict[str, Any]:
    zone = desk.union.rules(desk.at_us).union.zone
    leaves = None if member.leaves_at_us is None else when(member.leaves_at_us, zone)
    plain = {name: value for name, value in asdict(member).items() if not name.endswith("_at_us")}
    standing = desk.union.register.standing_at(member.code, desk.at_us).value
    return {**plain, "standing": standing, "joined": when(member.joined_at_us, zone), "leaves": leaves}


def show_member(call: Call, code: str) -> None:
    """Everything that is known of one member."""
    from rescounter.terms import Exponents

    with desk_of(call) as desk:
        found = desk.union.register.member(code)
        if found is None:
            raise CallerFault("member_unknown", f"{code} is no member of this union")
        rules = desk.union.rules(desk.at_us)
        exponents = Exponents(dict(rules.union.exponents))
        limits = [
            {**asdict(limit), "from": when(limit.from_us, rules.union.zone), "told": money(limit.amount_minor, limit.currency, exponents)}
            for limit in desk.union.register.limits_of(code)
        ]
        rows = [row for row in desk.office.balances().rows() if row.id.startswith(f"{code}/")]
        accounts = [{"account": row.id, "currency": row.currency, "balance_minor": row.balance_minor} for row in rows]
        member = _member(desk, found)
        if told_json(call, {**member, "limits": limits, "accounts": accounts}) or call.quiet:
            return
        lines = lines_of([[name, str(value)] for name, value in member.items() if value])
        lines += [f"limit  {each['told']} ({each['kind']}) from {each['from']}" for each in limits]
        lines += [f"account  {row.id}: {money(row.balance_minor, row.currency, exponents)}" for row in rows]
        print_lines(lines)


def list_people(call: Call) -> None:
    """A line for each person, by code."""
    with desk_of(call) as desk:
        people: list[dict[str, Any]] = [
            {
                "code": person.code,
                "name": person.name,
                "roles": sorted(role.value for role in person.roles),
                "member": person.member,
                "active": person.is_active,
            }
            for person in desk.union.register.people
        ]
    if told_json(call, {"people": people}) or call.quiet:
        return
    rows = [[each["code"], each["name"], ", ".join(each["roles"]), each["member"], "" if each["active"] else "removed"] for each in people]
    print_lines(lines_of([["code", "name", "roles", "for", ""], *rows]))
