"""What both sides said: who agrees, who differs, who was silent, under each rule of the book."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.intake.matching import match
from rescounter.rulebook.rules import IntakeRules
from rescounter.terms.intake_tables import ACT, WHYS
from rescounter.terms.union_tables import FROZEN, SUBMISSIONS
from tests.intake.union_rows import cut, outside, owed, stands, told


def test_both_sides_must_agree_where_the_rulebook_says_so():
    both = cut(
        """
        ANA INV-1 ANA BO 100
        BO  INV-1 ANA BO 100
        ANA INV-2 ANA BO 200
        CY  INV-3 BO  CY 300
        """,
        driven_by="agreement",
    )
    assert stands(both) == ["ANA INV-1 100 INV-1"]
    assert outside(both) == ["ANA INV-2 not_matched", "BO INV-1 matched", "CY INV-3 not_matched"]
    assert told(both.refusals) == [
        "not_matched: INV-2 of ANA, of which BO said nothing",
        "not_matched: INV-3 of CY, of which BO said nothing",
    ]


def test_who_differs_is_told_what_each_side_said():
    both = cut(
        """
        ANA INV-1 ANA BO 100 due=2026-03-01
        BO  INV-1 ANA BO 110
        ANA INV-2 ANA BO 100 due=2026-03-01
        BO  INV-2 ANA BO 100 due=2026-03-02
        ANA INV-3 ANA BO 100
        BO  INV-3 ANA BO 100 currency=CHF
        """,
        driven_by="agreement",
    )
    assert stands(both) == []
    assert told(both.refusals) == [
        "differs: ANA says 1.00 EUR due 2026-03-01, BO says 1.10 EUR",
        "differs: ANA says 1.00 EUR due 2026-03-01, BO says 1.00 EUR due 2026-03-02",
        "differs: ANA says 1.00 EUR, BO says 1.00 CHF",
        "differs: BO says 1.10 EUR, ANA says 1.00 EUR due 2026-03-01",
        "differs: BO says 1.00 EUR due 2026-03-02, ANA says 1.00 EUR due 2026-03-01",
        "differs: BO says 1.00 CHF, ANA says 1.00 EUR",
    ]


def test_a_reference_names_the_deal_where_the_ids_of_both_sides_differ():
    both = cut(
        """
        ANA PAY-9 ANA BO 100 reference=INV-1
        BO  INV-1 ANA BO 100
        ANA PAY-8 ANA BO 200 reference=ORDER-5
        BO  INV-2 ANA BO 200 reference=ORDER-5
        """,
        driven_by="agreement",
    )
    assert stands(both) == ["ANA PAY-8 200 INV-2", "ANA PAY-9 100 INV-1"]


def test_of_several_deliveries_under_one_order_the_earliest_due_come_together():
    both = cut(
        """
        ANA A1 ANA BO 100 reference=O due=2026-02-01
        ANA A2 ANA BO 100 reference=O due=2026-01-01
        ANA A3 ANA BO 300 reference=O
        BO  B1 ANA BO 100 reference=O due=2026-01-01
        BO  B2 ANA BO 100 reference=O due=2026-02-01
        BO  B3 ANA BO 100 reference=O due=2026-03-01
        """,
        driven_by="agreement",
    )
    assert stands(both) == ["ANA A1 100 B2", "ANA A2 100 B1"]
    assert outside(both) == ["ANA A3 differs", "BO B1 matched", "BO B2 matched", "BO B3 differs"]


def test_the_due_date_of_either_side_counts_where_the_other_gave_none():
    both = cut("ANA 1 ANA BO 100\n BO 1 ANA BO 100 due=2026-05-01", driven_by="agreement", due="by-cut-off")
    assert stands(both) == ["ANA 1 100 1 not_yet_due"]


def test_an_obligation_that_either_hands_in_counts_once():
    once = cut(
        """
        ANA INV-1 ANA BO 100
        BO  INV-1 ANA BO 100
        ANA INV-2 ANA BO 200
        BO  INV-3 ANA BO 300
        ANA INV-4 ANA BO 400
        BO  INV-4 ANA BO 401
        """,
        driven_by="either",
    )
    assert stands(once) == ["ANA INV-1 100 INV-1", "ANA INV-2 200", "BO INV-3 300"]
    assert outside(once) == ["ANA INV-4 differs", "BO INV-1 matched", "BO INV-4 differs"]


ANSWERED = """
    ANA 1 ANA BO 100
    ANA 2 ANA BO 200
    ANA 3 ANA BO 300
"""
ANSWERS = """
    ANA 1 BO confirmed
    ANA 2 BO rejected goods-came-back
"""


@pytest.mark.parametrize(
    ("silence", "third"),
    [("accept", ["ANA 3 300 silence"]), ("reject", []), ("hold", ["ANA 3 300 held"])],
    ids=["accept", "reject", "hold"],
)
def test_the_counterparty_answers_and_its_silence_counts_as_the_rulebook_says(silence, third):
    answered = cut(ANSWERED, answers=ANSWERS, confirmation=True, silence=silence)
    assert stands(answered) == ["ANA 1 100 confirmed", *third]
    refused = ["rejected: BO: goods-came-back"] + (["not_confirmed: 3 of ANA, to which BO did not answer"] if silence == "reject" else [])
    assert told(answered.refusals) == refused


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, []),
        ({"silence": "hold"}, ["ANA 1 100 held", "ANA 2 200 held", "ANA 3 300 held"]),
        ({"confirmation": True}, ["ANA 1 100 confirmed", "ANA 3 300 silence"]),
        ({"confirmation": True, "silence": "reject"}, ["ANA 1 100 confirmed"]),
        ({"confirmation": True, "silence": "hold"}, ["ANA 1 100 confirmed", "ANA 3 300 held"]),
    ],
)
def test_silence_is_no_agreement_where_both_hand_in_unless_they_are_asked_to_confirm(rules, expected):
    assert stands(cut(ANSWERED, answers=ANSWERS, driven_by="agreement", **rules)) == expected


def test_of_two_answers_the_later_counts_and_of_two_at_once_the_rejection():
    rows = "ANA 1 ANA BO 100\n ANA 2 ANA BO 200\n ANA 3 ANA BO 300"
    answers = """
        ANA 1 BO rejected  why 3
        ANA 1 BO confirmed -   4
        ANA 2 BO confirmed -   3
        ANA 2 BO rejected  why 4
        ANA 3 BO confirmed -   5
        ANA 3 BO rejected  why 5
    """
    assert stands(cut(rows, answers=answers, confirmation=True)) == ["ANA 1 100 confirmed"]


def test_nobody_confirms_what_was_changed_afterwards():
    changed = cut(
        "ANA 1 ANA BO 100 act=1\n ANA 1 ANA BO 999 act=4",
        withdrawals="ANA 1 3",
        answers="ANA 1 BO confirmed - 2",
        confirmation=True,
        silence="reject",
    )
    assert stands(changed) == []
    assert told(changed.refusals) == [
        "nothing_to_answer: BO answers confirmed to ANA/1",
        "not_confirmed: 1 of ANA, to which BO did not answer",
    ]


def test_what_was_carried_stays_whatever_a_new_row_says():
    carried = owed("ANA 1 ANA BO 60\n ANA 2 ANA BO 70 matched=B2", schema=FROZEN)
    again = cut("BO 1 ANA BO 100\n BO B2 ANA BO 100\n BO 3 ANA BO 100", driven_by="either", carried=carried)
    assert stands(again) == ["ANA 1 60", "ANA 2 70 B2", "BO 3 100"]
    assert outside(again) == ["BO 1 already_carried", "BO B2 already_carried"]


def test_a_held_row_is_matched_in_the_next_cycle():
    first = cut("ANA 1 ANA BO 100", driven_by="agreement", silence="hold")
    carried = first.table.set_column(first.table.schema.get_field_index("excluded"), "excluded", pa.array([""]))
    assert stands(cut("", driven_by="agreement", silence="hold", carried=carried, cycle="c2")) == ["ANA 1 100 held"]
    second = cut("BO 1 ANA BO 100", driven_by="agreement", silence="hold", carried=carried, cycle="c2")
    assert stands(second) == ["ANA 1 100 1"]
    assert second.table["origin"].to_pylist() == ["c1"]


def test_where_only_the_creditors_row_was_carried_it_stands_for_both():
    first = cut("BO 1 ANA BO 100", driven_by="agreement", silence="hold")
    second = cut("ANA 1 ANA BO 100", driven_by="agreement", silence="hold", carried=first.table, cycle="c2")
    assert (stands(second), outside(second)) == (["BO 1 100 1"], ["ANA 1 matched"])


said = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from([("ANA", "BO"), ("BO", "ANA"), ("CY", "ANA")]),
        st.integers(1, 3),
        st.sampled_from(["", " reference=1", " reference=R"]),
        st.sampled_from(["", " due=2026-01-01", " due=2026-02-01"]),
    ),
    max_size=14,
    unique_by=lambda row: (row[2][row[0]], row[1]),
)


@given(said, st.sampled_from(["either", "agreement"]), st.sampled_from(["accept", "hold", "reject"]))
def test_matching_is_symmetric(rows, driven_by, silence):
    """Partners are partners of each other, and with debtors and creditors exchanged the same rows come together."""
    rules = IntakeRules(driven_by=driven_by, silence=silence)
    ways = []
    for exchanged in (False, True):
        lines = []
        for by_creditor, name, parties, amount, reference, due in rows:
            debtor, creditor = reversed(parties) if exchanged else parties
            lines.append(f"{parties[by_creditor]} {name} {debtor} {creditor} {amount}{reference}{due}")
        table = owed("\n".join(lines), schema=pa.schema([*SUBMISSIONS, FROZEN.field("matched"), ACT]))
        table = table.sort_by([("submitter", "ascending"), ("id", "ascending")])
        none = pa.nulls(table.num_rows, pa.int64()).fill_null(0)
        found = match(table, none.to_numpy().astype("int8"), rules, carried=none.to_numpy() > 0)
        partner = found.partner.tolist()
        assert all(partner[partner[row]] == row for row in range(len(partner)) if partner[row] >= 0)
        ways.append((partner, [place in (0, WHYS.index("matched")) for place in found.why.tolist()]))
    assert ways[0] == ways[1]
