"""The page in a real browser: it loads nothing, verifies its own numbers, and is not fooled by one unit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import owes, show

import rescounter

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
TRADE = Path(rescounter.__file__).parent / "data" / "trade_1985.csv"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CASH_DEBTS = (
    "ana bo 10 EUR x1",
    "bo cy 10 EUR x5",
    "cy dan 10 EUR x1",
    "bo cy 4 EUR x1",
    "eve ana 3 EUR x7",
    "ana eve 5 EUR x7",
    "k l 9 JPY x1",
)
CASH = ("ana 4 EUR", "* 3 EUR", "bo 6 EUR")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt-get install chromium, or set CHROMIUM)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def trade(folder: Path) -> str:
    return _written(folder, "trade", show(rescounter.clear(TRADE)).page.html)


def _written(folder: Path, name: str, html: str) -> str:
    path = folder / f"{name}.html"
    path.write_text(html, encoding="utf-8")
    return path.as_uri()


def _opened(browser: Any, address: str, *, width: int = 1200) -> tuple[Any, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("request", lambda request: troubles.append(request.url) if request.url != address else None)
    page.goto(address)
    return page, troubles


def _failed(page: Any) -> list[str]:
    return [item.get_attribute("data-check") for item in page.locator("#verdict li[data-ok=false]").all()]


def test_the_button_verifies_every_debt_and_the_page_calls_nobody(browser: Any, trade: str) -> None:
    page, troubles = _opened(browser, trade)
    page.click("#verify")
    checks = [item.get_attribute("data-check") for item in page.locator("#verdict li").all()]
    assert checks == ["Bounds", "Balance", "Optimum", "Members", "Zero sum", "Headline"]
    assert _failed(page) == []
    assert "Verified in this browser: 12,743 debts" in page.inner_text("#verdict")
    assert "1,408,979,691,798" in page.inner_text("#verdict")
    assert troubles == []


def test_a_fault_of_one_unit_is_caught_and_mended(browser: Any, trade: str) -> None:
    page, troubles = _opened(browser, trade)
    for _ in range(5):
        page.click("[data-fault=unit]")
        assert "Caught." in page.inner_text("#verdict")
        assert "Balance" in _failed(page)
        assert "The numbers of this page itself hold" in page.inner_text("#verdict")
    page.click("[data-fault=circuit]")
    assert _failed(page) == ["Optimum"]
    assert troubles == []


@pytest.mark.parametrize("method", ["set-off", "net", "set-off-then-net"])
def test_every_method_and_currency_verifies(browser: Any, folder: Path, method: str) -> None:
    lines = ("ana bo 10", "bo cy 7.50", "cy ana 9", "ana cy 1", "x y 500 JPY", "y x 200 JPY", "k l 1.234 KWD")
    page, troubles = _opened(browser, _written(folder, method, owes(*lines, method=method, minimum="2").page.html))
    page.click("#verify")
    assert _failed(page) == []
    assert page.locator("#verdict li").count() == (15 if method == "net" else 18)
    assert troubles == []


@pytest.mark.parametrize("method", ["set-off", "set-off-then-net"])
def test_a_run_with_weights_and_cash_verifies_and_every_fault_in_it_is_caught(browser: Any, folder: Path, method: str) -> None:
    page, troubles = _opened(
        browser, _written(folder, f"cash-{method}", owes(*CASH_DEBTS, cash=CASH, method=method, minimum="2").page.html)
    )
    page.click("#verify")
    assert _failed(page) == []
    assert page.locator("#verdict li[data-check=Cash]").count() == 1
    page.click("[data-fault=unit]")
    assert "Caught." in page.inner_text("#verdict")
    page.click("[data-fault=circuit]")
    assert _failed(page) == ["Optimum"]
    assert troubles == []


@pytest.mark.parametrize(
    ("printed", "forged", "check"),
    [
        ('"injected":"400', '"injected":"401', "Cash"),
        ('"available":"400', '"available":"500', "Optimum"),
        ('"fund":"300"', '"fund":"299"', "Cash"),
        ('"fund":"300"', '"fund":"301"', "Optimum"),
        ('"received":"0', '"received":"1', "Balance"),
        ('"loan":"300', '"loan":"299', "Balance"),
        ('"cleared_claims":"', '"cleared_claims":"1', "Members"),
    ],
)
def test_cash_that_was_edited_is_found_out(browser: Any, folder: Path, printed: str, forged: str, check: str) -> None:
    html = owes(*CASH_DEBTS, cash=CASH).page.html
    assert printed in html
    page, _ = _opened(browser, _written(folder, "forged-cash", html.replace(printed, forged, 1)))
    page.click("#verify")
    assert check in _failed(page)


@pytest.mark.parametrize(
    ("printed", "forged", "check"),
    [
        (">1,408,979,691,798<", ">1,408,979,691,799<", "Headline"),
        ('"levels":"', '"levels":"9', "Optimum"),
        ('"cleared":"', '"cleared":"1', "Members"),
        ('"owes":"', '"owes":"1', "Members"),
        ('"net":"-', '"net":"', "Zero sum"),
    ],
)
def test_a_page_that_was_edited_is_found_out(browser: Any, folder: Path, trade: str, printed: str, forged: str, check: str) -> None:
    html = (folder / "trade.html").read_text(encoding="utf-8")
    assert printed in html
    page, _ = _opened(browser, _written(folder, "forged", html.replace(printed, forged, 1)))
    page.click("#verify")
    assert check in _failed(page)
    assert "do not rely on this page" in page.inner_text("#verdict")


def test_a_page_without_room_for_its_debts_checks_its_sums_and_says_what_it_did_not_check(
    browser: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rescounter.statements.evidence.EDGES_MAX", 2)
    page, troubles = _opened(browser, _written(folder, "sums", owes("ana bo 10", "bo cy 7.50", "cy ana 9").page.html))
    page.click("#verify")
    assert _failed(page) == []
    assert "was not checked for all of it: use rescounter verify" in page.inner_text("#verdict")
    page.click("[data-fault=unit]")
    assert _failed(page) == ["Zero sum", "Headline"]
    assert troubles == []


def test_numbers_that_cannot_be_read_are_told(browser: Any, folder: Path, trade: str) -> None:
    html = (folder / "trade.html").read_text(encoding="utf-8").replace('"net":"', '"net":"x', 1)
    page, _ = _opened(browser, _written(folder, "damaged", html))
    for button in ("#verify", "[data-fault=unit]"):
        page.click(button)
        assert "cannot be read" in page.inner_text("#verdict")


@pytest.mark.parametrize("width", [390, 820, 1400])
def test_nothing_hangs_over_the_edge(browser: Any, folder: Path, trade: str, width: int) -> None:
    long = "The_Wholesale_Fruit_Cooperative_of_the_Southern_Provinces_and_Sons"[:64]
    names = _written(folder, "names", owes(f"ana {long} 10", f"{long} ana 7.50", f"{'M' * 64} ana 9", "ana x 0").page.html)
    cash = _written(folder, "long-cash", owes(f"ana {long} 10 EUR", f"{long} {'M' * 64} 7.50 EUR", cash=("ana 1 EUR", "* 3 EUR")).page.html)
    for address in (trade, names, cash):
        page, _ = _opened(browser, address, width=width)
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_keyboard_alone_shows_a_member_sorts_and_verifies(browser: Any, trade: str) -> None:
    page, troubles = _opened(browser, trade)
    page.focus(".pick")
    page.keyboard.type("JPN")
    assert "JPN owed" in page.inner_text(".readout")
    assert page.locator(".chord.has-pick").count() == 2
    page.focus("th[data-sort=still] button")
    page.keyboard.press("Enter")
    still = [int(row.get_attribute("data-still")) for row in page.locator(".gains tbody tr").all()]
    assert still == sorted(still, reverse=True)
    page.focus("#verify")
    page.keyboard.press("Enter")
    assert _failed(page) == []
    assert "Verified" in page.inner_text("#verdict")
    assert troubles == []
