"""Conversion of a whole settlement: nothing is lost in any currency, rounding stays within its bound, and no order matters."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from rescounter.settlement.basket import Basket, Quotation
from rescounter.settlement.calls import POSITIONS
from rescounter.settlement.exchange import CENTRE, centres, exchanged_into, exchanged_into_unit
from rescounter.settlement.postings import net_batch
from rescounter.settlement.rates import RatesTold, RateTold, quotation, rates_table
from rescounter.terms import BrokenLaw
from rescounter.terms.acts import Act
from rescounter.terms.union_tables import CALLS

EXPONENTS = {"EUR": 2, "JPY": 0, "KWD": 3, "USD": 2}
BASKET = Basket(unit="XUA", exponent=2, amounts={"USD": Fraction(6, 10), "EUR": Fraction(1, 2)})
MEMBERS = "ABCDEF"


def rates_of(eur: str, jpy: str, kwd: str) -> Quotation:
    told = {"EUR": eur, "JPY": jpy, "KWD": kwd}
    table = rates_table(RateTold(currency=code, base="USD", rate=rate, source="a bank", at_us=0, act=1) for code, rate in told.items())
    return quotation(table, BASKET, base="USD", currencies=EXPONENTS, exponents=EXPONENTS)


def positions(amounts: dict[tuple[str, str], int]) -> pa.Table:
    rows = [{"currency": code, "member": member, "net_minor": amount} for (code, member), amount in amounts.items()]
    return pa.Table.from_pylist(rows, schema=POSITIONS)


def by_currency(net: pa.Table, centre: pa.Table) -> dict[str, int]:
    sums: dict[str, int] = {}
    for rows, name in ((net, "net_minor"), (centre, "amount_minor")):
        for row in rows.to_pylist():
            sums[row["currency"]] = sums.get(row["currency"], 0) + row[name]
    return sums


decimals = st.decimals("0.001", "20000", places=5).map(str)
quotations = st.builds(rates_of, decimals, decimals, decimals)
moves = st.lists(st.tuples(st.permutations(MEMBERS), st.sampled_from(sorted(EXPONENTS)), st.integers(1, 10**6)), max_size=25)
choices = st.dictionaries(st.sampled_from(MEMBERS), st.sampled_from([*EXPONENTS, "XUA"]))


def nets_of(moved: list[Any]) -> dict[tuple[str, str], int]:
    nets: dict[tuple[str, str], int] = {}
    for (payer, payee, *_), currency, amount in moved:
        nets[currency, payer] = nets.get((currency, payer), 0) - amount
        nets[currency, payee] = nets.get((currency, payee), 0) + amount
    return nets


@over(moves, choices, quotations)
def test_in_every_currency_members_and_the_centre_sum_to_zero(moved, into, rates):
    nets = nets_of(moved)
    first = exchanged_into_unit(positions(nets), rates)
    assert set(by_currency(first.net, first.centre).values()) <= {0}
    second = exchanged_into(first.net, into, rates)
    centre = centres(first.centre, second.centre)
    assert set(by_currency(second.net, centre).values()) <= {0}
    # What is dealt at the centre and what rounding left are together worth nothing, but for the rounding of the dealing itself.
    for row in [*first.conversions.to_pylist(), *second.conversions.to_pylist()]:
        exact = row["amount_minor"] * rates.value_of(row["currency"]) / rates.value_of(row["into"])
        assert Fraction(row["difference"]) == exact - row["converted_minor"]
        assert abs(Fraction(row["difference"])) <= Fraction(1, 2)
    kept = sum(row["amount_minor"] for row in first.centre.to_pylist())
    assert 2 * abs(kept) <= first.conversions.num_rows
    # And the ledger's batch of it: every account of clearing ends at zero, whatever was converted.
    batch = net_batch(second.net, CALLS.empty_table(), "C", centre=centre, rulebook_version="1")
    assert batch is None or ends_at_zero(batch)


def ends_at_zero(batch: Any) -> bool:
    sums: dict[str, int] = {}
    for row in batch.transfers.table.to_pylist():
        for side, sign in (("debit", -1), ("credit", 1)):
            sums[row[side]] = sums.get(row[side], 0) + sign * row["amount_minor"]
    assert len(set(batch.transfers.column("id").to_pylist())) == len(batch.transfers)
    return not any(amount for name, amount in sums.items() if name.startswith("*/clearing/"))


@over(moves, choices, quotations, st.randoms(use_true_random=False))
def test_the_order_of_members_does_not_matter(moved, into, rates, dice):
    nets = nets_of(moved)
    shuffled = list(nets.items())
    dice.shuffle(shuffled)
    one, other = (exchanged_into_unit(positions(some), rates) for some in (nets, dict(shuffled)))
    for name in ("net", "conversions", "centre"):
        assert getattr(one, name).equals(getattr(other, name))
    one, other = (
        exchanged_into(some, into, rates) for some in (one.net, other.net.take(pa.array(range(other.net.num_rows)[::-1], pa.int64())))
    )
    for name in ("net", "conversions", "centre"):
        assert getattr(one, name).equals(getattr(other, name))


told = st.lists(st.tuples(st.sampled_from(("EUR", "JPY")), st.integers(0, 9), st.integers(1, 99)), max_size=12)


@over(told, told, st.integers(0, 9))
def test_rates_of_later_instants_move_nothing(before, after, at):
    def acts(rows: Any, first: int, shift: int) -> list[Act]:
        return [
            Act(
                number=number,
                at_us=100,
                by="op",
                kind="rates_set",
                body={"base": "USD", "rates": [{"currency": code, "rate": str(rate), "source": "a bank", "at_us": when + shift}]},
            )
            for number, (code, when, rate) in enumerate(rows, first)
        ]

    known = RatesTold()
    for act in acts(before, 1, 0):
        known = known.after(act)
    wanted = known.latest("USD", at)
    for act in acts(after, 1 + len(before), at + 1):
        known = known.after(act)
    assert known.latest("USD", at) == wanted
    assert known.latest("EUR", at) == {}
    expected = {}
    for number, (code, when, rate) in enumerate(before):
        if when <= at and (when, number) >= expected.get(code, (-1, -1, 0))[:2]:
            expected[code] = (when, number, rate)
    assert {code: (rate.at_us, int(rate.rate)) for code, rate in wanted.items()} == {
        code: (when, rate) for code, (when, _, rate) in expected.items()
    }


def test_two_steps_by_hand():
    """EUR 0.80 and JPY 150 for a dollar: the unit is worth USD 1.225. A is owed 54.42 units and settles in yen."""
    rates = rates_of("0.80", "150", "0.31")
    first = exchanged_into_unit(positions({("JPY", "A"): 10_000, ("JPY", "B"): -10_000}), rates)
    assert first.net.to_pylist() == [
        {"currency": "XUA", "member": "A", "net_minor": 5_442},
        {"currency": "XUA", "member": "B", "net_minor": -5_442},
    ]
    second = exchanged_into(first.net, {"A": "JPY"}, rates)
    assert second.net.to_pylist() == [
        {"currency": "JPY", "member": "A", "net_minor": 10_000},  # 54.42 * 1.225 * 150 = 9,999.675
        {"currency": "XUA", "member": "B", "net_minor": -5_442},
    ]
    assert second.centre.to_pylist() == [
        {"currency": "JPY", "purpose": "exchange", "amount_minor": -10_000},
        {"currency": "XUA", "purpose": "exchange", "amount_minor": 5_442},
    ]


def test_three_who_settle_in_one_currency_leave_their_rounding_to_the_union():
    """A cent of the unit is 1.8375 yen, rounded to 2 for each; the three together are 5.5125, of which 6 are bought."""
    rates = rates_of("0.80", "150", "0.31")
    net = positions({("XUA", "A"): 1, ("XUA", "B"): 1, ("XUA", "C"): 1, ("XUA", "D"): -3})
    found = exchanged_into(net, dict.fromkeys("ABC", "JPY"), rates)
    assert {row["member"]: row["net_minor"] for row in found.net.to_pylist()} == {"A": 2, "B": 2, "C": 2, "D": -3}
    assert found.centre.to_pylist() == [
        {"currency": "JPY", "purpose": "exchange", "amount_minor": -6},
        {"currency": "XUA", "purpose": "exchange", "amount_minor": 3},
    ]


def test_positions_that_do_not_sum_to_zero_are_not_exchanged():
    with pytest.raises(BrokenLaw, match="zero_sum"):
        exchanged_into_unit(positions({("EUR", "A"): 1}), rates_of("1", "1", "1"))


def test_a_rate_that_is_missing_is_no_quotation():
    table = rates_table([RateTold(currency="EUR", base="USD", rate="0.80", source="a bank", at_us=0, act=1)])
    with pytest.raises(BrokenLaw, match="every_currency_has_a_rate"):
        quotation(table, BASKET, base="USD", currencies=EXPONENTS, exponents=EXPONENTS)


def test_tables_of_the_centre_add_up():
    part = pa.Table.from_pylist([{"currency": "EUR", "purpose": "rounding", "amount_minor": 1}], schema=CENTRE)
    other = pa.Table.from_pylist([{"currency": "EUR", "purpose": "rounding", "amount_minor": -1}], schema=CENTRE)
    assert centres(part, part).to_pylist() == [{"currency": "EUR", "purpose": "rounding", "amount_minor": 2}]
    assert centres(part, other).num_rows == 0
