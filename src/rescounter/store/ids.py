"""Ids that are unique and ascend with time, for batches and transfers: UUID version 7.

Ids that ascend are cheap for an index, and found to be new by one look at the range they span.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from threading import Lock
from typing import Final

__all__ = ["time_ordered_ids"]

_COUNTER_BITS: Final = 12
_CHANCE_BITS: Final = 62
_VERSION: Final = 0x7 << 76
_VARIANT: Final = 0b10 << 62


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def time_ordered_ids(*, now_ms: Callable[[], int] = _now_ms, dice: Callable[[int], bytes] = os.urandom) -> Callable[[], str]:
    """A function that gives another id each time, above all it gave before, even where the clock goes back.

    Args: *now_ms*: milliseconds since 1970; *dice*: random bytes. Source: RFC 9562, 5.7 and 6.2 (method 1: a counter of
    12 bits within a millisecond; where it runs over, the next millisecond is taken). Safe between threads.
    """
    last, lock = 0, Lock()

    def next_id() -> str:
        nonlocal last
        chance = int.from_bytes(dice(8)) >> (64 - _CHANCE_BITS)
        with lock:
            last = stamp = max(now_ms() << _COUNTER_BITS, last + 1)
        instant, counter = stamp >> _COUNTER_BITS, stamp & ((1 << _COUNTER_BITS) - 1)
        digits = f"{instant << 80 | _VERSION | counter << 64 | _VARIANT | chance:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    return next_id
