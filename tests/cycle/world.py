"""A union for tests: on a store of their own, with a clock that they move, acted in through the same desk as everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from rescounter.cycle.office import wanted
from rescounter.cycle.submitting import submitting
from rescounter.facade.ledger import Ledger
from rescounter.facade.union import Desk, Done
from rescounter.facade.union_office import LedgerOffice
from rescounter.facade.union_work import _book, cycle_named, run, step
from rescounter.formats.key_files import Keys
from rescounter.formats.reading import read_arrow
from rescounter.intake.submissions import Taken
from rescounter.ledger import Store
from rescounter.ledger.records import Record
from rescounter.rulebook.reading import read_rulebook
from rescounter.terms import Exponents
from rescounter.terms.acts import canonical
from rescounter.terms.calendar import instant_us
from rescounter.terms.union_tables import PAY_INS
from tests.ledger.machine import LEDGER_KEY, ORIGIN, SIGNING_KEY

__all__ = ["OPERATOR", "PEOPLE", "RULES", "World", "at_us"]

OPERATOR, APPROVER = "op", "ap"
PEOPLE = (
    {"code": OPERATOR, "name": "Op", "roles": ["operator"]},
    {"code": APPROVER, "name": "Ap", "roles": ["approver"]},
)
RULES = """
[rulebook]
name = "Test"
[union]
name = "A union"
currencies = ["EUR"]
zone = "Europe/Ljubljana"
[calendar]
frequency = "monthly"
first_cut_off = 2026-01-22
cut_off_times = [13:00:00]
correction_days = 3
pay_in_days = 5
settlement_days = 6
[intake]
driven_by = "debtor"
carry_over = true
[clearing]
method = "set-off-then-net"
[settlement]
kind = "pay-in"
net_debit_caps = true
partial_funding = true
[fees]
per_mille = "1.1"
minimum = { EUR = "0.03" }
"""


def at_us(text: str, zone: str = "Europe/Ljubljana") -> int:
    """Microseconds of a time on the wall."""
    import datetime

    at = datetime.datetime.fromisoformat(text)
    return instant_us(at.date(), at.time(), zone)


class World:
    """One union and its clock. *desk* may be made anew at any time, as a new process would."""

    def __init__(self, store: Store, clock: list[int]) -> None:
        self.store, self.clock = store, clock
        self.desk = self.sit_down()

    def sit_down(self) -> Desk:
        """A new desk, which reads everything again."""
        keys = Keys(LEDGER_KEY, SIGNING_KEY, (SIGNING_KEY.verifier,))
        ledger = Ledger(Path("nowhere"), ORIGIN, self.store, keys, Exponents())
        self.desk = Desk(ledger, LedgerOffice(ledger), lambda: self.clock[0])
        self.desk.read()
        return self.desk

    def found(self, rules: str = RULES, people: Sequence[Mapping[str, Any]] = PEOPLE, *, is_demonstration: bool = False) -> None:
        read = read_rulebook(rules)
        assert not read.refusals, read.refusals
        body = {
            "name": read.rules.union.name,
            "demonstration": is_demonstration,
            "pack": "",
            "text": rules,
            "digest": read.known.digest,
            "frozen": dict(read.known.frozen),
            "people": [dict(person) for person in people],
        }
        self.store.record([Record(number=1, kind="founded", by=str(people[0]["code"]), body=canonical(body))])
        self.desk.read()

    def tell(self, text: str) -> None:
        """Move the clock to a time on the wall; never back."""
        self.clock[0] = max(self.clock[0], at_us(text))

    def act(self, kind: str, by: str = OPERATOR, **body: Any) -> Done:
        return self.desk.do(wanted(kind, **body), by=by)

    def approved(self, done: Done) -> Done:
        """The second person agrees, where one is asked for."""
        assert not done.refusals, done.refusals
        return done if done.proposal is None else self.desk.decide(done.proposal, by=APPROVER, is_approved=True)

    def join(self, *codes: str) -> None:
        done = self.approved(self.act("members_joined", members=[{"code": code, "name": code.title()} for code in codes]))
        assert done.act, done

    def cap(self, member: str, amount_minor: int) -> None:
        limit = {"member": member, "currency": "EUR", "kind": "net_debit_cap", "amount_minor": amount_minor, "from_us": self.clock[0]}
        assert self.approved(self.act("limits_set", limits=[limit])).act

    def submit(self, submitter: str, rows: Sequence[Mapping[str, Any]], cycle: str | None = None) -> tuple[Done, Taken | None]:
        """Hand in rows: id, debtor, creditor, amount_minor."""
        chosen = cycle_named(self.desk, cycle)
        filled = [{"currency": "EUR", **row} for row in rows]
        table = pa.Table.from_pylist(filled)
        file = "sha256:" + hashlib.sha256(repr(sorted(map(repr, filled))).encode()).hexdigest()
        came, taken = submitting(
            self.desk.union,
            chosen,
            self.desk.office,
            read_arrow(table),
            submitter=submitter,
            file=file,
            signature="",
            decimal=None,
            at_us=self.desk.at_us,
        )
        return self.desk.do(came, by=OPERATOR), taken

    def step(self, verb: str, cycle: str | None = None) -> Done:
        return step(self.desk, verb, by=OPERATOR, cycle=cycle)

    def pay(self, reference: str, member: str, amount_minor: int, day: str, cycle: str | None = None, *, currency: str = "EUR") -> Done:
        import datetime

        row = {
            "reference": reference,
            "member": member,
            "currency": currency,
            "amount_minor": amount_minor,
            "booked": datetime.date.fromisoformat(day),
            "payer": member,
            "remittance": "",
        }
        table = pa.Table.from_pylist([row], schema=PAY_INS)
        return _book(self.desk, cycle_named(self.desk, cycle), table, file=f"sha256:{reference}", by=OPERATOR)[0]

    def run(self, cycle: str | None = None) -> Any:
        """Go on, and approve what waits, until a person must act or the time has not come."""
        while True:
            due = run(self.desk, by=OPERATOR, cycle=cycle)
            waiting = self.desk.union.approvals.pending(self.desk.at_us)
            if not waiting:
                return due
            for proposal in waiting:
                done = self.desk.decide(proposal.number, by=APPROVER, is_approved=True)
                assert not done.refusals, done.refusals

    def balances(self) -> dict[str, int]:
        return {row.id: row.balance_minor for row in self.store.balances().rows() if row.balance_minor}
