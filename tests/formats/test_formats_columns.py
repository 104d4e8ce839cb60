"""Columns of every Arrow type that makes sense, from Parquet, Arrow and tables in memory."""

from __future__ import annotations

import datetime
from decimal import Decimal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from rescounter.formats import read_arrow
from rescounter.terms import CallerFault
from tests.formats.handed_in import as_arrow, as_parquet, fault_of, hand_in, rows


def table_with(column, cells):
    whole = {"debtor": pa.array(["A"] * len(cells)), "creditor": pa.array(["B"] * len(cells)), "amount": pa.array(["1"] * len(cells))}
    return pa.table(whole | {column: cells})


def cells_of(column, cells):
    submitted = read_arrow(table_with(column, cells))
    return submitted.columns[column], submitted


TEXTS = ["A", "ü", None]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array(TEXTS),
        pa.array(TEXTS, pa.large_string()),
        pa.array(TEXTS, pa.string_view()),
        pa.array(TEXTS).dictionary_encode(),
        pa.array(TEXTS, pa.large_string()).dictionary_encode(),
        pa.array([text and text.encode() for text in TEXTS], pa.binary()),
        pa.RunEndEncodedArray.from_arrays(pa.array([1, 2, 3], pa.int32()), pa.array(TEXTS)),
        pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
        pa.array(["x", *TEXTS])[1:],
    ],
    ids=lambda cells: str(cells.type),
)
def test_text_is_text_however_it_is_stored(cells):
    found, _ = cells_of("debtor", cells)
    assert found.to_pylist() == TEXTS
    assert pa.types.is_string(found.type) or pa.types.is_large_string(found.type)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pa.array([101, None], pa.int8()), ["101", None]),
        (pa.array([2**64 - 1], pa.uint64()), [str(2**64 - 1)]),
        (pa.array([101.0, 2.5, float("nan"), None]), ["101", "2.5", None, None]),
        (pa.array([101.0, 0.1], pa.float32()), ["101", "0.1"]),
        (pa.array([Decimal("1.50")], pa.decimal128(5, 2)), ["1.50"]),
        (pa.array([datetime.date(2026, 3, 31)]), ["2026-03-31"]),
        (pa.array([True]), ["true"]),
        (pa.nulls(1), [None]),
    ],
    ids=str,
)
def test_codes_stored_as_something_else_become_text(cells, expected):
    for column in ("debtor", "id", "reference"):
        assert cells_of(column, cells)[0].to_pylist() == expected


@pytest.mark.parametrize("kind", (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()))
def test_integers_of_every_width_are_int64(kind):
    found, _ = cells_of("amount", pa.array([7, None], kind))
    assert (found.type, found.to_pylist()) == (pa.int64(), [7, None])


def test_integers_beyond_int64_stay_exact():
    found, _ = cells_of("amount", pa.array([2**64 - 1, 1], pa.uint64()))
    assert found.to_pylist() == [2**64 - 1, 1]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([Decimal("10.50"), None], pa.decimal128(38, 2)),
        pa.array([Decimal("10.50"), None], pa.decimal256(60, 2)),
        pa.array([Decimal("10.50"), None], pa.decimal32(9, 2)),
    ],
    ids=lambda cells: str(cells.type),
)
def test_decimals_stay_exact(cells):
    found, submitted = cells_of("amount", cells)
    assert [cell if cell is None else str(cell) for cell in found.to_pylist()] == ["10.50", None]
    assert "amount" not in submitted.float_cells


def test_doubles_stay_doubles():
    found, submitted = cells_of("amount", pa.array([0.1, None]))
    assert (found.type, found.to_pylist()) == (pa.float64(), [0.1, None])
    assert "amount" not in submitted.float_cells


@pytest.mark.parametrize("kind", (pa.float32(), pa.float16()))
def test_narrow_floats_are_read_as_the_shortest_decimal_of_their_width(kind):
    found, submitted = cells_of("amount", pa.array([0.1, 1024.0, None, float("inf")], kind))
    assert found.to_pylist() == ["0.1", "1024.0", None, "inf"]
    assert submitted.float_cells["amount"].tolist() == [True, True, False, True]
    assert "holds few digits" in submitted.notes[0]


def test_dates_and_moments_are_handed_on():
    day, moment = datetime.date(2026, 3, 31), datetime.datetime(2026, 3, 31, 12)
    assert cells_of("due", pa.array([day]))[0].to_pylist() == [day]
    assert cells_of("due", pa.array([moment]))[0].to_pylist() == [moment]
    assert cells_of("due", pa.array([moment], pa.timestamp("ns")))[0].type == pa.timestamp("ns")
    assert pa.types.is_timestamp(cells_of("due", pa.array([day], pa.date64()))[0].type)
    assert cells_of("due", pa.array([46112]))[0].to_pylist() == [46112]


def test_a_moment_with_a_time_zone_is_what_the_clock_showed_there():
    midnight = pa.array([datetime.datetime(2026, 3, 30, 22, tzinfo=datetime.UTC)], pa.timestamp("us", "Europe/Berlin"))
    assert cells_of("due", midnight)[0].to_pylist() == [datetime.datetime(2026, 3, 31)]


def test_a_time_zone_that_does_not_exist_is_refused():
    with pytest.raises(CallerFault) as caught:
        cells_of("due", pa.array([0], pa.timestamp("us", "Atlantis/Harbour")))
    assert caught.value.code == "column_type"


def test_divisible_may_be_a_flag_or_a_number():
    assert cells_of("divisible", pa.array([True, None]))[0].to_pylist() == [True, None]
    assert cells_of("divisible", pa.array([1, 0]))[0].to_pylist() == ["1", "0"]
    assert cells_of("divisible", pa.array([1.0, None]))[0].to_pylist() == ["1", None]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([["A"]]),
        pa.array([{"a": 1}]),
        pa.array([b"\xff\xfe"]),
        pa.array([datetime.timedelta(1)]),
        pa.array([datetime.time(1)]),
        pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
    ],
    ids=lambda cells: str(cells.type),
)
@pytest.mark.parametrize("column", ("debtor", "amount", "due"))
def test_types_without_single_values_are_refused(column, cells):
    with pytest.raises(CallerFault) as caught:
        read_arrow(table_with(column, cells))
    assert caught.value.code == "column_type"
    assert caught.value.facts["column"] == column


FRAME = {"debtor": ["A", "C"], "creditor": ["B", "D"], "amount": [1.5, 2.0]}


@pytest.mark.parametrize(
    "table",
    [
        pl.DataFrame(FRAME),
        pd.DataFrame(FRAME),
        pd.DataFrame(FRAME, index=["x", "y"]),
        pa.table(FRAME),
        pa.record_batch(FRAME),
        pa.RecordBatchReader.from_batches(pa.table(FRAME).schema, pa.table(FRAME).to_batches()),
        duckdb.sql("select 'A' debtor, 'B' creditor, 1.5::double amount union all select 'C', 'D', 2.0 order by 1"),
    ],
    ids=lambda table: f"{type(table).__module__}.{type(table).__name__}",
)
def test_tables_in_memory_are_read_through_the_arrow_interface(table):
    assert rows(read_arrow(table)) == [("A", "B", 1.5), ("C", "D", 2.0)]


def test_a_table_in_memory_is_refused_like_a_file():
    with pytest.raises(CallerFault) as caught:
        read_arrow(pl.DataFrame({"payer": ["A"]}))
    assert caught.value.code == "column_missing"
    with pytest.raises(CallerFault) as caught:
        read_arrow(pl.DataFrame(FRAME).clear())
    assert caught.value.code == "no_rows"
    with pytest.raises(CallerFault) as caught:
        read_arrow([{"debtor": "A"}])
    assert caught.value.code == "input_not_a_table"
    with pytest.raises(CallerFault) as caught:
        read_arrow(pd.DataFrame({"debtor": ["A", 1, object()]}))
    assert caught.value.code == "column_type"


def test_columns_of_a_table_in_memory_can_be_mapped():
    frame = pl.DataFrame(FRAME).rename({"debtor": "payer"})
    assert rows(read_arrow(frame, columns={"debtor": "payer"}))[0] == ("A", "B", 1.5)


def test_only_needed_columns_are_read_from_files():
    table = table_with("debtor", pa.array(["A"])).append_column("nested", pa.array([[{"a": 1}]])).append_column("x.y", pa.array(["z"]))
    for content in (as_parquet(table), as_arrow(table), as_arrow(table, stream=True)):
        assert rows(hand_in(content)) == [("A", "B", "1")]
    mapped = as_parquet(table.rename_columns(["who", "creditor", "amount", "nested", "debt.or"]))
    assert rows(hand_in(mapped, columns={"debtor": "debt.or"})) == [("z", "B", "1")]


def test_the_same_column_twice_in_a_file_is_refused():
    table = pa.Table.from_arrays([pa.array(["A"])] * 4, names=["debtor", "creditor", "amount", "debtor"])
    for content in (as_parquet(table), as_arrow(table), as_arrow(table, stream=True)):
        assert fault_of(content).code == "column_twice"


def test_many_batches_and_row_groups_are_one_array():
    table = table_with("debtor", pa.array([f"M{row}" for row in range(1000)]))
    for content in (as_parquet(table, row_group_size=7), as_arrow(pa.Table.from_batches(table.to_batches(max_chunksize=9)), stream=True)):
        assert hand_in(content).columns["debtor"].to_pylist() == table["debtor"].to_pylist()
