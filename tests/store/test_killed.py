"""kill -9 at instants drawn over a whole run: what was acknowledged is there, nothing is half there, everything folds.

This says nothing about power loss: for that, `test_opening.py` checks that commits are written synchronously and that a torn log
is survived, and the server is stopped as if its power failed.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rescounter.terms import EnvironmentFault
from tests.store import victim
from tests.store.children import Child
from tests.store.faults import Plan
from tests.store.server import server
from tests.store.stores import with_accounts
from tests.store.test_faults import audited

KILLS = 1000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 20
RUN_S_MAX = 0.4


LEDGER_KILLS = 50
"""So many kills a ledger: each of its audits reads all that came before."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_process_that_is_killed_loses_nothing_and_leaves_nothing_half(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    chance, within, acknowledged = random.Random(11), 0, 0
    for first in range(0, KILLS, LEDGER_KILLS):
        with new_ledger(kind, tmp_path / f"ledger-{first}.db") as place:
            hit, posted = killed_again_and_again(place, tmp_path / "mark", min(LEDGER_KILLS, KILLS - first), chance)
        within += hit
        acknowledged += posted
    with capsys.disabled():
        print(f"\n{kind}: {KILLS} kills, {within} within a commit, {acknowledged} batches")
    assert within, "no kill fell into a commit: the test shows nothing"


@contextmanager
def new_ledger(kind: str, path: Path) -> Iterator[tuple[str, Any]]:
    where = path if kind == "sqlite" else server().fresh()
    with_accounts(victim.opened(kind, where)).close()
    yield kind, where
    if kind == "postgresql":
        server().drop(where)


def killed_again_and_again(place: tuple[str, Any], mark: Path, kills: int, chance: random.Random) -> tuple[int, int]:
    """Returns: how many kills fell into a commit, and how many batches there are in the end."""
    within, acknowledged = 0, 0
    for kill in range(kills):
        mark.write_bytes(b"\0")
        last = run_and_kill(place, mark, acknowledged, chance.uniform(0, RUN_S_MAX), aimed=kill % 4 == 1)
        assert last >= acknowledged
        within += mark.read_bytes() == b"\1"
        acknowledged = check(place, last, is_whole=kill % 10 == 9 or kill == kills - 1)
    return within, acknowledged


def run_and_kill(place: tuple[str, Any], mark: Path, first: int, run_s: float, *, aimed: bool) -> int:
    """Returns: how many batches are acknowledged, those before *first* included."""
    child = Child(victim.run, *place, mark, first=first)
    assert child.has_told(), "the child has not begun"
    told, ends = [], time.monotonic() + run_s
    while (left := ends - time.monotonic()) > 0:
        if child.has_told(within_s=left):
            told.append(child.hear())
    told += child.kill(mark, within_a_commit=aimed)
    assert [int(number) for number in told] == list(range(first, first + len(told)))
    return first + len(told)


def check(place: tuple[str, Any], acknowledged: int, *, is_whole: bool) -> int:
    """Everything acknowledged is there; at most one batch more, and it is whole. Returns: how many batches there are."""
    store = victim.opened(*place)
    entries = store.audit_head().entries - 1
    assert acknowledged <= entries <= acknowledged + 1
    for number in range(max(0, entries - 30), entries):
        batch = victim.batch(number)
        answer = store.answer_of(batch.key)
        assert answer is not None and answer.accepted.all()
        rows = batch.transfers.column("id").to_pylist()
        assert all(store.transfer(name) is not None for name in (rows[0], rows[-1]))
    assert store.answer_of(victim.batch(entries).key) is None
    if is_whole:
        assert len(audited(store)) == min(100, entries + 1)
    post = store.post_atomic if entries % 2 else store.post_each
    assert not post(victim.batch(entries)).is_repeat, "the next one is taken up where it was left"
    store.close()
    return entries + 1


def lose_connections() -> None:
    """End every connection to the server but this one, as an administrator or a network does."""
    with psycopg.connect(server().dsn(), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'ledger'")


def lose_power() -> None:
    server().stop(signal.SIGQUIT)
    server().start()


@pytest.mark.parametrize("happens", [lose_connections, lose_power])
@pytest.mark.parametrize("how", ["before", "after"])
def test_a_connection_lost_around_the_commit_is_made_again_and_the_answer_found(happens: Any, how: str):
    dsn, plan = server().fresh(), Plan(how=how, happens=happens)
    store = with_accounts(victim.opened("postgresql", dsn, wrap=plan.wrap))
    begun = plan.count
    store.post_each(victim.batch(1))
    plan.at = plan.count + plan.seen[begun:].index("commit")
    with pytest.raises(EnvironmentFault):
        store.post_each(victim.batch(2))
    if how == "before":
        with pytest.raises(EnvironmentFault):  # the connection that was lost is found out by who uses it first
            for _ in range(3):
                store.balances()
            raise EnvironmentFault("database_failed", "none was lost")
    answer = again(lambda: store.post_each(victim.batch(2)))
    assert answer.accepted.all()
    if how == "after":
        assert answer.is_repeat, "it was committed, though nobody could tell"
    assert len(again(lambda: audited(store))) == 3
    store.close()
    server().drop(dsn)


def again(ask: Any) -> Any:
    """Ask until the connections are made again, as a caller does."""
    for _ in range(4):
        try:
            return ask()
        except EnvironmentFault:
            continue
    return ask()


def test_a_full_disk_leaves_nothing_half_and_the_ledger_goes_on(tmp_path: Path):
    plan = Plan()
    store = with_accounts(victim.opened("sqlite", tmp_path / "ledger.db", wrap=plan.wrap))
    store.post_each(victim.batch(1))
    connection = store._writes
    ((pages,),) = connection.rows("PRAGMA page_count")
    connection.rows(f"PRAGMA max_page_count = {pages + 2}")
    big = victim.batch(0)
    for number in range(10, 10_000, 10):
        big = victim.batch(number)
        try:
            store.post_each(big)
        except EnvironmentFault as fault:
            assert "full" in fault.message and fault.code == "database_failed"
            break
    else:
        raise AssertionError("the disk was never full")
    entries = len(audited(store))
    assert store.answer_of(big.key) is None
    connection.rows("PRAGMA max_page_count = 1000000000")
    assert store.post_each(big).accepted.all()
    assert len(audited(store)) == entries + 1
    store.close()


def test_an_error_of_the_disk_leaves_nothing_half_and_the_ledger_goes_on(tmp_path: Path):
    path = tmp_path / "ledger.db"
    store = with_accounts(victim.opened("sqlite", path))
    store.post_each(victim.batch(1))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{path}-wal").stat().st_size + 2000, before[1]))
    try:
        with pytest.raises(EnvironmentFault) as told:
            store.post_each(victim.batch(10))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told.value.code == "database_failed"
    assert len(audited(store)) == 2
    assert not store.post_each(victim.batch(10)).is_repeat
    assert len(audited(store)) == 3
    store.close()
