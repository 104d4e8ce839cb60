"""What a statement is made of: plain values about one member and one cycle, or about a cycle as a whole.

Who hands them in has read union, documents and ledger; a statement only adds up and tells. Amounts are minor
units; sign: positive = is owed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from rescounter.statements.credit_parts import CreditNote
from rescounter.statements.moments import Moment
from rescounter.terms.tables import CIRCUITS, REFUSALS_TABLE

__all__ = [
    "ITEMS",
    "PAID_IN",
    "PAID_OUT",
    "Balance",
    "Call",
    "Conversion",
    "CycleNote",
    "ExchangeNote",
    "Fee",
    "Payment",
    "Proofs",
    "RateNote",
    "RuleNote",
    "StatementFacts",
    "UnionNote",
]

_text, _minor = pa.string(), pa.int64()

ITEMS: Final = pa.schema(
    [
        pa.field("id", _text),
        pa.field("counterparty", _text),
        pa.field("side", _text),
        pa.field("currency", _text),
        pa.field("amount_minor", _minor),
        pa.field("cleared_minor", _minor),
        pa.field("replaced_minor", _minor),
        pa.field("residual_minor", _minor),
        pa.field("due", pa.date32()),
        pa.field("excluded", _text),
        pa.field("matched", _text),
        pa.field("origin", _text),
        pa.field("carried", _text),
        pa.field("reference", _text),
    ]
)
"""A row is an obligation of the member, in any order. *side*: ``owes`` or ``is_owed``. The amounts as in `terms.tables.OBLIGATIONS`:
residual = amount - cleared, and of that *replaced* by novation; what is left of both is still *open*. *excluded*, *matched*, *origin* as
in `terms.union_tables.FROZEN`; *carried*: the cycle that takes over what is open, empty where none does. Empty text or null: nothing."""

PAID_IN: Final = "in"
PAID_OUT: Final = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionNote:
    """What every page says about the union. *zone*: the IANA zone in which times are told. *legal_opinion*: empty where it is missing.

    *is_single_person*: one person may do alone what else needs a second. *assumed*: what a demonstration took for done, in words
    (``the pay-ins``).
    """

    name: str
    zone: str = "UTC"
    legal_opinion: str = ""
    is_demonstration: bool = False
    is_single_person: bool = False
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleNote:
    """A cycle: code, state in words, and when it got there; ``None`` where it has not yet."""

    code: str
    state: str
    opened: Moment | None = None
    cut_off: Moment | None = None
    final: Moment | None = None
    settled: Moment | None = None
    closed: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNote:
    """The rulebook in force: *version* counts from 1, *digest* of its text; *method* as `rulebook.rules` has it."""

    version: int
    digest: str
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the union asks of a member in a currency, or pays it.

    *position_minor*: the net of what novation replaced, *through_minor* of it for members that settle through this one.
    *in_money_minor*: what is settled in money where that is not just the position: credit is left out, interest and what is
    collected are in it, and amounts are those of the currency of settlement; ``None`` = the position. *pay_in_minor*: what was
    called, less than that where a balance or a cap covers part. *paid_minor*: what came in for it.
    *due*: when the pay-in must be there; *pay_out_at*: when the pay-out leaves.
    *account*, *reference*: where to pay, and what to write with it.
    """

    currency: str
    position_minor: int
    pay_in_minor: int = 0
    paid_minor: int = 0
    pay_out_minor: int = 0
    due: Moment | None = None
    pay_out_at: Moment | None = None
    account: str = ""
    reference: str = ""
    in_money_minor: int | None = None
    through_minor: int = 0

    @property
    def settles_minor(self) -> int:
        """What is settled in money: positive = the member is paid."""
        return self.position_minor if self.in_money_minor is None else self.in_money_minor

    @property
    def missing_minor(self) -> int:
        """What was called and has not come."""
        return max(0, self.pay_in_minor - self.paid_minor)

    @property
    def from_account_minor(self) -> int:
        """What of its debit the member's account, its cap included, covers without a pay-in."""
        return max(0, -self.settles_minor - self.pay_in_minor)

    @property
    def to_account_minor(self) -> int:
        """What of its credit in money stays on the member's account."""
        return max(0, self.settles_minor - self.pay_out_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that the member paid to the union (*direction* `PAID_IN`), or got from it (`PAID_OUT`)."""

    currency: str
    amount_minor: int
    direction: str
    at: Moment
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateNote:
    """A rate as it was told: *rate* of *currency* for one of the base, exact text, of *at*, by *source*."""

    currency: str
    rate: str
    source: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """An amount and what it became. *rate*: *into* for one of *currency*, exact, ``p/q``; *difference*: minor units of *into* by which the
    exact amount is more, exact."""

    currency: str
    amount_minor: int
    rate: str
    into: str
    converted_minor: int
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeNote:
    """How a member's positions were converted: into the *unit*, and from there into the currency in which it settles.

    *basket*: amounts in one unit, as the rulebook writes them; *interest*: minor units by currency that came to the positions before;
    *beside_minor*: what of the unit was settled otherwise, as credit or collected. *is_for_others*: it settles for other members too,
    so its own items are not all that was converted. *swap_minor*: in net deficit, the most that it may ask of each other member; None
    where the rulebook grants none.
    """

    unit: str
    base: str
    basket: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    rates: tuple[RateNote, ...] = ()
    conversions: tuple[Conversion, ...] = ()
    interest: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    beside_minor: int = 0
    is_for_others: bool = False
    swap_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A fee that the member owes, and for what."""

    currency: str
    amount_minor: int
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account of the member on the ledger. *limit_minor*: how far it may go below zero, ``None`` = no limit.

    *pending_minor*: debits that wait and already count against the limit.
    """

    account: str
    currency: str
    balance_minor: int
    limit_minor: int | None = 0
    pending_minor: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofs:
    """What a member checks the statement against.

    *cut_off*, *postings*: proofs as plain data, printed by their plain values and whole in JSON; a posting has at least *key* and
    *entry*. *roots*: hexadecimal digests by name (``cut-off``, ``result``). *checkpoint*: the signed note, as it stands.
    """

    cut_off: Mapping[str, Any] | None = None
    postings: tuple[Mapping[str, Any], ...] = ()
    roots: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    checkpoint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StatementFacts:
    """One member in one cycle.

    *exponents*: digits of every currency that occurs. *items*: `ITEMS`. *circuits*: `terms.tables.CIRCUITS`, whole circuits through the
    member; *circuits_left_out* more are not told; *are_circuits_untold*: none is, since the cycle was too large to keep them. *members*:
    its rows of the members table, where the cycle is cleared: the totals must agree with them. *refusals*: of its rows. *names*: of
    counterparties by code, where known. *settles_by*: the direct member through which it settles, empty where it settles by itself.
    *stands_for_pool*: it is the member that stands for the insurance pool. *has_liquidity*: cash took part in set-off. *exchange*: where
    there is a unit of account, once set-off is final.
    """

    union: UnionNote
    cycle: CycleNote
    rules: RuleNote
    member: str
    member_name: str = ""
    exponents: Mapping[str, int]
    items: pa.Table
    circuits: pa.Table = field(default_factory=CIRCUITS.empty_table)
    circuits_left_out: int = 0
    are_circuits_untold: bool = False
    members: pa.Table | None = None
    calls: tuple[Call, ...] = ()
    exchange: ExchangeNote | None = None
    payments: tuple[Payment, ...] = ()
    fees: tuple[Fee, ...] = ()
    balances: tuple[Balance, ...] = ()
    refusals: pa.Table = field(default_factory=REFUSALS_TABLE.empty_table)
    proofs: Proofs = Proofs()
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    has_liquidity: bool = False
    settles_by: str = ""
    stands_for_pool: bool = False
    credit: tuple[CreditNote, ...] = ()
