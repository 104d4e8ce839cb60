"""What if: the optimum of an altered run, resumed from the old one, against oracles and runs from nothing."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rescounter
from rescounter.clearing import cheapest_ways, solver_compiled
from rescounter.clearing.changes import changes_of
from rescounter.clearing.engines import LARGE_EDGES, engine_for
from rescounter.clearing.optimum import certify, largest_set_off, net_positions
from rescounter.facade.what_if import _nothing_of
from rescounter.terms import INT64_MAX, CallerFault
from tests.clearing.test_compiled import SHAPES, shape
from tests.clearing.test_parts import edge_sets, fits, network_of
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


@pytest.fixture(params=[0, 0.3, 4, 1000])
def looks_an_edge(request):
    """By cost scaling at once, or when some ways are found; by ways as a rule; by ways however long it takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cheapest_ways, "_looks_max", lambda edges, _: int(request.param * edges))
        yield request.param


def resumed(network, capacity, before):
    ends = len(network.members), network.tail, network.head
    return solver_compiled.resumed_circulation(*ends, capacity, np.minimum(before.flow, capacity), before.potential)


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=max(5, settings.default.max_examples // 5), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(4, 300), st.integers(0, 2**32), st.sampled_from([1, 5, 100]))
def test_warm_equals_cold_on_every_shape(looks_an_edge, name, size, seed, changes):
    dice = np.random.default_rng(seed)
    network = network_of(shape(name, size, dice))
    nodes, tail, head, capacity = len(network.members), network.tail, network.head, network.capacity
    before = largest_set_off(network, compiled)
    altered = capacity.copy()
    some = dice.integers(0, len(altered), changes)
    altered[some] = np.maximum(0, (altered[some] * dice.choice([0, 0.5, 3], changes)).astype(np.int64))
    found = resumed(network, altered, before)
    core = solver_compiled.core_edges(nodes, tail, head)
    ones = np.ones(len(tail), np.int32)
    cold = solver_compiled.circulation(nodes, tail[core], head[core], altered[core], ones[core])
    if found is not None:
        certify(nodes, tail, head, altered, ones, *found)
        assert int(found[0].sum()) == int(cold.sum())


def test_on_ordinary_networks_the_old_flow_is_resumed(looks_an_edge):
    """The promise of speed: None, which means from nothing, is for odd networks only."""
    network = network_of(shape("random", 300, np.random.default_rng(1)))
    before = largest_set_off(network, compiled)
    altered = network.capacity.copy()
    altered[::100] //= 2
    assert resumed(network, altered, before) is not None


def test_a_few_changes_need_no_cost_scaling(monkeypatch):
    monkeypatch.setattr(solver_compiled, "_resumed_by_scaling", None)
    network = network_of(shape("random", 3000, np.random.default_rng(2)))
    before = largest_set_off(network, compiled)
    dice = np.random.default_rng(3)
    for _ in range(20):
        altered = network.capacity.copy()
        some = dice.integers(0, len(altered), 4)
        altered[some] = altered[some] * np.array([0, 1, 3, 5]) // 2
        assert resumed(network, altered, before) is not None


@given(edge_sets.filter(fits), st.data())
def test_ways_alone_find_what_an_exact_oracle_finds(edges, data):
    """From a flow that differs everywhere: nothing is a few excesses here."""
    network = network_of(edges)
    tail, head, capacity = network.tail, network.head, network.capacity
    flow = np.array([data.draw(st.integers(0, amount)) for amount in capacity.tolist()], np.int64)
    potential = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(network.members), max_size=len(network.members))), np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cheapest_ways, "_looks_max", lambda *_: 10**9)
        assert cheapest_ways.cheapest_ways(tail, head, capacity, flow, potential)
    certify(len(network.members), tail, head, capacity, network.weight, flow, potential)
    assert sum(flow.tolist()) == oracle(edges)


def test_whatever_is_left_when_the_looks_are_spent_is_nearer_to_the_optimum(monkeypatch):
    """Cost scaling goes on from potentials that no step contradicts, with less to carry."""
    network = network_of(shape("random", 2000, np.random.default_rng(4)))
    nodes, tail, head = len(network.members), network.tail, network.head
    before = largest_set_off(network, compiled)
    capacity = network.capacity.copy()
    capacity[::50] = 0
    left = []
    for looks in (0, 5_000, 25_000, 10**9):
        monkeypatch.setattr(cheapest_ways, "_looks_max", lambda *_, looks=looks: looks)
        flow, potential = np.minimum(before.flow, capacity), before.potential.copy()
        cheapest_ways.cheapest_ways(tail, head, capacity, flow, potential)
        gain = 1 - potential[tail] + potential[head]
        assert bool((flow[gain > 0] == capacity[gain > 0]).all())
        assert not flow[gain < 0].any()
        left.append(int(np.abs(net_positions(nodes, tail, head, flow)).sum()))
    assert left == sorted(left, reverse=True)
    assert left[0] > left[1] > left[-1] == 0


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
