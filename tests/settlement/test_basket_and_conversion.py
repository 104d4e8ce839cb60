"""The unit of account and conversion: by hand for a basket of two, and on random positions with nothing lost."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from rescounter.settlement.basket import Basket, Quotation, Rate
from rescounter.settlement.conversion import convert
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


values = st.fractions("1/500", 500, max_denominator=10**6)
quotations = st.builds(lambda eur, jpy: quotation(EUR=str(eur), JPY=str(jpy)), values, values)
amounts = st.integers(-(10**15), 10**15)


@over(amounts, st.sampled_from(CURRENCIES), st.sampled_from([*CURRENCIES, "XUA"]), quotations)
def test_an_amount_and_its_difference_are_worth_what_it_was(amount, currency, into, rates):
    found = convert(amount, currency, into, rates)
    assert (found.amount_minor + found.difference) * rates.value_of(into) == amount * rates.value_of(currency)
    if currency == into:
        assert (found.amount_minor, found.difference) == (amount, 0)


@pytest.mark.parametrize("wrong", [{"EUR": "0"}, {"EUR": "1", "USD": "2"}, {"JPY": "1"}, {"EUR": "1", "XXX": "1"}])
def test_rates_that_are_none_value_nothing(wrong):
    with pytest.raises(BrokenLaw):
        quotation(**wrong)
