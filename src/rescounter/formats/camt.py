"""camt.053 (statement) and camt.054 (notification) of the settlement account: booked credits, one for each payment.

Versions 02 to 14, told by the namespace; what is read has stood in all of them in the same place but for a few choices that came later.
Debit entries are the union's own payments and are counted only; reversals, announced entries and bundles that are not split come back
as refusals. The reference of a payment is the bank's (``AcctSvcrRef``), of the payment before that of the entry; where the bank gives
none, the first of ``EndToEndId``, ``TxId``, ``UETR``, ``InstrId``.

Source: ISO 20022 message definitions, Bank-to-Customer Cash Management.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rescounter.formats.source import Source
from rescounter.formats.xml_reading import child, elements, local_name, text_of
from rescounter.terms import CallerFault
from rescounter.terms.refusals import shown

__all__ = ["VERSIONS", "Credit", "Statement", "read_camt"]

VERSIONS: Final = range(2, 15)
_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.05[34])\.001\.([0-9]{2})")
_ROOTS: Final = frozenset({"Stmt", "Ntfctn"})
_NO_END_TO_END: Final = "NOTPROVIDED"
_REFERENCES: Final = ("EndToEndId", "TxId", "UETR", "InstrId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One payment of a credit entry as texts, unchecked; *broken*: code of the refusal where it is no pay-in, with what was *found*."""

    reference: str = ""
    currency: str = ""
    amount: str = ""
    booked: str = ""
    account: str = ""
    payer: str = ""
    payer_account: str = ""
    payer_lei: str = ""
    payer_bic: str = ""
    texts: tuple[str, ...] = ()
    end_to_end: str = ""
    broken: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """*credits* in order; *debits*: how many debit entries were passed over."""

    credits: tuple[Credit, ...]
    debits: int


def read_camt(source: Source) -> Statement:
    """All credits of a file.

    Refuses: what is no camt.053 or camt.054 of `VERSIONS` (statement_unknown), and what `xml_reading.elements` refuses.
    """
    credits: list[Credit] = []
    debits, account = 0, ""
    for event, element in elements(source, frozenset({"Ntry", "Acct"}), within=_ROOTS):
        if event == "start":
            _check_root(element, source.name)
        elif local_name(element) == "Acct":
            account = text_of(element, "Id", "IBAN") or text_of(element, "Id", "Othr", "Id")
        elif text_of(element, "CdtDbtInd") == "DBIT" and not _is_reversal(element):
            debits += 1
        else:
            credits += _credits(element, account)
    return Statement(tuple(credits), debits)


def _check_root(root: Any, name: str) -> None:
    namespace = root.tag.rpartition("}")[0].removeprefix("{")
    match = _NAMESPACE.fullmatch(namespace)
    if local_name(root) != "Document" or match is None:
        found = f"{shown(local_name(root))} of the namespace {shown(namespace)}"
        raise CallerFault("statement_unknown", f"{name} is no camt.053 or camt.054: its root is {found}", namespace=namespace[:80])
    if int(match[2]) not in VERSIONS:
        raise CallerFault(
            "statement_unknown",
            f"{name} is {match[1]} of version {match[2]}; versions {VERSIONS[0]:02d} to {VERSIONS[-1]} are read",
            namespace=namespace,
        )


def _is_reversal(entry: Any) -> bool:
    return text_of(entry, "RvslInd").lower() in ("true", "1")


def _credits(entry: Any, account: str) -> Iterator[Credit]:
    amount = child(entry, "Amt")
    status = text_of(entry, "Sts", "Cd") or text_of(entry, "Sts", "Prtry") or text_of(entry, "Sts")
    of_the_entry: dict[str, Any] = {
        "reference": text_of(entry, "AcctSvcrRef"),
        "currency": "" if amount is None else amount.get("Ccy", ""),
        "amount": text_of(entry, "Amt"),
        "booked": text_of(entry, "BookgDt", "Dt") or text_of(entry, "BookgDt", "DtTm"),
        "account": account,
    }
    details = [part for each in entry if local_name(each) == "NtryDtls" for part in each if local_name(part) == "TxDtls"]
    code, found = _broken(entry, status, details, of_the_entry)
    if code:
        yield Credit(**of_the_entry, broken=code, found=found)
    elif not details:
        yield Credit(**of_the_entry, texts=(text_of(entry, "AddtlNtryInf"),))
    else:
        for detail in details:
            yield _payment(detail, of_the_entry, is_alone=len(details) == 1)


def _broken(entry: Any, status: str, details: list[Any], of_the_entry: Mapping[str, Any]) -> tuple[str, str]:
    """Code of the refusal that the entry as a whole earns, and what was found; nothing where it can be taken."""
    if _is_reversal(entry):
        return "pay_in_reversed", f"RvslInd true, {of_the_entry['amount']} {of_the_entry['currency']}"
    if text_of(entry, "CdtDbtInd") != "CRDT" or not of_the_entry["amount"]:
        return "pay_in_unreadable", f"CdtDbtInd {shown(text_of(entry, 'CdtDbtInd'))}, Amt {shown(of_the_entry['amount'])}"
    if status != "BOOK":
        return "pay_in_not_booked", f"status {shown(status)}"
    count = max((int(text) for text in _bundled(entry) if text.isascii() and text.isdigit() and len(text) < 16), default=1)
    if len(details) > 1 or count > 1:
        return _unsplit(details, count, of_the_entry)
    return "", ""


def _bundled(entry: Any) -> Iterator[str]:
    for each in entry:
        if local_name(each) == "NtryDtls":
            yield text_of(each, "Btch", "NbOfTxs")


def _unsplit(details: list[Any], count: int, of_the_entry: Mapping[str, Any]) -> tuple[str, str]:
    from decimal import Decimal, InvalidOperation

    parts = [_amount(detail) for detail in details]
    told = f"{of_the_entry['amount']} {of_the_entry['currency']} in {max(count, len(details))} payments, {len(details)} of them told"
    if len(details) < count or any(text_of(detail, "CdtDbtInd") == "DBIT" for detail in details):
        return "pay_in_not_split", told
    if any(currency != of_the_entry["currency"] for _, currency in parts):
        return "pay_in_not_split", told + ", in other currencies or without amounts"
    try:
        total = sum((Decimal(amount) for amount, _ in parts), Decimal(0))
        return ("", "") if total == Decimal(of_the_entry["amount"]) else ("pay_in_not_split", f"{told}, which sum to {total}")
    except InvalidOperation:
        return "pay_in_not_split", told + ", not all with an amount"


def _amount(detail: Any) -> tuple[str, str]:
    """Amount and currency of one payment; empty where it has none of its own."""
    found = next((each for path in (("Amt",), ("AmtDtls", "TxAmt", "Amt")) if (each := child(detail, *path)) is not None), None)
    return ("", "") if found is None else ((found.text or "").strip(), found.get("Ccy", ""))


def _payment(detail: Any, of_the_entry: Mapping[str, Any], *, is_alone: bool) -> Credit:
    """An entry of one payment is what was booked; of several, each has its own amount and reference."""
    amount, currency = (of_the_entry["amount"], of_the_entry["currency"]) if is_alone else _amount(detail)
    references = child(detail, "Refs")
    own = text_of(references, "AcctSvcrRef") or (of_the_entry["reference"] if is_alone else "")
    others = (text for name in _REFERENCES if (text := text_of(references, name)) and text != _NO_END_TO_END)
    party = child(detail, "RltdPties", "Dbtr")
    payer = next((each for name in ("Pty", "Agt") if (each := child(party, name)) is not None), party)
    bank = child(payer, "FinInstnId")
    ids = child(payer, "Id", "OrgId")
    return Credit(
        reference=own or next(others, ""),
        currency=currency,
        amount=amount,
        booked=of_the_entry["booked"],
        account=of_the_entry["account"],
        payer=text_of(payer, "Nm") or text_of(bank, "Nm"),
        payer_account=text_of(detail, "RltdPties", "DbtrAcct", "Id", "IBAN")
        or text_of(detail, "RltdPties", "DbtrAcct", "Id", "Othr", "Id"),
        payer_lei=text_of(ids, "LEI") or text_of(bank, "LEI"),
        payer_bic=next(
            (text for each, name in ((ids, "AnyBIC"), (ids, "BICOrBEI"), (bank, "BICFI"), (bank, "BIC")) if (text := text_of(each, name))),
            "",
        ),
        texts=tuple(_remittance(child(detail, "RmtInf"))),
        end_to_end=text_of(references, "EndToEndId"),
    )


def _remittance(information: Any | None) -> Iterator[str]:
    for part in () if information is None else information:
        if local_name(part) == "Ustrd":
            yield (part.text or "").strip()
        elif local_name(part) == "Strd":
            yield text_of(part, "CdtrRefInf", "Ref")
