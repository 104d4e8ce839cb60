"""The chapter `disputes` of a rulebook: its rules agree with each other, and its own templates are read when the text is handed in."""

from __future__ import annotations

import pytest

from rescounter.cycle.rule_texts import read_rule_text
from rescounter.facade.union import found_union
from rescounter.rulebook.reading import read_recorded, read_rulebook
from rescounter.terms import CallerFault
from tests.council.chamber import chamber, rules
from tests.cycle.world import RULES
from tests.disputes.test_templates import SMALL

OURS = f"ours = '''\n{SMALL}'''\n"
VOTE = '\n[vote]\nrule = "{}"\nlasts = {{ days = 5 }}\n'

CHAPTERS = """
rules                                                         | refused
allowed = ["snapback-65-days"]; template = "snapback-65-days" | -
allowed = ["snapback-65-days", "invoice-dispute"]             | -
allowed = ["invoice-dispute", "ours"]; own = { ours = "x" }   | -
allowed = ["invoice-dispute", "ours"]                         | disputes.allowed choice_unknown ours
allowed = ["invoice-disputes"]                                | disputes.allowed choice_unknown invoice-disputes
allowed = ["snapback-65-days"]                                | disputes.template choice_unknown invoice-dispute
template = "ours"; own = { ours = "x" }                       | disputes.template choice_unknown ours
kind = "perhaps"                                              | disputes.kind choice_unknown "perhaps"
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in CHAPTERS.strip().splitlines()[1:]]


@pytest.mark.parametrize(("chapter", "refused"), ROWS, ids=[row[0] for row in ROWS])
def test_templates_that_are_named_are_allowed_and_there(chapter, refused):
    text = RULES + "[disputes]\n" + chapter.replace("; ", "\n") + "\n"
    found = {f"{each.id} {each.code} {each.found}" for each in read_rulebook(text).refusals}
    assert (refused in found) if refused != "-" else not found, found


FAULTS = [
    ('kind = "level"', 'kind = "lvl"', "ours: stages.0.kind", "template_value_unusable", 12),
    ("[template]", "[templat]", "ours: templat", "template_key_unknown", 1),
    ("days = 5", "days = 0", "ours: stages.1.lasts", "template_value_unusable", 19),
    ("[template]", "[template", "ours: template", "template_unreadable", 1),
]


@pytest.mark.parametrize(("old", "new", "where", "code", "line"), FAULTS, ids=[each[2] for each in FAULTS])
def test_a_faulty_template_is_refused_with_its_line_in_the_rulebook(old, new, where, code, line):
    head = RULES + "[disputes.own]\n"
    assert read_rule_text(head + OURS).refusals == ()
    found = read_rule_text(head + OURS.replace(old, new)).refusals
    first = head.count("\n") + 1
    assert (f"disputes.own.{where}", code, first + line) in [(each.id, each.code, each.row) for each in found]
    # What is on record is not asked again.
    assert read_recorded(head + OURS.replace(old, new)).values["disputes.own"]


@pytest.mark.parametrize(("name", "is_refused"), [("un-council", False), ("by-us", False), ("un-concil", True)])
def test_a_template_names_a_voting_rule_that_is_there(name, is_refused):
    own = '[council.own.by-us]\nbase = "all"\nthreshold = "1/2"\n'
    text = RULES + own + "[disputes.own]\n" + f"ours = '''\n{SMALL}{VOTE.format(name)}'''\n"
    found = [(each.id, each.code) for each in read_rule_text(text).refusals]
    assert found == ([("disputes.own.ours: vote.rule", "choice_unknown")] if is_refused else [])


def test_a_faulty_template_in_one_line_is_told_with_that_line():
    text = RULES + '[disputes]\nown = { ours = "x" }\n'
    (found,) = read_rule_text(text).refusals
    assert (found.row, found.code) == (text.count("\n"), "template_unreadable")


def test_no_union_is_founded_and_no_motion_tabled_with_a_faulty_template(tmp_path):
    faulty = "[disputes.own]\n" + OURS.replace('"level"', '"lvl"')
    with pytest.raises(CallerFault) as fault:
        found_union(tmp_path / "ring", RULES + faulty, pack="", people=[], is_demonstration=True)
    assert fault.value.code == "rulebook_refused" and not (tmp_path / "ring").exists()
    world = chamber()
    done = world.table("rulebook_changed", {"text": rules(faulty)}, by="r.ana")
    assert [each.code for each in done.refusals] == ["template_value_unusable"]
    world.store.close()
