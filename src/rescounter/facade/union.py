"""A union in a folder: founded, opened, and acted in.

The folder is that of its ledger; acts are records on the ledger's log. `Desk` is what one process holds: the
union as it was read, the office that steps work with, and the one way in which an act comes to be: refused, done
before, proposed, or done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rescounter.approvals.approvals import needs_approval, refusals_to_decide
from rescounter.cycle.balloting import executed
from rescounter.cycle.consenting import refusals_of_consent
from rescounter.cycle.disputes_again import refusals_of_dispute
from rescounter.cycle.motions import undecided_refusals
from rescounter.cycle.motions_again import refusals_again
from rescounter.cycle.office import Step, Wanted, refusal
from rescounter.cycle.perform import perform
from rescounter.cycle.permission import conditions_of, person_of, refusals_of_person
from rescounter.cycle.pool_member import refusals_of_pool_member
from rescounter.cycle.proposals import refusals_to_approve, refusals_to_refuse, waiting
from rescounter.cycle.rule_texts import read_rule_text, refusals_of_rules
from rescounter.cycle.states import follows
from rescounter.cycle.union import Union, union_of
from rescounter.facade.ledger import DESCRIPTION, Ledger, init_ledger, now_us, open_ledger
from rescounter.facade.union_office import LedgerOffice
from rescounter.ledger.records import Record
from rescounter.membership.refusing import refusals as refusals_of_member
from rescounter.rulebook.rules import COUNCIL_SUBJECTS
from rescounter.terms import CallerFault, Refusal, holds, there
from rescounter.terms.acts import Act, body_of, canonical

__all__ = ["Desk", "Done", "found_union", "open_union"]

_PAGE: Final = 1000
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a step: *act* or *proposal* (its number) or *refusals*; *is_repeat*: nothing was left to do. *told*: for people."""

    kind: str = ""
    act: int | None = None
    proposal: int | None = None
    refusals: tuple[Refusal, ...] = ()
    is_repeat: bool = False
    told: str = ""

    @property
    def is_refused(self) -> bool:
        """True where nothing was done and nothing proposed, with reasons."""
        return bool(self.refusals)


@dataclass(slots=True)
class Desk:
    """One process at work in a union. *now*: microseconds since 1970 UTC; *union* is read again before each act."""

    ledger: Ledger
    office: LedgerOffice
    now: Callable[[], int]
    union: Union = field(default_factory=Union)

    def read(self) -> Union:
        """The union as it stands, with what others did meanwhile."""
        while records := self.ledger.store.records(after=self.union.number, rows_max=_PAGE):
            acts = (Act(number=each.number, at_us=each.at_us, by=each.by, kind=each.kind, body=body_of(each.body)) for each in records)
            self.union = union_of(acts, after=self.union)
        self.union = self.union.at(self.at_us)
        return self.union

    @property
    def at_us(self) -> int:
        """The instant of what is done next: now, and never before the last act."""
        return max(self.now(), self.union.at_us)

    def do(self, step: Step, *, by: str, member: str = "") -> Done:
        """Do what a step came to, or propose it where a second person must agree."""
        if step.wanted is None:
            return Done(refusals=step.refusals, is_repeat=step.is_done, told=step.told)
        wanted = step.wanted
        holds("approval" not in wanted.body, "no_act_brings_its_approval_along", kind=wanted.kind)
        holds("decision" not in wanted.body or wanted.kind not in COUNCIL_SUBJECTS, "no_act_brings_its_decision_along", kind=wanted.kind)
        if found := self._against(wanted, by=by, member=member):
            return Done(kind=wanted.kind, refusals=found)
        rules = self.union.rules(self.at_us)
        if needs_approval(wanted.kind, rules, wanted.body):
            if not rules.union.single_person:
                return self._propose(wanted, by=by, expires_days=rules.approvals.expires_days)
            wanted = Wanted(wanted.kind, {**wanted.body, "approval": 0})
        return self._perform_and_append([(by, wanted), *executed(self.union, wanted, by=by, at_us=self.at_us)], told=step.told)

    def was_overtaken(self, done: Done) -> bool:
        """True where somebody else acted since the step was reckoned: nothing was done, and the union has been read again.

        This process writes alone by then, so the step that is reckoned anew is not overtaken.
        """
        is_taken = any(each.code == "record_number_taken" for each in done.refusals)
        if is_taken:
            self.read()
        return is_taken

    def decide(self, number: int, *, by: str, is_approved: bool, reason: str = "") -> Done:
        """Approve a proposal, which does it, or refuse it; decided before by the same person in the same way, it says so."""
        self.read()
        if told := self._decided_before(number, by, is_approved):
            return Done(is_repeat=True, told=told)
        found = (
            *refusals_of_person(self.union, by, "approved"),
            *(
                refusals_to_decide(self.union.approvals, number, person, self.union.register, self.union.rules(self.at_us), self.at_us)
                if (person := person_of(self.union, by))
                else ()
            ),
        )
        if found:
            return Done(refusals=found)
        decision = {"proposal": number, "reason": reason}
        proposal = there(self.union.approvals.proposal(number), "what_is_decided_was_proposed", proposal=number)
        if not is_approved:
            if found := refusals_to_refuse(self.union, proposal, self.office):
                return Done(kind=proposal.kind, refusals=found)
            return self._append([(by, Wanted("refused", decision))])
        wanted = Wanted(proposal.kind, {**proposal.body, "approval": number})
        if found := refusals_to_approve(self.union, proposal):
            return Done(kind=wanted.kind, refusals=found)
        if found := self._against(wanted, by=proposal.by, member=""):
            return Done(kind=wanted.kind, refusals=found)
        return self._perform_and_append([(by, Wanted("approved", decision)), (proposal.by, wanted)])

    def _decided_before(self, number: int, by: str, is_approved: bool) -> str:
        """What to say where this person decided just so before; nothing where not."""
        proposal = self.union.approvals.proposal(number)
        decision = None if proposal is None else proposal.decision
        if decision is None or (decision.by, decision.is_approved) != (by, is_approved):
            return ""
        return f"{by} {'approved' if is_approved else 'refused'} proposal {number} before, in act {decision.act}; nothing was done."

    def _against(self, wanted: Wanted, *, by: str, member: str) -> tuple[Refusal, ...]:
        """Why an act may not be done as the union stands."""
        found = (
            *refusals_of_person(self.union, by, wanted.kind, member=member),
            *undecided_refusals(self.union, wanted, at_us=self.at_us),
            *refusals_again(self.union, wanted, by=by, at_us=self.at_us),
            *refusals_of_dispute(self.union, wanted, by=by, at_us=self.at_us),
            *refusals_of_pool_member(self.union, wanted, at_us=self.at_us),
            *refusals_of_rules(self.union, wanted, at_us=self.at_us),
            *refusals_of_consent(self.union, wanted, by=by, log=self.ledger.origin, at_us=self.at_us),
        )
        cycle = self.union.cycles.get(wanted.body.get("cycle", ""))
        if cycle is not None and wanted.kind != "cycle_opened" and follows(cycle.state, wanted.kind, wanted.body) is None:
            found = (*found, refusal("out_of_turn", cycle.code, found=f"cycle {cycle.code} is {cycle.state.value}"))
        conditions = conditions_of(self.union.rules(self.at_us))
        return (*found, *refusals_of_member(self.union.register, wanted.kind, wanted.body, self.at_us, conditions))

    def _propose(self, wanted: Wanted, *, by: str, expires_days: int) -> Done:
        after = self.union.number
        self.ledger.store.take_writer()
        self.read()
        for each in waiting(self.union, at_us=self.at_us):
            if each.kind == wanted.kind and canonical(each.body) == canonical(wanted.body):
                return Done(kind=wanted.kind, proposal=each.number, is_repeat=True, told=f"Proposal {each.number} waits for its approval.")
        body = {"kind": wanted.kind, "body": wanted.body, "expires_at_us": self.at_us + expires_days * _DAY_US}
        done = self._append([(by, Wanted("proposed", body))], after=after)
        return Done(kind=wanted.kind, proposal=done.act, refusals=done.refusals)

    def _perform_and_append(self, acts: Sequence[tuple[str, Wanted]], told: str = "") -> Done:
        """Post what the last of *acts* posts, then append all of them at once.

        No other process writes from the look at the last act to the end. Where somebody acted since these were reckoned, nothing is
        posted, and the record says whether it was this very act.
        """
        self.ledger.store.take_writer()
        if self.ledger.store.records(after=self.union.number, rows_max=1):
            return self._append(acts, told=told)
        if found := perform(self.union, acts[-1][1], self.office, at_us=self.at_us):
            return Done(kind=acts[-1][1].kind, refusals=found)
        return self._append(acts, told=told)

    def _append(self, acts: Sequence[tuple[str, Wanted]], told: str = "", *, after: int | None = None) -> Done:
        """Append acts behind number *after*, up to which they were reckoned: where none is told, as far as the union was read."""
        first = (self.union.number if after is None else after) + 1
        records = [
            Record(number=first + place, kind=wanted.kind, by=by, body=canonical(wanted.body)) for place, (by, wanted) in enumerate(acts)
        ]
        answer = self.ledger.store.record(records)
        if answer.refusals:
            return Done(kind=acts[-1][1].kind, refusals=answer.refusals)
        self.read()
        told = "It was done before; nothing was done." if answer.is_repeat else told
        return Done(kind=acts[-1][1].kind, act=first + len(acts) - 1, is_repeat=answer.is_repeat, told=told)


def found_union(
    folder: Path,
    text: str,
    *,
    pack: str,
    people: Sequence[Mapping[str, Any]],
    is_demonstration: bool,
    dsn: str | None = None,
    origin: str | None = None,
    at_us: int | None = None,
) -> str:
    """A new union in *folder*, with new keys and its rulebook in force; a founding that was interrupted is finished.

    Args: *text*: of the rulebook; *people*: code, name, roles, member. Returns: the verifier key, to be published.
    Raises: CallerFault ``rulebook_refused`` with every fault of the text, ``founders_refused``, ``output_exists``.
    """
    read = read_rule_text(text)
    if read.refusals:
        faults = "; ".join(f"line {each.row}: {each.id}: found {each.found}, allowed {each.allowed}" for each in read.refusals)
        raise CallerFault("rulebook_refused", f"the rulebook has {len(read.refusals)} faults: {faults}", refusals=read.refusals)
    founding = {
        "name": read.rules.union.name,
        "demonstration": is_demonstration,
        "pack": pack,
        "text": text,
        "digest": read.known.digest,
        "frozen": dict(read.known.frozen),
        "people": [dict(person) for person in people],
        "consents": True,
    }
    if found := refusals_of_member(Union().register, "founded", founding, 0, conditions_of(read.rules)):
        told = "; ".join(f"{each.id}: {each.code}, found {each.found}, allowed {each.allowed}" for each in found)
        raise CallerFault("founders_refused", told, refusals=found)
    if not (folder / DESCRIPTION).is_file():
        init_ledger(folder, origin=origin, exponents=dict(read.rules.union.exponents), dsn=dsn)
    with open_ledger(folder, clock=_told_clock(at_us)) as ledger:
        if ledger.store.audit_head().entries:
            raise CallerFault("output_exists", f"{folder} holds a union, or a ledger that is in use; it is never overwritten")
        ledger.store.record([Record(number=1, kind="founded", by=str(people[0]["code"]), body=canonical(founding))])
        return ledger.keys.verifiers[0].text()


@contextmanager
def open_union(folder: Path, *, at_us: int | Callable[[str], int] | None = None) -> Iterator[Desk]:
    """The union in *folder*. *at_us*: the time that a demonstration is told, or what reckons it from the union's zone.

    Raises: CallerFault ``union_not_found``, ``time_not_told`` where the union is no demonstration or the time lies before its last act.
    """
    told: list[int] = []

    def clock() -> int:
        # Until the time is told, a demonstration stands at its last act.
        return told[0] if told else now_us() if at_us is None else 0

    with open_ledger(folder, clock=clock) as ledger:
        desk = Desk(ledger, LedgerOffice(ledger), clock)
        desk.read()
        if desk.union.founded is None:
            raise CallerFault("union_not_found", f"{folder} holds a ledger, and no union was founded on it")
        if at_us is not None:
            told.append(_told_time(desk.union, at_us))
            desk.read()
        yield desk


def _told_time(union: Union, at_us: int | Callable[[str], int]) -> int:
    """The time that a demonstration is told."""
    if not union.is_demonstration:
        raise CallerFault("time_not_told", "this union was not founded as a demonstration: it lives in the time of its clock")
    at = at_us if isinstance(at_us, int) else at_us(union.rules(union.at_us).union.zone)
    if at < union.at_us:
        raise CallerFault("time_not_told", "the time that was told lies before the last act of the union")
    return at


def _told_clock(at_us: int | None) -> Callable[[], int]:
    return now_us if at_us is None else lambda: at_us
