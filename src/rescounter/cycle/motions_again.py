"""Steps of a council done again: before an act is appended, and over a whole history, where each must come to what is on record."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from rescounter.council.laws import undecided
from rescounter.cycle.balloting import closing_vote, executed, opening_vote, voting
from rescounter.cycle.consenting import unconsented
from rescounter.cycle.motions import amending, circulating, tabling, withdrawing_motion
from rescounter.cycle.office import Step, Wanted, refusal
from rescounter.cycle.representing import naming
from rescounter.cycle.union import Union
from rescounter.rulebook.subjects import subject_of
from rescounter.terms import Refusal, holds
from rescounter.terms.acts import Act, canonical
from rescounter.verification import Finding

__all__ = ["refusals_again", "replay_council"]

_CHECK: Final = "council"
_DRIFT_US: Final = 600_000_000
"""For so long a step may have waited between its reckoning and the stamp of its act."""
_RECKONED: Final = ("motion_circulated", "motion_opened", "voted", "motion_closed")

_AGAIN: Final[Mapping[str, Callable[[Union, str, Mapping[str, Any], int], Step]]] = {
    "representative_named": lambda union, _, body, at_us: naming(
        union, body["member"], body["person"], office=body["office"], from_us=body["from_us"], at_us=at_us
    ),
    "motion_tabled": lambda union, by, body, at_us: tabling(union, by, **_content(body), at_us=at_us),
    "motion_amended": lambda union, by, body, at_us: amending(union, by, body["motion"], **_content(body), at_us=at_us),
    "motion_circulated": lambda union, by, body, at_us: circulating(union, by, body["motion"], at_us=at_us),
    "motion_opened": lambda union, by, body, at_us: opening_vote(union, by, body["motion"], log=body["log"], at_us=at_us),
    "voted": lambda union, by, body, at_us: voting(
        union, by, body["motion"], choice=body["choice"], to=body["to"], signature=body["signature"], at_us=at_us
    ),
    "motion_closed": lambda union, by, body, at_us: closing_vote(union, by, body["motion"], keep=_digest, at_us=at_us),
    "motion_withdrawn": lambda union, by, body, at_us: withdrawing_motion(union, by, body["motion"], reason=body["reason"], at_us=at_us),
}


_REPLAYED: Final[Mapping[str, Callable[[Union, str, Mapping[str, Any], int], Step]]] = {
    **_AGAIN,
    "motion_circulated": lambda union, by, body, at_us: circulating(union, by, body["motion"], at_us=at_us, is_read_again=False),
    "motion_closed": lambda union, by, body, at_us: closing_vote(
        union, by, body["motion"], keep=_digest, at_us=at_us, is_read_again=body["outcome"] == "void"
    ),
}
"""Over a history, a text that fitted when it was decided on is not asked of the lists of today; one that was void must be so still."""
_SINCE_LATER: Final = frozenset({"void_from_us", "weighed"})
"""What acts of earlier releases do not say."""


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("kind", "body", "title", "text", "interested")}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def refusals_again(union: Union, act: Wanted, *, by: str, at_us: int) -> tuple[Refusal, ...]:
    """Why an act of the council may not be appended as the union stands; nothing for other acts.

    Law: a vote closes with the tally that its ballots give, whoever reckoned the step.
    """
    if act.kind not in _AGAIN:
        return ()
    step = _AGAIN[act.kind](union, by, act.body, at_us)
    if step.wanted is None:
        return step.refusals or (refusal("motion_out_of_turn", act.kind, found=step.told),)
    holds(act.kind != "motion_closed" or canonical(step.wanted.body) == canonical(act.body), "a_vote_closes_as_it_is_counted", by=by)
    return ()


def replay_council(acts: Iterable[Act]) -> tuple[Finding, ...]:
    """What was done in council, done again from the acts alone. Returns: what would come out otherwise; nothing where all agrees."""
    history = list(acts)
    union, found = Union(), list[Finding]()
    for place, act in enumerate(history):
        if act.kind in _RECKONED:
            found += _compared(union, act)
        if act.kind in ("motion_tabled", "motion_amended"):
            found += _of_subject(union, act)
        if act.kind in ("motion_tabled", "motion_amended", "motion_closed"):
            found += _of_execution(union, act, history[place + 1 : place + 3])
        found += (Finding(_CHECK, f"act {act.number} ({act.kind})", told, "a consent that it signed") for told in unconsented(union, act))
        union = union.after(act)
    found += (Finding(_CHECK, f"act {each.act} ({each.kind})", each.found, "a decision of the council") for each in undecided(history))
    return tuple(found)


def _compared(union: Union, act: Act) -> Iterator[Finding]:
    where, at_us = f"act {act.number} ({act.kind})", act.body.get("reckoned_at_us", act.at_us)
    if not union.at_us <= at_us <= act.at_us <= at_us + _DRIFT_US:
        yield Finding(_CHECK, where, f"reckoned at {at_us}", f"between the act before and {act.at_us}")
        return
    step = _REPLAYED[act.kind](union, act.by, act.body, at_us)
    if step.wanted is None:
        why = "; ".join(each.code for each in step.refusals) or step.told
        yield Finding(_CHECK, where, "the act on record", f"what comes out today: {why}")
        return
    for name in sorted({*act.body, *step.wanted.body}):
        if act.body.get(name) != step.wanted.body.get(name) and (name in act.body or name not in _SINCE_LATER):
            yield Finding(_CHECK, f"{where}, {name}", str(act.body.get(name))[:80], str(step.wanted.body.get(name))[:80])


def _of_subject(union: Union, act: Act) -> Iterator[Finding]:
    """Whether a motion may call itself an emergency measure, or stand under another subject's voting rule."""
    body, rules = act.body, union.rules(act.at_us).council
    wanted = subject_of(union.rulebook, rules, body["kind"], body["body"], act.at_us)
    if body["subject"] not in (wanted, body["kind"]):
        yield Finding(_CHECK, f"act {act.number} ({act.kind}), subject", body["subject"], wanted)


def _of_execution(union: Union, act: Act, later: Sequence[Act]) -> Iterator[Finding]:
    """What a tabling or a close brings about stands right behind it, the same."""
    for place, (by, wanted) in enumerate(executed(union, Wanted(act.kind, act.body), by=act.by, at_us=act.at_us)):
        behind = later[place] if place < len(later) else None
        if behind is None or (behind.by, behind.kind, canonical(behind.body)) != (by, wanted.kind, canonical(wanted.body)):
            told = "nothing" if behind is None else f"{behind.kind} by {behind.by or 'the union'}"
            decision = f", decision {act.body['decision']}" if act.body.get("decision") else ""
            yield Finding(_CHECK, f"act {act.number} ({act.kind})", f"{told} behind it", f"{wanted.kind}{decision}")
