"""Tables come back exactly as they were written, and the bytes depend on them alone."""

from __future__ import annotations

import datetime
import hashlib
import time
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rescounter.formats import FORMATS, read_tables, write_tables
from rescounter.formats.xlsx_files import refuse_what_no_sheet_holds
from rescounter.terms import CallerFault, EnvironmentFault
from rescounter.terms.tables import CIRCUITS, MEMBERS, POTENTIALS, REFUSALS_TABLE, members_schema, obligations_schema

SCHEMAS = {
    "obligations": obligations_schema(netting=True, reference=True),
    "members": members_schema(netting=True),
    "potentials": POTENTIALS,
    "circuits": CIRCUITS,
    "refusals": REFUSALS_TABLE,
}
every_format = pytest.mark.parametrize("kind", FORMATS)

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), max_size=12)
_plain = st.sampled_from(
    ["ANA", "=1+1", '"', ",", "a\nb", "\r\n", " x ", "007", "1e5", "NA", "#N/A", "true", "_x0041_", "\ufeff", "-1", "2026-01-01"]
)
_INTEGERS = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**53, 2**53 - 1, -(2**53)]),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
}


def cells_of(kind, *, empty_text):
    if pa.types.is_date32(kind):
        return st.none() | st.dates()
    if pa.types.is_integer(kind):
        return _INTEGERS[kind] | (st.none() if empty_text else st.nothing())
    text = _texts | _plain
    return st.none() | (text if empty_text else text.filter(bool))


@st.composite
def tables(draw, *, empty_text=True):
    name = draw(st.sampled_from(sorted(SCHEMAS)))
    schema = SCHEMAS[name]
    size = draw(st.integers(0, 6))
    columns = [draw(st.lists(cells_of(field.type, empty_text=empty_text), min_size=size, max_size=size)) for field in schema]
    return name, pa.table([pa.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)], schema=schema)


def round_trip(name, table, kind):
    with TemporaryDirectory() as folder:
        write_tables({name: table}, Path(folder), format=kind)
        return read_tables(Path(folder), [name])[name]


@settings(deadline=None)
@given(tables())
def test_parquet_and_csv_give_back_what_they_were_given(named):
    for kind in ("parquet", "csv"):
        assert round_trip(*named, kind).equals(named[1])


@settings(deadline=None, max_examples=60)
@given(tables(empty_text=False))
def test_xlsx_gives_back_what_it_was_given(named):
    assert round_trip(*named, "xlsx").equals(named[1])


def potentials(members=("ANA", "BO"), values=(2**63 - 1, 0)):
    return pa.table([list(members), ["EUR"] * len(members), list(values)], schema=POTENTIALS)


@every_format
def test_an_empty_text_is_null_in_a_sheet_only(kind):
    found = round_trip("potentials", potentials(members=("", "BO")), kind)
    assert found["member"].to_pylist() == [None if kind == "xlsx" else "", "BO"]


@every_format
@pytest.mark.parametrize("netting", (True, False))
@pytest.mark.parametrize("reference", (True, False))
def test_optional_columns_come_back_where_they_were(kind, netting, reference):
    for name, schema in (
        ("obligations", obligations_schema(netting=netting, reference=reference)),
        ("members", members_schema(netting=netting)),
    ):
        assert round_trip(name, schema.empty_table(), kind).schema.equals(schema)


@every_format
def test_digests_are_those_of_the_files(kind, tmp_path):
    digests = write_tables({"potentials": potentials(), "members": MEMBERS.empty_table()}, tmp_path, format=kind)
    assert sorted(digests) == [f"members.{kind}", f"potentials.{kind}"] == sorted(path.name for path in tmp_path.iterdir())
    for name, digest in digests.items():
        assert digest == "sha256:" + hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()


@every_format
def test_bytes_depend_on_the_table_only(kind, tmp_path):
    size = 3000
    table = potentials([f"M{row}" for row in range(size)], range(size)).append_column("x", pa.array([None, "y"] * (size // 2)))
    cut = pa.concat_tables([table.slice(start, 700) for start in range(0, size, 700)])
    grown = pa.concat_tables([table.slice(5, 20), table]).slice(20)
    marked = table.replace_schema_metadata({"made": "today"})
    found = set()
    for number, each in enumerate((table, cut, grown, marked)):
        folder = tmp_path / str(number)
        folder.mkdir()
        found |= set(write_tables({"potentials": each}, folder, format=kind).values())
        if number == 0 and kind == "xlsx":
            time.sleep(2.1)  # ZIP counts time in steps of two seconds
    assert len(found) == 1


def test_csv_is_plain(tmp_path):
    table = pa.table(
        [
            ["7", "=x", None],
            ["a,b", 'c"d', "e"],
            ["é", "f\ng", " h"],
            ["EUR", "", None],
            *[[1, -2, 3]] * 3,
            [datetime.date(2026, 3, 31), None, None],
            *[["x", None, "y"]] * 2,
        ],
        schema=obligations_schema(netting=False, reference=False),
    )
    write_tables({"obligations": table}, tmp_path, format="csv")
    assert (tmp_path / "obligations.csv").read_bytes().decode() == (
        "id,debtor,creditor,currency,amount_minor,cleared_minor,residual_minor,due,class,excluded\n"
        '7,"a,b",é,EUR,1,1,1,2026-03-31,x,x\n'
        '=x,"c""d","f\ng","",-2,-2,-2,,,\n'
        ",e, h,,3,3,3,,y,y\n"
    )


def test_a_sheet_shows_numbers_dates_and_text_as_such(tmp_path):
    due = [datetime.date(2026, 3, 31), datetime.date(1900, 2, 28), None]
    table = pa.table(
        [["007", "=1+1", "3"], *[["a", "http://x", "c"]] * 3, [2**53 - 1, 2**53, -7], *[[1, 2, 3]] * 2, due, *[[None] * 3] * 2],
        schema=obligations_schema(netting=False, reference=False),
    )
    write_tables({"obligations": table}, tmp_path, format="xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "obligations.xlsx").active
    assert sheet.title == "obligations"
    assert sheet.freeze_panes == "A2"
    assert all(cell.font.bold for cell in sheet[1])
    assert [cell.value for cell in sheet["A"]][1:] == ["007", "=1+1", "3"]
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert [cell.value for cell in sheet["E"]][1:] == [2**53 - 1, str(2**53), -7]
    assert [cell.value for cell in sheet["H"]][1:] == [datetime.datetime(2026, 3, 31), "1900-02-28", None]
    assert sheet["H2"].number_format == "yyyy-mm-dd"
    with zipfile.ZipFile(tmp_path / "obligations.xlsx") as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")
        assert b"2000-01-01" in package.read("docProps/core.xml")


def test_what_no_sheet_holds_is_refused_before_anything_is_written(tmp_path):
    small, large = potentials(), pa.table({"x": pa.nulls(1_048_576, pa.int64())})
    for bad, code in (
        (large, "too_many_rows_for_xlsx"),
        (potentials(["x" * 32_768, "y"]), "text_not_for_xlsx"),
        (potentials(["\uffff", "y"]), "text_not_for_xlsx"),
    ):
        with pytest.raises(CallerFault) as caught:
            write_tables({"potentials": small, "members": bad}, tmp_path, format="xlsx")
        assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []
    refuse_what_no_sheet_holds("members", large.slice(1))


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(CallerFault) as caught:
        write_tables({"potentials": potentials()}, tmp_path, format="ods")
    assert caught.value.code == "option_invalid"


@every_format
def test_a_folder_that_cannot_be_written_is_the_surroundings_fault(kind, tmp_path):
    with pytest.raises(EnvironmentFault) as caught:
        write_tables({"potentials": potentials()}, tmp_path / "none", format=kind)
    assert caught.value.code == "output_unwritable"


def test_a_table_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(CallerFault) as caught:
        read_tables(tmp_path, ["members"])
    assert caught.value.code == "result_not_found"


def damage_of(folder):
    with pytest.raises(CallerFault) as caught:
        read_tables(folder, ["potentials"])
    assert caught.value.message.isprintable()
    return caught.value.code


def test_a_table_in_two_formats_is_damaged(tmp_path):
    for kind in ("csv", "xlsx"):
        write_tables({"potentials": potentials()}, tmp_path, format=kind)
    assert damage_of(tmp_path) == "result_damaged"


@every_format
@pytest.mark.parametrize(
    "edit",
    (lambda content: b"", lambda content: content[: len(content) // 2], lambda content: content[1:], lambda content: b"x" * 300),
)
def test_a_damaged_table_is_one_clear_fault(kind, edit, tmp_path):
    write_tables({"potentials": potentials([f"MEMBER{row}" for row in range(9)], range(9))}, tmp_path, format=kind)
    path = tmp_path / f"potentials.{kind}"
    content = path.read_bytes()
    path.write_bytes(edit(content))
    assert damage_of(tmp_path) == "result_damaged"


@every_format
def test_a_table_with_other_columns_is_damaged(kind, tmp_path):
    for other in (
        potentials().drop_columns(["currency"]),
        potentials().rename_columns(["member", "currency", "Potential"]),
        REFUSALS_TABLE.empty_table(),
    ):
        write_tables({"potentials": other}, tmp_path, format=kind)
        assert damage_of(tmp_path) == "result_damaged"


@every_format
@pytest.mark.parametrize("cell", ("1.5", "x", "9223372036854775808", "1e3"))
def test_a_number_that_is_none_is_damaged(kind, cell, tmp_path):
    other = potentials().set_column(2, "potential", pa.array([cell, "1"]))
    write_tables({"potentials": other}, tmp_path, format=kind)
    assert damage_of(tmp_path) == "result_damaged"


@settings(deadline=None)
@given(st.sampled_from(FORMATS), st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_a_table_with_changed_bytes_is_read_or_damaged(kind, place, change):
    with TemporaryDirectory() as folder:
        write_tables({"potentials": potentials()}, Path(folder), format=kind)
        path = Path(folder) / f"potentials.{kind}"
        content = bytearray(path.read_bytes())
        start = place % len(content)
        content[start : start + len(change)] = change
        path.write_bytes(content)
        try:
            found = read_tables(Path(folder), ["potentials"])["potentials"]
        except CallerFault as fault:
            assert fault.code == "result_damaged"
        else:
            assert found.schema.equals(POTENTIALS)
