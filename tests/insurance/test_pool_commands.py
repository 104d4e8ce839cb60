"""A year of the insurance pool from the command line: terms and exposures as files, money in, a claim, reinsurance, projection, replay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rescounter.cli.app import app
from tests.insurance.pools import TERMS


def test_a_year_of_the_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")

    def do(*words: object, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*map(str, words), "--at", "2026-01-05T09:30"])
        assert done.exit_code == code, done.output
        return done.output

    do("init", "u", "--pack", "deferred-net", "--demonstration", "--operator", "op")
    monkeypatch.setenv("RESCOUNTER_UNION", "u")
    (tmp_path / "terms.toml").write_text(TERMS)
    (tmp_path / "exposures.csv").write_text("member,class,exposure\nANA,coastal,1000000\nBO,ocean,1000000\n")
    (tmp_path / "members.csv").write_text("code,name\nANA,Ana\nBO,Bo\n")
    (tmp_path / "money.csv").write_text(
        "reference,member,currency,amount,booked\nB1,ANA,EUR,20000,2026-01-05\nB2,BO,EUR,20000,2026-01-05\nRE-1,,EUR,7500,2026-01-05\n"
    )
    do("member", "add", "--file", "members.csv")
    do("cycle", "open")
    do("cycle", "fund", "money.csv")
    assert "Policy year 2026 is open" in do("pool", "year", "terms.toml")
    assert "2 exposures declared" in do("pool", "exposure", "exposures.csv")
    assert "2026-advance-1 calls 9,600.00 EUR" in do("pool", "call", "advance")
    assert "nothing is open" in do("pool", "pay", "2026-advance-1")
    assert "call_unknown" in do("pool", "pay", "2026-advance-9", code=3)
    do("pool", "claim", "notify", "C-1", "21000", "--member", "BO", "--cover", "cargo", "--occurred", "2026-01-04")
    do("pool", "claim", "reserve", "C-1", "21000")
    assert "reinsured 10,000.00 EUR" in do("pool", "claim", "adjust", "C-1", "21000")
    assert "9,600.00 EUR paid in all; 10,400.00 EUR is due" in do("pool", "claim", "pay", "C-1")
    assert "stands in the pool" in do("pool", "reinsurance", "RE-1", "--claim", "C-1", "--from", "Market Re")
    year = json.loads(do("pool", "show", "--json"))
    assert year["cash_minor"] == 750_000
    assert year["claims"][0]["reinsurers"] == {
        "Market Re": {"due_minor": 750_000, "received_minor": 750_000},
        "North Re": {"due_minor": 250_000, "received_minor": 0},
    }
    assert "BO owes the pool nothing" in do("pool", "show", "--member", "BO")
    do("pool", "project", "-o", "projection")
    do("pool", "project", "-o", "projection", "--force")
    do("pool", "show", "-o", "year")
    do("pool", "show", "-o", "year", "--force")
    do("pool", "show", "--member", "BO", "-o", "bo")
    do("pool", "show", "--member", "BO", "-o", "bo", "--force")
    assert (tmp_path / "projection" / "pool-projection.html").read_text().startswith("<!doctype html>")
    assert "comes to what is on record" in do("pool", "replay")
    assert "pool_year_closes_later" in do("pool", "close", "2026", code=3)
