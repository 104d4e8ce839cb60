"""Calls as CSV and as pain.001, held against the official schema; what was asked for is recognised when it is paid in."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from rescounter.formats.pay_in_lists import CallList, calls_csv, pay_in_files, pay_out_file
from rescounter.formats.pay_ins import read_pay_ins
from rescounter.terms import CallerFault, Exponents
from rescounter.terms.union_tables import CALLS
from tests.formats.bank_files import ACCOUNT, MEMBERS, bank_file, entry, payment, schema

SCHEMA = "pain.001.001.09"
NAMESPACE = {"p": f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"}
CALLED = pa.Table.from_pylist(
    [
        {"currency": "EUR", "member": "ANA", "pay_in_minor": 123450, "pay_out_minor": 0},
        {"currency": "EUR", "member": "BO", "pay_in_minor": 70000, "pay_out_minor": 0},
        {"currency": "EUR", "member": "EVA", "pay_in_minor": 0, "pay_out_minor": 193450},
        {"currency": "JPY", "member": "ANA", "pay_in_minor": 0, "pay_out_minor": 500},
        {"currency": "JPY", "member": "EVA", "pay_in_minor": 500, "pay_out_minor": 0},
    ],
    schema=CALLS,
)


def wanted(**changes: Any) -> CallList:
    given = {
        "called": CALLED,
        "members": MEMBERS,
        "union": "Clearing Union <North>",
        "accounts": {"EUR": ACCOUNT, "JPY": "0012345"},
        "agent": "BYLADEM1001",
        "cycle": "2026-03",
        "due": date(2026, 3, 31),
        "message_id": "U1-2026-03-R1",
        "created": datetime(2026, 3, 30, 12, tzinfo=UTC),
        "exponents": Exponents(),
    }
    return CallList(**(given | changes))


def told(content: bytes) -> list[tuple[str, ...]]:
    """Debtor account, creditor account, currency, amount, remittance of each payment of a valid file."""
    document = etree.fromstring(content)
    schema(SCHEMA).assertValid(document)
    found = []
    for part in document.iterfind(".//p:PmtInf", NAMESPACE):
        payer = "".join(part.find("p:DbtrAcct/p:Id", NAMESPACE).itertext()).strip()
        for one in part.iterfind("p:CdtTrfTxInf", NAMESPACE):
            amount = one.find("p:Amt/p:InstdAmt", NAMESPACE)
            payee = "".join(one.find("p:CdtrAcct/p:Id", NAMESPACE).itertext()).strip()
            found.append((payer, payee, amount.get("Ccy"), amount.text, one.findtext("p:RmtInf/p:Ustrd", namespaces=NAMESPACE)))
    return found


def test_calls_leave_as_a_table():
    assert calls_csv(wanted()).decode().splitlines() == [
        "currency,member,name,pay_in,pay_out,due,account,remittance",
        f"EUR,ANA,Ana & Söhne,1234.50,,2026-03-31,{ACCOUNT},RC/2026-03/ANA",
        f"EUR,BO,Bo Ltd,700.00,,2026-03-31,{ACCOUNT},RC/2026-03/BO",
        "EUR,EVA,Eva,,1934.50,2026-03-31,GB82WEST12345698765432,RC/2026-03/EVA",
        "JPY,ANA,Ana & Söhne,,500,2026-03-31,DE89370400440532013000,RC/2026-03/ANA",
        "JPY,EVA,Eva,500,,2026-03-31,0012345,RC/2026-03/EVA",
    ]


def test_pay_outs_leave_as_one_valid_file():
    file = pay_out_file(wanted())
    assert (file.payments, file.left_out) == (2, ())
    assert told(file.content) == [
        (ACCOUNT, "GB82WEST12345698765432", "EUR", "1934.50", "RC/2026-03/EVA"),
        ("0012345", "DE89370400440532013000", "JPY", "500", "RC/2026-03/ANA"),
    ]


def test_pay_ins_leave_as_a_file_for_each_debtor():
    files = dict(pay_in_files(wanted()))
    assert list(files) == ["ANA", "BO", "EVA"]
    assert told(files["ANA"].content) == [("DE89370400440532013000", ACCOUNT, "EUR", "1234.50", "RC/2026-03/ANA")]
    assert told(files["EVA"].content) == [("GB82WEST12345698765432", "0012345", "JPY", "500", "RC/2026-03/EVA")]
    assert files["BO"].content == b"" and files["BO"].left_out == (("EUR", "BO", 70000, "no_account"),)


def test_the_bytes_depend_on_the_arguments_only():
    assert pay_out_file(wanted()) == pay_out_file(wanted(called=CALLED.take(pa.array([4, 3, 2, 1, 0]))))
    assert dict(pay_in_files(wanted())) == dict(pay_in_files(wanted()))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"accounts": {}}, "no_settlement_account"),
        ({"accounts": {"EUR": "1" * 35}}, "no_settlement_account"),
        ({"members": MEMBERS.slice(0, 0)}, "no_account"),
        ({"called": pa.table([["CU"], ["EVA"], [0], [5]], schema=CALLS), "accounts": {"CU": ACCOUNT}}, "currency_not_iso"),
        ({"called": pa.table([["EUR"], ["EVA"], [0], [10**18]], schema=CALLS)}, "too_many_digits"),
    ],
)
def test_what_no_payment_can_be_made_of_is_told(changes, why):
    file = pay_out_file(wanted(**({"called": CALLED.slice(2, 1)} | changes)))
    assert (file.content, file.payments) == (b"", 0)
    assert [line[3] for line in file.left_out] == [why]


@pytest.mark.parametrize("message_id", ["", "x" * 25, "with space", "Ümlaut"])
def test_a_message_id_that_banks_refuse_is_refused(message_id):
    with pytest.raises(CallerFault, match="message id"):
        wanted(message_id=message_id)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=200)


@given(NAMES, NAMES, st.integers(1, 10**18 - 1), st.from_regex(r"[A-Za-z0-9]{1,34}", fullmatch=True))
def test_any_name_makes_a_valid_file(name, union, minor, account):
    members = pa.table({"member": ["EVA"], "name": [name], "account": [account], "bic": ["no bic"]})
    called = pa.table([["EUR"], ["EVA"], [0], [minor]], schema=CALLS)
    file = pay_out_file(wanted(called=called, members=members, union=union))
    schema(SCHEMA).assertValid(etree.fromstring(file.content))


def test_a_pay_in_that_follows_its_list_is_recognised():
    file = dict(pay_in_files(wanted()))["ANA"]
    (_, _, currency, amount, text), *_ = told(file.content)
    statement = bank_file(entry(payment(text=text), amount=amount, currency=currency))
    found = read_pay_ins(io.BytesIO(statement), members=MEMBERS, exponents=Exponents(), accounts={"EUR": ACCOUNT})
    assert [(row["member"], row["amount_minor"]) for row in found.pay_ins.to_pylist()] == [("ANA", 123450)]
