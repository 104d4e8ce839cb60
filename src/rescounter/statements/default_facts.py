"""What the page of a default is made of: plain values about one loss in one currency. Amounts are minor units >= 0."""

from __future__ import annotations

from dataclasses import dataclass

from rescounter.statements.facts import UnionNote

__all__ = ["DefaultFacts", "LayerTold", "LossTold", "PayerTold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerTold:
    """Step *number*: *payer* (``*`` is the union) pays *amount_minor*, and why; *returned_minor* of it came back."""

    number: int
    payer: str
    amount_minor: int
    reason: str
    returned_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTold:
    """Layer *number* of the waterfall. *stands_minor*: what stood behind it, None = no bound; *payers*: its steps."""

    number: int
    kind: str
    stands_minor: int | None
    payers: tuple[PayerTold, ...]

    @property
    def bears_minor(self) -> int:
        """What the layer bears."""
        return sum(each.amount_minor for each in self.payers)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossTold:
    """One loss. *owed*: what the member owes and has by account, in words, above zero = owes; *is_supposed*: no account says so."""

    currency: str
    exponent: int
    loss_minor: int
    owed: tuple[tuple[str, int], ...]
    layers: tuple[LayerTold, ...]
    unallocated_minor: int
    is_supposed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultFacts:
    """A default, or a drill of one, of *member* at the instant *at* in words. *pending*: cycles that must be settled before."""

    union: UnionNote
    member: str
    member_name: str
    at: str
    is_drill: bool
    reason: str = ""
    losses: tuple[LossTold, ...] = ()
    pending: tuple[str, ...] = ()
