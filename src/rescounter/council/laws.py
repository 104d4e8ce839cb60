"""The law of decisions, checked over a whole history of acts, apart from `motions.py`: it trusts no fold of motions and no tally."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from rescounter.council.counting import count
from rescounter.council.motions import carried_out
from rescounter.council.rules_as_data import as_data, of_data, voting_rule
from rescounter.council.voting import Ballot, Choice, Voter
from rescounter.rulebook.rules import COUNCIL_SUBJECTS, Rules
from rescounter.rulebook.subjects import BY_VOTE, is_kept, voting_rule_name
from rescounter.rulebook.versions import Rulebook
from rescounter.terms import holds
from rescounter.terms.acts import Act, canonical

__all__ = ["Undecided", "nothing_without_a_decision", "undecided"]

_UNION: Final = ""
"""Who acts where a decision executes itself."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """An act that breaks the law, and how."""

    act: int
    kind: str
    found: str


@dataclass(slots=True)
class _Past:
    """What happened before the act that is looked at. *acts*: of each motion; *due*: a close whose act comes next, and must where it was
    adopted; *vote_rules*: the voting rule that the template of each dispute names.
    """

    rulebook: Rulebook = field(default_factory=Rulebook)
    acts: dict[int, list[Act]] = field(default_factory=dict)
    decisions: int = 0
    is_constituted: bool = False
    due: Act | None = None
    vote_rules: dict[int, str] = field(default_factory=dict)


def undecided(acts: Iterable[Act]) -> tuple[Undecided, ...]:
    """Every act of a whole history that is the council's and lacks its decision, or has one that does not count.

    A decision counts where its motion circulated under the voting rule of the rulebook then in force, the vote had ended, the ballots on
    record adopt it when they are counted again, and kind and body are those of the motion as it was amended last. It stands right before
    the act that it brings about, by the union itself; each is used once, and none is left out. That a vote on a dispute did not adopt its
    draft stands right behind the close, and cites the motion.
    """
    past, found = _Past(), []
    for act in acts:
        if act.kind != "founded":
            rules = past.rulebook.in_force(act.at_us)
            found += [Undecided(act.number, act.kind, fault) for fault in _faults(act, past, rules) if fault]
        past.rulebook = past.rulebook.after(act)
    if past.due is not None and past.due.body["outcome"] == "adopted":
        found.append(Undecided(past.due.number, past.due.kind, "a decision that was not carried out"))
    return tuple(found)


def nothing_without_a_decision(acts: Iterable[Act]) -> None:
    """Law: `undecided` finds nothing. Cost: that of folding the rulebook and counting each vote once more."""
    found = undecided(acts)
    holds(not found, "nothing_without_a_decision", acts=len(found), first=found[:1])


def _faults(act: Act, past: _Past, rules: Rules) -> list[str]:
    """What is wrong with an act; keeps what later acts refer to."""
    due, past.due = past.due, None
    faults = []
    is_carried = due is not None and _carries_out(act, due, past)
    if due is not None and due.body["outcome"] == "adopted" and not is_carried:
        faults.append(f"decision {due.body['decision']} was to be carried out here, of act {due.number}")
    is_of_council = is_kept(rules.council, act.kind, act.body, is_constituted=past.is_constituted)
    number = act.body.get("decision", 0) if act.kind in COUNCIL_SUBJECTS else 0
    if is_of_council and not number and not is_carried:
        faults.append("no decision")
    elif number and not is_carried:
        faults.append(f"decision {number} brought about something else, or was used before")
    if act.kind == "representative_named":
        past.is_constituted = True
    if act.kind == "dispute_raised":
        past.vote_rules[act.body["dispute"]] = str(tomllib.loads(act.body["template_text"]).get("vote", {}).get("rule", ""))
    if "motion" in act.body:
        past.acts.setdefault(act.body["motion"], []).append(act)
        faults += [_fault_of_rule(act, past, past.rulebook.in_force(act.body["reckoned_at_us"]))] if act.kind == "motion_circulated" else []
        faults += _faults_of_close(act, past) if act.kind == "motion_closed" else []
    return faults


def _carries_out(act: Act, due: Act, past: _Past) -> bool:
    content = _last(past.acts[due.body["motion"]], "motion_tabled", "motion_amended").body
    wanted = carried_out(content, due.body)
    return wanted is not None and (act.by, act.kind, canonical(act.body)) == (_UNION, content["kind"], canonical(wanted))


def _last(acts: list[Act], *kinds: str) -> Act:
    return next(act for act in reversed(acts) if act.kind in kinds)


def _fault_of_rule(act: Act, past: _Past, rules: Rules) -> str:
    """Whether a motion circulates under the voting rule that the rulebook in force has for its subject."""
    content = _last(past.acts[act.body["motion"]], "motion_tabled", "motion_amended").body
    of_template = past.vote_rules.get(content["body"]["dispute"], "") if content["kind"] == BY_VOTE else ""
    name = voting_rule_name(rules.council, content["subject"], of_template)
    fits = (act.body["rule_name"], act.body["rule"]) == (name, as_data(voting_rule(rules.council, name)))
    return "" if fits else f"voting rule {act.body['rule_name']}, where the rulebook has {name}"


def _faults_of_close(act: Act, past: _Past) -> list[str]:
    acts = past.acts[act.body["motion"]]
    opened = _last(acts, "motion_opened")
    is_adopted = _counted_again(acts, opened)
    faults = [] if act.at_us >= opened.body["closes_at_us"] else ["closed before the end of the vote"]
    if is_adopted is not (act.body["outcome"] != "rejected") or is_adopted is not act.body["tally"]["is_adopted"]:
        faults.append(f"outcome {act.body['outcome']}, where the ballots {'adopt' if is_adopted else 'reject'} it")
    past.decisions += is_adopted
    if act.body["decision"] != (past.decisions if is_adopted else 0):
        faults.append(f"decision {act.body['decision']}, where {past.decisions} is the last")
    past.due = act if act.body["outcome"] != "void" else None
    return faults


def _counted_again(acts: list[Act], opened: Act) -> bool:
    circulated: Any = _last(acts, "motion_circulated").body
    cast = [act for act in acts if act.kind == "voted"]
    return count(
        of_data(circulated["rule_name"], circulated["rule"]),
        [Voter(*each) for each in opened.body["electorate"]],
        [Ballot(act.number, act.body["member"], Choice(act.body["choice"]), act.at_us, act.body["to"]) for act in cast],
        interested=frozenset(opened.body["interested"]),
        opens_at_us=opened.at_us,
        closes_at_us=opened.body["closes_at_us"],
        zone=circulated["zone"],
    ).is_adopted
