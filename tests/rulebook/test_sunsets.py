"""Rules with a date in force and a sunset: what holds at an instant, what it falls back to, and what is told to come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.rulebook.coming import coming
from rescounter.rulebook.difference import differences
from rescounter.rulebook.fields import value_of
from rescounter.rulebook.reading import read_recorded, read_rulebook
from rescounter.rulebook.versions import Rulebook
from rescounter.terms.acts import Act, body_of, canonical
from tests.rulebook.texts import DAY_US, JANUARY_US, SMALL, changed, founded, small, temporary

FEE = "fees.per_mille"


def day(number: int) -> int:
    return JANUARY_US + number * DAY_US


def entry(value: str, starts: int, ends: int | None, rule: str = FEE) -> str:
    """An entry from the midnight that begins a day (0 = 1 January) to another; without an end it has no sunset."""
    names = [f"2026-{1 + number // 31:02}-{1 + number % 31:02}" for number in (starts, ends or 0)]
    text = temporary(rule, value, names[0], names[1])
    return text if ends is not None else text.replace(f"until = {names[1]}\n", "")


def book(*acts: Act) -> Rulebook:
    rulebook = Rulebook()
    for act in acts:
        rulebook = rulebook.after(act)
    return rulebook


def fee(rulebook: Rulebook, number: int) -> str:
    return str(value_of(rulebook.in_force(day(number)), FEE))


TABLE = """
entries (value from-until)  | fee on the 1st, 3rd, 5th, 7th, 9th, 20th of January
                            | 1.1 1.1 1.1 1.1 1.1 1.1
2@2-6                       | 1.1 2 2 1.1 1.1 1.1
2@2-                        | 1.1 2 2 2 2 2
2@2- 3@4-6                  | 1.1 2 3 2 2 2
3@4-6 2@2-                  | 1.1 2 3 2 2 2
2@2- 3@6-                   | 1.1 2 2 3 3 3
2@2-4 3@4-6 4@6-            | 1.1 2 3 4 4 4
2@2-6 3@8-                  | 1.1 2 2 1.1 3 3
2@0- 3@4-6 4@8-10           | 2 2 3 2 4 2
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip("\n").splitlines()[1:]]


def entries_of(cell: str) -> str:
    found = []
    for word in cell.split():
        value, _, dates = word.partition("@")
        starts, _, ends = dates.partition("-")
        found.append(entry(f'"{value}"', int(starts), int(ends) if ends else None))
    return "".join(found)


@pytest.mark.parametrize(("cell", "fees"), ROWS, ids=[row[0] or "none" for row in ROWS])
def test_a_rule_holds_from_its_date_until_its_sunset_and_then_what_held_before(cell: str, fees: str):
    rulebook = book(founded(SMALL + entries_of(cell)))
    assert [fee(rulebook, number) for number in (0, 2, 4, 6, 8, 19)] == fees.split()


def test_a_rule_that_the_text_leaves_out_falls_back_to_its_default():
    rulebook = book(founded(SMALL + entry('"reject"', 2, 4, "intake.silence")))
    assert [rulebook.in_force(day(number)).intake.silence for number in (1, 2, 4)] == ["accept", "reject", "accept"]


OVERLAPS = ["2@2-6 3@4-8", "2@2-6 3@4-", "2@2- 3@2-", "2@2- 3@2-4", "2@2-8 3@4-6"]


@pytest.mark.parametrize("cell", OVERLAPS)
def test_where_it_could_not_be_told_which_holds_the_text_is_refused(cell: str):
    reading = read_rulebook(SMALL + entries_of(cell))
    assert [each.code for each in reading.refusals] == ["sunsets_overlap"]


def test_dates_of_a_recorded_text_are_those_that_were_frozen():
    known = read_rulebook(SMALL + entries_of("2@2- 3@4-6")).known
    assert list(known.frozen["instants"]) == [[day(2), None], [day(4), day(6)]]
    again = read_recorded(known.text, body_of(canonical({"f": dict(known.frozen)}))["f"])
    assert again.temporary == known.temporary
    moved = read_recorded(known.text, {**known.frozen, "instants": [[day(3), None], [day(4), day(6)]]})
    assert moved.temporary[0].from_us == day(3)


def test_a_rule_with_a_date_is_no_other_value_of_the_text_and_differs_by_itself():
    plain, dated = (read_rulebook(SMALL + text).known for text in ("", entry('"2"', 2, None)))
    found = differences(plain, dated)
    assert [(each.rule, each.before, each.after, each.from_us, each.until_us) for each in found] == [(FEE, "", '"2"', day(2), None)]


def test_what_changes_by_itself_is_told_in_order_of_time():
    rulebook = book(
        founded(SMALL + entries_of("2@2-6 3@8-") + entry('"reject"', 4, 12, "intake.silence")),
        changed(small(fees__per_mille='"5"', rulebook__in_force_from="2026-01-11"), day(1), 2),
    )
    told = [((each.at_us - JANUARY_US) // DAY_US, each.rule, each.before, each.after, each.why) for each in coming(rulebook, day(1))]
    assert told == [
        (2, FEE, '"1.1"', '"2"', "its date comes"),
        (4, "intake.silence", '"accept"', '"reject"', "its date comes"),
        (6, FEE, '"2"', '"1.1"', "lapses"),
        (8, FEE, '"1.1"', '"3"', "its date comes"),
        (10, "intake.silence", '"reject"', '"accept"', "version 2 begins"),
        (10, FEE, '"3"', '"5"', "version 2 begins"),
    ]
    assert coming(rulebook, day(10)) == ()


texts = st.lists(st.tuples(st.sampled_from(["2", "3", "4"]), st.integers(0, 20), st.none() | st.integers(1, 12)), max_size=4)
histories = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["1", "1.5"]), texts), min_size=1, max_size=4)


@given(histories)
def test_the_rules_of_every_instant_are_those_of_a_naive_reckoning(history):
    """Reckoned day by day: the text that was recorded last; in it, of the entries whose days these are, that which began last."""
    rulebook, now, scan = Rulebook(), 0, []
    for later, own, entries in history:
        now += later
        drawn = [(value, starts, None if lasts is None else starts + lasts) for value, starts, lasts in entries]
        text = small(fees__per_mille=f'"{own}"') + f"# {len(scan)}\n" + "".join(entry(f'"{value}"', *dates) for value, *dates in drawn)
        if read_rulebook(text).refusals:
            continue
        act = founded(text) if not scan else changed(text, day(now), len(scan) + 1)
        rulebook = rulebook.after(act)
        scan.append((0 if len(scan) == 0 else now, own, drawn))
    if not scan:
        return
    found = [fee(rulebook, number) for number in range(50)]
    wanted = []
    for number in range(50):
        _, value, drawn = [each for each in scan if each[0] <= number][-1]
        for starts in range(number + 1):
            for each in drawn:
                if each[1] == starts and (each[2] is None or number < each[2]):
                    value = each[0]
        wanted.append(value)
    assert found == wanted
    # What is told to come is what comes, one change after the other, and nothing else changes.
    said = [each for each in coming(rulebook, day(0)) if each.rule == FEE]
    changes = [(day(number), f'"{found[number]}"') for number in range(1, 50) if found[number] != found[number - 1]]
    assert [(each.at_us, each.after) for each in said] == changes
