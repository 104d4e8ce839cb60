"""A member's statement: every number on it is a sum of the items, in text, on the page and in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from cycles import CLOSED, ana, at, circuits_of, facts_of, items_of, trade
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Page

import rescounter
from rescounter.formats.writing import FORMATS, write_tables
from rescounter.statements.facts import ITEMS, Call, StatementFacts, UnionNote
from rescounter.statements.item_parts import ROWS_MAX
from rescounter.statements.member_statement import html, statement, text
from rescounter.statements.section import Column, Line, Section, Table
from rescounter.statements.statement_files import FORMAT, as_json, tables
from rescounter.terms import BrokenLaw, format_minor
from rescounter.terms.money import Money
from rescounter.terms.tables import CIRCUITS

GOLDEN = Path(__file__).with_name("statement_of_ana.txt")
EVIL = "<script>alert('x')</script>&\"quoted\"</SCRIPT><!--"


@pytest.fixture(scope="module")
def cleared() -> Any:
    return trade()


def test_the_text_is_one_that_an_accountant_can_check_by_hand() -> None:
    assert text(statement(ana()), 100) == GOLDEN.read_text(encoding="utf-8")


def test_a_narrow_terminal_loses_nothing() -> None:
    narrow = text(statement(ana()), 60)
    for word in ("1,540.00", "-540.00", "kept out: not_yet_due", "taken without an answer", "ana → bo → cy → dan → ana"):
        assert word in " ".join(narrow.split())


def test_items_may_come_in_any_order() -> None:
    facts = ana()
    turned = replace(facts, items=facts.items.take(list(reversed(range(facts.items.num_rows)))))
    assert text(statement(turned)) == text(statement(facts))
    assert html(statement(turned)) == html(statement(facts))


BROKEN: list[tuple[str, Callable[[StatementFacts], StatementFacts]]] = [
    ("debts_and_claims_are_set_off_alike", lambda facts: replace(facts, items=items_of("1 owes bo EUR 5.00 5.00 0.00"))),
    ("what_is_excluded_is_not_cleared", lambda facts: replace(facts, items=items_of("1 owes bo EUR 5.00 1.00 0.00 excluded=not_yet_due"))),
    ("no_part_exceeds_its_item", lambda facts: replace(facts, items=items_of("1 owes bo EUR 5.00 3.00 3.00"))),
    ("an_item_is_owed_or_owes", lambda facts: replace(facts, items=items_of("1 lent bo EUR 5.00 0.00 0.00"))),
    ("items_sum_to_the_position", lambda facts: replace(facts, calls=(Call(currency="EUR", position_minor=-1),))),
    ("circuits_are_what_was_set_off", lambda facts: replace(facts, circuits=circuits_of("ana bo 699.99"))),
    ("every_currency_has_its_digits", lambda facts: replace(facts, exponents={})),
    ("items_sum_to_the_members_table", lambda facts: replace(facts, members=_row(owes_minor=154001))),
    ("items_sum_to_the_members_table", lambda facts: replace(facts, members=_row(member="bo"))),
]


def _row(**changes: Any) -> pa.Table:
    row = {"member": "ana", "currency": "EUR", "owes_minor": 154000, "is_owed_minor": 100000, "cleared_minor": 70000, "pay_in_minor": 50000}
    return pa.Table.from_pylist([row | changes])


@pytest.mark.parametrize(("law", "broken"), BROKEN)
def test_what_does_not_add_up_is_not_printed(law: str, broken: Callable[[StatementFacts], StatementFacts]) -> None:
    with pytest.raises(BrokenLaw) as found:
        statement(broken(ana()))
    assert found.value.law == law


def test_the_members_row_that_fits_is_taken() -> None:
    assert statement(replace(ana(), members=_row())).totals[0].net_minor == -54000


def test_with_cash_more_may_be_set_off_on_one_side() -> None:
    facts = replace(
        ana(), items=items_of("1 owes bo EUR 5.00 5.00 0.00"), circuits=circuits_of("ana bo 5.00"), calls=(), has_liquidity=True
    )
    assert statement(facts).totals[0].cleared_debts_minor == 500


@pytest.mark.parametrize("method", ["set-off", "net", "set-off-then-net"])
@pytest.mark.parametrize("member", ["DEU", "USA", "AFG", "TUV"])
def test_every_member_of_a_real_cycle_gets_a_statement_that_adds_up(method: str, member: str) -> None:
    found = statement(facts_of(trade(method), member))
    (own,) = found.totals
    assert own.owes_minor == own.cleared_debts_minor + own.replaced_debts_minor + own.open_debts_minor
    assert own.net_minor == own.position_minor + own.open_claims_minor - own.open_debts_minor
    assert member in text(found)


NAMES = st.sampled_from(["ana", "bo", "cy", "dan", "eva"])
OWES = st.tuples(NAMES, NAMES, st.integers(1, 10**6), st.sampled_from(["EUR", "JPY"])).filter(lambda row: row[0] != row[1])


@settings(deadline=None, max_examples=25)
@given(st.lists(OWES, min_size=1, max_size=14), st.sampled_from(["set-off", "net", "set-off-then-net"]))
def test_the_statements_of_all_members_together_are_the_cycle(rows: list[tuple[str, str, int, str]], method: str) -> None:
    columns = zip(*rows, strict=True)
    table = pa.table(dict(zip(("debtor", "creditor", "amount_minor", "currency"), map(list, columns), strict=True)))
    result = rescounter.clear(table, method=method)
    members = sorted({name for row in rows for name in row[:2]})
    found = [statement(facts_of(result, member)) for member in members]
    for code, facts in result.summary["currencies"].items():
        own = [totals for each in found for totals in each.totals if totals.currency == code]
        assert sum(totals.net_minor for totals in own) == 0
        assert sum(totals.position_minor for totals in own) == 0
        assert sum(totals.owes_minor for totals in own) == sum(totals.is_owed_minor for totals in own) == facts["gross_minor"]
        assert sum(totals.cleared_debts_minor for totals in own) == facts["cleared_minor"]
    for each in found:
        assert html(each) == html(each)


def test_the_page_calls_nobody_and_runs_nothing() -> None:
    page = Page(html(statement(ana())))
    assert "://" not in page.html
    assert not {"link", "img", "iframe", "object", "embed", "base", "form", "script"} & {tag for tag, _ in page.tags}
    assert not [found for _, found in page.tags if "src" in found or "srcset" in found or "action" in found]
    assert "@import" not in page.html
    (policy,) = (found["content"] for _, found in page.tags if found.get("http-equiv") == "Content-Security-Policy")
    assert (policy or "").startswith("default-src 'none'")


def test_a_name_is_text_wherever_it_stands() -> None:
    facts = ana()
    items = facts.items.set_column(1, "counterparty", pa.array([EVIL] * 5)).set_column(13, "reference", pa.array([EVIL] * 5))
    evil = replace(
        facts, member=EVIL, member_name=EVIL, items=items, circuits=circuits_of("bo cy 1.00").slice(0, 0), names={EVIL: EVIL},
        union=UnionNote(name=EVIL, legal_opinion=EVIL, assumed=(EVIL,)),
    )  # fmt: skip
    section = Section(name="disputes", title=EVIL, words=EVIL, lines=(Line(EVIL, EVIL, EVIL), Line(EVIL, EVIL, is_exact=True)))
    page = Page(html(statement(evil, [section])))
    assert not re.findall(r"<script|<!--", page.html, re.IGNORECASE)
    assert page.text.count(EVIL) >= 20


def test_what_must_be_said_of_the_union_is_said() -> None:
    union = UnionNote(name="Trial", is_demonstration=True, is_single_person=True, assumed=("the approvals", "the pay-ins"))
    preliminary = replace(CLOSED, state="cleared (preliminary)", final=None, settled=None, closed=None)
    told = statement(replace(ana(), union=union, cycle=preliminary))
    for words in (" ".join(text(told).split()), Page(html(told)).text):
        assert "A demonstration" in words
        assert "one person may do alone" in words
        assert "Assumed, not done by anybody: the approvals, the pay-ins." in words
        assert "No legal opinion is named" in words
        assert "Preliminary: nothing in this statement is final yet." in words
    assert "No legal opinion" not in text(statement(ana()))


def test_a_cycle_too_large_to_keep_its_circuits_says_so() -> None:
    told = text(statement(replace(ana(), circuits=CIRCUITS.empty_table(), are_circuits_untold=True)))
    assert "How it was set off" in told
    assert "rescounter explain --member" in told


def test_a_member_without_items_gets_a_statement_too() -> None:
    bare = replace(ana(), items=ITEMS.empty_table(), circuits=ana().circuits.slice(0, 0), calls=(), payments=(), fees=(), balances=())
    assert "ana had nothing in this cycle" in text(statement(bare))
    assert "ana had nothing in this cycle" in Page(html(statement(bare))).text


@pytest.mark.parametrize(
    ("call", "title"),
    [
        (Call(currency="EUR", position_minor=-50000, pay_in_minor=50000, due=at("2026-03-19")), "ana still pays in 500.00 EUR"),
        (Call(currency="EUR", position_minor=-50000, pay_in_minor=50000, paid_minor=20000), "ana still pays in 300.00 EUR"),
        (Call(currency="EUR", position_minor=-50000, pay_in_minor=50000, paid_minor=50000), "ana paid in 500.00 EUR"),
        (Call(currency="EUR", position_minor=-50000), "ana paid from its account 500.00 EUR"),
    ],
)
def test_the_title_answers_what_is_to_be_paid(call: Call, title: str) -> None:
    assert title in text(statement(replace(ana(), calls=(call,)))).splitlines()


def test_sections_of_other_rooms_are_printed_without_being_known() -> None:
    table = Table(
        columns=(Column("Dispute"), Column("Until", "date"), Column("Amount", "money"), Column("Items", "count")),
        rows=(("D-1", at("2026-04-01").day, Money(1234500, "EUR"), 3),),
    )
    section = Section(name="disputes", title="Disputes", words="One is open.", lines=(Line("Level", "first"),), table=table)
    found = statement(ana(), [section])
    for words in (" ".join(text(found).split()), Page(html(found)).text):
        assert "One is open." in words
        assert "D-1 2026-04-01 12,345.00 3" in words
    assert as_json(found)["sections"][0]["rows"] == [["D-1", "2026-04-01", {"minor": 1234500, "currency": "EUR"}, 3]]


def test_a_table_with_a_wrong_cell_is_not_made() -> None:
    with pytest.raises(BrokenLaw, match="a_cell_is_of_its_column_s_kind"):
        Table(columns=(Column("Amount", "money"),), rows=((12,),))
    with pytest.raises(BrokenLaw, match="a_row_has_a_cell_for_each_column"):
        Table(columns=(Column("Amount", "money"),), rows=(("a", "b"),))


KEYS = {
    "": "format union member cycle rulebook exponents totals items circuits circuits_left_out calls exchange credit payments fees "
    "balances refusals proofs sections",
    "union": "name zone legal_opinion is_demonstration is_single_person assumed",
    "member": "code name",
    "cycle": "code state opened cut_off final settled closed",
    "rulebook": "version digest method",
    "proofs": "cut_off postings roots checkpoint",
}


def test_the_keys_of_the_json_are_those_that_are_documented() -> None:
    found = json.loads(json.dumps(as_json(statement(ana())), allow_nan=False))
    for name, keys in KEYS.items():
        assert " ".join(found[name] if name else found) == keys
    assert found["format"] == FORMAT
    assert found["cycle"]["cut_off"] == "2026-03-16T13:00:00+01:00"
    assert found["calls"][0]["missing_minor"] == 0
    assert found["calls"][0]["due"] == "2026-03-19T17:00:00+01:00"
    assert list(found["items"][0]) == [*ITEMS.names, "open_minor"]
    assert sum(item["amount_minor"] for item in found["items"] if item["side"] == "owes") == found["totals"][0]["owes_minor"]
    assert found["proofs"]["cut_off"]["proof"] == ["aa" * 32, "bb" * 32]


@pytest.mark.parametrize("format", FORMATS)
def test_the_tables_are_taken_by_every_writer(tmp_path: Path, format: Any) -> None:
    written = write_tables(tables(statement(ana())), tmp_path, format=format)
    names = {"items", "totals", "counterparties", "circuits", "journal", "calls", "balances", "refusals"}
    assert set(written) == {f"{name}.{format}" for name in names}


def test_the_tables_of_nothing_are_taken_too(tmp_path: Path) -> None:
    bare = replace(ana(), items=ITEMS.empty_table(), circuits=ana().circuits.slice(0, 0), calls=(), payments=(), fees=(), balances=())
    assert "items.csv" in write_tables(tables(statement(bare)), tmp_path, format="csv")


@pytest.fixture(scope="module")
def many() -> StatementFacts:
    """50,000 items, half of them set off."""
    count = 50_000
    side = pa.array(["owes", "is_owed"] * (count // 2))
    amount = pa.array([1000 + number % 7 for number in range(count // 2) for _ in (0, 1)], pa.int64())
    columns = {
        "id": pa.array([f"I-{number:05d}" for number in range(count)]),
        "counterparty": pa.array([f"M{number % 997:03d}" for number in range(count)]),
        "side": side,
        "currency": pa.repeat("EUR", count),
        "amount_minor": amount,
        "cleared_minor": amount,
        "replaced_minor": pa.repeat(pa.scalar(0, pa.int64()), count),
        "residual_minor": pa.repeat(pa.scalar(0, pa.int64()), count),
    }
    items = pa.table([columns.get(field.name, pa.nulls(count, field.type)) for field in ITEMS], schema=ITEMS)
    return replace(ana(), items=items, circuits=ana().circuits.slice(0, 0), circuits_left_out=9, calls=(), payments=())


def test_fifty_thousand_items_make_a_page_that_opens(many: StatementFacts) -> None:
    found = statement(many)
    page = Page(html(found))
    assert len(page.html) < 1_500_000
    assert f"The first {ROWS_MAX:,} of 25,000 items; all of them stand in the file." in page.text
    assert page.text.count("24,000 more rows stand in the file items of this statement.") == 2
    assert "... and 24,940 more, in items" in text(found)
    assert tables(found)["items"].num_rows == 50_000
    assert page.figures[""]["owes"] == format_minor(pc.sum(many.items["amount_minor"]).as_py() // 2, 2, group=",")
