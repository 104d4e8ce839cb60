"""Rules on credit that contradict each other or the settlement are refused, each at its line; slices and steps are read exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest

from rescounter.rulebook.credit_texts import read_slice, read_step, wrong_slices
from rescounter.rulebook.reading import read_rulebook
from rescounter.rulebook.rules import CreditRules
from rescounter.settlement.charges import CHARGES_1943, WATCHES_1943, ChargeStep
from rescounter.settlement.credit import steps_of, table_of, watches_of
from rescounter.settlement.tranches import TRANCHE_TABLES
from tests.cycle.credit import credit_rules

SCALE = 'kind = "sliding-scale"\n'


def faults(credit: str, **changed: str) -> set[tuple[str, str]]:
    text = credit_rules(f"[credit]\n{credit}")
    for old, new in changed.items():
        text = text.replace(old.replace("_", " "), new)
    return {(refusal.code, refusal.id) for refusal in read_rulebook(text).refusals}


@pytest.mark.parametrize(
    ("credit", "rule"),
    [
        ('floor = { EUR = "1.00" }', "credit.floor"),
        ('charges = ["1943"]', "credit.charges"),
        ('watches = "1943"', "credit.watches"),
        ('debtor = ["beyond 100%"]', "credit.debtor"),
        ('interest = "credit"\ndebit_rate = "2"', "credit.interest"),
        ('debit_rate = "2"', "credit.debit_rate"),
        ('interest = "outstandings"\ndebit_rate = "2"', "settlement.partial_funding"),
        (SCALE + 'debtor = ["beyond 100%"]', "credit.debtor"),
        (SCALE + 'charges = ["1943", "25% 1%"]', "credit.charges"),
        (SCALE + 'credit_rate = "1"', "credit.credit_rate"),
    ],
)
def test_a_rule_that_needs_another_is_refused_without_it(credit: str, rule: str):
    assert ("credit_does_not_fit", rule) in faults(credit)


def test_credit_and_collection_need_a_settlement_in_money_and_no_caps():
    def of(text: str) -> set[tuple[str, str]]:
        return {(refusal.code, refusal.id) for refusal in read_rulebook(text).refusals}

    with_caps = credit_rules(f"[credit]\n{SCALE}").replace("net_debit_caps = false", "net_debit_caps = true")
    assert of(with_caps) == {("credit_does_not_fit", "settlement.net_debit_caps")}
    unpaid = credit_rules(f"[credit]\n{SCALE}", fees='per_mille = "0"\ncollected = true').replace('kind = "pay-in"', 'kind = "none"')
    found = of(unpaid.replace("set-off-then-net", "set-off"))
    assert {("credit_does_not_fit", "credit.kind"), ("credit_does_not_fit", "fees.collected")} <= found


@pytest.mark.parametrize(
    "slices",
    [
        "[]",
        '["20% 0%"]',
        '["20% 0%", "10% 50%", "beyond 100%"]',
        '["20% 101%", "beyond 100%"]',
        '["0% 0%", "beyond 1%"]',
        '["20 0", "beyond 1%"]',
    ],
)
def test_slices_that_leave_a_gap_or_cannot_be_read_are_refused(slices: str):
    found = faults(f'{SCALE}table = "own"\ndebtor = {slices}\ncreditor = ["beyond 50%"]')
    assert found == {("credit_text_malformed", "credit.debtor")}


def test_a_step_that_cannot_be_read_is_refused():
    assert faults(SCALE + 'charges = ["25%"]') == {("credit_text_malformed", "credit.charges")}


def test_texts_are_exact():
    assert read_slice("12.5% 33.3%") == (Fraction(1, 8), Fraction(333, 1000))
    assert read_slice("beyond 0%") == (None, Fraction(0))
    assert read_step("25% 1%") == (Fraction(1, 4), Fraction(1, 100))
    assert [read_slice(text) for text in ("20%", "20% 0% ", "-1% 0%", "20% beyond", "1e2% 0%")] == [None] * 5
    assert wrong_slices(("20% 0%", "beyond 100%")) == ""


def test_tables_steps_and_watches_are_those_of_the_rules():
    own = CreditRules(kind="sliding-scale", table="own", debtor=("100% 50%", "beyond 100%"), creditor=("100% 50%", "beyond 50%"))
    assert table_of(own) == TRANCHE_TABLES["1954"]
    assert {name: table_of(CreditRules(table=name)) for name in TRANCHE_TABLES} == dict(TRANCHE_TABLES)
    assert steps_of(CreditRules(charges=("1943",))) == CHARGES_1943
    assert steps_of(CreditRules(charges=("10% 2%",))) == (ChargeStep(Fraction(1, 10), Fraction(2, 100)),)
    assert (steps_of(CreditRules()), watches_of(CreditRules()), watches_of(CreditRules(watches="1943"))) == ((), (), WATCHES_1943)
