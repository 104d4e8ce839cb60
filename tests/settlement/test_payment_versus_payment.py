"""Payment versus payment against the worked examples and against a loop with fractions that tries every pair in every pass."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from rescounter.settlement.pair_tests import PairRules, three_tests
from rescounter.settlement.payment_versus_payment import PAIR_BALANCES, PAIRS, PairsSettled, settle_pairs
from rescounter.terms import BrokenLaw
from tests.settlement.golden import fractions, golden
from tests.settlement.tables import lines, said, table

MEMBERS, CURRENCIES = "ABCD", ("EUR", "JPY", "USD")


def rules_of(given: dict[str, Any], members: str = MEMBERS) -> PairRules:
    return PairRules(
        rates=fractions(given["rates"]),
        haircuts=fractions(given["haircuts"]),
        short_limits_minor=given["short_position_limits"],
        aggregate_limits_minor=dict.fromkeys(members, given["aggregate_short_position_limit"]),
    )


def queue_of(rows: list[list[Any]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(PAIRS.names, row, strict=True)) for row in rows], schema=PAIRS)


def opening_of(balances: dict[str, dict[str, int]]) -> pa.Table:
    rows = [
        {"member": member, "currency": currency, "balance_minor": amount}
        for member, each in balances.items()
        for currency, amount in each.items()
    ]
    return pa.Table.from_pylist(rows, schema=PAIR_BALANCES)


def balances_of(found: PairsSettled) -> dict[str, dict[str, int]]:
    balances: dict[str, dict[str, int]] = {}
    for row in found.balances.to_pylist():
        balances.setdefault(row["member"], {})[row["currency"]] = row["balance_minor"]
    return balances


@golden("three tests")
def test_each_test_is_told_apart(given, want):
    found = three_tests("A", given["balances"], rules_of(given))
    failed = {"value": "value", "per_currency": "short_position", "aggregate": "aggregate_short"}
    assert {name: test not in found.failed for name, test in failed.items()} == {name: want[name] for name in failed}
    assert found.adjusted_balance == Fraction(want["adjusted_account_balance"])
    assert found.aggregate_short == Fraction(want["aggregate_short"])


@golden("settlement loop")
def test_a_pair_that_failed_passes_after_another(given, want):
    found = settle_pairs(queue_of(given["pairs"]), opening_of(given["opening"]), rules_of(given))
    assert found.settled["pair"].to_pylist() == want["settled"]
    assert found.waiting["pair"].to_pylist() == want["queued"] == found.queued["pair"].to_pylist()
    assert (found.passes, balances_of(found)) == (want["passes"], want["balances"])
    assert lines(found.settled, "number", "pass", "pair") == ["1 1 x2", "2 2 x1"]


def test_what_waits_says_who_fails_which_test_and_by_how_much():
    rules = PairRules(
        rates={"EUR": Fraction(11, 10), "USD": Fraction(1)},
        haircuts={"EUR": Fraction(6, 100), "USD": Fraction(0)},
        short_limits_minor={"EUR": 1000, "USD": 5000},
        aggregate_limits_minor={"A": 1000, "B": 9000},
    )
    queue = table("p1 A EUR 1100 B USD 1210", PAIRS)
    found = settle_pairs(queue, table("A USD 20", PAIR_BALANCES), rules)
    assert lines(found.queued) == said("""
        p1 A value           -     -53    0
        p1 A short_position  EUR  1100 1000
        p1 A aggregate_short -    1210 1000
        p1 B value           -     -73    0
    """)
    assert (found.passes, found.settled.num_rows, found.waiting.num_rows) == (1, 0, 1)


amounts = st.integers(1, 60)
pairs = st.lists(
    st.tuples(st.permutations(MEMBERS), st.permutations(CURRENCIES), amounts, amounts).map(
        lambda each: [each[0][0], each[1][0], each[2], each[0][1], each[1][1], each[3]]
    ),
    max_size=14,
).map(lambda rows: [[f"p{place}", *row] for place, row in enumerate(rows)])
openings = st.fixed_dictionaries({member: st.fixed_dictionaries(dict.fromkeys(CURRENCIES, st.integers(-5, 60))) for member in MEMBERS})
rates = st.fractions("1/4", 4, max_denominator=9)
rule_sets = st.builds(
    PairRules,
    rates=st.fixed_dictionaries(dict.fromkeys(CURRENCIES, rates)),
    haircuts=st.fixed_dictionaries(dict.fromkeys(CURRENCIES, st.fractions(0, "1/5", max_denominator=20))),
    short_limits_minor=st.fixed_dictionaries(dict.fromkeys(CURRENCIES, st.integers(0, 80))),
    aggregate_limits_minor=st.dictionaries(st.sampled_from(MEMBERS), st.integers(0, 120)),
)


def by_trying_everything(rows: list[list[Any]], balances: dict[str, dict[str, int]], rules: PairRules) -> tuple[list[str], int]:
    """The rule as it is written: every waiting pair in every pass, all tests from the balances."""
    settled, passes, queue = [], 0, list(rows)
    while queue:
        passes, waiting = passes + 1, []
        for row in queue:
            name, one, paid, amount, other, got, back = row
            after = {member: dict(balances[member]) for member in (one, other)}
            for member, sign in ((one, 1), (other, -1)):
                after[member][paid] -= sign * amount
                after[member][got] += sign * back
            if any(three_tests(member, after[member], rules).failed for member in after):
                waiting.append(row)
            else:
                balances.update(after)
                settled.append(name)
        if len(waiting) == len(queue):
            break
        queue = waiting
    return settled, passes


@over(pairs, openings, rule_sets)
def test_the_queue_settles_as_if_every_pair_were_tried_in_every_pass(rows, opening, rules):
    found = settle_pairs(queue_of(rows), opening_of(opening), rules)
    expected = {member: dict(each) for member, each in opening.items()}
    settled, passes = by_trying_everything(rows, expected, rules)
    assert (found.settled["pair"].to_pylist(), found.passes) == (settled, passes)
    assert balances_of(found) == expected


@over(pairs, openings, rule_sets)
def test_both_legs_move_or_none_and_after_each_pair_its_members_pass(rows, opening, rules):
    found = settle_pairs(queue_of(rows), opening_of(opening), rules)
    balances = {member: dict(each) for member, each in opening.items()}
    for row in found.settled.to_pylist():
        for payer, payee, leg in (("payer_1", "payer_2", 1), ("payer_2", "payer_1", 2)):
            balances[row[payer]][row[f"currency_{leg}"]] -= row[f"amount_{leg}_minor"]
            balances[row[payee]][row[f"currency_{leg}"]] += row[f"amount_{leg}_minor"]
        assert not any(three_tests(row[payer], balances[row[payer]], rules).failed for payer in ("payer_1", "payer_2"))
    assert balances == balances_of(found)
    for currency in CURRENCIES:
        assert sum(each[currency] for each in balances.values()) == sum(each[currency] for each in opening.values())
    assert sorted([*found.settled["pair"].to_pylist(), *found.waiting["pair"].to_pylist()]) == sorted(row[0] for row in rows)
    assert failures_of(found) == [each for row in found.waiting.to_pylist() for each in failures_after(row, balances, rules)]


def failures_of(found: PairsSettled) -> list[tuple[str, str, str, str]]:
    return [(row["pair"], row["member"], row["test"], row["currency"]) for row in found.queued.to_pylist()]


def failures_after(row: dict[str, Any], balances: dict[str, dict[str, int]], rules: PairRules) -> list[tuple[str, str, str, str]]:
    """The tests that *row* fails, reckoned with fractions."""
    rows = []
    for payer, out, into in (("payer_1", "1", "2"), ("payer_2", "2", "1")):
        after = dict(balances[row[payer]])
        after[row[f"currency_{out}"]] -= row[f"amount_{out}_minor"]
        after[row[f"currency_{into}"]] += row[f"amount_{into}_minor"]
        found = three_tests(row[payer], after, rules)
        for test in found.failed:
            rows.extend((row["pair"], row[payer], test.value, each) for each in (found.short_in if test == "short_position" else ("",)))
    return rows


def test_an_empty_queue_is_settled():
    rules = PairRules(rates={}, haircuts={}, short_limits_minor={}, aggregate_limits_minor={})
    found = settle_pairs(PAIRS.empty_table(), PAIR_BALANCES.empty_table(), rules)
    assert (found.passes, found.settled.num_rows, found.balances.num_rows) == (0, 0, 0)


@pytest.mark.parametrize(
    "row", ["p A EUR 1 A USD 1", "p A EUR 1 B EUR 1", "p A EUR 0 B USD 1", "p A EUR 1 B XXX 1", "p A EUR 1 B USD 1\np C EUR 1 B USD 1"]
)
def test_what_is_no_pair_is_not_queued(row):
    rules = PairRules(
        rates={"EUR": Fraction(1), "USD": Fraction(1)},
        haircuts={"EUR": Fraction(0), "USD": Fraction(0)},
        short_limits_minor={"EUR": 9, "USD": 9},
        aggregate_limits_minor={},
    )
    with pytest.raises(BrokenLaw):
        settle_pairs(table(row, PAIRS), PAIR_BALANCES.empty_table(), rules)
