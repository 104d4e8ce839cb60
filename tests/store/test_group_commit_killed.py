"""kill -9 of the process that runs the group commit: what was acknowledged is there, nothing is half there, another goes on."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rescounter.store.group_commit import Answered, GroupCommit
from tests.store import group_victim, victim
from tests.store.children import Child
from tests.store.group_victim import CALLERS, transfer_of
from tests.store.server import server
from tests.store.stores import with_accounts
from tests.store.test_group_commit import assert_sound

KILLS = {"long": 300, "quick": 4}.get(os.environ.get("HYPOTHESIS_PROFILE", ""), 10)
RUN_S_MAX = 0.5
_PATIENCE_S = 30


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Any]]:
    where = tmp_path / "ledger.db" if request.param == "sqlite" else server().fresh()
    with_accounts(victim.opened(request.param, where)).close()
    yield request.param, where
    if request.param == "postgresql":
        server().drop(where)


class Poster(Child):
    """A process that posts under its name; *told*: what it acknowledged, in order."""

    def __init__(self, place: tuple[str, Any], folder: Path, name: str, *, wait_s: float = 10) -> None:
        self.name, self.mark, self.told = name, folder / f"mark-{name}", list[str]()
        self.mark.write_bytes(b"\0")
        super().__init__(group_victim.run, *place, self.mark, name=name, wait_s=wait_s)

    def listen(self, seconds: float, *, at_least: int = 0) -> None:
        """Hear what it acknowledges for so long, and until it acknowledged *at_least* so many, or half a minute is over."""
        began = time.monotonic()
        while (heard := time.monotonic() - began) < seconds or (len(self.told) < at_least and heard < _PATIENCE_S):
            if self.has_told(within_s=max(0.0, seconds - heard) or 0.05):
                self.told.append(self.hear())

    def end(self, *, within_a_commit: bool = False) -> None:
        """kill -9, and read what it had acknowledged before."""
        assert self.process.is_alive()
        self.told += self.kill(self.mark, within_a_commit=within_a_commit)

    def next_asked(self) -> list[tuple[int, int]]:
        """The transfer that each caller may have asked for when it died: caller and number."""
        counts = [0] * CALLERS
        for identity in self.told:
            _, caller, number = identity.split("/")
            assert int(number) == counts[int(caller)], "each caller is answered in order, once"
            counts[int(caller)] += 1
        return list(enumerate(counts))


def held(store: Any) -> list[str]:
    return [identity for chunk in store.audit_stream() for identity in chunk.transfers.column("id").to_pylist()]


def check(store: Any, child: Poster) -> int:
    """All that the child acknowledged is there, and beyond it only what its callers had asked for; a retry says which.

    Returns: how many were posted and not acknowledged.
    """
    ids = held(store)
    there = {identity for identity in ids if identity.startswith(f"{child.name}/")}
    assert len(ids) == len(set(ids)), "nothing is doubled"
    assert set(child.told) <= there, "what was acknowledged is there"
    asked = [transfer_of(child.name, *next_one) for next_one in child.next_asked()]
    assert there - set(child.told) <= {one.id for one in asked}

    async def again() -> list[Answered]:
        async with GroupCommit(store) as writer:
            return await asyncio.gather(*(writer.post(one) for one in asked))

    answers = asyncio.run(again())
    assert [answer.is_repeat for answer in answers] == [one.id in there for one in asked]
    assert all(answer.is_accepted for answer in answers)
    assert_sound(store)
    return len(there) - len(child.told)


@pytest.mark.slow
def test_a_group_commit_that_is_killed_loses_and_doubles_nothing(
    place: tuple[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    chance = random.Random(5)
    within = acknowledged = unheard = 0
    for kill in range(KILLS):
        child = Poster(place, tmp_path, f"child-{kill}")
        assert child.hear() == "begun"
        assert child.hear() == "writes"
        child.listen(chance.uniform(0, RUN_S_MAX), at_least=kill % 2)
        child.end(within_a_commit=kill % 2 == 1)
        within += child.mark.read_bytes() == b"\1"
        store = victim.opened(*place)
        unheard += check(store, child)
        store.close()
        acknowledged += len(child.told)
    with capsys.disabled():
        print(f"\n{place[0]}: {KILLS} kills, {within} within a commit, {acknowledged} acknowledged, {unheard} posted and not heard of")
    assert acknowledged and within, "no kill fell into a commit: the test shows nothing"


def test_a_standby_takes_over_when_the_writer_is_killed(place: tuple[str, Any], tmp_path: Path):
    """The second process asks again and again, in vain, until the first dies; then it writes, and all is there."""
    first = Poster(place, tmp_path, "first")
    assert first.hear() == "begun"
    assert first.hear() == "writes"
    second = Poster(place, tmp_path, "second", wait_s=0.2)
    assert second.hear() == "begun"
    first.listen(0.6, at_least=1)
    assert first.told and not second.has_told(within_s=0), "there is one writer"
    first.end()
    assert second.hear() == "writes"
    second.listen(0.3, at_least=1)
    assert second.told
    second.end()
    store = victim.opened(*place)
    for child in (first, second):
        check(store, child)
    store.close()
