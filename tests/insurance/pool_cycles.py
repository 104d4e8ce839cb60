"""A union for tests in which calls and claims of the pool enter cycles: three members, and POOL that stands for the pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rescounter.settlement.accounts import CASH
from tests.cycle.world import RULES
from tests.insurance.pools import PoolWorld

__all__ = ["FEBRUARY", "JANUARY", "MEMBERS", "POOL", "POOL_RULES", "CycleWorld", "february", "january", "owes"]

POOL, MEMBERS = "POOL", ("ana", "bo", "cy")
POOL_RULES = RULES.replace("net_debit_caps = true\n", "") + f'[pool]\nmember = "{POOL}"\n'


def owes(debtor: str, creditor: str, amount: int, name: str = "1") -> dict[str, Any]:
    return {"id": name, "debtor": debtor, "creditor": creditor, "amount_minor": amount}


class CycleWorld(PoolWorld):
    """Its months: what is called and claimed goes through cycles, each one with its trade."""

    def begin(self, rules: str = POOL_RULES) -> None:
        """A policy year with exposures of three members, and its advance called: 320.00 of ana, 160.00 of bo, 640.00 of cy."""
        self.found(rules)
        self.tell("2026-01-05T09:00")
        self.join(*MEMBERS, POOL)
        assert self.take(self.year()).act
        rows = (("ana", "coastal", 10_000_000), ("bo", "coastal", 5_000_000), ("cy", "ocean", 10_000_000))
        assert self.take(self.declare("2026", *rows)).act
        assert self.take(self.call("advance")).act

    def trade(self, rows: Sequence[dict[str, Any]]) -> None:
        """Each obligation handed in by its debtor."""
        for submitter in sorted({row["debtor"] for row in rows}):
            assert self.submit(submitter, [row for row in rows if row["debtor"] == submitter])[0].act

    def pays_its_calls(self, day: str, *, but: Sequence[str] = ()) -> None:
        """Everybody who was called in the latest cycle pays in, but for some."""
        called = self.desk.union.latest.known("called")
        for row in self.desk.office.table(called.body["calls"]).to_pylist():
            if row["pay_in_minor"] and row["member"] not in but:
                self.pay(f"{self.desk.union.latest.code}-{row['member']}", row["member"], row["pay_in_minor"], day)

    def month(self, cut_off: str, due: str, settled: str, *, but: Sequence[str] = ()) -> None:
        """The latest cycle from its cut-off to its close. Args: *cut_off*, *due*, *settled*: days; *but*: who does not pay in."""
        self.tell(f"{cut_off}T13:00")
        self.run()
        self.tell(f"{due}T17:00")
        for _ in range(3):
            self.run()
            if self.desk.union.latest.last("called") is not None:
                self.pays_its_calls(due, but=but)
        for _ in range(4):
            next_due = self.run()
            if next_due is None:
                return
            self.tell(f"{settled}T17:00")
            self.clock[0] = max(self.clock[0], next_due.from_us, next_due.by_us or 0)

    def outcome(self) -> dict[str, tuple[int, int]]:
        """By id in the latest cycle: what was set off, and what was settled."""
        from rescounter.cycle.closing import outcome_of

        rows = outcome_of(self.desk.union.latest, self.desk.office).to_pylist()
        return {row["id"]: (row["cleared_minor"], row["replaced_minor"]) for row in rows}

    def cash_of_pool(self) -> int:
        return sum(amount for name, amount in self.balances().items() if name.startswith(f"{POOL}/{CASH}/"))


JANUARY, FEBRUARY = ("2026-01-22", "2026-01-29", "2026-01-30"), ("2026-02-23", "2026-03-02", "2026-03-03")
"""Cut-off, deadline and settlement of the two cycles."""


def january(world: CycleWorld, *, but: Sequence[str] = ()) -> None:
    """The advance, and a trade of bo with ana."""
    assert world.step("open").act
    world.trade([owes("bo", "ana", 32_000)])
    world.month(*JANUARY, but=but)


def february(world: CycleWorld, *, until: str = "closed") -> None:
    """A supplementary call, a claim of cy, and trades. *until*: the act up to which it goes; called again, it goes on from there."""
    if world.desk.union.latest.code < "2026-02":
        world.tell("2026-02-02T09:00")
        assert world.take(world.call("supplementary", amount=70_000, name="feb")).act
        assert world.take(world.notify("C-1", "cy", 180_000, day="2026-01-20")).act
        assert world.take(world.claim("reserve", "C-1", 180_000)).act
        assert world.take(world.claim("adjust", "C-1", 180_000)).act
        assert world.step("open").act
        world.trade([owes("cy", "ana", 30_000), owes("ana", "bo", 15_000)])
    if until == "closed":
        world.month(*FEBRUARY)
        return
    cut_off, due, settled = FEBRUARY
    for verb, kind, at in (
        ("cut-off", "cut_off", f"{cut_off}T13:00"),
        ("clear", "", f"{cut_off}T13:00"),
        ("correct", "corrected", f"{cut_off[:-2]}26T17:00"),
        ("clear", "cleared", f"{due}T17:00"),
        ("fund", "", f"{due}T17:00"),
        ("pay", "", ""),
        ("fund", "funded", f"{due}T17:00"),
        ("settle", "settled", f"{settled}T17:00"),
    ):
        if world.desk.union.latest.last(kind or "withdrawn") is not None and kind != "cleared":
            continue
        world.tell(at) if at else None
        if verb == "pay":
            world.pays_its_calls(due)
        else:
            done = world.approved(world.step(verb))
            assert done.act or done.is_repeat
        if kind == until:
            return
