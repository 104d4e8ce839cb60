"""Rates of exchange on the real command line: from a file, from the European Central Bank's history that ships, and dealt at the centre."""

from __future__ import annotations

import json

import pytest

from tests.journeys.plays import Play, command


@pytest.fixture
def union(tmp_path):
    play = Play(tmp_path)
    play.found("payments-union", at="2026-01-05T09:00")
    play.play("""
        at 2026-01-05T10:00
        joins ana bo
        rules exchange.base "EUR"
        rules exchange.members_choose true
    """)
    return play


def test_reference_rates_of_a_day_are_set_as_the_bank_published_them(union):
    union.at = "2026-01-09T12:00"
    assert {each["code"] for each in union.ask("rates", "ecb", "--date", "2026-01-03", code=3)["refusals"]} == {"rates_not_published"}
    assert {each["code"] for each in union.ask("rates", "ecb", "--date", "2026-01-09", code=3)["refusals"]} == {"rate_without_time"}
    assert union.agree(union.ask("rates", "ecb", "--date", "2026-01-08"))["act"]
    assert union.ask("rates", "ecb", "--date", "2026-01-08")["repeated"]
    shown = union.ask("rates", "show")
    assert (shown["unit"], shown["base"]) == ("USD", "EUR")
    found = {row["currency"]: (row["rate"], row["at"]) for row in shown["currencies"]}
    assert found == {"JPY": ("182.97", "2026-01-08T15:00:00+00:00"), "USD": ("1.1675", "2026-01-08T15:00:00+00:00")}


def test_a_day_of_which_the_history_knows_nothing_is_named_with_the_day_before_it(union):
    union.at = "2026-01-09T12:00"
    (found,) = union.ask("rates", "ecb", "--date", "2026-01-04", code=3)["refusals"]
    assert "no rates of 2026-01-04, the latest day before it with rates is 2026-01-02; the history goes from 1999-01-04" in found["found"]


def test_rates_show_and_deal_in_text(union):
    union.play("""
        opens 2026-02-27
        at 2026-02-27T10:00
        owes ana bo 100.00 as A-1
        rates JPY 165 USD 1.10
    """)
    union.agree(union.ask("member", "change", "bo", "--settles-in", "EUR"))
    union.play("""
        at 2026-02-27T12:00
        runs to cleared (final)
        then  in-unit  pays-in  is-paid  USD
          ana  -110.00  110.00   -
          bo    110.00  -        -
        then  is-paid
          ana  -
          bo   100.00
        pays ana 110.00 in USD ref W1
        at 2026-03-05T17:00
        runs to closed
        proven
    """)
    words = ("-u", union.desk / "union", "--by", "op", "--at", union.at)
    code, out, err = command("rates", "show", "-u", union.desk / "union", "--at", union.at)
    assert code == 0, err
    for told in ("Unit of account USD", "for one EUR", "Frozen for cycle 2026-02-27", "to sell", "to buy", "*/exchange/USD", "110.00 USD"):
        assert told in out, out
    assert command("rates", "deal", "110 USD", "100.01", "--reference", "FX-1", *words)[0] == 2
    told = union.agree(union.ask("rates", "deal", "110 USD", "99.95 EUR", "--reference", "FX-1"))
    assert told["act"]
    assert union.ask("rates", "deal", "110 USD", "99.95 EUR", "--reference", "FX-1")["repeated"]
    assert {each["code"] for each in union.ask("rates", "deal", "1 USD", "1 EUR", "--reference", "FX-2", code=3)["refusals"]} == {
        "dealing_wrong"
    }
    # A price worse than the frozen rate is the union's own loss.
    assert union.ask("rates", "show")["at_the_centre"] == [{"account": "*/exchange/EUR", "currency": "EUR", "balance_minor": -5}]
    code, out, err = command("ledger", "audit", "-l", union.desk / "union", "--json")
    assert (code, json.loads(out)["sound"]) == (0, True), out + err


def test_who_overtook_a_dealing_leaves_nothing_to_approve_twice(union):
    union.play("""
        opens 2026-02-27
        at 2026-02-27T10:00
        owes ana bo 100.00 as A-1
        rates JPY 165 USD 1.10
    """)
    union.agree(union.ask("member", "change", "bo", "--settles-in", "EUR"))
    union.play("""
        at 2026-02-27T12:00
        runs to cleared (final)
        pays ana 110.00 in USD ref W1
        at 2026-03-05T17:00
        runs to closed
    """)
    first = union.ask("rates", "deal", "110 USD", "100 EUR", "--reference", "FX-1")
    second = union.ask("rates", "deal", "110 USD", "100 EUR", "--reference", "FX-2")
    assert union.agree(first)["act"]
    refused = union.ask("approval", "approve", second["proposal"], by="eva", code=3)
    assert {each["code"] for each in refused["refusals"]} == {"dealing_wrong"}


def test_rates_that_are_missing_are_told_when_the_cycle_opens_in_status_and_at_submission(union):
    """The cycle is cut off on 27 February at 12:00; rates count for four days, so those of the 23rd on do."""
    opened = union.ask("cycle", "open")
    due = opened["rates_due"]
    assert (due["base"], due["from"], due["by"]) == ("EUR", "2026-02-23 12:00", "2026-02-27 12:00")
    assert [(row["currency"], row["latest"], row["only_if_used"]) for row in due["missing"]] == [("JPY", None, True), ("USD", None, False)]
    row = {"id": "1", "debtor": "ana", "creditor": "bo", "amount": "9", "currency": "JPY"}
    (note,) = union.ask("submit", union.file("rows", [*row], [row]), "--as", "ana")["notes"]
    assert "no rate of JPY was ever set here" in note
    union.at = "2026-02-20T12:00"
    union.play("rates JPY 165 USD 1.10")
    (cycle,) = union.ask("status")["cycles"]
    assert [(row["currency"], row["latest"][:10], row["only_if_used"]) for row in cycle["rates_due"]["missing"]] == [
        ("JPY", "2026-02-20", False),
        ("USD", "2026-02-20", False),
    ]
    row = {**row, "id": "2"}
    assert union.ask("submit", union.file("more", [*row], [row]), "--as", "ana")["notes"] == []
    code, out, _ = command("status", "-u", union.desk / "union", "--at", union.at)
    assert code == 0
    for told in (
        "Rates that are missing: JPY (the last, of 2026-02-20",
        "Set them by then: rescounter rates set FILE or rescounter rates ecb",
    ):
        assert told in out, out
    union.at = "2026-02-27T12:00"
    union.ask("cycle", "cut-off")
    told = union.ask("status")["cycles"][0]["rates_due"]
    assert [each["currency"] for each in told["missing"]] == ["JPY", "USD"]
    assert {each["code"] for each in union.ask("cycle", "clear", code=3)["refusals"]} == {"rate_too_old"}
    union.play("rates JPY 165 USD 1.10")
    assert "rates_due" not in union.ask("status")["cycles"][0]
