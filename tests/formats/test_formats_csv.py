"""CSV as people and spreadsheets write it."""

from __future__ import annotations

import pytest

from tests.formats.handed_in import HEADER, code_of, fault_of, hand_in, numbers, rows


@pytest.mark.parametrize("separator", (",", ";", "\t", "|"))
@pytest.mark.parametrize("line_end", ("\n", "\r\n", "\r"))
@pytest.mark.parametrize("last_line_ends", (True, False))
def test_separators_and_line_ends_are_told_from_the_file(separator, line_end, last_line_ends):
    lines = [("debtor", "creditor", "amount"), ("A", "B", "1"), ("C", "D", "2")]
    content = line_end.join(separator.join(line) for line in lines) + line_end * last_line_ends
    submitted = hand_in(content)
    assert rows(submitted) == [("A", "B", "1"), ("C", "D", "2")]


def test_other_separators_in_the_header_do_not_mislead():
    assert rows(hand_in("debtor;creditor;amount;remark, free|text\nA;B;1,50;x,y,z\n")) == [("A", "B", "1,50")]


@pytest.mark.parametrize("declared", ("sep=;\r\n", "SEP=;\n"))
def test_the_separator_that_excel_declares_in_the_first_line_is_used(declared):
    assert rows(hand_in(declared + "debtor;creditor;amount\r\nA;B;1,5\r\n")) == [("A", "B", "1,5")]


@pytest.mark.parametrize("encoding", ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"))
def test_unicode_is_read_with_and_without_its_mark(encoding):
    content = "debtor;creditor;amount\r\nÇelik;Søn 😀;1\r\n".encode(encoding)
    assert rows(hand_in(content)) == [("Çelik", "Søn 😀", "1")]


def test_big_endian_with_its_mark():
    assert rows(hand_in(b"\xfe\xff" + (HEADER + "Ä,B,1\n").encode("utf-16-be"))) == [("Ä", "B", "1")]


@pytest.mark.parametrize("encoding", ("cp1252", "latin-1", "shift_jis", "utf-8", "UTF8", "utf_16"))
def test_a_named_encoding_is_used(encoding):
    text = HEADER + ("会社,B,1\n" if encoding == "shift_jis" else "Ä,B,1\n")
    assert rows(hand_in(text.encode(encoding), encoding=encoding))[0][0] in ("会社", "Ä")


def test_a_byte_order_mark_wins_over_a_named_encoding_and_says_so():
    submitted = hand_in((HEADER + "Ä,B,1\n").encode("utf-8-sig"), encoding="cp1252")
    assert rows(submitted) == [("Ä", "B", "1")]
    assert "--encoding cp1252 was not used" in submitted.notes[0]


def test_bytes_of_another_encoding_are_refused_with_their_line():
    fault = fault_of((HEADER + "A,B,1\nÄ,B,1\n").encode("cp1252"))
    assert (fault.code, fault.facts["line"]) == ("encoding_unknown", 3)
    assert "--encoding" in fault.what_to_do


@pytest.mark.parametrize("encoding", ("no-such", "base64", "rot13", "undefined", "ascii"))
def test_an_encoding_that_does_not_fit_is_refused(encoding):
    assert code_of((HEADER + "Ä,B,1\n").encode(), encoding=encoding) == "encoding_unknown"


def test_utf_16_that_ends_within_a_character_is_truncated():
    assert code_of((HEADER + "A,B,1\n").encode("utf-16")[:-1]) == "input_truncated"


def test_cells_are_text_as_written():
    content = HEADER + "007,NA,0001.50\nnull,true,1e5\nNaN,2026-01-01,-0\n#N/A,'x,=1+1\n"
    assert rows(hand_in(content)) == [
        ("007", "NA", "0001.50"),
        ("null", "true", "1e5"),
        ("NaN", "2026-01-01", "-0"),
        ("#N/A", "'x", "=1+1"),
    ]


def test_quotes_protect_separators_quotes_and_line_breaks():
    content = HEADER + '"A, Inc.","B ""the"" C","1"\n"two\nlines",5" pipe,2\n"","x"y,3\n'
    assert rows(hand_in(content)) == [("A, Inc.", 'B "the" C', "1"), ("two\nlines", '5" pipe', "2"), (None, "xy", "3")]


def test_a_cell_larger_than_a_block_is_read():
    long = "x" * 3_000_000
    assert rows(hand_in(HEADER + f'A,"{long}",1\nC,D,2\n'))[0][1] == long


def test_blank_lines_and_empty_records_are_no_rows_but_count():
    content = HEADER + "A,B,1\n\n,,\n  \nC,D,2\n , ,\u00a0\nE,F,3\n\n,,\n"
    submitted = hand_in(content)
    assert rows(submitted) == [("A", "B", "1"), ("C", "D", "2"), ("E", "F", "3")]
    assert numbers(submitted) == [1, 5, 7]
    assert submitted.unreadable == ()


def test_blank_lines_above_the_header_do_not_matter():
    assert numbers(hand_in("\n\n" + HEADER + "A,B,1\n")) == [1]


def test_trailing_blank_lines_leave_the_rows_numbered_plainly():
    assert hand_in(HEADER + "A,B,1\n\n\n,,\n").row_numbers is None


def test_a_record_with_a_cell_in_another_column_is_a_row():
    submitted = hand_in("debtor,creditor,amount,remark\nA,B,1,\n,,,total 1\n,,,\n")
    assert rows(submitted) == [("A", "B", "1"), (None, None, None)]


def test_records_that_do_not_fit_are_unreadable_and_the_others_are_read():
    content = HEADER + 'A,B,1\nC,D\n"E\nE",F,2\nG,H,3,4\n\nlonely\nI,J,5\n'
    submitted = hand_in(content)
    assert rows(submitted) == [("A", "B", "1"), ("E\nE", "F", "2"), ("I", "J", "5")]
    assert numbers(submitted) == [1, 3, 7]
    assert submitted.unreadable == (
        (2, "2 cells for 3 columns: C,D"),
        (4, "4 cells for 3 columns: G,H,3,4"),
        (6, "1 cells for 3 columns: lonely"),
    )


def test_rows_are_numbered_rightly_across_blocks():
    lines = [f"A{row},B{row},{row}" for row in range(1, 200_001)]
    lines[150_000] = "bad"
    submitted = hand_in(HEADER + "\n".join(lines) + "\n")
    assert submitted.unreadable == ((150_001, "1 cells for 3 columns: bad"),)
    assert all(cell == f"A{number}" for cell, number in zip(submitted.columns["debtor"].to_pylist(), numbers(submitted), strict=True))


@pytest.mark.parametrize(
    "content",
    [
        "debtor;creditor;amount;;\nA;B;1;;\nC;D;2;;\n;;;;\n",
        "debtor;creditor;amount\nA;B;1;;\nC;D;2;;\n;;;;\n",
        "debtor;creditor;amount;;\nA;B;1;;\nC;D;2\n",
        "debtor;creditor;amount\nA;B;1\nC;D;2;\n;;\n",
        "debtor;creditor;amount;\nA;B;1;\nC;D;2;;;;;\n",
    ],
)
def test_surplus_empty_cells_do_no_harm(content):
    submitted = hand_in(content)
    assert rows(submitted) == [("A", "B", "1"), ("C", "D", "2")]
    assert submitted.unreadable == ()


def test_a_file_without_a_good_row_yields_its_unreadable_ones():
    submitted = hand_in(HEADER + "one\ntwo\n")
    assert len(submitted) == 0
    assert [number for number, _ in submitted.unreadable] == [1, 2]


@pytest.mark.parametrize(
    "end", ['C,"D,2\nE,F,3\n', 'C,D,"2', 'C,D,"2\n', '"', '"\n', "C,D", "C", 'C,"' + "x" * 200_000 + "\n", 'C,D,"2\n\n']
)
def test_a_file_that_ends_inside_a_record_is_truncated(end):
    fault = fault_of(HEADER + "A,B,1\n" + end)
    assert fault.code == "input_truncated"
    assert "3" in fault.message or "row 2" in fault.message


def test_a_literal_quote_is_no_open_one():
    assert rows(hand_in(HEADER + 'A,5" pipe,1\n')) == [("A", '5" pipe', "1")]


def test_a_short_last_record_that_ends_its_line_is_only_unreadable():
    assert hand_in(HEADER + "A,B,1\nC,D\n").unreadable == ((2, "2 cells for 3 columns: C,D"),)


def test_an_endless_header_is_no_table():
    assert code_of("debtor,creditor,amount," + "x" * 100_000 + "\nA,B,1,2\n") == "input_not_a_table"


def test_a_totals_row_is_a_row_for_intake_to_judge():
    assert rows(hand_in("debtor;creditor;amount\nA;B;1,50\nTotal;;1,50\n")) == [("A", "B", "1,50"), ("Total", None, "1,50")]


@pytest.mark.parametrize("content", ("debtor,creditor,amount,,\nA,B,1,,\nC,D,1,50,\n", HEADER + "A,B,1,\nC,D,1,50\n"))
def test_a_cell_beyond_the_named_columns_makes_its_record_unreadable(content):
    submitted = hand_in(content)
    assert rows(submitted) == [("A", "B", "1")]
    assert submitted.unreadable == ((2, "a cell without a column: 50"),)


def test_a_huge_cell_in_a_record_that_does_not_fit_is_cut():
    submitted = hand_in(HEADER + "A,B,1\n" + "x" * 200_000 + "\nC,D,2\n")
    assert numbers(submitted) == [1, 3]
    assert submitted.unreadable[0][0] == 2
    assert len(submitted.unreadable[0][1]) < 300


def test_a_mark_within_the_file_belongs_to_its_cell():
    assert rows(hand_in(HEADER + "\ufeffA,B,1\n\ufeffA,B,1\n")) == [("\ufeffA", "B", "1")] * 2
