"""Posting in one transaction: transfers one by one, and atomic batches of one chunk; and what is written before all of them.

Pure rooms decide; here is only what is read before and written after.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from rescounter.ledger import Answer, Batch, Decision, Entry, EntryKind, Transfers, decide_atomic, decide_each
from rescounter.ledger.canonical import row_bytes
from rescounter.ledger.entries import Outcome
from rescounter.ledger.expiry import expiries, expiry_key
from rescounter.ledger.merkle import Frontier
from rescounter.ledger.sealing import breach_fields, digest_of_expiries, refused_fields, repeat_fields
from rescounter.ledger.transfers import CHUNK_ROWS
from rescounter.store.few import hashes_of_few, is_usual, write_few
from rescounter.store.hashing import Subtrees, grown
from rescounter.store.lookups import TRANSFER_FIELDS, Named, known_to, named, transfer_of
from rescounter.store.rows import (
    Chunk,
    RowBytes,
    begin_hashing,
    columnar,
    tree_of_leaves,
    write_places,
    write_refusals,
    write_transfers,
)
from rescounter.store.session import Session, Title
from rescounter.terms import Refusal

__all__ = ["DUE", "answer_of_all", "contents_of", "end_refused", "expire", "post_each", "post_whole", "title_of"]

DUE: Final = f"""
SELECT {TRANSFER_FIELDS}
FROM transfer t JOIN account d ON d.number = t.debit JOIN account c ON c.number = t.credit JOIN entry e ON e.batch = t.place >> 32
WHERE t.expires_at_us > (SELECT at_us FROM head WHERE one = 1) AND t.expires_at_us <= :at_us AND e.outcome = 1
    AND NOT EXISTS (SELECT 1 FROM transfer r WHERE r.pending_id = t.id)
"""
"""Pending transfers whose time has come since the last entry."""


def title_of(batch: Batch, kind: EntryKind) -> Title:
    """Of a batch of postings."""
    policy = {"policy": batch.policy} if kind is EntryKind.ATOMIC else {}
    return Title(key=batch.key, kind=kind, rows=len(batch.transfers), cycle=batch.cycle, rulebook=batch.rulebook_version, **policy)


def expire(session: Session) -> Answer | None:
    """Release what has expired since the last entry: all before it was released then.

    Law: a pending transfer whose time has come binds no limit.
    """
    due = [transfer_of(row) for row in session.connection.rows(DUE, at_us=session.at_us)]
    if not due:
        return None
    transfers, effects = expiries(due, at_us=session.at_us)
    title = Title(key=expiry_key(session.log.size), kind=EntryKind.EXPIRY, rows=len(transfers))
    number = session.begin_batch(title)
    accounts, tree = named(session.connection, transfers), Frontier()
    for first, some in enumerate(transfers.chunks()):
        chunk = Chunk.of(session, number, title.key, some, row_bytes(some), accounts, first_row=first * CHUNK_ROWS)
        hashing = begin_hashing(session, chunk, {})
        write_transfers(session, chunk)
        tree, nodes = grown(tree, hashing())
        session.keep_nodes(number, nodes)
    session.apply(number, effects, accounts.numbers_of(effects.ids))
    entry = session.end_batch(
        number, title, outcome=Outcome.POSTED, accepted=len(transfers), tree=tree, digest=digest_of_expiries(transfers)
    )
    return answer_of_all(title, entry, is_posted=True)


def answer_of_all(
    title: Title, entry: Entry, *, is_posted: bool, refusals: Sequence[Refusal] = (), breaches: Sequence[Refusal] = ()
) -> Answer:
    """The answer to a batch that was posted as one, or refused."""
    return Answer(
        key=title.key,
        entry=entry,
        accepted=np.full(title.rows, is_posted),
        repeated=np.zeros(title.rows, bool),
        refusals=tuple(refusals),
        breaches=tuple(breaches),
    )


def contents_of(rows: RowBytes, refusals: Sequence[Refusal], *, first_row: int = 0) -> list[bytes]:
    """The content digest of each refused transfer, of its canonical row."""
    found = (rows[refusal.row - 1 - first_row] for refusal in refusals)
    return [hashlib.sha256(row if isinstance(row, bytes) else row.as_py()).digest() for row in found]


def post_each(session: Session, batch: Batch, *, digest: bytes, rows: RowBytes) -> Answer:
    """Decide each transfer in order and write the accepted ones as one set.

    Args: *rows*: canonical rows of the transfers; *digest*: the request digest over them.
    """
    transfers, title = batch.transfers, title_of(batch, EntryKind.EACH)
    accounts = named(session.connection, transfers, session.writer.facts)
    decision = decide_each(transfers, accounts.standings, known_to(session.connection, transfers), at_us=session.at_us)
    number = session.begin_batch(title)
    write = _write_few if isinstance(rows, list) and is_usual(decision) else _write_each
    subtrees = write(session, number, title, transfers, rows, accounts, decision)
    tree, nodes = grown(Frontier(), subtrees)
    session.keep_nodes(number, nodes)
    accepted = int(decision.accepted.sum())
    entry = session.end_batch(number, title, outcome=Outcome.POSTED, accepted=accepted, tree=tree, digest=digest)
    return Answer(key=title.key, entry=entry, accepted=decision.accepted, repeated=decision.repeated, refusals=decision.refusals)


def _write_few(
    session: Session, number: int, title: Title, transfers: Transfers, rows: Sequence[bytes], accounts: Named, decision: Decision
) -> Subtrees:
    digests = write_few(session, number, transfers, accounts)
    session.apply(number, decision.effects, accounts.numbers_of(decision.effects.ids))
    return hashes_of_few(session, title.key, transfers, rows, accounts, digests)


def _write_each(
    session: Session, number: int, title: Title, transfers: Transfers, rows: RowBytes, accounts: Named, decision: Decision
) -> Subtrees:
    """Write what is accepted, refused and repeated, and hash a leaf for each."""
    repeats = np.flatnonzero(decision.repeated).tolist()
    own = [refusal for refusal in decision.refusals if not decision.repeated[refusal.row - 1]]
    contents = contents_of(rows, own)
    ids = {row: transfers.column("id")[row].as_py() for row in repeats}
    others = {refusal.row - 1: refused_fields(refusal, content) for refusal, content in zip(own, contents, strict=True)}
    others |= {row: repeat_fields(identity) for row, identity in ids.items()}
    posted = decision.accepted & ~decision.repeated
    chunk = Chunk.of(session, number, title.key, transfers, columnar(rows), accounts, posted=posted)
    hashing = begin_hashing(session, chunk, others)
    write_transfers(session, chunk)
    write_refusals(session, number, own, contents, bind=True)
    write_places(session, "repeat", number, repeats, list(ids.values()))
    session.apply(number, decision.effects, accounts.numbers_of(decision.effects.ids))
    return hashing()


def post_whole(session: Session, batch: Batch, *, digest: bytes, rows: RowBytes) -> Answer:
    """Decide an atomic batch of one chunk and write all of it, or why not."""
    transfers, title = batch.transfers, title_of(batch, EntryKind.ATOMIC)
    accounts = named(session.connection, transfers)
    known = known_to(session.connection, transfers)
    decision = decide_atomic(transfers, accounts.standings, known, policy=batch.policy, at_us=session.at_us)
    number = session.begin_batch(title)
    if not decision.is_posted:
        contents = contents_of(rows, decision.refusals)
        return end_refused(session, number, title, digest, refusals=decision.refusals, contents=contents, breaches=decision.breaches)
    chunk = Chunk.of(session, number, title.key, transfers, columnar(rows), accounts)
    hashing = begin_hashing(session, chunk, {})
    write_transfers(session, chunk)
    session.apply(number, decision.effects, accounts.numbers_of(decision.effects.ids))
    tree, nodes = grown(Frontier(), hashing())
    session.keep_nodes(number, nodes)
    entry = session.end_batch(number, title, outcome=Outcome.POSTED, accepted=title.rows, tree=tree, digest=digest)
    return answer_of_all(title, entry, is_posted=True)


def end_refused(
    session: Session,
    number: int,
    title: Title,
    digest: bytes,
    *,
    refusals: Sequence[Refusal],
    contents: Sequence[bytes],
    breaches: Sequence[Refusal],
) -> Answer:
    """Write why an atomic batch was refused, and its entry: its tree holds refusals by row, then breaches by account."""
    told: Sequence[Refusal] = (*refusals, *breaches)
    write_refusals(session, number, told, [*contents, *(None for _ in breaches)], bind=False, breaches_from=title.rows)
    leaves = [refused_fields(refusal, content) for refusal, content in zip(refusals, contents, strict=True)]
    tree = tree_of_leaves(session, number, title.key, leaves + [breach_fields(breach) for breach in breaches])
    entry = session.end_batch(number, title, outcome=Outcome.REFUSED, accepted=0, tree=tree, digest=digest)
    return answer_of_all(title, entry, is_posted=False, refusals=refusals, breaches=breaches)
