"""The table of states: what leads where, that each clock leads somewhere, and that the docs are drawn from it."""

from __future__ import annotations

from itertools import combinations

import pytest

from rescounter.disputes.states import ACTS, LAPSED, OPEN, OUTCOMES, SUNSET, TABLE, WORDS, Edge, State, When, Who, follows

ONE_OF = (
    {When.ANSWER_NEXT, When.LEVEL_NEXT, When.OPINION_NEXT, When.FINAL_NEXT},
    {When.NOTICE, When.CIRCULATED, When.DECIDED},
    {When.RESTORE, When.CONTINUE},
    {When.ADOPTED, When.REJECTED},
    {When.TO_RESTORE, When.TO_CONTINUE},
)
"""Of each of these conditions one holds at most."""


def named(edge: Edge) -> str:
    return f"{edge.source.name if edge.source else 'none'}-{edge.act}-{edge.target.name}-{'-'.join(each.name for each in edge.when)}"


@pytest.mark.parametrize("edge", TABLE, ids=named)
def test_each_edge_leads_where_it_says(edge: Edge):
    assert follows(edge.source, edge.act, frozenset(edge.when)) is edge
    assert edge.source is None or edge.source in OPEN
    assert edge.is_default == (edge.act in (LAPSED, SUNSET)) == (edge.who == (Who.CLOCK,))


@pytest.mark.parametrize("source", [None, *State])
def test_what_the_table_does_not_name_leads_nowhere(source: State | None):
    everything = frozenset(When)
    allowed = {edge.act for edge in TABLE if edge.source is source}
    assert {act for act in (*ACTS, LAPSED, SUNSET) if follows(source, act, everything) is not None} == allowed
    assert bool(allowed) == (source not in OUTCOMES)


def test_two_edges_of_one_act_never_fit_at_once():
    for one, other in combinations(TABLE, 2):
        if (one.source, one.act) == (other.source, other.act):
            both = set(one.when) | set(other.when)
            assert any(len(both & group) > 1 for group in ONE_OF), (one, other)


@pytest.mark.parametrize("state", OPEN)
def test_the_clock_of_an_open_state_leads_somewhere_whatever_holds(state: State):
    clocks = {edge.clock for edge in TABLE if edge.source is state and edge.act == LAPSED}
    assert len(clocks) == 1
    for polarity in ONE_OF[2]:
        for ending in ONE_OF[1]:
            for following in ({When.FINAL_NEXT}, {When.LEVEL_NEXT}, {When.OPINION_NEXT}):
                assert follows(state, LAPSED, frozenset({polarity, ending} | following)) is not None


def test_clocks_alone_end_in_an_outcome():
    for polarity in ONE_OF[2]:
        for ending in ONE_OF[1]:
            state, steps = State.FINAL, 0
            while state in OPEN:
                state, steps = follows(state, LAPSED, frozenset({polarity, ending})).target, steps + 1
            assert steps <= 4
            assert state is (State.CONTINUED if ending is When.NOTICE or polarity is When.CONTINUE else State.RESTORED)


def test_every_state_is_reached_and_only_outcomes_end():
    assert {edge.target for edge in TABLE} == set(State)
    assert {edge.source for edge in TABLE} == {None, *OPEN}
    for state in OPEN:
        assert {"withdrawn", "settled", SUNSET} <= {edge.act for edge in TABLE if edge.source is state}


def test_every_act_has_its_words():
    assert set(WORDS) == set(ACTS)
