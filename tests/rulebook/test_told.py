"""Rules told and compared, packs as they ship, and when a member leaves."""

from __future__ import annotations

import datetime

import pytest

from rescounter.rulebook.difference import differences
from rescounter.rulebook.fields import RULES
from rescounter.rulebook.leaving import leaves_at
from rescounter.rulebook.lines import lines_of
from rescounter.rulebook.reading import read_rulebook
from rescounter.rulebook.rules import APPROVED_KINDS
from rescounter.rulebook.shipped import PACKS, pack_text, with_values
from rescounter.rulebook.told import show, show_text
from rescounter.rulebook.versions import Rulebook
from rescounter.terms import BrokenLaw
from rescounter.terms.calendar import business_days, instant_us, told
from tests.rulebook.texts import DAY_US, JANUARY_US, SMALL, changed, founded, small, temporary

LATER = SMALL + temporary("fees.per_mille", '"0"', "2026-03-01", "2026-06-01")


def known(text: str):
    return read_rulebook(text).known


def test_every_rule_is_told_with_its_value_and_where_it_comes_from():
    rulebook = Rulebook().after(founded(SMALL)).after(changed(small(fees__per_mille='"2"'), JANUARY_US + DAY_US, 2))
    lines = {line.id: line for line in show(rulebook, JANUARY_US + DAY_US)}
    assert list(lines) == list(RULES)
    table = {
        "union.name": ('"Circle"', 1),
        "calendar.first_cut_off": ("2026-01-22", 1),
        "calendar.cut_off_times": ("[13:00:00]", 1),
        "intake.minimum": ('{ EUR = "250.00" }', 1),
        "intake.confirmation": ("false", 1),
        "fees.per_mille": ('"2"', 2),
        "calendar.settlement_days": ("0", 1),
    }
    assert {rule: (lines[rule].value, lines[rule].version) for rule in table} == table
    assert all(line.meaning for line in lines.values())


def test_a_temporary_rule_is_told_with_its_sunset():
    rulebook = Rulebook().after(founded(LATER))
    april = instant_us(datetime.date(2026, 4, 1), datetime.time(), "UTC")
    line = next(line for line in show(rulebook, april) if line.id == "fees.per_mille")
    dates = [told(instant or 0, "Europe/Ljubljana")[:10] for instant in (line.from_us, line.until_us)]
    assert (line.value, dates) == ('"0"', ["2026-03-01", "2026-06-01"])
    of_text = [line.value for line in show_text(known(LATER)) if line.id == "fees.per_mille"]
    assert of_text == ['"1.1"', '"0"']


def test_what_is_told_is_what_a_text_may_say():
    quoted = small(union__name=r'"Circle \"A\\B\""', fees__minimum='{ EUR = "3.00" }')
    assert known(quoted).values["union.name"] == r'Circle "A\B"'
    for text in (LATER, quoted, *map(pack_text, PACKS)):
        values = {line.id: line.value for line in show_text(known(text)) if line.until_us is None}
        again = known(with_values(text, values))
        assert again.values == known(text).values


def test_two_texts_differ_by_rule_whatever_their_words():
    after = with_values("# a comment\n" + LATER, {"calendar.roll": '"preceding"', "fees.minimum": '{ EUR = "3.00" }'})
    table = [(each.rule, each.before, each.after, each.until_us is not None) for each in differences(known(SMALL), known(after))]
    assert table == [
        ("calendar.roll", '"following"', '"preceding"', False),
        ("fees.per_mille", "", '"0"', True),
        ("fees.minimum", "{}", '{ EUR = "3.00" }', False),
    ]
    assert differences(known(SMALL), known("# other words\n" + SMALL)) == ()


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_has_no_faults_and_every_rule_of_it_says_why(name):
    text = pack_text(name)
    assert read_rulebook(text).refusals == ()
    assert known(text).pack == name
    lines = text.split("\n")
    for path, number in lines_of(text).items():
        if len(path) == 2 and path[0] != "rulebook":
            block = []
            while lines[number - 2 - len(block)].startswith("#"):
                block.insert(0, lines[number - 2 - len(block)].removeprefix("# "))
            assert "odelled on" in " ".join(block), path
    assert "as in " not in text


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_asks_for_every_approval(name):
    assert set(read_rulebook(pack_text(name)).rules.approvals.needed) == set(APPROVED_KINDS)


def test_only_what_ships_is_a_pack():
    with pytest.raises(BrokenLaw, match="a_pack_ships"):
        pack_text("../rules")


def test_values_are_put_into_a_text_and_its_comments_stay():
    text = pack_text("trade-credit")
    mine = with_values(
        text, {"rulebook.name": '"Mine"', "union.name": '"Circle of Maribor"', "union.single_person": "true", "approvals.needed": "[]"}
    )
    rules = read_rulebook(mine).rules
    assert (known(mine).name, rules.union.name, rules.union.single_person, rules.approvals.needed) == (
        "Mine",
        "Circle of Maribor",
        True,
        (),
    )
    assert [line for line in mine.split("\n") if line.startswith("#")] == [line for line in text.split("\n") if line.startswith("#")]


DATES = [
    # pack, then the dates of the first cut-off's cycle, by the days of its calendar
    ("trade-credit", ["2026-01-15 Thu", "2026-01-22 Thu", "2026-01-27 Tue", "2026-01-22 Thu", "2026-01-22 Thu"]),
    ("corporate-netting", ["2026-01-06 Tue", "2026-01-08 Thu", "2026-01-12 Mon", "2026-01-13 Tue", "2026-01-14 Wed"]),
]


@pytest.mark.parametrize(("name", "dates"), DATES)
def test_the_calendar_of_a_pack_is_the_one_that_it_is_modelled_on(name, dates):
    """Opens or closes, cut-off, corrections end, pay-in due, settled: rules R10 and R11 of the trade."""
    rules = read_rulebook(pack_text(name)).rules.calendar
    business = business_days([source for sources in rules.holidays.values() for source in sources], rules.closed, 2025, 2027)
    day = business.roll(rules.first_cut_off, rules.roll)
    before = -(rules.intake_closes_days or rules.intake_opens_days)
    reckoned = [business.shift(day, days) for days in (before, 0, rules.correction_days, rules.pay_in_days, rules.settlement_days)]
    assert [f"{each:%Y-%m-%d %a}" for each in reckoned] == dates


@pytest.mark.parametrize(
    ("notice", "leaves"),
    [
        ("2026-01-22T09:00:00", "2026-01-27T17:00:00+01:00"),  # Thursday: Friday, Monday, Tuesday
        ("2026-01-22T23:59:00", "2026-01-27T17:00:00+01:00"),
        ("2026-04-02T12:00:00", "2026-04-09T17:00:00+02:00"),  # before Easter
        ("2026-12-24T12:00:00", "2026-12-30T17:00:00+01:00"),  # Christmas is a Friday
        ("2026-03-28T12:00:00", "2026-04-01T17:00:00+02:00"),  # on a Saturday, the clocks change on Sunday
    ],
)
def test_a_member_leaves_three_business_days_after_its_notice(notice, leaves):
    rules = read_rulebook(SMALL).rules
    moment = datetime.datetime.fromisoformat(notice)
    notice_us = instant_us(moment.date(), moment.time(), rules.union.zone)
    assert told(leaves_at(notice_us, rules, business_days(["XECB"], [], 2026, 2027)), rules.union.zone) == leaves


def test_without_notice_a_member_leaves_at_once():
    rules = read_rulebook(small(membership__withdrawal_days="0")).rules
    assert leaves_at(JANUARY_US, rules, business_days([], [], 2026, 2026)) == JANUARY_US
