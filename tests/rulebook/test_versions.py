"""What is in force at an instant: against a naive scan, and by tables."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.rulebook.fields import value_of
from rescounter.rulebook.reading import digest_of, read_rulebook
from rescounter.rulebook.versions import Rulebook, refusals_to_change
from rescounter.terms import BrokenLaw
from rescounter.terms.acts import Act
from tests.rulebook.texts import DAY_US, JANUARY_US, SMALL, changed, founded, small, temporary

FEES = ("1.1", "2", "3", "0", "0.5")


def day(number: int) -> int:
    """The instant so many days after the founding."""
    return JANUARY_US + number * DAY_US


def book(*acts: Act) -> Rulebook:
    rulebook = Rulebook()
    for act in acts:
        rulebook = rulebook.after(act)
    return rulebook


def fees(rulebook: Rulebook, *days: int) -> list[str]:
    return [str(rulebook.in_force(day(number)).fees.per_mille) for number in days]


def test_the_first_version_is_in_force_from_the_founding_whatever_it_names():
    text = small(rulebook__in_force_from="2027-01-01T00:00:00Z")
    rules = book(founded(text)).in_force(JANUARY_US)
    assert (rules.version, rules.digest) == (1, digest_of(text))


def test_before_its_founding_a_union_has_no_rules():
    with pytest.raises(BrokenLaw, match="a_union_has_rules"):
        book(founded(SMALL)).in_force(JANUARY_US - 1)


def test_a_version_holds_from_its_act_or_from_the_date_that_it_names():
    at_once = changed(small(fees__per_mille='"2"'), day(10), 2)
    dated = changed(small(fees__per_mille='"3"', rulebook__in_force_from="2026-01-31"), day(20), 3)
    assert fees(book(founded(SMALL), at_once, dated), 0, 9, 10, 29, 30, 400) == ["1.1", "1.1", "2", "2", "3", "3"]


def test_a_version_never_reaches_back():
    act = changed(small(fees__per_mille='"2"', rulebook__in_force_from="2026-01-02"), day(10), 2)
    assert fees(book(founded(SMALL), act), 5, 9, 10) == ["1.1", "1.1", "2"]


def test_a_version_with_a_later_date_may_be_followed_by_another_before_it_is_ever_in_force():
    late = changed(small(fees__per_mille='"2"', rulebook__in_force_from="2026-03-01"), day(10), 2)
    instead = changed(small(fees__per_mille='"3"', rulebook__in_force_from="2026-02-01"), day(12), 3)
    rulebook = book(founded(SMALL), late, instead)
    assert fees(rulebook, 20, 31, 59, 100) == ["1.1", "3", "3", "3"]
    assert rulebook.origin_of("fees.per_mille", day(100)).version == 3


def test_the_act_may_name_the_date_itself():
    body = {**read_rulebook(SMALL).known.as_body(), "in_force_from_us": day(7)}
    rulebook = book(founded(small(fees__per_mille='"0"')), Act(number=2, at_us=day(1), by="ana", kind="rulebook_changed", body=body))
    assert fees(rulebook, 6, 7) == ["0", "1.1"]


def test_a_version_has_the_digest_that_its_act_names():
    act = Act(number=2, at_us=day(1), by="ana", kind="rulebook_changed", body={"text": SMALL, "digest": "0" * 64})
    with pytest.raises(BrokenLaw, match="a_version_has_its_digest"):
        book(founded(SMALL), act)


def test_acts_of_other_rooms_change_nothing():
    rulebook = book(founded(SMALL))
    assert rulebook.after(Act(number=2, at_us=day(1), by="ana", kind="closed", body={})) is rulebook


def test_a_temporary_rule_lapses_by_itself():
    text = (
        SMALL
        + temporary("fees.per_mille", '"0"', "2026-03-01", "2026-06-01")
        + temporary("fees.per_mille", '"0.5"', "2026-06-01", "2026-06-02")
    )
    rulebook = book(founded(text))
    instants = ["2026-02-28T23:59:59", "2026-03-01T00:00:00", "2026-05-31T23:59:59", "2026-06-01T12:00:00", "2026-06-02T00:00:00"]
    values = [rulebook.in_force(at(instant)).fees.per_mille for instant in instants]
    assert values == [Decimal(fee) for fee in ("1.1", "0", "0", "0.5", "1.1")]
    assert {rulebook.in_force(at(instant)).version for instant in instants} == {1}
    origin = rulebook.origin_of("fees.per_mille", at(instants[1]))
    assert (origin.version, origin.from_us, origin.until_us) == (1, at(instants[1]), at("2026-06-01T00:00:00"))
    assert rulebook.origin_of("fees.per_mille", at(instants[4])).until_us is None


def at(local: str) -> int:
    text = small(rulebook__in_force_from=local)
    return read_rulebook(text).known.in_force_from_us or 0


def test_a_rule_is_as_old_as_the_first_version_that_has_kept_its_value():
    rulebook = book(
        founded(SMALL),
        changed(small(fees__per_mille='"2"'), day(10), 2),
        changed(small(fees__per_mille='"2"', clearing__allocation='"pro-rata"'), day(20), 3),
        changed(small(clearing__allocation='"pro-rata"'), day(30), 4),
    )
    table = [
        # day, rule, version, since day
        (5, "fees.per_mille", 1, 0),
        (25, "fees.per_mille", 2, 10),
        (35, "fees.per_mille", 4, 30),
        (25, "clearing.allocation", 3, 20),
        (35, "clearing.allocation", 3, 20),
        (35, "union.name", 1, 0),
    ]
    origins = [rulebook.origin_of(rule, day(number)) for number, rule, _, _ in table]
    assert [(origin.version, origin.from_us) for origin in origins] == [(version, day(since)) for _, _, version, since in table]
    with pytest.raises(BrokenLaw, match="a_rule_is_known"):
        rulebook.origin_of("fees.per_thousand", day(5))


def test_a_change_that_changes_nothing_or_the_past_is_refused():
    rulebook = book(founded(SMALL))
    table = [
        (SMALL, ["version_unchanged"]),
        (small(rulebook__in_force_from="2026-01-01"), ["version_in_the_past"]),
        (small(fees__per_mille='"x"'), ["rule_of_another_kind"]),
        (small(rulebook__in_force_from="2026-01-03"), []),
    ]
    for text, codes in table:
        assert [each.code for each in refusals_to_change(rulebook, text, day(1))] == codes


histories = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(FEES), st.none() | st.integers(0, 30)), max_size=6)


@given(histories, st.integers(0, 40))
def test_what_is_in_force_is_what_a_naive_scan_finds(history, asked):
    """Scan: of the versions that have begun, the one recorded last."""
    rulebook, now, scan = book(founded(SMALL)), 0, [(0, "1.1")]
    for later, fee, dated in history:
        now += later
        body = {**read_rulebook(small(fees__per_mille=f'"{fee}"')).known.as_body()}
        if dated is not None:
            body["in_force_from_us"] = day(dated)
        before = {number: rulebook.in_force(day(number)) for number in range(now)}
        rulebook = rulebook.after(Act(number=len(scan) + 1, at_us=day(now), by="ana", kind="rulebook_changed", body=body))
        scan.append((max(now, dated if dated is not None else now), fee))
        assert {number: rulebook.in_force(day(number)) for number in range(now)} == before
    expected = [fee for starts, fee in scan if starts <= asked][-1]
    assert fees(rulebook, asked) == [expected]
    origin = rulebook.origin_of("fees.per_mille", day(asked))
    assert str(value_of(rulebook.in_force(origin.from_us), "fees.per_mille")) == expected
