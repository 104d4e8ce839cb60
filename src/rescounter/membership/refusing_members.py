"""Why members cannot join, change, be suspended or leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from rescounter.membership.grounds import Grounds, code_found, details_found, keys_found, reason_found, refused, rows_of
from rescounter.membership.members import MEMBER_DETAILS, Member, Standing
from rescounter.membership.participants import standing_of
from rescounter.terms import Refusal
from rescounter.terms.names import closest

__all__ = ["change_found", "default_found", "ending_found", "joining_found", "leaving_found", "reinstating_found", "suspending_found"]

_CODE_AND_REASON: Final = ("code", "reason")
_OUTCOMES: Final = ("reinstated", "closed")


def joining_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of each member that would join, row by row."""
    rows, unusable = rows_of(grounds.body, "members")
    yield from unusable
    yield from keys_found(grounds.body, ("members",), "members")
    counted = Counter(row["code"] for row in rows if isinstance(row.get("code"), str))
    beside = {row["code"]: row for row in rows if isinstance(row.get("code"), str)}
    for number, row in enumerate(rows, 1):
        code = row.get("code")
        name = code if isinstance(code, str) else f"row {number}"
        yield from code_found(row, row=number)
        if isinstance(code, str) and code in grounds.register.by_code:
            yield refused("member_code_taken", name, code, row=number)
        if isinstance(code, str) and counted[code] > 1:
            yield refused("member_code_twice", name, f"{code}, {counted[code]} times", row=number)
        if not row.get("name"):
            yield refused("detail_missing", name, "no name", "a name", row=number)
        if grounds.conditions.lei_required and not row.get("lei"):
            yield refused("lei_missing", name, "no lei", row=number)
        yield from keys_found(row, MEMBER_DETAILS, name, row=number)
        yield from details_found(row, name, row=number)
        yield from _settles_in_found(grounds, row, name, row=number)
        yield from _under_found(grounds, row, name, beside, row=number)


def change_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of a change of details; its code never changes."""
    member, unusable = _member(grounds)
    yield from unusable
    yield from keys_found(grounds.body, MEMBER_DETAILS, _name(grounds))
    if member is None:
        return
    changes = {key: grounds.body[key] for key in MEMBER_DETAILS if key in grounds.body and key != "code"}
    if all(getattr(member, key) == value for key, value in changes.items()):
        yield refused("nothing_changes", member.code, ", ".join(f"{key} {value}" for key, value in changes.items()) or "no detail")
    if "name" in changes and not changes["name"]:
        yield refused("detail_missing", member.code, "no name", "a name")
    if grounds.conditions.lei_required and not changes.get("lei", member.lei):
        yield refused("lei_missing", member.code, "no lei")
    yield from details_found(changes, member.code)
    yield from _settles_in_found(grounds, {"under": member.under, **changes}, member.code)
    yield from _under_found(grounds, {"code": member.code, **changes}, member.code, {})
    if changes.get("under"):
        below = sorted(each.code for each in grounds.register.by_code.flat().values() if each.under == member.code)
        if below:
            yield refused("has_indirect_members", member.code, ", ".join(below[:5]))


def _settles_in_found(grounds: Grounds, details: Mapping[str, Any], name: str, *, row: int = 0) -> Iterator[Refusal]:
    """Whether the member may settle in the currency that it chooses; who settles through another has none of its own."""
    chosen = details.get("settles_in", "")
    if chosen and (details.get("under") or chosen not in grounds.conditions.settlement_currencies):
        may = ", ".join(grounds.conditions.settlement_currencies) if not details.get("under") else ""
        yield refused("settlement_currency_wrong", name, str(chosen), f"one of: {may}" if may else "", row=row)


def _under_found(
    grounds: Grounds, details: Mapping[str, Any], name: str, beside: Mapping[str, Mapping[str, Any]], *, row: int = 0
) -> Iterator[Refusal]:
    """Whether the direct member is one; it may join by the same act, *beside* this one."""
    under = details.get("under", "")
    if not isinstance(under, str):
        yield refused("detail_missing", name, f"under: {under!r}", "a text as under", row=row)
        return
    if not under:
        return
    direct = grounds.register.member(under)
    is_there = direct is None or standing_of(direct, grounds.at_us) is not Standing.LEFT
    if under == details.get("code") or not is_there or (direct is None and under not in beside):
        yield refused("direct_member_unknown", name, f"under {under}", row=row)
    elif direct.under if direct is not None else beside[under].get("under"):
        yield refused("direct_member_is_indirect", name, f"under {under}, which settles through another", row=row)


def suspending_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of a suspension."""
    yield from _standing_found(grounds, is_so=lambda member: member.standing in (Standing.SUSPENDED, Standing.DEFAULTED))


def default_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of the declaration of a default. Who has left may have left debts behind, so it may be in default too."""
    code = str(grounds.body.get("code", ""))
    member = grounds.register.member(code)
    yield from keys_found(grounds.body, _CODE_AND_REASON, code)
    yield from reason_found(grounds, code)
    if member is None:
        yield refused("member_not_known", code, code, "codes of members" + closest(code, grounds.register.by_code))
    elif member.standing is Standing.DEFAULTED:
        yield refused("in_default_already", code, f"{code} is in default")


def ending_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of the end of a default."""
    code = str(grounds.body.get("code", ""))
    member = grounds.register.member(code)
    yield from keys_found(grounds.body, (*_CODE_AND_REASON, "outcome", "default"), code)
    yield from reason_found(grounds, code)
    if member is None or member.standing is not Standing.DEFAULTED:
        yield refused("not_in_default", code, code)
    if grounds.body.get("outcome") not in _OUTCOMES:
        yield refused("outcome_unknown", code, str(grounds.body.get("outcome")))


def reinstating_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of the end of a suspension. Who has left meanwhile is reinstated too, so that its open items run off."""
    yield from _standing_found(grounds, is_so=lambda member: member.standing is not Standing.SUSPENDED, may_have_left=True)


def _standing_found(grounds: Grounds, *, is_so: Callable[[Member], bool], may_have_left: bool = False) -> Iterator[Refusal]:
    member, unusable = _member(grounds)
    gone = grounds.register.member(str(grounds.body.get("code", "")))
    if member is None and may_have_left and gone is not None and gone.standing is Standing.SUSPENDED:
        member, unusable = gone, ()
    yield from unusable
    yield from keys_found(grounds.body, _CODE_AND_REASON, _name(grounds))
    yield from reason_found(grounds, _name(grounds))
    if member is not None and is_so(member):
        yield refused("standing_unchanged", member.code, f"{member.code} is {member.standing.value}")


def leaving_found(grounds: Grounds) -> Iterator[Refusal]:
    """Faults of a notice or an expulsion. Who gave notice may still be expelled, nobody gives notice twice."""
    member, unusable = _member(grounds)
    yield from unusable
    yield from keys_found(grounds.body, (*_CODE_AND_REASON, "leaves_at_us"), _name(grounds))
    if grounds.kind == "member_expelled":
        yield from reason_found(grounds, _name(grounds))
    elif member is not None and member.leaves_at_us is not None:
        yield refused("standing_unchanged", member.code, f"{member.code} is leaving")
    leaves = grounds.body.get("leaves_at_us")
    if type(leaves) is not int or (leaves < grounds.at_us and not grounds.was_approved):
        yield refused("leaves_too_early", _name(grounds), f"leaves_at_us {leaves}")


def _name(grounds: Grounds) -> str:
    return str(grounds.body.get("code", ""))


def _member(grounds: Grounds) -> tuple[Member | None, tuple[Refusal, ...]]:
    """The member that the act is about, where it has not left; or why there is none."""
    code = grounds.body.get("code")
    member = grounds.register.member(code) if isinstance(code, str) else None
    if member is None:
        hint = closest(str(code), grounds.register.by_code)
        return None, (refused("member_not_known", str(code), code, f"codes of members{hint}" if hint else ""),)
    if standing_of(member, grounds.at_us) is Standing.LEFT:
        return None, (refused("member_has_left", member.code, f"{member.code} has left"),)
    return member, ()
