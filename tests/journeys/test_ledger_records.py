"""Records and documents go where the ledger goes: through audit, export, backup and restore."""

from __future__ import annotations

import json
import shutil

import pyarrow.parquet as parquet
import pytest

from rescounter.facade.ledger import open_ledger
from rescounter.ledger import Record
from tests.journeys.ledgers import edited, fault_of, filled, run

DOCUMENT = b"id,debtor,creditor,amount\n" * 200_000
"""Of two parts."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The filled ledger, with three records of which the last names a document."""
    desk = tmp_path_factory.mktemp("desk")
    filled(desk)
    with open_ledger(desk / "books") as ledger:
        name = ledger.store.keep_document(DOCUMENT)
        acts = [
            ("member_joined", b'{"member":"ANA"}'),
            ("rule_changed", b'{"rule":"R5"}'),
            ("submitted", json.dumps({"file": name}).encode()),
        ]
        ledger.store.record([Record(number=number, kind=kind, by="ANA-1", body=body) for number, (kind, body) in enumerate(acts[:2], 1)])
        assert ledger.store.record([Record(number=3, kind=acts[2][0], by="", body=acts[2][1])]).accepted.all()
    return desk


def read(folder):
    """Everything that was recorded and kept."""
    with open_ledger(folder) as ledger:
        return list(ledger.store.records()), {name: ledger.store.document(name) for name, _ in ledger.store.documents()}


def test_an_audit_counts_them(desk):
    out = run(desk, "audit", "-l", "books")
    assert out.startswith("Sound: 7 entries, 604 transfers, 5 accounts, 2 checkpoints, 3 records, 1 document;"), out
    told = json.loads(run(desk, "audit", "-l", "books", "--json"))
    assert (told["records"], told["documents"]) == (3, 1)


def test_a_backup_and_what_is_restored_of_it_carry_both(desk):
    run(desk, "backup", "copy", "-l", "books")
    run(desk, "restore", "copy", "--keys", "books/keys", "-l", "again")
    assert read(desk / "again") == read(desk / "books")
    records, documents = read(desk / "again")
    assert [record.kind for record in records] == ["member_joined", "rule_changed", "submitted"]
    assert documents[json.loads(records[2].body)["file"]] == DOCUMENT


@pytest.mark.parametrize("format", ["csv", "parquet", "beancount", "hledger"])
def test_an_export_names_their_entries_and_is_as_it_was(desk, tmp_path, format):
    run(desk, "export", tmp_path / "out", "--format", format, "-l", "books")
    if format == "parquet":
        entries = parquet.read_table(tmp_path / "out" / "entries.parquet")
        assert [key for key in entries["key"].to_pylist() if key.startswith("record/")] == ["record/1", "record/3"]
        assert entries["kind"].to_pylist()[-2:] == ["record", "record"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE record SET by_whom = 'BO-1' WHERE number = 2", "tree | entry 5, batch record/1, one of rows 1 to 2 | rows that hash to"),
        ("DELETE FROM record WHERE number = 3", "rows | entry 6, batch record/3, row 1 | no row | one"),
        ("UPDATE document SET bytes = zeroblob(length(bytes)) WHERE part = 1", "documents | sha256:"),
    ],
)
def test_what_somebody_edits_is_named_and_is_no_backup(desk, tmp_path, statement, said):
    copy = edited(desk / "books", tmp_path / "copy", statement)
    assert fault_of(copy).startswith(said)
    assert "the copy does not pass its audit" in run(tmp_path, "backup", "kept", "-l", "copy", code=1)
    assert not (tmp_path / "kept").exists()
    shutil.rmtree(copy)
