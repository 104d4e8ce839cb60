"""A state machine that drives a store and the naive model with the same random life, and compares every answer.

`machine_of` takes any store: the one in memory here, those on disk in their own tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rescounter.ledger import Account, AccountChange, AccountEvent, Answer, Batch, Flag, Policy, Record, Store, Transfer, Transfers
from rescounter.ledger.audit import Evidence, audit
from rescounter.ledger.canonical import fields_of
from rescounter.ledger.checkpoints import Checkpoint
from rescounter.ledger.entries import Outcome
from rescounter.ledger.laws.limits_hold import standings_are_within_limits
from rescounter.ledger.laws.zero_sum import currencies_sum_to_zero
from rescounter.ledger.merkle import consistency_verified, inclusion_verified, leaf_hash
from rescounter.ledger.notes import SigningKey, opened
from rescounter.ledger.ports import InclusionProof
from tests.ledger.model import Model, Told

ORIGIN = "ledger.example/test"
SIGNING_KEY = SigningKey(ORIGIN, bytes(range(32)))
LEDGER_KEY = bytes(range(100, 132))
MOST = 2**63 - 1

Make = Callable[[Callable[[], int]], Store]

ACCOUNTS = [f"A{number}" for number in range(5)] + ["U", "USD-1", "USD-2"]
IDS = [f"T{number}" for number in range(14)]
amounts = st.integers(1, 12)
odd_amounts = st.sampled_from([0, -1, 100, 2**62, MOST])
names = st.sampled_from(["U", *ACCOUNTS[:4]])
odd_names = st.sampled_from([*ACCOUNTS, "B", "nobody"])
bys = st.sampled_from(["", "ana", "bo"])
bodies = st.sampled_from([b"", b"{}", b'{"rule":"R1"}', b"\x00\xff"])
odd_ids = st.sampled_from(["", "x" * 129, "T\u200b", "T0/expired", *IDS])
memos = st.none() | st.sampled_from(["rent of Ana", "fee"])

ODD_RECORDS = [
    {"kind": ""},
    {"kind": "k" * 65},
    {"kind": "a\nb"},
    {"by": "x" * 129},
    {"body": bytes(2**20 + 1)},
    {"number": 0},
    {"number": 9},
]


@st.composite
def transfers(draw: Any, machine: LedgerMachine) -> Transfer:
    """One transfer: mostly sound, often naming something that is there, sometimes nonsense."""
    kind = draw(st.sampled_from(["plain", "plain", "pending", "pending", "post", "void", "reversal", "again", "odd"]))
    debit = draw(names)
    credit = draw(names.filter(lambda name: name != debit))
    base = Transfer(id=machine.fresh(), debit=debit, credit=credit, amount_minor=draw(amounts), memo=draw(memos))
    waits, moved, sent = machine.waiting(), machine.moved(), machine.sent
    if kind == "again" and sent:
        first = draw(st.sampled_from(sent))
        return draw(st.sampled_from([first, first, replace(first, amount_minor=draw(amounts)), replace(first, memo=draw(memos))]))
    if kind == "pending":
        return replace(base, flag=Flag.PENDING, expires_at_us=draw(st.none() | st.integers(machine.now, machine.now + 12)))
    if kind in ("post", "void") and waits:
        old = draw(st.sampled_from(waits))
        amount = old.amount_minor if draw(st.integers(0, 2)) else draw(amounts)
        flag = Flag.POST if kind == "post" else Flag.VOID
        return replace(base, debit=old.debit, credit=old.credit, amount_minor=amount, flag=flag, pending_id=old.id)
    if kind == "reversal" and moved:
        old = draw(st.sampled_from(moved))
        return replace(base, debit=old.credit, credit=old.debit, amount_minor=old.amount_minor, reverses=old.id)
    return draw(st.sampled_from(odd(draw, base, machine.now))) if kind == "odd" else base


def odd(draw: Any, base: Transfer, now: int) -> list[Transfer]:
    """What may be wrong with a transfer, one thing at a time."""
    return [
        replace(base, id=draw(odd_ids)),
        replace(base, amount_minor=draw(odd_amounts)),
        replace(base, debit=draw(odd_names)),
        replace(base, credit=draw(odd_names)),
        replace(base, flag=draw(st.sampled_from(Flag)), expires_at_us=draw(st.none() | st.just(now))),
        replace(base, kind=draw(st.sampled_from(["", "k" * 65, "Mu\u0308ll"]))),
        replace(base, cycle="c" * 65, memo="m" * 1025),
        replace(base, reverses="T0"),
        replace(base, flag=Flag.POST, pending_id="T0"),
    ]


class LedgerMachine(RuleBasedStateMachine):
    """Rules are what callers do; every answer is compared at once, the whole state after each step."""

    make: Make

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000
        self.store = type(self).make(lambda: self.now)
        self.model = Model(lambda: self.now)
        self.sent: list[Transfer] = []
        self.batches: list[tuple[str, Batch]] = []
        self.numbers = 0
        self.last: tuple[int, bytes] = (0, b"")

    def fresh(self) -> str:
        self.numbers += 1
        return f"N{self.numbers}"

    def waiting(self) -> list[Transfer]:
        """Sent and pending: most of them wait, some were resolved or refused, some stand in the batch that is being made."""
        return [one for one in self.sent if one.flag is Flag.PENDING][-6:]

    def moved(self) -> list[Transfer]:
        return [one for one in self.sent if one.flag is not Flag.PENDING][-6:]

    def key(self, prefix: str) -> str:
        self.numbers += 1
        return f"{prefix}-{self.numbers}"

    @initialize(limits=st.lists(st.none() | st.integers(0, 60), min_size=len(ACCOUNTS), max_size=len(ACCOUNTS)))
    def open_all(self, limits: list[int | None]) -> None:
        opened_accounts = [
            Account(
                id=name,
                owner="" if name == "U" else name,
                purpose="settlement",
                currency="USD" if name.startswith("USD") else "EUR",
                limit_minor=None if name == "U" else limit,
            )
            for name, limit in zip(ACCOUNTS, limits, strict=True)
        ]
        self.compare(self.store.open_accounts("open", opened_accounts), self.model.open_accounts("open", opened_accounts))

    @rule(
        name=st.sampled_from([*ACCOUNTS[:2], "B", "C", "bad\n"]),
        currency=st.sampled_from(["EUR", "USD", ""]),
        limit=st.sampled_from([0, 5, -1, None]),
    )
    def open_one(self, name: str, currency: str, limit: int | None) -> None:
        accounts = [Account(id=name, owner="", purpose="fund", currency=currency, limit_minor=limit)]
        key = self.key("open")
        self.compare(self.store.open_accounts(key, accounts), self.model.open_accounts(key, accounts))

    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        changes = []
        for _ in range(data.draw(st.integers(1, 2))):
            event = data.draw(st.sampled_from([*AccountEvent, AccountEvent.LIMITED, AccountEvent.THAWED]))
            limit = data.draw(st.none() | st.integers(-1, 60)) if event is AccountEvent.LIMITED else None
            account = data.draw(st.sampled_from(["A3", "A4", "B"] if event is AccountEvent.CLOSED else ["A0", "A1", "A3", "B", "nobody"]))
            changes.append(AccountChange(account=account, event=event, limit_minor=limit))
        key = self.key("change")
        self.compare(self.store.change_accounts(key, changes), self.model.change_accounts(key, changes))

    @rule(data=st.data(), count=st.integers(0, 6))
    def post_each(self, data: st.DataObject, count: int) -> None:
        rows = self.rows(data, count)
        batch = Batch(key=self.key("each"), transfers=Transfers.of(rows))
        self.compare(self.store.post_each(batch), self.model.post_each(batch))
        self.batches.append(("each", batch))

    @rule(data=st.data(), count=st.integers(0, 5), policy=st.sampled_from([Policy.CYCLE_NET, Policy.SEQUENTIAL]))
    def post_atomic(self, data: st.DataObject, count: int, policy: Policy) -> None:
        rows = self.rows(data, count)
        batch = Batch(key=self.key("atomic"), transfers=Transfers.of(rows), policy=policy, cycle="7", rulebook_version="1")
        self.compare(self.store.post_atomic(batch), self.model.post_atomic(batch))
        self.batches.append(("atomic", batch))

    def rows(self, data: st.DataObject, count: int) -> list[Transfer]:
        """Rows that may name rows above them."""
        rows = []
        for _ in range(count):
            rows.append(data.draw(transfers(self)))
            self.sent += [row for row in rows[-1:] if row.id]
        return rows

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def post_again(self, data: st.DataObject) -> None:
        kind, batch = data.draw(st.sampled_from(self.batches))
        rows = list(batch.transfers.rows())
        if rows and data.draw(st.integers(0, 2)) == 0:
            changed = data.draw(st.sampled_from([{"amount_minor": 7}, {"memo": "another"}, {"memo": None}]))
            rows[-1] = replace(rows[-1], **changed)
            batch = replace(batch, transfers=Transfers.of(rows))
        if kind == "each":
            self.compare(self.store.post_each(batch), self.model.post_each(batch))
        else:
            self.compare(self.store.post_atomic(batch), self.model.post_atomic(batch))

    @rule(step=st.sampled_from([3, 8, 20, -3]))
    def time_passes(self, step: int) -> None:
        self.now += step

    @rule()
    def expire(self) -> None:
        answer, told = self.store.expire(), self.model.expire()
        assert (answer is None) == (told is None)
        if answer is not None and told is not None:
            self.compare(answer, told)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        chosen = [data.draw(st.sampled_from(self.sent)).id, "nothing"]
        key = self.key("erase")
        self.compare(self.store.erase_memos(key, chosen), self.model.erase_memos(key, chosen))

    @rule(data=st.data(), count=st.sampled_from([0, 1, 1, 1, 2, 3]), off=st.sampled_from([0, 0, 0, 1, -1, -2]))
    def record(self, data: st.DataObject, count: int, off: int) -> None:
        """Behind the last one as it stands, or as somebody read it before another acted, or the same again."""
        first = len(self.model.records) + 1 + off
        rows = [Record(number=first + row, kind="rule", by=data.draw(bys), body=data.draw(bodies)) for row in range(count)]
        if rows and data.draw(st.integers(0, 5)) == 0:
            rows[-1] = replace(rows[-1], **data.draw(st.sampled_from(ODD_RECORDS)))
        if self.model.records and data.draw(st.integers(0, 2)) == 0:
            rows = self.model.records[-data.draw(st.integers(1, 3)) :]
        self.compare(self.store.record(rows), self.model.record(rows))

    @rule(content=st.sampled_from([b"", b"a", b"{}", bytes(1000)]))
    def keep_document(self, content: bytes) -> None:
        name = self.store.keep_document(content)
        self.model.documents.add(content)
        assert name == "sha256:" + hashlib.sha256(content).hexdigest() and self.store.document(name) == content

    def compare(self, answer: Answer, told: Told) -> None:
        found = [(refusal.row, "" if refusal.code.endswith("_invalid") else refusal.id, refusal.code) for refusal in answer.refusals]
        assert found == [(row, "" if code.endswith("_invalid") else identity, code) for row, identity, code in told.refusals]
        assert [(breach.id, breach.code) for breach in answer.breaches] == told.breaches
        if told.posted is None:
            assert answer.entry is None and not answer.accepted.any()
            return
        assert answer.entry is not None
        assert (answer.entry.outcome is Outcome.POSTED) == told.posted
        assert answer.accepted.tolist() == told.accepted
        assert answer.repeated.tolist() == told.repeated
        first = self.store.answer_of(answer.key)
        assert first is not None and first.entry == answer.entry and first.refusals == answer.refusals

    @invariant()
    def the_books_agree(self) -> None:
        standings = self.store.balances()
        rows = standings.rows()
        found = {row.id: (row.posted_debits, row.posted_credits, row.pending_debits, row.pending_credits) for row in rows}
        assert found == self.model.sums()
        assert {row.id: row.state.name.lower() for row in rows} == {name: book.state for name, book in self.model.world.books.items()}
        currencies_sum_to_zero(standings)
        standings_are_within_limits(standings)

    @invariant()
    def the_journal_agrees(self) -> None:
        entries = self.store.journal(rows_max=10_000)
        kinds = [(entry.kind.name.lower(), entry.outcome is Outcome.POSTED, entry.accepted) for entry in entries]
        assert kinds == self.model.kinds
        assert [entry.sequence for entry in entries] == list(range(len(entries)))

    @invariant()
    def the_records_agree(self) -> None:
        entries, after, found = self.store.journal(rows_max=10_000), 0, []
        while page := self.store.records(after=after, rows_max=3):
            found += page
            after = page[-1].number
        assert [Record(number=each.number, kind=each.kind, by=each.by, body=each.body) for each in found] == self.model.records
        assert all(entries[each.entry].kind.name == "RECORD" and entries[each.entry].at_us == each.at_us for each in found)
        assert [size for _, size in sorted(self.store.documents())] == [
            len(content) for content in sorted(self.model.documents, key=lambda content: hashlib.sha256(content).digest())
        ]

    @invariant()
    def the_log_continues(self) -> None:
        checkpoint = Checkpoint.of_text(opened(self.store.checkpoint(), [SIGNING_KEY.verifier]))
        size, root = self.last
        if size:
            proof = self.store.prove_consistency(size, checkpoint.size)
            assert consistency_verified(proof, first=size, second=checkpoint.size, first_root=root, second_root=checkpoint.root)
        self.last = (checkpoint.size, checkpoint.root)

    def teardown(self) -> None:
        self.everything_is_proven()
        self.an_audit_passes()
        self.store.close()

    def an_audit_passes(self) -> None:
        """At the end: what was stored of this life stands up to an audit, which shares no code with the decisions."""
        verifier = SIGNING_KEY.verifier
        evidence = Evidence(
            ledger_key=LEDGER_KEY,
            first=verifier,
            in_force=verifier,
            head=self.store.audit_head,
            balances=self.store.balances,
            stored=self.store.checkpoints(),
            documents=self.store.audit_documents,
        )
        done = audit(self.store.audit_stream(), evidence)
        assert done.fault is None
        assert (done.records, done.documents) == (len(self.model.records), len(self.model.documents))

    def everything_is_proven(self) -> None:
        """At the end: histories agree, fates agree, and each posted transfer and record stands under the last checkpoint."""
        size, root = self.last
        for name in self.model.world.books:
            assert self.store.account_history(name, rows_max=10_000).table["id"].to_pylist() == self.model.history(name)
        for name, posted in self.model.world.posted.items():
            known = self.store.transfer(name)
            assert known is not None and known.transfer == replace(posted.transfer, memo=None)
            assert (known.fate.name if known.fate else "").startswith(posted.fate) and known.is_reversed == posted.is_reversed
            prove(self.store.prove_inclusion(name, log_size=size), root)
        for record in self.model.records:
            proof = self.store.prove_record(record.number, log_size=size)
            assert proof.leaf[17:] == b"U" + fields_of(record.number, record.kind, record.by, hashlib.sha256(record.body).hexdigest())
            prove(proof, root)


def prove(proof: InclusionProof, root: bytes) -> None:
    """The leaf stands under the batch's root, the entry under the root of the log."""
    leaf, batch = leaf_hash(proof.leaf[1:]), proof.entry
    assert inclusion_verified(leaf, proof.batch_path, place=proof.place, size=batch.tree_rows, root=batch.tree_root)
    assert inclusion_verified(batch.leaf(), proof.log_path, place=batch.sequence, size=proof.log_size, root=root)


def machine_of(make: Make) -> type[LedgerMachine]:
    """The machine over the stores that *make* makes from a clock."""
    return type("Machine", (LedgerMachine,), {"make": staticmethod(make)})
