"""The journal in the words of Beancount and of hledger, with assertions at the end that make these programs check every sum.

A debit is positive and a credit negative, as bookkeepers write; so a member that is owed 5 stands at -5 under ``Liabilities``.
Pending transfers, voids and expiries move nothing and are left out. Each account and each currency gets a name of allowed
characters; the first to come keeps the plain one, a later one that would collide gets a part of its digest behind it.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rescounter.terms import format_minor

__all__ = ["JOURNALS", "Journal", "Line"]

JOURNALS: Final = ("beancount", "hledger")

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_FIRST_US: Final = -62_135_596_800_000_000
_LAST_US: Final = 253_402_214_400_000_000
_CURRENCY: Final = re.compile(r"[A-Z](?:[A-Z0-9'._-]{0,22}[A-Z0-9])?")


@dataclass(frozen=True, slots=True)
class Line:
    """One posted transfer: *at_us* when it took effect; accounts by id; minor units; *words* for its description."""

    id: str
    at_us: int
    debit: str
    credit: str
    amount_minor: int
    words: str


@dataclass(slots=True)
class _Names:
    """Names of allowed characters, given once and for all, never two the same (not even but for case)."""

    given: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def of(self, text: str, plain: str, length_max: int) -> str:
        if text not in self.given:
            digest, length, name = hashlib.sha256(text.encode()).hexdigest().upper(), 0, plain[:length_max]
            while name.casefold() in self.taken:
                length += 8
                name = f"{plain[: length_max - length - 1]}-{digest[:length]}"
            self.taken.add(name.casefold())
            self.given[text] = name
        return self.given[text]


@dataclass(slots=True)
class Journal:
    """Writes one journal. Args: *program* of `JOURNALS`; *exponents*: digits of each currency of the ledger."""

    program: str
    exponents: Mapping[str, int]
    accounts: _Names = field(default_factory=_Names)
    currencies: _Names = field(default_factory=_Names)
    opened: list[tuple[str, str, str]] = field(default_factory=list)
    currency_of: dict[str, str] = field(default_factory=dict)
    first: datetime.date = datetime.date.max
    last: datetime.date = datetime.date.min

    def head(self, origin: str, root: str, entries: int) -> str:
        """The first lines: what this is a journal of."""
        title = f"Ledger {origin}, {entries} entries, root {root}"
        if self.program == "beancount":
            return f'; {title}\n\noption "title" "{_escaped(origin)}"\n\n'
        return f"; {title}\n\n"

    def open(self, identity: str, owner: str, currency: str) -> None:
        """An account that lines may name; accounts come in the order in which they were opened."""
        if identity in self.currency_of:
            return
        plain = re.sub(r"[^A-Za-z0-9]+", "-", identity).strip("-") or "X"
        plain = plain[0].upper() + plain[1:]
        name = f"{'Liabilities:Members' if owner else 'Equity:Union'}:{self.accounts.of(identity, plain, 100)}"
        self.opened.append((identity, name, currency))
        self.currency_of[identity] = currency
        self.accounts.given[identity] = name

    def _currency(self, code: str) -> str:
        if code not in self.currencies.given:
            plain = code if _CURRENCY.fullmatch(code) else "X" + re.sub(r"[^A-Z0-9]+", "-", code.upper()).strip("-") + "X"
            self.currencies.of(code, plain, 24)
        return self.currencies.given[code]

    def _amount(self, minor: int, currency: str) -> str:
        """Number and currency; hledger wants quotes round what is not letters alone."""
        name = self._currency(currency)
        shown = name if self.program == "beancount" or name.isalpha() else f'"{name}"'
        return f"{format_minor(minor, self.exponents[currency])} {shown}"

    def _exactly(self, minor: int, currency: str) -> str:
        """For an assertion of Beancount, which tolerates one unit of the last digit unless it is told not to."""
        number, name = self._amount(minor, currency).split()
        return f"{number} ~ 0 {name}"

    def lines(self, lines: Iterable[Line]) -> Iterator[str]:
        """Each transfer as a transaction of two postings."""
        for line in lines:
            date = _date(line.at_us)
            self.first, self.last = min(self.first, date), max(self.last, date)
            currency = self.currency_of[line.debit]
            postings = "".join(
                f"  {self.accounts.given[account]}  {self._amount(amount, currency)}\n"
                for account, amount in ((line.debit, line.amount_minor), (line.credit, -line.amount_minor))
            )
            if self.program == "beancount":
                yield f'{date} * "{_escaped(line.words)}"\n  id: "{_escaped(line.id)}"\n{postings}\n'
            else:
                yield f"{date} * {re.sub(r'[;|]', ' ', line.words)}\n  ; id: {line.id}\n{postings}\n"

    def end(self, balances: Sequence[tuple[str, int]]) -> str:
        """Accounts, and what each must come to: account id and balance, positive = is owed."""
        day = (
            min(self.last, datetime.date.max - datetime.timedelta(days=1))
            if self.opened and self.last >= self.first
            else datetime.date(1970, 1, 1)
        )
        first, after = min(self.first, day), day + datetime.timedelta(days=1)
        owed = dict(balances)
        if self.program == "beancount":
            opens = "".join(
                f'{first} open {name} {self._currency(code)}\n  id: "{_escaped(identity)}"\n' for identity, name, code in self.opened
            )
            checks = "".join(f"{after} balance {name} {self._exactly(-owed[identity], code)}\n" for identity, name, code in self.opened)
            return f"{opens}\n{checks}"
        declared = "".join(f"account {name}\n  ; id: {identity}\n" for identity, name, _ in self.opened)
        commodities = "".join(f"commodity {self._commodity(code)}\n" for code in dict.fromkeys(code for _, _, code in self.opened))
        checks = "".join(
            f"  {name}  {self._amount(0, code)} = {self._amount(-owed[identity], code)}\n" for identity, name, code in self.opened
        )
        return f"{commodities}\n{declared}\n{after} * balances\n{checks}"

    def _commodity(self, code: str) -> str:
        """hledger reads the digits of a commodity from an example; a decimal mark must stand in it."""
        digits = self.exponents[code]
        return self._amount(1000 * 10**digits, code) if digits else self._amount(1000, code).replace("1000", "1000.")


def _date(at_us: int) -> datetime.date:
    """The day in UTC; instants that no calendar of four digits holds are put on its ends."""
    return (_EPOCH + datetime.timedelta(microseconds=min(max(at_us, _FIRST_US), _LAST_US))).date()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
