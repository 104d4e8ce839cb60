"""A union with a council for tests: members with a representative each, motions that are voted on in a line of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rescounter.council.motions import Motion, ballot_text
from rescounter.cycle.balloting import closing_vote, opening_vote, voting
from rescounter.cycle.motions import amending, circulating, tabling, withdrawing_motion
from rescounter.cycle.representing import naming
from rescounter.facade.union import Done
from rescounter.ledger.notes import SigningKey
from rescounter.terms.acts import Act, body_of
from tests.cycle.mortal import fresh
from tests.cycle.world import OPERATOR, PEOPLE, RULES, World
from tests.ledger.machine import ORIGIN

__all__ = ["COUNCIL", "DAY_US", "LOG", "Chamber", "acts_of", "chamber", "rules"]

DAY_US = 86_400_000_000
LOG = ORIGIN
COUNCIL = RULES + '[council]\nkind = "council"\ncirculation_days = 3\nvoting_days = 2\n'
CHOICES = {"+": "yes", "-": "no", "0": "abstain"}


def rules(*lines: str, base: str = COUNCIL) -> str:
    """The text of the chamber's rulebook with more lines in its last chapter."""
    return base + "".join(line + "\n" for line in lines)


class Chamber(World):
    """A world whose members sit in council; each is represented by the person ``r.CODE``."""

    def assemble(self, members: str, *, text: str = COUNCIL, at: str = "2026-01-05T09:00", keys: Sequence[str] = ()) -> Chamber:
        """Found the union, with founding members such as ``ana/chair bo cy:300``: code, office, quota in whole euros."""
        words = [(word.partition("/")[0].partition(":"), word.partition("/")[2]) for word in members.split()]
        codes = [code for (code, _, _), _ in words]
        people = [
            *PEOPLE,
            *({"code": f"r.{code}", "name": code, "roles": ["member"], "member": code, **_key(code, keys)} for code in codes),
        ]
        self.found(text, people)
        self.tell(at)
        if codes:
            self.join(*codes)
        for (code, _, quota), _ in words:
            if quota:
                limit = {"member": code, "currency": "EUR", "kind": "quota", "amount_minor": int(quota) * 100}
                assert self.approved(self.act("limits_set", limits=[limit])).act
        for (code, _, _), office in words:
            self.name(code, f"r.{code}", office)
        return self

    def name(self, member: str, person: str, office: str = "") -> Done:
        step = naming(self.desk.union, member, person, office=office, from_us=0, at_us=self.desk.at_us)
        return self.approved(self.desk.do(step, by=OPERATOR))

    def table(self, kind: str, body: dict[str, Any], *, by: str, title: str = "A motion", interested: Sequence[str] = ()) -> Done:
        step = tabling(self.desk.union, by, kind=kind, body=body, title=title, text="", interested=interested, at_us=self.desk.at_us)
        return self.desk.do(step, by=by)

    def amend(self, number: int, kind: str, body: dict[str, Any], *, by: str, title: str = "Amended") -> Done:
        step = amending(self.desk.union, by, number, kind=kind, body=body, title=title, text="", interested=(), at_us=self.desk.at_us)
        return self.desk.do(step, by=by)

    def circulate(self, number: int, by: str = OPERATOR) -> Done:
        return self.desk.do(circulating(self.desk.union, by, number, at_us=self.desk.at_us), by=by)

    def open(self, number: int, by: str = OPERATOR) -> Done:
        return self.desk.do(opening_vote(self.desk.union, by, number, log=LOG, at_us=self.desk.at_us), by=by)

    def close(self, number: int, by: str = OPERATOR) -> Done:
        return self.desk.do(closing_vote(self.desk.union, by, number, keep=self.desk.office.keep, at_us=self.desk.at_us), by=by)

    def withdraw_motion(self, number: int, by: str) -> Done:
        return self.desk.do(withdrawing_motion(self.desk.union, by, number, reason="thought again", at_us=self.desk.at_us), by=by)

    def vote(
        self, number: int, member: str, choice: str, *, to: str = "", key: SigningKey | None = None, by: str = "", line: str = ""
    ) -> Done:
        by = by or f"r.{member}"
        signature = key(self.ballot(number, member, choice, to))[0] if key else line
        step = voting(self.desk.union, by, number, choice=choice, to=to, signature=signature, at_us=self.desk.at_us)
        return self.desk.do(step, by=by)

    def ballot(self, number: int, member: str, choice: str, to: str = "") -> bytes:
        motion = self.motion(number)
        digest = motion.known("motion_circulated").body["digest"]
        return ballot_text(LOG, number, digest, member, motion.turn_of(member), choice, to)

    def motion(self, number: int) -> Motion:
        return self.desk.union.council.motions[number]

    def wait(self, days: int) -> None:
        self.clock[0] += days * DAY_US

    def until_open(self, number: int) -> None:
        """Circulate a motion that is tabled, wait, and open it."""
        assert self.circulate(number).act
        self.wait(4)
        assert self.open(number).act

    def cast(self, number: int, ballots: str) -> None:
        """``ana+ bo- cy0 dee>ana``, one after the other."""
        for word in ballots.split():
            self.clock[0] += 1_000_000
            member, _, to = word.partition(">")
            done = self.vote(number, member, "delegate", to=to) if to else self.vote(number, word[:-1], CHOICES[word[-1]])
            assert done.act, done

    def decide_on(self, kind: str, body: dict[str, Any], ballots: str, *, mover: str = "ana", interested: Sequence[str] = ()) -> Motion:
        """A motion from its tabling to its close."""
        number = len(self.desk.union.council.motions) + 1
        assert not (done := self.table(kind, body, by=f"r.{mover}", interested=interested)).refusals, done.refusals
        self.until_open(number)
        self.cast(number, ballots)
        self.wait(3)
        assert not (done := self.close(number)).refusals, done.refusals
        return self.motion(number)


def _key(code: str, keys: Sequence[str]) -> dict[str, str]:
    return {"key": signing_key(code).verifier.text()} if code in keys else {}


def signing_key(code: str) -> SigningKey:
    return SigningKey(f"key-of-{code}", (code.encode() * 32)[:32])


def chamber(members: str = "ana/chair bo cy dee", *, text: str = COUNCIL, store: str = "sqlite", keys: Sequence[str] = ()) -> Chamber:
    held, clock = fresh(store)
    return Chamber(held, clock).assemble(members, text=text, keys=keys)


def acts_of(world: World) -> list[Act]:
    stored = world.store.records(rows_max=10_000)
    return [Act(number=each.number, at_us=each.at_us, by=each.by, kind=each.kind, body=body_of(each.body)) for each in stored]
