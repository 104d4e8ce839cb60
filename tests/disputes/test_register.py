"""Disputes as the fold of acts: golden dates, every edge of the table, and laws over random ways."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.cycle.disputes_again import replay_disputes
from rescounter.cycle.disputing import conditioning
from rescounter.cycle.union import union_of
from rescounter.disputes.states import ACTS, OUTCOMES, SUNSET, TABLE, State
from rescounter.rulebook.rules import DISPUTE_TEMPLATES
from rescounter.terms.calendar import instant_us
from tests.cycle.world import RULES
from tests.disputes.unions import MEMBERS, Folded

OURS = """
[template]
name = "ours"
about = "Everything that a template can have, and a vote by itself."
modelled_on = "nothing"
polarity = "CONTINUE"
continued = "it stays"
restored = "it goes"
[[stages]]
name = "answer"
title = "an answer"
kind = "answer"
lasts = { days = 5 }
extensions = [{ by = "all" }]
[[stages]]
name = "one"
title = "a level"
kind = "level"
lasts = { business_days = 3 }
mediation = true
opinion = true
extensions = [{ by = "both", at_most = { days = 40 } }]
[[stages]]
name = "panel"
title = "a panel"
kind = "panel"
lasts = { months = 1 }
extensions = [{ by = "panel", at_most = { months = 2 } }]
[[stages]]
name = "final"
title = "the end"
kind = "final"
lasts = { days = 2 }
[vote]
rule = "consensus"
lasts = { days = 7 }
"""


def text_of(name: str, kinds: str, polarity: str, vote: str) -> str:
    """A template of stages of these kinds, each of three days, that can be put off by the panel."""
    head = {"name": name, "about": "a", "modelled_on": "nothing", "polarity": polarity, "continued": "it stays", "restored": "it goes"}
    lines = ["[template]", *(f"{key} = {json.dumps(value)}" for key, value in head.items())]
    for place, kind in enumerate(kinds.split()):
        more = ["mediation = true", "opinion = true"] if kind == "level" else []
        lines += ["[[stages]]", f'name = "s{place}"', 'title = "a stage"', f'kind = "{kind}"', "lasts = { days = 3 }", *more]
        lines += ['extensions = [{ by = "panel" }]']
    return "\n".join([*lines, *vote.split("; "), ""])


OWN = {
    "ours": OURS,
    "winding": text_of("winding", "answer panel panel level level final", "CONTINUE", '[vote]; rule = "consensus"; lasts = { days = 3 }; '
                       "notice = { days = 9 }; tabled_within = { days = 2 }"),
    "short": text_of("short", "final", "CONTINUE", ""),
    "brief": text_of("brief", "answer final", "RESTORE", '[vote]; rule = "consensus"; lasts = { days = 3 }'),
    "levels": text_of("levels", "level panel level level final", "RESTORE", ""),
}  # fmt: skip
TEMPLATES = (*DISPUTE_TEMPLATES, *OWN)
DISPUTED = RULES.replace("Europe/Ljubljana", "UTC") + '[disputes]\nkind = "yes"\nmediators = ["dee"]\npanel = ["cy"]\nallowed = '
DISPUTED += json.dumps(list(TEMPLATES)) + "\n[disputes.own]\n" + "".join(f"{name} = '''{text}'''\n" for name, text in OWN.items())
DAY_US = 86_400_000_000
HOUR_US = DAY_US // 24


def day(text: str, hour: int = 0) -> int:
    return instant_us(datetime.date.fromisoformat(text), datetime.time(hour), "UTC")


def folded(text: str, zone: str = "UTC") -> Folded:
    return Folded(DISPUTED.replace('zone = "UTC"', f'zone = "{zone}"'), day(text, 9))


VECTORS = json.loads((Path(__file__).parents[1] / "data" / "disputes_r15.json").read_text(encoding="utf-8"))["vectors"]


def test_golden_the_clock_of_2020_through_a_union():
    union = folded("2020-01-14")
    case = union.raises("snapback-65-days", day("2020-01-14", 10))
    ends = {each.name: each.day.isoformat() for each in case.dispute.deadlines}
    assert (ends["level_1"], ends["level_2"], ends["final"]) == ("2020-01-29", "2020-02-13", "2020-02-18")
    assert union.does("notified", "bo", day("2020-02-18")).wanted
    after = union.union.disputes.cases[1]
    assert {each.name: each.day.isoformat() for each in after.dispute.deadlines}["tabling"] == "2020-02-28"
    restored = day("2020-03-20")
    assert after.ends_at_us == restored
    assert [union.cap(at) for at in (restored - 1, restored)] == [50_000, 5_000]


def test_golden_the_notice_of_2025_through_a_union():
    union = folded("2025-07-01")
    union.raises("snapback-65-days", day("2025-07-24", 10))
    assert union.does("notified", "bo", day("2025-08-28", 15)).wanted
    assert union.does("tabled", "dee", day("2025-09-07", 23)).wanted
    assert union.does("voted", "", day("2025-09-19", 12), is_adopted=False).wanted
    assert union.does("tabled", "dee", day("2025-09-26", 12)).wanted
    assert union.union.disputes.cases[1].ends_at_us == day("2025-09-28")
    assert [union.cap(at) for at in (day("2025-09-28") - 1, day("2025-09-28"))] == [50_000, 5_000]


@pytest.mark.parametrize(
    ("raised", "zone", "level_1", "ends_utc"),
    [
        ("2024-02-14", "UTC", "2024-02-29", "2024-02-29T00:00"),  # a leap day
        ("2023-02-14", "UTC", "2023-03-01", "2023-03-01T00:00"),
        ("2026-03-15", "Europe/Ljubljana", "2026-03-30", "2026-03-29T22:00"),  # over the change of clocks
        ("2026-10-11", "Europe/Ljubljana", "2026-10-26", "2026-10-25T23:00"),
        ("2026-12-20", "America/New_York", "2027-01-04", "2027-01-04T05:00"),
    ],
)
def test_month_ends_leap_days_and_changes_of_clocks(raised, zone, level_1, ends_utc):
    union = folded(raised, zone)
    case = union.raises("snapback-65-days", day(raised, 12))
    first = case.dispute.deadlines[0]
    at = datetime.datetime.fromisoformat(f"{ends_utc}+00:00")
    assert (first.day.isoformat(), first.at_us) == (level_1, int(at.timestamp()) * 1_000_000)


def test_a_panel_of_months_ends_with_a_month_that_lacks_the_day():
    case = folded("2026-01-20").raises("ours", day("2026-01-23", 12))
    # Answer until Wednesday 28, three business days until Saturday, which is Monday 2 February: no month lacks the 2nd.
    assert [each.day.isoformat() for each in case.dispute.deadlines] == [
        *("2026-01-28", "2026-02-02", "2026-03-02", "2026-03-04", "2026-03-11")
    ]
    assert case.ends_at_us == day("2026-03-12")


# Every edge of the table, through acts.

WAYS: dict[str, tuple[str, str]] = {
    # template, then what is done: hours after the raising, who, what; a dash lets the clock run to the end.
    "invoice": ("invoice-dispute", "1 bo referred; 2 cy decided restores"),
    "invoice continues": ("invoice-dispute", "1 ana referred; 2 cy decided"),
    "invoice lapses": ("invoice-dispute", "-"),
    "mediated": ("invoice-dispute", "1 bo mediation_opened; 2 dee proposed restores; 3 ana accepted; 4 bo accepted"),
    "mediation ended": ("invoice-dispute", "1 bo mediation_opened; 2 dee mediation_ended; 3 bo referred; 4 bo withdrawn"),
    "mediation lapses": ("invoice-dispute", "1 bo mediation_opened; -"),
    "mediation withdrawn": ("invoice-dispute", "1 bo mediation_opened; 2 bo withdrawn"),
    "mediation settled": ("invoice-dispute", "1 bo mediation_opened; 2 bo settled; 3 ana settled"),
    "settled": ("invoice-dispute", "1 bo settled restores; 2 ana settled restores"),
    "final settled": ("invoice-dispute", "1 bo referred; 2 bo settled; 3 ana settled"),
    "withdrawn": ("snapback-65-days", "1 bo withdrawn"),
    "never notified": ("snapback-65-days", "-"),
    "unresolved withdrawn": ("snapback-65-days", "850 bo withdrawn"),
    "unresolved settled": ("snapback-65-days", "850 bo settled; 851 ana settled"),
    "not tabled": ("snapback-65-days", "850 bo notified; -"),
    "notified withdrawn": ("snapback-65-days", "850 bo notified; 851 bo withdrawn"),
    "notified settled": ("snapback-65-days", "850 bo notified; 851 bo settled; 852 ana settled"),
    "tabled withdrawn": ("snapback-65-days", "850 bo notified; 851 dee tabled; 852 bo withdrawn"),
    "tabled settled": ("snapback-65-days", "850 bo notified; 851 dee tabled; 852 bo settled; 853 ana settled"),
    "adopted": ("snapback-65-days", "850 bo notified; 851 dee tabled; 852 * voted adopted"),
    "voted down": ("snapback-65-days", "850 bo notified; 851 dee tabled; 852 * voted; -"),
    "tabled again": ("snapback-65-days", "850 bo notified; 851 dee tabled; 852 * voted; 853 cy tabled; 854 * voted adopted"),
    "voted down, withdrawn": ("snapback-65-days", "850 bo notified; 851 dee tabled; 852 * voted; 853 bo withdrawn"),
    "voted down, settled": ("snapback-65-days", "850 bo notified; 851 dee tabled; 852 * voted; 853 bo settled; 854 ana settled"),
    "snapback opinion": ("snapback-65-days", "1 bo referred; 2 bo opinion_asked; 3 cy opinion_given; 4 bo withdrawn"),
    "snapback level up": ("snapback-65-days", "1 bo referred; 2 ana referred; -"),
    "snapback extended": ("snapback-65-days", "1 ana extended 90; 2 bo extended 90; 3 cy extended 90; 4 dee extended 90; -"),
    "ours": ("ours", "1 ana answered; 2 ana referred; 3 cy opinion_given; -"),
    "ours lapses": ("ours", "-"),
    "ours answered late": ("ours", "1 bo withdrawn"),
    "ours settled": ("ours", "1 bo settled; 2 ana settled"),
    "ours opinion": ("ours", "1 ana answered; 2 bo opinion_asked; 3 cy opinion_given; -"),
    "ours opinion settled": ("ours", "1 ana answered; 2 bo opinion_asked; 3 bo settled; 4 ana settled"),
    "ours opinion withdrawn": ("ours", "1 ana answered; 2 bo opinion_asked; 3 bo withdrawn"),
    "ours mediation lapses": ("ours", "1 ana answered; 2 bo mediation_opened; -"),
    "ours extended": ("ours", "1 ana extended 20; 2 bo extended 20; 3 cy extended 20; 4 dee extended 20; 5 ana answered; 6 bo extended 30; "
                      "7 ana extended 30; 8 bo referred; 9 cy extended 70; 10 cy opinion_given; -"),
    "ours voted": ("ours", "1 ana answered; 2 ana referred; 3 cy opinion_given; 1010 * voted adopted"),
    "ours voted down": ("ours", "1 ana answered; 2 ana referred; 3 cy opinion_given; 1010 * voted; 1011 dee tabled; -"),
    "winding": ("winding", "1 ana answered; 2 cy opinion_given; 3 cy opinion_given; 4 bo referred; 5 bo referred; -"),
    "winding lapses": ("winding", "-"),
    "winding extended": ("winding", "1 cy extended 9; 2 ana answered; 3 cy extended 15; 4 cy opinion_given; 5 cy opinion_given; "
                         "6 bo mediation_opened; 7 cy extended 30; -"),
    "winding voted": ("winding", "450 bo notified; 451 dee tabled; 452 * voted adopted"),
    "winding voted down": ("winding", "450 bo notified; 451 dee tabled; 452 * voted; -"),
    "winding not tabled": ("winding", "450 bo notified; -"),
    "winding up": ("winding", "1 ana answered; 2 cy opinion_given; 3 cy opinion_given; 4 bo mediation_opened; -"),
    "short": ("short", "1 cy extended 9; 2 cy decided; -"),
    "short lapses": ("short", "-"),
    "brief": ("brief", "1 ana answered; -"),
    "brief lapses": ("brief", "-"),
    "brief final": ("brief", "1 ana answered; 2 cy extended 9; 3 bo withdrawn"),
    "levels": ("levels", "1 bo referred; 2 cy opinion_given; 3 bo opinion_asked; 4 cy opinion_given; 5 bo referred; -"),
    "levels lapse": ("levels", "1 bo opinion_asked; -"),
    "levels mediated": ("levels", "1 bo mediation_opened; -"),
    "levels again": ("levels", "1 bo opinion_asked; 2 cy opinion_given; 3 cy opinion_given; 4 bo opinion_asked; 5 cy opinion_given; -"),
    "levels last": ("levels", "1 bo referred; 2 cy opinion_given; 3 bo referred; 4 bo opinion_asked; -"),
    "levels decided": ("levels", "1 bo referred; 2 cy opinion_given; 3 bo referred; 4 bo referred; 5 cy decided; -"),
    "arbitration": ("expedited-arbitration", "-"),
    "trade": ("trade-panel", "-"),
    "trade opinion": ("trade-panel", "1 bo referred; -"),
}  # fmt: skip


def way(union: Folded, template: str, ways: str, start: int) -> None:
    union.raises(template, start)
    for each in ways.split("; "):
        if each == "-":
            break
        hours, who, event, *more = each.split()
        words: dict[str, Any] = {"is_adopted": "adopted" in more, "restores": "restores" in more}
        if event == "extended":
            words["until"] = datetime.date(2026, 1, 1) + datetime.timedelta(days=int(more[0]))
        step = union.does(event, "" if who == "*" else who, start + int(hours) * HOUR_US, **words)
        assert step.wanted, (each, step.refusals, step.told)


@pytest.mark.parametrize("name", WAYS)
def test_a_way_through_the_table_by_acts_ends_and_is_the_same_again(name):
    union = folded("2026-01-01")
    start = day("2026-01-01", 10)
    template, ways = WAYS[name]
    way(union, template, ways, start)
    case = union.union.disputes.cases[1]
    assert case.dispute.at(case.ends_at_us).state in OUTCOMES
    again = union_of(union.acts)
    assert again.disputes.cases[1] == case
    assert replay_disputes(union.acts) == ()
    restored = case.is_restored(case.ends_at_us)
    assert [union.cap(case.ends_at_us - 1), union.cap(case.ends_at_us)] == [50_000, 5_000 if restored else 50_000]


def test_the_ways_take_every_edge_of_the_table():
    taken = set()
    for template, ways in WAYS.values():
        union = folded("2026-01-01")
        way(union, template, ways, day("2026-01-01", 10))
        case = union.union.disputes.cases[1]
        taken |= {(each.edge.source, each.edge.act, each.edge.target) for each in case.dispute.at(case.ends_at_us).taken}
    missing = {(each.source, each.act, each.target) for each in TABLE if each.act != "sunset"} - taken
    assert {(source.name if source else "", act, target.name) for source, act, target in missing} == set()


# The sunset out of each open state: the measure was made to end with a day, and the dispute about it is open in that state then.

SUNSETS = {
    State.RAISED: ("ours", "-", "2026-01-02"),
    State.LEVEL: ("snapback-65-days", "-", "2026-01-02"),
    State.MEDIATION: ("invoice-dispute", "1 bo mediation_opened", "2026-01-01"),
    State.OPINION: ("snapback-65-days", "1 bo referred; 2 bo opinion_asked", "2026-01-01"),
    State.FINAL: ("invoice-dispute", "1 bo referred", "2026-01-01"),
    State.UNRESOLVED: ("snapback-65-days", "-", "2026-02-05"),
    State.NOTIFIED: ("snapback-65-days", "850 bo notified", "2026-02-05"),
    State.TABLED: ("snapback-65-days", "850 bo notified; 851 dee tabled", "2026-02-05"),
    State.VOTED: ("snapback-65-days", "850 bo notified; 851 dee tabled; 852 * voted", "2026-02-05"),
}


def test_the_sunsets_are_those_of_the_table():
    assert set(SUNSETS) == {edge.source for edge in TABLE if edge.act == SUNSET}


@pytest.mark.parametrize("state", SUNSETS, ids=lambda state: state.name)
def test_the_sunset_of_a_measure_ends_the_dispute_about_it_in_each_open_state(state):
    template, ways, last = SUNSETS[state]
    union, start = folded("2026-01-01"), day("2026-01-01", 10)
    until = datetime.date.fromisoformat(last)
    condition = conditioning(union.union, measure=union.measure.number, measure_act=union.measure, day=until, at_us=start)
    assert union.step(condition, start, "op"), condition.refusals
    way(union, template, ways, start)
    case, ends = union.union.disputes.cases[1], day(str(until + datetime.timedelta(days=1)))
    assert (case.ends_at_us, case.is_open(ends - 1)) == (ends, True)
    final = case.dispute.at(ends)
    assert (final.state, final.outcome.edge.source, final.outcome.edge.act) == (State.SUNSET, state, SUNSET)
    assert [union.cap(ends - 1), union.cap(ends)] == [50_000, 5_000]
    assert replay_disputes(union.acts) == ()


# Laws over random ways.

EVENTS = tuple(act for act in ACTS if act != "raised")


@given(
    st.sampled_from(TEMPLATES),
    st.dates(datetime.date(2023, 12, 1), datetime.date(2026, 12, 31)),
    st.sampled_from(("UTC", "Europe/Ljubljana", "America/New_York", "Asia/Kathmandu")),
    st.lists(
        st.tuples(st.integers(0, 60 * 24), st.sampled_from(EVENTS), st.sampled_from(("", *MEMBERS)), st.booleans(), st.integers(1, 300)),
        max_size=12,
    ),
)
def test_whatever_is_done_no_date_moves_and_nothing_reaches_back(template, raised, zone, events):
    union = folded(raised.isoformat(), zone)
    at = day(raised.isoformat(), 12)
    case = union.raises(template, at)
    known = case.dispute.deadlines
    for hours, event, member, flag, days in events:
        at += hours * HOUR_US
        before = union.union.disputes.cases[1]
        until = raised + datetime.timedelta(days=days) if event == "extended" else None
        step = union.does(event, member, at, is_adopted=flag, restores=flag, until=until)
        case = union.union.disputes.cases[1]
        if before.ends_at_us <= at:
            assert step.wanted is None or step.wanted.kind == "evidence_handed_in"
            assert case.ends_at_us == before.ends_at_us
        for old, new in zip(known, case.dispute.deadlines, strict=False):
            assert new.name == old.name
            assert new.at_us == old.at_us or (event == "extended" and new.at_us > old.at_us > at)
        known = case.dispute.deadlines
    assert case.dispute.at(case.ends_at_us).state in OUTCOMES
    _never_back(union, case.ends_at_us)
    again = union_of(union.acts)
    assert again.disputes.cases == union.union.disputes.cases
    assert replay_disputes(union.acts) == ()


def _never_back(union: Folded, ends: int) -> None:
    """The limit is as it was until the end; after it, as the outcome says; whoever looks when."""
    restored = union.union.disputes.cases[1].is_restored(ends)
    looks: Sequence[int] = (ends - 1, ends, ends + DAY_US, ends + 400 * DAY_US)
    late = union.union.at(ends + 900 * DAY_US).register
    for at in looks:
        wanted = 5_000 if restored and at >= ends else 50_000
        assert union.cap(at) == wanted
        assert late.limit_of("ana", "EUR", "net_debit_cap", at) == wanted


def test_an_event_whose_stamp_came_after_the_end_of_its_clock_stays_without_effect():
    union = folded("2026-01-01")
    union.raises("invoice-dispute", day("2026-01-01", 10))
    from rescounter.cycle.disputing import agreeing_or_moving

    ends = union.union.disputes.cases[1].ends_at_us
    step = agreeing_or_moving(union.union, "box", 1, "withdrawn", at_us=ends - 1)
    union.record(step.wanted.kind, ends, "box", **step.wanted.body)
    assert union.union.disputes.cases[1].dispute.at(ends).state is State.RESTORED
    assert union.cap(ends) == 5_000
    assert [each.check for each in replay_disputes(union.acts)] == ["disputes"]


def test_a_limit_that_was_set_again_since_stays():
    union = folded("2026-01-01")
    case = union.raises("invoice-dispute", day("2026-01-01", 10))
    limit = {"member": "ana", "currency": "EUR", "kind": "net_debit_cap", "amount_minor": 70_000, "from_us": day("2026-01-05")}
    union.record("limits_set", day("2026-01-05"), limits=[limit])
    assert union.cap(case.ends_at_us + 1) == 70_000


def test_a_limit_that_is_to_come_still_comes_after_a_snapback():
    union = folded("2026-01-01")
    limit = {"member": "ana", "currency": "EUR", "kind": "net_debit_cap", "amount_minor": 70_000, "from_us": day("2027-01-01")}
    union.record("limits_set", day("2026-01-01", 10), limits=[limit])
    case = union.raises("invoice-dispute", day("2026-01-01", 11))
    assert [union.cap(at) for at in (case.ends_at_us, day("2027-01-01"))] == [5_000, 70_000]
