"""An evidence pack is checked against the log, and whatever was changed in it is found and named."""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rescounter.facade.dispute_facts import dispute_facts, dispute_sections
from rescounter.facade.dispute_files import export_dispute
from rescounter.facade.union_calendar import calendar_entries
from rescounter.facade.union_disputes import hand_in
from rescounter.facade.union_statement import facts_of
from rescounter.formats.calendars import calendar_bytes
from rescounter.statements.dispute_page import dispute_html, timeline_svg
from rescounter.statements.member_statement import html, statement
from rescounter.verification.packs import MANIFEST, verify_pack
from tests.cycle.mortal import fresh
from tests.disputes.unions import ROWS, Disputing

LATER = datetime.date(2026, 1, 21)


@pytest.fixture(scope="module")
def world() -> Iterator[Disputing]:
    """A dispute with two documents that ended, and its invoice cleared after it."""
    store, clock = fresh("sqlite")
    world = Disputing(store, clock).begin()
    for member, rows in ROWS.items():
        world.submit(member, rows)
    world.raises("ana", "bo", obligations=[("ana", "1")])
    hand_in(world.desk, "box", 1, b"a delivery note", title="delivery note", member="bo")
    world.does("extended", "ana", until=LATER)
    world.does("extended", "bo", until=LATER, document=b"a letter")
    world.does("withdrawn", "ana")
    for text in ("2026-01-22T13:00", "2026-01-27T17:00"):
        world.tell(text)
        world.run()
    yield world
    store.close()


@pytest.fixture(scope="module")
def pack(world: Disputing, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, bytes]]:
    folder: Path = tmp_path_factory.mktemp("pack") / "pack"
    export_dispute(world.desk, 1, folder)
    files = {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    return json.loads(files.pop(MANIFEST)), files


def test_a_pack_is_sound_and_says_what_it_does_not_prove(pack, world):
    verdict = verify_pack(*pack, verifier=world.desk.ledger.keys.verifiers[0].text())
    assert verdict.sound, verdict.findings
    assert len(pack[0]["documents"]) == 2
    assert len(pack[0]["postings"]) > 0
    assert len(verdict.proven) == 3
    assert not any("--verifier" in sentence for sentence in verdict.not_proven)


def _body(number: int, **changes: Any) -> Callable[[dict[str, Any], dict[str, bytes]], None]:
    def tamper(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
        record = manifest["records"][number]
        record["body"] = json.dumps({**json.loads(record["body"]), **changes}, sort_keys=True, separators=(",", ":"))

    return tamper


def _changed_document(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
    name = next(name for name in files if name.startswith("documents/"))
    files[name] += b"!"


def _replaced_document(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
    import hashlib

    name = next(name for name in files if name.startswith("documents/"))
    files[name] = b"another"
    manifest["files"][name] = f"sha256:{hashlib.sha256(b'another').hexdigest()}"


TAMPERED = {
    "a document is changed": (_changed_document, "files"),
    "a document is replaced, its digest too": (_replaced_document, "documents"),
    "a document is missing": (lambda manifest, files: files.pop(next(iter(files))), "files"),
    "a file is added": (lambda manifest, files: files.update(extra=b"x"), "files"),
    "a reason is another": (_body(0, reason="delivered"), "records"),
    "an instant is another": (lambda manifest, files: manifest["records"][0].update(at_us=1), "records"),
    "a record is another's": (lambda manifest, files: manifest["records"][0].update(by="op"), "records"),
    "a record stands twice": (lambda manifest, files: manifest["records"].append(manifest["records"][0]), "records"),
    "the raising is left out": (lambda manifest, files: manifest["records"].pop(0), "dispute"),
    "a posting is called another": (lambda manifest, files: manifest["postings"][0].update(id="mine"), "postings"),
    "the timeline is another": (lambda manifest, files: manifest["timeline"][-1].update(at_us=1), "timeline"),
    "it stands elsewhere": (lambda manifest, files: manifest.update(state="restored"), "timeline"),
    "it is another dispute": (lambda manifest, files: manifest.update(dispute=2), "dispute"),
    "it is of another format": (lambda manifest, files: manifest.update(format="?"), "shape"),
    "parts are missing": (lambda manifest, files: manifest.pop("records"), "shape"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_changed_in_a_pack_is_found_and_named(pack, what):
    manifest, files = copy.deepcopy(pack)
    tamper, check = TAMPERED[what]
    tamper(manifest, files)
    assert check in {finding.check for finding in verify_pack(manifest, files).findings}


def test_a_pack_of_another_shape_is_a_finding_and_no_exception():
    for nonsense in (None, [], {}, {"format": "rescounter-dispute/1"}, {"format": "rescounter-dispute/1", "files": 3}):
        assert not verify_pack(nonsense, {}).sound


def test_the_page_draws_every_step(world):
    facts = dispute_facts(world.desk, world.desk.union.disputes.cases[1])
    page = dispute_html(facts)
    assert [each.what for each in facts.way] == ["raised", "extended", "withdrawn"]
    assert page.count("<circle") == len(facts.way)
    assert "ended on 2026-01-05" in page


def test_the_statement_of_a_party_draws_the_same_picture():
    store, clock = fresh("sqlite")
    world = Disputing(store, clock).begin()
    for member, rows in ROWS.items():
        world.submit(member, rows)
    world.tell("2026-01-06T09:00")
    world.raises("ana", "bo", obligations=[("ana", "1")])
    world.tell("2026-01-22T13:00")
    world.run()
    facts = dispute_facts(world.desk, world.desk.union.disputes.cases[1])
    cycle = world.desk.union.cycles["2026-01-22"]
    own, others = (
        html(statement(facts_of(world.desk, cycle, member), dispute_sections(world.desk, cycle, member))) for member in ("ana", "cy")
    )
    assert str(timeline_svg(facts)) in own and str(timeline_svg(facts)) in dispute_html(facts)
    assert "<circle" not in others
    store.close()


def test_the_calendar_holds_every_deadline_that_lies_ahead(world):
    from icalendar import Calendar

    entries = calendar_entries(world.desk)
    content = calendar_bytes("A union", entries, 0)
    events = Calendar.from_ical(content).walk("VEVENT")
    assert len(events) == len(entries) > 0
    assert len({str(event["uid"]) for event in events}) == len(events)
    assert content == calendar_bytes("A union", list(reversed(entries)), 0)
