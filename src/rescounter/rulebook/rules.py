"""The rules of a union as they are in force at one instant: frozen values, one class for each chapter of the rulebook.

The fields are the whole list of rules: the name of a chapter, a dot and the name of a field is the
id of a rule (``calendar.frequency``). Their metadata hold what `rescounter rulebook show` tells: meaning
and what is allowed. Money is in minor units of its currency here and its field ends with ``_minor``; the
text of a rulebook has major units, and the id leaves that ending out (``intake.minimum``).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

__all__ = [
    "ALWAYS_APPROVED",
    "APPROVED_KINDS",
    "ApprovalRules",
    "CalendarRules",
    "ClearingRules",
    "FeeRules",
    "IntakeRules",
    "MembershipRules",
    "Rules",
    "SettlementRules",
    "UnionRules",
]

APPROVED_KINDS: Final = (
    "rulebook_changed",
    "person_added",
    "person_changed",
    "person_removed",
    "members_joined",
    "member_changed",
    "member_suspended",
    "member_reinstated",
    "member_expelled",
    "limits_set",
    "cleared",
    "settled",
    "assigned",
    "returned",
    "repaid",
)
"""Kinds of acts that move money or change members, limits, keys or rules: a second person agrees to them in every union but
one that says it is a single person's. A result needs it when it is final.
"""

ALWAYS_APPROVED: Final[tuple[str, ...]] = ()
"""Kinds of acts of the bodies beside the cycle that move money or grant something: a second person agrees to them whatever the rulebook
names, but in a single person's union.
"""

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def _rule(meaning: str, *allowed: str, default: Any = None, required: bool = False) -> Any:
    metadata = {"meaning": meaning, "allowed": allowed}
    return field(metadata=metadata) if required else field(default=default, metadata=metadata)


def _table(meaning: str) -> Any:
    return field(default_factory=lambda: _NOTHING, metadata={"meaning": meaning, "allowed": ()})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionRules:
    """Who the union is, and under which law."""

    name: str = _rule("the union's name, as every statement prints it", required=True)
    zone: str = _rule("the time zone of every clock time in the rulebook (IANA)", default="UTC")
    currencies: tuple[str, ...] = _rule("currencies that obligations may have; none named = all of ISO 4217", default=())
    exponents: Mapping[str, int] = _table("decimal digits of currencies that ISO 4217 gives none")
    legal_opinion: str = _rule(
        "the opinion on finality and set-off in insolvency; every statement cites it, or says it is missing", default=""
    )
    single_person: bool = _rule("one person may do alone what else needs a second; every statement says so", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRules:
    """When cycles are, in business days of all settlement currencies."""

    frequency: str = _rule("how often a cycle is cut off", "monthly", "two-monthly", "weekly", "daily", "intraday", required=True)
    first_cut_off: datetime.date = _rule("day of the first cut-off; later ones keep its day of the month, or its weekday", required=True)
    cut_off_times: tuple[datetime.time, ...] = _rule("clock time of the cut-off; several where a day has several cycles", required=True)
    intake_opens_days: int = _rule(
        "business days before the cut-off from which obligations are taken; 0 = from the cut-off before", default=0
    )
    intake_closes_days: int = _rule(
        "business days before the cut-off after which no obligation is taken, and counterparties only answer; 0 = none", default=0
    )
    correction_days: int = _rule("business days after the cut-off in which corrections are taken; 0 = none", default=0)
    pay_in_days: int = _rule("business days after the cut-off by which pay-ins are due", default=0)
    settlement_days: int = _rule("business days after the cut-off on which the cycle is settled", default=0)
    day_ends: datetime.time = _rule("clock time at which a deadline that is a day ends", default=datetime.time(17))
    roll: str = _rule(
        "where a cut-off goes that falls on no business day", "following", "preceding", "modified-following", default="following"
    )
    holidays: Mapping[str, tuple[str, ...]] = _table("for each currency the calendars that close it, such as XECB or US")
    closed: tuple[datetime.date, ...] = _rule("further days that are no business days", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeRules:
    """Which obligations are taken, and what makes them binding."""

    driven_by: str = _rule(
        "whose submission counts: the debtor's alone, the creditor's alone, either's, or both must agree",
        "debtor", "creditor", "either", "agreement", required=True,
    )  # fmt: skip
    confirmation: bool = _rule("whether the counterparty may confirm or reject before the cut-off", default=False)
    silence: str = _rule("what a counterparty's silence means at the cut-off", "accept", "reject", "hold", default="accept")
    minimum_minor: Mapping[str, int] = _table("smallest obligation that takes part, for each currency")
    exempt_classes: tuple[str, ...] = _rule("classes that do not take part, such as secured or factored", default=())
    exempt_related: bool = _rule("obligations between members of one group do not take part", default=False)
    due: str = _rule("which obligations take part by their due date", "any", "by-cut-off", default="any")
    carry_over: bool = _rule("what remains of an obligation is in the next cycle without being handed in again", default=False)
    netting_forbidden_in: tuple[str, ...] = _rule("countries that forbid netting: their members' items are matched, not netted", default=())
    signature: str = _rule("whether a submission must be signed", "optional", "if-key", "required", default="if-key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearingRules:
    """How the cycle is cleared."""

    method: str = _rule(
        "set-off, netting by novation, or set-off first and then netting", "set-off", "net", "set-off-then-net", required=True
    )
    allocation: str = _rule("which obligations of a pair clear first", "oldest", "pro-rata", default="oldest")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRules:
    """How net positions are paid."""

    kind: str = _rule(
        "nothing is paid; debtors pay in each cycle; or accounts are prefunded", "none", "pay-in", "prefunded", default="none"
    )
    net_debit_caps: bool = _rule("a member may owe up to its net debit cap without having paid in", default=False)
    late: str = _rule("what happens to a member that has not paid in by the deadline", "carry", "suspend", default="carry")
    partial_funding: bool = _rule("what a late member did pay in settles its oldest debts; else none of them", default=False)
    accounts: Mapping[str, str] = _table("the union's settlement account (IBAN) for each currency")
    agent: str = _rule("the settlement agent's BIC", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRules:
    """What the union charges on what was cleared, for each member as debtor."""

    per_mille: Decimal = _rule("thousandths of what was cleared", default=Decimal(0))
    minimum_minor: Mapping[str, int] = _table("least fee, for each currency")
    free_below_minor: Mapping[str, int] = _table("no fee where less than this was cleared")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRules:
    """What needs a second person."""

    needed: tuple[str, ...] = _rule("kinds of acts that need an approval", default=APPROVED_KINDS)
    role: str = _rule("role of the person who approves", "approver", "operator", default="approver")
    expires_days: int = _rule("calendar days after which a proposal that nobody decided lapses", default=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipRules:
    """How members join and leave."""

    withdrawal_days: int = _rule("business days between a member's notice and its leaving; open items run off", default=3)
    lei_required: bool = _rule("whether a member needs a legal entity identifier", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that is in force at one instant, with *version* and *digest* of the text that says so."""

    version: int
    digest: str
    union: UnionRules
    calendar: CalendarRules
    intake: IntakeRules
    clearing: ClearingRules
    settlement: SettlementRules = SettlementRules()
    fees: FeeRules = FeeRules()
    approvals: ApprovalRules = ApprovalRules()
    membership: MembershipRules = MembershipRules()
