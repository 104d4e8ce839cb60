"""Atomic batches of several chunks: staged in durable steps that nobody sees, made final by one short commit.

Staged rows stand in the tables of facts, under a batch without an entry. What never became final is cleared away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger import Answer, Batch, Effects, EntryKind, Policy, Standings, Transfers, conclude, examine, rows_of
from rescounter.ledger.canonical import row_bytes
from rescounter.ledger.effects import effects_of_plain, merged
from rescounter.ledger.entries import Outcome
from rescounter.ledger.laws.limits_hold import is_within_limits
from rescounter.ledger.laws.zero_sum import effects_sum_to_zero
from rescounter.ledger.merkle import Frontier
from rescounter.ledger.ports import Staged
from rescounter.ledger.rulings import places_of, refused
from rescounter.ledger.sealing import digest_of_batch
from rescounter.ledger.transfers import CHUNK_ROWS
from rescounter.store.database import Connection
from rescounter.store.hashing import grown
from rescounter.store.lookups import Named, known_to, named, refusal_of, staged_above, standings_of
from rescounter.store.posting import answer_of_all, contents_of, end_refused, title_of
from rescounter.store.rows import Chunk, begin_hashing, write_refusals, write_transfers
from rescounter.store.session import Session, Title, place_of
from rescounter.terms import CallerFault, Refusal

__all__ = ["FIND", "abandon", "clear_chunk", "flip", "leftovers", "refuse_staged", "stage"]

FIND: Final = """
SELECT b.number, b.kind, b.policy, b.cycle, b.rulebook, b.rows, e.sequence
FROM batch b LEFT JOIN entry e ON e.batch = b.number WHERE b.key = :key
"""
_CHUNKS: Final = "SELECT chunk, rows, refused, digest, frontier FROM staging WHERE batch = :batch ORDER BY chunk"
_STAGED: Final = (
    "INSERT INTO staging (batch, chunk, rows, refused, digest, frontier) VALUES (:batch, :chunk, :rows, :refused, :digest, :frontier)"
)
_MERGE: Final = """
ON CONFLICT (batch, account) DO UPDATE SET
    peak = CASE WHEN staged_effect.peak >= staged_effect.debits - staged_effect.credits + excluded.peak
        THEN staged_effect.peak ELSE staged_effect.debits - staged_effect.credits + excluded.peak END,
    debits = staged_effect.debits + excluded.debits,
    credits = staged_effect.credits + excluded.credits
"""
_EFFECTS: Final = "SELECT account, debits, credits, peak FROM staged_effect WHERE batch = :batch ORDER BY account"
_NETS: Final = """
INSERT INTO net (batch, account, posted_debits, posted_credits, pending_debits, pending_credits)
SELECT batch, account, debits, credits, 0, 0 FROM staged_effect WHERE batch = :batch
"""
_REFUSALS: Final = """
SELECT place, id, code, found, allowed, content FROM refusal WHERE place >= :first AND place < :end ORDER BY place
"""
_LEFTOVERS: Final = "SELECT s.batch, s.chunk, e.outcome FROM staging s JOIN entry e ON e.batch = s.batch ORDER BY s.batch, s.chunk"
_SURELY_FITS: Final = float(2**62)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A batch that is staged and has not ended: its number, and its chunks in order."""

    number: int
    chunks: tuple[tuple[int, int, int, bytes, bytes], ...] = ()

    @property
    def progress(self) -> Staged:
        return Staged(chunks=len(self.chunks), rows=sum(each[1] for each in self.chunks), refused=sum(each[2] for each in self.chunks))

    @property
    def tree(self) -> Frontier:
        """Over the leaves so far; it is of no use once a row was refused."""
        return Frontier.of_bytes(self.progress.rows, self.chunks[-1][4]) if self.chunks else Frontier()


def _begun(connection: Connection, batch: Batch) -> _Begun | Staged | None:
    """How far a batch is staged; `Staged` where its key has ended, None where it is unknown.

    Raises: CallerFault ``staged_otherwise`` where another batch is staged under its key.
    """
    found = connection.rows(FIND, key=batch.key)
    if not found:
        return None
    ((number, *header, sequence),) = found
    if sequence is not None:
        return Staged(chunks=_count_of(batch), rows=len(batch.transfers), refused=0)
    if header != [EntryKind.ATOMIC, batch.policy, batch.cycle, batch.rulebook_version, len(batch.transfers)]:
        raise CallerFault("staged_otherwise", f"another batch is staged under the key {batch.key}")
    return _Begun(number, tuple(connection.rows(_CHUNKS, batch=number)))


def _count_of(batch: Batch) -> int:
    return max(1, -(-len(batch.transfers) // CHUNK_ROWS))


def stage(session: Session, batch: Batch, chunk: int, *, digest: bytes, rows: pa.Array) -> Staged:
    """Load one chunk, judged but for limits, and merge its effects into those of the chunks before it.

    Args: *rows*: canonical rows of the chunk; *digest*: over them.
    """
    begun = _begun(session.connection, batch)
    if isinstance(begun, Staged):
        return begun
    if begun is not None and chunk < len(begun.chunks):
        if begun.chunks[chunk][3] != digest:
            raise CallerFault("staged_otherwise", f"chunk {chunk} of {batch.key} is staged with other content")
        return begun.progress
    if chunk != (len(begun.chunks) if begun is not None else 0) or chunk >= _count_of(batch):
        raise CallerFault("staged_otherwise", f"chunk {chunk} of {batch.key} does not follow what is staged")
    begun = begun or _Begun(session.begin_batch(title_of(batch, EntryKind.ATOMIC)))
    return _stage_next(session, batch, begun, digest=digest, rows=rows)


def _stage_next(session: Session, batch: Batch, begun: _Begun, *, digest: bytes, rows: pa.Array) -> Staged:
    number, first_row = begun.number, begun.progress.rows
    transfers = batch.transfers.slice(first_row, CHUNK_ROWS)
    accounts = named(session.connection, transfers)
    known = known_to(session.connection, transfers, own=number)
    if begun.progress.refused:
        known |= staged_above(batch.transfers, first_row, transfers)
    examined = examine(transfers, accounts.standings, known, at_us=session.at_us, first_row=first_row)
    is_clean = not examined.refusals and not begun.progress.refused
    if is_clean:
        chunk = Chunk.of(session, number, batch.key, transfers, rows, accounts, first_row=first_row)
        hashing = begin_hashing(session, chunk, {})
        write_transfers(session, chunk)
    write_refusals(session, number, examined.refusals, contents_of(rows, examined.refusals, first_row=first_row), bind=False)
    if _fits(batch.transfers.slice(0, first_row + len(transfers))):
        _merge(session, number, examined.effects, accounts)
    frontier = b""
    if is_clean:
        tree, nodes = grown(begun.tree, hashing())
        session.keep_nodes(number, nodes)
        frontier = tree.to_bytes()
    made = (len(begun.chunks), len(transfers), len(examined.refusals), digest, frontier)
    session.connection.run(_STAGED, batch=number, **dict(zip(("chunk", "rows", "refused", "digest", "frontier"), made, strict=True)))
    return _Begun(number, (*begun.chunks, made)).progress


def _fits(transfers: Transfers) -> bool:
    """True when no sum of the batch can pass int64: then the database adds up, else Python does."""
    amounts = pc.fill_null(transfers.column("amount_minor"), 0).to_numpy(zero_copy_only=False)
    return bool(np.abs(amounts.astype(np.float64)).sum() < _SURELY_FITS)


def _merge(session: Session, number: int, effects: Effects, accounts: Named) -> None:
    if len(effects):
        columns = {"debits": effects.posted_debits, "credits": effects.posted_credits, "peak": effects.peak}
        order = {"batch": np.full(len(effects), number), "account": accounts.numbers_of(effects.ids)}
        session.connection.load("staged_effect", {**order, **columns}, conflict=_MERGE)


def flip(session: Session, batch: Batch) -> Answer:
    """Decide on a wholly staged batch, and write its entry. Cost when it is posted: accounts, not rows.

    Law: zero sum; limits hold by the batch's policy.
    """
    begun, title = _begun(session.connection, batch), title_of(batch, EntryKind.ATOMIC)
    if not isinstance(begun, _Begun) or len(begun.chunks) != _count_of(batch):
        raise CallerFault("staged_otherwise", f"{batch.key} is not wholly staged")
    number = begun.number
    digest = digest_of_batch(batch, EntryKind.ATOMIC, [each[3] for each in begun.chunks])
    fits = _fits(batch.transfers)
    accounts, effects, too_large = _effects(session, number) if fits else _added_up(session, batch, number)
    if not too_large:  # else some are left out, and the batch is refused
        effects_sum_to_zero(effects)
    breaches = _breaches(effects, accounts.standings, too_large, policy=batch.policy)
    if begun.progress.refused or breaches:
        return _refuse(session, batch, begun, title, digest, breaches)
    if fits:
        session.connection.run(_NETS, batch=number)
        session.move_balances(number)
    else:
        session.apply(number, effects, accounts.numbers_of(effects.ids))
    entry = session.end_batch(number, title, outcome=Outcome.POSTED, accepted=title.rows, tree=begun.tree, digest=digest)
    return answer_of_all(title, entry, is_posted=True)


def _effects(session: Session, number: int) -> tuple[Named, Effects, tuple[str, ...]]:
    """What the chunks do to each account, as the database added it up; the accounts are locked."""
    accounts = standings_of(session.connection, of_batch=number)
    rows = session.connection.rows(_EFFECTS, batch=number)
    _, debits, credits, peak = (np.array(column, np.int64) for column in (zip(*rows, strict=True) if rows else ((),) * 4))
    zeros = np.zeros(len(rows), np.int64)
    places = np.arange(len(rows))
    return accounts, Effects.at(accounts.standings, places, [debits, credits, zeros, zeros, peak]), ()


def _added_up(session: Session, batch: Batch, number: int) -> tuple[Named, Effects, tuple[str, ...]]:
    """The same from the rows themselves, for sums that may pass int64; and the accounts where they do."""
    accounts = named(session.connection, batch.transfers)
    bad = [place - place_of(number) for place, *_ in session.connection.rows(_REFUSALS, **_range(number))]
    good = np.ones(len(batch.transfers), bool)
    good[bad] = False
    total, too_large = Effects.none(), set[str]()
    for transfers in Transfers(batch.transfers.table.filter(pa.array(good))).chunks():
        debit, credit = (places_of(transfers.column(name), accounts.standings) for name in ("debit", "credit"))
        amount = np.asarray(transfers.column("amount_minor").to_numpy(zero_copy_only=False))
        for part in _that_fit(accounts.standings, debit, credit, amount):
            total, over = merged(total, part)
            too_large |= set(over)
    return accounts, total, tuple(sorted(too_large))


def _that_fit(standings: Standings, debit: np.ndarray, credit: np.ndarray, amount: np.ndarray) -> list[Effects]:
    """Effects row by row where their sum might not fit; few such batches will ever come."""
    if amount.astype(np.float64).sum() < _SURELY_FITS:
        return [effects_of_plain(standings, debit, credit, amount, np.zeros(len(amount), bool))]
    half = len(amount) // 2
    if not half:
        return [effects_of_plain(standings, debit, credit, amount, np.zeros(1, bool))]
    return [
        *_that_fit(standings, debit[:half], credit[:half], amount[:half]),
        *_that_fit(standings, debit[half:], credit[half:], amount[half:]),
    ]


def _breaches(effects: Effects, standings: Standings, too_large: Sequence[str], *, policy: Policy) -> tuple[Refusal, ...]:
    is_open = not standings.numbers("state").any()
    if is_open and not too_large and is_within_limits(effects, standings, on_each_prefix=policy is Policy.SEQUENTIAL):
        return ()
    over = [refused("total_beyond_int64", row=0, subject=name, found="a sum of one batch") for name in too_large]
    return tuple(sorted((*conclude(effects, standings, policy=policy), *over), key=lambda breach: breach.id))


def _range(number: int) -> dict[str, int]:
    return {"first": place_of(number), "end": place_of(number + 1)}


def _refuse(session: Session, batch: Batch, begun: _Begun, title: Title, digest: bytes, breaches: tuple[Refusal, ...]) -> Answer:
    """Name every row, in order; the rows that were staged are cleared away behind the flip, chunk by chunk."""
    number, named_rows = begun.number, dict[int, tuple[Refusal, bytes]]()
    for place, identity, code, found, allowed, content in session.connection.rows(_REFUSALS, **_range(number)):
        refusal = refusal_of(place, identity, code, found, allowed)
        named_rows[refusal.row] = (refusal, content)
    for position, transfers in enumerate(batch.transfers.chunks() if breaches else ()):
        first_row = position * CHUNK_ROWS
        more = [each for each in rows_of(transfers, breaches, first_row=first_row) if each.row not in named_rows]
        contents = contents_of(row_bytes(transfers), more, first_row=first_row) if more else []
        named_rows |= {refusal.row: (refusal, content) for refusal, content in zip(more, contents, strict=True)}
    told = [named_rows[row] for row in sorted(named_rows)]
    session.connection.run("DELETE FROM refusal WHERE place >= :first AND place < :end", **_range(number))
    session.connection.run("DELETE FROM node WHERE tree = :tree", tree=number)
    refusals, contents = [refusal for refusal, _ in told], [content for _, content in told]
    return end_refused(session, number, title, digest, refusals=refusals, contents=contents, breaches=breaches)


def refuse_staged(connection: Connection, key: str) -> None:
    """A key whose batch is staged belongs to that batch. Raises: CallerFault ``staged_otherwise``."""
    if connection.rows(FIND, key=key):
        raise CallerFault("staged_otherwise", f"a batch of several chunks is staged under the key {key}")


def leftovers(connection: Connection) -> list[tuple[int, int, bool]]:
    """Chunks (batch, chunk, whether it was posted) that are still noted as staged although their batch has ended."""
    return [(batch, chunk, outcome == Outcome.POSTED) for batch, chunk, outcome in connection.rows(_LEFTOVERS)]


def clear_chunk(connection: Connection, number: int, chunk: int, *, is_posted: bool) -> None:
    """Clear one of them away: the note, and the rows of a batch that was refused; what is left is found by `leftovers` again."""
    first = place_of(number, chunk * CHUNK_ROWS)
    for table in () if is_posted else ("memo", "transfer"):
        connection.run(f"DELETE FROM {table} WHERE place >= :first AND place < :end", first=first, end=first + CHUNK_ROWS)
    if not chunk:
        connection.run("DELETE FROM staged_effect WHERE batch = :batch", batch=number)
    connection.run("DELETE FROM staging WHERE batch = :batch AND chunk = :chunk", batch=number, chunk=chunk)


def abandon(connection: Connection, key: str) -> None:
    """Clear a staged batch away in one transaction, so that it is there or not.

    Raises: CallerFault ``batch_ended``.
    """
    found = connection.rows(FIND, key=key)
    if not found:
        return
    ((number, *_, sequence),) = found
    if sequence is not None:
        raise CallerFault("batch_ended", f"{key} has ended, as entry {sequence}")
    for table in ("staging", "staged_effect"):
        connection.run(f"DELETE FROM {table} WHERE batch = :batch", batch=number)
    connection.run("DELETE FROM node WHERE tree = :tree", tree=number)
    for table in ("memo", "refusal", "transfer"):
        connection.run(f"DELETE FROM {table} WHERE place >= :first AND place < :end", **_range(number))
    connection.run("DELETE FROM batch WHERE number = :number", number=number)
