"""Whatever fails at whichever statement: nothing is half there, and the same key gives the one answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rescounter.ledger import (
    CHUNK_ROWS,
    Account,
    AccountChange,
    AccountEvent,
    Answer,
    Batch,
    Flag,
    Policy,
    Record,
    Store,
    Transfer,
    Transfers,
)
from rescounter.ledger.checkpoints import rotation
from rescounter.ledger.documents import PART_BYTES
from rescounter.ledger.laws.finality_grows import entry_continues
from rescounter.ledger.merkle import Frontier, root_of
from rescounter.ledger.notes import SigningKey
from rescounter.terms import EnvironmentFault
from tests.ledger.machine import ORIGIN, SIGNING_KEY
from tests.store.faults import Plan
from tests.store.server import server
from tests.store.stores import postgresql_at, sqlite_at, with_accounts
from tests.store.test_stores_agree import leaf_hashes

Work = Callable[[Store], Any]


def pay(identity: str, amount: int = 1, **more: Any) -> Transfer:
    return Transfer(**({"id": identity, "debit": "ana", "credit": "bo", "amount_minor": amount} | more))


def batch(key: str, *rows: Transfer, **more: Any) -> Batch:
    return Batch(key=key, transfers=Transfers.of(rows), **more)


ROWS = CHUNK_ROWS + 5
DOCUMENT = bytes(PART_BYTES + 1)
LARGE = Transfers.of_columns(
    {
        "id": [f"L{row:06d}" for row in range(ROWS)],
        "debit": ["ana"] * ROWS,
        "credit": ["bo"] * ROWS,
        "amount_minor": [1] * ROWS,
        "memo": ["m"] + [None] * (ROWS - 1),
    }
)

WORKS: dict[str, Work] = {
    "open": lambda store: store.open_accounts("new", [Account(id=name, owner="", purpose="p", currency="EUR") for name in ("dan", "ana2")]),
    "change": lambda store: store.change_accounts("change", [AccountChange(account="bo", event=AccountEvent.FROZEN)]),
    "each": lambda store: store.post_each(
        batch("each", *(pay(f"T{row}", memo="m") for row in range(300)), pay("T1", memo="m"), pay("no", debit="dan"))
    ),
    "few": lambda store: store.post_each(batch("few", pay("F1"), pay("F2", debit="bo", credit="ana"))),
    "expire": lambda store: store.post_each(batch("late", pay("after"))),
    "atomic": lambda store: store.post_atomic(batch("atomic", *(pay(f"A{row}") for row in range(3)))),
    "refused": lambda store: store.post_atomic(batch("refused", pay("A1", 10**9), policy=Policy.SEQUENTIAL)),
    "large": lambda store: store.post_atomic(Batch(key="large", transfers=LARGE)),
    "large refused": lambda store: store.post_atomic(Batch(key="large", transfers=LARGE, policy=Policy.SEQUENTIAL)),
    "erase": lambda store: store.erase_memos("erase", ["first"]),
    "key": lambda store: store.announce_key("key", rotation(ORIGIN, SIGNING_KEY, SigningKey(ORIGIN, bytes(32)).verifier)),
    "record": lambda store: store.record([Record(number=number, kind="rule", by="ana", body=bytes(number)) for number in range(1, 4)]),
    "keep": lambda store: store.keep_document(DOCUMENT),
    "checkpoint": lambda store: store.checkpoint(),
}
LIMITS = {"large refused": 100, "refused": 100}
BEFOREHAND: dict[str, Work] = {"few": lambda store: store.post_each(batch("known", pay("K1")))}
"""After it the accounts are known, so that every question of the work is sent ahead where that is faster."""


class Place:
    """A ledger that is opened again and again, with or without faults."""

    def __init__(self, kind: str, where: Any, name: str) -> None:
        self.kind, self.where = kind, where
        store = with_accounts(self.opened(), LIMITS.get(name, 10**6))
        store.post_each(batch("before", pay("first", memo="m"), pay("waits", flag=Flag.PENDING, expires_at_us=8)))
        store.close()

    def opened(self, **options: Any) -> Any:
        return (sqlite_at if self.kind == "sqlite" else postgresql_at)(self.where, **({"clock": lambda: 5, "dice": bytes} | options))


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    made: list[str] = []

    def place(name: str) -> Place:
        if request.param == "sqlite":
            made.append("")
            return Place("sqlite", tmp_path / f"ledger-{len(made)}.db", name)
        made.append(server().fresh())
        return Place("postgresql", made[-1], name)

    yield place
    for dsn in filter(None, made):
        server().drop(dsn)


def audited(store: Store) -> list[Any]:
    """Everything folds again: trees, log, balances. Returns: the journal."""
    log, at_us, hashes = Frontier(), 0, list[bytes]()
    sums: dict[str, list[int]] = {row.id: [0, 0, 0, 0] for row in store.balances().rows()}
    waiting: dict[str, int] = {}
    for chunk in store.audit_stream():
        hashes = (hashes if chunk.first_row else []) + leaf_hashes(chunk)
        if len(hashes) == chunk.entry.tree_rows:
            assert root_of(hashes) == chunk.entry.tree_root, chunk.key
            log, at_us = entry_continues(chunk.entry, log=log, at_us=at_us), chunk.entry.at_us
            assert log.root == chunk.log_root
        for row in chunk.transfers.rows():
            if row.flag is Flag.PENDING:
                waiting[row.id] = row.amount_minor
            moved = row.amount_minor if row.flag in (Flag.PLAIN, Flag.POST) else 0
            waits = row.amount_minor if row.flag is Flag.PENDING else -waiting.get(row.pending_id or "", 0)
            for account, side in ((row.debit, 0), (row.credit, 1)):
                sums[account][side] += moved
                sums[account][side + 2] += waits
    head = store.audit_head()
    assert (head.entries, head.root) == (log.size, log.root)
    found = {row.id: [row.posted_debits, row.posted_credits, row.pending_debits, row.pending_credits] for row in store.balances().rows()}
    assert found == sums
    return list(store.journal(rows_max=100))


def same(first: Any, second: Any) -> bool:
    if not isinstance(first, Answer):
        return bool(first == second)
    told = (first.refusals, first.breaches, first.accepted.tolist(), first.repeated.tolist())
    return first.entry == second.entry and told == (second.refusals, second.breaches, second.accepted.tolist(), second.repeated.tolist())


def ready(place: Place, name: str, plan: Plan) -> Store:
    store: Store = place.opened(wrap=plan.wrap, clock=lambda: 9)
    if name in BEFOREHAND:
        BEFOREHAND[name](store)
    return store


def statements_of(places: Callable[[str], Place], name: str) -> tuple[int, Any, list[str]]:
    """How many statements a work takes, what it answers, and which they are."""
    place, plan = places(name), Plan()
    store = ready(place, name, plan)
    begun = plan.count
    answer = WORKS[name](store)
    store.close()
    return plan.count - begun, answer, plan.seen[begun:]


@pytest.mark.parametrize("name", [name for name in WORKS if not name.startswith("large")])
@pytest.mark.parametrize("places", ["sqlite", "postgresql"], indirect=True)
def test_a_fault_at_any_statement_leaves_all_or_nothing(places: Callable[[str], Place], name: str):
    count, expected, seen = statements_of(places, name)
    assert "commit" in seen
    for at in range(count):
        check(places(name), name, at, "before", expected)
        if seen[at] in ("commit", "foresee"):  # what fails behind any other statement is as what fails before the next one
            check(places(name), name, at, "after", expected)


def test_what_is_sent_ahead_counts(tmp_path: Path):
    """A small batch on known accounts is asked about in full before anything is answered, and each question can fail."""
    dsn = server().fresh()
    _, _, seen = statements_of(lambda name: Place("postgresql", dsn, name), "few")
    server().drop(dsn)
    assert seen[1] == "foresee" and seen.count("ahead") == 7
    _, _, seen = statements_of(lambda name: Place("sqlite", tmp_path / "ledger.db", name), "few")
    assert seen.count("foresee") == 1 and "ahead" not in seen, "SQLite is asked when the answer is needed"


@pytest.mark.parametrize("name", ["large", "large refused"])
@pytest.mark.parametrize("places", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.slow
def test_a_fault_at_any_statement_of_a_staged_batch_is_resumed(places: Callable[[str], Place], name: str):
    count, expected, seen = statements_of(places, name)
    assert seen.count("commit") >= 3
    step = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 11
    for at in sorted({*range(0, count, step), *(place for place, each in enumerate(seen) if each == "commit")}):
        check(places(name), name, at, "after" if seen[at] == "commit" else "before", expected)


def check(place: Place, name: str, at: int, how: str, expected: Any) -> None:
    """Fail there, look, ask again with the same key."""
    plan = Plan(how=how)
    store = ready(place, name, plan)
    before = len(store.journal(rows_max=100))
    plan.at = plan.count + at
    with pytest.raises(EnvironmentFault):
        WORKS[name](store)
    between = len(audited(store))
    assert [size for _, size in store.documents()] in ([], [len(DOCUMENT)]), "a document is whole or not there"
    again = WORKS[name](store)
    assert same(again, expected), (at, how)
    after = len(audited(store))
    if isinstance(again, Answer):
        assert again.is_repeat == (between > before) and after == (between if again.is_repeat else again.entry.sequence + 1)
    store.close()
