"""Results to show, and a reader of pages that sees what a person sees."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pyarrow as pa

import rescounter
from rescounter.facade.result import prices_shown
from rescounter.statements.report import report_html

_SILENT = {"style", "script"}


@dataclass
class Page(HTMLParser):
    """The visible text, the tags with their attributes, and the headline figures of each currency."""

    html: str
    text: str = ""
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    figures: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._silent = self._currency = self._figure = ""
        self.feed(self.html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self._silent = tag if tag in _SILENT else self._silent
        self._currency = found.get("data-currency") or self._currency
        self._figure = found.get("data-figure") or ""

    def handle_endtag(self, tag: str) -> None:
        self._silent = "" if tag == self._silent else self._silent
        self._figure = ""
        self.text += " " if tag not in {"b", "span", "data", "a", "em", "small"} else ""

    def handle_data(self, data: str) -> None:
        if self._figure:
            self.figures.setdefault(self._currency, {})[self._figure] = data
        if not self._silent:
            self.text += data

    @property
    def evidence(self) -> list[dict[str, Any]]:
        """The numbers that travel with the page."""
        text = self.html.split('id="evidence">', 1)[1].split("</script>", 1)[0]
        currencies: list[dict[str, Any]] = json.loads(text)["currencies"]
        return currencies


@dataclass(frozen=True)
class Shown:
    """A result with the page that shows it."""

    summary: Mapping[str, Any]
    tables: Mapping[str, pa.Table]
    page: Page


def owes(*lines: str, cash: tuple[str, ...] = (), **options: Any) -> Shown:
    """Clear lines such as ``ana bo 100 EUR x5`` (debtor, creditor, amount, currency, weight; an underscore is a space), with
    lines of cash such as ``ana 30 EUR``, and show the result."""
    cells = [line.split() for line in lines]
    if cash:
        own = [line.split() for line in cash]
        columns = {"member": [cell[0] for cell in own], "amount": [cell[1] for cell in own], "currency": [cell[2] for cell in own]}
        options["liquidity"] = pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()})
    columns = {
        "debtor": [cell[0].replace("_", " ") for cell in cells],
        "creditor": [cell[1].replace("_", " ") for cell in cells],
        "amount": [cell[2] for cell in cells],
        "currency": [cell[3] if len(cell) > 3 else "EUR" for cell in cells],
    }
    if any(len(cell) > 4 for cell in cells):
        columns["weight"] = [cell[4][1:] if len(cell) > 4 else "1" for cell in cells]
    return show(rescounter.clear(pa.table({name: pa.array(column, pa.string()) for name, column in columns.items()}), **options))


def show(result: Any) -> Shown:
    """The page of a result of `rescounter.clear`, circuits and prices included."""
    tables = {**result.tables, "circuits": result.circuits}
    return Shown(result.summary, tables, Page(report_html(result.summary, tables, prices_shown(result))))
