"""Terms of a policy year: read whole or not at all, every fault at once with its line."""

from __future__ import annotations

import datetime
from fractions import Fraction

import pytest

from rescounter.insurance.reading import read_terms, terms_of
from rescounter.insurance.terms import RecordStep
from rescounter.terms import Exponents
from tests.insurance.pools import TERMS, terms_text


def faults(text: str) -> list[tuple[int, str, str]]:
    return [(each.row, each.id, each.code) for each in read_terms(text, Exponents()).refusals]


def test_terms_are_read_exactly():
    terms = terms_of(TERMS, 2)
    assert (terms.code, terms.currency, terms.closes_from) == ("2026", "EUR", datetime.date(2027, 7, 1))
    assert (terms.retention_minor, terms.pool_minor, terms.overspill_limit_minor) == (100_000, 1_000_000, 5_000_000)
    assert terms.overspill_cap == Fraction(25, 1000)
    assert dict(terms.rates) == {"coastal": Fraction(4, 1000), "ocean": Fraction(8, 1000)}
    assert terms.record[0] == RecordStep(Fraction(40, 100), Fraction(90, 100))
    assert [(layer.limit_minor, dict(layer.borne_by)) for layer in terms.reinsurance] == [(2_000_000, {"Market Re": 3, "North Re": 1})]
    assert (terms.advance_share, terms.release_share, terms.margin_least_minor) == (Fraction(4, 5), Fraction(1, 5), 50_000)


def test_the_digits_of_a_recorded_year_are_those_of_its_day():
    assert terms_of(TERMS, 4).retention_minor == 10_000_000


def test_what_is_optional_may_be_left_out():
    text = TERMS[: TERMS.index("[[reinsurance]]")] + TERMS[TERMS.index("[contributions]") :].replace('least = "500.00"\n', "")
    terms = terms_of(text.replace('excludes = ["war"]\n', ""), 2)
    assert (terms.reinsurance, terms.has_overspill, terms.margin_least_minor, terms.excludes) == ((), False, 0, ())


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        ('name = "Mutual', 'name = "Mut\nual', "terms_unreadable", "terms"),
        ("[layers]", "[layer]", "terms_key_unknown", "layer"),
        ('retention = "1000.00"', "retention = 1000", "terms_value_unusable", "layers.retention"),
        ('retention = "1000.00"', 'retention = "1000.001"', "terms_value_unusable", "layers.retention"),
        ('retention = "1000.00"', 'retention = "-1"', "terms_value_unusable", "layers.retention"),
        ('retention = "1000.00"\n', "", "terms_key_missing", "layers.retention"),
        ('pool = "10000.00"', 'pool = "10000.00"\npond = "1"', "terms_key_unknown", "layers.pond"),
        ('code = "2026"', 'code = "26"', "terms_value_unusable", "year.code"),
        ('currency = "EUR"', 'currency = "EURO"', "terms_value_unusable", "year.currency"),
        ("begins = 2026-01-01", "begins = 2026-01-01T00:00:00", "terms_value_unusable", "year.begins"),
        ('surplus = "return"', 'surplus = "keep"', "terms_value_unusable", "year.surplus"),
        ('covers = ["cargo", "liability"]', "covers = []", "terms_value_unusable", "cover.covers"),
        ('{ "Market Re" = 3, "North Re" = 1 }', '{ "Market Re" = 0 }', "terms_value_unusable", "reinsurance.0.borne_by"),
        ('cap_per_mille = "25"', 'cap_per_mille = "a lot"', "terms_value_unusable", "overspill.cap_per_mille"),
        ('{ coastal = "4", ocean = "8" }', "{}", "terms_value_unusable", "contributions.rates_per_mille"),
        ("years = 3", "years = 0", "terms_value_unusable", "record.years"),
        ('{ factor_percent = "125" }', '{ factor = "125" }', "terms_value_unusable", "record.steps"),
        ("ends = 2027-01-01", "ends = 2026-01-01", "terms_disagree", "year.ends"),
        ("closes_from = 2027-07-01", "closes_from = 2026-12-31", "terms_disagree", "year.closes_from"),
        ('excludes = ["war"]', 'excludes = ["cargo"]', "terms_disagree", "cover.excludes"),
        ('{ up_to_percent = "80"', '{ up_to_percent = "30"', "terms_disagree", "record.steps"),
        ('    { factor_percent = "125" },\n', "", "terms_disagree", "record.steps"),
        (
            "[overspill]",
            '[[reinsurance]]\nname = "market"\nlimit = "1"\nborne_by = { "X" = 1 }\n[overspill]',
            "terms_disagree",
            "reinsurance.1.name",
        ),
    ],
)
def test_every_fault_is_told_with_its_line(old, new, code, where):
    assert old in TERMS
    found = faults(TERMS.replace(old, new, 1))
    assert (where, code) in [(each[1], each[2]) for each in found]
    line = next(row for row, place, _ in found if place == where)
    assert 1 <= line <= TERMS.count("\n") + 5


def test_all_faults_come_at_once_in_order_of_line():
    text = TERMS.replace('code = "2026"', 'code = "26"').replace('pool = "10000.00"', "pool = 1").replace("years = 3", "years = 99")
    assert [each[1] for each in faults(text)] == ["year.code", "layers.pool", "record.years"]


def test_brackets_beyond_measure_are_no_terms():
    assert [each[2] for each in faults("a = " + "[" * 5000)] == ["terms_unreadable"]


def test_terms_of_a_later_year_are_terms():
    assert faults(terms_text("2029", surplus='"carry"')) == []
