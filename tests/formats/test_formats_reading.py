"""Every format and packing yields the same cells, told apart by content."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from rescounter.formats import read
from rescounter.terms import CallerFault
from tests.formats.handed_in import FORMATS, HEADER, PACKINGS, SAMPLE, as_csv, code_of, fault_of, hand_in, rows

EXPECTED = list(zip(*SAMPLE.to_pydict().values(), strict=True))


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_in_every_packing_yields_the_same_cells(kind, packing):
    submitted = hand_in(PACKINGS[packing](FORMATS[kind](SAMPLE)))
    assert rows(submitted) == EXPECTED
    assert submitted.row_numbers is None
    assert submitted.unreadable == ()


@pytest.mark.parametrize("packing", ("plain", "gzip"))
@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_on_disk_is_read_like_a_stream_whatever_its_name_says(kind, packing, tmp_path):
    path = tmp_path / "obligations.pdf"
    path.write_bytes(PACKINGS[packing](FORMATS[kind](SAMPLE)))
    assert rows(read(path)) == EXPECTED
    assert rows(read(str(path))) == EXPECTED
    with path.open("rb") as file:
        assert rows(read(file)) == EXPECTED


def test_a_pipe_is_read_once(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(gzip.compress(as_csv(SAMPLE)),))
    writer.start()
    submitted = read(path)
    writer.join()
    assert rows(submitted) == EXPECTED


@pytest.mark.parametrize("kind", FORMATS)
def test_white_space_around_text_is_trimmed_in_every_format_and_nothing_is_an_empty_cell(kind):
    table = pa.table({"Debtor ": [" ANA\t"], "CREDITOR": ["\u00a0B O\u00a0"], "amount": ["  1"], "class": ["  "], "reference": [""]})
    submitted = hand_in(FORMATS[kind](table))
    assert rows(submitted) == [("ANA", "B O", "1", None, None)]


@pytest.mark.parametrize("kind", FORMATS)
def test_other_columns_are_left_out_and_named(kind):
    table = SAMPLE.append_column("Remark", pa.array(["x", "y", "z"]))
    submitted = hand_in(FORMATS[kind](table))
    assert rows(submitted) == EXPECTED
    assert [note for note in submitted.notes if "Remark" in note] == ["columns that were left out: Remark"]


@pytest.mark.parametrize("kind", FORMATS)
def test_columns_are_found_under_the_names_that_the_caller_gives(kind):
    table = SAMPLE.rename_columns(["payer", "Payee", "value", "currency", "id"])
    submitted = hand_in(FORMATS[kind](table), columns={"debtor": "payer", "creditor": "payee", "amount": "VALUE"})
    assert list(submitted.columns) == ["debtor", "creditor", "amount", "currency", "id"]
    assert rows(submitted) == EXPECTED


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path / "none" / "none.csv"):
        with pytest.raises(CallerFault) as caught:
            read(path)
        assert caught.value.code == "input_not_found"
        assert str(path) in caught.value.message


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(CallerFault) as caught:
        read(tmp_path)
    assert caught.value.code == "input_not_a_table"


def test_a_file_without_permission_is_unreadable(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "secret.csv"
    path.write_text("x")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(CallerFault) as caught:
        read(path)
    assert caught.value.code == "input_unreadable"
    assert "Permission denied" in caught.value.message


def test_a_path_that_no_system_takes_is_unreadable():
    with pytest.raises(CallerFault) as caught:
        read("a\0b.csv")
    assert caught.value.code == "input_unreadable"


def test_a_stream_of_text_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "A,B,1\n")
    with path.open() as file, pytest.raises(CallerFault) as caught:
        read(file)
    assert caught.value.code == "input_unreadable"


def test_nothing_at_all_is_empty():
    assert code_of(b"") == "input_empty"
    assert code_of(gzip.compress(b"")) == "input_empty"
    assert code_of(" \n\r\n\t\n") == "input_empty"
    assert code_of(b"\xef\xbb\xbf") == "input_empty"


@pytest.mark.parametrize("kind", sorted(set(FORMATS) - {"json_lines", "json_array"}))
def test_a_header_alone_has_no_rows(kind):
    assert code_of(FORMATS[kind](SAMPLE.slice(0, 0))) == "no_rows"


def test_an_empty_array_has_no_rows():
    assert code_of("[]") == "no_rows"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
        (b"<html><body><table><tr><td>debtor</td></tr></table>", "web page"),
        (b"\xef\xbb\xbf\n <!DOCTYPE HTML PUBLIC><html>", "web page"),
        ("<table><tr><td>debtor".encode("utf-16"), "web page"),
        (b'<?xml version="1.0"?><Workbook>', "XML"),
        (b"BZh91AY&SY" + bytes(20), "bzip2"),
        (b"\xfd7zXZ\x00" + bytes(20), "xz"),
        (b"SQLite format 3\x00" + bytes(90), "SQLite"),
        (b"FEA1" + bytes(20), "Feather"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "neither text"),
        (np.random.default_rng(7).bytes(5000), "neither text"),
    ],
)
def test_what_is_no_table_is_refused_with_the_way_out(content, said):
    fault = fault_of(content)
    assert fault.code == "input_not_a_table"
    assert said in fault.message


def _zip(**parts: bytes) -> bytes:
    import io
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
    return file.getvalue()


def test_archives_and_other_offices_are_told_from_workbooks():
    assert "OpenDocument" in fault_of(_zip(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content=b"x")).message
    assert "ZIP archive" in fault_of(_zip(obligations_DOT_csv=b"debtor,creditor,amount\nA,B,1\n")).message
    assert ".xlsb" in fault_of(_zip(xl__workbook_DOT_bin=b"x")).message


@pytest.mark.parametrize("packing", ("gzip", "zstd"))
@pytest.mark.parametrize("share", (0.2, 0.6, 0.99))
def test_a_packing_that_ends_too_early_is_truncated(packing, share):
    packed = PACKINGS[packing]((HEADER + "".join(f"A{row},B{row * 7 % 1000},{row}\n" for row in range(5000))).encode())
    assert code_of(packed[: int(len(packed) * share)]) == "input_truncated"


def test_a_damaged_packing_is_damaged():
    packed = bytearray(PACKINGS["gzip"](as_csv(SAMPLE)))
    packed[-6] ^= 1  # the check sum
    assert code_of(bytes(packed)) == "input_damaged"


@pytest.mark.parametrize("kind", ("parquet", "arrow_file", "arrow_stream", "xlsx"))
@pytest.mark.parametrize("cut", (1, 6, 30, 0.5, 0.9))
def test_a_binary_file_that_ends_too_early_is_truncated(kind, cut):
    content = FORMATS[kind](SAMPLE)
    size = len(content) - cut if isinstance(cut, int) else int(len(content) * cut)
    assert code_of(content[:size]) == "input_truncated"


def test_an_option_that_the_format_has_no_use_for_is_said_to_be_unused():
    notes = hand_in(FORMATS["parquet"](SAMPLE), encoding="cp1252", sheet="Q1").notes
    assert sum("was not used" in note for note in notes) == 2
    assert hand_in(as_csv(SAMPLE)).notes == ()


def test_columns_that_do_not_exist_are_refused():
    assert code_of(as_csv(SAMPLE), columns={"payer": "debtor"}) == "option_invalid"
    assert code_of(as_csv(SAMPLE), columns={"debtor": "creditor"}) == "option_invalid"
    assert code_of(as_csv(SAMPLE), columns={"debtor": "x", "creditor": "x"}) == "option_invalid"
    assert rows(hand_in(as_csv(SAMPLE), columns={"debtor": "creditor", "creditor": "debtor"}))[0][:2] == ("BO", "ANA")
