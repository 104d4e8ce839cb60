"""What if: the optimum of an altered run, resumed from the old one, against oracles and runs from nothing."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rescounter
from rescounter.clearing import solver_compiled
from rescounter.clearing.changes import changes_of
from rescounter.clearing.engines import LARGE_EDGES, engine_for
from rescounter.clearing.optimum import certify, largest_set_off
from rescounter.facade.what_if import _nothing_of
from rescounter.terms import INT64_MAX, CallerFault
from tests.clearing.test_compiled import SHAPES, shape
from tests.clearing.test_parts import network_of
from tests.exact_oracle import largest_set_off as oracle
from tests.exact_oracle import merged

compiled = engine_for(LARGE_EDGES)

members = st.sampled_from(["ana", "bo", "cy", "dee", "eli"])


@st.composite
def rows(draw, prefix, most):
    drawn = draw(st.lists(st.tuples(members, members, st.integers(1, 60), st.sampled_from(["EUR", "JPY"])), max_size=most))
    return [
        {"id": f"{prefix}{place}", "debtor": debtor, "creditor": creditor, "amount_minor": amount, "currency": currency}
        for place, (debtor, creditor, amount, currency) in enumerate(drawn)
        if debtor != creditor
    ]


def cleared_of(rows, currency):
    return oracle(merged([(row["debtor"], row["creditor"], row["amount_minor"]) for row in rows if row["currency"] == currency]))


def assert_adds_up(before, change, after_rows):
    """The told changes, made to the old result, give amounts that clear, member by member, and are the largest."""
    cleared = {row["id"]: row["cleared_minor"] for row in before.obligations.to_pylist()}
    for row in change.obligations.to_pylist():
        assert row["cleared_before_minor"] == cleared.pop(row["id"], 0)
        cleared[row["id"]] = row["cleared_after_minor"]
    for currency, totals in change.currencies.items():
        mine = [row for row in after_rows if row["currency"] == currency]
        assert totals["gross_after_minor"] == sum(row["amount_minor"] for row in mine)
        assert totals["cleared_after_minor"] == cleared_of(after_rows, currency) == sum(cleared[row["id"]] for row in mine)
        for member in {row["debtor"] for row in mine} | {row["creditor"] for row in mine}:
            sides = [sum(cleared[row["id"]] for row in mine if row[side] == member) for side in ("debtor", "creditor")]
            assert sides[0] == sides[1]
    for row in after_rows:
        assert 0 <= cleared[row["id"]] <= row["amount_minor"]


@given(rows("r", 20).filter(len), rows("new-", 4), st.data(), st.sampled_from(["oldest", "pro-rata"]))
def test_what_would_clear_is_what_an_exact_oracle_clears(old, new, data, allocation):
    remove = data.draw(st.lists(st.sampled_from([row["id"] for row in old]), max_size=3, unique=True))
    before = rescounter.clear(pa.Table.from_pylist(old), allocation=allocation)
    after = [row for row in old if row["id"] not in remove] + new
    assert_adds_up(before, before.what_if(add=new, remove=remove), after)


@given(rows("r", 20).filter(len), rows("new-", 4), st.data())
def test_resumed_from_the_old_flow_the_same_amount_clears(old, new, data):
    remove = data.draw(st.lists(st.integers(0, len(old) - 1), max_size=3, unique=True))
    cleared = rescounter.clear(pa.Table.from_pylist(old)).cleared
    added = rescounter.clear(pa.Table.from_pylist(new)).cleared.admitted if new else _nothing_of(cleared.admitted)
    gone = np.array(sorted(remove), np.int64)
    names = cleared.admitted.id.take(pa.array(gone)).to_pylist()
    after = [row for row in old if row["id"] not in names] + new
    change = changes_of(cleared, gone, added, engine_for=lambda edges: compiled)
    for currency, totals in change.currencies.items():
        assert totals["cleared_after_minor"] == cleared_of(after, currency)


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=max(5, settings.default.max_examples // 5))
@given(st.integers(4, 300), st.integers(0, 2**32))
def test_warm_equals_cold_on_every_shape(name, size, seed):
    dice = np.random.default_rng(seed)
    network = network_of(shape(name, size, dice))
    nodes, tail, head, capacity = len(network.members), network.tail, network.head, network.capacity
    before = largest_set_off(network, compiled)
    altered = capacity.copy()
    some = dice.integers(0, len(altered), 5)
    altered[some] = np.maximum(0, (altered[some] * dice.choice([0, 0.5, 3], 5)).astype(np.int64))
    found = solver_compiled.resumed_circulation(nodes, tail, head, altered, np.minimum(before.flow, altered), before.potential)
    core = solver_compiled.core_edges(nodes, tail, head)
    ones = np.ones(len(tail), np.int32)
    cold = solver_compiled.circulation(nodes, tail[core], head[core], altered[core], ones[core])
    if found is not None:
        certify(nodes, tail, head, altered, ones, *found)
        assert int(found[0].sum()) == int(cold.sum())


def test_on_ordinary_networks_the_old_flow_is_resumed():
    """The promise of speed: None, which means from nothing, is for odd networks only."""
    network = network_of(shape("random", 300, np.random.default_rng(1)))
    before = largest_set_off(network, compiled)
    altered = network.capacity.copy()
    altered[::100] //= 2
    flow = np.minimum(before.flow, altered)
    found = solver_compiled.resumed_circulation(len(network.members), network.tail, network.head, altered, flow, before.potential)
    assert found is not None


TRIANGLE = [
    {"id": "1", "debtor": "ana", "creditor": "bo", "amount": "10.00", "currency": "EUR"},
    {"id": "2", "debtor": "bo", "creditor": "cy", "amount": "10.00", "currency": "EUR"},
]


def test_an_obligation_that_closes_a_circuit_lets_it_clear():
    result = rescounter.clear(pa.Table.from_pylist(TRIANGLE))
    change = result.what_if(add=[{"debtor": "cy", "creditor": "ana", "amount": "7.00", "currency": "EUR"}])
    assert change.cleared_change_minor("EUR") == 2100
    assert {row["id"]: (row["change"], row["cleared_after_minor"]) for row in change.obligations.to_pylist()} == {
        "1": ("cleared", 700),
        "2": ("cleared", 700),
        "added-1": ("added", 700),
    }
    assert change.members.to_pylist() == [
        {"member": member, "currency": "EUR", "cleared_before_minor": 0, "cleared_after_minor": 700} for member in ("ana", "bo", "cy")
    ]
    assert "cleared 0.00 before, 21.00 after" in repr(change)


def test_bad_rows_to_add_are_refused_and_the_rest_is_reckoned():
    result = rescounter.clear(pa.Table.from_pylist(TRIANGLE))
    rows = [{"debtor": "cy", "creditor": "cy", "amount": "1"}, {"debtor": "cy", "creditor": "ana", "amount": "1"}]
    change = result.what_if(add=[{**row, "currency": "EUR"} for row in rows])
    assert change.refusals.num_rows == 1
    assert change.currencies["EUR"]["cleared_after_minor"] == 300


def test_nothing_changed_changes_nothing():
    change = rescounter.clear(pa.Table.from_pylist(TRIANGLE)).what_if()
    assert change.obligations.num_rows == change.members.num_rows == change.cleared_change_minor("EUR") == 0


def test_a_currency_and_members_that_the_run_lacked_may_come():
    result = rescounter.clear(pa.Table.from_pylist(TRIANGLE))
    new = [{"debtor": a, "creditor": b, "amount": "5", "currency": "JPY"} for a, b in (("zoe", "yan"), ("yan", "zoe"))]
    assert result.what_if(add=new).currencies["JPY"] == {
        "gross_before_minor": 0,
        "gross_after_minor": 10,
        "cleared_before_minor": 0,
        "cleared_after_minor": 10,
        "exponent": 0,
    }


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"remove": ["9"]}, "no admitted obligation has the id '9'"),
        ({"remove": "1"}, "must be a list of ids"),
        ({"add": 5}, "must be a list of rows or an Arrow table"),
        ({"add": [5]}, "are no table"),
        ({"add": [{**TRIANGLE[0]}]}, "already"),
        ({"add": [{"debtor": "a", "creditor": "b", "amount_minor": INT64_MAX, "currency": "EUR"}]}, "would sum to"),
    ],
)
def test_wrong_questions_are_told(asked, told):
    with pytest.raises(CallerFault, match=told):
        rescounter.clear(pa.Table.from_pylist(TRIANGLE)).what_if(**asked)


def test_a_run_that_only_nets_has_no_set_off_to_reckon_anew():
    with pytest.raises(CallerFault, match="sets nothing off"):
        rescounter.clear(pa.Table.from_pylist(TRIANGLE), method="net").what_if(remove=["1"])


def test_an_obligation_may_be_replaced_by_a_corrected_one():
    result = rescounter.clear(pa.Table.from_pylist([*TRIANGLE, {**TRIANGLE[0], "id": "3", "debtor": "cy", "creditor": "ana"}]))
    change = result.what_if(remove=["1"], add=[{**TRIANGLE[0], "amount": "4.00"}])
    assert change.currencies["EUR"]["cleared_before_minor"] == 3000
    assert change.currencies["EUR"]["cleared_after_minor"] == 1200


def test_obligations_kept_out_by_the_run_s_conditions_stay_out():
    result = rescounter.clear(pa.Table.from_pylist(TRIANGLE), minimum="5")
    change = result.what_if(add=[{"debtor": "cy", "creditor": "ana", "amount": "4.00", "currency": "EUR"}])
    assert change.cleared_change_minor("EUR") == 0
    assert change.obligations["change"].to_pylist() == ["added"]


def test_weights_are_solved_anew():
    weighted = pa.Table.from_pylist([{**row, "weight": 7} for row in TRIANGLE])
    change = rescounter.clear(weighted).what_if(add=[{"debtor": "cy", "creditor": "ana", "amount": "7.00", "currency": "EUR"}])
    assert change.cleared_change_minor("EUR") == 2100


def test_cash_is_solved_anew():
    lines = pa.table({"member": ["ana"], "amount": ["3.00"]})
    result = rescounter.clear(pa.Table.from_pylist(TRIANGLE), liquidity=lines)
    assert result.what_if(remove=["2"]).currencies["EUR"]["cleared_after_minor"] == 300
