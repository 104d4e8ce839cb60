"""Members that join, many at once: in acts of at most 1,000, all of them checked before the first is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from rescounter.cycle.office import Step, wanted
from rescounter.cycle.permission import conditions_of
from rescounter.facade.union import Desk, Done
from rescounter.membership.grounds import ROWS_MAX
from rescounter.membership.members import MEMBER_DETAILS
from rescounter.membership.register import Register
from rescounter.membership.register import refusals as refusals_of_member
from rescounter.rulebook.rules import PAIRS_KIND
from rescounter.terms import Exponents, Refusal
from rescounter.terms.acts import Act

__all__ = ["GENEROUS_MAJOR", "Joined", "leaves_at", "let_join"]

GENEROUS_MAJOR: Final = 1_000_000
"""What a member of a demonstration may owe in each currency, in major units, where the rulebook grants net debit caps or settles pairs."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of members that were to join: the acts or proposals, how many were *there_before*, or why none joins."""

    dones: tuple[Done, ...] = ()
    new: int = 0
    there_before: int = 0
    refusals: tuple[Refusal, ...] = ()


def let_join(
    desk: Desk, members: Sequence[tuple[int, Mapping[str, Any]]], *, by: str, progress: Callable[[str], None] = lambda stage: None
) -> Joined:
    """Let members join, each with the row it stands in; those that joined before with the same details are passed over.

    Direct members come first, so that those who settle through them find them. In a demonstration each gets a generous limit.
    """
    register = desk.union.register
    new = [(row, dict(details)) for row, details in members if not _is_there(register, details)]
    new.sort(key=lambda each: bool(each[1].get("under")))
    batches = [new[first : first + ROWS_MAX] for first in range(0, len(new), ROWS_MAX)]
    if found := _against(desk, batches):
        return Joined(refusals=found)
    dones: list[Done] = []
    for number, batch in enumerate(batches, 1):
        progress(f"members: {number:,} of {len(batches):,} acts")
        for act in _acts(desk, [details for _, details in batch]):
            done = desk.do(act, by=by)
            if done.is_refused:
                return Joined(tuple(dones), len(new), len(members) - len(new), done.refusals)
            dones.append(done)
    return Joined(tuple(dones), len(new), len(members) - len(new))


def _is_there(register: Register, details: Mapping[str, Any]) -> bool:
    known = register.member(str(details.get("code", "")))
    return known is not None and all(getattr(known, name) == details.get(name, "") for name in MEMBER_DETAILS)


def _against(desk: Desk, batches: Sequence[Sequence[tuple[int, Mapping[str, Any]]]]) -> tuple[Refusal, ...]:
    """Everything that is wrong with any of them, by row of the file."""
    register, at_us = desk.union.register, desk.at_us
    conditions = conditions_of(desk.union.rules(at_us))
    found: list[Refusal] = []
    for batch in batches:
        body = {"members": [details for _, details in batch]}
        told = refusals_of_member(register, "members_joined", body, at_us, conditions)
        found += (replace(refusal, row=batch[refusal.row - 1][0] if refusal.row else 0) for refusal in told)
        if not told:
            register = register.after(Act(number=0, at_us=at_us, by="", kind="members_joined", body=body))
    return tuple(sorted(found, key=lambda refusal: refusal.row))


def _acts(desk: Desk, batch: Sequence[Mapping[str, Any]]) -> list[Step]:
    joins = wanted("members_joined", members=list(batch))
    rules = desk.union.rules(desk.at_us)
    if not (desk.union.is_demonstration and rules.union.single_person):
        return [joins]
    wanted_limits = [("net_debit_cap", currency) for currency in rules.union.currencies if rules.settlement.net_debit_caps]
    wanted_limits += [("aggregate_short_position", rules.pairs.unit)] if rules.settlement.kind == PAIRS_KIND else []
    exponents = Exponents(dict(rules.union.exponents))
    limits = [
        {
            "member": details["code"],
            "currency": currency,
            "kind": kind,
            "amount_minor": GENEROUS_MAJOR * 10 ** (exponents.of(currency) or 0),
        }
        for details in batch
        if not details.get("under")
        for kind, currency in wanted_limits
    ]
    return [joins, *(wanted("limits_set", limits=limits[first : first + ROWS_MAX]) for first in range(0, len(limits), ROWS_MAX))]


def leaves_at(desk: Desk) -> int:
    """The instant at which a member leaves that gives notice today."""
    from rescounter.cycle.opening import business_days_of
    from rescounter.rulebook import leaving

    rules, at_us = desk.union.rules(desk.at_us), desk.at_us
    return leaving.leaves_at(at_us, rules, business_days_of(rules, at_us))
