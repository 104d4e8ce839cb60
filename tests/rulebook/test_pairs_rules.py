"""The chapters `pairs` and `collateral`: what contradicts payment versus payment is refused, each fault under its rule."""

from __future__ import annotations

import pytest

from rescounter.rulebook.reading import read_rulebook
from rescounter.rulebook.shipped import pack_text, with_values

PACK = pack_text("payment-versus-payment")


@pytest.mark.parametrize(
    ("rule", "value", "code"),
    [
        ("clearing.method", '"set-off-then-net"', "settlement_does_not_fit"),
        ("clearing.method", '"set-off"', "settlement_does_not_fit"),
        ("settlement.net_debit_caps", "true", "settlement_does_not_fit"),
        ("settlement.partial_funding", "true", "settlement_does_not_fit"),
        ("settlement.late", '"suspend"', "settlement_does_not_fit"),
        ("pairs.unit", '""', "settlement_does_not_fit"),
        ("pairs.unit", '"GBP"', "settlement_does_not_fit"),
        ("pairs.rates", '{ EUR = "1.10" }', "settlement_does_not_fit"),
        ("pairs.rates", '{ USD = "1", EUR = "1.10", JPY = "0.0070" }', "settlement_does_not_fit"),
        ("pairs.rates", '{ EUR = "0", JPY = "0.0070" }', "number_out_of_range"),
        ("pairs.rates", '{ EUR = "1,10", JPY = "0.0070" }', "rule_of_another_kind"),
        ("pairs.haircuts", '{ EUR = "100" }', "number_out_of_range"),
        ("pairs.haircuts", '{ EUR = "-1" }', "number_out_of_range"),
        ("pairs.short_limits", '{ GBP = "1" }', "currency_left_out"),
    ],
)
def test_what_does_not_fit_is_refused_under_its_rule(rule: str, value: str, code: str):
    found = read_rulebook(with_values(PACK, {rule: value})).refusals
    assert (rule, code) in {(refusal.id.partition(".EUR")[0].partition(".GBP")[0], refusal.code) for refusal in found}, found


def test_one_currency_alone_makes_no_pair():
    text = with_values(PACK, {"union.currencies": '["USD"]', "pairs.rates": "{}", "pairs.haircuts": "{}", "calendar.holidays": "{}"})
    found = read_rulebook(with_values(text, {"pairs.short_limits": "{}"})).refusals
    assert [(refusal.id, refusal.code) for refusal in found] == [("union.currencies", "settlement_does_not_fit")]


def test_a_text_without_these_chapters_reads_as_before():
    rules = read_rulebook(pack_text("deferred-net")).rules
    assert (rules.pairs.unit, dict(rules.pairs.rates), rules.collateral.call_days) == ("", {}, 1)


def test_pairs_need_every_rate_of_the_rulebook_or_none_where_rates_are_set():
    assert read_rulebook(with_values(PACK, {"pairs.rates": "{}"})).refusals == ()
    found = read_rulebook(with_values(PACK, {"pairs.rates": "{}", "exchange.rates": '"fixed"'})).refusals
    assert [(refusal.id, refusal.code) for refusal in found] == [("pairs.rates", "settlement_does_not_fit")]
    assert read_rulebook(with_values(PACK, {"exchange.base": '"EUR"'})).refusals == ()


@pytest.mark.parametrize(
    ("pack", "values", "found"),
    [
        ("payment-versus-payment", {"collateral.currency_haircuts": '{ USD = "8", EUR = "0" }'}, []),
        ("payments-union", {"collateral.currency_haircuts": '{ USD = "8" }'}, []),
        ("deferred-net", {"union.currencies": '["EUR", "USD"]', "exchange.base": '"EUR"', "collateral.currency_haircuts": '{ USD = "8" }'},
         []),
        ("deferred-net", {"exchange.base": '"EUR"'}, ["exchange.base exchange_does_not_fit"]),
        ("deferred-net", {"union.currencies": '["EUR", "USD"]', "collateral.currency_haircuts": '{ USD = "8" }'},
         ["collateral.currency_haircuts exchange_does_not_fit"]),
        ("deferred-net", {"union.currencies": '["EUR", "USD"]', "exchange.base": '"EUR"', "exchange.rates": '"fixed"',
                          "collateral.currency_haircuts": '{ USD = "8" }'}, ["collateral.currency_haircuts exchange_does_not_fit"]),
        ("deferred-net", {"union.currencies": "[]", "exchange.base": '"EUR"', "collateral.currency_haircuts": '{ USD = "8" }'},
         ["collateral.currency_haircuts exchange_does_not_fit"]),
        ("payments-union", {"collateral.currency_haircuts": '{ USD = "100" }'}, ["collateral.currency_haircuts number_out_of_range"]),
        ("payments-union", {"collateral.currency_haircuts": '{ USD = "8 %" }'}, ["collateral.currency_haircuts rule_of_another_kind"]),
        ("payments-union", {"collateral.currency_haircuts": '{ GBP = "8" }'}, ["collateral.currency_haircuts currency_left_out"]),
    ],
)  # fmt: skip
def test_who_covers_across_currencies_needs_rates(pack: str, values: dict[str, str], found: list[str]):
    refusals = read_rulebook(with_values(pack_text(pack), values)).refusals
    assert [f"{each.id.removesuffix('.USD').removesuffix('.GBP')} {each.code}" for each in refusals] == found
