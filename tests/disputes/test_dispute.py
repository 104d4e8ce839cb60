"""Disputes as they run: tables of what is done on which day and where the dispute stands, and the laws over every sequence of events."""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rescounter.disputes.clock import sunset_deadline
from rescounter.disputes.dispute import Dispute, Event, raise_dispute
from rescounter.disputes.reading import read_template, shipped_template
from rescounter.disputes.states import ACTS, LAPSED, OPEN, OUTCOMES, SUNSET, TABLE, Clock, State, When, Who
from rescounter.disputes.templates import SHIPPED, Template, template_text
from rescounter.terms import BrokenLaw
from rescounter.terms.calendar import BusinessDays, instant_us, told
from tests.disputes.test_templates import SMALL

DAY = datetime.date
HOUR_US = 3_600_000_000
BY = {"complainant": Who.COMPLAINANT, "respondent": Who.RESPONDENT, "both": Who.BOTH, "all": Who.ALL, "member": Who.MEMBER}
BY |= {"council": Who.COUNCIL, "mediator": Who.MEDIATOR, "panel": Who.PANEL}
ZONE = "UTC"


def noon(day: str, zone: str = ZONE) -> int:
    return instant_us(DAY.fromisoformat(day), datetime.time(12), zone)


def opened(template: str | Template, day: str, zone: str = ZONE, sunset: DAY | None = None) -> Dispute:
    known = shipped_template(template) if isinstance(template, str) else template
    return raise_dispute(known, noon(day, zone), zone, sunset=sunset)


def event(words: str) -> Event:
    """``voted council adopted``, ``decided panel restores``, ``extended all 2026-02-20``."""
    act, by, *rest = words.split()
    until = next((DAY.fromisoformat(each) for each in rest if each[0].isdigit()), None)
    return Event(act=act, by=BY[by], is_adopted="adopted" in rest, restores="restores" in rest, until=until)


def play(dispute: Dispute, table: str) -> Dispute:
    """Each line: a day, what is done at its noon (or -), and the state afterwards."""
    for line in table.strip().splitlines():
        day, done, state = (part.strip() for part in line.split("|"))
        dispute = dispute.at(noon(day)) if done == "-" else dispute.after(event(done), noon(day))
        assert dispute.state.value == state, line
    return dispute


def ended(dispute: Dispute) -> str:
    return told(dispute.outcome.at_us, dispute.zone)


def codes(dispute: Dispute, words: str, day: str) -> list[str]:
    found = dispute.refusals(event(words), noon(day))
    assert all(each.found and each.allowed and each.what_to_do and each.rule.startswith("D") for each in found)
    return [each.code for each in found]


def test_nobody_votes_and_the_measures_return_at_the_midnight_that_ends_day_30():
    dispute = play(
        opened("snapback-65-days", "2020-01-14"),
        """
        2020-01-28 | -                    | at a level
        2020-01-29 | -                    | at a level
        2020-02-13 | -                    | at the final level
        2020-02-18 | notified complainant | notified
        2020-02-29 | -                    | tabled
        2020-03-19 | -                    | tabled
        2020-03-20 | -                    | restored
        """,
    )
    assert ended(dispute) == "2020-03-20T00:00:00+00:00"


def test_the_clock_of_2025_after_a_vote_that_fails():
    dispute = play(
        opened("snapback-65-days", "2025-07-24"),
        """
        2025-08-28 | notified complainant | notified
        2025-09-05 | tabled member        | tabled
        2025-09-19 | voted council        | voted down
        2025-09-26 | tabled member        | tabled
        2025-09-26 | voted council        | voted down
        2025-09-27 | -                    | voted down
        2025-09-28 | -                    | restored
        """,
    )
    assert ended(dispute) == "2025-09-28T00:00:00+00:00"


@pytest.mark.parametrize(
    ("table", "outcome"),
    [
        ("2026-02-18 | notified complainant | notified\n2026-02-20 | tabled member | tabled\n"
         "2026-03-01 | voted council adopted | continued", "voted"),
        ("2026-02-18 | notified complainant | notified\n2026-03-19 | withdrawn complainant | withdrawn", "withdrawn"),
        ("2026-02-18 | notified complainant | notified\n2026-03-19 | settled both | settled", "settled"),
        ("2026-03-20 | - | unresolved\n2026-03-21 | - | continued", LAPSED),
        ("2026-01-20 | mediation_opened respondent | in mediation\n2026-01-21 | proposed mediator | in mediation\n"
         "2026-01-22 | accepted both | settled", "accepted"),
        ("2026-01-20 | mediation_opened respondent | in mediation\n2026-01-29 | - | at a level\n2026-02-14 | - | at the final level\n"
         "2026-02-14 | withdrawn complainant | withdrawn", "withdrawn"),
        ("2026-01-20 | mediation_opened respondent | in mediation\n2026-01-21 | mediation_ended mediator | at a level\n"
         "2026-01-22 | referred respondent | at a level\n2026-01-23 | opinion_asked complainant | before a panel\n"
         "2026-02-01 | opinion_given panel | at the final level\n2026-02-17 | - | at the final level\n2026-02-18 | - | unresolved\n"
         "2026-02-19 | settled both | settled", "settled"),
    ],
)  # fmt: skip
def test_ways_out_of_a_snapback(table, outcome):
    assert play(opened("snapback-65-days", "2026-01-14"), table).outcome.edge.act == outcome


def test_a_report_is_adopted_unless_it_is_set_aside():
    dispute = play(
        opened("trade-panel", "2026-01-14"),
        """
        2026-02-01 | referred complainant         | at a level
        2026-05-01 | -                            | before a panel
        2026-05-02 | extended panel 2027-01-29    | before a panel
        2026-12-01 | opinion_given panel          | at the final level
        2027-03-31 | -                            | tabled
        """,
    )
    assert [each.day.isoformat() for each in dispute.deadlines] == ["2026-03-15", "2026-04-29", "2027-01-29", "2027-03-30", "2027-04-29"]
    assert dispute.at(noon("2027-04-30")).state is State.RESTORED
    assert dispute.after(event("voted council adopted"), noon("2027-04-01")).state is State.CONTINUED


@pytest.mark.parametrize(
    ("words", "state"), [("decided panel restores", State.RESTORED), ("decided panel", State.CONTINUED), (None, State.CONTINUED)]
)
def test_an_award_decides_and_without_one_the_claim_falls(words, state):
    dispute = play(
        opened("expedited-arbitration", "2026-01-01"),
        """
        2026-01-10 | answered respondent | at a level
        2026-03-02 | -                   | at a level
        2026-03-03 | -                   | at the final level
        """,
    )
    assert [each.edge.act for each in dispute.taken] == ["raised", "answered", *["lapsed"] * 4]
    after = dispute.at(noon("2026-08-16")) if words is None else dispute.after(event(words), noon("2026-05-01"))
    assert after.state is state


def test_an_undecided_invoice_leaves_the_netting():
    assert play(opened("invoice-dispute", "2026-03-20"), "2026-04-10 | - | at the final level\n2026-04-11 | - | restored").taken[-1].at_us
    assert opened("invoice-dispute", "2026-03-20").after(event("settled both"), noon("2026-03-23")).state is State.SETTLED


def test_sunset_ends_what_is_open_and_the_own_clock_goes_first():
    assert ended(opened("snapback-65-days", "2026-01-14", sunset=DAY(2026, 2, 1)).at(noon("2026-05-01"))) == "2026-02-02T00:00:00+00:00"
    voting = opened("snapback-65-days", "2025-07-24", sunset=DAY(2025, 9, 27)).after(event("notified complainant"), noon("2025-08-28"))
    assert voting.at(noon("2025-10-01")).state is State.RESTORED  # the same midnight
    earlier = opened("snapback-65-days", "2025-07-24", sunset=DAY(2025, 9, 26)).after(event("notified complainant"), noon("2025-08-28"))
    assert earlier.at(noon("2025-10-01")).state is State.SUNSET


@pytest.mark.parametrize(
    ("words", "day", "code"),
    [
        ("withdrawn complainant", "2026-03-21", "dispute_over"),
        ("notified complainant", "2026-01-20", "dispute_out_of_turn"),
        ("opinion_asked complainant", "2026-01-20", "dispute_out_of_turn"),  # the first level knows none
        ("decided panel", "2026-02-14", "dispute_out_of_turn"),  # a vote follows
        ("extended all 2026-03-01", "2026-02-14", "dispute_out_of_turn"),  # the final level is not put off
        ("withdrawn respondent", "2026-01-20", "dispute_not_for_you"),
        ("settled complainant", "2026-01-20", "dispute_not_for_you"),
        ("extended complainant 2026-02-10", "2026-01-20", "dispute_not_for_you"),
        ("extended panel 2026-02-10", "2026-01-20", "extension_not_allowed"),
        ("extended all 2026-01-29", "2026-01-20", "extension_not_allowed"),
        ("extended all", "2026-01-20", "extension_not_allowed"),
        ("lapsed all", "2026-01-20", "dispute_out_of_turn"),
        ("sunset all", "2026-01-20", "dispute_out_of_turn"),
        ("raised complainant", "2026-01-20", "dispute_out_of_turn"),
    ],
)
def test_what_is_refused(words, day, code):
    dispute = opened("snapback-65-days", "2026-01-14")
    assert codes(dispute, words, day) == [code]
    with pytest.raises(BrokenLaw, match="only_what_is_allowed"):
        dispute.after(event(words), noon(day))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("extended panel 2026-11-15", []),  # 9 months after the constitution on 15 February
        ("extended panel 2026-11-16", ["extension_not_allowed"]),
        ("extended all 2028-01-01", []),
        ("extended both 2026-09-01", ["extension_not_allowed"]),
    ],
)
def test_an_award_is_put_off_to_nine_months_and_further_only_by_all(words, found):
    assert codes(opened("expedited-arbitration", "2026-01-01"), words, "2026-04-01") == found


def test_an_extension_by_consensus_moves_what_follows_and_nothing_else():
    before = opened("snapback-65-days", "2026-01-14")
    after = before.at(noon("2026-02-01")).after(event("extended all 2026-02-23"), noon("2026-02-01"))
    moved = {new.name: (new.day - old.day).days for old, new in zip(before.deadlines, after.deadlines, strict=True)}
    assert moved == {"level_1": 0, "level_2": 10, "final": 10, "notice": 10}
    again = after.after(event("extended all 2026-03-01"), noon("2026-02-02"))
    assert [each.day.isoformat() for each in again.deadlines] == ["2026-01-29", "2026-03-01", "2026-03-06", "2026-04-05"]


def test_who_goes_up_early_finds_the_same_dates():
    dispute = opened("snapback-65-days", "2026-01-14").after(event("referred complainant"), noon("2026-01-15"))
    assert dispute.deadlines == opened("snapback-65-days", "2026-01-14").deadlines
    assert dispute.deadline.name == "level_2" and dispute.deadline.day == DAY(2026, 2, 13)


def test_what_is_done_at_the_instant_of_a_deadline_comes_too_late():
    notified = opened("snapback-65-days", "2020-01-14").after(event("notified complainant"), noon("2020-02-18"))
    ends_us = instant_us(DAY(2020, 3, 20), datetime.time(), ZONE)
    assert notified.refusals(event("withdrawn complainant"), ends_us - 1) == ()
    assert [each.code for each in notified.refusals(event("withdrawn complainant"), ends_us)] == ["dispute_over"]


def test_the_day_of_a_notice_is_that_of_the_zone():
    dispute = opened("snapback-65-days", "2026-01-14", "Pacific/Auckland")
    late_us = instant_us(DAY(2026, 3, 1), datetime.time(1), "Pacific/Auckland")  # 28 February in UTC
    fixed = dispute.after(event("notified complainant"), late_us).deadlines[-1]
    assert (fixed.day, fixed.at) == (DAY(2026, 3, 31), "2026-04-01T00:00:00+13:00")


def test_events_come_in_order_of_time():
    dispute = opened("snapback-65-days", "2026-01-14").after(event("mediation_opened complainant"), noon("2026-01-20"))
    with pytest.raises(BrokenLaw, match="in_order_of_time"):
        dispute.after(event("mediation_ended complainant"), noon("2026-01-19"))
    with pytest.raises(BrokenLaw, match="while_the_agreement_lasts"):
        opened("snapback-65-days", "2026-01-14", sunset=DAY(2026, 1, 13))


WITH_ANSWER = '[[stages]]\nname = "answer"\ntitle = "answer"\nkind = "answer"\nlasts = { days = 3 }\nextensions = [{ by = "all" }]\n'
PANELS = '[[stages]]\nname = "panel"\ntitle = "panel"\nkind = "panel"\nlasts = { days = 3 }\n'
TALKS = 'kind = "level"\nmediation = true\nopinion = true\nextensions = [{ by = "all", at_most = { days = 9 } }, { by = "both" }]\n'
VOTE = '[vote]\nrule = "consensus"\nlasts = { days = 9 }\n'
NOTICE = VOTE + "notice = { days = 5 }\ntabled_within = { days = 3 }\n"
ONE_STAGE = SMALL[: SMALL.index("[[stages]]")] + SMALL[SMALL.rindex("[[stages]]") :].replace("5 }", '5 }\nextensions = [{ by = "panel" }]')
TEXTS = [
    *(template_text(name) for name in SHIPPED),
    *(text.replace('"RESTORE"', f'"{polarity}"') + end
      for polarity in ("RESTORE", "CONTINUE") for end in ("", VOTE, NOTICE)
      for text in (
          ONE_STAGE,
          SMALL.replace('kind = "level"\n', TALKS),
          SMALL.replace("[[stages]]", WITH_ANSWER + "[[stages]]", 1).replace('kind = "level"\n', TALKS),
          SMALL.replace("[[stages]]", WITH_ANSWER + PANELS + "[[stages]]", 1).replace('kind = "level"\n', TALKS),
          SMALL.replace('[[stages]]\nname = "end"', PANELS + '[[stages]]\nname = "end"').replace('kind = "level"\n', TALKS),
          ONE_STAGE.replace("[[stages]]", WITH_ANSWER + "[[stages]]", 1),
      )),
]  # fmt: skip
TEMPLATES = [read_template(text).template for text in TEXTS]
ENDS_US = noon("2040-01-01")

events = st.builds(
    Event,
    act=st.sampled_from(ACTS),
    by=st.sampled_from(Who),
    is_adopted=st.booleans(),
    restores=st.booleans(),
    until=st.none() | st.dates(DAY(2026, 1, 14), DAY(2026, 9, 1)),
)
steps = st.lists(st.tuples(st.integers(0, 40 * 24), events), max_size=25)


def walk(dispute: Dispute, script: list[tuple[int, Event]], *, at_us: int) -> list[tuple[Dispute, bool]]:
    """Every state on the way, with true where an extension led to it; what is refused is left out."""
    found = [(dispute, False)]
    for hours, done in script:
        at_us += hours * HOUR_US
        if not dispute.refusals(done, at_us):
            dispute = dispute.after(done, at_us)
            found.append((dispute, done.act == "extended"))
    return found


@given(template=st.sampled_from(TEMPLATES), script=steps, sunset=st.none() | st.dates(DAY(2026, 1, 14), DAY(2026, 6, 1)))
def test_every_sequence_of_events_ends_in_an_outcome_by_the_last_clock_and_no_deadline_moves(template, script, sunset):
    first = raise_dispute(template, noon("2026-01-14"), ZONE, BusinessDays(), sunset=sunset)
    way = walk(first, script, at_us=noon("2026-01-14"))
    for (before, _), (after, is_extended) in pairwise(way):
        kept = after.deadlines[: len(before.deadlines)]
        assert all(new.at_us >= old.at_us for old, new in zip(before.deadlines, kept, strict=True))
        assert is_extended or kept == before.deadlines
    last = way[-1][0]
    end = last.at(ENDS_US)
    votes_us = max([0, *(each.at_us for each in end.deadlines if each.clock is Clock.VOTE)])
    assert end.state in OUTCOMES and end.deadline is None
    assert end.outcome.at_us <= max(*(each.at_us for each in end.deadlines), last.taken[-1].at_us)
    assert end.outcome.at_us <= votes_us or end.outcome.edge.clock is not Clock.VOTE
    times = [each.at_us for each in end.taken]
    assert times == sorted(times)
    if sunset is not None and end.outcome.edge.target is not State.SUNSET:
        assert end.outcome.at_us <= instant_us(sunset + datetime.timedelta(days=1), datetime.time(), ZONE)


@given(template=st.sampled_from(TEMPLATES), script=steps, looks=st.lists(st.integers(0, 400 * 24), max_size=6))
def test_it_does_not_matter_when_anybody_looks(template, script, looks):
    dispute = walk(raise_dispute(template, noon("2026-01-14"), ZONE), script, at_us=noon("2026-01-14"))[-1][0]
    seen, last_us = dispute, dispute.taken[-1].at_us
    for hours in sorted(looks):
        seen = seen.at(last_us + hours * HOUR_US)
        assert seen == dispute.at(last_us + hours * HOUR_US)
    assert seen.at(ENDS_US) == dispute.at(ENDS_US)
    end = dispute.at(ENDS_US)
    if end.state is State.RESTORED and end.outcome.edge.clock is not None:
        just_before = dispute.at(end.outcome.at_us - 1)
        assert just_before.state is not State.RESTORED or just_before == dispute


@cache
def reached() -> tuple[Dispute, ...]:
    """From each template every state that events and clocks lead to, with each way into it."""
    found = []
    for template in TEMPLATES:
        waiting, known = [raise_dispute(template, noon("2026-01-14"), ZONE)], set()
        while waiting:
            dispute = waiting.pop()
            found.append(dispute)
            key = (dispute.state, dispute.place, dispute.is_proposed, bool(dispute.until))
            if key not in known and dispute.outcome is None:
                known.add(key)
                waiting += _next(dispute)
    return tuple(found)


def _next(dispute: Dispute) -> list[Dispute]:
    """What every allowed event, and the clock, lead to."""
    at_us, until = dispute.taken[-1].at_us + 1, dispute.deadline.day + datetime.timedelta(days=1)
    done = [
        Event(act=edge.act, by=by, is_adopted=flag, restores=flag, until=until)
        for edge in TABLE
        if edge.source is dispute.state and not edge.is_default
        for by in edge.who
        for flag in (True, False)
    ]
    after = [dispute.after(each, at_us) for each in done if not dispute.refusals(each, at_us)]
    return [*after, dispute.at(dispute.deadline.at_us)]


def test_every_edge_of_the_table_is_taken_by_some_dispute():
    taken = {each.edge for dispute in reached() for each in dispute.taken}
    assert [edge for edge in TABLE if edge not in taken and edge.act != SUNSET] == []


@pytest.mark.parametrize("state", OPEN)
def test_the_sunset_leads_out_of_each_open_state(state):
    dispute = next(each for each in reached() if each.state is state and each.deadline.at_us > each.taken[-1].at_us + 1)
    sunset = replace(sunset_deadline(dispute.raised, dispute.raised, ZONE), at_us=dispute.taken[-1].at_us + 1)
    end = replace(dispute, deadlines=(*dispute.deadlines, sunset)).at(ENDS_US)
    assert end.outcome.edge.source is state and end.state is State.SUNSET and end.outcome.at_us == sunset.at_us


def test_conditions_of_the_table_are_all_used():
    assert {when for edge in TABLE for when in edge.when} == set(When)
