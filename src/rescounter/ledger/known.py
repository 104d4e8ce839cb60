"""What the ledger holds about an id that a batch names: as its own id, as pending, or as reversed.

A store looks the ids of a batch up in one question and hands over those it found.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from rescounter.ledger.memos import SealedMemo
from rescounter.ledger.transfers import Transfer
from rescounter.terms import Refusal

__all__ = ["Fate", "Known"]


class Fate(IntEnum):
    """What became of a pending transfer; `NONE` while it waits, and for all others."""

    NONE = 0
    POSTED = 2
    VOIDED = 3
    EXPIRED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An id that was answered before, and the first answer.

    *content*: content digest of the transfer (`canonical.content_digest`). *transfer*: as posted,
    without memo; None where it was refused. *refusal*: why, or None where it was posted. *reversed*:
    a later transfer undid it. *memo*: its sealed memo, None where it has none; *memo_is_kept*: false where
    it was erased, or belongs to a refused transfer, whose memo is never kept.
    """

    content: bytes
    transfer: Transfer | None = None
    refusal: Refusal | None = None
    fate: Fate = Fate.NONE
    is_reversed: bool = False
    memo: SealedMemo | None = None
    memo_is_kept: bool = True

    def has_memo(self, text: str | None) -> bool:
        """True unless the memo is there to compare and differs."""
        if not self.memo_is_kept:
            return True
        return text is None if self.memo is None else self.memo.is_of(text)
