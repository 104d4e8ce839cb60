"""Unions that live for random months, from a seed: what both kinds of `test_every_feature` share, and every law after every step."""

from __future__ import annotations

import datetime
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from rescounter.approvals.laws import unapproved
from rescounter.council.laws import undecided
from rescounter.cycle.closing import outcome_of
from rescounter.cycle.next_step import next_step
from rescounter.cycle.office import Step
from rescounter.cycle.reckoning import settled_before
from rescounter.cycle.states import State
from rescounter.cycle.union import Cycle, union_of
from rescounter.facade.ledger import Ledger
from rescounter.facade.union import Desk, Done
from rescounter.facade.union_office import LedgerOffice
from rescounter.facade.union_replay import replay_cycle, replay_pool
from rescounter.facade.union_work import run
from rescounter.formats.key_files import Keys
from rescounter.terms import Exponents
from tests.council.chamber import acts_of
from tests.cycle.world import APPROVER, OPERATOR, World
from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY
from tests.store.stores import FRESH

__all__ = ["HOUR_US", "Life"]

HOUR_US = 3_600_000_000
TICKS_MAX = 14
"""Dates of a cycle that are waited for before the next one begins."""
ROUNDS_MAX = 25
"""Most rounds of calls of a cycle: each finds somebody late who was not, or money that is missing anew."""
EMPTY = ("set-off", "clearing", "reinsurance", "default")
"""Purposes of accounts that every batch leaves at zero."""


class Watched(Desk):
    """A desk behind which somebody looks after every step."""

    watch: Any = None

    def do(self, step: Step, *, by: str, member: str = "") -> Done:
        done = super().do(step, by=by, member=member)
        self.watch(done)
        return done

    def decide(self, number: int, *, by: str, is_approved: bool, reason: str = "") -> Done:
        done = super().decide(number, by=by, is_approved=is_approved, reason=reason)
        self.watch(done)
        return done


class Life(World):
    """A union whose months are drawn from a seed. *told*: how often what happened, by kind of act, refusal, or word."""

    def __init__(self, kind: str, seed: int) -> None:
        self.chance, self.told = random.Random(seed), Counter[str]()
        clock = [0]
        super().__init__(FRESH[kind](clock=lambda: clock[0]), clock)

    def sit_down(self) -> Desk:
        keys = Keys(LEDGER_KEY, SIGNING_KEY, (SIGNING_KEY.verifier,))
        ledger = Ledger(Path("nowhere"), ORIGIN, self.store, keys, Exponents())
        self.desk = Watched(ledger, LedgerOffice(ledger), lambda: self.clock[0])
        self.desk.watch = self.watch
        self.desk.read()
        return self.desk

    def watch(self, done: Done) -> None:
        """After every step: what became of it is counted, and the laws are looked at."""
        self.told.update(f"{done.kind}: {each.code}" for each in done.refusals)
        if done.act and not done.is_repeat:
            self.told[done.kind] += 1
            self.laws()

    def attempt(self, step: Step, *, by: str = OPERATOR, member: str = "") -> Done:
        """A step, and the second person agrees where one is asked for; whatever becomes of it."""
        done = self.desk.do(step, by=by, member=member)
        if done.proposal is not None and not done.refusals:
            done = self.desk.decide(done.proposal, by=APPROVER, is_approved=True)
        return done

    def happens(self, one_in: int) -> bool:
        return self.chance.randrange(one_in) == 0

    def reference(self, letter: str) -> str:
        """One that was not used before."""
        self.told["references"] += 1
        return f"{letter}-{self.told['references']}"

    @property
    def today(self) -> str:
        return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=self.clock[0])).date().isoformat()

    def sound_members(self) -> list[str]:
        return [each.code for each in self.desk.union.register.members if each.code not in self.desk.union.guarantee.defaults]

    # What a kind of union does of its own; nothing here.

    def before_cut_off(self, code: str) -> None:
        """Obligations, and whatever else happens while intake is open."""

    def between_dates(self) -> None:
        """Whatever happens at any time."""

    def before_step(self, cycle: Cycle) -> None:
        """What must be there for the next step."""

    def pay_calls(self, cycle: Cycle) -> None:
        """Some of those who are called pay."""

    # The months.

    def month(self) -> None:
        """A cycle from its opening; those before it that still wait go on first."""
        union = self.desk.union
        if union.latest is None or union.latest.state is not State.OPEN:
            assert self.step("open").act
        code = self.desk.union.latest.code
        self.before_cut_off(code)
        for _ in range(TICKS_MAX):
            waits = [cycle for cycle in self.desk.union.cycles.values() if cycle.state is not State.CLOSED]
            if not waits:
                break
            due = next_step(self.desk.union, waits[0], at_us=self.clock[0])
            assert due is not None
            self.clock[0] = max(self.clock[0], due.from_us, due.by_us or 0) + (0 if self.happens(2) else HOUR_US)
            self.between_dates()
            for cycle in waits:
                self.goes_on(cycle.code)

    def goes_on(self, code: str) -> None:
        """A cycle as far as it goes, money included."""
        self.runs(code)
        cycle = self.desk.union.cycles[code]
        if cycle.state is State.FINAL and cycle.last("called") is not None:
            self.pay_calls(cycle)
            self.runs(code)

    def runs(self, code: str) -> None:
        while True:
            self.before_step(self.desk.union.cycles[code])
            run(self.desk, by=OPERATOR, cycle=code)
            pending = self.desk.union.approvals.pending(self.clock[0])
            if not pending:
                return
            for each in pending:
                done = self.desk.decide(each.number, by=APPROVER, is_approved=True)
                if done.refusals:
                    self.desk.decide(each.number, by=APPROVER, is_approved=False, reason="it stands no more")
                    return

    # The laws.

    def laws(self) -> None:
        """What holds after every step."""
        rows = self.store.balances().rows()
        sums, has = Counter[str](), {row.id: row.balance_minor for row in rows}
        for row in rows:
            sums[row.currency] += row.balance_minor
            assert row.limit_minor is None or row.used_minor <= row.limit_minor, f"{row.id} is within its limit"
        assert not any(sums.values()), f"every currency sums to zero: {sums}"
        left = {name: amount for name, amount in has.items() if amount and name.split("/")[1] in EMPTY}
        assert not left, "a batch leaves them as they were"
        for cycle in self.desk.union.cycles.values():
            assert len(cycle.all("called")) <= ROUNDS_MAX, f"the rounds of {cycle.code} come to an end"
        self._guarantee_agrees(has)
        self._pool_agrees(has)
        self._credit_agrees(has)

    def _guarantee_agrees(self, has: dict[str, int]) -> None:
        guarantee = self.desk.union.guarantee
        calls = Counter[str]()
        for call in guarantee.calls:
            assert 0 <= call.open_minor <= call.amount_minor
            calls[f"{call.member}/assessments/{call.currency}"] -= call.open_minor
        assert {name: amount for name, amount in has.items() if "/assessments/" in name and amount} == {
            name: amount for name, amount in calls.items() if amount
        }, "what is called and not paid stands on the ledger"
        lost = Counter[str]()
        for loss in guarantee.losses:
            borne = loss.out.borne
            assert sum(step.amount_minor for step in borne.steps) + borne.unallocated_minor == borne.loss_minor
            lost[f"*/losses/{loss.currency}"] -= loss.out.unallocated_minor
        assert all(has.get(name, 0) == amount for name, amount in lost.items()), "what nobody bears stands on the ledger"

    def _pool_agrees(self, has: dict[str, int]) -> None:
        pool = self.desk.union.pool
        taken = {code for cycle in self.desk.union.cycles.values() if cycle.final is None for code in self._held_for(cycle)}
        for year in pool.years.values():
            held = year.held_minor if year.code in taken else 0
            assert year.cash_minor <= has.get(f"*/pool-{year.code}/{year.terms.currency}", 0) <= year.cash_minor + held
        running = any(cycle.state is not State.CLOSED for cycle in self.desk.union.cycles.values())
        assert running or not [name for name in has if name.startswith("POOL/") and has[name]], "a closed cycle leaves nothing of the pool"
        owed = sum(call.open_minor for year in pool.years.values() if year.is_open for call in year.calls.values())
        dues = -sum(amount for name, amount in has.items() if "/pool-dues/" in name)
        assert owed == dues == sum(amount for name, amount in has.items() if name.startswith("*/pool-called/"))

    @staticmethod
    def _held_for(cycle: Cycle) -> set[str]:
        """Policy years that have claims in a cycle."""
        cut_off = cycle.last("cut_off")
        return {row["year"] for row in cut_off.body.get("pool_sums", ()) if "claim" in row} if cut_off is not None else set()

    def _credit_agrees(self, has: dict[str, int]) -> None:
        union = self.desk.union
        table = settled_before(union, self.desk.office)
        if table is None:
            return
        for row in table.to_pylist():
            key = row["member"], row["currency"]
            credit = row["position_minor"] - row["reserve_minor"] + union.guarantee.credit_taken.get(key, 0)
            assert has.get(f"{key[0]}/credit/{key[1]}", 0) == credit, f"the credit of {key} is its position less reserves"

    def laws_of_acts(self) -> None:
        """What is told by all acts together, and by the documents of cycles."""
        acts, union = acts_of(self), self.desk.union
        folded = union_of(acts)
        assert folded.number == union.number
        assert {code: cycle.state for code, cycle in folded.cycles.items()} == {code: each.state for code, each in union.cycles.items()}
        assert folded.register.members == union.register.members
        assert (unapproved(acts), undecided(acts)) == ((), ())
        for cycle in union.cycles.values():
            self._nothing_is_created(cycle)

    def _nothing_is_created(self, cycle: Cycle) -> None:
        """What was frozen is cleared, replaced or carried, obligation by obligation; later rounds leave the set-off alone."""
        if cycle.final is None:
            return
        office = self.desk.office
        final = office.table(cycle.final.body["tables"]["obligations"])
        frozen = {(row["id"]): row["amount_minor"] for row in final.to_pylist()}
        came = outcome_of(cycle, office).to_pylist()
        assert [row["cleared_minor"] for row in came] == final["cleared_minor"].to_pylist(), "set-off is never undone"
        for row in came:
            parts = row["cleared_minor"] + row.get("replaced_minor", 0) + row.get("carried_minor", 0)
            assert 0 <= parts <= frozen[row["id"]] == row["amount_minor"], row
        rows = office.table((cycle.last("corrected") or cycle.known("cut_off")).body["frozen"])
        assert (pc.sum(rows["amount_minor"]).as_py() or 0) == sum(frozen.values()), "what is cleared is what was frozen"
        closed = cycle.last("closed")
        if closed is not None:
            done = sum(row["cleared_minor"] + row.get("replaced_minor", 0) for row in came)
            carried = pc.sum(office.table(closed.body["carried"])["amount_minor"]).as_py() or 0
            assert sum(frozen.values()) == done + carried, f"frozen = cleared + replaced + carried in {cycle.code}"

    def replayed(self, *, one_in: int = 1) -> None:
        """Again from what is on record: of the cycles the latest, and of those before it every so many."""
        self.sit_down()
        for code in list(self.desk.union.cycles)[::-one_in]:
            assert replay_cycle(self.desk, code) == (), code
        assert replay_pool(self.desk) == ()
        assert self.desk.ledger.audit().fault is None
