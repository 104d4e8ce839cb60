"""Deciding on accounts: opening them, and the events that change them, all or nothing.

Pure functions over the standings of the accounts that are named; a store writes what they return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from unicodedata import is_normalized

from rescounter.ledger.accounts import Account, AccountChange, AccountEvent, AccountState
from rescounter.ledger.rulings import refused
from rescounter.ledger.standings import Standing
from rescounter.terms import INT64_MAX, Refusal
from rescounter.terms.names import ID_LENGTH_MAX, NAME_LENGTH_MAX, has_hidden_characters
from rescounter.terms.refusals import shown

__all__ = ["decide_changes", "decide_openings"]

_STATES: Final = {
    AccountEvent.FROZEN: AccountState.FROZEN,
    AccountEvent.THAWED: AccountState.OPEN,
    AccountEvent.CLOSED: AccountState.CLOSED,
}


def decide_openings(accounts: Sequence[Account], known: Mapping[str, Account]) -> tuple[tuple[Refusal, ...], tuple[int, ...]]:
    """Which accounts may be opened.

    Args: *known*: accounts that were opened before under ids that are named, as they were opened.
    Returns: refusals by row (any refuses all), and the places of the accounts that are new; the others stand already.
    """
    refusals: list[Refusal] = []
    new: list[int] = []
    above: dict[str, Account] = {}
    for place, account in enumerate(accounts):
        fault = _malformed(account)
        stands = known.get(account.id) or above.get(account.id)
        if fault:
            refusals.append(refused("account_invalid", row=place + 1, subject=shown(account.id), found=fault))
        elif stands is None:
            above[account.id] = account
            new.append(place)
        elif stands != account:
            refusals.append(refused("account_id_taken", row=place + 1, subject=account.id, found=_described(stands)))
    return tuple(refusals), tuple(new)


def _malformed(account: Account) -> str:
    for name, length_max, length_min in (
        ("id", ID_LENGTH_MAX, 1),
        ("owner", NAME_LENGTH_MAX, 0),
        ("purpose", NAME_LENGTH_MAX, 1),
        ("currency", NAME_LENGTH_MAX, 1),
    ):
        text = getattr(account, name)
        if not length_min <= len(text) <= length_max or has_hidden_characters(text) or not is_normalized("NFC", text):
            return f"{name} {shown(text)}"
    if account.limit_minor is not None and not 0 <= account.limit_minor <= INT64_MAX:
        return f"limit {account.limit_minor}"
    return ""


def _described(account: Account) -> str:
    limit = "no limit" if account.limit_minor is None else f"limit {account.limit_minor:,}"
    return f"{account.id} of {account.owner or 'the union'} for {account.purpose} in {account.currency}, {limit}"


def decide_changes(changes: Sequence[AccountChange], standings: Mapping[str, Standing]) -> tuple[tuple[Refusal, ...], dict[str, Standing]]:
    """What the events make of the accounts, in order.

    Args: *standings* of the named accounts that exist, by id. Returns: refusals by row (any refuses all), and the
    changed standings.
    """
    refusals: list[Refusal] = []
    after: dict[str, Standing] = {}
    for place, change in enumerate(changes):
        standing = after.get(change.account) or standings.get(change.account)
        code, found = _not_possible(change, standing)
        if code or standing is None:
            refusals.append(refused(code, row=place + 1, subject=shown(change.account), found=found))
        elif change.event is AccountEvent.LIMITED:
            after[change.account] = replace(standing, limit_minor=change.limit_minor)
        else:
            after[change.account] = replace(standing, state=_STATES[change.event])
    return tuple(refusals), after


def _not_possible(change: AccountChange, standing: Standing | None) -> tuple[str, str]:
    if standing is None:
        return "account_unknown", f"account {shown(change.account)}"
    if standing.state is AccountState.CLOSED:
        return "account_closed", f"{standing.id} is closed"
    match change.event:
        case AccountEvent.LIMITED:
            return _limit_not_possible(change.limit_minor, standing)
        case AccountEvent.CLOSED:
            pending = standing.pending_debits + standing.pending_credits
            if standing.balance_minor or pending:
                return "account_not_empty", f"balance {standing.balance_minor:,}, pending {pending:,} minor units"
        case _:
            if standing.state is _STATES[change.event]:
                return "state_unchanged", f"{standing.id} is {standing.state.name.lower()}"
    return "", ""


def _limit_not_possible(limit_minor: int | None, standing: Standing) -> tuple[str, str]:
    if limit_minor is None:
        return "", ""
    if not 0 <= limit_minor <= INT64_MAX:
        return "account_invalid", f"limit {limit_minor}"
    if limit_minor < standing.used_minor:
        return "limit_below_use", f"limit {limit_minor:,}, in use {standing.used_minor:,} minor units"
    return "", ""
