"""Motions and representatives: the fold of what was done in council.

What may not be done is told by the steps (`cycle/motions.py`); the fold keeps the table of states and the numbers of decisions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from rescounter.council.rules_as_data import of_data
from rescounter.council.states import State, follows
from rescounter.council.voting import Ballot, Choice, Voter, VotingRule
from rescounter.rulebook.subjects import BY_VOTE
from rescounter.terms.acts import Act, canonical
from rescounter.terms.faults import holds, there

__all__ = ["Council", "Motion", "Naming", "ballot_text", "carried_out", "digest_of_motion"]

_OF_A_MOTION: Final = frozenset(
    ("motion_tabled", "motion_amended", "motion_circulated", "motion_opened", "voted", "motion_closed", "motion_withdrawn")
)
_CONTENT: Final = ("kind", "body", "title", "text", "interested")


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Who represents a member from an instant on, and the office that goes with it; an empty person: nobody."""

    act: int
    member: str
    person: str
    office: str
    from_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """One motion: its number from 1, its state, and the acts that led there, in order."""

    number: int
    state: State
    acts: tuple[Act, ...]

    def last(self, *kinds: str) -> Act | None:
        """The latest of its acts of these kinds."""
        return next((act for act in reversed(self.acts) if act.kind in kinds), None)

    def known(self, *kinds: str) -> Act:
        """The latest of its acts of these kinds. Law: there is one."""
        return there(self.last(*kinds), "the_motion_came_so_far", motion=self.number, wanted=", ".join(kinds))

    @property
    def content(self) -> Mapping[str, Any]:
        """As it was tabled or amended last: member, kind, body, title, text, interested, subject, over."""
        return self.known("motion_tabled", "motion_amended").body

    @property
    def mover(self) -> str:
        """The member that tabled it."""
        return str(self.acts[0].body["member"])

    @property
    def rule(self) -> VotingRule:
        """The voting rule as it was fixed when the motion was circulated."""
        body = self.known("motion_circulated").body
        return of_data(body["rule_name"], body["rule"])

    @property
    def zone(self) -> str:
        """The time zone in which its days are counted."""
        return str(self.known("motion_circulated").body["zone"])

    @property
    def voters(self) -> tuple[Voter, ...]:
        """The electorate as it was fixed when the vote opened."""
        return tuple(Voter(code, weight, office) for code, weight, office in self.known("motion_opened").body["electorate"])

    @property
    def ballots(self) -> tuple[Ballot, ...]:
        """Every ballot on record, numbered by its act."""
        cast = (act for act in self.acts if act.kind == "voted")
        return tuple(Ballot(act.number, act.body["member"], Choice(act.body["choice"]), act.at_us, act.body["to"]) for act in cast)

    @property
    def closes_at_us(self) -> int:
        """The first instant at which no ballot counts any more."""
        return int(self.known("motion_opened").body["closes_at_us"])

    @property
    def decision(self) -> int:
        """The number of the decision, 0 where nothing was adopted."""
        closed = self.last("motion_closed")
        return 0 if closed is None else int(closed.body["decision"])

    def turn_of(self, member: str) -> int:
        """Which ballot of a member the next one is: 1, 2, 3."""
        return 1 + sum(1 for act in self.acts if act.kind == "voted" and act.body["member"] == member)


@dataclass(frozen=True, slots=True)
class Council:
    """Everything that was done in council."""

    namings: Mapping[str, tuple[Naming, ...]] = field(default_factory=lambda: MappingProxyType({}))
    motions: Mapping[int, Motion] = field(default_factory=lambda: MappingProxyType({}))
    decisions: tuple[int, ...] = ()
    executed: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    """*decisions*: numbers of motions in order of the decisions; *executed*: decision to the act that it brought about."""

    @property
    def is_constituted(self) -> bool:
        """True once a representative was named."""
        return bool(self.namings)

    def naming(self, member: str, at_us: int) -> Naming | None:
        """Who represents a member at an instant: of the namings whose instant has come, the one that was recorded last."""
        started = [each for each in self.namings.get(member, ()) if each.from_us <= at_us]
        return started[-1] if started and started[-1].person else None

    def offices(self, at_us: int) -> dict[str, str]:
        """The members that hold an office at an instant, with it."""
        held = {member: self.naming(member, at_us) for member in self.namings}
        return {member: naming.office for member, naming in held.items() if naming is not None and naming.office}

    def after(self, act: Act) -> Council:
        """The council with one more act. Laws: motions move by their table; motions and decisions are numbered without a gap."""
        if act.kind == "representative_named":
            return self._named(act)
        if act.kind in _OF_A_MOTION:
            return self._moved(act)
        number = act.body.get("decision")
        if type(number) is int and 0 < number <= len(self.decisions) and number not in self.executed and self._wants(number, act.kind):
            return replace(self, executed=MappingProxyType({**self.executed, number: act.number}))
        return self

    def _wants(self, decision: int, kind: str) -> bool:
        return bool(self.motions[self.decisions[decision - 1]].content["kind"] == kind)

    def _named(self, act: Act) -> Council:
        body = act.body
        naming = Naming(
            act=act.number,
            member=body["member"],
            person=body["person"],
            office=body["office"],
            from_us=max(body["from_us"], act.at_us),
        )
        return replace(self, namings=MappingProxyType({**self.namings, naming.member: (*self.namings.get(naming.member, ()), naming)}))

    def _moved(self, act: Act) -> Council:
        number = act.body["motion"]
        motion = self.motions.get(number)
        holds(motion is not None or number == len(self.motions) + 1, "motions_leave_no_gap", motion=number, act=act.number)
        target = follows(motion.state if motion else None, act.kind, act.body)
        state = there(target, "no_motion_out_of_turn", motion=number, act=act.kind)
        moved = Motion(number=number, state=state, acts=(*(motion.acts if motion else ()), act))
        decisions = self.decisions
        if act.kind == "motion_closed":
            is_new = state in (State.ADOPTED, State.VOID)
            wanted = len(decisions) + 1 if is_new else 0
            holds(act.body["decision"] == wanted, "decisions_leave_no_gap", decision=act.body["decision"], wanted=wanted)
            decisions = (*decisions, number) if is_new else decisions
        return replace(self, motions=MappingProxyType({**self.motions, number: moved}), decisions=decisions)


def digest_of_motion(content: Mapping[str, Any]) -> str:
    """The SHA-256 of what is voted on, in hexadecimal: kind and body of the act that is wanted, title, text, who is called interested."""
    return hashlib.sha256(canonical({name: content[name] for name in _CONTENT})).hexdigest()


def carried_out(content: Mapping[str, Any], closed: Mapping[str, Any]) -> dict[str, Any] | None:
    """The body of the act that stands behind the close of a motion, by the union itself; None where none does.

    What is adopted is done, with the number of its *decision*. A vote on a dispute is told to it where it was not adopted too, with the
    number of the motion as *vote*, while it can still be told. Args: *closed*: body of the close.
    """
    if closed["outcome"] == "adopted":
        return {**content["body"], "decision": closed["decision"]}
    if closed["outcome"] == "rejected" and content["kind"] == BY_VOTE:
        return {**content["body"], "is_adopted": False, "decision": 0, "vote": closed["motion"]}
    return None


def ballot_text(log: str, motion: int, digest: str, member: str, turn: int, choice: str, to: str) -> bytes:
    """What a representative signs. *log*: the name of the union's log; *turn*: so that an earlier ballot cannot be handed in again."""
    return f"rescounter/ballot/1\n{log}\n{motion}\n{digest}\n{member}\n{turn}\n{choice}\n{to}\n".encode()
