"""Unidentified money: what waits, and how a person gives it to a member or sends it back.

The acts belong to no cycle: money may be recognised long after the cycle in which it came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc

from rescounter.cycle.office import Office, Step, refusal, refused, wanted
from rescounter.cycle.union import Union
from rescounter.ledger import Batch
from rescounter.settlement.postings import assign_batch, return_batch

__all__ = ["resolution_of", "resolving", "unidentified"]


def unidentified(union: Union, office: Office) -> list[dict[str, Any]]:
    """Pay-ins that belong to nobody yet, oldest first: rows of `funding.LINES` with *came_in*, the cycle that booked them."""
    found = []
    for cycle in union.cycles.values():
        for act in cycle.all("paid_in"):
            lines = office.table(act.body["lines"])
            for row in lines.filter(pc.equal(lines["verdict"], "unidentified")).to_pylist():
                if row["reference"] not in union.resolved:
                    found.append({**row, "came_in": cycle.code, "lines": act.body["lines"]})
    return found


def resolving(union: Union, office: Office, reference: str, *, member: str, reason: str) -> Step:
    """The act that gives a pay-in to *member*, or with none sends it back."""
    before = union.resolved.get(reference)
    if before is not None and before.kind in ("assigned", "returned") and before.body["member"] == member:
        return Step(is_done=True, told=f"{reference} was resolved before, in act {before.number}; nothing was done.")
    waiting = unidentified(union, office)
    row = next((each for each in waiting if each["reference"] == reference), None)
    if row is None:
        names = ", ".join(each["reference"] for each in waiting[:5]) or "nothing waits"
        return refused(refusal("money_not_waiting", reference, found=reference, allowed=f"unidentified money that waits: {names}"))
    known = union.register.member(member)
    if member and known is None:
        return refused(refusal("member_not_known", member, found=member))
    return wanted(
        "assigned" if member else "returned",
        reference=reference,
        member=member,
        credited="" if known is None else known.under or known.code,
        currency=row["currency"],
        amount_minor=row["amount_minor"],
        came_in=row["came_in"],
        lines=row["lines"],
        reason=reason,
    )


def resolution_of(body: Mapping[str, Any], office: Office, *, rulebook_version: str) -> Batch:
    """The batch that moves the money of such an act."""
    lines = office.table(body["lines"])
    row = lines.filter(pc.equal(lines["reference"], body["reference"])).to_pylist()[0]
    if body["member"]:
        return assign_batch(row, body["credited"], body["came_in"], rulebook_version=rulebook_version)
    return return_batch(row, body["came_in"], rulebook_version=rulebook_version)
