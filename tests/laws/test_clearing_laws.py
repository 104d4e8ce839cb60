"""Laws of a whole run, over random tables: exact, complete, reproducible, and found sound from outside."""

import dataclasses
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rescounter
from rescounter.clearing.allocation import ALLOCATIONS
from rescounter.clearing.clear import METHODS
from tests.exact_oracle import largest_set_off, merged, oldest_first, shares
from tests.obligations import as_table, networks

tables = (networks(currencies=("XXX",)) | networks(currencies=("EUR", "JPY", "XXX"), rows=20)).filter(bool)
choices = st.tuples(st.sampled_from(METHODS), st.sampled_from(ALLOCATIONS))


def rows_of(result, currency):
    return [row for row in result.obligations.to_pylist() if row["currency"] == currency]


@settings(max_examples=settings.default.max_examples * 10)
@given(tables, choices)
def test_every_run_is_the_optimum_and_loses_nothing(rows, choice):
    method, allocation = choice
    result = rescounter.clear(as_table(rows), method=method, allocation=allocation)
    assert len(result.obligations) == len(rows)
    for currency, summary in result.summary["currencies"].items():
        own = [(row[1], row[2], row[4]) for row in rows if row[3] == currency]
        best = 0 if method == "net" else largest_set_off(merged(own))
        cleared = rows_of(result, currency)
        assert summary["cleared_minor"] == sum(row["cleared_minor"] for row in cleared) == best
        assert summary["gross_minor"] == sum(amount for *_, amount in own)
        assert all(row["cleared_minor"] + row["residual_minor"] == row["amount_minor"] for row in cleared)
        assert all(0 <= row["cleared_minor"] <= row["amount_minor"] for row in cleared)
        for member in result.members.to_pylist():
            if member["currency"] == currency:
                assert_member(member, own, cleared, netting=method != "set-off")
    assert result.verify().findings == ()


def assert_member(member, own, cleared, *, netting):
    name = member["member"]
    owes = sum(amount for debtor, _, amount in own if debtor == name)
    is_owed = sum(amount for _, creditor, amount in own if creditor == name)
    assert (member["owes_minor"], member["is_owed_minor"], member["net_minor"]) == (owes, is_owed, is_owed - owes)
    assert member["is_owed_after_minor"] - member["owes_after_minor"] == is_owed - owes
    for side in ("debtor", "creditor"):
        assert member["cleared_minor"] == sum(row["cleared_minor"] for row in cleared if row[side] == name)
    if netting:
        assert (member["pay_in_minor"], member["pay_out_minor"]) == (max(0, owes - is_owed), max(0, is_owed - owes))


@given(tables, st.sampled_from(ALLOCATIONS))
def test_the_named_rule_shares_each_pairs_part_out(rows, allocation):
    result = rescounter.clear(as_table(rows), allocation=allocation)
    pairs = {}
    for row in result.obligations.to_pylist():
        pairs.setdefault((row["currency"], row["debtor"], row["creditor"]), []).append(row)
    for own in pairs.values():
        by_age = sorted(
            own,
            key=lambda row: (str(row["due"] or "9999"), not row["id"].isdigit(), len(row["id"]) if row["id"].isdigit() else 0, row["id"]),
        )
        assert own == by_age
        amounts, total = [row["amount_minor"] for row in own], sum(row["cleared_minor"] for row in own)
        expected = oldest_first(total, amounts) if allocation == "oldest" else shares(total, amounts)
        assert [row["cleared_minor"] for row in own] == expected


@given(tables, choices, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_byte(rows, choice, dice):
    method, allocation = choice
    shuffled = list(rows)
    dice.shuffle(shuffled)
    one, other = (rescounter.clear(as_table(table), method=method, allocation=allocation) for table in (rows, shuffled))
    for name in ("obligations", "members", "potentials", "refusals"):
        assert one.tables[name].equals(other.tables[name])
    assert one.circuits.equals(other.circuits)
    assert {**one.summary, "seconds": None} == {**other.summary, "seconds": None}
    assert one.report_html() == other.report_html()


@given(networks(currencies=("EUR", "XXX"), rows=20).filter(bool), st.data(), st.sampled_from(METHODS), st.sampled_from([None, 3]))
def test_every_obligation_can_be_explained(rows, data, method, minimum):
    result = rescounter.clear(as_table(rows), method=method, minimum=minimum)
    row = data.draw(st.sampled_from(result.obligations.to_pylist()))
    told = result.explain(id=row["id"])
    assert sum(step.amount for step in told.circuits) == row["cleared_minor"]
    for step in told.circuits:
        assert step.members[:2] == (row["debtor"], row["creditor"])
    assert (told.cut is None) == (row["residual_minor"] == 0 or method == "net" or row["excluded"] != "")
    if told.cut is not None:
        assert row["creditor"] in told.cut.members
        assert row["debtor"] not in told.cut.members
        everything = result.obligations.to_pylist()
        group, own = told.cut.members, [other for other in everything if other["currency"] == row["currency"] and not other["excluded"]]
        outward = [other for other in own if other["debtor"] in group and other["creditor"] not in group]
        assert sum(other["residual_minor"] for other in outward) == 0
        assert sum(other["amount_minor"] for other in outward) == told.cut.outward_minor
    assert str(result.explain(member=row["debtor"]))


def test_credit_links_round_gateways_clear_next_to_nothing():
    result = rescounter.clear(Path(__file__).parent.parent / "data" / "ripple_2016.csv", method="set-off-then-net")
    summary = result.summary["currencies"]["XXX"]
    assert (summary["obligations"], summary["members"], summary["cleared_minor"]) == (28_262, 25_359, 476_063)
    assert summary["cleared_share"] == 0.000001
    assert result.verify().sound


def test_currencies_near_the_limit_of_int64_do_not_add_up():
    rows = [
        (f"{currency}{place}", *pair, currency, 3 * 10**18, None)
        for currency in ("EUR", "USD", "JPY")
        for place, pair in enumerate((("a", "b"), ("b", "a")))
    ]
    for method in METHODS:
        result = rescounter.clear(as_table(rows), method=method)
        assert {summary["gross_minor"] for summary in result.summary["currencies"].values()} == {6 * 10**18}
        assert result.verify().sound


def test_a_minimum_given_as_a_float_is_its_shortest_decimal():
    result = rescounter.clear(as_table([("1", "ana", "bo", "EUR", 10, None), ("2", "bo", "ana", "EUR", 9, None)]), minimum=0.1)
    assert result.obligations["excluded"].to_pylist() == ["", "below_minimum"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"due_by": 20260101},
        {"minimum": [1]},
        {"exponents": {"EUR": "2"}},
        {"exponents": {"EUR": 1}},
        {"columns": "a=b"},
        {"cycle_key": "x" * 32},
        {"minimum": "NaN"},
    ],
)
def test_wrong_arguments_are_the_callers_fault(wrong):
    with pytest.raises(rescounter.CallerFault):
        rescounter.clear(as_table([("1", "ana", "bo", "EUR", 10, None)]), **wrong)


def test_the_worlds_trade_clears_what_is_known():
    from importlib.resources import as_file, files

    with as_file(files("rescounter.data") / "trade_1985.csv") as path:
        result = rescounter.clear(path)
    summary = result.summary["currencies"]["XXX"]
    assert (summary["gross_minor"], summary["cleared_minor"]) == (1_716_828_748_835, 1_408_979_691_798)
    assert (summary["pairs_only_minor"], summary["greedy_minor"]) == (1_174_453_137_414, 1_342_335_617_784)
    assert summary["cleared_share"] == 0.820687
    assert result.verify().sound


def test_netting_after_set_off_needs_the_same_cash_as_netting_alone():
    rows = [
        ("1", "ana", "bo", "EUR", 100, None),
        ("2", "bo", "cy", "EUR", 80, None),
        ("3", "cy", "ana", "EUR", 60, None),
        ("4", "ana", "cy", "EUR", 10, None),
    ]
    alone, both = (rescounter.clear(as_table(rows), method=method) for method in ("net", "set-off-then-net"))
    assert alone.summary["currencies"]["EUR"]["pay_in_minor"] == both.summary["currencies"]["EUR"]["pay_in_minor"] == 50
    assert alone.obligations["replaced_minor"].to_pylist() == [100, 10, 80, 60]
    assert both.obligations["cleared_minor"].to_pylist() == [60, 0, 60, 60]
    assert both.obligations["replaced_minor"].to_pylist() == [40, 10, 20, 0]
    assert alone.potentials.num_rows == 0


def test_when_every_row_is_refused_the_result_has_no_currency_and_is_sound():
    result = rescounter.clear(as_table([("1", "ana", "ana", "EUR", 100, None)]))
    assert result.summary["currencies"] == {}
    assert result.summary["refused"] == 1
    assert result.verify().sound
    assert result.circuits.num_rows == 0


def test_a_result_is_frozen():
    result = rescounter.clear(as_table([("1", "ana", "bo", "EUR", 100, None)]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.notes = ()
    with pytest.raises(TypeError):
        result.summary["refused"] = 7
    with pytest.raises(TypeError):
        result.summary["currencies"]["EUR"]["cleared_minor"] = 7
    with pytest.raises(TypeError):
        result.tables["obligations"] = None
    assert "1 obligations" in repr(result)
    assert "<table>" in result._repr_html_()


@pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow", "duckdb"])
def test_tables_of_every_library_clear_alike(library):
    columns = {"debtor": ["ana", "bo"], "creditor": ["bo", "ana"], "amount": [1.5, 2.25], "currency": ["EUR", "EUR"]}
    if library == "polars":
        import polars

        table = polars.DataFrame(columns)
    elif library == "pandas":
        import pandas

        table = pandas.DataFrame(columns)
    elif library == "duckdb":
        import duckdb

        frame = pa.table(columns)  # noqa: F841 (DuckDB finds it by name)
        table = duckdb.sql("select * from frame")
    else:
        table = pa.table(columns)
    assert rescounter.clear(table).summary["currencies"]["EUR"]["cleared_minor"] == 300
