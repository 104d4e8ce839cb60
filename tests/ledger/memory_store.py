"""The port over lists in memory, composed of nothing but the pure room: how a store puts the pieces together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from rescounter.ledger import (
    Account,
    AccountChange,
    Answer,
    Batch,
    Effects,
    Entry,
    EntryKind,
    Fate,
    Flag,
    InclusionProof,
    Known,
    Policy,
    Standings,
    Transfer,
    Transfers,
    conclude,
    decide_atomic,
    decide_changes,
    decide_each,
    decide_openings,
    examine,
    rows_of,
)
from rescounter.ledger.canonical import (
    SALT_BYTES,
    chunk_digest,
    content_digest,
    leaf_of,
    memo_digests,
    request_seal,
    row_bytes,
    salt_at,
    salts,
    transfer_leaves,
)
from rescounter.ledger.checkpoints import Checkpoint, Rotation
from rescounter.ledger.decisions import UNBOUND
from rescounter.ledger.documents import StoredDocument, digest_name, parts_of
from rescounter.ledger.effects import merged
from rescounter.ledger.entries import Outcome
from rescounter.ledger.expiry import expiries, expiry_key
from rescounter.ledger.laws.balances_are_the_fold import folded
from rescounter.ledger.laws.finality_grows import entry_continues
from rescounter.ledger.memos import MEMO_SALT_BYTES, SealedMemo, memo_digest
from rescounter.ledger.merkle import Frontier, consistency_proof, inclusion_proof, nodes_of, root_of
from rescounter.ledger.notes import signed
from rescounter.ledger.ports import AuditChunk, AuditView, Head, History, Signer, Staged
from rescounter.ledger.records import Record, StoredRecord, judge_number, judge_records, record_fields, record_key
from rescounter.ledger.rulings import places_of, refused
from rescounter.ledger.sealing import (
    LeafFields,
    account_fields,
    breach_fields,
    change_fields,
    chunk_hashes,
    currencies_of,
    digest_of_batch,
    digest_of_expiries,
    digest_of_leaves,
    erasure_fields,
    hash_of,
    refusal_fields,
    repeat_fields,
    same_memos,
)
from rescounter.ledger.standings import Standing
from rescounter.ledger.transfers import CHUNK_ROWS, TRANSFERS, check_key
from rescounter.terms import CallerFault, Refusal

FATES = {Flag.POST: Fate.POSTED, Flag.VOID: Fate.VOIDED, Flag.EXPIRE: Fate.EXPIRED}


@dataclass
class Row:
    """A posted transfer without its memo, where it stands, and the sealed memo while it is there."""

    transfer: Transfer
    sequence: int
    place: int
    digest: bytes | None = None
    memo: tuple[str, SealedMemo] | None = None


@dataclass
class Ended:
    """A batch that has ended, and what its tree is made of."""

    answer: Answer
    digest: bytes
    leaves: list[bytes]
    rows: list[Row] = field(default_factory=list)
    others: dict[int, LeafFields] = field(default_factory=dict)
    cycle: str = ""


@dataclass
class Begun:
    """A batch that is staged and not final."""

    chunks: list[tuple[bytes, Transfers, list[bytes], list[tuple[str, SealedMemo] | None]]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    effects: Effects = field(default_factory=Effects.none)
    too_large: set[str] = field(default_factory=set)


class MemoryStore:
    """Everything in lists; nothing lasts."""

    def __init__(self, *, clock: Callable[[], int], ledger_key: bytes, origin: str, signer: Signer, dice: Callable[[int], bytes]) -> None:
        self._clock, self._key, self._origin, self._signer, self._dice = clock, ledger_key, origin, signer, dice
        self._at = 0
        self._opened: dict[str, Account] = {}
        self._standings: dict[str, Standing] = {}
        self._rows: dict[str, Row] = {}
        self._refused: dict[str, tuple[bytes, Refusal]] = {}
        self._fates: dict[str, Fate] = {}
        self._reversed: set[str] = set()
        self._ended: dict[str, Ended] = {}
        self._keys: list[str] = []
        self._staged: dict[str, Begun] = {}
        self._log = Frontier()
        self._checkpoints: dict[int, str] = {}
        self._records: list[StoredRecord] = []
        self._documents: dict[str, bytes] = {}

    # Accounts.

    def open_accounts(self, key: str, accounts: Sequence[Account]) -> Answer:
        leaves = [account_fields(account) for account in accounts]
        digest = digest_of_leaves(EntryKind.ACCOUNTS, leaves)
        if (before := self._before(key, digest)) is not None:
            return before
        check_key(key)
        self._tick()
        refusals, new = decide_openings(
            accounts, {account.id: self._opened[account.id] for account in accounts if account.id in self._opened}
        )
        if not refusals:
            for place in new:
                self._opened[accounts[place].id] = accounts[place]
                self._standings[accounts[place].id] = Standing.of(accounts[place])
        return self._end_small(key, EntryKind.ACCOUNTS, digest, leaves, refusals)

    def change_accounts(self, key: str, changes: Sequence[AccountChange]) -> Answer:
        leaves = [change_fields(change) for change in changes]
        digest = digest_of_leaves(EntryKind.ACCOUNTS, leaves)
        if (before := self._before(key, digest)) is not None:
            return before
        check_key(key)
        self._tick()
        refusals, after = decide_changes(changes, self._standings)
        if not refusals:
            self._standings |= after
        return self._end_small(key, EntryKind.ACCOUNTS, digest, leaves, refusals)

    # Records and documents.

    def record(self, records: Sequence[Record]) -> Answer:
        leaves = [record_fields(each) for each in records]
        refusals = judge_records(records)
        if not refusals:
            digest = digest_of_leaves(EntryKind.RECORD, leaves)
            key, first = record_key(records[0].number), records[0]
            if (before := self._before(key, digest)) is not None and before.entry is not None:
                return before
            stands = [Record(number=each.number, kind=each.kind, by=each.by, body=each.body) for each in self._records[first.number - 1 :]]
            refusal = judge_number(first, last=len(self._records), stands=stands[0] if stands else None)
            if refusal is None:
                self._tick()
                fields = ({"number": each.number, "kind": each.kind, "by": each.by, "body": each.body} for each in records)
                self._records += [StoredRecord(**each, at_us=self._at, entry=self._log.size) for each in fields]
                return self._end_small(key, EntryKind.RECORD, digest, leaves, ())
            refusals = (refusal,)
        none = np.zeros(len(records), bool)
        key = record_key(records[0].number if records else 0)
        return Answer(key=key, entry=None, accepted=none, repeated=none, refusals=refusals)

    def records(self, *, after: int = 0, rows_max: int = 1000) -> Sequence[StoredRecord]:
        return self._records[after : after + rows_max]

    def keep_document(self, content: bytes) -> str:
        name = digest_name(hashlib.sha256(content).digest())
        self._documents.setdefault(name, content)
        return name

    def document(self, name: str) -> bytes:
        if name not in self._documents:
            raise CallerFault("document_unknown", f"there is no document {name}")
        return self._documents[name]

    def documents(self) -> Iterator[tuple[str, int]]:
        return ((name, len(content)) for name, content in sorted(self._documents.items()))

    def audit_documents(self) -> Iterator[StoredDocument]:
        for name, content in sorted(self._documents.items()):
            yield StoredDocument(name=name, size=len(content), parts=enumerate(parts_of(content)))

    # Postings.

    def post_each(self, batch: Batch) -> Answer:
        digest = digest_of_batch(batch, EntryKind.EACH)
        if (before := self._before(batch.key, digest, batch.transfers)) is not None:
            return before
        self._tick()
        transfers, rows = batch.transfers, list(batch.transfers.rows())
        standings, known = self._named(transfers), self._known(transfers)
        decision = decide_each(transfers, standings, known, at_us=self._at)
        self._apply(decision.effects)
        posted = {row for row in range(len(rows)) if decision.accepted[row] and not decision.repeated[row]}
        memos = self._sealed(transfers, posted)
        others = {refusal.row - 1: refusal_fields(rows[refusal.row - 1], refusal) for refusal in decision.refusals}
        others |= {row: repeat_fields(rows[row].id) for row in np.flatnonzero(decision.repeated).tolist()}
        for refusal in decision.refusals:
            if refusal.code not in UNBOUND and not decision.repeated[refusal.row - 1]:
                self._refused[rows[refusal.row - 1].id] = (content_digest(rows[refusal.row - 1]), refusal)
        kept = [self._write(rows[row], row, memos[row]) for row in sorted(posted)]
        hashes = self._hashes(batch.key, 0, transfers, standings, memos, others)
        answer = Answer(key=batch.key, entry=None, accepted=decision.accepted, repeated=decision.repeated, refusals=decision.refusals)
        ended = Ended(answer, digest, hashes, kept, others, batch.cycle)
        return self._end(ended, EntryKind.EACH, Outcome.POSTED, rulebook=batch.rulebook_version)

    def post_atomic(self, batch: Batch) -> Answer:
        if len(batch.transfers) > CHUNK_ROWS:
            for chunk in range(-(-len(batch.transfers) // CHUNK_ROWS)):
                self.stage(batch, chunk)
            return self.flip(batch)
        digest = digest_of_batch(batch, EntryKind.ATOMIC)
        if (before := self._before(batch.key, digest, batch.transfers)) is not None:
            return before
        self._tick()
        transfers, standings = batch.transfers, self._named(batch.transfers)
        decision = decide_atomic(transfers, standings, self._known(transfers), policy=batch.policy, at_us=self._at)
        memos = self._sealed(transfers, set(range(len(transfers))) if decision.is_posted else set())
        hashes = self._hashes(batch.key, 0, transfers, standings, memos, {}) if decision.is_posted else []
        return self._conclude(batch, digest, decision.refusals, decision.breaches, decision.effects, hashes, memos)

    def stage(self, batch: Batch, chunk: int) -> Staged:
        begun = self._staged.setdefault(batch.key, Begun())
        transfers = batch.transfers.slice(chunk * CHUNK_ROWS, CHUNK_ROWS)
        digest = chunk_digest(row_bytes(transfers))
        if batch.key in self._ended or chunk < len(begun.chunks):
            if batch.key not in self._ended and begun.chunks[chunk][0] != digest:
                raise CallerFault("batch_key_invalid", f"chunk {chunk} of {batch.key} is staged with other content")
        else:
            standings = self._named(transfers)
            known = self._known(transfers) | self._staged_ids(begun)
            examined = examine(transfers, standings, known, at_us=self._clock(), first_row=chunk * CHUNK_ROWS)
            memos = self._sealed(transfers, set(range(len(transfers))))
            hashes = self._hashes(batch.key, chunk, transfers, standings, memos, {})
            begun.chunks.append((digest, transfers, hashes, memos))
            begun.refusals += examined.refusals
            begun.effects, too_large = merged(begun.effects, examined.effects)
            begun.too_large |= set(too_large)
        return Staged(chunks=len(begun.chunks), rows=sum(len(each[1]) for each in begun.chunks), refused=len(begun.refusals))

    def flip(self, batch: Batch) -> Answer:
        digest = digest_of_batch(batch, EntryKind.ATOMIC)
        if (before := self._before(batch.key, digest, batch.transfers)) is not None:
            return before
        self._tick()
        begun = self._staged.pop(batch.key)
        breaches = conclude(begun.effects, self._named(batch.transfers), policy=batch.policy)
        over = [refused("total_beyond_int64", row=0, subject=name, found="a sum of one batch") for name in sorted(begun.too_large)]
        breaches = tuple(sorted((*breaches, *over), key=lambda breach: breach.id))
        named: dict[int, Refusal] = {}
        for chunk, (_, transfers, _, _) in enumerate(begun.chunks):
            named |= {refusal.row: refusal for refusal in rows_of(transfers, breaches, first_row=chunk * CHUNK_ROWS)}
        named |= {refusal.row: refusal for refusal in begun.refusals}
        hashes = [each for _, _, hashes, _ in begun.chunks for each in hashes]
        memos = [each for _, _, _, memos in begun.chunks for each in memos]
        return self._conclude(batch, digest, tuple(named[row] for row in sorted(named)), breaches, begun.effects, hashes, memos)

    def abandon(self, key: str) -> None:
        if key in self._ended:
            raise CallerFault("batch_key_invalid", f"{key} has ended")
        self._staged.pop(key, None)

    def _conclude(
        self, batch: Batch, digest: bytes, refusals: tuple[Refusal, ...], breaches: tuple[Refusal, ...], effects: Effects,
        hashes: list[bytes], memos: Sequence[tuple[str, SealedMemo] | None],
    ) -> Answer:  # fmt: skip
        count, rows = len(batch.transfers), list(batch.transfers.rows())
        is_posted, others, kept = not refusals and not breaches, {}, []
        if is_posted:
            self._apply(effects)
            kept = [self._write(transfer, row, memos[row]) for row, transfer in enumerate(rows)]
        else:
            told = [refusal_fields(rows[refusal.row - 1], refusal) for refusal in refusals] + [breach_fields(breach) for breach in breaches]
            others = dict(enumerate(told))
            hashes = self._small_hashes(batch.key, told)
        answer = Answer(
            key=batch.key,
            entry=None,
            accepted=np.full(count, is_posted),
            repeated=np.zeros(count, bool),
            refusals=refusals,
            breaches=breaches,
        )
        ended = Ended(answer, digest, hashes, kept, others, batch.cycle)
        return self._end(ended, EntryKind.ATOMIC, Outcome(is_posted), policy=batch.policy, rulebook=batch.rulebook_version)

    def expire(self) -> Answer | None:
        self._at = max(self._at, self._clock())
        due = [
            row.transfer
            for row in self._rows.values()
            if row.transfer.flag is Flag.PENDING
            and row.transfer.id not in self._fates
            and row.transfer.expires_at_us is not None
            and row.transfer.expires_at_us <= self._at
        ]
        if not due:
            return None
        transfers, effects = expiries(due, at_us=self._at)
        key = expiry_key(self._log.size)
        self._apply(effects)
        memos: list[tuple[str, SealedMemo] | None] = [None] * len(transfers)
        kept = [self._write(transfer, row, None) for row, transfer in enumerate(transfers.rows())]
        hashes = self._hashes(key, 0, transfers, self._named(transfers), memos, {})
        answer = Answer(key=key, entry=None, accepted=np.ones(len(kept), bool), repeated=np.zeros(len(kept), bool))
        return self._end(Ended(answer, digest_of_expiries(transfers), hashes, kept), EntryKind.EXPIRY, Outcome.POSTED)

    # Reading.

    def balances(self, ids: Sequence[str] | None = None) -> Standings:
        return Standings.of(self._standings[name] for name in sorted(self._standings) if ids is None or name in ids)

    def account_history(self, account: str, *, after: int | None = None, rows_max: int = 1000) -> History:
        rows = [row for row in self._rows.values() if account in (row.transfer.debit, row.transfer.credit)]
        rows.sort(key=lambda row: (row.sequence, row.place))
        begin = 0 if after is None else after
        page = rows[begin : begin + rows_max]
        table = self._with_memos(page).table
        places = pa.array([row.sequence << 32 | row.place for row in page], pa.int64())
        return History(table=table.add_column(0, "place", places), next_after=begin + rows_max if begin + rows_max < len(rows) else None)

    def journal(self, *, first: int = 0, rows_max: int = 1000) -> Sequence[Entry]:
        return [self._entry(key) for key in self._keys[first : first + rows_max]]

    def answer_of(self, key: str) -> Answer | None:
        return replace(self._ended[key].answer, is_repeat=True) if key in self._ended else None

    def transfer(self, transfer_id: str) -> Known | None:
        return self._known_of(transfer_id)

    def prove_inclusion(self, transfer_id: str, *, log_size: int) -> InclusionProof:
        row = self._rows[transfer_id]
        transfers, standings = Transfers.of([row.transfer]), self._named(Transfers.of([row.transfer]))
        digests = pa.array([row.digest], pa.binary())
        salt = salt_at(self._key, self._keys[row.sequence], row.place)
        currencies = currencies_of(places_of(transfers.column("debit"), standings), standings)
        leaf = transfer_leaves(row_bytes(transfers), currencies, digests, salt)[0].as_py()
        return self._proven(leaf, row.sequence, row.place, log_size)

    def prove_record(self, number: int, *, log_size: int) -> InclusionProof:
        sequence = self._records[number - 1].entry
        key = self._keys[sequence]
        place = number - next(each.number for each in self._records if each.entry == sequence)
        tag, fields = self._ended[key].others[place]
        return self._proven(leaf_of(tag, salt_at(self._key, key, place), fields), sequence, place, log_size)

    def _proven(self, leaf: bytes, sequence: int, place: int, log_size: int) -> InclusionProof:
        ended = self._ended[self._keys[sequence]]
        log = [self._entry(key).leaf() for key in self._keys]
        return InclusionProof(
            leaf=leaf,
            place=place,
            batch_path=tuple(inclusion_proof(nodes_of(ended.leaves), place, len(ended.leaves))),
            entry=self._entry(self._keys[sequence]),
            log_path=tuple(inclusion_proof(nodes_of(log), sequence, log_size)),
            log_size=log_size,
        )

    def prove_consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        return tuple(consistency_proof(nodes_of([self._entry(key).leaf() for key in self._keys]), first, second))

    def checkpoint(self) -> str:
        text = Checkpoint(self._origin, self._log.size, self._log.root).text()
        return self._checkpoints.setdefault(self._log.size, signed(text, self._signer(text.encode())))

    def audit_stream(self) -> Iterator[AuditChunk]:
        log = Frontier()
        for key in self._keys:
            ended, entry = self._ended[key], self._entry(key)
            log = log.append([entry.leaf()])
            for first in range(0, max(entry.tree_rows, 1), CHUNK_ROWS):
                rows = [row for row in ended.rows if first <= row.place < first + CHUNK_ROWS]
                others = [(place, *fields) for place, fields in sorted(ended.others.items()) if first <= place < first + CHUNK_ROWS]
                yield AuditChunk(
                    key=key,
                    request_digest=ended.digest,
                    entry=entry,
                    leaf=entry.leaf(),
                    log_root=log.root,
                    first_row=first,
                    transfers=self._with_memos(rows),
                    rows=np.array([row.place for row in rows], np.int64),
                    memo_digests=pa.array([row.digest for row in rows], pa.binary()),
                    memo_salts=pa.array([row.memo[1].salt if row.memo else None for row in rows], pa.binary()),
                    others=tuple(others),
                    cycle=ended.cycle,
                )

    def audit_view(self) -> AbstractContextManager[AuditView]:
        return nullcontext(self)

    def audit_head(self) -> Head:
        at_us = self._entry(self._keys[-1]).at_us if self._keys else 0
        return Head(origin=self._origin, entries=self._log.size, frontier=self._log.to_bytes(), root=self._log.root, at_us=at_us)

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        yield from sorted(self._checkpoints.items())

    def erase_memos(self, key: str, transfer_ids: Sequence[str]) -> Answer:
        leaves = [erasure_fields(name) for name in transfer_ids]
        digest = digest_of_leaves(EntryKind.ERASURE, leaves)
        if (before := self._before(key, digest)) is not None:
            return before
        check_key(key)
        self._tick()
        for name in transfer_ids:
            if name in self._rows:
                self._rows[name].memo = None
        return self._end_small(key, EntryKind.ERASURE, digest, leaves, ())

    def announce_key(self, key: str, rotation: Rotation) -> Answer:
        leaves: list[LeafFields] = [("K", rotation.values())]
        digest = digest_of_leaves(EntryKind.KEY, leaves)
        if (before := self._before(key, digest)) is not None:
            return before
        check_key(key)
        self._tick()
        return self._end_small(key, EntryKind.KEY, digest, leaves, ())

    def close(self) -> None:
        return None

    # Below.

    def _tick(self) -> None:
        self.expire()

    def _named(self, transfers: Transfers) -> Standings:
        names = set(transfers.column("debit").to_pylist()) | set(transfers.column("credit").to_pylist())
        return Standings.of(self._standings[name] for name in sorted(names & self._standings.keys()))

    def _known(self, transfers: Transfers) -> dict[str, Known]:
        names = {name for column in ("id", "pending_id", "reverses") for name in transfers.column(column).to_pylist() if name is not None}
        return {name: known for name in names if (known := self._known_of(name)) is not None}

    def _known_of(self, name: str) -> Known | None:
        if name in self._refused:
            content, refusal = self._refused[name]
            return Known(content=content, refusal=refusal, memo_is_kept=False)
        if name not in self._rows:
            return None
        row = self._rows[name]
        return Known(
            content=content_digest(row.transfer),
            transfer=row.transfer,
            fate=self._fates.get(name, Fate.NONE),
            is_reversed=name in self._reversed,
            memo=row.memo[1] if row.memo else None,
            memo_is_kept=row.memo is not None or row.digest is None,
        )

    @staticmethod
    def _staged_ids(begun: Begun) -> Mapping[str, Known]:
        rows = (row for _, transfers, _, _ in begun.chunks for row in transfers.rows())
        return {row.id: Known(content=content_digest(row), transfer=replace(row, memo=None)) for row in rows}

    def _sealed(self, transfers: Transfers, posted: set[int]) -> list[tuple[str, SealedMemo] | None]:
        made: list[tuple[str, SealedMemo] | None] = []
        for row, memo in enumerate(transfers.column("memo").to_pylist()):
            salt = self._dice(MEMO_SALT_BYTES) if memo is not None and row in posted else b""
            made.append((memo, SealedMemo(salt, memo_digest(memo, salt))) if salt else None)
        return made

    def _hashes(self, key: str, chunk: int, transfers: Transfers, standings: Standings, memos: Sequence[tuple[str, SealedMemo] | None],
                others: Mapping[int, LeafFields]) -> list[bytes]:  # fmt: skip
        only = pa.array([memo[0] if memo else None for memo in memos], pa.string())
        table = transfers.table.set_column(TRANSFERS.get_field_index("memo"), "memo", only)
        digests = memo_digests(Transfers(table), b"".join(memo[1].salt for memo in memos if memo))
        currencies = currencies_of(places_of(transfers.column("debit"), standings).tolist(), standings)
        return chunk_hashes(row_bytes(transfers), currencies, digests, salts(self._key, key, chunk, len(transfers)), others)

    def _small_hashes(self, key: str, leaves: Sequence[LeafFields]) -> list[bytes]:
        sizes = [min(CHUNK_ROWS, len(leaves) - first) for first in range(0, len(leaves), CHUNK_ROWS)]
        salt = b"".join(salts(self._key, key, chunk, size) for chunk, size in enumerate(sizes))
        return [hash_of(leaf, salt[SALT_BYTES * place : SALT_BYTES * (place + 1)]) for place, leaf in enumerate(leaves)]

    def _write(self, transfer: Transfer, place: int, memo: tuple[str, SealedMemo] | None) -> Row:
        row = Row(replace(transfer, memo=None), self._log.size, place, memo[1].digest if memo else None, memo)
        self._rows[transfer.id] = row
        if transfer.pending_id is not None:
            self._fates[transfer.pending_id] = FATES[transfer.flag]
        if transfer.reverses is not None:
            self._reversed.add(transfer.reverses)
        return row

    def _apply(self, effects: Effects) -> None:
        touched = Standings.of(self._standings[name] for name in effects.ids.to_pylist())
        self._standings |= {row.id: row for row in folded(touched, [effects]).rows()}

    def _before(self, key: str, digest: bytes, transfers: Transfers | None = None) -> Answer | None:
        if key not in self._ended:
            return None
        ended = self._ended[key]
        kept = {row.place: row.memo[1] for row in ended.rows if row.memo}
        bare = {row.place for row in ended.rows if row.digest is None}
        memos = transfers.column("memo").to_pylist() if transfers is not None else []
        gone = set(range(len(memos))) - kept.keys() - bare
        if ended.digest == digest and same_memos(memos, kept, gone=gone):
            return replace(ended.answer, is_repeat=True)
        taken = refused("batch_key_taken", row=0, subject=key, found=f"key {key}")
        none = np.zeros(len(memos), bool)
        return Answer(key=key, entry=None, accepted=none, repeated=none, refusals=(taken,))

    def _end_small(self, key: str, kind: EntryKind, digest: bytes, leaves: Sequence[LeafFields], refusals: tuple[Refusal, ...]) -> Answer:
        told = [breach_fields(refusal) for refusal in refusals] if refusals else list(leaves)
        answer = Answer(
            key=key, entry=None, accepted=np.full(len(leaves), not refusals), repeated=np.zeros(len(leaves), bool), refusals=refusals
        )
        return self._end(Ended(answer, digest, self._small_hashes(key, told), [], dict(enumerate(told))), kind, Outcome(not refusals))

    def _end(self, ended: Ended, kind: EntryKind, outcome: Outcome, *, policy: Policy = Policy.NONE, rulebook: str = "") -> Answer:
        key = ended.answer.key
        entry = Entry(
            sequence=self._log.size,
            kind=kind,
            outcome=outcome,
            policy=policy,
            rulebook_version=rulebook,
            rows=len(ended.answer.accepted),
            accepted=int(ended.answer.accepted.sum()),
            tree_rows=len(ended.leaves),
            tree_root=root_of(ended.leaves),
            request_seal=request_seal(self._key, key, ended.digest),
            at_us=self._at,
        )
        self._log = entry_continues(entry, log=self._log, at_us=self._entry(self._keys[-1]).at_us if self._keys else 0)
        ended.answer = replace(ended.answer, entry=entry)
        self._ended[key] = ended
        self._keys.append(key)
        return ended.answer

    def _entry(self, key: str) -> Entry:
        entry = self._ended[key].answer.entry
        assert entry is not None
        return entry

    @staticmethod
    def _with_memos(rows: Sequence[Row]) -> Transfers:
        return Transfers.of(replace(row.transfer, memo=row.memo[0] if row.memo else None) for row in rows)
