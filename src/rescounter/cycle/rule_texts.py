"""A text of the rulebook as whoever hands it in has it read: with the templates of disputes that it holds, which the rulebook cannot read.

What was recorded is read by `rulebook/reading.py` alone, so that later checks refuse nothing that is in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from rescounter.disputes.reading import read_template
from rescounter.rulebook.lines import line_of, lines_of
from rescounter.rulebook.reading import Reading, RuleText, read_rulebook
from rescounter.rulebook.rules import VOTING_RULES
from rescounter.terms import Refusal
from rescounter.terms.names import closest
from rescounter.terms.refusals import UNION_REFUSALS, shown

__all__ = ["read_rule_text"]

_OWN: Final = "disputes.own"


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
