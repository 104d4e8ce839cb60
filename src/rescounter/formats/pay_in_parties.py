"""Whose money came in: a member told by what the bank says of the payer, or by the remittance text.

The payer is looked up by account (IBAN), LEI and BIC; the text by ``RC/CYCLE/MEMBER``, as pay-ins are asked for. An identifier that two
members share tells neither. Where what is found names two members, nobody is told: a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

__all__ = ["PARTIES", "Parties", "remittance_for"]

PARTIES: Final = ("member", "account", "lei", "bic")
"""Columns of the table of members that `Parties.of` reads."""

_ASKED: Final = re.compile(r"RC/([^/\s]+)/(.+)", re.IGNORECASE | re.DOTALL)
_BIC_OF_HEAD_OFFICE: Final = "XXX"


def remittance_for(cycle: str, member: str) -> str:
    """The text by which a pay-in of *member* for *cycle* is recognised."""
    return f"RC/{cycle}/{member}"


@dataclass(frozen=True, slots=True)
class Parties:
    """Members by *account*, *lei* and *bic* (each in capitals without white space), and by *code*."""

    by_account: Mapping[str, str]
    by_lei: Mapping[str, str]
    by_bic: Mapping[str, str]
    by_code: Mapping[str, str]

    @classmethod
    def of(cls, members: pa.Table) -> Parties:
        """Args: *members* with the columns `PARTIES`, empty texts where nothing is known."""
        codes, accounts, leis, bics = (members[name].to_pylist() for name in PARTIES)
        return cls(
            _unshared(zip(map(_normal, accounts), codes, strict=True)),
            _unshared(zip(map(_normal, leis), codes, strict=True)),
            _unshared(zip(map(_bic, bics), codes, strict=True)),
            _unshared([*((code.casefold(), code) for code in codes)]) | {code: code for code in codes},
        )

    def member_of(self, *, account: str = "", lei: str = "", bic: str = "", texts: Iterable[str] = ()) -> str:
        """The one member that payer and texts name; empty where there is none or more than one."""
        named = {self.by_account.get(_normal(account), ""), self.by_lei.get(_normal(lei), ""), self.by_bic.get(_bic(bic), "")}
        named |= {self._asked(text) for text in texts}
        found = named - {""}
        return found.pop() if len(found) == 1 else ""

    def _asked(self, text: str) -> str:
        """The member that ``RC/CYCLE/MEMBER`` in *text* names: all that follows, or as many words of it as make a code."""
        match = _ASKED.search(text)
        words = match[2].split() if match else []
        for count in range(len(words), 0, -1):
            code = " ".join(words[:count])
            member = self.by_code.get(code) or self.by_code.get(code.casefold())
            if member:
                return member
        return ""


def _unshared(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    shared = set()
    for identifier, code in pairs:
        if identifier and found.setdefault(identifier, code) != code:
            shared.add(identifier)
    return {identifier: code for identifier, code in found.items() if identifier not in shared}


def _normal(identifier: str | None) -> str:
    return "".join((identifier or "").split()).upper()


def _bic(identifier: str | None) -> str:
    """A BIC without the branch code that stands for the head office."""
    bic = _normal(identifier)
    return bic[:-3] if len(bic) == 11 and bic.endswith(_BIC_OF_HEAD_OFFICE) else bic
