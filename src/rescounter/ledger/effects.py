"""Effects: what transfers do to each account, and the highest use on the way.

A prefix of a batch breaks a limit exactly when the use at the start plus the *peak* passes it. Peaks
of chunks merge, so a batch of any size is decided from one row an account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from rescounter.ledger.standings import Standings
from rescounter.terms import INT64_MAX, holds

__all__ = ["COLUMNS", "Effects", "changes", "effects_of_plain", "merged", "sum_fits"]

COLUMNS: Final = ("posted_debits", "posted_credits", "pending_debits", "pending_credits", "peak")
_LOW_BITS: Final = 32
_RADIX_MAX: Final = 1 << 16


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
        for name in COLUMNS:
            column = getattr(self, name)
            holds(len(column) == len(self.ids) and column.dtype == np.int64, "effects_have_their_shape", column=name)
            column.flags.writeable = False

    def __len__(self) -> int:
        return len(self.ids)

    def use(self) -> np.ndarray:
        """Change of what the limit bounds, at the end of the batch."""
        return np.asarray(self.posted_debits + self.pending_debits - self.posted_credits)

    @classmethod
    def of(cls, ids: Sequence[str], columns: Mapping[str, Sequence[int]]) -> Effects:
        """From lists of one length, one for each of `COLUMNS`, in any order of ids."""
        order = sorted(range(len(ids)), key=ids.__getitem__)
        arrays = {name: np.array([columns[name][place] for place in order], np.int64) for name in COLUMNS}
        return cls(ids=pa.array([ids[place] for place in order], pa.string()), **arrays)

    @classmethod
    def none(cls) -> Effects:
        """Those of nothing."""
        return cls.of([], {name: [] for name in COLUMNS})

    @classmethod
    def at(cls, standings: Standings, touched: np.ndarray, columns: Sequence[np.ndarray]) -> Effects:
        """From columns over all places of *standings*, of which *touched* (places) are kept."""
        ids = standings.text("id").take(pa.array(touched))
        order = np.argsort(np.array(ids.to_pylist(), dtype=object), kind="stable") if len(ids) else touched
        places = touched[order] if len(ids) else touched
        arrays = {name: np.array(column[places], np.int64) for name, column in zip(COLUMNS, columns, strict=True)}
        return cls(ids=ids.take(pa.array(order)) if len(ids) else ids, **arrays)


def sum_fits(amounts: np.ndarray, also: int = 0) -> bool:
    """True when the sum of *amounts* (int64, >= 0) and of *also* fits int64. Exact: summed in two halves."""
    high, low = int((amounts >> _LOW_BITS).sum()), int((amounts & (2**_LOW_BITS - 1)).sum())
    return (high << _LOW_BITS) + low + also <= INT64_MAX


def changes(places: np.ndarray, amounts: np.ndarray, count: int) -> np.ndarray:
    """Sum of *amounts* for each of *count* places; the sum of all must fit int64."""
    total = np.zeros(count, np.int64)
    np.add.at(total, places, amounts)
    return total


def effects_of_plain(standings: Standings, debit: np.ndarray, credit: np.ndarray, amount: np.ndarray, waits: np.ndarray) -> Effects:
    """Effects of plain and pending transfers, in order.

    Args: *debit*, *credit*: places in *standings*; *amount* int64 > 0 whose sum fits int64; *waits*: bool,
    true where pending. Cost: one stable sort of 2 n places.
    """
    count = len(standings)
    moved = np.where(waits, 0, amount)
    columns = [
        changes(debit, moved, count),
        changes(credit, moved, count),
        changes(debit, amount - moved, count),
        changes(credit, amount - moved, count),
    ]
    peak = _peaks(debit, credit, amount, moved, count)
    touched = np.zeros(count, bool)
    touched[debit] = touched[credit] = True
    return Effects.at(standings, np.flatnonzero(touched), [*columns, peak])


def _peaks(debit: np.ndarray, credit: np.ndarray, amount: np.ndarray, moved: np.ndarray, count: int) -> np.ndarray:
    """The highest running use of each place: sort by place, sum up, take the largest of each group."""
    peaks = np.zeros(count, np.int64)
    if not len(debit):
        return peaks
    places, steps = np.empty(2 * len(debit), np.int64), np.empty(2 * len(debit), np.int64)
    places[0::2], places[1::2], steps[0::2], steps[1::2] = debit, credit, amount, -moved
    keys = places.astype(np.uint16) if count <= _RADIX_MAX else places  # 16 bits are sorted by radix
    order = np.argsort(keys, kind="stable")
    places, running = places[order], np.cumsum(steps[order])
    starts = np.flatnonzero(np.r_[True, places[1:] != places[:-1]])
    before = np.r_[0, running[starts[1:] - 1]]
    peaks[places[starts]] = np.maximum(np.maximum.reduceat(running, starts) - before, 0)
    return peaks


def merged(first: Effects, second: Effects) -> tuple[Effects, tuple[str, ...]]:
    """Effects of one chunk and then another; and the ids whose sums do not fit int64, which are left out.

    Law: the peak of both is the larger of the first's peak and the first's end plus the second's peak.
    """
    rows: dict[str, list[int]] = {}
    for effects in (first, second):
        for identity, *values in zip(effects.ids.to_pylist(), *(getattr(effects, name).tolist() for name in COLUMNS), strict=True):
            so_far = rows.get(identity)
            if so_far is None:
                rows[identity] = values
                continue
            end = so_far[0] + so_far[2] - so_far[1]
            rows[identity] = [a + b for a, b in zip(so_far[:4], values[:4], strict=True)] + [max(so_far[4], end + values[4])]
    too_large = tuple(sorted(identity for identity, values in rows.items() if max(map(abs, values)) > INT64_MAX))
    kept = {identity: values for identity, values in rows.items() if identity not in too_large}
    return Effects.of(list(kept), {name: [values[place] for values in kept.values()] for place, name in enumerate(COLUMNS)}), too_large
