"""Rows are admitted or refused, one answer each, as an accountant would expect."""

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.formats.reading import read_arrow
from rescounter.intake import Conditions, Submitted, admit
from rescounter.terms import INT64_MAX, REFUSALS, Exponents
from tests.obligations import as_table, networks


def submit(text, **options):
    """Rows of a small table; a dot is an empty cell."""
    lines = [line.split() for line in text.strip().splitlines()]
    names = lines[0]
    columns = {
        name: pa.array([None if row[place] == "." else row[place] for row in lines[1:]], pa.string()) for place, name in enumerate(names)
    }
    return admit(Submitted(columns), Conditions(**options))


def codes(admission):
    return list(zip(admission.refusals["row"].to_pylist(), admission.refusals["code"].to_pylist(), strict=True))


def test_good_rows_are_admitted_in_canonical_order():
    found = submit("""
        id  debtor creditor amount currency due
        b   bo     ana      5      EUR      .
        10  ana    bo       1.10   EUR      2026-02-01
        9   ana    bo       2      EUR      2026-02-01
        c   ana    bo       3      EUR      2026-01-01
        d   cy     bo       7      CHF      .
    """)
    admitted = found.admitted
    assert admitted.id.to_pylist() == ["d", "c", "9", "10", "b"]
    assert admitted.amount.tolist() == [700, 300, 200, 110, 500]
    assert admitted.members.to_pylist() == ["ana", "bo", "cy"]
    assert admitted.currencies == ("CHF", "EUR")
    assert admitted.exponents == (2, 2)
    assert found.refusals.num_rows == 0


def test_each_rule_refuses_its_row_and_the_rest_goes_on():
    found = submit(
        """
        id debtor creditor amount                   currency due        divisible
        a  .      bo       1                        EUR      .          .
        b  ana    bo       1,5                      EUR      .          .
        c  ana    bo       0                        EUR      .          .
        d  ana    bo       -1                       EUR      .          .
        e  ana    bo       1.005                    EUR      .          .
        f  ana    bo       99999999999999999999     EUR      .          .
        g  ana    bo       1                        ZZZ      .          .
        h  ana    ana      1                        EUR      .          .
        i  ana    bo       1                        EUR      .          .
        i  ana    bo       1.00                     EUR      .          .
        j  ana    bo       1                        EUR      .          .
        j  ana    bo       2                        EUR      .          .
        k  ana\u200b bo    1                        EUR      .          .
        l  ana    %s       1                        EUR      .          .
        m  ana    bo       1                        EUR      31.02.2026 .
        n  ana    bo       1                        EUR      .          perhaps
        o  ana    bo       1                        XAU      .          .
    """
        % ("x" * 65)
    )
    assert codes(found) == [
        (1, "missing_field"), (2, "not_a_number"), (3, "zero_amount"), (4, "negative_amount"), (5, "too_precise"), (6, "beyond_int64"),
        (7, "unknown_currency"), (8, "self_obligation"), (10, "repeated_row"), (11, "duplicate_id"), (12, "duplicate_id"),
        (13, "hidden_characters"), (14, "name_too_long"), (15, "not_a_date"), (16, "not_yes_or_no"), (17, "unknown_currency"),
    ]  # fmt: skip
    assert found.admitted.id.to_pylist() == ["i"]
    assert all(all(cell for cell in row.values()) for row in found.refusals.to_pylist()), "every refusal says everything"


IN_ORDER = [
    ("missing_field", {"debtor": None}),
    ("not_a_number", {"amount": "ten"}),
    ("zero_amount", {"amount": "0"}),
    ("negative_amount", {"amount": "-1"}),
    ("too_precise", {"amount": "1.005"}),
    ("beyond_int64", {"amount": "1" + "0" * 19}),
    ("unknown_currency", {"currency": "ZZZ"}),
    ("self_obligation", {"creditor": "ana"}),
    ("hidden_characters", {"class": "a\u202eb"}),
    ("name_too_long", {"reference": "x" * 257}),
    ("not_a_date", {"due": "soon"}),
    ("not_yes_or_no", {"divisible": "perhaps"}),
]


def test_the_most_important_broken_rule_is_told():
    good = {
        "id": "1",
        "debtor": "ana",
        "creditor": "bo",
        "amount": "1",
        "currency": "EUR",
        "class": None,
        "reference": None,
        "due": None,
        "divisible": None,
    }
    for place, (code, _) in enumerate(IN_ORDER):
        row = dict(good)
        for other, change in reversed(IN_ORDER[place:]):
            if (code, other) != ("too_precise", "unknown_currency"):  # precision is judged in a known currency
                row |= change
        found = admit(Submitted({name: pa.array([cell], pa.string()) for name, cell in row.items()}))
        assert codes(found) == [(1, code)]
    assert [code for code, _ in IN_ORDER] == sorted((code for code, _ in IN_ORDER), key=lambda code: REFUSALS[code].precedence)


def test_ids_are_the_row_numbers_when_there_are_none():
    found = submit("debtor creditor amount\nana bo 1\nana bo 2")
    assert found.admitted.id.to_pylist() == ["1", "2"]


def test_a_repeated_id_with_a_row_that_is_refused_for_itself_is_not_taken():
    found = submit("""
        id debtor creditor amount
        a  ana    bo       0
        a  ana    bo       5
    """)
    assert codes(found) == [(1, "zero_amount"), (2, "duplicate_id")]


def test_a_row_without_an_id_never_takes_the_place_of_another():
    """Row 1 goes by its number, which is row 2's id: equal or not, two debts are two debts."""
    for amount in (6, 7):
        found = submit(f"""
            id debtor creditor amount
            .  bo     ana      6
            1  bo     ana      {amount}
            7  ana    bo       12
        """)
        assert codes(found) == [(1, "duplicate_id")]
        assert found.admitted.id.to_pylist() == ["7", "1"]


def test_dates_beyond_the_calendar_are_refused():
    days = pa.array([3_000_000, -800_000, 20_000], pa.int32()).cast(pa.date32())
    names = pa.array(["ana"] * 3), pa.array(["bo"] * 3)
    found = admit(Submitted({"debtor": names[0], "creditor": names[1], "amount": pa.array([1, 1, 1]), "due": days}))
    assert codes(found) == [(1, "not_a_date"), (2, "not_a_date")]


def test_names_that_look_alike_are_alike():
    found = submit("debtor creditor amount\nMu\u0308ller bo 1\nM\u00fcller bo 1")
    assert codes(found) == [(1, "not_composed")]


def test_a_currency_whose_sum_leaves_int64_is_refused_as_a_whole_and_the_others_go_on():
    found = submit(f"""
        debtor creditor amount_minor       currency
        ana    bo       {INT64_MAX}        EUR
        bo     ana      1                  EUR
        ana    bo       {INT64_MAX}        USD
        bo     cy       5                  CHF
    """)
    assert codes(found) == [(1, "currency_sum_beyond_int64"), (2, "currency_sum_beyond_int64")]
    assert found.admitted.amount.tolist() == [5, INT64_MAX]


def test_rows_that_are_kept_out_stay_owed_and_say_why():
    found = submit(
        """
        id debtor creditor amount due        divisible
        a  ana    bo       4.99   2026-01-01 .
        b  ana    bo       5      2026-01-02 .
        c  ana    bo       9      2026-01-03 .
        d  ana    bo       9      .          no
        e  ana    bo       9      .          YES
        """.replace("amount", "amount ").replace("4.99", "4"),
        minimum=Decimal(5),
        due_by=datetime.date(2026, 1, 2),
    )
    kept_out = dict(zip(found.admitted.id.to_pylist(), found.admitted.excluded.tolist(), strict=True))
    assert kept_out == {"a": 2, "b": 0, "c": 3, "d": 1, "e": 0}


@pytest.mark.parametrize(("minimum", "kept_out"), [("0.5", 0), ("1", 0), ("1.5", 1), ("2", 1), ("99999999999999999999", 3)])
def test_the_minimum_is_compared_exactly(minimum, kept_out):
    found = submit("debtor creditor amount\nana bo 1\nana bo 2\nana bo 3", minimum=Decimal(minimum))
    assert int((found.admitted.excluded > 0).sum()) == kept_out


def test_a_declared_currency_is_taken():
    found = submit("debtor creditor amount currency\nana bo 1.25 XAU", exponents=Exponents({"XAU": 3}))
    assert found.admitted.amount.tolist() == [1250]


@pytest.mark.parametrize(
    ("cells", "hint"),
    [
        ({"debtor": "Total", "creditor": None, "amount": "99"}, "totals row"),
        ({"debtor": None, "creditor": None, "amount": "99"}, "totals row"),
        ({"amount": "1.234,56"}, "--decimal ,"),
        ({"amount": "1,234.56"}, "--decimal ."),
        ({"amount": "1.2E+05"}, "shortened"),
        ({"amount": "1.234.567"}, "--decimal ,"),
        ({"amount": "1 000"}, "--decimal ,"),
        ({"amount": "(100)"}, "credit note"),
        ({"amount": "5 EUR"}, "column of its own"),
        ({"amount": "1.234"}, "--decimal ,"),
        ({"amount": "1.50"}, "--exponent XXX=2"),
        ({"amount": "59.970000000000006", "currency": "EUR"}, "ROUND"),
        ({"amount": "#REF!"}, "formula"),
        ({"amount": "2026-01-02"}, "date"),
        ({"amount": "NaN"}, "no number"),
        ({"due": "45321"}, "2024-01-30"),
        ({"due": "01/02/2026"}, "year-month-day"),
        ({"currency": "eur"}, "Write EUR"),
    ],
)
def test_what_spreadsheets_do_gets_the_hint_that_mends_it(cells, hint):
    row = {"debtor": "ana", "creditor": "bo", "amount": "1", "currency": None, "due": None} | cells
    found = admit(Submitted({name: pa.array([cell], pa.string()) for name, cell in row.items()}))
    assert hint in found.refusals["what_to_do"][0].as_py()


def test_unreadable_rows_are_refused_with_their_number():
    columns = {name: pa.array([cell]) for name, cell in (("debtor", "ana"), ("creditor", "bo"), ("amount", "1"))}
    found = admit(Submitted(columns, row_numbers=np.array([2]), unreadable=((1, '"ana,bo,1'),)))
    assert codes(found) == [(1, "unreadable_row")]
    assert found.admitted.id.to_pylist() == ["2"]


@given(networks(currencies=("XXX", "EUR", "JPY")).filter(bool), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, dice):
    shuffled = list(rows)
    dice.shuffle(shuffled)
    one, other = (admit(read_arrow(as_table(table))).admitted for table in (rows, shuffled))
    assert one.id == other.id
    assert one.members == other.members
    for name in ("currency", "debtor", "creditor", "amount", "due", "excluded"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@given(
    st.lists(
        st.tuples(*[st.one_of(st.none(), st.text(max_size=4), st.sampled_from(["ana", "bo", "1", "0", "EUR", "2026-01-01", "no"]))] * 7),
        max_size=12,
    )
)
def test_any_cells_whatever_are_answered_row_by_row(rows):
    names = ("id", "debtor", "creditor", "amount", "currency", "due", "divisible")
    columns = {name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)}
    found = admit(Submitted(columns))
    assert len(found.admitted) + found.refusals.num_rows == len(rows)
    assert len(set(found.admitted.id.to_pylist())) == len(found.admitted)


def test_the_edge_key_may_outgrow_int64():
    """With very many members and currencies the order falls back to comparing columns."""
    from rescounter.intake.order import canonical_order

    currency = np.array([30000, 2, 30000, 2], np.int16)
    party = np.array([2**31 - 2, 5, 2**31 - 2, 5], np.int32)
    due = np.array([1, 1, 0, 1], np.int32)
    assert canonical_order(currency, party, party, due, pa.array(["a", "10", "b", "9"])).tolist() == [3, 1, 2, 0]
