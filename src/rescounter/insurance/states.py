"""The states of policy years and claims and what leads from one to the next: one table for each, from which the docs are drawn.

What the tables do not have is refused (`claim_out_of_turn`, `pool_year_closed`). Source: rule R14.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["CLAIMS", "FINAL", "YEARS", "ClaimEdge", "ClaimState", "When", "YearEdge", "YearState", "follows"]


class YearState(Enum):
    """Where a policy year stands; the value is what people read."""

    OPEN = "open"
    CLOSED = "closed"


class ClaimState(Enum):
    """Where a claim stands; the value is what people read."""

    NOTIFIED = "notified"
    RESERVED = "reserved"
    ADJUSTED = "adjusted"
    PAID = "paid"
    REFUSED = "refused"
    DISPUTED = "disputed"


class When(Enum):
    """A condition of an edge, in words."""

    NOTHING_PAID = "nothing of it was paid"
    IN_PART = "the pool has less than is due, or overspill is still to be called"
    IN_FULL = "all that is due is paid"
    GRANTED = "more is granted than was paid"
    SATISFIED = "what is granted was paid before"
    REJECTED = "nothing is granted, and nothing was paid"


@dataclass(frozen=True, slots=True)
class YearEdge:
    """In *source* (None: before the year is) *act* leads to *target*."""

    source: YearState | None
    act: str
    target: YearState
    what: str


@dataclass(frozen=True, slots=True)
class ClaimEdge:
    """In *source* (None: before the claim is) *act*, done by *who*, leads to *target* if *when* holds."""

    source: ClaimState | None
    act: str
    target: ClaimState
    who: str
    when: When | None = None


_N, _R, _A, _P, _X, _D = ClaimState
_OPERATOR: Final = "the operator"
_APPROVED: Final = "the operator, approved"
_MEMBER: Final = "the member, or the operator"

YEARS: Final = (
    YearEdge(None, "pool_year_opened", YearState.OPEN, "its terms; approved"),
    YearEdge(YearState.OPEN, "exposures_declared", YearState.OPEN, "what members have at risk, by class"),
    YearEdge(YearState.OPEN, "pool_called", YearState.OPEN, "a call: advance, supplementary, release or overspill; approved"),
    YearEdge(YearState.OPEN, "pool_paid", YearState.OPEN, "members pay a call; approved"),
    YearEdge(YearState.OPEN, "reinsurance_received", YearState.OPEN, "a reinsurer pays its part of a claim; approved"),
    YearEdge(YearState.OPEN, "pool_year_closed", YearState.CLOSED, "every claim is paid or refused; the surplus goes back or on; approved"),
)

CLAIMS: Final = (
    ClaimEdge(None, "claim_notified", _N, _MEMBER),
    ClaimEdge(_N, "claim_reserved", _R, _OPERATOR),
    ClaimEdge(_R, "claim_reserved", _R, _OPERATOR),
    ClaimEdge(_R, "claim_adjusted", _A, _APPROVED),
    ClaimEdge(_A, "claim_paid", _A, _APPROVED, When.IN_PART),
    ClaimEdge(_A, "claim_paid", _P, _APPROVED, When.IN_FULL),
    ClaimEdge(_N, "claim_refused", _X, _OPERATOR),
    ClaimEdge(_R, "claim_refused", _X, _OPERATOR),
    ClaimEdge(_A, "claim_refused", _X, _OPERATOR, When.NOTHING_PAID),
    ClaimEdge(_X, "claim_disputed", _D, _MEMBER),
    ClaimEdge(_A, "claim_disputed", _D, _MEMBER),
    ClaimEdge(_D, "claim_resolved", _A, _APPROVED, When.GRANTED),
    ClaimEdge(_D, "claim_resolved", _P, _APPROVED, When.SATISFIED),
    ClaimEdge(_D, "claim_resolved", _X, _APPROVED, When.REJECTED),
)

FINAL: Final = frozenset({ClaimState.PAID, ClaimState.REFUSED})
"""States in which nothing of a claim is open; only a refusal can still be disputed, while its year is open."""


def follows(state: ClaimState | None, act: str, facts: Set[When]) -> ClaimState | None:
    """Where *act* leads where *facts* hold; None where the table has no such edge. Law: there is never more than one."""
    for edge in CLAIMS:
        if edge.source is state and edge.act == act and (edge.when is None or edge.when in facts):
            return edge.target
    return None
