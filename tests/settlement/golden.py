"""The golden results of the rules of the trade, with fractions for texts such as "1/2"."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from rescounter.settlement.tranches import TrancheTable, tranches

_FILE = Path(__file__).parents[1] / "data" / "rules_of_the_trade.json"


def golden(name: str) -> pytest.MarkDecorator:
    """A test for each golden result of that name, with *given* and *want*."""
    found = [(each["given"], each["want"]) for each in json.loads(_FILE.read_text(encoding="utf-8")) if each["name"].startswith(name)]
    assert found, name
    return pytest.mark.parametrize(("given", "want"), found, ids=[str(place) for place in range(len(found))])


def table_of(given: dict[str, Any]) -> TrancheTable:
    return TrancheTable(debtor=tranches(*given["tranches"]["debtor"]), creditor=tranches(*given["tranches"]["creditor"]))


def fractions(given: dict[str, str]) -> dict[str, Fraction]:
    return {name: Fraction(value) for name, value in given.items()}
