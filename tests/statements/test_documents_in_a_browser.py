"""Statements, the page of a cycle and the savings report in a real browser: they load nothing and fit a telephone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cycles import UNION, ana, cycle_of, facts_of, trade
from test_savings import cycle

from rescounter.statements.cycle_page import cycle_html
from rescounter.statements.member_statement import html, statement
from rescounter.statements.savings import savings
from rescounter.statements.savings_page import savings_html

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTHS = (390, 1000, 1300)
PAGES = ("ana", "germany", "cycle", "savings")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium, or set CHROMIUM)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--no-first-run"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("documents")
    result = trade()
    pages = (
        html(statement(ana())),
        html(statement(facts_of(result, "DEU"))),
        cycle_html(cycle_of(result)),
        savings_html(savings([cycle(cycle=f"2026-{month:02d}") for month in range(1, 13)]), UNION),
    )
    for name, page in zip(PAGES, pages, strict=True):
        (made / f"{name}.html").write_text(page, encoding="utf-8")
    return made


@pytest.mark.parametrize(("name", "width"), list(product(PAGES, WIDTHS)))
def test_a_page_fits_its_window_and_asks_nobody(browser: Any, folder: Path, name: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: asked.append(message.text))
    address = (folder / f"{name}.html").as_uri()
    page.goto(address)
    assert asked == [address]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_paper_is_not_wider_than_its_tables(browser: Any, folder: Path) -> None:
    """A4 less its margins is some 680 pixels: in print no table scrolls, and all of it is there."""
    for name in PAGES:
        page = browser.new_page(viewport={"width": 680, "height": 900})
        page.goto((folder / f"{name}.html").as_uri())
        page.emulate_media(media="print")
        widths = page.evaluate("[...document.querySelectorAll('table')].map(table => table.getBoundingClientRect().right)")
        assert max(widths, default=0) <= 681, name
        page.close()
