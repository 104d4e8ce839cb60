"""Proposals and what became of them: pending, approved, refused, lapsed.

A proposal is an act (`proposed`) that names the act that is wanted. Who decides appends `approved` or `refused`;
a proposal that nobody decides lapses by the clock alone, so its state is asked for at an instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

from rescounter.membership.layers import Layers
from rescounter.membership.members import Person
from rescounter.membership.register import Register
from rescounter.rulebook.rules import ALWAYS_APPROVED, Rules
from rescounter.terms import Refusal, holds
from rescounter.terms.acts import Act
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["Approvals", "Decision", "Proposal", "ProposalState", "needs_approval", "refusals_to_decide"]


class ProposalState(Enum):
    """Where a proposal stands at an instant."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a second person decided. *act*: number of the act that recorded it."""

    act: int
    at_us: int
    by: str
    is_approved: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An act that is wanted. *number*: of the act that proposed it; *used_by*: of the act that it brought about."""

    number: int
    at_us: int
    by: str
    kind: str
    body: Mapping[str, Any]
    expires_at_us: int
    decision: Decision | None = None
    used_by: int | None = None

    def state_at(self, at_us: int) -> ProposalState:
        """Its state at an instant: what was decided, else pending until it lapses at *expires_at_us*."""
        if self.decision is not None:
            return ProposalState.APPROVED if self.decision.is_approved else ProposalState.REFUSED
        return ProposalState.PENDING if at_us < self.expires_at_us else ProposalState.LAPSED


@dataclass(frozen=True, slots=True)
class Approvals:
    """Every proposal that was ever made, by number."""

    proposals: Layers[int, Proposal] = field(default_factory=Layers)

    def proposal(self, number: int) -> Proposal | None:
        """The proposal of a number, None where that act proposed nothing."""
        return self.proposals.find(number)

    def pending(self, at_us: int) -> tuple[Proposal, ...]:
        """What waits for a decision at an instant, the oldest first."""
        waiting = (each for each in self.proposals.flat().values() if each.state_at(at_us) is ProposalState.PENDING)
        return tuple(sorted(waiting, key=lambda proposal: proposal.number))

    def after(self, act: Act) -> Approvals:
        """The proposals after one more act. Laws: nothing is decided twice, too late or by its proposer; an approval is used once."""
        match act.kind:
            case "proposed":
                return self._with(_proposed(act))
            case "approved" | "refused":
                return self._with(_decided(self._known(act.body["proposal"], act), act))
        number = act.body.get("approval", 0)
        return self._with(_used(self._known(number, act), act)) if number else self

    def _known(self, number: int, act: Act) -> Proposal:
        holds(number in self.proposals, "a_decision_names_its_proposal", proposal=number, act=act.number)
        return self.proposals[number]

    def _with(self, proposal: Proposal) -> Approvals:
        return Approvals(self.proposals.changed({proposal.number: proposal}))


def _proposed(act: Act) -> Proposal:
    body = act.body
    return Proposal(
        number=act.number, at_us=act.at_us, by=act.by, kind=body["kind"], body=body["body"], expires_at_us=body["expires_at_us"]
    )


def _decided(proposal: Proposal, act: Act) -> Proposal:
    state = proposal.state_at(act.at_us)
    holds(state is ProposalState.PENDING, "only_what_is_pending_is_decided", proposal=proposal.number, state=state.value, act=act.number)
    holds(act.by != proposal.by, "nobody_decides_their_own", proposal=proposal.number, act=act.number)
    decision = Decision(act=act.number, at_us=act.at_us, by=act.by, is_approved=act.kind == "approved", reason=act.body.get("reason", ""))
    return replace(proposal, decision=decision)


def _used(proposal: Proposal, act: Act) -> Proposal:
    is_approved = proposal.decision is not None and proposal.decision.is_approved
    holds(is_approved and proposal.used_by is None, "an_approval_is_used_once", proposal=proposal.number, act=act.number)
    return replace(proposal, used_by=act.number)


def needs_approval(kind: str, rules: Rules, body: Mapping[str, Any] = MappingProxyType({})) -> bool:
    """True for an act that these rules ask a second person for; a single-person union does it alone, and says so.

    A result that is not final needs none (`docs/UNION.md`, section 2); no other act gets past by calling itself so. Funding needs one
    where it settles pairs, which is final.
    """
    settles_pairs = kind == "funded" and "pairs" in body
    is_needed = kind in ALWAYS_APPROVED or kind in rules.approvals.needed or settles_pairs
    return is_needed and not (kind == "cleared" and body.get("is_final") is False)


def refusals_to_decide(
    approvals: Approvals, number: int, person: Person, register: Register, rules: Rules, at_us: int
) -> tuple[Refusal, ...]:
    """Why *person* may not decide the proposal of a *number* at an instant, all of it at once; nothing where it may."""
    proposal = approvals.proposal(number)
    name = str(number)
    if proposal is None:
        waiting = ", ".join(str(each.number) for each in approvals.pending(at_us)) or "nothing waits"
        return (_refusal("proposal_unknown", name, found=f"proposal {number}", allowed=f"a proposal that waits: {waiting}"),)
    found = []
    if proposal.decision is not None:
        decision = proposal.decision
        found.append(_refusal("proposal_decided", name, found=f"{proposal.state_at(at_us).value} by {decision.by} in act {decision.act}"))
    elif proposal.state_at(at_us) is ProposalState.LAPSED:
        found.append(_refusal("proposal_lapsed", name, found=f"proposal {number} lapsed before it was decided"))
    if person.code == proposal.by:
        found.append(_refusal("own_proposal", name, found=f"{person.code} proposed it"))
    known = register.person(person.code)
    roles = sorted(role.value for role in known.roles) if known is not None and known.is_active else []
    if rules.approvals.role not in roles:
        wanted = f"an active person with the role {rules.approvals.role}"
        found.append(
            _refusal("not_an_approver", name, found=f"{person.code}: {', '.join(roles) or 'nobody who is active'}", allowed=wanted)
        )
    return tuple(found)


def _refusal(code: str, name: str, *, found: str, allowed: str = "") -> Refusal:
    rule = UNION_REFUSALS[code]
    return Refusal(0, name, code, shown(found), allowed or rule.allowed, rule.what_to_do)
