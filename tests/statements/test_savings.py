"""The savings report: the statistic of the European Payments Union, and pictures that say the same as the tables."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa
from cycles import UNION
from hypothesis import given
from pages import Page
from test_cycle_figures import MONTHS, ROWS, WANT, months, st

from rescounter.statements.cycle_figures import CycleFigures
from rescounter.statements.facts import UnionNote
from rescounter.statements.savings import Savings, savings, savings_table
from rescounter.statements.savings_page import savings_html, savings_text
from rescounter.statements.savings_picture import BOX, lines, waterfall


def of_months(cycles: list[list[list]] = MONTHS) -> Savings:
    return savings([figures for month in months(cycles) for figures in month.currencies])


def cycle(**changes: object) -> CycleFigures:
    """A cycle of 100.00 EUR: 40 set off, 25 netted, 5 open, 10 on credit, 20 paid."""
    values: dict[str, object] = {
        "cycle": "2026-01", "currency": "EUR", "exponent": 2, "members": 4, "items": 9, "gross_minor": 10000, "set_off_minor": 4000,
        "netted_minor": 2500, "open_minor": 500, "excluded_minor": 500, "credit_minor": 1000, "cash_minor": 2000, "fees_minor": 30,
        "bilateral_minor": 16000, "multilateral_minor": 7000, "residual_minor": 7000,
    }  # fmt: skip
    return CycleFigures(**{**values, **changes})  # type: ignore[arg-type]


def test_the_savings_of_the_payments_union_are_met_exactly() -> None:
    (own,) = of_months().currencies
    found = {
        "bilateral": own.bilateral_minor,
        "multilateral": own.multilateral_minor,
        "through_time": own.through_time_minor,
        "residual": own.residual_minor,
    }
    assert found == WANT


def test_the_report_shows_the_statistic_as_a_table_that_adds_up() -> None:
    words = savings_text(of_months(), UNION, 100)
    assert [line.split() for line in words.splitlines() if re.match(r"(1|2|All) .*-?\d", line)][3:] == [
        ["1", "4.80", "4.00", "-", "0.80"],
        ["2", "3.20", "2.60", "0.60", "-"],
        ["All", "8.00", "6.60", "0.60", "0.80"],
    ]


@given(st.lists(ROWS.filter(bool), min_size=1, max_size=5))
def test_what_the_cycles_add_is_the_whole(cycles: list[list[list]]) -> None:
    (own,) = of_months(cycles).currencies
    for name in ("multilateral_minor", "through_time_minor", "residual_minor"):
        assert sum(getattr(each, name) for each in own.by_cycle) == getattr(own, name)
    assert own.bilateral_minor == own.multilateral_minor + own.through_time_minor + own.residual_minor
    assert own.multilateral_minor >= 0
    assert own.through_time_minor >= 0


def test_the_table_has_a_row_for_each_currency_and_cycle() -> None:
    yen = cycle(currency="JPY", exponent=0, items=2)
    table = savings_table(savings([cycle(), yen, cycle(cycle="2026-02")]))
    assert [(row["currency"], row["cycle"]) for row in table.to_pylist()] == [("EUR", "2026-01"), ("EUR", "2026-02"), ("JPY", "2026-01")]
    assert table.schema.field("gross_minor").type == pa.int64()
    assert savings_table(savings([])).num_rows == 0


def test_the_waterfall_falls_from_what_was_owed_to_what_was_paid() -> None:
    (own,) = savings([cycle()]).currencies
    steps = waterfall(own)
    assert [(step.kind, step.amount) for step in steps] == [
        ("is-gross", "100.00"),
        ("is-cleared", "40.00"),
        ("is-netted", "25.00"),
        ("is-open", "5.00"),
        ("is-credit", "10.00"),
        ("is-cash", "20.00"),
    ]
    assert [float(step.x) for step in steps] == [0.0, 432.0, 252.0, 216.0, 144.0, 0.0]
    for upper, lower in pairwise(steps):
        assert abs(float(upper.link) - float(lower.x) - float(lower.wide)) < 0.2
    assert float(steps[0].wide) == BOX["wide"]


def test_a_line_needs_two_cycles() -> None:
    (own,) = savings([cycle()]).currencies
    assert lines(own) is None
    (own,) = savings([cycle(cycle=str(number)) for number in range(30)]).currencies
    drawn = lines(own)
    assert drawn is not None
    assert len(drawn.dots) == 60
    assert (drawn.across[0].words, drawn.across[-1].words) == ("0", "29")
    assert len(drawn.across) <= 7


def test_shares_are_rounded_down_and_all_only_when_it_is_all() -> None:
    nearly = cycle(gross_minor=10**9, set_off_minor=10**9 - 1, netted_minor=0, open_minor=1, credit_minor=0, cash_minor=0)
    assert "99.99 % of what was owed needed no money" in savings_text(savings([nearly]), UNION)
    whole = replace(nearly, set_off_minor=10**9, open_minor=0)
    assert "100 % of what was owed needed no money" in savings_text(savings([whole]), UNION)


def test_the_page_is_complete_in_itself_and_escapes() -> None:
    evil = "<script>alert(1)</script>"
    page = Page(savings_html(savings([cycle(cycle=evil), cycle(cycle="2")]), UnionNote(name=evil, legal_opinion=evil)))
    assert "://" not in page.html
    assert "<script" not in page.html
    assert evil in page.text
    assert not [found for _, found in page.tags if "src" in found or ("href" in found and not str(found["href"]).startswith("#"))]
    assert page.figures[""] == {"gross": "200.00", "set_off": "80.00", "netted": "50.00", "cash": "40.00"}


def test_several_currencies_are_told_one_by_one() -> None:
    page = Page(savings_html(savings([cycle(), cycle(currency="XXX", exponent=0, items=1)]), UNION))
    assert "What clearing together saved, in 2 currencies" in page.text
    assert "Cycle by cycle, EUR" in page.text
    assert "Cycle by cycle, XXX" in page.text


def test_before_the_first_cycle_there_is_nothing_to_tell() -> None:
    assert "Nothing was cleared yet" in savings_text(savings([]), UNION)
    assert "Nothing was cleared yet" in savings_html(savings([]), UNION)
