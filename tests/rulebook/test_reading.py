"""A text of rules is read whole, or refused with every fault, each on its line."""

from __future__ import annotations

import datetime
import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.rulebook.fields import RULES
from rescounter.rulebook.lines import line_of, lines_of
from rescounter.rulebook.reading import read_recorded, read_rulebook
from rescounter.rulebook.shipped import PACKS, pack_text
from rescounter.terms import BrokenLaw
from rescounter.terms.rulebook_rules import RULEBOOK_RULES
from tests.rulebook.texts import SMALL, small, temporary

END = len(SMALL.splitlines()) + 1


def found(text: str) -> list[tuple[int, str, str]]:
    return [(refusal.row, refusal.id, refusal.code) for refusal in read_rulebook(text).refusals]


FALLING = small(calendar__frequency='"intraday"', calendar__cut_off_times="[13:00:00, 10:00:00]")
ONE_FAULT = [
    # line, rule, code, text; the first of each code stands in the table of codes below
    (4, "rulebook", "rulebook_unreadable", SMALL.replace('"Circle"', '"Circle')),
    (18, "holidays", "chapter_unknown", SMALL + "[holidays]\n"),
    (8, "calendar.closes", "rule_unknown", small(calendar__closes="3")),
    (7, "calendar.first_cut_off", "rule_missing", SMALL.replace("first_cut_off = 2026-01-22\n", "")),
    (1, "rulebook.name", "rule_missing", SMALL.replace('name = "Small circle"\n', "")),
    (17, "fees.per_mille", "rule_of_another_kind", small(fees__per_mille="1.1")),
    (9, "calendar.first_cut_off", "rule_of_another_kind", small(calendar__first_cut_off='"2026-01-22"')),
    (9, "calendar.first_cut_off", "rule_of_another_kind", small(calendar__first_cut_off="2026-01-22T00:00:00")),
    (13, "intake.minimum", "rule_of_another_kind", small(intake__minimum="{ EUR = 250 }")),
    (2, "rulebook.in_force_from", "rule_of_another_kind", small(rulebook__in_force_from='"soon"')),
    (10, "calendar.cut_off_times", "rule_empty", small(calendar__cut_off_times="[]")),
    (8, "calendar.frequency", "choice_unknown", small(calendar__frequency='"quarterly"')),
    (21, "approvals.needed", "choice_unknown", small(approvals__needed='["sneezed"]', union__single_person="true")),
    (8, "calendar.settlement_days", "number_out_of_range", small(calendar__settlement_days="-1")),
    (17, "fees.per_mille", "number_out_of_range", small(fees__per_mille='"1000.1"')),
    (13, "intake.minimum", "amount_unusable", small(intake__minimum='{ EUR = "250.005" }')),
    (13, "intake.minimum", "amount_unusable", small(intake__minimum='{ EUR = "-1" }')),
    (4, "union.name", "text_unusable_in_rule", small(union__name='""')),
    (6, "union.currencies", "value_named_twice", small(union__currencies='["EUR", "EUR"]')),
    (5, "union.zone", "zone_unknown", small(union__zone='"CET+1"')),
    (8, "calendar.holidays", "calendar_unknown", small(calendar__holidays='{ EUR = ["TARGET3"] }')),
    (6, "union.currencies", "currency_without_digits", small(union__currencies='["EUR", "XDR"]')),
    (13, "intake.minimum", "currency_left_out", small(intake__minimum='{ USD = "1.00" }')),
    (10, "calendar.cut_off_times", "times_do_not_fit", small(calendar__cut_off_times="[10:00:00, 13:00:00]")),
    (10, "calendar.cut_off_times", "times_do_not_fit", small(calendar__frequency='"intraday"')),
    (10, "calendar.cut_off_times", "times_do_not_fit", FALLING),
    (8, "calendar.intake_closes_days", "days_out_of_order", small(calendar__intake_opens_days="5", calendar__intake_closes_days="5")),
    (15, "clearing.method", "settlement_does_not_fit", small(clearing__method='"net"')),
    (20, "settlement.kind", "settlement_does_not_fit", small(settlement__kind='"pay-in"')),
    (20, "settlement.net_debit_caps", "settlement_does_not_fit", small(settlement__net_debit_caps="true")),
    (12, "intake.netting_forbidden_in", "country_unknown", small(intake__netting_forbidden_in='["UK"]')),
    (20, "approvals.needed", "approval_left_out", small(approvals__needed="[]")),
    (END + 1, "union.zone", "rule_not_temporary", SMALL + temporary("union.zone", '"UTC"', "2026-03-01", "2026-06-01")),
    (END + 1, "fees.per_thousand", "rule_unknown", SMALL + temporary("fees.per_thousand", '"0"', "2026-03-01", "2026-06-01")),
    (END + 2, "fees.per_mille", "rule_of_another_kind", SMALL + temporary("fees.per_mille", "0", "2026-03-01", "2026-06-01")),
    (END + 4, "fees.per_mille", "sunset_before_dawn", SMALL + temporary("fees.per_mille", '"0"', "2026-06-01", "2026-03-01")),
]  # fmt: skip


@pytest.mark.parametrize(("line", "rule", "code", "text"), ONE_FAULT, ids=[f"{row[1]}-{row[2]}" for row in ONE_FAULT])
def test_a_fault_is_told_with_its_line_and_rule(line, rule, code, text):
    assert found(text) == [(line, rule, code)]


@pytest.mark.parametrize("text", ["x = " + "[" * 50_000, SMALL + "# \ud800", "\x00"])
def test_what_cannot_be_text_of_rules_is_refused(text):
    assert [code for _, _, code in found(text)] == ["rulebook_unreadable"]


def test_two_temporary_values_of_a_rule_may_touch_and_not_overlap():
    first = temporary("fees.per_mille", '"0"', "2026-03-01", "2026-06-01")
    assert found(SMALL + first + temporary("fees.per_mille", '"0.5"', "2026-06-01", "2026-07-01")) == []
    overlapping = temporary("fees.per_mille", '"0.5"', "2026-05-31", "2026-07-01")
    assert found(SMALL + first + overlapping) == [(END + 8, "fees.per_mille", "sunsets_overlap")]


def test_a_temporary_rule_must_agree_with_the_others_while_it_holds():
    text = SMALL + temporary("clearing.method", '"net"', "2026-03-01", "2026-06-01")
    assert found(text) == [(END, "clearing.method", "settlement_does_not_fit")]
    text = SMALL + temporary("intake.netting_forbidden_in", '["UK"]', "2026-03-01", "2026-06-01")
    assert found(text) == [(END + 2, "intake.netting_forbidden_in", "country_unknown")]


def test_every_fault_is_told_at_once_in_order_of_line():
    text = small(union__zone='"CET+1"', calendar__frequency='"quarterly"', intake__minimum='{ EUR = "x" }', fees__per_mille="1")
    assert found(text) == [
        (5, "union.zone", "zone_unknown"),
        (8, "calendar.frequency", "choice_unknown"),
        (13, "intake.minimum", "amount_unusable"),
        (17, "fees.per_mille", "rule_of_another_kind"),
    ]


def test_a_refusal_says_what_was_found_what_is_allowed_and_what_to_do():
    refusal = read_rulebook(small(calendar__frequncy='"monthly"')).refusals[0]
    assert (refusal.found, refusal.rule) == ("frequncy", "B3")
    assert refusal.allowed.endswith("did you mean 'frequency'?")
    assert refusal.what_to_do == "Correct the name of the rule, or delete the line."


def test_each_code_of_the_rulebook_is_given():
    given_here = {row[2] for row in ONE_FAULT} | {"sunsets_overlap"}
    elsewhere = {"version_unchanged", "version_in_the_past"}  # of a change: `test_versions.py`
    elsewhere |= {"rulebook_read_otherwise", "nobody_could_approve"}  # of a union: `tests/council/test_texts_that_fit.py`
    assert {row[0] for row in RULEBOOK_RULES} == (given_here | elsewhere) - {"country_unknown"}


def test_values_are_read_as_the_rules_want_them():
    rules = read_rulebook(SMALL).rules
    assert rules.calendar.first_cut_off == datetime.date(2026, 1, 22)
    assert rules.calendar.cut_off_times == (datetime.time(13),)
    assert dict(rules.intake.minimum_minor) == {"EUR": 25_000}
    assert rules.fees.per_mille == Decimal("1.1")
    assert (rules.version, rules.union.currencies, rules.approvals.role) == (0, ("EUR",), "approver")


def test_amounts_have_the_digits_of_their_currency():
    text = small(union__currencies='["JPY", "KWD", "XDR"]', union__exponents="{ XDR = 4 }")
    text = text.replace('{ EUR = "250.00" }', '{ JPY = "250", KWD = "0.125", XDR = "1.5" }')
    assert dict(read_rulebook(text).rules.intake.minimum_minor) == {"JPY": 250, "KWD": 125, "XDR": 15_000}


def test_what_a_recorded_text_means_does_not_change_with_the_lists_of_the_world():
    text = SMALL + temporary("fees.minimum", '{ EUR = "3.00" }', "2026-03-01", "2026-06-01")
    recorded = read_recorded(text, {"exponents": {"EUR": 3}, "instants": [[5, 7]], "in_force_from_us": 2})
    assert dict(recorded.values["intake.minimum"]) == {"EUR": 250_000}
    assert [(each.from_us, each.until_us, dict(each.value)) for each in recorded.temporary] == [(5, 7, {"EUR": 3000})]
    assert recorded.in_force_from_us == 2
    assert read_recorded(small(union__zone='"Mars/Base"', calendar__holidays='{ EUR = ["GONE"] }'))
    with pytest.raises(BrokenLaw, match="a_recorded_text_has_no_faults"):
        read_recorded(small(calendar__frequency='"quarterly"'))


def test_what_a_text_leaves_out_keeps_the_default_that_it_was_recorded_with():
    frozen = {"defaults": {"approvals.expires_days": "3", "approvals.needed": '["settled"]', "fees.minimum": '{ EUR = "1.00" }'}}
    recorded = read_recorded(SMALL, frozen | {"exponents": {"EUR": 2}})
    rules = recorded.rules_at(0)
    assert (rules.approvals.expires_days, rules.approvals.needed, dict(rules.fees.minimum_minor)) == (3, ("settled",), {"EUR": 100})
    told = read_rulebook(SMALL).known.frozen["defaults"]
    assert told["calendar.day_ends"] == "17:00:00"
    assert "fees.per_mille" not in told


def test_what_is_frozen_reads_the_text_again_the_same():
    text = SMALL + temporary("fees.per_mille", '"0"', "2026-03-29T02:30:00", "2026-06-01T00:00:00Z")
    known = read_rulebook(text).known
    assert read_recorded(text, known.frozen) == known


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a = 1\n[b]\nc = 2\n", ("b", "c"), 3),
        ('[b]\nx = """\n[b2]\nc = 9\n"""\nc = 2\n', ("b", "c"), 6),
        ('[b]\nx = [\n  # [y]\n  "]",\n]\nc = 2\n', ("b", "c"), 6),
        ("[b]\nx = { c = 1 } # c = 3\nc = 2\n", ("b", "c"), 3),
        ("[b]\nc.d = 1\n", ("b", "c"), 2),
        ("[b.'c']\nd = 1\n", ("b", "c", "d"), 2),
        ("[[t]]\na = 1\n[[t]]\na = 2\n", ("t", "1", "a"), 4),
        ("[b]\nc = 1\n", ("b", "missing"), 1),
        ("c = 1\n", ("other", "missing"), 1),
    ],
)
def test_the_line_of_a_key_is_found(text, path, line):
    tomllib.loads(text)
    assert line_of(lines_of(text), *path) == line


@pytest.mark.parametrize("name", PACKS)
def test_in_a_pack_every_rule_stands_on_its_line(name):
    text = pack_text(name)
    lines, known = text.split("\n"), lines_of(text)
    for rule in RULES.values():
        if (rule.chapter, rule.key) in known:
            assert lines[known[rule.chapter, rule.key] - 1].startswith(f"{rule.key} = ")


@given(st.text(alphabet=st.sampled_from(list("ab.=[]{}\"'#\n 1,:-")), max_size=60))
def test_no_text_makes_the_reader_fail(tail):
    for text in (tail, SMALL + tail, tail + SMALL):
        reading = read_rulebook(text)
        assert (reading.rule_text is None) == bool(reading.refusals)
        assert all(1 <= refusal.row <= text.count("\n") + 1 for refusal in reading.refusals)
        assert list(reading.refusals) == sorted(reading.refusals, key=lambda refusal: refusal.row)


STRANGE = [
    *('""', "0", "-1", "true", "[]", "{}", "1.5", "inf", "2026-01-01", "13:00:00", '["a"]', "[[1]]", '"\\u0007"'),
    *("{ EUR = 1 }", '{ EUR = "x" }', '{ EUR = ["x"] }', "{ a = {} }", "[2026-01-01]", "[13:00:00, 12:00:00]"),
]


@given(st.sampled_from(sorted(RULES)), st.sampled_from(STRANGE))
def test_no_value_of_a_rule_makes_the_reader_fail(rule, value):
    for text in (small(**{rule.replace(".", "__"): value}), SMALL + temporary(rule, value, "2026-03-01", "2026-06-01")):
        reading = read_rulebook(text)
        assert (reading.rule_text is None) == bool(reading.refusals)
