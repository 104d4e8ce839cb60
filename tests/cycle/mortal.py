"""A process that dies at a write, and is done again: for every room whose steps store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.cycle.world import World
from tests.store.stores import FRESH

WRITES = ("record", "post_atomic", "keep_document", "open_accounts", "change_accounts")


class Killed(Exception):
    """The process is gone."""


class Mortal:
    """A store whose process dies at its *at*-th write: before it, or when it is durable and nobody has heard of it."""

    def __init__(self, store: Any, at: int, *, before: bool) -> None:
        self.store, self.at, self.before, self.count = store, at, before, 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)
        return self._counted(method) if name in WRITES else method

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def write(*words: Any, **named: Any) -> Any:
            self.count += 1
            if self.count == self.at and self.before:
                raise Killed
            answer = method(*words, **named)
            if self.count == self.at:
                raise Killed
            return answer

        return write


def to_the_end(world: World, steps: Iterable[Callable[[], Any]]) -> None:
    """Do each of *steps* until it ends; one that is interrupted is done again by a new process."""
    for step in steps:
        for _ in range(3):
            try:
                step()
                break
            except Killed:
                world.sit_down()
        else:
            raise AssertionError("a step that was interrupted once does not end")


def fresh(kind: str) -> tuple[Any, list[int]]:
    clock = [0]
    return FRESH[kind](clock=lambda: clock[0]), clock
