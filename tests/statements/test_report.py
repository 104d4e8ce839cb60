"""The page of a result: what a person reads there is what the tables say, and it calls nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pages import Page, Shown, owes, show

import rescounter
from rescounter.clearing.prices import price_of_tables
from rescounter.statements.report import report_html
from rescounter.terms import EXCLUSIONS, REFUSALS, format_minor

TRADE = Path(rescounter.__file__).parent / "data" / "trade_1985.csv"
METHODS = ("set-off", "net", "set-off-then-net")
RING = ("ana bo 10", "bo cy 7.50", "cy ana 9", "cy dan 4")
EVIL = "<script>alert('x')</script>&\"quoted\"</SCRIPT><!--"


@pytest.fixture(scope="module")
def trade() -> Shown:
    return show(rescounter.clear(TRADE))


def test_the_page_names_no_address_and_forbids_itself_every_connection(trade: Shown) -> None:
    page = trade.page
    assert "://" not in page.html
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.tags}
    assert not [found for _, found in page.tags if "src" in found or "srcset" in found or "action" in found]
    assert set(re.findall(r"url\(([^)]*)\)", page.html)) <= {"#hatch", "#dots", "#tip"}
    assert "@import" not in page.html
    policies = [found["content"] for _, found in page.tags if found.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    assert (policies[0] or "").startswith("default-src 'none'")


def test_a_name_is_text_wherever_it_stands() -> None:
    evil = EVIL.replace(" ", "_")
    shown = owes(f"{evil} bo 10", f"bo {evil} 6", f"bo {evil} 0")
    assert len(re.findall(r"<script", shown.page.html, re.IGNORECASE)) == 3
    assert EVIL in shown.page.text
    assert EVIL in shown.page.evidence[0]["members"]


def test_the_bytes_depend_on_the_result_and_on_no_clock(trade: Shown) -> None:
    summary = {**trade.summary, "seconds": {"total": 99.0}}
    pieces = {name: pa.concat_tables([table.slice(0, 1), table.slice(1)]) for name, table in trade.tables.items()}
    assert report_html(summary, pieces, price_of_tables(pieces, summary).currencies) == trade.page.html


@pytest.mark.parametrize("method", METHODS)
def test_the_headline_is_the_sum_of_the_tables(method: str) -> None:
    shown = owes(*RING, "x y 500 JPY", "y x 200 JPY", method=method)
    for code, facts in shown.summary["currencies"].items():
        rows = shown.tables["obligations"].filter(pc.equal(shown.tables["obligations"]["currency"], code))
        members = shown.tables["members"].filter(pc.equal(shown.tables["members"]["currency"], code))
        expected = {"gross": pc.sum(rows["amount_minor"]).as_py()}
        if method != "net":
            expected["cleared"] = pc.sum(rows["cleared_minor"]).as_py()
        if method == "set-off":
            expected["residual"] = pc.sum(rows["residual_minor"]).as_py()
        else:
            expected["pay_in"] = pc.sum(members["pay_in_minor"]).as_py()
            expected["cash_saved"] = expected["gross"] - expected["pay_in"]
        written = {name: format_minor(minor, facts["exponent"], group=",") for name, minor in expected.items()}
        assert shown.page.figures[code] == written


def test_the_trade_of_1985_fits_a_mail_and_reads_as_it_was_cleared(trade: Shown) -> None:
    assert len(trade.page.html.encode()) < 700_000
    assert trade.page.figures["XXX"] == {"gross": "1,716,828,748,835", "cleared": "1,408,979,691,798", "residual": "307,849,057,037"}
    assert "82.06 % of what was owed clears without a payment" in trade.page.text  # 82.0687: down, not to 82.07
    assert "Pairs only" in trade.page.text
    assert "68.40 %" in trade.page.text
    assert "78.18 %" in trade.page.text
    assert "units without currency" in trade.page.text


def test_it_says_what_a_result_is() -> None:
    law = "A result is a calculation; it discharges debts only under the union's set-off agreement or law."
    for shown in (owes(*RING), owes(*RING, "x y 5 JPY"), owes("ana bo 0")):
        assert shown.page.text.count(law) == 1


def test_greedy_circuits_that_were_not_walked_are_left_out_with_a_word_why(trade: Shown) -> None:
    facts = {**trade.summary["currencies"]["XXX"], "greedy_minor": None}
    page = Page(report_html({**trade.summary, "currencies": {"XXX": facts}}, trade.tables))
    assert "Greedy circuits are left out" in page.text
    assert "78.18 %" not in page.text


def test_a_refusal_is_told_with_its_count_an_example_and_its_remedy() -> None:
    shown = owes(*RING, "bo cy 0", "bo ana 0", "cy cy 5")
    for code, count in (("zero_amount", 2), ("self_obligation", 1)):
        rule = REFUSALS[code]
        assert f"{count} {code} rule {rule.rule}" in shown.page.text
        assert rule.meaning[1:] in shown.page.text
        assert rule.what_to_do in shown.page.text
    assert "3 rows were refused" in shown.page.text
    assert "row 5" in shown.page.text


def test_the_file_of_refusals_is_linked_when_the_summary_names_it() -> None:
    shown = owes(*RING, "bo cy 0")
    page = Page(report_html({**shown.summary, "files": {"refusals.csv": "sha256:00", "members.csv": "sha256:00"}}, shown.tables))
    assert ("a", {"href": "refusals.csv"}) in page.tags


def test_what_was_kept_out_is_told_and_counted_as_owed() -> None:
    shown = owes(*RING, "ana bo 1", minimum="5")
    assert "below_minimum" in shown.page.text
    assert EXCLUSIONS["below_minimum"].meaning in shown.page.text
    assert shown.page.figures["EUR"]["gross"] == "31.50"
    assert "5.00 EUR was kept out of this run" in shown.page.text


def test_a_result_without_any_obligation_says_so_and_why() -> None:
    shown = owes("ana bo 0")
    assert "Nothing was owed" in shown.page.text
    assert "zero_amount" in shown.page.text
    assert shown.page.evidence == []


def test_where_nothing_cleared_nobody_gains_and_nothing_was_refused() -> None:
    shown = owes("ana bo 10", "bo cy 7")
    assert "No debt lies on a closed circuit, so none clears" in shown.page.text
    assert "Nobody: nothing cleared." in shown.page.text
    assert "Every row was taken: no refusals, and nothing was kept out." in shown.page.text


def test_each_currency_has_its_chapter_and_beyond_eight_its_line() -> None:
    codes = ("EUR", "USD", "JPY", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK")
    shown = owes(*(f"ana bo {place + 3} {code}" for place, code in enumerate(codes)), *(f"bo ana 2 {code}" for code in codes))
    assert "10 currencies, cleared one by one" in shown.page.text
    assert len(shown.page.figures) == 8
    assert all(f"{code} 2 2 " in shown.page.text for code in codes)
    assert {one["code"] for one in shown.page.evidence} == set(codes)


def test_the_members_that_gain_most_stand_in_order_with_what_is_left() -> None:
    shown = owes(*RING)
    for words in ("ana 7.50 10.00 2.50 75.00 %", "bo 7.50 7.50 0.00 100 %", "cy 7.50 13.00 5.50 57.69 %"):
        assert words in shown.page.text


def test_circuits_are_told_as_rings_when_the_result_holds_them() -> None:
    shown = owes(*RING)
    assert "ana → bo → cy → ana: each cleared 7.50 EUR" in shown.page.text
    without = {name: table for name, table in shown.tables.items() if name != "circuits"}
    assert "The circuits that cleared" not in Page(report_html(shown.summary, without)).text


def test_no_identifier_stands_twice_and_every_reference_leads_somewhere() -> None:
    page = owes(*RING, "x y 500 JPY", "y x 200 JPY", "x y 0 JPY").page
    names = [found["id"] for _, found in page.tags if "id" in found]
    assert len(names) == len(set(names))
    wanted = {(found.get(name) or "").removeprefix("#") for _, found in page.tags for name in ("href", "aria-labelledby") if name in found}
    assert wanted <= set(names)
