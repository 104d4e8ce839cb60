"""No limit is broken on any prefix: whole batches under `Policy.CYCLE_NET`, each transfer else."""

from __future__ import annotations

import numpy as np

from rescounter.ledger.effects import Effects
from rescounter.ledger.rulings import places_of
from rescounter.ledger.standings import NO_LIMIT, Standings
from rescounter.terms import INT64_MAX, holds

__all__ = ["is_within_limits", "limits_hold", "standings_are_within_limits"]


def _room(standings: Standings) -> np.ndarray:
    """What each account may still use, uint64: a limit less a use can pass int64, never twice of it."""
    limit = standings.numbers("limit_minor")
    room = limit.astype(np.uint64) - standings.used().astype(np.uint64)
    return np.asarray(np.where(limit == NO_LIMIT, np.uint64(2**64 - 1), room))


def is_within_limits(effects: Effects, standings: Standings, *, limits_bind: bool = True, on_each_prefix: bool = True) -> bool:
    """True when no account of *effects* passes its limit, at its peak or at the end, nor int64 on either side.

    Args: *standings* before the effects, of all their accounts, themselves within limits.
    """
    places = places_of(effects.ids, standings)
    posted_debits, posted_credits, pending_debits, pending_credits = (
        standings.numbers(name)[places] for name in ("posted_debits", "posted_credits", "pending_debits", "pending_credits")
    )
    more_debits, more_credits = effects.posted_debits + effects.pending_debits, effects.posted_credits + effects.pending_credits
    if (more_debits > INT64_MAX - (posted_debits + pending_debits)).any() or (
        more_credits > INT64_MAX - (posted_credits + pending_credits)
    ).any():
        return False
    top = np.maximum(effects.peak if on_each_prefix else effects.use(), 0)
    return not limits_bind or not (top.astype(np.uint64) > _room(standings)[places]).any()


def limits_hold(effects: Effects, standings: Standings, *, on_each_prefix: bool = True) -> None:
    """Law: what was decided breaks no limit, and no sum passes int64."""
    holds(is_within_limits(effects, standings, on_each_prefix=on_each_prefix), "limits_hold", accounts=len(effects))


def standings_are_within_limits(standings: Standings) -> None:
    """Law: as it stands, no account is over its limit, and both sides of each fit int64."""
    for row in standings.rows():
        holds(row.limit_minor is None or row.used_minor <= row.limit_minor, "limits_hold", account=row.id, used=row.used_minor)
        debits, credits = row.posted_debits + row.pending_debits, row.posted_credits + row.pending_credits
        holds(max(debits, credits) <= INT64_MAX and min(row.pending_debits, row.pending_credits) >= 0, "sums_fit_int64", account=row.id)
