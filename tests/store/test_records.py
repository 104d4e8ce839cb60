"""Records and documents on disk: who comes second is told, and what is edited behind the ledger's back is named."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rescounter.ledger import Record
from rescounter.ledger.documents import PART_BYTES, digest_name
from rescounter.terms import CallerFault, EnvironmentFault
from tests.ledger.machine import prove
from tests.store.server import server
from tests.store.stores import postgresql_at, sqlite_at
from tests.store.test_formats import audit_of, audited

DOCUMENT = os.urandom(PART_BYTES + 9)


class Place:
    """Where a ledger lies, and a plain connection to it without any trigger."""

    def __init__(self, kind: str, where: Any) -> None:
        self.kind, self.where = kind, where

    def store(self, **options: Any) -> Any:
        return (sqlite_at if self.kind == "sqlite" else postgresql_at)(self.where, **options)

    def edit(self, *statements: str) -> None:
        if self.kind == "sqlite":
            raw = sqlite3.connect(self.where, isolation_level=None)
            for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                raw.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                raw.execute(statement)
            raw.close()
            return
        with psycopg.connect(self.where, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield Place("sqlite", tmp_path / "ledger.db")
    else:
        dsn = server().fresh()
        yield Place("postgresql", dsn)
        server().drop(dsn)


def act(number: int, **more: Any) -> Record:
    return Record(**({"number": number, "kind": "rule", "by": "ana", "body": b'{"n":%d}' % number} | more))


def test_of_two_who_act_at_once_one_is_told_to_read_again(place: Place):
    store = place.store()
    store.record([act(1)])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda name: store.record([act(2, by=name)]), "abcdefgh"))
    stored = [answer for answer in answers if answer.entry is not None]
    assert len(stored) == 1 and len(store.records()) == 2
    refusals = [answer.refusals for answer in answers if answer.entry is None]
    assert {(refusal.code, refusal.rule, refusal.row) for (refusal,) in refusals} == {("record_number_taken", "L30", 1)}
    ((refusal,), *_) = refusals
    assert refusal.found == f"record 2 is rule by {store.records()[1].by}" and refusal.allowed == "record 3"
    assert refusal.what_to_do == "Read the union again: somebody acted meanwhile."
    store.close()


def test_a_second_process_waits_for_the_first_and_its_old_number_is_refused(place: Place):
    first, second = place.store(), place.store(wait_s=0.2)
    first.record([act(1)])
    for write in (lambda: second.record([act(1, by="bo")]), lambda: second.keep_document(b"second")):
        with pytest.raises(EnvironmentFault) as told:
            write()
        assert told.value.code == "database_busy"
    assert [each.number for each in second.records()] == [1], "reading needs no lock"
    first.close()
    assert second.record([act(1, by="bo")]).refusals[0].code == "record_number_taken"
    assert second.record([act(1)]).is_repeat
    assert second.record([act(2)]).accepted.all()
    second.close()


def test_a_refused_record_leaves_nothing_and_its_key_is_free(place: Place):
    store = place.store()
    assert store.record([act(2)]).refusals[0].code == "record_number_gap"
    assert store.journal() == [] and store.answer_of("record/2") is None
    store.record([act(1)])
    answer = store.record([act(2)])
    assert answer.key == "record/2" and store.answer_of("record/2").entry == answer.entry
    with pytest.raises(CallerFault) as told:
        store.open_accounts("record/3", [])
    assert told.value.code == "batch_key_invalid"
    store.close()


def test_bodies_of_a_mebibyte_go_in_and_come_out(place: Place):
    store, bodies = place.store(), [os.urandom(1 << 20) for _ in range(9)]
    assert store.record([act(number, body=body) for number, body in enumerate(bodies, 1)]).accepted.all()
    assert [each.body for each in store.records()] == bodies
    assert audited(store).records == 9
    size = store.audit_head().entries
    prove(store.prove_record(5, log_size=size), store.audit_head().root)
    for number in (0, -1, 10, 2**70):
        with pytest.raises(CallerFault) as told:
            store.prove_record(number, log_size=size)
        assert told.value.code == "record_unknown"
    store.record([act(10)])
    with pytest.raises(CallerFault, match=f"entry {size}, which a log of {size} entries does not hold"):
        store.prove_record(10, log_size=size)
    store.close()


def test_a_document_that_was_not_stored_to_its_end_is_not_there_and_is_replaced(place: Place):
    store = place.store()
    name = store.keep_document(DOCUMENT)
    store.close()
    place.edit("DELETE FROM document_whole", "DELETE FROM document WHERE part = 0")
    store = place.store()
    assert list(store.documents()) == [] and audited(store).documents == 0
    with pytest.raises(CallerFault) as told:
        store.document(name)
    assert told.value.code == "document_unknown"
    assert store.keep_document(DOCUMENT) == name and store.document(name) == DOCUMENT
    store.close()


@pytest.mark.parametrize("name", ["", "sha256:", digest_name(bytes(32)), digest_name(bytes(32)).upper(), "sha256:\0", "x" * 71])
def test_a_document_that_nobody_kept_is_unknown(place: Place, name: str):
    store = place.store()
    with pytest.raises(CallerFault) as told:
        store.document(name)
    assert told.value.code == "document_unknown"
    store.close()


def test_documents_are_read_while_they_are_listed_and_more_are_kept(place: Place):
    store = place.store()
    names = sorted(store.keep_document(b"%d" % number) for number in range(5))
    found = []
    for name, size in store.documents():
        assert len(store.document(name)) == size
        store.keep_document(name.encode())
        found.append(name)
    assert found[:5] == names or set(names) <= set(found)
    assert store.keep_document(b"1") in names and len(list(store.documents())) >= 10
    store.close()


BYTES = {"sqlite": "x'{}'", "postgresql": "'\\x{}'"}
DOCUMENT_EDITS = {
    "bytes changed": (["UPDATE document SET bytes = {a} WHERE part = 1"], "4,194,305 bytes of 4,194,313"),
    "bytes exchanged": (["UPDATE document SET bytes = {nine} WHERE part = 1"], "bytes whose digest is sha256:"),
    "a part removed": (["DELETE FROM document WHERE part = 0"], "part 2 where part 1 should be"),
    "the last part removed": (["DELETE FROM document WHERE part = 1"], "4,194,304 bytes of 4,194,313"),
    "all parts removed": (["DELETE FROM document"], "0 bytes of 4,194,313"),
    "a part added": (["INSERT INTO document SELECT digest, 2, bytes FROM document WHERE part = 1"], "4,194,322 bytes of 4,194,313"),
    "its name changed": (
        ["UPDATE document_whole SET digest = {zero}", "UPDATE document SET digest = {zero}"],
        "bytes whose digest is sha256:",
    ),
    "its size changed": (["UPDATE document_whole SET size = 7"], "4,194,313 bytes of 7"),
}


@pytest.mark.parametrize("what", DOCUMENT_EDITS)
def test_a_document_that_was_edited_is_not_handed_out_and_named_by_the_audit(place: Place, what: str):
    store = place.store()
    store.keep_document(DOCUMENT)
    assert audited(store).documents == 1
    store.close()
    literal = BYTES[place.kind].format
    words = {"a": literal("61"), "nine": literal("61" * 9), "zero": literal("00" * 32)}
    statements, told = DOCUMENT_EDITS[what]
    place.edit(*(statement.format(**words) for statement in statements))
    store = place.store()
    ((name, _),) = store.documents()
    with pytest.raises(EnvironmentFault, match=told) as raised:
        store.document(name)
    assert raised.value.code == "document_damaged" and name in raised.value.message
    assert re.match(f"documents: {name}: found {told}", str(audit_of(store).fault))
    store.close()


RECORD_EDITS = {
    "a body": (["UPDATE record SET body = {a} WHERE number = 4"], "tree: entry 2, batch record/4, row 1: found rows that hash to"),
    "a kind": (["UPDATE record SET kind = 'vote' WHERE number = 2"], "tree: entry 1, batch record/2, one of rows 1 to 2"),
    "who did it": (["UPDATE record SET by_whom = '' WHERE number = 1"], "tree: entry 0, batch record/1, row 1"),
    "a number": (
        ["UPDATE record SET number = 9 WHERE number = 3"],
        "records: entry 1, batch record/2, row 2, record 9: found number 9; it should be 3",
    ),
    "the order": (
        ["UPDATE record SET number = 9 WHERE number = 2", "UPDATE record SET number = 2 WHERE number = 3",
         "UPDATE record SET number = 3 WHERE number = 9"],
        "records: entry 1, batch record/2, row 1, record 3: found number 3; it should be 2",
    ),
    "the order of bodies": (
        ["UPDATE record SET body = (SELECT o.body FROM record o WHERE o.number = 5 - record.number) WHERE number IN (2, 3)"],
        "tree: entry 1, batch record/2, one of rows 1 to 2",
    ),
    "a record that is gone": (["DELETE FROM record WHERE number = 2"], "rows: entry 1, batch record/2, row 1: found no row"),
    "the last one of a batch that is gone": (["DELETE FROM record WHERE number = 3"], "rows: entry 1, batch record/2, row 2: found no row"),
    "the only one of a batch that is gone": (["DELETE FROM record WHERE number = 4"], "rows: entry 2, batch record/4, row 1: found no row"),
    "the last record that is gone": (["DELETE FROM record WHERE number = 5"], "rows: entry 3, batch record/5, row 1: found no row"),
    "a batch that is gone": (
        ["DELETE FROM entry WHERE sequence = 2", "DELETE FROM record WHERE number = 4"],
        "finality_grows: entry 3, batch record/5: found entry 3; it should be entry 2",
    ),
    "a record that was added": (
        ["INSERT INTO record SELECT place + 1, 6, kind, by_whom, body FROM record WHERE number = 5"],
        "rows: entry 3, batch record/5, row 2: found a row; it should be 1 rows and no more",
    ),
    "the digest of what was asked": (
        ["UPDATE entry SET request_digest = leaf WHERE sequence = 2"],
        "request_digest: entry 2, batch record/4",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", RECORD_EDITS)
def test_a_record_that_was_edited_is_named_by_the_audit(place: Place, what: str):
    store = place.store()
    for some in ([act(1)], [act(2), act(3)], [act(4)], [act(5)]):
        store.record(some)
    assert audited(store).records == 5
    store.close()
    statements, told = RECORD_EDITS[what]
    place.edit(*(statement.format(a=BYTES[place.kind].format("61")) for statement in statements))
    store = place.store()
    fault = str(audit_of(store).fault)
    assert told in fault, fault
    store.close()
