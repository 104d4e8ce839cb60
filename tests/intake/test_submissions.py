"""What a member hands in: who may hand in what, what is there already, and that no row is lost."""

import dataclasses

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.intake import Submitted
from rescounter.intake.keys import standing
from rescounter.intake.submissions import SubmissionTerms, take
from rescounter.rulebook.rules import IntakeRules, UnionRules
from rescounter.terms.intake_tables import WITHDRAWALS
from rescounter.terms.refusals import UNION_REFUSALS
from rescounter.terms.union_tables import FROZEN, SUBMISSIONS
from tests.intake.union_rows import UNION, owed, participants, table, told

NAMES = ("id", "debtor", "creditor", "amount", "currency", "submitter")


def file(text):
    """A file of rows ``id debtor creditor amount currency submitter``; a dash is an empty cell, what is missing at the end is EUR."""
    rows = [line.split() for line in filter(None, map(str.strip, text.splitlines()))]
    width = max(map(len, rows))
    cells = [[None if word == "-" else word for word in (*row, "EUR")[: max(width, 5)]] for row in rows]
    return Submitted({name: pa.array(column, pa.string()) for name, column in zip(NAMES, zip(*cells, strict=True), strict=False)})


def terms(submitter="ANA", driven_by="debtor", **more):
    return SubmissionTerms(
        **{
            "submitter": submitter,
            "rules": IntakeRules(driven_by=driven_by),
            "union": UNION,
            "participants": participants("ANA BO CY -DI"),
            **more,
        }
    )


ONE_BAD_ROW = {
    "submitter_missing": (file("1 ANA BO 1 EUR -"), terms("*", "agreement")),
    "submitter_no_member": (file("1 ANA BO 1 EUR ANNA"), terms("*", "agreement")),
    "may_not_submit": (file("1 DI BO 1"), terms("DI")),
    "of_the_pool": (file("1 ANA BO 1"), terms(pool_member="BO")),
    "debtor_no_member": (file("1 ANNA BO 1"), terms()),
    "creditor_no_member": (file("1 ANA BOB 1"), terms()),
    "not_a_party": (file("1 BO CY 1"), terms()),
    "wrong_side": (file("1 BO ANA 1"), terms()),
    "currency_not_taken": (file("1 ANA BO 1 USD"), terms()),
    "id_missing": (file("- ANA BO 1"), terms()),
    "already_carried": (file("1 ANA BO 1"), terms(carried=owed("ANA 1 ANA BO 40", schema=FROZEN))),
    "id_taken": (file("1 ANA BO 1.10"), terms(known=owed("ANA 1 ANA BO 100"))),
}
FOUND = {
    "submitter_missing": "submitter (empty)",
    "submitter_no_member": "submitter ANNA",
    "may_not_submit": "submitter DI",
    "of_the_pool": "ANA hands in that ANA owes BO",
    "debtor_no_member": "debtor ANNA",
    "creditor_no_member": "creditor BOB",
    "not_a_party": "ANA hands in that BO owes CY",
    "wrong_side": "ANA hands in that BO owes ANA",
    "currency_not_taken": "currency USD",
    "id_missing": "id (empty)",
    "already_carried": "id 1, of which 0.40 EUR were carried over",
    "id_taken": "id 1 of 1.10 EUR, there of 1.00 EUR; what differs: amount",
}


@pytest.mark.parametrize("code", ONE_BAD_ROW)
def test_a_row_that_breaks_one_rule_of_the_union_is_refused_under_its_code(code):
    taken = take(*ONE_BAD_ROW[code])
    assert told(taken.refusals) == [f"{code}: {FOUND[code]}"]
    (row,) = taken.refusals.to_pylist()
    assert row["rule"] == UNION_REFUSALS[code].rule
    assert all(row[name] for name in ("row", "id", "allowed", "what_to_do"))
    assert taken.table.num_rows == taken.repeated == 0


def test_the_more_important_rule_is_told_when_a_row_breaks_several():
    taken = take(file("- BOB CY x USD\n - BOB CY 1 USD\n - BO CY 1 USD\n - BO ANA 1 USD\n - ANA BO 1 USD\n - ANA BO 1 EUR"), terms())
    assert taken.refusals["code"].to_pylist() == [
        "not_a_number", "debtor_no_member", "not_a_party", "wrong_side", "currency_not_taken", "id_missing"
    ]  # fmt: skip


def test_a_bad_row_does_not_stop_the_good_ones():
    taken = take(file("2 ANA BO 2.50\n 1 ANA CY 1 CHF\n 3 ANA BOB 1\n 4 ANA BO -7"), terms())
    assert taken.table.equals(owed("ANA 1 ANA CY 100 currency=CHF\n ANA 2 ANA BO 250").select(SUBMISSIONS.names))
    assert told(taken.refusals) == ["creditor_no_member: creditor BOB", "negative_amount: amount -7"]


def test_a_mistyped_member_is_told_who_was_perhaps_meant():
    (row,) = take(file("1 ANNA BO 1"), terms()).refusals.to_pylist()
    assert "Did you mean 'ANA'?" in row["what_to_do"]


def test_rows_that_are_there_already_are_neither_taken_nor_refused():
    first = take(file("1 ANA BO 1\n 2 ANA CY 2"), terms())
    second = take(file("2 ANA CY 2.00\n 3 ANA BO 3\n 1 ANA BO 1"), terms(known=first.table))
    assert (second.table["id"].to_pylist(), second.repeated, second.refusals.num_rows) == (["3"], 2, 0)
    assert second.notes == ("2 rows were there already, the same in every column: nothing was done with them.",)


def test_an_id_that_was_taken_back_is_free_again():
    first = take(file("1 ANA BO 1"), terms())
    left = standing(first.table, table(WITHDRAWALS, "ANA 1"))
    assert take(file("1 ANA BO 2"), terms(known=left)).table["amount_minor"].to_pylist() == [200]


def test_the_operator_hands_in_for_many_as_the_rulebook_says():
    rows = file("1 ANA BO 1\n 1 BO CY 2\n 1 CY ANA 3")
    assert take(rows, terms("*", "debtor")).table["submitter"].to_pylist() == ["ANA", "BO", "CY"]
    assert take(rows, terms("*", "creditor")).table["submitter"].to_pylist() == ["ANA", "BO", "CY"]
    assert told(take(rows, terms("*", "either")).refusals) == ["submitter_missing: submitter (empty)"] * 3
    both = file("1 ANA BO 1 EUR BO\n 1 ANA BO 1 EUR ANA")
    assert take(both, terms("*", "agreement")).table["submitter"].to_pylist() == ["ANA", "BO"]


def test_one_submitter_may_use_an_id_once_and_another_the_same_id():
    rows = file("1 ANA BO 1\n 1 BO CY 2\n 1 ANA BO 3\n 2 ANA BO 4\n 2 ANA BO 4")
    taken = take(rows, terms("*"))
    assert taken.table.select(["submitter", "id"]).to_pylist() == [{"submitter": "ANA", "id": "2"}, {"submitter": "BO", "id": "1"}]
    assert taken.refusals["code"].to_pylist() == ["duplicate_id", "duplicate_id", "repeated_row"]


def test_where_there_is_one_currency_an_empty_cell_means_it():
    one = terms(union=UnionRules(name="One", currencies=("JPY",)))
    assert take(file("1 ANA BO 7 -"), one).table.select(["currency", "amount_minor"]).to_pylist() == [
        {"currency": "JPY", "amount_minor": 7}
    ]
    assert told(take(file("1 ANA BO 7 -"), terms()).refusals) == ["currency_not_taken: currency XXX"]


def test_a_union_that_names_no_currency_takes_all_of_iso_4217():
    anything = terms(union=UnionRules(name="All", exponents={"PTS": 1}))
    assert take(file("1 ANA BO 7 USD\n 2 ANA BO 7.5 PTS\n 3 ANA BO 7 EURO"), anything).table["amount_minor"].to_pylist() == [700, 75]


codes = st.sampled_from(["ANA", "BO", "CY", "DI", "EVE", ""])


@given(st.lists(st.tuples(st.sampled_from(["1", "2", "3", None]), codes, codes, st.sampled_from(["1", "2.5", "x"]), codes)), st.randoms())
def test_no_row_is_lost_and_the_order_of_rows_decides_nothing(rows, chance):
    wide = terms("*", "either")
    columns = dict(zip(("id", "debtor", "creditor", "amount", "submitter"), zip(*rows, strict=True) if rows else [()] * 5, strict=True))
    submitted = Submitted({name: pa.array(column, pa.string()) for name, column in columns.items()})
    shuffled = list(range(len(rows)))
    chance.shuffle(shuffled)
    other = dataclasses.replace(
        submitted, columns={name: column.take(pa.array(shuffled, pa.int64())) for name, column in submitted.columns.items()}
    )
    wide = dataclasses.replace(wide, union=UnionRules(name="One", currencies=("EUR",)))
    first, second = take(submitted, wide), take(other, wide)
    assert first.table.num_rows + first.repeated + first.refusals.num_rows == len(rows)
    assert first.table.equals(second.table)
    again = take(submitted, dataclasses.replace(wide, known=first.table))
    assert (again.table.num_rows, again.repeated) == (0, first.table.num_rows)
