"""Unions with a guarantee, in memory: acted in through the same desk as everywhere."""

from __future__ import annotations

from typing import Any

from rescounter.cycle.contributing import contributing, paying_call, paying_in_capital, returning
from rescounter.cycle.defaulting import bearing, declaring, recovering
from rescounter.facade.union import Done
from tests.cycle.mortal import fresh
from tests.cycle.world import OPERATOR, RULES, World

__all__ = ["CLEARING_HOUSE", "CREDITORS", "Backed", "backed"]

CLEARING_HOUSE = """
[guarantee]
layers = [
    "defaulter_collateral", "defaulter_fund", "operator_capital", "survivor_funds", "assessment_calls 1",
    "residual_to_counterparties_by_exposure",
]
"""
CREDITORS = """
[guarantee]
layers = ["fund", "creditors"]
fund_threshold = { EUR = "0.50" }
"""


class Backed(World):
    """A union whose members stand behind each other. Amounts are minor units of EUR."""

    _references = 0

    def _reference(self) -> str:
        Backed._references += 1
        return f"R-{Backed._references}"

    def _done(self, step: Any) -> Done:
        done = self.desk.do(step, by=OPERATOR)
        return done if done.is_refused or done.is_repeat else self.approved(done)

    def has(self, member: str, amount: int) -> None:
        """Money of a member that lies there."""
        assert self.pay(self._reference(), member, amount, "2026-01-05").act

    def contributes(self, member: str, amount: int, reference: str = "") -> Done:
        at_us = self.desk.at_us
        step = contributing(self.desk.union, self.desk.office, member, "EUR", amount, reference=reference or self._reference(), at_us=at_us)
        return self._done(step)

    def takes_back(self, member: str, amount: int, reference: str = "") -> Done:
        at_us = self.desk.at_us
        step = returning(self.desk.union, self.desk.office, member, "EUR", amount, reference=reference or self._reference(), at_us=at_us)
        return self._done(step)

    def capital(self, amount: int, reference: str = "") -> Done:
        at_us = self.desk.at_us
        return self._done(
            paying_in_capital(self.desk.union, self.desk.office, "EUR", amount, reference=reference or self._reference(), at_us=at_us)
        )

    def declares(self, member: str, reason: str = "did not pay") -> Done:
        return self._done(declaring(self.desk.union, member, reason))

    def bears(self, member: str) -> Done:
        return self._done(bearing(self.desk.union, self.desk.office, member, "EUR", at_us=self.desk.at_us))

    def pays_call(self, member: str, amount: int, reference: str = "") -> Done:
        at_us = self.desk.at_us
        step = paying_call(self.desk.union, self.desk.office, member, "EUR", amount, reference=reference or self._reference(), at_us=at_us)
        return self._done(step)

    def recovers(self, member: str, amount: int, reference: str = "") -> Done:
        at_us = self.desk.at_us
        step = recovering(self.desk.union, self.desk.office, member, "EUR", amount, reference=reference or self._reference(), at_us=at_us)
        return self._done(step)


def backed(kind: str = "sqlite", guarantee: str = CLEARING_HOUSE, store: Any = None, clock: list[int] | None = None) -> Backed:
    """A union with members ana, bo, cy and dee, opened for its first cycle."""
    if store is None or clock is None:
        store, clock = fresh(kind)
    world = Backed(store, clock)
    world.tell("2026-01-05T09:00")
    world.found(RULES + guarantee)
    world.join("ana", "bo", "cy", "dee")
    assert world.step("open").act
    return world
