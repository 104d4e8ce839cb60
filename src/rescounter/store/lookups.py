"""What a batch must be told before it is decided: standings of its accounts, and what is known of its ids.

Set-wise, never a question a row. Ids that ascend in time are found to be new by one look at a range of the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger import Fate, Flag, Known, Standings, Transfer, Transfers
from rescounter.ledger.canonical import content_digest
from rescounter.ledger.entries import Outcome
from rescounter.ledger.memos import SealedMemo
from rescounter.ledger.rulings import places_of
from rescounter.ledger.standings import NO_LIMIT, STANDINGS
from rescounter.ledger.transfers import FEW_ROWS
from rescounter.store.database import Connection, Question, Row, listed
from rescounter.store.schema import PLACE_BITS
from rescounter.terms import CallerFault, Refusal, holds
from rescounter.terms.names import ID_LENGTH_MAX
from rescounter.terms.refusals import LEDGER_REFUSALS

__all__ = [
    "TRANSFER_FIELDS",
    "Facts",
    "Named",
    "askable",
    "known_of",
    "known_to",
    "named",
    "questions_about",
    "refusal_of",
    "refused_of",
    "staged_above",
    "standings_of",
    "transfer_of",
]

_STANDINGS: Final = """
SELECT a.number, a.id, a.currency, b.limit_minor, b.state, b.posted_debits, b.posted_credits, b.pending_debits, b.pending_credits
FROM account a JOIN balance b ON b.account = a.number
"""
_SUMS: Final = """
SELECT account, limit_minor, state, posted_debits, posted_credits, pending_debits, pending_credits
FROM balance WHERE account = ANY(:numbers) ORDER BY account
"""
_RANGE: Final = "SELECT id FROM transfer WHERE id BETWEEN :first AND :last LIMIT :most"
_REFUSED_RANGE: Final = "SELECT id FROM refusal WHERE binds = 1 AND id BETWEEN :first AND :last LIMIT :most"
_FOUND: Final = "SELECT id FROM transfer WHERE id = ANY(:names)"
_FOUND_REFUSED: Final = "SELECT id FROM refusal WHERE binds = 1 AND id = ANY(:names)"
_REFUSED: Final = "SELECT place, id, code, found, allowed, content FROM refusal WHERE binds = 1 AND id = ANY(:names)"
TRANSFER_FIELDS: Final = (
    "t.id, d.id, c.id, t.amount_minor, t.kind, t.cycle, t.flag, t.pending_id, t.expires_at_us, t.reverses, t.effective_at_us"
)
"""Of a transfer *t* with its accounts *d* and *c*, for `transfer_of`."""

_KNOWN: Final = f"""
SELECT {TRANSFER_FIELDS}, t.memo_digest, m.salt, t.place, e.outcome, r.flag, v.place, w.outcome
FROM transfer t JOIN account d ON d.number = t.debit JOIN account c ON c.number = t.credit
LEFT JOIN entry e ON e.batch = t.place >> 32
LEFT JOIN memo m ON m.place = t.place
LEFT JOIN transfer r ON r.pending_id = t.id
LEFT JOIN transfer v ON v.reverses = t.id
LEFT JOIN entry w ON w.batch = v.place >> 32
WHERE t.id = ANY(:names)
"""
_FIELDS: Final = 11
_LIMIT: Final = STANDINGS.get_field_index("limit_minor")
_FEW: Final = 64
_FACTS_MAX: Final = 1 << 16
_SUMS_COLUMNS: Final = 7
_FATES: Final = {None: Fate.NONE, Flag.POST: Fate.POSTED, Flag.VOID: Fate.VOIDED, Flag.EXPIRE: Fate.EXPIRED}


def askable(names: Iterable[str | None]) -> list[str]:
    """The names that could be there; of others a database may not even be asked."""
    return [name for name in names if name and _is_text(name)]


def _is_text(name: str) -> bool:
    if len(name) > ID_LENGTH_MAX or "\0" in name:
        return False
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


@dataclass(frozen=True, slots=True)
class Named:
    """Standings of the accounts of a batch, with the *numbers* (int64) under which the database keeps them, row by row."""

    standings: Standings
    numbers: np.ndarray

    def numbers_of(self, ids: pa.Array) -> np.ndarray:
        """The numbers of accounts that are all among them."""
        return np.asarray(self.numbers[places_of(ids, self.standings)])

    def few_numbers_of(self, ids: Sequence[str]) -> list[int]:
        """The same of plain values."""
        number = dict(zip(self.standings.values("id"), self.numbers.tolist(), strict=True))
        return [number[name] for name in ids]


Facts: TypeAlias = dict[str, tuple[int, str]]
"""Number and currency of accounts by id: what never changes, so that a writer need not ask again.

Filled from what is committed alone, and emptied where another writer may have been at work.
"""


def named(connection: Connection, transfers: Transfers, facts: Facts | None = None) -> Named:
    """The accounts that transfers name, as far as they exist; locked in order of their numbers, or by the lock of the head.

    Args: *facts*: what is known of accounts, for few transfers; it learns.
    """
    names = askable(dict.fromkeys(_accounts_of(transfers)))
    if facts is None or len(transfers) > FEW_ROWS:
        return standings_of(connection, names)
    if facts.keys() >= set(names):
        return _standings_by_number(connection, names, facts)
    found = standings_of(connection, names)
    if len(facts) > _FACTS_MAX:
        facts.clear()
    told = zip(found.standings.values("id"), found.numbers.tolist(), found.standings.values("currency"), strict=True)
    facts.update((name, (number, currency)) for name, number, currency in told)
    return found


def _accounts_of(transfers: Transfers) -> Iterator[str | None]:
    for name in ("debit", "credit"):
        yield from transfers.values(name) if len(transfers) <= FEW_ROWS else pc.unique(transfers.column(name)).to_pylist()


def _standings_by_number(connection: Connection, names: Sequence[str], facts: Facts) -> Named:
    """The same of accounts whose numbers are known; only what moves is read."""
    name_of = {facts[name][0]: name for name in names}
    rows = connection.rows(_SUMS, numbers=sorted(name_of))
    holds(len(rows) == len(names), "accounts_stay", known=len(names), found=len(rows))
    numbers, limits, *sums = zip(*rows, strict=True) if rows else ((),) * _SUMS_COLUMNS
    found = [name_of[number] for number in numbers]
    limits = tuple(NO_LIMIT if limit is None else limit for limit in limits)
    return Named(Standings.of_values([found, [facts[name][1] for name in found], limits, *sums]), np.array(numbers, np.int64))


def questions_about(transfers: Transfers, facts: Facts) -> Iterator[Question]:
    """What `named` and `known_to` will ask about few transfers that name nothing but accounts that are known."""
    names = set(askable(_accounts_of(transfers)))
    if len(transfers) > FEW_ROWS or not facts.keys() >= names:
        return
    yield _SUMS, {"numbers": sorted({facts[name][0] for name in names})}
    texts = [name for name in transfers.values("id") if name is not None]
    for in_range, among in ((_RANGE, _FOUND), (_REFUSED_RANGE, _FOUND_REFUSED)):
        yield _question_about(texts, in_range, among)


def standings_of(connection: Connection, ids: Sequence[str] | None = None, *, of_batch: int | None = None, locks: bool = True) -> Named:
    """Standings of accounts, of those that a staged batch touches, or of all, in order of their numbers."""
    lock = " FOR UPDATE OF b" if locks else ""
    if of_batch is not None:
        rows = connection.rows(
            f"{_STANDINGS} JOIN staged_effect s ON s.account = a.number WHERE s.batch = :batch ORDER BY a.number{lock}", batch=of_batch
        )
    elif ids is not None:
        rows = connection.rows(f"{_STANDINGS} WHERE a.id = ANY(:ids) ORDER BY a.number{lock}", ids=list(ids))
    else:
        rows = connection.rows(f"{_STANDINGS} ORDER BY a.number{lock}")
    numbers, *columns = zip(*rows, strict=True) if rows else ((), *(() for _ in STANDINGS.names))
    columns[_LIMIT] = tuple(NO_LIMIT if limit is None else limit for limit in columns[_LIMIT])
    return Named(Standings.of_values(columns), np.array(numbers, np.int64))


def transfer_of(fields: Row) -> Transfer:
    """A transfer without its memo, of `TRANSFER_FIELDS`."""
    identity, debit, credit, amount, kind, cycle, flag, pending_id, expires_at_us, reverses, effective_at_us = fields
    return Transfer(
        id=identity,
        debit=debit,
        credit=credit,
        amount_minor=amount,
        kind=kind,
        cycle=cycle,
        flag=Flag(flag),
        pending_id=pending_id,
        expires_at_us=expires_at_us,
        reverses=reverses,
        effective_at_us=effective_at_us,
    )


def refusal_of(place: int, identity: str, code: str, found: str, allowed: str) -> Refusal:
    """A refusal as it was told, of the row at *place*."""
    row = (place & ((1 << PLACE_BITS) - 1)) + 1
    return Refusal(row=row, id=identity, code=code, found=found, allowed=allowed, what_to_do=LEDGER_REFUSALS[code].what_to_do)


def known_to(connection: Connection, transfers: Transfers, *, own: int = 0) -> dict[str, Known]:
    """What is known of the ids that transfers name: as their own, as pending, as reversed.

    Args: *own*: number of the batch that is being staged; its rows count as known. Raises: CallerFault
    ``staged_elsewhere`` where an id is held by another batch that is staged.
    """
    others, reverses = _others(transfers)
    ids = transfers.values("id") if len(transfers) <= FEW_ROWS else transfers.column("id")
    names = {*_found_of(connection, ids, _RANGE, _FOUND), *askable(others)}
    known = known_of(connection, list(names), own=own, reverses=reverses) if names else {}
    refused = _found_of(connection, ids, _REFUSED_RANGE, _FOUND_REFUSED)
    return known | refused_of(connection, refused | set(askable(others)))


def _others(transfers: Transfers) -> tuple[set[str], set[str]]:
    """Ids that transfers name beside their own; and those among them that are reversed."""
    if len(transfers) <= FEW_ROWS:
        pending, reverses = set(transfers.values("pending_id")) - {None}, set(transfers.values("reverses")) - {None}
    else:
        pending, reverses = (set(transfers.column(name).drop_null().to_pylist()) for name in ("pending_id", "reverses"))
    return pending | reverses, reverses


def _found_of(connection: Connection, ids: pa.Array | Sequence[str | None], in_range: str, among: str) -> set[str]:
    """Those of *ids* that are there: by one look at the range they span when it holds few, else one by one."""
    texts = listed(ids.drop_null()) if isinstance(ids, pa.Array) else [name for name in ids if name is not None]
    question, asked = _question_about(texts, in_range, among, ends=pc.min_max(ids).as_py() if isinstance(ids, pa.Array) else None)
    there = connection.rows(question, **asked) if texts else []
    if question is in_range:
        if len(there) < 2 * len(texts):
            return {name for (name,) in there}.intersection(texts) if there else set()
        there = connection.rows(among, names=askable(texts))
    return {name for (name,) in there}


def _question_about(texts: Sequence[str], in_range: str, among: str, *, ends: Mapping[str, str] | None = None) -> Question:
    """What finds *texts*; *ends*: the least and the greatest of them, where they are known."""
    if len(texts) > _FEW:
        first, last = (ends["min"], ends["max"]) if ends is not None else (min(texts), max(texts))
        if _is_text(first) and _is_text(last):
            return in_range, {"first": first, "last": last, "most": 2 * len(texts)}
    return among, {"names": askable(texts)}


def refused_of(connection: Connection, names: Iterable[str]) -> dict[str, Known]:
    """What is known of ids that were refused, for ever."""
    asked = list(names)
    if not asked:
        return {}
    return {
        identity: Known(content=content, refusal=refusal_of(place, identity, code, found, allowed), memo_is_kept=False)
        for place, identity, code, found, allowed, content in connection.rows(_REFUSED, names=asked)
    }


def known_of(connection: Connection, names: Sequence[str], *, own: int = 0, reverses: Iterable[str] | None = None) -> dict[str, Known]:
    """What is known of transfers by their ids; see `known_to`. Without *reverses*: of final ones alone."""
    undoing = frozenset(reverses or ())
    known = {}
    for row in connection.rows(_KNOWN, names=list(names)):
        digest, salt, place, outcome, resolved, undone, undone_outcome = row[_FIELDS:]
        is_own_undone = undone is not None and undone >> PLACE_BITS == own
        if reverses is None and outcome != Outcome.POSTED:
            continue
        if outcome is None and place >> PLACE_BITS != own:
            raise CallerFault("staged_elsewhere", f"the id {row[0]} stands in a batch that is staged and has not ended", id=row[0])
        if undone is not None and undone_outcome is None and not is_own_undone and row[0] in undoing:
            raise CallerFault("staged_elsewhere", f"a batch that is staged and has not ended reverses {row[0]}", id=row[0])
        transfer = transfer_of(row[:_FIELDS])
        known[transfer.id] = Known(
            content=content_digest(transfer),
            transfer=transfer,
            fate=_FATES[resolved],
            is_reversed=is_own_undone or undone_outcome == Outcome.POSTED,
            memo=SealedMemo(salt, digest) if salt is not None else None,
            memo_is_kept=salt is not None or digest is None,
        )
    return known


def staged_above(batch: Transfers, first_row: int, transfers: Transfers) -> dict[str, Known]:
    """What a chunk must know of rows above it when none of the batch is stored, since one was refused."""
    names = pa.chunked_array([transfers.column(name) for name in ("id", "pending_id", "reverses")]).unique().drop_null()
    above = batch.table.slice(0, first_row)
    rows = Transfers(above.filter(pc.is_in(above["id"], value_set=names))).rows()
    undone = set(above["reverses"].drop_null().to_pylist())
    return {
        row.id: Known(content=content_digest(row), transfer=replace(row, memo=None), is_reversed=row.id in undone)
        for row in rows
        if row.id is not None
    }
