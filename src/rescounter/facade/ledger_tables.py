"""Files of accounts and of transfers become values of the ledger; every bad cell is answered with a refusal."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa

from rescounter.formats.header import ACCOUNT_COLUMNS, TRANSFER_COLUMNS
from rescounter.formats.reading import read_columns
from rescounter.intake.amounts import read_amount, read_amounts, without_groups
from rescounter.intake.details import as_text
from rescounter.intake.rulings import CODES
from rescounter.intake.submitted import Submitted
from rescounter.ledger import Account, Flag, Transfers
from rescounter.ledger.rulings import refused
from rescounter.terms import REFUSALS, Exponents, Refusal
from rescounter.terms.names import FUND_NAME
from rescounter.terms.refusals import shown

__all__ = ["AccountsFile", "TransfersFile", "read_accounts", "read_transfers", "renumbered"]

_NO_LIMIT: Final = ("none", "unlimited")
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_WORDS: Final = {"": Flag.PLAIN, "plain": Flag.PLAIN, "pending": Flag.PENDING, "post": Flag.POST, "void": Flag.VOID}


@dataclass(frozen=True, slots=True)
class AccountsFile:
    """*accounts* by row; where *refusals* is not empty, nothing of it may be opened."""

    accounts: tuple[Account, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TransfersFile:
    """*transfers* that could be read, *rows* of the file they stand in, and *refusals* of the others."""

    transfers: Transfers
    rows: np.ndarray
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Sheet:
    """A file while its cells are read: texts by column, faults by place."""

    submitted: Submitted
    faults: dict[int, Refusal] = field(default_factory=dict)
    ids: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ids = self.texts("id")

    @property
    def numbers(self) -> np.ndarray:
        numbers = self.submitted.row_numbers
        return np.arange(1, len(self.submitted) + 1) if numbers is None else numbers

    def texts(self, name: str) -> list[str | None]:
        columns = self.submitted.columns
        return list(as_text(columns[name]).to_pylist()) if name in columns else [None] * len(self.submitted)

    def refuse(self, place: int, code: str, found: str, *, allowed: str = "") -> None:
        """The first fault of a row is told."""
        if place in self.faults:
            return
        row, subject = int(self.numbers[place]), shown(self.ids[place])
        rule = REFUSALS.get(code)
        if rule is None:
            self.faults[place] = refused(code, row=row, subject=subject, found=found, allowed=allowed)
        else:
            self.faults[place] = Refusal(row, subject, code, found, allowed or rule.allowed, rule.what_to_do)

    def all_faults(self) -> tuple[Refusal, ...]:
        """By row, those of rows that could not be split into cells among them."""
        rule = REFUSALS["unreadable_row"]
        unread = [Refusal(row, "-", rule.code, shown(text), rule.allowed, rule.what_to_do) for row, text in self.submitted.unreadable]
        return tuple(sorted([*unread, *self.faults.values()], key=lambda refusal: refusal.row))


def read_accounts(source: str | BinaryIO, exponents: Exponents, *, decimal: str | None = None) -> AccountsFile:
    """Accounts of a file: id, member (empty or ``*`` is the union), currency; limit in major units or limit_minor; purpose.

    An empty limit is 0: never overdrawn; ``none`` is no limit.
    """
    sheet = _Sheet(read_columns(source, ACCOUNT_COLUMNS))
    ids, members, currencies, purposes = sheet.ids, *(sheet.texts(name) for name in ("member", "currency", "purpose"))
    column = "limit_minor" if "limit_minor" in sheet.submitted.columns else "limit"
    accounts = []
    for place, text in enumerate(sheet.texts(column)):
        currency = currencies[place]
        if not ids[place] or not currency:
            sheet.refuse(place, "missing_field", f"{'currency' if ids[place] else 'id'} (empty)")
        digits = 0 if column == "limit_minor" else exponents.of(currency or "")
        limit = _limit(sheet, place, text, digits, column, decimal)
        member = members[place] or ""
        owner = "" if member == FUND_NAME else member
        account = Account(
            id=ids[place] or "", owner=owner, purpose=purposes[place] or "settlement", currency=currency or "", limit_minor=limit
        )
        accounts.append(account)
    return AccountsFile(tuple(accounts), sheet.all_faults(), sheet.submitted.notes)


def _limit(sheet: _Sheet, place: int, text: str | None, digits: int | None, column: str, decimal: str | None) -> int | None:
    if text is None:
        return 0
    if text.casefold() in _NO_LIMIT:
        return None
    minor, code = read_amount(text if decimal is None else without_groups(text, decimal), digits)
    if code and code != "zero_amount":
        sheet.refuse(place, code, f"{column} {shown(text)}", allowed="" if code == "unknown_currency" else "a number of 0 or more, or none")
    return minor


def read_transfers(
    source: str | BinaryIO, currency_of: Mapping[str, str], exponents: Exponents, *, decimal: str | None = None
) -> TransfersFile:
    """Transfers of a file: id, debit, credit, amount (major units of the accounts' currency) or amount_minor, and the optional columns.

    Args: *currency_of*: the currency of each account that is there.
    """
    sheet = _Sheet(read_columns(source, TRANSFER_COLUMNS))
    count, columns = len(sheet.submitted), sheet.submitted.columns
    arrays: dict[str, pa.Array] = {}
    for name in ("id", "debit", "credit", "kind", "cycle", "pending_id", "reverses", "memo"):
        if name in columns:
            arrays[name] = as_text(columns[name]).cast(pa.string())
    if "kind" in arrays:
        arrays["kind"] = arrays["kind"].fill_null("payment")
    for name in ("id", "debit", "credit"):
        for place in np.flatnonzero(np.asarray(arrays[name].is_null())).tolist():
            sheet.refuse(place, "missing_field", f"{name} (empty)")
    arrays["amount_minor"] = pa.array(_amounts(sheet, arrays["debit"], currency_of, exponents, decimal))
    for name in ("expires_at", "effective_at"):
        if name in columns:
            arrays[f"{name}_us"] = pa.array(
                [_instant(sheet, place, name, text) for place, text in enumerate(sheet.texts(name))], pa.int64()
            )
    if "flag" in columns:
        arrays["flag"] = pa.array([_flag(sheet, place, text) for place, text in enumerate(sheet.texts("flag"))], pa.int8())
    keep = np.setdiff1d(np.arange(count), np.array(sorted(sheet.faults), np.int64))
    transfers = Transfers.of_columns(arrays)
    if len(keep) < count:
        transfers = Transfers(transfers.table.take(pa.array(keep)))
    return TransfersFile(transfers, np.asarray(sheet.numbers[keep]), sheet.all_faults(), sheet.submitted.notes)


def _amounts(sheet: _Sheet, debit: pa.Array, currency_of: Mapping[str, str], exponents: Exponents, decimal: str | None) -> np.ndarray:
    column = "amount_minor" if "amount_minor" in sheet.submitted.columns else "amount"
    _compare_currencies(sheet, debit, currency_of)
    digits = np.zeros(len(debit), np.int8)
    if column == "amount":
        of = {name: exponents.of(currency) for name, currency in currency_of.items()}
        encoded = debit.dictionary_encode()
        table = [-2 if name not in of else -1 if of[name] is None else of[name] for name in encoded.dictionary.to_pylist()]
        digits = np.array([*table, -2], np.int8)[np.asarray(encoded.indices.fill_null(len(table)))]
        for place in np.flatnonzero(digits == -2).tolist():
            sheet.refuse(place, "account_unknown", f"debit {shown(debit[place].as_py())}")
        for place in np.flatnonzero(digits == -1).tolist():
            currency = currency_of[debit[place].as_py()]
            sheet.refuse(place, "unknown_currency", f"{currency} without known digits", allowed="amount_minor, or --exponent CODE=DIGITS")
    minor, codes = read_amounts(sheet.submitted.columns[column], digits, binary=sheet.submitted.float_cells.get(column), decimal=decimal)
    texts = sheet.texts(column) if codes.any() else []
    for place in np.flatnonzero(codes).tolist():
        sheet.refuse(place, CODES[codes[place]], f"{column} {shown(texts[place])}")
    return minor


def _compare_currencies(sheet: _Sheet, debit: pa.Array, currency_of: Mapping[str, str]) -> None:
    """A currency that is named must be that of the account."""
    if "currency" not in sheet.submitted.columns:
        return
    for place, (name, named) in enumerate(zip(debit.to_pylist(), sheet.texts("currency"), strict=True)):
        held = currency_of.get(name or "")
        if named is not None and held is not None and named != held:
            sheet.refuse(place, "currencies_differ", f"currency {shown(named)}, account {name} in {held}")


def _instant(sheet: _Sheet, place: int, name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        instant = datetime.datetime.fromisoformat(text)
    except ValueError:
        sheet.refuse(place, "not_a_date", f"{name} {shown(text)}", allowed="an instant such as 2026-03-31T12:00:00Z")
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=datetime.UTC)
    return (instant - _EPOCH) // datetime.timedelta(microseconds=1)


def _flag(sheet: _Sheet, place: int, text: str | None) -> int:
    flag = _WORDS.get((text or "").casefold())
    if flag is None:
        sheet.refuse(place, "flag_inconsistent", f"flag {shown(text)}", allowed="plain, pending, post or void")
        return int(Flag.PLAIN)
    return int(flag)


def renumbered(refusals: Sequence[Refusal], rows: np.ndarray) -> tuple[Refusal, ...]:
    """Refusals of a batch with the rows of the file that it was read from."""
    return tuple(
        Refusal(
            int(rows[refusal.row - 1]) if refusal.row else 0, refusal.id, refusal.code, refusal.found, refusal.allowed, refusal.what_to_do
        )
        for refusal in refusals
    )
