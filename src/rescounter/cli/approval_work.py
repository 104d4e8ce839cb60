"""``rescounter approval`` at work."""

from __future__ import annotations

from rescounter.cli.status_work import proposal_body, proposal_line
from rescounter.cli.union_door import desk_of, who
from rescounter.cli.union_voice import about, print_lines, tell_done, told_json
from rescounter.cli.union_words import Call
from rescounter.cli.voice import stages

__all__ = ["decide", "list_proposals"]


def list_proposals(call: Call, *, everything: bool) -> None:
    """Proposals, the oldest first."""
    with desk_of(call) as desk:
        approvals = desk.union.approvals
        every = sorted(approvals.proposals.flat().values(), key=lambda each: each.number)
        told = every if everything else approvals.pending(desk.at_us)
        if told_json(call, {"proposals": [proposal_body(desk, each) for each in told]}) or call.quiet:
            return
        print_lines([proposal_line(desk, each) for each in told] or ["Nothing waits for an approval."])


def decide(call: Call, number: int, *, is_approved: bool, reason: str) -> None:
    """Approve, which does what was proposed, or refuse."""
    with desk_of(call) as desk:
        by = who(call, desk)
        with stages(quiet=call.quiet or call.as_json) as progress:
            progress("doing what was approved" if is_approved else "refusing")
            done = desk.decide(number, by=by, is_approved=is_approved, reason=reason)
        proposal = desk.union.approvals.proposal(number)
        what = about(proposal.kind, proposal.body) if proposal is not None else ""
        sentence = f"Approved and done: {what}." if is_approved else f"Refused: {what}. Nothing was done."
        tell_done(call, desk, done, sentence, decided=number, approved=is_approved)
