"""The figures of a cycle: the vector of the trade's rules, and a naive reckoning of any cycle."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rescounter
from rescounter.statements.cycle_figures import POSITIONS, Figures, figures_of
from rescounter.statements.savings import savings

MONTHS = [
    [["A", "B", 100], ["B", "C", 80], ["C", "A", 60]],
    [["B", "A", 50], ["C", "B", 70], ["A", "C", 40]],
]
WANT = {"bilateral": 800, "multilateral": 660, "through_time": 60, "residual": 80}


def owed(rows: list[list], currency: str = "EUR") -> pa.Table:
    """Obligations that novation replaced whole: debtor, creditor, amount."""
    amounts = pa.array([row[2] for row in rows], pa.int64())
    return pa.table(
        {
            "debtor": pa.array([row[0] for row in rows], pa.string()),
            "creditor": pa.array([row[1] for row in rows], pa.string()),
            "currency": pa.array([currency] * len(rows), pa.string()),
            "amount_minor": amounts,
            "cleared_minor": pa.array([0] * len(rows), pa.int64()),
            "residual_minor": amounts,
            "replaced_minor": amounts,
            "excluded": pa.array([None] * len(rows), pa.string()),
        }
    )


def months(cycles: list[list[list]]) -> list[Figures]:
    """The figures of cycle after cycle, each taking up the positions of the one before."""
    found: list[Figures] = []
    for number, rows in enumerate(cycles, 1):
        positions = found[-1].positions if found else None
        found.append(figures_of(owed(rows), cycle=str(number), exponents={"EUR": 2}, positions=positions))
    return found


def test_the_savings_of_the_payments_union_are_met_exactly() -> None:
    figures = [month.currencies[0] for month in months(MONTHS)]
    bilateral, net = (sum(getattr(month, name) for month in figures) for name in ("bilateral_minor", "multilateral_minor"))
    residual = figures[-1].residual_minor
    assert {"bilateral": bilateral, "multilateral": bilateral - net, "through_time": net - residual, "residual": residual} == WANT


NAMES = st.sampled_from("abcde")
ROWS = st.lists(st.tuples(NAMES, NAMES, st.integers(1, 10**15)).filter(lambda row: row[0] != row[1]).map(list), max_size=12)


@given(st.lists(ROWS.filter(bool), min_size=1, max_size=4))
def test_every_figure_is_what_a_naive_reckoning_gives(cycles: list[list[list]]) -> None:
    position: dict[str, int] = defaultdict(int)
    for rows, figures in zip(cycles, months(cycles), strict=True):
        pairs: dict[tuple[str, ...], int] = defaultdict(int)
        net: dict[str, int] = defaultdict(int)
        for debtor, creditor, amount in rows:
            pairs[min(debtor, creditor), max(debtor, creditor)] += amount if debtor < creditor else -amount
            for member, signed in ((debtor, -amount), (creditor, amount)):
                net[member] += signed
                position[member] += signed
        (found,) = figures.currencies
        assert found.gross_minor == found.netted_minor + found.cash_minor == sum(row[2] for row in rows)
        assert found.open_minor == 0
        assert found.bilateral_minor == 2 * sum(map(abs, pairs.values()))
        assert found.multilateral_minor == sum(map(abs, net.values()))
        assert found.residual_minor == sum(map(abs, position.values()))
        assert (found.members, found.items) == (len(net), len(rows))
        kept = {member: minor for member, minor in position.items() if minor}
        assert dict(zip(figures.positions["member"].to_pylist(), figures.positions["position_minor"].to_pylist(), strict=True)) == kept
        assert figures.positions.schema == POSITIONS


@pytest.mark.parametrize("method", ["set-off", "net", "set-off-then-net"])
def test_the_gross_of_a_real_cycle_is_set_off_netted_open_or_paid(method: str) -> None:
    result = rescounter.clear(Path(rescounter.__file__).parent / "data" / "trade_1985.csv", method=method)
    facts = result.summary["currencies"]["XXX"]
    (found,) = figures_of(result.tables["obligations"], cycle="1985", exponents={"XXX": 0}).currencies
    assert found.gross_minor == facts["gross_minor"]
    assert found.set_off_minor == facts["cleared_minor"]
    assert found.cash_minor == facts.get("pay_in_minor", 0)
    assert found.open_minor == (facts["residual_minor"] if method == "set-off" else 0)


def test_a_limit_covers_part_and_what_is_excluded_stays_open() -> None:
    result = rescounter.clear(
        pa.table({"debtor": ["a", "b", "c"], "creditor": ["b", "c", "a"], "amount": ["90", "50", "3"], "currency": ["EUR"] * 3}),
        method="net", minimum="5",
    )  # fmt: skip
    (found,) = figures_of(
        result.tables["obligations"], cycle="1", exponents={"EUR": 2}, credit_minor={"EUR": 1500}, fees_minor={"EUR": 7}
    ).currencies
    assert (found.gross_minor, found.netted_minor, found.open_minor, found.excluded_minor) == (14300, 5000, 300, 300)
    assert (found.credit_minor, found.cash_minor, found.fees_minor) == (1500, 7500, 7)


def test_what_stays_open_counts_in_the_cycle_that_discharges_it() -> None:
    table = owed([["a", "b", 10], ["b", "c", 10]])
    half = table.set_column(table.column_names.index("replaced_minor"), "replaced_minor", pa.array([10, 0]))
    first = figures_of(half, cycle="1", exponents={"EUR": 2})
    second = figures_of(owed([["b", "c", 10]]), cycle="2", exponents={"EUR": 2}, positions=first.positions, carried_in_minor={"EUR": 10})
    (one,), (two,) = first.currencies, second.currencies
    assert (one.gross_minor, one.open_minor, one.bilateral_minor, one.multilateral_minor, one.residual_minor) == (20, 10, 20, 20, 20)
    assert (two.gross_minor, two.carried_in_minor, two.bilateral_minor, two.multilateral_minor, two.residual_minor) == (10, 10, 20, 20, 20)
    (both,) = savings([one, two]).currencies
    assert (both.total("gross_minor"), both.total("open_minor"), both.bilateral_minor, both.residual_minor) == (20, 0, 40, 20)


def test_a_currency_that_rests_keeps_its_positions() -> None:
    first = figures_of(owed([["a", "b", 5]], "JPY"), cycle="1", exponents={"JPY": 0})
    second = figures_of(owed([["b", "a", 7]], "EUR"), cycle="2", exponents={"EUR": 2}, positions=first.positions)
    assert [found.currency for found in second.currencies] == ["EUR"]
    assert second.positions.to_pylist() == [
        {"currency": "EUR", "member": "a", "position_minor": 7},
        {"currency": "EUR", "member": "b", "position_minor": -7},
        {"currency": "JPY", "member": "a", "position_minor": -5},
        {"currency": "JPY", "member": "b", "position_minor": 5},
    ]
