"""Unions on the sliding scale for tests: members' quotas, months of obligations, and what is settled of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rescounter.cycle.capital import ADDED, RETURNED, moving_capital
from rescounter.cycle.reckoning import settled_before
from rescounter.settlement.convertible import convertible_of
from tests.cycle.world import OPERATOR, RULES, World
from tests.store.stores import FRESH

__all__ = ["MONTHS", "RULES_OF_CREDIT", "capital", "credit_rules", "month", "new_world", "paid_up", "quotas", "scale_of"]

MONTHS = ("2026-01-22", "2026-02-23", "2026-03-23", "2026-04-22", "2026-05-22", "2026-06-22")
"""The cut-offs of a year's first half; a weekend moves one to the Monday."""
ENDS = ("2026-02-02", "2026-03-05", "2026-04-02", "2026-05-05", "2026-06-03", "2026-07-03")
"""A day after the settlement of each."""

RULES_OF_CREDIT = """
[credit]
kind = "sliding-scale"
table = "1950"
"""


def credit_rules(more: str = RULES_OF_CREDIT, *, fees: str = 'per_mille = "0"') -> str:
    """The rules of `world`, with credit instead of caps, and no fees unless some are given."""
    text = RULES.replace("net_debit_caps = true", "net_debit_caps = false")
    return text.replace('per_mille = "1.1"\nminimum = { EUR = "0.03" }', fees) + more


def new_world(kind: str = "sqlite") -> World:
    clock = [0]
    return World(FRESH[kind](clock=lambda: clock[0]), clock)


def quotas(world: World, **amounts: int) -> None:
    """Quotas in minor units, from now on."""
    limits = [
        {"member": member, "currency": "EUR", "kind": "quota", "amount_minor": amount, "from_us": world.clock[0]}
        for member, amount in amounts.items()
    ]
    assert world.approved(world.act("limits_set", limits=limits)).act


def capital(world: World, amount: int, reference: str, *, is_added: bool = True) -> Any:
    """Capital in or out: what became of it."""
    step = moving_capital(
        world.desk.union,
        world.desk.office,
        "EUR",
        amount,
        direction=ADDED if is_added else RETURNED,
        reference=reference,
        source="the founders",
        at_us=world.desk.at_us,
    )
    done = world.desk.do(step, by=OPERATOR)
    return done if done.refusals or done.proposal is None else world.approved(done)


def paid_up(world: World, cycle: str, day: str) -> None:
    """Everybody pays what is missing."""
    from rescounter.cycle.paying import stands

    chosen = world.desk.union.cycles[cycle]
    if chosen.last("called") is None or chosen.last("funded") is not None:
        return
    for row in stands(world.desk.union, chosen, world.desk.office, at_us=world.desk.at_us).to_pylist():
        if row["missing_minor"]:
            world.pay(f"{cycle}/{row['member']}/{row['missing_minor']}", row["member"], row["missing_minor"], day, cycle)


def month(
    world: World,
    place: int,
    owed: Iterable[tuple[str, str, int]],
    *,
    pays: Callable[[World, str, str], None] = paid_up,
    before_call: Callable[[World], Any] = lambda world: None,
) -> str:
    """A cycle from its opening to its close. *owed*: debtor, creditor, minor units. Returns its code."""
    world.tell(f"{MONTHS[place][:8]}05T09:00")
    if world.desk.union.latest is None or world.desk.union.latest.code != MONTHS[place]:
        assert world.step("open").act
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for number, (debtor, creditor, amount) in enumerate(owed):
        rows.setdefault(debtor, []).append({"id": f"{number}", "debtor": debtor, "creditor": creditor, "amount_minor": amount})
    for debtor, own in rows.items():
        world.submit(debtor, own, MONTHS[place])
    world.tell(f"{MONTHS[place]}T13:00")
    world.run(MONTHS[place])
    before_call(world)
    world.tell(f"{ENDS[place]}T10:00")
    world.run(MONTHS[place])
    pays(world, MONTHS[place], MONTHS[place])
    world.run(MONTHS[place])
    return MONTHS[place]


def scale_of(world: World) -> dict[str, tuple[int, int, int]]:
    """By member: position, what of it is in reserves, and credit, after the latest settlement."""
    table = settled_before(world.desk.union, world.desk.office)
    rows = [] if table is None else table.to_pylist()
    return {row["member"]: (row["position_minor"], row["reserve_minor"], row["position_minor"] - row["reserve_minor"]) for row in rows}


def convertible(world: World) -> int:
    return convertible_of(world.store.balances()).get("EUR", 0)
