"""Every currency sums to zero: what one account is owed, others owe."""

from __future__ import annotations

from rescounter.ledger.effects import Effects
from rescounter.ledger.standings import Standings
from rescounter.terms import holds

__all__ = ["currencies_sum_to_zero", "effects_sum_to_zero"]


def effects_sum_to_zero(effects: Effects) -> None:
    """Law: what a batch debits it credits, posted and pending. Cost: one pass over accounts."""
    posted = sum(effects.posted_debits.tolist()) - sum(effects.posted_credits.tolist())
    pending = sum(effects.pending_debits.tolist()) - sum(effects.pending_credits.tolist())
    holds(posted == 0, "zero_sum", posted_debits_less_credits=posted)
    holds(pending == 0, "zero_sum", pending_debits_less_credits=pending)


def currencies_sum_to_zero(standings: Standings) -> None:
    """Law: all accounts of a ledger together, each currency by itself, sum to zero."""
    posted: dict[str, int] = {}
    pending: dict[str, int] = {}
    for row in standings.rows():
        posted[row.currency] = posted.get(row.currency, 0) + row.balance_minor
        pending[row.currency] = pending.get(row.currency, 0) + row.pending_credits - row.pending_debits
    for currency in posted:
        holds(posted[currency] == 0, "zero_sum", currency=currency, balances=posted[currency])
        holds(pending[currency] == 0, "zero_sum", currency=currency, pending=pending[currency])
