"""What travels with the page suffices to check it again, and says when it does not."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page, owes, show

import rescounter
from rescounter.statements.evidence import EDGES_MAX, as_script, evidence_of
from rescounter.statements.report import report_html
from rescounter.statements.sums import sums_by_currency

NAMES = ("ana", "bo", "cy", "dan", "eve")
DEBTS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(1, 2**62 // 40)), min_size=1, max_size=30)


def _edges(content: dict[str, Any]) -> list[tuple[int, int, int, int, int]]:
    edges = []
    for debtor, line in enumerate(content["edges"]):
        for words in filter(None, line.split(";")):
            creditor, owed, cleared, *excluded = words.split()
            edges.append((debtor, int(creditor), int(owed), int(owed if cleared == "=" else cleared), int(*excluded or [0])))
    return edges


@settings(max_examples=40, deadline=None)
@given(DEBTS, st.sampled_from(["set-off", "net", "set-off-then-net"]), st.integers(0, 2**60))
def test_the_debts_sent_with_the_page_prove_what_it_says(debts: list[tuple[str, str, int]], method: str, minimum: int) -> None:
    debtors, creditors, amounts = (list(column) for column in zip(*debts, strict=True))
    table = pa.table({"debtor": debtors, "creditor": creditors, "amount_minor": pa.array(amounts, pa.int64())})
    shown = show(rescounter.clear(table, method=method, minimum=minimum))
    for content in shown.page.evidence:
        column = {name: [int(number) for number in text.split()] for name, text in content["sums"].items()}
        size = len(content["members"])
        found = {name: [0] * size for name in ("owes", "is_owed", "cleared", "received")}
        for debtor, creditor, owed, cleared, excluded in _edges(content):
            assert 0 <= cleared <= owed
            found["owes"][debtor] += owed + excluded
            found["is_owed"][creditor] += owed + excluded
            found["cleared"][debtor] += cleared
            found["received"][creditor] += cleared
            if method != "net":
                level = [int(number) for number in content["levels"].split()]
                gain = 1 - level[debtor] + level[creditor]
                assert gain <= 0 or cleared == owed
                assert gain >= 0 or cleared == 0
        assert found["received"] == found["cleared"]
        assert {name: column[name] for name in ("owes", "is_owed", "cleared")} == {
            name: found[name] for name in ("owes", "is_owed", "cleared")
        }
        assert sum(column["net"]) == 0


def test_too_many_debts_leave_the_sums_and_a_word_that_the_whole_is_proven_elsewhere() -> None:
    shown = owes("ana bo 10", "bo cy 7.50", "cy ana 9")
    facts = {**shown.summary["currencies"]["EUR"], "edges": EDGES_MAX + 1}
    page = Page(report_html({**shown.summary, "currencies": {"EUR": facts}}, shown.tables))
    assert "edges" not in page.evidence[0]
    assert page.evidence[0]["sums"]["cleared"] == "750 750 750"
    assert "only rescounter verify proves" in page.text
    assert "undo one unit round a whole circuit" not in page.text


def test_members_beyond_the_room_of_the_page_are_summed_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rescounter.statements.evidence._MEMBERS_MAX", 2)
    shown = owes("ana bo 10", "bo cy 7.50", "cy ana 9", "dan ana 1")
    facts = {**shown.summary["currencies"]["EUR"], "edges": EDGES_MAX + 1}
    currencies = sums_by_currency({**shown.summary, "currencies": {"EUR": facts}}, shown.tables)
    content = evidence_of(currencies, shown.tables["potentials"], method="set-off")[0].content
    assert content["members"] == ["ana", "bo"]
    assert content["others"] == 2
    assert content["sums"]["owes"] == "1000 750 1000"


def test_the_room_for_debts_is_shared_between_currencies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rescounter.statements.evidence.EDGES_MAX", 3)
    shown = owes("ana bo 10", "bo ana 7.50", "x y 9 JPY", "y x 3 JPY", "z x 1 JPY")
    complete = {sums["code"]: "edges" in sums for sums in shown.page.evidence}
    assert complete == {"JPY": True, "EUR": False}


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "&lt;", "\u2028\u2029", '"\\'])
def test_no_text_ends_the_script_that_holds_it(text: str) -> None:
    written = as_script({"name": text})
    assert not set("<>&\u2028\u2029") & set(written)
