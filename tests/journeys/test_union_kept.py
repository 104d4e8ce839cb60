"""A union that is kept: replayed in a world that has changed, backed up and restored, tampered with, and without what it needs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys import months
from tests.journeys.command import rescounter
from tests.journeys.killable import start
from tests.journeys.ledgers import csv_of, edited

pytestmark = pytest.mark.slow

LIES = {
    "holidays.py": """
import datetime

class EveryDay(dict):
    def __init__(self, years):
        super().__init__({datetime.date(year, 1, 1) + datetime.timedelta(days): "shut" for year in years for days in range(365)})
    def is_weekend(self, day):
        return False

def list_supported_financial(include_aliases=True): return {"XECB": []}
def list_supported_countries(include_aliases=True): return {}
def financial_holidays(source, years, expand): return EveryDay(years)
def country_holidays(country, subdiv, years, expand): return EveryDay(years)
""",
    "iso4217.py": """
from types import SimpleNamespace
Currency = [SimpleNamespace(code=code, exponent=5) for code in ("EUR", "USD")]
""",
    "tzdata.py": "raise ModuleNotFoundError('no time zones here')",
}
ASKED = """
import datetime, zoneinfo
from rescounter.terms.calendar import business_days
from rescounter.terms import Exponents
assert Exponents().of("EUR") == 5
assert not business_days(["XECB"], (), 2026, 2026).is_business(datetime.date(2026, 1, 22))
try:
    zoneinfo.ZoneInfo("Europe/Ljubljana")
except zoneinfo.ZoneInfoNotFoundError:
    print("the world has changed")
"""


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A union whose month is closed."""
    with months.bare(tmp_path_factory.mktemp("kept"), "sqlite") as desk:
        for told in (months.FOUNDING.split(), *map(months.words, months.SCRIPT)):
            code, said = start(desk, *told).end()
            assert code == 0, said
        yield desk


@pytest.fixture
def desk(closed: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(closed / "union", tmp_path / "union")
    return tmp_path


def test_a_replay_finds_nothing_in_a_world_without_zones_and_with_other_tables(desk: Path):
    lies, nothing = desk / "lies", desk / "nothing"
    lies.mkdir()
    nothing.mkdir()
    for name, text in LIES.items():
        (lies / name).write_text(text)
    world = {"PYTHONPATH": str(lies), "PYTHONTZPATH": str(nothing), "TZDIR": str(nothing), "TZ": "Nowhere/Else"}
    asked = subprocess.run([sys.executable, "-c", ASKED], env=world, capture_output=True, text=True, cwd=desk, timeout=60)
    assert asked.stdout == "the world has changed\n", asked.stderr
    code, out, err = rescounter("cycle", "replay", "-u", "union", folder=desk, **world)
    assert (code, err) == (0, ""), err
    assert "is the same" in out


def test_what_is_backed_up_is_the_whole_union(desk: Path):
    said(desk, "ledger", "backup", "copy", "-l", "union")
    said(desk, "ledger", "restore", "copy", "--keys", "union/keys", "-l", "again")
    assert outcome_of(desk / "again", desk) == outcome_of(desk / "union", desk)
    assert json.loads(said(desk, "status", "-u", "again", "--json"))["closed"] == 1
    whole, again = (json.loads(said(desk, "statement", "ana", "-u", name, "--json")) for name in ("union", "again"))
    assert whole == again
    assert "is the same" in said(desk, "cycle", "replay", "-u", "again")


def outcome_of(union: Path, desk: Path) -> object:
    place = desk / f"desk-of-{union.name}"
    place.mkdir()
    (place / "union").symlink_to(union, target_is_directory=True)
    return months.outcome(place)


def said(desk: Path, *words: str) -> str:
    code, out, err = rescounter(*words, folder=desk)
    assert code == 0, out + err
    return out


@pytest.mark.parametrize("kind", ["submitted", "cut_off", "called"])
def test_a_byte_of_a_document_that_was_changed_is_named_by_audit_and_replay(desk: Path, kind: str):
    name = {"submitted": "document", "cut_off": "frozen", "called": "calls"}[kind]
    acts = months.outcome(desk)["acts"]
    digest = next(body[name] for _, _, _, each, body in acts if each == kind)
    hex_digits = digest.removeprefix("sha256:")
    other = "CAST(substr(bytes, 1, 99) || x'5a' || substr(bytes, 101) AS BLOB)"
    statement = f"UPDATE document SET bytes = {other} WHERE hex(digest) = upper('{hex_digits}')"
    edited(desk / "union", desk / "edited", statement)
    code, out, err = rescounter("ledger", "audit", "-l", "edited", folder=desk)
    assert (code, hex_digits[:16] in out + err) == (1, True), out + err
    code, out, err = rescounter("cycle", "replay", "-u", "edited", folder=desk)
    assert (code in (1, 4), hex_digits[:16] in out + err, "Traceback" in err) == (True, True, False), out + err


def test_an_act_that_was_changed_is_named_by_the_audit(desk: Path):
    edited(desk / "union", desk / "edited", "UPDATE record SET by_whom = 'ap' WHERE number = 12")
    code, out, err = rescounter("ledger", "audit", "-l", "edited", folder=desk)
    assert (code, "NOT SOUND" in err) == (1, True), out + err


@pytest.mark.parametrize(
    ("gone", "code", "fault"),
    [
        ("ledger.json", 2, "union_not_found"),
        ("ledger.db", 2, "ledger_not_found"),
        ("keys", 2, "key_unreadable"),
        ("keys/ledger.key", 2, "key_unreadable"),
    ],
)
@pytest.mark.parametrize("command", [("status",), ("cycle", "replay"), ("statement", "ana"), ("cycle", "open", "--by", "op")])
def test_a_union_that_lacks_what_it_needs_says_so(desk: Path, gone: str, code: int, fault: str, command: tuple[str, ...]):
    path = desk / "union" / gone
    assert path.exists()
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    found, said = start(desk, *command, "-u", "union").end()
    assert (found, said.splitlines()[0].partition(":")[0]) == (code, f"Stopped ({fault})"), said
    assert "Traceback" not in said


def test_the_keys_of_another_union_are_refused(desk: Path):
    said(desk, "ledger", "init", "other")
    shutil.rmtree(desk / "union" / "keys")
    shutil.copytree(desk / "other" / "keys", desk / "union" / "keys")
    code, told = start(desk, "status", "-u", "union").end()
    assert (code, told.splitlines()[0].partition(":")[0]) == (4, "Stopped (key_foreign)"), told


@pytest.mark.parametrize(
    ("command", "table"),
    [
        ("open", "id currency limit\nana/cash/EUR EUR none"),
        ("post", "id debit credit amount currency\nT1 ana/cash/EUR bo/cash/EUR 1.00 EUR"),
    ],
)
def test_nobody_posts_into_a_union_past_its_acts(desk: Path, command: str, table: str):
    before = months.outcome(desk)
    (desk / "table.csv").write_text(csv_of(table))
    code, told = start(desk, "ledger", command, "table.csv", "-l", "union").end()
    assert (code, "is a union" in told) == (2, True), told
    assert months.outcome(desk) == before
