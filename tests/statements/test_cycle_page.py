"""The page of a cycle: what became of every row, who is short, who approved what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cycles import CLOSED, RULES, UNION, cycle_of, trade
from pages import Page

from rescounter.statements.cycle_page import Approval, CycleFacts, cycle_html, cycle_text
from rescounter.statements.section import Line, Section
from rescounter.terms import BrokenLaw

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def facts() -> CycleFacts:
    return cycle_of(trade())


def test_the_page_says_who_is_late_and_what_is_missing(facts: CycleFacts) -> None:
    for words in (" ".join(cycle_text(facts).split()), Page(cycle_html(facts)).text):
        assert "Cycle 2026-03: ALB is late" in words
        assert "1 of 126 calls is not covered. Due by 2026-03-19 17:00 (Europe/Ljubljana)." in words
        assert "ALB 62,644,409 31,322,204 31,322,205" in words
        assert "late, part came in" in words


def test_every_row_that_was_handed_in_is_told(facts: CycleFacts) -> None:
    words = " ".join(cycle_text(facts).split())
    for line in ("Handed in 12,751", "Refused: zero_amount -5", "Refused: self_obligation -2", "Taken 12,743", "kept out: not_yet_due 1"):
        assert line in words
    with pytest.raises(BrokenLaw, match="no_row_is_lost"):
        replace(facts, taken=facts.taken - 1)


def test_postings_approvals_and_roots_are_there(facts: CycleFacts) -> None:
    words = " ".join(cycle_text(facts).split())
    assert "Set-off cycle/2026-03/set-off 88 380 2026-03-18 16:00" in words
    assert "cleared (final) olga approved anton 2026-03-18 15:58" in words
    assert "settled olga pending" in words
    assert "c4" * 32 in words
    assert RULES.digest in words


def test_a_cycle_that_has_just_opened_has_a_page() -> None:
    opened = replace(CLOSED, state="open", cut_off=None, final=None, settled=None, closed=None)
    bare = CycleFacts(union=UNION, cycle=opened, rules=RULES, exponents={"EUR": 2})
    assert "Cycle 2026-03 is open" in cycle_text(bare)
    assert "Cycle 2026-03 is open" in Page(cycle_html(bare)).text


def test_the_page_is_complete_in_itself_and_escapes(facts: CycleFacts) -> None:
    evil = replace(
        facts, union=replace(UNION, name=EVIL), calls=tuple(replace(call, member=EVIL) for call in facts.calls[:4]),
        approvals=(Approval(what=EVIL, proposed_by=EVIL, by=EVIL, outcome=EVIL),), roots={EVIL: EVIL}, checkpoint=EVIL,
    )  # fmt: skip
    page = Page(cycle_html(evil, [Section(name="more", title=EVIL, lines=(Line(EVIL, EVIL),))]))
    assert "<script" not in page.html
    assert "://" not in page.html
    assert page.text.count(EVIL) >= 12
