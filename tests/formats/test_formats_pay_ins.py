"""Pay-ins from tables and from camt.053 and camt.054: who paid, what is refused, and what no document can do to its reader."""

from __future__ import annotations

import gzip
import io
from datetime import date

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from rescounter.formats.pay_ins import PayInsRead, read_pay_ins
from rescounter.formats.source import Source
from rescounter.formats.xml_reading import BYTES_MAX, elements
from rescounter.settlement.funding import reconcile
from rescounter.terms import CallerFault, Exponents
from rescounter.terms.refusals import UNION_REFUSALS
from rescounter.terms.settlement_rules import SETTLEMENT_RULES
from rescounter.terms.union_tables import CALLS, PAY_INS
from tests.formats.bank_files import ACCOUNT, MEMBERS, bank_file, entry, payment, schema

HEADER = "reference,member,currency,amount,booked,payer,account,remittance\n"


def read(content: bytes | str, **options: object) -> PayInsRead:
    data = content.encode() if isinstance(content, str) else content
    return read_pay_ins(io.BytesIO(data), members=MEMBERS, exponents=Exponents({"CU": 3}), accounts={"EUR": ACCOUNT}, **options)


def rows(found: PayInsRead, *names: str) -> list[tuple]:
    return [tuple(row[name] for name in names) for row in found.pay_ins.to_pylist()]


def codes(found: PayInsRead) -> list[str]:
    return [refusal.code for refusal in found.refusals]


def test_a_table_of_pay_ins_is_read():
    found = read(HEADER + "B-1,ANA,EUR,1234.50,2026-03-31,Ana & Söhne,,\nB-2,,CU,0.001,20260401,,,RC/2026-03/BO\n")
    assert found.pay_ins.schema.equals(PAY_INS)
    assert rows(found, "reference", "member", "currency", "amount_minor", "booked", "payer") == [
        ("B-1", "ANA", "EUR", 123450, date(2026, 3, 31), "Ana & Söhne"),
        ("B-2", "BO", "CU", 1, date(2026, 4, 1), ""),
    ]
    assert found.refusals == ()


def test_a_workbook_and_a_parquet_file_give_the_same_as_csv(tmp_path):
    import xlsxwriter

    found = read(HEADER + "1001,ANA,EUR,1234.5,2026-03-31,,,\n")
    book = xlsxwriter.Workbook(tmp_path / "in.xlsx")
    sheet = book.add_worksheet()
    for place, (name, cell) in enumerate((("reference", 1001), ("member", "ANA"), ("currency", "EUR"), ("amount", 1234.5))):
        sheet.write(0, place, name)
        sheet.write(1, place, cell)
    sheet.write(0, 4, "booked")
    sheet.write_datetime(1, 4, date(2026, 3, 31), book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()
    columns = {"reference": ["1001"], "member": ["ANA"], "currency": ["EUR"], "amount_minor": [123450], "booked": [date(2026, 3, 31)]}
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "in.parquet")
    for name in ("in.xlsx", "in.parquet"):
        again = read_pay_ins(tmp_path / name, members=MEMBERS, exponents=Exponents())
        assert again.refusals == () and again.pay_ins.equals(found.pay_ins), name


BROKEN = {
    "pay_in_unreadable": HEADER + "B-1,ANA\n" + "B-2,ANA,EUR,1,2026-03-31,,,\n",
    "pay_in_without_reference": HEADER + ",ANA,EUR,1,2026-03-31,,,\n",
    "pay_in_not_an_amount": HEADER + 'B-1,ANA,EUR,"1.234,56",2026-03-31,,,\n',
    "pay_in_not_positive": HEADER + "B-1,ANA,EUR,-50.00,2026-03-31,,,\n",
    "pay_in_currency_unknown": HEADER + "B-1,ANA,EURO,1,2026-03-31,,,\n",
    "pay_in_without_day": HEADER + "B-1,ANA,EUR,1,31.03.26,,,\n",
    "pay_in_not_booked": bank_file(entry(status="PDNG")),
    "pay_in_reversed": bank_file(entry(is_reversal=True)),
    "pay_in_not_split": bank_file(entry(payment(own="T-1"), payment(own="T-2"))),
    "pay_in_account_foreign": bank_file(entry(), account="GB82WEST12345698765432"),
    "pay_in_reference_taken": HEADER + "B-1,ANA,EUR,1,2026-03-31,,,\nB-1,ANA,EUR,2,2026-03-31,,,\n",
}


@pytest.mark.parametrize("code", [row[0] for row in SETTLEMENT_RULES])
def test_each_rule_refuses_once_and_says_what_to_do(code):
    found = read(BROKEN[code])
    refusals = found.refusals
    if code == "pay_in_reference_taken":
        participants = pa.table({"member": MEMBERS["member"], "settles_by": MEMBERS["member"]})
        told = reconcile(
            CALLS.empty_table(),
            found.pay_ins,
            earlier=PAY_INS.empty_table(),
            participants=participants,
            currencies=("EUR",),
            due=date(2026, 4, 1),
        )
        refusals = told.refusals
    (refusal,) = refusals
    rule = UNION_REFUSALS[code]
    assert (refusal.code, refusal.rule, refusal.allowed, refusal.what_to_do) == (code, rule.rule, rule.allowed, rule.what_to_do)
    assert refusal.found and refusal.row >= 1 and refusal.id


def test_a_row_that_breaks_several_rules_is_refused_under_the_first():
    cells = {"reference": "", "amount": "x", "currency": "EURO", "booked": "never"}
    order = ["reference", "amount", "currency", "booked"]
    good = {"reference": "B-1", "amount": "1", "currency": "EUR", "booked": "2026-03-31"}
    expected = ["pay_in_without_reference", "pay_in_not_an_amount", "pay_in_currency_unknown", "pay_in_without_day"]
    for place, code in enumerate(expected):
        row = {name: good[name] if order.index(name) < place else cells[name] for name in order}
        assert codes(read(",".join(order) + "\n" + ",".join(row[name] for name in order) + "\n")) == [code]


def test_good_rows_beside_bad_ones_are_taken_and_keep_their_numbers():
    found = read(HEADER + "B-1,ANA,EUR,1,2026-03-31,,,\n,ANA,EUR,1,2026-03-31,,,\nB-3,ANA,EUR,1,2026-03-31,,,\n")
    assert rows(found, "reference") == [("B-1",), ("B-3",)]
    assert [(refusal.row, refusal.id) for refusal in found.refusals] == [(2, "2")]


VERSIONS = [(message, version) for message in ("camt.053", "camt.054") for version in range(2, 15)]


@pytest.mark.parametrize(("message", "version"), VERSIONS, ids=[f"{message}.{version:02d}" for message, version in VERSIONS])
def test_statements_and_notifications_of_every_version_are_read(message, version):
    lei = {"lei": "5493001KJTIIGC8Y1R12"} if version >= 8 else {"text": "RC/2026-03/BO"}
    content = bank_file(
        entry(payment(version=version, amount="100.00", account="DE89370400440532013000"), version=version),
        entry(
            payment(version=version, amount="7.50", own="T-2", **lei), version=version, reference="B-2", amount="7.5", booked="2026-03-30"
        ),
        entry(payment(version=version, amount="100.00", bic="COBADEFF"), version=version, reference="B-3"),
        entry(
            payment(version=version, amount="60.00", own="T-4", text="RC/2026-03/CY DI thank you"),
            payment(version=version, amount="40.00", end_to_end="E-5", structured="RC/2026-03/ANA"),
            version=version,
            reference="B-4",
            bundled=2,
        ),
        entry(version=version, side="DBIT", reference="B-6"),
        message=message,
        version=version,
    )
    schema(f"{message}.001.{version:02d}").assertValid(etree.fromstring(content))
    found = read(content)
    assert found.refusals == ()
    assert rows(found, "reference", "member", "currency", "amount_minor", "booked") == [
        ("B-1", "ANA", "EUR", 10000, date(2026, 3, 31)),
        ("T-2", "BO", "EUR", 750, date(2026, 3, 30)),
        ("B-3", "ANA", "EUR", 10000, date(2026, 3, 31)),
        ("T-4", "CY DI", "EUR", 6000, date(2026, 3, 31)),
        ("E-5", "ANA", "EUR", 4000, date(2026, 3, 31)),
    ]
    assert found.notes == ("debit entries that were left out, since the union posts its own payments: 1",)


@pytest.mark.parametrize(
    ("payer", "member"),
    [
        ({}, ""),
        ({"account": "DE89370400440532013000"}, "ANA"),
        ({"bic": "COBADEFFXXX"}, "ANA"),
        ({"lei": "5493001KJTIIGC8Y1R12"}, "BO"),
        ({"end_to_end": "RC/2026-03/BO"}, "BO"),
        ({"text": "Payment rc/2026-03/bo, thank you"}, ""),  # the comma is part of the word
        ({"text": "Payment rc/2026-03/bo thank you"}, "BO"),
        ({"structured": "RC/2026-03/CY DI"}, "CY DI"),
        ({"account": "GB82WEST12345698765432"}, ""),  # two members have it
        ({"account": "DE89370400440532013000", "text": "RC/2026-03/ANA"}, "ANA"),
        ({"account": "DE89370400440532013000", "text": "RC/2026-03/BO"}, ""),  # payer and text disagree: a person decides
        ({"text": "RC/2026-03/ZOE"}, ""),
    ],
)
def test_a_member_is_told_by_payer_or_text(payer, member):
    assert rows(read(bank_file(entry(payment(**payer)))), "member") == [(member,)]


@pytest.mark.parametrize(
    ("own", "of_the_entry", "end_to_end", "reference"),
    [("T-1", "B-1", "E-1", "T-1"), ("", "B-1", "E-1", "B-1"), ("", "", "E-1", "E-1"), ("", "", "NOTPROVIDED", None)],
)
def test_the_bank_s_reference_comes_before_the_payer_s(own, of_the_entry, end_to_end, reference):
    found = read(bank_file(entry(payment(own=own, end_to_end=end_to_end), reference=of_the_entry)))
    assert rows(found, "reference") == ([(reference,)] if reference else [])
    assert codes(found) == ([] if reference else ["pay_in_without_reference"])


@pytest.mark.parametrize(
    "bundle",
    [
        entry(bundled=3),
        entry(payment(own="T-1"), bundled=2),
        entry(payment(amount="60.00", own="T-1"), payment(amount="60.00", own="T-2")),
        entry(payment(amount="60.00", own="T-1"), payment(amount="40.00", currency="USD", own="T-2")),
        entry(payment(amount="60.00", own="T-1"), payment(amount="x", own="T-2")),
    ],
)
def test_a_bundle_that_does_not_add_up_is_refused_as_a_whole(bundle):
    found = read(bank_file(bundle))
    assert rows(found, "reference") == [] and codes(found) == ["pay_in_not_split"]


def test_an_entry_without_details_is_taken_and_belongs_to_nobody():
    assert rows(read(bank_file(entry())), "reference", "member") == [("B-1", "")]


def test_a_packed_statement_in_another_encoding_is_read():
    content = bank_file(entry(payment(name="Söhne"))).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert rows(read(gzip.compress(content)), "payer") == [("Söhne",)]


def test_what_cannot_be_seen_in_a_bank_s_text_is_shown():
    assert rows(read(bank_file(entry(payment(name="A\u202enna", text="x\u200by")))), "payer", "remittance") == [("A?nna", "x?y")]


LAUGHS = (
    '<!DOCTYPE Document [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
STOLEN = '<!DOCTYPE Document [<!ENTITY s SYSTEM "file:///etc/hostname">]>'
ABROAD = '<!DOCTYPE Document SYSTEM "http://example.invalid/x.dtd">'
PARAMETER = '<!DOCTYPE Document [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>'


@pytest.mark.parametrize(
    "doctype", [LAUGHS, STOLEN, ABROAD, PARAMETER, "<!DOCTYPE Document>"], ids=["laughs", "file", "net", "parameter", "plain"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_anything_is_made_of_it(doctype, encoding):
    text = bank_file(entry(payment(name="&i;" if doctype is LAUGHS else "&s;"))).decode()
    head, root = text.split("\n", 1)
    with pytest.raises(CallerFault) as fault:
        read(f"{head}{doctype}{root}".replace("UTF-8", encoding.upper()).encode(encoding))
    assert fault.value.code in ("xml_not_plain", "input_damaged")
    if doctype != PARAMETER:
        assert fault.value.code == "xml_not_plain"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"/>', "statement_unknown"),
        (b'<?xml version="1.0"?><Document/>', "statement_unknown"),
        (bank_file(entry(), version=1), "statement_unknown"),
        (bank_file(entry(), version=15), "statement_unknown"),
        (bank_file(entry())[:-20], "input_damaged"),
        (b"<Document", "statement_unknown"),
        (b"<" + b"<a>" * 100_000, "input_damaged"),
        (b"<?xml version='1.0'?>" + b"<a>" * 100_000, "statement_unknown"),
        (bank_file("<x>" * 5000), "input_damaged"),
        (bank_file(entry(payment(name="x" * 11_000_000))), "input_damaged"),
        (b"<html><body>Please log in</body></html>", "input_not_a_table"),
        (b"%PDF-1.7", "input_not_a_table"),
        (b"", "input_empty"),
    ],
    ids=(
        *("other message", "no namespace", "too old", "too new", "cut off", "a stub", "no xml", "deep"),
        *("deep inside", "a long text", "a web page", "a pdf", "empty"),
    ),
)
def test_a_file_that_is_no_statement_is_refused_as_a_whole(content, code):
    with pytest.raises(CallerFault) as fault:
        read(content)
    assert fault.value.code == code


def test_a_statement_that_is_too_large_is_not_begun():
    source = Source("big.xml", None, b"", b"", BYTES_MAX + 1, ())
    with pytest.raises(CallerFault, match="at most") as fault:
        next(elements(source, frozenset(), within=frozenset()))
    assert fault.value.code == "statement_too_large"


GOOD = bank_file(entry(payment(amount="60.00", own="T-1"), payment(amount="40.00", own="T-2"), bundled=2), entry(reference="B-2"))


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.binary(max_size=4), st.integers(0, 30)), min_size=1, max_size=4))
def test_a_mangled_statement_never_crashes_the_reader(edits):
    content = GOOD
    for place, put, cut in edits:
        content = content[:place] + put + content[place + cut :]
    try:
        found = read(content)
    except CallerFault:
        return
    assert all(row["amount_minor"] > 0 and row["reference"] for row in found.pay_ins.to_pylist())


@given(st.lists(st.lists(st.text(max_size=8), min_size=8, max_size=8), max_size=5))
def test_a_mangled_table_never_crashes_the_reader_and_every_row_is_told(cells):
    import csv

    text = io.StringIO()
    csv.writer(text).writerows([HEADER.strip().split(","), ["B-0", "ANA", "EUR", "1", "2026-03-31", "", "", ""], *cells])
    try:
        found = read(text.getvalue().encode("utf-8", "surrogatepass"))
    except CallerFault:
        return
    filled = sum(any(cell.strip() for cell in row) for row in cells)
    assert found.pay_ins.num_rows + len(found.refusals) <= filled + 1
