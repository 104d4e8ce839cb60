"""`rescounter dispute` as a member calls it, in a folder where there is no union."""

from __future__ import annotations

import json

import pytest

from rescounter.disputes.templates import SHIPPED
from tests.journeys.command import rescounter


def clock(tmp_path, *words):
    return rescounter("dispute", "clock", *words, folder=tmp_path)


def test_every_date_of_the_clock_of_2020_as_json(tmp_path):
    code, out, err = clock(tmp_path, "--template", "snapback-65-days", "--from", "2020-01-14", "--endorsed", "2015-07-20", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert {each["name"]: (each["opens"], each["day"], each["at"]) for each in told["deadlines"]} == {
        "level_1": ("2020-01-14", "2020-01-29", "2020-01-29T00:00:00+00:00"),
        "level_2": ("2020-01-29", "2020-02-13", "2020-02-13T00:00:00+00:00"),
        "final": ("2020-02-13", "2020-02-18", "2020-02-18T00:00:00+00:00"),
        "notice": ("2020-02-18", "2020-03-19", "2020-03-20T00:00:00+00:00"),
        "tabling": ("2020-02-18", "2020-02-28", "2020-02-29T00:00:00+00:00"),
        "vote": ("2020-02-18", "2020-03-19", "2020-03-20T00:00:00+00:00"),
        "sunset": ("2020-01-14", "2025-10-18", "2025-10-19T00:00:00+00:00"),
    }
    vote = next(each for each in told["deadlines"] if each["name"] == "vote")
    assert (vote["leads_to"], vote["foreseen"], told["polarity"], told["zone"]) == ("restored", True, "RESTORE", "UTC")
    assert {"act": "voted", "who": ["the council"]} in vote["may"]


def test_the_notice_of_2025_as_text(tmp_path):
    code, out, _ = clock(tmp_path, "--template", "snapback-65-days", "--from", "2025-07-24", "--notified", "2025-08-28")
    assert code == 0
    assert "2025-09-07  a draft is tabled (tabling)\n    from 2025-08-28, until 2025-09-08T00:00:00+00:00" in out
    assert "2025-09-27  the vote (vote)\n    from 2025-08-28, until 2025-09-28T00:00:00+00:00" in out
    assert "If nothing is done: the measures that were lifted return, from the midnight that ends day 30." in out
    assert "The complainant or the respondent may: refer it on, ask for mediation." in out
    assert "on the first day possible" not in out


def test_business_days_of_a_zone_and_its_holidays(tmp_path):
    words = ("--template", "invoice-dispute", "--from", "2026-03-20", "--zone", "Europe/Ljubljana", "--holidays", "SI")
    code, out, _ = clock(tmp_path, *words)
    assert code == 0 and "until 2026-04-04T00:00:00+02:00" in out and "2026-04-13  the netting centre decides" in out


def test_templates_are_listed(tmp_path):
    code, out, _ = rescounter("dispute", "templates", folder=tmp_path)
    assert code == 0 and [line for line in out.splitlines() if not line.startswith(" ")] == list(SHIPPED)
    code, out, _ = rescounter("dispute", "templates", "--json", folder=tmp_path)
    assert [each["template"] for each in json.loads(out)["templates"]] == list(SHIPPED)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--template", "snapback", "--from", "2026-01-14"), "template_unknown"),
        (("--template", "trade-panel", "--from", "14.01.2026"), "no date such as"),
        (("--template", "trade-panel", "--from", "9999-01-01"), "not from 1900-01-01"),
        (("--template", "trade-panel", "--from", "2026-01-14", "--zone", "Mars/Base"), "no time zone"),
        (("--template", "trade-panel", "--from", "2026-01-14", "--notified", "2026-02-01"), "has no notice"),
        (("--template", "trade-panel", "--from", "2026-01-14", "--endorsed", "2020-02-01"), "has no sunset"),
        (("--template", "snapback-65-days", "--from", "2026-01-14", "--notified", "2026-02-01"), "not from 2026-02-18 to 2026-03-20"),
        (("--template", "invoice-dispute", "--from", "2026-01-14", "--holidays", "XX"), "no calendar"),
    ],
)
def test_wrong_words_are_told_and_leave_with_2(tmp_path, words, said):
    code, out, err = clock(tmp_path, *words)
    assert (code, out) == (2, "") and said in err
