"""Members, people and limits: the values of the register."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["MEMBER_DETAILS", "PERSON_DETAILS", "Limit", "Member", "Person", "Role", "Standing"]

MEMBER_DETAILS: Final = ("code", "name", "lei", "bic", "country", "group", "under", "account", "key", "settles_in")
"""What an act may say about a member."""
PERSON_DETAILS: Final = ("code", "name", "roles", "member", "key")
"""What an act may say about a person."""


class Standing(Enum):
    """Where a member stands. Leaving: notice was given; it takes part until it has left, and its open items run off.

    Defaulted: declared to be in default; it takes no part until the default ends with its reinstatement, and has left where it is closed.
    """

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEFAULTED = "in default"
    LEAVING = "leaving"
    LEFT = "left"


class Role(Enum):
    """What a person may do."""

    OPERATOR = "operator"
    APPROVER = "approver"
    MEMBER = "member"
    OVERSEER = "overseer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member. *code* is its name in every table. *under*: the direct member through which an indirect one settles.

    *group*: members of one group are related. *country*: ISO 3166-1 alpha-2. *account*: where it is paid (IBAN). *key*: its Ed25519
    verifier key as `ledger.notes` writes it, empty where it signs nothing. *settles_in*: the currency in which it pays and is paid where it
    chose another than the unit of account. *leaves_at_us*: set while it is leaving or has left. *returned*: when its standing of before
    a measure returned (a snapback), and what it was until then.
    """

    code: str
    name: str
    standing: Standing = Standing.ACTIVE
    lei: str = ""
    bic: str = ""
    country: str = ""
    group: str = ""
    under: str = ""
    account: str = ""
    key: str = ""
    settles_in: str = ""
    joined_at_us: int = 0
    leaves_at_us: int | None = None
    returned: tuple[int, Standing] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How far a member may owe in a currency, net, from an instant on, or what it owes the guarantee fund.

    *kind*: one of `limits.LIMIT_KINDS`.
    """

    member: str
    currency: str
    kind: str
    amount_minor: int
    from_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who acts. *member*: for whom, where the role is member. *is_active* is false once removed."""

    code: str
    name: str
    roles: frozenset[Role]
    member: str = ""
    key: str = ""
    is_active: bool = True
