"""The price of liquidity by name: what a run and its folder tell, in words and in numbers."""

import json

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given

import rescounter
from rescounter.clearing.prices import PRICED_OBLIGATIONS_MAX, NextUnit, price_of_tables
from tests.laws.test_weights_and_liquidity_laws import cleared, runs

CHAINS = [
    ("1", "ana", "bo", "EUR", 1000, None),
    ("2", "bo", "cy", "EUR", 1000, None),
    ("3", "cy", "dan", "EUR", 1000, None),
    ("4", "kim", "lou", "EUR", 600, None),
    ("5", "lou", "mo", "EUR", 600, None),
    ("6", "mo", "kim", "JPY", 7, None),
]


@given(runs())
def test_a_folder_tells_the_same_price_as_its_run(run):
    rows, weights, lines = run
    result = cleared(rows, weights, lines)
    told = result.price_of_liquidity()
    assert price_of_tables(result.tables, result.summary) == told
    assert json.loads(json.dumps(told.as_json())) == told.as_json()
    for code, price in told.currencies.items():
        facts = result.summary["currencies"][code]
        cash = facts["liquidity"] or {"cleared_without_minor": facts["cleared_minor"], "injected_minor": 0, "loans_minor": 0}
        assert price.freed_minor == facts["cleared_minor"] - cash["cleared_without_minor"]
        assert price.drawn_minor == cash["injected_minor"] + cash["loans_minor"]
        assert price.curve.points[-1].cash >= price.drawn_minor
        assert price.elsewhere_minor is None or price.elsewhere_minor >= 0
        assert price.is_weighted or price.curve.points[-1].cleared == facts["gross_minor"] - facts["excluded_minor"]


def test_without_cash_the_text_ranks_members_and_tells_the_curve():
    assert str(cleared(CHAINS, None, None).price_of_liquidity()) == "\n".join(
        [
            "EUR: no cash was put in; set-off alone clears 0.00.",
            "",
            "Where the next unit of own cash frees most:",
            "  member  each unit frees  up to",
            "  ana                   3  10.00",
            "  bo                    2  10.00",
            "  kim                   2   6.00",
            "  cy                    1  10.00",
            "  lou                   1   6.00",
            "",
            "What clears with cash put where it frees most:",
            "  cash put in  clears  each further unit frees",
            "         0.00    0.00                        3",
            "        10.00   30.00                        2",
            "        16.00   42.00                        0",
            "",
            "JPY: no cash was put in; set-off alone clears 0.",
            "",
            "Where the next unit of own cash frees most:",
            "  member  each unit frees  up to",
            "  mo                    1      7",
            "",
            "What clears with cash put where it frees most:",
            "  cash put in  clears  each further unit frees",
            "            0       0                        1",
            "            7       7                        0",
        ]
    )


def test_with_cash_the_text_begins_with_what_each_unit_freed():
    price = cleared(CHAINS, None, {("EUR", "kim"): 300, ("EUR", "*"): 100}).price_of_liquidity().currencies["EUR"]
    assert (price.freed_minor, price.drawn_minor, price.freed_a_unit) == (900, 400, "2.25")
    assert price.elsewhere_minor == 300
    assert price.next_units[:2] == (NextUnit("ana", 3, 900), NextUnit("bo", 2, 900))
    assert price.fund == NextUnit("*", 3, 900)
    told = str(cleared(CHAINS, None, {("EUR", "kim"): 300, ("EUR", "*"): 100}).price_of_liquidity())
    assert "EUR: 4.00 drawn, 9.00 freed: 2.25 for each unit; 9.00 clears, 0.00 without cash." in told
    assert "Put where it frees most, the same cash would clear 3.00 more." in told
    assert "Each unit that the fund lends more frees 3, up to 9.00." in told


def test_cash_that_stays_unused_is_told():
    told = str(cleared(CHAINS[5:], None, {("JPY", "kim"): 3}).price_of_liquidity())
    assert "JPY: of the cash that was there nothing was drawn; set-off alone clears 0." in told


def test_weights_count_in_what_a_unit_frees():
    price = cleared(CHAINS[:2], [5, 1], None).price_of_liquidity()
    assert price.currencies["EUR"].next_units == (NextUnit("ana", 6, 1000), NextUnit("bo", 1, 1000))
    assert "What clears, times its weight, with cash put where it frees most:" in str(price)


def test_a_long_curve_is_told_in_its_first_steps_and_its_last():
    rows = [(str(place), f"m{place:03d}", f"m{place + 1:03d}", "EUR", 10 + place, None) for place in range(40)]
    told = str(cleared(rows, None, None).price_of_liquidity())
    assert "... 17 steps more ..." in told
    assert told.splitlines()[-1].split() == ["0.49", "11.80", "0"]


def test_above_the_limit_there_is_no_curve_and_a_word_why(monkeypatch):
    monkeypatch.setattr("rescounter.clearing.prices.PRICED_OBLIGATIONS_MAX", 4)
    told = cleared(CHAINS, None, None).price_of_liquidity()
    assert told.currencies["EUR"].curve is None
    assert told.currencies["JPY"].curve is not None
    assert told.as_json()["EUR"]["curve"] is None
    assert "The curve is left out: it is reckoned up to 4 obligations." in str(told)
    assert PRICED_OBLIGATIONS_MAX == 200_000


def test_netting_alone_has_no_price():
    with pytest.raises(rescounter.CallerFault, match="method net sets nothing off"):
        cleared(CHAINS, None, None, method="net").price_of_liquidity()


@pytest.mark.parametrize(
    ("table", "column", "row"), [("obligations", "cleared_minor", 0), ("potentials", "potential", 0), ("liquidity", "received_minor", 1)]
)
def test_a_damaged_result_is_refused(table, column, row):
    result = cleared(CHAINS, None, {("EUR", "ana"): 300})
    values = result.tables[table][column].to_pylist()
    values[row] += 1
    kind = result.tables[table].schema.field(column).type
    place = result.tables[table].column_names.index(column)
    damaged = {**result.tables, table: result.tables[table].set_column(place, column, pa.array(values, kind))}
    with pytest.raises(rescounter.CallerFault, match="run rescounter verify"):
        price_of_tables(damaged, result.summary)


@pytest.mark.parametrize("table", ["potentials", "liquidity"])
def test_a_member_without_its_row_is_refused(table):
    result = cleared(CHAINS, None, {("EUR", "ana"): 300})
    kept = result.tables[table].filter(pc.not_equal(result.tables[table]["member"], "bo"))
    with pytest.raises(rescounter.CallerFault, match="run rescounter verify"):
        price_of_tables({**result.tables, table: kept}, result.summary)
