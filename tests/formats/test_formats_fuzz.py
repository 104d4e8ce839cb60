"""Whatever bytes come in, a table or one `CallerFault` comes out, and no row gets lost on the way."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rescounter.terms import CallerFault
from tests.formats.handed_in import FORMATS, HEADER, PACKINGS, as_parquet, hand_in, numbers, rows, unpacked_zip

RICH = pa.table(
    {
        "debtor": ["ANA", "Çelik", "CY"] * 4,
        "creditor": pa.array(["BO", "CY", "ANA"] * 4).dictionary_encode(),
        "amount": [1.5, 2.25, None] * 4,
        "due": pa.array([datetime.date(2026, 3, 31), None, datetime.date(2026, 1, 1)] * 4),
        "id": pa.array([str(number) for number in range(12)], pa.large_string()),
    }
)
SEEDS = {kind: write(RICH) for kind, write in FORMATS.items()}
SEEDS["parquet_zstd"] = as_parquet(RICH, compression="zstd")
SEEDS["xlsx_stored"] = unpacked_zip(SEEDS["xlsx"])
SEEDS["csv_utf_16"] = SEEDS["csv"].decode().encode("utf-16")
SEEDS["csv_quoted"] = SEEDS["csv"].replace(b"ANA", b'"A, ""N""\nA"')
SEEDS["csv_gzip"] = PACKINGS["gzip"](SEEDS["csv"])
SEEDS["csv_zstd"] = PACKINGS["zstd"](SEEDS["csv"])

small = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def damaged(draw, content: bytes) -> bytes:
    """*content* with a few bytes changed, cut out, doubled or cut off."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(changed) - 1)))
        match draw(st.sampled_from(("set", "set", "set", "cut", "insert", "double", "end"))):
            case "set":
                changed[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del changed[place : place + draw(st.integers(1, 9))]
            case "insert":
                changed[place:place] = draw(st.binary(max_size=9))
            case "double":
                changed[place:place] = changed[place : place + draw(st.integers(1, 60))]
            case _:
                del changed[place:]
    return bytes(changed)


def survives(content: bytes, **options: object) -> None:
    try:
        submitted = hand_in(content, **options)
    except CallerFault as fault:
        assert fault.what_to_do
        assert fault.message.isprintable()
    else:
        assert all(cells.validate(full=True) is None for cells in submitted.columns.values())
        assert len({len(cells) for cells in submitted.columns.values()}) == 1
        assert len(submitted) or submitted.unreadable


@pytest.mark.parametrize("kind", SEEDS)
def test_a_damaged_file_never_raises_anything_but_a_caller_fault(kind):
    @small
    @given(damaged(SEEDS[kind]))
    def run(content):
        survives(content)

    run()


@small
@given(st.binary(max_size=300), st.sampled_from(["", "x.csv", "x.json", "x.parquet"]))
def test_random_bytes_never_raise_anything_but_a_caller_fault(content, name):
    survives(content, name=name)


@small
@given(
    st.sampled_from(
        ["PAR1", "ARROW1", "\x1f\u008b", "(\u00b5/\u00fd", "PK\x03\x04", "\u00ff\u00ff\u00ff\u00ff", "{", "[{", "sep=;\n", "\u00ff\u00fe"]
    ),
    st.binary(max_size=200),
)
def test_random_bytes_behind_a_known_beginning_never_raise_anything_but_a_caller_fault(beginning, content):
    survives(beginning.encode("latin-1") + content)


@small
@given(st.text(alphabet='debtorcrdiamun,;\t|"\n\r{}[]: 1\u00e4\x00', max_size=200))
def test_text_that_is_nearly_a_table_never_raises_anything_but_a_caller_fault(text):
    survives(text.encode())
    survives((HEADER + text).encode())
    survives(('{"debtor":"A","creditor":"B","amount":1}\n' + text).encode())


cells = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u00a0\ufeff"), min_size=1, max_size=8)
    .map(str.strip)
    .filter(bool)
)
"""Cells that trimming leaves alone."""


@small
@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]))
def test_quoted_cells_come_back_as_they_were(lines, separator, line_end):
    header = separator.join(("debtor", "creditor", "amount"))
    body = line_end.join(separator.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    assert rows(hand_in((header + line_end + body + line_end).encode())) == lines


@small
@given(st.lists(st.sampled_from(["A,B,1", "", ",,", "bad", "A,B,1,", "1,2,3,4", " ", '"A",B,1']), min_size=1, max_size=12))
def test_every_record_is_a_row_or_unreadable_or_blank_under_its_own_number(lines):
    try:
        submitted = hand_in(HEADER + "\n".join(lines) + "\n")
    except CallerFault as fault:
        assert fault.code == "no_rows"
        assert not {"A,B,1", "bad", "A,B,1,", "1,2,3,4", '"A",B,1'} & set(lines)
        return
    good = [number for number, line in enumerate(lines, 1) if line in ("A,B,1", "A,B,1,", '"A",B,1')]
    bad = [number for number, line in enumerate(lines, 1) if line in ("bad", "1,2,3,4")]
    assert numbers(submitted) == good
    assert [number for number, _ in submitted.unreadable] == bad
