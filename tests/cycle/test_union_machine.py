"""Whole unions in any order of events: members, submissions, clocks, steps, approvals, money, two operators at once.

After every event every law is checked again from what is on record, and at the end each cycle is replayed.
"""

from __future__ import annotations

import datetime
from typing import Any

import hypothesis.strategies as st
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from rescounter.approvals.laws import unapproved
from rescounter.cycle.next_step import next_step
from rescounter.cycle.office import wanted
from rescounter.cycle.paying import stands
from rescounter.cycle.repaying import repaying
from rescounter.cycle.states import State
from rescounter.cycle.submitting import withdrawing
from rescounter.cycle.union import union_of
from rescounter.facade.union_replay import replay_cycle
from rescounter.membership.members import Standing
from rescounter.terms.acts import Act, body_of
from tests.cycle.world import APPROVER, OPERATOR, RULES, World
from tests.store.stores import FRESH

MEMBERS = ("ana", "bo", "cy", "dee", "eve")
WEEKLY = RULES.replace("monthly", "weekly")
PREFUNDED = (('kind = "pay-in"', 'kind = "prefunded"'), ("carry_over = true", "carry_over = false"))
SET_OFF_ONLY = (
    ('"set-off-then-net"', '"set-off"'),
    ('kind = "pay-in"', 'kind = "none"'),
    ("net_debit_caps = true\n", ""),
    ("partial_funding = true\n", ""),
)
AT_ONCE = (
    ("weekly", "daily"),
    ("correction_days = 3", "correction_days = 0"),
    ("pay_in_days = 5", "pay_in_days = 1"),
    ("settlement_days = 6", "settlement_days = 1"),
)


def with_other_rules(*changes: tuple[str, str]) -> str:
    text = WEEKLY
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return text


VARIANTS = {
    "pays in, partial": WEEKLY,
    "pays in, all or nothing, late are suspended": with_other_rules(("partial_funding = true", 'late = "suspend"')),
    "prefunded": with_other_rules(*PREFUNDED),
    "sets off only": with_other_rules(*SET_OFF_ONLY),
    "no corrections": with_other_rules(*AT_ONCE),
}
VERBS = ("open", "cut-off", "clear", "correct", "fund", "settle", "close")
STEPS_HOURS = (1, 5, 26, 75, 24 * 8)


class UnionMachine(RuleBasedStateMachine):
    kind = "sqlite"
    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.clock = [0]
        self.world = World(FRESH[self.kind](clock=lambda: self.clock[0]), self.clock)
        self.paid: dict[str, int] = {}

    @initialize(variant=st.sampled_from(sorted(VARIANTS)))
    def found(self, variant: str) -> None:
        self.world.tell("2026-01-12T09:00")
        self.world.found(VARIANTS[variant])
        self.world.join("ana", "bo", "cy")
        self.world.step("open")
        self.other = World(self.world.store, self.clock)

    def teardown(self) -> None:
        event(f"cycles by state: {sorted(cycle.state.value for cycle in self.world.desk.union.cycles.values())}")
        for code in self.world.sit_down().union.cycles:
            assert replay_cycle(self.world.desk, code) == ()
        self.world.store.close()

    @property
    def union(self) -> Any:
        return self.world.desk.read()

    @rule(code=st.sampled_from(MEMBERS), second=st.booleans())
    def join(self, code: str, second: bool) -> None:
        is_known = self.union.register.member(code) is not None
        done = self.world.act("members_joined", members=[{"code": code, "name": code}])
        assert bool(done.refusals) == is_known
        if second and done.proposal is not None:
            self.world.approved(done)

    @rule(code=st.sampled_from(MEMBERS), amount=st.integers(0, 5_000))
    def cap(self, code: str, amount: int) -> None:
        if self.union.register.member(code) is not None and self.union.register.standing_at(code, self.clock[0]) is not Standing.LEFT:
            self.world.cap(code, amount)

    @rule(
        target=ids,
        submitter=st.sampled_from(MEMBERS),
        rows=st.lists(st.tuples(st.sampled_from("123456"), st.sampled_from(MEMBERS), st.integers(1, 9_000)), min_size=1, max_size=4),
    )
    def hand_in(self, submitter: str, rows: list[tuple[str, str, int]]) -> tuple[str, str]:
        return self.submit(submitter, rows)

    def submit(self, submitter: str, rows: list[tuple[str, str, int]]) -> tuple[str, str]:
        handed = [{"id": name, "debtor": submitter, "creditor": creditor, "amount_minor": amount} for name, creditor, amount in rows]
        if self.union.register.member(submitter) is not None:
            done, taken = self.world.submit(submitter, handed)
            assert done.refusals or done.is_repeat or taken is not None
            if taken is not None:
                assert taken.table.num_rows + taken.repeated + taken.refusals.num_rows == len(handed)
        return submitter, rows[0][0]

    @rule(named=ids)
    def withdraw(self, named: tuple[str, str]) -> None:
        submitter, name = named
        desk = self.world.desk
        if desk.union.latest is not None and self.union.register.member(submitter) is not None:
            desk.do(withdrawing(desk.union, desk.union.latest, desk.office, [name], submitter=submitter, at_us=desk.at_us), by=OPERATOR)

    @rule(hours=st.sampled_from(STEPS_HOURS))
    def time_passes(self, hours: int) -> None:
        self.clock[0] += hours * 3_600_000_000

    @rule(late_hours=st.sampled_from([0, 0, 0, 1, 30]))
    def the_next_date_comes(self, late_hours: int) -> None:
        """The clock goes on to the next date of the earliest cycle that is not closed, sometimes past it."""
        for cycle in self.union.cycles.values():
            due = next_step(self.union, cycle, at_us=self.clock[0])
            if due is not None:
                self.clock[0] = max(self.clock[0], due.from_us, due.by_us or 0) + late_hours * 3_600_000_000
                return

    @rule(verb=st.sampled_from(VERBS), earliest=st.booleans())
    def step(self, verb: str, earliest: bool) -> None:
        cycles = [code for code, cycle in self.union.cycles.items() if cycle.state is not State.CLOSED]
        before = self.world.desk.union.number
        done = self.world.step(verb, cycles[0] if earliest and cycles and verb != "open" else None)
        assert bool(done.act or done.proposal or done.is_repeat) != bool(done.refusals)
        assert self.union.number == before + (0 if done.refusals or done.is_repeat else 1)

    @rule()
    def run(self) -> None:
        """An operator and an approver go on with the earliest cycle as far as it goes."""
        cycles = [code for code, cycle in self.union.cycles.items() if cycle.state is not State.CLOSED]
        if cycles:
            self.world.run(cycles[0])
        if self.union.latest is not None and self.union.latest.state is not State.OPEN:
            self.world.step("open")

    @rule(
        rows=st.lists(st.tuples(st.sampled_from(MEMBERS), st.sampled_from(MEMBERS), st.integers(1, 9_000)), min_size=3, max_size=9),
        paying=st.sets(st.sampled_from(MEMBERS)),
    )
    def a_cycle_runs(self, rows: list[tuple[str, str, int]], paying: set[str]) -> None:
        """Obligations come in, and the earliest cycle goes through all its dates; of those who are called some pay in."""
        for number, (debtor, creditor, amount) in enumerate(rows):
            self.submit(debtor, [(f"{self.clock[0] % 9973}-{number}", creditor, amount)])
        codes = [code for code, cycle in self.union.cycles.items() if cycle.state is not State.CLOSED]
        for _ in range(7 if codes else 0):
            self.the_next_date_comes(0)
            self.world.run(codes[0])
            cycle = self.union.cycles[codes[0]]
            if cycle.state is State.FINAL and cycle.last("called") is not None:
                for row in stands(self.union, cycle, self.world.desk.office, at_us=self.clock[0]).to_pylist():
                    if row["member"] in paying and row["missing_minor"]:
                        reference = f"{codes[0]}/{row['member']}/{len(cycle.all('called'))}"
                        self.money_comes(reference, row["member"], row["missing_minor"])
            self.every_law_holds()
        if self.union.latest is not None and self.union.latest.state is not State.OPEN:
            self.world.step("open")

    @rule(is_approved=st.booleans(), own=st.booleans())
    def decide(self, is_approved: bool, own: bool) -> None:
        for proposal in self.union.approvals.pending(self.clock[0])[:1]:
            done = self.world.desk.decide(proposal.number, by=OPERATOR if own else APPROVER, is_approved=is_approved, reason="")
            assert done.refusals or not own, "nobody decides their own"

    @rule(reference=st.sampled_from(["B1", "B2", "B3", "B4"]), member=st.sampled_from([*MEMBERS, "", "zoe"]), amount=st.integers(1, 9_000))
    def money(self, reference: str, member: str, amount: int) -> None:
        self.money_comes(reference, member, amount)

    def money_comes(self, reference: str, member: str, amount: int) -> None:
        day = (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=self.clock[0])).date().isoformat()
        done = self.world.pay(reference, member, amount, day)
        if done.act and not done.is_repeat and self._was_booked(reference):
            assert reference not in self.paid, "money is booked once"
            self.paid[reference] = amount

    @rule(member=st.sampled_from(MEMBERS), amount=st.integers(1, 6_000), reference=st.sampled_from(["R1", "R2", "R3"]))
    def money_goes_back(self, member: str, amount: int, reference: str) -> None:
        desk, was = self.world.desk, reference in self.union.repaid
        before = self.world.balances().get(f"{member}/cash/EUR", 0)
        done = desk.do(repaying(desk.union, desk.office, member, "EUR", amount, reference=reference, at_us=desk.at_us), by=OPERATOR)
        if done.proposal is not None and not done.is_repeat:
            done = self.world.approved(done)
        if done.act and not done.is_repeat and not was:
            assert amount <= before, "credit is not paid out"

    def _was_booked(self, reference: str) -> bool:
        """True where the latest act booked it: a double and a refused pay-in beside it are not."""
        acts = [act for cycle in self.union.cycles.values() for act in cycle.all("paid_in")]
        lines = self.world.desk.office.table(max(acts, key=lambda act: act.number).body["lines"]).to_pylist()
        return any(row["reference"] == reference and row["verdict"] in ("on_time", "late", "unidentified") for row in lines)

    @precondition(lambda self: self.union.register.member("ana") is not None)
    @rule(code=st.sampled_from(MEMBERS), kind=st.sampled_from(["member_suspended", "member_reinstated", "member_withdrew"]))
    def standing_changes(self, code: str, kind: str) -> None:
        body: dict[str, Any] = {"code": code, "reason": "as decided"}
        if kind == "member_withdrew":
            body = {"code": code, "leaves_at_us": self.clock[0] + 3 * 86_400_000_000}
        done = self.world.desk.do(wanted(kind, **body), by=OPERATOR)
        if done.proposal is not None:
            self.world.approved(done)

    @rule(verb=st.sampled_from(VERBS))
    def two_operators_at_once(self, verb: str) -> None:
        """The other has read the union before the first acts, and does the same step."""
        other = self.other.sit_down()
        first = self.world.step(verb)
        second = self.other.step(verb)
        assert self.other.desk is other
        if first.act or first.proposal:
            assert second.is_repeat or second.refusals, "one of two who act at once on the same is told"
            assert not second.act or second.is_repeat

    @invariant()
    def every_law_holds(self) -> None:
        if not self.world.desk.union.number:
            return
        acts = [
            Act(number=each.number, at_us=each.at_us, by=each.by, kind=each.kind, body=body_of(each.body))
            for each in self.world.store.records(rows_max=10_000)
        ]
        union = union_of(acts)
        assert union.number == self.union.number
        assert {code: cycle.state for code, cycle in union.cycles.items()} == {
            code: cycle.state for code, cycle in self.union.cycles.items()
        }
        assert union.register.members == self.union.register.members
        assert unapproved(acts) == ()
        self._books_agree(union)
        for cycle in union.cycles.values():
            self._nothing_is_created(cycle)

    def _books_agree(self, union: Any) -> None:
        rows = self.world.store.balances().rows()
        assert sum(row.balance_minor for row in rows) == 0, "every currency sums to zero"
        assert all(row.limit_minor is None or row.used_minor <= row.limit_minor for row in rows), "no limit is broken"
        balances = {row.id: row.balance_minor for row in rows}
        assert not [name for name, amount in balances.items() if amount and ("/set-off/" in name or name == "*/clearing/EUR")]
        waits = 0
        for cycle in union.cycles.values():
            if cycle.state is State.FUNDED:
                net = self.world.desk.office.table(cycle.last("funded").body["net"])
                waits += sum(-amount for amount in net["net_minor"].to_pylist() if amount < 0)
        due = sum(amount for name, amount in balances.items() if "/due/" in name)
        posted_and_not_told = [
            each
            for each in union.cycles.values()
            if each.state is State.FINAL and self.world.desk.office.is_posted(f"cycle/{each.code}/earmark")
        ]
        assert due == waits or posted_and_not_told
        paid_out = sum(
            amount
            for cycle in union.cycles.values()
            for act in cycle.all("settled")
            for amount in self.world.desk.office.table(act.body["calls"])["pay_out_minor"].to_pylist()
        )
        paid_out += sum(act.body["amount_minor"] for act in union.repaid.values())
        assert -balances.get("*/settlement/EUR", 0) == sum(self.paid.values()) - paid_out, "the union has what came in and did not leave"

    def _nothing_is_created(self, cycle: Any) -> None:
        """What clears as debt clears as claim; later rounds leave it alone; positions sum to zero."""
        final = cycle.final
        if final is None:
            return
        office = self.world.desk.office
        obligations = office.table(final.body["tables"]["obligations"])
        for act in cycle.all("called"):
            assert (pc.sum(office.table(act.body["net"])["net_minor"]).as_py() or 0) == 0
            if "carried" in act.body:
                assert office.table(act.body["carried"])["cleared_minor"].equals(obligations["cleared_minor"]), "set-off is never undone"


class PostgresqlMachine(UnionMachine):
    kind = "postgresql"


COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.mark.slow
@pytest.mark.parametrize("machine", [UnionMachine, PostgresqlMachine], ids=["sqlite", "postgresql"])
def test_unions_keep_every_law_whatever_happens_in_them(machine: type[UnionMachine]):
    case = machine.TestCase
    examples = settings.default.max_examples if machine is UnionMachine else max(2, settings.default.max_examples // 8)
    case.settings = settings(max_examples=max(4, examples // 4), stateful_step_count=40, **COMMON)
    case("runTest").runTest()
