"""Rules on exchange that contradict each other, or others, are refused with their line."""

from __future__ import annotations

import pytest

from rescounter.rulebook.exchange_agreement import is_rate
from rescounter.rulebook.reading import read_rulebook
from rescounter.rulebook.shipped import pack_text, with_values

BASKET = {"exchange.unit": '"XUA"', "exchange.basket": '{ USD = "0.6", EUR = "0.5" }', "exchange.base": '"USD"',
          "union.currencies": '["USD", "EUR", "XUA"]', "union.exponents": "{ XUA = 2 }"}  # fmt: skip


@pytest.mark.parametrize(
    ("values", "rule", "code"),
    [
        ({"exchange.unit": '"GBP"'}, "exchange.unit", "exchange_does_not_fit"),
        ({"union.currencies": "[]"}, "exchange.unit", "exchange_does_not_fit"),
        ({"exchange.basket": '{ USD = "1", EUR = "1" }'}, "exchange.basket", "exchange_does_not_fit"),
        ({"exchange.basket": '{ EUR = "1" }'}, "exchange.base", "exchange_does_not_fit"),
        (BASKET | {"exchange.base": '"XUA"'}, "exchange.base", "exchange_does_not_fit"),
        (BASKET | {"exchange.basket": '{ USD = "0,6" }'}, "exchange.basket", "rate_malformed"),
        (BASKET | {"exchange.basket": '{ USD = "0" }'}, "exchange.basket", "rate_malformed"),
        ({"exchange.fixed_rates": '{ EUR = "0.9" }'}, "exchange.fixed_rates", "exchange_does_not_fit"),
        ({"exchange.rates": '"fixed"', "exchange.fixed_rates": '{ EUR = "0.9" }'}, "exchange.fixed_rates", "exchange_does_not_fit"),
        (
            {"exchange.rates": '"fixed"', "exchange.fixed_rates": '{ EUR = "0.9", JPY = "150", USD = "1" }'},
            "exchange.fixed_rates",
            "exchange_does_not_fit",
        ),
        ({"settlement.kind": '"none"', "clearing.method": '"set-off"'}, "exchange.unit", "exchange_does_not_fit"),
        ({"settlement.kind": '"payment-versus-payment"'}, "exchange.unit", "exchange_does_not_fit"),
        ({"settlement.partial_funding": "true"}, "settlement.partial_funding", "exchange_does_not_fit"),
        (
            {"exchange.unit": '""', "exchange.members_choose": "true", "exchange.swap_share": '"0"'},
            "exchange.members_choose",
            "exchange_does_not_fit",
        ),
        ({"exchange.unit": '""'}, "exchange.swap_share", "exchange_does_not_fit"),
    ],
)
def test_a_rulebook_whose_rules_on_exchange_contradict_is_refused(values, rule, code):
    found = read_rulebook(with_values(pack_text("payments-union"), values)).refusals
    assert (rule, code) in [(each.id, each.code) for each in found]
    assert all(each.row for each in found)


@pytest.mark.parametrize(
    "values",
    [
        BASKET,
        BASKET | {"union.currencies": '["XUA"]', "calendar.holidays": "{}"},
        {"exchange.rates": '"fixed"', "exchange.fixed_rates": '{ EUR = "0.9", JPY = "150" }'},
        {"exchange.base": '"EUR"'},
        {"exchange.unit": '""', "exchange.swap_share": '"0"'},
    ],
)
def test_rules_on_exchange_that_agree_are_taken(values):
    assert read_rulebook(with_values(pack_text("payments-union"), values)).refusals == ()


@pytest.mark.parametrize("text", ["1", "0.5", "1491.76", "0.00000001"])
def test_what_a_rate_is(text):
    assert is_rate(text)


@pytest.mark.parametrize("text", ["", "0", "0.0", "-1", "+1", "1.", ".5", "1e3", "1/3", "1,5", " 1", "1" * 41, "inf", "nan", "\u0661"])
def test_what_no_rate_is(text):
    assert not is_rate(text)
