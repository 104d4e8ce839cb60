"""Effects: what transfers do to each account, and the highest use on the way.

A prefix of a batch breaks a limit exactly when the use at the start plus the *peak* passes it. Peaks
of chunks merge, so a batch of any size is decided from one row an account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rescounter.terms import holds

__all__ = ["Effects"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Columns, one row an account that is touched, by id.

    *ids*: account ids (string), ascending by code point. *posted_debits*, *posted_credits*: int64
    minor units >= 0 to add. *pending_debits*, *pending_credits*: int64 to add, negative where
    released. *peak*: int64 >= 0, the most by which the use (debits, pending included, less credits) was
    above its start after any transfer.
    """

    ids: pa.Array
    posted_debits: np.ndarray
    posted_credits: np.ndarray
    pending_debits: np.ndarray
    pending_credits: np.ndarray
    peak: np.ndarray

    def __post_init__(self) -> None:
        columns = (self.posted_debits, self.posted_credits, self.pending_debits, self.pending_credits, self.peak)
        holds(all(len(column) == len(self.ids) and column.dtype == np.int64 for column in columns), "effects_have_their_shape")
        for column in columns:
            column.flags.writeable = False

    def __len__(self) -> int:
        return len(self.ids)

    def use(self) -> np.ndarray:
        """Change of what the limit bounds, at the end of the batch."""
        return np.asarray(self.posted_debits + self.pending_debits - self.posted_credits)

    @classmethod
    def none(cls) -> Effects:
        """Those of nothing."""
        return cls.of([], [], [], [], [], [])

    @classmethod
    def of(
        cls, ids: Sequence[str], posted_debits: Sequence[int], posted_credits: Sequence[int], pending_debits: Sequence[int],
        pending_credits: Sequence[int], peak: Sequence[int],
    ) -> Effects:  # fmt: skip
        """From lists of one length, in any order of ids."""
        order = sorted(range(len(ids)), key=lambda place: ids[place])
        columns = [
            np.array([column[place] for place in order], np.int64)
            for column in (posted_debits, posted_credits, pending_debits, pending_credits, peak)
        ]
        return cls(
            ids=pa.array([ids[place] for place in order], pa.string()),
            posted_debits=columns[0],
            posted_credits=columns[1],
            pending_debits=columns[2],
            pending_credits=columns[3],
            peak=columns[4],
        )
