"""Reading pay-ins: what a bank says came in on the settlement account, as a table or as camt.053 and camt.054.

A table (CSV, XLSX, Parquet and what else `reading.read` takes) has the columns `header.PAY_IN_COLUMNS`. Each row or entry is a pay-in or
a refusal, in the order of the file; a file that is neither table nor statement is refused as a whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa

from rescounter.formats.header import PAY_IN_COLUMNS
from rescounter.formats.pay_in_parties import Parties
from rescounter.formats.reading import read_columns
from rescounter.formats.source import Source, open_source
from rescounter.formats.xml_reading import is_xml
from rescounter.intake.amounts import read_amount, read_amounts
from rescounter.intake.details import read_date
from rescounter.intake.rulings import CODES
from rescounter.intake.submitted import Submitted
from rescounter.terms import Exponents, Refusal
from rescounter.terms.names import ID_LENGTH_MAX, TEXT_LENGTH_MAX, has_hidden_characters
from rescounter.terms.refusals import UNION_REFUSALS, shown
from rescounter.terms.union_tables import PAY_INS

__all__ = ["PayInsRead", "read_pay_ins"]

_NO_ACCOUNTS: Final[Mapping[str, str]] = MappingProxyType({})
_CODE_OF_AMOUNT: Final = MappingProxyType(
    {
        **dict.fromkeys(("missing_field", "not_a_number", "too_precise", "beyond_exact_float", "beyond_int64"), "pay_in_not_an_amount"),
        **dict.fromkeys(("zero_amount", "negative_amount"), "pay_in_not_positive"),
        "unknown_currency": "pay_in_currency_unknown",
    }
)


@dataclass(frozen=True, slots=True)
class PayInsRead:
    """*pay_ins* `PAY_INS` in order of the file; a refusal for each row or entry that is none; *notes* for who handed the file in."""

    pay_ins: pa.Table
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]


def read_pay_ins(
    source: str | os.PathLike[str] | BinaryIO,
    *,
    members: pa.Table,
    exponents: Exponents,
    accounts: Mapping[str, str] = _NO_ACCOUNTS,
    encoding: str | None = None,
    sheet: str | None = None,
) -> PayInsRead:
    """Read a file of pay-ins.

    Args: *members* with the columns `pay_in_parties.PARTIES`; *exponents* as the cycle froze them; *accounts*: the settlement account
    (IBAN) of each currency, from the rulebook; *encoding*, *sheet* of a table.
    Refuses: rows and entries by the rules P1 to P10. Raises: CallerFault where the file is no table and no statement.
    """
    parties = Parties.of(members)
    opened = open_source(source)
    if is_xml(opened.head):
        return _of_a_statement(opened, parties, exponents, accounts)
    again = opened.path if opened.path is not None else opened.handle()
    return _of_a_table(read_columns(again, PAY_IN_COLUMNS, encoding=encoding, sheet=sheet), parties, exponents)


def _of_a_statement(source: Source, parties: Parties, exponents: Exponents, accounts: Mapping[str, str]) -> PayInsRead:
    from rescounter.formats.camt import read_camt

    statement = read_camt(source)
    rows: list[dict[str, Any]] = []
    refusals = []
    for number, credit in enumerate(statement.credits, start=1):
        minor, ruling = read_amount(credit.amount, exponents.of(credit.currency))
        row = {
            "reference": credit.reference,
            "member": "",
            "currency": credit.currency,
            "amount_minor": minor,
            "booked": read_date(credit.booked),
            "payer": _text(credit.payer),
            "remittance": _text(" ".join(credit.texts)),
        }
        own = accounts.get(credit.currency, "")
        foreign = "pay_in_account_foreign" if own and _compact(own) != _compact(credit.account) else ""
        told = credit.broken or _first_broken(row, ruling, foreign)
        if told:
            found = credit.found or _found(told, row, credit.amount, credit.booked, credit.account)
            refusals.append(_refusal(number, credit.reference, told, found))
            continue
        row["member"] = parties.member_of(
            account=credit.payer_account,
            lei=credit.payer_lei,
            bic=credit.payer_bic,
            texts=(*credit.texts, "".join(credit.texts), credit.end_to_end),
        )
        rows.append(row)
    notes = (f"debit entries that were left out, since the union posts its own payments: {statement.debits}",) if statement.debits else ()
    return PayInsRead(pa.Table.from_pylist(rows, schema=PAY_INS), tuple(refusals), notes)


def _of_a_table(submitted: Submitted, parties: Parties, exponents: Exponents) -> PayInsRead:
    count = len(submitted)
    cells = {name: _texts(submitted.columns.get(name), count) for name in PAY_IN_COLUMNS}
    minor, rulings = _amounts(submitted, cells["currency"], exponents)
    numbers = range(1, count + 1) if submitted.row_numbers is None else submitted.row_numbers.tolist()
    refusals = [_refusal(number, str(number), "pay_in_unreadable", text) for number, text in submitted.unreadable]
    rows = []
    for place, number in enumerate(numbers):
        cell = {name: column[place] for name, column in cells.items()}
        row = {
            **{name: cell[name] for name in ("reference", "member", "currency")},
            "amount_minor": minor[place],
            "booked": read_date(cell["booked"]),
            "payer": _text(cell["payer"]),
            "remittance": _text(cell["remittance"]),
        }
        told = _first_broken(row, rulings[place], "")
        if told:
            amount = cell["amount"] or cell["amount_minor"]
            refusals.append(_refusal(number, cell["reference"], told, _found(told, row, amount, cell["booked"], "")))
            continue
        row["member"] = row["member"] or parties.member_of(account=cell["account"], texts=(cell["remittance"],))
        rows.append(row)
    ordered = tuple(sorted(refusals, key=lambda refusal: refusal.row))
    return PayInsRead(pa.Table.from_pylist(rows, schema=PAY_INS), ordered, submitted.notes)


def _amounts(submitted: Submitted, currencies: Iterable[str], exponents: Exponents) -> tuple[list[int], list[str]]:
    column = "amount_minor" if "amount_minor" in submitted.columns else "amount"
    known = [exponents.of(currency) for currency in currencies]
    digits = np.array([-1 if exponent is None else exponent if column == "amount" else 0 for exponent in known], np.int8)
    minor, codes = read_amounts(submitted.columns[column], digits, binary=submitted.float_cells.get(column), decimal=None)
    return minor.tolist(), [CODES[code] for code in codes.tolist()]


def _texts(cells: pa.Array | None, count: int) -> list[str]:
    return [""] * count if cells is None else [text or "" for text in cells.cast(pa.string()).to_pylist()]


def _first_broken(row: Mapping[str, Any], ruling: str, foreign: str) -> str:
    """Code of the most important rule that a pay-in breaks, empty where none."""
    reference = row["reference"]
    broken = [
        "pay_in_without_reference" if not 0 < len(reference) <= ID_LENGTH_MAX or has_hidden_characters(reference) else "",
        _CODE_OF_AMOUNT[ruling] if ruling else "",
        "pay_in_without_day" if row["booked"] is None else "",
        foreign,
    ]
    return min(filter(None, broken), key=lambda code: UNION_REFUSALS[code].precedence, default="")


def _found(code: str, row: Mapping[str, Any], amount: str, booked: str, account: str) -> str:
    told = {
        "pay_in_without_reference": f"reference {shown(row['reference'])}, {amount} {row['currency']}",
        "pay_in_currency_unknown": f"currency {shown(row['currency'])}",
        "pay_in_without_day": f"booked {shown(booked)}",
        "pay_in_account_foreign": f"a statement of {shown(account)}, {amount} {row['currency']}",
    }
    return told.get(code, f"amount {shown(amount)} {row['currency']}".rstrip())


def _refusal(number: int, identity: str, code: str, found: str) -> Refusal:
    rule = UNION_REFUSALS[code]
    return Refusal(number, shown(identity or str(number)), code, shown(found), rule.allowed, rule.what_to_do)


def _text(text: str) -> str:
    """A text of the bank as it may be kept: white space in one piece, what cannot be seen shown as ``?``, bounded."""
    plain = " ".join(text.split())
    if not plain.isprintable():
        plain = "".join("?" if has_hidden_characters(character) else character for character in plain)
    return plain[:TEXT_LENGTH_MAX]


def _compact(account: str) -> str:
    return "".join(account.split()).upper()
