"""kill -9 while records and documents are stored: what was acknowledged is there, a document is whole or not there."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.store import acts_victim, victim
from tests.store.children import Child
from tests.store.server import server
from tests.store.test_formats import audited

KILLS = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 8
RUN_S_MAX = 0.6


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Any]]:
    where = tmp_path / "ledger.db" if request.param == "sqlite" else server().fresh()
    victim.opened(request.param, where).close()
    yield request.param, where
    if request.param == "postgresql":
        server().drop(where)


@pytest.mark.slow
def test_a_process_that_is_killed_loses_no_record_and_leaves_no_half_document(place: tuple[str, Any], tmp_path: Path):
    chance, mark, last = random.Random(11), tmp_path / "mark", 0
    for kill in range(KILLS):
        mark.write_bytes(b"\0")
        acknowledged = run_and_kill(place, mark, last, chance.uniform(0, RUN_S_MAX), aimed=kill % 4 == 1)
        last = check(place, acknowledged)
    assert last >= KILLS


def run_and_kill(place: tuple[str, Any], mark: Path, last: int, run_s: float, *, aimed: bool) -> int:
    """Returns: the last number that was acknowledged."""
    child = Child(acts_victim.run, *place, mark, first=last + 1)
    assert child.has_told(), "the child has not begun"
    time.sleep(run_s)
    told = child.kill(mark, within_a_commit=aimed)
    return int(told[-1]) if told else last


def check(place: tuple[str, Any], acknowledged: int) -> int:
    """Everything acknowledged is there, at most one number more, and the next one is taken up. Returns: the last number."""
    store = victim.opened(*place)
    numbers = [each.number for each in store.records(rows_max=100_000)]
    last = len(numbers)
    assert numbers == list(range(1, last + 1)) and acknowledged <= last <= acknowledged + 1
    sizes = [size for _, size in store.documents()]
    assert last <= len(sizes) <= last + 1
    assert sorted(sizes) == sorted(len(acts_victim.document(number)) for number in range(1, len(sizes) + 1)), "each is whole"
    names = {store.keep_document(acts_victim.document(number)) for number in range(max(1, last - 5), last + 2)}
    assert all(len(store.document(name)) > 1 for name in names)
    assert not store.record(acts_victim.acts(last + 1)).is_repeat
    done = audited(store)
    assert (done.records, done.documents) == (last + 1, last + 1)
    store.close()
    return last + 1
