"""JSON Lines and arrays of objects."""

from __future__ import annotations

import json

import pytest

from tests.formats.handed_in import code_of, fault_of, hand_in, numbers, rows


def line(debtor="A", creditor="B", amount=1, **others):
    return json.dumps({"debtor": debtor, "creditor": creditor, "amount": amount} | others) + "\n"


def test_numbers_keep_their_digits():
    content = "".join(
        f'{{"debtor":"A","creditor":"B","amount":{number}}}\n'
        for number in ("0.1", "0.10", "12345678901234567890123", "1e5", "-1.50", "NaN", "-Infinity", '"1,5"', "null")
    )
    amounts = [row[2] for row in rows(hand_in(content))]
    assert amounts == ["0.1", "0.10", "12345678901234567890123", "1e5", "-1.50", "NaN", "-Infinity", "1,5", None]


def test_true_and_false_and_codes_without_quotes_become_text():
    assert rows(hand_in(line(debtor=7, divisible=True) + line(divisible=False))) == [("7", "B", "1", "true"), ("A", "B", "1", "false")]


def test_names_may_appear_late_and_be_missing():
    submitted = hand_in(line() + '{"creditor": "D", "amount": 2, "id": "x"}\n')
    assert submitted.columns["debtor"].to_pylist() == ["A", None]
    assert submitted.columns["id"].to_pylist() == [None, "x"]


def test_many_rows_are_packed_in_order():
    submitted = hand_in("".join(line(id=str(number), **({"due": "2026-01-01"} if number > 70_000 else {})) for number in range(70_010)))
    assert submitted.columns["id"].to_pylist() == [str(number) for number in range(70_010)]
    assert submitted.columns["due"].null_count == 70_001


def test_lines_that_are_no_objects_are_unreadable():
    content = (
        line() + "\n[1, 2]\n" + '{"debtor": oops}\n' + line(debtor=["A"]) + '{"a": 1, "a": 2}\n"text"\n' + line(creditor="\ud800") + line()
    )
    submitted = hand_in(content)
    assert numbers(submitted) == [1, 9]
    assert [number for number, _ in submitted.unreadable] == [3, 4, 5, 6, 7, 8]
    assert "same name twice" in submitted.unreadable[3][1]


def test_nested_values_elsewhere_do_not_matter():
    assert rows(hand_in(line(remark={"a": [1]}))) == [("A", "B", "1")]


def test_deep_nesting_is_unreadable():
    assert [number for number, _ in hand_in(line() + "[" * 100_000 + "\n").unreadable] == [2]


@pytest.mark.parametrize("end", ('{"debtor": "C", "cred', "{", '{"debtor": "C"', '{"debtor": "C", "creditor": "D", "amount": 1'))
def test_lines_that_end_inside_an_object_are_truncated(end):
    assert code_of(line() + end) == "input_truncated"


def test_a_last_line_without_its_end_is_fine_when_it_is_whole():
    assert len(hand_in(line() + line().rstrip())) == 2


def test_an_object_over_many_lines_is_no_table():
    assert code_of(json.dumps({"obligations": [{"debtor": "A"}]}, indent=2)) == "input_not_a_table"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (f"[{line()},{line()}", "input_truncated"),
        (f"[{line()},{{", "input_truncated"),
        ("[{", "input_truncated"),
        ("[", "input_truncated"),
        (f"[{line()} {line()}]", "input_damaged"),
        (f"[{line()}, oops]", "input_damaged"),
        (f"[{line()}] x", "input_damaged"),
    ],
)
def test_a_broken_array_is_refused(content, code):
    assert code_of(content) == code


def test_deep_nesting_in_an_array_is_refused():
    assert code_of("[" * 100_000 + "]", name="deep.json") == "input_damaged"


def test_elements_that_are_no_objects_are_unreadable():
    submitted = hand_in(f"[{line()}, 7, {line()}]")
    assert numbers(submitted) == [1, 3]
    assert submitted.unreadable == ((2, "no object, but 7"),)


def test_names_in_other_letters_are_found_and_ambiguous_ones_refused():
    assert rows(hand_in('{"Debtor":"A","CREDITOR":"B","amount":1}\n')) == [("A", "B", "1")]
    assert fault_of('{"Debtor":"A","DEBTOR":"B","creditor":"C","amount":1}\n').code == "column_twice"
    assert rows(hand_in('{"debtor":"A","DEBTOR":"X","creditor":"C","amount":1}\n')) == [("A", "C", "1")]


def test_utf_16_and_marks_are_read_as_in_csv():
    for encoding in ("utf-8-sig", "utf-16"):
        assert rows(hand_in(line(debtor="Ä").encode(encoding))) == [("Ä", "B", "1")]


def test_a_name_decides_where_content_does_not():
    assert code_of("oops\n", name="x.jsonl.gz") == "input_not_a_table"
    assert code_of("oops\n", name="x.csv") == "column_missing"
