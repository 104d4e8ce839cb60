"""A register of ids for audit: ten million of them in columns, not objects.

An id is held as a 64-bit hash beside its number, in sorted runs that are merged as they grow. Two of
ten million ids share a hash with a chance of three in a million; what that can cost is a false alarm,
never a missed one, since the other columns of a transfer are compared as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from rescounter.terms import holds

__all__ = ["ABSENT", "Columns", "Register", "hashes_of"]

ABSENT: Final = -1
"""Stands for the number of an id that is not held."""

_BLOCK_ROWS: Final = 1 << 20


def hashes_of(texts: Iterable[str]) -> np.ndarray:
    """int64 of each text; the same text gives the same within a process. Cost: 0.1 us each."""
    return np.fromiter(map(hash, texts), np.int64)


class Register:
    """Ids in the order they come: their numbers are 0, 1, 2, ..."""

    __slots__ = ("_runs", "_waiting", "_waiting_rows", "size")

    def __init__(self) -> None:
        self._runs: list[tuple[np.ndarray, np.ndarray]] = []
        self._waiting: list[np.ndarray] = []
        self._waiting_rows = 0
        self.size = 0

    def add(self, hashes: np.ndarray) -> None:
        """Hold these ids, numbered on from `size`."""
        self._waiting.append(hashes)
        self._waiting_rows += len(hashes)
        self.size += len(hashes)

    def find(self, hashes: np.ndarray) -> np.ndarray:
        """The number of each id, `ABSENT` where it is not held; the least one of an id that is held twice."""
        self._sort()
        found = np.full(len(hashes), self.size, np.int64)
        for keys, numbers in self._runs:
            place = np.searchsorted(keys, hashes)
            place[place == len(keys)] = 0
            is_here = keys[place] == hashes if len(keys) else np.zeros(len(hashes), bool)
            found = np.minimum(found, np.where(is_here, numbers[place], self.size))
        return np.where(found == self.size, ABSENT, found)

    def first_twice(self) -> tuple[int, int] | None:
        """The numbers of an id that is held twice: its first place and the earliest second place of all; None if there is none."""
        if not self._runs and not self._waiting:
            return None
        whole = np.concatenate([*self._waiting, *(keys for keys, _ in self._runs)])
        whole.sort()
        if not (whole[1:] == whole[:-1]).any():
            return None  # the common end, at a third of the memory
        self._sort(into_one=True)
        keys, numbers = self._runs[0]
        again = np.flatnonzero(keys[1:] == keys[:-1])
        if not len(again):
            return None
        at = again[np.argmin(numbers[again + 1])]
        return int(numbers[at]), int(numbers[at + 1])

    def _sort(self, *, into_one: bool = False) -> None:
        """Make a run of what waits, and merge runs while the last but one is not twice the last: few runs, each row merged seldom."""
        if self._waiting:
            first = self.size - self._waiting_rows
            self._runs.append(_sorted(np.concatenate(self._waiting), np.arange(first, self.size, dtype=np.int64)))
            self._waiting, self._waiting_rows = [], 0
        while len(self._runs) > 1 and (into_one or len(self._runs[-2][0]) < 2 * len(self._runs[-1][0])):
            last, before = self._runs.pop(), self._runs.pop()
            self._runs.append(_sorted(np.concatenate([before[0], last[0]]), np.concatenate([before[1], last[1]])))


def _sorted(keys: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By key; equal keys keep their order, the least number first."""
    order = np.argsort(keys, kind="stable")
    return keys[order], numbers[order]


class Columns:
    """Columns that only grow, in blocks: appending copies nothing that is there."""

    __slots__ = ("_blocks", "_kinds", "size")

    def __init__(self, **kinds: type[np.generic]) -> None:
        self._kinds = kinds
        self._blocks: dict[str, list[np.ndarray]] = {name: [] for name in kinds}
        self.size = 0

    def append(self, **columns: np.ndarray) -> None:
        """Rows behind the last one."""
        holds(columns.keys() == self._kinds.keys(), "all_columns_grow", found=sorted(columns))
        for name, values in columns.items():
            blocks, at = self._blocks[name], self.size
            while len(values):
                if at // _BLOCK_ROWS == len(blocks):
                    blocks.append(np.zeros(_BLOCK_ROWS, self._kinds[name]))
                room = _BLOCK_ROWS - at % _BLOCK_ROWS
                piece = values[:room]
                if piece.any():  # a block is zero as it is made: what is not written to takes no memory
                    blocks[-1][at % _BLOCK_ROWS : at % _BLOCK_ROWS + len(piece)] = piece
                values, at = values[room:], at + len(piece)
        self.size = at if columns else self.size

    def get(self, name: str, row: int) -> int:
        """One cell."""
        return int(self._blocks[name][row // _BLOCK_ROWS][row % _BLOCK_ROWS])

    def put(self, name: str, row: int, value: int) -> None:
        """Write one cell."""
        self._blocks[name][row // _BLOCK_ROWS][row % _BLOCK_ROWS] = value
