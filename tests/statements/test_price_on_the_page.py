"""The price of liquidity on the page: the curve, the ranking, who drew, chains, weights."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import Page, owes

import rescounter
from rescounter.clearing.price import Curve, Point
from rescounter.clearing.prices import NextUnit, Price
from rescounter.facade.result import PRICED_UNASKED_MAX, prices_shown
from rescounter.statements.price import BOX, chart, steps
from rescounter.statements.report import report_html

CHAINS = ("ana bo 10 EUR", "bo cy 10 EUR", "cy dan 10 EUR", "kim lou 4 EUR", "lou mo 6 EUR", "eve fay 3 EUR", "fay eve 2 EUR")


def price(*points: tuple[int, int], exact_until: int | None = None, drawn: int = 0, worth: int | None = None) -> Price:
    curve = Curve(tuple(Point(*point) for point in points), points[-1][0] if exact_until is None else exact_until)
    cleared = points[0][1] if worth is None else worth
    return Price("EUR", 2, False, drawn > 0, drawn, cleared, points[0][1], cleared, (), NextUnit("*", 0, 0), curve)


def test_without_cash_the_page_tells_what_cash_would_free() -> None:
    page = owes(*CHAINS).page
    assert "What cash would free No cash was put in." in page.text
    assert "The next unit of cash frees most at ana: 3 for each unit, up to 10.00 EUR." in page.text
    assert "Cash up to Each unit frees Cleared in all 10.00 3 34.00 14.00 2 42.00 17.00 1 45.00" in page.text
    assert "Own cash of Each unit frees Up to ana 3 10.00 bo 2 10.00 kim 2 4.00" in page.text
    assert "this run: no cash" in page.text


def test_with_cash_the_page_tells_what_it_freed_and_who_drew_and_received() -> None:
    page = owes(*CHAINS, cash=("kim 3 EUR", "* 2 EUR")).page
    assert page.figures["EUR"] == {
        "gross": "45.00", "cleared": "16.00", "residual": "29.00", "offered": "5.00", "drawn": "5.00", "received": "5.00", "freed": "12.00",
    }  # fmt: skip
    assert "35.55 % of what was owed clears with 5.00 EUR of cash" in page.text
    assert "Without any cash 4.00 EUR would be." in page.text
    assert "2.40 for each unit drawn, rounded down" in page.text
    assert "The cash drawn here, put where it frees most, would clear 3.00 EUR more." in page.text
    assert "kim 3.00 3.00 – – ana – – 2.00 – mo – – – 3.00 dan – – – 2.00" in page.text
    assert "the fund, anywhere 3 8.00" in page.text
    assert "ana → bo → cy → dan: 2.00 EUR paid in, 6.00 EUR cleared" in page.text
    assert "What clears without cash went round in 1 closed circuit" in page.text
    assert "The optimum with cash" in page.text
    assert "Liquidity root" in page.text
    assert "and no member's net position has changed" not in page.text


def test_cash_that_frees_nothing_is_told() -> None:
    page = owes("ana bo 10 EUR", "bo ana 10 EUR", cash=("ana 1 EUR",)).page
    assert "One more unit of cash would free nothing, at any member." in page.text
    assert "clears without a payment" in page.text


def test_weights_have_a_table_and_count_in_the_curve() -> None:
    page = owes("ana bo 10 EUR x1", "bo cy 10 EUR x5", "cy bo 3 EUR x5").page
    assert "Weight Owed Cleared Share 5 13.00 6.00 46.15 % 1 10.00 0.00 0 %" in page.text
    assert "debt freed, times its weight" in page.text
    assert "its weight, less the level of its debtor" in page.text
    assert "one for one" not in page.text


def test_the_picture_has_a_title_a_description_and_a_table() -> None:
    page = owes(*CHAINS).page
    names = {found["id"] for _, found in page.tags if "id" in found}
    (picture,) = [found for tag, found in page.tags if tag == "svg" and found.get("aria-describedby")]
    assert {picture["aria-labelledby"], picture["aria-describedby"]} <= names
    assert picture["role"] == "img"


def test_method_net_and_large_runs_without_cash_have_no_price(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "What cash would free" not in owes(*CHAINS, method="net").page.text
    assert PRICED_UNASKED_MAX == 50_000
    monkeypatch.setattr("rescounter.facade.result.PRICED_UNASKED_MAX", 6)
    assert "What cash would free" not in owes(*CHAINS).page.text
    assert "ana 3 " in owes(*CHAINS, cash=("kim 3 EUR",)).page.text


def test_a_page_without_prices_still_tells_the_cash() -> None:
    shown = owes(*CHAINS, cash=("kim 3 EUR", "* 2 EUR"))
    page = Page(report_html(shown.summary, shown.tables))
    assert page.figures["EUR"]["freed"] == "12.00"


def test_a_result_shows_its_price_unasked() -> None:
    debts = [{"debtor": "ana", "creditor": "bo", "amount": "3", "currency": "EUR"}]

    result = rescounter.clear(pa.Table.from_pylist(debts))
    assert "What cash would free" in result.report_html()
    assert list(prices_shown(result)) == ["EUR"]


POINTS = st.lists(st.tuples(st.integers(1, 10**17), st.integers(1, 9)), min_size=1, max_size=40)


@given(POINTS, st.integers(0, 10**17), st.data())
def test_every_mark_lies_in_the_picture(pieces: list[tuple[int, int]], start: int, data: st.DataObject) -> None:
    points = [(0, start)]
    for cash, slope in sorted(pieces, key=lambda piece: -piece[1]):
        points.append((points[-1][0] + cash, points[-1][1] + slope * cash))
    until = data.draw(st.sampled_from([point[0] for point in points]))
    drawn = data.draw(st.integers(0, points[-1][0]))
    told = price(*points, exact_until=until, drawn=drawn, worth=start + drawn)
    drawing = chart(told)
    assert drawing is not None
    numbers = re.findall(r"(-?[\d.]+) (-?[\d.]+)", " ".join([drawing.area, drawing.curve, drawing.rough, drawing.one_for_one]))
    marks = [(mark.x, mark.y) for mark in (*drawing.across, *drawing.up, drawing.run, *([drawing.best] if drawing.best else []))]
    for x, y in [*numbers, *marks]:
        assert BOX["left"] <= float(x) <= BOX["right"]
        assert 0 <= float(y) <= BOX["bottom"]
    assert 1 <= len(drawing.across) <= 4
    assert bool(drawing.rough) == (until < points[-1][0])
    assert [step.is_exact for step in steps(told)] == [step.cash_minor <= until for step in steps(told)]


def test_a_curve_without_a_slope_is_not_drawn() -> None:
    assert chart(price((0, 100))) is None
    assert steps(price((0, 100))) == ()
