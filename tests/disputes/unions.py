"""A union with disputes, folded in memory: members, people who act for them, and how they dispute."""

from __future__ import annotations

from typing import Any

from rescounter.cycle.disputing import agreeing_or_moving, raising
from rescounter.cycle.office import Step
from rescounter.cycle.union import Union
from rescounter.disputes.register import Case
from rescounter.facade.union import Done
from rescounter.facade.union_disputes import move, raise_dispute_about
from rescounter.rulebook.reading import read_rulebook
from rescounter.terms.acts import Act, body_of, canonical
from tests.cycle.world import PEOPLE, RULES, World

__all__ = ["DISPUTED", "MEMBERS", "ROWS", "Disputing", "Folded"]

MEMBERS = ("ana", "bo", "cy", "dee")
DISPUTED = RULES + '[disputes]\nkind = "yes"\nmediators = ["dee"]\n'
ROWS = {
    "ana": [{"id": "1", "debtor": "ana", "creditor": "bo", "amount_minor": 10_000}],
    "bo": [{"id": "1", "debtor": "bo", "creditor": "cy", "amount_minor": 8_000}],
    "cy": [{"id": "1", "debtor": "cy", "creditor": "ana", "amount_minor": 6_000}],
}
"""A circuit of three: what each owes."""


class Disputing(World):
    """A union of four members with a person each, called like the member with an ``x`` behind it."""

    def begin(self, rules: str = DISPUTED, day: str = "2026-01-05T09:00", *, opens: bool = True) -> Disputing:
        people = [*PEOPLE, *({"code": f"{code}x", "name": code, "roles": ["member"], "member": code} for code in MEMBERS)]
        self.tell(day)
        self.found(rules, people[:2])
        self.desk.union.register.member("ana") or self.join(*MEMBERS)
        for person in people[2:]:
            assert self.approved(self.act("person_added", **person)).act
        if opens:
            self.step("open")
        return self

    def raises(self, complainant: str, respondent: str, *, by: str = "", reason: str = "never delivered", **more: Any) -> Done:
        return raise_dispute_about(
            self.desk, by or f"{complainant}x", complainant=complainant, respondent=respondent, reason=reason, **more
        )

    def does(self, event: str, member: str = "", number: int = 1, **more: Any) -> Done:
        """A member's person does an event; nobody: the operator, whose second person agrees."""
        done = move(self.desk, f"{member}x" if member else "op", number, event, **more)
        return self.desk.decide(done.proposal, by="ap", is_approved=True) if done.proposal else done

    def state(self, number: int = 1) -> str:
        return self.desk.union.disputes.cases[number].dispute.at(self.desk.at_us).state.name


class Folded:
    """A union as the fold of its acts alone: no store, no desk, any instant; a measure (a limit of ana that was raised) to dispute."""

    def __init__(self, rules: str, at: int) -> None:
        self.union, self.acts = Union(), list[Act]()
        people = [{"code": "op", "name": "Op", "roles": ["operator", "approver"]}]
        people += [{"code": f"{code}x", "name": code, "roles": ["member"], "member": code} for code in MEMBERS]
        known = read_rulebook(rules).known
        body = {"name": "A union", "demonstration": True, "pack": "", "text": rules, "digest": known.digest}
        self.record("founded", at, **body, frozen=dict(known.frozen), people=people)
        self.record("members_joined", at, members=[{"code": code, "name": code} for code in MEMBERS])
        limit = {"member": "ana", "currency": "EUR", "kind": "net_debit_cap"}
        self.record("limits_set", at, limits=[{**limit, "amount_minor": 5_000, "from_us": at}])
        self.measure = self.record("limits_set", at + 1, limits=[{**limit, "amount_minor": 50_000, "from_us": at + 1}])

    def record(self, kind: str, at: int, by: str = "op", /, **body: Any) -> Act:
        act = Act(number=len(self.acts) + 1, at_us=max(at, self.union.at_us), by=by, kind=kind, body=body_of(canonical(body)))
        self.acts.append(act)
        self.union = self.union.after(act)
        return act

    def step(self, step: Step, at: int, by: str) -> bool:
        """Record what a step came to. Returns: whether it came to an act."""
        if step.wanted is not None:
            self.record(step.wanted.kind, at, by, **step.wanted.body)
        return step.wanted is not None

    def raises(self, template: str, at: int) -> Case:
        self.union = self.union.at(at)
        words = {"complainant": "bo", "respondent": "ana", "reason": "arrears", "template": template}
        office: Any = None
        step = raising(self.union, office, **words, measure=self.measure.number, measure_act=self.measure, at_us=at)
        assert self.step(step, at, "box"), step.refusals
        return self.union.disputes.cases[len(self.union.disputes.cases)]

    def does(self, event: str, member: str, at: int, number: int = 1, **more: Any) -> Step:
        self.union = self.union.at(at)
        by = f"{member}x" if member else "op"
        step = agreeing_or_moving(self.union, by, number, event, at_us=at, **more)
        self.step(step, at, by)
        return step

    def cap(self, at: int) -> int | None:
        """The limit of ana at an instant, as the union knows it then."""
        return self.union.at(max(at, self.union.at_us)).register.limit_of("ana", "EUR", "net_debit_cap", at)
