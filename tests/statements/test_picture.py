"""The picture of a network: everybody has a place, nobody stands on another's, nothing is drawn that is not owed."""

from __future__ import annotations

from math import pi

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import owes

from rescounter.statements.circuits import circuits_shown
from rescounter.statements.layout import circle
from rescounter.statements.picture import MEMBERS_SHOWN, Picture, picture
from rescounter.statements.sums import biggest, flows_among, sums_by_currency


def _picture(*lines: str, method: str = "set-off") -> Picture:
    shown = owes(*lines, method=method)
    drawn = picture(sums_by_currency(shown.summary, shown.tables)[0])
    assert drawn is not None
    return drawn


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**32))
def test_no_two_arcs_overlap_and_all_fit_on_the_circle(size: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    owed = (dice.pareto(0.7, (size, size)) * 1000).astype(np.int64).clip(0, 2**50)
    np.fill_diagonal(owed, 0)
    ring = circle(owed)
    again = circle(owed)
    assert np.array_equal(ring.start, again.start)
    order = np.argsort(ring.start)
    ends = (ring.start + ring.extent)[order]
    assert (ends[:-1] <= ring.start[order][1:] + 1e-9).all()
    assert ends[-1] - ring.start[order][0] <= 2 * pi + 1e-9


def test_who_owes_more_stands_on_the_left() -> None:
    drawn = _picture("ana bo 100", "bo cy 100", "cy ana 20")
    sides = {arc.name: arc.on_left for arc in drawn.arcs}
    assert sides["ana"]
    assert not sides["cy"]


def test_small_members_are_gathered_and_every_debt_is_accounted_for() -> None:
    lines = [f"m{place:02d} hub {100 + place}" for place in range(30)] + [f"hub m{place:02d} 50" for place in range(30)] + ["m00 m01 1"]
    drawn = _picture(*lines)
    assert len(drawn.arcs) == MEMBERS_SHOWN + 1
    assert drawn.arcs[-1].member is None
    assert drawn.others == 31 - MEMBERS_SHOWN
    assert drawn.among_others_minor == 100
    assert drawn.drawn_minor + drawn.among_others_minor == sum(100 * int(line.split()[2]) for line in lines)


def test_after_set_off_only_what_is_left_is_drawn_and_a_member_without_debts_has_an_empty_arc() -> None:
    drawn = _picture("ana bo 10", "bo ana 10", "cy ana 3")
    assert {ribbon.kind for ribbon in drawn.ribbons} == {"cleared", "left"}
    assert [(ribbon.debtor, ribbon.creditor) for ribbon in drawn.ribbons if ribbon.kind == "left"] == [(2, 0)]
    assert {arc.name: bool(arc.open_shape) for arc in drawn.arcs} == {"ana": True, "bo": False, "cy": True}


def test_netting_pays_through_the_union() -> None:
    drawn = _picture("ana bo 10", "bo cy 4", method="net")
    paid = {(drawn.arcs[spoke.debtor].name, spoke.kind) for spoke in drawn.spokes}
    assert paid == {("ana", "pays"), ("bo", "receives"), ("cy", "receives")}


def test_the_biggest_come_first_and_ties_keep_their_order() -> None:
    assert biggest(np.array([3, 9, 0, 9, 5]), 3).tolist() == [1, 3, 4]
    assert biggest(np.array([0, 0]), 3).tolist() == []
    assert biggest(np.array([2**64 - 1, 2**63, 1], dtype=np.uint64), 2).tolist() == [0, 1]


def test_flows_among_some_members_gather_the_rest() -> None:
    shown = owes("ana bo 10", "bo ana 10", "cy ana 3", "cy dan 2", "bo dan 1")
    sums = sums_by_currency(shown.summary, shown.tables)[0]
    owed, cleared = flows_among(sums, np.array([0, 1]))
    assert owed.tolist() == [[0, 1000, 0], [1000, 0, 100], [300, 0, 200]]
    assert cleared.tolist() == [[0, 1000, 0], [1000, 0, 0], [0, 0, 0]]


def test_circuits_are_counted_by_length_and_the_longest_are_told_in_words() -> None:
    ring = [f"m{place:02d} m{(place + 1) % 11:02d} 5" for place in range(11)]
    shown = owes(*ring, "ana bo 10", "bo ana 8")
    told = circuits_shown(shown.tables["circuits"], "EUR")
    assert told is not None
    assert [(row.members, row.is_or_more, row.circuits, row.cleared_minor) for row in told.by_length] == [
        (2, False, 1, 1600),
        (6, True, 1, 5500),
    ]
    assert len(told.by_length[0].biggest.spots) == 2
    assert told.by_length[1].biggest.spots == ()
    assert len(told.by_length[1].biggest.members) == 11
    assert circuits_shown(None, "EUR") is None
    assert circuits_shown(shown.tables["circuits"], "USD") is None
