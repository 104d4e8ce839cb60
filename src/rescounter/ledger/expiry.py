"""What a store posts for pending transfers whose time has come: one expire transfer each.

Made before every posting decides, so what has expired binds no limit; an entry of its own, so a
balance stays the fold of the journal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rescounter.ledger.effects import Effects
from rescounter.ledger.transfers import EXPIRY_KEY, EXPIRY_MARK, Flag, Transfer, Transfers
from rescounter.terms import holds
from rescounter.terms.names import ID_LENGTH_MAX

__all__ = ["expiries", "expiry_key"]

_ID_KEPT_MAX: Final = ID_LENGTH_MAX - len(EXPIRY_MARK)


def expiry_key(sequence: int) -> str:
    """The key of the batch of expiries that becomes entry *sequence*."""
    return f"{EXPIRY_KEY}{sequence}"


def expiries(pending: Iterable[Transfer], *, at_us: int) -> tuple[Transfers, Effects]:
    """The transfers that release *pending*, by expiry and then id, and their effects.

    Law: each has expired at *at_us*; nothing is posted by it.
    """
    waiting = sorted(pending, key=lambda transfer: (transfer.expires_at_us or 0, transfer.id))
    released: dict[str, list[int]] = {}
    for transfer in waiting:
        holds(
            transfer.flag is Flag.PENDING and transfer.expires_at_us is not None and transfer.expires_at_us <= at_us,
            "only_what_has_expired_expires",
            id=transfer.id,
        )
        released.setdefault(transfer.debit, [0, 0])[0] -= transfer.amount_minor
        released.setdefault(transfer.credit, [0, 0])[1] -= transfer.amount_minor
    rows = [
        replace(transfer, id=_id_of(transfer.id), flag=Flag.EXPIRE, pending_id=transfer.id, expires_at_us=None, memo=None)
        for transfer in waiting
    ]
    zeros = [0] * len(released)
    columns = {
        "posted_debits": zeros,
        "posted_credits": zeros,
        "pending_debits": [debits for debits, _ in released.values()],
        "pending_credits": [credits for _, credits in released.values()],
        "peak": zeros,
    }
    return Transfers.of(rows), Effects.of(list(released), columns)


def _id_of(pending_id: str) -> str:
    """The pending transfer's id and the mark, or its digest and the mark where that is too long."""
    if len(pending_id) <= _ID_KEPT_MAX:
        return pending_id + EXPIRY_MARK
    return hashlib.sha256(pending_id.encode()).hexdigest() + EXPIRY_MARK
