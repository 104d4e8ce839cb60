"""Laws of whole runs with weights and cash, over random tables: exact, complete, reproducible, and found sound from outside."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rescounter
from rescounter.clearing.allocation import ALLOCATIONS
from rescounter.verification import verify_bundle
from tests.exact_oracle import best_with_cash
from tests.obligations import as_table, networks

WEIGHTS = [None, 1, 1, 2, 5, 100]
methods = st.sampled_from(["set-off", "set-off-then-net"])


@st.composite
def runs(draw, *, currencies=("EUR", "XXX")):
    """Rows of obligations, a weight for each (None: the column is missing), and lines of cash (None: no liquidity)."""
    kind = draw(st.sampled_from([st.integers(1, 20), st.integers(1, 10**12), st.sampled_from([1, 3, 2**31, 2**52, 2**53 + 1])]))
    rows = draw(networks(currencies=currencies, rows=16, amounts=kind).filter(bool))
    weights = draw(st.none() | st.lists(st.sampled_from(WEIGHTS), min_size=len(rows), max_size=len(rows)))
    parties = sorted({(row[3], party) for row in rows for party in row[1:3]} | {(row[3], "*") for row in rows})
    lines = draw(st.dictionaries(st.sampled_from(parties), kind, min_size=1, max_size=4)) if draw(st.booleans()) else None
    return rows, weights, lines


def cleared(rows, weights, lines, **options):
    table = as_table(rows)
    if weights is not None:
        table = table.append_column("weight", pa.array(weights, pa.int64()))
    cash = None
    if lines is not None:
        columns = {
            "member": [member for _, member in lines],
            "currency": [currency for currency, _ in lines],
            "amount_minor": list(lines.values()),
        }
        cash = pa.table(columns)
    return rescounter.clear(table, liquidity=cash, **options)


def debts_of(rows, weights, currency):
    debts = {}
    for place, (_, debtor, creditor, code, amount, _) in enumerate(rows):
        if code == currency:
            edge = (debtor, creditor, (weights and weights[place]) or 1)
            debts[edge] = debts.get(edge, 0) + amount
    return debts


@settings(max_examples=settings.default.max_examples * 3)
@given(runs(), methods, st.sampled_from(ALLOCATIONS))
def test_every_run_is_the_optimum_keeps_the_laws_and_is_found_sound(run, method, allocation):
    rows, weights, lines = run
    result = cleared(rows, weights, lines, method=method, allocation=allocation)
    everything = result.obligations.to_pylist()
    for currency, summary in result.summary["currencies"].items():
        own = [row for row in everything if row["currency"] == currency]
        cash = {member: amount for (code, member), amount in (lines or {}).items() if code == currency}
        fund = cash.pop("*", 0)
        told = summary["liquidity"] or {"injected_minor": 0, "loans_minor": 0}
        drawn = told["injected_minor"] + told["loans_minor"]
        weighted = sum(row["cleared_minor"] * (row.get("weight") or 1) for row in own)
        assert (weighted, drawn, told["loans_minor"]) == best_with_cash(debts_of(rows, weights, currency), cash, fund)
        assert summary["cleared_minor"] == sum(row["cleared_minor"] for row in own)
        included = summary["gross_minor"] - summary["pay_in_minor"] if method == "set-off-then-net" else summary["cleared_minor"]
        assert summary["cash_saved_minor"] == included - drawn
        if summary["liquidity"]:
            assert (summary["liquidity"]["available_minor"], summary["liquidity"]["fund_minor"]) == (sum(cash.values()), fund)
    verdict = result.verify()
    assert verdict.findings == ()
    assert result.report_html()


@given(runs(), st.sampled_from(ALLOCATIONS))
def test_each_weight_of_a_pair_is_served_before_the_next(run, allocation):
    rows, weights, lines = run
    result = cleared(rows, weights, lines, allocation=allocation)
    pairs = {}
    for row in result.obligations.to_pylist():
        pairs.setdefault((row["currency"], row["debtor"], row["creditor"]), []).append(row)
    for own in pairs.values():
        weights_in_order = [row.get("weight", 1) for row in own]
        assert weights_in_order == sorted(weights_in_order, reverse=True)
        lightest_cleared = min((row.get("weight", 1) for row in own if row["cleared_minor"]), default=101)
        assert all(row["residual_minor"] == 0 for row in own if row.get("weight", 1) > lightest_cleared)


@given(runs(), methods, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_lines_changes_no_byte(run, method, dice):
    rows, weights, lines = run
    places = list(range(len(rows)))
    dice.shuffle(places)
    turned = None if lines is None else dict(dice.sample(sorted(lines.items()), len(lines)))
    one = cleared(rows, weights, lines, method=method)
    other = cleared([rows[place] for place in places], weights and [weights[place] for place in places], turned, method=method)
    assert one.tables.keys() == other.tables.keys()
    for name in one.tables:
        assert one.tables[name].equals(other.tables[name])
    assert one.circuits.equals(other.circuits)
    assert {**one.summary, "seconds": None} == {**other.summary, "seconds": None}


@given(runs(currencies=("EUR",)), st.data())
def test_every_obligation_and_member_can_be_explained(run, data):
    rows, weights, lines = run
    result = cleared(rows, weights, lines)
    everything = result.obligations.to_pylist()
    row = data.draw(st.sampled_from(everything))
    told = result.explain(id=row["id"])
    assert sum(step.amount for step in told.circuits) == row["cleared_minor"]
    for step in told.circuits:
        place = step.members.index(row["debtor"])
        following = step.members[(place + 1) % len(step.members)]
        assert following == row["creditor"]
        assert step.closed or place + 1 < len(step.members)
    assert (told.cut is None) == (row["residual_minor"] == 0)
    if told.cut is not None:
        assert row["creditor"] in told.cut.members
        assert row["debtor"] not in told.cut.members
        outward = [other for other in everything if other["debtor"] in told.cut.members and other["creditor"] not in told.cut.members]
        assert sum(other["residual_minor"] for other in outward) == 0
    assert str(result.explain(member=row["debtor"]))
    assert str(result.explain(member=row["creditor"]))


@given(runs(), methods)
def test_the_bundle_of_every_member_is_sound_at_its_desk(run, method):
    from rescounter.statements.bundle import bundle

    rows, weights, lines = run
    result = cleared(rows, weights, lines, method=method)
    for member in sorted({party for row in rows for party in row[1:3]}):
        own = json.loads(json.dumps(bundle(result.tables, result.summary, member, cycle_key=None)))
        assert {row["member"] for row in own["liquidity"]} <= {member}
        assert verify_bundle(own, root=result.summary["result_root"]).findings == ()


@pytest.mark.parametrize("format", ["parquet", "csv", "xlsx"])
def test_what_is_written_is_read_back_and_sound(tmp_path, format):
    from rescounter.facade.folder import read_result, verify_folder

    rows = [("1", "ana", "bo", "EUR", 100, None), ("2", "ana", "bo", "EUR", 50, None), ("3", "bo", "cy", "EUR", 120, None)]
    result = cleared(rows, [7, None, 2], {("EUR", "ana"): 30, ("EUR", "*"): 50}, method="set-off-then-net")
    folder = result.write(tmp_path / "result", format=format)
    stored = read_result(folder)
    assert set(stored.tables) == {"obligations", "members", "potentials", "refusals", "liquidity", "circuits"}
    for name in ("members", "potentials", "liquidity"):
        assert stored.tables[name].equals(result.tables[name])
    assert stored.tables["obligations"]["weight"].to_pylist() == [7, 1, 2]
    assert verify_folder(folder).sound


def test_cash_near_half_of_int64_is_exact_and_more_is_refused():
    half = (2**63 - 1) // 2
    rows = [("1", "ana", "bo", "XXX", half // 2, None), ("2", "bo", "cy", "XXX", half // 4, None)]
    rest = half - half // 2 - half // 4
    result = cleared(rows, [100, 100], {("XXX", "ana"): rest - 5, ("XXX", "*"): 5})
    assert result.summary["currencies"]["XXX"]["liquidity"]["injected_minor"] == rest - 5
    assert result.verify().sound
    with pytest.raises(rescounter.CallerFault, match="at most 4611686018427387903 together"):
        cleared(rows, None, {("XXX", "ana"): rest, ("XXX", "*"): 1})


def test_netting_alone_draws_no_cash():
    with pytest.raises(rescounter.CallerFault, match="method net sets nothing off"):
        cleared([("1", "ana", "bo", "EUR", 100, None)], None, {("EUR", "ana"): 30}, method="net")
