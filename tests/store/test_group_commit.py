"""Many callers, one durable batch at a time: each gets its own answer, and none is lost, doubled or let over a limit."""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rescounter.ledger import Account, AccountChange, AccountEvent, Answer, Batch, Flag, Store, Transfer, Transfers
from rescounter.ledger.audit import Evidence, audit
from rescounter.store.group_commit import Answered, GroupCommit
from rescounter.store.ids import time_ordered_ids
from rescounter.terms import BrokenLaw, CallerFault, EnvironmentFault, Fault
from tests.ledger.machine import LEDGER_KEY, SIGNING_KEY
from tests.ledger.model import Model
from tests.store.stores import FRESH, NAMES, fresh_sqlite, postgresql_at, sqlite_at, with_accounts


def pay(identity: str, amount: int = 1, **more: Any) -> Transfer:
    return Transfer(**({"id": identity, "debit": "ana", "credit": "bo", "amount_minor": amount} | more))


def counted() -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"group-{next(numbers):06d}"


class Held:
    """A store that waits before each batch until it may go on, keeps what it was handed, and fails as planned."""

    def __init__(self, store: Store) -> None:
        self.store, self.batches = store, list[Batch]()
        self.may_go, self.has_begun = threading.Event(), threading.Event()
        self.may_go.set()
        self.faults = list[BaseException | None]()
        self.after = False

    def expire(self) -> Answer | None:
        return self.store.expire()

    def post_each(self, batch: Batch) -> Answer:
        self.has_begun.set()
        assert self.may_go.wait(20)
        self.batches.append(batch)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not self.after:
            raise fault
        answer = self.store.post_each(batch)
        if fault is not None:
            raise fault
        return answer

    async def begun(self) -> None:
        assert await asyncio.to_thread(self.has_begun.wait, 20)
        self.has_begun.clear()


@pytest.fixture(params=FRESH)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    made = with_accounts(FRESH[request.param]())
    yield made
    made.close()


@pytest.fixture
def held() -> Iterator[Held]:
    made = with_accounts(fresh_sqlite(), 100)
    yield Held(made)
    made.close()


def fault_of(work: Awaitable[Any]) -> Awaitable[Fault | None]:
    async def asked() -> Fault | None:
        try:
            await work
        except Fault as fault:
            return fault
        return None

    return asked()


def assert_sound(store: Store) -> None:
    verifier = SIGNING_KEY.verifier
    evidence = Evidence(
        ledger_key=LEDGER_KEY,
        first=verifier,
        in_force=verifier,
        head=store.audit_head,
        balances=store.balances,
        stored=store.checkpoints(),
    )
    assert audit(store.audit_stream(), evidence).fault is None


def used(store: Store, name: str) -> int:
    (row,) = store.balances([name]).rows()
    return row.used_minor


def random_transfers(seed: int) -> list[Transfer]:
    """Payments among few accounts with limits, some waiting, some resolving, some asked again, some nonsense."""
    dice = random.Random(seed)
    made: list[Transfer] = []
    for number in range(600):
        debit, credit = dice.sample([*NAMES, "nobody"] if dice.random() < 0.05 else NAMES, 2)
        one = pay(f"T{number:04d}", dice.randint(1, 40), debit=debit, credit=credit)
        choice = dice.random()
        if choice < 0.1 and made:
            one = dice.choice(made)
        elif choice < 0.15 and made:
            one = replace(dice.choice(made), amount_minor=dice.randint(1, 40))
        elif choice < 0.3:
            one = replace(one, flag=Flag.PENDING, memo=dice.choice([None, "rent"]))
        elif choice < 0.45 and (waits := [old for old in made if old.flag is Flag.PENDING]):
            old = dice.choice(waits)
            flag = dice.choice([Flag.POST, Flag.VOID])
            one = pay(one.id, old.amount_minor, debit=old.debit, credit=old.credit, flag=flag, pending_id=old.id)
        elif choice < 0.48:
            one = replace(one, amount_minor=dice.choice([0, -1, 2**63 - 1]))
        made.append(one)
    return made


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", FRESH)
def test_concurrent_callers_get_the_answers_of_the_naive_model(kind: str, seed: int):
    store = Held(with_accounts(FRESH[kind](), 60))
    model = Model(lambda: 5)
    model.open_accounts("open", [Account(id=name, owner=name, purpose="p", currency="EUR", limit_minor=60) for name in NAMES])
    transfers = random_transfers(seed)
    found: list[tuple[Transfer, Answered]] = []

    async def caller(writer: GroupCommit, mine: list[Transfer]) -> None:
        for one in mine:
            found.append((one, await writer.post(one)))

    async def run() -> None:
        async with GroupCommit(store, keys=counted(), rows_max=40) as writer:
            await asyncio.gather(*(caller(writer, transfers[start::48]) for start in range(48)))

    asyncio.run(run())
    assert max(len(batch.transfers) for batch in store.batches) == 40
    expected: dict[str, list[Any]] = {}
    for batch in store.batches:
        told = model.post_each(batch)
        codes = {row: code for row, _, code in told.refusals}
        for row, (one, repeated) in enumerate(zip(batch.transfers.rows(), told.repeated, strict=True), 1):
            expected.setdefault(repr(one), []).append((codes.get(row), repeated))
    seen: dict[str, list[Any]] = {}
    for one, answered in found:
        assert answered.transfer_id == one.id and answered.is_accepted == (answered.refusal is None)
        assert answered.refusal is None or answered.refusal.row == 1
        seen.setdefault(repr(one), []).append((answered.refusal.code if answered.refusal else None, answered.is_repeat))
    assert {one: sorted(told, key=repr) for one, told in seen.items()} == {one: sorted(told, key=repr) for one, told in expected.items()}
    rows = store.store.balances().rows()
    assert {row.id: (row.posted_debits, row.posted_credits, row.pending_debits, row.pending_credits) for row in rows} == model.sums()
    assert_sound(store.store)
    store.store.close()


@pytest.mark.parametrize("kind", FRESH)
def test_of_ten_payments_of_a_hundred_against_a_cap_of_a_hundred_one_is_accepted(kind: str):
    store = with_accounts(FRESH[kind](), 100)

    async def run() -> list[Answered]:
        async with GroupCommit(store) as writer:
            return await asyncio.gather(*(writer.post(pay(f"T{number}", 100)) for number in range(10)))

    answers = asyncio.run(run())
    assert [answer.is_accepted for answer in answers].count(True) == 1
    assert {answer.refusal.code for answer in answers if answer.refusal} == {"limit_exceeded"}
    assert used(store, "ana") == 100
    store.close()


def test_those_who_wait_at_the_same_time_stand_in_one_batch(held: Held):
    async def run() -> None:
        async with GroupCommit(held) as writer:
            held.may_go.clear()
            first = asyncio.ensure_future(writer.post(pay("first")))
            await held.begun()
            others = [asyncio.ensure_future(writer.post(pay(f"T{number}"))) for number in range(20)]
            await asyncio.sleep(0)
            assert writer.waiting == 20 and not first.done()
            held.may_go.set()
            answers = await asyncio.gather(first, *others)
            assert len({answer.entry.sequence for answer in answers[1:]}) == 1 and answers[0].entry != answers[1].entry

    asyncio.run(run())
    assert [len(batch.transfers) for batch in held.batches] == [1, 20]


def test_an_answer_comes_after_the_commit(tmp_path: Path):
    """Another connection sees what was answered, at the instant it was answered."""
    store = with_accounts(sqlite_at(tmp_path / "ledger.db"))
    seen = sqlite3.connect(tmp_path / "ledger.db")

    async def run() -> None:
        async def caller(name: str) -> None:
            for number in range(20):
                answered = await writer.post(pay(f"{name}{number}"))
                assert seen.execute("SELECT count(*) FROM transfer WHERE id = ?", (answered.transfer_id,)).fetchone() == (1,)

        async with GroupCommit(store) as writer:
            await asyncio.gather(*(caller(name) for name in "abcdef"))

    asyncio.run(run())
    seen.close()
    store.close()


def test_a_retry_gets_the_first_answer_and_moves_nothing(store: Store):
    async def run() -> list[Answered]:
        async with GroupCommit(store) as writer:
            same = await asyncio.gather(*(writer.post(pay("T", 7)) for _ in range(5)))
            other = await writer.post(pay("T", 8))
            refused = await asyncio.gather(*(writer.post(pay("no", debit="nobody")) for _ in range(2)))
            later = await writer.post(pay("no", debit="nobody"))
            return [*same, other, *refused, later]

    answers = asyncio.run(run())
    assert [answer.is_repeat for answer in answers] == [False, True, True, True, True, False, False, True, True]
    assert [answer.is_accepted for answer in answers] == [True] * 5 + [False] * 4
    assert answers[5].refusal is not None and answers[5].refusal.code == "transfer_id_taken"
    assert answers[6].refusal == answers[7].refusal == answers[8].refusal
    assert used(store, "ana") == 7


def test_a_full_queue_refuses_and_takes_again_when_there_is_room(held: Held):
    async def run() -> None:
        async with GroupCommit(held, waiting_max=3) as writer:
            held.may_go.clear()
            sent = [asyncio.ensure_future(writer.post(pay("first")))]
            await held.begun()
            sent += [asyncio.ensure_future(writer.post(pay(f"T{number}"))) for number in range(3)]
            await asyncio.sleep(0)
            fault = await fault_of(writer.post(pay("more")))
            assert isinstance(fault, EnvironmentFault) and fault.code == "queue_full"
            sent[-1].cancel()
            await asyncio.sleep(0)
            sent[-1] = asyncio.ensure_future(writer.post(pay("place")))
            await asyncio.sleep(0)
            held.may_go.set()
            assert all(answer.is_accepted for answer in await asyncio.gather(*sent))
            assert (await writer.post(pay("more"))).is_repeat is False

    asyncio.run(run())
    assert held.store.transfer("T2") is None and held.store.transfer("place") is not None


def test_who_is_cancelled_asks_again_and_is_posted_once(held: Held):
    async def run() -> None:
        async with GroupCommit(held) as writer:
            held.may_go.clear()
            under_way = asyncio.ensure_future(writer.post(pay("under way", 5)))
            await held.begun()
            waits, stays = (asyncio.ensure_future(writer.post(pay(name, 5))) for name in ("waits", "stays"))
            await asyncio.sleep(0)
            under_way.cancel()
            waits.cancel()
            await asyncio.sleep(0)
            assert writer.waiting == 1
            held.may_go.set()
            assert (await stays).is_accepted and under_way.cancelled() and waits.cancelled()
            assert held.store.transfer("under way") is not None and held.store.transfer("waits") is None
            again = [await writer.post(pay(name, 5)) for name in ("under way", "waits")]
            assert [(answer.is_accepted, answer.is_repeat) for answer in again] == [(True, True), (True, False)]

    asyncio.run(run())
    assert used(held.store, "ana") == 15


def test_callers_cancelled_at_random_lose_and_double_nothing(held: Held):
    dice = random.Random(3)
    ids = [f"T{number:03d}" for number in range(300)]

    async def caller(writer: GroupCommit, identity: str) -> None:
        while True:
            asking = asyncio.ensure_future(writer.post(pay(identity, 1, debit="bo", credit="ana")))
            await asyncio.sleep(dice.random() * 0.01)
            if dice.random() < 0.7:
                asking.cancel()
            try:
                assert (await asking).refusal is None
                return
            except asyncio.CancelledError:
                pass

    async def run() -> None:
        async with GroupCommit(held, rows_max=16) as writer:
            await asyncio.gather(*(caller(writer, identity) for identity in ids))

    held.store.change_accounts("no limit", [AccountChange(account="bo", event=AccountEvent.LIMITED)])
    asyncio.run(asyncio.wait_for(run(), 60))
    assert used(held.store, "bo") == 300
    assert_sound(held.store)


@pytest.mark.parametrize("after", [False, True])
def test_a_failing_database_says_that_nothing_is_known_and_the_writer_goes_on(held: Held, after: bool):
    held.after = after

    async def run() -> None:
        async with GroupCommit(held) as writer:
            held.faults = [EnvironmentFault("database_failed", "the disk is full")]
            faults = await asyncio.gather(*(fault_of(writer.post(pay(f"T{number}"))) for number in range(8)))
            assert {fault.code for fault in faults if fault} == {"outcome_unknown"} and None not in faults
            assert all("the disk is full" in fault.message for fault in faults if fault) and len(set(map(id, faults))) == 8
            again = await asyncio.gather(*(writer.post(pay(f"T{number}")) for number in range(8)))
            assert all(answer.is_accepted and answer.is_repeat == after for answer in again)

    asyncio.run(run())
    assert used(held.store, "ana") == 8
    assert_sound(held.store)


def test_a_broken_law_stops_the_writer_and_everybody_hears_of_it(held: Held):
    async def run() -> None:
        writer = GroupCommit(held)
        held.may_go.clear()
        held.faults = [BrokenLaw("zero_sum")]
        first = asyncio.ensure_future(fault_of(writer.post(pay("first"))))
        await held.begun()
        second = asyncio.ensure_future(fault_of(writer.post(pay("second"))))
        await asyncio.sleep(0)
        held.may_go.set()
        codes = [fault and fault.code for fault in (await first, await second, await fault_of(writer.post(pay("third"))))]
        assert codes == ["outcome_unknown", "writer_stopped", "writer_stopped"]
        with pytest.raises(BrokenLaw):
            await writer.close()

    asyncio.run(run())


def test_a_fault_of_one_caller_is_told_to_that_caller_alone(held: Held):
    store = held.store
    store.post_each(Batch(key="in", transfers=Transfers.of([pay("in", 1)])))

    async def run() -> list[Fault | None]:
        async with GroupCommit(Picky(store)) as writer:
            return await asyncio.gather(*(fault_of(writer.post(pay(f"T{number}"))) for number in range(9)))

    faults = asyncio.run(run())
    assert [number for number, fault in enumerate(faults) if fault] == [4]
    assert isinstance(faults[4], CallerFault) and faults[4].code == "staged_elsewhere"
    assert used(store, "ana") == 9


class Picky(Held):
    """Holds one id in a batch that is staged."""

    def post_each(self, batch: Batch) -> Answer:
        if "T4" in batch.transfers.column("id").to_pylist():
            raise CallerFault("staged_elsewhere", "the id T4 stands in a batch that is staged", id="T4")
        return super().post_each(batch)


@pytest.mark.parametrize(
    "odd",
    [{"amount_minor": 2**63}, {"amount_minor": "1"}, {"id": "\ud800"}, {"id": 5}, {"memo": b"m"}, {"expires_at_us": 1.5}],
    ids=str,
)
def test_what_no_table_holds_is_refused_at_the_door(held: Held, odd: dict[str, Any]):
    async def run() -> None:
        async with GroupCommit(held) as writer:
            fault, fine = await asyncio.gather(fault_of(writer.post(replace(pay("T"), **odd))), writer.post(pay("fine")))
            assert isinstance(fault, CallerFault) and fault.code == "transfer_unusable"
            assert fine.is_accepted

    asyncio.run(run())


def test_closing_answers_all_that_wait_and_takes_no_more(held: Held):
    async def run() -> None:
        writer = GroupCommit(held, rows_max=4)
        asked = [asyncio.ensure_future(writer.post(pay(f"T{number:02d}"))) for number in range(30)]
        await asyncio.sleep(0)
        await writer.close()
        assert all(one.done() for one in asked)
        fault = await fault_of(writer.post(pay("late")))
        assert isinstance(fault, CallerFault) and fault.code == "writer_closed"
        await writer.close()

    asyncio.run(run())
    assert used(held.store, "ana") == 30 and held.store.transfer("late") is None


@pytest.mark.parametrize("kind", FRESH)
def test_a_second_writer_waits_and_is_told_then_takes_over(kind: str, tmp_path: Path):
    from tests.store.server import server

    where: Any = tmp_path / "ledger.db" if kind == "sqlite" else server().fresh()
    at = sqlite_at if kind == "sqlite" else postgresql_at
    first, second = with_accounts(at(where)), at(where, wait_s=0.2)

    async def run() -> None:
        async with GroupCommit(first) as writer:
            assert (await writer.post(pay("one"))).is_accepted
            standby = GroupCommit(second)
            for asked in (standby.start(), standby.post(pay("two"))):
                fault = await fault_of(asked)
                assert isinstance(fault, EnvironmentFault) and fault.code == "database_busy"
        first.close()
        async with standby:
            assert (await standby.post(pay("one"))).is_repeat
            assert (await standby.post(pay("two"))).is_accepted

    asyncio.run(run())
    assert_sound(second)
    second.close()
    if kind == "postgresql":
        server().drop(where)


def test_ids_ascend_and_never_come_twice_even_if_the_clock_goes_back():
    clock = iter([5, 5, 4, 3, *[6] * 5000, 7])
    made = time_ordered_ids(now_ms=lambda: next(clock), dice=lambda count: b"\xff" * count)
    ids = [made() for _ in range(5005)]
    assert ids == sorted(set(ids))
    assert {(one[14], one[19]) for one in ids} == {("7", "b")} and {len(one) for one in ids} == {36}


def test_ids_of_many_threads_are_all_different():
    made, found = time_ordered_ids(), list[str]()
    threads = [threading.Thread(target=lambda: found.extend(made() for _ in range(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 2000
