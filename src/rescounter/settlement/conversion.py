"""Conversion: each amount once, from what it was in to what it is settled in, and what rounding leaves on an account with a name.

A member's positions in all currencies are valued exactly, added up and rounded once, half-even, to minor units of the currency in which it
settles. What rounding takes or gives is told for each currency, and goes to the union's account ``*/rounding/CURRENCY``. What members are
owed and owe in each currency afterwards is the net foreign exchange that the union deals at the centre. Positive = is owed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from rescounter.settlement.accounts import account_name
from rescounter.settlement.basket import Quotation
from rescounter.terms import holds
from rescounter.terms.names import FUND_NAME

__all__ = ["ROUNDING", "Converted", "PositionsConverted", "convert", "convert_positions", "rounding_account"]

ROUNDING: Final = "rounding"


def rounding_account(currency: str) -> str:
    """``*/rounding/EUR``."""
    return account_name(FUND_NAME, ROUNDING, currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """*amount_minor* of *currency* is *difference* more in truth, at most half a minor unit of it either way."""

    currency: str
    amount_minor: int
    difference: Fraction

    def __post_init__(self) -> None:
        holds(abs(self.difference) * 2 <= 1, "rounding_takes_at_most_half_a_unit", currency=self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsConverted:
    """What each member is owed in the currency in which it settles, in order of code.

    *to_deal*: by currency, minor units that the union must buy (negative: sell), the sum of the members' amounts. *rounding*: by currency,
    minor units by which the exact amounts of the members are more; it goes to `rounding_account`.
    """

    members: Mapping[str, Converted]
    to_deal: Mapping[str, int]
    rounding: Mapping[str, Fraction]


def convert(amount_minor: int, currency: str, into: str, quotation: Quotation) -> Converted:
    """One amount. Law: what it becomes and the difference are together worth what it was."""
    return _rounded(amount_minor * quotation.value_of(currency), into, quotation)


def convert_positions(
    nets: Mapping[tuple[str, str], int], into: Mapping[str, str], quotation: Quotation, *, otherwise: str
) -> PositionsConverted:
    """All positions of a settlement.

    Args: *nets* minor units by member and currency, every currency summing to zero; *into*: by member, the currency in which it settles
    (or the unit of account); *otherwise*: that of all others.
    Law: what is dealt and the rounding are together worth nothing: conversion creates no money and loses none.
    """
    sums: dict[str, int] = {}
    worth: dict[str, Fraction] = {}
    for (member, currency), amount in nets.items():
        sums[currency] = sums.get(currency, 0) + amount
        worth[member] = worth.get(member, Fraction(0)) + amount * quotation.value_of(currency)
    holds(not any(sums.values()), "zero_sum", currencies=sorted(code for code in sums if sums[code]))
    members = {member: _rounded(worth[member], into.get(member, otherwise), quotation) for member in sorted(worth)}
    currencies = sorted({each.currency for each in members.values()})
    to_deal = {code: sum(each.amount_minor for each in members.values() if each.currency == code) for code in currencies}
    rounding = {code: sum((each.difference for each in members.values() if each.currency == code), Fraction(0)) for code in currencies}
    left = sum((quotation.value_of(code) * (to_deal[code] + rounding[code]) for code in currencies), Fraction(0))
    holds(left == 0, "conversions_lose_nothing", left=left)
    return PositionsConverted(members=MappingProxyType(members), to_deal=MappingProxyType(to_deal), rounding=MappingProxyType(rounding))


def _rounded(worth: Fraction, into: str, quotation: Quotation) -> Converted:
    exact = worth / quotation.value_of(into)
    return Converted(currency=into, amount_minor=round(exact), difference=exact - round(exact))
