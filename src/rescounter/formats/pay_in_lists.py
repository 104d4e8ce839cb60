"""Pay-in lists: the calls of a round for people (CSV) and for banks (pain.001).

Of pain.001.001.09 (customer credit transfer initiation) two kinds leave: one file with all pay-outs of the union, one payment information
for each currency; and for each member that is called one file with its pay-ins, as it can hand it to its own bank. The remittance text
``RC/CYCLE/MEMBER`` is what `pay_in_parties` recognises a pay-in by. Bytes depend on the arguments only: ids and times are among them.

Source: ISO 20022, Payments Initiation, pain.001.001.09.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from rescounter.formats.csv_files import csv_bytes
from rescounter.formats.pay_in_parties import remittance_for
from rescounter.terms import CallerFault, Exponents, format_minor, holds
from rescounter.terms.names import has_hidden_characters

__all__ = ["LEFT_OUT", "CallList", "PaymentFile", "calls_csv", "pay_in_files", "pay_out_file"]

_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_ID_MAX: Final = 35
_MESSAGE_ID_MAX: Final = 24
"""So that with a dash and a currency, or a number, it is an id still."""
_NAME_MAX: Final = 140
_ACCOUNT_MAX: Final = 34
_DIGITS_MAX: Final = 18
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Za-z0-9]{1,30}")
_BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_UNKNOWN: Final = "NOTPROVIDED"

LEFT_OUT: Final = ("no_account", "no_settlement_account", "currency_not_iso", "too_many_digits")
"""Why a payment stands in no file: the member's account is not usable; the union's; the code has not three letters; over 18 digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallList:
    """What a list is made of.

    *called*: `CALLS`. *members*: columns *member*, *name*, *account* (IBAN), *bic*, empty where not known. *union*: its name; *accounts*:
    its settlement account (IBAN) by currency, *agent*: BIC of the settlement agent. *due*: the day on which it is paid. *message_id*: up to
    24 characters, unique for ever; *created*: an instant with its zone.
    """

    called: pa.Table
    members: pa.Table
    union: str
    accounts: Mapping[str, str]
    agent: str
    cycle: str
    due: date
    message_id: str
    created: datetime
    exponents: Exponents

    def __post_init__(self) -> None:
        if not 0 < len(self.message_id) <= _MESSAGE_ID_MAX or not re.fullmatch(r"[A-Za-z0-9+?:().,'-]+", self.message_id):
            raise CallerFault(
                "option_invalid", f"a message id has 1 to {_MESSAGE_ID_MAX} letters, digits and marks", found=self.message_id[:40]
            )
        holds(self.created.tzinfo is not None, "an_instant_has_a_zone")


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """*content*: the bytes, empty without a payment; *payments*: how many; *left_out*: currency, member, minor units, why (`LEFT_OUT`)."""

    content: bytes
    payments: int
    left_out: tuple[tuple[str, str, int, str], ...]


@dataclass(frozen=True, slots=True)
class _Party:
    name: str
    account: str
    bic: str


@dataclass(frozen=True, slots=True)
class _Payment:
    currency: str
    member: str
    amount: str
    debtor: _Party
    creditor: _Party


def calls_csv(wanted: CallList) -> bytes:
    """The calls as a table: currency, member, name, pay_in, pay_out (major units), due, account to pay into or paid to, remittance."""
    parties = _parties(wanted)
    rows = []
    for row in wanted.called.to_pylist():
        currency, member = row["currency"], row["member"]
        party, exponent = parties.get(member, _Party(member, "", "")), wanted.exponents.of(currency) or 0
        pay_in, pay_out = (format_minor(row[name], exponent) if row[name] else "" for name in ("pay_in_minor", "pay_out_minor"))
        account = wanted.accounts.get(currency, "") if row["pay_in_minor"] else party.account
        rows.append((currency, member, party.name, pay_in, pay_out, wanted.due.isoformat(), account, remittance_for(wanted.cycle, member)))
    names = ("currency", "member", "name", "pay_in", "pay_out", "due", "account", "remittance")
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return csv_bytes(
        pa.table({name: pa.array([cell or None for cell in column], pa.string()) for name, column in zip(names, columns, strict=True)})
    )


def pay_out_file(wanted: CallList) -> PaymentFile:
    """One pain.001 with every pay-out, from the union's settlement account of its currency."""
    payments, left_out = _payments(wanted, "pay_out_minor")
    return PaymentFile(_document(wanted, payments, wanted.message_id, wanted.union) if payments else b"", len(payments), left_out)


def pay_in_files(wanted: CallList) -> Iterator[tuple[str, PaymentFile]]:
    """For each member that is called, in order of code, one pain.001 that pays in what it was called for."""
    payments, left_out = _payments(wanted, "pay_in_minor")
    members = sorted({payment.member for payment in payments} | {member for _, member, _, _ in left_out})
    own: dict[str, list[_Payment]] = {member: [] for member in members}
    without: dict[str, list[tuple[str, str, int, str]]] = {member: [] for member in members}
    for payment in payments:
        own[payment.member].append(payment)
    for line in left_out:
        without[line[1]].append(line)
    for number, member in enumerate(members, start=1):
        mine = own[member]
        content = _document(wanted, mine, f"{wanted.message_id}-{number}", mine[0].debtor.name) if mine else b""
        yield member, PaymentFile(content, len(mine), tuple(without[member]))


def _payments(wanted: CallList, column: str) -> tuple[list[_Payment], tuple[tuple[str, str, int, str], ...]]:
    """By currency and member, payments and what cannot be one."""
    parties = _parties(wanted)
    payments, left_out = [], []
    for row in sorted(wanted.called.to_pylist(), key=lambda row: (row["currency"], row["member"])):
        currency, member, minor = row["currency"], row["member"], row[column]
        if not minor:
            continue
        party = parties.get(member, _Party(member, "", ""))
        union = _Party(wanted.union, "".join(wanted.accounts.get(currency, "").split()), wanted.agent)
        why = _why_left_out(currency, minor, party, union)
        if why:
            left_out.append((currency, member, minor, why))
            continue
        sides = (party, union) if column == "pay_in_minor" else (union, party)
        payments.append(_Payment(currency, member, format_minor(minor, wanted.exponents.of(currency) or 0), *sides))
    return payments, tuple(left_out)


def _why_left_out(currency: str, minor: int, party: _Party, union: _Party) -> str:
    broken = (
        (not 0 < len(party.account) <= _ACCOUNT_MAX, "no_account"),
        (not 0 < len(union.account) <= _ACCOUNT_MAX, "no_settlement_account"),
        (_CURRENCY.fullmatch(currency) is None, "currency_not_iso"),
        (len(str(minor)) > _DIGITS_MAX, "too_many_digits"),
    )
    return next((why for is_so, why in broken if is_so), "")


def _parties(wanted: CallList) -> dict[str, _Party]:
    cells = (wanted.members[name].to_pylist() for name in ("member", "name", "account", "bic"))
    return {
        code: _Party(name or code, "".join((account or "").split()), bic or "") for code, name, account, bic in zip(*cells, strict=True)
    }


def _document(wanted: CallList, payments: list[_Payment], message_id: str, initiator: str) -> bytes:
    from lxml import etree

    root = etree.Element(f"{{{_NAMESPACE}}}Document", nsmap={None: _NAMESPACE})
    message = _add(root, "CstmrCdtTrfInitn")
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", message_id)
    _add(header, "CreDtTm", wanted.created.isoformat(timespec="seconds"))
    _add(header, "NbOfTxs", str(len(payments)))
    _add(_add(header, "InitgPty"), "Nm", _name(initiator))
    for currency in sorted({payment.currency for payment in payments}):
        _information(message, wanted, [payment for payment in payments if payment.currency == currency], f"{message_id}-{currency}")
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return content


def _information(message: Any, wanted: CallList, payments: list[_Payment], identity: str) -> None:
    """The payments of one debtor and currency."""
    debtor = payments[0].debtor
    part = _add(message, "PmtInf")
    _add(part, "PmtInfId", identity)
    _add(part, "PmtMtd", "TRF")
    _add(part, "NbOfTxs", str(len(payments)))
    _add(_add(part, "ReqdExctnDt"), "Dt", wanted.due.isoformat())
    _add(_add(part, "Dbtr"), "Nm", _name(debtor.name))
    _account(part, "DbtrAcct", debtor.account)
    _agent(_add(part, "DbtrAgt"), debtor.bic)
    for payment in payments:
        remittance = remittance_for(wanted.cycle, payment.member)
        one = _add(part, "CdtTrfTxInf")
        _add(_add(one, "PmtId"), "EndToEndId", _plain(remittance) if len(remittance) <= _ID_MAX else _UNKNOWN)
        _add(_add(one, "Amt"), "InstdAmt", payment.amount).set("Ccy", payment.currency)
        if _BIC.fullmatch(payment.creditor.bic):
            _agent(_add(one, "CdtrAgt"), payment.creditor.bic)
        _add(_add(one, "Cdtr"), "Nm", _name(payment.creditor.name))
        _account(one, "CdtrAcct", payment.creditor.account)
        _add(_add(one, "RmtInf"), "Ustrd", _name(remittance))


def _account(parent: Any, tag: str, account: str) -> None:
    place = _add(_add(parent, tag), "Id")
    if _IBAN.fullmatch(account):
        _add(place, "IBAN", account)
    else:
        _add(_add(place, "Othr"), "Id", _plain(account))


def _agent(parent: Any, bic: str) -> None:
    institution = _add(parent, "FinInstnId")
    if _BIC.fullmatch(bic):
        _add(institution, "BICFI", bic)
    else:
        _add(_add(institution, "Othr"), "Id", _UNKNOWN)


def _name(text: str) -> str:
    return _plain(text)[:_NAME_MAX]


def _plain(text: str) -> str:
    """Without what cannot be seen, some of which XML cannot hold."""
    if text.isprintable():
        return text
    return "".join("?" if has_hidden_characters(character) else character for character in text)


def _add(parent: Any, tag: str, text: str | None = None) -> Any:
    from lxml import etree

    element = etree.SubElement(parent, f"{{{_NAMESPACE}}}{tag}")
    element.text = text
    return element
