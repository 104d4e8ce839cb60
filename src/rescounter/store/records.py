"""Writing and reading records: one batch each, all or nothing, behind the last number that is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from rescounter.ledger import Answer, EntryKind
from rescounter.ledger.documents import PART_BYTES
from rescounter.ledger.entries import Outcome
from rescounter.ledger.records import Record, StoredRecord, judge_number, record_fields, record_key
from rescounter.ledger.sealing import LeafFields
from rescounter.store.database import Connection
from rescounter.store.posting import answer_of_all, expire
from rescounter.store.reading import answer_before
from rescounter.store.rows import tree_of_leaves
from rescounter.store.session import Session, Title, place_of
from rescounter.terms import Refusal

__all__ = ["leaves_of_records", "record", "records", "refused_records"]

_LAST: Final = "SELECT coalesce(max(number), 0) FROM record"
_STANDS: Final = "SELECT number, kind, by_whom, body FROM record WHERE number = :number"
_RECORDS: Final = """
SELECT r.number, r.kind, r.by_whom, r.body, e.at_us, e.sequence FROM record r JOIN entry e ON e.batch = r.place >> 32
WHERE r.number > :after ORDER BY r.number LIMIT :most
"""
_OF_BATCH: Final = """
SELECT place, number, kind, by_whom, body FROM record WHERE place >= :first AND place < :end ORDER BY place LIMIT 64
"""


def refused_records(records: Sequence[Record], refusals: tuple[Refusal, ...]) -> Answer:
    """The answer to records that were not taken; nothing of it is stored."""
    none = np.zeros(len(records), bool)
    key = record_key(records[0].number if records else 0)
    return Answer(key=key, entry=None, accepted=none, repeated=none, refusals=refusals)


def record(session: Session, records: Sequence[Record], *, digest: bytes, leaves: Sequence[LeafFields]) -> Answer:
    """Store records that are sound by themselves, if the first follows the last one that stands; else say what stands."""
    connection, first = session.connection, records[0]
    before = answer_before(connection, record_key(first.number), digest, len(records))
    if before is not None and before.entry is not None:
        return before
    ((last,),) = connection.rows(_LAST)
    found = [Record(number=row[0], kind=row[1], by=row[2], body=row[3]) for row in connection.rows(_STANDS, number=first.number)]
    refusal = judge_number(first, last=last, stands=found[0] if found else None)
    if refusal is not None:
        return refused_records(records, (refusal,))
    if before is not None:
        return before
    expire(session)
    return _write(session, records, digest, leaves)


def _write(session: Session, records: Sequence[Record], digest: bytes, leaves: Sequence[LeafFields]) -> Answer:
    title = Title(key=record_key(records[0].number), kind=EntryKind.RECORD, rows=len(records))
    number = session.begin_batch(title)
    for row, some in _in_loads(records):
        columns = {
            "place": [place_of(number, row + place) for place in range(len(some))],
            "number": [each.number for each in some],
            "kind": [each.kind for each in some],
            "by_whom": [each.by for each in some],
            "body": [each.body for each in some],
        }
        session.connection.load("record", columns)
    tree = tree_of_leaves(session, number, title.key, leaves)
    entry = session.end_batch(number, title, outcome=Outcome.POSTED, accepted=title.rows, tree=tree, digest=digest)
    return answer_of_all(title, entry, is_posted=True)


def _in_loads(records: Sequence[Record]) -> Iterator[tuple[int, Sequence[Record]]]:
    """Records with the row of their first, cut so that no load holds more than about `PART_BYTES` of bodies."""
    begin, size = 0, 0
    for row, each in enumerate(records):
        if size and size + len(each.body) > PART_BYTES:
            yield begin, records[begin:row]
            begin, size = row, 0
        size += len(each.body)
    yield begin, records[begin:]


def records(connection: Connection, *, after: int, rows_max: int) -> list[StoredRecord]:
    """Records behind number *after*, in order."""
    rows = connection.rows(_RECORDS, after=after, most=rows_max)
    return [
        StoredRecord(number=number, kind=kind, by=by, body=bytes(body), at_us=at_us, entry=sequence)
        for number, kind, by, body, at_us, sequence in rows
    ]


def leaves_of_records(connection: Connection, *, first: int, end: int) -> Iterator[tuple[int, LeafFields]]:
    """The leaves that stored records make, by place from *first* to before *end*; few bodies are held at once."""
    while rows := connection.rows(_OF_BATCH, first=first, end=end):
        for place, number, kind, by, body in rows:
            yield place, record_fields(Record(number=number, kind=kind, by=by, body=bytes(body)))
        first = rows[-1][0] + 1
