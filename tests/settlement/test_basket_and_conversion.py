"""The unit of account and conversion: by hand for a basket of two, and on random positions with nothing lost."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from rescounter.settlement.basket import Basket, Quotation, Rate, basket_by_weight
from rescounter.settlement.conversion import convert, convert_positions, rounding_account
from rescounter.terms import BrokenLaw

AT_US = 1_800_000_000_000_000
HOUR_US = 3_600_000_000
CURRENCIES = ("EUR", "JPY", "USD")
EXPONENTS = {"EUR": 2, "JPY": 0, "USD": 2}


def rate(currency: str, value: str, at_us: int = AT_US) -> Rate:
    return Rate(currency=currency, value=Fraction(value), at_us=at_us, source="a central bank's page")


def quotation(**values: str) -> Quotation:
    """With a unit of 60 cents and 50 euro cents."""
    rates = {currency: rate(currency, value) for currency, value in values.items()}
    unit = Basket(unit="XUA", exponent=2, amounts={"USD": Fraction(6, 10), "EUR": Fraction(1, 2)})
    return Quotation(numeraire="USD", basket=unit, rates=rates, exponents=EXPONENTS)


def test_a_basket_is_worth_its_amounts():
    """0.60 + 0.50 * 1.20 = 1.20 dollars."""
    found = quotation(EUR="6/5", JPY="1/150")
    assert found.value_of("XUA") * 100 == Fraction(6, 5)
    assert found.value_of("JPY") == Fraction(1, 150)
    assert convert(12_000, "USD", "XUA", found).amount_minor == 10_000
    assert convert(10_000, "EUR", "XUA", found).amount_minor == 10_000
    yen = convert(100, "JPY", "XUA", found)
    assert (yen.amount_minor, yen.difference) == (56, Fraction(500, 9) - 56)


def test_weights_hold_on_the_day_of_their_rates():
    rates = {"USD": rate("USD", "1"), "EUR": rate("EUR", "5/4")}
    weights = {"USD": Fraction(3, 5), "EUR": Fraction(2, 5)}
    basket = basket_by_weight("XUA", weights, rates, exponent=2, worth=Fraction(1))
    assert basket.amounts == {"USD": Fraction(3, 5), "EUR": Fraction(8, 25)}
    assert Quotation(numeraire="USD", basket=basket, rates=rates, exponents=EXPONENTS).value_of("XUA") == Fraction(1, 100)


def test_each_member_settles_in_its_currency_and_the_union_deals_the_rest():
    """ANA is owed EUR 100.00 and owes USD 60.00: worth USD 60.00, which is EUR 50.00; BO has the other side, in yen."""
    nets = {("ANA", "EUR"): 10_000, ("ANA", "USD"): -6_000, ("BO", "EUR"): -10_000, ("BO", "USD"): 6_000}
    found = convert_positions(nets, {"ANA": "EUR", "BO": "JPY"}, quotation(EUR="6/5", JPY="1/150"), otherwise="XUA")
    assert {member: (each.amount_minor, each.currency) for member, each in found.members.items()} == {
        "ANA": (5_000, "EUR"),
        "BO": (-9_000, "JPY"),
    }
    assert (found.to_deal, found.rounding) == ({"EUR": 5_000, "JPY": -9_000}, {"EUR": 0, "JPY": 0})


def test_rounding_is_told_and_has_an_account():
    nets = {("ANA", "JPY"): 100, ("BO", "JPY"): 100, ("CY", "JPY"): -200}
    found = convert_positions(nets, {}, quotation(EUR="6/5", JPY="1/150"), otherwise="XUA")
    assert [each.amount_minor for each in found.members.values()] == [56, 56, -111]
    assert (found.to_deal, found.rounding) == ({"XUA": 1}, {"XUA": -1})
    assert rounding_account("XUA") == "*/rounding/XUA"


def test_a_rate_that_is_too_old_is_told():
    rates = {"EUR": rate("EUR", "1", AT_US - 2 * HOUR_US), "JPY": rate("JPY", "1", AT_US), "USD": rate("USD", "1", AT_US + 1)}
    found = Quotation(
        numeraire="USD", basket=Basket(unit="EUR", exponent=2, amounts={"EUR": Fraction(1)}), rates=rates, exponents=EXPONENTS
    )
    assert found.stale(at_us=AT_US, age_us_max=HOUR_US) == ("EUR", "USD")
    assert found.stale(at_us=AT_US + 1, age_us_max=3 * HOUR_US) == ()


values = st.fractions("1/500", 500, max_denominator=10**6)
quotations = st.builds(lambda eur, jpy: quotation(EUR=str(eur), JPY=str(jpy)), values, values)
amounts = st.integers(-(10**15), 10**15)
movements = st.lists(st.tuples(st.permutations("ABCDEF"), st.sampled_from(CURRENCIES), amounts), max_size=20)
choices = st.dictionaries(st.sampled_from("ABCDEF"), st.sampled_from([*CURRENCIES, "XUA"]))


@over(amounts, st.sampled_from(CURRENCIES), st.sampled_from([*CURRENCIES, "XUA"]), quotations)
def test_an_amount_and_its_difference_are_worth_what_it_was(amount, currency, into, rates):
    found = convert(amount, currency, into, rates)
    assert (found.amount_minor + found.difference) * rates.value_of(into) == amount * rates.value_of(currency)
    if currency == into:
        assert (found.amount_minor, found.difference) == (amount, 0)


@over(movements, choices, quotations)
def test_conversions_lose_nothing(moves, into, rates):
    nets: dict[tuple[str, str], int] = {}
    for (payer, payee, *_), currency, amount in moves:
        nets[payer, currency] = nets.get((payer, currency), 0) - amount
        nets[payee, currency] = nets.get((payee, currency), 0) + amount
    found = convert_positions(nets, into, rates, otherwise="XUA")
    for member, each in found.members.items():
        worth = sum(amount * rates.value_of(currency) for (owner, currency), amount in nets.items() if owner == member)
        assert (each.amount_minor + each.difference) * rates.value_of(each.currency) == worth
    assert sum(rates.value_of(code) * (found.to_deal[code] + found.rounding[code]) for code in found.to_deal) == 0
    in_the_unit = convert_positions(nets, {}, rates, otherwise="XUA")
    assert sum(in_the_unit.to_deal.values()) + sum(in_the_unit.rounding.values()) == 0


@pytest.mark.parametrize("wrong", [{"EUR": "0"}, {"EUR": "1", "USD": "2"}, {"JPY": "1"}, {"EUR": "1", "XXX": "1"}])
def test_rates_that_are_none_value_nothing(wrong):
    with pytest.raises(BrokenLaw):
        quotation(**wrong)


def test_positions_that_do_not_sum_to_zero_are_not_converted():
    with pytest.raises(BrokenLaw):
        convert_positions({("ANA", "EUR"): 1}, {}, quotation(EUR="1"), otherwise="XUA")
