"""Accounts and the dated events that change them: opened, frozen, thawed, limited, closed.

An account holds one currency and belongs to a member or to the union. Sign: its balance is credits
less debits, positive = is owed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from rescounter.terms import holds

__all__ = ["UNION", "Account", "AccountChange", "AccountEvent", "AccountState"]

UNION: Final = ""
"""Owner of the accounts that belong to no member."""


class AccountState(IntEnum):
    """What an account takes: everything; nothing new; nothing ever again."""

    OPEN = 0
    FROZEN = 1
    CLOSED = 2


class AccountEvent(IntEnum):
    """What may happen to an account after it was opened."""

    FROZEN = 1
    THAWED = 2
    LIMITED = 3
    CLOSED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account as it is opened.

    *limit_minor*: how far debits may exceed credits, in minor units; 0 = never overdrawn, None = no
    limit. *owner*: a member code, or `UNION`.
    """

    id: str
    owner: str
    purpose: str
    currency: str
    limit_minor: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """One event; *limit_minor* is the new limit and stands with `AccountEvent.LIMITED` alone."""

    account: str
    event: AccountEvent
    limit_minor: int | None = None

    def __post_init__(self) -> None:
        holds(self.limit_minor is None or self.event is AccountEvent.LIMITED, "only_a_limit_has_a_limit", event=self.event.name)
