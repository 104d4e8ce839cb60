"""What the council does beside rulebook and members: rates, defaults; both stores; replay of a cycle; minutes."""

from __future__ import annotations

from typing import Any

import pytest

from rescounter.council.laws import undecided
from rescounter.council.states import State
from rescounter.cycle.motions_again import replay_council
from rescounter.facade.union_minutes import minutes_facts
from rescounter.facade.union_replay import replay_cycle
from rescounter.ledger.records import Record
from rescounter.statements.minutes import minutes_html, minutes_text
from rescounter.terms.acts import canonical
from tests.council.chamber import COUNCIL, acts_of, chamber, rules
from tests.council.test_council_in_a_union import SUSPENDS
from tests.council.test_no_rule_without_a_decision import codes
from tests.cycle.world import OPERATOR, at_us

UNIT = """
[exchange]
unit = "EUR"
"""


def rate(**changes: Any) -> dict[str, Any]:
    return {"rates": [{"currency": "USD", "rate": "1.1", "source": "ECB", "at_us": at_us("2026-01-05T08:00"), **changes}]}


def test_rates_are_set_by_decision_where_the_rulebook_says_so():
    text = COUNCIL.replace('currencies = ["EUR"]', 'currencies = ["EUR", "USD"]') + 'decides = ["rulebook_changed", "rates_set"]\n' + UNIT
    world = chamber(text=text.replace("partial_funding = true\n", ""))
    body = {**rate(), "base": "EUR", "file": ""}
    assert codes(world.act("rates_set", **body)) == ["decision_missing"]
    for wrong in (
        {},
        {"rates": [{}]},
        {"rates": "USD"},
        rate(rate="x"),
        rate(currency="JPY"),
        rate(at_us=2**62),
        rate(at_us="now"),
        rate(source=""),
    ):
        assert codes(world.table("rates_set", wrong, by="r.ana")), wrong
    assert world.decide_on("rates_set", rate(), "ana+ bo+ cy+").state is State.ADOPTED
    assert world.desk.union.rates.latest("EUR", world.desk.at_us)["USD"].rate == "1.1"
    assert codes(world.table("rates_set", rate(), by="r.ana")) == ["motion_unusable"], "it was set before"
    assert undecided(acts_of(world)) == () and replay_council(acts_of(world)) == ()
    world.store.close()


def test_a_default_is_declared_by_decision():
    world = chamber()
    assert codes(world.act("default_declared", code="dee", reason="did not pay")) == ["decision_missing"]
    assert world.decide_on("default_declared", {"code": "dee", "reason": "did not pay"}, "ana+ bo+ cy+").state is State.ADOPTED
    assert "dee" in world.desk.union.guarantee.defaults
    assert undecided(acts_of(world)) == () and replay_council(acts_of(world)) == ()
    world.store.close()


def test_both_stores_come_to_the_same():
    outcomes = []
    for store in ("sqlite", "postgresql"):
        world = chamber(store=store)
        world.decide_on("rulebook_changed", {"text": COUNCIL.replace("pay_in_days = 5", "pay_in_days = 4")}, "ana+ bo- cy+ dee>ana")
        world.decide_on("member_suspended", SUSPENDS, "ana- bo- cy+")
        outcomes.append([(act.number, act.at_us, act.by, act.kind, canonical(act.body)) for act in acts_of(world)])
        world.store.close()
    assert outcomes[0] == outcomes[1]


def test_a_replay_of_a_cycle_tells_what_was_done_without_a_decision():
    world = chamber()
    assert world.step("open").act
    (code,) = world.desk.union.cycles
    world.decide_on("member_suspended", SUSPENDS, "ana+ bo+ cy+")
    assert replay_cycle(world.desk, code) == ()
    body = {"code": "cy", "reason": "nobody asked"}
    record = Record(number=world.desk.union.number + 1, kind="member_suspended", by=OPERATOR, body=canonical(body))
    assert world.store.record([record]).accepted.all()
    world.sit_down()
    assert {(finding.check, finding.found) for finding in replay_cycle(world.desk, code)} == {
        ("council", "no decision"),
        ("replay", "no approval"),
    }
    world.store.close()


def test_minutes_tell_weights_interest_and_why_a_decision_is_void():
    own = 'own = { ours = { base = "weight", threshold = "1/2", excludes_interested = true } }'
    world = chamber("ana:300/chair bo:100 cy:50 dee:50", text=rules('rule = "ours"', 'weight_currency = "EUR"', own))
    for number in (1, 2):
        assert world.table("member_suspended", {**SUSPENDS, "reason": f"reason {number}"}, by="r.ana").act
        assert world.circulate(number).act
    world.wait(4)
    for number in (1, 2):
        assert world.open(number).act
        world.cast(number, "ana+ cy>ana")
    world.wait(3)
    assert world.close(1).act and world.close(2).act
    facts = minutes_facts(world.desk)
    text = minutes_text(facts)
    assert "2 of 2 motions were adopted" in text
    assert "dee: standing_unchanged, found dee is suspended" in text
    assert "through ana" in text and "excluded: interested" in text and "In weight:" in text
    assert minutes_html(facts) == minutes_html(minutes_facts(world.desk, [1, 2]))
    world.store.close()


@pytest.mark.parametrize("days", [1, 40])
def test_days_end_at_midnight_of_the_union_also_over_a_change_of_clocks(days: int):
    """Clocks go forward in Ljubljana on 2026-03-29: a vote that opens before it ends an hour of UTC earlier, at midnight all the same."""
    from rescounter.terms.calendar import told

    world = chamber(
        text=COUNCIL.replace("voting_days = 2", f"voting_days = {days}").replace("circulation_days = 3", "circulation_days = 0")
    )
    world.tell("2026-03-28T09:00")
    assert world.table("member_suspended", SUSPENDS, by="r.ana").act and world.circulate(1).act and world.open(1).act
    ends = told(world.motion(1).closes_at_us, "Europe/Ljubljana")
    assert ends.startswith({1: "2026-03-30T00:00", 40: "2026-05-08T00:00"}[days]), ends
    world.store.close()
