"""Swaps between members: what each was drawn for, what it costs, when it falls due, and what is posted. Source: rule R3.

A swap is one member's, in net deficit, from one or several others, its partners. It is value-dated on the settlement day of the cycle whose
deficit it pays, bears simple interest from there until the day on which it is repaid, and is repaid whole. What it is for is settled by the
cycle as ever; a swap only moves cash between members, and says who owes it to whom.

=========  ===============  ==========  ==========  ====================================
batch      kind             debit       credit      amount
=========  ===============  ==========  ==========  ====================================
drawn      swap_given       P/cash      M/cash      what a partner gives
drawn      swap_owed        M/swaps     P/swaps     the same: M owes it to P
repaid     swap_repaid      M/cash      P/cash      what it gave
repaid     swap_interest    M/cash      P/cash      interest, rounded half-even for each partner
repaid     swap_ended       P/swaps     M/swaps     what it gave: M owes it no more
=========  ===============  ==========  ==========  ====================================

`Swaps.after` folds the acts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from rescounter.ledger import Batch, Policy, Transfer, Transfers
from rescounter.settlement.accounts import CASH, SWAPS, account_name
from rescounter.settlement.interest import DayCount, year_share
from rescounter.terms import holds
from rescounter.terms.acts import Act

__all__ = ["Swap", "Swaps", "later_by_months", "swap_batch", "swap_key", "swap_of", "swap_repaid_batch"]

_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What *member* drew under *reference*. *shares*: by partner, minor units > 0. *rate*: a share a year. *repaid*: the act that did.

    Law: it falls due on or after the day on which it starts.
    """

    reference: str
    member: str
    currency: str
    cycle: str
    act: int
    shares: Mapping[str, int]
    starts: date
    due: date
    due_at_us: int
    rate: Fraction
    count: DayCount
    repaid: int = 0

    def __post_init__(self) -> None:
        holds(self.starts <= self.due and all(share > 0 for share in self.shares.values()), "a_swap_falls_due_after_it_starts")

    @property
    def amount_minor(self) -> int:
        """All that was drawn."""
        return sum(self.shares.values())

    def interest(self, day: date) -> Mapping[str, int]:
        """By partner, what is owed to it in interest when the swap is repaid on *day*, minor units >= 0.

        Each rounded half-even; nothing before the swap starts.
        """
        years = year_share(self.starts, max(self.starts, day), self.count)
        return MappingProxyType({partner: round(share * self.rate * years) for partner, share in self.shares.items()})

    def is_overdue(self, at_us: int) -> bool:
        """True where it was due and is not repaid."""
        return not self.repaid and at_us >= self.due_at_us


@dataclass(frozen=True, slots=True)
class Swaps:
    """Every swap that was ever drawn, by its reference, in order."""

    by_reference: Mapping[str, Swap] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def open(self) -> tuple[Swap, ...]:
        """Those that are not repaid, the oldest first."""
        return tuple(swap for swap in self.by_reference.values() if not swap.repaid)

    def owed(self, member: str, partner: str) -> int:
        """What *member* owes *partner* in swaps, without interest."""
        return sum(swap.shares.get(partner, 0) for swap in self.open if swap.member == member)

    def after(self, act: Act) -> Swaps:
        """The swaps with one more act. Laws: a reference is used once, a swap is repaid once."""
        match act.kind:
            case "swap_drawn":
                holds(act.body["reference"] not in self.by_reference, "a_swap_is_drawn_once", reference=act.body["reference"])
                return Swaps(MappingProxyType({**self.by_reference, act.body["reference"]: swap_of(act.body, act=act.number)}))
            case "swap_repaid":
                return self._repaid(act)
        return self

    def _repaid(self, act: Act) -> Swaps:
        swap = self.by_reference[act.body["reference"]]
        holds(not swap.repaid, "a_swap_is_repaid_once", reference=swap.reference)
        return Swaps(MappingProxyType({**self.by_reference, swap.reference: replace(swap, repaid=act.number)}))


def swap_of(body: Mapping[str, Any], *, act: int = 0) -> Swap:
    """The swap of the body of an act ``swap_drawn``. Law: its shares are its amount."""
    shares = {each["member"]: each["amount_minor"] for each in body["shares"]}
    holds(sum(shares.values()) == body["amount_minor"], "shares_are_the_swap", reference=body["reference"])
    return Swap(
        reference=body["reference"],
        member=body["member"],
        currency=body["currency"],
        cycle=body["for_cycle"],
        act=act,
        shares=MappingProxyType(shares),
        starts=date.fromisoformat(body["starts"]),
        due=date.fromisoformat(body["due"]),
        due_at_us=body["due_at_us"],
        rate=Fraction(body["rate"]) / 100,
        count=DayCount(body["day_count"]),
    )


def later_by_months(day: date, at_us: int, months: int) -> tuple[date, int]:
    """The same day *months* later, or the last of its month where that has fewer, and the instant as much later as the day.

    No time zone is asked: days are counted from the one that was frozen, with its instant *at_us*.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    later = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return later, at_us + (later - day) // timedelta(days=1) * _DAY_US


def swap_key(kind: str, reference: str) -> str:
    """``swap/KIND/HASH`` of the swap's reference, so that none is drawn or repaid twice."""
    return f"swap/{kind}/{sha256(reference.encode()).hexdigest()}"


def swap_batch(body: Mapping[str, Any]) -> Batch:
    """What the act ``swap_drawn`` posts."""
    swap, moves = swap_of(body), list[tuple[str, str, int, str]]()
    for partner, share in swap.shares.items():
        own = {purpose: (_name(swap, partner, purpose), _name(swap, swap.member, purpose)) for purpose in (CASH, SWAPS)}
        moves += [(*own[CASH], share, "swap_given"), (*own[SWAPS][::-1], share, "swap_owed")]
    return _batch(swap_key("drawn", swap.reference), moves, body["rulebook"], swap.cycle)


def swap_repaid_batch(body: Mapping[str, Any]) -> Batch:
    """What the act ``swap_repaid`` posts."""
    moves = list[tuple[str, str, int, str]]()
    for part in body["parts"]:
        cash, swaps = (
            [account_name(member, purpose, body["currency"]) for member in (body["member"], part["member"])] for purpose in (CASH, SWAPS)
        )
        moves.append((cash[0], cash[1], part["amount_minor"], "swap_repaid"))
        moves += [(cash[0], cash[1], part["interest_minor"], "swap_interest")] if part["interest_minor"] else []
        moves.append((swaps[1], swaps[0], part["amount_minor"], "swap_ended"))
    return _batch(swap_key("repaid", body["reference"]), moves, body["rulebook"])


def _name(swap: Swap, member: str, purpose: str) -> str:
    return account_name(member, purpose, swap.currency)


def _batch(key: str, moves: list[tuple[str, str, int, str]], rulebook: str, cycle: str = "") -> Batch:
    transfers = [
        Transfer(id=f"{key}/{number:04d}", debit=debit, credit=credit, amount_minor=amount, kind=kind, cycle=cycle or None)
        for number, (debit, credit, amount, kind) in enumerate(moves, start=1)
    ]
    return Batch(key=key, transfers=Transfers.of(transfers), policy=Policy.CYCLE_NET, cycle=cycle, rulebook_version=rulebook)
