"""A default in a union that goes on: three months of a netting union whose members stand behind each other, reckoned with a pencil.

dee, with a net debit cap of 1,000, owes ana 100 and bo 900 in the second month, and does not pay. Behind it stand 200 of collateral, 50 of
its own in the fund, 100 of the operator, and 60, 30 and 10 of the others: the worked example of rule R13, times one euro.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rescounter.facade.union import open_union
from rescounter.terms import format_minor
from tests.cycle.world import RULES
from tests.guarantee.unions import CLEARING_HOUSE
from tests.journeys.plays import APPROVER, OPERATOR, Play, Row

FUND = {"ana": "60.00", "bo": "30.00", "cy": "10.00", "dee": "50.00"}


@pytest.fixture(scope="module")
def union(tmp_path_factory) -> Play:
    play = Play(tmp_path_factory.mktemp("default"))
    (play.desk / "rules.toml").write_text(
        RULES.replace('kind = "pay-in"', 'kind = "prefunded"').replace('"1.1"', '"0"').replace("0.03", "0") + CLEARING_HOUSE
    )
    founding = ("init", play.desk / "union", "--rulebook", play.desk / "rules.toml", "--demonstration", "--operator", OPERATOR)
    play._answer([*founding, "--approver", APPROVER, "--at", "2026-01-05T09:00", "--json"])
    return play


def done(play: Play, *words: object) -> Row:
    """A command that a second person agrees to."""
    return play.agree(play.ask(*words))


def cash(play: Play) -> dict[str, str]:
    """What stands on each account that is not empty, in major units; without the account at the agent."""
    with open_union(play.desk / "union") as desk:
        rows = [row for row in desk.office.balances().rows() if row.balance_minor and row.id != "*/settlement/EUR"]
        return {row.id: format_minor(row.balance_minor, 2) for row in rows}


def steps(told: Row) -> list[tuple[str, str, int]]:
    return [(each["kind"], each["payer"], each["amount_minor"]) for each in told["losses"][0]["steps"]]


def test_in_the_first_month_members_contribute(union: Play):
    union.play("""
        at 2026-01-05T10:00
        joins ana bo cy dee
        caps dee 1000.00
        opens 2026-01-22
        pays ana 400.00 ref B1
        pays bo  900.00 ref B2
        pays cy  300.00 ref B3
        pays dee 350.00 ref B4
    """)
    for member, share in FUND.items():
        assert done(union, "member", "limit", member, "EUR", share, "--kind", "fund_share")["act"]
    fund = union.ask("fund", "show")
    assert [(each["member"], each["required_minor"], each["missing_minor"]) for each in fund["shares"]] == [
        ("ana", 6000, 6000),
        ("bo", 3000, 3000),
        ("cy", 1000, 1000),
        ("dee", 5000, 5000),
    ]
    for member, share in FUND.items():
        assert done(union, "fund", "contribute", member, "EUR", share, "--reference", f"F-{member}")["act"]
    assert union.ask("fund", "contribute", "ana", "EUR", "60.00", "--reference", "F-ana")["repeated"]
    assert done(union, "fund", "capital", "EUR", "100.00", "--reference", "CAP")["act"]
    assert union.ask("fund", "return", "cy", "EUR", "1.00", "--reference", "BACK", code=3)["refusals"][0]["code"] == "fund_share_required"
    union.play("""
        owes ana bo 40.00 as A-1
        at 2026-01-22T13:00
        runs to cleared (preliminary)
        at 2026-01-27T17:00
        runs to funded
        at 2026-02-02T10:00
        runs to closed
        then  net     cash
          ana -40.00  300.00
          bo   40.00  910.00
          dee  -      300.00
        proven
    """)


def test_in_the_second_month_everybody_knows_what_it_can_lose_and_dee_fails(union: Play):
    union.play("""
        opens 2026-02-23
        at 2026-02-10T09:00
        owes dee ana 130.00 as D-1
        owes dee bo 1170.00 as D-2
        at 2026-02-23T13:00
        runs to cleared (preliminary)
        at 2026-02-26T17:00
        runs to funded
        at 2026-03-05T10:00
        runs to closed
        then  net       cash
          ana  130.00    430.00
          bo  1170.00   2080.00
          dee -1300.00 -1000.00
        proven
    """)
    # ana could lose: 60 in the fund, 60 called, and 130 of 1,300 of what is left of 1,000 after 50 + 100 + 100 + 100
    risks = {each["member"]: each for each in union.ask("default", "at-risk")["at_risk"]}
    assert (risks["ana"]["defaulter"], risks["ana"]["most_minor"]) == ("dee", 6000 + 6000 + 6500)
    assert risks["bo"]["most_minor"] == 3000 + 3000 + 58500
    drill = union.ask("drill", "default", "dee")
    folder = union.desk / "drill"
    assert union.ask("drill", "default", "dee", "-o", folder)["folder"] == str(folder)
    assert {each.name for each in Path(folder).iterdir()} == {"default.html", "default.json", "default.txt"}
    assert json.loads((folder / "default.json").read_text())["losses"] == drill["losses"]
    assert "If dee failed, others would bear 950.00 EUR" in (folder / "default.txt").read_text()
    assert done(union, "default", "declare", "dee", "--reason", "insolvency opened")["act"]
    assert union.ask("member", "show", "dee")["standing"] == "in default"
    assert done(union, "default", "bear", "dee")["act"]
    assert union.ask("default", "bear", "dee")["repeated"]
    assert steps(drill) == steps(union.ask("default", "show", "dee"))
    assert steps(drill) == [
        ("defaulter_fund", "dee", 5000),
        ("operator_capital", "*", 10000),
        *(("survivor_funds", member, amount) for member, amount in (("ana", 6000), ("bo", 3000), ("cy", 1000))),
        *(("assessment_calls", member, amount) for member, amount in (("ana", 6000), ("bo", 3000), ("cy", 1000))),
        ("residual_to_counterparties_by_exposure", "ana", 6500),
        ("residual_to_counterparties_by_exposure", "bo", 58500),
    ]
    assert cash(union) == {
        "ana/cash/EUR": "430.00",
        "bo/cash/EUR": "2080.00",
        "cy/cash/EUR": "290.00",
        "ana/assessments/EUR": "-125.00",
        "bo/assessments/EUR": "-615.00",
        "cy/assessments/EUR": "-10.00",
    }


def test_in_the_third_month_the_others_go_on_calls_are_paid_and_what_comes_back_undoes_it(union: Play):
    assert [each["open_minor"] for each in union.ask("default", "show")["calls"]] == [6000, 3000, 1000, 6500, 58500]
    for member, amount in (("ana", "125.00"), ("bo", "615.00"), ("cy", "10.00")):
        assert done(union, "default", "pay", member, "EUR", amount, "--reference", f"C-{member}")["act"]
    assert union.ask("default", "show")["calls"] == []
    assert [(each["member"], each["still_out_minor"]) for each in union.ask("status")["guarantee"]["losses"]] == [("dee", 100000)]
    union.play("""
        opens 2026-03-23
        at 2026-03-10T09:00
        owes ana bo 20.00 as E-1
    """)
    # 700 come back: 650 to the counterparties, 50 to the calls 60:30:10
    assert done(union, "default", "recover", "dee", "EUR", "700.00", "--reference", "ESTATE-1")["act"]
    found = cash(union)
    assert (found["ana/cash/EUR"], found["bo/cash/EUR"], found["cy/cash/EUR"]) == ("400.00", "2065.00", "285.00")
    assert done(union, "default", "recover", "dee", "EUR", "300.00", "--reference", "ESTATE-2")["act"]
    union.play("""
        at 2026-03-23T13:00
        runs to cleared (preliminary)
        at 2026-03-26T17:00
        runs to funded
        at 2026-04-02T10:00
        runs to closed
        proven
    """)
    # as before the default, but for what dee owed, and the 20 of this month
    assert cash(union) == {
        "ana/cash/EUR": "410.00",
        "bo/cash/EUR": "2100.00",
        "cy/cash/EUR": "290.00",
        **{f"{member}/fund/EUR": share for member, share in FUND.items()},
        "*/guarantee/EUR": "100.00",
    }
    told = union.ask("default", "show", "dee")["losses"][0]["steps"]
    assert all(each["returned_minor"] == each["amount_minor"] for each in told)
