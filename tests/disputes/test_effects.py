"""What a dispute does in a union: items held out of clearing, measures that come back, dates that stay."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from rescounter.facade.union_disputes import condition, hand_in
from rescounter.facade.union_replay import replay_cycle
from rescounter.membership.members import Standing
from rescounter.rulebook.reading import read_rulebook
from tests.cycle.mortal import fresh
from tests.cycle.world import at_us
from tests.disputes.unions import DISPUTED, ROWS, Disputing

FIRST, SECOND = "2026-01-22", "2026-02-23"


@pytest.fixture(params=("sqlite", "postgresql"))
def world(request: pytest.FixtureRequest) -> Iterator[Disputing]:
    store, clock = fresh(request.param)
    yield Disputing(store, clock)
    store.close()


@pytest.fixture
def union() -> Iterator[Disputing]:
    store, clock = fresh("sqlite")
    yield Disputing(store, clock)
    store.close()


def handed_in(world: Disputing) -> Disputing:
    for member, rows in ROWS.items():
        assert world.submit(member, rows)[0].act
    return world


def cleared(world: Disputing, cycle: str) -> dict[str, tuple[int, str]]:
    """Of each obligation in the final result of a cycle: what cleared, and why it was kept out."""
    rows = world.desk.office.table(world.desk.union.cycles[cycle].final.body["tables"]["obligations"]).to_pylist()
    return {row["id"]: (row["cleared_minor"], row["excluded"]) for row in rows}


def month(world: Disputing, cut_off: str, close: str) -> None:
    world.tell(cut_off)
    world.run()
    for text in close.split():
        world.tell(text)
        world.run()


def test_an_item_in_dispute_is_held_out_and_the_cycle_goes_on(world):
    handed_in(world.begin())
    world.tell("2026-01-19T09:00")
    assert world.raises("ana", "bo", obligations=[("ana", "1")]).act
    month(world, "2026-01-22T13:00", "2026-01-27T17:00 2026-01-30T17:00 2026-02-03T10:00")
    assert cleared(world, FIRST) == {"ana/1": (0, "disputed"), "bo/1": (0, ""), "cy/1": (0, "")}
    assert world.desk.union.cycles[FIRST].state.name == "CLOSED"
    assert replay_cycle(world.desk, FIRST) == ()


def test_withdrawn_it_clears_in_the_next_cycle(union):
    handed_in(union.begin())
    union.tell("2026-01-19T09:00")
    union.raises("ana", "bo", obligations=[("ana", "1")])
    month(union, "2026-01-22T13:00", "2026-01-27T17:00 2026-01-30T17:00 2026-02-03T10:00")
    union.does("withdrawn", "ana")
    union.step("open")
    union.submit("bo", [{"id": "2", "debtor": "bo", "creditor": "ana", "amount_minor": 4_000}])
    month(union, "2026-02-23T13:00", "2026-02-26T17:00 2026-03-02T17:00 2026-03-04T10:00")
    assert cleared(union, SECOND)["ana/1"] == (10_000, "")


@pytest.mark.parametrize(("restores", "stays"), [(True, False), (False, True)])
def test_what_the_netting_centre_decides_is_done_to_the_item(union, restores, stays):
    handed_in(union.begin())
    union.raises("ana", "bo", obligations=[("ana", "1")])
    union.tell("2026-01-08T09:00")
    union.does("referred", "bo")
    assert union.does("decided", restores=restores).act
    month(union, "2026-01-22T13:00", "2026-01-27T17:00")
    assert ("ana/1" in cleared(union, FIRST)) is stays
    frozen = union.desk.union.cycles[FIRST].frozen
    told = union.desk.office.table(frozen.body["refusals"]).to_pylist()
    assert [row["code"] for row in told] == ([] if stays else ["taken_out"])


def test_undecided_the_invoice_leaves_the_netting_by_the_clock_alone(union):
    handed_in(union.begin())
    union.raises("ana", "bo", obligations=[("ana", "1")])
    # 10 business days from Monday 5 January, 5 more for the decision: the midnight that ends Monday 26 January.
    assert union.desk.union.disputes.cases[1].ends_at_us == at_us("2026-01-27T00:00")
    month(union, "2026-01-22T13:00", "2026-01-27T17:00")
    assert "ana/1" not in cleared(union, FIRST)


def test_raised_after_the_cut_off_it_counts_at_the_correction_and_later_not_at_all(union):
    handed_in(union.begin())
    union.tell("2026-01-22T13:00")
    union.run()
    assert union.raises("bo", "cy", obligations=[("bo", "1")]).act
    union.tell("2026-01-27T17:00")
    assert union.step("correct").act
    done = union.raises("ana", "bo", obligations=[("ana", "1")])
    assert [each.code for each in done.refusals] == ["subject_frozen"]
    union.run()
    assert cleared(union, FIRST)["bo/1"] == (0, "disputed")


def test_a_limit_comes_back_at_the_midnight_of_the_clock_and_not_before(union):
    world = union
    world.begin(opens=False)
    world.cap("ana", 5_000)
    world.tell("2026-01-10T09:00")
    world.cap("ana", 50_000)
    measure = world.desk.union.number
    world.tell("2026-01-14T10:00")
    assert world.raises("bo", "ana", measure=measure, template="snapback-65-days").act
    world.tell("2026-02-18T09:00")
    assert world.does("notified", "bo").act
    ends = at_us("2026-03-21T00:00")  # 30 days after the notice, ended in full: 65 days after it was raised

    def cap(instant: int) -> int | None:
        return world.desk.union.register.limit_of("ana", "EUR", "net_debit_cap", instant)

    assert world.desk.union.disputes.cases[1].ends_at_us == ends
    world.clock[0] = ends - 1
    world.desk.read()
    assert cap(ends - 1) == 50_000
    world.clock[0] = ends
    world.desk.read()
    assert (cap(ends - 1), cap(ends)) == (50_000, 5_000)
    # Nobody looked for a year: it came back at the same instant.
    world.tell("2027-03-01T09:00")
    world.sit_down()
    assert (cap(ends - 1), cap(ends)) == (50_000, 5_000)
    assert world.state() == "RESTORED"


def test_a_vote_keeps_the_relief(union):
    union.begin(opens=False)
    union.cap("ana", 50_000)
    measure = union.desk.union.number
    union.raises("bo", "ana", measure=measure, template="snapback-65-days")
    union.tell("2026-02-09T09:00")
    assert union.does("notified", "bo").act
    assert union.does("tabled", "cy").act
    assert union.does("voted", is_adopted=True).act
    union.tell("2026-05-01T09:00")
    union.sit_down()
    assert union.state() == "CONTINUED"
    assert union.desk.union.register.limit_of("ana", "EUR", "net_debit_cap", union.clock[0]) == 50_000


def test_a_suspension_that_was_lifted_returns_and_not_for_a_cut_off_before(union):
    union.begin()
    union.approved(union.act("member_suspended", code="ana", reason="arrears"))
    union.approved(union.act("member_reinstated", code="ana", reason="promises"))
    measure = union.desk.union.number
    assert union.approved(_sunset(union, measure, datetime.date(2026, 1, 22))).act
    handed_in(union)
    union.tell("2026-01-23T00:00")  # the measure has just ended, and the cut-off of the day before is made now
    union.desk.read()
    assert union.desk.union.register.standing_at("ana", union.clock[0]) is Standing.SUSPENDED
    union.run()
    assert cleared_now(union)["ana/1"] == ""


def _sunset(union: Disputing, measure: int, day: datetime.date):
    return condition(union.desk, "op", measure, day)


def cleared_now(union: Disputing) -> dict[str, str]:
    frozen = union.desk.office.table(union.desk.union.cycles[FIRST].frozen.body["frozen"]).to_pylist()
    return {f"{row['submitter']}/{row['id']}": row["excluded"] for row in frozen}


def test_both_settle_once_each_has_said_so(union):
    handed_in(union.begin())
    union.raises("ana", "bo", obligations=[("ana", "1")])
    first = union.does("settled", "ana", restores=True)
    assert (first.kind, union.state()) == ("dispute_agreed", "LEVEL")
    assert union.does("settled", "ana", restores=True).is_repeat
    assert union.does("settled", "bo", restores=False).kind == "dispute_agreed"  # not the same
    assert union.does("settled", "bo", restores=True).kind == "dispute_moved"
    assert union.state() == "SETTLED"
    assert union.desk.union.disputes.taken_out(union.clock[0]) == [("ana", "1")]


def test_a_member_of_the_committee_mediates_and_both_accept(union):
    handed_in(union.begin())
    union.raises("ana", "bo", obligations=[("ana", "1")])
    assert union.does("mediation_opened", "bo").act
    assert [each.code for each in union.does("proposed", "bo").refusals] == ["dispute_not_for_you"]
    assert union.does("proposed", "dee", restores=True).act
    union.does("accepted", "ana")
    assert union.does("accepted", "bo").kind == "dispute_moved"
    assert union.state() == "SETTLED"
    assert union.desk.union.disputes.cases[1].is_restored(union.clock[0])


def test_later_rules_zones_and_holidays_move_no_date(union):
    handed_in(union.begin())
    union.raises("ana", "bo", obligations=[("ana", "1")])
    before = union.desk.union.disputes.cases[1].dispute.deadlines
    text = DISPUTED.replace("[calendar]", "[calendar]\nclosed = [2026-01-12, 2026-01-13]").replace("Europe/Ljubljana", "Asia/Tokyo")
    text = text.replace('kind = "yes"', 'kind = "none"')
    known = read_rulebook(text.replace('zone = "Asia/Tokyo"', 'zone = "Europe/Ljubljana"')).known
    changed = union.approved(union.act("rulebook_changed", **known.as_body()))
    assert changed.act, changed
    union.sit_down()
    assert union.desk.union.disputes.cases[1].dispute.deadlines == before
    assert [each.code for each in union.raises("bo", "cy", obligations=[("bo", "1")]).refusals] == ["no_disputes"]


def test_evidence_is_kept_by_its_digest_and_once(union):
    handed_in(union.begin())
    union.raises("ana", "bo", obligations=[("ana", "1")])
    assert hand_in(union.desk, "anax", 1, b"a delivery note", title="delivery note", member="ana").act
    assert hand_in(union.desk, "anax", 1, b"a delivery note", title="delivery note", member="ana").is_repeat
    (only,) = union.desk.union.disputes.cases[1].evidence
    assert union.desk.office.document(only.document) == b"a delivery note"
    assert [each.code for each in hand_in(union.desk, "deex", 1, b"x", title="x", member="ana").refusals] == ["not_for_that_member"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"obligations": [("ana", "9")]}, "subject_unknown"),
        ({"obligations": [("bo", "1")]}, "subject_not_theirs"),
        ({"obligations": []}, "subject_unknown"),
        ({"measure": 1}, "measure_unknown"),
        ({"obligations": [("ana", "1")], "template": "ours"}, "template_not_allowed"),
        ({"obligations": [("ana", "1")], "reason": ""}, "dispute_text_unusable"),
    ],
)
def test_a_dispute_that_cannot_be_is_refused(union, words, code):
    handed_in(union.begin())
    assert code in [each.code for each in union.raises("ana", "bo", **words).refusals]


def test_one_open_dispute_about_one_obligation(union):
    handed_in(union.begin())
    assert union.raises("ana", "bo", obligations=[("ana", "1")]).act
    assert union.raises("ana", "bo", obligations=[("ana", "1")]).is_repeat
    assert [each.code for each in union.raises("bo", "ana", obligations=[("ana", "1")]).refusals] == ["subject_in_dispute"]
