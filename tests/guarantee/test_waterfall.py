"""The waterfall against the worked examples; its recoveries and what members were told beforehand against the waterfall itself."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from rescounter.guarantee.at_risk import most_at_risk
from rescounter.guarantee.layers import CLEARING_HOUSE, Kind, Layer, Resources, by_creditors
from rescounter.guarantee.recoveries import outstanding, recover
from rescounter.guarantee.waterfall import Borne, waterfall
from rescounter.terms import BrokenLaw
from tests.settlement.golden import golden

MEMBERS = "ABCDEF"
DEFAULTER = "D"
OF_ONE = {Kind.DEFAULTER_COLLATERAL, Kind.DEFAULTER_FUND, Kind.OPERATOR_CAPITAL, Kind.UNION_FUND}

amounts = st.integers(0, 100)
by_member = st.dictionaries(st.sampled_from(MEMBERS), amounts)
resources = st.builds(
    Resources,
    collateral=by_member,
    fund_shares=by_member,
    operator_capital_minor=amounts,
    union_fund_minor=amounts,
    exposures=st.dictionaries(st.sampled_from(MEMBERS), by_member),
)
layers = st.one_of(
    st.just(CLEARING_HOUSE),
    st.builds(by_creditors, amounts),
    st.lists(
        st.builds(
            Layer,
            kind=st.sampled_from(Kind),
            limit_minor=st.none() | amounts,
            call_multiple=st.fractions(0, 3, max_denominator=4),
        ),
        max_size=8,
        unique_by=lambda layer: layer.kind,
    ).map(tuple),
)
losses = st.integers(0, 1500)


def told(borne: Borne) -> list[list[object]]:
    """Steps as the golden result tells them."""
    rows: dict[Kind, dict[str, int]] = {}
    for step in borne.steps:
        rows.setdefault(step.kind, {})[step.payer] = step.amount_minor
    return [[kind.value, sum(paid.values()) if kind in OF_ONE else paid] for kind, paid in rows.items()]


@golden("waterfall")
def test_the_waterfall_of_clearing_houses(given, want):
    behind = Resources(
        collateral={DEFAULTER: given["defaulter_collateral"]},
        fund_shares={DEFAULTER: given["defaulter_fund"], **given["survivor_funds"]},
        operator_capital_minor=given["operator_capital"],
        exposures={DEFAULTER: given["exposures"]},
    )
    assert given["call_multiple"] == CLEARING_HOUSE[4].call_multiple
    found = waterfall(DEFAULTER, given["loss"], CLEARING_HOUSE, behind)
    assert told(found) == want["steps"]
    assert found.unallocated_minor == want["unallocated"]


@golden("fund, then bilateral creditors")
def test_the_rule_of_the_european_monetary_agreement(given, want):
    behind = Resources(union_fund_minor=given["threshold"], exposures={DEFAULTER: given["claims"]})
    found = waterfall(DEFAULTER, given["unpaid"], by_creditors(given["threshold"]), behind)
    assert told(found) == [["fund", want["fund"]], ["creditors", want["creditors"]]]


def test_every_step_says_who_pays_how_much_and_why():
    behind = Resources(fund_shares={DEFAULTER: 50, "A": 60, "B": 30}, operator_capital_minor=10)
    found = waterfall(DEFAULTER, 90, CLEARING_HOUSE, behind)
    assert [(step.number, step.layer, step.payer, step.amount_minor, step.reason) for step in found.steps] == [
        (1, 2, "D", 50, "fund share of D, which defaulted"),
        (2, 3, "*", 10, "the operator's capital, ahead of the survivors"),
        (3, 4, "A", 20, "fund share: 60 of 90, for 30 left by D"),
        (4, 4, "B", 10, "fund share: 30 of 90, for 30 left by D"),
    ]


def test_what_nobody_bears_is_said():
    assert waterfall(DEFAULTER, 90, CLEARING_HOUSE, Resources(fund_shares={"A": 20})).unallocated_minor == 50
    assert waterfall(DEFAULTER, 90, (), Resources()).unallocated_minor == 90


@over(losses, layers, resources)
def test_the_whole_loss_is_borne_or_said(loss, rule, behind):
    found = waterfall(DEFAULTER, loss, rule, behind)
    assert sum(step.amount_minor for step in found.steps) + found.unallocated_minor == loss
    assert [step.layer for step in found.steps] == sorted(step.layer for step in found.steps)


@over(losses, layers, resources)
def test_a_layer_pays_only_when_those_before_it_are_used_up(loss, rule, behind):
    """Of every shorter waterfall the steps are the first of the longer one."""
    found = waterfall(DEFAULTER, loss, rule, behind)
    for length in range(len(rule)):
        shorter = waterfall(DEFAULTER, loss, rule[:length], behind)
        assert shorter.steps == found.steps[: len(shorter.steps)]
        if not shorter.unallocated_minor:
            assert shorter.steps == found.steps


@over(losses, layers, resources, st.lists(st.integers(0, 400), max_size=6))
def test_recoveries_undo_the_waterfall_exactly(loss, rule, behind, parts):
    found = waterfall(DEFAULTER, loss, rule, behind)
    out = outstanding(found)
    repaid = dict.fromkeys((step.number for step in found.steps), 0)
    surplus = 0
    for part in [*parts, max(0, loss - sum(parts))]:
        recovered = recover(out, part)
        for each in recovered.repayments:
            repaid[each.step.number] += each.amount_minor
        surplus += recovered.surplus_minor
        out = recovered.still_out
    assert repaid == {step.number: step.amount_minor for step in found.steps}
    assert (out.total_minor, surplus) == (0, max(0, sum(parts) - loss))


@over(losses, layers, resources, losses)
def test_what_was_borne_last_is_repaid_first(loss, rule, behind, amount):
    found = waterfall(DEFAULTER, loss, rule, behind)
    recovered = recover(outstanding(found), amount)
    still = {step.layer for step in found.steps if step.number in recovered.still_out.by_step}
    touched = {each.step.layer for each in recovered.repayments}
    assert max(still, default=0) <= min(touched, default=10**9)
    assert not touched or recovered.still_out.unallocated_minor == 0


def test_a_recovery_repays_in_reverse_order():
    behind = Resources(union_fund_minor=50, exposures={DEFAULTER: {"X": 30, "Y": 10}})
    out = outstanding(waterfall(DEFAULTER, 80, by_creditors(50), behind))
    first = recover(out, 12)
    assert [(each.step.payer, each.amount_minor, each.reason) for each in first.repayments] == [
        ("X", 9, "recovery of step 2 (creditors)"),
        ("Y", 3, "recovery of step 3 (creditors)"),
    ]
    second = recover(first.still_out, 70)
    assert [(each.step.payer, each.amount_minor) for each in second.repayments] == [("X", 14), ("Y", 4), ("*", 50)]
    assert second.surplus_minor == 2


@over(st.dictionaries(st.sampled_from(MEMBERS), losses, min_size=1), st.fractions(0, 1), layers, resources, st.sampled_from(MEMBERS))
def test_nobody_pays_more_than_it_was_told(worst, part, rule, behind, member):
    most = most_at_risk(member, worst, rule, behind)
    for defaulter in worst.keys() - {member}:
        steps = waterfall(defaulter, int(worst[defaulter] * part), rule, behind).steps
        assert sum(step.amount_minor for step in steps if step.payer == member) <= most.total_minor


@over(st.dictionaries(st.sampled_from(MEMBERS), losses, min_size=1), layers, resources, st.sampled_from(MEMBERS))
def test_what_members_are_told_is_no_more_than_a_unit_a_layer_too_much(worst, rule, behind, member):
    most = most_at_risk(member, worst, rule, behind)
    if most.defaulter:
        steps = waterfall(most.defaulter, worst[most.defaulter], rule, behind).steps
        assert most.total_minor - sum(step.amount_minor for step in steps if step.payer == member) <= len(most.layers)


def test_a_member_is_told_which_default_would_cost_it_most():
    behind = Resources(fund_shares={"A": 60, "B": 30, "C": 10}, exposures={"B": {"A": 1}, "C": {"A": 1}})
    found = most_at_risk("A", {"A": 10**6, "B": 300, "C": 200}, CLEARING_HOUSE, behind)
    assert (found.defaulter, found.total_minor) == ("B", 60 + 60 + (300 - 30 - 70 - 70))
    assert [kind for _, kind, _ in found.layers] == [Kind.SURVIVOR_FUNDS, Kind.ASSESSMENT_CALLS, Kind.RESIDUAL]
    assert most_at_risk("A", {"A": 5}, CLEARING_HOUSE, behind).defaulter == ""


@pytest.mark.parametrize("wrong", [{"limit_minor": -1}, {"call_multiple": Fraction(-1)}])
def test_a_layer_takes_nothing_back(wrong):
    with pytest.raises(BrokenLaw):
        Layer(kind=Kind.RESIDUAL, **wrong)
    with pytest.raises(BrokenLaw):
        waterfall(DEFAULTER, -1, (), Resources())
    with pytest.raises(BrokenLaw):
        recover(outstanding(waterfall(DEFAULTER, 1, (), Resources())), -1)
