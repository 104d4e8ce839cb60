"""The column of weights: what is read, what is refused, and that heavier obligations of a pair come first."""

import pyarrow as pa
import pytest

import rescounter

PAIR = {
    "id": ["1", "2", "3"],
    "debtor": ["ANA"] * 3,
    "creditor": ["BO"] * 3,
    "amount": [1, 2, 3],
    "due": [None, "2026-01-01", "2026-02-01"],
}


def admitted(weights):
    result = rescounter.clear(pa.table({**PAIR, "weight": weights}))
    return dict(zip(result.obligations["id"].to_pylist(), result.obligations["weight"].to_pylist(), strict=True)), result


@pytest.mark.parametrize(
    "weights",
    [
        ["1", "100", ""],
        [" 1", "100 ", None],
        ["1.0", "100.0", None],
        pa.array([1, 100, None], pa.int64()),
        pa.array([1, 100, None], pa.uint8()),
        pa.array([1.0, 100.0, None], pa.float64()),
        pa.array([1.0, 100.0, None], pa.float32()),
        pa.array(["1", "100", None]).dictionary_encode(),
    ],
)
def test_a_weight_is_a_whole_number_and_one_where_nothing_is_said(weights):
    found, _ = admitted(weights)
    assert found == {"1": 1, "2": 100, "3": 1}


@pytest.mark.parametrize("wrong", ["0", "101", "-1", "1.5", "2e0", "heavy", "1,0", "٣", "0100", "+5", "99999999999999999999"])
def test_anything_else_is_refused(wrong):
    _, result = admitted(["7", wrong, "8"])
    assert result.refusals.select(["code", "rule", "found", "allowed"]).to_pylist() == [
        {"code": "not_a_weight", "rule": "A19", "found": f"weight {wrong}", "allowed": "a whole number from 1 to 100; empty means 1"}
    ]


@pytest.mark.parametrize("column", [pa.array([0.5, 1, 1]), pa.array([True, True, False]), pa.array([-3, 1, 1])])
def test_numbers_of_other_kinds_are_refused_as_well(column):
    _, result = admitted(column)
    assert set(result.refusals["code"].to_pylist()) == {"not_a_weight"}


def test_heavier_obligations_stand_first_then_the_older():
    found, _ = admitted([5, 7, 5])
    assert list(found) == ["2", "3", "1"]


def test_two_rows_that_differ_in_weight_alone_are_no_repetition():
    table = pa.table({"id": ["1", "1"], "debtor": ["ANA"] * 2, "creditor": ["BO"] * 2, "amount": [1, 1], "weight": [1, 2]})
    assert rescounter.clear(table).refusals["code"].to_pylist() == ["duplicate_id"] * 2
    same = table.set_column(4, "weight", pa.array([2, 2]))
    assert rescounter.clear(same).refusals["code"].to_pylist() == ["repeated_row"]


def test_without_the_column_the_result_has_none():
    assert "weight" not in rescounter.clear(pa.table(PAIR)).obligations.column_names


def test_the_name_of_the_column_can_be_given():
    table = pa.table({**PAIR, "essential": [1, 2, 3]})
    assert rescounter.clear(table, columns={"weight": "essential"}).obligations["weight"].to_pylist() == [3, 2, 1]


@pytest.mark.parametrize("name", ["*", "**"])
@pytest.mark.parametrize("side", ["debtor", "creditor"])
def test_no_member_is_called_as_the_fund_or_as_cash(name, side):
    table = pa.table({"debtor": ["ANA"], "creditor": ["BO"], "amount": [1]}).drop_columns(side).append_column(side, pa.array([name]))
    result = rescounter.clear(table)
    assert result.refusals.select(["code", "rule", "found"]).to_pylist() == [
        {"code": "reserved_name", "rule": "A20", "found": f"{side} {name}"}
    ]
