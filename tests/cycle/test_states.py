"""The table of states: what leads where, that nothing leads back, and that the docs are drawn from it."""

from __future__ import annotations

from itertools import product

import pytest

from rescounter.cycle.states import TABLE, State, Transition, follows

KINDS = sorted({row.kind for row in TABLE})
BODIES = ({"is_final": True}, {"is_final": False})


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.source.name if row.source else 'none'}-{row.kind}-{row.target.name}")
def test_each_row_of_the_table_leads_where_it_says(row: Transition):
    assert follows(row.source, row.kind, {"is_final": row.target is State.FINAL}) is row.target


@pytest.mark.parametrize("source", [None, *State])
def test_what_the_table_does_not_name_leads_nowhere(source: State | None):
    for kind, body in product(KINDS, BODIES):
        allowed = {row.target for row in TABLE if row.source is source and row.kind == kind}
        assert follows(source, kind, body) in allowed | {None}
        if not allowed:
            assert follows(source, kind, body) is None


def test_nothing_leads_back():
    order = list(State)
    for row in TABLE:
        assert row.source is None or order.index(row.target) >= order.index(row.source)


def test_a_final_result_is_never_cleared_again():
    for state in (State.FINAL, State.FUNDED, State.SETTLED, State.CLOSED):
        assert all(follows(state, "cleared", body) is None for body in BODIES)


def test_every_state_is_reached_and_only_the_last_one_ends():
    assert {row.target for row in TABLE} == set(State)
    assert {row.source for row in TABLE if row.source is not row.target} == {None, *State} - {State.CLOSED}
