"""Sliding-scale credit against the worked examples, an integral reckoned unit by unit, and itself along other paths."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from rescounter.settlement.reserves import projected
from rescounter.settlement.sliding_scale import CreditPosition, ScaleTerms, reserve_minor, settle, without_position
from rescounter.settlement.tranches import TRANCHE_TABLES, Tranche, TrancheTable, tranches
from rescounter.terms import BrokenLaw
from tests.settlement.golden import golden, table_of

shares = st.fractions(0, 1, max_denominator=12)
sides = st.builds(
    lambda bounds, reserves, last: (
        *(Tranche(each, share) for each, share in zip(sorted(bounds), reserves, strict=False)),
        Tranche(None, last),
    ),
    st.sets(st.fractions("1/12", 3, max_denominator=12), max_size=5),
    st.lists(shares, min_size=5, max_size=5),
    shares,
)
tables = st.one_of(st.sampled_from(list(TRANCHE_TABLES.values())), st.builds(lambda a, b: TrancheTable(debtor=a, creditor=b), sides, sides))
terms = st.builds(ScaleTerms, st.integers(0, 10**6), tables)
positions = st.integers(-(10**7), 10**7)


@golden("sliding scale")
def test_months_of_the_payments_union(given, want):
    standing, rule = without_position(), ScaleTerms(given["quota"], table_of(given))
    for net, row in zip(given["nets"], want, strict=True):
        settled = settle(standing, net, rule)
        standing = settled.after
        assert row == {
            "net": settled.net_minor,
            "position": standing.position_minor,
            "reserve": settled.transfer_minor,
            "credit": settled.credit_change_minor,
            "credit_outstanding": standing.credit_minor,
        }


@golden("reserve drain")
def test_mirror_positions_drain_the_union(given, want):
    nets = {"CRED": given["position"], "DEBT": -given["position"]}
    rule = ScaleTerms(given["quota"], table_of(given))
    found = projected({}, nets, dict.fromkeys(nets, rule), convertible_minor=25)
    assert found.paid_out_minor - found.paid_in_minor == want
    assert (found.after_minor, found.missing_minor) == (25 - want, max(0, want - 25))
    assert found.causes == (("CRED",) if want > 25 else ())


@golden("sliding scale")
def test_the_tables_that_ship_are_those_of_the_examples(given, want):
    assert table_of(given) in TRANCHE_TABLES.values()


def test_the_tables_settle_two_fifths_a_half_and_three_quarters_of_a_whole_quota():
    found = {year: [reserve_minor(side * 1000, ScaleTerms(1000, table)) for side in (-1, 1)] for year, table in TRANCHE_TABLES.items()}
    assert found == {"1950": [-400, 400], "1952": [-400, 400], "1954": [-500, 500], "1955": [-750, 750]}


def test_raised_quotas_kept_the_credit_of_the_union_as_it_was():
    """1954 by 6/5 and 1955 by 2: credit facilities stay 600 of a quota of 1,000."""
    facilities = [
        quota - reserve_minor(quota, ScaleTerms(quota, TRANCHE_TABLES[year]))
        for year, quota in (("1950", 1000), ("1954", 1200), ("1955", 2400))
    ]
    assert facilities == [600, 600, 600]


@pytest.mark.parametrize(("position", "reserves"), [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)])
def test_halves_go_to_the_even_unit(position, reserves):
    half = TrancheTable(debtor=tranches((None, "1/2")), creditor=tranches((None, "1/2")))
    assert reserve_minor(position, ScaleTerms(100, half)) == reserves


@over(positions, terms)
def test_reserves_are_the_integral_of_the_reserve_share(position, rule):
    bounds = [Fraction(0), *(each.upper * rule.quota_minor for each in rule.table.of(position)[:-1]), Fraction(10**9)]
    exact = sum(
        max(Fraction(0), min(Fraction(abs(position)), upper) - lower) * each.reserve
        for each, lower, upper in zip(rule.table.of(position), bounds[:-1], bounds[1:], strict=True)
    )
    assert abs(abs(reserve_minor(position, rule)) - exact) * 2 <= 1


@over(st.lists(positions, max_size=12), st.lists(st.integers(0, 12), max_size=4), terms)
def test_transfers_depend_on_positions_only_and_never_on_the_path(nets, cuts, rule):
    def along(path: list[int]) -> CreditPosition:
        standing = without_position()
        for net in path:
            standing = settle(standing, net, rule).after
        return standing

    assert along(nets) == along([sum(nets)]) == along(sorted(nets)) == along([part for net in nets for part in (net, -net, net)])
    assert along(nets).reserve_minor == reserve_minor(sum(nets), rule)


@over(positions, positions, terms)
def test_what_is_reversed_hands_back_what_it_took(position, net, rule):
    before = settle(without_position(), position, rule).after
    there_and_back = [settle(before, net, rule)]
    there_and_back.append(settle(there_and_back[0].after, -net, rule))
    assert there_and_back[1].after == before
    assert there_and_back[0].transfer_minor == -there_and_back[1].transfer_minor


@over(positions, terms, terms, positions)
def test_another_quota_or_table_settles_the_difference(position, old, new, net):
    before = settle(without_position(), position, old).after
    settled = settle(before, net, new)
    assert settled.transfer_minor == reserve_minor(position + net, new) - reserve_minor(position, old)


@over(st.dictionaries(st.sampled_from("ABCDEFG"), st.tuples(positions, positions, terms), min_size=1), positions, positions)
def test_a_breach_of_the_floor_is_told_with_who_causes_it(members, convertible, floor):
    nets = {member: net for member, (_, net, _) in members.items()}
    nets["Z"] = -sum(nets.values())
    rules = {member: rule for member, (_, _, rule) in members.items()} | {"Z": ScaleTerms(0, TRANCHE_TABLES["1950"])}
    standing = {member: settle(without_position(), position, rule).after for member, (position, _, rule) in members.items()}
    found = projected(standing, nets, rules, convertible_minor=convertible, floor_minor=floor)
    transfers = {member: settle(standing.get(member, without_position()), nets[member], rules[member]).transfer_minor for member in nets}
    assert found.after_minor == convertible - sum(transfers.values())
    assert (found.missing_minor > 0) == (found.after_minor < floor)
    if found.causes:
        assert found.missing_minor > sum(transfers[member] for member in found.causes[:-1])
        assert min(transfers[member] for member in found.causes) > 0


@pytest.mark.parametrize(
    "side",
    [
        (),
        tranches((1, 0)),
        tranches((None, 0), (None, 1)),
        tranches((1, 0), (1, 1), (None, 1)),
        tranches((0, 0), (None, 1)),
        tranches((None, 2)),
    ],
)
def test_a_table_that_leaves_a_gap_is_no_table(side):
    with pytest.raises(BrokenLaw):
        TrancheTable(debtor=side, creditor=tranches((None, 0)))
