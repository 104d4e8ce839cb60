"""A union that settles pairs, for tests: its rules, what members hand in, and what its ledger's journal says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from rescounter.ledger import Store
from rescounter.rulebook.shipped import pack_text, with_values
from tests.cycle.world import World
from tests.store.stores import FRESH

RATES = {"USD": Fraction(1), "EUR": Fraction("1.10"), "JPY": Fraction(7, 10)}
"""US cents for one cent, one euro cent, one yen."""
HAIRCUTS = {"USD": Fraction(0), "EUR": Fraction(6, 100), "JPY": Fraction(8, 100)}
SHORT_LIMITS = {"USD": 100_000, "EUR": 90_000, "JPY": 100_000}
MEMBERS = ("ana", "bo", "cy")
RULES = with_values(
    pack_text("payment-versus-payment"),
    {"pairs.short_limits": '{ USD = "1000.00", EUR = "900.00", JPY = "100000" }', "calendar.holidays": "{}"},
)


@dataclass(frozen=True)
class Trade:
    """Payer 1 pays amount 1 to payer 2, who pays amount 2 back in another currency; minor units."""

    reference: str
    payer_1: str
    currency_1: str
    amount_1: int
    payer_2: str
    currency_2: str
    amount_2: int

    def legs(self) -> Iterator[dict[str, Any]]:
        for own, other in (("1", "2"), ("2", "1")):
            yield {
                "id": f"{self.reference}-{own}",
                "debtor": getattr(self, f"payer_{own}"),
                "creditor": getattr(self, f"payer_{other}"),
                "currency": getattr(self, f"currency_{own}"),
                "amount_minor": getattr(self, f"amount_{own}"),
                "reference": self.reference,
            }


def union_of_pairs(kind: str = "sqlite", rules: str = RULES, *, aggregate: Mapping[str, int] | int = 150_000) -> World:
    """A union of three members on a fresh store, its first cycle open."""
    clock = [0]
    world = World(FRESH[kind](clock=lambda: clock[0]), clock)
    return founded(world, rules, aggregate=aggregate)


def founded(world: World, rules: str = RULES, *, aggregate: Mapping[str, int] | int = 150_000) -> World:
    world.tell("2026-01-05T09:00")
    world.found(rules)
    world.join(*MEMBERS)
    limits = [
        {
            "member": member,
            "currency": "USD",
            "kind": "aggregate_short_position",
            "amount_minor": aggregate if isinstance(aggregate, int) else aggregate[member],
            "from_us": world.clock[0],
        }
        for member in MEMBERS
    ]
    assert world.approved(world.act("limits_set", limits=limits)).act
    world.step("open")
    return world


def hand_in(world: World, legs: Sequence[Mapping[str, Any]]) -> None:
    """Each leg by its debtor."""
    for member in sorted({leg["debtor"] for leg in legs}):
        done, _ = world.submit(member, [leg for leg in legs if leg["debtor"] == member])
        assert not done.refusals, done.refusals


def trades(world: World, *made: Trade) -> None:
    hand_in(world, [leg for trade in made for leg in trade.legs()])


def cash_of(world: World) -> dict[tuple[str, str], int]:
    """What stands on each member's cash, as the ledger has it."""
    found = {}
    for name, balance in world.balances().items():
        member, purpose, currency = name.rsplit("/", 2)
        if purpose == "cash":
            found[member, currency] = balance
    return found


@dataclass(frozen=True)
class Moved:
    """A transfer of the journal, with the key of its batch."""

    batch: str
    debit: str
    credit: str
    amount: int
    kind: str
    memo: str | None


def journal(store: Store) -> Iterator[Moved]:
    """Every transfer that was ever posted, in order."""
    for chunk in store.audit_stream():
        if len(chunk.transfers):
            columns = (chunk.transfers.column(name).to_pylist() for name in ("id", "debit", "credit", "amount_minor", "kind", "memo"))
            for name, *rest in zip(*columns, strict=True):
                yield Moved(name.rsplit("/", 1)[0], *rest)


def value_of(balances: Mapping[str, int]) -> Fraction:
    """Test 1 of rule R5, as the rule is written."""
    return sum(
        (minor * RATES[code] * (1 - HAIRCUTS[code] if minor > 0 else 1 + HAIRCUTS[code]) for code, minor in balances.items()), Fraction(0)
    )


def short_of(balances: Mapping[str, int]) -> Fraction:
    """Test 3 of rule R5."""
    return sum((-min(0, minor) * RATES[code] for code, minor in balances.items()), Fraction(0))
