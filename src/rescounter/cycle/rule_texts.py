"""A text of the rulebook as whoever hands it in has it read: with the templates of disputes that it holds, which the rulebook cannot read.

It is read and checked in full when it is proposed or tabled, and again when it is approved or carried out: what fitted may fit no more.
What was recorded is read by `rulebook/reading.py` alone, so that later checks refuse nothing that is in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from rescounter.cycle.office import Step, Wanted, refusal, refused
from rescounter.cycle.union import Union
from rescounter.disputes.reading import read_template
from rescounter.membership.members import Role
from rescounter.rulebook.lines import line_of, lines_of
from rescounter.rulebook.reading import Reading, RuleText, read_rulebook
from rescounter.rulebook.rules import VOTING_RULES
from rescounter.rulebook.versions import refusals_to_change
from rescounter.terms import Refusal
from rescounter.terms.acts import canonical
from rescounter.terms.names import closest
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["changing_rules", "faults_by_line", "read_rule_text", "refusals_of_rules", "text_refusals"]

_OWN: Final = "disputes.own"
_ROLE, _SINGLE = "approvals.role", "union.single_person"


def changing_rules(union: Union, text: str, *, at_us: int) -> Step:
    """Record a text as the next version of the rulebook, or say every fault of it by line."""
    read = read_rule_text(text)
    versions = union.rulebook.versions
    if read.rule_text is not None and versions[-1].digest == read.rule_text.digest:
        return Step(is_done=True, told=f"This text is version {versions[-1].number} already; nothing was done.")
    found = text_refusals(union, text, at_us=at_us)
    return refused(*found) if found else Step(wanted=Wanted("rulebook_changed", read.known.as_body()))


def refusals_of_rules(union: Union, act: Wanted, *, at_us: int) -> tuple[Refusal, ...]:
    """Why an act that changes the rulebook may not be done or proposed as the union stands; nothing for other acts.

    Its body must say what its text says when it is read at this moment: nobody approves a text and gets other digits, dates or defaults.
    """
    if act.kind != "rulebook_changed":
        return ()
    text = act.body.get("text")
    if not isinstance(text, str):
        return (refusal("rulebook_read_otherwise", "rulebook", found="no text"),)
    if found := text_refusals(union, text, at_us=at_us):
        return found
    said = {name: value for name, value in act.body.items() if name not in ("approval", "decision")}
    wanted = read_rule_text(text).known.as_body()
    if canonical(said) == canonical(wanted):
        return ()
    differing = sorted(name for name in {*said, *wanted} if said.get(name) != wanted.get(name))
    return (refusal("rulebook_read_otherwise", "rulebook", found=", ".join(differing)),)


def text_refusals(union: Union, text: str, *, at_us: int) -> tuple[Refusal, ...]:
    """Why a text cannot become the next version of the rulebook at an instant, by line: its faults, its date, whom it leaves alone."""
    read = read_rule_text(text)
    if read.refusals:
        return read.refusals
    return (*refusals_to_change(union.rulebook, text, at_us), *_without_approvers(union, read.known, at_us=at_us))


def faults_by_line(found: tuple[Refusal, ...]) -> list[str]:
    """Refusals of a text in words, for the record of a decision that is void."""
    return [f"line {each.row}: {each.id}: {each.code}, found {each.found}, allowed {each.allowed}" for each in found]


def _without_approvers(union: Union, known: RuleText, *, at_us: int) -> Iterator[Refusal]:
    """Where a text gives approvals to a role that nobody has, now or for a time. What is so already is no fault of the text."""
    before = union.rules(at_us)
    lines = lines_of(known.text)
    entries = [each for each in known.temporary if each.rule in (_ROLE, _SINGLE)]
    roles = {str(known.values[_ROLE]): line_of(lines, *_ROLE.split("."))}
    roles |= {str(each.value): line_of(lines, "temporary", str(each.entry)) for each in entries if each.rule == _ROLE}
    if known.values[_SINGLE] and all(each.rule != _SINGLE for each in entries):
        return
    for role, line in roles.items():
        if role == before.approvals.role and not before.union.single_person:
            continue
        people = [person.code for person in union.register.people if person.is_active and Role(role) in person.roles]
        if len(people) < (2 if role == Role.OPERATOR.value else 1):
            rule = UNION_REFUSALS["nobody_could_approve"]
            yield Refusal(line, _ROLE, rule.code, f"{role}: {', '.join(people) or 'nobody'}", rule.allowed, rule.what_to_do)


def read_rule_text(text: str) -> Reading:
    """Read a text that is handed in; every fault at once, those of its own templates of disputes once its rules have none.

    Returns: refusals with the line of the rulebook, and the place in the template behind the name of the rule. A voting rule that a
    template names must be one that ships or of the union's own.
    """
    read = read_rulebook(text)
    if read.refusals:
        return read
    found = sorted(_of_templates(read.known), key=lambda each: each.row)
    return Reading(tuple(found)) if found else read


def _of_templates(known: RuleText) -> Iterator[Refusal]:
    voting = (*VOTING_RULES, *known.values["council.own"])
    own: Mapping[str, Any] = known.values[_OWN]
    lines, rows = lines_of(known.text), known.text.split("\n")
    for name, template in own.items():
        line = line_of(lines, *_OWN.split("."), name)
        reading = read_template(template)
        # The lines of a text in three quotes count on from the line below these.
        is_long = rows[line - 1].rstrip().endswith(('"""', "'''"))
        for each in reading.refusals:
            yield replace(each, row=line + each.row if is_long else line, id=f"{_OWN}.{name}: {each.id}")
        vote = None if reading.template is None else reading.template.vote
        if vote is not None and vote.rule not in voting:
            rule = UNION_REFUSALS["choice_unknown"]
            allowed = "one of: " + ", ".join(voting) + closest(vote.rule, voting)
            yield Refusal(line, f"{_OWN}.{name}: vote.rule", rule.code, shown(vote.rule), allowed, rule.what_to_do)
