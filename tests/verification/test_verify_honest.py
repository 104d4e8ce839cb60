"""Honest results are sound, to the limit of 64 bits; dishonest ones never are, however well they are sealed."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise, product

import pytest
from hypothesis import assume, given
from hypothesis import example as hypothesis_example
from hypothesis import strategies as st

from rescounter.verification import verify_bundle, verify_result
from tests.verification.examples import example, findings_of, with_cash
from tests.verification.ledger_oracle import Item, amounts_of, circuits_of, cleared_result, graph_of, largest_set_off, nodes_of, seal
from tests.verification.networks import INT64_MAX, cash_of, items_of, methods, rules

ROWS = "obligations are each within bounds, and the members' sums are theirs"
OPTIMUM = "every member clears as debtor what it clears as creditor, and no other choice clears more"
NETTED = "nothing was set off; each member's obligations are one position towards the union"
UNPROVEN = (
    "that these obligations are the ones that were handed in: compare with the input",
    "that every member was given this result_root: members compare it",
)


FORCED_DOWN = [Item("1", "A", "B", 1), Item("2", "B", "A", 1), Item("3", "A", "C", 5), Item("4", "C", "D", 5)]
"""B has a potential only because one unit cleared from A, whose debts go far."""

LAST_KEPT_OUT = [
    *(Item(f"1{code}", "A", "B", 5, currency=code) for code in ("EUR", "USD")),
    *(Item(f"2{code}", "B", "A", 5, currency=code) for code in ("EUR", "USD")),
    Item("3", "A", "B", 5, currency="XXX", excluded="indivisible"),
]


@given(items_of(), methods, rules, st.booleans(), st.sampled_from((None, b"k" * 32)))
@hypothesis_example(FORCED_DOWN, "set-off", "oldest", True, None)
@hypothesis_example(LAST_KEPT_OUT, "set-off", "oldest", True, None)
def test_an_honest_result_is_sound(items, method, rule, circuits, key):
    result = cleared_result(items, method=method, allocation=rule, circuits=circuits, cycle_key=key)
    verdict = verify_result(result.tables, result.summary, cycle_key=key)
    assert verdict.findings == ()
    assert verdict.sound


@given(items_of(), st.data(), st.sampled_from(("set-off", "set-off-then-net")), rules, st.booleans(), st.sampled_from((None, b"k" * 32)))
def test_an_honest_result_with_cash_is_sound(items, data, method, rule, circuits, key):
    lines = data.draw(cash_of(items))
    result = cleared_result(items, method=method, allocation=rule, circuits=circuits, cycle_key=key, lines=lines)
    assert verify_result(result.tables, result.summary, cycle_key=key).findings == ()
    for member in {member for _, member in nodes_of(items)}:
        assert verify_bundle(json.loads(json.dumps(result.bundle(member))), root=result.summary["result_root"]).findings == ()


@given(items_of(most=8, wide=False), st.data(), st.integers(1, 9), st.integers(0, 9))
def test_cash_that_clears_less_than_it_could_is_never_sound(items, data, own, fund):
    """Less drawn along one chain, everything else as it was: sealed again, with the best potentials that exist."""
    items = [*items, Item("chain P", "P", "Q", 9), Item("chain Q", "Q", "R", 9)]
    lines = {**data.draw(cash_of(items)), ("EUR", "P"): own, ("EUR", "*"): fund}
    graph = graph_of(items, "EUR", lines)
    flow = largest_set_off(graph)
    walk, less = data.draw(st.sampled_from([told for told in circuits_of(flow) if told[0][0] == "**"]))
    first = [("**", walk[1], -1)] if flow["**", walk[1], -1] else [("**", "*", -2), ("*", walk[1], 0)]
    route = [max((arc for arc in graph if arc[:2] == pair), key=lambda arc: flow[arc]) for pair in pairwise(walk[1:])]
    path = [*first, *route, (walk[-1], "**", 0)]
    less = min(less, *(flow[arc] for arc in path))
    for arc in path:
        flow[arc] -= less
    findings = findings_of(cleared_result(items, flows={"EUR": flow}, lines=lines))
    assert findings
    assert {finding.split(":")[0] for finding in findings} <= {"slackness", "potentials", "totals"}


@given(items_of(), methods, rules, st.sampled_from((None, b"k" * 32)))
def test_an_honest_bundle_of_every_member_is_sound(items, method, rule, key):
    result = cleared_result(items, method=method, allocation=rule, cycle_key=key)
    for member in {member for _, member in nodes_of(items)}:
        bundle = json.loads(json.dumps(result.bundle(member)))
        verdict = verify_bundle(bundle, root=result.summary["result_root"])
        assert verdict.findings == ()
        assert verdict.sound


@pytest.mark.parametrize("method", ["set-off", "net", "set-off-then-net"])
def test_the_verdict_names_what_was_proven_and_what_not(method):
    result = example(method, "pro-rata")
    verdict = verify_result(result.tables, result.summary)
    assert verdict.proven == (
        f"8 {ROWS}",
        NETTED if method == "net" else OPTIMUM,
        "rule pro-rata gives each obligation exactly its part",
        "the refusals are complete and known",
        "the decimal digits of every currency are those of ISO 4217, or declared where it gives none",
        "the summary holds these totals",
        f"the roots and the input digest belong to these rows: result_root {result.summary['result_root']}",
        "the circuits add up to what was cleared",
    )
    assert verdict.not_proven == UNPROVEN


@pytest.mark.parametrize("method", ["set-off", "set-off-then-net"])
def test_the_verdict_on_cash_names_what_was_proven_and_what_not(method):
    result = with_cash(method)
    verdict = verify_result(result.tables, result.summary)
    assert verdict.proven[1] == (
        "what every member clears as debtor and receives is what it clears as creditor and draws, and nobody draws more than there is; "
        "no other choice clears more by weight, none that clears as much draws less, and none of those borrows less"
    )
    assert verdict.proven[-1] == "the circuits and chains add up to what was cleared, drawn and received"
    lines = "that these lines and this fund are the ones that were handed in: compare with the file of liquidity"
    assert verdict.not_proven == (lines, *UNPROVEN)


def test_a_result_without_circuits_says_that_they_were_not_proven():
    result = cleared_result([Item("1", "A", "B", 1)], circuits=False)
    verdict = verify_result(result.tables, result.summary)
    assert verdict.sound
    assert verdict.proven[-1].startswith("the roots and the input digest")
    assert verdict.not_proven == ("circuits: this result holds none", *UNPROVEN)


def test_the_number_of_rows_is_told_with_separators():
    result = cleared_result([Item(str(place), "A", "B", 1) for place in range(1, 1001)])
    assert verify_result(result.tables, result.summary).proven[0] == f"1,000 {ROWS}"


@given(items_of(most=8, least=1), st.data())
def test_a_conserving_choice_that_clears_less_is_never_sound(items, data):
    """Whatever circuits an attacker leaves out, with the best potentials that exist and every seal renewed."""
    best = {currency: largest_set_off(graph_of(items, currency, {})) for currency in amounts_of(items)}
    told = [(currency, walk, amount) for currency, flow in best.items() for walk, amount in circuits_of(flow)]
    currency, walk, amount = data.draw(st.sampled_from(told))
    less = data.draw(st.integers(1, amount))
    flow = best[currency]
    route = [
        max((arc for arc in flow if arc[:2] == (debtor, walk[(place + 1) % len(walk)])), key=lambda arc: flow[arc])
        for place, debtor in enumerate(walk)
    ]
    less = min(less, *(flow[arc] for arc in route))
    for arc in route:
        flow[arc] -= less
    findings = findings_of(cleared_result(items, flows=best))
    assert findings
    assert {finding.split(":")[0] for finding in findings} <= {"slackness", "potentials"}


@given(items_of(least=1), st.data(), st.sampled_from((-1, 1, 2)))
def test_no_other_potential_is_accepted(items, data, change):
    result = cleared_result(items)
    node = data.draw(st.sampled_from(sorted(result.potentials)))
    other = seal(replace(result, potentials={**result.potentials, node: result.potentials[node] + change}))
    assert {finding.split(":")[0] for finding in findings_of(other)} & {"slackness", "potentials", "least"}


@given(items_of(least=1), rules, st.data())
def test_no_unit_moves_unseen_between_items(items, rule, data):
    result = cleared_result(items, allocation=rule)
    giver, taker = data.draw(st.lists(st.sampled_from([item.id for item in result.items]), min_size=2, max_size=2, unique=True))
    assume(all(item.cleared > 0 or item.amount < INT64_MAX for item in result.items))  # else a residual leaves the table's type
    moved = [replace(item, cleared=item.cleared + (item.id == taker) - (item.id == giver)) for item in result.items]
    assert findings_of(seal(replace(result, items=moved)))


@pytest.mark.parametrize("rule", ["oldest", "pro-rata"])
def test_amounts_at_the_limit_are_split_exactly(rule):
    third = INT64_MAX // 3 - 1
    items = [*(Item(str(place), "A", "B", third + place % 2) for place in range(1, 4)), Item("9", "B", "A", 2)]
    back = [Item("1", "A", "B", 1), *(Item(str(place), "B", "A", third - place) for place in range(2, 5))]
    assert sum(item.amount for item in items) == INT64_MAX
    assert findings_of(cleared_result(items, allocation=rule)) == []
    assert findings_of(cleared_result(back, allocation=rule)) == []
    half = [Item("1", "A", "B", INT64_MAX // 6), Item("2", "A", "B", INT64_MAX // 4), Item("3", "B", "A", INT64_MAX // 3)]
    assert findings_of(cleared_result(half, allocation=rule)) == []


def test_two_currencies_that_fill_64_bits_each_do_not_overflow_into_each_other():
    items = [
        Item(f"{code}{place}", debtor, creditor, amount, currency=code)
        for code in ("AAA", "BBB", "CCC")
        for place, (debtor, creditor, amount) in enumerate(
            [("A", "B", INT64_MAX // 4), ("A", "B", INT64_MAX // 4), ("A", "B", 1), ("B", "A", INT64_MAX // 3)]
        )
    ]
    for method, rule in product(("set-off", "net", "set-off-then-net"), ("oldest", "pro-rata")):
        assert findings_of(cleared_result(items, method=method, allocation=rule)) == []


def test_a_result_of_nothing_is_sound():
    result = cleared_result([])
    assert findings_of(result) == []
    assert verify_result(result.tables, result.summary).proven[0] == f"0 {ROWS}"


@given(items_of(most=4))
def test_the_oracle_finds_what_brute_force_finds(items):
    items = [replace(item, amount=item.amount % 4 + 1) for item in items]
    for amount in amounts_of(items).values():
        best = 0
        for choice in product(*(range(most + 1) for most in amount.values())):
            balance: dict[str, int] = {}
            for (debtor, creditor), part in zip(amount, choice, strict=True):
                balance[debtor] = balance.get(debtor, 0) - part
                balance[creditor] = balance.get(creditor, 0) + part
            if not any(balance.values()):
                best = max(best, sum(choice))
        assert sum(largest_set_off(amount).values()) == best
