"""Templates: those that ship are read as they say; a faulty text is told all its faults at once, with lines."""

from __future__ import annotations

import pytest

from rescounter.disputes.periods import Period
from rescounter.disputes.reading import read_template, shipped_template
from rescounter.disputes.states import State, Who
from rescounter.disputes.templates import SHIPPED, Extension, Template, template_text
from rescounter.terms import BrokenLaw
from rescounter.terms.refusals import UNION_REFUSALS

SMALL = """\
[template]
name = "small"
about = "One level."
modelled_on = "nothing"
polarity = "RESTORE"
continued = "it stays"
restored = "it returns"

[[stages]]
name = "talks"
title = "talks"
kind = "level"
lasts = { days = 5 }

[[stages]]
name = "end"
title = "the end"
kind = "final"
lasts = { days = 5 }
"""


def faults(text: str) -> list[tuple[int, str, str]]:
    reading = read_template(text)
    assert (reading.template is None) == bool(reading.refusals)
    assert all(each.found and each.allowed and each.what_to_do and each.rule == UNION_REFUSALS[each.code].rule for each in reading.refusals)
    return [(each.row, each.id, each.code) for each in reading.refusals]


@pytest.mark.parametrize("name", SHIPPED)
def test_each_template_that_ships_has_its_name_and_no_faults(name):
    assert faults(template_text(name)) == []
    assert shipped_template(name).name == name


def test_the_shipped_extensions_are_those_of_the_models():
    found = {(name, stage.name): stage.extensions for name in SHIPPED for stage in shipped_template(name).stages if stage.extensions}
    assert found == {
        ("snapback-65-days", "level_1"): (Extension(Who.ALL, None),),
        ("snapback-65-days", "level_2"): (Extension(Who.ALL, None),),
        ("trade-panel", "report"): (Extension(Who.PANEL, Period(9, "months")),),
        ("trade-panel", "appeal"): (Extension(Who.PANEL, Period(90, "days")),),
        ("expedited-arbitration", "award"): (Extension(Who.PANEL, Period(9, "months")), Extension(Who.ALL, None)),
        ("invoice-dispute", "level_1"): (Extension(Who.BOTH, Period(20, "business_days")),),
    }


def test_a_small_text_is_read_with_its_defaults():
    template = read_template(SMALL).template
    assert [stage.state for stage in template.stages] == [State.LEVEL, State.FINAL]
    assert (template.vote, template.sunset, template.stages[0].ends_as_day_begins, template.stages[0].extensions) == (None, None, False, ())


UNREADABLE, UNKNOWN, MISSING = "template_unreadable", "template_key_unknown", "template_key_missing"
UNUSABLE, DISAGREES = "template_value_unusable", "template_disagrees"


@pytest.mark.parametrize(
    ("old", "new", "want"),
    [
        ('name = "small"', 'name = "small', [(2, "template", UNREADABLE)]),
        ("[template]", "[temple]", [(1, "temple", UNKNOWN), (1, "template", MISSING)]),
        ('about = "One level."\n', "", [(1, "template.about", MISSING)]),
        ('"RESTORE"', '"restore"', [(5, "template.polarity", UNUSABLE)]),
        ('continued = "it stays"', 'continued = ""', [(6, "template.continued", UNUSABLE)]),
        ('kind = "level"', 'kind = "table"', [(12, "stages.0.kind", UNUSABLE)]),
        ('title = "talks"', 'titel = "talks"', [(9, "stages.0.title", MISSING), (11, "stages.0.titel", UNKNOWN)]),
        ("lasts = { days = 5 }\n\n", "lasts = { days = 0 }\n\n", [(13, "stages.0.lasts", UNUSABLE)]),
        ("lasts = { days = 5 }\n\n", "lasts = { days = true }\n\n", [(13, "stages.0.lasts", UNUSABLE)]),
        ("lasts = { days = 5 }\n\n", "lasts = { years = 101 }\n\n", [(13, "stages.0.lasts", UNUSABLE)]),
        ("lasts = { days = 5 }\n\n", "lasts = { days = 5, months = 1 }\n\n", [(13, "stages.0.lasts", UNUSABLE)]),
        ("lasts = { days = 5 }\n\n", 'lasts = { days = 5 }\nextensions = [{ by = "me" }]\n\n', [(14, "stages.0.extensions", UNUSABLE)]),
        ("lasts = { days = 5 }\n\n", 'lasts = { days = 5 }\nmediation = "yes"\n\n', [(14, "stages.0.mediation", UNUSABLE)]),
        ('name = "end"', 'name = "talks"', [(16, "stages.1.name", DISAGREES)]),
        ('kind = "level"', 'kind = "panel"', [(12, "stages.0.kind", DISAGREES)]),
        ('kind = "level"', 'kind = "final"', [(12, "stages.0.kind", DISAGREES)]),
        ('kind = "final"', 'kind = "answer"', [(18, "stages.1.kind", DISAGREES)] * 2),
        ('kind = "final"', 'kind = "final"\nmediation = true', [(15, "stages.1", DISAGREES)]),
        ('kind = "final"', 'kind = "final"\nafter = "later"', [(19, "stages.1.after", DISAGREES)]),
        ("[[stages]]", "[stages]", [(15, "template", UNREADABLE)]),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_its_line(old, new, want):
    found = faults(SMALL.replace(old, new, -1 if old == "[[stages]]" else 1))
    assert found == want


def test_all_faults_are_told_at_once():
    text = SMALL.replace("RESTORE", "BOTH").replace('"level"', '"x"') + "[vote]\nlasts = 3\nnotice = { days = 3 }\n[extra]\n"
    assert {code for _, _, code in faults(text)} == {
        "template_value_unusable",
        "template_key_missing",
        "template_key_unknown",
        "template_disagrees",
    }


def test_a_text_without_stages_or_beyond_measure_is_refused():
    assert ("stages", "template_key_missing") in [each[1:] for each in faults(SMALL.partition("[[stages]]")[0])]
    many = "".join(f'[[stages]]\nname = "s{n}"\ntitle = "s"\nkind = "level"\nlasts = {{ days = 1 }}\n' for n in range(20))
    assert [each[1:] for each in faults(SMALL.replace("[[stages]]", many + "[[stages]]", 1))] == [("stages", "template_value_unusable")]
    assert faults("a = " + "[" * 5000)[0][2] == "template_unreadable"


def test_a_template_is_lawful():
    template = shipped_template("invoice-dispute")
    with pytest.raises(BrokenLaw, match="the_last_stage"):
        Template(**{name: getattr(template, name) for name in Template.__slots__} | {"stages": template.stages[:1]})
    with pytest.raises(BrokenLaw, match="ships"):
        shipped_template("ours")
