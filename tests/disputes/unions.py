"""A union with disputes, folded in memory: members, people who act for them, and how they dispute."""

from __future__ import annotations

from typing import Any

from rescounter.facade.union import Done
from rescounter.facade.union_disputes import move, raise_dispute_about
from rescounter.rulebook.rules import DISPUTE_TEMPLATES
from tests.cycle.world import PEOPLE, RULES, World

__all__ = ["DISPUTED", "MEMBERS", "ROWS", "Disputing"]

MEMBERS = ("ana", "bo", "cy", "dee")
DISPUTED = RULES + '[disputes]\nkind = "yes"\nmediators = ["dee"]\n'
ROWS = {
    "ana": [{"id": "1", "debtor": "ana", "creditor": "bo", "amount_minor": 10_000}],
    "bo": [{"id": "1", "debtor": "bo", "creditor": "cy", "amount_minor": 8_000}],
    "cy": [{"id": "1", "debtor": "cy", "creditor": "ana", "amount_minor": 6_000}],
}
"""A circuit of three: what each owes."""
assert set(DISPUTE_TEMPLATES)


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
