"""Processes that the tests start, listen to and kill.

They come from a fork server: a fork of the test process itself would copy locks that its threads hold, and might wait for ever.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.store import victim

PATIENCE_S = 60.0

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.store.victim", "tests.store.group_victim", "tests.store.acts_victim"])


class Child:
    """A process that runs *target*, which is handed *given* and, as `pipe`, one end of a pipe to tell the test by."""

    def __init__(self, target: Callable[..., None], *given: Any, **named: Any) -> None:
        self.pipe, theirs = _CONTEXT.Pipe(duplex=False)
        self.process = _CONTEXT.Process(target=target, args=given, kwargs={**named, "pipe": theirs}, daemon=True)
        self.process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def has_told(self, *, within_s: float = PATIENCE_S) -> bool:
        """Whether something can be heard, by then."""
        return self.pipe.poll(within_s)

    def hear(self) -> str:
        """The next that it tells."""
        assert self.has_told(), "the process says nothing"
        return self.pipe.recv_bytes().decode()

    def kill(self, mark: Path | None = None, *, within_a_commit: bool = False) -> list[str]:
        """kill -9, at once or within a commit, of which *mark* tells. Returns: what it had told before, and was not yet heard."""
        victim.kill(self.pid, mark, within_a_commit=within_a_commit)
        self.process.join(PATIENCE_S)
        told = []
        try:
            while self.has_told():
                told.append(self.pipe.recv_bytes().decode())
        except EOFError:
            self.pipe.close()
            return told
        raise AssertionError("the process is killed, and its pipe still open")
