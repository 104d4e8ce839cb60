"""Every code of a refusal, exclusion or fault is documented, unique, and really given by the program."""

from __future__ import annotations

import ast
import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from rescounter.intake import Admission, Submitted, admit
from rescounter.terms import EXCLUSIONS, REFUSALS
from rescounter.terms.faults import FAULTS
from tests.house.house import dotted_name, modules
from tools.refusals_page import PAGE, page

BIG = 2**63 - 1
GOOD = {"debtor": ["ANA"], "creditor": ["BO"], "amount": ["10.00"], "currency": ["EUR"]}


def rows(**cells: list[object]) -> Submitted:
    """One good row for each place, with *cells* put in place of its own."""
    count = max(len(column) for column in cells.values())
    columns = {name: column * count for name, column in GOOD.items()} | cells
    return Submitted({name: pa.array(column) for name, column in columns.items()})


ONE_BAD_ROW = {
    "unreadable_row": Submitted({name: pa.array(column) for name, column in GOOD.items()}, unreadable=((2, '"ANA,BO,100'),)),
    "missing_field": rows(debtor=["ANA", ""]),
    "not_a_number": rows(amount=["10.00", "1.234,56"]),
    "zero_amount": rows(amount=["10.00", "0.00"]),
    "negative_amount": rows(amount=["10.00", "-12.00"]),
    "too_precise": rows(amount=["10.00", "10.005"]),
    "beyond_exact_float": rows(amount=[10.0, float(2**53)], currency=["JPY", "JPY"]),
    "beyond_int64": rows(amount=["10.00", "99999999999999999999"]),
    "unknown_currency": rows(currency=["EUR", "EURO"]),
    "self_obligation": rows(creditor=["BO", "ANA"]),
    "repeated_row": rows(id=["INV-7", "INV-7"]),
    "duplicate_id": rows(id=["INV-7", "INV-7"], amount=["100.00", "110.00"]),
    "hidden_characters": rows(debtor=["ANA", "ANA\u200b"]),
    "name_too_long": rows(debtor=["ANA", "A" * 65]),
    "not_composed": rows(debtor=["ANA", "Mu\u0308ller"]),
    "reserved_name": rows(debtor=["ANA", "**"]),
    "not_a_date": rows(due=["2026-03-31", "31.03.26"]),
    "not_yes_or_no": rows(divisible=["yes", "perhaps"]),
    "not_a_weight": rows(weight=["100", "0"]),
    "currency_sum_beyond_int64": rows(amount=[str(BIG), str(BIG)], currency=["XXX", "XXX"]),
}


def test_the_page_of_refusals_is_what_the_code_says():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tools.refusals_page"


def test_every_code_has_one_rule_one_place_and_an_example():
    for names in (
        [rule.code for rule in REFUSALS.values()],
        [rule.rule for rule in REFUSALS.values()] + [exclusion.rule for exclusion in EXCLUSIONS.values()],
        [rule.precedence for rule in REFUSALS.values()],
        [*REFUSALS, *EXCLUSIONS, *FAULTS],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []
    for rule in REFUSALS.values():
        assert rule.meaning and rule.allowed and rule.what_to_do and rule.example, rule.code
    assert [rule.precedence for rule in REFUSALS.values()] == sorted(rule.precedence for rule in REFUSALS.values())
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", code) for code in [*REFUSALS, *EXCLUSIONS, *FAULTS])


@pytest.mark.parametrize("code", REFUSALS)
def test_a_row_that_breaks_one_rule_is_refused_under_its_code(code):
    admission = admit(ONE_BAD_ROW[code])
    codes = admission.refusals["code"].to_pylist()
    assert set(codes) == {code}
    assert len(codes) == (2 if code in ("duplicate_id", "currency_sum_beyond_int64") else 1)
    assert_told(admission)


def assert_told(admission: Admission) -> None:
    for refusal in admission.refusals.to_pylist():
        assert refusal["rule"] == REFUSALS[refusal["code"]].rule
        assert all(refusal[name] for name in ("row", "id", "found", "allowed", "what_to_do"))


def test_the_good_row_beside_a_bad_one_is_admitted():
    for code, submitted in ONE_BAD_ROW.items():
        admission = admit(submitted)
        handed_in = len(submitted) + len(submitted.unreadable)
        assert len(admission.admitted) + admission.refusals.num_rows == handed_in, code


def test_a_float_cell_of_a_mixed_column_is_refused_like_a_float_column():
    mixed = Submitted(
        {name: pa.array(column * 2) for name, column in GOOD.items() if name not in ("amount", "currency")}
        | {"amount": pa.array([str(2**53), str(float(2**53))])},
        float_cells={"amount": np.array([False, True])},
    )
    assert admit(mixed).refusals.select(["row", "code"]).to_pylist() == [{"row": 2, "code": "beyond_exact_float"}]


def test_every_fault_that_is_raised_is_listed():
    raised = {
        f"{module.name}: {node.args[0].value}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and dotted_name(node.func).rsplit(".")[-1] in ("Fault", "CallerFault", "EnvironmentFault")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value not in FAULTS
    }
    assert raised == set()


def test_every_fault_that_is_listed_can_be_raised():
    said = {
        node.value
        for module in modules()
        if module.name != "terms/faults.py"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(set(FAULTS) - said) == []
