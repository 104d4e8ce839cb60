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
from typing import Any, Final, NewType

__all__ = [
    "ALWAYS_APPROVED",
    "ANYBODY",
    "APPROVED_KINDS",
    "COUNCIL_SUBJECTS",
    "DISPUTE_TEMPLATES",
    "PAIRS_KIND",
    "VOTING_RULES",
    "ApprovalRules",
    "CalendarRules",
    "ClearingRules",
    "CollateralRules",
    "CouncilRules",
    "CreditRules",
    "DisputeRules",
    "ExchangeRules",
    "FeeRules",
    "GuaranteeRules",
    "IntakeRules",
    "MemberCode",
    "MembershipRules",
    "PairingRules",
    "PoolRules",
    "Rules",
    "SettlementRules",
    "Subject",
    "TemplateText",
    "UnionRules",
    "VotingTable",
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

PAIRS_KIND: Final = "payment-versus-payment"
"""The value of ``settlement.kind`` where pairs of payments are settled."""

ALWAYS_APPROVED: Final[tuple[str, ...]] = (
    "representative_named",
    *("fund_contributed", "fund_returned", "guarantee_paid_in"),
    *("default_declared", "default_ended", "loss_borne", "assessment_paid", "recovered"),
    *("rates_set", "dealt"),
    *("swap_drawn", "swap_repaid"),
    *("prices_set", "collateral_pledged", "collateral_released"),
    "capital_moved",
    *("dispute_decided", "measure_conditioned"),
    *("pool_year_opened", "pool_called", "pool_paid", "pool_year_closed"),
    *("claim_adjusted", "claim_paid", "claim_resolved", "reinsurance_received"),
)
"""Kinds of acts of the bodies beside the cycle that move money or grant something: a second person agrees to them whatever the rulebook
names, but in a single person's union.
"""

COUNCIL_SUBJECTS: Final = (
    "rulebook_changed",
    "members_joined",
    "member_suspended",
    "member_reinstated",
    "member_expelled",
    "default_declared",
    "rates_set",
    "limits_set",
    "quotas_set",
    "dispute_decided",
    "emergency_measure",
)
"""What a council may decide on: kinds of acts, and parts of them: *quotas_set* is what sets a quota among limits, *emergency_measure* a
rulebook that differs in temporary rules alone, and of *dispute_decided* the vote is the council's (`docs/COUNCIL.md`).
"""

VOTING_RULES: Final = (
    "one-member-one-vote",
    "acu-majority",
    "acu-two-thirds",
    "acu-unanimous",
    "un-council",
    "wto-reverse-consensus",
    "consensus",
    "consensus-without-the-party",
    "unanimous-of-all",
    "epu-board",
    "weighted-70",
    "weighted-85",
)
"""Names of the voting rules that ship; the room `council` knows what they mean."""

Subject = NewType("Subject", str)
"""One of `COUNCIL_SUBJECTS`."""
TemplateText = NewType("TemplateText", str)
"""A template of disputes in TOML, as `disputes/reading.py` reads it."""
DISPUTE_TEMPLATES: Final = ("snapback-65-days", "trade-panel", "expedited-arbitration", "invoice-dispute")
"""Names of the templates that ship; the room `disputes` knows what they mean."""
MemberCode = NewType("MemberCode", str)
"""The code of a member, or `ANYBODY`."""
ANYBODY: Final = "*"
"""In a table by member: who is not named in it."""
VotingTable = NewType("VotingTable", Mapping[str, Any])
"""A voting rule as a text writes it, its keys those of `rulebook/voting_tables.py`."""

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
        "nothing is paid; debtors pay in each cycle; accounts are prefunded; or pairs of payments in two currencies settle together",
        "none", "pay-in", "prefunded", "payment-versus-payment", default="none",
    )  # fmt: skip
    net_debit_caps: bool = _rule("a member may owe up to its net debit cap without having paid in", default=False)
    late: str = _rule("what happens to a member that has not paid in by the deadline", "carry", "suspend", default="carry")
    partial_funding: bool = _rule("what a late member did pay in settles its oldest debts; else none of them", default=False)
    accounts: Mapping[str, str] = _table("the union's settlement account (IBAN) for each currency")
    agent: str = _rule("the settlement agent's BIC", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRules:
    """In what several currencies are settled together (`docs/EXCHANGE.md`)."""

    unit: str = _rule("the unit of account in which positions of all currencies are added up; none = each settles by itself", default="")
    basket: Mapping[str, str] = _table("amount of each currency in one unit, in major units; none = the unit is a currency itself")
    base: str = _rule("currency of which one major unit is what rates are told for; none = the unit, or that of pairs", default="")
    rates: str = _rule("rates are set with their date and source, or stand in the rulebook", "dated", "fixed", default="dated")
    fixed_rates: Mapping[str, str] = _table("major units of each currency for one of the base, where rates are fixed")
    rate_days: int = _rule("days after which a rate is too old to convert with", default=4)
    members_choose: bool = _rule("a member may settle in a currency of its own instead of the unit", default=False)
    swap_share: Decimal = _rule(
        "share of the average yearly gross payments that a member in net deficit may ask of each other as a swap; 0 = none",
        default=Decimal(0),
    )
    swap_rate: Decimal = _rule(
        "per cent a year that a swap costs, fixed when it is drawn; days are counted by credit.day_count", default=Decimal(0)
    )
    swap_months: int = _rule("months from the settlement day for which a swap is drawn until it falls due", default=2)
    swap_times: int = _rule("most swaps that one member may draw in a calendar year; 0 = as many as it is entitled to", default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingRules:
    """When a pair of payments in two currencies may settle (``settlement.kind`` payment-versus-payment)."""

    unit: str = _rule("currency in which balances of all currencies are valued together", default="")
    rates: Mapping[str, str] = _table(
        "what one unit of a currency is worth in the unit where no rate of it was set, as a decimal; the unit itself is worth 1"
    )
    haircuts: Mapping[str, str] = _table("per cent by which a balance above zero counts less and one below zero more; none named = 0")
    short_limits_minor: Mapping[str, int] = _table("most that a member may be short of a currency; none named = nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollateralRules:
    """What pledged assets are worth, and who must pledge more."""

    price_age_days: int = _rule("calendar days after which a price is too old, and an asset at it is worth nothing", default=7)
    call_days: int = _rule("calendar days after which a call for collateral is due", default=1)
    minimum_minor: Mapping[str, int] = _table("smallest gap for which collateral is called")
    currency_haircuts: Mapping[str, str] = _table(
        "currencies whose collateral covers needs in others too, each with the per cent by which it counts less there; none named = its own"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRules:
    """What the union charges on what was cleared, for each member as debtor."""

    per_mille: Decimal = _rule("thousandths of what was cleared", default=Decimal(0))
    minimum_minor: Mapping[str, int] = _table("least fee, for each currency")
    free_below_minor: Mapping[str, int] = _table("no fee where less than this was cleared")
    collected: bool = _rule(
        "what a member owes in fees, interest and charges, or is owed, is part of its next call; else it stays on its accounts",
        default=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRules:
    """Which part of a net position is credit between member and union, and what credit costs."""

    kind: str = _rule("positions are settled in full, or in part by credit within quotas", "none", "sliding-scale", default="none")
    table: str = _rule(
        "which part of each slice of a quota is settled in reserves: a table by its year, or one's own",
        "1950", "1952", "1954", "1955", "own", default="1950",
    )  # fmt: skip
    debtor: tuple[str, ...] = _rule('own slices of members that owe, such as "20% 0%", the last such as "beyond 100%"', default=())
    creditor: tuple[str, ...] = _rule("the same of members that are owed", default=())
    floor_minor: Mapping[str, int] = _table("least that the union's convertible reserves must be after a settlement, for each currency")
    interest: str = _rule(
        "interest on nothing, on credit (booked at the close), or on what is outstanding until it is settled (passed on by the debtors)",
        "none", "credit", "outstandings", default="none",
    )  # fmt: skip
    debit_rate: Decimal = _rule("per cent a year that who owes pays", default=Decimal(0))
    credit_rate: Decimal = _rule("per cent a year that who is owed credit gets", default=Decimal(0))
    day_count: str = _rule(
        "how days are counted", "actual/360", "actual/365", "actual/actual", "30E/360", default="actual/360",
    )  # fmt: skip
    charges: tuple[str, ...] = _rule(
        'charges on credit of either side: steps such as "25% 1%" (beyond a quarter of the quota 1% a year), or "1943" for these',
        default=(),
    )
    watches: str = _rule("which events of balances that persist are told", "none", "1943", default="none")


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
class CouncilRules:
    """What the members decide in council, and how their votes are counted."""

    kind: str = _rule("whether members decide in council; where they do, nothing else can change a rule", "none", "council", default="none")
    decides: tuple[str, ...] = _rule(
        "what nobody can do without a decision of the council; rulebook_changed always among it",
        default=(
            *("rulebook_changed", "members_joined", "member_suspended", "member_reinstated", "member_expelled"),
            *("default_declared", "quotas_set"),
        ),
    )
    rule: str = _rule("the voting rule of everything for which by_subject names no other", default="one-member-one-vote")
    by_subject: Mapping[Subject, str] = _table("the voting rule of single subjects")
    own: Mapping[str, VotingTable] = _table("voting rules of the union's own, by name")
    circulation_days: int = _rule("calendar days, ended in full, between circulation and the first instant of a vote", default=7)
    voting_days: int = _rule("calendar days, ended in full, after the day on which a vote opens, until it closes", default=7)
    emergency_days: int = _rule("the same of an emergency measure, which need not circulate before its vote opens", default=1)
    emergency_lasts_days: int = _rule("calendar days after its tabling in which every rule of an emergency measure lapses", default=90)
    offices: tuple[str, ...] = _rule("offices of representatives, each held by one member at a time", default=("chair", "vice-chair"))
    weights: str = _rule(
        "from what votes are weighed, where a voting rule weighs them: all the same, quotas with equal basic votes, weight_table, or"
        " contributions to the guarantee fund",
        "equal", "quotas", "table", "fund", default="quotas",
    )  # fmt: skip
    weight_table: Mapping[MemberCode, int] = _table('weight of each member, "*" for who is not named, where council.weights is table')
    weight_currency: str = _rule("the currency whose quotas or contributions weigh votes, where a voting rule weighs them", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuaranteeRules:
    """Who bears what a member in default does not pay, layer after layer (`docs/GUARANTEE.md`)."""

    layers: tuple[str, ...] = _rule("who bears the loss of a default, in order; none named = nobody does", default=())
    fund_threshold_minor: Mapping[str, int] = _table("the most that the layer fund bears of one loss, for each currency; none = all of it")
    exposure_cycles: int = _rule("final cycles, counted back from the default, whose claims on the defaulter are exposures", default=1)
    call_days: int = _rule("calendar days in which a call of the guarantee must be paid", default=5)
    calls_collected: bool = _rule("calls of the guarantee that are open are part of the member's next call of a cycle", default=False)
    recovery_days: int = _rule(
        "calendar days after the last loss or recovery of a default, from which on it may be closed with something still out", default=365
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRules:
    """How members dispute obligations and measures (`docs/DISPUTES.md`)."""

    kind: str = _rule("whether members may raise disputes", "none", "yes", default="none")
    template: str = _rule("the template of a dispute for which nobody names another", default="invoice-dispute")
    allowed: tuple[str, ...] = _rule("templates that a dispute may follow: those that ship, and own", default=DISPUTE_TEMPLATES)
    mediators: tuple[str, ...] = _rule("members of the standing committee that mediates; besides it any uninvolved member may", default=())
    panel: tuple[str, ...] = _rule("members that act as panel or tribunal; none named = the operator does", default=())
    own: Mapping[str, TemplateText] = _table("templates of the union's own, by name")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRules:
    """How the insurance pool and the cycle go together (`docs/INSURANCE.md`)."""

    member: str = _rule(
        "the member that stands for the pool, so that calls and claims enter cycles as obligations; none = they are paid from cash alone",
        default="",
    )


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
    exchange: ExchangeRules = ExchangeRules()
    fees: FeeRules = FeeRules()
    approvals: ApprovalRules = ApprovalRules()
    membership: MembershipRules = MembershipRules()
    pairs: PairingRules = PairingRules()
    collateral: CollateralRules = CollateralRules()
    credit: CreditRules = CreditRules()
    council: CouncilRules = CouncilRules()
    guarantee: GuaranteeRules = GuaranteeRules()
    disputes: DisputeRules = DisputeRules()
    pool: PoolRules = PoolRules()
