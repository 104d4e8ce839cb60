"""What is wrong with a header is said at once, with what was found and what could be meant."""

from __future__ import annotations

import pytest

from tests.formats.handed_in import FORMATS, SAMPLE, code_of, fault_of, hand_in, rows, workbook


def test_all_problems_of_a_header_are_said_in_one_fault():
    fault = fault_of("debitor,creditor,Creditor ,amount,amount_minor\nA,B,C,1,2\n", columns={"creditor": "CREDITOR", "id": "invoice"})
    assert fault.code == "column_missing"
    assert fault.facts["problems"] == ["column_missing", "column_missing", "column_twice", "amount_columns"]
    assert "no column debtor (did you mean debitor?)" in fault.message
    assert "no column invoice" in fault.message
    assert "creditor stands 2 times (creditor, Creditor)" in fault.message
    assert "both amount and amount_minor" in fault.message
    assert "The columns found are: debitor, creditor, Creditor, amount, amount_minor" in fault.message


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("debtor,creditor,value", "amount_columns"),
        ("debtor,creditor,amount,amount_minor", "amount_columns"),
        ("debtor,creditor,amount,DEBTOR", None),
        ("Debtor,creditor,amount,DEBTOR", "column_twice"),
        ("debtor,creditor,amount,debtor", "column_twice"),
        ("debtor,creditor,amount,note,note", None),
        ("debtor,amount", "column_missing"),
        ("a,b,c", "column_missing"),
        ("ANA,BO,12.50", "header_missing"),
        ("ANA;BO;12,50", "header_missing"),
        (",debtor,creditor,amount", None),
        ("debtor,creditor,amount,,", None),
        ("debtor,,creditor,amount", "header_merged"),
        ("Obligations of March,,\n\n debtor,creditor,amount", "header_merged"),
        ("Parties,,Money\ndebtor,creditor,amount", "header_merged"),
    ],
)
def test_a_header_is_taken_or_refused_with_its_code(header, code):
    content = f"{header}\n" + ",".join("1" if name else "" for name in header.splitlines()[-1].split(",")) + "\n"
    if code is None:
        assert len(hand_in(content)) == 1
    else:
        assert code_of(content) == code


def test_a_header_below_a_title_is_named_by_its_row():
    lines = [["Obligations of March"], [], ["debtor", "creditor", "amount"], ["A", "B", 1]]
    for content in (workbook(lines), "Obligations of March\n\ndebtor,creditor,amount\nA,B,1\n"):
        fault = fault_of(content)
        assert (fault.code, fault.facts["header_row"]) == ("header_merged", 3)
        assert "row 3 seems to be the header" in fault.message


def test_the_exact_name_wins_over_one_in_other_letters():
    assert rows(hand_in("DEBTOR,debtor,creditor,amount\nX,A,B,1\n")) == [("A", "B", "1")]


def test_a_name_given_by_the_caller_wins_over_the_usual_one():
    submitted = hand_in("debtor,payer,creditor,amount\nX,A,B,1\n", columns={"debtor": "payer"})
    assert rows(submitted) == [("A", "B", "1")]
    assert submitted.notes == ("columns that were left out: debtor",)


def test_amount_minor_can_be_given_as_amount():
    assert list(hand_in("debtor,creditor,amount_minor\nA,B,1\n", columns={"amount": "amount_minor"}).columns) == [
        "debtor",
        "creditor",
        "amount",
    ]


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_names_the_columns_that_it_found(kind):
    fault = fault_of(FORMATS[kind](SAMPLE.rename_columns(["payer", "creditor", "amount", "currency", "id"])))
    assert fault.code == "column_missing"
    assert "payer, creditor, amount, currency, id" in fault.message


def test_a_header_with_hidden_characters_is_shown_escaped():
    assert "\\u202e" in fault_of("deb\u202etor,creditor,amount\nA,B,1\n").message


def test_who_names_one_amount_does_not_want_the_other():
    submitted = hand_in("debtor,creditor,amount,cents\nA,B,1.50,150\n", columns={"amount_minor": "cents"})
    assert rows(submitted) == [("A", "B", "150")]
    assert submitted.notes == ("columns that were left out: amount",)
    both = {"amount": "amount", "amount_minor": "cents"}
    assert code_of("debtor,creditor,amount,cents\nA,B,1.50,150\n", columns=both) == "amount_columns"
