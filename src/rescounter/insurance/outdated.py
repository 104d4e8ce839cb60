"""Whether what was proposed in the pool can still be approved: what it was reckoned from must stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rescounter.insurance.pool import Pool

__all__ = ["PROPOSED_KINDS", "has_moved", "is_outdated"]

PROPOSED_KINDS: Final = (
    *("pool_year_opened", "pool_called", "pool_paid", "pool_year_closed"),
    *("claim_adjusted", "claim_paid", "claim_resolved", "reinsurance_received"),
)
"""Kinds of acts of the pool that a second person agrees to."""


def is_outdated(pool: Pool, kind: str, body: Mapping[str, Any], number: int) -> bool:
    """True where something happened since act *number* that the act wanted depends on.

    A call depends on all that is reckoned in its year, a payment on its call, a close on every act of its year, and what is done about
    a claim on the claim alone; a claim is paid from the money that is there.
    """
    year = pool.years.get(body["year"])
    if kind == "pool_year_opened" or year is None:
        return year is not None
    if not year.is_open:
        return True
    match kind:
        case "pool_called":
            return year.reckoned > number or any(body["call"] in each.calls for each in pool.years.values())
        case "pool_paid":
            return year.calls[body["call"]].touched > number
        case "pool_year_closed":
            target = pool.years.get(body["carried_to"])
            return year.acts[-1].number > number or (target is not None and not target.is_open)
    claim = pool.claims[body["claim"]]
    if kind == "claim_paid":
        is_short = year.cash_minor < body["amount_minor"]
        return is_short or any(call.touched > number for call in year.calls.values() if call.claim == claim.code) or claim.touched > number
    return claim.touched > number


def has_moved(pool: Pool, number: int) -> bool:
    """True where anything was done in a policy year since act *number*."""
    return any(year.acts[-1].number > number for year in pool.years.values())
