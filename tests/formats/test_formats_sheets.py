"""Workbooks as Excel, openpyxl and xlsxwriter write them."""

from __future__ import annotations

import datetime
import re

import openpyxl
import pytest
import xlsxwriter

from rescounter.formats.sheet_scan import scan_sheet
from tests.formats.handed_in import code_of, edited_zip, fault_of, hand_in, numbers, rows, workbook, written

HEADER = ["debtor", "creditor", "amount"]
SHEET = "xl/worksheets/sheet1.xml"


def sheets(**tables):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, lines in tables.items():
        sheet = book.create_sheet(title.replace("_", " "))
        for line in lines:
            sheet.append(line)
    return book


def test_a_column_of_numbers_arrives_as_the_floats_that_the_file_holds():
    submitted = hand_in(workbook([HEADER, ["A", "B", 0.1], ["A", "B", 10], ["A", "B", None], ["A", "B", 1234567.89]]))
    assert str(submitted.columns["amount"].type) == "double"
    assert submitted.columns["amount"].to_pylist() == [0.1, 10.0, None, 1234567.89]
    assert submitted.float_cells == {}


def test_a_mixed_column_is_text_that_remembers_which_cells_were_floats():
    submitted = hand_in(workbook([HEADER, ["A", "B", 0.1], ["A", "B", " 10 "], ["A", "B", 1e17], ["A", "B", None], ["A", "B", True]]))
    assert submitted.columns["amount"].to_pylist() == ["0.1", "10", "1e+17", None, "true"]
    assert submitted.float_cells["amount"].tolist() == [True, False, True, False, False]


def test_codes_that_became_numbers_are_codes_again():
    lines = [["debtor", "creditor", "amount", "id", "class"], [101, "B", 1, 7.0, 2.5], ["X", 2e20, 1, "INV-1", datetime.date(2026, 3, 31)]]
    submitted = hand_in(workbook(lines))
    assert submitted.columns["debtor"].to_pylist() == ["101", "X"]
    assert submitted.columns["creditor"].to_pylist() == ["B", "2e+20"]
    assert submitted.columns["id"].to_pylist() == ["7", "INV-1"]
    assert submitted.columns["class"].to_pylist() == ["2.5", "2026-03-31"]
    assert "creditor holds numbers of more than 15 digits" in submitted.notes[0]


def test_dates_and_serial_numbers_are_handed_on_as_what_they_are():
    day, moment = datetime.date(2026, 3, 31), datetime.datetime(2026, 4, 1, 10, 30)

    def due(*cells):
        return hand_in(workbook([[*HEADER, "due"], *(["A", "B", 1, cell] for cell in cells)])).columns["due"]

    assert due(day, None).to_pylist() == [day, None]
    assert due(moment).to_pylist() == [moment]
    assert due(day, moment).to_pylist() == [datetime.datetime(2026, 3, 31), moment]
    assert due(day, "2026-04-01").to_pylist() == ["2026-03-31", "2026-04-01"]
    assert due(46112).to_pylist() == [46112.0]
    assert due(46112, day).to_pylist() == ["46112.0", "2026-03-31"]


def test_a_date_in_a_column_of_amounts_is_handed_on():
    amounts = hand_in(workbook([HEADER, ["A", "B", 1.5], ["A", "B", datetime.date(2026, 3, 31)]])).columns["amount"]
    assert amounts.to_pylist() == ["1.5", "2026-03-31"]


def test_times_and_durations_become_text():
    cells = [datetime.time(10, 30), datetime.timedelta(hours=30)]
    assert all(isinstance(row[2], str) for row in rows(hand_in(workbook([HEADER, *(["A", "B", cell] for cell in cells)]))))


def test_divisible_may_be_true_or_yes_or_one():
    def divisible(*cells):
        return hand_in(workbook([[*HEADER, "divisible"], *(["A", "B", 1, cell] for cell in cells)])).columns["divisible"].to_pylist()

    assert divisible(True, False, None) == [True, False, None]
    assert divisible(True, "no", 0) == ["true", "no", "0"]


def test_the_error_of_a_formula_is_handed_on_as_its_text():
    def write(file):
        book = xlsxwriter.Workbook(file)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["A", "B", 1])
        sheet.write_row(2, 0, ["C", "D"])
        sheet.write_formula(2, 2, "=1/0", None, "#DIV/0!")
        sheet.write_formula(3, 0, "=VLOOKUP(1,A1:B2,2)", None, "#N/A")
        sheet.write_row(3, 1, ["D", 2])
        book.close()

    assert rows(hand_in(written(write))) == [("A", "B", "1.0"), ("C", "D", "#DIV/0!"), ("#N/A", "D", "2.0")]


def test_the_value_of_a_formula_is_read():
    def write(file):
        book = xlsxwriter.Workbook(file)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["A", "B"])
        sheet.write_formula(1, 2, "=1+1.5", None, 2.5)
        book.close()

    assert rows(hand_in(written(write))) == [("A", "B", 2.5)]


def test_empty_rows_are_no_rows_but_count():
    submitted = hand_in(workbook([HEADER, ["A", "B", 1], [], [None, "", None], ["C", "D", 2], [], []]))
    assert rows(submitted) == [("A", "B", 1.0), ("C", "D", 2.0)]
    assert numbers(submitted) == [1, 4]


def test_formatted_empty_rows_at_the_end_are_dropped():
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append(["A", "B", 1])
    for row in range(3, 3000):
        book.active.cell(row, 1).number_format = "0.00"
    submitted = hand_in(written(book.save))
    assert rows(submitted) == [("A", "B", 1.0)]
    assert submitted.row_numbers is None


def test_a_table_that_begins_in_the_middle_of_a_sheet_is_found():
    book = openpyxl.Workbook()
    for row, line in enumerate([HEADER, ["A", "B", 1]], 4):
        for column, cell in enumerate(line, 3):
            book.active.cell(row, column).value = cell
    submitted = hand_in(written(book.save))
    assert rows(submitted) == [("A", "B", 1.0)]
    assert numbers(submitted) == [1]


def test_a_header_under_a_merged_title_is_named():
    book = sheets(Q1=[["Obligations of March"], HEADER, ["A", "B", 1]])
    book["Q1"].merge_cells("A1:C1")
    fault = fault_of(written(book.save))
    assert (fault.code, fault.facts["header_row"]) == ("header_merged", 2)


def test_merged_header_cells_are_refused():
    book = sheets(Q1=[["debtor", None, "creditor", "amount"], ["A", "x", "B", 1]])
    book["Q1"].merge_cells("A1:B1")
    assert code_of(written(book.save)) == "header_merged"


def test_the_first_visible_sheet_with_the_header_is_read_and_the_others_are_named():
    book = sheets(Old=[HEADER, ["X", "Y", 9]], Cover=[["Dear colleagues"]], Data_1=[HEADER, ["A", "B", 1]], Data_2=[HEADER, ["C", "D", 2]])
    book["Old"].sheet_state = "hidden"
    submitted = hand_in(written(book.save))
    assert rows(submitted) == [("A", "B", 1.0)]
    assert submitted.notes == ("read the sheet Data 1; not read: Cover, Data 2",)


def test_a_sheet_is_read_by_its_name_hidden_or_not():
    book = sheets(Data=[HEADER, ["A", "B", 1]], Old=[HEADER, ["X", "Y", 9]])
    book["Old"].sheet_state = "hidden"
    assert rows(hand_in(written(book.save), sheet="OLD")) == [("X", "Y", 9.0)]
    fault = fault_of(written(book.save), sheet="Q3")
    assert fault.code == "option_invalid"
    assert "the sheets are Data, Old" in fault.message


def test_a_workbook_without_cells_is_empty():
    assert code_of(workbook([])) == "input_empty"
    assert code_of(workbook([HEADER])) == "no_rows"
    assert code_of(workbook([["A", "B", 1], ["C", "D", 2]])) == "header_missing"


def test_a_stray_cell_in_the_last_corner_does_not_end_the_process():
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active["XFD1048576"] = 1
    fault = fault_of(written(book.save))
    assert fault.code == "sheet_too_large"
    assert (fault.facts["rows"], fault.facts["columns"]) == (1_048_576, 16_384)


@pytest.mark.parametrize("prefix", (b"", b"x:"))
def test_cells_that_do_not_say_where_they_stand_are_bounded_too(prefix):
    def spread(xml):
        cells = b"<%bc><%bv>1</%bv></%bc>" % ((prefix,) * 4) * 9000
        return re.sub(rb"</sheetData>", b'<%brow r="1048576">%b</%brow></sheetData>' % (prefix, cells, prefix), xml)

    assert code_of(edited_zip(workbook([["x"]]), SHEET, lambda xml: re.sub(rb' r="[A-Z]+[0-9]+"', b"", spread(xml)))) == "sheet_too_large"


@pytest.mark.parametrize("part", (SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml"))
@pytest.mark.parametrize("edit", (lambda xml: xml[: len(xml) // 2], lambda xml: b"", lambda xml: b"\x00" * 100))
def test_a_damaged_part_is_one_clear_fault(part, edit):
    content = edited_zip(workbook([HEADER, ["A", "B", 1]]), part, edit)
    try:
        submitted = hand_in(content)
    except Exception as error:
        assert type(error).__name__ == "CallerFault", error
    else:
        assert len(submitted) == 1


def test_remarks_in_the_margin_are_left_out_and_counted():
    submitted = hand_in(workbook([HEADER, ["A", "B", 1, None, "see mail"], ["C", "D", 2]]))
    assert rows(submitted) == [("A", "B", 1.0), ("C", "D", 2.0)]
    assert submitted.notes == ("cells to the right of the named columns were left out, in 1 row(s)",)


@pytest.mark.parametrize("serial", (-5, 0, 1, 59, 60, 61, 0.5, 2958465, 2958466, 1e9, 1e300))
def test_any_number_that_is_formatted_as_a_date_is_handed_on(serial):
    book = sheets(Q1=[[*HEADER, "due"], ["A", "B", 1, serial]])
    book["Q1"]["D2"].number_format = "yyyy-mm-dd"
    assert len(hand_in(written(book.save))) == 1


def test_cells_with_and_without_their_place_are_bounded_together():
    lines = b'<row r="1048576">' + b"<c><v>1</v></c>" * 9000 + b"</row>"
    content = edited_zip(workbook([HEADER]), SHEET, lambda xml: xml.replace(b"</sheetData>", lines + b"</sheetData>"))
    assert code_of(content) == "sheet_too_large"


def test_a_row_beyond_the_last_one_is_refused():
    content = edited_zip(
        workbook([HEADER]), SHEET, lambda xml: xml.replace(b"</sheetData>", b'<row r="40000000"><c r="A40000000"/></row></sheetData>')
    )
    assert code_of(content) == "sheet_too_large"


def test_a_long_sheet_of_many_pieces_is_measured_rightly():
    lines = [["A", "B", 1, "x" * 900] for _ in range(5000)]
    content = workbook([[*HEADER, "reference"], *lines])
    seen = scan_sheet(edited_zip(content, SHEET, lambda xml: xml.replace(b"<v>", b"<v >")), SHEET)
    assert (seen.rows, seen.columns) == (5001, 4)
    assert len(hand_in(content)) == 5000


def test_an_error_across_the_seam_of_two_pieces_is_found():
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    for row in range(30_000):
        book.active.append(["A", "B", "#N/A" if row % 2 else 1.5])
    amounts = hand_in(written(book.save)).columns["amount"].to_pylist()
    assert amounts == ["1.5", "#N/A"] * 15_000
