"""Rulings: which rule a transfer breaks, judged column-wise as far as order does not matter.

What depends on the transfers before it (pending, reversal, totals, limits) is decided in `sequence.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rescounter.ledger.accounts import AccountState
from rescounter.ledger.memos import MEMO_LENGTH_MAX
from rescounter.ledger.standings import Standings
from rescounter.ledger.transfers import EXPIRY_MARK, FEW_ROWS, Flag, Transfer, Transfers
from rescounter.terms import Refusal
from rescounter.terms.names import HIDDEN_CHARACTERS, ID_LENGTH_MAX, NAME_LENGTH_MAX
from rescounter.terms.refusals import LEDGER_REFUSALS, shown

__all__ = ["Ruling", "flags_of", "judged", "places_of", "refused", "told"]


class Ruling(IntEnum):
    """The rules for a transfer, in order of precedence; a name in small letters is its code."""

    FINE = 0
    TRANSFER_ID_INVALID = 1
    TRANSFER_ID_TAKEN = 2
    TRANSFER_AMOUNT_NOT_POSITIVE = 3
    SAME_ACCOUNT = 4
    FLAG_INCONSISTENT = 5
    TEXT_INVALID = 6
    TWO_PHASE_IN_LARGE_BATCH = 7
    ACCOUNT_UNKNOWN = 8
    ACCOUNT_CLOSED = 9
    ACCOUNT_FROZEN = 10
    CURRENCIES_DIFFER = 11
    EXPIRY_PASSED = 12
    PENDING_UNKNOWN = 13
    PENDING_RESOLVED = 14
    PENDING_EXPIRED = 15
    PENDING_MISMATCH = 16
    REVERSAL_UNKNOWN = 17
    REVERSAL_REPEATED = 18
    REVERSAL_MISMATCH = 19
    TOTAL_BEYOND_INT64 = 20
    LIMIT_EXCEEDED = 21

    @property
    def code(self) -> str:
        """The code of refusal."""
        return self.name.lower()


_Rule: TypeAlias = Callable[[Ruling, np.ndarray | None], None]

_TEXT_LENGTH_MAX: Final = NAME_LENGTH_MAX
_PLAIN_LENGTH_MAX: Final = 80


def _is_bad(texts: pa.Array, length_max: int, *, may_be_null: bool, may_be_empty: bool = False) -> np.ndarray | None:
    """Where a text may not stand; None where all are well."""
    length = pc.utf8_length(texts)
    longest, shortest = pc.max(length).as_py() or 0, pc.min(length).as_py()
    plain = texts.null_count == len(texts) or pc.all(pc.ascii_is_printable(texts)).as_py() is not False
    if plain and longest <= length_max and (may_be_empty or shortest != 0) and (may_be_null or texts.null_count == 0):
        return None
    bad = pc.or_(pc.match_substring_regex(texts, HIDDEN_CHARACTERS), pc.greater(length, length_max))
    bad = pc.or_(bad, pc.not_equal(texts, pc.utf8_normalize(texts, form="NFC")))
    if not may_be_empty:
        bad = pc.or_(bad, pc.equal(length, 0))
    return np.asarray(pc.fill_null(bad, not may_be_null).to_numpy(zero_copy_only=False))


def flags_of(transfers: Transfers) -> np.ndarray:
    """The column *flag*, 4 (expire, which callers may not use) where it is null."""
    return np.asarray(pc.fill_null(transfers.column("flag"), int(Flag.EXPIRE)).to_numpy(zero_copy_only=False))


def places_of(accounts: pa.Array, standings: Standings) -> np.ndarray:
    """Place of each account in *standings*, int64; -1 where it is not there."""
    if len(accounts) + len(standings) <= 4 * FEW_ROWS:
        place = {name: row for row, name in enumerate(standings.values("id"))}
        return np.array([place.get(name, -1) for name in accounts.to_pylist()], np.int64)
    return np.asarray(pc.fill_null(pc.index_in(accounts, value_set=standings.text("id")), -1).to_numpy(zero_copy_only=False), np.int64)


def _given(column: pa.Array) -> np.ndarray:
    return np.asarray(pc.is_valid(column).to_numpy(zero_copy_only=False))


def judged(transfers: Transfers, standings: Standings, debit: np.ndarray, credit: np.ndarray, *, at_us: int) -> np.ndarray:
    """The ruling on each transfer by itself, int8; those that depend on others' ids and on order are not among them.

    Args: *debit*, *credit*: places in *standings*, -1 = unknown.
    """
    rulings = np.zeros(len(transfers), np.int8)
    if not len(transfers):
        return rulings
    flag = flags_of(transfers)
    amount = np.asarray(pc.fill_null(transfers.column("amount_minor"), 0).to_numpy(zero_copy_only=False))
    unknown = (debit < 0) | (credit < 0)

    def rule(ruling: Ruling, where: np.ndarray | None) -> None:
        if where is not None:
            np.putmask(rulings, where & (rulings == 0), np.int8(ruling))

    rule(Ruling.TRANSFER_ID_INVALID, _is_bad(transfers.column("id"), ID_LENGTH_MAX, may_be_null=False))
    reserved = pc.fill_null(pc.ends_with(transfers.column("id"), EXPIRY_MARK), False)
    rule(Ruling.TRANSFER_ID_INVALID, np.asarray(reserved.to_numpy(zero_copy_only=False)))
    rule(Ruling.TRANSFER_AMOUNT_NOT_POSITIVE, amount <= 0)
    same = pc.fill_null(pc.equal(transfers.column("debit"), transfers.column("credit")), False)
    rule(Ruling.SAME_ACCOUNT, np.asarray(same.to_numpy(zero_copy_only=False)))
    rule(Ruling.FLAG_INCONSISTENT, _is_inconsistent(transfers, flag))
    rule(Ruling.TEXT_INVALID, _is_bad(transfers.column("kind"), _TEXT_LENGTH_MAX, may_be_null=False))
    rule(Ruling.TEXT_INVALID, _is_bad(transfers.column("cycle"), _TEXT_LENGTH_MAX, may_be_null=True, may_be_empty=True))
    memo = transfers.column("memo")
    if memo.null_count < len(memo):
        too_long = pc.fill_null(pc.greater(pc.utf8_length(memo), MEMO_LENGTH_MAX), False)
        rule(Ruling.TEXT_INVALID, np.asarray(too_long.to_numpy(zero_copy_only=False)))
    rule(Ruling.ACCOUNT_UNKNOWN, unknown)
    if len(standings):
        _judge_accounts(rule, standings, debit, credit, flag)
    expires = transfers.column("expires_at_us")
    if expires.null_count < len(expires):
        passed = pc.fill_null(pc.less_equal(expires, at_us), False)
        rule(Ruling.EXPIRY_PASSED, np.asarray(passed.to_numpy(zero_copy_only=False)))
    return rulings


def _is_inconsistent(transfers: Transfers, flag: np.ndarray) -> np.ndarray:
    resolves = (flag == Flag.POST) | (flag == Flag.VOID)
    wrong = (flag < 0) | (flag > Flag.VOID) | (_given(transfers.column("pending_id")) != resolves)
    wrong |= _given(transfers.column("expires_at_us")) & (flag != Flag.PENDING)
    return np.asarray(wrong | (_given(transfers.column("reverses")) & (flag != Flag.PLAIN)))


def _judge_accounts(rule: _Rule, standings: Standings, debit: np.ndarray, credit: np.ndarray, flag: np.ndarray) -> None:
    state = standings.numbers("state")
    if state.any():
        ends = np.maximum(state[debit], state[credit])
        rule(Ruling.ACCOUNT_CLOSED, ends == AccountState.CLOSED)
        rule(Ruling.ACCOUNT_FROZEN, (ends == AccountState.FROZEN) & (flag != Flag.VOID))
    currency = np.asarray(pc.dictionary_encode(standings.text("currency")).indices.to_numpy(zero_copy_only=False))
    rule(Ruling.CURRENCIES_DIFFER, currency[debit] != currency[credit])


def refused(code: str, *, row: int, subject: str, found: str, allowed: str = "") -> Refusal:
    """A refusal by a rule of the ledger; *row* from 1, 0 for an account or a whole batch."""
    rule = LEDGER_REFUSALS[code]
    return Refusal(row=row, id=subject, code=code, found=found, allowed=allowed or rule.allowed, what_to_do=rule.what_to_do)


def told(ruling: Ruling, transfer: Transfer, standings: Standings, *, row: int, facts: tuple[int, ...] = ()) -> Refusal:
    """The refusal of one transfer in words; *facts*: what the decision found, for totals and limits: found, allowed."""
    found, allowed = _found(ruling, transfer, standings, facts)
    return refused(
        ruling.code,
        row=row,
        subject=transfer.id if ruling > Ruling.TRANSFER_ID_INVALID else shown(transfer.id),
        found=found,
        allowed=allowed,
    )


def _found(ruling: Ruling, transfer: Transfer, standings: Standings, facts: tuple[int, ...]) -> tuple[str, str]:
    if ruling is Ruling.LIMIT_EXCEEDED:  # the common one
        return f"{_name(transfer.debit)} would use {facts[0]:,} minor units", f"at most {facts[1]:,} minor units, its limit"
    parties = f"debit {_name(transfer.debit)}, credit {_name(transfer.credit)}"
    match ruling:
        case Ruling.TRANSFER_ID_INVALID | Ruling.TRANSFER_ID_TAKEN:
            return f"id {_name(transfer.id)}", ""
        case Ruling.TRANSFER_AMOUNT_NOT_POSITIVE:
            return f"amount_minor {shown(transfer.amount_minor)}", ""
        case Ruling.FLAG_INCONSISTENT | Ruling.TWO_PHASE_IN_LARGE_BATCH:
            given = [name for name in ("pending_id", "expires_at_us", "reverses") if getattr(transfer, name) is not None]
            return f"flag {transfer.flag.name.lower()} with {', '.join(given) or 'none of these'}", ""
        case Ruling.TEXT_INVALID:
            return f"kind {_name(transfer.kind)}, cycle {_name(transfer.cycle)}, memo of {len(transfer.memo or '')} characters", ""
        case Ruling.ACCOUNT_UNKNOWN | Ruling.ACCOUNT_CLOSED | Ruling.ACCOUNT_FROZEN | Ruling.SAME_ACCOUNT:
            return parties, ""
        case Ruling.CURRENCIES_DIFFER:
            currencies = dict(zip(standings.text("id").to_pylist(), standings.text("currency").to_pylist(), strict=True))
            return f"debit in {currencies[transfer.debit]}, credit in {currencies[transfer.credit]}", ""
        case Ruling.EXPIRY_PASSED:
            return f"expires_at_us {transfer.expires_at_us}", ""
        case Ruling.TOTAL_BEYOND_INT64:
            return f"a sum of {facts[0]:,} minor units; {parties}", ""
        case Ruling.REVERSAL_UNKNOWN | Ruling.REVERSAL_REPEATED | Ruling.REVERSAL_MISMATCH:
            return f"reverses {_name(transfer.reverses)}, {parties}, amount_minor {transfer.amount_minor}", ""
        case _:
            return f"pending_id {_name(transfer.pending_id)}, {parties}, amount_minor {transfer.amount_minor}", ""


def _name(text: str | None) -> str:
    """As `shown`, at once for what needs no care."""
    return text if text and len(text) <= _PLAIN_LENGTH_MAX and text.isprintable() else shown(text)
