"""What is planned of pairs: who is paid out, what a plan is worth when cash has changed, rates between minor units."""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.rulebook.rules import PairingRules
from rescounter.settlement.calls import POSITIONS
from rescounter.settlement.pair_postings import pairs_batch
from rescounter.settlement.pair_tests import three_tests
from rescounter.settlement.pairs import PAIRED, calls_of, opening_of, pair_rules, plan, short_caps, still_holds
from rescounter.terms import Exponents

RULES = pair_rules(
    PairingRules(
        unit="USD",
        rates={"EUR": "1.10", "JPY": "0.0070"},
        haircuts={"EUR": "6", "JPY": "8"},
        short_limits_minor={"USD": 100_000, "EUR": 90_000, "JPY": 100_000},
    ),
    Exponents(),
    currencies=("USD", "EUR", "JPY"),
    aggregate={"ana": 50_000, "bo": 50_000},
)


def pairs(*rows: tuple[str, str, str, int, str, str, int]) -> pa.Table:
    legs = ("pair", "payer_1", "currency_1", "amount_1_minor", "payer_2", "currency_2", "amount_2_minor")
    filled = []
    for row in rows:
        told = dict(zip(legs, row, strict=True))
        more = {"reference": row[0], "item_1": f"{row[0]}-1", "item_2": f"{row[0]}-2", "origin": "c"}
        filled.append({**told, **more, "debtor_1": row[1], "debtor_2": row[4]})
    return pa.Table.from_pylist(filled, schema=PAIRED)


def test_rates_are_between_minor_units():
    # a yen has no digits: 1 JPY = 0.0070 USD = 0.7 cents
    assert RULES.rates == {"USD": Fraction(1), "EUR": Fraction(11, 10), "JPY": Fraction(7, 10)}
    assert RULES.haircuts["JPY"] == Fraction(2, 25)


def test_the_room_below_zero_is_the_short_limit_or_what_the_aggregate_limit_alone_allows():
    # 500.00 USD in all: 454.54 EUR (499.994 USD), 71,428 JPY (499.996 USD)
    assert short_caps(RULES, "ana") == {"USD": 50_000, "EUR": 45_454, "JPY": 71_428}
    assert short_caps(RULES, "zoe") == {"USD": 0, "EUR": 0, "JPY": 0}


@pytest.mark.parametrize("currency", ["USD", "EUR", "JPY"])
def test_one_minor_unit_beyond_that_room_fails_a_test(currency: str):
    room = short_caps(RULES, "ana")[currency]
    assert not any(test.value != "value" for test in three_tests("ana", {currency: -room}, RULES).failed)
    assert any(test.value != "value" for test in three_tests("ana", {currency: -room - 1}, RULES).failed)


def test_calls_ask_for_what_is_missing_once_every_pair_has_settled():
    net = pa.Table.from_pylist(
        [
            {"currency": "EUR", "member": "ana", "net_minor": -500},
            {"currency": "EUR", "member": "bo", "net_minor": 500},
            {"currency": "EUR", "member": "cy", "net_minor": 0},
        ],
        schema=POSITIONS,
    )
    called = calls_of(net, {("ana", "EUR"): 200, ("bo", "EUR"): -700, ("cy", "EUR"): 40})
    assert [tuple(row.values()) for row in called.to_pylist()] == [
        ("EUR", "ana", 300, 0),
        ("EUR", "bo", 200, 0),
        ("EUR", "cy", 0, 40),
    ]


def test_a_plan_holds_until_somebody_has_less():
    queue = pairs(("x", "ana", "USD", 110, "bo", "EUR", 100))
    cash = {("ana", "USD"): 110, ("bo", "EUR"): 100}
    made = plan(queue, opening_of(cash), RULES)
    assert made.settled["pass"].to_pylist() == [1]
    assert still_holds(made.settled, made.pay_outs, opening_of(cash), RULES)
    assert still_holds(made.settled, made.pay_outs, opening_of({**cash, ("ana", "USD"): 111}), RULES)
    assert not still_holds(made.settled, made.pay_outs, opening_of({**cash, ("ana", "USD"): 109}), RULES)


def test_legs_of_one_direct_member_settle_on_its_account_and_post_nothing():
    made = plan(pairs(("x", "ana", "USD", 10, "ana", "EUR", 9)), opening_of({}), RULES)
    assert made.settled["pass"].to_pylist() == [0]
    assert pairs_batch(made.settled, made.pay_outs, "c", rulebook_version="1") is None


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["ana", "bo", "cy", "dee"]), st.sampled_from(["USD", "EUR"])), st.integers(-50, 100), min_size=1
    )
)
def test_pay_outs_are_what_is_there_and_nobody_gets_more_than_it_has(cash: dict[tuple[str, str], int]):
    made = plan(pairs(), opening_of(cash), RULES)
    paid = {(row["member"], row["currency"]): row["pay_out_minor"] for row in made.pay_outs.to_pylist()}
    short = {member for (member, _), balance in cash.items() if balance < 0}
    assert all(0 < amount <= cash[key] and key[0] not in short for key, amount in paid.items())
    for currency in ("USD", "EUR"):
        own = {member: balance for (member, code), balance in cash.items() if code == currency}
        due = sum(balance for member, balance in own.items() if member not in short)
        assert sum(amount for (_, code), amount in paid.items() if code == currency) == max(0, min(due, sum(own.values())))
