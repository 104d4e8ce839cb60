"""Audit: everything that a store holds is read again, hashed again and folded again; the first fault is named.

It lives in this room because it runs on the laws, bytes and trees of this room, over the port's `AuditChunk`; what decides
about transfers it does not use: the books are folded by code of their own (`audit_books.py`, `audit_rows.py`). `verification`
cannot hold it: it imports `terms` alone.

Order of checks, entry by entry: its rows stand one behind the other; memos; accounts and keys; the tree over its rows; then, since what
was changed may break a law further down, transfers, two-phase, reversals and limits on each prefix; what is stored of its effects;
request digest and seal; the entry's leaf; the log's root; checkpoints of that size. Then,
once: ids, balances, every currency's zero sum, documents, head and frontier, the key in force. What a refused row asked for is not
stored, so of batches with refused or repeated rows the request digest is checked by its seal alone.

A store that was rolled back or replaced as a whole, keys and all, is found only against a checkpoint that somebody kept outside:
the root at its size is reckoned again from the leaves, which says all that a consistency proof says, and more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from rescounter.ledger.audit_acts import AuditActs
from rescounter.ledger.audit_books import AuditBooks, Differing
from rescounter.ledger.audit_faults import AuditFault
from rescounter.ledger.audit_notes import AuditKeys, Kept
from rescounter.ledger.audit_rows import AuditRows, memos_fit, missing_row
from rescounter.ledger.canonical import SALT_BYTES, chunk_digest, request_digest, request_seal, row_bytes, salts
from rescounter.ledger.documents import StoredDocument
from rescounter.ledger.entries import Entry, EntryKind, Outcome
from rescounter.ledger.merkle import STORED_LEVEL, Frontier
from rescounter.ledger.notes import Verifier
from rescounter.ledger.ports import AuditChunk, Head
from rescounter.ledger.sealing import LeafFields, chunk_hashes, digest_of_leaves, hash_of
from rescounter.ledger.standings import Standings
from rescounter.ledger.transfers import CHUNK_ROWS, FEW_ROWS, Policy, Transfers

__all__ = ["Audited", "Evidence", "audit"]

_NODE_ROWS = 1 << STORED_LEVEL
_TOGETHER = 256
_POSTINGS = (EntryKind.ATOMIC, EntryKind.EACH, EntryKind.EXPIRY)
_TAGS = {
    EntryKind.ACCOUNTS: "ACR",
    EntryKind.ATOMIC: "R",
    EntryKind.EACH: "RS",
    EntryKind.EXPIRY: "",
    EntryKind.ERASURE: "E",
    EntryKind.KEY: "K",
    EntryKind.RECORD: "U",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an audit is held against.

    *ledger_key*: the secret salt. *first*: the verifier key that the union published. *in_force*: the key that signs, as its file says.
    *head*, *balances*: as stored; called when all entries have been read. *stored*: checkpoints as stored, by size. *documents*:
    as stored; called at the end. *kept*: checkpoints kept outside, each with a name.
    """

    ledger_key: bytes
    first: Verifier
    in_force: Verifier
    head: Callable[[], Head]
    balances: Callable[[], Standings]
    stored: Iterable[tuple[int, str]] = ()
    documents: Callable[[], Iterable[StoredDocument]] = tuple
    kept: Sequence[Kept] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What was read; *root*: of the log; *fault*: the first, or None when all holds."""

    entries: int
    transfers: int
    accounts: int
    checkpoints: int
    root: bytes
    fault: AuditFault | None
    records: int = 0
    documents: int = 0


@dataclass(slots=True)
class _Batch:
    """One entry while its chunks come in."""

    entry: Entry
    key: str
    tree: Frontier = field(default_factory=Frontier)
    digests: list[bytes] = field(default_factory=list)
    asked: list[LeafFields] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)
    rows_next: int = 0
    accepted: int = 0
    suspect: tuple[int, int] = (0, 0)
    broken: AuditFault | None = None
    held: tuple[Transfers, np.ndarray] | None = None


@dataclass(slots=True)
class _Audit:
    evidence: Evidence
    keys: AuditKeys
    progress: Callable[[int, int], None]
    books: AuditBooks = field(default_factory=AuditBooks)
    acts: AuditActs = field(default_factory=AuditActs)
    log: Frontier = field(default_factory=Frontier)
    log_nodes: list[bytes] = field(default_factory=list)
    at_us: int = 0
    rows: AuditRows = field(init=False)

    def __post_init__(self) -> None:
        self.rows = AuditRows(self.books)

    def all_faults(self, chunks: Iterable[AuditChunk]) -> Iterator[AuditFault]:
        """Every check, in order; who takes the first fault and no more ends the audit there."""
        yield from self.keys.at(0, self.log.root)
        batch: _Batch | None = None
        for chunk, rows in _with_rows(chunks):
            if batch is not None and chunk.entry.sequence == batch.entry.sequence:
                yield from self._placed(batch, self._chunk(batch, chunk, rows))
            else:
                batch = _Batch(chunk.entry, chunk.key)
                yield from self._placed(batch, self._begins(batch))
                yield from self._placed(batch, self._chunk(batch, chunk, rows))
            self.progress(self.log.size, self.rows.register.size)
            if batch.rows_next >= chunk.entry.tree_rows:
                yield from self._placed(batch, self._ends(batch, chunk))
                batch = None
        if batch is not None:
            found = f"{batch.rows_next:,} rows, then nothing"
            yield AuditFault(check="rows", found=found, expected=f"{batch.entry.tree_rows:,} rows").at(batch.entry.sequence, batch.key)
        yield from self._whole()

    @staticmethod
    def _placed(batch: _Batch, faults: Iterable[AuditFault]) -> Iterator[AuditFault]:
        return (fault.at(batch.entry.sequence, batch.key) for fault in faults)

    def _begins(self, batch: _Batch) -> Iterator[AuditFault]:
        entry = batch.entry
        if entry.sequence != self.log.size:
            yield AuditFault(
                check="finality_grows", found=f"entry {entry.sequence}", expected=f"entry {self.log.size}: entries are missing"
            )
        if entry.at_us < self.at_us:
            yield AuditFault(
                check="finality_grows", found=f"the instant {entry.at_us}", expected=f"no earlier than {self.at_us}, the entry before it"
            )

    def _chunk(self, batch: _Batch, chunk: AuditChunk, rows: pa.Array) -> Iterator[AuditFault]:
        entry = batch.entry
        if chunk.first_row != batch.rows_next:
            yield AuditFault(
                check="rows", row=batch.rows_next + 1, found=f"row {chunk.first_row + 1:,}", expected=f"row {batch.rows_next + 1:,}"
            )
        yield from missing_row(chunk)
        count = len(chunk.rows) + len(chunk.others)
        if chunk.first_row + count > entry.tree_rows:
            yield AuditFault(check="rows", row=entry.tree_rows + 1, found="a row", expected=f"{entry.tree_rows:,} rows and no more")
        if chunk.first_row + count < entry.tree_rows and (not count or count % CHUNK_ROWS):
            row = chunk.first_row + count + 1
            yield AuditFault(check="rows", row=row, found="no row", expected=f"one of {entry.tree_rows:,} rows")
        sides = self.books.places_of(chunk.transfers.column("debit")), self.books.places_of(chunk.transfers.column("credit"))
        yield from _allowed(entry, chunk, sides)
        yield from memos_fit(chunk)
        yield from self._others(batch, chunk)
        yield from self._tree(batch, chunk, rows, sides[0])
        if len(chunk.transfers):
            batch.digests.append(chunk_digest(rows))
            broken = list(self.rows.take(chunk, *sides, limits_bind=entry.policy is not Policy.CYCLE_NET))
            batch.broken = batch.broken or next(iter(broken), None)
        batch.rows_next += count
        batch.accepted += len(chunk.transfers)

    def _others(self, batch: _Batch, chunk: AuditChunk) -> Iterator[AuditFault]:
        """Accounts, changes, erasures, keys; rows that were refused or answered before move nothing."""
        erased = []
        for place, tag, fields in chunk.others:
            faults: Iterable[AuditFault] = ()
            if tag == "A":
                faults = self.books.open(fields)
            elif tag == "C":
                faults = self.books.change(fields)
            elif tag == "K":
                faults = self.keys.rotate(fields, batch.entry.sequence)
            elif tag == "U":
                faults = self.acts.take(fields)
            elif tag == "E":
                erased.append((str(fields[0]), place))
            elif tag == "S":
                batch.repeats.append(str(fields[0]))
            if tag != "R":
                batch.accepted += tag != "S"
                batch.asked.append((tag, fields))
            for fault in faults:
                yield AuditFault(check=fault.check, subject=fault.subject, row=place + 1, found=fault.found, expected=fault.expected)
        if erased:
            yield from self.rows.erase([name for name, _ in erased], [place for _, place in erased])

    def _tree(self, batch: _Batch, chunk: AuditChunk, rows: pa.Array, debit: np.ndarray) -> Iterator[AuditFault]:
        """Hash the chunk's leaves; where the store keeps subtrees, the first that differs bounds the search to its rows."""
        count = len(chunk.rows) + len(chunk.others)
        salt = salts(self.evidence.ledger_key, batch.key, chunk.first_row // CHUNK_ROWS, count)
        currencies = self.books.currencies_of(debit)
        if chunk.others:
            hashes = _mixed_hashes(chunk, rows, currencies, salt)
        else:
            hashes = chunk_hashes(rows, currencies, chunk.memo_digests, salt, {})
        batch.tree, done = batch.tree.appended(hashes)
        if entry_is_small := batch.entry.tree_rows <= _NODE_ROWS:
            batch.held = chunk.transfers, chunk.rows
        if chunk.nodes is None or batch.suspect[1] or entry_is_small:
            return
        nodes = [node for _, node in done]
        wrong = next((place for place, pair in enumerate(zip(nodes, chunk.nodes, strict=False)) if pair[0] != pair[1]), None)
        if wrong is not None:
            first = chunk.first_row + wrong * _NODE_ROWS
            batch.suspect = (first + 1, first + _NODE_ROWS)
            within = np.flatnonzero((chunk.rows >= first) & (chunk.rows < first + _NODE_ROWS))
            batch.held = Transfers(chunk.transfers.table.take(pa.array(within))), chunk.rows[within]
        elif len(nodes) != len(chunk.nodes):
            yield AuditFault(
                check="tree", found=f"{len(chunk.nodes)} stored subtrees from row {chunk.first_row + 1:,} on", expected=f"{len(nodes)}"
            )

    def _ends(self, batch: _Batch, chunk: AuditChunk) -> Iterator[AuditFault]:
        entry = batch.entry
        touched, differing = self.books.end_of_batch(chunk.nets)
        if batch.tree.root != entry.tree_root:
            yield _tree_fault(batch, differing)
        if batch.broken is not None:
            yield batch.broken
        yield from self.books.over_limits(touched)
        if batch.suspect[1]:
            first, last = batch.suspect
            yield AuditFault(
                check="tree", row=first, row_last=last, found="a stored subtree that is not over its rows", expected="the hash over them"
            )
        yield from (each.fault() for each in differing)
        yield from self.books.noted(chunk.touched)
        yield from self._request(batch, chunk)
        accepted, rows = (
            (0, entry.rows) if entry.outcome is Outcome.REFUSED else (batch.accepted + self.rows.known(batch.repeats), batch.rows_next)
        )
        if (entry.accepted, entry.rows) != (accepted, rows):
            yield AuditFault(
                check="rows", found=f"{entry.accepted:,} accepted of {entry.rows:,}", expected=f"{accepted:,} of {rows:,}, as its rows say"
            )
        leaf = entry.leaf()
        if chunk.leaf != leaf:
            yield AuditFault(
                check="entry", found=f"leaf {chunk.leaf.hex()[:16]}", expected=f"{leaf.hex()[:16]}, the hash of the entry as it stands"
            )
        self.log, done = self.log.appended([leaf])
        self.log_nodes += [node for _, node in done]
        self.at_us = entry.at_us
        if chunk.log_root != self.log.root:
            yield AuditFault(
                check="log",
                found=f"root {chunk.log_root.hex()[:16]}",
                expected=f"{self.log.root.hex()[:16]}, the root over all entries so far",
            )
        yield from self.keys.at(self.log.size, self.log.root)

    def _request(self, batch: _Batch, chunk: AuditChunk) -> Iterator[AuditFault]:
        entry, digest = batch.entry, chunk.request_digest
        reckoned = None
        if entry.outcome is Outcome.POSTED and entry.kind not in _POSTINGS:
            reckoned = digest_of_leaves(entry.kind, batch.asked)
        elif entry.outcome is Outcome.POSTED and not batch.asked and batch.accepted == entry.rows:
            about = (entry.kind.name.lower(), entry.policy.name.lower(), chunk.cycle, entry.rulebook_version, entry.rows)
            reckoned = request_digest(*about, parts=batch.digests or [chunk_digest(row_bytes(chunk.transfers))])
        if reckoned is not None and reckoned != digest:
            yield AuditFault(check="request_digest", found=digest.hex()[:16], expected=f"{reckoned.hex()[:16]}, the digest of its rows")
        seal = request_seal(self.evidence.ledger_key, batch.key, digest)
        if seal != entry.request_seal:
            expected = f"{seal.hex()[:16]}: the batch's key or digest was changed, or this is another ledger key"
            yield AuditFault(check="request_seal", found=entry.request_seal.hex()[:16], expected=expected)

    def _whole(self) -> Iterator[AuditFault]:
        """What is checked once, when every entry has been read."""
        yield from self.keys.beyond(self.log.size)
        head = self.evidence.head()
        for what, found, expected in (
            ("entries", str(head.entries), str(self.log.size)),
            ("frontier", head.frontier.hex(), self.log.to_bytes().hex()),
            ("root", head.root.hex(), self.log.root.hex()),
            ("instant", str(head.at_us), str(max(head.at_us, self.at_us))),
        ):
            if found != expected:
                yield AuditFault(
                    check="head", subject=f"the head's {what}", found=found[:16], expected=f"{expected[:16]}, as the entries say"
                )
        if head.nodes is not None and list(head.nodes) != self.log_nodes:
            yield AuditFault(check="head", subject="the stored subtrees of the log", found="others", expected="those over its entries")
        yield from self.rows.twice()
        yield from self.rows.vanished()
        yield from self.books.compare(self.evidence.balances())
        yield from self.acts.documents_fit(self.evidence.documents())
        yield from self.keys.signs(self.evidence.in_force, head.origin)


def _with_rows(chunks: Iterable[AuditChunk]) -> Iterator[tuple[AuditChunk, pa.Array]]:
    """Each chunk with its canonical rows; those of small ones are made together, since a column costs more than its values."""
    small: list[AuditChunk] = []
    for chunk in chunks:
        is_small = len(chunk.transfers) <= FEW_ROWS
        small += [chunk] if is_small else []
        if not is_small or len(small) == _TOGETHER:
            yield from _rows_of(small)
            small = []
        if not is_small:
            yield chunk, row_bytes(chunk.transfers)
    yield from _rows_of(small)


def _rows_of(chunks: Sequence[AuditChunk]) -> Iterator[tuple[AuditChunk, pa.Array]]:
    if not chunks:
        return
    rows, begin = row_bytes(Transfers(pa.concat_tables([chunk.transfers.table for chunk in chunks]))), 0
    for chunk in chunks:
        yield chunk, rows.slice(begin, len(chunk.transfers))
        begin += len(chunk.transfers)


def _allowed(entry: Entry, chunk: AuditChunk, sides: tuple[np.ndarray, np.ndarray]) -> Iterator[AuditFault]:
    """Rows of the sorts that such a batch has, on accounts that were opened."""
    tags = _TAGS[entry.kind] if entry.outcome is Outcome.POSTED else "R"
    for place, tag, _ in chunk.others:
        if tag not in tags:
            yield AuditFault(check="rows", row=place + 1, found=f"a row of sort {tag}", expected=f"a row of {entry.kind.name.lower()}")
    if len(chunk.transfers) and (entry.kind not in _POSTINGS or entry.outcome is not Outcome.POSTED):
        yield AuditFault(check="rows", row=int(chunk.rows[0]) + 1, found="a transfer", expected="none in a batch that posted none")
    for name, places in zip(("debit", "credit"), sides, strict=True):
        for row in np.flatnonzero(places < 0)[:1].tolist():
            subject, account = (chunk.transfers.column(each)[row].as_py() for each in ("id", name))
            expected = "an account that was opened before"
            yield AuditFault(check="accounts", subject=subject, row=int(chunk.rows[row]) + 1, found=f"{name} {account}", expected=expected)


def _tree_fault(batch: _Batch, differing: Sequence[Differing]) -> AuditFault:
    """Rows that do not hash to the entry's root; where recorded effects differ too, they lead to the row, or at least to the accounts."""
    first, last = batch.suspect if batch.suspect[1] else (min(1, batch.rows_next), batch.rows_next)
    expected = f"{batch.entry.tree_root.hex()[:16]}, which the entry holds{''.join(f'; {each}' for each in differing[:2])}"
    fault = AuditFault(
        check="tree",
        subject=differing[0].account if differing else "",
        row=first,
        row_last=last,
        found=f"rows that hash to {batch.tree.root.hex()[:16]}",
        expected=expected,
    )
    return _of_one_row(batch, differing, fault)


def _of_one_row(batch: _Batch, differing: Sequence[Differing], fault: AuditFault) -> AuditFault:
    """The fault of the one row, among those held, that debits what is debited otherwise and credits what is credited otherwise."""
    if batch.held is None or not differing:
        return fault
    transfers, rows = batch.held
    debited = {each.account: each.folded[0] - each.stored[0] for each in differing if each.folded[0] != each.stored[0]}
    credited = {each.account: each.folded[1] - each.stored[1] for each in differing if each.folded[1] != each.stored[1]}
    columns = (transfers.column(name).to_pylist() for name in ("id", "debit", "credit", "amount_minor"))
    fitting = [row for row in zip(rows.tolist(), *columns, strict=True) if row[2] in debited and row[3] in credited]
    if len(fitting) != 1:
        return fault
    ((row, identity, debit, credit, amount),) = fitting
    fault = replace(fault, subject=identity, row=row + 1, row_last=row + 1)
    if len(debited) != 1 or len(credited) != 1 or debited[debit] != credited[credit]:
        return fault
    found = f"{amount:,} from {debit} to {credit}, and {fault.found}"
    return replace(fault, found=found, expected=f"{amount - debited[debit]:,}, as it was recorded, and {batch.entry.tree_root.hex()[:16]}")


def _mixed_hashes(chunk: AuditChunk, rows: pa.Array, currencies: pa.Array, salt: bytes) -> list[bytes]:
    """Leaf hashes of a chunk where some rows are no accepted transfer: those of the others are put between."""
    count = len(chunk.rows) + len(chunk.others)
    within = (chunk.rows - chunk.first_row).tolist()
    own = b"".join(salt[SALT_BYTES * place : SALT_BYTES * (place + 1)] for place in within)
    hashes = [b""] * count
    for place, leaf in zip(within, chunk_hashes(rows, currencies, chunk.memo_digests, own, {}) if within else (), strict=True):
        hashes[place] = leaf
    for place, tag, fields in chunk.others:
        at = place - chunk.first_row
        hashes[at] = hash_of((tag, fields), salt[SALT_BYTES * at : SALT_BYTES * (at + 1)])
    return hashes


def audit(
    chunks: Iterable[AuditChunk], evidence: Evidence, *, progress: Callable[[int, int], None] = lambda entries, transfers: None
) -> Audited:
    """Read everything again, and name the first thing that is wrong.

    Args: *chunks* of `Store.audit_stream`; *progress* hears the entries and transfers so far. Cost: 7 us and 45 bytes a transfer.
    Law: all of `ledger/laws`; a fault is a value, not a broken law: the database may have been edited.
    """
    keys = AuditKeys.of(evidence.first, evidence.kept, evidence.stored)
    run = _Audit(evidence=evidence, keys=keys, progress=progress)
    fault = next(run.all_faults(chunks), None)
    return Audited(
        entries=run.log.size,
        transfers=run.rows.register.size,
        accounts=len(run.books.ids),
        checkpoints=keys.checked,
        root=run.log.root,
        fault=fault,
        records=run.acts.records,
        documents=run.acts.documents,
    )
