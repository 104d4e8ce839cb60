"""The tally of a motion as plain data: the figures for its closing act, and member by member for the document beside it."""

from __future__ import annotations

from typing import Any

from rescounter.council.counting import count
from rescounter.council.motions import Motion
from rescounter.council.voting import Tally

__all__ = ["counted_body", "tally_body", "tally_of"]


def tally_of(motion: Motion, *, until_us: int | None = None) -> Tally:
    """The count of a motion whose vote opened, up to its end, or as it would be at an earlier instant."""
    opened = motion.known("motion_opened")
    closes = motion.closes_at_us if until_us is None else min(until_us, motion.closes_at_us)
    return count(
        motion.rule,
        motion.voters,
        motion.ballots,
        interested=frozenset(opened.body["interested"]),
        opens_at_us=opened.at_us,
        closes_at_us=closes,
        zone=motion.zone,
    )


def tally_body(tally: Tally) -> dict[str, Any]:
    """Every number and the reason."""
    names = ("rule", "unit", "entitled", "excluded", "present", "present_needed", "has_quorum", "for_it", "against", "abstaining")
    figures = {name: getattr(tally, name) for name in (*names, "absent", "base", "needed", "is_adopted", "reason")}
    return {**figures, "vetoes": list(tally.vetoes)}


def counted_body(tally: Tally) -> dict[str, Any]:
    """How each member counted, by code, and each ballot that did not, by number."""
    return {
        "counted": [
            {
                "member": each.member,
                "weight": each.weight,
                "choice": each.choice.value if each.choice else "",
                "present": each.is_present,
                "how": each.how,
            }
            for each in tally.counted
        ],
        "passed_over": [{"number": each.number, "member": each.member, "why": each.why} for each in tally.passed_over],
    }
