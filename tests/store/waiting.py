"""Waiting for what another process does: looked for again and again, up to a bound."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

PATIENCE_S = 60.0
PAUSE_S = 0.01


def until(happened: Callable[[], bool], *, patience_s: float = PATIENCE_S, what: str = "what was waited for") -> None:
    """Return when it has happened; fail when it has not after *patience_s*."""
    pause = Event()
    for _ in range(int(patience_s / PAUSE_S)):
        if happened():
            return
        pause.wait(PAUSE_S)
    raise AssertionError(f"{what} did not happen within {patience_s:g} seconds")
